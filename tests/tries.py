"""Look at counted tries, and let time pass for them, wherever they are counted."""

from datetime import timedelta
from typing import Any
from unittest import mock

import redis
from django.conf import settings
from django.db.models import F
from django.test import TestCase, TransactionTestCase, override_settings

from accounts.counters import choice
from accounts.counters.in_redis import _key
from accounts.limits import Limit
from accounts.models import Counter
from tests import redis_server


class InRedis:
    """Run the tests of the class behind this one with COUNTERS=redis."""

    SESSIONS = "database"

    @classmethod
    def setUpClass(cls) -> None:
        """Count in the shared Redis, by keys of this test database."""
        changed = override_settings(
            COUNTERS="redis",
            REDIS_URL=f"{redis_server.address()}?socket_connect_timeout=60&socket_timeout=60",
            COUNTERS_PREFIX=f"{redis_server.prefix()}counter:",
            SESSIONS=cls.SESSIONS,
            SESSIONS_PREFIX=f"{redis_server.prefix()}session:",
        )
        assert issubclass(cls, TestCase | TransactionTestCase)
        cls.enterClassContext(changed)
        super().setUpClass()  # type: ignore[misc]

    def setUp(self) -> None:
        """Begin with nothing counted, and leave nothing behind."""
        redis_server.forget()
        self.addCleanup(redis_server.forget)  # type: ignore[attr-defined]
        either = mock.patch.object(choice, "_EITHER", choice.RedisOrDatabase())
        self.enterContext(either)  # type: ignore[attr-defined]
        super().setUp()  # type: ignore[misc]

    def tearDown(self) -> None:
        """Make sure that it was Redis that counted."""
        super().tearDown()  # type: ignore[misc]
        assert choice._EITHER._away_until is None, "Redis was away"


class AllInRedis(InRedis):
    """Run the tests of the class behind this one with SESSIONS=redis as well."""

    SESSIONS = "redis"


def forget_tries() -> None:
    """Forget whatever was tried."""
    Counter.objects.all().delete()
    if settings.COUNTERS == "redis":
        redis_server.forget()


def travel(by: timedelta) -> None:
    """Let time pass for the counters of tries."""
    Counter.objects.update(ends_at=F("ends_at") - by)
    if settings.COUNTERS == "redis":
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            for key in redis_server.kept():
                client.hincrby(key, "ends", -(by // timedelta(milliseconds=1)))


def counted(limit: Limit, subject: str) -> int | None:
    """Return how many tries are counted; None where there is no counter."""
    if settings.COUNTERS == "redis" and not limit.must_last:
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            found: Any = client.hget(_key(limit.tried_by(subject)), "count")
        return None if found is None else int(found)
    return Counter.objects.filter(key=limit.key(subject)).values_list("count", flat=True).first()


def all_counted() -> list[int]:
    """Return the counts of all counters, the lowest first."""
    found = list(Counter.objects.values_list("count", flat=True))
    if settings.COUNTERS == "redis":
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            kept: list[Any] = [client.hget(key, "count") for key in redis_server.kept()]
        found += [int(count) for count in kept]
    return sorted(found)
