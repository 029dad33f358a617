"""Send the pages that are for everybody compressed, and only once while they stay the same.

Compression tells by its length what a page repeats: whoever can put words into a page and watch
its size reads a secret beside them (BREACH). So only pages without a secret are compressed, and
those are named by their addresses, not guessed. `docs/decisions/pages.md` has the rest.
"""

import gzip
import hashlib
import re
from collections.abc import Callable
from functools import wraps

import brotli
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.utils.cache import get_conditional_response, patch_vary_headers

# Of a page of 12 kB: 0.1 ms of CPU and 3.7 kB; quality 11 takes a hundred times as long and
# saves 0.3 kB.
BROTLI_QUALITY = 5
GZIP_LEVEL = 6

View = Callable[..., HttpResponseBase]


def for_everybody(view: View) -> View:
    """Return the view with its page compressed and with an ETag.

    Left as it is: anything but 200, and a page that carries a CSRF token, which is every page
    of somebody who is signed in.
    """

    @wraps(view)
    def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if isinstance(response, SimpleTemplateResponse):
            response.render()
        if (
            not isinstance(response, HttpResponse)
            or response.status_code != 200
            or response.cookies
            or request.META.get("CSRF_COOKIE_NEEDS_UPDATE")
            or request.user.is_authenticated
        ):
            return response
        digest = hashlib.blake2b(response.content, digest_size=12).hexdigest()
        # Weak: the same page has one tag, however it is packed.
        tag = f'W/"{digest}"'
        response.headers["ETag"] = tag
        patch_vary_headers(response, ["Accept-Encoding"])
        # A browser may keep the page and has to ask: signing in changes what it shows.
        response.headers.setdefault("Cache-Control", "no-cache")
        _compress(request, response)
        return get_conditional_response(request, etag=tag, response=response) or response

    return answer


def _compress(request: HttpRequest, response: HttpResponse) -> None:
    """Pack the content in the best way that the browser reads, if it reads one."""
    offered = accepted(request.headers.get("Accept-Encoding", ""))
    if "br" in offered:
        response.content = brotli.compress(response.content, quality=BROTLI_QUALITY)
        response.headers["Content-Encoding"] = "br"
    elif "gzip" in offered:
        response.content = gzip.compress(response.content, GZIP_LEVEL, mtime=0)
        response.headers["Content-Encoding"] = "gzip"


def accepted(header: str) -> set[str]:
    """Return the names in an Accept-Encoding header that are not refused by `q=0`."""
    parts = (part.strip().lower().partition(";") for part in header[:300].split(","))
    return {name.strip() for name, _, rest in parts if not re.fullmatch(r"\s*q=0(\.0*)?\s*", rest)}
