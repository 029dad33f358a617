"""The mails that are owed: written with what they announce, delivered once, whatever happens."""

import re
import smtplib
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from io import StringIO
from typing import Any
from unittest import mock

from aiosmtpd.smtp import AuthResult
from django.core import mail
from django.core.management import call_command
from django.db import transaction
from django.db.models import F
from django.test import TestCase, TransactionTestCase, override_settings
from django.utils import timezone

from accounts.mail import delivery, outbox
from accounts.mail.compose import compose
from accounts.models import Counter, OutboxMessage, User
from accounts.services import activation, credentials, registration, review
from kantor.serving.tasks import ImmediateBackend
from tests.factories import activated, registered, suspended
from tests.letters import deliver
from tests.mail_server import MailServerTestCase, mail_settings, time_passes
from tests.parallel import at_once

Kind, State = OutboxMessage.Kind, OutboxMessage.State
SENDING = "django.core.mail.backends.locmem.EmailBackend.send_messages"
LATER = timedelta(days=2)


def row_of(user: User, kind: str = Kind.REGISTRATION) -> OutboxMessage:
    return OutboxMessage.objects.get(user=user, kind=kind)


class DownBackend(ImmediateBackend):
    """A queue that cannot be reached."""

    def enqueue(self, *args: Any, **kwargs: Any) -> Any:
        """Fail."""
        raise ConnectionError("The queue is down.")


class OwingTests(TransactionTestCase):
    """Owing a mail."""

    serialized_rollback = True

    def test_happens_with_what_it_announces_or_not_at_all(self) -> None:
        with self.assertRaises(RuntimeError), transaction.atomic():
            registered()
            raise RuntimeError
        assert not User.objects.exists()
        assert not OutboxMessage.objects.exists()
        assert not mail.outbox

    def test_fails_the_registration_when_it_fails(self) -> None:
        fault = mock.patch("accounts.mail.outbox.sql.insert", side_effect=RuntimeError)
        with fault, self.assertRaises(RuntimeError):
            registered()
        assert not User.objects.exists()

    def test_waits_for_the_commit(self) -> None:
        with transaction.atomic():
            user = registered()
            assert row_of(user).state == State.WAITING
            assert not mail.outbox
        assert [message.to for message in mail.outbox] == [[user.email]]
        assert row_of(user).state == State.SENT

    def test_happens_once_for_one_attempt(self) -> None:
        user = registered()
        assert user.attempt is not None
        again = registration.register(
            attempt=user.attempt,
            kind="person",
            answers={"email": user.email},
            password_hash="x",
            given={},
            language="pl",
            network="192.0.2.1",
        )
        assert again == user
        assert len(mail.outbox) == 1

    def test_does_not_need_the_queue(self) -> None:
        path = f"{DownBackend.__module__}.{DownBackend.__qualname__}"
        with override_settings(TASKS={"default": {"BACKEND": path}}):
            user = registered()
        assert row_of(user).state == State.WAITING
        call_command("deliver_mail", stdout=StringIO())
        assert row_of(user).state == State.SENT
        assert len(mail.outbox) == 1

    def test_keeps_no_link_and_no_text(self) -> None:
        user = registered()
        row = OutboxMessage.objects.filter(user=user).values().get()
        assert "/" not in "".join(str(value) for key, value in row.items() if key != "message_id")
        assert set(row) == {
            "id",
            "kind",
            "user_id",
            "about_id",
            "request_id",
            "terms_version",
            "reason",
            "change_id",
            "correction_id",
            "asked_from",
            "asked_in",
            "recipient",
            "language",
            "link_serial",
            "message_id",
            "state",
            "attempts",
            "due_at",
            "last_error",
            "created_at",
            "finished_at",
        }


class FloodTests(TestCase):
    """An address that strangers register again and again."""

    def test_gets_three_mails_an_hour_and_seven_a_day_at_most(self) -> None:
        for hours in range(1, 6):
            for _ in range(3 if hours < 4 else 6):
                registered(email="flooded@example.com")
            while delivery.deliver_due():
                pass
            sent = [message for message in mail.outbox if message.to == ["flooded@example.com"]]
            assert len(sent) == min(3 * hours, 7)
            Counter.objects.update(ends_at=F("ends_at") - timedelta(hours=1))


