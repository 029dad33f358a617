"""The activation link: who may use it, when, how often, and what everybody else sees."""

import unicodedata
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from unittest import mock
from urllib.parse import quote

from bs4 import BeautifulSoup
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.contrib.sessions.models import Session
from django.core import mail, signing
from django.db.models import F
from django.test import Client, TestCase, TransactionTestCase, override_settings
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts import tokens
from accounts.models import (
    ConsentRecord,
    Counter,
    Customer,
    OutboxMessage,
    Source,
    SurveyAnswer,
    User,
)
from accounts.registration import browser
from accounts.services import activation, registration, review
from accounts.services.activation import PASSWORD_TRIES, LinkState
from accounts.views.sign_in import PENDING_SALT
from tests.browser import BrowserTestCase
from tests.factories import PASSWORD, activated, registered
from tests.letters import (
    activation_path,
    deliver,
    newest_path,
    paths,
    registering_browser,
    token_of,
)
from tests.parallel import at_once
from tests.walk import Visitor

Kind = OutboxMessage.Kind
OTHER_PASSWORD = "Cztery-czerwone-sanki-9"
LABEL = "Password chosen at registration"
ONE_HOUR = timedelta(hours=1)


def facts() -> list[Any]:
    """Return everything that an activation, a sign-in or a mail would change."""
    return [
        sorted(User.objects.values_list("pk", "is_active", "activated_at", "link_serial")),
        sorted(OutboxMessage.objects.values_list("pk", "kind", "state")),
        SurveyAnswer.objects.count(),
        Session.objects.count(),
    ]


def is_active(user: User) -> bool:
    return User.objects.get(pk=user.pk).is_active


def welcomes(user: User) -> int:
    return OutboxMessage.objects.filter(kind=Kind.WELCOME, user=user).count()


def travel(by: timedelta) -> None:
    """Let time pass for the counters of tries."""
    Counter.objects.update(ends_at=F("ends_at") - by)


def link_of_age(user: User, age: timedelta) -> str:
    """Return the path of the newest link, signed so long ago."""
    moment = (timezone.now() - age).timestamp()
    with mock.patch("django.core.signing.time.time", return_value=moment):
        return reverse("accounts:activation", args=[tokens.make(user, user.link_serial)])


def heading(response: Any) -> str:
    found = BeautifulSoup(response.content, "html.parser").find("h1")
    return " ".join(found.get_text().split()) if found else ""


def actions(response: Any) -> list[str]:
    """Return the words of what looks like a button in the main part."""
    main = BeautifulSoup(response.content, "html.parser").find("main")
    return [" ".join(each.get_text().split()) for each in main.select(".button")] if main else []


class RegisteringBrowserTests(TestCase):
    """The browser that registered."""

    def setUp(self) -> None:
        self.user = registered(language="en")
        self.path = activation_path(self.user)
        self.client = registering_browser(self.user)

    def test_activates_by_opening_and_ends_at_an_address_without_the_token(self) -> None:
        visitor = Visitor(self.client).open(self.path)
        assert visitor.path == "/en/aktywacja/gotowe/"
        assert visitor.heading == "The account is active"
        user = User.objects.get(pk=self.user.pk)
        assert user.is_active
        assert user.activated_at is not None
        assert token_of(self.path) not in visitor.response.content.decode()

    def test_is_not_signed_in_by_activating(self) -> None:
        self.client.get(self.path)
        assert is_active(self.user)
        assert not Session.objects.exists()
        assert self.client.get("/konto/").status_code == 302

    def test_changes_nothing_by_head(self) -> None:
        before = facts()
        assert self.client.head(self.path).status_code == 200
        assert facts() == before

    def test_changes_nothing_by_prefetching(self) -> None:
        before = facts()
        for headers in (
            {"Sec-Purpose": "prefetch"},
            {"Sec-Purpose": "prefetch;prerender"},
            {"Sec-Purpose": "prefetch;anonymous-client-ip"},
            {"Sec-Purpose": "Prefetch"},
            {"Purpose": "prefetch"},
            {"Purpose": "prefetch", "Sec-Purpose": "prefetch"},
        ):
            response = self.client.get(self.path, headers=headers)
            assert response.status_code == 200, headers
            assert facts() == before, headers
        self.client.get(self.path)
        assert is_active(self.user)

    def test_knows_each_of_its_registrations(self) -> None:
        second = registered(language="en")
        client = registering_browser(self.user, second)
        client.get(self.path)
        client.get(activation_path(second))
        assert is_active(self.user)
        assert is_active(second)

    def test_is_known_by_a_cookie_that_scripts_and_other_sites_cannot_use(self) -> None:
        cookie = self.client.cookies[settings.REGISTRATION_COOKIE_NAME]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert cookie["max-age"] == (settings.ACTIVATION_LINK_HOURS + 24) * 3600

    def test_is_not_known_by_a_forged_cookie(self) -> None:
        assert self.user.attempt is not None
        attempt = self.user.attempt.hex
        genuine = self.client.cookies[settings.REGISTRATION_COOKIE_NAME].value
        for forged in (
            "",
            attempt,
            f"{attempt}:",
            f"{attempt}:{genuine.rpartition(':')[2][:-1]}",
            signing.Signer().sign(attempt),
            signing.Signer(salt=tokens.SALT).sign(attempt),
            signing.Signer(salt=browser.SALT, key="another key").sign(attempt),
            signing.Signer(salt=browser.SALT).sign("not an id"),
            genuine.replace(attempt[:8], "00000000"),
            "\x00" * 100,
            "é" * 4000,
        ):
            client = Client()
            client.cookies[settings.REGISTRATION_COOKIE_NAME] = forged
            response = client.get(self.path)
            assert heading(response) == "Activate your account", forged
            assert not is_active(self.user), forged

    def test_does_not_activate_what_another_browser_registered(self) -> None:
        stranger = registering_browser(registered(language="en"))
        assert heading(stranger.get(self.path)) == "Activate your account"
        assert not is_active(self.user)


