"""Try everything where there is time for it, and enough of it where somebody waits.

`THOROUGH=1` in the environment tries each value in each field, and as many examples as a test
names; CI sets it for one of its runs. Without it each field has some of the values, and each value
its turn in some of the fields.
"""

import os
from collections.abc import Sequence
from typing import TypeVar

THOROUGH = bool(os.environ.get("THOROUGH"))

Value = TypeVar("Value")


def some(values: Sequence[Value], turn: int, size: int = 4) -> Sequence[Value]:
    """Return all values, or so many of them: others at each turn, the same in each run."""
    if THOROUGH or size >= len(values):
        return values
    return [values[(turn * size + number) % len(values)] for number in range(size)]


def fewer(number: int) -> int:
    """Return so many, or a fifth of them, but ten at least."""
    return number if THOROUGH else min(number, max(10, number // 5))
