"""Count tries in windows of time, atomically, in the database that every process shares.

What costs nothing but this process's CPU is counted in its memory instead.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from time import monotonic
from typing import Any

from django.db import connection
from django.db.models import F
from django.utils import timezone

from accounts.models import Counter
from kantor.serving import numbers, security_log
from kantor.serving.security_log import Event
from kantor.serving.sql import read_moment, stored

# One more try in the window that runs, or the first of a new one; takes the present moment twice.
_ONE_MORE = """
    count = CASE WHEN accounts_counter.ends_at <= %s THEN 1 ELSE accounts_counter.count + 1 END,
    ends_at = CASE WHEN accounts_counter.ends_at <= %s
              THEN excluded.ends_at ELSE accounts_counter.ends_at END
"""


@dataclass(frozen=True)
class Limit:
    """Allow `times` tries of one thing within `window`, counted from the first of them.

    A refused try is counted and noted in the security log by the limit's name, unless it is
    `quiet`: what is only done so often, and refuses nobody.
    """

    name: str
    times: int
    window: timedelta
    quiet: bool = False

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
        Counter.objects.filter(key=self.key(subject)).delete()

    def take_back(self, subject: str) -> None:
        """Count one try less: it turned out to be none of those that count. One UPDATE.

        Where the window ended meanwhile and another began, one of that is taken off.
        """
        counted = Counter.objects.filter(key=self.key(subject), count__gt=0)
        counted.update(count=F("count") - 1)

    def key(self, subject: str) -> str:
        return _key(self.name, subject)


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

    One INSERT … ON CONFLICT: parallel tries are all counted, on SQLite and PostgreSQL.
    """
    now = timezone.now()
    values: list[Any] = []
    for limit in limits:
        values += [limit.key(subject), stored(now + limit.window)]
    rows = ", ".join(["(%s, 1, %s)"] * len(limits))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO accounts_counter (key, count, ends_at) VALUES {rows}
            ON CONFLICT (key) DO UPDATE SET {_ONE_MORE}
            RETURNING key, count
            """,  # noqa: S608  placeholders only
            [*values, stored(now), stored(now)],
        )
        counts = dict(cursor.fetchall())
    return [counts[limit.key(subject)] for limit in limits]


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

    Counters are locked as they are counted: `first`, those `beside`, then the others, each in the
    order given. Callers give all of them in one order, or two tries would wait for each other.

    One INSERT … SELECT … ON CONFLICT looks and counts: on SQLite no try comes in between. On
    PostgreSQL simultaneous ones may all have looked before one has counted; then the counts
    decide, and who came too late gives back what he took, so that he fills nobody's place: an
    UPDATE each, unseen by others where the caller has a transaction open.
    """
    now = timezone.now()
    allowed = {limit.key(subject): limit.times for limit in limits}
    asked: list[Any] = []
    tries = [(limit, subject) for limit in (*beside, *limits)]
    for limit, whose in [first, *tries] if first else tries:
        asked += [limit.key(whose), stored(now + limit.window)]
    in_any_case = first[0].key(first[1]) if first else ""
    looked = [value for look in allowed.items() for value in look]
    looks = " OR ".join(["key = %s AND count >= %s"] * len(allowed))
    rows = ", ".join(["(%s, %s)"] * (len(asked) // 2))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO accounts_counter (key, count, ends_at)
            SELECT column1, 1, column2 FROM (VALUES {rows}) AS asked
            WHERE column1 = %s OR NOT EXISTS
                (SELECT 1 FROM accounts_counter WHERE ends_at > %s AND ({looks}))
            ON CONFLICT (key) DO UPDATE SET {_ONE_MORE}
            RETURNING key, count, ends_at
            """,  # noqa: S608  placeholders only
            [*asked, in_any_case, stored(now), *looked, stored(now), stored(now)],
        )
        counts = {}
        for key, count, ends_at in cursor.fetchall():
            if key != in_any_case:
                counts[key] = count
            elif first is not None and count > first[0].times:
                note_refusal(first[0].name)
                # Counted from the first try, by another clock's moment perhaps.
                raise UsedUpError(min(first[0].window, read_moment(ends_at) - now))
        if not counts:
            return False
        if all(counts[key] <= times for key, times in allowed.items()):
            return True
        # One by one: a statement about several would lock them in an order of its own. What was
        # taken may be gone, with a window that ended or with tries that were forgotten.
        for key in counts:
            cursor.execute(
                "UPDATE accounts_counter SET count = count - 1 WHERE key = %s AND count > 0", [key]
            )
    return False


def longest_wait(limits: Sequence[Limit], subject: str) -> timedelta:
    """Return how long `subject` has to wait until all these limits allow a try; zero when they do.

    One SELECT.
    """
    now = timezone.now()
    allowed = {limit.key(subject): limit.times for limit in limits}
    running = Counter.objects.filter(key__in=allowed, ends_at__gt=now)
    rows = running.values_list("key", "count", "ends_at")
    waits = [ends_at - now for key, count, ends_at in rows if count >= allowed[key]]
    return max(waits, default=timedelta(0))


@dataclass(frozen=True)
class Running:
    """Counters that a statement about something else has read along; see `keys_of`."""

    at: datetime
    counters: Mapping[str, tuple[int, str | datetime]]

    def longest_wait(self, limits: Sequence[Limit], subject: str) -> timedelta:
        """Return what the function of this name would, without a statement."""
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
    without a try, counted from the end of a wait.
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
        return _key(self.name, subject)


def forget(keys: Sequence[str]) -> None:
    """Forget what was counted under these keys of limits and ladders; one DELETE."""
    Counter.objects.filter(key__in=keys).delete()


def _key(name: str, subject: str) -> str:
    # Addresses of people are hashed: a table of counters is no place for them.
    return hashlib.sha256(f"{name}:{subject}".encode("utf-8", "replace")).hexdigest()


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
