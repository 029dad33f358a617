""" "To nie ja": the owner says by the link of a mail that a sign-in was not his."""

from datetime import timedelta
from functools import partial
from typing import Any

from django.test import Client, TestCase, TransactionTestCase

from accounts import disowning
from accounts.contact import services as contact
from accounts.models import AccountEvent, AuthenticatorApp, User
from accounts.passkeys import services as passkeys
from accounts.passkeys.services import Outcome
from accounts.phone import services as phone
from accounts.services import credentials, events
from accounts.services import disowning as service
from accounts.services.disowning import LinkState
from accounts.sessions.known_browser import knows_by
from accounts.totp import services as totp
from accounts.values.visit import NOBODY
from kantor.serving.models import Session
from tests.authenticator import enrolled
from tests.browsers import IPHONE, THERE, browser, signed_in
from tests.clock import later
from tests.doors import enters, is_signed_in, try_in
from tests.factories import PASSWORD, activated, customer_of, suspended
from tests.letters import deliver, paths
from tests.links import heading
from tests.parallel import at_once
from tests.phone import stopped_clock, turned_on
from tests.test_known_browser import cookie_of
from tests.walk import Visitor

Kind = AccountEvent.Kind
NEW = "Cztery-czerwone-sanki-9"
BUTTON = "To nie ja, zablokuj hasło"
SAFE = "Konto jest już bezpieczne"


def link_in_mail(user: User) -> str:
    """Return the path of the link in the newest mail about a new browser."""
    return next(
        path
        for letter in reversed(deliver())
        if letter.to == [user.email]
        for path in paths(letter)
        if path.startswith("/konto/to-nie-ja/")
    )


def facts(user: User) -> list[Any]:
    """Return what the link could change."""
    user = User.objects.get(pk=user.pk)
    return [
        user.password_barred_at,
        user.access_serial,
        user.password,
        Session.objects.filter(account_id=user.pk).count(),
        user.events.count(),
    ]


