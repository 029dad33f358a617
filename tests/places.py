"""Look for a secret in every place that keeps something or was told something."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import django
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache, caches
from django.db import connection
from django.db.models import Model
from django.test import TransactionTestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils.log import AdminEmailHandler


class PlacesTestCase(TransactionTestCase):
    """Hear everything that is logged while a test runs, and read everything that is kept."""

    serialized_rollback = True

    def setUp(self) -> None:
        """Listen to every logger, and report faults to the administrators in full."""
        cache.clear()
        self.log = StringIO()
        heard = logging.StreamHandler(self.log)
        heard.setFormatter(logging.Formatter("{levelname} {name} {message} {args}", style="{"))
        admin = "admin@kantor.example"
        # Django 6 wants addresses alone.
        admins = [admin] if django.VERSION >= (6, 0) else [("Admin", admin)]
        self.enterContext(override_settings(ADMINS=admins))
        self.enterContext(CaptureQueriesContext(connection))
        loggers = [logging.root, *map(logging.getLogger, logging.root.manager.loggerDict)]
        reporter = AdminEmailHandler(include_html=True)
        reporter.setLevel(logging.ERROR)
        for logger in loggers:
            self.addCleanup(logger.setLevel, logger.level)
            logger.setLevel(logging.DEBUG)
            if logger is logging.root or not logger.propagate:
                for handler in (heard, reporter):
                    logger.addHandler(handler)
                    self.addCleanup(logger.removeHandler, handler)

    def places(self) -> dict[str, str]:
        """Return everything that is kept or was told anywhere."""
        found = {"log": self.log.getvalue(), "cache": repr([vars(each) for each in caches.all()])}
        with connection.cursor() as cursor:
            for table in connection.introspection.table_names(cursor):
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
                found[f"table {table}"] = repr(cursor.fetchall())
        found["sessions"] = repr([each.get_decoded() for each in Session.objects.all()])
        for number, message in enumerate(mail.outbox):
            parts = [message.subject, message.body, *getattr(message, "alternatives", [])]
            found[f"mail {number}"] = repr([str(part) for part in parts])
        return found


@contextmanager
def missing(model: type[Model]) -> Iterator[None]:
    """Take a table away, so that the database itself fails."""
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO gone")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE gone RENAME TO {table}")