class OtherBrowserTests(TestCase):
    """Any other browser."""

    def setUp(self) -> None:
        self.user = registered(
            language="en", email="grazyna.wrona@poczta.example.com", last_name="Brzęczyszczykiewicz"
        )
        self.path = activation_path(self.user)

    def test_is_asked_for_the_password_and_learns_nothing(self) -> None:
        before = facts()
        response = self.client.get(self.path)
        assert response.status_code == 200
        assert heading(response) == "Activate your account"
        page = response.content.decode()
        for secret in ("grazyna.wrona", "poczta.example", "Brzęczyszczykiewicz", "Łukasz"):
            assert secret not in page
        assert "B•••" in page
        assert facts() == before

    def test_keeps_the_link_to_itself(self) -> None:
        for path in (self.path, f"{self.path}to-nie-ja/"):
            response = self.client.get(path)
            assert "no-store" in response["Cache-Control"]
            # Not no-referrer: browsers would post the form with "Origin: null" (see below).
            assert response["Referrer-Policy"] == "strict-origin"

    def test_activates_with_the_password_and_signs_nobody_in(self) -> None:
        visitor = Visitor(self.client).open(self.path)
        visitor.fill({LABEL: PASSWORD}).press("Activate account")
        assert visitor.heading == "The account is active"
        assert is_active(self.user)
        assert not Session.objects.exists()
        assert self.client.get("/konto/").status_code == 302

    def test_may_type_the_password_on_a_keyboard_that_composes_letters_otherwise(self) -> None:
        self.user.password = registered(password="Zażółć-gęślą-jaźń-7").password
        self.user.save()
        path = reverse("accounts:activation", args=[tokens.make(self.user, 1)])
        typed = unicodedata.normalize("NFD", "Zażółć-gęślą-jaźń-7")
        self.client.post(path, {"password": typed})
        assert is_active(self.user)

    def test_is_refused_with_a_wrong_password(self) -> None:
        before = facts()
        wrong = ("x", PASSWORD + " ", PASSWORD.lower(), "\x00", "ż" * 5000)
        for password in wrong:
            PASSWORD_TRIES.clear(str(self.user.pk))
            response = self.client.post(self.path, {"password": password})
            assert response.status_code == 200, password
            assert heading(response) == "Activate your account"
            assert b"error-summary" in response.content
            assert password not in response.content.decode() or password == "x"
        assert facts() == before

    def test_sends_the_password_by_post_only(self) -> None:
        before = facts()
        self.client.get(self.path, {"password": PASSWORD})
        self.client.head(self.path, {"password": PASSWORD})
        for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
            assert self.client.generic(method, self.path).status_code == 405, method
        assert facts() == before

    def test_is_refused_without_the_token_of_the_form(self) -> None:
        client = Client(enforce_csrf_checks=True)
        assert client.post(self.path, {"password": PASSWORD}).status_code == 403
        assert client.post(f"{self.path}to-nie-ja/").status_code == 403
        assert not is_active(self.user)

    def test_may_be_a_scanner_that_runs_scripts_and_sends_forms(self) -> None:
        before = facts()
        for number in range(20):
            scanner = Client(enforce_csrf_checks=True)
            page = BeautifulSoup(scanner.get(self.path).content, "html.parser")
            form = page.select_one("main form")
            assert form is not None
            filled = {
                str(each["name"]): str(each.get("value") or f"guess{number}")
                for each in form.select("input[name]")
            }
            assert scanner.post(self.path, filled).status_code in (200, 429)
            assert scanner.head(self.path).status_code == 200
            assert scanner.get(f"{self.path}to-nie-ja/").status_code == 200
        assert facts() == before
        # The customer can still do both: at once where he registered, a little later elsewhere.
        travel(timedelta(minutes=15))
        self.client.post(self.path, {"password": PASSWORD})
        assert is_active(self.user)

    def test_may_try_five_passwords_in_a_quarter_of_an_hour(self) -> None:
        for _ in range(5):
            assert self.client.post(self.path, {"password": "x"}).status_code == 200
        wherever = Client(REMOTE_ADDR="198.51.100.7")
        for client in (self.client, wherever):
            response = client.post(self.path, {"password": PASSWORD})
            assert response.status_code == 429
            assert heading(response) == "Too many tries"
        assert not is_active(self.user)
        travel(timedelta(minutes=15))
        wherever.post(self.path, {"password": PASSWORD})
        assert is_active(self.user)

    def test_does_not_prolong_the_wait_by_trying_on(self) -> None:
        for _ in range(6):
            self.client.post(self.path, {"password": "x"})
        first = PASSWORD_TRIES.wait(str(self.user.pk))
        assert timedelta(0) < first <= timedelta(minutes=15)
        for _ in range(10):
            self.client.post(self.path, {"password": "x"})
        assert PASSWORD_TRIES.wait(str(self.user.pk)) <= first

    def test_leaves_the_limit_of_others_alone(self) -> None:
        for _ in range(6):
            self.client.post(self.path, {"password": "x"})
        other = registered(language="en")
        self.client.post(activation_path(other), {"password": PASSWORD})
        assert is_active(other)
        registering_browser(self.user).get(self.path)
        assert is_active(self.user)

    def test_does_not_spend_a_try_on_an_empty_form(self) -> None:
        for _ in range(10):
            assert self.client.post(self.path, {"password": ""}).status_code == 200
        self.client.post(self.path, {"password": PASSWORD})
        assert is_active(self.user)


