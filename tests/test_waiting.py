"""The page that waits for the activation link: sending it again, correcting the address."""

from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.core import mail
from django.test import Client, SimpleTestCase, TestCase, override_settings
from django.utils.translation import override

from accounts import tokens
from accounts.models import User
from accounts.services import activation, allowance
from accounts.views.waiting import wait_text
from kantor.serving.models import Session
from kantor.serving.typography import untie
from tests.browser import BrowserTestCase, BrowserVisitor
from tests.doors import walk_in
from tests.factories import PASSWORD, registered
from tests.letters import activation_path, deliver, mails_to, registering_browser
from tests.links import LABEL, heading, is_active
from tests.people import ENGLISH, OSOBA, PERSON
from tests.tries import travel
from tests.walk import Visitor

PAGE = "/en/rejestracja/wyslano/"
STATE = f"{PAGE}stan/"
AGAIN = "Send the message again"
CORRECT = "Correct the e-mail address"
FORGET = "Remove it from this browser"
FIELD = "Correct e-mail address (login)"
SEND = "Correct and send the link"


class PageTests(TestCase):
    """What the page shows."""

    def test_needs_no_account_to_say_where_the_message_went(self) -> None:
        user = registered(language="en")
        client = registering_browser(user)
        before = Visitor(client).open(PAGE).text
        assert user.email in before
        user.delete()
        assert Visitor(client).open(PAGE).text == before

    def test_tells_a_stranger_nothing_without_the_cookie(self) -> None:
        user = registered(language="en")
        page = Visitor().open(PAGE)
        assert user.email not in page.text
        assert page.shows("This browser does not remember a registration")

    def test_says_that_the_account_is_active(self) -> None:
        user = registered(language="en")
        activation.activate(user)
        page = Visitor(registering_browser(user)).open(PAGE)
        assert page.heading == "The account is active – sign in"
        assert AGAIN not in page.buttons()
        assert not page.shows(CORRECT)

    def test_shows_an_address_once_however_often_it_was_registered(self) -> None:
        first, second = (registered(language="en", email="dwa@example.com") for _ in range(2))
        client = registering_browser(first, second)
        assert Visitor(client).open(PAGE).buttons() == [AGAIN, FORGET]
        activation.activate(first)
        page = Visitor(client).open(PAGE)
        assert page.heading == "The account is active – sign in"
        assert page.buttons() == [FORGET]

    def test_shows_each_address_of_this_browser(self) -> None:
        users = [registered(language="en") for _ in range(3)]
        page = Visitor(registering_browser(*users)).open(PAGE)
        assert all(page.shows(user.email) for user in users)
        activation.activate(users[1])
        page.reload()
        assert page.heading == "Check your mailbox"
        assert page.buttons() == [AGAIN, AGAIN, FORGET]
        assert page.shows(f"The account {users[1].email} is active.")

    def test_is_right_even_when_the_last_answer_never_reached_the_browser(self) -> None:
        visitor = PERSON.reach_end(Visitor())
        before = visitor.client.cookies[settings.REGISTRATION_COOKIE_NAME].value
        visitor.press(ENGLISH.register)
        visitor.client.cookies[settings.REGISTRATION_COOKIE_NAME] = before
        visitor.open(PAGE)
        assert visitor.shows(PERSON.email)
        assert visitor.buttons() == [AGAIN, FORGET]

    def test_says_when_the_message_can_be_sent_again(self) -> None:
        visitor = OSOBA.register(Visitor())
        assert visitor.shows("Kolejną wiadomość możesz wysłać za 3 minuty.")
        travel(timedelta(minutes=1, seconds=5))
        assert visitor.reload().shows("Kolejną wiadomość możesz wysłać za 2 minuty.")
        travel(timedelta(minutes=2))
        assert not visitor.reload().shows("możesz wysłać za")

    def test_has_a_plain_link_that_looks_again(self) -> None:
        user = registered(language="en")
        page = Visitor(registering_browser(user)).open(PAGE)
        page.follow("Check whether the account is active")
        assert page.shows("The account is not active yet. Open the link in the message.")
        activation.activate(user)
        page.follow("Check whether the account is active")
        assert not page.shows("not active yet")
        assert page.heading == "The account is active – sign in"

    def test_lets_a_shared_browser_forget(self) -> None:
        users = [registered(language="en") for _ in range(2)]
        path = activation_path(users[0])
        page = Visitor(registering_browser(*users)).open(PAGE).press(FORGET)
        assert page.shows("This browser does not remember a registration")
        assert not any(user.email in page.text for user in users)
        page.open(path)
        assert page.heading == "Activate your account"
        assert not is_active(users[0])

    def test_says_how_to_get_a_message_that_the_allowance_held_back(self) -> None:
        registered(language="en", email="anna@example.com")
        for _ in range(2):
            registered(language="en", email="anna@example.com")
        assert mails_to("anna@example.com") == 3
        fourth = registered(language="en", email="anna@example.com")
        visitor = Visitor(registering_browser(fourth)).open(PAGE)
        assert mails_to("anna@example.com") == 3
        assert visitor.shows("We send at most 3 messages an hour to one address.")
        assert visitor.shows("You can send the next message in 60 minutes.")
        travel(timedelta(hours=1))
        visitor.reload().press(AGAIN)
        assert mails_to("anna@example.com") == 4
        visitor.open(activation_path(fourth))
        assert is_active(fourth)

    def test_is_stored_nowhere_and_makes_no_session(self) -> None:
        client = registering_browser(registered())
        for path in (PAGE, STATE):
            assert "no-store" in client.get(path)["Cache-Control"]
        assert not Session.objects.exists()


