"""Change the e-mail address: asked for, confirmed by the new mailbox, undone by the old one.

What moves an address locks the account's row first, and what sends a link again or gives the change
up is one conditional UPDATE, so of simultaneous calls for one account one comes after the other;
between accounts the unique index of activated addresses decides. Nothing here
tells whether an address has an account before its own mailbox was read.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import email_link, signed_number
from accounts.limits import Limit
from accounts.mail import outbox
from accounts.models import AccountEvent, EmailChange, OutboxMessage, User
from accounts.reasons import Suspension
from accounts.services import allowance, disowning, events, review, sessions
from accounts.services.allowance import Purpose
from accounts.values import email as email_address
from accounts.values.visit import Visit

# What one account may ask for: each time mails go to two mailboxes, and one may be a stranger's.
CHANGES = Limit("email-changes", times=5, window=timedelta(days=1))


class LinkState(Enum):
    """What a link is good for now."""

    VALID = "valid"
    DONE = "done"  # by this link or another of the same change
    TAKEN = "taken"  # another account has the address
    OVER = "over"  # given up, replaced or dealt with; or the account is not open
    EXPIRED = "expired"
    BROKEN = "broken"


@dataclass(frozen=True)
class Link:
    """What a token turned out to be; with its change if it is genuine and not too old."""

    state: LinkState
    change: EmailChange | None = None


def ask(user: User, email: str, *, visit: Visit) -> bool:
    """Remember that the account is to have this address, and owe both mailboxes their mails.

    An older change that waits is given up. Whether the address has an account is not asked: the
    mail decides at its delivery. A mailbox that was written to too often gets no link, silently.
    False when the account asked too often, or is not open any more.
    """
    if not CHANGES.hit(str(user.pk)):
        return False
    key = email_address.normalise(email)
    may_write = not allowance.ask(Purpose.EMAIL_CHANGE, key)
    with transaction.atomic():
        if not sessions.is_still_in(user):
            return False
        # As it is now: the caller may have read it before another change.
        account = User.objects.get(pk=user.pk)
        account.email_changes.cancel()
        change = EmailChange.objects.create(
            user=account,
            old_email=account.email,
            old_key=account.email_key,
            new_email=email,
            new_key=key,
        )
        event = events.record(account, AccountEvent.Kind.EMAIL_ASKED, visit=visit)
        outbox.put(OutboxMessage.Kind.EMAIL_ASKED, account, about=event, change=change)
        if may_write:
            _owe_link(account, change)
    return True


def send_again(user: User) -> bool:
    """Owe the new mailbox another link, as far as it may be written to; tell whether one waits."""
    change = user.email_changes.open().first()
    if change is None:
        return False
    may_write = not allowance.ask(Purpose.EMAIL_CHANGE, change.new_key)
    with transaction.atomic():
        waiting = user.email_changes.open().filter(pk=change.pk)
        if not waiting.update(sent_at=timezone.now()):
            return False
        if may_write:
            _owe_link(user, change)
    return True


def cancel(user: User) -> bool:
    """Give up the change that waits; tell whether there was one. Its link is dead then."""
    return bool(user.email_changes.cancel())


def examine_confirmation(token: str) -> Link:
    """Tell what the link to the new mailbox is good for; changes nothing."""
    try:
        pk = email_link.read_confirmation(token)
    except signed_number.InvalidTokenError:
        return Link(LinkState.BROKEN)
    except signed_number.ExpiredTokenError:
        return Link(LinkState.EXPIRED)
    change = EmailChange.objects.select_related("user").filter(pk=pk).first()
    if change is None:  # forgotten
        return Link(LinkState.EXPIRED)
    state = _confirmation_state(change, change.user)
    # Only now, and only to who reads that mailbox.
    if state is LinkState.VALID and _is_taken(change.new_key, change.user):
        state = LinkState.TAKEN
    return Link(state, change)


def confirm(change: EmailChange, *, visit: Visit) -> LinkState:
    """Give the account its new address and owe both mailboxes word of it; tell how it stands then.

    DONE for the one call that did it and for those after it. Of several accounts, and of a
    registration that is activated at the same moment, one gets the address: TAKEN for the others,
    of whom nothing changes. All sessions of the account end for good, and its known browsers are
    forgotten; the one that confirms goes on, if its view sees to it. Links for a new password die
    with the address, the link to the phone number with the event.
    """
    try:
        with transaction.atomic():
            user = User.objects.select_for_update(no_key=True).get(pk=change.user_id)
            change = EmailChange.objects.get(pk=change.pk)
            state = _confirmation_state(change, user)
            if state is not LinkState.VALID:
                return state
            # Giving it up locks no account: it may have come since the change was read.
            waiting = EmailChange.objects.open().filter(pk=change.pk)
            if not waiting.update(confirmed_at=timezone.now()):
                return LinkState.OVER
            _move(user, change.new_email, change.new_key)
            sessions.close_access(user)
            event = events.record(user, AccountEvent.Kind.EMAIL_CHANGED, visit=visit)
            for kind, mailbox in (
                (OutboxMessage.Kind.EMAIL_CHANGED, change.old_email),
                (OutboxMessage.Kind.EMAIL_CONFIRMED, change.new_email),
            ):
                outbox.put(kind, user, recipient=mailbox, about=event, change=change)
    except IntegrityError:
        return LinkState.TAKEN
    return LinkState.DONE


def examine_undoing(token: str) -> Link:
    """Tell what the link to the old mailbox is good for; changes nothing."""
    try:
        pk = email_link.read_undoing(token)
    except signed_number.InvalidTokenError:
        return Link(LinkState.BROKEN)
    change = EmailChange.objects.select_related("user").filter(pk=pk).first()
    if change is None:  # forgotten
        return Link(LinkState.EXPIRED)
    undoable = _undoable(change)
    if undoable is not None:
        return Link(LinkState.VALID, undoable)
    return Link(_undone_state(change, change.user), change)


def undo(change: EmailChange, *, visit: Visit) -> LinkState:
    """Give the account back the address that it had before, and close it to who changed that.

    It does not matter how often the address was changed since: all those changes are undone. All
    sessions end, the password is barred until a new one is set by e-mail, ways to sign in that were
    added since the change was asked for go, and no change waits any more. Before the confirmation
    there is no address to give back, and the rest happens all the same. Where another account has
    the old address by now, this one is suspended instead: whoever changed it must not go on, and
    staff find out whose it is. Of any number of simultaneous calls one does it.
    """
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).get(pk=change.user_id)
        undoable = _undoable(change)
        if undoable is None:
            return _undone_state(change, user)
        now, present = timezone.now(), user.email
        User.objects.filter(pk=user.pk).update(password_barred_at=now)
        since = user.email_changes.filter(pk__gte=undoable.pk, reverted_at=None)
        is_in_effect = undoable.confirmed_at is not None
        since.filter(confirmed_at__isnull=False).update(reverted_at=now)
        since.open().update(cancelled_at=now, reverted_at=now)
        disowning.remove_since(user, undoable.asked_at, visit=visit)
        sessions.close_access(user)
        if is_in_effect:
            try:
                with transaction.atomic():
                    _move(user, undoable.old_email, undoable.old_key)
            except IntegrityError:
                user.refresh_from_db()
                review.suspend(user, Suspension.SECURITY)
                events.record(user, AccountEvent.Kind.DISOWNED, visit=visit)
                return LinkState.TAKEN
        event = events.record(user, AccountEvent.Kind.EMAIL_REVERTED, visit=visit)
        if is_in_effect:
            kind = OutboxMessage.Kind.EMAIL_REVERTED
            outbox.put(kind, user, recipient=present, about=event, change=undoable)
    return LinkState.DONE


def _move(user: User, email: str, key: str) -> None:
    """Give the account another address. Raises `IntegrityError` where another account has it."""
    # Asked although the index would say so: two accounts that exchange their addresses at the same
    # moment would wait for each other there until PostgreSQL ends one of them.
    if _is_taken(key, user):
        raise IntegrityError("Another activated account has this address.")
    mailbox = email_address.mailbox(key)
    User.objects.filter(pk=user.pk).update(email=email, email_key=key, mailbox_key=mailbox)
    user.email, user.email_key = email, key


def _is_taken(key: str, user: User) -> bool:
    return User.objects.having(key).exclude(pk=user.pk).exists()


def _owe_link(user: User, change: EmailChange) -> None:
    kind = OutboxMessage.Kind.EMAIL_CONFIRM
    outbox.put(kind, user, recipient=change.new_email, change=change)


def _confirmation_state(change: EmailChange, user: User) -> LinkState:
    if change.confirmed_at is not None:
        return LinkState.DONE if change.reverted_at is None else LinkState.OVER
    if not change.is_open or not user.is_active or user.email_key != change.old_key:
        return LinkState.OVER
    return LinkState.VALID


def _undoable(change: EmailChange) -> EmailChange | None:
    """Return what the reader of this change's old mailbox can have undone.

    That is the change itself, or a later one from the same address: whoever gives up a change and
    asks for another one does not get rid of the link that he was given away by.
    """
    now = timezone.now()
    later = EmailChange.objects.filter(
        user=change.user_id, pk__gte=change.pk, old_key=change.old_key
    ).order_by("pk")
    return next((each for each in later if each.can_be_undone(now)), None)


def _undone_state(change: EmailChange, user: User) -> LinkState:
    undone = EmailChange.objects.filter(
        user=user, pk__gte=change.pk, old_key=change.old_key, reverted_at__isnull=False
    )
    if undone.exists():
        if user.suspended_at is not None and user.email_key != change.old_key:
            return LinkState.TAKEN
        return LinkState.DONE if user.password_barred_at is not None else LinkState.OVER
    return LinkState.OVER if change.confirmed_at is None else LinkState.EXPIRED
