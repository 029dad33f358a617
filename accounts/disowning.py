"""Sign the link by which the owner of an account says that a sign-in was not his."""

from datetime import timedelta

from accounts import signed_number
from accounts.models import AccountEvent

SALT = "accounts.disowning"
# Counted from the sign-in, not from the mail: a mail that is delivered twice says the same.
LIFETIME = timedelta(days=7)


def make(event: AccountEvent) -> str:
    """Return the token of the link about this sign-in."""
    return signed_number.make(event.pk, SALT)


def read(token: str) -> int:
    """Return the number of the event. Raises the error of `signed_number.read`."""
    return signed_number.read(token, SALT)
