"""Sign the two links of a change of the e-mail address: one confirms it, the other undoes it."""

from django.core import signing

from accounts.models import EmailChange
from accounts.models.email_change import CONFIRMED_WITHIN

CONFIRMATION_SALT = "accounts.email-link.confirmation"
UNDOING_SALT = "accounts.email-link.undoing"
# What the tokens look like: the number of the change, of a confirmation the time, and the
# signature, whose 43 characters say where it ends.
CONFIRMATION_SHAPE = r"[0-9]{1,19}~[0-9A-Za-z]{1,9}~[0-9A-Za-z_-]{43}"
UNDOING_SHAPE = r"[0-9]{1,19}~[0-9A-Za-z_-]{43}"


class InvalidTokenError(Exception):
    """The token is broken, or made for something else, or signed with another key."""


class ExpiredTokenError(Exception):
    """The token is genuine, and too old."""


def make_confirmation(change: EmailChange) -> str:
    """Return the token for the new mailbox, valid for 48 hours from now.

    Made again it is just as good: a mail that is delivered twice carries one link in two spellings.
    Whether the change still waits is for the service to say.
    """
    signer = signing.TimestampSigner(salt=CONFIRMATION_SALT)
    return signer.sign(str(change.pk)).replace(":", "~")


def read_confirmation(token: str) -> int:
    """Return the number of the change. Raises `InvalidTokenError` or `ExpiredTokenError`."""
    signer = signing.TimestampSigner(salt=CONFIRMATION_SALT)
    try:
        return int(signer.unsign(token.replace("~", ":"), max_age=CONFIRMED_WITHIN))
    except signing.SignatureExpired as error:
        raise ExpiredTokenError from error
    except (signing.BadSignature, ValueError) as error:
        raise InvalidTokenError from error


def make_undoing(change: EmailChange) -> str:
    """Return the token for the old mailbox; how long it works follows from the change."""
    return signing.Signer(salt=UNDOING_SALT).sign(str(change.pk)).replace(":", "~")


def read_undoing(token: str) -> int:
    """Return the number of the change. Raises `InvalidTokenError`."""
    try:
        return int(signing.Signer(salt=UNDOING_SALT).unsign(token.replace("~", ":")))
    except (signing.BadSignature, ValueError) as error:
        raise InvalidTokenError from error
