"""Decide about an account beside its review: close it, open it again, erase it.

With `REVIEW_FOUR_EYES` at `all`, opening again and erasing are proposals first: one at a time for
an account, which its author may withdraw and another officer confirms or returns with a note. Each
is one transaction with its row of the audit and the owed mail, at the locked row of the account:
of two at the same moment one is first, and the other is told who was.
"""

from collections.abc import Callable

from django.conf import settings
from django.db import transaction
from django.db.models import Case, QuerySet, When
from django.utils import timezone

from accounts.desk import events
from accounts.desk.decisions import Incomplete, Overtaken, Refused
from accounts.desk.events import Desk
from accounts.desk.reasons import Erasure
from accounts.desk.roles import Right, may
from accounts.mail import outbox
from accounts.models import (
    AccountProposal,
    Customer,
    OutboxMessage,
    StaffEvent,
    StaffNote,
    User,
)
from accounts.models.staff import NOTE_LENGTH
from accounts.reasons import Restoration, Suspension
from accounts.services import addressed_mail, relationship, sessions

Action = StaffEvent.Action
What = AccountProposal.What

# What ends a proposal, or makes it pointless.
_ENDS = (Action.RESTORED, Action.CONFIRMED, Action.RETURNED, Action.WITHDRAWN, Action.SUSPENDED)


def needs_second_person() -> bool:
    """Tell whether opening again and erasing are proposals first."""
    return str(settings.REVIEW_FOUR_EYES) == "all"


def is_erasable(user: User) -> bool:
    """Tell whether there never was a relationship with this customer, and no hold; two statements.

    Whom we approved once stays for five years after the end (`services.relationship`, which the
    purge asks as well).
    """
    return not (user.is_staff or relationship.is_held(user) or relationship.existed_with(user))


def for_second(by: User) -> QuerySet[AccountProposal]:
    """Return the proposals of others about accounts, which this officer may answer."""
    others = AccountProposal.objects.exclude(author=by)
    return others.select_related("user__customer", "author").order_by("at", "pk")


def suspend(
    user: User, reason: str, *, desk: Desk, note: str = "", is_silent: bool = False
) -> None:
    """Close an account: its sessions are deleted for good, its old links stay dead.

    Its owner is told by mail, unless an officer says not to. Raises `Refused` and `Incomplete`.
    """
    if not may(desk.user, Right.DECIDE) or (is_silent and not may(desk.user, Right.OVERRULE)):
        raise Refused("not offered")
    if reason not in Suspension.values:
        raise Incomplete("reason")
    with transaction.atomic():
        closed = User.objects.filter(pk=user.pk, suspended_at=None, is_staff=False).update(
            suspended_at=timezone.now(), is_active=False, suspension_reason=reason
        )
        if not closed:
            raise Refused("closed already")
        user.refresh_from_db()
        sessions.close_access(user)
        _note(user, note, desk)
        events.record(desk, Action.SUSPENDED, customer=user.pk, reason=reason)
        # Of an account that was never opened its address may not even know.
        if user.activated_at is not None and not is_silent:
            outbox.put(OutboxMessage.Kind.SUSPENDED, user)


def restore(user: User, reason: str, *, desk: Desk, note: str = "") -> bool:
    """Open a suspended account again, or propose it; tell whether it is open again already.

    One that was never activated is pending again; one that its owner closed stays closed: he may
    reopen it himself. Raises `Refused` and `Incomplete`.
    """
    if reason not in Restoration.values:
        raise Incomplete("reason")
    return _carry_out_or_propose(user, What.RESTORE, reason, desk, note)


def erase(user: User, reason: str, *, desk: Desk) -> bool:
    """Erase an account whole, or propose it; tell whether it is gone already.

    Its number stays in the audit. Raises `Refused` where a relationship existed, and `Incomplete`.
    """
    if reason not in Erasure.values:
        raise Incomplete("reason")
    return _carry_out_or_propose(user, What.ERASE, reason, desk, "")


def confirm(user: User, number: int, *, desk: Desk) -> None:
    """Carry out the proposal of this number, as another officer than its author.

    Raises `Overtaken` when it waits no more, or cannot be carried out any more, and `Refused`.
    """
    with transaction.atomic():
        stored, proposal = _proposed(user, number, desk)
        if proposal.author_id == desk.user.pk:
            raise Refused("one's own")
        what, reason = What(proposal.what), proposal.reason
        if not _is_possible(stored, what):
            raise _overtaken(stored)
        proposal.delete()
        events.record(
            desk, Action.CONFIRMED, customer=stored.pk, reason=reason, after={"proposal": what}
        )
        _CARRY_OUT[what](stored, reason, desk)


