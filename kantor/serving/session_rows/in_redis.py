"""Keep sessions in Redis: a hash each, which goes by itself when its time is over.

Every step is one script about one key, so a cluster may keep each session wherever it likes. The
sessions of an account are found by an index, a key of its own: it is written before the session,
so no session is missing in it; one that is in it and gone, or another account's by now, is passed
over. A sign-in that is just being written while an account's sessions end is void by the account's
`access_serial`, as with the table.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.utils import timezone

from kantor.serving import redis_server
from kantor.serving.session_rows import Row

if TYPE_CHECKING:
    from redis.commands.core import Script

# How much longer than its time a row stays: clocks of two machines differ by seconds.
LEEWAY = timedelta(minutes=1)
_MS = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# ARGV: data, end, account or "", milliseconds to keep; then what must be there, where asked.
_WRITE = """
redis.call('HSET', KEYS[1], 'data', ARGV[1], 'ends', ARGV[2], 'account', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
"""
# What is there already may be this very row, whose answer was lost.
_INSERT = f"""
local kept = redis.call('HGET', KEYS[1], 'data')
if kept and kept ~= ARGV[1] then return 0 end {_WRITE}"""
_REPLACE = f"if redis.call('HGET', KEYS[1], 'data') ~= ARGV[5] then return 0 end {_WRITE}"
# ARGV: the field and its value.
_DELETE = """
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
return redis.call('DEL', KEYS[1])
"""
# ARGV: session, its end, now, milliseconds to keep.
_INDEX = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[3])
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[4]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
end
"""


class _Scripts(NamedTuple):
    """Our scripts at one server."""

    insert: "Script"
    replace: "Script"
    delete: "Script"
    note: "Script"


@lru_cache(maxsize=4)
def _scripts(url: str) -> _Scripts:
    talk = redis_server.client()
    scripts = (_INSERT, _REPLACE, _DELETE, _INDEX)
    return _Scripts(*(talk.register_script(each) for each in scripts))


class InRedis:
    """Hashes in Redis. Every method raises redis.RedisError while Redis is away.

    Nothing here is undone with a database's transaction: a session that was ended stays ended.
    """

    def read(self, key: str | None) -> str | None:
        """Return the data of the live row of this key."""
        found = self._fields(key or "")
        return found.data if found and found.ends_at > timezone.now() else None

    def insert(self, key: str, row: Row) -> bool:
        """Write a new row; false where the key is taken."""
        self._index(key, row)
        return bool(self._scripts.insert(keys=[_key(key)], args=_written(row)))

    def replace(self, key: str, old: str, row: Row) -> bool:
        """Write the row if its data are still the old ones."""
        self._index(key, row)
        return bool(self._scripts.replace(keys=[_key(key)], args=[*_written(row), old]))

    def rename(self, key: str, old: str, name: str, row: Row) -> bool:
        """Write the row of the new key, which nobody knows yet, and take the old one away.

        It ends when the old one would have. Where the old one has changed the new one goes again.
        """
        found = self._fields(key)
        if found is None or found.data != old:
            return False
        self.insert(name, row._replace(ends_at=found.ends_at))
        if self.delete(key, old):
            return True
        self.delete(name)
        return False

    def delete(self, key: str, old: str | None = None) -> bool:
        """Delete the row, with `old` only if those are its data."""
        if old is None:
            return bool(redis_server.client().delete(_key(key)))
        return bool(self._scripts.delete(keys=[_key(key)], args=["data", old]))

    def keys_of(self, account: int) -> list[str]:
        """Return the keys of the live rows of this account."""
        now, found = timezone.now(), []
        for key in self._indexed(account):
            row = self._fields(key)
            if row and row.account == account and row.ends_at > now:
                found.append(key)
        return found

    def delete_of(self, account: int, *, but: str) -> int:
        """Delete every row of this account but one; a step for each."""
        ended = 0
        for key in self._indexed(account):
            if key != but:
                ended += self._scripts.delete(keys=[_key(key)], args=["account", str(account)])
                redis_server.client().zrem(_index_key(account), key)
        return ended

    def delete_all(self) -> int:
        """Delete every row, and no other key of this Redis."""
        talk, ended = redis_server.client(), 0
        for key in talk.scan_iter(match=f"{settings.SESSIONS_PREFIX}*", count=1000):
            gone: Any = talk.delete(key)
            ended += 0 if key.startswith(f"{settings.SESSIONS_PREFIX}of:".encode()) else gone
        return ended

    @property
    def _scripts(self) -> _Scripts:
        return _scripts(settings.REDIS_URL)

    def _index(self, key: str, row: Row) -> None:
        if row.account is not None:
            now = timezone.now()
            spans = [_moment(row.ends_at), _moment(now), _kept(row, now)]
            self._scripts.note(keys=[_index_key(row.account)], args=[key, *spans])

    def _indexed(self, account: int) -> list[str]:
        found: Any = redis_server.client().zrange(_index_key(account), 0, -1)
        return [key.decode() for key in found]

    def _fields(self, key: str) -> Row | None:
        found: Any = redis_server.client().hmget(_key(key), "data", "ends", "account")
        data, ends, account = found
        if data is None:
            return None
        ends_at = _EPOCH + int(ends) * _MS
        return Row(data.decode(), ends_at, int(account) if account else None)


def _written(row: Row) -> list[Any]:
    account = "" if row.account is None else row.account
    return [row.data, _moment(row.ends_at), account, _kept(row, timezone.now())]


def _moment(at: datetime) -> int:
    return (at - _EPOCH) // _MS


def _kept(row: Row, now: datetime) -> int:
    """Return for how many milliseconds Redis keeps the row."""
    return max(1, (row.ends_at - now + LEEWAY) // _MS)


def _key(key: str) -> str:
    return f"{settings.SESSIONS_PREFIX}{{{key}}}"


def _index_key(account: int) -> str:
    return f"{settings.SESSIONS_PREFIX}of:{{{account}}}"
