"""Sign the two links of a change of the e-mail address: one confirms it, the other undoes it."""

from accounts import signed_number
from accounts.models import EmailChange
from accounts.models.email_change import CONFIRMED_WITHIN

CONFIRMATION_SALT = "accounts.email-link.confirmation"
UNDOING_SALT = "accounts.email-link.undoing"


def make_confirmation(change: EmailChange) -> str:
    """Return the token for the new mailbox, valid for 48 hours from now.

    Whether the change still waits is for the service to say.
    """
    return signed_number.make_timed(change.pk, CONFIRMATION_SALT)


def read_confirmation(token: str) -> int:
    """Return the number of the change. Raises the errors of `signed_number.read_timed`."""
    return signed_number.read_timed(token, CONFIRMATION_SALT, CONFIRMED_WITHIN)


def make_undoing(change: EmailChange) -> str:
    """Return the token for the old mailbox; how long it works follows from the change."""
    return signed_number.make(change.pk, UNDOING_SALT)


def read_undoing(token: str) -> int:
    """Return the number of the change. Raises the error of `signed_number.read`."""
    return signed_number.read(token, UNDOING_SALT)
