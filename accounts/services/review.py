"""Record what staff decide about a customer, and owe him the mail that says so."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from accounts.mail import outbox
from accounts.models import Customer, OutboxMessage, ReviewState, User
from accounts.models.outbox import OUTCOMES
from accounts.services import panel, sessions

DECISION = (
    "review_state",
    "review_note",
    "review_words",
    "review_sections",
    "reviewed_at",
    "reviewed_by",
)


def decide(
    customer: Customer,
    state: str,
    *,
    by: User,
    note: str | None = None,
    words: str = "",
    sections: Sequence[str] = (),
) -> bool:
    """Set the state of the review, with who decided it and when; tell whether that is news.

    `note` is for staff alone, and kept unless another is given; `words` and `sections` are what
    the customer reads while a correction is awaited, and are forgotten with any other decision.
    What he is not told of, a note or the same decision again, leaves who decided and when.

    The row is locked and what it says now is compared, whatever `customer` carries: of the same
    decision made twice at once, one is news. The owner of an open account is owed one mail about
    each, in the same transaction.
    """
    with transaction.atomic():
        # The account's row first, as everywhere: two that lock both must not wait for each other.
        User.objects.select_for_update(no_key=True).only("pk").get(pk=customer.pk)
        stored = (
            Customer.objects.select_for_update(of=("self",))
            .select_related("user")
            .get(pk=customer.pk)
        )
        before = _told(stored)
        awaits = state == ReviewState.CORRECTION
        stored.review_state = state
        stored.review_words = words if awaits else ""
        stored.review_sections = list(sections) if awaits else []
        if note is not None:
            stored.review_note = note
        is_news = _told(stored) != before
        if is_news:
            stored.reviewed_at = timezone.now()
            stored.reviewed_by = by
        stored.save(update_fields=DECISION)
        if is_news:
            waiting = timezone.now() if state == ReviewState.NEW else None
            User.objects.filter(pk=stored.pk).update(waiting_since=waiting)
        if is_news and stored.user.is_active:
            tell(stored)
    for name in DECISION:
        setattr(customer, name, getattr(stored, name))
    return is_news


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


def approve(user: User, *, by: User) -> bool:
    """Approve the customer of this account, the note kept; tell whether that was to be done.

    Whoever never opened the account has not shown that its address is his, and one that its owner
    closed is going: neither is approved.
    """
    customer = getattr(user, "customer", None)
    if customer is None or user.activated_at is None or user.closed_at is not None:
        return False
    return decide(customer, ReviewState.APPROVED, by=by)


def suspend(user: User) -> bool:
    """Close the account: its sessions are deleted for good, its old links stay dead.

    Its owner is told by mail. Tells whether it was open: of two simultaneous calls, one does.
    """
    with transaction.atomic():
        stored = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if stored.suspended_at is not None:
            return False
        _set(user, stored, suspended_at=timezone.now(), is_active=False)
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
        _set(user, stored, suspended_at=None, is_active=is_active)
        if is_active:
            outbox.put(OutboxMessage.Kind.UNSUSPENDED, stored)
    return True


def _told(customer: Customer) -> tuple[object, ...]:
    """Return what the customer is told of this review: two that are equal need one mail."""
    if customer.review_state != ReviewState.CORRECTION:
        return (customer.review_state,)
    sections = sorted(customer.review_sections or [])
    return (customer.review_state, customer.review_words, sections)


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
