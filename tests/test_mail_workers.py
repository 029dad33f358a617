"""The workers that deliver mails, as processes of their own: each queue, killed, in a crowd."""

import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, ClassVar
from unittest import SkipTest

import redis
from django.conf import settings
from django.db import connection
from django.test import SimpleTestCase, TransactionTestCase, override_settings

from accounts.models import OutboxMessage
from kantor.serving import tasks
from tests.database import begin
from tests.factories import registered
from tests.mail_server import (
    MailServer,
    free_port,
    mail_settings,
    silent_server,
    time_passes,
)
from tests.test_mail_outage import owed
from tests.test_production import KEY, REQUIRED

ROOT: Path = settings.BASE_DIR
State = OutboxMessage.State

# The settings of the test in another process: its database and its mail server.
HERE = """
from kantor.settings.test import *
DATABASES["default"] |= {database!r}
MAILERS = {{
    "default": {{
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {{"host": "127.0.0.1", "port": {port}, "timeout": 5}},
    }}
}}
"""
# Forks a worker for each line "start", so that thirty of them do not import Django thirty times.
# "end PID" waits for one and tells how it ended: 0 for nothing left to do, -9 for killed.
NURSERY = """
import os, sys
from datetime import timedelta
import django
django.setup()
from django.core.mail.utils import DNS_NAME
from django.utils import timezone
from accounts.mail import compose, delivery, messages, outbox, rendering, transport
# What every worker would else do at its start: find its own name, compile the templates.
DNS_NAME.get_fqdn()
messages.activation(
    rendering.Envelope("anna@example.com", "pl", "<a@b>", "Anna"),
    link="https://a", refuse_link="https://b", expires_at=timezone.now() + timedelta(days=2),
)
for line in sys.stdin:
    word, _, pid = line.strip().partition(" ")
    if word == "start":
        pid = os.fork()
        if pid == 0:
            try:
                while delivery.deliver_due():
                    pass
            finally:
                os._exit(0)
        print(pid, flush=True)
    else:
        print(os.waitstatus_to_exitcode(os.waitpid(int(pid), 0)[1]), flush=True)
"""


