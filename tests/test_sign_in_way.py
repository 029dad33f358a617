"""The way through the sign-in: what stands there already, and what is asked after it."""

from datetime import timedelta

from django.test import Client, TestCase

from accounts.sign_in.kept import SESSION_KEY
from tests.browsers import signed_in
from tests.clock import later
from tests.doors import PASSWORD_PATH, PATH, is_signed_in, try_in, walk_in
from tests.factories import PASSWORD, activated, registered, staff, suspended
from tests.letters import activation_path, registering_browser
from tests.phone import stopped_clock, turned_on
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
            assert self.client.post("/admin/login/", data)["Location"] == "/logowanie/kod/"
            assert "_auth_user_id" not in self.client.session
            visitor = Visitor(self.client).open("/logowanie/kod/")
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
