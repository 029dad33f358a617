"""Follow what is decided about a customer (`accounts.desk.decisions`), and owe him the mails."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.mail import outbox
from accounts.models import Customer, OutboxMessage, ReviewState, User
from accounts.models.outbox import OUTCOMES
from accounts.reasons import Suspension
from accounts.services import panel, sessions

# By what a customer is known: who has another one is another customer until somebody has looked.
IDENTITY = frozenset({"company_name", "nip", "regon", "krs", "first_name", "last_name"})


def correction_recorded(customer: Customer, section: str) -> None:
    """Take a section off what is awaited; after the last one the data are to be reviewed again.

    Call it in the transaction of the correction, the customer's row locked.
    """
    rest = [each for each in customer.review_sections or [] if each != section]
    customer.review_sections = rest
    if customer.review_state == ReviewState.CORRECTION and not rest:
        customer.review_state = ReviewState.NEW
        customer.review_words = ""
        # Whoever looked at it before would decide about other data.
        customer.review_version += 1
        User.objects.filter(pk=customer.pk).update(waiting_since=timezone.now())
    customer.save(
        update_fields=["review_sections", "review_state", "review_words", "review_version"]
    )


def data_changed(customer: Customer, names: Collection[str]) -> None:
    """Let nobody decide about data that are not the ones he saw; call it as the above.

    An identity that was approved, or that a second person was to confirm, is reviewed from the
    beginning: what was decided was decided about another one.
    """
    state = ReviewState(customer.review_state)
    customer.review_version += 1
    changed = ["review_version"]
    if state in (ReviewState.APPROVED, ReviewState.SECOND) and not IDENTITY.isdisjoint(names):
        if state is ReviewState.APPROVED:
            customer.first_approved_at = remembered(customer)["first_approved_at"]
            changed.append("first_approved_at")
        customer.review_state = ReviewState.NEW
        customer.proposal = customer.proposed_by = customer.proposed_at = None
        changed += ["review_state", "proposal", "proposed_by", "proposed_at"]
        waits = User.objects.filter(pk=customer.pk, waiting_since=None)
        waits.update(waiting_since=timezone.now())
    customer.save(update_fields=changed)


def remembered(customer: Customer) -> dict[str, datetime]:
    """Return what has to stay of an approval that is looked at again: since when there was one.

    An older release wrote nothing down while the state said it.
    """
    since = customer.first_approved_at or customer.reviewed_at or timezone.now()
    return {"first_approved_at": since}


def suspend(user: User, reason: str = Suspension.OTHER) -> bool:
    """Close the account for this reason: its sessions are deleted for good, its links stay dead.

    Its owner is told by mail. Tells whether it was open: of two simultaneous calls, one does.
    """
    with transaction.atomic():
        stored = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if stored.suspended_at is not None:
            return False
        _set(
            user,
            stored,
            suspended_at=timezone.now(),
            is_active=False,
            suspension_reason=str(reason),
        )
        sessions.close_access(user)
        # Of an account that was never opened its address may not even know.
        if stored.activated_at is not None:
            outbox.put(OutboxMessage.Kind.SUSPENDED, stored)
    return True


def tell(customer: Customer) -> None:
    """Owe the customer the mail about the state of his review, where there is one for it.

    Call it in the transaction of the decision.
    """
    kind = OUTCOMES.get(ReviewState(customer.review_state))
    if kind is None:
        return
    outbox.put(kind, customer.user)
    # Until the Panel is open, that mail says that another one will come.
    if kind == OutboxMessage.Kind.REVIEW_APPROVED:
        panel.remember_promise(customer.user)


def _set(user: User, stored: User, **values: object) -> None:
    """Store these values of the locked row, and let the caller's object know."""
    for name, value in values.items():
        setattr(stored, name, value)
        setattr(user, name, value)
    stored.save(update_fields=list(values))
