"""Page through long tables at a price that does not grow with them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self, cast

from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import QueryDict
from django.utils.functional import cached_property

MOST_COUNTED = 1_001

_PLACE = re.compile(r"(?:([0-9]{1,17})_)?([0-9]{1,18})\Z", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class CappedPaginator(Paginator[Any]):
    """Count no further than MOST_COUNTED rows; who has more narrows the search.

    A full COUNT of a million rows costs more than the page itself (and a page 40,000 is no use to
    anybody); with the cap the database stops at the thousand and first match. `in_order` says that
    one index has the rows in their order, to be read no further than that; any others would be
    sorted first, and are counted as they come.
    """

    in_order = False

    @cached_property
    def count(self) -> int:
        """Return how many rows there are, MOST_COUNTED at most; one statement."""
        rows = cast(QuerySet[Any], self.object_list)
        return (rows if self.in_order else rows.order_by())[:MOST_COUNTED].count()


@dataclass(frozen=True)
class Place:
    """A place in an ordered list, between two rows: after one of them, or before it.

    The page begins where an index finds the row's values, however many rows lie before it
    (keyset paging). The order is by number, or by one moment and then by number.
    """

    is_before: bool = False
    moment: datetime | None = None
    number: int | None = None

    @classmethod
    def read(cls, data: QueryDict, ordering: Sequence[str]) -> Self:
        """Return the place that an address names, or the beginning; `BadRequest` for nonsense."""
        before, after = data.get("before"), data.get("after")
        named = after if before is None else before
        if named is None:
            return cls()
        found = _PLACE.match(named)
        if not found or (before is not None and after is not None):
            raise BadRequest("A place that no list has")
        moment, number = found.groups()
        if (moment is None) is not (len(ordering) == 1):
            raise BadRequest("A place in another order")
        when = None if moment is None else _EPOCH + int(moment) * _MICROSECOND
        return cls(before is not None, when, int(number))

    @property
    def is_beginning(self) -> bool:
        """Tell whether it is where a list begins."""
        return self.number is None

    def rows(
        self, queryset: QuerySet[Any], ordering: Sequence[str], count: int
    ) -> tuple[list[Any], bool, bool]:
        """Return the rows from here, and whether there are others before and after them.

        One statement. That there are rows before a place after a row is taken for granted.
        """
        order = [_turned(term) for term in ordering] if self.is_before else list(ordering)
        if self.number is not None:
            queryset = queryset.filter(self._beyond(order))
        rows = list(queryset.order_by(*order)[: count + 1])
        has_more, rows = len(rows) > count, rows[:count]
        if self.is_before:
            return rows[::-1], has_more, True
        return rows, not self.is_beginning, has_more

    def _beyond(self, order: Sequence[str]) -> Q:
        further = "lt" if order[-1].startswith("-") else "gt"
        number = order[-1].removeprefix("-")
        beyond = Q(**{f"{number}__{further}": self.number})
        if self.moment is None:
            # The number may be that of a table which is joined by it: PostgreSQL does not conclude
            # where to begin in the other.
            return beyond & Q(**{f"pk__{further}": self.number})
        field = order[0].removeprefix("-")
        # The first of the three is what an index begins at.
        return Q(**{f"{field}__{further}e": self.moment}) & (
            Q(**{f"{field}__{further}": self.moment}) | beyond
        )


def place_of(row: Model, ordering: Sequence[str]) -> str:
    """Return how an address names the place of this row in this order."""
    if len(ordering) == 1:
        return str(row.pk)
    moment = getattr(row, ordering[0].removeprefix("-"))
    return f"{(moment - _EPOCH) // _MICROSECOND}_{row.pk}"


def _turned(term: str) -> str:
    return term.removeprefix("-") if term.startswith("-") else f"-{term}"
