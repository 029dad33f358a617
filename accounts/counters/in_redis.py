"""Count in Redis: one script a call, which looks, counts and sets the end in one step.

What is counted goes by itself when its window has ended. Keys of one subject lie in one slot of a
cluster (its hash stands in braces), so a script never needs two. Nothing of a database's
transaction is known here: `undone_on_failure` gives back what a rollback would.
"""

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings

from accounts.counters import Counted, Taken, Try
from kantor.serving import redis_server

if TYPE_CHECKING:
    from redis.commands.core import Script

logger = logging.getLogger(__name__)

# How much longer than its window a counter stays: clocks of two machines differ by seconds.
LEEWAY = timedelta(minutes=1)
_MS = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Moments and spans are whole milliseconds. ARGV begins with the present moment and the leeway.
_COUNT_ONE = """
local now, leeway = tonumber(ARGV[1]), tonumber(ARGV[2])
local function running(key)
  local kept = redis.call('HMGET', key, 'count', 'ends')
  local count, ends = tonumber(kept[1] or 0), tonumber(kept[2] or 0)
  if ends > now then return count, ends end
  return 0, 0
end
local function one_more(key, window)
  local count, ends = running(key)
  if ends > 0 then return redis.call('HINCRBY', key, 'count', 1), ends end
  redis.call('HSET', key, 'count', 1, 'ends', now + window)
  redis.call('PEXPIRE', key, window + leeway)
  return 1, now + window
end
"""
# Then a window for each key; returns count and end of each.
_COUNT = f"""{_COUNT_ONE}
local told = {{}}
for number, key in ipairs(KEYS) do
  local count, ends = one_more(key, tonumber(ARGV[2 + number]))
  table.insert(told, count)
  table.insert(told, ends)
end
return told
"""
# Then how many keys are beside, and window and times for each key; returns nothing when refused.
_TAKE = f"""{_COUNT_ONE}
local beside, told = tonumber(ARGV[3]), {{}}
for number = beside + 1, #KEYS do
  if running(KEYS[number]) >= tonumber(ARGV[3 + 2 * number]) then return told end
end
for number, key in ipairs(KEYS) do
  local count, ends = one_more(key, tonumber(ARGV[2 + 2 * number]))
  table.insert(told, count)
  table.insert(told, ends)
end
return told
"""
_READ = f"""{_COUNT_ONE}
local told = {{}}
for _, key in ipairs(KEYS) do
  local count, ends = running(key)
  table.insert(told, count)
  table.insert(told, ends)
end
return told
"""
# ARGV is the end of the window that is meant, 0 for whichever runs.
_GIVE_BACK = """
local kept = redis.call('HMGET', KEYS[1], 'count', 'ends')
local meant = tonumber(ARGV[1])
if tonumber(kept[1] or 0) > 0 and (meant == 0 or meant == tonumber(kept[2])) then
  redis.call('HINCRBY', KEYS[1], 'count', -1)
end
"""


class _Scripts(NamedTuple):
    """Our scripts at one server; redis-py sends their text when the server does not know them."""

    count: "Script"
    take: "Script"
    read: "Script"
    give_back: "Script"


@lru_cache(maxsize=4)
def _scripts(url: str) -> _Scripts:
    """Return the scripts at this server."""
    talk = redis_server.client()
    return _Scripts(*(talk.register_script(each) for each in (_COUNT, _TAKE, _READ, _GIVE_BACK)))


class _Change(NamedTuple):
    """A try that was counted, by the key in Redis and the end of its window."""

    key: str
    ends: int


_changes: ContextVar[list[_Change] | None] = ContextVar("changes", default=None)


@contextmanager
def undone_on_failure() -> Iterator[None]:
    """Give back what Redis counts in here when it ends with an exception, as a rollback would.

    A window that has ended meanwhile is let be. When Redis is away by then the tries stay counted.
    """
    mine: list[_Change] = []
    outer = _changes.set(mine)
    try:
        yield
    except BaseException:
        _undo(mine)
        raise
    finally:
        _changes.reset(outer)
    if (around := _changes.get()) is not None:
        around += mine


def _undo(changes: Sequence[_Change]) -> None:
    if not changes:
        return
    from redis.exceptions import RedisError

    try:
        for change in changes:
            _scripts(settings.REDIS_URL).give_back(keys=[change.key], args=[change.ends])
    except RedisError as error:
        logger.warning("Tries stay counted that came to nothing: %s", type(error).__name__)


class InRedis:
    """Count by scripts. Every method raises redis.RedisError while Redis is away."""

    def count(self, tries: Sequence[Try], now: datetime) -> list[int]:
        """Count each try; return how many there are by now."""
        return [counted.tries for counted in self._count(tries, now)]

    def _count(self, tries: Sequence[Try], now: datetime) -> list[Counted]:
        keys = [_key(tried) for tried in tries]
        windows = [tried.window // _MS for tried in tries]
        told = self._scripts.count(keys=keys, args=[*_clock(now), *windows])
        return self._noted(keys, told)

    def take(
        self, tries: Sequence[Try], *, beside: Sequence[Try], first: Try | None, now: datetime
    ) -> Taken:
        """Count all tries or none; `first`, which is another's, by a script of its own before."""
        of_first = self._count([first], now)[0] if first else None
        if first and of_first and of_first.tries > first.times:
            return Taken(False, of_first)
        together = [*beside, *tries]
        keys = [_key(tried) for tried in together]
        limits = [each for tried in together for each in (tried.window // _MS, tried.times)]
        told = self._scripts.take(keys=keys, args=[*_clock(now), len(beside), *limits])
        self._noted(keys, told)
        return Taken(bool(told), of_first)

    def read(self, tries: Sequence[Try], now: datetime) -> Mapping[str, Counted]:
        """Return what is counted in windows that run."""
        told = self._scripts.read(keys=[_key(tried) for tried in tries], args=_clock(now))
        found = zip(tries, _counted(told), strict=True)
        return {tried.key: counted for tried, counted in found if counted.ends_at > now}

    def give_back(self, tried: Try) -> None:
        """Count one try less in the window that runs."""
        self._scripts.give_back(keys=[_key(tried)], args=[0])

    def forget(self, tried: Try) -> None:
        """Forget the tries of this name by this subject."""
        redis_server.client().delete(_key(tried))

    @property
    def _scripts(self) -> _Scripts:
        return _scripts(settings.REDIS_URL)

    def _noted(self, keys: Sequence[str], told: Sequence[int]) -> list[Counted]:
        """Remember what was counted for `undone_on_failure`, and return it."""
        if (changes := _changes.get()) is not None and told:
            changes += [_Change(key, told[2 * number + 1]) for number, key in enumerate(keys)]
        return _counted(told)


def _counted(told: Sequence[int]) -> list[Counted]:
    pairs = zip(told[::2], told[1::2], strict=True)
    return [Counted(count, _EPOCH + ends * _MS) for count, ends in pairs]


def _clock(now: datetime) -> list[Any]:
    return [(now - _EPOCH) // _MS, LEEWAY // _MS]


def _key(tried: Try) -> str:
    """Return the key in Redis; what stands in braces alone decides where a cluster keeps it."""
    slot = hashlib.sha256(tried.subject.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{settings.COUNTERS_PREFIX}{{{slot}}}{tried.key}"
