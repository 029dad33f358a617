"""Remember for a quarter of an hour who has proved to own a closed account, at whichever door.

The proof lies in the session, signed with its time. It is worth nothing once the access to the
account was closed: by another closing, or by the link of a mail that says that a sign-in, or a
change of the address, was not the owner's.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.sessions.backends.base import SessionBase
from django.core import signing
from django.utils.crypto import constant_time_compare

from accounts.models import AccountSession, User

SESSION_KEY = "closed_account"
SALT = "accounts.closing.proof"
LIFETIME = timedelta(minutes=15)


@dataclass(frozen=True)
class Proof:
    """Whose it is, by what he proved it, and the address of ours that he asked for."""

    user: User
    how: AccountSession.How
    then: str


def remember(session: SessionBase, user: User, how: AccountSession.How, then: str) -> None:
    """Note that everything that opens this closed account was right, in this session, now.

    `then` must be an address of ours already: nothing here checks it.
    """
    assert user.closed_at is not None
    proved = {
        "user": user.pk,
        "access": user.get_session_auth_hash(),
        "how": how.value,
        "then": then,
    }
    session[SESSION_KEY] = signing.dumps(proved, salt=SALT)


def read(session: SessionBase) -> Proof | None:
    """Return the proof of this session as long as it counts."""
    try:
        proved = signing.loads(session.get(SESSION_KEY, ""), salt=SALT, max_age=LIFETIME)
    except signing.BadSignature:
        return None
    user = User.objects.filter(pk=proved["user"]).first()
    if user is None or not constant_time_compare(proved["access"], user.get_session_auth_hash()):
        return None
    return Proof(user, AccountSession.How(proved["how"]), proved["then"])
