"""The place where a passkey opens a session."""

from django.http import HttpRequest, HttpResponse

from accounts.closing import door
from accounts.models import AccountSession, Passkey


def let_in(request: HttpRequest, passkey: Passkey, address: str) -> HttpResponse:
    """Let in who has proved this passkey and lead to `address`, a page of ours."""
    return door.let_in(request, passkey.user, AccountSession.How.PASSKEY, address)
