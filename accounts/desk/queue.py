"""Say whose case is next, and who has taken which."""

from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from accounts.desk import events
from accounts.desk.events import Desk
from accounts.desk.roles import Right, may
from accounts.models import Customer, ReviewState, StaffEvent, User

LEASE = timedelta(minutes=30)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def waiting() -> QuerySet[User]:
    """Return the open accounts whose review waits for staff, the longest waiting first.

    By exclusion, which is an outer join: read from the index of those who wait, however many
    customers there are. Joined by "new" PostgreSQL begins, among five millions, with all of those.
    """
    accounts = User.objects.filter(is_active=True, is_staff=False, waiting_since__isnull=False)
    others = [state for state in ReviewState if state is not ReviewState.NEW]
    return accounts.exclude(customer__review_state__in=others).order_by("waiting_since", "pk")


def free(by: User) -> Q:
    """Return the condition of a case that nobody else has taken."""
    return Q(held_until=None) | Q(held_until__lte=timezone.now()) | Q(held_by=by)


def take_next(desk: Desk) -> User | None:
    """Take the longest waiting case that nobody has; nothing when there is none.

    Of two calls at the same moment each gets another case: PostgreSQL passes over the row that is
    locked, SQLite lets one writer in at a time. Raises nothing; who may not decide gets nothing.
    """
    if not may(desk.user, Right.DECIDE):
        return None
    now = timezone.now()
    with transaction.atomic():
        cases = waiting().filter(Q(held_until=None) | Q(held_until__lte=now))
        if connection.vendor == "postgresql":
            cases = cases.select_for_update(skip_locked=True, of=("self",))
        case = cases.first()
        return case if case is not None and take(case, desk) else None


def take(user: User, desk: Desk) -> bool:
    """Take this case, or renew its lease; tell whether it is this person's now.

    One conditional UPDATE: of two people at the same moment one gets it.
    """
    if not may(desk.user, Right.DECIDE):
        return False
    is_renewal = user.held_by_id == desk.user.pk and is_held(user)
    until = timezone.now() + LEASE
    with transaction.atomic():
        taken = User.objects.filter(free(desk.user), pk=user.pk, is_staff=False).update(
            held_by=desk.user, held_until=until
        )
        if taken and not is_renewal:
            events.record(desk, StaffEvent.Action.TAKEN, customer=user.pk)
    if taken:
        user.held_by, user.held_until = desk.user, until
    return bool(taken)


def release(user: User, desk: Desk) -> bool:
    """Give a case back; tell whether it was this person's."""
    with transaction.atomic():
        released = User.objects.filter(pk=user.pk, held_by=desk.user).update(
            held_by=None, held_until=None
        )
        if released:
            events.record(desk, StaffEvent.Action.RELEASED, customer=user.pk)
            user.held_by = user.held_until = None
    return bool(released)


def overdue_by(user: User) -> timedelta:
    """Return how long this case has been waiting beyond its target; negative before it."""
    assert user.waiting_since is not None
    target = timedelta(hours=settings.REVIEW_TARGET_HOURS)
    return timezone.now() - user.waiting_since - target


def wait_in_words(user: User) -> str:
    """Say how long this case has been waiting, or how long it has been past its target."""
    assert user.waiting_since is not None
    late = overdue_by(user)
    if late >= timedelta(0):
        return _overdue(late)
    waited = timezone.now() - user.waiting_since
    if waited < timedelta(hours=1):
        return gettext("waiting for %(count)d min") % {"count": max(waited // MINUTE, 1)}
    return gettext("waiting for %(count)d h") % {"count": waited // HOUR}


def _overdue(late: timedelta) -> str:
    if late < HOUR:
        return gettext("overdue by %(count)d min") % {"count": max(late // MINUTE, 1)}
    if late < 2 * DAY:
        return gettext("overdue by %(count)d h") % {"count": late // HOUR}
    days = late // DAY
    return ngettext("overdue by %(count)d day", "overdue by %(count)d days", days) % {"count": days}


def is_held(user: User) -> bool:
    """Tell whether somebody has taken this case and his time is not over."""
    return user.held_until is not None and user.held_until > timezone.now()


def mine(by: User) -> QuerySet[User]:
    """Return the cases that this person has taken and that still wait, with their customers."""
    return waiting().filter(held_by=by, held_until__gt=timezone.now()).select_related("customer")


def held_by_others(by: User) -> QuerySet[User]:
    """Return the waiting cases that others have taken, with who they are and their customers."""
    held = waiting().filter(held_until__gt=timezone.now()).exclude(held_by=by)
    return held.select_related("customer", "held_by")


def for_second(by: User) -> QuerySet[Customer]:
    """Return the proposals of others, which this person may confirm or return."""
    return (
        Customer.objects.filter(review_state=ReviewState.SECOND)
        .exclude(proposed_by=by)
        .select_related("user", "proposed_by")
        .order_by("proposed_at", "pk")
    )
