"""Correct a customer's data for him: a section at once, phone and e-mail with a second person.

Every function locks the account first, so of simultaneous calls one comes after the other and is
told. What changes, the row of the audit and the owed mail are one transaction.
"""

from collections.abc import Mapping
from enum import Enum

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.account import services
from accounts.contact import services as contact
from accounts.desk import events, masks
from accounts.desk.decisions import Incomplete, Refused, is_held_by_other
from accounts.desk.events import Desk
from accounts.desk.reasons import Correction
from accounts.desk.roles import Right, may
from accounts.mail import outbox
from accounts.models import (
    ContactProposal,
    Customer,
    DataChange,
    DataRequest,
    OutboxMessage,
    StaffEvent,
    User,
)
from accounts.phone import services as phone
from accounts.values import email, masked
from accounts.values.visit import NOBODY

Action = StaffEvent.Action
Field = ContactProposal.Field
State = ContactProposal.State


class Outdated(Exception):  # noqa: N818  what happened, not an error of the program
    """Somebody else has changed this section since it was shown."""

    def __init__(self, change: DataChange) -> None:
        super().__init__()
        self.change = change


class Held(Exception):  # noqa: N818
    """Somebody else has taken the case."""


class Closed(Exception):  # noqa: N818
    """Somebody else has dealt with the proposal."""

    def __init__(self, proposal: ContactProposal) -> None:
        super().__init__()
        self.proposal = proposal


class Obstacle(Enum):
    """Why a phone number or an address cannot be changed so now."""

    PROPOSED = "proposed"  # another proposal waits
    CHANGED = "changed"  # the account has another one than when it was proposed
    TAKEN = "taken"  # another account has this address
    NOT_OPEN = "not open"
    OFTEN = "often"  # the address was to be changed too often within a day


class Impossible(Exception):  # noqa: N818
    """What is proposed cannot be done, or not any more."""

    def __init__(self, obstacle: Obstacle) -> None:
        super().__init__()
        self.obstacle = obstacle


class Verdict(Enum):
    """What becomes of a proposal; the last is its author's, the others are not his."""

    CONFIRM = "confirm"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


_CLOSES: dict[Verdict, tuple[ContactProposal.State, StaffEvent.Action]] = {
    Verdict.CONFIRM: (State.CONFIRMED, Action.CONTACT_CONFIRMED),
    Verdict.REFUSE: (State.REFUSED, Action.CONTACT_REFUSED),
    Verdict.WITHDRAW: (State.WITHDRAWN, Action.CONTACT_WITHDRAWN),
}


def newest(user: User, section: str) -> DataChange | None:
    """Return the last change of this section; its number says which data somebody saw."""
    changes = DataChange.objects.filter(user=user, section=section)
    return changes.select_related("changed_by").order_by("-pk").first()


def correct(
    user: User, section: str, values: Mapping[str, str], reason: str, *, desk: Desk, seen: int
) -> bool:
    """Store the canonical values of a section for the customer; tell whether anything differs.

    `seen` is the number of the newest change that the page knew of, 0 for none. The customer is
    told by mail where his account is open. Raises `Refused` for whom it is not, `Incomplete`
    without a reason, `Held` while somebody else has the case, and `Outdated` where the section was
    changed since, by whomever. Of whoever is anonymous nothing may be written down again.
    """
    if not may(desk.user, Right.DECIDE):
        raise Refused("not offered")
    if reason not in Correction.values:
        raise Incomplete("reason")
    with transaction.atomic():
        account = _locked(user)
        if account.anonymised_at is not None:
            raise Refused("anonymous")
        if is_held_by_other(account, desk.user):
            raise Held
        # In the order of all who lock them: the account, its requests, the customer.
        requests = DataRequest.objects.filter(user=account, state=DataRequest.State.OPEN)
        list(requests.select_for_update().values_list("pk", flat=True))
        customer = Customer.objects.select_for_update().get(user=account)
        last = newest(account, section)
        if last is not None and last.pk != seen:
            raise Outdated(last)
        before = customer.review_state
        change = services.correct(customer, section, values, by=desk.user, reason=reason)
        if change is None:
            return False
        is_reviewed_again = customer.review_state != before
        events.record(
            desk,
            Action.CORRECTED,
            customer=account.pk,
            reason=reason,
            before={"review": before} if is_reviewed_again else {},
            after={"section": section}
            | ({"review": customer.review_state} if is_reviewed_again else {}),
        )
        if account.is_active:
            outbox.put(OutboxMessage.Kind.DATA_CORRECTED, account, correction=change)
    return True


def answer_request(request: DataRequest, *, accepts: bool, answer: str, desk: Desk) -> bool:
    """Carry out a customer's request, or refuse it; tell whether it was open."""
    with transaction.atomic():
        customer = Customer.objects.get(user=request.user_id)
        decide = services.accept if accepts else services.refuse
        if not decide(request, by=desk.user, answer=answer):
            return False
        before, after = customer.review_state, Customer.objects.get(pk=customer.pk).review_state
        changed = {"review": before} if before != after else {}
        events.record(
            desk,
            Action.REQUEST_DECIDED,
            customer=customer.pk,
            before=changed,
            after={"section": request.section, "accepted": accepts}
            | ({"review": after} if changed else {}),
        )
    return True


