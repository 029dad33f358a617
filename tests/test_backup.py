"""Backups that can be restored: what they bring back, and what must not come back with them."""

import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from unittest import SkipTest, mock
from uuid import uuid4

from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import SimpleTestCase, TransactionTestCase, override_settings
from django.utils import timezone

from accounts.mail import outbox
from accounts.models import NightlyFact, OutboxMessage, User
from accounts.services import activation
from kantor.serving import erased
from kantor.serving.models import Session
from tests.factories import activated, registered
from tests.mail_server import MailServer
from tests.test_commands import run as command
from tests.test_production import REQUIRED, ROOT, run


class ListTestCase(TransactionTestCase):
    """A list of the erased in a folder of its own."""

    serialized_rollback = True

    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.list = self.folder / "erased.list"
        self.enterContext(override_settings(ERASED_LIST=str(self.list)))


class ErasedListTests(ListTestCase):
    """The file that remembers whoever was erased."""

    def test_names_accounts_by_number_and_time_only(self) -> None:
        user = activated(email="gone@example.com")
        number = user.pk
        user.delete()
        lines = self.list.read_text().splitlines()
        assert [line.split()[1:] for line in lines] == [
            ["announced", str(number)],
            ["erased", str(number)],
        ]
        assert stat.S_IMODE(self.list.stat().st_mode) == 0o600

    def test_knows_of_every_way_to_erase(self) -> None:
        refused, rival, closing_one, forgotten = (registered() for _number in range(4))
        winner = registered(email=rival.email)
        numbers = {each.pk for each in (refused, rival, closing_one, forgotten)}
        assert activation.refuse(refused)
        activation.activate(winner)
        long_ago = timezone.now() - timedelta(days=60)
        User.objects.filter(pk=closing_one.pk).update(closed_at=long_ago)
        User.objects.filter(pk=forgotten.pk).update(created_at=long_ago)
        OutboxMessage.objects.filter(user=forgotten).delete()
        command("purge_registrations")
        assert set(erased.certain(self.list)) == numbers
        assert set(User.objects.values_list("pk", flat=True)) & (numbers | {winner.pk}) == {
            winner.pk
        }

    def test_deletion_that_was_taken_back_is_in_doubt_and_erases_nobody(self) -> None:
        user = activated()
        with self.assertRaises(ZeroDivisionError), transaction.atomic():
            User.objects.filter(pk=user.pk).delete()
            _nothing = 1 / 0
        assert erased.certain(self.list) == {}
        assert erased.doubtful(self.list) == {user.pk}
        with self.assertRaisesRegex(CommandError, str(user.pk)):
            command("after_restore")
        assert User.objects.filter(pk=user.pk).exists()

    def test_nothing_is_deleted_while_it_cannot_be_written(self) -> None:
        user = activated()
        with (
            override_settings(ERASED_LIST=str(self.folder / "missing" / "list")),
            self.assertRaises(OSError),
        ):
            user.delete()
        assert User.objects.filter(email=user.email).exists()

    def test_line_cut_off_by_a_crash_hides_no_other(self) -> None:
        user = activated()
        self.list.write_text("2026-11-29T10:00:00.000000+00:00 erased 10")
        number = user.pk
        user.delete()
        assert set(erased.certain(self.list)) == {number}

    def test_commit_without_its_second_line_is_told(self) -> None:
        user = activated()
        number = user.pk
        with mock.patch.object(transaction, "on_commit"):
            user.delete()
        assert erased.doubtful(self.list) == {number}


