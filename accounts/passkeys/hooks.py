"""The place where a passkey opens a session."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from accounts.models import AccountSession, Passkey
from accounts.sessions.opening import open_session


def let_in(request: HttpRequest, passkey: Passkey, address: str) -> HttpResponse:
    """Open the session of who has proved this passkey and lead to `address`, a page of ours."""
    open_session(request, passkey.user, AccountSession.How.PASSKEY)
    # Not redirect(): it takes an address without a slash for the name of a view.
    return HttpResponseRedirect(address)
