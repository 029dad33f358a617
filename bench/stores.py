"""Measure what a counted try and a kept session cost, in the database and in Redis.

    python -m bench.stores --redis URL [--postgres URL]

Without --postgres the database is SQLite. Both stores take turns, call by call; medians in
milliseconds are printed, with the bytes that Redis keeps for a counter and for a session. The
database is a test database of its own; keys in Redis begin with `bench:` and are deleted.
"""

import argparse
import os
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from statistics import median
from typing import Any

CALLS = 2000
# As much as a registration of a company keeps by its last step.
ANSWERS = {f"field{number}": "Zażółć gęślą jaźń" for number in range(30)}


def main() -> None:
    """Prepare the database, measure, print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--redis", required=True, metavar="URL")
    parser.add_argument("--postgres", metavar="URL", default="")
    options = parser.parse_args()
    os.environ |= {"DJANGO_SETTINGS_MODULE": "kantor.settings.test", "KANTOR_TEST_DB": "-stores"}
    if options.postgres:
        os.environ |= {"TEST_POSTGRES_URL": options.postgres, "TEST_ON_POSTGRES": "1"}
    import django

    django.setup()
    from django.db import connection
    from django.test import override_settings

    places = {"COUNTERS_PREFIX": "bench:counter:", "SESSIONS_PREFIX": "bench:session:"}
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        with override_settings(REDIS_URL=options.redis, **places):
            _measure(connection.vendor)
    finally:
        _forget(options.redis)
        connection.creation.destroy_test_db("", verbosity=0)


def _measure(database: str) -> None:
    from django.test import override_settings

    took: dict[tuple[str, str], list[float]] = {}
    for store in ("database", "redis") * 2:
        with override_settings(COUNTERS=store, SESSIONS=store):
            for name, call in _calls().items():
                times = took.setdefault((name, store), [])
                for number in range(CALLS):
                    began = time.perf_counter()
                    call(number)
                    times.append((time.perf_counter() - began) * 1000)
    print(f"{'ms':<40} {database:>12} {'Redis':>8}")
    for name in dict.fromkeys(name for name, _store in took):
        in_database, in_redis = (median(took[name, store]) for store in ("database", "redis"))
        print(f"{name:<40} {in_database:>12.2f} {in_redis:>8.2f}")
    for kind, size in _sizes().items():
        print(f"bytes of a {kind} in Redis: {size:.0f}")


def _calls() -> dict[str, Callable[[int], Any]]:
    """Return what is measured, by name; each is called with a running number."""
    from accounts.limits import Limit, hit_all, take_all
    from kantor.serving.sessions import SessionStore

    limits = [
        Limit(f"bench-{number}", times=10**9, window=timedelta(hours=1)) for number in range(6)
    ]
    keys: list[str] = []
    fresh = count()

    def begin(number: int) -> None:
        session = SessionStore()
        session.update(ANSWERS)
        session.save()
        keys.append(str(session.session_key))

    def change(number: int) -> None:
        session = SessionStore(keys[number])
        session["step"] = number
        session.save()

    return {
        "a try of a known subject": lambda number: limits[0].hit("somebody"),
        "a try of a new subject": lambda number: limits[0].hit(f"{next(fresh)} of {time.time()}"),
        "two limits at once": lambda number: hit_all(limits[:2], "somebody"),
        "four limits or none, two beside": lambda number: take_all(
            limits[:4], f"a{number}", beside=limits[4:]
        ),
        "a session begun": begin,
        "a session read and changed": change,
    }


def _sizes() -> dict[str, float]:
    from django.conf import settings

    from kantor.serving import redis_server

    talk, found = redis_server.client(), {}
    for kind, prefix in (
        ("counter", settings.COUNTERS_PREFIX),
        ("session", settings.SESSIONS_PREFIX),
    ):
        sizes: list[Any] = [
            talk.memory_usage(key) for key in talk.scan_iter(match=f"{prefix}*", count=1000)
        ]
        found[kind] = median(sizes)
    return found


def _forget(url: str) -> None:
    import redis

    with redis.Redis.from_url(url) as client:
        for key in client.scan_iter(match="bench:*", count=1000):
            client.delete(key)


if __name__ == "__main__":
    main()