class RealBrowserTests(BrowserTestCase):
    """A real browser other than the one that registered, with what it sends beside the form."""

    def setUp(self) -> None:
        self.user = registered(language="en")
        deliver()
        self.person = self.visitor("en")

    def test_activates_with_the_password(self) -> None:
        self.person.open(self.activation_link()).is_at("Activate your account")
        self.person.fill({LABEL: PASSWORD}).press("Activate account")
        self.person.is_at("The account is active")

    def test_refuses_the_registration(self) -> None:
        self.person.open(self.activation_link()).follow("It was not me")
        self.person.press("It was not me, delete the data")
        self.person.is_at("The data have been deleted")
        assert not User.objects.filter(pk=self.user.pk).exists()

    def test_gets_a_new_link_for_an_expired_one(self) -> None:
        with override_settings(ACTIVATION_LINK_HOURS=0):
            self.person.open(self.activation_link(), status=410).press("Send a new link")
        self.person.is_at("A new link is on its way")
        assert User.objects.get(pk=self.user.pk).link_serial == 2


class PageTests(TestCase):
    """A link that no longer activates."""

    def setUp(self) -> None:
        self.user = registered(language="en")
        self.path = activation_path(self.user)

    def assert_page(self, status: int, title: str, action: str, path: str | None = None) -> None:
        """The same page for everybody, with one way on; and nothing is changed by looking."""
        path = path or self.path
        before = facts()
        for client in (Client(), registering_browser(self.user)):
            for response in (client.get(path), client.post(path, {"password": PASSWORD})):
                assert response.status_code == status
                assert heading(response) == title
                assert actions(response) == [action]
                assert "no-store" in response["Cache-Control"]
            assert client.head(path).status_code == status
        assert facts() == before

    def test_leads_to_signing_in_when_it_was_used(self) -> None:
        registering_browser(self.user).get(self.path)
        self.assert_page(200, "The account is already active", "Sign in")

    def test_leads_to_a_new_link_when_it_expired(self) -> None:
        with override_settings(ACTIVATION_LINK_HOURS=0):
            self.assert_page(410, "The link has expired", "Send a new link")

    def test_lives_48_hours(self) -> None:
        old = link_of_age(self.user, timedelta(hours=48, seconds=2))
        self.assert_page(410, "The link has expired", "Send a new link", old)
        registering_browser(self.user).get(link_of_age(self.user, timedelta(hours=47, minutes=59)))
        assert is_active(self.user)

    def test_leads_to_the_newer_link_when_there_is_one(self) -> None:
        assert registration.resend_link(self.user)
        self.assert_page(410, "There is a newer link", "Send a new link")

    def test_is_superseded_even_after_it_expired(self) -> None:
        assert registration.resend_link(self.user)
        with override_settings(ACTIVATION_LINK_HOURS=0):
            self.assert_page(410, "There is a newer link", "Send a new link")

    def test_dies_with_the_password_it_was_made_for(self) -> None:
        self.user.set_password(OTHER_PASSWORD)
        self.user.save()
        self.assert_page(410, "There is a newer link", "Send a new link")

    def test_dies_with_the_address_it_was_sent_to(self) -> None:
        self.user.email = "poprawiony@example.com"
        self.user.save()
        self.assert_page(410, "There is a newer link", "Send a new link")

    def test_does_not_revive_what_staff_closed_after_the_activation(self) -> None:
        activation.activate(self.user)
        review.suspend(self.user)
        self.assert_page(410, "The account is suspended", "Call +48 22 859 0218")

    def test_does_not_open_what_staff_closed_before_the_activation(self) -> None:
        review.suspend(self.user)
        self.assert_page(410, "The account is suspended", "Call +48 22 859 0218")
        review.unsuspend(self.user)
        registering_browser(self.user).get(self.path)
        assert is_active(self.user)

    def test_leads_to_a_new_registration_when_the_old_one_was_purged(self) -> None:
        long_ago = timezone.now() - timedelta(days=33)
        User.objects.update(created_at=long_ago)
        OutboxMessage.objects.update(created_at=long_ago)
        assert registration.purge() == 1
        self.assert_page(404, "The link does not work", "Sign up")

    def test_leads_to_a_new_registration_when_the_owner_refused_it(self) -> None:
        assert activation.refuse(self.user)
        self.assert_page(404, "The link does not work", "Sign up")

    def test_says_what_it_says_in_polish_too(self) -> None:
        activation.activate(self.user)
        response = self.client.get(self.path.removeprefix("/en"))
        assert BeautifulSoup(response.content, "html.parser").html["lang"] == "pl"  # type: ignore[index]

    def test_sends_no_second_mail_about_an_active_account(self) -> None:
        registering_browser(self.user).get(self.path)
        deliver()
        count = len(mail.outbox)
        for _ in range(3):
            registering_browser(self.user).get(self.path)
            self.client.post(self.path, {"password": PASSWORD})
            self.client.post(f"{self.path}ponownie/")
            self.client.post(f"{self.path}to-nie-ja/")
        deliver()
        assert len(mail.outbox) == count
        assert welcomes(self.user) == 1


