"""Keep a promise: write to whoever was told that he hears from us when the Panel opens."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.mail import outbox
from accounts.models import OutboxMessage, ReviewState, User


def promise(at: datetime) -> dict[str, datetime]:
    """Return what an account remembers that is promised word; nothing once it is open."""
    return {} if settings.PANEL_URL else {"panel_promised_at": at}


def remember_promise(user: User) -> None:
    """Remember that a page has just made the promise to this account; one UPDATE, once."""
    if user.panel_promised_at is None and (values := promise(timezone.now())):
        User.objects.filter(pk=user.pk, panel_promised_at=None).update(**values)


def announce() -> int:
    """Owe the mail to every open account with a promise that is not kept yet; return how many.

    Safe to repeat and to run twice at once: of two simultaneous calls one owes each mail. An
    account that is suspended or rejected now has its mail from a later call, once it is open
    again: until then it places no orders.
    """
    owed = 0
    waiting = (
        User.objects.filter(
            panel_promised_at__isnull=False, panel_announced_at=None, is_active=True
        )
        .exclude(customer__review_state=ReviewState.REJECTED)
        .order_by("pk")
    )
    for user in waiting.iterator():
        with transaction.atomic():
            if waiting.filter(pk=user.pk).update(panel_announced_at=timezone.now()):
                outbox.put(OutboxMessage.Kind.PANEL_OPEN, user)
                owed += 1
    return owed