def send_back(user: User, number: int, note: str, *, desk: Desk) -> None:
    """Return the proposal of this number to its author with a note, as another officer.

    Raises as `confirm`, and `Incomplete` without a note.
    """
    if not note.strip() or len(note) > NOTE_LENGTH:
        raise Incomplete("note")
    with transaction.atomic():
        stored, proposal = _proposed(user, number, desk)
        if proposal.author_id == desk.user.pk:
            raise Refused("one's own")
        _note(stored, note, desk)
        _end(proposal, Action.RETURNED, desk)


def withdraw(user: User, number: int, *, desk: Desk) -> None:
    """Take back one's own proposal. Raises as `confirm`."""
    with transaction.atomic():
        _stored, proposal = _proposed(user, number, desk)
        if proposal.author_id != desk.user.pk:
            raise Refused("somebody else's")
        _end(proposal, Action.WITHDRAWN, desk)


def _carry_out_or_propose(user: User, what: What, reason: str, desk: Desk, note: str) -> bool:
    if not may(desk.user, Right.OVERRULE):
        raise Refused("not offered")
    with transaction.atomic():
        stored = _locked(user)
        if stored is None or not _is_possible(stored, what):
            raise Refused("not possible")
        if AccountProposal.objects.filter(user=stored).exists():
            raise Refused("proposed already")
        _note(stored, note, desk)
        if needs_second_person():
            AccountProposal.objects.create(user=stored, what=what, reason=reason, author=desk.user)
            events.record(
                desk, Action.PROPOSED, customer=stored.pk, reason=reason, after={"proposal": what}
            )
            return False
        _CARRY_OUT[what](stored, reason, desk)
    return True


def _locked(user: User) -> User | None:
    # Whole and without joins: whoever has waited for the lock must read what is now.
    return User.objects.select_for_update().filter(pk=user.pk, is_staff=False).first()


def _proposed(user: User, number: int, desk: Desk) -> tuple[User, AccountProposal]:
    """Return the locked account and its proposal, if it is still that of this number."""
    if not may(desk.user, Right.OVERRULE):
        raise Refused("not offered")
    stored = _locked(user)
    proposal = AccountProposal.objects.filter(pk=number, user=stored).first() if stored else None
    if stored is None or proposal is None:
        raise _overtaken(user)
    return stored, proposal


def _is_possible(user: User, what: What) -> bool:
    return user.suspended_at is not None if what == What.RESTORE else is_erasable(user)


def _overtaken(user: User) -> Overtaken:
    """Say who was faster: what the audit has last of this account."""
    last = StaffEvent.objects.filter(customer=user.pk, action__in=(*_ENDS, Action.ERASED)).first()
    by = User.objects.filter(pk=last.actor).first() if last and last.actor else None
    return Overtaken(by=by, at=last.at if last else None)


def _end(proposal: AccountProposal, action: StaffEvent.Action, desk: Desk) -> None:
    number, what = proposal.user_id, proposal.what
    proposal.delete()
    events.record(desk, action, customer=number, before={"proposal": what})


def _restore(user: User, reason: str, desk: Desk) -> None:
    User.objects.filter(pk=user.pk).update(
        suspended_at=None,
        is_active=Case(When(activated_at__isnull=False, closed_at=None, then=True), default=False),
        suspension_reason="",
    )
    user.refresh_from_db()
    events.record(desk, Action.RESTORED, customer=user.pk, reason=reason)
    if user.is_active:
        outbox.put(OutboxMessage.Kind.UNSUSPENDED, user, reason=reason)


def _erase(user: User, reason: str, desk: Desk) -> None:
    customer: Customer | None = getattr(user, "customer", None)
    before = {"review": customer.review_state} if customer else {}
    events.record(desk, Action.ERASED, customer=user.pk, reason=reason, before=before)
    addressed_mail.forget([user])
    # Rows of sessions have no foreign key; what they remember goes with the account.
    sessions.close_access(user)
    user.delete()


_CARRY_OUT: dict[str, Callable[[User, str, Desk], None]] = {
    What.RESTORE: _restore,
    What.ERASE: _erase,
}


def _note(user: User, note: str, desk: Desk) -> None:
    if note.strip():
        StaffNote.objects.create(user=user, author=desk.user, text=note.strip()[:NOTE_LENGTH])
