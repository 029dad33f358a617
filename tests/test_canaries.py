"""What a customer types is in no log: Django's, gunicorn's, the worker's, PostgreSQL's own."""

import http.client
import subprocess
import sys
import time
from pathlib import Path
from typing import ClassVar

import psycopg
from django.test import SimpleTestCase

from tests.mail_server import free_port
from tests.people import FIRMA
from tests.production_site import JOURNEY, Site
from tests.test_production import HOST, ROOT

CANARY = "kanarek-w-dzienniku"
WORK = """
import django
django.setup()
from django.core.management import call_command
call_command("db_worker", batch=True, interval=0, startup_delay=False)
call_command("deliver_mail")
call_command("purge_registrations")
"""


class EveryLogTests(SimpleTestCase):
    """A registration in production, with two clicks at once and what its roles are refused."""

    site: ClassVar[Site]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.site = Site(cls.addClassCleanup)

    def drive(self, code: str, *, role: str = "kantor") -> "subprocess.CompletedProcess[str]":
        return self.site.drive(code, DATABASE_URL=self.site.cluster.address(role, "kantor"))

    def test_nothing_of_a_registration_is_in_any(self) -> None:
        registered = self.drive(JOURNEY)
        email, sealed, request_id = registered.stdout.split()
        worked = self.drive(WORK)
        self.site.postbox.wait_for(1)
        served = self.serve_and_ask(f"/aktywacja/{CANARY}-0123456789abcdef/?{CANARY}=1")
        postgres = self.site.cluster.log.read_text()
        logs = {
            "django": registered.stderr,
            "worker": worked.stderr + worked.stdout,
            "gunicorn": served,
            "postgresql": postgres,
        }
        typed = [value for group in FIRMA.details.values() for value in group.values()]
        for name, log in logs.items():
            assert len(log) > 100, (name, log)
            for canary in (*typed, email, sealed, sealed[-20:], FIRMA.password, CANARY):
                if len(canary) > 4:
                    assert canary not in log, (name, canary)
        # One id from the request to the mail.
        assert f'"request_id": "{request_id}"' in registered.stderr
        sent = [line for line in worked.stderr.splitlines() if '"event": "mail sent"' in line]
        assert len(sent) == 1
        assert request_id in sent[0]
        assert "ERROR" not in postgres, "Four clicks refused no statement."

    def test_postgresql_does_not_quote_what_it_refuses_to_the_sites_roles(self) -> None:
        statement = f"INSERT INTO nowhere (email) VALUES ('{CANARY}')"  # noqa: S608
        for role, is_quoted in (("kantor", False), ("kantor_owner", False), ("postgres", True)):
            with (
                psycopg.connect(self.site.cluster.address(role, "kantor")) as connection,
                self.assertRaises(psycopg.errors.UndefinedTable),
            ):
                connection.execute(statement.encode())
            log = self.site.cluster.log.read_text()
            assert (CANARY in log) is is_quoted, role

    def serve_and_ask(self, path: str) -> str:
        """Serve the site by gunicorn as it is shipped, ask it once, and return what it wrote."""
        port = free_port()
        log = Path(self.site.cluster.folder, "gunicorn")
        database = {"DATABASE_URL": self.site.cluster.address("kantor", "kantor")}
        command = [sys.executable, "-m", "gunicorn", "kantor.wsgi"]
        command += ["--config", "deploy/gunicorn.conf.py", "--bind", f"127.0.0.1:{port}"]
        with log.open("w") as written:
            server = subprocess.Popen(
                command, cwd=ROOT, env=self.site.environment | database, stderr=written
            )
            try:
                status = self.ask(port, path)
            finally:
                server.terminate()
                server.wait(60)
        assert status in (404, 410, 200), status
        return log.read_text()

    def ask(self, port: int, path: str) -> int:
        until = time.monotonic() + 60
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            try:
                connection.request("GET", path, headers={"Host": HOST, "Cookie": f"x={CANARY}"})
                return connection.getresponse().status
            except ConnectionError:
                assert time.monotonic() < until, "gunicorn did not come up in a minute"
            finally:
                connection.close()
