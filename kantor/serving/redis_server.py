"""Talk to the Redis of `REDIS_URL`, for what is kept there beside Django's cache."""

from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from redis import Redis


def client() -> "Redis":
    """Return the client of this process; the connections behind it are shared by its threads.

    What it asks raises redis.RedisError while Redis is away, after the seconds that the address
    allows. A connection that the server has closed is opened anew, once; silence is not waited
    for twice.
    """
    return _client(settings.REDIS_URL)


@lru_cache(maxsize=4)
def _client(url: str) -> "Redis":
    # Only where it is needed: it is an extra.
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.exceptions import ConnectionError as LostError
    from redis.retry import Retry

    return Redis.from_url(url, retry=Retry(NoBackoff(), 1, supported_errors=(LostError,)))


def evicts() -> str | None:
    """Return by which policy Redis throws away what it keeps once its memory is full, if by any.

    Raises redis.RedisError.
    """
    told = client().info("memory")
    policy = str(told.get("maxmemory_policy", ""))
    return policy if told.get("maxmemory") and policy != "noeviction" else None


def forgets() -> bool:
    """Tell whether a restart of Redis loses what was written a second before it.

    Raises redis.RedisError.
    """
    return not client().info("persistence").get("aof_enabled")
