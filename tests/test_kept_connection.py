"""Customers' pages prepare their statements, nobody else does, and a release does not hurt them.

And a connection that answered just now is not asked whether it does, unless it was hung up.
"""

from typing import ClassVar

from django.test import SimpleTestCase

from tests.production_site import Site

# A whole life of a customer, and what the connection has prepared. The first run prepares: the
# third would ask for three of everything.
LIFE = """
import django
django.setup()
import os
import psycopg
from django.core.management import call_command
from django.db import close_old_connections, connection
from django.test import Client
from accounts import tokens
from accounts.models import User
from kantor.serving import kept_connection
from tests.doors import try_in
from tests.people import OSOBA
from tests.walk import Visitor
kept_connection.UNPREPARED_RUNS = int(os.environ.get("UNPREPARED_RUNS", "0"))
HOST = {"HTTP_HOST": "kantor.example"}
def live(email):
    client = Client(**HOST)
    OSOBA.addressed(email).register(Visitor(client))
    user = User.objects.filter(email=email).latest("pk")
    client.get(f"/aktywacja/{tokens.make(user, user.link_serial)}/", follow=True)
    assert User.objects.get(pk=user.pk).activated_at
    client = Client(**HOST)
    try_in(email, OSOBA.password, client, prefix="")
    look(client)
    return client
def look(client):
    pages = ("/konto/", "/konto/dane/", "/konto/bezpieczenstwo/")
    for page in pages:
        close_old_connections()  # as a server's request does, and the client's does not
        assert client.get(page).status_code == 200, page
def held():
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement, prepare_time FROM pg_prepared_statements")
        return dict(cursor.fetchall())
def alter(change):
    with psycopg.connect(os.environ["OWNER"], autocommit=True) as owner:
        owner.execute("SET lock_timeout = '2s'")
        tables = owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in tables.fetchall():
            owner.execute(change.format(table=table))
"""

# Each is looked at on connections that have prepared what they go on asking.
RELEASES = """
live("a@example.com")
before = held()
assert len(before) > 30, list(before)
alter("ALTER TABLE {table} ADD COLUMN later varchar(20)")
alter("CREATE INDEX CONCURRENTLY {table}_later ON {table} (later)")
live("b@example.com")
assert before.items() <= held().items(), before.keys() - held().keys()
alter("ALTER TABLE {table} DROP COLUMN later")
live("c@example.com")
assert before.items() <= held().items(), before.keys() - held().keys()
"""

# The lint lets no such migration through; somebody may name one that is to be left alone.
WIDENED = """
client = live("d@example.com")
look(client)
with psycopg.connect(os.environ["OWNER"], autocommit=True) as owner:
    for column in ("first_name", "last_name", "phone"):
        owner.execute(f"ALTER TABLE accounts_customer ALTER COLUMN {column} TYPE varchar(999)")
    owner.execute("ALTER TABLE accounts_user ALTER COLUMN email TYPE varchar(999)")
look(client)
"""

# PostgreSQL says "not supported" of other things too, of locking what is counted for instance.
UNSUPPORTED = """
from django.db import NotSupportedError
from django.http import HttpResponse
from django.test import RequestFactory
def ask(*statements):
    def page(request):
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        return HttpResponse()
    kept_connection.KeptConnectionMiddleware(page)(RequestFactory().get("/"))
def refuse():
    try:
        ask("SELECT count(*) FROM accounts_user FOR UPDATE")
    except NotSupportedError:
        return
    raise AssertionError
connection.ensure_connection()
kept_connection.UNPREPARED_RUNS = 2
ask("SELECT 1")
refuse()
for _ in range(3):
    ask("SELECT 2", "SELECT 3")
assert "SELECT 2" in held()
refuse()
ask("SELECT 2", "SELECT 3")
"""

OTHERS = """
for _ in range(9):
    assert Client(**HOST).get("/healthz").status_code in (200, 503)
    Client(**HOST).get("/admin/login/")
    call_command("purge_registrations", verbosity=0)
assert not held(), list(held())
for _ in range(2):
    Client(**HOST).post("/logowanie/", {"username": "a@example.com"})
assert held()
"""

# The first request that finds a connection looks whose it is; what the others ask is counted.
COUNTED = """
connection.ensure_connection()
kept = []
for _ in range(4):
    Client(**HOST).post("/logowanie/", {"username": "a@example.com"})
    kept.append(len(held()))
assert kept[2] <= 1 < kept[3], kept
"""

ASKED = """
client = live("f@example.com")
look(client)
kept_connection.FRESH = 0.0
look(client)
"""

HUNG_UP = """
def hang_up():
    with psycopg.connect(os.environ["SUPERUSER"], autocommit=True) as server:
        ended = server.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = 'kantor'"
        )
        assert (True,) in ended.fetchall()
client = live("g@example.com")
for _ in range(3):
    look(client)
    hang_up()
look(client)
connection.connection.close()  # a connection that was lost, and nobody has noticed
look(client)
connection.close()
client.get("/konto/")  # opens one, of which nothing is known yet
hang_up()
look(client)
"""

BOUNCED = """
live("e@example.com")
assert not held(), list(held())
"""


class KeptConnectionTests(SimpleTestCase):
    """Production's settings, a server of the test's own, and one kept connection."""

    site: ClassVar[Site]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.site = Site(cls.addClassCleanup)

    def drive(self, code: str, **settings: str) -> None:
        done = self.site.drive(
            LIFE + code,
            DATABASE_URL=self.site.cluster.address("kantor", "kantor"),
            OWNER=self.site.cluster.address("kantor_owner", "kantor"),
            SUPERUSER=self.site.cluster.address("postgres", "kantor"),
            **settings,
        )
        assert '"level": "ERROR"' not in done.stderr, done.stderr

    def test_statements_outlive_a_release_that_adds_and_one_that_removes(self) -> None:
        self.drive(RELEASES)

    def test_statements_are_given_up_for_a_column_that_was_altered(self) -> None:
        self.drive(WIDENED)

    def test_a_statement_that_is_refused_for_another_reason_spoils_no_other(self) -> None:
        self.drive(UNSUPPORTED)

    def test_only_customers_pages_prepare(self) -> None:
        self.drive(OTHERS)

    def test_what_comes_again_is_prepared(self) -> None:
        self.drive(COUNTED, UNPREPARED_RUNS="2")

    def test_nothing_is_prepared_behind_pgbouncer(self) -> None:
        self.drive(BOUNCED, PGBOUNCER="true")

    def test_a_fresh_connection_is_not_asked_whether_it_answers(self) -> None:
        cluster = self.site.cluster
        cluster.execute("ALTER ROLE kantor SET log_statement = 'all'")
        self.addCleanup(cluster.execute, "ALTER ROLE kantor RESET log_statement")
        before = cluster.log.read_text().count(": SELECT 1\n")
        self.drive(ASKED)
        # One before each of the last three pages.
        assert cluster.log.read_text().count(": SELECT 1\n") - before == 3

    def test_a_connection_that_was_hung_up_is_made_anew(self) -> None:
        self.drive(HUNG_UP)
