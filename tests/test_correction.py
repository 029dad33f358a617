"""Putting a mistyped address right on the waiting page."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from django.core import mail
from django.test import Client, TestCase, TransactionTestCase

from accounts.models import ConsentRecord, Customer, OutboxMessage, User
from accounts.services import activation, credentials, review, waiting
from tests.doors import try_in
from tests.factories import PASSWORD, activated, registered
from tests.letters import activation_path, deliver, mails_to, paths, registering_browser
from tests.links import LABEL, address_of, heading
from tests.parallel import at_once
from tests.tries import travel
from tests.walk import Visitor

PAGE = "/en/rejestracja/wyslano/"
STATE = f"{PAGE}stan/"
AGAIN = "Send the message again"
CORRECT = "Correct the e-mail address"
FIELD = "Correct e-mail address (login)"
SEND = "Correct and send the link"


class CorrectionTests(TestCase):
    """Putting a mistyped address right."""

    NEW = "poprawiony@example.com"

    def setUp(self) -> None:
        self.user = registered(language="en", email="pomylony@example.com", news=True)
        self.old = activation_path(self.user)
        self.visitor = Visitor(registering_browser(self.user)).open(PAGE)

    def correct(self, email: str = NEW) -> Visitor:
        return self.visitor.open(PAGE).follow(CORRECT).fill({FIELD: email}).press(SEND)

    def path(self, user: User | None = None) -> str:
        attempt = (user or self.user).attempt
        assert attempt is not None
        return f"{PAGE}adres/?proba={attempt.hex}"

    def test_sends_the_link_to_the_new_address_and_nothing_more_to_the_old_one(self) -> None:
        old = mails_to("pomylony@example.com")
        assert self.correct().heading == "Check your mailbox"
        assert self.visitor.shows(self.NEW)
        assert not self.visitor.shows("pomylony@example.com")
        assert mails_to(self.NEW) == 1
        self.visitor.press(AGAIN)
        travel(timedelta(minutes=3))
        self.visitor.open(PAGE).press(AGAIN)
        credentials.request_password_reset("pomylony@example.com", "pl", "192.0.2.1")
        assert mails_to(self.NEW) == 2
        assert mails_to("pomylony@example.com") == old

    def test_lets_the_account_go_live_with_the_new_address(self) -> None:
        self.correct()
        path = next(path for path in paths(deliver()[-1]) if "/aktywacja/" in path)
        Visitor().open(path).fill({LABEL: PASSWORD}).press("Activate account")
        user = User.objects.get(pk=self.user.pk)
        assert user.is_active
        assert (user.email, user.email_key) == (self.NEW, self.NEW)
        client = Client()
        try_in(self.NEW, PASSWORD, client)
        assert "_auth_user_id" in client.session

    def test_kills_the_old_link_wherever_it_is_opened(self) -> None:
        self.correct()
        for client in (Client(), self.visitor.client):
            for response in (
                client.get(self.old),
                client.post(self.old, {"password": PASSWORD}),
                client.post(f"{self.old}ponownie/"),
                client.post(f"{self.old}to-nie-ja/"),
            ):
                assert response.status_code == 410
                assert heading(response) == "This registration has another address"
                assert self.NEW not in response.content.decode()
        assert User.objects.get(pk=self.user.pk).is_pending
        activation.activate(User.objects.get(pk=self.user.pk))
        assert heading(Client().get(self.old)) == "This registration has another address"

    def test_drops_a_mail_that_still_waits_for_the_old_address(self) -> None:
        user = registered(language="en", email="jeszcze@example.com")
        self.visitor = Visitor(registering_browser(user)).open(PAGE)
        self.correct("juz@example.com")
        assert mails_to("jeszcze@example.com") == 0
        assert mails_to("juz@example.com") == 1

    def test_leaves_everything_else_as_it_was(self) -> None:
        def facts() -> list[Any]:
            return [
                list(Customer.objects.values()),
                list(ConsentRecord.objects.values()),
                list(User.objects.values("pk", "password", "created_at", "attempt", "language")),
            ]

        before = facts()
        self.correct()
        assert facts() == before

    def test_is_seen_by_staff_and_logged_without_the_addresses(self) -> None:
        with self.assertLogs("accounts.services.waiting") as logged:
            self.correct()
        assert "example.com" not in "".join(logged.output)
        assert User.objects.get(pk=self.user.pk).email_corrected_at is not None

    def test_checks_the_address_as_the_registration_does(self) -> None:
        for bad in ("", "x", "jan@localhost", "ż@example.com", "a@b.pl, c@d.pl", "x" * 400):
            assert self.correct(bad).heading == CORRECT
            assert self.visitor.errors, bad
            assert self.visitor.error_at(FIELD)
            assert self.visitor.title.startswith("Error:")
        assert address_of(self.user) == "pomylony@example.com"

    def test_is_refused_for_the_same_address(self) -> None:
        for same in ("pomylony@example.com", " POMYLONY@Example.com "):
            self.correct(same)
            (error,) = self.visitor.errors
            assert error.startswith("We have already written to this address.")

    def test_survives_whatever_is_posted(self) -> None:
        client = self.visitor.client
        for email in ("\x00", "a\r\nb@x.pl", "{{7}}", "<b>@x.pl", "ą" * 5000):
            assert client.post(self.path(), {"email": email}).status_code == 200, email
        for proba in ("", "x", "\x00", uuid4().hex, "9" * 5000):
            response = client.post(
                f"{PAGE}adres/", {"email": self.NEW}, query_params={"proba": proba}
            )
            assert response["Location"] == PAGE
        assert address_of(self.user) == "pomylony@example.com"

    def test_is_for_the_browser_that_registered(self) -> None:
        for client in (Client(), registering_browser(registered())):
            for response in (
                client.get(self.path()),
                client.post(self.path(), {"email": self.NEW}),
            ):
                assert response["Location"] == PAGE
        assert address_of(self.user) == "pomylony@example.com"
        strict = registering_browser(self.user, enforce_csrf_checks=True)
        assert strict.post(self.path(), {"email": self.NEW}).status_code == 403

    def test_ends_with_the_activation(self) -> None:
        activation.activate(self.user)
        response = self.visitor.client.post(self.path(), {"email": self.NEW})
        assert response["Location"] == PAGE
        assert address_of(self.user) == "pomylony@example.com"

    def test_changes_nothing_about_an_account_that_staff_closed(self) -> None:
        review.suspend(self.user)
        self.correct()
        assert address_of(self.user) == "pomylony@example.com"
        assert mails_to(self.NEW) == 0

    def test_is_possible_five_times(self) -> None:
        for number in range(5):
            self.correct(f"proba{number}@example.com")
            assert self.visitor.heading == "Check your mailbox"
        self.correct("proba6@example.com")
        assert self.visitor.status == 429
        assert self.visitor.heading == "The address has been corrected too many times"
        assert address_of(self.user) == "proba4@example.com"

    def test_to_the_address_of_a_customer_tells_the_owner_only(self) -> None:
        owner = activated(language="en")
        deliver()
        mail.outbox.clear()
        assert self.correct(owner.email).heading == "Check your mailbox"
        (notice,) = deliver()
        assert notice.to == [owner.email]
        assert not any("/aktywacja/" in path for path in paths(notice))

    def test_cannot_be_undone_by_an_older_cookie(self) -> None:
        older = registering_browser(self.user)
        self.correct()
        older.post(self.path(), {"email": "trzeci@example.com"})
        assert address_of(self.user) == self.NEW
        assert mails_to("trzeci@example.com") == 0


class ParallelTests(TransactionTestCase):
    """Several at the same moment."""

    serialized_rollback = True

    def test_clicks_send_one_message(self) -> None:
        user = registered(language="en")
        assert user.attempt is not None
        ask = partial(waiting.send_again, user.attempt, user.email, "en")
        assert sorted(at_once(*[ask] * 6)) == [False] * 5 + [True]
        assert User.objects.get(pk=user.pk).link_serial == 2

    def test_registrations_of_one_address_owe_three_mails(self) -> None:
        at_once(*[partial(registered, email="naraz@example.com")] * 8)
        assert User.objects.filter(email_key="naraz@example.com").count() == 8
        owed = OutboxMessage.objects.filter(recipient="naraz@example.com")
        assert owed.count() == 3

    def test_a_correction_and_an_activation_end_with_one_of_the_two(self) -> None:
        for number in range(4):
            user = registered(email=f"przed{number}@example.com")
            after = f"po{number}@example.com"
            assert user.attempt is not None
            stale = User.objects.get(pk=user.pk)
            at_once(
                partial(waiting.correct_address, user.attempt, user.email, after, "pl"),
                partial(activation.activate, stale),
            )
            now = User.objects.get(pk=user.pk)
            assert now.is_active is (now.email == user.email)
            assert now.is_pending is (now.email == after)
