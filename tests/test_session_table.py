"""The table of sessions is taken over from Django with all that is open in it."""

from datetime import timedelta

from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import TransactionTestCase
from django.utils import timezone

from kantor.serving.models import Session
from kantor.serving.sessions import SessionStore
from kantor.serving.sql import stored


def migrate(to: str | None) -> None:
    executor = MigrationExecutor(connection)
    executor.migrate([("serving", to)])


class TakeOverTests(TransactionTestCase):
    serialized_rollback = True

    def insert(self, key: str, **data: str) -> None:
        """Write a row as Django's own store does, which knows of no account."""
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO django_session (session_key, session_data, expire_date)"
                " VALUES (%s, %s, %s)",
                [key, SessionStore().encode(data), stored(timezone.now() + timedelta(hours=1))],
            )

    def columns(self) -> set[str]:
        with connection.cursor() as cursor:
            described = connection.introspection.get_table_description(cursor, "django_session")
        return {column.name for column in described}

    def test_loses_no_session_and_says_whose_each_is(self) -> None:
        self.addCleanup(migrate, "0001_session")
        migrate(None)
        assert self.columns() == {"session_key", "session_data", "expire_date"}
        self.insert("a" * 32, **{SESSION_KEY: "77"})
        self.insert("b" * 32, wizard_registration_x="answers")
        migrate("0001_session")
        assert dict(Session.objects.values_list("session_key", "account_id")) == {
            "a" * 32: 77,
            "b" * 32: None,
        }
        assert SessionStore("b" * 32)["wizard_registration_x"] == "answers"
        # A process of the release before is still at work.
        self.insert("c" * 32, **{SESSION_KEY: "78"})
        assert SessionStore("c" * 32)[SESSION_KEY] == "78"
