"""Follow what is decided about a customer (`accounts.desk.decisions`), and owe him the mails."""

from django.db import transaction
from django.utils import timezone

from accounts.mail import outbox
from accounts.models import Customer, OutboxMessage, ReviewState, User
from accounts.models.outbox import OUTCOMES
from accounts.reasons import Suspension
from accounts.services import panel, sessions


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


def unsuspend(user: User) -> bool:
    """Open a suspended account again; one that was never activated is pending again.

    One that its owner closed stays closed: he may reopen it himself. Whoever was told that it was
    blocked is told of this. Tells whether it was suspended: of two simultaneous calls, one does.
    """
    with transaction.atomic():
        stored = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if stored.suspended_at is None:
            return False
        was_opened = stored.activated_at is not None
        is_active = was_opened and stored.closed_at is None
        _set(user, stored, suspended_at=None, is_active=is_active, suspension_reason="")
        if is_active:
            outbox.put(OutboxMessage.Kind.UNSUSPENDED, stored)
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
