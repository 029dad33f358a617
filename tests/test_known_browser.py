"""A browser in which an account was opened is known; a new one brings its owner a mail."""

import logging
from datetime import timedelta
from io import StringIO
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import mail
from django.test import Client, RequestFactory, TestCase, override_settings

from accounts.models import AccountEvent, OutboxMessage, User
from accounts.services import review
from accounts.sessions.known_browser import MOST_ACCOUNTS, knows, knows_by
from accounts.totp import services as totp
from kantor.serving.models import Session
from tests.browsers import FIREFOX, IPHONE, THERE, browser, signed_in
from tests.clock import later
from tests.desk import come_in
from tests.doors import try_in
from tests.factories import PASSWORD, activated, restore, staff, suspended
from tests.letters import deliver, paths

NAME = settings.KNOWN_BROWSER_COOKIE_NAME
OTHER_KEY = "another-test-key-of-at-least-fifty-characters-0123456789"
NEW_BROWSER = OutboxMessage.Kind.NEW_BROWSER


def cookie_of(client: Client) -> str:
    return str(client.cookies[NAME].value)


def owed(user: User) -> int:
    return OutboxMessage.objects.filter(kind=NEW_BROWSER, user=user).count()


class CookieTests(TestCase):
    """The cookie."""

    def setUp(self) -> None:
        self.user = activated()
        self.client = signed_in(self.user)

    def test_knows_the_account_that_was_opened_and_no_other(self) -> None:
        request = RequestFactory().get("/")
        assert not knows(request, self.user)
        request.COOKIES[NAME] = cookie_of(self.client)
        assert knows(request, self.user)
        assert not knows(request, activated())
        assert not knows(request, None)

    def test_is_closed_to_scripts_and_other_sites_for_half_a_year(self) -> None:
        cookie = self.client.cookies[NAME]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert cookie["path"] == "/"
        assert cookie["max-age"] == timedelta(days=180).total_seconds()

    def test_names_nobody(self) -> None:
        assert str(self.user.pk) not in cookie_of(self.client).split(":")[0].split("-")
        assert self.user.email not in cookie_of(self.client)

    def test_outlives_the_sign_out_and_is_renewed_by_a_sign_in(self) -> None:
        self.client.post("/wyloguj/")
        with later(days=100):
            signed_in(self.user, self.client)
        with later(days=200):
            assert knows_by(cookie_of(self.client), self.user)

    def test_ends_after_half_a_year_whoever_kept_a_copy(self) -> None:
        with later(days=179):
            assert knows_by(cookie_of(self.client), self.user)
        with later(days=182):
            assert not knows_by(cookie_of(self.client), self.user)

    def test_holds_a_family_and_stays_small(self) -> None:
        family = [self.user]
        for _ in range(MOST_ACCOUNTS):
            family.append(activated())
            self.client.post("/wyloguj/")
            signed_in(family[-1], self.client)
        known = [knows_by(cookie_of(self.client), each) for each in family]
        assert known == [False] + [True] * MOST_ACCOUNTS
        assert len(cookie_of(self.client)) < 700

    def test_cannot_be_made_or_changed(self) -> None:
        genuine = cookie_of(self.client)
        for forged in ("", "x", "\x00", genuine[:-1], f"x{genuine}", genuine[::-1], "x" * 9000):
            assert not knows_by(forged, self.user)

    def test_survives_a_change_of_the_sites_key(self) -> None:
        cookie = cookie_of(self.client)
        old = settings.SECRET_KEY
        with override_settings(SECRET_KEY=OTHER_KEY, SECRET_KEY_FALLBACKS=[old]):
            assert knows_by(cookie, self.user)
        with override_settings(SECRET_KEY=OTHER_KEY):
            assert not knows_by(cookie, self.user)

    def test_is_void_once_the_access_was_closed(self) -> None:
        review.suspend(self.user)
        restore(self.user)
        self.user.refresh_from_db()
        assert not knows_by(cookie_of(self.client), self.user)

    def test_is_not_set_for_a_visitor_or_a_failure(self) -> None:
        client = browser()
        client.get("/")
        try_in(self.user.email, "x", client)
        closed = suspended()
        try_in(closed.email, PASSWORD, client)
        assert NAME not in client.cookies

    def test_is_set_for_a_session_that_was_open_before(self) -> None:
        client = browser()
        client.force_login(self.user)
        client.get("/konto/")
        assert knows_by(cookie_of(client), self.user)


