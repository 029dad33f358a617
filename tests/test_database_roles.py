"""The two roles of PostgreSQL that `deploy/postgresql.sql` makes, and what each may do."""

import os
import re
from pathlib import Path
from unittest import SkipTest

import psycopg
from django.conf import settings
from django.test import SimpleTestCase
from psycopg import sql

SCRIPT = Path(settings.BASE_DIR) / "deploy" / "postgresql.sql"
# Roles belong to the whole server: the test's have names that nobody else uses.
SITE, OWNER = "kantor_try", "kantor_try_owner"


class RolesTests(SimpleTestCase):
    """Everything happens in one transaction, which is taken back."""

    connection: psycopg.Connection

    def setUp(self) -> None:
        address = os.environ.get("TEST_POSTGRES_URL")
        if not address:
            assert "CI" not in os.environ, "CI has a PostgreSQL"
            raise SkipTest("TEST_POSTGRES_URL names no PostgreSQL")
        self.connection = psycopg.connect(re.sub(r"/[^/]*\Z", "/postgres", address))
        self.addCleanup(self.connection.close)
        self.addCleanup(self.connection.rollback)
        script = re.sub(r"\bkantor_owner\b", OWNER, SCRIPT.read_text())
        script = re.sub(r"\bkantor\b", SITE, script)
        self.connection.execute("CREATE SCHEMA roles_try")
        script = script.replace("SCHEMA public", "SCHEMA roles_try")
        for _twice in range(2):
            self.connection.execute(script)
        self.connection.execute("SET LOCAL search_path = roles_try")
        self.act_as(OWNER)
        self.connection.execute("CREATE TABLE customer (id bigserial PRIMARY KEY, name text)")

    def act_as(self, role: str) -> None:
        self.connection.execute("RESET ROLE")
        self.connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))

    def is_refused(self, statement: str) -> bool:
        try:
            with self.connection.transaction():
                self.connection.execute(statement.encode())
        except psycopg.errors.InsufficientPrivilege:
            return True
        return False

    def test_site_reads_and_writes_rows(self) -> None:
        self.act_as(SITE)
        for statement in (
            "INSERT INTO customer (name) VALUES ('Anna')",
            "UPDATE customer SET name = 'Ewa'",
            "SELECT * FROM customer",
            "DELETE FROM customer",
        ):
            assert not self.is_refused(statement), statement

    def test_site_changes_no_table_and_lifts_no_trigger(self) -> None:
        self.act_as(SITE)
        for statement in (
            "TRUNCATE customer",
            "DROP TABLE customer",
            "ALTER TABLE customer ADD COLUMN more text",
            "ALTER TABLE customer DISABLE TRIGGER ALL",
            "CREATE TABLE another (id bigint)",
        ):
            assert self.is_refused(statement), statement

    def test_site_waits_for_nothing_for_long_and_logs_no_values(self) -> None:
        self.connection.execute("RESET ROLE")
        rows = self.connection.execute("SELECT rolname, rolconfig FROM pg_roles").fetchall()
        found = {name: set(config or ()) for name, config in rows if name in (SITE, OWNER)}
        silent = {"log_min_error_statement=panic", "log_parameter_max_length_on_error=0"}
        assert found[SITE] == silent | {
            "statement_timeout=10s",
            "lock_timeout=3s",
            "idle_in_transaction_session_timeout=15s",
        }
        assert found[OWNER] == silent | {"lock_timeout=2s"}
