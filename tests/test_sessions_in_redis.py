"""Sessions in Redis keep every promise of those in the table, and what is lost with Redis."""

from datetime import timedelta
from functools import partial
from typing import Any
from unittest import mock

import redis
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core import mail
from django.db import connection, transaction
from django.test import Client, SimpleTestCase, TestCase, TransactionTestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.counters import choice
from accounts.models import Counter, User
from accounts.services import credentials, restored
from kantor.serving.models import Session
from kantor.serving.session_rows import Row
from kantor.serving.session_rows.choice import rows
from kantor.serving.sessions import SessionStore, end_sessions_of, keys_of
from tests import (
    redis_server,
    test_security_page,
    test_session_lifetime,
    test_session_rows,
    test_sessions,
)
from tests import test_register_once as register_once
from tests.browsers import signed_in
from tests.clock import later
from tests.doors import is_signed_in
from tests.factories import activated
from tests.letters import activation_path
from tests.parallel import at_once
from tests.people import FIRMA, OSOBA, POLISH
from tests.production_site import JOURNEY, Site
from tests.test_session_rows import key_of
from tests.tries import AllInRedis
from tests.walk import Visitor

HOUR = timedelta(hours=1)
# What it is told is on the disk before it answers.
KEPT = ("--appendonly", "yes", "--appendfsync", "always")


class RowsTests(TestCase):
    """One step of a row, in the database; in Redis below."""

    def row(self, data: str = "first", account: int | None = None, ends: timedelta = HOUR) -> Row:
        return Row(data, timezone.now() + ends, account)

    def test_is_written_once(self) -> None:
        assert rows().insert("a" * 32, self.row())
        assert not rows().insert("a" * 32, self.row("second"))
        assert rows().read("a" * 32) == "first"
        assert rows().read("b" * 32) is None
        assert rows().read(None) is None

    def test_is_replaced_only_as_it_was_read(self) -> None:
        rows().insert("a" * 32, self.row())
        assert rows().replace("a" * 32, "first", self.row("second"))
        assert not rows().replace("a" * 32, "first", self.row("third"))
        assert not rows().replace("b" * 32, "first", self.row())
        assert rows().read("a" * 32) == "second"

    def test_ends_by_the_clock(self) -> None:
        rows().insert("a" * 32, self.row(account=7))
        with later(minutes=59):
            assert rows().read("a" * 32) == "first"
            assert keys_of(7) == ["a" * 32]
        with later(minutes=60):
            assert rows().read("a" * 32) is None
            assert keys_of(7) == []

    def test_is_moved_with_its_end_only_as_it_was_read(self) -> None:
        rows().insert("a" * 32, self.row(account=7))
        assert not rows().rename("a" * 32, "other", "b" * 32, self.row("second", ends=9 * HOUR))
        assert rows().read("b" * 32) is None
        assert rows().rename("a" * 32, "first", "b" * 32, self.row("second", ends=9 * HOUR))
        assert (rows().read("a" * 32), rows().read("b" * 32)) == (None, "second")
        assert keys_of(7) == []
        with later(minutes=60):
            assert rows().read("b" * 32) is None

    def test_is_deleted_once(self) -> None:
        rows().insert("a" * 32, self.row())
        assert not rows().delete("a" * 32, "other")
        assert rows().delete("a" * 32, "first")
        assert not rows().delete("a" * 32)
        rows().insert("a" * 32, self.row())
        assert rows().delete("a" * 32)

    def test_follows_the_account_that_is_signed_in(self) -> None:
        for key, account in (("a", 7), ("b", 7), ("c", 77), ("d", None)):
            rows().insert(key * 32, self.row(account=account))
        rows().replace("d" * 32, "first", self.row("second", account=7))
        rows().replace("b" * 32, "first", self.row("second"))
        assert sorted(keys_of(7)) == ["a" * 32, "d" * 32]
        assert end_sessions_of(7, but="a" * 32) == 1
        assert end_sessions_of(7, but="a" * 32) == 0
        assert keys_of(7) == ["a" * 32]
        assert end_sessions_of(7) == 1
        assert [rows().read(key * 32) for key in "abcd"] == [None, "second", "first", None]

    def test_all_of_them_end_after_a_restore(self) -> None:
        keys = [key_of(signed_in(activated())) for _ in range(3)]
        assert restored.make_fit(None).ended == 3
        assert not any(SessionStore().exists(key) for key in keys)