class WordsTests(SimpleTestCase):
    """How the pause is told."""

    def test_have_the_right_plural(self) -> None:
        with override("pl"):
            for minutes, words in (
                (1, "za 1 minutę."),
                (2, "za 2 minuty."),
                (5, "za 5 minut."),
                (22, "za 22 minuty."),
                (90, "za 90 minut."),
                (91, "za 2 godziny."),
                (60 * 5, "za 5 godzin."),
                (60 * 22, "za 22 godziny."),
            ):
                assert untie(wait_text(timedelta(minutes=minutes))).endswith(words), minutes

    def test_count_begun_minutes_and_say_nothing_of_none(self) -> None:
        with override("en"):
            assert untie(wait_text(timedelta(seconds=1))).endswith("in 1 minute.")
            assert untie(wait_text(timedelta(seconds=61))).endswith("in 2 minutes.")
            assert wait_text(timedelta(0)) == ""


class StateTests(TestCase):
    """What the script of the page asks."""

    def test_counts_the_active_registrations_of_this_browser(self) -> None:
        user = registered()
        client = registering_browser(user, registered())
        assert client.get(STATE).json() == {"active": 0}
        activation.activate(user)
        assert client.get(STATE).json() == {"active": 1}

    def test_costs_one_statement_and_none_without_the_cookie(self) -> None:
        client = registering_browser(registered(), registered())
        with self.assertNumQueries(1):
            client.get(STATE)
        with self.assertNumQueries(0):
            assert Client().get(STATE).json() == {"active": 0}

    def test_only_looks(self) -> None:
        client = registering_browser(registered())
        for method in ("POST", "PUT", "DELETE"):
            assert client.generic(method, STATE).status_code == 405
        assert client.head(STATE).status_code == 200


class SendAgainTests(TestCase):
    """Sending the message again."""

    def setUp(self) -> None:
        self.user = registered(language="en")
        self.first = activation_path(self.user)
        self.visitor = Visitor(registering_browser(self.user)).open(PAGE)

    def test_ends_the_older_link(self) -> None:
        self.visitor.press(AGAIN)
        assert self.visitor.heading == "A new link is on its way"
        assert mails_to(self.user.email) == 2
        newer = activation_path(self.user)
        assert heading(Client().get(self.first)) == "There is a newer link"
        Visitor().open(newer).fill({LABEL: PASSWORD}).press("Activate account")
        assert is_active(self.user)

    def test_counts_the_first_mail(self) -> None:
        visitor = PERSON.register(Visitor()).press(AGAIN)
        assert visitor.status == 429
        assert visitor.heading == "Please wait a moment"
        assert visitor.shows("You can send the next message in 3 minutes.")
        assert mails_to(PERSON.email) == 1

    def test_tells_the_machine_too_when_it_may(self) -> None:
        self.visitor.press(AGAIN)
        self.visitor.open(PAGE).press(AGAIN)
        assert 170 < int(self.visitor.response["Retry-After"]) <= 180

    def test_is_possible_twice_an_hour_and_three_times_a_day(self) -> None:
        data = {"attempt": self.user.attempt.hex if self.user.attempt else ""}
        for hour in range(1, 7):
            for _ in range(20):
                self.visitor.client.post(PAGE, data)
                deliver()
                travel(timedelta(minutes=3))
            assert mails_to(self.user.email) == 1 + min(2 * hour, 3)
        travel(timedelta(hours=18))
        self.visitor.client.post(PAGE, data)
        assert mails_to(self.user.email) == 5

    def test_names_the_hour_when_that_is_used_up(self) -> None:
        data = {"attempt": self.user.attempt.hex if self.user.attempt else ""}
        for _ in range(3):
            travel(timedelta(minutes=3))
            response = self.visitor.client.post(PAGE, data)
            deliver()
        assert response.status_code == 429
        assert "in 54 minutes" in untie(response.content.decode())
        assert mails_to(self.user.email) == 3

    def test_concerns_only_what_this_browser_registered(self) -> None:
        other = registered(language="en")
        count = len(deliver())
        assert other.attempt is not None
        for attempt in (other.attempt.hex, uuid4().hex, "", "x", "\x00", "9" * 5000):
            response = self.visitor.client.post(PAGE, {"attempt": attempt})
            assert response["Location"] == PAGE
        assert len(deliver()) == count

    def test_needs_the_token_of_the_form(self) -> None:
        client = registering_browser(self.user, enforce_csrf_checks=True)
        assert client.post(PAGE).status_code == 403

    def test_writes_in_the_language_of_the_registration(self) -> None:
        self.visitor.open(PAGE.removeprefix("/en")).press("Wyślij wiadomość ponownie")
        deliver()
        assert mail.outbox[-1].extra_headers["Content-Language"] == "en"


