"""Keep answers out of every cache, and what is posted out of every report."""

from collections.abc import Callable
from functools import lru_cache, wraps
from time import time
from typing import Any

from django.http import HttpResponseBase
from django.utils.cache import add_never_cache_headers
from django.utils.http import http_date
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import View


class UncachedView(View):
    """A view whose answers are kept nowhere, and whose posted values stand in no report.

    The view is wrapped once, when it is made. `method_decorator` on `dispatch` wraps it again for
    each request, which takes longer than what the wrappers do.
    """

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Callable[..., HttpResponseBase]:
        view = sensitive_post_parameters()(super().as_view(**initkwargs))

        @wraps(view)
        def uncached(*args: Any, **kwargs: Any) -> HttpResponseBase:
            response: HttpResponseBase = view(*args, **kwargs)
            forbid_caching(response)
            return response

        return uncached


def forbid_caching(response: HttpResponseBase) -> None:
    """Add the headers of Django's `never_cache`.

    Where the answer says nothing of its own they are the same for all, but for the second in
    which it expires; taking apart and putting together again what is not there takes 20
    microseconds.
    """
    if response.has_header("Cache-Control") or response.has_header("Expires"):
        add_never_cache_headers(response)
        return
    response.headers["Expires"] = _in_http(int(time()))
    response.headers["Cache-Control"] = "max-age=0, no-cache, no-store, must-revalidate, private"


@lru_cache(maxsize=1)
def _in_http(second: int) -> str:
    return http_date(second)
