"""Activating: who may do it, how often, and what follows."""

import unicodedata
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from unittest import mock

from bs4 import BeautifulSoup
from django.conf import settings
from django.core import mail, signing
from django.test import Client, TestCase, TransactionTestCase, override_settings
from django.urls import reverse
from django.utils import timezone

from accounts import tokens
from accounts.models import (
    Customer,
    OutboxMessage,
    Source,
    SurveyAnswer,
    User,
)
from accounts.registration import browser
from accounts.services import activation, registration, review
from accounts.services.activation import PASSWORD_TRIES, LinkState
from kantor.serving.models import Session
from kantor.serving.typography import untie
from tests.browser import BrowserTestCase
from tests.factories import PASSWORD, activated, registered
from tests.letters import (
    activation_path,
    deliver,
    registering_browser,
    token_of,
)
from tests.links import LABEL, actions, facts, heading, is_active, welcomes
from tests.onlooker import COUNTED, CountingHasher
from tests.parallel import at_once
from tests.tries import travel
from tests.walk import Visitor

Kind = OutboxMessage.Kind
ONE_HOUR = timedelta(hours=1)


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
            {"X-Moz": "prefetch"},
            {"X-Purpose": "preview"},
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

    def test_is_not_known_by_a_cookie_that_outlived_itself(self) -> None:
        hours = settings.ACTIVATION_LINK_HOURS + 24
        for age, is_known in ((hours - 1, True), (hours + 1, False)):
            then = (timezone.now() - timedelta(hours=age)).timestamp()
            with mock.patch("django.core.signing.time.time", return_value=then):
                client = registering_browser(self.user)
            page = Visitor(client).open("/en/rejestracja/wyslano/")
            assert page.shows(self.user.email) == is_known, age
            if not is_known:
                client.get(self.path)
                assert not is_active(self.user)

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
            genuine.swapcase(),
            signing.dumps([[attempt]], salt=browser.SALT),
            signing.dumps([["x", ""]], salt=browser.SALT),
            signing.dumps(1, salt=browser.SALT),
            signing.dumps([[attempt, ""]]),
            "\x00" * 100,
            "é" * 4000,
        ):
            # As a header: newer Pythons refuse to put control characters into a cookie.
            cookie = f"{settings.REGISTRATION_COOKIE_NAME}={forged}"
            response = Client().get(self.path, headers={"Cookie": cookie})
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
            assert heading(response) == "Too many attempts"
        assert not is_active(self.user)
        travel(timedelta(minutes=15))
        wherever.post(self.path, {"password": PASSWORD})
        assert is_active(self.user)

    def test_is_told_how_long_to_wait(self) -> None:
        for _ in range(6):
            response = self.client.post(self.path, {"password": "x"})
        assert 880 < int(response["Retry-After"]) <= 900
        assert "Wait 15 minutes" in untie(response.content.decode())
        travel(timedelta(minutes=14))
        response = self.client.post(self.path, {"password": "x"})
        assert "Wait 1 minute and" in untie(response.content.decode())

    def test_may_try_thirty_passwords_from_one_network(self) -> None:
        others = [registered(language="en") for _ in range(7)]
        for user in others[:6]:
            path = reverse("accounts:activation", args=[tokens.make(user, 1)])
            for _ in range(5):
                assert self.client.post(path, {"password": "x"}).status_code == 200
        path = reverse("accounts:activation", args=[tokens.make(others[6], 1)])
        for client, status in ((self.client, 429), (Client(REMOTE_ADDR="198.51.100.7"), 302)):
            assert client.post(path, {"password": PASSWORD}).status_code == status
        assert is_active(others[6])

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
        self.person.press("It was not me, delete the details")
        self.person.is_at("The details have been deleted")
        assert not User.objects.filter(pk=self.user.pk).exists()

    def test_is_led_to_the_phone_when_the_account_is_active_already(self) -> None:
        link = self.activation_link()
        activation.activate(self.user)
        self.person.open(f"{link}to-nie-ja/").is_at("The account is already active")
        assert self.person.shows("without your knowledge, call us and we will block it.")

    def test_gets_a_new_link_for_an_expired_one(self) -> None:
        with override_settings(ACTIVATION_LINK_HOURS=0):
            self.person.open(self.activation_link(), status=410).press("Send a new link")
        self.person.is_at("A new link is on its way")
        assert User.objects.get(pk=self.user.pk).link_serial == 2


class ServiceTests(TestCase):
    """Activating."""

    @COUNTED
    def test_computes_no_hash_once_the_tries_are_used_up(self) -> None:
        user = registered()
        for _ in range(PASSWORD_TRIES.times):
            assert activation.proves_registrant(user, "x", "192.0.2.1") is False
        CountingHasher.count = 0
        assert activation.proves_registrant(user, PASSWORD, "192.0.2.1") is None
        assert CountingHasher.count == 0

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
            (review.suspend, "The account is blocked"),
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
        self.visitor.fill({"How did you hear about kantor.pl?": self.first.name_en})
        self.visitor.press("Send the answer")
        assert self.visitor.shows("Thank you for your answer.")
        assert "Send the answer" not in self.visitor.buttons()
        path = "/en/aktywacja/gotowe/"
        self.visitor.client.post(path, {"source": self.second.pk, "details": "no, rather"})
        answer = self.answer()
        assert answer is not None
        assert (answer.source, answer.details) == (self.first, "")

    def test_keeps_the_details_of_an_answer_that_asks_for_them(self) -> None:
        path = "/en/aktywacja/gotowe/"
        other = Source.objects.get(asks_details=True)
        self.visitor.client.post(path, {"source": other.pk, "details": "Gazeta „Żuraw”"})
        answer = self.answer()
        assert answer is not None
        assert answer.details == "Gazeta „Żuraw”"

    def test_drops_details_left_over_from_another_answer(self) -> None:
        path = "/en/aktywacja/gotowe/"
        self.visitor.client.post(path, {"source": self.first.pk, "details": "Gazeta „Żuraw”"})
        answer = self.answer()
        assert answer is not None
        assert answer.details == ""

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
        visitor.fill({"How did you hear about kantor.pl?": self.first.name_en}).press(
            "Send the answer"
        )
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
        tried = at_once(*[partial(activation.proves_registrant, user, "x", "192.0.2.1")] * 8)
        assert tried.count(False) == PASSWORD_TRIES.times
        assert tried.count(None) == 8 - PASSWORD_TRIES.times
