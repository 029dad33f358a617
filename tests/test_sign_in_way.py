"""The way through the sign-in: what stands there already, and what is asked after it."""

import json
from datetime import timedelta
from functools import partial
from unittest import mock

from django.test import Client, TestCase, override_settings

from accounts import urls
from accounts.models import Counter
from accounts.sessions.returning import NO_PAGES
from accounts.sign_in import kept as keeping
from accounts.sign_in import services
from accounts.sign_in.kept import SESSION_KEY
from tests.browsers import signed_in
from tests.clock import later
from tests.desk import come_in
from tests.doors import (
    NUMBER,
    PASSWORD_PATH,
    PATH,
    digits_label,
    is_signed_in,
    try_in,
    walk_in,
)
from tests.factories import PASSWORD, activated, registered, staff, suspended
from tests.letters import activation_path, registering_browser
from tests.onlooker import COUNTED, observed
from tests.phone import OTHER_KEYS, stopped_clock, turned_on
from tests.walk import Visitor

LOGIN = "Adres e-mail (login)"
CODE = "6 cyfr z aplikacji"


class AddressTests(TestCase):
    """The first page."""

    def test_knows_the_address_after_an_activation_in_this_browser(self) -> None:
        user = registered()
        visitor = Visitor(registering_browser(user)).open(activation_path(user))
        assert visitor.open("/logowanie/").value(LOGIN) == user.email
        assert Visitor().open("/logowanie/").value(LOGIN) == ""

    def test_asks_for_an_address_and_takes_any(self) -> None:
        visitor = Visitor().open("/logowanie/?next=/konto/")
        visitor.press("Dalej")
        assert (visitor.posts, visitor.errors) == ([302], ["Wpisz adres e-mail."])
        for typed in ("x", "to nie jest adres", "@", "ż" * 400, "{{7}}"):
            visitor.open("/logowanie/?next=/konto/").fill({LOGIN: typed}).press("Dalej")
            assert visitor.path == "/logowanie/haslo/?next=%2Fkonto%2F"
            assert visitor.value(LOGIN) == typed[:320]

    def test_offers_a_passkey_among_the_logins_of_the_browser(self) -> None:
        visitor = Visitor().open("/logowanie/?next=/konto/")
        assert visitor.field(LOGIN)["autocomplete"] == "username webauthn"
        form = visitor.element("form[data-passkey]")
        assert form.has_attr("hidden"), "The script shows it where the browser can."
        assert [each["value"] for each in form.select("input[name=next]")] == ["/konto/"]

    def test_has_nothing_to_say_without_an_address(self) -> None:
        client = Client()
        assert client.get(f"{PASSWORD_PATH}?next=/konto/")["Location"] == f"{PATH}?next=%2Fkonto%2F"
        assert client.post(PASSWORD_PATH, {"password": "x", "digits": "1"})["Location"] == PATH