class TokenTests(TestCase):
    """The token in the link."""

    def setUp(self) -> None:
        self.user = registered(language="en")
        self.token = tokens.make(self.user, 1)

    def assert_broken(self, token: str) -> None:
        assert activation.examine(token) == (LinkState.BROKEN, None), token

    def test_is_worth_nothing_after_any_change(self) -> None:
        assert activation.examine(self.token)[0] is LinkState.VALID
        for position, sign in enumerate(self.token):
            before, after = self.token[:position], self.token[position + 1 :]
            self.assert_broken(before + after)
            self.assert_broken(before + sign + sign + after)
            for other in "0aA_-.~":
                if other != sign:
                    self.assert_broken(before + other + after)
            if sign.swapcase() != sign:
                self.assert_broken(before + sign.swapcase() + after)
            self.assert_broken(before)

    def test_has_a_page_for_whatever_stands_in_its_place(self) -> None:
        client = registering_browser(self.user)
        for token in (
            self.token[:-1],
            self.token[:40],
            self.token.upper(),
            self.token + "=",
            " " + self.token,
            "x",
            "~~~",
            ":::",
            "..",
            "1.2.3:4:5",
            "%",
            "\x00",
            "ą\u202e\ufffe",
            "<script>",
            "{{ 7 }}",
            "a" * 5000,
            "'; DROP TABLE accounts_user; --",
        ):
            response = client.get(f"/en/aktywacja/{quote(token, safe='')}/")
            assert response.status_code == 404, token
            assert not is_active(self.user)
        assert client.get("/en/aktywacja/%ff%fe/").status_code == 404

    def test_says_nothing_of_the_account(self) -> None:
        assert self.user.email not in self.token
        assert self.user.password not in self.token

    def test_is_signed_by_the_key_of_the_site(self) -> None:
        with override_settings(SECRET_KEY="another key"):
            foreign = tokens.make(self.user, 1)
            self.assert_broken(self.token)
        self.assert_broken(foreign)

    def test_survives_the_exchange_of_the_key(self) -> None:
        old = settings.SECRET_KEY
        with override_settings(SECRET_KEY="the new key", SECRET_KEY_FALLBACKS=[old]):
            # Another key makes another fingerprint: the way on is a new link, never an error.
            assert activation.examine(self.token)[0] in (LinkState.VALID, LinkState.SUPERSEDED)

    def test_is_not_one_of_another_purpose(self) -> None:
        user = activated(language="en")
        reset = default_token_generator.make_token(user)
        cookie = registering_browser(self.user).cookies[settings.REGISTRATION_COOKIE_NAME].value
        proof = signing.TimestampSigner(salt=PENDING_SALT).sign(str(self.user.pk))
        attempt = self.user.attempt
        assert attempt is not None
        for other in (
            reset,
            default_token_generator.make_token(self.user),
            cookie,
            proof,
            signing.TimestampSigner().sign(f"{attempt.hex}.1.x"),
            signing.TimestampSigner(salt=tokens.SALT).sign(attempt.hex),
            signing.TimestampSigner(salt=tokens.SALT).sign(f"{attempt.hex}.one.x"),
        ):
            self.assert_broken(other)
            self.assert_broken(other.replace(":", "~"))

    def test_opens_no_other_door(self) -> None:
        for user in (self.user, activated(language="en")):
            token = tokens.make(user, 1)
            uid = urlsafe_base64_encode(force_bytes(user.pk))
            visitor = Visitor().open(f"/en/haslo/{uid}/{token}/")
            assert visitor.heading == "The link does not work"
            visitor.client.post("/en/logowanie/link/", {"proof": token})
            visitor.client.post("/en/logowanie/link/", {"proof": token.replace("~", ":")})
            assert User.objects.get(pk=user.pk).link_serial == 1

    def test_belongs_to_one_registration(self) -> None:
        other = registered(language="en", email=self.user.email)
        registering_browser(self.user, other).get(f"/en/aktywacja/{self.token}/")
        assert is_active(self.user)
        assert not User.objects.filter(pk=other.pk).exists()


