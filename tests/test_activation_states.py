"""Every state of a registration at every door: one page, one right next action, no surprise."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core import mail
from django.test import Client, TestCase
from django.utils import timezone

from accounts.models import OutboxMessage, User
from accounts.services import activation, registration, review
from tests.browser import BrowserTestCase
from tests.factories import PASSWORD, registered
from tests.letters import deliver, registering_browser
from tests.links import OTHER_PASSWORD, actions, facts, heading, is_active, link_of_age
from tests.pages import follow

ASK = ("Activate your account", ["Activate account"])
DONE = ("The account is active", ["Sign in", "Send the answer"])
ALREADY = ("The account is already active", ["Sign in"])
EXPIRED = ("The link has expired", ["Send a new link"])
NEWER = ("There is a newer link", ["Send a new link"])
MOVED = ("This registration has another address", ["Home page"])
BLOCK = ("The account is already active", ["Call +48 22 859 0218"])
CLOSED = ("The account is blocked", ["Call +48 22 859 0218"])
BROKEN = ("The link does not work", ["Ask for a new link", "Sign up"])
SURE = ("Was it not you?", ["It was not me, delete the details", "Leave it as it is"])
DELETED = ("The details have been deleted", ["Home page"])
WAIT = ("Please wait a moment", ["Check your mailbox"])
SENT = ("A new link is on its way", ["Check your mailbox"])
TOO_MANY = ("Too many attempts", ["Back to the activation"])
Page = tuple[str, list[str]]


def nothing(user: User) -> None:
    """Leave the account as it is."""


def purge(user: User) -> None:
    long_ago = timezone.now() - timedelta(days=40)
    User.objects.filter(pk=user.pk).update(created_at=long_ago)
    OutboxMessage.objects.filter(user=user).update(created_at=long_ago)
    assert registration.purge() == 1


def correct(user: User) -> None:
    user.email = "poprawiony@example.com"
    user.save()


def close_after_activation(user: User) -> None:
    activation.activate(user)
    review.suspend(user)


def use_up_tries(user: User) -> None:
    for _ in range(activation.PASSWORD_TRIES.times):
        activation.proves_registrant(user, "x", "198.51.100.9")


def overtake(user: User) -> None:
    activation.activate(registered(language="en", email=user.email))


@dataclass(frozen=True)
class Case:
    """A state, and what each door then shows; the age is that of the link, in hours."""

    state: str
    happens: Callable[[User], object]
    here: Page
    elsewhere: Page
    right: Page
    wrong: Page
    refuse: Page
    again: Page
    age: int = 0


def same(state: str, happens: Callable[[User], object], page: Page, **others: Any) -> Case:
    """Return a case in which every door shows the same page, but for the others."""
    doors = dict.fromkeys(("here", "elsewhere", "right", "wrong", "refuse", "again"), page)
    return Case(state, happens, **{**doors, **others})


CASES = (
    Case("pending", nothing, DONE, ASK, DONE, ASK, SURE, ASK),
    Case("pending, tries used up", use_up_tries, DONE, ASK, TOO_MANY, TOO_MANY, SURE, ASK),
    same("expired", nothing, EXPIRED, refuse=SURE, again=SENT, age=49),
    same("superseded", registration.resend_link, NEWER, refuse=SURE, again=WAIT),
    same(
        "expired and superseded", registration.resend_link, NEWER, refuse=SURE, again=WAIT, age=49
    ),
    same("corrected", correct, MOVED),
    same("activated", activation.activate, ALREADY, refuse=BLOCK),
    same("activated, the link expired since", activation.activate, ALREADY, refuse=BLOCK, age=49),
    same("suspended before", review.suspend, CLOSED),
    same("suspended afterwards", close_after_activation, CLOSED),
    same("refused", activation.refuse, BROKEN),
    same("purged", purge, BROKEN),
    same("overtaken by another registration of the address", overtake, BROKEN),
)


class StateTests(TestCase):
    """States × doors."""

    def prepare(self, case: Case) -> tuple[User, str]:
        user = registered(language="en")
        path = link_of_age(user, timedelta(hours=case.age))
        case.happens(user)
        deliver()
        return user, "/en" + path.removeprefix("/en")

    def shown(self, client: Client, response: Any) -> Page:
        response = follow(client, response)
        assert response.status_code < 500
        # Shows itself only where scripts run, and leads nowhere.
        return heading(response), [each for each in actions(response) if each != "Show"]

    def test_in_the_browser_that_registered(self) -> None:
        for case in CASES:
            user, path = self.prepare(case)
            client = registering_browser(user)
            assert self.shown(client, client.get(path)) == case.here, case.state

    def test_elsewhere_looking_shows_the_way_on_and_changes_nothing(self) -> None:
        for case in CASES:
            _user, path = self.prepare(case)
            before = facts()
            client = Client()
            assert self.shown(client, client.get(path)) == case.elsewhere, case.state
            assert client.head(path).status_code < 500
            assert facts() == before, case.state

    def test_elsewhere_the_right_password(self) -> None:
        for case in CASES:
            user, path = self.prepare(case)
            before = is_active(user) if User.objects.filter(pk=user.pk).exists() else None
            client = Client()
            response = client.post(path, {"password": PASSWORD})
            assert self.shown(client, response) == case.right, case.state
            if case.right != DONE and before is not None:
                assert is_active(user) is before, case.state

    def test_elsewhere_a_wrong_password_changes_nothing(self) -> None:
        for case in CASES:
            _user, path = self.prepare(case)
            before = facts()
            client = Client()
            response = client.post(path, {"password": OTHER_PASSWORD})
            assert self.shown(client, response) == case.wrong, case.state
            assert facts() == before, case.state

    def test_it_was_not_me(self) -> None:
        for case in CASES:
            user, path = self.prepare(case)
            client = Client()
            assert self.shown(client, client.get(f"{path}to-nie-ja/")) == case.refuse, case.state
            existed = User.objects.filter(pk=user.pk).exists()
            expected = DELETED if case.refuse == SURE else case.refuse
            response = client.post(f"{path}to-nie-ja/")
            assert self.shown(client, response) == expected, case.state
            exists = User.objects.filter(pk=user.pk).exists()
            assert exists is (existed and case.refuse != SURE), case.state

    def test_another_link(self) -> None:
        for case in CASES:
            _user, path = self.prepare(case)
            count = len(mail.outbox)
            client = Client()
            response = client.post(f"{path}ponownie/")
            assert self.shown(client, response) == case.again, case.state
            assert len(deliver()) - count == (case.again == SENT), case.state


class ScannerTests(BrowserTestCase):
    """A scanner of mails: a real browser that runs scripts and sends every form it finds."""

    def test_opens_the_link_twenty_times_and_activates_nothing(self) -> None:
        user = registered(language="en")
        deliver()
        link = self.activation_link()
        scanner = self.visitor("en")
        scanner.complaints.expected.add(429)
        for number in range(20):
            scanner.page.context.clear_cookies()
            scanner.open(link).is_at("Activate your account")
            scanner.field("Password you chose when registering").fill(f"Zgaduje-{number}-razy")
            scanner.press("Activate account")
        assert not is_active(user)
        assert len(deliver()) == 1
        # The customer can still activate at once in his own browser.
        registering_browser(user).get(link)
        assert is_active(user)
