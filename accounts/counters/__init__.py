"""Keep how often something was tried, in the database or in Redis; `accounts.limits` judges.

Two stores keep the same promises: any number of simultaneous tries are all counted, and each
method is one step that no other try comes into. `choice` says which one counts.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol


class Try(NamedTuple):
    """A try by `subject` at what is allowed `times` times within `window`."""

    name: str
    subject: str
    times: int
    window: timedelta

    @property
    def key(self) -> str:
        """Return what it is counted under."""
        return key_of(self.name, self.subject)


class Counted(NamedTuple):
    """How many tries there are by now, and when their window ends."""

    tries: int
    ends_at: datetime


class Taken(NamedTuple):
    """What came of `Store.take`: whether all of it was allowed, and how often the first tried."""

    is_allowed: bool
    first: Counted | None = None


class Store(Protocol):
    """Count atomically. Tries of one call are by one subject, but for the `first` one.

    `now` is the caller's: a window ends by the clock that it began by.
    """

    def count(self, tries: Sequence[Try], now: datetime) -> list[int]:
        """Count each try; return how many there are by now, in their order."""
        ...

    def take(
        self, tries: Sequence[Try], *, beside: Sequence[Try], first: Try | None, now: datetime
    ) -> Taken:
        """Count all `tries`, and those `beside`, if every one of `tries` is allowed, else none.

        `first` is counted in any case; where it is one too many, nothing else is.
        """
        ...

    def read(self, tries: Sequence[Try], now: datetime) -> Mapping[str, Counted]:
        """Return what is counted in windows that run, by key, without counting."""
        ...

    def give_back(self, tried: Try) -> None:
        """Count one try less, but never fewer than none."""
        ...

    def forget(self, tried: Try) -> None:
        """Forget the tries of this name by this subject."""
        ...


def key_of(name: str, subject: str) -> str:
    """Return the key of a counter.

    Addresses of people are hashed: counters are no place for them.
    """
    return hashlib.sha256(f"{name}:{subject}".encode("utf-8", "replace")).hexdigest()