class NewLinkTests(TestCase):
    """Asking for another link."""

    def setUp(self) -> None:
        self.user = registered(language="en")
        self.path = activation_path(self.user)

    def test_replaces_an_expired_one(self) -> None:
        with override_settings(ACTIVATION_LINK_HOURS=0):
            visitor = Visitor().open(self.path).press("Send a new link")
        assert visitor.heading == "A new link is on its way"
        newer = activation_path(self.user)
        assert newer != self.path
        assert heading(self.client.get(self.path)) == "There is a newer link"
        Visitor().open(newer).fill({LABEL: PASSWORD}).press("Activate account")
        assert is_active(self.user)

    def test_replaces_a_superseded_one(self) -> None:
        registration.resend_link(self.user)
        Counter.objects.all().delete()
        Visitor().open(self.path).press("Send a new link")
        assert User.objects.get(pk=self.user.pk).link_serial == 3

    def test_is_sent_once_in_three_minutes(self) -> None:
        registration.resend_link(self.user)
        for _ in range(5):
            response = self.client.post(f"{self.path}ponownie/")
            assert response["Location"] == "/en/rejestracja/wyslano/ponownie/"
        assert User.objects.get(pk=self.user.pk).link_serial == 2
        travel(timedelta(minutes=3))
        self.client.post(f"{self.path}ponownie/")
        assert User.objects.get(pk=self.user.pk).link_serial == 3

    def test_is_never_sent_for_looking(self) -> None:
        before = facts()
        for hours in (0, 48):
            with override_settings(ACTIVATION_LINK_HOURS=hours):
                for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS"):
                    response = self.client.generic(method, f"{self.path}ponownie/")
                    assert response.status_code in (405, 410), method
        assert facts() == before

    def test_is_not_sent_while_the_old_one_works(self) -> None:
        response = self.client.post(f"{self.path}ponownie/")
        assert response["Location"] == self.path
        assert User.objects.get(pk=self.user.pk).link_serial == 1

    def test_is_not_sent_to_whom_staff_suspended(self) -> None:
        review.suspend(self.user)
        assert self.client.post(f"{self.path}ponownie/").status_code == 410
        assert User.objects.get(pk=self.user.pk).link_serial == 1

    def test_comes_in_the_language_of_the_registration(self) -> None:
        with override_settings(ACTIVATION_LINK_HOURS=0):
            self.client.post(self.path.removeprefix("/en") + "ponownie/")
        deliver()
        assert mail.outbox[-1].extra_headers["Content-Language"] == "en"
        assert paths(mail.outbox[-1])[0].startswith("/en/")

    def test_makes_the_older_mail_pointless(self) -> None:
        user = registered(language="en")
        registration.resend_link(user)
        sent = [message for message in deliver() if message.to == [user.email]]
        assert len(sent) == 1


