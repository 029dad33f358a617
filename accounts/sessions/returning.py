"""Lead to the sign-in, or to terms that are to be accepted, and back to where somebody was."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import RedirectURLMixin, redirect_to_login
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve, reverse
from django.utils import translation
from django.utils.http import escape_leading_slashes, url_has_allowed_host_and_scheme

from accounts.sessions import texts

View = Callable[..., HttpResponseBase]

# What answers scripts and machines, by the names of the addresses; somebody who is led there after
# the sign-in would read data.
NO_PAGES = frozenset(
    {
        "accounts:session-state",
        "accounts:registration-state",
        "accounts:company-data",
        "accounts:details-check",
        "accounts:email-check",
        "accounts:email-hint",
        "accounts:email-change-hint",
        "accounts:passkey-sign-in-options",
        "accounts:passkey-add-options",
        "accounts:passkey-confirm-options",
        "admin:logout",
        "admin:jsi18n",
        "admin:autocomplete",
        "admin:passkey-sign-in-options",
        "admin:passkey-add-options",
        "admin:passkey-confirm-options",
    }
)


class ReturnMixin(RedirectURLMixin):
    """Lead afterwards to the page that was wanted, if it is a page of ours."""

    def get_redirect_url(self, *args: Any, **kwargs: Any) -> str:
        """Return it; empty for another site's address, and for one that only does something."""
        wanted = super().get_redirect_url(*args, **kwargs)
        return wanted if leads_to_page(wanted) else ""


def leads_to_page(address: str) -> bool:
    """Tell whether whoever follows this address of ours is shown a page, and nothing is done.

    An address that we do not know has a page too: the one that says so.
    """
    path = unquote(urlsplit(address).path)
    language = translation.get_language_from_path(path) or settings.LANGUAGE_CODE
    try:
        with translation.override(language):
            found = resolve(path)
    except Resolver404:
        return True
    view = getattr(found.func, "view_class", None)
    return found.view_name not in NO_PAGES and (view is None or hasattr(view, "get"))


def return_address(request: HttpRequest) -> str:
    """Return the page that this request belongs to: its own, or for a form the one it stood on."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    page = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(
        page, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return escape_leading_slashes(request.path)
    parts = urlsplit(page)
    return escape_leading_slashes(parts.path + (f"?{parts.query}" if parts.query else ""))


def to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """Lead to the sign-in, which knows where to lead afterwards."""
    return redirect_to_login(return_address(request))


def signed_in(view: View) -> View:
    """Let through who is signed in; lead others to the sign-in and back.

    A customer who has not accepted the terms in force comes to them first, and back.
    """

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return to_sign_in(request)
        if not texts.are_accepted(request):
            query = {REDIRECT_FIELD_NAME: return_address(request)}
            return HttpResponseRedirect(reverse("accounts:terms", query=query))
        return view(request, *args, **kwargs)

    return answer


def customers_only(view: View) -> View:
    """Lead staff to the page of their own methods: theirs ask for a passkey or a code again."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_staff:
            return HttpResponseRedirect(reverse("admin:methods"))
        return view(request, *args, **kwargs)

    return answer
