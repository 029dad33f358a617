"""Know what the accessibility tests have looked at; the statement says it.

The report is written by `make accessibility-report` from the tests' own output, and each of those
tests fails when it sees other states of the pages than the report has.
"""

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

REPORT = Path(__file__).with_name("accessibility.json")


@dataclass(frozen=True)
class Report:
    """One run of the accessibility tests; it is only written when they found nothing."""

    day: date
    # Versions.
    axe: str
    chromium: str
    languages: tuple[str, ...]
    schemes: tuple[str, ...]
    # Of the window, in CSS pixels.
    widths: tuple[int, ...]
    letters_percent: int
    # What each test has looked at: a path, without the language and secrets, and its state.
    states: dict[str, list[str]]

    @property
    def states_count(self) -> int:
        """How many states were looked at, each in every language; not the developers' page."""
        seen = {state for states in self.states.values() for state in states}
        return len([state for state in seen if not state.startswith("/styl/")])


@cache
def report() -> Report:
    """Return the report as it was written last."""
    found = json.loads(REPORT.read_text(encoding="utf-8"))
    return Report(
        day=date.fromisoformat(found["day"]),
        axe=found["tools"]["axe-core"],
        chromium=found["tools"]["Chromium"],
        languages=tuple(found["languages"]),
        schemes=tuple(found["schemes"]),
        widths=tuple(found["widths"]),
        letters_percent=found["letters_percent"],
        states=found["states"],
    )
