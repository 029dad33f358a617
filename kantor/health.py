"""Tell a balancer whether this instance can serve, and an operator how the whole site is."""

from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from uuid import uuid4

from django.conf import settings
from django.core.cache import cache
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.counters import choice as counters
from accounts.limits import Limit
from accounts.mail import outbox
from accounts.models import NightlyFact
from kantor.serving.session_rows import Row
from kantor.serving.session_rows.choice import rows

# Only ever counted: what matters is that the database takes the row.
_WRITTEN = Limit("readyz", times=1, window=timedelta(days=1), quiet=True, must_last=True)


@never_cache
@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    """Answer 200 while this process answers at all; nothing else is touched."""
    return JsonResponse({"alive": True})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when this instance can serve customers, and 503 otherwise; for a balancer.

    The database takes a row and no migration is missing. Without the cache every journey goes on,
    so its loss is told and leaves the status alone: it would take every instance out at once. So
    with COUNTERS=redis, for the database counts then. With SESSIONS=redis no journey goes on
    without it, as without the database, and `sessions` is bad.
    """
    well = {"database": _is_well(_takes_a_row), "migrations": _is_well(_has_all_migrations)}
    well |= {name: _is_well(check) for name, check in _sessions_elsewhere().items()}
    is_ready = all(well.values())
    beside = {"cache": _cache} | _counters_elsewhere()
    states = {name: "well" if _is_well(check) else "degraded" for name, check in beside.items()}
    return JsonResponse({**well, **states}, status=200 if is_ready else 503)


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when everything is well and 503 otherwise, part by part; for an operator.

    `nightly` tells what the nightly checks found last and when. It does not decide the status: a
    broken row of consents is to be looked into, not a reason to take the site out of service.
    """
    parts: dict[str, Callable[[], bool]] = {
        "database": _takes_a_row,
        "migrations": _migrations,
        "cache": _cache,
        "outbox": _outbox,
        **_counters_elsewhere(),
        **_sessions_elsewhere(),
    }
    well = {name: _is_well(check) for name, check in parts.items()}
    return JsonResponse({**well, "nightly": _nightly()}, status=200 if all(well.values()) else 503)


def _is_well(check: Callable[[], bool]) -> bool:
    # Whatever a broken part raises, the answer is that it is broken.
    try:
        return check()
    except Exception:
        return False


def _takes_a_row() -> bool:
    """Write one counter, always the same.

    It is committed: rolled back, nothing would reach the disk, and a full one would look well.
    """
    _WRITTEN.hit("")
    return True


def _migrations() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


class MigrationMissingError(Exception):
    """A migration is missing; raised so that the answer is not kept."""


@lru_cache(maxsize=1)
def _has_all_migrations() -> bool:
    """Tell whether none is missing, from the files and the table; once it was so, from memory."""
    if not _migrations():
        raise MigrationMissingError
    return True


def _cache() -> bool:
    cache.set("healthz", "well", 10)
    return bool(cache.get("healthz") == "well")


def _counters_elsewhere() -> dict[str, Callable[[], bool]]:
    """Return the check of what counts tries, unless the database does."""
    return {} if counters.is_in_database() else {"counters": counters.is_well}


def _sessions_elsewhere() -> dict[str, Callable[[], bool]]:
    """Return the check of what keeps sessions, unless the database does."""
    return {} if settings.SESSIONS == "database" else {"sessions": _sessions}


def _sessions() -> bool:
    """Write the row of a session that no cookie can name, read it and delete it."""
    key = f"readyz-{uuid4()}"
    rows().insert(key, Row("well", timezone.now() + timedelta(minutes=1), None))
    return rows().read(key) == "well" and rows().delete(key)


def _outbox() -> bool:
    return outbox.oldest_undelivered(held_up_by_us=True) < settings.OUTBOX_LATE


def _nightly() -> dict[str, dict[str, object] | None]:
    """Return the last result of each nightly check; None where it never ran or cannot be read."""
    found: dict[str, dict[str, object] | None] = dict.fromkeys(NightlyFact.Name.values)
    try:
        facts = list(NightlyFact.objects.all())
    except Error:
        return found
    return found | {fact.name: {"well": fact.is_well, "at": fact.at} for fact in facts}
