"""Signing in and out: with what, to where, and into which session."""

import unicodedata

from django.conf import settings
from django.test import Client, TestCase

from accounts.models import Counter, User
from accounts.services import review
from accounts.sign_in.kept import SESSION_KEY
from kantor.serving.models import Session
from tests.clock import later
from tests.doors import (
    ACCOUNT,
    GENERIC,
    NUMBER,
    PASSWORD_PATH,
    PATH,
    enters,
    is_signed_in,
    try_in,
    walk_in,
)
from tests.factories import PASSWORD, activated, registered
from tests.letters import activation_path, registering_browser
from tests.links import OTHER_PASSWORD
from tests.walk import Visitor


class SignInTests(TestCase):
    """The sign-in page."""

    def test_takes_every_spelling_of_the_address(self) -> None:
        activated(email="Jan.Kowalski@Example.com")
        for typed in (
            "Jan.Kowalski@Example.com",
            "jan.kowalski@example.com",
            "JAN.KOWALSKI@EXAMPLE.COM",
            "  jan.kowalski@example.com ",
            "\uff4a\uff41\uff4e.kowalski@example.com",
            "jan.kowalski\uff20example\uff0ecom",
        ):
            assert enters(typed, PASSWORD), typed

    def test_takes_both_forms_of_an_international_domain(self) -> None:
        activated(email="jan@żółw.example.com")
        for typed in (
            "jan@żółw.example.com",
            "JAN@ŻÓŁW.example.com",
            "jan@xn--w-uga1v8h.example.com",
        ):
            assert enters(typed, PASSWORD), typed

    def test_takes_the_password_as_other_keyboards_compose_it(self) -> None:
        user = activated(password="Zażółć-gęślą-jaźń-7")
        for form in ("NFC", "NFD"):
            assert enters(user.email, unicodedata.normalize(form, "Zażółć-gęślą-jaźń-7"))

    def test_compares_the_whole_password(self) -> None:
        user = activated(password=PASSWORD)
        for wrong in (PASSWORD[:-1], PASSWORD + "x", PASSWORD.upper(), f" {PASSWORD}", "\x00"):
            Counter.objects.all().delete()
            assert not enters(user.email, wrong), wrong

    def test_leads_to_the_account(self) -> None:
        user = activated(language="en")
        visitor = Visitor().open("/en/").follow("Sign in")
        walk_in(visitor, user.email, PASSWORD)
        assert visitor.posts == [302, 302]
        assert visitor.path == ACCOUNT
        assert visitor.heading == "Your account"
        assert visitor.open(PATH).path == ACCOUNT

    def test_never_shows_the_password_again(self) -> None:
        response = try_in("nikt@example.com", OTHER_PASSWORD)
        assert OTHER_PASSWORD not in response.content.decode()
        assert b"nikt@example.com" in response.content
        assert "no-store" in response["Cache-Control"]

    def test_survives_whatever_is_typed(self) -> None:
        user = activated()
        for email in ("", "x", "\x00", "@", "a@b@c", "ą" * 5000, "a\r\nb@x.pl", "{{7}}"):
            for password in ("", "x", "\x00", "ż" * 5000, "<b>"):
                response = try_in(email, password)
                assert response.status_code in (200, 429), (email, password)
        client = Client()
        client.post(PATH, {"username": user.email})
        twice = {"password": ["x", PASSWORD], "digits": ["1", NUMBER], "username": [user.email] * 2}
        assert client.post(PASSWORD_PATH, twice).status_code == 302
        for path in (PATH, PASSWORD_PATH):
            answer = Client().post(path, b"\xff\xfe", content_type="text/plain")
            assert answer.status_code == 302

    def test_needs_the_token_of_the_form(self) -> None:
        client = Client(enforce_csrf_checks=True)
        for path in (PATH, PASSWORD_PATH):
            assert client.post(path, {"username": "x"}).status_code == 403