class LinkTests(TestCase):
    """The link of a mail, as the owner of the account and others open it."""

    def setUp(self) -> None:
        self.user = activated()
        self.own = signed_in(self.user)
        self.thief = signed_in(self.user, agent=IPHONE, address=THERE)
        self.path = link_in_mail(self.user)
        self.visitor = Visitor()

    def test_asks_and_says_which_sign_in_is_meant(self) -> None:
        self.visitor.open(self.path)
        assert self.visitor.heading == "To nie Ty?"
        assert self.visitor.shows("Safari, iPhone")
        assert self.visitor.buttons() == [BUTTON]
        assert "no-store" in self.visitor.response["Cache-Control"]
        assert self.visitor.response["Referrer-Policy"] == "strict-origin"

    def test_ends_all_sessions_bars_the_password_and_says_what_next(self) -> None:
        self.visitor.open(self.path).press(BUTTON)
        assert self.visitor.posts == [302]
        assert self.visitor.path == self.path
        assert self.visitor.heading == SAFE
        assert not is_signed_in(self.thief)
        assert not is_signed_in(self.own)
        assert not enters(self.user.email, PASSWORD)
        assert self.visitor.follow("Ustaw nowe hasło").path == "/haslo/"
        assert self.user.events.filter(kind=Kind.DISOWNED).count() == 1

    def test_makes_every_browser_unknown(self) -> None:
        self.visitor.open(self.path).press(BUTTON)
        self.user.refresh_from_db()
        assert not knows_by(cookie_of(self.thief), self.user)

    def test_leaves_the_way_by_the_mailbox_open(self) -> None:
        self.visitor.open(self.path).press(BUTTON)
        self.visitor.open("/haslo/").fill({"Adres e-mail (login)": self.user.email})
        self.visitor.press("Wyślij link")
        reset = next(path for path in paths(deliver()[-1]) if path.startswith("/haslo/"))
        self.visitor.open(reset)
        self.visitor.fill({"Nowe hasło": NEW, "Potwierdzenie nowego hasła": NEW})
        self.visitor.press("Zapisz nowe hasło")
        assert User.objects.get(pk=self.user.pk).password_barred_at is None
        assert enters(self.user.email, NEW)

    def test_works_though_whoever_signed_in_has_changed_the_password(self) -> None:
        data = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
        self.thief.post("/haslo/zmiana/", data)
        self.visitor.open(self.path).press(BUTTON)
        assert not is_signed_in(self.thief)
        assert not enters(self.user.email, NEW)

    def test_works_for_who_is_signed_in_himself(self) -> None:
        own = Visitor(self.own).open(self.path).press(BUTTON)
        assert own.heading == SAFE
        assert not is_signed_in(self.own)

    def test_changes_nothing_by_being_looked_at(self) -> None:
        before = facts(self.user)
        for client in (Client(), self.thief, Client(headers={"Sec-Purpose": "prefetch"})):
            for method in ("get", "head"):
                assert getattr(client, method)(self.path).status_code == 200
        assert Client().put(self.path).status_code == 405
        assert Client(enforce_csrf_checks=True).post(self.path).status_code == 403
        assert facts(self.user) == before

    def test_does_it_once(self) -> None:
        self.visitor.open(self.path)
        post = self.visitor.post_of(BUTTON)
        self.visitor.send(post)
        before = facts(self.user)
        assert self.visitor.send(post).heading == SAFE
        assert self.visitor.reload().heading == SAFE
        assert facts(self.user) == before

    def test_is_over_when_the_owner_has_a_new_password_by_mail(self) -> None:
        self.visitor.open(self.path)
        post = self.visitor.post_of(BUTTON)
        self.visitor.send(post)
        self.user.refresh_from_db()
        assert credentials.change_password(self.user, NEW, is_reset=True)
        before = facts(self.user)
        answer = Client().get(self.path)
        assert (answer.status_code, heading(answer)) == (410, "To już załatwione")
        assert self.visitor.send(post).heading == "To już załatwione"
        assert facts(self.user) == before
        assert enters(self.user.email, NEW)

    def test_works_for_seven_days(self) -> None:
        with later(days=7, seconds=-2):
            assert Client().get(self.path).status_code == 200
        before = facts(self.user)
        with later(days=7):
            answer = Client().get(self.path)
            assert (answer.status_code, heading(answer)) == (410, "Ten link stracił ważność")
            Client().post(self.path)
        assert facts(self.user) == before

    def test_is_late_too_when_the_event_is_forgotten(self) -> None:
        AccountEvent.objects.all().delete()
        assert Client().get(self.path).status_code == 410
        assert Client().post(self.path).status_code == 302

    def test_cannot_be_made_up(self) -> None:
        token = self.path.rstrip("/").rpartition("/")[2]
        for forged in ("x", token[:-1], token[::-1], f"1{token}", "1~" + "A" * 43, "~" * 40):
            path = f"/konto/to-nie-ja/{forged}/"
            answer = Client().get(path)
            assert (answer.status_code, heading(answer)) == (404, "Ten link nie działa")
            assert Client().post(path).status_code == 302
        assert User.objects.get(pk=self.user.pk).password_barred_at is None

    def test_works_for_a_closed_account_and_tells_nothing_of_it(self) -> None:
        closed = suspended()
        event = events.record(closed, Kind.SIGNED_IN, visit=NOBODY)
        path = f"/konto/to-nie-ja/{disowning.make(event)}/"
        visitor = Visitor().open(path).press(BUTTON)
        assert visitor.heading == SAFE

    def test_speaks_english(self) -> None:
        user = activated(language="en")
        signed_in(user)
        signed_in(user, agent=IPHONE)
        (path,) = [p for p in paths(deliver()[-1]) if p.startswith("/en/konto/to-nie-ja/")]
        assert Visitor().open(path).heading == "Was it not you?"