class RefusalTests(TestCase):
    """ "It was not me"."""

    def setUp(self) -> None:
        self.user = registered(language="en")
        self.path = activation_path(self.user)
        message = next(m for m in mail.outbox if m.to == [self.user.email])
        (self.refusal,) = {path for path in paths(message) if path.endswith("/to-nie-ja/")}

    def test_asks_once_and_changes_nothing_by_asking(self) -> None:
        before = facts()
        visitor = Visitor().open(self.refusal)
        assert visitor.heading == "Wasn’t it you?"
        self.client.head(self.refusal)
        assert facts() == before

    def test_deletes_everything_with_one_click(self) -> None:
        registration.resend_link(self.user)
        newer = activation_path(self.user)
        visitor = Visitor().open(f"{newer}to-nie-ja/").press("It was not me, delete the data")
        assert visitor.heading == "The data have been deleted"
        for model in (User, Customer, ConsentRecord, OutboxMessage):
            assert not model._default_manager.exists(), model

    def test_works_from_an_older_mail_too(self) -> None:
        registration.resend_link(self.user)
        visitor = Visitor().open(self.refusal).press("It was not me, delete the data")
        assert visitor.heading == "The data have been deleted"
        assert not User.objects.exists()

    def test_stops_mails_that_were_not_sent_yet(self) -> None:
        registration.resend_link(self.user)
        self.user.refresh_from_db()
        count = len(mail.outbox)
        token = tokens.make(self.user, self.user.link_serial)
        self.client.post(f"/en/aktywacja/{token}/to-nie-ja/")
        deliver()
        assert len(mail.outbox) == count

    def test_leaves_other_registrations_of_the_address_alone(self) -> None:
        own = registered(language="en", email=self.user.email)
        self.client.post(self.refusal)
        assert not User.objects.filter(pk=self.user.pk).exists()
        assert User.objects.filter(pk=own.pk).exists()

    def test_is_possible_after_the_link_expired(self) -> None:
        with override_settings(ACTIVATION_LINK_HOURS=0):
            Visitor().open(self.refusal).press("It was not me, delete the data")
        assert not User.objects.filter(pk=self.user.pk).exists()

    def test_deletes_no_account_that_is_active_or_suspended(self) -> None:
        activation.activate(self.user)
        response = self.client.post(self.refusal)
        assert heading(response) == "The account is already active"
        review.suspend(self.user)
        response = self.client.post(self.refusal)
        assert heading(response) == "The account is suspended"
        assert User.objects.filter(pk=self.user.pk).exists()

    def test_comes_too_late_when_the_account_was_activated_meanwhile(self) -> None:
        stale = User.objects.get(pk=self.user.pk)
        activation.activate(self.user)
        assert not activation.refuse(stale)
        assert is_active(self.user)


class PreHijackTests(TestCase):
    """Somebody who registers another person's address with a password of his own."""

    EMAIL = "ofiara@example.com"

    def attack(self, email: str = EMAIL) -> User:
        return registered(
            language="en", email=email, password=OTHER_PASSWORD, first_name="Napastnik"
        )

    def defend(self) -> User:
        return registered(language="en", email=self.EMAIL, password=PASSWORD, first_name="Ofiara")

    def paths_of(self, victim: User, attacker: User) -> tuple[str, str]:
        """Return the paths of the two links; all mails go to the victim's mailbox."""
        deliver()
        assert all(message.to in ([victim.email], [attacker.email]) for message in mail.outbox)
        victims, attackers = (f"/en/aktywacja/{tokens.make(u, 1)}/" for u in (victim, attacker))
        return victims, attackers

    def assert_only_the_victim_lives(self, victim: User) -> None:
        account = User.objects.get(activated_at__isnull=False)
        assert account.pk == victim.pk
        assert account.customer.first_name == "Ofiara"
        for password, enters in ((OTHER_PASSWORD, False), (PASSWORD, True)):
            client = Client()
            client.post("/logowanie/", {"username": self.EMAIL, "password": password})
            assert ("_auth_user_id" in client.session) is enters

    def test_gains_nothing_by_coming_first(self) -> None:
        attacker, victim = self.attack(), self.defend()
        path, others = self.paths_of(victim, attacker)
        # Whatever the victim clicks, with his own password or in his own browser …
        assert heading(registering_browser(victim).get(others)) == "Activate your account"
        self.client.post(others, {"password": PASSWORD})
        assert not User.objects.filter(is_active=True).exists()
        self.client.post(path, {"password": PASSWORD})
        self.assert_only_the_victim_lives(victim)
        assert not User.objects.filter(pk=attacker.pk).exists()

    def test_gains_nothing_by_coming_second(self) -> None:
        victim, attacker = self.defend(), self.attack()
        path, others = self.paths_of(victim, attacker)
        self.client.post(path, {"password": OTHER_PASSWORD})
        assert not User.objects.filter(is_active=True).exists()
        assert heading(registering_browser(victim).get(others)) == "Activate your account"
        registering_browser(victim).get(path)
        self.assert_only_the_victim_lives(victim)
        assert not User.objects.filter(pk=attacker.pk).exists()

    def test_gains_nothing_by_coming_afterwards(self) -> None:
        victim = self.defend()
        registering_browser(victim).get(activation_path(victim))
        attacker = self.attack()
        deliver()
        about = mail.outbox[-1]
        assert about.to == [self.EMAIL]
        assert not any("/aktywacja/" in path for path in paths(about))
        # Not even with the link, should it ever get out.
        path = reverse("accounts:activation", args=[tokens.make(attacker, 1)])
        response = registering_browser(attacker).get(path)
        assert response.status_code < 500
        self.assert_only_the_victim_lives(victim)

    def test_gains_nothing_by_another_spelling(self) -> None:
        attacker = self.attack("OFIARA@Example.COM")
        victim = self.defend()
        path, _others = self.paths_of(victim, attacker)
        self.client.post(path, {"password": PASSWORD})
        self.assert_only_the_victim_lives(victim)
        assert not User.objects.filter(pk=attacker.pk).exists()

    def test_does_not_see_the_victims_registration_in_his_own_browser(self) -> None:
        attacker, victim = self.attack(), self.defend()
        path, _others = self.paths_of(victim, attacker)
        assert heading(registering_browser(attacker).get(path)) == "Activate your account"
        assert not User.objects.filter(is_active=True).exists()

    def test_gains_nothing_by_the_forgotten_password(self) -> None:
        attacker = self.attack()
        self.client.post("/en/haslo/", {"email": self.EMAIL})
        path = newest_path(self.EMAIL, "/aktywacja/")
        client = Client()
        client.post(path, {"password": PASSWORD})
        assert not is_active(attacker)

    def test_cannot_keep_the_victim_from_refusing(self) -> None:
        attacker = self.attack()
        path = activation_path(attacker)
        Visitor().open(path).follow("It was not me").press("It was not me, delete the data")
        assert not User.objects.filter(pk=attacker.pk).exists()


