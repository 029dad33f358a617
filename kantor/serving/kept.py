"""Answer with pages that are kept: rendered once, then only the visitor's own words are put in.

Rendering a step of the registration costs three times as much as the rest of its request, and
its HTML differs between visitors in a handful of words. A page is rendered with a mark in the
place of each such word and kept as the pieces between the marks.
"""

import re
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.translation import get_language

from kantor.serving.templatetags.site import translated_path

# No text of the site contains this character, and no field accepts it.
_SIGN = "\N{OBJECT REPLACEMENT CHARACTER}"
_MARK = re.compile(f"{_SIGN}([a-z0-9_]+){_SIGN}")
# A page takes some 20 kB; visitors may come with any number of keys.
MOST_PAGES = 200

_kept: dict[Hashable, list[str]] = {}


def mark(name: str) -> str:
    """Return what stands in a kept page where the value of this name belongs."""
    return f"{_SIGN}{name}{_SIGN}"


def render_kept(
    request: HttpRequest,
    template_name: str,
    context: Callable[[], dict[str, Any]],
    *,
    key: Hashable,
    values: Mapping[str, str],
    ids: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Answer with the page of this template, language and `key`, the `values` put in, escaped.

    `context` is called when no such page is kept. It must give marks for the values and follow
    from the key in all else, or one visitor would read another's words. `ids` are random strings
    made by us, which URLs contain and a mark cannot stand for: they are found in the HTML. The
    CSRF token and the links to the other language are taken care of. For somebody who is signed
    in, and with DEBUG, the page is rendered each time.
    """
    is_kept = not (settings.DEBUG or request.user.is_authenticated)
    place = (template_name, get_language(), key)
    pieces = _kept.get(place) if is_kept else None
    path = request.get_full_path()
    words = {f"{code}_url": translated_path(path, code) for code, _name in settings.LANGUAGES}
    words |= {"csrf_token": get_token(request), **values, **(ids or {})}
    if pieces is None:
        page = context() | {
            "csrf_token": mark("csrf_token"),
            "language_urls": {code: mark(f"{code}_url") for code, _name in settings.LANGUAGES},
        }
        html: str = render_to_string(template_name, page, request=None if is_kept else request)
        for name, value in (ids or {}).items():
            html = html.replace(value, mark(name))
        pieces = _MARK.split(html)
        if is_kept:
            if len(_kept) >= MOST_PAGES:
                _kept.clear()
            _kept[place] = pieces
    filled = pieces.copy()
    filled[1::2] = [escape(words[name]) for name in pieces[1::2]]
    return HttpResponse("".join(filled))
