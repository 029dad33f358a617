"""Count in this process's memory, and add it to the table beside requests.

A request only adds one to a number in memory: no statement. A thread of the process adds what has
gathered to the rows of the day, every COUNTS_FLUSHED_AFTER seconds and at the process's end. A
process that is killed loses what it has counted since; nothing else is. Many processes add to the
same rows at the same time: one INSERT … ON CONFLICT, on SQLite and PostgreSQL.
"""

import atexit
import logging
import os
import re
from collections.abc import Sequence
from datetime import date, timedelta
from threading import Event, Lock, Thread
from typing import NamedTuple

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from accounts.models import DailyCount

logger = logging.getLogger(__name__)

Name = DailyCount.Name

# Numbers that wait for a database that is away; what would be another one is not counted.
MOST_WAITING = 5_000
ROWS_A_STATEMENT = 150
# Seconds that the end of a process gives to what is just being written.
GRACE = 5.0
# What a part of a key may look like; anything else is counted as "other", so that no mistake of
# ours lets a visitor write a word of his own into the table.
_PART = re.compile(r"[a-z0-9_]{1,40}\Z", re.ASCII)
_KIND = re.compile(r"(company|person)?\Z")


class Place(NamedTuple):
    """One row of the table, in the order of its unique index."""

    name: str
    day: str
    kind: str
    language: str
    key: str


_waiting: dict[Place, int] = {}
_lock = Lock()
_enough = Event()
_thread: Thread | None = None


def add(
    name: Name,
    *parts: str,
    kind: str | None = None,
    language: str = "",
    day: date | None = None,
) -> None:
    """Count one more of this; `parts` are the words of ours that the key is made of.

    `day` is the day that it belongs to, by default today in Warsaw. No statement.
    """
    key = ".".join(part if _PART.match(part) else "other" for part in parts)
    place = Place(
        name.value,
        (day or timezone.localdate()).isoformat(),
        kind if kind and _KIND.match(kind) else "",
        language if language in dict(settings.LANGUAGES) else "",
        key,
    )
    with _lock:
        if place in _waiting or len(_waiting) < MOST_WAITING:
            _waiting[place] = _waiting.get(place, 0) + 1
    _have_it_flushed()


def flush() -> int:
    """Add to the table what has been counted since; return how many rows that concerned.

    What the database does not take waits for the next time.
    """
    with _lock:
        taken = sorted(_waiting.items())
        _waiting.clear()
    for start in range(0, len(taken), ROWS_A_STATEMENT):
        try:
            _write(taken[start : start + ROWS_A_STATEMENT])
        except DatabaseError:
            with _lock:
                for place, times in taken[start:]:
                    _waiting[place] = _waiting.get(place, 0) + times
            raise
    return len(taken)


def forget() -> None:
    """Drop what waits: a child of a fork must not count again what its parent has counted."""
    global _lock, _thread
    _lock, _thread = Lock(), None
    _waiting.clear()


def _write(counts: Sequence[tuple[Place, int]]) -> None:
    """Add these to their rows; always in the order of the index, so that nobody waits in a ring."""
    rows = ", ".join(["(%s, %s, %s, %s, %s, %s)"] * len(counts))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO accounts_dailycount (name, day, kind, language, key, count) VALUES {rows}
            ON CONFLICT (name, day, kind, language, key)
            DO UPDATE SET count = accounts_dailycount.count + excluded.count
            """,  # noqa: S608  placeholders only
            [value for place, times in counts for value in (*place, times)],
        )


def _have_it_flushed() -> None:
    """Have a thread of this process running that adds to the table, unless the settings do not."""
    global _thread
    if not settings.COUNTS_FLUSHED_AFTER or (_thread is not None and _thread.is_alive()):
        return
    with _lock:
        if _thread is None or not _thread.is_alive():
            _thread = Thread(target=_flush_for_ever, name="statistics", daemon=True)
            _thread.start()


def _flush_for_ever() -> None:
    while not _enough.wait(settings.COUNTS_FLUSHED_AFTER):
        _try_to_flush()


def _try_to_flush() -> None:
    try:
        flush()
    except Exception as error:
        # The kind alone, as everywhere: words of a database quote values.
        logger.warning("Counts wait for the database: %s", type(error).__name__)
    finally:
        # A process has a thread for this; its connection would be open for nothing in between.
        connection.close()


@atexit.register
def _end() -> None:
    if not (settings.configured and settings.COUNTS_FLUSHED_AFTER):
        return
    _enough.set()
    if _thread is not None:
        # It may be writing what it has taken: an end in between would lose that.
        _thread.join(GRACE)
    if _waiting:
        _try_to_flush()


os.register_at_fork(after_in_child=forget)

# Seconds up to which a step is counted to have lasted: a median is read from them, no visit kept.
SECONDS = (5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1_200, 3_600)
# Hours up to which a case has waited for a decision.
HOURS = (1, 2, 4, 8, 24, 48, 72, 120, 168, 336, 720)


def bucket(value: float, bounds: Sequence[int]) -> str:
    """Return the part of a key for this value: the bound that it is up to, or "more"."""
    return next((str(bound) for bound in bounds if value <= bound), "more")


def add_decision(state: str, kind: str, waited: timedelta | None) -> None:
    """Count a decision, and how long its case had been waiting where that is known."""
    add(Name.DECIDED, state, kind=kind)
    if waited is not None:
        hours = waited / timedelta(hours=1)
        add(Name.DECISION_TIME, bucket(hours, HOURS), kind=kind)