class ServiceTests(TestCase):
    """Activating."""

    def test_deletes_the_other_pending_accounts_of_the_address(self) -> None:
        first, second = (registered(email="dwa@example.com") for _ in range(2))
        neighbour = registered()
        activation.activate(second)
        assert not User.objects.filter(pk=first.pk).exists()
        assert not Customer.objects.filter(user_id=first.pk).exists()
        assert User.objects.filter(pk=neighbour.pk).exists()

    def test_keeps_what_staff_suspended(self) -> None:
        suspicious, honest = (registered(email="dwa@example.com") for _ in range(2))
        review.suspend(suspicious)
        activation.activate(honest)
        assert User.objects.filter(pk=suspicious.pk).exists()

    def test_owes_one_welcome_mail(self) -> None:
        user = registered()
        for stale in [User.objects.get(pk=user.pk) for _ in range(3)]:
            assert activation.activate(stale) is LinkState.ACTIVE
            assert stale.is_active
        assert welcomes(user) == 1

    def test_does_nothing_when_another_account_of_the_address_is_active(self) -> None:
        owner = activated(email="dwa@example.com")
        late = registered(email="dwa@example.com")
        assert activation.activate(late) is LinkState.ACTIVE
        assert not is_active(late)
        assert welcomes(late) == 0
        assert is_active(owner)

    def test_answers_how_things_stand_when_they_changed_meanwhile(self) -> None:
        changes: list[tuple[Callable[[User], object], LinkState]] = [
            (registration.resend_link, LinkState.SUPERSEDED),
            (lambda user: User.objects.update(password="another"), LinkState.SUPERSEDED),
            (review.suspend, LinkState.SUSPENDED),
            (activation.refuse, LinkState.BROKEN),
        ]
        for change, state in changes:
            user = registered()
            stale = User.objects.get(pk=user.pk)
            change(user)
            assert activation.activate(stale) is state
            assert not User.objects.filter(is_active=True).exists()

    def test_has_a_page_for_each_such_change(self) -> None:
        for change, title in (
            (registration.resend_link, "There is a newer link"),
            (review.suspend, "The account is suspended"),
            (activation.refuse, "The link does not work"),
        ):
            user = registered(language="en")
            path = activation_path(user)
            found = activation.examine(token_of(path))
            change(user)
            with mock.patch.object(activation, "examine", return_value=found):
                response = registering_browser(user).get(path)
            assert heading(response) == title

    def test_writes_nothing_when_the_mail_cannot_be_owed(self) -> None:
        user = registered()
        fault = mock.patch("accounts.services.activation.outbox.put", side_effect=RuntimeError)
        with fault, self.assertRaises(RuntimeError):
            activation.activate(user)
        assert not is_active(user)


