"""Record what staff decide about a customer."""

from django.utils import timezone

from accounts.models import Customer, User


def decide(customer: Customer, state: str, *, by: User, note: str = "") -> None:
    """Set the state of the review, with who decided it and when."""
    customer.review_state = state
    customer.review_note = note
    customer.reviewed_at = timezone.now()
    customer.reviewed_by = by
    customer.save(update_fields=["review_state", "review_note", "reviewed_at", "reviewed_by"])


def suspend(user: User) -> None:
    """Close the account: its sessions end at their next request, its old links stay dead."""
    user.suspended_at = timezone.now()
    user.is_active = False
    user.save(update_fields=["suspended_at", "is_active"])


def unsuspend(user: User) -> None:
    """Open a suspended account again; one that was never activated is pending again."""
    user.suspended_at = None
    user.is_active = user.activated_at is not None
    user.save(update_fields=["suspended_at", "is_active"])