class MailTests(TestCase):
    """The mail about a new browser."""

    def setUp(self) -> None:
        self.user = activated()

    def test_is_none_for_the_first_sign_in_of_an_account(self) -> None:
        signed_in(self.user)
        assert owed(self.user) == 0

    def test_is_none_for_a_known_browser_and_one_for_a_new_one(self) -> None:
        client = signed_in(self.user)
        client.post("/wyloguj/")
        signed_in(self.user, client)
        assert owed(self.user) == 0
        new = signed_in(self.user, agent=IPHONE, address=THERE)
        assert owed(self.user) == 1
        new.post("/wyloguj/")
        signed_in(self.user, new)
        assert owed(self.user) == 1

    def test_is_for_the_account_that_the_browser_does_not_know(self) -> None:
        signed_in(self.user)
        client = signed_in(activated())
        client.post("/wyloguj/")
        signed_in(self.user, client)
        assert owed(self.user) == 1

    def test_is_none_for_a_failure(self) -> None:
        signed_in(self.user)
        try_in(self.user.email, "x", browser())
        assert owed(self.user) == 0

    def test_is_owed_at_the_staffs_door_too(self) -> None:
        member = staff(password=PASSWORD)
        come_in(browser(), member)
        assert owed(member) == 0, "The first sign-in of an account is no news."
        totp.turn_off(member)
        come_in(browser(), member)
        assert owed(member) == 1

    def test_tells_when_with_what_and_from_where(self) -> None:
        for language, words in (
            ("pl", ("Logowanie w kantor.pl z nowej przeglądarki", "Safari, iPhone")),
            ("en", ("Sign-in to your kantor.pl account from a new browser", "Safari, iPhone")),
        ):
            user = activated(language=language)
            signed_in(user)
            signed_in(user, agent=IPHONE, address=THERE)
            (letter,) = [each for each in deliver() if each.to == [user.email]][-1:]
            assert letter.subject == words[0]
            html = str(letter.alternatives[0][0])  # type: ignore[attr-defined]
            for text in (str(letter.body), html):
                assert words[1] in text
                assert "2a02:a31b:…" in text
                assert "1234" not in text
                assert "/konto/to-nie-ja/" in text

    def test_is_dropped_when_the_account_was_closed_or_the_event_forgotten(self) -> None:
        for spoil in (lambda: review.suspend(self.user), AccountEvent.objects.all().delete):
            signed_in(self.user)
            signed_in(self.user, agent=IPHONE)
            spoil()
            deliver()
            message = OutboxMessage.objects.filter(kind=NEW_BROWSER, user=self.user).latest("pk")
            assert message.state == OutboxMessage.State.DROPPED
            self.user = activated()


class CanaryTests(TestCase):
    """Nobody's whole address or header is kept, told or logged."""

    AGENT = FIREFOX.replace("Gecko/20100101", "Canary-7f3a/20100101")
    ADDRESS = "203.0.113.199"
    ADDRESS_6 = "2001:db8:77aa:88bb:1:2:3:4"

    def test_is_found_nowhere(self) -> None:
        written = StringIO()
        handler = logging.StreamHandler(written)
        logging.root.addHandler(handler)
        self.addCleanup(logging.root.removeHandler, handler)
        user = activated()
        seen: list[str] = []
        clients = []
        for agent, address in (
            (FIREFOX, "198.51.100.1"),
            (self.AGENT, self.ADDRESS),
            (self.AGENT.replace("Firefox", "Nothing"), self.ADDRESS_6),
        ):
            client = signed_in(user, agent=agent, address=address)
            clients.append(client)
            seen += [client.get("/konto/bezpieczenstwo/").content.decode()]
            seen += [morsel.value for morsel in client.cookies.values()]
        clients[0].post("/konto/bezpieczenstwo/sesje/zakoncz/")
        new = "Cztery-czerwone-sanki-9"
        data = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
        clients[0].post("/haslo/zmiana/", data)
        try_in(user.email, "x", clients[1])
        deliver()
        seen += [str(each.message()) for each in mail.outbox]
        seen += [repr(list(model._base_manager.values())) for model in apps.get_models()]
        seen += [repr([s.get_decoded() for s in self.sessions()])]
        seen.append(written.getvalue())
        everything = "\n".join(seen)
        assert "203.0.x.x" in everything
        assert "2001:db8:…" in everything
        for canary in ("Canary-7f3a", self.ADDRESS, "203.0.113", "db8:77aa", "20100101"):
            assert canary not in everything, canary

    def sessions(self) -> Any:
        return Session.objects.all()


class NewPasswordTests(TestCase):
    """A new password makes copies of the cookie worth nothing."""

    NEW = "Cztery-czerwone-sanki-9"

    def setUp(self) -> None:
        self.user = activated()
        self.client = signed_in(self.user)
        self.copy = cookie_of(self.client)

    def test_that_is_chosen_in_a_known_browser_leaves_only_that_one_known(self) -> None:
        data = {"old_password": PASSWORD, "new_password1": self.NEW, "new_password2": self.NEW}
        self.client.post("/haslo/zmiana/", data)
        self.user.refresh_from_db()
        assert self.user.check_password(self.NEW)
        assert not knows_by(self.copy, self.user)
        assert knows_by(cookie_of(self.client), self.user)
        assert self.client.get("/konto/bezpieczenstwo/").status_code == 200

    def reset_in(self, client: Client) -> None:
        client.post("/haslo/", {"email": self.user.email})
        path = next(path for path in paths(deliver()[-1]) if path.startswith("/haslo/"))
        form = client.get(path)["Location"]
        client.post(form, {"new_password1": self.NEW, "new_password2": self.NEW})
        self.user.refresh_from_db()
        assert self.user.check_password(self.NEW)

    def test_by_mail_keeps_the_browser_that_set_it_known(self) -> None:
        signed_out = Client()
        signed_out.cookies[NAME] = self.copy
        self.reset_in(signed_out)
        assert not knows_by(self.copy, self.user)
        assert knows_by(cookie_of(signed_out), self.user)

    def test_by_mail_in_another_browser_makes_none_known(self) -> None:
        other = Client()
        self.reset_in(other)
        assert not knows_by(self.copy, self.user)
        assert NAME not in other.cookies
