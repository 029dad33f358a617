"""Read the counts of some days, and show no small group.

What is read is bounded by days and words of ours, never by customers: one row a day for each of
them, by the index that keeps it single.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Sum

from accounts.models import DailyCount

# Fewer than this are shown as "<5": of so few somebody might know who they are.
SMALLEST = 5
HIDDEN_SMALL = "<5"

# The place of a number in a table: its row and its column.
At = tuple[int, int]
Key = tuple[str, ...]


@dataclass(frozen=True)
class Days:
    """The days that are asked about, both included."""

    first: date
    last: date

    @property
    def each(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range(self.number)]

    @property
    def number(self) -> int:
        return (self.last - self.first).days + 1


def sums(name: DailyCount.Name, days: Days, *by: str) -> dict[Key, int]:
    """Return how often this happened in these days, by the values of these columns. One SELECT."""
    rows = (
        DailyCount.objects.filter(name=name, day__range=(days.first, days.last))
        .order_by()
        .values_list(*by)
        .annotate(times=Sum("count"))
    )
    return {tuple(str(each) for each in row[:-1]): row[-1] for row in rows}


def median(counts: Mapping[str, int], bounds: Sequence[int]) -> tuple[int, int | None] | None:
    """Return between which two bounds the median lies; the latter None above the last of them.

    `counts` are those of `counting.bucket`. Nothing where fewer than SMALLEST were counted.
    """
    total = sum(counts.values())
    if total < SMALLEST:
        return None
    passed, lower = 0, 0
    for bound in bounds:
        passed += counts.get(str(bound), 0)
        if passed * 2 >= total:
            return lower, bound
        lower = bound
    return lower, None


def shown(
    grid: Sequence[Sequence[int]], sums_of: Iterable[Sequence[At]], *, hidden: str
) -> list[list[str]]:
    """Return the numbers of a table in words: below SMALLEST as "<5", nothing as 0.

    `sums_of` are the lines that add up: places of which one is the sum of the others. Where one
    number of such a line is hidden the others would tell it; so another one is `hidden` as well,
    the smallest, until no line gives anything away.
    """
    words = [
        [HIDDEN_SMALL if 0 < number < SMALLEST else str(number) for number in row] for row in grid
    ]
    lines = [list(line) for line in sums_of]
    is_changed = True
    while is_changed:
        is_changed = False
        for line in lines:
            open_places = [at for at in line if words[at[0]][at[1]].isdigit()]
            if len(line) - len(open_places) != 1:
                continue
            candidates = [at for at in open_places if grid[at[0]][at[1]] > 0]
            if candidates:
                row, column = min(candidates, key=lambda at: grid[at[0]][at[1]])
                words[row][column] = hidden
                is_changed = True
    return words