class SurveyTests(TestCase):
    """The question after the activation."""

    def setUp(self) -> None:
        self.user = registered(language="en")
        self.visitor = Visitor(registering_browser(self.user)).open(activation_path(self.user))
        self.first, self.second = Source.objects.filter(is_active=True)[:2]

    def answer(self) -> SurveyAnswer | None:
        return SurveyAnswer.objects.filter(user=self.user).first()

    def test_may_be_left_unanswered(self) -> None:
        assert is_active(self.user)
        self.visitor.press("Send the answer")
        assert self.visitor.status == 200
        assert self.visitor.heading == "The account is active"
        assert self.answer() is None
        assert "Sign in" in actions(self.visitor.response)

    def test_keeps_the_first_answer(self) -> None:
        self.visitor.fill({"How do you know kantor.pl?": self.first.name_en})
        self.visitor.press("Send the answer")
        assert self.visitor.shows("Thank you for your answer.")
        assert "Send the answer" not in self.visitor.buttons()
        path = "/en/aktywacja/gotowe/"
        self.visitor.client.post(path, {"source": self.second.pk, "details": "no, rather"})
        answer = self.answer()
        assert answer is not None
        assert (answer.source, answer.details) == (self.first, "")

    def test_keeps_the_details(self) -> None:
        path = "/en/aktywacja/gotowe/"
        self.visitor.client.post(path, {"source": self.first.pk, "details": "Gazeta „Żuraw”"})
        answer = self.answer()
        assert answer is not None
        assert answer.details == "Gazeta „Żuraw”"

    def test_refuses_what_was_not_offered(self) -> None:
        Source.objects.filter(pk=self.second.pk).update(is_active=False)
        for source, details in (
            (str(self.second.pk), ""),
            ("999999", ""),
            ("-1", ""),
            ("x", ""),
            ("9" * 5000, ""),
            ("\x00", ""),
            (str(self.first.pk), "x" * 201),
            (str(self.first.pk), "\x00"),
            (str(self.first.pk), "a\u202eb"),
        ):
            data = {"source": source, "details": details}
            response = self.visitor.client.post("/en/aktywacja/gotowe/", data)
            assert response.status_code == 200, data
            assert self.answer() is None, data

    def test_is_asked_only_where_the_account_was_activated(self) -> None:
        stranger = Client()
        for response in (
            stranger.get("/en/aktywacja/gotowe/"),
            stranger.post("/en/aktywacja/gotowe/", {"source": self.first.pk}),
            registering_browser(registered()).get("/en/aktywacja/gotowe/"),
        ):
            assert response["Location"] == "/en/logowanie/"
        assert self.answer() is None

    def test_is_answered_where_the_password_was_typed(self) -> None:
        user = registered(language="en")
        visitor = Visitor().open(activation_path(user)).fill({LABEL: PASSWORD})
        visitor.press("Activate account")
        visitor.fill({"How do you know kantor.pl?": self.first.name_en}).press("Send the answer")
        assert SurveyAnswer.objects.get(user=user).source == self.first


class ParallelTests(TransactionTestCase):
    """Several at the same moment."""

    serialized_rollback = True

    def test_clicks_give_one_activation_and_one_welcome_mail(self) -> None:
        user = registered(language="en")
        path = activation_path(user)
        here, elsewhere = registering_browser(user), Client()
        responses = at_once(
            *[partial(registering_browser(user).get, path) for _ in range(4)],
            *[partial(Client().post, path, {"password": PASSWORD}) for _ in range(2)],
        )
        assert {response.status_code for response in responses} <= {200, 302}
        assert is_active(user)
        assert welcomes(user) == 1
        deliver()
        assert len([m for m in mail.outbox if m.to == [user.email]]) == 2
        assert heading(here.get(path)) == heading(elsewhere.get(path))

    def test_links_of_one_address_give_one_active_account(self) -> None:
        for number in range(6):
            users = [registered(language="en", email=f"para{number}@example.com") for _ in range(3)]
            links = [
                reverse("accounts:activation", args=[tokens.make(user, user.link_serial)])
                for user in users
            ]
            responses = at_once(
                *[
                    partial(registering_browser(user).get, link)
                    for user, link in zip(users, links, strict=True)
                ]
            )
            statuses = [getattr(response, "status_code", response) for response in responses]
            assert statuses.count(302) == 1, statuses
            assert set(statuses) <= {200, 302, 404}, statuses
            (owner,) = User.objects.filter(email_key=f"para{number}@example.com")
            assert owner.is_active
            assert welcomes(owner) == 1

    def test_activating_and_refusing_end_with_one_of_the_two(self) -> None:
        for _ in range(4):
            user = registered()
            state, refused = at_once(
                partial(activation.activate, User.objects.get(pk=user.pk)),
                partial(activation.refuse, user),
            )
            assert (state, refused) in ((LinkState.ACTIVE, False), (LinkState.BROKEN, True))
            assert User.objects.filter(pk=user.pk).exists() is not refused

    def test_guesses_do_not_outrun_the_limit(self) -> None:
        user = registered()
        tried = at_once(*[partial(activation.proves_registrant, user, "x")] * 8)
        assert tried.count(False) == PASSWORD_TRIES.times
        assert tried.count(None) == 8 - PASSWORD_TRIES.times
