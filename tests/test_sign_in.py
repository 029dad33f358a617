"""Signing in and out, the forgotten password, and the page of the signed-in customer."""

import unicodedata
from datetime import timedelta
from functools import partial
from typing import Any
from unittest import mock

from bs4 import BeautifulSoup
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.contrib.sessions.models import Session
from django.core import mail, signing
from django.db.models import F
from django.test import (
    Client,
    RequestFactory,
    SimpleTestCase,
    TestCase,
    override_settings,
)
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts import tokens
from accounts.models import Counter, Kind, OutboxMessage, User
from accounts.services import activation, credentials, registration, review
from accounts.services.credentials import FAILED_SIGN_INS
from accounts.views.network import network_of
from accounts.views.sign_in import PENDING_SALT
from tests.browser import BrowserTestCase
from tests.factories import COMPANY, PASSWORD, activated, registered, staff, suspended
from tests.letters import activation_path, deliver, paths, registering_browser
from tests.onlooker import observed
from tests.walk import Visitor

PATH = "/en/logowanie/"
RESET_PATH = "/en/haslo/"
ACCOUNT = "/en/konto/"
OTHER_PASSWORD = "Cztery-czerwone-sanki-9"
GENERIC = "This e-mail address and password do not match. Check both."


def try_in(email: str, password: str, client: Client | None = None, **extra: Any) -> Any:
    """Send the form of the sign-in page."""
    data = {"username": email, "password": password}
    return (client or Client()).post(PATH, data, **extra)


def is_signed_in(client: Client) -> bool:
    return client.get(ACCOUNT).status_code == 200


def enters(email: str, password: str) -> bool:
    client = Client()
    try_in(email, password, client)
    return is_signed_in(client)


def heading(response: Any) -> str:
    found = BeautifulSoup(response.content, "html.parser").find("h1")
    return " ".join(found.get_text().split()) if found else ""


def travel(by: timedelta) -> None:
    """Let time pass for the counters of tries."""
    Counter.objects.update(ends_at=F("ends_at") - by)


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
        visitor.fill({"E-mail address (login)": user.email, "Password": PASSWORD}).press("Sign in")
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
        response = Client().post(PATH, {"username": [user.email, "x"], "password": ["x", PASSWORD]})
        assert response.status_code == 200
        assert Client().post(PATH, b"\xff\xfe", content_type="text/plain").status_code == 200

    def test_needs_the_token_of_the_form(self) -> None:
        client = Client(enforce_csrf_checks=True)
        assert try_in(activated().email, PASSWORD, client).status_code == 403


class SessionTests(TestCase):
    """The session of who signs in."""

    def setUp(self) -> None:
        self.user = activated(language="en")

    def session(self, client: Client) -> str:
        return client.cookies[settings.SESSION_COOKIE_NAME].value

    def test_has_a_new_key_and_nothing_of_an_unfinished_registration(self) -> None:
        visitor = Visitor().open("/en/rejestracja/").choose("Individual person").press("Next")
        before = self.session(visitor.client)
        assert Session.objects.filter(session_key=before).exists()
        visitor.open(PATH).fill({"E-mail address (login)": self.user.email, "Password": PASSWORD})
        visitor.press("Sign in")
        after = self.session(visitor.client)
        assert after != before
        assert not Session.objects.filter(session_key=before).exists()
        kept = Session.objects.get(session_key=after).get_decoded()
        assert set(kept) == {"_auth_user_id", "_auth_user_backend", "_auth_user_hash"}

    def test_has_a_home_page_that_does_not_ask_to_sign_up(self) -> None:
        visitor = Visitor().open("/en/")
        assert visitor.shows("Ready to start?")
        visitor.client.force_login(self.user)
        assert not visitor.open("/en/?wylogowano").shows("Ready to start?")
        assert not visitor.shows("You have been signed out.")

    def test_is_never_one_that_somebody_planted(self) -> None:
        planted = "a" * 32
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = planted
        try_in(self.user.email, PASSWORD, client)
        assert is_signed_in(client)
        assert self.session(client) != planted
        assert not Session.objects.filter(session_key=planted).exists()

    def test_is_not_made_for_a_failure(self) -> None:
        client = Client()
        try_in(self.user.email, "x", client)
        assert settings.SESSION_COOKIE_NAME not in client.cookies
        assert not Session.objects.exists()

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
        data = {"username": user.email, "password": PASSWORD}
        if by_form:
            response = client.post(PATH, data | {"next": address})
        else:
            response = client.post(PATH, data, query_params={"next": address})
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
        visitor.fill({"E-mail address (login)": user.email, "Password": "x"}).press("Sign in")
        visitor.fill({"Password": PASSWORD}).press("Sign in")
        assert visitor.history[-1][1] == "/en/konto/?strona=2"
        stranger = Visitor().open(f"{PATH}?next=https://evil.example/")
        assert not stranger.page.select("input[name=next]")


