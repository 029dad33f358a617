"""Remember for ten minutes who has passed the first step of signing in and still owes a code.

The door calls `remember` after address and password, and leads to the page for the code; that page
asks `who`. The proof lies in the session, is signed with its time, and is worth nothing after a
change of the password or once the account is closed; of one that its owner closed before, the
second step leads to the offer to reopen it.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.sessions.backends.base import SessionBase
from django.core import signing
from django.utils.crypto import constant_time_compare

from accounts.models import User

SESSION_KEY = "first_step"
SALT = "accounts.totp.first-step"
LIFETIME = timedelta(minutes=10)


class ExpiredError(Exception):
    """The first step was passed, but too long ago."""


@dataclass(frozen=True)
class FirstStep:
    """Who has passed it, and the address of ours that was asked for, if any."""

    user: User
    then: str


def remember(session: SessionBase, user: User, then: str = "") -> None:
    """Note that this account's first step was passed in this session, now.

    `then` must be an address of ours already: nothing here checks it.
    """
    proof = {"user": user.pk, "password": user.get_session_auth_hash(), "then": then}
    session[SESSION_KEY] = signing.dumps(proof, salt=SALT)


def who(session: SessionBase) -> FirstStep | None:
    """Return who passed the first step in this session, if it still counts.

    Raises `ExpiredError` when it was more than `LIFETIME` ago.
    """
    try:
        proof = signing.loads(session.get(SESSION_KEY, ""), salt=SALT, max_age=LIFETIME)
    except signing.SignatureExpired as error:
        raise ExpiredError from error
    except signing.BadSignature:
        return None
    user = User.objects.filter(pk=proof["user"], suspended_at=None).first()
    # A password that was barred meanwhile opens nothing: neither does its first step.
    if user is None or user.password_barred_at is not None:
        return None
    if not constant_time_compare(proof["password"], user.get_session_auth_hash()):
        return None
    return FirstStep(user, proof["then"])


def forget(session: SessionBase) -> None:
    """End it: the code was right, or somebody starts anew."""
    session.pop(SESSION_KEY, None)