class MailServerTests(MailServerTestCase):
    """A real mail server."""

    def assert_arrives_once_after(self, mood: str) -> OutboxMessage:
        """Nothing is lost or said twice, and the visitor notices nothing."""
        self.postbox.mood = mood
        user = registered()
        row = row_of(user)
        assert row.state == State.WAITING, mood
        assert row.attempts == 1
        assert timedelta(seconds=50) < row.due_at - timezone.now() <= timedelta(minutes=1)
        assert delivery.deliver_due() == 0
        self.postbox.mood = ""
        time_passes()
        call_command("deliver_mail", stdout=StringIO())
        assert self.postbox.arrived == [(user.email, row.message_id)], mood
        finished = row_of(user)
        assert finished.state == State.SENT
        assert finished.attempts == 2
        assert finished.message_id == row.message_id
        return row

    def test_takes_a_mail_at_once(self) -> None:
        user = registered()
        row = row_of(user)
        assert self.postbox.arrived == [(user.email, row.message_id)]
        assert (row.state, row.attempts, row.last_error) == (State.SENT, 1, "")
        assert delivery.deliver_due() == 0

    def test_may_be_down(self) -> None:
        self.server.stop()
        users = [registered() for _ in range(3)]
        assert {row.last_error for row in OutboxMessage.objects.all()} == {"ConnectionRefusedError"}
        assert {row.state for row in OutboxMessage.objects.all()} == {State.WAITING}
        self.server.start()
        time_passes()
        call_command("deliver_mail", stdout=StringIO())
        assert sorted(to for to, _ in self.postbox.arrived) == sorted(user.email for user in users)
        assert {row.state for row in OutboxMessage.objects.all()} == {State.SENT}

    def test_may_ask_to_wait_with_the_recipient(self) -> None:
        row = self.assert_arrives_once_after("451 at RCPT")
        assert row.last_error == "SMTPRecipientsRefused 451 4.7.1"

    def test_may_ask_to_wait_with_the_mail(self) -> None:
        row = self.assert_arrives_once_after("451 at DATA")
        assert row.last_error == "SMTPDataError 451 4.3.0"

    def test_may_drop_the_connection_within_a_mail(self) -> None:
        row = self.assert_arrives_once_after("drops in DATA")
        assert row.last_error == "SMTPServerDisconnected"

    def test_may_be_set_up_wrong_for_a_while(self) -> None:
        row = self.assert_arrives_once_after("550 at MAIL")
        assert row.last_error == "SMTPSenderRefused 550 5.7.1"

    def test_may_refuse_for_good(self) -> None:
        for mood, error in (
            ("550 at RCPT", "SMTPRecipientsRefused 550 5.1.1"),
            ("554 at DATA", "SMTPDataError 554 5.7.1"),
        ):
            self.postbox.mood = mood
            user = registered()
            row = row_of(user)
            assert (row.state, row.last_error, row.attempts) == (State.FAILED, error, 1)
            assert row.finished_at is not None
            time_passes()
            assert delivery.deliver_due() == 0
        assert not self.postbox.arrived

    def test_may_refuse_a_wrong_password_of_ours(self) -> None:
        self.server.stop()
        self.server.start(
            auth_require_tls=False,
            authenticator=lambda *_: AuthResult(success=False, handled=False),
        )
        refused = mail_settings(self.server.port, username="kantor", password="old")
        with refused:
            row = row_of(registered())
        assert (row.state, row.last_error) == (State.WAITING, "SMTPAuthenticationError 535 5.7.8")
        time_passes()
        with mail_settings(self.server.port):
            delivery.deliver_due()
        assert len(self.postbox.arrived) == 1

    def test_may_take_a_mail_and_lose_the_answer(self) -> None:
        for mood in ("takes it and drops", "takes it and hangs"):
            self.postbox.mood, self.postbox.arrived = mood, []
            user = registered()
            assert row_of(user).state == State.WAITING
            self.postbox.mood = ""
            time_passes()
            delivery.deliver_due()
            # At least once: the second copy carries the same Message-ID, so it can be dropped.
            row = row_of(user)
            assert self.postbox.arrived == [(user.email, row.message_id)] * 2
            assert row.state == State.SENT

    def test_never_learns_of_two_mails_by_one_id(self) -> None:
        users = [activated() for _ in range(3)]
        for user in users:
            credentials.request_password_reset(user.email, "pl", "127.0.0.1")
        ids = [message_id for _, message_id in self.postbox.arrived]
        assert len(ids) == len(set(ids)) == 9
        assert all(re.fullmatch(r"<[0-9a-f]{32}@testserver>", each) for each in ids)

    def test_is_not_named_with_the_recipient_in_the_log(self) -> None:
        self.postbox.mood = "550 at RCPT"
        with self.assertLogs("accounts", "WARNING") as logs:
            user = registered()
        assert user.email not in "".join(logs.output)
        assert user.email not in row_of(user).last_error


