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
    the smallest, until no line gives anything away. So it is where the sum leaves a "<5" one value
    alone: two of them that make 8 are 4 and 4.
    """
    words = [
        [HIDDEN_SMALL if 0 < number < SMALLEST else str(number) for number in row] for row in grid
    ]
    lines = [list(line) for line in sums_of]

    def hide_smallest(of: Iterable[At]) -> bool:
        """Hide the smallest number of these places that is shown and is one."""
        candidates = [(r, c) for r, c in of if words[r][c].isdigit() and grid[r][c] > 0]
        if candidates:
            row, column = min(candidates, key=lambda at: grid[at[0]][at[1]])
            words[row][column] = hidden
        return bool(candidates)

    is_changed = True
    while is_changed:
        is_changed = False
        for line in lines:
            if sum(not words[row][column].isdigit() for row, column in line) == 1:
                is_changed |= hide_smallest(line)
        if is_changed:
            continue
        told = _told(grid, words, lines)
        for line in lines:
            if not told.isdisjoint(line):
                is_changed |= hide_smallest(line)
    return words


# More than any number of ours.
_MOST = 10**15


def _told(
    grid: Sequence[Sequence[int]], words: Sequence[Sequence[str]], lines: Sequence[Sequence[At]]
) -> set[At]:
    """Return the places of "<5" that a reader who can add knows to be one number alone."""
    low: dict[At, int] = {}
    high: dict[At, int] = {}
    for at in {at for line in lines for at in line}:
        word, number = words[at[0]][at[1]], grid[at[0]][at[1]]
        if word == HIDDEN_SMALL:
            low[at], high[at] = 1, SMALLEST - 1
        else:
            low[at], high[at] = (number, number) if word.isdigit() else (SMALLEST, _MOST)
    # What does not add up, because a count was lost, tells nothing.
    adding = [found for line in lines if (found := _sum_and_parts(grid, line))]
    is_narrower = True
    while is_narrower:
        is_narrower = False
        for whole, parts in adding:
            least, most = sum(low[at] for at in parts), sum(high[at] for at in parts)
            bounds = {whole: (least, most)} | {
                at: (low[whole] - most + high[at], high[whole] - least + low[at]) for at in parts
            }
            for at, (lower, upper) in bounds.items():
                if lower > low[at] or upper < high[at]:
                    low[at], high[at] = max(low[at], lower), min(high[at], upper)
                    is_narrower = True
    return {at for at in low if words[at[0]][at[1]] == HIDDEN_SMALL and low[at] == high[at]}


def _sum_and_parts(grid: Sequence[Sequence[int]], line: Sequence[At]) -> tuple[At, list[At]] | None:
    """Return which place of a line is the sum of the others; None where it does not add up."""
    whole = max(line, key=lambda at: grid[at[0]][at[1]])
    parts = [at for at in line if at != whole]
    is_sum = grid[whole[0]][whole[1]] == sum(grid[row][column] for row, column in parts)
    return (whole, parts) if is_sum else None
