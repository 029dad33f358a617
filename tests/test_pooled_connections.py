"""The site on connections that it shares: Django's pool, and PgBouncer in transaction mode."""

import os
import pwd
import re
import subprocess
import time
from typing import ClassVar

import psycopg
from django.test import SimpleTestCase

from tests.cluster import SERVERS_USER
from tests.front import program
from tests.mail_server import free_port
from tests.production_site import JOURNEY, Site
from tests.test_production import REQUIRED, refusals

# Twelve requests at once on fewer connections, and after them what walks through a table.
CROWD = """
import django
django.setup()
from django.core.management import call_command
from django.db import connection
from django.test import Client
from tests.parallel import at_once
def sign_in():
    client = Client(HTTP_HOST="kantor.example")
    client.post("/logowanie/", {"username": "firma@example.com"})
    return client.get("/readyz").status_code
statuses = at_once(*[sign_in] * 12)
assert statuses == [200] * 12, statuses
call_command("verify_consents")
call_command("purge_registrations", verbosity=0)
with connection.cursor() as cursor:
    cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = 'kantor'")
    print("connections:", cursor.fetchone()[0])
"""

# One request's worth of work has all connections of the pool; another visitor is told to wait.
BUSY = """
import django
django.setup()
from threading import Event, Thread
from django.db import connection, transaction
from django.test import Client
taken, done = Event(), Event()
def work():
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        taken.set()
        done.wait(60)
Thread(target=work, daemon=True).start()
assert taken.wait(60)
client = Client(HTTP_HOST="kantor.example", raise_request_exception=False)
answer = client.post("/logowanie/", {"username": "firma@example.com"})
done.set()
print(answer.status_code, answer.headers.get("Retry-After"))
"""

# Six visitors at once, in steps, and each looks at the same pages again and again.
STEPS = """
import django
django.setup()
from threading import Barrier
from django.test import Client
from tests.parallel import at_once
HOST = {"HTTP_HOST": "kantor.example"}
together = Barrier(6, timeout=60)
def look():
    client = Client(raise_request_exception=False, **HOST)
    statuses = set()
    for number in range(12):
        together.wait()
        answer = client.post("/logowanie/", {"username": f"{number}@example.com"})
        statuses |= {answer.status_code, client.get("/logowanie/haslo/").status_code}
        statuses.add(client.get("/rejestracja/").status_code)
    return statuses
statuses = set().union(*at_once(*[look] * 6))
assert statuses <= {200, 302}, statuses
"""


class PooledTests(SimpleTestCase):
    """A registration, a crowd, and the commands of the night."""

    site: ClassVar[Site]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.site = Site(cls.addClassCleanup)

    def drive(self, code: str, **settings: str) -> str:
        done = self.site.drive(code, **settings)
        assert '"level": "ERROR"' not in done.stderr, done.stderr
        return done.stdout

    def connections(self, told: str) -> int:
        found = re.search(r"connections: (\d+)", told)
        assert found, told
        return int(found[1])

    def test_by_djangos_pool(self) -> None:
        pooled = {
            "DATABASE_URL": self.site.cluster.address("kantor", "kantor"),
            "DATABASE_POOL": "3",
        }
        self.drive(JOURNEY, **pooled)
        assert self.connections(self.drive(CROWD, **pooled)) <= 3
        one = self.site.drive(BUSY, **pooled | {"DATABASE_POOL": "1"})
        assert one.stdout.split() == ["503", "10"], one.stderr

    def test_by_pgbouncer_in_transaction_mode(self) -> None:
        port = self.start_bouncer()
        address = f"postgres://kantor@127.0.0.1:{port}/kantor"
        bounced = {"DATABASE_URL": address, "PGBOUNCER": "true"}
        self.drive(JOURNEY, **bounced)
        assert self.connections(self.drive(CROWD, **bounced)) <= 3
        # The limits of the role hold behind it too.
        with psycopg.connect(address) as connection:
            told = connection.execute("SHOW statement_timeout").fetchone()
        assert told == ("10s",)

    def test_by_pgbouncer_that_nobody_told_us_of(self) -> None:
        port = self.start_bouncer()
        self.drive(STEPS, DATABASE_URL=f"postgres://kantor@127.0.0.1:{port}/kantor")

    def start_bouncer(self) -> int:
        """Start PgBouncer with three connections to the server and return its port."""
        pgbouncer, port, folder = program("pgbouncer"), free_port(), self.site.cluster.folder
        users, configuration = folder / "users", folder / "pgbouncer.ini"
        users.write_text('"kantor" ""\n')
        configuration.write_text(
            f"[databases]\nkantor = host=127.0.0.1 port={self.site.cluster.port}\n[pgbouncer]\n"
            f"listen_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = trust\n"
            f"auth_file = {users}\npool_mode = transaction\ndefault_pool_size = 3\n"
            f"unix_socket_dir =\nlogfile = {folder}/bouncer.log\npidfile = {folder}/bouncer.pid\n"
        )
        account = pwd.getpwnam(SERVERS_USER) if os.getuid() == 0 else None
        server = subprocess.Popen(
            [pgbouncer, "--quiet", str(configuration)],
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.addCleanup(server.wait, 60)
        self.addCleanup(server.terminate)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                psycopg.connect(f"postgres://kantor@127.0.0.1:{port}/kantor").close()
            except psycopg.OperationalError:
                time.sleep(0.05)
                continue
            return port
        raise AssertionError("PgBouncer did not come up in a minute")


class SettingTests(SimpleTestCase):
    """What production makes of the settings."""

    def test_refuses_a_pool_of_less_than_nothing(self) -> None:
        postgres = REQUIRED | {"DATABASE_URL": "postgres://kantor@192.0.2.1/kantor"}
        assert refusals(postgres | {"DATABASE_POOL": "4"}) == [""]
        assert "DATABASE_POOL" in refusals(postgres | {"DATABASE_POOL": "-1"})[0]