class RetryTests(TestCase):
    """Trying again."""

    def setUp(self) -> None:
        self.user = registered()
        self.fault: Exception | None = None
        self.enterContext(mock.patch(SENDING, self.send))
        self.sent = 0

    def send(self, *_: Any) -> int:
        if self.fault is not None:
            raise self.fault
        self.sent += 1
        return 1

    def test_waits_longer_each_time_and_gives_up_after_two_days(self) -> None:
        self.fault = ConnectionRefusedError()
        pauses = []
        for number in range(1, 10):
            assert delivery.deliver_due() == 1
            row = row_of(self.user)
            assert row.attempts == number
            if row.state == State.FAILED:
                break
            pauses.append(round((row.due_at - timezone.now()) / timedelta(minutes=1)))
            assert delivery.deliver_due() == 0
            time_passes()
        assert pauses == [1, 5, 15, 60, 180, 360, 720, 1440]
        assert row.state == State.FAILED
        assert row.last_error == "ConnectionRefusedError"
        time_passes()
        assert delivery.deliver_due() == 0

    def test_starts_over_when_staff_ask_for_it(self) -> None:
        self.fault = smtplib.SMTPDataError(550, b"no")
        delivery.deliver_due()
        row = row_of(self.user)
        assert row.state == State.FAILED
        self.fault = None
        outbox.retry(row)
        assert delivery.deliver_due() == 1
        row = row_of(self.user)
        assert (row.state, row.attempts) == (State.SENT, 1)
        outbox.retry(row)
        assert delivery.deliver_due() == 0
        assert self.sent == 1

    def test_of_one_mail_does_not_hold_up_the_others(self) -> None:
        for fault in (RuntimeError("a fault of ours"), UnicodeEncodeError("x", "y", 0, 1, "z")):
            self.sent = 0
            others = [registered() for _ in range(2)]

            def poisoned(
                message: OutboxMessage, error: Exception = fault, real: Any = compose
            ) -> Any:
                if message.user_id == self.user.pk:
                    raise error
                return real(message)

            time_passes()
            with mock.patch.object(delivery, "compose", poisoned):
                assert delivery.deliver_due() == 3
            row = row_of(self.user)
            assert (row.state, row.last_error) == (State.WAITING, type(fault).__name__)
            assert row.due_at > timezone.now()
            assert {row_of(other).state for other in others} == {State.SENT}

    def test_finds_nothing_when_the_account_is_gone(self) -> None:
        row = row_of(self.user)
        activation.refuse(self.user)
        assert not delivery.deliver(row.pk)
        assert self.sent == 0

    def test_survives_an_account_that_goes_while_its_mail_is_sent(self) -> None:
        def vanish(*_: Any) -> int:
            User.objects.filter(pk=self.user.pk).delete()
            raise ConnectionResetError

        with mock.patch(SENDING, vanish):
            assert delivery.deliver_due() == 1
        assert not OutboxMessage.objects.exists()

    def test_takes_over_from_a_dead_worker_when_its_claim_lapses(self) -> None:
        row = row_of(self.user)

        class Killed(BaseException):
            """kill -9 in the middle of sending."""

        self.fault = Killed()  # type: ignore[assignment]
        with self.assertRaises(Killed):
            delivery.deliver(row.pk)
        self.fault = None
        row.refresh_from_db()
        assert (row.state, row.attempts) == (State.WAITING, 1)
        assert timedelta(minutes=4) < row.due_at - timezone.now() <= delivery.LEASE
        assert delivery.deliver_due() == 0
        assert not delivery.deliver(row.pk), "Nobody takes what somebody else holds."
        OutboxMessage.objects.update(due_at=F("due_at") - delivery.LEASE)
        assert delivery.deliver_due() == 1
        assert self.sent == 1
        assert row_of(self.user).state == State.SENT

    def test_knows_how_old_the_oldest_waiting_mail_is(self) -> None:
        assert timedelta(0) <= outbox.oldest_undelivered() < timedelta(minutes=1)
        OutboxMessage.objects.update(created_at=timezone.now() - LATER)
        assert outbox.oldest_undelivered() >= LATER
        delivery.deliver_due()
        assert outbox.oldest_undelivered() == timedelta(0)