class PendingTests(TestCase):
    """Signing in before the account is active."""

    def setUp(self) -> None:
        self.user = registered(language="en")
        self.first = activation_path(self.user)

    def visitor_with(self, password: str) -> Visitor:
        visitor = Visitor().open(PATH)
        visitor.fill({"E-mail address (login)": self.user.email, "Password": password})
        return visitor.press("Sign in")

    def test_offers_a_new_link_after_the_right_password(self) -> None:
        visitor = self.visitor_with(PASSWORD)
        assert visitor.status == 200
        assert visitor.heading == "The account is waiting for activation"
        assert not is_signed_in(visitor.client)
        visitor.press("Send a new link")
        assert visitor.heading == "A new link is on its way"
        path = activation_path(self.user)
        assert path != self.first
        Client().post(path, {"password": PASSWORD})
        assert enters(self.user.email, PASSWORD)

    def test_offers_nothing_after_a_wrong_one(self) -> None:
        visitor = self.visitor_with(OTHER_PASSWORD)
        assert visitor.heading == "Signing in"
        assert visitor.errors == [GENERIC]

    def test_sends_nothing_without_the_proof_of_the_password(self) -> None:
        signer = signing.TimestampSigner(salt=PENDING_SALT)
        genuine = signer.sign(str(self.user.pk))
        with mock.patch("django.core.signing.time.time", return_value=1_700_000_000):
            old = signer.sign(str(self.user.pk))
        for proof in (
            "",
            str(self.user.pk),
            genuine[:-1],
            old,
            signing.TimestampSigner().sign(str(self.user.pk)),
            signer.sign("x"),
            signer.sign("9" * 30),
            "\x00",
            tokens.make(self.user, 1).replace("~", ":"),
        ):
            response = self.client.post("/en/logowanie/link/", {"proof": proof})
            assert response.status_code == 302, proof
        for method in ("GET", "HEAD", "PUT"):
            answer = self.client.generic(method, f"/en/logowanie/link/?proof={genuine}")
            assert answer.status_code == 405
        assert User.objects.get(pk=self.user.pk).link_serial == 1

    def test_sends_one_link_in_three_minutes(self) -> None:
        visitor = self.visitor_with(PASSWORD)
        proof = str(visitor.page.select_one("input[name=proof]")["value"])  # type: ignore[index]
        for _ in range(5):
            self.client.post("/en/logowanie/link/", {"proof": proof})
        assert User.objects.get(pk=self.user.pk).link_serial == 2

    def test_sends_nothing_about_an_account_that_is_not_pending_any_more(self) -> None:
        proof = signing.TimestampSigner(salt=PENDING_SALT).sign(str(self.user.pk))
        activation.activate(self.user)
        for _ in range(2):
            response = self.client.post("/en/logowanie/link/", {"proof": proof})
            assert response["Location"] == "/en/rejestracja/wyslano/ponownie/"
            review.suspend(self.user)
        assert User.objects.get(pk=self.user.pk).link_serial == 1


