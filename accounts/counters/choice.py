"""Say where is counted: in the database, or with COUNTERS=redis in Redis while it answers."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from threading import Lock
from time import monotonic
from typing import TypeVar

from django.conf import settings
from django.utils import timezone

from accounts.counters import Counted, Store, Taken, Try
from accounts.counters.in_database import InDatabase
from accounts.counters.in_redis import InRedis

logger = logging.getLogger(__name__)
Answer = TypeVar("Answer")

# How long a process leaves a Redis alone that gave no answer: a silent one costs a second a call.
REST = timedelta(seconds=5)
_WELL = Try("counters-well", "", times=1, window=timedelta(minutes=1))


class RedisOrDatabase:
    """Count in Redis, and in the database as long as Redis is away: limits hold, journeys go on.

    What was counted at the other place is not known then: who goes on trying through the loss of
    Redis, and again after its return, is allowed as many tries anew each time. A call that Redis
    counted without an answer is counted twice.
    """

    def __init__(self) -> None:
        self._redis, self._lock = InRedis(), Lock()
        self._away_until: float | None = None

    def count(self, tries: Sequence[Try], now: datetime) -> list[int]:
        """Count each try; return how many there are by now."""
        return self._ask(lambda store: store.count(tries, now))

    def take(
        self, tries: Sequence[Try], *, beside: Sequence[Try], first: Try | None, now: datetime
    ) -> Taken:
        """Count all tries or none."""
        return self._ask(lambda store: store.take(tries, beside=beside, first=first, now=now))

    def read(self, tries: Sequence[Try], now: datetime) -> Mapping[str, Counted]:
        """Return what is counted in windows that run."""
        return self._ask(lambda store: store.read(tries, now))

    def give_back(self, tried: Try) -> None:
        """Count one try less."""
        self._ask(lambda store: store.give_back(tried))

    def forget(self, tried: Try) -> None:
        """Forget the tries of this name by this subject."""
        self._ask(lambda store: store.forget(tried))

    def is_well(self) -> bool:
        """Tell whether Redis counts at this moment."""
        self.count([_WELL], timezone.now())
        return self._away_until is None

    def _ask(self, about: Callable[[Store], Answer]) -> Answer:
        from redis.exceptions import RedisError

        if self._may_be_asked():
            try:
                answer = about(self._redis)
            except RedisError as error:
                self._note_away(type(error).__name__)
            else:
                self._note_back()
                return answer
        return about(IN_DATABASE)

    def _may_be_asked(self) -> bool:
        """Tell whether Redis is asked now; one call after a rest goes ahead of the others."""
        if self._away_until is None:
            return True
        with self._lock:
            is_rested = monotonic() >= (self._away_until or 0.0)
            if is_rested:
                self._away_until = monotonic() + REST.total_seconds()
        return is_rested

    def _note_away(self, why: str) -> None:
        with self._lock:
            is_news = self._away_until is None
            self._away_until = monotonic() + REST.total_seconds()
        if is_news:
            logger.error("Redis is away (%s): the database counts.", why)

    def _note_back(self) -> None:
        if self._away_until is None:
            return
        with self._lock:
            is_news, self._away_until = self._away_until is not None, None
        if is_news:
            logger.warning("Redis is back: it counts again.")


IN_DATABASE = InDatabase()
_EITHER = RedisOrDatabase()


def is_in_database() -> bool:
    """Tell whether the database counts everything, whatever happens."""
    return bool(settings.COUNTERS == "database")


def store(*, must_last: bool) -> Store:
    """Return where is counted; what `must_last` stays in the database."""
    return IN_DATABASE if must_last or settings.COUNTERS == "database" else _EITHER


def is_well() -> bool:
    """Tell whether is counted where COUNTERS says."""
    return is_in_database() or _EITHER.is_well()
