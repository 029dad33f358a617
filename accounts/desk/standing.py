"""Decide about an account beside its review: close it, open it again, erase it.

With `REVIEW_FOUR_EYES` at `all`, opening again and erasing are proposals first: one at a time for
an account, which its author may withdraw and another officer confirms or returns with a note. Each
is one transaction with its row of the audit and the owed mail, at the locked row of the account:
of two at the same moment one is first, and the other is told who was.
"""

from collections.abc import Callable

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, QuerySet, When
from django.utils import timezone

from accounts.desk import events, searches
from accounts.desk.decisions import Incomplete, Refused
from accounts.desk.events import Desk
from accounts.desk.overtaken import overtaken
from accounts.desk.reasons import Erasure, note_kind
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
from accounts.services import addressed_mail, export_files, relationship, sessions

Action = StaffEvent.Action
What = AccountProposal.What


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
    # Not joined: SQLite knows nothing of an empty table, and would begin with all accounts.
    return others.prefetch_related("user__customer", "author").order_by("at", "pk")


def suspend(
    user: User,
    reason: str,
    *,
    desk: Desk,
    note: str = "",
    is_silent: bool = False,
    version: int | None = None,
) -> None:
    """Close an account: its sessions are deleted for good, its old links stay dead.

    Its owner is told by mail, unless an officer says not to. `version` is the number of the review
    that the page showed: this changes it, so whoever decides beside it is overtaken. Raises
    `Overtaken`, `Refused` and `Incomplete`.
    """
    if not may(desk.user, Right.DECIDE) or (is_silent and not may(desk.user, Right.OVERRULE)):
        raise Refused("not offered")
    if reason not in Suspension.values:
        raise Incomplete("reason")
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).only("pk").filter(pk=user.pk).first()
        _see(user, version)
        open_ones = User.objects.filter(suspended_at=None, anonymised_at=None, is_staff=False)
        closed = open_ones.filter(pk=user.pk).update(
            suspended_at=timezone.now(), is_active=False, suspension_reason=reason
        )
        if not closed:
            raise Refused("closed already")
        _changed(user)
        user.refresh_from_db()
        sessions.close_access(user)
        # Why nobody is to be told is for nobody who could tell.
        _note(user, note, desk, Suspension.AML if is_silent else reason)
        events.record(desk, Action.SUSPENDED, customer=user.pk, reason=reason)
        # Of an account that was never opened its address may not even know.
        if user.activated_at is not None and not is_silent:
            outbox.put(OutboxMessage.Kind.SUSPENDED, user)


def restore(
    user: User, reason: str, *, desk: Desk, note: str = "", version: int | None = None
) -> bool:
    """Open a suspended account again, or propose it; tell whether it is open again already.

    One that was never activated is pending again; one that its owner closed stays closed: he may
    reopen it himself. `version` as of `suspend`. Raises `Refused` and `Incomplete`.
    """
    if reason not in Restoration.values:
        raise Incomplete("reason")
    return _carry_out_or_propose(user, What.RESTORE, reason, desk, note, version)


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
            raise overtaken(stored.pk)
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


def _carry_out_or_propose(
    user: User, what: What, reason: str, desk: Desk, note: str, version: int | None = None
) -> bool:
    if not may(desk.user, Right.OVERRULE):
        raise Refused("not offered")
    with transaction.atomic():
        stored = _locked(user)
        _see(user, version)
        if stored is None or not _is_possible(stored, what):
            raise Refused("not possible")
        if AccountProposal.objects.filter(user=stored).exists():
            raise Refused("proposed already")
        _note(stored, note, desk)
        if needs_second_person():
            AccountProposal.objects.create(user=stored, what=what, reason=reason, author=desk.user)
            _changed(stored)
            events.record(
                desk, Action.PROPOSED, customer=stored.pk, reason=reason, after={"proposal": what}
            )
            return False
        _CARRY_OUT[what](stored, reason, desk)
    return True


def _see(user: User, version: int | None) -> None:
    """Raise `Overtaken` where the case is not as its page showed it; the account is locked."""
    if version is None:
        return
    present = Customer.objects.filter(pk=user.pk).values_list("review_version", flat=True)
    if present.first() not in (version, None):
        raise overtaken(user.pk)


def _changed(user: User) -> None:
    """Let nobody decide about an account that is not as he saw it."""
    Customer.objects.filter(pk=user.pk).update(review_version=F("review_version") + 1)


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
        raise overtaken(user.pk)
    return stored, proposal


def _is_possible(user: User, what: What) -> bool:
    if what == What.RESTORE:
        return user.suspended_at is not None and user.anonymised_at is None
    return is_erasable(user)


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
    _changed(user)
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
    # Whoever is erased is not to lie in a file either, nor in what somebody has searched by.
    transaction.on_commit(export_files.withdraw_all, robust=True)
    transaction.on_commit(searches.forget_all, robust=True)


_CARRY_OUT: dict[str, Callable[[User, str, Desk], None]] = {
    What.RESTORE: _restore,
    What.ERASE: _erase,
}


def _note(user: User, note: str, desk: Desk, reason: str = "") -> None:
    """Keep a note; about what was decided for AML only for who may read of that."""
    if note.strip():
        customer: Customer | None = getattr(user, "customer", None)
        reviewed = customer.review_reason if customer else ""
        StaffNote.objects.create(
            user=user,
            author=desk.user,
            kind=note_kind(reason, user.suspension_reason, reviewed),
            text=note.strip()[:NOTE_LENGTH],
        )
