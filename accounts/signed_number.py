"""Sign the number that stands in a link of a mail; what it is the number of, the salt says.

What a link is about, and until when, says the module that has its salt. Made again, a link is just
as good: a mail that is delivered twice carries it in one spelling, or with the time in two.
"""

from datetime import timedelta

from django.core import signing

from kantor.serving import security_log
from kantor.serving.security_log import Event

# What the tokens look like: the number, in some the time, and the signature, whose 43 characters
# say where it ends.
SHAPE = r"[0-9]{1,19}~[0-9A-Za-z_-]{43}"
TIMED_SHAPE = r"[0-9]{1,19}~[0-9A-Za-z]{1,9}~[0-9A-Za-z_-]{43}"


class InvalidTokenError(Exception):
    """The token is broken, or made for something else, or signed with another key."""


class ExpiredTokenError(Exception):
    """The token is genuine, and too old."""


def make(number: int, salt: str) -> str:
    """Return the token of this number, which never ends by itself."""
    return signing.Signer(salt=salt).sign(str(number)).replace(":", "~")


def read(token: str, salt: str) -> int:
    """Return the number. Raises `InvalidTokenError`."""
    try:
        return int(signing.Signer(salt=salt).unsign(token.replace("~", ":")))
    except (signing.BadSignature, ValueError) as error:
        security_log.note(Event.LINK_FORGED)
        raise InvalidTokenError from error


def make_timed(number: int, salt: str) -> str:
    """Return the token of this number that counts from now."""
    return signing.TimestampSigner(salt=salt).sign(str(number)).replace(":", "~")


def read_timed(token: str, salt: str, max_age: timedelta) -> int:
    """Return the number. Raises `InvalidTokenError`, or `ExpiredTokenError` after `max_age`."""
    signer = signing.TimestampSigner(salt=salt)
    try:
        return int(signer.unsign(token.replace("~", ":"), max_age=max_age))
    except signing.SignatureExpired as error:
        raise ExpiredTokenError from error
    except (signing.BadSignature, ValueError) as error:
        security_log.note(Event.LINK_FORGED)
        raise InvalidTokenError from error