def can_be_proposed(user: User, by: User) -> bool:
    """Tell whether this person may propose another phone number or address for this account.

    Only of an open one: who waits for his activation corrects his address himself.
    """
    return user.is_active and may(by, Right.DECIDE) and not is_held_by_other(user, by)


def propose(user: User, field: str, value: str, reason: str, *, desk: Desk) -> ContactProposal:
    """Ask a second person to confirm this number, in E.164, or this address.

    Raises `Refused`, `Incomplete`, `Held`, and `Impossible` where the account is not open, another
    proposal waits or another account has the address: staff find addresses by searching anyway.
    """
    if not may(desk.user, Right.DECIDE) or field not in Field.values:
        raise Refused("not offered")
    if reason not in Correction.values:
        raise Incomplete("reason")
    try:
        with transaction.atomic():
            account = _locked(user)
            if not account.is_active:
                raise Impossible(Obstacle.NOT_OPEN)
            if is_held_by_other(account, desk.user):
                raise Held
            if field == Field.EMAIL and contact.is_taken(email.normalise(value), account):
                raise Impossible(Obstacle.TAKEN)
            proposal = ContactProposal.objects.create(
                user=account,
                field=field,
                before=_present(account, field),
                value=value,
                reason=reason,
                proposed_by=desk.user,
            )
            _record(desk, Action.CONTACT_PROPOSED, proposal, reason)
    except IntegrityError as error:
        raise Impossible(Obstacle.PROPOSED) from error
    return proposal


def close(user: User, number: int, verdict: Verdict, *, desk: Desk) -> None:
    """Confirm, refuse or withdraw the proposal of this number about this account.

    A number is changed at once, and all sessions end. An address is asked for as its owner would:
    the old mailbox is told and can undo it, the new one has to confirm. Raises `Refused` for whom
    it is not, `Closed` for who comes second, and `Impossible`, of which nothing changes.
    """
    with transaction.atomic():
        account = _locked(user)
        found = ContactProposal.objects.select_for_update().filter(user=account, pk=number)
        proposal = found.first()
        if proposal is None or not may(desk.user, Right.DECIDE):
            raise Refused("not offered")
        is_author = proposal.proposed_by_id == desk.user.pk
        if is_author is not (verdict is Verdict.WITHDRAW):
            raise Refused("not this person's")
        if proposal.state != State.OPEN:
            raise Closed(proposal)
        state, action = _CLOSES[verdict]
        if verdict is Verdict.CONFIRM:
            _carry_out(account, proposal)
        proposal.close(state, by=desk.user)
        _record(desk, action, proposal)


def proposals(user: User) -> list[ContactProposal]:
    """Return what waits for a second person about this account; one statement."""
    waiting = ContactProposal.objects.filter(user=user, state=State.OPEN)
    return list(waiting.select_related("proposed_by"))


def for_second(by: User) -> QuerySet[ContactProposal]:
    """Return what others have proposed, the oldest first, for this person to confirm or refuse."""
    waiting = ContactProposal.objects.filter(state=State.OPEN)
    others = waiting.exclude(proposed_by=by) | waiting.filter(proposed_by=None)
    return others.select_related("user__customer", "proposed_by").order_by("pk")


def _locked(user: User) -> User:
    return User.objects.select_for_update(no_key=True).get(pk=user.pk, is_staff=False)


def _present(account: User, field: str) -> str:
    return account.email if field == Field.EMAIL else account.customer.phone


def _carry_out(account: User, proposal: ContactProposal) -> None:
    if not account.is_active:
        raise Impossible(Obstacle.NOT_OPEN)
    if _present(account, proposal.field) != proposal.before:
        raise Impossible(Obstacle.CHANGED)
    if proposal.field == Field.PHONE:
        if not phone.change(account, proposal.value, is_by_staff=True):
            raise Impossible(Obstacle.CHANGED)
        return
    if contact.is_taken(email.normalise(proposal.value), account):
        raise Impossible(Obstacle.TAKEN)
    if not contact.ask(account, proposal.value, visit=NOBODY, is_by_staff=True):
        raise Impossible(Obstacle.OFTEN)


def _record(
    desk: Desk, action: StaffEvent.Action, proposal: ContactProposal, reason: str = ""
) -> None:
    def shown(value: str) -> str:
        is_email = proposal.field == Field.EMAIL
        return masked.address(value) if is_email else masks.masked("phone", value)

    events.record(
        desk,
        action,
        customer=proposal.user_id,
        reason=reason,
        before={"value": shown(proposal.before)},
        after={"contact": proposal.field, "value": shown(proposal.value)},
    )
