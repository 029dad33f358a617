"""Say where a POST leads."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto


class Lead(Enum):
    """The ways from a step."""

    ONWARDS = auto()
    HERE = auto()
    WAIT = auto()
    END = auto()
    GONE = auto()  # the attempt has ended meanwhile


@dataclass(frozen=True)
class Outcome:
    """What became of the answers to a step.

    `part` is the place of the step's own page to return to. `wait` is the time before the same can
    be tried again; `about_code` says that it is about a code by e-mail. `said` names the messages
    that the answers got, and their fields.
    """

    lead: Lead
    part: str = ""
    wait: timedelta = timedelta(0)
    about_code: bool = False
    said: tuple[tuple[str, str], ...] = ()
