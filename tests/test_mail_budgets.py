"""How many mails strangers can have sent to a mailbox, and what nobody can keep from its owner."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from django.core import mail
from django.db import connection
from django.test import Client, SimpleTestCase, TestCase, TransactionTestCase
from hypothesis import given
from hypothesis import strategies as st

from accounts.limits import Limit, UsedUpError, take_all
from accounts.models import OutboxMessage, User
from accounts.phone import services as phone_link
from accounts.registration import friction
from accounts.services import activation, allowance, one_time_code, registration, waiting
from accounts.services.allowance import Purpose
from accounts.services.credentials import request_password_reset
from accounts.values.email import MAX_LENGTH, mailbox
from accounts.values.visit import NOBODY
from tests.desk import LIST, sit_down
from tests.doors import try_in
from tests.factories import PASSWORD, activated, registered, staff, suspended
from tests.letters import activation_path, deliver, registering_browser
from tests.onlooker import observed
from tests.parallel import at_once
from tests.people import OSOBA
from tests.tries import all_counted, counted, forget_tries, travel
from tests.walk import Visitor

EMAIL = "ofiara@example.com"
HERE, THERE = "192.0.2.1", "198.51.100.7"
HOUR = timedelta(hours=1)


def owed(email: str = EMAIL) -> int:
    """Return how many mails this address was to get so far, whatever becomes of them."""
    return OutboxMessage.objects.filter(recipient__iexact=email).count()


def ask_for_reset(email: str = EMAIL) -> None:
    request_password_reset(email, "pl", str(uuid4()))


def ask_for_code(email: str = EMAIL) -> None:
    one_time_code.send(email, "pl", uuid4(), str(uuid4()))


def finish(email: str = EMAIL, network: str = HERE) -> bool:
    """Finish a registration; tell whether its link is owed at once."""
    user = registered(email=email, network=network)
    return OutboxMessage.objects.filter(user=user).exists()


def finish_elsewhere(email: str = EMAIL) -> None:
    finish(email, network=str(uuid4()))


def ask_for_phone_link(email: str = EMAIL) -> None:
    phone_link.ask(email, "pl", str(uuid4()), visit=NOBODY)


def send_again(email: str = EMAIL) -> None:
    waiting.send_again(uuid4(), email, "pl")


def correct_to(email: str = EMAIL) -> None:
    waiting.correct_address(uuid4(), "inny@example.com", email, "pl")


WITHOUT_CAPTCHA: tuple[Callable[[], object], ...] = (
    ask_for_reset,
    ask_for_code,
    ask_for_phone_link,
)
WITHOUT_FINISHING = (*WITHOUT_CAPTCHA, send_again, correct_to)


class FirstLinkTests(TestCase):
    """The first link of a registration."""

    def test_comes_at_once_after_three_requests_for_a_new_password(self) -> None:
        for _ in range(3):
            Client().post("/haslo/", {"email": OSOBA.email})
            travel(timedelta(minutes=3))
        OSOBA.register(Visitor())
        path = activation_path(User.objects.get())
        assert mail.outbox[-1].to == [OSOBA.email]
        assert Client().get(path).status_code == 200

    def test_comes_at_once_whatever_strangers_asked_for(self) -> None:
        for hour in range(30):
            for act in WITHOUT_FINISHING * 2:
                act()
                travel(timedelta(minutes=3))
            travel(timedelta(minutes=60 - 3 * 2 * len(WITHOUT_FINISHING)))
            if hour in (0, 5, 12, 29):
                assert finish(), hour

    def test_comes_at_once_after_a_stranger_finished_as_often_as_he_could(self) -> None:
        for _hour in range(20):
            for _ in range(4):
                finish(network=THERE)
                for act in WITHOUT_FINISHING:
                    act()
            travel(HOUR)
        assert finish(network=HERE)

    def test_comes_at_once_in_the_very_hour_of_a_stranger(self) -> None:
        for _ in range(6):
            finish(network=THERE)
        assert finish(network=HERE)

    def test_comes_twice_to_who_registers_twice(self) -> None:
        assert finish()
        assert finish()
        assert finish()
        assert not finish()

    def test_begins_the_pause_before_it_is_sent_again(self) -> None:
        finish()
        allowance.LINK_PAUSE.clear(EMAIL)
        OSOBA.addressed(EMAIL).register(Visitor())
        left = allowance.wait(Purpose.SEND_AGAIN, EMAIL)
        assert timedelta(minutes=2) < left <= timedelta(minutes=3)


class CapTests(TestCase):
    """What strangers can do to a mailbox, whatever they do and solve."""

    def most(self, *acts: Callable[[], object]) -> tuple[int, int]:
        """Let them act every ten minutes for a day; return the most mails of an hour, and all."""
        hours = []
        for _hour in range(24):
            before = owed()
            for _ in range(6):
                for act in acts:
                    act()
                travel(timedelta(minutes=10))
            hours.append(owed() - before)
        return max(hours), sum(hours)

    def test_is_three_an_hour_and_seven_a_day_without_a_captcha(self) -> None:
        assert self.most(*WITHOUT_CAPTCHA) == (3, 7)

    def test_is_less_for_who_asks_for_all_but_a_new_password(self) -> None:
        assert self.most(ask_for_code, ask_for_phone_link, send_again, correct_to) == (2, 4)

    def test_is_ten_a_day_for_who_finishes_in_one_network(self) -> None:
        assert self.most(finish, *WITHOUT_FINISHING) == (3, 10)

    def test_is_so_in_any_order_but_for_one_more_in_an_hour(self) -> None:
        others = [act for act in WITHOUT_FINISHING if act is not ask_for_reset]
        assert self.most(*others, ask_for_reset, finish) == (4, 10)

    def test_is_three_for_who_only_finishes_wherever_he_is(self) -> None:
        for _ in range(12):
            finish_elsewhere()
        assert owed() == 3

    def test_is_one_more_a_day_for_who_solves_captchas_in_many_networks(self) -> None:
        assert self.most(*WITHOUT_FINISHING, finish_elsewhere)[1] == 11

    def test_is_one_for_every_spelling_of_a_mailbox(self) -> None:
        spellings = ("jan.nowak+a@gmail.com", "J.A.N.nowak@GoogleMail.com", "jannowak@gmail.com")
        for number in range(12):
            email = spellings[number % 3]
            for act in (ask_for_code, send_again, correct_to, ask_for_reset, finish):
                act(email)
            travel(timedelta(minutes=5))
        assert OutboxMessage.objects.count() == 4


class PurposeTests(TestCase):
    """What one purpose leaves for another."""

    def use_up(self, act: Callable[[], object]) -> None:
        for _ in range(10):
            act()
            travel(timedelta(minutes=3))

    def test_is_another_link_and_another_code_after_any_number_of_resets(self) -> None:
        for purpose in (Purpose.SEND_AGAIN, Purpose.CODE, Purpose.CORRECTION, Purpose.PHONE):
            forget_tries()
            self.use_up(ask_for_reset)
            assert not allowance.ask(purpose, EMAIL), purpose

    def test_is_a_new_password_at_once_whatever_else_strangers_asked_for(self) -> None:
        others = [act for act in WITHOUT_FINISHING if act is not ask_for_reset]
        for hour in range(20):
            for act in (*others, finish, finish_elsewhere) * 2:
                act()
            if hour in (0, 7, 19):
                before = owed()
                ask_for_reset()
                assert owed() == before + 1, hour
            travel(HOUR)

    def test_is_something_every_day(self) -> None:
        for spent in Purpose:
            for purpose in Purpose:
                forget_tries()
                for _hour in range(10):
                    allowance.ask(spent, EMAIL)
                    travel(HOUR)
                if purpose is not spent:
                    assert not allowance.ask(purpose, EMAIL), (spent, purpose)

    def test_is_not_touched_by_what_was_refused(self) -> None:
        for _ in range(50):
            ask_for_code()
        travel(HOUR)
        ask_for_code()
        assert owed() == 2
        assert not allowance.ask(Purpose.SEND_AGAIN, EMAIL)


class AcquaintanceTests(TestCase):
    """Who is no stranger to a mailbox."""

    def setUp(self) -> None:
        self.user = registered(language="en", email=EMAIL)
        self.path = activation_path(self.user)
        for _hour in range(10):
            for act in WITHOUT_FINISHING:
                act()
            travel(HOUR)
        self.user.refresh_from_db()
        assert not registration.resend_link(self.user)

    def test_gets_a_new_link_in_place_of_an_old_one(self) -> None:
        User.objects.filter(pk=self.user.pk).update(link_serial=5)
        assert self.client.post(f"{self.path}ponownie/").status_code == 302
        assert activation_path(self.user) != self.path

    def test_gets_so_many_only(self) -> None:
        User.objects.filter(pk=self.user.pk).update(link_serial=5)
        for _ in range(20):
            self.client.post(f"{self.path}ponownie/")
            travel(timedelta(minutes=3))
        assert User.objects.get(pk=self.user.pk).link_serial == 8

    def test_is_staff_on_the_telephone(self) -> None:
        sit_down(self.client, staff())
        self.client.post(LIST, {"action": "send_link", "_selected_action": [str(self.user.pk)]})
        assert User.objects.get(pk=self.user.pk).link_serial == self.user.link_serial + 1


class KnownBrowserTests(TestCase):
    """The owner in a browser in which his account was opened."""

    def setUp(self) -> None:
        self.email = activated(email="wlasciciel@example.com").email
        self.browser = Client()
        try_in(self.email, PASSWORD, self.browser)
        self.browser.post("/wyloguj/")
        for _hour in range(6):
            ask_for_reset(self.email)
            ask_for_code(self.email)
            ask_for_phone_link(self.email)
            travel(HOUR)

    def asks(self, page: str, client: Client, email: str = "") -> int:
        """Ask there; return how many mails are owed for it."""
        email = email or self.email
        before = owed(email)
        client.post(page, {"email": email})
        return owed(email) - before

    def test_gets_a_link_to_a_new_password_after_any_number_of_strangers(self) -> None:
        assert self.asks("/haslo/", Client()) == 0
        assert self.asks("/haslo/", self.browser) == 1

    def test_gets_a_link_to_the_number_likewise(self) -> None:
        assert self.asks("/logowanie/numer/", Client()) == 0
        assert self.asks("/logowanie/numer/", self.browser) == 1

    def test_sees_nothing_of_another_address(self) -> None:
        seen = []
        for email in (activated().email, registered().email, suspended().email, EMAIL):
            for page in ("/haslo/", "/logowanie/numer/"):
                ask = partial(self.browser.post, page, {"email": email})
                seen.append((page, observed(ask, email)))
        assert [each for page, each in seen if page == "/haslo/"] == [seen[0][1]] * 4
        assert [each for page, each in seen if page != "/haslo/"] == [seen[1][1]] * 4

    def test_is_a_stranger_to_any_other_account(self) -> None:
        for _hour in range(3):
            for act in WITHOUT_CAPTCHA:
                act()
            travel(HOUR)
        assert self.asks("/haslo/", self.browser, EMAIL) == 0


class SecrecyTests(TestCase):
    """What counters tell of an address: nothing."""

    def test_is_the_same_for_every_kind_of_address(self) -> None:
        seen = []
        for make in (activated, registered, suspended, lambda email: None):
            make(email=EMAIL)
            forget_tries()
            answers = [finish(), finish()]
            for act in (*WITHOUT_FINISHING, finish):
                act()
            # The keys are hashes, some of them of networks made up here.
            counts = all_counted()
            waits = [round(allowance.wait(each, EMAIL).total_seconds() / 60) for each in Purpose]
            seen.append((answers, counts, waits))
            User.objects.all().delete()
        assert seen == [seen[0]] * 4


class CorrectionTests(TestCase):
    """Corrections as a way to make the site write to strangers."""

    def test_count_on_the_limit_of_the_network_as_finishing_does(self) -> None:
        user = registered(language="en")
        assert user.attempt is not None
        client = registering_browser(user)
        for _ in range(friction.FINISHES.times - 1):
            friction.FINISHES.hit("127.0.0.1")
        path = f"/en/rejestracja/wyslano/adres/?proba={user.attempt.hex}"
        assert client.post(path, {"email": "x"}).status_code == 200
        assert client.post(path, {"email": "a@example.com"}).status_code == 302
        response = client.post(path, {"email": "b@example.com"})
        assert response.status_code == 429
        assert int(response["Retry-After"]) > 3500
        assert User.objects.get(pk=user.pk).email == "a@example.com"
        elsewhere = client.post(path, {"email": "c@example.com"}, REMOTE_ADDR=THERE)
        assert elsewhere.status_code == 302


class ParallelTests(TransactionTestCase):
    """Several at the same moment."""

    serialized_rollback = True

    def test_of_one_network_take_three_and_leave_a_place_for_another(self) -> None:
        at_once(*[partial(finish, network=THERE)] * 6)
        assert owed() == 3
        assert finish(network=HERE)

    def test_of_one_network_finish_as_many_as_it_may_and_leave_nothing_of_the_others(self) -> None:
        few = Limit("test-finishes", times=3, window=timedelta(hours=1))
        emails = [f"osoba{number}@example.com" for number in range(6)]
        calls = [partial(registered, email=each, network=THERE, finishes=few) for each in emails]
        refused = [each for each in at_once(*calls) if isinstance(each, Exception)]
        assert len(refused) == 3
        for error in refused:
            assert isinstance(error, UsedUpError), error
            assert timedelta(minutes=59) < error.wait <= timedelta(hours=1)
        assert User.objects.count() == OutboxMessage.objects.count()
        assert counted(few, THERE) == User.objects.count() == 3
        written = set(User.objects.values_list("email", flat=True))
        for email in set(emails) - written:
            assert not counted(allowance.FIRST_LINKS[0], mailbox(email))

    def test_at_every_door_take_no_more_than_one_after_the_other(self) -> None:
        acts = (*WITHOUT_FINISHING, finish)
        results = at_once(*acts * 3)
        assert not any(isinstance(each, Exception) for each in results), results
        assert 1 <= owed() <= 4

    def test_an_activation_among_them_harms_nothing(self) -> None:
        user = registered(email=EMAIL)
        results = at_once(partial(activation.activate, user), *[finish] * 3, ask_for_reset)
        assert not any(isinstance(each, Exception) for each in results), results
        assert 1 <= len([each for each in deliver() if each.to == [EMAIL]]) <= 5


class GiveBackTests(TestCase):
    """Giving back in the database what others have taken off meanwhile."""

    def test_whoever_gives_back_what_is_gone_meanwhile_gives_back_nothing(self) -> None:
        # As for those who came too late: counted, and over the limit by then.
        none = Limit("test-none", times=0, window=timedelta(hours=1))

        def begin_anew(execute: Any, sql: str, *rest: Any) -> Any:
            if sql.startswith("UPDATE accounts_counter"):
                with connection.cursor() as cursor:
                    cursor.cursor.execute("UPDATE accounts_counter SET count = 0")
            return execute(sql, *rest)

        with connection.execute_wrapper(begin_anew):
            assert not take_all((none,), EMAIL)
        assert counted(none, EMAIL) == 0


class MailboxTests(SimpleTestCase):
    """Which addresses are one mailbox."""

    def test_is_one_with_and_without_a_tag(self) -> None:
        assert mailbox("Jan+kantor@Example.com") == "jan@example.com"
        assert mailbox("jan+a+b@example.com") == "jan@example.com"
        assert mailbox("+jan@example.com") == "+jan@example.com"

    def test_is_one_at_gmail_with_and_without_dots(self) -> None:
        for spelling in ("j.a.n@gmail.com", "JAN@googlemail.com", "jan.+x@GoogleMail.com"):
            assert mailbox(spelling) == "jan@gmail.com"

    def test_is_another_one_elsewhere(self) -> None:
        assert mailbox("j.a.n@example.com") != mailbox("jan@example.com")
        assert mailbox("jan@gmail.com.pl") != mailbox("jan@gmail.com")

    @given(st.text(max_size=MAX_LENGTH) | st.from_regex(r"[+.a]{0,9}@(gmail\.com|[+.]?)"))
    def test_takes_anything(self, text: str) -> None:
        assert mailbox(mailbox(text)) == mailbox(text)
