"""Count what a piece of work asks the interpreter to do: a measure that no busy machine changes.

Time is measured in bench/. Of what C does in one call, a regular expression's search for example,
this says nothing.
"""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def calls_of(work: Callable[[], Any]) -> int:
    """Return how many functions are called, those of C included."""
    counted = 0

    def count(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return counted
