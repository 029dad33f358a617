"""Limit tries in windows of time, atomically, for all processes together.

Where is counted says `accounts.counters.choice`: in the database, or with COUNTERS=redis in Redis.
What costs nothing but this process's CPU is counted in its memory instead.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from time import monotonic
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.counters import Store, Try, choice, key_of
from accounts.counters.in_redis import undone_on_failure
from accounts.models import Counter
from kantor.serving import numbers, security_log
from kantor.serving.security_log import Event
from kantor.serving.sql import read_moment, stored

__all__ = [
    "Ladder",
    "Limit",
    "LocalLimit",
    "Running",
    "UsedUpError",
    "count_all",
    "forget",
    "hit_all",
    "keys_of",
    "longest_wait",
    "note_refusal",
    "take_all",
    "undone_on_failure",
]


@dataclass(frozen=True)
class Limit:
    """Allow `times` tries of one thing within `window`, counted from the first of them.

    A refused try is counted and noted in the security log by the limit's name, unless it is
    `quiet`: what is only done so often, and refuses nobody. What `must_last` is counted in the
    database also with COUNTERS=redis, because nobody may get it anew when Redis loses its memory:
    guesses at what opens an account, what counts once, whether an owner was told, what somebody
    else allows us. Limits that are counted by one call are alike in that.
    """

    name: str
    times: int
    window: timedelta
    quiet: bool = False
    must_last: bool = False

    def hit(self, subject: str) -> bool:
        """Count one try by `subject`; tell whether it is still allowed."""
        return hit_all((self,), subject)[0]

    def is_used_up(self, subject: str) -> bool:
        """Tell whether the next try would be refused, without counting one."""
        return self.wait(subject) > timedelta(0)

    def wait(self, subject: str) -> timedelta:
        """Return how long `subject` has to wait for the next allowed try; zero when none."""
        return longest_wait((self,), subject)

    def clear(self, subject: str) -> None:
        """Forget the tries of `subject`, as after a right password."""
        _store((self,)).forget(self.tried_by(subject))

    def take_back(self, subject: str) -> None:
        """Count one try less: it turned out to be none of those that count. One UPDATE.

        Where the window ended meanwhile and another began, one of that is taken off.
        """
        _store((self,)).give_back(self.tried_by(subject))

    def tried_by(self, subject: str) -> Try:
        return Try(self.name, subject, self.times, self.window)

    def key(self, subject: str) -> str:
        return key_of(self.name, subject)


def _store(limits: Sequence[Limit]) -> Store:
    (must_last,) = {limit.must_last for limit in limits}
    return choice.store(must_last=must_last)


def hit_all(limits: Sequence[Limit], subject: str) -> list[bool]:
    """Count one try by `subject` against every limit; tell of each whether it still allows it.

    One statement, as `count_all`.
    """
    counts = count_all(limits, subject)
    allowed = [count <= limit.times for limit, count in zip(limits, counts, strict=True)]
    for limit, is_allowed in zip(limits, allowed, strict=True):
        if not (is_allowed or limit.quiet):
            note_refusal(limit.name)
    return allowed


def note_refusal(name: str) -> None:
    """Count that the limit of this name, a word of ours, has refused a try, and note it."""
    numbers.REFUSALS.add(limit=name)
    security_log.note(Event.LIMIT_REACHED, limit=name)


def count_all(limits: Sequence[Limit], subject: str) -> list[int]:
    """Count one try by `subject` against every limit; return how many there are by now.

    One statement or script; parallel tries are all counted.
    """
    tries = [limit.tried_by(subject) for limit in limits]
    return _store(limits).count(tries, timezone.now())


class UsedUpError(Exception):
    """A limit that had to allow the try did not; `wait` is how long it will not."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__()
        self.wait = wait


def take_all(
    limits: Sequence[Limit],
    subject: str,
    *,
    beside: Sequence[Limit] = (),
    first: tuple[Limit, str] | None = None,
) -> bool:
    """Count one try by `subject` against every limit if all of them allow it; tell whether they do.

    What is refused is not counted. With an allowed try those `beside` are counted too, whatever
    they say. A try by somebody else that comes `first` is counted in any case; UsedUpError is
    raised where its limit does not allow it.

    In the database counters are locked as they are counted (`InDatabase.take`): callers give them
    in one order.
    """
    now = timezone.now()
    taken = _store((*limits, *beside, *([first[0]] if first else []))).take(
        [limit.tried_by(subject) for limit in limits],
        beside=[limit.tried_by(subject) for limit in beside],
        first=first[0].tried_by(first[1]) if first else None,
        now=now,
    )
    if first and taken.first and taken.first.tries > first[0].times:
        note_refusal(first[0].name)
        # Counted from the first try, by another clock's moment perhaps.
        raise UsedUpError(min(first[0].window, taken.first.ends_at - now))
    return taken.is_allowed


def longest_wait(limits: Sequence[Limit], subject: str) -> timedelta:
    """Return how long `subject` has to wait until all these limits allow a try; zero when they do.

    One SELECT or script.
    """
    now = timezone.now()
    tries = [limit.tried_by(subject) for limit in limits]
    allowed = {tried.key: tried.times for tried in tries}
    running = _store(limits).read(tries, now)
    waits = [ends_at - now for key, (count, ends_at) in running.items() if count >= allowed[key]]
    return max(waits, default=timedelta(0))


