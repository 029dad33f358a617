"""Tell an operator whether the parts that the site stands on are well."""

from collections.abc import Callable

from django.conf import settings
from django.core.cache import cache
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.mail import outbox
from accounts.models import NightlyFact


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when everything is well and 503 otherwise, part by part, without details.

    `nightly` tells what the nightly checks found last and when. It does not decide the status: a
    broken row of consents is to be looked into, not a reason to take the site out of service.
    """
    parts: dict[str, Callable[[], bool]] = {
        "database": _database,
        "migrations": _migrations,
        "cache": _cache,
        "outbox": _outbox,
    }
    well = {name: _is_well(check) for name, check in parts.items()}
    return JsonResponse({**well, "nightly": _nightly()}, status=200 if all(well.values()) else 503)


def _is_well(check: Callable[[], bool]) -> bool:
    # Whatever a broken part raises, the answer is that it is broken.
    try:
        return check()
    except Exception:
        return False


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone() == (1,))


def _migrations() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _cache() -> bool:
    cache.set("healthz", "well", 10)
    return bool(cache.get("healthz") == "well")


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
