"""The places where passkeys meet the rest of signing in."""

import time
from collections.abc import Callable
from typing import TypeVar

from django.contrib import auth
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from accounts.models import Passkey
from accounts.registration import browser

View = TypeVar("View", bound=Callable[..., object])


def let_in(request: HttpRequest, passkey: Passkey, address: str) -> HttpResponse:
    """Open the session of who has proved this passkey and lead to `address`, a page of ours."""
    # An unfinished registration of whoever used this browser before must not follow the customer
    # into his session: login() would keep it.
    request.session.flush()
    auth.login(request, passkey.user, backend="accounts.backends.EmailBackend")
    # Not redirect(): it takes an address without a slash for the name of a view.
    response = HttpResponseRedirect(address)
    browser.forget_others(request, response, passkey.user)
    return response


def confirmed(view: View) -> View:
    """Let through only who has just confirmed that it is him; changes of a way in need that."""
    return view


def remember_confirmation(request: HttpRequest) -> None:
    """Remember that who is signed in has just proved a passkey of his, and when (Unix time)."""
    request.session["confirmed_at"] = int(time.time())
