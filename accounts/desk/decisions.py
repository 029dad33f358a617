"""Carry out the decisions of staff: which follows which, who may make it, and what it owes.

Each is one function call, one conditional UPDATE on state and version, the row of the audit and
the owed mail, in one transaction. Of two people who decide at the same moment one is first; the
other is told who decided what.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.desk import events
from accounts.desk.events import Desk
from accounts.desk.overtaken import overtaken, taken
from accounts.desk.reasons import Reopening, note_kind
from accounts.desk.roles import Right, may
from accounts.models import Customer, ReviewState, StaffEvent, StaffNote, User
from accounts.models.customer import WORDS_LENGTH, Section
from accounts.models.staff import NOTE_LENGTH
from accounts.reasons import Rejection
from accounts.services import review
from accounts.statistics import counting

Action = StaffEvent.Action


class Decision(Enum):
    """What can be decided about a review."""

    APPROVE = "approve"
    CORRECT = "correct"
    REJECT = "reject"
    REOPEN = "reopen"
    CONFIRM = "confirm"
    RETURN = "return"
    WITHDRAW = "withdraw"


class Refused(Exception):  # noqa: N818
    """What nobody offered: a decision that does not follow, or that is not this person's."""


class Incomplete(Exception):  # noqa: N818
    """What the decision needs is missing: names of fields."""

    def __init__(self, *fields: str) -> None:
        super().__init__(*fields)
        self.fields = fields


@dataclass(frozen=True)
class Grounds:
    """What a decision rests on; which of it is needed depends on the decision."""

    reason: str = ""
    note: str = ""
    words: str = ""
    sections: Sequence[str] = ()

    def missing(self, decision: Decision) -> list[str]:
        """Return the names of what this decision needs and these do not give."""
        reasons = {Decision.REJECT: Rejection.values, Decision.REOPEN: Reopening.values}
        missing = []
        if decision in reasons and self.reason not in reasons[decision]:
            missing.append("reason")
        if decision in (Decision.REJECT, Decision.RETURN) and not self.note.strip():
            missing.append("note")
        if len(self.note) > NOTE_LENGTH:
            missing.append("note")
        if decision is Decision.CORRECT:
            if not self.sections or not set(self.sections) <= set(Section.values):
                missing.append("sections")
            if not self.words.strip() or len(self.words) > WORDS_LENGTH:
                missing.append("words")
        return missing


@dataclass(frozen=True)
class _Rule:
    """From which states a decision leads where, and whose it is."""

    follows: frozenset[ReviewState]
    leads_to: ReviewState
    right: Right
    action: StaffEvent.Action


RULES: dict[Decision, _Rule] = {
    Decision.APPROVE: _Rule(
        frozenset({ReviewState.NEW}), ReviewState.APPROVED, Right.DECIDE, Action.APPROVED
    ),
    Decision.CORRECT: _Rule(
        frozenset({ReviewState.NEW}), ReviewState.CORRECTION, Right.DECIDE, Action.CORRECTION_ASKED
    ),
    Decision.REJECT: _Rule(
        frozenset({ReviewState.NEW, ReviewState.CORRECTION}),
        ReviewState.REJECTED,
        Right.DECIDE,
        Action.REJECTED,
    ),
    Decision.REOPEN: _Rule(
        frozenset({ReviewState.APPROVED, ReviewState.REJECTED}),
        ReviewState.NEW,
        Right.OVERRULE,
        Action.REOPENED,
    ),
}
# What needs a second person, by the setting REVIEW_FOUR_EYES.
FOUR_EYES: dict[str, frozenset[Decision]] = {
    "off": frozenset(),
    "approve": frozenset({Decision.APPROVE}),
    "all": frozenset({Decision.APPROVE, Decision.REJECT}),
}
# Of the second person: what he does to the proposal, and how that is recorded.
_SECOND: dict[Decision, StaffEvent.Action] = {
    Decision.CONFIRM: Action.CONFIRMED,
    Decision.RETURN: Action.RETURNED,
    Decision.WITHDRAW: Action.WITHDRAWN,
}


def offered(customer: Customer, by: User) -> list[Decision]:
    """Return the decisions that follow for this customer and are this person's; no statement."""
    return [decision for decision in Decision if _refusal(customer, decision, by) is None]


def decide(
    customer: Customer, decision: Decision, grounds: Grounds, *, desk: Desk, version: int
) -> ReviewState:
    """Carry out a decision about the case as it was seen; return the state that it is in now.

    `version` is the number that the page showed. Raises `Overtaken` when the case is not as it was
    then, or somebody else has taken it, `Refused` for what does not follow or is not this person's
    to decide, and `Incomplete` for grounds that are missing. The note becomes one of the case's
    notes.
    """
    with transaction.atomic():
        # The account's row first, as everywhere: two that lock both must not wait for each other.
        User.objects.select_for_update(no_key=True).only("pk").get(pk=customer.pk)
        # Without joins: whoever has waited for the lock would read what they said before it.
        stored = Customer.objects.select_for_update().get(pk=customer.pk)
        if stored.review_version != version:
            raise overtaken(stored.pk)
        refusal = _refusal(stored, decision, desk.user)
        if refusal == "held":
            # His time was over while he was writing: that is nobody's forgery either.
            raise taken(stored.user)
        is_closed = stored.user.closed_at is not None
        if refusal == "not active" and (is_closed or decision is Decision.CONFIRM):
            # It was closed since its page was opened, or while the proposal waited.
            raise overtaken(stored.pk)
        if refusal:
            raise Refused(refusal)
        if missing := grounds.missing(decision):
            raise Incomplete(*missing)
        if decision in _SECOND:
            changes, action = _of_second(stored, decision, desk.user)
        elif decision in FOUR_EYES[settings.REVIEW_FOUR_EYES]:
            changes, action = _proposal(stored, decision, grounds, desk.user), Action.PROPOSED
        else:
            rule = RULES[decision]
            changes, action = _outcome(rule.leads_to, grounds, desk.user), rule.action
        _write(stored, changes, desk=desk, action=action, grounds=grounds)
    return ReviewState(changes["review_state"])


