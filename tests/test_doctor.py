"""`manage.py doctor` beside real faults: it names the part that is ill and says what to do."""

import http.server
import ssl
import subprocess
import tempfile
import threading
from datetime import timedelta
from io import StringIO
from pathlib import Path
from unittest import mock

from django.core.management import CommandError, call_command
from django.db import connection
from django.test import TransactionTestCase, override_settings
from django.utils import timezone

from accounts.counters import choice
from accounts.models import NightlyFact, OutboxMessage
from tests.factories import registered
from tests.front import program
from tests.mail_server import MailServer, free_port, mail_settings
from tests.places import missing
from tests.redis_server import RedisServer


class Quiet(http.server.BaseHTTPRequestHandler):
    """A site that answers with the status of its server."""

    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class DoctorTests(TransactionTestCase):
    """A healthy site first; then one fault at a time."""

    serialized_rollback = True

    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.folder / "admin/css").mkdir(parents=True)
        (self.folder / "admin/css/base.css").touch()
        server = MailServer()
        self.addCleanup(server.stop)
        self.enterContext(mail_settings(server.port))
        for name in NightlyFact.Name:
            NightlyFact.record(name)
        # The container of a test has neither NTP nor a second role in the database.
        self.enterContext(mock.patch("shutil.which", return_value=None))
        self.enterContext(
            override_settings(
                STATIC_ROOT=str(self.folder),
                ERASED_LIST=str(self.folder / "erased.list"),
                BASE_URL=self.serve(days=90),
            )
        )

    def serve(self, *, days: int, status: int = 200) -> str:
        """Start a site with a certificate of so many days; return its address."""
        certificate, key = self.folder / f"{days}.pem", self.folder / f"{days}.key"
        asked = f"req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days {days}"
        asked += f" -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout {key}"
        with mock.patch("shutil.which", lambda name: f"/usr/bin/{name}"):
            openssl = program("openssl")
        command = [openssl, *asked.split(), "-out", str(certificate)]
        subprocess.run(command, check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        handler = type("Handler", (Quiet,), {"status": status})
        server = http.server.ThreadingHTTPServer(("localhost", 0), handler)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        # What this machine trusts.
        self.enterContext(mock.patch.dict("os.environ", SSL_CERT_FILE=str(certificate)))
        return f"https://localhost:{server.server_address[1]}"

    def faults(self) -> dict[str, str]:
        """Return what it says of each part that is ill."""
        told = StringIO()
        wrong = 0
        try:
            call_command("doctor", stdout=told)
        except CommandError as error:
            wrong = int(str(error).removeprefix("Faults: "))
        lines = told.getvalue().splitlines()
        assert len(lines) == 9, lines
        found = dict(line[7:].split(": ", 1) for line in lines if line.startswith("FAULT"))
        # The role of the tests owns the tables; what else it may do is another test's.
        if connection.vendor == "postgresql":
            assert "change tables" in found["database"]
            del found["database"]
            wrong -= 1
        assert wrong == len(found)
        return found

    def only_fault(self, part: str) -> str:
        found = self.faults()
        assert set(found) == {part}, found
        return found[part]

    def test_finds_nothing_wrong_with_a_healthy_site(self) -> None:
        assert self.faults() == {}

    def test_writes_nothing_between_its_lines_however_often_it_is_asked(self) -> None:
        with self.assertNoLogs("kantor.security"):
            assert [self.faults(), self.faults()] == [{}, {}]

    def test_mail_server_that_does_not_listen(self) -> None:
        with mail_settings(free_port()):
            assert "EMAIL_URL" in self.only_fault("mail server")

    def test_lost_redis(self) -> None:
        address = f"redis://127.0.0.1:{free_port()}/0"
        backend = "django.core.cache.backends.redis.RedisCache"
        caches = {"default": {"BACKEND": backend, "LOCATION": address}}
        with override_settings(REDIS_URL=address, CACHES=caches):
            assert "REDIS_URL" in self.only_fault("redis")

    def test_redis_that_does_not_count_or_throws_counters_away(self) -> None:
        server = RedisServer(self.addCleanup)
        backend = "django.core.cache.backends.redis.RedisCache"
        caches = {"default": {"BACKEND": backend, "LOCATION": server.url}}
        with (
            override_settings(REDIS_URL=server.url, CACHES=caches, COUNTERS="redis"),
            mock.patch.object(choice, "_EITHER", choice.RedisOrDatabase()),
        ):
            assert self.faults() == {}
            with override_settings(SESSIONS="redis"):
                assert "appendonly" in self.only_fault("redis")
            server.stop()
            server.start("--maxmemory", "100mb", "--maxmemory-policy", "volatile-lru")
            assert "noeviction" in self.only_fault("redis")
            server.stop()
            # A cache elsewhere is well, and nobody counts.
            backend = "django.core.cache.backends.locmem.LocMemCache"
            caches = {"default": {"BACKEND": backend}}
            with override_settings(CACHES=caches), self.assertLogs("accounts.counters.choice"):
                assert "COUNTERS=redis" in self.only_fault("redis")

    def test_static_files_that_were_not_collected(self) -> None:
        (self.folder / "admin/css/base.css").unlink()
        assert "collectstatic" in self.only_fault("static files")

    def test_list_of_the_erased_that_is_missing_or_cannot_be_written(self) -> None:
        with override_settings(ERASED_LIST=""):
            assert "not set" in self.only_fault("erased list")
        with override_settings(ERASED_LIST=str(self.folder / "missing" / "list")):
            assert "chown" in self.only_fault("erased list")

    def test_timers_that_do_not_run_or_fail(self) -> None:
        NightlyFact.objects.filter(name="purge").delete()
        NightlyFact.objects.filter(name="backup").update(at=timezone.now() - timedelta(hours=27))
        NightlyFact.record(NightlyFact.Name.VERIFY_CONSENTS, is_well=False)
        registered()
        OutboxMessage.objects.update(
            created_at=timezone.now() - timedelta(hours=1), state=OutboxMessage.State.WAITING
        )
        told = self.only_fault("timers")
        for words in (
            "purge ran never",
            "enable --now kantor-backup.timer",
            "journalctl -u kantor-verify",
            "kantor-mail.timer",
        ):
            assert words in told

    def test_missing_migration(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE django_migrations SET app = 'away' WHERE app = 'captcha'")
        try:
            assert "--owner migrate" in self.only_fault("migrations")
        finally:
            with connection.cursor() as cursor:
                cursor.execute("UPDATE django_migrations SET app = 'captcha' WHERE app = 'away'")

    def test_base_url_that_does_not_answer_well(self) -> None:
        for address, words in (
            ("http://localhost", "https"),
            (f"https://localhost:{free_port()}", "nginx"),
            (self.serve(days=3), "Renew"),
            (self.serve(days=90, status=502), "502"),
        ):
            with override_settings(BASE_URL=address):
                assert words in self.only_fault("BASE_URL"), address
        strange = self.serve(days=80)
        with (
            mock.patch.dict("os.environ", SSL_CERT_FILE=str(self.folder / "3.pem")),
            override_settings(BASE_URL=strange),
        ):
            assert "certificate" in self.only_fault("BASE_URL")

    def test_fault_of_one_part_hides_no_other(self) -> None:
        with missing(NightlyFact), mail_settings(free_port()):
            assert set(self.faults()) == {"timers", "mail server"}
