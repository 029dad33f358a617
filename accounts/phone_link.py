"""Sign the link by which the owner of an account looks up and changes its phone number."""

from datetime import timedelta

from django.core import signing

from accounts.models import AccountEvent

SALT = "accounts.phone-link"
LIFETIME = timedelta(hours=2)

# What a token looks like: the event, the time, and the signature, whose 43 characters say where it
# ends.
SHAPE = r"[0-9]{1,19}~[0-9A-Za-z]{1,9}~[0-9A-Za-z_-]{43}"


class InvalidTokenError(Exception):
    """The token is broken, or made for something else, or signed with another key."""


class ExpiredTokenError(Exception):
    """The token is genuine, and too old."""


def make(event: AccountEvent) -> str:
    """Return the token of the link that was asked for by this event, valid from now.

    Made again it is just as good: a mail that is delivered twice carries one link in two spellings.
    """
    return signing.TimestampSigner(salt=SALT).sign(str(event.pk)).replace(":", "~")


def read(token: str) -> int:
    """Return the number of the event. Raises `InvalidTokenError` or `ExpiredTokenError`."""
    signer = signing.TimestampSigner(salt=SALT)
    try:
        return int(signer.unsign(token.replace("~", ":"), max_age=LIFETIME))
    except signing.SignatureExpired as error:
        raise ExpiredTokenError from error
    except (signing.BadSignature, ValueError) as error:
        raise InvalidTokenError from error
