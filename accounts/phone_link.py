"""Sign the link by which the owner of an account looks up and changes its phone number."""

from datetime import timedelta

from accounts import signed_number
from accounts.models import AccountEvent

SALT = "accounts.phone-link"
LIFETIME = timedelta(hours=2)


def make(event: AccountEvent) -> str:
    """Return the token of the link that was asked for by this event, valid from now."""
    return signed_number.make_timed(event.pk, SALT)


def read(token: str) -> int:
    """Return the number of the event. Raises the errors of `signed_number.read_timed`."""
    return signed_number.read_timed(token, SALT, LIFETIME)
