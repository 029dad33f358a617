"""Limits keep their promise wherever is counted: in the database and in Redis."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from unittest import mock

from django.db import transaction
from django.test import Client, TestCase, TransactionTestCase, override_settings

from accounts.account import services as account
from accounts.counters import choice
from accounts.counters.in_redis import InRedis as RedisStore
from accounts.counters.in_redis import _key
from accounts.limits import (
    Limit,
    UsedUpError,
    count_all,
    hit_all,
    longest_wait,
    take_all,
    undone_on_failure,
)
from accounts.models import Counter, User
from accounts.registration import friction
from accounts.services import allowance, registration
from accounts.services.network_tries import NETWORK_SIGN_INS
from accounts.sign_in import tries
from tests import (
    redis_server,
    test_friction,
    test_mail_budgets,
    test_register_once,
    test_sign_in_limits,
)
from tests import test_too_many as too_many
from tests.clock import later
from tests.doors import is_signed_in, try_in
from tests.factories import PASSWORD, activated, registered
from tests.letters import activation_path
from tests.mail_server import silent_server
from tests.parallel import at_once
from tests.people import OSOBA, POLISH
from tests.tries import InRedis, counted, travel
from tests.walk import Visitor

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
THREE = Limit("test-three", times=3, window=HOUR)
FIVE = Limit("test-five", times=5, window=DAY)
ONE = Limit("test-one", times=1, window=HOUR)


class PromiseTests(TestCase):
    """One visitor after the other."""

    def test_so_many_tries_are_allowed_until_the_window_ends(self) -> None:
        assert [THREE.hit("a") for _ in range(5)] == [True, True, True, False, False]
        assert THREE.is_used_up("a")
        assert timedelta(minutes=59) < THREE.wait("a") <= HOUR
        assert THREE.hit("b")
        assert THREE.wait("b") == timedelta(0)
        travel(HOUR)
        assert THREE.wait("a") == timedelta(0)
        assert THREE.hit("a")
        assert counted(THREE, "a") == 1

    def test_a_window_is_counted_from_its_first_try(self) -> None:
        THREE.hit("a")
        with later(minutes=50):
            assert [THREE.hit("a") for _ in range(3)] == [True, True, False]
            assert THREE.wait("a") <= timedelta(minutes=10)
        with later(minutes=61):
            assert THREE.hit("a")

    def test_each_limit_of_a_call_has_a_window_of_its_own(self) -> None:
        assert [count_all((THREE, FIVE), "a") for _ in range(2)] == [[1, 1], [2, 2]]
        travel(HOUR)
        assert count_all((FIVE, THREE), "a") == [3, 1]
        assert [hit_all((THREE, FIVE), "a") for _ in range(3)] == [
            [True, True],
            [True, True],
            [False, False],
        ]
        assert longest_wait((THREE, FIVE), "a") > timedelta(hours=22)

    def test_all_are_taken_or_none(self) -> None:
        assert [take_all((FIVE, THREE), "a") for _ in range(5)] == [True] * 3 + [False] * 2
        assert (counted(FIVE, "a"), counted(THREE, "a")) == (3, 3)
        assert longest_wait((FIVE, THREE), "a") <= HOUR
        travel(HOUR)
        assert [take_all((FIVE, THREE), "a") for _ in range(3)] == [True, True, False]

    def test_those_beside_are_counted_with_what_is_allowed_and_refuse_nobody(self) -> None:
        assert [take_all((THREE,), "a", beside=(ONE,)) for _ in range(4)] == [True] * 3 + [False]
        assert counted(ONE, "a") == 3

    def test_the_first_is_counted_in_any_case_and_refuses_all_others(self) -> None:
        first = (THREE, "network")
        assert [take_all((ONE,), "a", first=first) for _ in range(3)] == [True, False, False]
        assert counted(THREE, "network") == 3
        with self.assertRaises(UsedUpError) as caught, transaction.atomic():
            take_all((ONE,), "b", first=first)
        assert timedelta(minutes=59) < caught.exception.wait <= HOUR
        assert not counted(ONE, "b")

    def test_one_is_given_back_but_never_below_none(self) -> None:
        THREE.take_back("a")
        assert not counted(THREE, "a")
        for _ in range(3):
            THREE.hit("a")
        THREE.take_back("a")
        assert THREE.hit("a")
        assert not THREE.hit("a")
        for _ in range(9):
            THREE.take_back("a")
        assert counted(THREE, "a") == 0

    def test_what_is_forgotten_begins_anew(self) -> None:
        for _ in range(4):
            THREE.hit("a")
        THREE.hit("b")
        THREE.clear("a")
        THREE.clear("nobody")
        assert THREE.wait("a") == timedelta(0)
        assert (counted(THREE, "a"), counted(THREE, "b")) == (None, 1)

    def test_any_text_is_a_subject(self) -> None:
        for subject in ("", "{a}b", "zażółć", "\ud800", "x" * 5000, "a\x00b"):
            assert ONE.hit(subject), subject
            assert not ONE.hit(subject), subject

    def test_what_comes_to_nothing_counts_nothing(self) -> None:
        with self.assertRaises(ZeroDivisionError), undone_on_failure(), transaction.atomic():
            assert take_all((THREE,), "a", beside=(FIVE,), first=(ONE, "network"))
            assert hit_all((THREE,), "b") == [True]
            raise ZeroDivisionError
        counts = [counted(*each) for each in ((THREE, "a"), (FIVE, "a"), (ONE, "network"))]
        assert not any(counts), counts
        assert not counted(THREE, "b")

    def test_what_lies_in_something_that_fails_later_counts_nothing_either(self) -> None:
        with self.assertRaises(ZeroDivisionError), undone_on_failure(), transaction.atomic():
            with undone_on_failure(), transaction.atomic():
                THREE.hit("a")
            raise ZeroDivisionError
        assert not counted(THREE, "a")
        with undone_on_failure(), transaction.atomic():
            THREE.hit("a")
        assert counted(THREE, "a") == 1

    def test_a_second_click_on_rejestruj_uses_nothing_up(self) -> None:
        user = registered(network="192.0.2.1", finishes=THREE)
        assert user.attempt is not None
        before = counted(allowance.MAILS_AN_HOUR, user.email_key)
        for _ in range(5):
            again = registration.register(
                attempt=user.attempt,
                kind="person",
                answers={"email": user.email, "first_name": "Ewa", "last_name": "Lis"},
                password_hash="x",
                given={},
                language="pl",
                network="192.0.2.1",
                finishes=THREE,
            )
            assert again == user
        assert counted(THREE, "192.0.2.1") == 1
        assert counted(allowance.MAILS_AN_HOUR, user.email_key) == before == 1

    def test_a_second_request_to_change_data_uses_nothing_up(self) -> None:
        user = activated()
        asked = partial(account.ask, user, "name", {"first_name": "Ewa"}, "slub")
        assert asked()
        assert not any(asked() for _ in range(3))
        assert counted(account.REQUESTS, str(user.pk)) == 1

    def test_the_waiting_page_knows_how_long_to_wait(self) -> None:
        visitor = OSOBA.register(Visitor())
        assert visitor.heading == POLISH.check_mailbox
        before = visitor.text
        travel(timedelta(minutes=3))
        assert visitor.reload().text != before


class RaceTests(TransactionTestCase):
    """Several at the same moment."""

    serialized_rollback = True

    def test_hits_are_all_counted(self) -> None:
        allowed = at_once(*[partial(FIVE.hit, "a")] * 12)
        assert sorted(allowed) == [False] * 7 + [True] * 5
        assert counted(FIVE, "a") == 12

    def test_no_more_are_taken_than_each_limit_allows(self) -> None:
        taken = at_once(*[partial(take_all, (FIVE, THREE), "a")] * 10)
        assert taken.count(True) <= 3
        # PostgreSQL lets simultaneous ones look before one has counted, and gives back.
        while take_all((FIVE, THREE), "a"):
            taken.append(True)
        assert taken.count(True) == 3
        assert (counted(FIVE, "a"), counted(THREE, "a")) == (3, 3)

    def test_takes_and_those_who_give_back_leave_what_lasted(self) -> None:
        many = Limit("test-many", times=100, window=HOUR)

        def fail() -> None:
            with undone_on_failure(), transaction.atomic():
                many.hit("a")
                raise ZeroDivisionError

        calls: list[Callable[[], Any]] = [partial(many.hit, "a"), fail]
        at_once(*calls * 6)
        assert counted(many, "a") == 6

    def test_one_window_begins_where_one_has_ended(self) -> None:
        THREE.hit("a")
        travel(2 * HOUR)
        assert at_once(*[partial(count_all, (THREE,), "a")] * 6).count([1]) == 1
        assert counted(THREE, "a") == 6


class PromiseInRedisTests(InRedis, PromiseTests):
    """The same in Redis."""


class RaceInRedisTests(InRedis, RaceTests):
    """The same in Redis."""

    def test_simultaneous_takes_are_exact(self) -> None:
        taken = at_once(*[partial(take_all, (FIVE, THREE), "a")] * 10)
        assert taken.count(True) == 3


class BudgetsInRedisTests(InRedis, test_mail_budgets.PurposeTests):
    """What strangers take of a mailbox, in Redis."""


class FirstLinksInRedisTests(InRedis, test_mail_budgets.FirstLinkTests):
    """The first link of a registration, in Redis."""


class CapsInRedisTests(InRedis, test_mail_budgets.CapTests):
    """What strangers can do to a mailbox, in Redis."""


class SecrecyInRedisTests(InRedis, test_mail_budgets.SecrecyTests):
    """What counters tell of an address, in Redis."""


class BudgetRacesInRedisTests(InRedis, test_mail_budgets.ParallelTests):
    """Several at a mailbox at the same moment, in Redis."""


class FrictionInRedisTests(InRedis, test_friction.NetworkLimits):
    """What slows machines down, in Redis."""


class SignInLimitsInRedisTests(InRedis, test_sign_in_limits.LimitTests):
    """Failed tries to sign in, with COUNTERS=redis."""


class DoorsInRedisTests(InRedis, too_many.DoorTests):
    """One answer to whoever comes too often, in Redis."""


class RegisterOnceInRedisTests(InRedis, test_register_once.RegisterOnceTests):
    """One account, however often Rejestruj is pressed, in Redis."""


class KeptTests(InRedis, TestCase):
    """What Redis holds, and what it never gets."""

    def test_is_every_counter_of_a_registration_and_no_row(self) -> None:
        OSOBA.register(Visitor())
        assert not Counter.objects.exists()
        assert len(redis_server.kept()) >= 7

    def test_is_no_address_of_anybody_and_goes_by_itself(self) -> None:
        import redis as client_of

        OSOBA.register(Visitor())
        with client_of.Redis.from_url(redis_server.address(), decode_responses=True) as client:
            for key in redis_server.kept():
                assert OSOBA.email not in key
                assert "127.0.0.1" not in key.removeprefix(redis_server.prefix())
                assert set(client.hkeys(key)) == {"count", "ends"}
                assert 60 < client.ttl(key) <= (DAY + HOUR + HOUR).total_seconds()

    def test_of_one_subject_lies_in_one_slot(self) -> None:
        slots = {
            _key(limit.tried_by("a@example.com")).partition("{")[2].partition("}")[0]
            for limit in (THREE, FIVE, replace(ONE, name="{x}"))
        }
        assert len(slots) == 1
        assert slots != {_key(THREE.tried_by("b@example.com")).partition("{")[2].partition("}")[0]}

    def test_does_not_hold_what_must_not_be_given_anew(self) -> None:
        user = activated()
        for number in range(3):
            try_in(user.email, f"wrong-{number}", REMOTE_ADDR="203.0.113.9")
        in_a_row = counted(tries.IN_A_ROW, user.email_key)
        redis_server.forget()
        assert in_a_row == counted(tries.IN_A_ROW, user.email_key) == 3
        for number in range(2):
            try_in(user.email, f"wrong-{number}", REMOTE_ADDR="203.0.113.9")
        redis_server.forget()
        answer = try_in(user.email, PASSWORD, Client(), REMOTE_ADDR="203.0.113.9")
        assert answer.status_code == 429

    def test_guesses_and_single_uses_are_rows_of_the_database(self) -> None:
        from accounts.passkeys import challenge
        from accounts.phone import services as phone
        from accounts.services import activation, credentials, events, one_time_code
        from accounts.totp import services as totp

        lasting = (
            tries.IN_A_ROW,
            tries.DIGITS,
            tries.OTHERWISE,
            tries.TOLD,
            challenge.SPENT,
            phone.USED,
            activation.PASSWORD_TRIES,
            credentials.PASSWORD_CHANGES,
            events.TOLD,
            one_time_code.TRIES,
            one_time_code.USES,
            totp.TRIES,
        )
        for limit in lasting:
            limit.hit("somebody")
        tries.HERE.hit("somebody")
        tries.EVERYWHERE.hit("somebody")
        assert redis_server.kept() == []
        assert Counter.objects.count() == len(lasting) + 2

    def test_what_fails_gives_nothing_back_of_a_window_that_began_later(self) -> None:
        with self.assertRaises(ZeroDivisionError), undone_on_failure():
            THREE.hit("a")
            travel(2 * HOUR)
            # In a thread, so by another request.
            assert at_once(partial(THREE.hit, "a")) == [True]
            raise ZeroDivisionError
        assert counted(THREE, "a") == 1

    def test_right_password_is_taken_back_from_the_network(self) -> None:
        user, client = activated(), Client()
        try_in(user.email, "wrong", client)
        try_in(user.email, PASSWORD, client)
        assert is_signed_in(client)
        assert counted(NETWORK_SIGN_INS, "127.0.0.1") == 1


class AwayTests(TestCase):
    """Redis is away, silent, full, or comes back."""

    def setUp(self) -> None:
        self.server = redis_server.RedisServer(self.addCleanup)
        self.enterContext(override_settings(COUNTERS="redis", REDIS_URL=self.server.url))
        self.either = choice.RedisOrDatabase()
        self.enterContext(mock.patch.object(choice, "_EITHER", self.either))

    def rest_is_over(self) -> None:
        if self.either._away_until is not None:
            self.either._away_until = 0.0

    def test_a_journey_goes_on_and_limits_hold_in_the_database(self) -> None:
        visitor = OSOBA.reach_password(Visitor())
        assert not Counter.objects.exists()
        self.server.stop()
        with self.assertLogs("accounts.counters.choice", "WARNING") as logs:
            OSOBA.type_password(visitor).copy_captcha(POLISH.captcha).press("Dalej")
            visitor.choose(*OSOBA.required_consents).press("Rejestruj")
            assert visitor.heading == POLISH.check_mailbox
            assert [THREE.hit("a") for _ in range(4)] == [True, True, True, False]
        assert len(logs.output) == 1, logs.output
        assert "Redis is away" in logs.output[0]
        assert self.server.url not in logs.output[0]
        assert counted_in_database(friction.PASSWORDS, "127.0.0.1") == 1
        user = User.objects.get()
        assert Client().post(activation_path(user)).status_code in (200, 302)

    def test_it_counts_again_when_it_is_back(self) -> None:
        THREE.hit("a")
        self.server.stop()
        with self.assertLogs("accounts.counters.choice", "WARNING") as logs:
            THREE.hit("a")
            self.server.start()
            THREE.hit("a")
            assert counted_in_database(THREE, "a") == 2, "it is left alone for a while"
            self.rest_is_over()
            THREE.hit("a")
        assert ["away" in logs.output[0], "back" in logs.output[1]] == [True, True]
        assert counted(THREE, "a") == 1
        assert counted_in_database(THREE, "a") == 2

    def test_a_connection_that_was_cut_is_opened_anew_without_a_word(self) -> None:
        THREE.hit("a")
        self.server.stop()
        self.server.start()
        with self.assertNoLogs("accounts.counters.choice"):
            assert THREE.hit("a")
        assert not Counter.objects.exists()

    def test_a_silent_one_is_waited_for_once(self) -> None:
        port = silent_server(self.addCleanup)
        url = f"redis://127.0.0.1:{port}/0?socket_connect_timeout=0.2&socket_timeout=0.2"
        asked: list[Any] = []
        real = RedisStore.count

        def count(store: RedisStore, *args: Any) -> Any:
            asked.append(args)
            return real(store, *args)

        with (
            override_settings(REDIS_URL=url),
            mock.patch.object(RedisStore, "count", count),
            self.assertLogs("accounts.counters.choice", "ERROR"),
        ):
            assert [THREE.hit("a") for _ in range(4)] == [True, True, True, False]
        assert len(asked) == 1

    def test_one_that_takes_nothing_more_is_as_good_as_away(self) -> None:
        self.server.stop()
        self.server.start("--maxmemory", "500kb", "--maxmemory-policy", "noeviction")
        with self.assertLogs("accounts.counters.choice", "ERROR") as logs:
            hits = [THREE.hit("a") for _ in range(4)]
        assert hits == [True, True, True, False], (hits, logs.output)
        assert "OutOfMemoryError" in logs.output[0]

    def test_what_it_counted_stays_counted_when_it_is_lost_before_a_failure(self) -> None:
        with (
            self.assertLogs("accounts.counters.in_redis", "WARNING"),
            self.assertRaises(ZeroDivisionError),
            undone_on_failure(),
        ):
            THREE.hit("a")
            self.server.stop()
            raise ZeroDivisionError

    def test_is_told_to_a_balancer_and_takes_no_instance_out(self) -> None:
        assert self.client.get("/readyz").json()["counters"] == "well"
        assert self.client.get("/healthz").json()["counters"] is True
        self.server.stop()
        with self.assertLogs("accounts.counters.choice", "ERROR"):
            ready, health = self.client.get("/readyz"), self.client.get("/healthz")
        assert (ready.status_code, ready.json()["counters"]) == (200, "degraded")
        assert (health.status_code, health.json()["counters"]) == (503, False)

    def test_readiness_is_still_a_row_in_the_database(self) -> None:
        self.client.get("/readyz")
        assert Counter.objects.count() == 1


def counted_in_database(limit: Limit, subject: str) -> int:
    return Counter.objects.get(key=limit.key(subject)).count
