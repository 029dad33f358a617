"""Give the pages of passkeys their addresses; who may open each stands here."""

from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import path

from accounts.passkeys import relying_party, views
from accounts.sessions.confirmation import confirmed, still_confirmed
from accounts.sessions.returning import customers_only, signed_in

View = Callable[..., HttpResponseBase]


def offered(view: View) -> View:
    """Answer 404 where browsers take no passkey from us: at an IP address."""

    @wraps(view)
    def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not relying_party.is_offered():
            raise Http404("No passkeys at an IP address.")
        return view(request, *args, **kwargs)

    return answer


def own(view: View) -> View:
    """Lead who is not signed in to the sign-in."""
    return offered(signed_in(customers_only(view)))


def guarded(view: View) -> View:
    """Also ask who is signed in to confirm that it is him, unless he just did."""
    return own(confirmed(view))


ACCOUNT = "konto/bezpieczenstwo/klucze"

urlpatterns = [
    path("logowanie/klucz/", offered(views.SignInView.as_view()), name="passkey-sign-in"),
    path(
        "logowanie/klucz/opcje/",
        offered(views.sign_in_options),
        name="passkey-sign-in-options",
    ),
    path(f"{ACCOUNT}/", own(views.PasskeysView.as_view()), name="passkeys"),
    path(f"{ACCOUNT}/nowy/", guarded(views.AddView.as_view()), name="passkey-add"),
    path(
        f"{ACCOUNT}/nowy/opcje/",
        own(still_confirmed(views.add_options)),
        name="passkey-add-options",
    ),
    path(f"{ACCOUNT}/potwierdz/", own(views.ConfirmView.as_view()), name="passkey-confirm"),
    path(
        f"{ACCOUNT}/potwierdz/opcje/",
        own(views.confirm_options),
        name="passkey-confirm-options",
    ),
    path(f"{ACCOUNT}/<int:pk>/nazwa/", own(views.RenameView.as_view()), name="passkey-rename"),
    path(f"{ACCOUNT}/<int:pk>/usun/", guarded(views.RemoveView.as_view()), name="passkey-remove"),
]
