"""Close an account for its owner, and open it again as long as he may.

An account that he closed is inactive, as one that staff suspended, but its address is free: it may
register anew at once. What becomes of its data is the table's to say (`accounts.retention`) and the
purge's to do (`accounts.closing.purge`).
"""

from enum import Enum

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import reopening_link, retention, signed_number
from accounts.account import services as account
from accounts.mail import outbox
from accounts.models import AccountEvent, ConsentRecord, User
from accounts.services import agreements, events, sessions
from accounts.values.visit import Visit


class State(Enum):
    """What can be done about a closed account."""

    VALID = "valid"  # it can be reopened
    REOPENED = "reopened"  # it has been, by this very call
    OPEN = "open"  # it is open again already
    LATE = "late"  # the time for that is over, or the account is deleted
    TAKEN = "taken"  # its address has another account by now
    SUSPENDED = "suspended"  # staff have closed it as well
    SUPERSEDED = "superseded"  # the link is about an earlier closing
    BROKEN = "broken"


def close(user: User, *, visit: Visit) -> bool:
    """Close this account for its owner, all or nothing; tell whether it was open.

    All its sessions end, the consent to news, an open request and an unconfirmed change of the
    address are withdrawn, mails that wait are dropped, and the one with the link back is owed. Of
    any number of simultaneous calls one does it: by a conditional UPDATE, for which whoever signs
    in or decides meanwhile waits.
    """
    with transaction.atomic():
        closed = User.objects.filter(pk=user.pk, is_active=True, is_staff=False).update(
            closed_at=timezone.now(), is_active=False
        )
        if not closed:
            return False
        # Its address may have changed since the caller read it, and the word about that, to the
        # mailbox it had before, must not be dropped.
        user = User.objects.get(pk=user.pk)
        sessions.close_access(user)
        agreements.withdraw_news(user, channel=ConsentRecord.Channel.ACCOUNT)
        account.withdraw(user)
        user.email_changes.cancel()
        outbox.drop(user)
        events.tell(user, AccountEvent.Kind.CLOSED, visit=visit)
    return True


def state_of(user: User) -> State:
    """Tell what can be done about this account; changes nothing. One statement at most."""
    if user.suspended_at is not None:
        return State.SUSPENDED
    if user.closed_at is None:
        return State.OPEN
    if timezone.now() >= user.closed_at + retention.REOPENING_LASTS:
        return State.LATE
    # Not itself: it may have been reopened since this row was read.
    others = User.objects.having(user.email_key).exclude(pk=user.pk)
    return State.TAKEN if others.exists() else State.VALID


def examine(token: str) -> tuple[State, User | None]:
    """Tell what the link of a mail is good for now and whose it is; changes nothing.

    It is signed: an account that is gone was ours, and its time is over.
    """
    try:
        parsed = reopening_link.read(token)
    except signed_number.InvalidTokenError:
        return State.BROKEN, None
    user = User.objects.filter(pk=parsed.account).first()
    if user is None:
        return State.LATE, None
    state = state_of(user)
    if state in (State.VALID, State.TAKEN) and not parsed.is_about(user):
        return State.SUPERSEDED, user
    return state, user


def reopen(user: User, *, visit: Visit) -> State:
    """Open the account again by one conditional UPDATE; tell how it stands afterwards.

    Of any number of simultaneous calls one gets REOPENED, and its owner a mail. The database lets
    one account of an address be open: where another one is activated first, even at the same
    moment, this one stays closed and the answer is TAKEN; where this one is first, the other's
    link finds an account. News stay withdrawn.
    """
    in_time = timezone.now() - retention.REOPENING_LASTS
    try:
        with transaction.atomic():
            reopened = User.objects.filter(
                pk=user.pk,
                closed_at=user.closed_at,
                closed_at__gt=in_time,
                suspended_at=None,
            ).update(closed_at=None, is_active=True)
            if reopened:
                outbox.drop(user)
                events.tell(user, AccountEvent.Kind.REOPENED, visit=visit)
    except IntegrityError:
        return State.TAKEN
    try:
        user.refresh_from_db()
    except User.DoesNotExist:
        return State.LATE
    return State.REOPENED if reopened else state_of(user)