class DoorTests(TestCase):
    """Every door leads a pending customer to one fresh link (T24)."""

    def setUp(self) -> None:
        self.user = registered(language="en")
        deliver()
        mail.outbox.clear()

    def sign_in(self) -> Visitor:
        visitor = Visitor().open("/en/logowanie/")
        walk_in(visitor, self.user.email, PASSWORD)
        return visitor

    def assert_one_good_link(self) -> None:
        assert mails_to(self.user.email) == 1
        Visitor().open(activation_path(self.user)).fill({LABEL: PASSWORD}).press("Activate account")
        assert User.objects.filter(email_key=self.user.email_key, is_active=True).exists()

    def test_registering_again(self) -> None:
        registered(language="en", email=self.user.email)
        self.assert_one_good_link()

    def test_signing_in(self) -> None:
        self.sign_in().press("Send a new link")
        self.assert_one_good_link()

    def test_signing_in_too_soon_is_told(self) -> None:
        allowance.LINK_PAUSE.hit(self.user.email_key)
        visitor = self.sign_in().press("Send a new link")
        assert visitor.status == 429
        assert visitor.shows("in 3 minutes")
        assert mails_to(self.user.email) == 0

    def test_resetting_the_password(self) -> None:
        visitor = Visitor().open("/en/haslo/").fill({"E-mail address (login)": self.user.email})
        visitor.press("Send the link")
        self.assert_one_good_link()

    def test_an_expired_link(self) -> None:
        with override_settings(ACTIVATION_LINK_HOURS=0):
            token = "/en/aktywacja/" + self.token() + "/"
            Visitor().open(token).press("Send a new link")
        self.assert_one_good_link()

    def test_the_waiting_page(self) -> None:
        Visitor(registering_browser(self.user)).open(PAGE).press(AGAIN)
        self.assert_one_good_link()

    def token(self) -> str:
        return tokens.make(self.user, self.user.link_serial)


class TwoBrowsersTests(BrowserTestCase):
    """The page turns by itself when the link is opened on another device (T35)."""

    def test_turns_within_ten_seconds(self) -> None:
        for language in ("pl", "en"):
            email = f"zuzanna.{language}@example.com"
            waiting = self.visitor(language).register("Individual", email=email)
            waiting.is_at("Check your mailbox")
            link = self.activation_link()
            other = self.visitor(language)
            other.open(link).fill({LABEL: "Rower-Sowa-Brzoza-Mgła-74"})
            self.assert_turns(waiting, other)

    def assert_turns(self, waiting: BrowserVisitor, other: BrowserVisitor) -> None:
        waiting.show_tab()
        other.press("Activate account")
        words = (
            "Konto aktywne – zaloguj się"
            if waiting.language == "pl"
            else ("The account is active – sign in")
        )
        waiting.page.get_by_role("heading", level=1, name=words).wait_for()
        region = waiting.page.locator("[data-waiting]")
        assert untie(region.text_content() or "") == words
        assert words in untie(waiting.page.title())
        waiting.fits()
        waiting.reload()
        assert waiting.heading == words
