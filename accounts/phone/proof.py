"""Remember in the session, for a quarter of an hour, how far the reader of a link has come.

The proof is signed with its time, and is worth nothing after a change of the password or of the
number, or once the account is closed.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from django.contrib.sessions.backends.base import SessionBase
from django.core import signing
from django.utils.crypto import constant_time_compare

from accounts.models import User
from accounts.phone import services

SESSION_KEY = "phone_proof"
SALT = "accounts.phone.proof"
LIFETIME = timedelta(minutes=15)


class Step(StrEnum):
    """What comes next."""

    CODE = "code"  # the password was right, the app's code is owed
    NUMBER = "number"  # all was right: the number may be shown and changed


@dataclass(frozen=True)
class Proof:
    """Whose link it was, which one, and what comes next."""

    user: User
    event: int
    step: Step


def remember(session: SessionBase, user: User, event: int, step: Step) -> None:
    """Note that the reader of the link of this event has come to this step, now."""
    said = {"event": event, "step": step, "account": user.get_session_auth_hash()}
    session[SESSION_KEY] = signing.dumps(said, salt=SALT)


def who(session: SessionBase) -> Proof | None:
    """Return how far the reader has come in this session, if that still counts."""
    try:
        said = signing.loads(session.get(SESSION_KEY, ""), salt=SALT, max_age=LIFETIME)
    except signing.BadSignature:
        return None
    event = said["event"]
    user = services.account_of(event)
    if user is None or services.is_overtaken(event, user):
        return None
    # A password that was barred meanwhile proves nothing any more.
    if user.password_barred_at is not None:
        return None
    if not constant_time_compare(said["account"], user.get_session_auth_hash()):
        return None
    return Proof(user, event, Step(said["step"]))


def forget(session: SessionBase) -> None:
    """End it: the number was changed."""
    session.pop(SESSION_KEY, None)
