"""Lay out the pictures of the statistics: whole numbers for a template, which draws by classes.

A picture is as wide as the narrowest phone, so its letters are never smaller than those around it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 320
_HEIGHT = 120
_MARGIN = 4
# A number that is not shown gets a stub of this length, whatever it is.
_STUB = 4
_LINE = 34
_MOST_BARS = 12
_LONGEST_LABEL = 44


@dataclass(frozen=True)
class Bar:
    """One bar, with its name and its number where there is room for them."""

    x: int
    y: int
    width: int
    height: int
    name: str
    value: str
    is_hidden: bool
    text_y: int = 0


@dataclass(frozen=True)
class Chart:
    """Bars in their place, and how large the picture is."""

    bars: Sequence[Bar]
    height: int
    is_timeline: bool
    first: str = ""
    last: str = ""
    highest: str = ""

    @property
    def width(self) -> int:
        return WIDTH

    @property
    def right(self) -> int:
        return WIDTH - _MARGIN

    @property
    def foot(self) -> int:
        return self.height - _MARGIN


def columns(rows: Sequence[tuple[str, str]]) -> Chart:
    """Return a column for each day or month, the names of the first and the last below."""
    highest = max((_number(value) for _name, value in rows), default=0)
    room = WIDTH - 2 * _MARGIN
    base, top = _HEIGHT, 20
    bars = []
    for number, (name, value) in enumerate(rows):
        left = _MARGIN + number * room // len(rows)
        right = _MARGIN + (number + 1) * room // len(rows)
        length = _length(value, highest, base - top)
        width = max(1, right - left - (1 if right - left > 2 else 0))
        bars.append(Bar(left, base - length, width, length, name, value, not value.isdigit()))
    first, last = (rows[0][0], rows[-1][0]) if rows else ("", "")
    return Chart(bars, _HEIGHT + 20, True, first, last if len(rows) > 1 else "", str(highest or ""))


def lines(rows: Sequence[tuple[str, str]]) -> Chart:
    """Return a line for each of the first dozen rows, its name above it."""
    rows = rows[:_MOST_BARS]
    highest = max((_number(value) for _name, value in rows), default=0)
    bars = []
    for number, (name, value) in enumerate(rows):
        top = number * _LINE
        short = name if len(name) <= _LONGEST_LABEL else f"{name[: _LONGEST_LABEL - 1]}…"
        length = _length(value, highest, WIDTH - 70)
        bars.append(Bar(_MARGIN, top + 18, length, 10, short, value, not value.isdigit(), top + 13))
    return Chart(bars, max(1, len(rows)) * _LINE, False)


def _number(value: str) -> int:
    return int(value) if value.isdigit() else 0


def _length(value: str, highest: int, room: int) -> int:
    if not value.isdigit():
        return _STUB
    return int(value) * room // highest if highest else 0