class MethodTests(TestCase):
    """What whoever signed in has added to the account."""

    def setUp(self) -> None:
        self.enterContext(stopped_clock())
        self.user = activated()
        self.own = enrolled(self.user)
        signed_in(self.user)
        signed_in(self.user, agent=IPHONE, address=THERE)
        self.path = link_in_mail(self.user)
        self.visitor = Visitor()

    def test_a_passkey_of_that_time_opens_nothing_and_an_older_one_still_does(self) -> None:
        thief = enrolled(self.user)
        self.visitor.open(self.path).press(BUTTON)
        assert self.visitor.shows("Usunęliśmy klucze dostępu dodane od tamtego logowania")
        assert not self.visitor.shows("aplikację z kodami, którą")
        credentials.change_password(
            User.objects.get(pk=self.user.pk), NEW, is_reset=True, visit=NOBODY
        )
        outcomes = [
            passkeys.sign_in(device.prove(passkeys.options_to_sign_in())).outcome
            for device in (thief, self.own)
        ]
        assert outcomes == [Outcome.REFUSED, Outcome.ACCEPTED]
        assert enters(self.user.email, NEW)
        event = self.user.events.get(kind=Kind.METHOD_REMOVED)
        assert event.details["method"] == "passkey"

    def test_an_app_of_that_time_is_turned_off_with_its_codes(self) -> None:
        turned_on(self.user)
        self.visitor.open(self.path).press(BUTTON)
        assert self.visitor.shows("Wyłączyliśmy aplikację z kodami")
        assert not totp.is_on(self.user)
        assert not self.user.recovery_codes.exists()
        assert self.user.events.get(kind=Kind.METHOD_REMOVED).details["method"] == "totp"

    def test_new_recovery_codes_are_void_and_the_older_app_stays(self) -> None:
        turned_on(self.user)
        AuthenticatorApp.objects.update(created_at=self.user.created_at - timedelta(days=1))
        self.visitor.open(self.path).press(BUTTON)
        assert self.visitor.shows("Kody zapasowe utworzone od tamtego logowania")
        assert totp.is_on(self.user)
        assert not self.user.recovery_codes.exists()

    def test_older_ones_stay_and_nothing_is_said_of_them(self) -> None:
        turned_on(self.user)
        earlier = self.user.created_at - timedelta(days=1)
        AuthenticatorApp.objects.update(created_at=earlier)
        self.user.recovery_codes.update(created_at=earlier)
        self.visitor.open(self.path).press(BUTTON)
        assert totp.is_on(self.user)
        assert self.user.recovery_codes.exists()
        assert self.user.passkeys.count() == 1
        assert not self.visitor.shows("od tamtego logowania")
        assert not self.user.events.filter(kind=Kind.METHOD_REMOVED).exists()


class TooLateTests(TestCase):
    """What whoever signed in had sent a moment before."""

    def test_changes_nothing(self) -> None:
        user = activated()
        signed_in(user)
        found = User.objects.select_related("customer").get(pk=user.pk)
        service.disown(user.events.get(kind=Kind.SIGNED_IN), visit=NOBODY)
        before = facts(user)
        assert not phone.change(found, "+48512345678")
        assert not contact.ask(found, "zlodziej@example.com", visit=NOBODY)
        assert not credentials.change_password(found, NEW)
        assert facts(user) == before
        assert customer_of(user).phone == found.customer.phone
        assert not user.email_changes.exists()
        # The mailbox alone leads on.
        assert credentials.change_password(found, NEW, is_reset=True)


class ParallelTests(TransactionTestCase):
    """Several clicks at the same moment."""

    serialized_rollback = True

    def test_do_it_once(self) -> None:
        user = activated()
        client = signed_in(user)
        event = user.events.get()
        states = at_once(*[partial(service.disown, event, visit=NOBODY)] * 6)
        assert states == [LinkState.BARRED] * 6
        assert user.events.filter(kind=Kind.DISOWNED).count() == 1
        assert User.objects.get(pk=user.pk).access_serial == 1
        assert not is_signed_in(client)

    def test_leave_no_sign_in_open_that_comes_at_the_same_moment(self) -> None:
        user = activated()
        signed_in(user)
        event = user.events.get()
        client = browser()
        at_once(
            partial(service.disown, event, visit=NOBODY),
            partial(try_in, user.email, PASSWORD, client),
        )
        assert not is_signed_in(client)