class SessionTests(TestCase):
    """The session of who signs in."""

    def setUp(self) -> None:
        self.user = activated(language="en")

    def session(self, client: Client) -> str:
        return client.cookies[settings.SESSION_COOKIE_NAME].value

    def test_has_a_new_key_and_nothing_of_an_unfinished_registration(self) -> None:
        visitor = Visitor().open("/en/rejestracja/").choose("Individual").press("Next")
        before = self.session(visitor.client)
        assert Session.objects.filter(session_key=before).exists()
        walk_in(visitor.open(PATH), self.user.email, PASSWORD)
        after = self.session(visitor.client)
        assert after != before
        assert not Session.objects.filter(session_key=before).exists()
        kept = Session.objects.get(session_key=after).get_decoded()
        own = {"_auth_user_id", "_auth_user_backend", "_auth_user_hash"}
        assert set(kept) == own | {"began", "seen", "confirmed_at", "texts", "aside"}

    def test_has_a_home_page_that_does_not_ask_to_sign_up(self) -> None:
        visitor = Visitor().open("/en/")
        assert visitor.shows("Ready to start?")
        visitor.client.force_login(self.user)
        assert not visitor.open("/en/").shows("Ready to start?")

    def test_is_never_one_that_somebody_planted(self) -> None:
        planted = "a" * 32
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = planted
        try_in(self.user.email, PASSWORD, client)
        assert is_signed_in(client)
        assert self.session(client) != planted
        assert not Session.objects.filter(session_key=planted).exists()

    def test_is_not_made_by_looking_at_the_pages(self) -> None:
        client = Client()
        for path in (PATH, PASSWORD_PATH, f"{PATH}?next=/en/konto/", "/en/logowanie/link/"):
            for _ in range(50):
                client.get(path)
        assert settings.SESSION_COOKIE_NAME not in client.cookies
        assert not Session.objects.exists()

    def test_keeps_the_address_for_a_quarter_of_an_hour_and_never_the_password(self) -> None:
        client = Client()
        try_in(self.user.email, OTHER_PASSWORD, client)
        kept = client.session[SESSION_KEY]
        assert kept["email"] == self.user.email
        assert OTHER_PASSWORD not in str(dict(client.session.items()))
        with later(minutes=14):
            assert client.get(PASSWORD_PATH).status_code == 200
        with later(minutes=16):
            assert client.get(PASSWORD_PATH)["Location"] == PATH

    def test_ends_when_staff_suspend_the_account(self) -> None:
        client = Client()
        try_in(self.user.email, PASSWORD, client)
        review.suspend(self.user)
        assert not is_signed_in(client)

    def test_cookie_is_closed_to_scripts_and_other_sites(self) -> None:
        client = Client()
        try_in(self.user.email, PASSWORD, client)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert cookie["path"] == "/"
        assert not cookie["domain"]


class NextTests(TestCase):
    """The address to go to afterwards."""

    def go(self, address: str, *, by_form: bool) -> str:
        client, user = Client(), activated()
        client.post(PATH, {"username": user.email})
        data = {"password": PASSWORD, "digits": NUMBER}
        if by_form:
            response = client.post(PASSWORD_PATH, data | {"next": address})
        else:
            response = client.post(PASSWORD_PATH, data, query_params={"next": address})
        assert is_signed_in(client)
        return str(response["Location"])

    def test_is_one_of_our_own(self) -> None:
        for address in ("/en/pomoc/", "/konto/", "/konto/?a=b#c", "http://testserver/konto/"):
            for by_form in (True, False):
                assert self.go(address, by_form=by_form) == address

    def test_may_be_any_word_without_a_slash(self) -> None:
        for address in ("foo", "home", "x y"):
            assert self.go(address, by_form=True)

    def test_is_never_somebody_elses(self) -> None:
        for address in (
            "https://evil.example/",
            "http://evil.example/",
            "//evil.example",
            "///evil.example",
            "////evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "\\/evil.example",
            "/\t/evil.example",
            "\t//evil.example",
            "https:evil.example",
            "https:/evil.example",
            "https:///evil.example",
            "http://testserver@evil.example/",
            "http://testserver.evil.example/",
            "//testserver:80@evil.example",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "ftp://testserver/",
            "\x00//evil.example",
            "http://[::1",
            "",
            "x" * 20000 + "//evil.example",
        ):
            for by_form in (True, False):
                found = self.go(address, by_form=by_form)
                assert "evil.example" not in found.partition("?")[0].removesuffix("//evil.example")
                assert found == ACCOUNT or found.startswith("x"), address

    def test_is_kept_by_the_form(self) -> None:
        user = activated(language="en")
        visitor = Visitor().open("/en/konto/?strona=2")
        assert visitor.path.partition("?")[0] == PATH
        walk_in(visitor, user.email, "x")
        assert visitor.errors == [GENERIC]
        visitor.fill({"Password": PASSWORD}).press("Sign in")
        assert visitor.history[-1][1] == "/en/konto/?strona=2"
        stranger = Visitor().open(f"{PATH}?next=https://evil.example/")
        assert not stranger.select("input[name=next]")


class SignOutTests(TestCase):
    """Signing out."""

    def setUp(self) -> None:
        self.client.force_login(activated(language="en"))

    def test_takes_a_post(self) -> None:
        for method in ("GET", "HEAD", "PUT", "DELETE"):
            assert self.client.generic(method, "/en/wyloguj/").status_code == 405
        assert is_signed_in(self.client)
        strict = Client(enforce_csrf_checks=True)
        strict.cookies.update(self.client.cookies)
        assert strict.post("/en/wyloguj/").status_code == 403
        assert is_signed_in(self.client)

    def test_leaves_nothing_behind(self) -> None:
        key = self.client.cookies[settings.SESSION_COOKIE_NAME].value
        visitor = Visitor(self.client).open(ACCOUNT).press("Sign out")
        assert visitor.path == "/en/"
        assert visitor.shows("You have been signed out.")
        assert not Session.objects.exists()
        thief = Client()
        thief.cookies[settings.SESSION_COOKIE_NAME] = key
        assert not is_signed_in(thief)

    def test_forgets_who_registered_in_this_browser(self) -> None:
        user = registered(language="en")
        client = registering_browser(user)
        client.post("/en/wyloguj/")
        client.get(activation_path(user))
        assert not User.objects.get(pk=user.pk).is_active

    def test_does_no_harm_to_who_is_not_signed_in(self) -> None:
        assert Client().post("/en/wyloguj/").status_code == 302