class Nursery:
    """Starts workers and tells how they ended."""

    def __init__(self, folder: Path, port: int) -> None:
        """Start the process that the workers are forked from."""
        wanted = ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT")
        database = {name: connection.settings_dict[name] for name in wanted}
        database["NAME"] = str(database["NAME"])
        (folder / "here.py").write_text(HERE.format(database=database, port=port))
        environment = {"DJANGO_SETTINGS_MODULE": "here", "PYTHONPATH": f"{folder}:{ROOT}"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", NURSERY],
            cwd=ROOT,
            env=os.environ | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def _say(self, line: str) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(line, file=self.process.stdin, flush=True)
        return int(self.process.stdout.readline())

    def start(self) -> int:
        """Start a worker that delivers until nothing is due; return its process."""
        return self._say("start")

    def end(self, pid: int) -> int:
        """Wait for a worker; return its exit code, negative for a signal."""
        return self._say(f"end {pid}")

    def close(self) -> None:
        """End it."""
        self.process.communicate(timeout=60)


class CrowdTests(TransactionTestCase):
    """Worker processes on the rows of the suite's database, SQLite or PostgreSQL."""

    serialized_rollback = True

    def setUp(self) -> None:
        self.server = MailServer()
        self.postbox = self.server.postbox
        self.addCleanup(self.server.stop)
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.nursery = Nursery(folder, self.server.port)
        self.addCleanup(self.nursery.close)

    def test_of_four_sends_no_mail_twice(self) -> None:
        owed(100)
        workers = [self.nursery.start() for _ in range(4)]
        assert [self.nursery.end(pid) for pid in workers] == [0] * 4
        ids = OutboxMessage.objects.values_list("message_id", flat=True)
        assert Counter(came for _, came in self.postbox.arrived) == dict.fromkeys(ids, 1)
        rows = OutboxMessage.objects.values_list("state", "attempts")
        assert set(rows) == {(State.SENT, 1)}
        assert len(self.postbox.sessions) >= 4

    def test_loses_nothing_when_killed_thirty_times(self) -> None:
        # Any moment will do; the seed only lets a failure be looked at again.
        moments = random.Random(20261124)
        killed = 0
        owed(60)
        while killed < 30:
            waiting = OutboxMessage.objects.filter(state=State.WAITING).count()
            if waiting < 20:
                owed(20)
            time_passes()
            pid = self.nursery.start()
            time.sleep(moments.uniform(0, 0.15))
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            killed += self.nursery.end(pid) == -signal.SIGKILL
        time_passes()
        assert self.nursery.end(self.nursery.start()) == 0

        rows = {row.message_id: row for row in OutboxMessage.objects.all()}
        came = Counter(message_id for _, message_id in self.postbox.arrived)
        # Nothing is lost, and nothing came that was not owed.
        assert set(came) == set(rows)
        assert {row.state for row in rows.values()} == {State.SENT}
        # A kill between the server's yes and the row's UPDATE costs one copy, with the same
        # Message-ID; every other mail came once.
        doubled = {message_id: count for message_id, count in came.items() if count > 1}
        assert sum(count - 1 for count in doubled.values()) <= killed
        for message_id, count in doubled.items():
            assert rows[message_id].attempts >= count


class BackgroundTests(TransactionTestCase):
    """`TASKS=immediate` in production: the process delivers, beside its requests."""

    serialized_rollback = True

    def setUp(self) -> None:
        self.enterContext(
            override_settings(
                TASKS={"default": {"BACKEND": "kantor.serving.tasks.BackgroundBackend"}}
            )
        )
        self.addCleanup(self.close_connection)

    def close_connection(self) -> None:
        """Let go of the database that the thread for tasks has opened."""
        tasks.helper.order(lambda: connection.close())
        tasks.helper.finish(60)

    def test_delivers_after_the_commit(self) -> None:
        server = MailServer()
        self.addCleanup(server.stop)
        with mail_settings(server.port):
            users = [registered() for _ in range(3)]
            assert not server.postbox.arrived
            server.postbox.wait_for(3)
            assert tasks.helper.finish(60) == 0
        assert [to for to, _ in server.postbox.arrived] == [user.email for user in users]
        assert {row.state for row in OutboxMessage.objects.all()} == {State.SENT}

    def test_holds_nobody_up_while_the_mail_server_is_silent(self) -> None:
        with (
            socket.create_server(("127.0.0.1", 0), backlog=100) as silent,
            mail_settings(silent.getsockname()[1], timeout=3600),
        ):
            for _ in range(3):
                self.client.post("/haslo/", {"email": "anna@example.com"})
                assert self.client.get("/haslo/wyslano/").status_code == 200
                registered()
            # Whoever had waited for an answer would wait still.
            assert not OutboxMessage.objects.exclude(last_error="").exists()
            silent.close()
            assert tasks.helper.finish(60) == 0
        rows = OutboxMessage.objects.filter(kind=OutboxMessage.Kind.REGISTRATION)
        assert {(row.state, row.attempts) for row in rows} == {(State.WAITING, 1)}


OWE = """
import sys, django
django.setup()
from tests.factories import registered
for _ in range(int(sys.argv[1])):
    registered()
"""
# What the timers do after a worker was killed: its claim lapses, its task grows old.
SWEEP_UP = """
import datetime, io, json, django
django.setup()
from django.core.management import call_command
from django_tasks_db.models import DBTaskResult
from accounts.models import OutboxMessage
long_ago = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
def call(*words):
    printed = io.StringIO()
    call_command(*words, stdout=printed)
    return printed.getvalue()
def states():
    return sorted(OutboxMessage.objects.values_list("state", "attempts"))
call("deliver_mail")
claimed = states()
OutboxMessage.objects.update(due_at=long_ago)
call("deliver_mail")
lapsed = states()
DBTaskResult.objects.filter(status="RUNNING").update(started_at=long_ago)
dry = call("purge_registrations", "--dry-run")
print(json.dumps([claimed, lapsed, dry, call("purge_registrations")]))
"""
PRODUCTION = """
from kantor.settings.prod import *
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
"""


class QueueTests(SimpleTestCase):
    """Production's settings, each kind of queue with its own worker as an operator starts it."""

    environment: ClassVar[dict[str, str]]
    folder: ClassVar[Path]

    @classmethod
    def setUpClass(cls) -> None:
        """Prepare a database with the tables of every queue."""
        super().setUpClass()
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        begin(cls.folder / "empty.sqlite3")
        (cls.folder / "there.py").write_text(PRODUCTION)
        cls.environment = REQUIRED | {
            "DJANGO_SETTINGS_MODULE": "there",
            "PYTHONPATH": f"{cls.folder}:{ROOT}",
            "SECRET_KEY": KEY,
            "EMAIL_TIMEOUT": "60",
        }
        template = {"TASKS": "database", "DATABASE_URL": f"sqlite:///{cls.folder}/empty.sqlite3"}
        cls.run_to_end(["manage.py", "migrate", "--verbosity", "0"], **template)

    @classmethod
    def run_to_end(cls, arguments: list[str], **environment: str) -> str:
        """Run Python, expect it to end well, return what it printed."""
        result = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=os.environ | cls.environment | environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout

    def setUp(self) -> None:
        self.server = MailServer()
        self.postbox = self.server.postbox
        self.addCleanup(self.server.stop)
        self.database = self.folder / f"{self._testMethodName}.sqlite3"
        self.database.write_bytes((self.folder / "empty.sqlite3").read_bytes())
        self.here = {
            "DATABASE_URL": f"sqlite:///{self.database}",
            "EMAIL_URL": f"smtp://127.0.0.1:{self.server.port}",
        }

    def owe(self, count: int) -> None:
        """Register so many customers."""
        self.run_to_end(["-c", OWE, str(count)], **self.here)

    def sql(self, statement: str) -> list[Any]:
        """Look into the database, or change it behind everybody's back."""
        with closing(sqlite3.connect(self.database)) as database, database:
            return database.execute(statement).fetchall()

    def rows(self) -> list[tuple[str, int, str]]:
        """Return state, attempts and Message-ID of every row."""
        return self.sql("SELECT state, attempts, message_id FROM accounts_outboxmessage")

    def worker(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start a command of manage.py that runs until it is ended."""
        process = subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=os.environ | self.environment | self.here,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.addCleanup(process.wait, 20)
        self.addCleanup(process.kill)
        return process

    def assert_all_came_once(self, count: int) -> None:
        rows = self.rows()
        assert [(state, attempts) for state, attempts, _ in rows] == [("sent", 1)] * count
        ids = Counter(message_id for _, message_id in self.postbox.arrived)
        assert ids == dict.fromkeys([message_id for *_, message_id in rows], 1)

    def redis(self) -> str:
        """Return the address of a Redis with an empty queue."""
        url = os.environ.get("TEST_REDIS_URL")
        if not url:
            if os.environ.get("CI"):
                raise AssertionError("CI must not skip Redis; set TEST_REDIS_URL")
            raise SkipTest("TEST_REDIS_URL is not set")
        with redis.Redis.from_url(url) as client:
            client.delete("rq:queue:default")
        return url

    def test_in_the_process_delivers_before_the_process_ends(self) -> None:
        self.here["TASKS"] = "immediate"
        self.owe(3)
        self.assert_all_came_once(3)

    def test_in_the_database_is_worked_off(self) -> None:
        self.here["TASKS"] = "database"
        self.owe(3)
        assert not self.postbox.arrived
        worker = self.worker("db_worker", "--interval", "0.1", "--no-startup-delay")
        self.postbox.wait_for(3)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0
        self.assert_all_came_once(3)

    def test_in_redis_is_worked_off(self) -> None:
        self.here |= {"TASKS": "redis", "REDIS_URL": self.redis()}
        self.owe(3)
        assert not self.postbox.arrived
        worker = self.worker("rqworker", "default")
        self.postbox.wait_for(3)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0
        self.assert_all_came_once(3)

    def test_in_a_lost_or_silent_redis_holds_nobody_up_and_loses_nothing(self) -> None:
        self.here["TASKS"] = "redis"
        for port in (free_port(), silent_server(self.addCleanup)):
            self.here["REDIS_URL"] = f"redis://127.0.0.1:{port}/0"
            # Whoever waited for it would wait for longer than a test does.
            self.owe(1)
        assert [state for state, *_ in self.rows()] == ["waiting"] * 2
        self.run_to_end(["manage.py", "deliver_mail"], **self.here)
        self.assert_all_came_once(2)

    def test_whose_worker_was_killed_is_swept_up(self) -> None:
        self.here["TASKS"] = "database"
        self.owe(2)
        self.postbox.mood = "takes it and hangs"
        worker = self.worker("db_worker", "--interval", "0.1", "--no-startup-delay")
        self.postbox.wait_for(1)
        worker.kill()
        worker.wait(60)
        self.postbox.mood = ""
        # In one process: starting Django five times would cost more than all the rest.
        printed = self.run_to_end(["-c", SWEEP_UP], **self.here)
        claimed, lapsed, dry, purged = json.loads(printed)
        # The one in its hands is claimed, the other is not.
        assert claimed == [["sent", 1], ["waiting", 1]]
        assert lapsed == [["sent", 1], ["sent", 2]]
        # The server took it before the kill and could not say so: one copy, the same Message-ID.
        assert sorted(Counter(came for _, came in self.postbox.arrived).values()) == [1, 2]
        # The queue never learns what became of a killed worker's task; the purge forgets it.
        assert "Would delete 1: tasks of the queue begun 7 days ago" in dry
        assert "Deleted 1: tasks of the queue begun 7 days ago" in purged

    def test_swept_in_a_loop_ends_after_the_mail_in_hand(self) -> None:
        self.here["TASKS"] = "database"
        self.owe(3)
        self.postbox.mood = "takes it and holds the answer"
        sweeper = self.worker("deliver_mail", "--loop")
        self.postbox.wait_for(1)
        sweeper.send_signal(signal.SIGTERM)
        self.postbox.may_answer.set()
        assert sweeper.wait(60) == 0
        rows = self.rows()
        sent = [message_id for state, _, message_id in rows if state == "sent"]
        assert [message_id for _, message_id in self.postbox.arrived] == sent
        assert len(sent) == 1
        assert {row[0] for row in rows} == {"sent", "waiting"}
        assert {row[1] for row in rows if row[0] == "waiting"} == {0}

    def test_speaks_tls_from_the_start_by_either_name(self) -> None:
        show = (
            "import json; from django.conf import settings;"
            "options = settings.MAILERS['default']['OPTIONS'];"
            "print(json.dumps([options[n] for n in ('port', 'use_tls', 'use_ssl', 'timeout')]))"
        )
        for scheme, tls, implicit in (
            ("smtp", "false", "false"),
            ("smtp+tls", "true", "false"),
            ("smtp+ssl", "false", "true"),
            ("smtps", "false", "true"),
        ):
            self.here["EMAIL_URL"] = f"{scheme}://kantor:p%40ss@mail.example:465"
            printed = self.run_to_end(["-c", show], **self.here)
            assert printed.strip() == f"[465, {tls}, {implicit}, 60]", scheme
