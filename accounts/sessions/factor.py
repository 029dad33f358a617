"""Remember in a session that more than a password opened it, and when that was proved last."""

from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone

from accounts.models import AccountSession

SESSION_KEY = "factor_at"  # seconds since 1970
FRESH_FOR = timedelta(minutes=5)

_How = AccountSession.How
# A passkey is a whole proof: its device has verified who holds it.
METHODS = frozenset({_How.PASSKEY, _How.TOTP, _How.RECOVERY_CODE})


def remember(request: HttpRequest, how: AccountSession.How) -> None:
    """Note that who is signed in has just proved this method; a password alone is none."""
    if how in METHODS:
        request.session[SESSION_KEY] = int(timezone.now().timestamp())


def has_one(request: HttpRequest) -> bool:
    """Tell whether this session was opened with a passkey or a code."""
    return SESSION_KEY in request.session


def fresh_factor(request: HttpRequest, within: timedelta = FRESH_FOR) -> bool:
    """Tell whether a passkey or a code was proved in this session, and not longer ago."""
    at: float = request.session.get(SESSION_KEY, 0)
    return timezone.now().timestamp() - at < within.total_seconds()
