"""What a balancer and an operator's monitor see."""

from datetime import timedelta
from typing import Any

from django.db import DatabaseError, connection
from django.test import TestCase
from django.utils import timezone

from accounts.models import Counter, OutboxMessage
from kantor import health
from tests.factories import registered
from tests.mail_server import free_port

LOST_CACHE = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": f"redis://127.0.0.1:{free_port()}/0",
    }
}


class NoDatabase:
    """A wrapper of statements that lets none through."""

    def __call__(self, *args: Any) -> None:
        """Fail as a full disk does."""
        raise DatabaseError("database or disk is full")


class LiveTests(TestCase):
    """`/livez`: the process answers."""

    def test_is_good_without_a_single_statement(self) -> None:
        with self.assertNumQueries(0), self.settings(CACHES=LOST_CACHE):
            answer = self.client.get("/livez")
        assert (answer.status_code, answer.json()) == (200, {"alive": True})

    def test_is_good_while_the_database_fails(self) -> None:
        with connection.execute_wrapper(NoDatabase()):
            assert self.client.get("/livez").status_code == 200


class ReadyTests(TestCase):
    """`/readyz`: this instance can serve."""

    def setUp(self) -> None:
        health._has_all_migrations.cache_clear()
        self.addCleanup(health._has_all_migrations.cache_clear)

    def parts(self, status: int) -> dict[str, Any]:
        response = self.client.get("/readyz")
        assert response.status_code == status
        assert "no-store" in response["Cache-Control"]
        found: dict[str, Any] = response.json()
        return found

    def test_is_good_when_all_is_well(self) -> None:
        assert self.parts(200) == {"database": True, "migrations": True, "cache": "well"}

    def test_writes_one_row_however_often_it_is_asked(self) -> None:
        self.parts(200)
        rows = Counter.objects.count()
        self.parts(200)
        self.parts(200)
        assert rows == 1
        assert Counter.objects.count() == rows

    def test_is_bad_when_the_database_takes_no_row(self) -> None:
        self.parts(200)

        def refuse_writing(execute: Any, sql: str, *rest: Any) -> Any:
            if sql.lstrip().upper().startswith("INSERT"):
                raise DatabaseError("database or disk is full")
            return execute(sql, *rest)

        with connection.execute_wrapper(refuse_writing):
            assert self.parts(503)["database"] is False
        self.parts(200)

    def test_stays_good_without_the_cache_and_says_so(self) -> None:
        with self.settings(CACHES=LOST_CACHE):
            assert self.parts(200)["cache"] == "degraded"

    def test_is_bad_until_no_migration_is_missing_and_asks_no_more_then(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id, app FROM django_migrations WHERE app = 'accounts'")
            ids = [row[0] for row in cursor.fetchall()]
            marks = ", ".join(["%s"] * len(ids))
            cursor.execute(
                f"UPDATE django_migrations SET app = 'away' WHERE id IN ({marks})",  # noqa: S608
                ids,
            )
            assert self.parts(503)["migrations"] is False
            cursor.execute("UPDATE django_migrations SET app = 'accounts' WHERE app = 'away'")
        assert self.parts(200)["migrations"] is True
        with self.assertNumQueries(1):
            self.parts(200)

    def test_is_for_looking_only(self) -> None:
        for path in ("/livez", "/readyz", "/healthz"):
            assert self.client.head(path).status_code == 200
            for method in ("POST", "PUT", "DELETE"):
                assert self.client.generic(method, path).status_code == 405


class HealthTests(TestCase):
    """`/healthz`: the whole view."""

    def parts(self, status: int) -> dict[str, Any]:
        response = self.client.get("/healthz")
        assert response.status_code == status
        assert "no-store" in response["Cache-Control"]
        found: dict[str, Any] = response.json()
        assert set(found.pop("nightly")) == {
            "verify_consents",
            "check_audit",
            "backup",
            "purge",
        }
        assert set(found) == {"database", "migrations", "cache", "outbox"}
        return found

    def test_is_good_when_all_is_well(self) -> None:
        registered()
        assert all(self.parts(200).values())

    def test_is_bad_while_an_old_mail_waits(self) -> None:
        registered()
        OutboxMessage.objects.update(created_at=timezone.now() - timedelta(minutes=31))
        assert self.parts(503) == {
            "database": True,
            "migrations": True,
            "cache": True,
            "outbox": False,
        }
        OutboxMessage.objects.update(state=OutboxMessage.State.SENT)
        self.parts(200)

    def test_is_bad_when_a_migration_is_missing(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE app = 'accounts' AND id > 0")
        assert self.parts(503)["migrations"] is False

    def test_is_bad_when_the_cache_is_lost(self) -> None:
        with self.settings(CACHES=LOST_CACHE):
            assert self.parts(503)["cache"] is False