class ParallelDeliveryTests(TransactionTestCase):
    """Several workers at the same rows."""

    serialized_rollback = True

    def waiting(self, count: int) -> list[OutboxMessage]:
        path = f"{DownBackend.__module__}.{DownBackend.__qualname__}"
        with override_settings(TASKS={"default": {"BACKEND": path}}):
            return [row_of(registered()) for _ in range(count)]

    def test_deliver_one_row_once(self) -> None:
        for row in self.waiting(4):
            mail.outbox.clear()
            tried = at_once(*[partial(delivery.deliver, row.pk)] * 4)
            assert sorted(tried) == [False, False, False, True]
            assert len(mail.outbox) == 1

    def test_share_the_work(self) -> None:
        rows = self.waiting(12)
        mail.outbox.clear()
        tried = at_once(*[delivery.deliver_due] * 3)
        assert sum(tried) == 12
        assert sorted(message.to[0] for message in mail.outbox) == sorted(
            row.recipient for row in rows
        )
        assert {row.attempts for row in OutboxMessage.objects.all()} == {1}

    def test_send_one_mail_for_parallel_registrations_of_one_attempt(self) -> None:
        user = registered()
        answers = {"email": user.email}
        assert user.attempt is not None
        mail.outbox.clear()
        register = partial(
            registration.register,
            attempt=user.attempt,
            kind="person",
            answers=answers,
            password_hash=user.password,
            given={},
            language="pl",
            network="192.0.2.1",
        )
        assert at_once(*[register] * 3) == [user] * 3
        assert not mail.outbox


class ChoiceTests(TestCase):
    """What becomes of an owed mail at its delivery."""

    def state_after(self, change: Callable[[User], object]) -> str:
        user = registered()
        change(user)
        deliver()
        first, *_newer = OutboxMessage.objects.filter(kind=Kind.REGISTRATION, user=user).order_by(
            "pk"
        )
        return first.state

    def test_is_nothing_when_it_became_pointless(self) -> None:
        assert self.state_after(lambda user: None) == State.SENT
        assert self.state_after(activation.activate) == State.DROPPED
        assert self.state_after(review.suspend) == State.DROPPED
        assert self.state_after(registration.resend_link) == State.DROPPED

    def test_is_word_of_it_for_the_address_of_a_suspended_customer(self) -> None:
        owner = suspended()
        deliver()
        mail.outbox.clear()
        user = registered(email=owner.email)
        credentials.request_password_reset(owner.email, "pl", "127.0.0.1")
        (told,) = deliver()
        assert str(told.subject) == "Konto w kantor.pl jest zablokowane"
        assert row_of(user).state == State.DROPPED

    def test_is_a_warning_to_the_owner_of_the_address(self) -> None:
        owner = activated(email="Wlasciciel@example.com")
        deliver()
        mail.outbox.clear()
        registered(email="wlasciciel@EXAMPLE.com", first_name="Obcy")
        deliver()
        (message,) = mail.outbox
        assert message.to == [owner.email]
        assert "Obcy" not in str(message.message())
        assert "/aktywacja/" not in str(message.body)

    def test_has_its_links_from_the_settings(self) -> None:
        user = registered()
        with override_settings(BASE_URL="https://kantor.example"):
            deliver()
        message = next(each for each in mail.outbox if each.to == [user.email])
        links = re.findall(r"https?://[^\s\"<>]+", str(message.message().as_string()))
        assert links
        assert all(link.startswith("https://kantor.example") for link in links)

    def test_is_new_with_each_try_but_for_its_name(self) -> None:
        row = row_of(registered())
        first, second = compose(row), compose(row)
        assert first is not None
        assert second is not None
        assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]

    def test_goes_through_the_forms_of_the_site_unseen(self) -> None:
        # The answer is the same whether there is a mail to send or not.
        responses: list[Any] = []
        for email in (activated().email, "unknown@example.com"):
            with self.captureOnCommitCallbacks(execute=True):
                responses.append(self.client.post("/haslo/", {"email": email}))
        assert [response["Location"] for response in responses] == ["/haslo/wyslano/"] * 2
        assert len([message for message in mail.outbox if "/haslo/" in str(message.body)]) == 1
