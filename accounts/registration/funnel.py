"""Count how far visitors come, how long each step takes and what is said at its fields.

Of an attempt the session remembers the furthest step, since when, and of which kind and language
it was then. All that is counted of a step belongs to the day, kind and language with which it was
begun: so what was begun is what was finished, left, or is still open or silent, to the last one.
The first step has no kind: that is what it asks. No statement is added to any page.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import NamedTuple

from django.utils import timezone
from django.utils.translation import get_language

from accounts.registration.friction import now
from accounts.registration.order import ORDER, Step
from accounts.registration.storage import AttemptStorage
from accounts.statistics import counting
from accounts.statistics.counting import Name

FACT = "funnel"


class Begun(NamedTuple):
    """The furthest step of an attempt, and when and how it was begun."""

    position: int
    at: int
    kind: str
    language: str

    @property
    def step(self) -> str:
        return name_of(ORDER[self.position])

    @property
    def day(self) -> date:
        return timezone.localdate(datetime.fromtimestamp(self.at, UTC))

    def add_to(self, name: Name, *parts: str) -> None:
        """Count one more of this at this step."""
        counting.add(name, self.step, *parts, kind=self.kind, language=self.language, day=self.day)


def name_of(step: Step) -> str:
    """Return what the numbers call a step; its own value is a part of addresses."""
    return step.name.lower()


def begin(storage: AttemptStorage) -> None:
    """Count an attempt that has its first answer."""
    _begin(storage, 0, "")


def finish(storage: AttemptStorage, step: Step, kind: str | None) -> None:
    """Count a step that is answered for the first time, and the one that follows as begun."""
    begun = _begun(storage)
    if begun is None or ORDER[begun.position] is not step:
        return
    begun.add_to(Name.FINISHED)
    begun.add_to(Name.SECONDS, counting.bucket(now() - begun.at, counting.SECONDS))
    if step is not ORDER[-1]:
        _begin(storage, begun.position + 1, kind or "")


def cancel(storage: AttemptStorage) -> None:
    """Count an attempt that its visitor has cancelled, at the furthest step that he came to."""
    if (begun := _begun(storage)) is not None:
        begun.add_to(Name.LEFT, "cancel")


def refused(step: Step, kind: str | None, said: Iterable[tuple[str, str]]) -> None:
    """Count the messages that an answer got: names of fields and of what was said at them."""
    language = get_language() or ""
    for field, code in said:
        counting.add(Name.MESSAGE, name_of(step), field, code, kind=kind, language=language)


def _begin(storage: AttemptStorage, position: int, kind: str) -> None:
    begun = Begun(position, now(), kind, get_language() or "")
    storage.set_fact(FACT, list(begun))
    begun.add_to(Name.BEGUN)


def _begun(storage: AttemptStorage) -> Begun | None:
    kept = storage.fact(FACT)
    return None if kept is None else Begun(*kept)
