"""Sign the link by which the owner of a closed account opens it again."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.core import signing

from accounts.models import User

SALT = "accounts.reopening"
# What a token looks like: the number of the account, the microsecond of its closing, and the
# signature of 43 characters.
SHAPE = r"[0-9]{1,19}\.[0-9]{1,19}~[0-9A-Za-z_-]{43}"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class InvalidTokenError(Exception):
    """The token is broken, or made for something else, or signed with another key."""


@dataclass(frozen=True)
class ReopeningToken:
    """Whose link it is, and about which of the closings of that account."""

    account: int
    mark: int

    def is_about(self, user: User) -> bool:
        """Tell whether the account is closed by the closing that this link is about."""
        return user.closed_at is not None and mark_of(user.closed_at) == self.mark


def mark_of(closed_at: datetime) -> int:
    """Return what tells one closing of an account from another: its microsecond since 1970."""
    return (closed_at - _EPOCH) // timedelta(microseconds=1)


def make(user: User) -> str:
    """Return the token of the link to this closed account; until when counts, the account says."""
    assert user.closed_at is not None
    signer = signing.Signer(salt=SALT)
    return signer.sign(f"{user.pk}.{mark_of(user.closed_at)}").replace(":", "~")


def read(token: str) -> ReopeningToken:
    """Return what the token says. Raises `InvalidTokenError`."""
    try:
        signed = signing.Signer(salt=SALT).unsign(token.replace("~", ":"))
        account, mark = map(int, signed.split("."))
    except (signing.BadSignature, ValueError) as error:
        raise InvalidTokenError from error
    return ReopeningToken(account, mark)
