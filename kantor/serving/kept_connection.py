"""Spare PostgreSQL what it need not do anew for each visitor: to plan, and to say it is there."""

import select
from collections.abc import Callable
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import NotSupportedError, connection
from django.http import HttpRequest, HttpResponse

# A connection prepares what it is asked for the third time: what comes once costs it nothing.
UNPREPARED_RUNS = 2
# Seconds after its last page for which a silent connection is taken for one that answers.
FRESH = 5.0
# What staff, monitors and Prometheus ask is planned by its values each time.
_PLANNED_ANEW = ("/admin/", "/healthz", "/readyz", "/metrics")


class KeptConnectionMiddleware:
    """Let a kept connection prepare what a customer's page asks, and believe it while it is fresh.

    Planning a statement costs the server more than most of ours cost to run. A prepared one is,
    after five runs, planned for any value (`plan_cache_mode`; PostgreSQL's manual under PREPARE),
    and customers' statements look for a row by a key, whatever the value. The desk's do not: of
    a million customers half are companies and hardly anybody is suspended. So only requests for
    customers' pages prepare, and only they send values beside the statement, which preparing needs:
    staff's, commands, workers and the thread of mails have them written into it, as Django does.

    `CONN_HEALTH_CHECKS` asks SELECT 1 before the first statement of each request. A server that
    restarts says so and hangs up, which can be seen without a question; one that lost its power is
    asked again after some seconds, as before.

    Needs a connection that stays ours: `PREPARE_STATEMENTS` is off behind PgBouncer, and one that
    nobody told us of is found out; a connection that the request itself opens, or takes from a
    pool, and another database are left alone.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not settings.PREPARE_STATEMENTS or connection.vendor != "postgresql":
            raise MiddlewareNotUsed
        # Imports psycopg, which a site on SQLite need not have.
        from django.db.backends.postgresql.base import Cursor, ServerBindingCursor

        self.get_response = get_response
        self.writes_values_in, self.sends_values_beside = Cursor, ServerBindingCursor

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        database: Any = connection
        driver = database.connection
        if driver is None or request.path_info.startswith(_PLANNED_ANEW):
            return self.get_response(request)
        with database.execute_wrapper(_watched):
            if not getattr(driver, "is_ours", False):
                return self.get_response(request)
            _believe(database)
            # So Django's log of statements (development, tests) puts the values in by itself.
            database.features.uses_server_side_binding = True
            driver.cursor_factory = self.sends_values_beside
            driver.prepare_threshold = UNPREPARED_RUNS
            try:
                return self.get_response(request)
            finally:
                driver.cursor_factory = self.writes_values_in
                driver.prepare_threshold = None


def _believe(database: Any) -> None:
    """Have Django ask nothing of a connection that answered just now and says nothing since."""
    driver = database.connection
    is_fresh = monotonic() - getattr(driver, "answered_at", 0.0) < FRESH
    if is_fresh and not driver.closed and not _says_something(driver.pgconn.socket):
        database.health_check_done = True


def _says_something(socket: int) -> bool:
    """Tell whether the server sent something that nobody asked for, such as its farewell."""
    poll = select.poll()
    poll.register(socket, select.POLLIN)
    return bool(poll.poll(0))


def _watched(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Run a statement; note that the server answered, and give up plans that no longer fit."""
    database = context["connection"]
    driver = database.connection
    try:
        found = execute(sql, params, many, context)
    except NotSupportedError:
        # "cached plan must not change result type": a migration has altered a column that this
        # statement reads. The lint lets none through, and nothing was run yet.
        # A rollback has psycopg forget all of it, here and at the server. DEALLOCATE ALL does not:
        # psycopg 3.3.4 knows nothing of it, and newer ones overlook a second one after a first that
        # had nothing to give up.
        if database.in_atomic_block:
            # Nothing else is left to do here.
            raise
        with driver.transaction(force_rollback=True):
            pass
        found = execute(sql, params, many, context)
    driver.answered_at = monotonic()
    if not hasattr(driver, "is_ours"):
        driver.is_ours = _is_ours(database)
    return found


def _is_ours(database: Any) -> bool:
    """Tell whether the server's process at the other end is the one that has let us in.

    A pooler gives out a number of its own and has each transaction done by another process, where
    what is prepared under a name of ours is another connection's, a wrong statement with our
    values. Asked once a connection, of a server that has just answered: a page that needs no
    database does not wait for one.
    """
    driver = database.connection
    try:
        (process,) = driver.execute("SELECT pg_backend_pid()").fetchone()
    except database.Database.Error:
        # Lost; whatever comes next tells the visitor so.
        return False
    return bool(process == driver.info.backend_pid)