class RowsRacesTests(TransactionTestCase):
    """Several at the same moment, in the database; in Redis below."""

    serialized_rollback = True

    def test_changes_of_different_keys_are_all_kept(self) -> None:
        key = test_sessions.stored(first="old")

        def change(number: int) -> None:
            session = test_sessions.opened(key)
            session[f"number{number}"] = "x"
            session.save()

        assert at_once(*[partial(change, number) for number in range(8)]) == [None] * 8
        assert len(test_sessions.opened(key).keys()) == 9

    def test_none_is_brought_back_by_who_saves_meanwhile(self) -> None:
        for _ in range(5):
            key = test_sessions.stored(**{SESSION_KEY: "7"})
            slow = [test_sessions.opened(key) for _ in range(3)]
            for session in slow:
                session["more"] = "x"
            at_once(*[session.save for session in slow], partial(end_sessions_of, 7))
            assert not SessionStore().exists(key)

    def test_a_row_of_a_new_key_is_written_by_one(self) -> None:
        of = [Row(f"row {number}", timezone.now() + HOUR, None) for number in range(6)]
        assert at_once(*[partial(rows().insert, "a" * 32, row) for row in of]).count(True) == 1


class RowsInRedisTests(AllInRedis, RowsTests):
    """The same in Redis."""


class RowsRacesInRedisTests(AllInRedis, RowsRacesTests):
    """The same in Redis."""


class ParallelRequestsInRedisTests(AllInRedis, test_sessions.ParallelRequestTests):
    """Two requests of one browser, in Redis."""


class UnknownKeysInRedisTests(AllInRedis, test_sessions.UnknownKeyTests):
    """Keys that nobody gave, in Redis."""


class EndsInRedisTests(AllInRedis, test_session_rows.EndTests):
    """Ending what is open, in Redis."""


class EndRacesInRedisTests(AllInRedis, test_session_rows.ParallelTests):
    """Ending what is open at the same moment, in Redis."""


class IdleInRedisTests(AllInRedis, test_session_lifetime.IdleTests):
    """A quarter of an hour, in Redis."""


class SecurityPageInRedisTests(AllInRedis, test_security_page.EndTests):
    """Sessions that their owner ends, in Redis."""


class WholeInRedisTests(AllInRedis, test_session_lifetime.WholeTests):
    """Twelve hours, in Redis."""


class TwoClicksInRedisTests(AllInRedis, TransactionTestCase):
    """One account, however often Rejestruj is pressed."""

    serialized_rollback = True
    assert_one = register_once.RegisterOnceTests.assert_one
    test_pressed_again_after_the_answer = (
        register_once.RegisterOnceTests.test_pressed_again_after_the_answer
    )
    test_pressed_again_when_the_answer_was_lost = (
        register_once.RegisterOnceTests.test_pressed_again_when_the_answer_was_lost
    )


class JourneyTests(AllInRedis, TransactionTestCase):
    """One customer from the first page to his account, with nothing of it in the database."""

    serialized_rollback = True

    def test_writes_neither_session_nor_counter_into_the_database(self) -> None:
        with CaptureQueriesContext(connection) as statements:
            visitor = FIRMA.register(Visitor())
        assert visitor.heading == POLISH.check_mailbox
        told = [each["sql"] for each in statements]
        assert not [sql for sql in told if "django_session" in sql], told
        assert not Counter.objects.exists()
        assert [message.to for message in mail.outbox] == [[FIRMA.email]]
        assert visitor.open(activation_path(User.objects.get())).status == 200
        user = activated()
        client = signed_in(user)
        assert keys_of(user.pk) == [key_of(client)]
        assert not Session.objects.exists()
        client.post("/wyloguj/")
        assert not is_signed_in(client)
        assert keys_of(user.pk) == []

    def test_anuluj_wipes_everything(self) -> None:
        visitor = OSOBA.reach_password(Visitor())
        key = key_of(visitor.client)
        assert SessionStore().exists(key)
        visitor.press("Anuluj").press(POLISH.cancel_for_good)
        assert visitor.heading == POLISH.cancelled
        assert not SessionStore().exists(key)

    def test_two_tabs_keep_two_attempts(self) -> None:
        first = OSOBA.reach_review(Visitor())
        second = FIRMA.reach_review(first.new_tab())
        assert first.reload().shows(OSOBA.email)
        assert second.reload().shows(FIRMA.email)

    def test_of_a_day_ago_is_gone_by_itself(self) -> None:
        visitor = OSOBA.reach_review(Visitor())
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            (key,) = client.scan_iter(match=f"{settings.SESSIONS_PREFIX}*")
            left: Any = client.ttl(key)
        assert 23 * 3600 < left <= 24 * 3600 + 60
        with later(hours=25):
            assert visitor.reload().heading == POLISH.unknown

    def test_what_was_ended_stays_ended_when_a_transaction_fails(self) -> None:
        user = activated()
        client = signed_in(user)
        with self.assertRaises(ZeroDivisionError), transaction.atomic():
            assert end_sessions_of(user.pk) == 1
            raise ZeroDivisionError
        assert not is_signed_in(client)

    def test_a_new_password_ends_what_is_open_elsewhere(self) -> None:
        user = activated()
        elsewhere = signed_in(user)
        credentials.change_password(user, "Cztery-czerwone-sanki-9", is_reset=True)
        assert not is_signed_in(elsewhere)


