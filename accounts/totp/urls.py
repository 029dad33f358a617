"""Give the pages of the authenticator app their addresses; who may open each stands here.

All are below /konto/bezpieczenstwo/kody/. The page for the code is the door's: it says what opens.
"""

from collections.abc import Callable

from django.http import HttpResponseBase
from django.urls import path
from django.views.decorators.cache import never_cache

from accounts.sessions.confirmation import confirmed
from accounts.sessions.returning import customers_only, signed_in
from accounts.totp import views

View = Callable[..., HttpResponseBase]


def own(view: View) -> View:
    """Lead who is not signed in to the sign-in; nobody keeps that answer either."""
    return never_cache(signed_in(customers_only(view)))


def guarded(view: View) -> View:
    """Let in who may change a method of signing in: whoever has just confirmed that it is him."""
    return own(confirmed(view))


urlpatterns = [
    path("", own(views.OverviewView.as_view()), name="totp"),
    path("wlacz/", guarded(views.TurnOnView.as_view()), name="totp-on"),
    path("zapasowe/", guarded(views.RecoveryCodesView.as_view()), name="recovery-codes"),
    path("wylacz/", guarded(views.TurnOffView.as_view()), name="totp-off"),
]
