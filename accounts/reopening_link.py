"""Sign the link by which the owner of a closed account opens it again."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.core import signing

from accounts import signed_number
from accounts.models import User

SALT = "accounts.reopening"
# What a token looks like: the number of the account, the microsecond of its closing, a digest of
# its address, and the signature of 43 characters.
SHAPE = r"[0-9]{1,19}\.[0-9]{1,19}\.[0-9a-f]{12}~[0-9A-Za-z_-]{43}"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class ReopeningToken:
    """Whose link it is, about which of the closings of that account, and for which mailbox."""

    account: int
    mark: int
    address: str

    def is_about(self, user: User) -> bool:
        """Tell whether the account is closed by that closing, and still has that address.

        Whoever changed the address and was undone must not reopen by the mail that he got.
        """
        if user.closed_at is None:
            return False
        return (_mark_of(user.closed_at), _digest(user)) == (self.mark, self.address)


def _mark_of(closed_at: datetime) -> int:
    """Return what tells one closing of an account from another: its microsecond since 1970."""
    return (closed_at - _EPOCH) // timedelta(microseconds=1)


def make(user: User) -> str:
    """Return the token of the link to this closed account; until when counts, the account says."""
    assert user.closed_at is not None
    stated = f"{user.pk}.{_mark_of(user.closed_at)}.{_digest(user)}"
    return signing.Signer(salt=SALT).sign(stated).replace(":", "~")


def read(token: str) -> ReopeningToken:
    """Return what the token says. Raises `signed_number.InvalidTokenError`."""
    try:
        signed = signing.Signer(salt=SALT).unsign(token.replace("~", ":"))
        account, mark, address = signed.split(".")
        return ReopeningToken(int(account), int(mark), address)
    except (signing.BadSignature, ValueError) as error:
        raise signed_number.InvalidTokenError from error


def _digest(user: User) -> str:
    """Return what tells a change of the address; it proves nothing, the signature does."""
    return hashlib.sha256(user.email_key.encode()).hexdigest()[:12]
