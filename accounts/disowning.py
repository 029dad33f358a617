"""Sign the link by which the owner of an account says that a sign-in was not his."""

from datetime import timedelta

from django.core import signing

from accounts.models import AccountEvent

SALT = "accounts.disowning"
# Counted from the sign-in, not from the mail: a mail that is delivered twice says the same.
LIFETIME = timedelta(days=7)
# What a token looks like: the number of the event, and the signature of 43 characters.
SHAPE = r"[0-9]{1,19}~[0-9A-Za-z_-]{43}"


class InvalidTokenError(Exception):
    """The token is broken, or made for something else, or signed with another key."""


def make(event: AccountEvent) -> str:
    """Return the token of the link about this sign-in."""
    return signing.Signer(salt=SALT).sign(str(event.pk)).replace(":", "~")


def read(token: str) -> int:
    """Return the number of the event that the token is about. Raises `InvalidTokenError`."""
    try:
        return int(signing.Signer(salt=SALT).unsign(token.replace("~", ":")))
    except (signing.BadSignature, ValueError) as error:
        raise InvalidTokenError from error