@dataclass(frozen=True)
class Running:
    """Counters that a statement about something else has read along; see `keys_of`."""

    at: datetime
    counters: Mapping[str, tuple[int, str | datetime]]

    def longest_wait(self, limits: Sequence[Limit], subject: str) -> timedelta:
        """Return what the function of this name would, without a statement.

        Where Redis counts nothing was read along: then it is asked.
        """
        if not choice.is_in_database():
            return longest_wait(limits, subject)
        waits = [timedelta(0)]
        for limit in limits:
            count, ends_at = self.counters.get(limit.key(subject), (0, self.at))
            if count >= limit.times:
                waits.append(read_moment(ends_at) - self.at)
        return max(waits)


def keys_of(limits: Sequence[Limit], subject: str) -> list[str]:
    """Return the keys under which these limits count the tries of `subject`."""
    return [limit.key(subject) for limit in limits]


@dataclass(frozen=True)
class Ladder:
    """Allow `times` tries, then none for a while; after each further round of them for longer.

    The last of `waits` repeats. `times` is at least 2. What was tried is forgotten after `memory`
    without a try, counted from the end of a wait. Counted in the database, as what must last.
    """

    name: str
    times: int
    waits: tuple[timedelta, ...]
    memory: timedelta

    def hit(self, subject: str) -> int | None:
        """Count one try; return how many there are by now, or None when it has to wait.

        What has to wait is not counted. One INSERT … ON CONFLICT: of any number of parallel tries
        as many pass as the round has left, on SQLite and PostgreSQL.
        """
        now = timezone.now()
        remembered = stored(now + self.memory)
        rounds = " ".join(["WHEN accounts_counter.count + 1 = %s THEN %s"] * len(self.waits))
        ends: list[Any] = []
        for number, wait in enumerate(self.waits, start=1):
            ends += [number * self.times, stored(now + wait)]
        # A full round has its wait in ends_at, any other the moment at which it is forgotten.
        forgotten = """accounts_counter.ends_at <=
            CASE WHEN accounts_counter.count %% %s = 0 THEN %s ELSE %s END"""
        about = [self.times, stored(now - self.memory), stored(now)]
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                INSERT INTO accounts_counter (key, count, ends_at) VALUES (%s, 1, %s)
                ON CONFLICT (key) DO UPDATE SET
                    count = CASE WHEN {forgotten} THEN 1 ELSE accounts_counter.count + 1 END,
                    ends_at = CASE
                        WHEN {forgotten} OR (accounts_counter.count + 1) %% %s <> 0 THEN %s
                        {rounds} ELSE %s END
                WHERE accounts_counter.count %% %s <> 0 OR accounts_counter.ends_at <= %s
                RETURNING count
                """,  # noqa: S608  placeholders only
                [
                    self.key(subject),
                    remembered,
                    *about,
                    *about,
                    self.times,
                    remembered,
                    *ends,
                    stored(now + self.waits[-1]),
                    self.times,
                    stored(now),
                ],
            )
            row = cursor.fetchone()
        if row is None:
            note_refusal(self.name)
            return None
        return int(row[0])

    def wait(self, subject: str) -> timedelta:
        """Return how long `subject` has to wait for the next try; zero when it need not."""
        now = timezone.now()
        row = Counter.objects.filter(key=self.key(subject), ends_at__gt=now).first()
        return row.ends_at - now if row and row.count % self.times == 0 else timedelta(0)

    def key(self, subject: str) -> str:
        return key_of(self.name, subject)


def forget(keys: Sequence[str]) -> None:
    """Forget what was counted under these keys of ladders and of limits that last; one DELETE."""
    Counter.objects.filter(key__in=keys).delete()


@dataclass(frozen=True)
class LocalLimit:
    """Allow `times` tries within `window` in this process alone, without a statement.

    Made for what comes often and costs CPU only, such as the meter's calls and the captcha's
    pictures: each process guards its own, and several allow so many times more. Threads may
    count at once. At most `most` subjects are remembered; the oldest is forgotten first.
    """

    times: int
    window: timedelta
    most: int = 10_000
    name: str = "local"
    _tries: dict[str, tuple[int, float]] = field(default_factory=dict, repr=False, compare=False)
    _lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    def hit(self, subject: str) -> bool:
        """Count one try by `subject`; tell whether it is still allowed."""
        now = monotonic()
        with self._lock:
            count, ends_at = self._tries.get(subject, (0, 0.0))
            if ends_at <= now:
                self._tries.pop(subject, None)
                count, ends_at = 0, now + self.window.total_seconds()
                while len(self._tries) >= self.most:
                    del self._tries[next(iter(self._tries))]
            self._tries[subject] = (count + 1, ends_at)
        if count >= self.times:
            note_refusal(self.name)
        return count < self.times

    def wait(self, subject: str) -> timedelta:
        """Return how long `subject` has to wait for the next allowed try; zero when it need not."""
        with self._lock:
            count, ends_at = self._tries.get(subject, (0, 0.0))
        wait = timedelta(seconds=max(0.0, ends_at - monotonic()))
        return wait if count >= self.times else timedelta(0)

    def clear(self, subject: str) -> None:
        with self._lock:
            self._tries.pop(subject, None)