class LostTests(TestCase):
    """Redis is away, and with it the sessions."""

    def setUp(self) -> None:
        self.server = redis_server.RedisServer(self.addCleanup, *KEPT)
        everything = {"COUNTERS": "redis", "SESSIONS": "redis", "REDIS_URL": self.server.url}
        self.enterContext(override_settings(**everything))
        self.enterContext(mock.patch.object(choice, "_EITHER", choice.RedisOrDatabase()))

    def test_visitor_is_told_when_to_come_back_and_goes_on_afterwards(self) -> None:
        visitor = Visitor(Client(raise_request_exception=False))
        OSOBA.reach_password(visitor)
        OSOBA.type_password(visitor).copy_captcha(POLISH.captcha)
        post = visitor.post_of("Dalej")
        self.server.stop()
        for address in (visitor.path, "/en/konto/"):
            answer = visitor.client.get(address)
            assert answer.status_code == 503, address
            assert answer["Retry-After"] == "10"
        answer = visitor.client.post(post.address, post.data)
        assert answer.status_code == 503
        assert "Teraz nie możemy tego zrobić" in answer.content.decode()
        self.server.start(*KEPT)
        visitor.send(post)
        assert visitor.heading == POLISH.consents
        visitor.choose(*OSOBA.required_consents).press("Rejestruj")
        assert visitor.heading == POLISH.check_mailbox
        assert User.objects.get().email == OSOBA.email

    def test_what_it_forgot_is_begun_anew_and_signed_in_anew(self) -> None:
        visitor = OSOBA.reach_review(Visitor())
        client = signed_in(activated())
        with redis.Redis.from_url(self.server.url) as client_of_it:
            client_of_it.flushall()  # this test's own server
        assert visitor.reload().heading == POLISH.unknown
        assert not is_signed_in(client)

    def test_pages_for_reading_go_on(self) -> None:
        self.server.stop()
        for path in ("/", "/en/", "/rejestracja/"):
            assert Client().get(path).status_code == 200, path

    def test_no_balancer_sends_anybody_there(self) -> None:
        ready = self.client.get("/readyz")
        assert (ready.status_code, ready.json()["sessions"]) == (200, True)
        assert self.client.get("/healthz").json()["sessions"] is True
        self.server.stop()
        with self.assertLogs("accounts.counters.choice", "ERROR"):
            ready = self.client.get("/readyz")
        assert (ready.status_code, ready.json()["sessions"]) == (503, False)
        assert self.client.get("/livez").status_code == 200


# As in the journey, and then what is where.
WHERE = """
from accounts.models import Counter
from kantor.serving.models import Session
assert not Counter.objects.exists()
assert not Session.objects.exists()
"""
WITHOUT = """
import django
django.setup()
from django.test import Client
from tests.walk import Visitor
client = Client(HTTP_HOST="kantor.example", raise_request_exception=False)
begun = Visitor(client).open("/rejestracja/").choose("Firma").press("Dalej")
assert (begun.status, begun.response["Retry-After"]) == (503, "10"), begun.status
assert begun.heading == "Teraz nie możemy tego zrobić"
assert client.get("/").status_code == 200
ready = client.get("/readyz")
states = {"sessions": False, "counters": "degraded", "cache": "degraded"}
assert (ready.status_code, ready.json() | states) == (503, ready.json()), ready.content
"""


class ProductionTests(SimpleTestCase):
    """Production's settings, PostgreSQL and Redis of their own."""

    def test_register_a_customer_and_refuse_politely_when_redis_is_lost(self) -> None:
        site, server = Site(self.addCleanup), redis_server.RedisServer(self.addCleanup)
        url = f"redis://127.0.0.1:{server.port}/0"
        there = {"COUNTERS": "redis", "SESSIONS": "redis", "REDIS_URL": url}
        there["DATABASE_URL"] = site.cluster.address("kantor", "kantor")
        done = site.drive(JOURNEY + WHERE, **there)
        with redis.Redis.from_url(url, decode_responses=True) as client:
            kinds = {key.rpartition("{")[0] for key in client.scan_iter(match="kantor:*")}
        assert kinds == {"kantor:counter:"}, "the session of a finished registration is gone"
        server.stop()
        lost = site.drive(WITHOUT, **there)
        # Lines of logs: the loss once, and nothing of a customer or of where Redis is.
        assert lost.stderr.count("Redis is away") == 1, lost.stderr
        for each in (done.stderr, lost.stderr):
            assert FIRMA.email not in each
            assert url not in each
