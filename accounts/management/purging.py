"""Hold the rules by which the purging commands take rows, and explain beforehand which."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import AutoField, QuerySet

# Rows that one transaction deletes: on a table of millions, nobody waits long for its locks.
BATCH = 1000


@dataclass(frozen=True)
class Rule:
    """One line of the report: which rows are over, from which of their fields that counts, why."""

    name: str  # for the numbers
    what: str
    rows: Callable[[], QuerySet[Any]]
    counts_from: str
    # What is done about them, if not deleting them; returns how many there were.
    carry_out: Callable[[], int] | None = None

    def apply(self) -> int:
        """Do it; return how many rows it concerned."""
        return self.carry_out() if self.carry_out is not None else _purge(self.rows())

    def explained(self) -> Iterator[str]:
        """Yield a line for each row that would be taken: its kind, its number, since when.

        And by which rule. Nothing else of it: a key of a session, which has no number, would open
        it.
        """
        rows = self.rows()
        kind, key = rows.model._meta.label, rows.model._meta.pk
        is_numbered = isinstance(key, AutoField)
        found = rows.order_by(self.counts_from).values_list("pk", self.counts_from)
        for pk, since in found.iterator():
            number = f" #{pk}" if is_numbered else ""
            yield f"  {kind}{number}: {self.counts_from} {since:%Y-%m-%d %H:%M}, {self.name}"


def _purge(rows: QuerySet[Any]) -> int:
    """Delete rows that nothing rests on, batch by batch; return how many there were."""
    deleted = 0
    rest = rows.order_by("pk")
    while keys := list(rest.values_list("pk", flat=True)[:BATCH]):
        deleted += rows.filter(pk__in=keys).delete()[0]
        # Past what was deleted, which a table still holds until it is vacuumed.
        rest = rows.order_by("pk").filter(pk__gt=keys[-1])
    return deleted