class LimitTests(TestCase):
    """Failed tries."""

    def setUp(self) -> None:
        self.user = activated()

    def use_up(self, **extra: Any) -> None:
        for _ in range(FAILED_SIGN_INS.times):
            assert try_in(self.user.email, "x", **extra).status_code == 200

    def status(self, email: str | None = None, **extra: Any) -> int:
        return int(try_in(email or self.user.email, PASSWORD, **extra).status_code)

    def test_end_with_a_pause_even_for_the_right_password(self) -> None:
        self.use_up()
        client = Client()
        response = try_in(self.user.email, PASSWORD, client)
        assert response.status_code == 429
        assert response["Retry-After"] == "300"
        assert "Too many tries" in response.content.decode()
        assert not is_signed_in(client)

    def test_are_forgotten_after_five_minutes_however_many_there_were(self) -> None:
        self.use_up()
        for _ in range(20):
            assert self.status() == 429
        travel(timedelta(minutes=5))
        assert self.status() == 302

    def test_are_counted_for_each_address_however_it_is_spelled(self) -> None:
        self.use_up()
        assert self.status(self.user.email.upper()) == 429
        assert self.status(f" {self.user.email} ") == 429
        assert self.status(activated().email) == 302

    def test_do_not_lock_the_owner_out_from_elsewhere(self) -> None:
        self.use_up(REMOTE_ADDR="203.0.113.9")
        assert self.status(REMOTE_ADDR="203.0.113.9") == 429
        assert self.status(REMOTE_ADDR="198.51.100.1") == 302

    def test_are_forgotten_after_a_success(self) -> None:
        for _ in range(3):
            for _ in range(FAILED_SIGN_INS.times - 1):
                try_in(self.user.email, "x")
            assert self.status() == 302

    def test_of_others_are_not_forgotten_after_ones_own_success(self) -> None:
        own = activated()
        for _ in range(FAILED_SIGN_INS.times):
            try_in(self.user.email, "x")
            assert self.status(own.email) == 302
        assert self.status() == 429

    def test_cannot_be_hidden_by_a_forged_header(self) -> None:
        for number in range(FAILED_SIGN_INS.times):
            try_in(self.user.email, "x", headers={"X-Forwarded-For": f"198.51.100.{number}"})
        for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Client-IP", "True-Client-IP"):
            assert self.status(headers={name: "192.0.2.55"}) == 429, name

    @override_settings(TRUSTED_PROXIES=1)
    def test_are_counted_by_what_our_own_proxy_wrote(self) -> None:
        for number in range(FAILED_SIGN_INS.times):
            seen = {"X-Forwarded-For": f"198.51.100.{number}, 203.0.113.9"}
            try_in(self.user.email, "x", headers=seen)
        for forged in ("192.0.2.55, 203.0.113.9", "203.0.113.9", "x, y,203.0.113.9 "):
            assert self.status(headers={"X-Forwarded-For": forged}) == 429, forged
        elsewhere = {"X-Forwarded-For": "203.0.113.9, 198.51.100.1"}
        assert self.status(headers=elsewhere) == 302

    def test_hold_for_the_staffs_door_as_well(self) -> None:
        self.use_up()
        data = {"username": self.user.email, "password": PASSWORD}
        response = Client().post("/admin/login/", data)
        assert response.status_code in (200, 429)
        assert FAILED_SIGN_INS.is_used_up(f"{self.user.email} 127.0.0.1")