class AfterRestoreTests(ListTestCase):
    """`manage.py after_restore` and `release_mail`."""

    def test_holds_mails_until_they_are_released(self) -> None:
        first, second, third = (registered() for _number in range(3))
        self.list.touch()
        OutboxMessage.objects.update(state=OutboxMessage.State.WAITING, due_at=timezone.now())
        assert "Mails held: 3" in command("after_restore")
        assert "Mails tried: 0" in command("deliver_mail")
        numbers = [str(OutboxMessage.objects.get(user=user).pk) for user in (first, second, third)]
        listed = command("release_mail")
        assert all(f"{number} registration " in listed for number in numbers)
        assert "@" not in listed
        assert "Mails dropped: 1" in command("release_mail", numbers[0], "--drop")
        assert "Mails released: 1" in command("release_mail", numbers[1])
        assert "Mails tried: 1" in command("deliver_mail")
        assert "Mails released: 1" in command("release_mail", "--all")
        assert "Mails tried: 1" in command("deliver_mail")
        states = list(OutboxMessage.objects.order_by("pk").values_list("state", flat=True))
        assert states == ["dropped", "sent", "sent"]
        for arguments in (["--drop"], ["1", "--all"]):
            with self.assertRaises(CommandError):
                command("release_mail", *arguments)

    def test_ends_every_session(self) -> None:
        self.list.touch()
        self.client.force_login(activated())
        assert "Sessions ended: 1" in command("after_restore")
        assert not Session.objects.exists()

    def test_erases_again_but_not_whoever_got_the_number_later(self) -> None:
        back, later = activated(), activated()
        at = timezone.now()
        User.objects.filter(pk=back.pk).update(created_at=at - timedelta(days=2))
        line = (at - timedelta(days=1)).isoformat(timespec="microseconds")
        self.list.write_text(f"{line} erased {back.pk}\n{line} erased {later.pk}\n")
        for user in (back, later):
            outbox.put_to_address(OutboxMessage.Kind.PASSWORD_RESET, user.email.upper(), "pl")
        assert "Accounts erased again: 1" in command("after_restore")
        assert not User.objects.filter(pk=back.pk).exists()
        assert User.objects.filter(pk=later.pk).exists()
        asked = OutboxMessage.objects.filter(user=None).values_list("recipient", flat=True)
        assert list(asked) == [later.email.upper()]
        assert "Accounts erased again: 0" in command("after_restore")

    def test_does_the_rest_and_fails_without_the_list(self) -> None:
        registered()
        OutboxMessage.objects.update(state=OutboxMessage.State.WAITING, due_at=timezone.now())
        with self.assertRaisesRegex(CommandError, "no list"):
            command("after_restore")
        assert "Mails tried: 0" in command("deliver_mail")


class BackupTests(TransactionTestCase):
    """`manage.py backup`."""

    serialized_rollback = True

    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def test_keeps_the_newest_and_tells_healthz(self) -> None:
        self.skip_in_memory()
        for _number in range(3):
            command("backup", str(self.folder), "--keep", "2")
        files = sorted(self.folder.iterdir())
        assert len(files) == 2
        assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
        fact = NightlyFact.objects.get(name="backup")
        assert fact.is_well
        assert self.client.get("/healthz").json()["nightly"]["backup"]["well"] is True

    def test_failed_one_removes_nothing_and_is_told(self) -> None:
        older = self.folder / "kantor-20200101T000000000000Z.dump"
        older.touch()
        with self.assertRaisesRegex(CommandError, "No backup was made"):
            command("backup", str(self.folder / "missing"), "--keep", "1")
        assert older.exists()
        assert NightlyFact.objects.get(name="backup").is_well is False

    def skip_in_memory(self) -> None:
        if connection.vendor == "postgresql" and shutil.which("pg_dump") is None:
            assert "CI" not in os.environ, "CI has pg_dump"
            raise SkipTest("pg_dump is not installed")

    def test_purge_tells_healthz(self) -> None:
        call_command("purge_registrations", stdout=open(os.devnull, "w"))  # noqa: SIM115
        assert NightlyFact.objects.get(name="purge").is_well


