"""Each row of the table of failed tries: how many, from where, and what follows."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from unittest import mock

from django.test import Client, TestCase, TransactionTestCase
from django.utils import timezone

from accounts.limits import Ladder
from accounts.models import AccountEvent, Counter, OutboxMessage, User
from accounts.passkeys import services as passkeys
from accounts.services import credentials
from accounts.services.network_tries import NETWORK_SIGN_INS, NETWORK_WORK
from accounts.sign_in import services, tries
from accounts.sign_in.digits import Answer
from accounts.sign_in.services import Outcome, Try, Verdict, attempt
from tests.authenticator import enrolled
from tests.browsers import HERE, browser, put_in, signed_in
from tests.clock import later
from tests.doors import GENERIC, NUMBER, is_signed_in, try_in
from tests.factories import PASSWORD, activated, registered, staff, suspended
from tests.onlooker import COUNTED, CountingHasher
from tests.parallel import at_once
from tests.phone import stopped_clock, turned_on

WRONG = "Nie-to-haslo-7"
Kind = AccountEvent.Kind


def tried(email: str, password: str = WRONG, network: str = "192.0.2.1", **more: Any) -> Verdict:
    """Make one try, by itself, with the right digits unless others are given."""
    typed = more.pop("digits", NUMBER)
    return attempt(Try(email, password, network, Answer((2, 5, 9), typed), **more))


def from_everywhere(email: str, times: int, start: int = 0, **more: Any) -> list[Outcome]:
    """Make tries from as many networks."""
    networks = [f"198.51.{number // 250}.{number % 250}" for number in range(start, start + times)]
    return [tried(email, network=network, **more).outcome for network in networks]


def forget_rounds(email: str) -> None:
    """Let the hours pass that the waits of this address take; what is in a row stays."""
    Counter.objects.filter(key=tries.EVERYWHERE.key(email)).delete()


def kinds(user: User) -> list[str]:
    return list(user.events.order_by("pk").values_list("kind", flat=True))


def mails(user: User) -> list[str]:
    """Return the mails about failed tries that are owed, the oldest first."""
    kinds = ("failed_sign_ins", "password_barred")
    return list(user.messages.filter(kind__in=kinds).order_by("pk").values_list("kind", flat=True))


def is_barred(user: User) -> bool:
    return User.objects.get(pk=user.pk).password_barred_at is not None


class VerdictTests(TestCase):
    """What a try comes to."""

    def test_names_the_account_only_when_all_is_right(self) -> None:
        for make, outcome in (
            (activated, Outcome.OPEN),
            (registered, Outcome.PENDING),
            (suspended, Outcome.SUSPENDED),
        ):
            user = make()
            assert tried(user.email.upper(), PASSWORD) == Verdict(outcome, user)
            assert tried(user.email, PASSWORD, digits="999") == Verdict(Outcome.REFUSED)
            assert tried(user.email, WRONG) == Verdict(Outcome.REFUSED)
        assert tried("nikt@example.com") == Verdict(Outcome.REFUSED)

    def test_is_for_staff_at_their_door_and_for_customers_at_theirs(self) -> None:
        member, customer = staff(password=PASSWORD), activated()
        assert tried(member.email, PASSWORD).outcome is Outcome.REFUSED
        assert tried(member.email, PASSWORD, for_staff=True).user == member
        assert tried(customer.email, PASSWORD, for_staff=True).outcome is Outcome.REFUSED
        assert tried(customer.email, PASSWORD).user == customer

    def test_tells_who_is_suspended_whom_to_call(self) -> None:
        page = try_in(suspended().email, PASSWORD).content.decode()
        assert "The account is blocked. Call:" in page
        assert 'href="tel:+48228590218"' in page
        assert GENERIC not in page


class AddressAndNetworkTests(TestCase):
    """Five at one address from one network, then ever longer waits."""

    def test_have_waits_of_5_10_20_40_and_60_minutes(self) -> None:
        waits, passed = [], timedelta(0)
        for _round in range(6):
            with later(passed):
                for _ in range(5):
                    assert tried("nikt@example.com").outcome is Outcome.REFUSED
                    forget_rounds("nikt@example.com")
                verdict = tried("nikt@example.com", PASSWORD)
                assert verdict.outcome is Outcome.WAIT
                waits.append(round(verdict.wait / timedelta(minutes=1)))
            passed += timedelta(minutes=waits[-1], seconds=1)
        assert waits == [5, 10, 20, 40, 60, 60]

    def test_are_told_in_words_and_by_retry_after(self) -> None:
        for _ in range(5):
            assert try_in("nikt@example.com", WRONG).status_code == 200
        response = try_in("nikt@example.com", WRONG)
        assert response.status_code == 429
        assert response["Retry-After"] == "300"
        assert "Too many attempts. Wait 5 minutes" in response.content.decode().replace("\xa0", " ")

    def test_are_forgotten_after_a_day_and_by_a_right_answer(self) -> None:
        user = activated()
        for _ in range(5):
            tried(user.email)
        with later(hours=25):
            for _ in range(4):
                tried(user.email)
            assert tried(user.email, PASSWORD).outcome is Outcome.OPEN
            for _ in range(5):
                assert tried(user.email).outcome is Outcome.REFUSED
            assert tried(user.email).wait <= timedelta(minutes=5)

    def test_do_not_count_while_waiting(self) -> None:
        for _ in range(50):
            verdict = tried("nikt@example.com")
        with later(minutes=5, seconds=1):
            assert tried("nikt@example.com").outcome is Outcome.REFUSED
        assert verdict.wait <= timedelta(minutes=5)

    def test_are_known_at_the_other_door(self) -> None:
        member = staff(password=PASSWORD)
        for _ in range(5):
            tried(member.email, PASSWORD)
        assert tried(member.email, PASSWORD, for_staff=True).outcome is Outcome.WAIT


class EverywhereTests(TestCase):
    """Twenty at one address in an hour, from wherever."""

    def test_are_followed_by_an_hour_and_one_mail(self) -> None:
        user = activated()
        assert from_everywhere(user.email, 20) == [Outcome.REFUSED] * 20
        assert (kinds(user), mails(user)) == ([Kind.FAILED_SIGN_INS], ["failed_sign_ins"])
        verdict = tried(user.email, PASSWORD)
        assert verdict.outcome is Outcome.WAIT
        assert timedelta(minutes=59) < verdict.wait <= timedelta(hours=1)
        assert from_everywhere(user.email, 20, 100) == [Outcome.WAIT] * 20
        with later(minutes=61):
            assert from_everywhere(user.email, 21, 200) == [*[Outcome.REFUSED] * 20, Outcome.WAIT]
        assert kinds(user) == [Kind.FAILED_SIGN_INS] * 2
        assert mails(user) == ["failed_sign_ins"]

    def test_are_forgotten_after_an_hour(self) -> None:
        from_everywhere("nikt@example.com", 19)
        with later(minutes=61):
            assert from_everywhere("nikt@example.com", 20, 50) == [Outcome.REFUSED] * 20

    def test_leave_a_known_browser_its_own_five(self) -> None:
        user = activated()
        client = signed_in(user)
        client.post("/wyloguj/")
        from_everywhere(user.email, 20)
        assert try_in(user.email, PASSWORD).status_code == 429
        for _ in range(5):
            assert try_in(user.email, WRONG, client).status_code == 200
        assert try_in(user.email, WRONG, client).status_code == 429
        # Its own waits, not the hour of the strangers.
        with later(minutes=6):
            for _ in range(5):
                assert try_in(user.email, WRONG, client).status_code == 200
            waits = try_in(user.email, WRONG, client)["Retry-After"]
            assert 595 <= int(waits) <= 600
        with later(minutes=17):
            assert try_in(user.email, PASSWORD, client).status_code == 302

    def test_of_a_known_browser_are_not_used_up_by_its_neighbours(self) -> None:
        user = activated()
        client = signed_in(user)
        client.post("/wyloguj/")
        for _ in range(6):
            try_in(user.email, WRONG, REMOTE_ADDR="83.12.44.55")
        assert try_in(user.email, PASSWORD, client).status_code == 302
        stranger = signed_in(activated())
        stranger.post("/wyloguj/")
        for _ in range(6):
            answer = try_in(user.email, WRONG, stranger)
        assert answer.status_code == 429

    def test_do_not_end_with_what_their_owner_does(self) -> None:
        # A stranger would see by it that there is an account, and when somebody signs in.
        user = activated()
        client = signed_in(user)
        client.post("/wyloguj/")
        from_everywhere(user.email, 20)
        assert try_in(user.email, PASSWORD, client).status_code == 302
        assert tried(user.email, WRONG).outcome is Outcome.WAIT
        assert tried("nikt@example.com", WRONG).outcome is Outcome.REFUSED


class InARowTests(TestCase):
    """A hundred in a row, however long that takes."""

    def try_on(self, email: str, times: int, start: int = 0) -> None:
        for number in range(start, start + times):
            forget_rounds(email)
            from_everywhere(email, 1, number)

    def test_bar_the_password_until_it_is_reset(self) -> None:
        user = activated()
        self.try_on(user.email, 99)
        assert not is_barred(user)
        self.try_on(user.email, 1, 99)
        assert is_barred(user)
        assert kinds(user)[-1] == Kind.PASSWORD_BARRED
        assert mails(user)[-1] == "password_barred"
        forget_rounds(user.email)
        assert tried(user.email, PASSWORD).outcome is Outcome.REFUSED
        self.try_on(user.email, 5, 200)
        assert kinds(user).count(Kind.PASSWORD_BARRED) == 1
        user.refresh_from_db()
        assert credentials.change_password(user, PASSWORD, is_reset=True)
        tries.forgive(user.email_key, "192.0.2.1")
        assert tried(user.email, PASSWORD).outcome is Outcome.OPEN
        self.try_on(user.email, 50, 300)
        assert not is_barred(user)

    def test_leave_the_passkey(self) -> None:
        user = activated()
        device = enrolled(user)
        self.try_on(user.email, 100)
        assert is_barred(user)
        proof = device.prove(passkeys.options_to_sign_in())
        assert passkeys.sign_in(proof).outcome is passkeys.Outcome.ACCEPTED

    def test_begin_anew_after_a_right_answer(self) -> None:
        user = activated()
        self.try_on(user.email, 60)
        forget_rounds(user.email)
        assert tried(user.email, PASSWORD).outcome is Outcome.OPEN
        self.try_on(user.email, 60, 100)
        assert not is_barred(user)

    def test_do_nothing_to_an_account_that_is_not_open(self) -> None:
        for user in (registered(), suspended()):
            self.try_on(user.email, 101)
            assert (kinds(user), mails(user), is_barred(user)) == ([], [], False)


class DigitsTests(TestCase):
    """The right password with wrong digits: somebody knows the password."""

    def try_on(self, email: str, times: int, password: str = PASSWORD) -> None:
        for number in range(times):
            forget_rounds(email)
            tried(email, password, f"203.0.113.{number}", digits="999")
            Counter.objects.filter(key=tries.HERE.key(f"{email} 203.0.113.{number}")).delete()

    def test_are_told_by_mail_at_the_third(self) -> None:
        user = activated()
        self.try_on(user.email, 2)
        assert kinds(user) == []
        self.try_on(user.email, 1)
        assert (kinds(user), mails(user)) == ([Kind.FAILED_SIGN_INS], ["failed_sign_ins"])
        self.try_on(user.email, 3)
        assert mails(user) == ["failed_sign_ins"]

    def test_bar_the_password_at_the_tenth(self) -> None:
        user = activated()
        self.try_on(user.email, 9)
        assert not is_barred(user)
        self.try_on(user.email, 1)
        assert is_barred(user)
        assert mails(user) == ["failed_sign_ins", "password_barred"]

    def test_are_not_counted_with_a_wrong_password(self) -> None:
        user = activated()
        self.try_on(user.email, 30, WRONG)
        assert (kinds(user), is_barred(user)) == ([], False)

    def test_begin_anew_after_a_right_answer(self) -> None:
        user = activated()
        self.try_on(user.email, 9)
        assert tried(user.email, PASSWORD).outcome is Outcome.OPEN
        self.try_on(user.email, 9)
        assert not is_barred(user)

    def test_are_told_of_to_nobody_at_the_door(self) -> None:
        user = activated()
        seen = {try_in(user.email, PASSWORD, digits="999").status_code for _ in range(5)}
        assert seen == {200}


class NetworkTests(TestCase):
    """A hundred in five minutes from one network, at all doors together."""

    def test_are_refused_at_every_door_without_a_session(self) -> None:
        for _ in range(NETWORK_SIGN_INS.times):
            NETWORK_SIGN_INS.hit("127.0.0.1")
        client = Client()
        response = try_in("nikt@example.com", WRONG, client)
        assert response.status_code == 429
        assert 0 < int(response["Retry-After"]) <= 300
        member = staff(password=PASSWORD)
        data = {"username": member.email, "password": PASSWORD}
        assert Client().post("/admin/login/", data).status_code == 429
        assert Client().post("/logowanie/klucz/", {"passkey": "{}"}).status_code == 429

    def test_are_counted_at_every_door(self) -> None:
        network = "198.51.100.7"
        try_in("nikt@example.com", WRONG, REMOTE_ADDR=network)
        data = {"username": "nikt@example.com", "password": WRONG}
        Client().post("/admin/login/", data, REMOTE_ADDR=network)
        Client().post("/logowanie/klucz/", {"passkey": "{}"}, REMOTE_ADDR=network)
        assert Counter.objects.get(key=NETWORK_SIGN_INS.key(network)).count == 3

    def test_are_failed_ones_only(self) -> None:
        user, member = activated(), staff(password=PASSWORD)
        device = enrolled(user)
        with stopped_clock():
            turned_on(member)
        data = {"username": member.email, "password": PASSWORD}
        for _ in range(3):
            for each in (registered(), suspended(), activated()):
                try_in(each.email, PASSWORD)
            assert Client().post("/admin/login/", data).status_code == 302
            proof = device.prove(passkeys.options_to_sign_in())
            assert Client().post("/logowanie/klucz/", {"passkey": proof})["Location"] == "/konto/"
        assert Counter.objects.get(key=NETWORK_SIGN_INS.key("127.0.0.1")).count == 0

    def test_are_counted_wherever_something_is_asked_again(self) -> None:
        self.enterContext(stopped_clock())
        user = activated()
        _phone, codes = turned_on(user)
        client, network = put_in(user, browser()), HERE
        new = dict.fromkeys(("new_password1", "new_password2"), "Cztery-czerwone-sanki-9")
        step = browser()
        try_in(user.email, PASSWORD, step)
        counted = Counter.objects.filter(key=NETWORK_SIGN_INS.key(network))
        for number, (who, path, data) in enumerate(
            (
                (client, "/konto/potwierdz/", {"password": WRONG}),
                (client, "/haslo/zmiana/", {"old_password": WRONG, **new}),
                (client, "/konto/bezpieczenstwo/klucze/potwierdz/", {"passkey": "{}"}),
                (step, "/logowanie/kod/", {"code": "1" * 24}),
            ),
            start=1,
        ):
            who.post(path, data)
            assert counted.get().count == number, path
        client.post("/konto/potwierdz/", {"password": PASSWORD})
        step.post("/logowanie/kod/?zapasowy", {"code": codes[0]})
        assert is_signed_in(step)
        assert counted.get().count == 4
        for _ in range(NETWORK_SIGN_INS.times):
            NETWORK_SIGN_INS.hit(network)
        for path, data in (
            ("/konto/potwierdz/", {"password": PASSWORD}),
            ("/haslo/zmiana/", {"old_password": PASSWORD, **new}),
        ):
            assert client.post(path, data).status_code == 429, path
        assert User.objects.get(pk=user.pk).check_password(PASSWORD)

    def test_have_a_wider_limit_for_who_knows_a_password(self) -> None:
        user = activated()
        for _ in range(NETWORK_WORK.times):
            NETWORK_WORK.hit("192.0.2.1")
        assert tried(user.email, PASSWORD).outcome is Outcome.NETWORK_WAIT

    def test_cost_one_statement_and_no_hash_once_used_up(self) -> None:
        for _ in range(NETWORK_SIGN_INS.times):
            NETWORK_SIGN_INS.hit("192.0.2.1")
        with self.assertNumQueries(2), mock.patch.object(services, "EmailBackend"):
            assert tried("nikt@example.com").outcome is Outcome.NETWORK_WAIT


@COUNTED
class HashTests(TestCase):
    """What a try costs the processor: two hashes at most, whatever it comes to."""

    def hashes(self, email: str, password: str, **more: Any) -> int:
        CountingHasher.count = 0
        tried(email, password, **more)
        return CountingHasher.count

    def test_are_two_for_whoever_is_not_let_in(self) -> None:
        user, barred, member = activated(), activated(), staff(password=PASSWORD)
        User.objects.filter(pk=barred.pk).update(password_barred_at=timezone.now())
        registered(email=user.email)
        for email, password, digits in (
            ("nikt@example.com", PASSWORD, NUMBER),
            (user.email, WRONG, NUMBER),
            (user.email, PASSWORD, "999"),
            (barred.email, PASSWORD, NUMBER),
            (registered().email, PASSWORD, NUMBER),
            (suspended().email, PASSWORD, NUMBER),
            (member.email, PASSWORD, NUMBER),
        ):
            assert self.hashes(email, password, digits=digits) == 2, email

    def test_are_one_for_who_is_and_none_for_who_waits(self) -> None:
        user = activated()
        assert self.hashes(user.email, PASSWORD) == 1
        for _ in range(5):
            self.hashes(user.email, WRONG)
        assert self.hashes(user.email, PASSWORD) == 0


class StatementTests(TestCase):
    """What a try costs the database."""

    def test_is_six_statements_at_most(self) -> None:
        user = activated()
        # The network, the accounts, two ladders, and what was wrong or that all was right.
        for email in (user.email, "nikt@example.com"):
            with self.assertNumQueries(5):
                tried(email)
        # The network's is taken back.
        with self.assertNumQueries(6):
            tried(user.email, PASSWORD)


class ParallelTests(TransactionTestCase):
    """Twenty tries at the same moment, on whichever database the tests run."""

    serialized_rollback = True

    def test_of_one_network_pass_five(self) -> None:
        user = activated()
        found = at_once(*[partial(tried, user.email)] * 20)
        outcomes = [verdict.outcome for verdict in found]
        assert outcomes.count(Outcome.REFUSED) == 5, found
        assert outcomes.count(Outcome.WAIT) == 15
        # Each has knocked, whatever it came to.
        assert Counter.objects.get(key=NETWORK_SIGN_INS.key("192.0.2.1")).count == 20

    def test_from_everywhere_are_counted_as_twenty(self) -> None:
        user = activated()
        calls: list[Callable[[], Verdict]] = [
            partial(tried, user.email, network=f"198.51.100.{number}") for number in range(20)
        ]
        found = at_once(*calls)
        assert [verdict.outcome for verdict in found] == [Outcome.REFUSED] * 20, found
        assert Counter.objects.get(key=tries.IN_A_ROW.key(user.email_key)).count == 20
        assert tried(user.email, PASSWORD, "192.0.2.9").outcome is Outcome.WAIT
        assert kinds(user) == [Kind.FAILED_SIGN_INS]
        assert OutboxMessage.objects.filter(kind="failed_sign_ins").count() == 1

    def test_with_wrong_digits_bar_once(self) -> None:
        user = activated()
        calls = [
            partial(tried, user.email, PASSWORD, f"198.51.100.{number}", digits="999")
            for number in range(20)
        ]
        at_once(*calls)
        assert is_barred(user)
        assert kinds(user).count(Kind.PASSWORD_BARRED) == 1

    def test_by_real_clients_pass_five(self) -> None:
        user = activated()
        answers = at_once(*[partial(try_in, user.email, WRONG)] * 20)
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses == [200] * 5 + [429] * 15
        assert not is_signed_in(Client())

    def test_on_a_ladder_are_one_row(self) -> None:
        ladder = Ladder("test", times=5, waits=(timedelta(minutes=1),), memory=timedelta(hours=1))
        found = at_once(*[partial(ladder.hit, "x")] * 20)
        assert sorted(each for each in found if each is not None) == [1, 2, 3, 4, 5]
        assert Counter.objects.get().count == 5