class NetworkTests(SimpleTestCase):
    """The network that a request comes from."""

    def network(self, proxies: int, remote: str, forwarded: str | None = None) -> str:
        request = RequestFactory().get("/", REMOTE_ADDR=remote)
        if forwarded is not None:
            request.META["HTTP_X_FORWARDED_FOR"] = forwarded
        with override_settings(TRUSTED_PROXIES=proxies):
            return network_of(request)

    def test_is_one_for_an_ipv4_client_on_a_socket_for_both(self) -> None:
        # Else all of IPv4 would share one /64, and one limit.
        assert self.network(0, "::ffff:203.0.113.9") == "203.0.113.9"
        assert self.network(1, "127.0.0.1", "::ffff:203.0.113.9") == "203.0.113.9"

    def test_is_the_connections_own_without_proxies(self) -> None:
        assert self.network(0, "203.0.113.9", "198.51.100.1") == "203.0.113.9"
        assert self.network(0, "2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64"

    def test_is_read_from_the_right(self) -> None:
        chain = "192.0.2.1, 198.51.100.1,203.0.113.9"
        assert self.network(1, "10.0.0.1", chain) == "203.0.113.9"
        assert self.network(2, "10.0.0.1", chain) == "198.51.100.1"
        assert self.network(3, "10.0.0.1", chain) == "192.0.2.1"
        assert self.network(1, "10.0.0.1", "203.0.113.9, 2001:db8::1") == "2001:db8::/64"

    def test_is_the_connections_own_when_the_header_is_too_short(self) -> None:
        assert self.network(2, "10.0.0.1", "203.0.113.9") == "10.0.0.1"
        assert self.network(3, "10.0.0.1", "192.0.2.1, 203.0.113.9") == "10.0.0.1"

    def test_has_a_name_for_nonsense(self) -> None:
        for nonsense in ("", "x", "1.2.3", "999.1.1.1", "\x00", "fe80::1%eth0%x", "," * 500):
            assert isinstance(self.network(1, "10.0.0.1", nonsense), str)


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
        assert visitor.path == "/en/?wylogowano"
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


class ForgottenPasswordTests(TestCase):
    """Asking for help with a forgotten password."""

    def ask(self, email: str, client: Client | None = None) -> Any:
        return (client or Client()).post(RESET_PATH, {"email": email})

    def test_looks_the_same_for_everybody(self) -> None:
        emails = [
            activated(email="active---@example.com").email,
            registered(email="pending--@example.com").email,
            suspended(email="suspended@example.com").email,
            "unknown--@example.com",
        ]
        asked = [observed(partial(self.ask, email), email) for email in emails]
        again = [observed(partial(self.ask, email), email) for email in emails]
        for seen in (asked, again):
            assert seen[0][0] == 302
            for facts in seen[1:]:
                assert facts == seen[0]
        kind = OutboxMessage.Kind.PASSWORD_RESET
        assert OutboxMessage.objects.filter(kind=kind).count() == len(emails)
        visitor = Visitor().open(RESET_PATH).fill({"E-mail address (login)": "x@example.com"})
        assert visitor.press("Send the link").heading == "Check your mailbox"

    def test_sends_an_active_customer_the_link(self) -> None:
        user = activated(email="Jan@Example.com")
        deliver()
        self.ask("JAN@example.COM")
        deliver()
        assert mail.outbox[-1].to == ["Jan@Example.com"]
        assert any("/haslo/" in path for path in paths(mail.outbox[-1]))
        assert user.password not in str(mail.outbox[-1].body)

    def test_sends_a_pending_customer_the_activation_link(self) -> None:
        user = registered(language="en")
        deliver()
        count = len(mail.outbox)
        self.ask(user.email)
        path = activation_path(user)
        assert len(mail.outbox) == count + 1
        assert not any("/haslo/" in path for path in paths(mail.outbox[-1]))
        Client().post(path, {"password": PASSWORD})
        assert User.objects.get(pk=user.pk).is_active

    def test_sends_nothing_to_suspended_and_unknown_ones(self) -> None:
        closed = suspended()
        registered(email=closed.email)
        deliver()
        count = len(mail.outbox)
        for email in (closed.email, "unknown@example.com"):
            self.ask(email)
        deliver()
        assert len(mail.outbox) == count
        dropped = OutboxMessage.objects.filter(kind=OutboxMessage.Kind.PASSWORD_RESET)
        assert {row.state for row in dropped} == {OutboxMessage.State.DROPPED}

    def test_writes_in_the_language_of_the_account(self) -> None:
        user = activated(language="en")
        Client().post("/haslo/", {"email": user.email})
        deliver()
        assert mail.outbox[-1].extra_headers["Content-Language"] == "en"

    def test_sends_one_mail_in_three_minutes(self) -> None:
        user = activated()
        deliver()
        count = len(mail.outbox)
        for _ in range(5):
            self.ask(user.email)
        assert len(deliver()) == count + 1
        travel(timedelta(minutes=3))
        self.ask(user.email)
        assert len(deliver()) == count + 2

    def test_does_not_write_to_a_look_alike(self) -> None:
        activated(email="mike@example.com")
        deliver()
        count = len(mail.outbox)
        for twin in ("mıke@example.com", "mi\u212ae@example.com", "mike@ex\uff41mple.com"):
            self.ask(twin)
        deliver()
        for message in mail.outbox[count:]:
            assert message.to == ["mike@example.com"]

    def test_survives_whatever_is_typed(self) -> None:
        for email in ("", "x", "\x00", "a@b\r\nBcc: c@d.pl", "ą" * 5000, "a@b.pl, c@d.pl", "<b>"):
            assert self.ask(email).status_code == 200
        assert not OutboxMessage.objects.exists()


class NewPasswordTests(TestCase):
    """The link to a new password."""

    def setUp(self) -> None:
        self.user = activated(language="en")
        self.client.post(RESET_PATH, {"email": self.user.email})
        deliver()
        self.path = next(path for path in paths(mail.outbox[-1]) if "/haslo/" in path)

    def choose(self, visitor: Visitor, first: str, second: str | None = None) -> Visitor:
        visitor.fill({"New password": first, "Confirm the new password": second or first})
        return visitor.press("Save the new password")

    def test_works_once_and_signs_nobody_in(self) -> None:
        visitor = self.choose(Visitor().open(self.path), OTHER_PASSWORD)
        assert visitor.heading == "The password has been changed"
        assert not is_signed_in(visitor.client)
        assert enters(self.user.email, OTHER_PASSWORD)
        assert not enters(self.user.email, PASSWORD)
        for client in (visitor.client, Client()):
            assert Visitor(client).open(self.path).heading == "The link does not work"

    def test_is_told_to_the_owner_once(self) -> None:
        count = len(mail.outbox)
        self.choose(Visitor().open(self.path), OTHER_PASSWORD)
        deliver()
        (notice,) = mail.outbox[count:]
        assert notice.to == [self.user.email]
        assert OTHER_PASSWORD not in str(notice.message())

    def test_is_not_set_when_the_owner_cannot_be_told(self) -> None:
        visitor = Visitor().open(self.path)
        fault = mock.patch("accounts.services.credentials.outbox.put", side_effect=RuntimeError)
        with fault, self.assertRaises(RuntimeError):
            self.choose(visitor, OTHER_PASSWORD)
        assert enters(self.user.email, PASSWORD)

    def test_keeps_the_token_out_of_the_address(self) -> None:
        visitor = Visitor().open(self.path)
        assert visitor.path != self.path
        assert visitor.path.endswith("/set-password/")
        assert visitor.response["Referrer-Policy"] == "strict-origin"
        assert "no-store" in visitor.response["Cache-Control"]

    def test_follows_the_rules_for_passwords(self) -> None:
        visitor = Visitor().open(self.path)
        for bad in (
            "Ab1!",
            "Haslo123!",
            self.user.email,
            "x" * 129,
            "aaaaaaaaaaaaaaaa",
            "\x00" * 9,
        ):
            assert self.choose(visitor, bad).heading == "Set a new password", bad
            assert visitor.errors, bad
            shown = visitor.page.select("input[type=password]")
            assert not any(field.get("value") for field in shown), bad
        self.choose(visitor, OTHER_PASSWORD, PASSWORD)
        assert visitor.errors == ["The passwords are not the same."]
        assert enters(self.user.email, PASSWORD)

    def test_wins_once_when_it_is_open_in_two_windows(self) -> None:
        count = len(mail.outbox)
        first, second = Visitor().open(self.path), Visitor().open(self.path)
        self.choose(first, OTHER_PASSWORD)
        self.choose(second, "Pięć-niebieskich-łódek-5")
        assert second.heading == "The link does not work"
        assert enters(self.user.email, OTHER_PASSWORD)
        assert len(deliver()) == count + 1

    def test_is_set_only_in_place_of_the_one_that_was_there(self) -> None:
        stale = User.objects.get(pk=self.user.pk)
        assert credentials.change_password(self.user, OTHER_PASSWORD)
        assert not credentials.change_password(stale, "Pięć-niebieskich-łódek-5")
        closed = suspended()
        assert not credentials.change_password(closed, OTHER_PASSWORD)
        kind = OutboxMessage.Kind.PASSWORD_CHANGED
        assert [row.user for row in OutboxMessage.objects.filter(kind=kind)] == [self.user]
        assert enters(self.user.email, OTHER_PASSWORD)

    def test_ends_the_other_sessions(self) -> None:
        elsewhere = Client()
        try_in(self.user.email, PASSWORD, elsewhere)
        Counter.objects.all().delete()
        self.client.post(RESET_PATH, {"email": self.user.email})
        deliver()
        path = next(path for path in paths(mail.outbox[-1]) if "/haslo/" in path)
        self.choose(Visitor().open(path), OTHER_PASSWORD)
        assert not is_signed_in(elsewhere)

    def test_lets_in_at_once_whoever_had_tried_too_often(self) -> None:
        for _ in range(7):
            try_in(self.user.email, "x")
        self.choose(Visitor().open(self.path), OTHER_PASSWORD)
        assert enters(self.user.email, OTHER_PASSWORD)

    def test_dies_when_the_account_is_suspended(self) -> None:
        visitor = Visitor().open(self.path)
        review.suspend(self.user)
        assert self.choose(visitor, OTHER_PASSWORD).heading == "The link does not work"
        assert Visitor().open(self.path).heading == "The link does not work"

    def test_dies_with_time(self) -> None:
        with override_settings(PASSWORD_RESET_TIMEOUT=-1):
            assert Visitor().open(self.path).heading == "The link does not work"

    def test_belongs_to_one_account(self) -> None:
        other = activated()
        uid = urlsafe_base64_encode(force_bytes(other.pk))
        token = self.path.rstrip("/").rpartition("/")[2]
        assert Visitor().open(f"/en/haslo/{uid}/{token}/").heading == "The link does not work"

    def test_is_not_made_by_a_link_for_something_else(self) -> None:
        pending = registered(language="en")
        uid = urlsafe_base64_encode(force_bytes(pending.pk))
        for token in (default_token_generator.make_token(pending), tokens.make(pending, 1)):
            assert Visitor().open(f"/en/haslo/{uid}/{token}/").heading == "The link does not work"

    def test_survives_whatever_stands_in_its_place(self) -> None:
        uid, token = self.path.rstrip("/").split("/")[-2:]
        for path in (
            f"{uid}/{token[:-1]}",
            f"{uid}/{token}x",
            f"{uid}/set-password",
            f"{uid}/-",
            f"x{uid}/{token}",
            f"%00/{token}",
            f"{'9' * 400}/{token}",
            f"{urlsafe_base64_encode(b'9' * 40)}/{token}",
            f"{urlsafe_base64_encode(bytes([255, 0]))}/{token}",
            f"{uid}/%00",
            f"%C4%85/{token}",
        ):
            response = Client().get(f"/en/haslo/{path}/")
            assert response.status_code in (200, 404), path


class RealBrowserTests(BrowserTestCase):
    """A real browser, with what it sends beside the form."""

    def test_sets_a_new_password_and_signs_in(self) -> None:
        user = activated(language="en")
        deliver()
        visitor = self.visitor("en").open("/haslo/")
        visitor.fill({"E-mail address (login)": user.email}).press("Send the link")
        path = next(path for path in paths(mail.outbox[-1]) if "/haslo/" in path)
        visitor.open(path).is_at("Set a new password")
        fields = ("New password", "Confirm the new password")
        visitor.fill(dict.fromkeys(fields, OTHER_PASSWORD)).press("Save the new password")
        visitor.is_at("The password has been changed").follow("Sign in", within="main")
        visitor.fill({"E-mail address (login)": user.email, "Password": OTHER_PASSWORD})
        visitor.press("Sign in").is_at("Your account")
        visitor.press("Sign out")
        visitor.open("/konto/").is_at("Signing in")


class AccountPageTests(TestCase):
    """The page of the signed-in customer."""

    def page_of(self, user: User) -> Visitor:
        client = Client()
        client.force_login(user)
        return Visitor(client).open(ACCOUNT)

    def test_sends_a_stranger_to_sign_in_first(self) -> None:
        response = Client().get(ACCOUNT)
        assert response.status_code == 302
        assert response["Location"] == f"{PATH}?next={ACCOUNT}"
        assert Client().get("/konto/")["Location"] == "/logowanie/?next=/konto/"

    def test_shows_the_data_of_a_company(self) -> None:
        page = self.page_of(
            activated(
                Kind.COMPANY,
                corr_street="Krótka",
                corr_house_no="1",
                corr_postal_code="00-950",
                corr_city="Warszawa",
                corr_country="PL",
            )
        )
        for shown in (
            COMPANY["company_name"],
            COMPANY["regon"],
            COMPANY["krs"],
            "526-104-08-28",
            "Długa",
            "31-147",
            "Krótka",
            "Warszawa",
            "Łukasz",
            "Żak",
            "+48 601 234 567",
        ):
            assert page.shows(shown), shown

    def test_shows_the_data_and_consents_of_a_person(self) -> None:
        user = activated(news=True)
        page = self.page_of(user)
        assert page.heading == "Your account"
        for shown in ("Łukasz", "Żak", "Kraków", user.email, "+48 601 234 567"):
            assert page.shows(shown), shown
        consents = page.page.select("ul.consents li")
        assert len(consents) == user.consents.filter(given=True).count()
        assert not page.page.select("#consents-title ~ ul li:-soup-contains('REGON')")

    def test_shows_only_what_was_agreed_to(self) -> None:
        without = len(self.page_of(activated(news=False)).page.select("ul.consents li"))
        with_news = len(self.page_of(activated(news=True)).page.select("ul.consents li"))
        assert with_news == without + 1

    def test_never_shows_anything_of_others(self) -> None:
        other = activated(
            first_name="Niewidoczna",
            last_name="Obca",
            main_city="Gdzieindziej",
            phone="+48221234567",
        )
        user = activated()
        client = Client()
        client.force_login(user)
        for path in (
            ACCOUNT,
            f"{ACCOUNT}?user={other.pk}",
            f"{ACCOUNT}?pk={other.pk}&id={other.pk}",
        ):
            page = client.get(path).content.decode()
            for secret in ("Niewidoczna", "Obca", "Gdzieindziej", "22 123 45 67", other.email):
                assert secret not in page
        assert client.get(f"{ACCOUNT}{other.pk}/").status_code == 404

    def test_escapes_what_was_typed(self) -> None:
        name = "<script>alert(1)</script> & „Żuraw”"
        user = activated(Kind.COMPANY, company_name=name)
        page = self.page_of(user)
        assert page.shows(name)
        assert b"<script>alert" not in page.response.content

    def test_is_kept_by_nobody(self) -> None:
        for client in (Client(), self.page_of(activated()).client):
            assert "no-store" in client.get(ACCOUNT)["Cache-Control"]

    def test_exists_for_staff_without_customer_data(self) -> None:
        assert self.page_of(staff()).heading == "Your account"

    def test_greets_who_opens_the_registration_again(self) -> None:
        visitor = self.page_of(activated()).open("/en/rejestracja/")
        assert visitor.status == 200
        assert not visitor.page.select("main input[name=start-kind]")


class RegistrationAgainTests(TestCase):
    """Registering an address that has an account."""

    def test_tells_the_owner_and_changes_nothing(self) -> None:
        owner = activated(language="en")
        deliver()
        count = len(mail.outbox)
        stranger = registered(language="en", email=owner.email.upper(), password=OTHER_PASSWORD)
        deliver()
        (notice,) = mail.outbox[count:]
        assert notice.to == [owner.email]
        assert enters(owner.email, PASSWORD)
        assert not enters(owner.email, OTHER_PASSWORD)
        assert not registration.resend_link(activated(email="inny@example.com"))
        assert stranger.is_pending
