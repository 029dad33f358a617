"""Record what staff decide about a customer."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from accounts.mail import outbox
from accounts.models import Customer, OutboxMessage, ReviewState, User
from accounts.services import sessions


def decide(
    customer: Customer,
    state: str,
    *,
    by: User,
    note: str = "",
    words: str = "",
    sections: Sequence[str] = (),
) -> None:
    """Set the state of the review, with who decided it and when.

    `note` is for staff alone; `words` and `sections` are what the customer reads while a
    correction is awaited, and are forgotten with any other decision.
    """
    awaits = state == ReviewState.CORRECTION
    customer.review_words = words if awaits else ""
    customer.review_sections = list(sections) if awaits else []
    customer.review_state = state
    customer.review_note = note
    customer.reviewed_at = timezone.now()
    customer.reviewed_by = by
    customer.save(
        update_fields=[
            "review_state",
            "review_note",
            "review_words",
            "review_sections",
            "reviewed_at",
            "reviewed_by",
        ]
    )


def correction_recorded(customer: Customer, section: str) -> None:
    """Take a section off what is awaited; after the last one the data are to be reviewed again.

    Call it in the transaction of the correction, the customer's row locked.
    """
    rest = [each for each in customer.review_sections or [] if each != section]
    customer.review_sections = rest
    if customer.review_state == ReviewState.CORRECTION and not rest:
        customer.review_state = ReviewState.NEW
        customer.review_words = ""
    customer.save(update_fields=["review_sections", "review_state", "review_words"])


def approve(user: User, *, by: User) -> bool:
    """Approve the customer of this account, the note kept; tell whether that was to be done.

    An account that its owner closed is not reviewed any more: it is going.
    """
    customer = getattr(user, "customer", None)
    if customer is None or customer.review_state == ReviewState.APPROVED:
        return False
    if user.closed_at is not None:
        return False
    decide(customer, ReviewState.APPROVED, by=by, note=customer.review_note)
    return True


def suspend(user: User) -> bool:
    """Close the account: its sessions are deleted for good, its old links stay dead.

    Its owner is told by mail. Tells whether it was open.
    """
    if user.suspended_at is not None:
        return False
    user.suspended_at = timezone.now()
    user.is_active = False
    with transaction.atomic():
        user.save(update_fields=["suspended_at", "is_active"])
        sessions.close_access(user)
        # Of an account that was never opened its address may not even know.
        if user.activated_at is not None:
            outbox.put(OutboxMessage.Kind.SUSPENDED, user)
    return True


def unsuspend(user: User) -> bool:
    """Open a suspended account again; one that was never activated is pending again.

    One that its owner closed stays closed: he may reopen it himself.

    Tells whether it was suspended.
    """
    if user.suspended_at is None:
        return False
    user.suspended_at = None
    user.is_active = user.activated_at is not None and user.closed_at is None
    user.save(update_fields=["suspended_at", "is_active"])
    return True
