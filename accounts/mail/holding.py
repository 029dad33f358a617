"""Hold the mails that a restored database believes it owes, until staff have looked at them.

Some were sent after the backup was made, and would come twice. A held mail waits for a time that
never comes; staff can also start it one by one in the admin, as every mail that waits for long.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import OutboxMessage

HELD_UNTIL = datetime(9999, 1, 1, tzinfo=UTC)
_WAITING = OutboxMessage.State.WAITING


def hold_all() -> int:
    """Hold every mail that waits; return how many now are held. One UPDATE."""
    return OutboxMessage.objects.filter(state=_WAITING).update(due_at=HELD_UNTIL)


def held(numbers: Sequence[int] | None = None) -> QuerySet[OutboxMessage]:
    """Return the mails that are held, or those of them with these numbers, the oldest first."""
    rows = OutboxMessage.objects.filter(state=_WAITING, due_at=HELD_UNTIL)
    return (rows if numbers is None else rows.filter(pk__in=numbers)).order_by("pk")


def release(rows: QuerySet[OutboxMessage]) -> int:
    """Let them be delivered by the next sweep; return how many. One UPDATE."""
    return rows.update(due_at=timezone.now(), attempts=0)


def drop(rows: QuerySet[OutboxMessage]) -> int:
    """Never deliver them: they were sent, or speak of what is over; return how many."""
    return rows.update(state=OutboxMessage.State.DROPPED, finished_at=timezone.now())
