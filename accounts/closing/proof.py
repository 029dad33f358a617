"""Remember for a quarter of an hour who has proved to own a closed account, at whichever door.

The proof lies in the session, signed with its time, and is about one closing of one account. It is
worth nothing once the access to the account was closed: by the link of a mail that says that a
sign-in, or a change of the address, was not the owner's.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.sessions.backends.base import SessionBase
from django.core import signing
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.models import AccountSession, User
from accounts.reopening_link import mark_of

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
        "at": timezone.now().timestamp(),
        "user": user.pk,
        "mark": mark_of(user.closed_at),
        "access": user.get_session_auth_hash(),
        "how": how.value,
        "then": then,
    }
    session[SESSION_KEY] = signing.dumps(proved, salt=SALT)


def read(session: SessionBase) -> Proof | None:
    """Return the proof of this session as long as it counts.

    None about an earlier closing, and none from before the access to the account was closed.
    """
    try:
        proved = signing.loads(session.get(SESSION_KEY, ""), salt=SALT)
    except signing.BadSignature:
        return None
    if timezone.now().timestamp() - proved["at"] >= LIFETIME.total_seconds():
        return None
    user = User.objects.filter(pk=proved["user"]).first()
    if user is None or (user.closed_at is not None and mark_of(user.closed_at) != proved["mark"]):
        return None
    if not constant_time_compare(proved.get("access", ""), user.get_session_auth_hash()):
        return None
    return Proof(user, AccountSession.How(proved["how"]), proved["then"])
