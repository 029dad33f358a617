"""Make the challenge of a ceremony and let it count once.

The challenge is a signed token, so no session and no row has to wait for the answer: the answer
carries it back inside what the authenticator signs. It is bound to what it is for, and to the
account where one is known.
"""

import secrets
from datetime import timedelta
from enum import StrEnum

from django.core import signing

from accounts.limits import Limit
from accounts.models import User

LIFE = timedelta(minutes=5)
# Twice as long as a challenge lives: whatever the clocks of two machines say, one that was spent
# is remembered until it is too old anyway.
SPENT = Limit("passkey-challenge", times=1, window=2 * LIFE, must_last=True)
NONCE_BYTES = 16


class Purpose(StrEnum):
    """What an answer to a challenge may be used for."""

    ADD = "add"
    SIGN_IN = "sign-in"
    CONFIRM = "confirm"


class RefusedError(Exception):
    """The answer proves nothing: it is broken, foreign, or signed by another key."""


class StaleError(Exception):
    """The challenge is ours, but it is too old or was answered already."""


class ForeignError(Exception):
    """The challenge is not ours, or was made for something or somebody else."""


def make(purpose: Purpose, user: User | None = None) -> bytes:
    """Return a new challenge, valid for `LIFE` from now."""
    return _signer(purpose, user).sign(secrets.token_urlsafe(NONCE_BYTES)).encode()


def read(challenge: bytes, purpose: Purpose, user: User | None = None) -> str:
    """Return what `spend` takes. Raises `StaleError` or `ForeignError`."""
    try:
        return _signer(purpose, user).unsign(challenge.decode("ascii"), max_age=LIFE)
    except signing.SignatureExpired as error:
        raise StaleError from error
    except (signing.BadSignature, UnicodeDecodeError) as error:
        raise ForeignError from error


def spend(nonce: str) -> None:
    """Use the challenge up; of any number of parallel calls one succeeds.

    Raises `StaleError` for the others. In a transaction that is rolled back nothing is used up.
    """
    if not SPENT.hit(nonce):
        raise StaleError


def _signer(purpose: Purpose, user: User | None) -> signing.TimestampSigner:
    account = "" if user is None else user.pk
    return signing.TimestampSigner(salt=f"accounts.passkeys.{purpose}.{account}")
