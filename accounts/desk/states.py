"""Know how an account stands, in words, and by which condition such accounts are found."""

from datetime import datetime

from django.db.models import Q, TextChoices
from django.utils.translation import pgettext_lazy

from accounts.models import User


class State(TextChoices):
    """How an account stands, for staff."""

    PENDING = "pending", pgettext_lazy("account", "waiting for activation")
    ACTIVE = "active", pgettext_lazy("account", "active")
    SUSPENDED = "suspended", pgettext_lazy("account", "suspended")
    CLOSED = "closed", pgettext_lazy("account", "closed")


CONDITIONS = {
    State.PENDING: Q(activated_at=None, suspended_at=None),
    State.ACTIVE: Q(is_active=True),
    State.SUSPENDED: Q(suspended_at__isnull=False),
    State.CLOSED: Q(closed_at__isnull=False, suspended_at=None),
}


def state_of(user: User) -> State:
    """Return how this account stands."""
    return state_by(user.activated_at, user.suspended_at, user.closed_at)


def state_by(
    activated_at: datetime | None, suspended_at: datetime | None, closed_at: datetime | None
) -> State:
    """Return how an account stands of which these facts are known."""
    if suspended_at is not None:
        return State.SUSPENDED
    if closed_at is not None:
        return State.CLOSED
    return State.PENDING if activated_at is None else State.ACTIVE