class PasswordTests(TestCase):
    """The second page."""

    def setUp(self) -> None:
        self.user = activated()
        self.visitor = Visitor().open("/logowanie/")
        self.visitor.fill({LOGIN: self.user.email}).press("Dalej")

    def enter(self, password: str = "Nie-to-haslo-7", typed: str = NUMBER) -> Visitor:
        label = digits_label(self.user.email, "pl")
        return self.visitor.fill({"Hasło": password, label: typed}).press("Zaloguj się")

    def stored(self) -> str:
        """Return the row of the session as somebody with the database reads it."""
        return json.dumps(dict(self.visitor.client.session.items()))

    def test_hands_the_address_on_to_who_forgot_something(self) -> None:
        for link in ("Nie znam numeru albo mam nowy", "Nie pamiętam hasła"):
            self.visitor.open("/logowanie/haslo/").follow(link)
            assert self.visitor.value("Adres e-mail (login)") == self.user.email
        with later(timedelta(minutes=16)):
            for path in ("/haslo/", "/logowanie/numer/"):
                assert self.visitor.open(path).value("Adres e-mail (login)") == ""
        assert Visitor().open("/haslo/").value("Adres e-mail (login)") == ""

    def test_asks_kindly_for_three_digits_before_anything_is_judged(self) -> None:
        label = digits_label(self.user.email, "pl")
        words = "Wpisz trzy cyfry albo cały numer telefonu."
        counted = Counter.objects.count()
        for typed in ("1", "12", "abc", "a1b2", "+", "–", "१२"):
            with mock.patch.object(services, "attempt", side_effect=AssertionError):
                self.enter(PASSWORD, typed)
            assert words in self.visitor.error_at(label), typed
            assert self.visitor.value(label) == typed
            assert self.visitor.errors == [words], typed
        assert Counter.objects.count() == counted
        assert self.enter(PASSWORD, "601 234 567").path == "/konto/"

    @COUNTED
    def test_asks_so_alike_for_every_address(self) -> None:
        seen = []
        for email in (
            self.user.email,
            registered().email,
            suspended().email,
            "nikt@example.com",
        ):
            client = Client()
            client.post("/logowanie/", {"username": email})
            data = {"password": PASSWORD, "digits": "12"}
            post = partial(client.post, "/logowanie/haslo/", data)
            page = partial(client.get, "/logowanie/haslo/")
            # Which digits are asked for follows from the address.
            said = [observed(each, email) for each in (post, page)]
            seen.append(
                [
                    (status, cookies, hashes, statements)
                    for status, _page, _headers, cookies, hashes, statements in said
                ]
            )
            assert said[0][4] == 0, "hashes"
        assert seen == [seen[0]] * 4

    def test_keeps_nothing_of_the_number_that_can_be_read(self) -> None:
        label = digits_label(self.user.email, "pl")
        for typed in ("601 234 568", "037", "+48601234568"):
            with mock.patch.object(keeping, "say_once"):
                self.enter(typed=typed)
            assert self.visitor.value(label) == typed
            row = self.stored()
            assert "refused" in row
            assert typed not in row
            with override_settings(TOTP_KEYS=OTHER_KEYS):
                assert self.visitor.reload().value(label) == ""

    def test_says_once_to_who_reads_and_not_to_who_looks_ahead(self) -> None:
        client = self.visitor.client
        with mock.patch.object(keeping, "say_once"):
            self.enter()
        words = "Nieprawidłowy adres e-mail, hasło lub cyfry numeru telefonu."
        for said in (
            {"Sec-Purpose": "prefetch"},
            {"Sec-Purpose": "prefetch;prerender"},
            {"Purpose": "prefetch"},
            {"X-Moz": "prefetch"},
            {"X-Purpose": "preview"},
        ):
            client.get("/logowanie/haslo/", headers=said)
        client.head("/logowanie/haslo/")
        assert self.visitor.open("/logowanie/haslo/").shows(words)
        assert not self.visitor.reload().shows(words)

    def test_says_of_a_passkey_once_to_who_reads(self) -> None:
        client = Client()
        client.post("/logowanie/klucz/", {"passkey": "{}"})
        client.get("/logowanie/klucz/", headers={"Sec-Purpose": "prefetch"})
        client.head("/logowanie/klucz/")
        words = "Ten klucz dostępu nie pozwala się zalogować."
        visitor = Visitor(client).open("/logowanie/klucz/")
        assert visitor.shows(words)
        assert not visitor.reload().shows(words)


class WantedTests(TestCase):
    """Where the sign-in leads afterwards."""

    def test_is_never_an_address_that_only_does_something(self) -> None:
        user = activated()
        for wanted in (
            "/wyloguj/",
            "/en/wyloguj/",
            "/%77yloguj/?x=1",
            "http://testserver/wyloguj/",
            "/konto/sesja/",
            "/logowanie/klucz/opcje/",
            "/konto/bezpieczenstwo/klucze/nowy/opcje/",
            "/konto/dane/email/podpowiedz/",
            "/admin/logout/",
        ):
            answer = try_in(user.email, PASSWORD, prefix="", next=wanted)
            assert answer["Location"] == "/konto/", wanted
            client = signed_in(user)
            assert client.get("/logowanie/", {"next": wanted})["Location"] == "/konto/", wanted

    def test_knows_every_address_that_answers_scripts(self) -> None:
        functions = {
            f"accounts:{pattern.name}"
            for pattern in urls.urlpatterns
            # Our pages are classes; functions without a name put a damaged link right.
            if getattr(pattern, "name", None) and not hasattr(pattern.callback, "view_class")
        }
        assert len(functions) > 5
        assert functions <= NO_PAGES

    def test_is_any_page_of_ours(self) -> None:
        user = activated()
        for wanted in ("/", "/en/konto/", "/pomoc/?a=%C5%BC#b", "/nie-ma-takiej/", "/konto/zgody/"):
            assert try_in(user.email, PASSWORD, prefix="", next=wanted)["Location"] == wanted

    def test_is_no_sign_out_for_staff_either(self) -> None:
        for wanted in ("/admin/logout/", "/wyloguj/"):
            member = staff(superuser=True, password=PASSWORD)
            assert come_in(Client(), member, wanted)["Location"] == "/admin/", wanted