def _refusal(customer: Customer, decision: Decision, by: User) -> str | None:
    """Say why this is not to be decided now by this person; nothing when it is."""
    state, user = ReviewState(customer.review_state), customer.user
    if is_held_by_other(user, by):
        return "held"
    if decision in _SECOND:
        if state is not ReviewState.SECOND or not may(by, Right.DECIDE):
            return "not offered"
        # What became of the account meanwhile holds for a proposal as well.
        if decision is Decision.CONFIRM and not user.is_active:
            return "not active"
        is_author = customer.proposed_by_id == by.pk
        return "not offered" if is_author is not (decision is Decision.WITHDRAW) else None
    rule = RULES[decision]
    if state not in rule.follows or not may(by, rule.right):
        return "not offered"
    # Whoever never opened the account has not shown that its address is his.
    return None if user.is_active else "not active"


def is_held_by_other(user: User, by: User) -> bool:
    """Tell whether somebody else has taken this case, and his time is not over."""
    return (
        user.held_by_id is not None
        and user.held_by_id != by.pk
        and user.held_until is not None
        and user.held_until > timezone.now()
    )


def _outcome(state: ReviewState, grounds: Grounds, by: User | None) -> dict[str, Any]:
    awaits = state is ReviewState.CORRECTION
    return {
        "review_state": state,
        "review_reason": grounds.reason if state is ReviewState.REJECTED else "",
        "review_words": grounds.words.strip() if awaits else "",
        "review_sections": sorted(grounds.sections) if awaits else [],
        "proposal": None,
        "proposed_by": None,
        "proposed_at": None,
        "reviewed_by": by,
    }


def _proposal(customer: Customer, decision: Decision, grounds: Grounds, by: User) -> dict[str, Any]:
    return {
        "review_state": ReviewState.SECOND,
        "proposal": {
            "decision": decision.value,
            "from": customer.review_state,
            "reason": grounds.reason,
            "words": customer.review_words,
            "sections": customer.review_sections or [],
        },
        "proposed_by": by,
        "proposed_at": timezone.now(),
    }


def _of_second(
    customer: Customer, decision: Decision, by: User
) -> tuple[dict[str, Any], StaffEvent.Action]:
    proposal = customer.proposal or {}
    if decision is Decision.CONFIRM:
        rule = RULES[Decision(proposal["decision"])]
        changes = _outcome(rule.leads_to, Grounds(reason=proposal.get("reason", "")), by)
    elif decision is Decision.RETURN:
        changes = _outcome(ReviewState.NEW, Grounds(), by)
    else:
        before = Grounds(words=proposal.get("words", ""), sections=proposal.get("sections", ()))
        changes = _outcome(ReviewState(proposal["from"]), before, customer.reviewed_by)
    return changes, _SECOND[decision]


def _write(
    customer: Customer,
    changes: dict[str, Any],
    *,
    desk: Desk,
    action: StaffEvent.Action,
    grounds: Grounds,
) -> None:
    """Write state, audit, note and mail; the caller's transaction holds them together."""
    now, before = timezone.now(), customer.review_state
    proposed = (customer.proposal or {}).get("reason", "")
    kind = note_kind(grounds.reason, proposed, customer.review_reason)
    state = ReviewState(changes["review_state"])
    is_outcome = action not in (Action.PROPOSED, Action.WITHDRAWN)
    if is_outcome:
        changes = {**changes, "reviewed_at": now}
    if state is ReviewState.APPROVED and customer.first_approved_at is None:
        changes = {**changes, "first_approved_at": now}
    elif before == ReviewState.APPROVED:
        changes = {**changes, **review.remembered(customer)}
    changed = Customer.objects.filter(
        pk=customer.pk, review_state=before, review_version=customer.review_version
    ).update(**changes, review_version=F("review_version") + 1)
    if not changed:
        raise overtaken(customer.pk)
    # Whoever has decided has finished with it. A case that comes back from a second person has
    # been waiting all the time.
    waiting_since: datetime | None = None
    if state in (ReviewState.NEW, ReviewState.SECOND):
        waiting_since = customer.user.waiting_since or now
    User.objects.filter(pk=customer.pk).update(
        waiting_since=waiting_since, held_by=None, held_until=None
    )
    for name, value in changes.items():
        setattr(customer, name, value)
    if grounds.note.strip():
        StaffNote.objects.create(
            user=customer.user,
            author=desk.user,
            kind=kind,
            text=grounds.note.strip()[:NOTE_LENGTH],
        )
    events.record(
        desk,
        action,
        customer=customer.pk,
        reason=grounds.reason,
        before={"review": before},
        after={"review": str(state), "sections": list(grounds.sections)},
    )
    if is_outcome and customer.user.is_active and state is not ReviewState.NEW:
        review.tell(customer)
    if is_outcome:
        # `user` was read before the UPDATE: since when the case had been waiting.
        since = customer.user.waiting_since if state is not ReviewState.NEW else None
        counted = partial(
            counting.add_decision, str(state), customer.kind, now - since if since else None
        )
        transaction.on_commit(counted)