BEFORE = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.test import Client
from tests.factories import activated, registered
activated(email="owner@example.com")
activated(email="gone@example.com")
call_command("deliver_mail")
Client().force_login(activated(email="signed-in@example.com"))
call_command("deliver_mail")
registered(email="waits@example.com")
"""
BETWEEN = """
import django
django.setup()
from django.core.management import call_command
from accounts.models import User
from tests.factories import activated
call_command("deliver_mail")
User.objects.get(email="gone@example.com").delete()
activated(email="too-late@example.com")
"""
AFTERWARDS = """
import django
django.setup()
from django.core.management import call_command
from accounts.models import User
from accounts.services import activation
from tests.factories import activated, registered
call_command("deliver_mail")
print("known:", sorted(User.objects.values_list("email", flat=True)))
activation.activate(User.objects.get(email="waits@example.com"))
call_command("release_mail", "--all", "--drop")
activated(email="new@example.com")
call_command("deliver_mail")
call_command("verify_consents")
"""


class DrillTests(SimpleTestCase):
    """Dump, lose, restore, go on: the whole way, by the programs that an operator calls."""

    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        server = MailServer()
        self.addCleanup(server.stop)
        self.postbox = server.postbox
        self.environment = REQUIRED | {
            "DJANGO_SETTINGS_MODULE": "kantor.settings.prod",
            "EMAIL_URL": f"smtp://127.0.0.1:{server.port}",
            "ERASED_LIST": str(self.folder / "erased.list"),
            "TASKS": "database",
            "LOG_LEVEL": "ERROR",
            "PYTHON": sys.executable,
        }

    def go_through(self, url: str, lose: "object") -> None:
        self.environment["DATABASE_URL"] = url
        self.python(BEFORE)
        self.program(sys.executable, "manage.py", "backup", str(self.folder))
        self.python(BETWEEN)
        (backup,) = self.folder.glob("kantor-*")
        came = list(self.postbox.arrived)
        assert sum(to == "waits@example.com" for to, _id in came) == 1
        assert callable(lose)
        lose()
        told = self.program("deploy/restore", str(backup))
        assert "Mails held: 1" in told
        assert "Sessions ended: 1" in told
        assert "Accounts erased again: 1" in told
        told = self.python(AFTERWARDS)
        known = "['owner@example.com', 'signed-in@example.com', 'waits@example.com']"
        assert f"known: {known}" in told, told
        new = self.postbox.arrived[len(came) :]
        # One welcome each for whoever goes on, and nothing that had come before.
        assert {to for to, _id in new} <= {"waits@example.com", "new@example.com"}, new
        ids = [message_id for _to, message_id in self.postbox.arrived]
        assert len(ids) == len(set(ids))
        assert any(to == "new@example.com" for to, _id in new)
        again = self.fails("deploy/restore", str(backup))
        assert "is there" in again or "tables" in again

    def python(self, code: str) -> str:
        done = run(code, **self.environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def program(self, *arguments: str) -> str:
        done = subprocess.run(
            arguments,
            cwd=ROOT,
            env=os.environ | self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def fails(self, *arguments: str) -> str:
        done = subprocess.run(
            arguments,
            cwd=ROOT,
            env=os.environ | self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode != 0
        return done.stderr

    def test_sqlite(self) -> None:
        file = self.folder / "site.sqlite3"

        def lose() -> None:
            for each in self.folder.glob("site.sqlite3*"):
                each.unlink()

        self.go_through(f"sqlite:///{file}", lose)
        with closing(sqlite3.connect(file)) as site:
            assert site.execute("PRAGMA quick_check").fetchone() == ("ok",)
        (backup,) = self.folder.glob("kantor-*")
        assert "Restored and checked in" in self.program("deploy/restore-drill", str(backup))

    def test_postgresql(self) -> None:
        address = os.environ.get("TEST_POSTGRES_URL")
        if not address or shutil.which("pg_dump") is None:
            assert "CI" not in os.environ, "CI has a PostgreSQL and its programs"
            raise SkipTest("TEST_POSTGRES_URL names no PostgreSQL, or pg_dump is not installed")
        import psycopg

        name = f"drill_{uuid4().hex[:12]}"
        whole = re.sub(r"/[^/]*\Z", "/postgres", address)

        def execute(statement: str) -> None:
            with psycopg.connect(whole, autocommit=True) as server:
                server.execute(statement.encode())

        def lose() -> None:
            execute(f"DROP DATABASE {name} WITH (FORCE)")
            execute(f"CREATE DATABASE {name}")

        execute(f"CREATE DATABASE {name}")
        self.addCleanup(execute, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self.go_through(re.sub(r"/[^/]*\Z", f"/{name}", address), lose)
        (backup,) = self.folder.glob("kantor-*")
        with subprocess.Popen(
            ["deploy/restore-drill", str(backup)],
            cwd=ROOT,
            env=os.environ | self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as drill:

            def is_there() -> bool:
                # Another run of the tests may have its own drill on the same server.
                with psycopg.connect(whole) as server:
                    named = "SELECT count(*) FROM pg_database WHERE datname = %s"
                    found = server.execute(named, [f"kantor_drill_{drill.pid}"]).fetchone()
                return found == (1,)

            while not (was_there := is_there()) and drill.poll() is None:
                pass
            told, _ = drill.communicate()
        assert drill.returncode == 0, told
        assert "Restored and checked in" in told
        assert was_there
        assert not is_there()