class AfterwardsTests(TestCase):
    """What comes after the right answers."""

    def test_is_the_code_for_who_has_an_authenticator_app(self) -> None:
        with stopped_clock():
            user = activated()
            phone, _codes = turned_on(user)
            visitor = Visitor().open("/logowanie/?next=/konto/bezpieczenstwo/")
            walk_in(visitor, user.email, PASSWORD, language="pl")
            assert visitor.path == "/logowanie/kod/"
            assert not is_signed_in(visitor.client)
            visitor.fill({CODE: phone.code()}).press("Zaloguj się")
        assert visitor.path == "/konto/bezpieczenstwo/"
        assert user.sessions.get().how == "totp"
        assert user.events.filter(kind="signed_in").get().details == {"how": "totp"}
        assert SESSION_KEY not in visitor.client.session

    def test_is_the_code_with_a_recovery_code_too(self) -> None:
        user = activated()
        self.enterContext(stopped_clock())
        _phone, codes = turned_on(user)
        visitor = Visitor().open("/logowanie/")
        walk_in(visitor, user.email, PASSWORD, language="pl")
        visitor.follow("Nie mam telefonu: użyję kodu zapasowego")
        visitor.fill({"Kod zapasowy": codes[0]}).press("Zaloguj się")
        assert visitor.path == "/konto/"
        assert user.sessions.get().how == "recovery_code"

    def test_is_no_code_for_wrong_digits(self) -> None:
        user = activated()
        self.enterContext(stopped_clock())
        turned_on(user)
        visitor = Visitor().open("/logowanie/")
        walk_in(visitor, user.email, PASSWORD, "999", language="pl")
        assert visitor.path == "/logowanie/haslo/"
        assert visitor.open("/logowanie/kod/").path == "/logowanie/"

    def test_is_the_code_for_staff_too_at_their_own_door(self) -> None:
        with stopped_clock():
            member = staff(password=PASSWORD)
            phone, _codes = turned_on(member)
            data = {"username": member.email, "password": PASSWORD, "next": "/admin/"}
            assert self.client.post("/admin/login/", data)["Location"] == "/admin/login/code/"
            assert "_auth_user_id" not in self.client.session
            assert Visitor(self.client).open("/logowanie/kod/").path == "/logowanie/"
            visitor = Visitor(self.client).open("/admin/login/code/")
            visitor.fill({CODE: phone.code()}).press("Zaloguj się")
        assert visitor.path == "/admin/"

    def test_is_never_the_desk_for_who_came_by_the_customers_door(self) -> None:
        member = staff(password=PASSWORD)
        try_in(member.email, PASSWORD, self.client)
        assert "_auth_user_id" not in self.client.session
        customer = activated()
        self.client.post("/admin/login/", {"username": customer.email, "password": PASSWORD})
        assert "_auth_user_id" not in self.client.session

    def test_is_a_page_for_a_pending_and_a_sentence_for_a_suspended_account(self) -> None:
        visitor = Visitor().open("/logowanie/")
        walk_in(visitor, registered().email, PASSWORD, language="pl")
        assert visitor.path == "/logowanie/link/"
        assert visitor.posts == [302, 302]
        assert visitor.reload().status == 200
        visitor = Visitor().open("/logowanie/")
        walk_in(visitor, suspended().email, PASSWORD, language="pl")
        assert visitor.errors == ["Konto jest zablokowane. Zadzwoń: +48 22 859 0218"]
        assert visitor.posts == [302, 302]
        assert visitor.reload().errors == []

    def test_says_that_the_session_expired_on_both_pages(self) -> None:
        expired = "Sesja wygasła. Po zalogowaniu wrócisz na tę samą stronę."
        user = activated()
        visitor = Visitor(signed_in(user))
        with later(timedelta(minutes=16)):
            assert visitor.open("/konto/bezpieczenstwo/").shows(expired)
            visitor.fill({LOGIN: user.email}).press("Dalej")
            assert visitor.shows(expired)
            visitor.open("/konto/bezpieczenstwo/")
            walk_in(visitor, user.email, PASSWORD, language="pl")
            assert visitor.path == "/konto/bezpieczenstwo/"
