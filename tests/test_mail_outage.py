"""A mail server that fails in every way, and comes back: nothing is lost, nobody waits for it."""

import os
import shutil
import smtplib
import socket
import ssl
import subprocess
import tempfile
import time
from collections import Counter
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any, ClassVar
from unittest import SkipTest, mock

from django.core import mail
from django.core.management import call_command
from django.test import TestCase, override_settings
from django.utils import timezone

from accounts.mail import delivery, outbox, transport
from accounts.mail.transport import MAILS_A_CONNECTION, Line
from accounts.models import OutboxMessage, User
from kantor.serving.tasks import ImmediateBackend
from tests.factories import registered
from tests.mail_server import (
    MailServerTestCase,
    mail_settings,
    silent_server,
    time_passes,
)

MEMORY = "django.core.mail.backends.locmem.EmailBackend"
SMTP = "django.core.mail.backends.smtp.EmailBackend"
State = OutboxMessage.State


class NoQueue(ImmediateBackend):
    """A queue that loses what it is given; the sweeper is all there is."""

    def enqueue(self, *args: Any, **kwargs: Any) -> Any:
        """Forget it."""


def owed(count: int) -> list[User]:
    """Register so many customers whose mails nobody has tried yet."""
    path = f"{NoQueue.__module__}.{NoQueue.__qualname__}"
    with override_settings(TASKS={"default": {"BACKEND": path}}):
        return [registered() for _ in range(count)]


def sweep() -> None:
    """Let the pauses pass and deliver what is due, as the timer does."""
    time_passes()
    call_command("deliver_mail", stdout=StringIO())


def states() -> Counter[str]:
    """Return how many rows are in which state."""
    return Counter(OutboxMessage.objects.values_list("state", flat=True))


class OutageTests(MailServerTestCase):
    """Two hundred people register while the mail server fails in one way after the other."""

    def test_ends_with_every_mail_arrived_once(self) -> None:
        users = []
        self.server.stop()
        users += [registered() for _ in range(50)]
        self.server.start()
        for mood, count in (
            ("451 at RCPT", 50),
            ("drops in DATA", 50),
            ("451 at DATA", 28),
            ("550 at MAIL", 20),
            ("hangs and takes nothing", 2),
        ):
            self.postbox.mood = mood
            users += [registered() for _ in range(count)]
        assert len(users) == 200
        assert states() == {State.WAITING: 200}
        self.postbox.mood = "drops in DATA"
        sweep()
        self.server.stop()
        sweep()
        assert not self.postbox.arrived
        assert states() == {State.WAITING: 200}
        assert {row.attempts for row in OutboxMessage.objects.all()} == {3}
        self.server.start()
        self.postbox.mood = ""
        sweep()
        sweep()
        ids = {row.recipient: row.message_id for row in OutboxMessage.objects.all()}
        assert sorted(self.postbox.arrived) == sorted((u.email, ids[u.email]) for u in users)
        assert states() == {State.SENT: 200}

    def test_fails_only_those_that_are_refused_for_good(self) -> None:
        users = owed(10)
        self.postbox.unknown = {users[3].email, users[7].email}
        sweep()
        assert states() == {State.SENT: 8, State.FAILED: 2}
        for refused in OutboxMessage.objects.filter(state=State.FAILED):
            assert refused.recipient in self.postbox.unknown
            assert refused.last_error == "SMTPRecipientsRefused 550 5.1.1"
            assert refused.attempts == 1
        self.postbox.unknown = set()
        for refused in OutboxMessage.objects.filter(state=State.FAILED):
            assert outbox.retry(refused)
        sweep()
        assert Counter(to for to, _ in self.postbox.arrived) == {user.email: 1 for user in users}


class TimeTravelTests(TestCase):
    """Two days with a dead mail server, minute by minute."""

    def test_goes_through_every_retry_and_ends_with_the_reason(self) -> None:
        user = registered()
        row = OutboxMessage.objects.get(user=user)
        start, tried = row.created_at, []
        minute = 0

        def now() -> datetime:
            return start + timedelta(minutes=minute)

        def refuse(*_: Any) -> int:
            tried.append(minute)
            raise smtplib.SMTPConnectError(421, b"4.3.2 Closed for repairs")

        with (
            mock.patch("django.utils.timezone.now", now),
            mock.patch(f"{MEMORY}.send_messages", refuse),
        ):
            for minute in range(50 * 60):  # noqa: B007  `now` reads it
                delivery.deliver_due()
        assert tried == [0, 1, 6, 21, 81, 261, 621, 1341, 2781]
        assert timedelta(minutes=tried[-1]) <= timedelta(hours=48)
        row.refresh_from_db()
        assert (row.state, row.attempts) == (State.FAILED, 9)
        assert row.last_error == "SMTPConnectError 421 4.3.2"
        assert row.finished_at == start + timedelta(minutes=2781)

    def test_delivers_at_the_next_try_once_the_server_is_back(self) -> None:
        registered()
        minute = 0
        start = timezone.now()

        def now() -> datetime:
            return start + timedelta(minutes=minute)

        with mock.patch("django.utils.timezone.now", now):
            with mock.patch(f"{MEMORY}.send_messages", side_effect=ConnectionError):
                for minute in range(300):  # noqa: B007
                    delivery.deliver_due()
            assert not mail.outbox
            for minute in range(300, 900):  # noqa: B007
                delivery.deliver_due()
        assert len(mail.outbox) == 1
        assert OutboxMessage.objects.get().finished_at == start + timedelta(minutes=621)


class LineTests(MailServerTestCase):
    """One connection for many mails."""

    def test_is_kept_from_mail_to_mail(self) -> None:
        owed(30)
        sweep()
        assert states() == {State.SENT: 30}
        assert len(self.postbox.sessions) == 1

    def test_is_renewed_before_a_server_grows_tired_of_it(self) -> None:
        owed(MAILS_A_CONNECTION + 1)
        assert delivery.deliver_due(limit=100) == MAILS_A_CONNECTION + 1
        assert len(self.postbox.sessions) == 2

    def test_survives_a_refusal(self) -> None:
        users = owed(3)
        self.postbox.unknown = {users[1].email}
        sweep()
        assert states() == {State.SENT: 2, State.FAILED: 1}
        assert len(self.postbox.sessions) == 1

    def test_is_renewed_where_the_server_hangs_up_between_two_mails(self) -> None:
        users = owed(4)
        self.postbox.mood = "one mail a connection"
        sweep()
        assert Counter(to for to, _ in self.postbox.arrived) == {user.email: 1 for user in users}
        assert {row.attempts for row in OutboxMessage.objects.all()} == {1}
        assert len(self.postbox.sessions) == 4

    def test_is_renewed_after_the_server_said_good_bye_or_nothing(self) -> None:
        owed(3)
        for sessions, mood in ((3, "421 at MAIL"), (6, "drops in DATA")):
            self.postbox.mood = mood
            sweep()
            assert states() == {State.WAITING: 3}
            assert len(self.postbox.sessions) == sessions
        self.postbox.mood = ""
        sweep()
        assert states() == {State.SENT: 3}

    def test_that_cannot_be_closed_in_good_order_does_not_send_twice(self) -> None:
        (user,) = owed(1)
        self.postbox.mood = "hangs in QUIT"
        sweep()
        assert states() == {State.SENT: 1}
        sweep()
        assert [to for to, _ in self.postbox.arrived] == [user.email]

    def test_is_not_asked_for_again_while_the_server_is_silent(self) -> None:
        owed(20)
        with (
            socket.create_server(("127.0.0.1", 0), backlog=100) as silent,
            mail_settings(silent.getsockname()[1], timeout=1),
        ):
            sweep()
            silent.setblocking(False)
            silent.accept()[0].close()
            # One waiting, not twenty; every mail knows the reason and has its next attempt.
            with self.assertRaises(BlockingIOError):
                silent.accept()
        assert {(row.attempts, row.last_error) for row in OutboxMessage.objects.all()} == {
            (1, "SMTPServerDisconnected")
        }
        sweep()
        assert states() == {State.SENT: 20}

    def test_is_asked_for_again_after_the_silence(self) -> None:
        with (
            mail_settings(silent_server(self.addCleanup), timeout=1),
            mock.patch.object(transport, "SILENCE", 0.0),
            Line() as line,
        ):
            for _ in range(2):
                started = time.monotonic()
                with self.assertRaises(smtplib.SMTPServerDisconnected):
                    line.send(mail.EmailMessage("a", "b", None, ["anna@example.com"]))
                assert time.monotonic() - started > transport.SLOW


class LapsedClaimTests(MailServerTestCase):
    """A worker so slow that somebody else has taken its mail over."""

    def test_decides_nothing_any_more(self) -> None:
        for outcome in (None, smtplib.SMTPDataError(554, b"no"), ConnectionResetError()):
            with self.subTest(outcome):
                (user,) = owed(1)
                row = OutboxMessage.objects.get(user=user)

                def taken_over(*_: Any, pk: int = row.pk, fault: Any = outcome) -> int:
                    # Meanwhile: the lease lapses, another worker claims the row, and fails.
                    OutboxMessage.objects.filter(pk=pk).update(
                        due_at=timezone.now() + timedelta(minutes=15),
                        attempts=2,
                        last_error="ConnectionRefusedError",
                    )
                    if fault is not None:
                        raise fault
                    return 1

                with (
                    mock.patch(f"{SMTP}.send_messages", taken_over),
                    self.assertLogs("accounts.mail.delivery", "WARNING") as logs,
                ):
                    assert delivery.deliver(row.pk)
                row.refresh_from_db()
                assert (row.state, row.attempts) == (State.WAITING, 2)
                assert row.last_error == "ConnectionRefusedError"
                assert row.due_at > timezone.now() + timedelta(minutes=14)
                assert "taken over" in logs.output[-1]

    def test_cannot_be_within_the_time_that_a_delivery_may_take(self) -> None:
        (user,) = owed(1)
        for timeout, minutes in ((1, 5), (10, 5), (60, 20)):
            due_at: list[datetime] = []

            def look(*_: Any, found: list[datetime] = due_at) -> int:
                found.append(OutboxMessage.objects.get(user=user).due_at)
                raise ConnectionResetError

            time_passes()
            with (
                mail_settings(self.server.port, timeout=timeout),
                mock.patch(f"{SMTP}.send_messages", look),
            ):
                delivery.deliver_due()
            left = due_at[0] - timezone.now()
            assert timedelta(minutes=minutes - 1) < left <= timedelta(minutes=minutes)


class FaultTests(TestCase):
    """A fault of ours in one mail."""

    def test_is_logged_with_its_place_and_without_a_value(self) -> None:
        user = registered()
        fault = mock.patch(
            "accounts.mail.rendering.render_to_string", side_effect=ValueError(user.email)
        )
        with fault, self.assertLogs("accounts.mail.delivery", "ERROR") as logs:
            delivery.deliver_due()
        (line,) = logs.output
        assert "messages.py" in line
        assert user.email not in line
        row = OutboxMessage.objects.get()
        assert (row.state, row.last_error) == (State.WAITING, "ValueError")


class StaffRetryTests(TestCase):
    """`outbox.retry`."""

    def test_brings_forward_what_waits_for_long(self) -> None:
        registered()
        OutboxMessage.objects.update(due_at=timezone.now() + timedelta(hours=12), attempts=7)
        assert outbox.retry(OutboxMessage.objects.get())
        assert delivery.deliver_due() == 1
        assert len(mail.outbox) == 1

    def test_leaves_alone_what_may_be_in_delivery_and_what_is_done(self) -> None:
        registered()
        row = OutboxMessage.objects.get()
        OutboxMessage.objects.update(due_at=timezone.now() + delivery.LEASE)
        assert not outbox.retry(row)
        for state in (State.SENT, State.DROPPED):
            OutboxMessage.objects.update(state=state)
            assert not outbox.retry(row)


class HeldUpTests(TestCase):
    """The age of the oldest undelivered mail."""

    def test_passes_over_what_the_recipient_holds_up(self) -> None:
        long_ago = timezone.now() - timedelta(hours=3)
        registered()
        for reason, is_ours in (
            ("SMTPRecipientsRefused 452 4.2.2", False),
            ("SMTPDataError 451", False),
            ("SMTPServerDisconnected", True),
            ("", True),
        ):
            OutboxMessage.objects.update(created_at=long_ago, last_error=reason)
            assert outbox.oldest_undelivered() >= timedelta(hours=3)
            ours = outbox.oldest_undelivered(held_up_by_us=True)
            assert (ours >= timedelta(hours=3)) == is_ours, reason
            assert self.client.get("/healthz").status_code == (503 if is_ours else 200)

    def test_is_late_by_the_setting(self) -> None:
        registered()
        OutboxMessage.objects.update(created_at=timezone.now() - timedelta(minutes=5))
        for minutes, status in ((6, 200), (4, 503)):
            with override_settings(OUTBOX_LATE=timedelta(minutes=minutes)):
                assert self.client.get("/healthz").status_code == status


class EncryptedLineTests(MailServerTestCase):
    """TLS to the mail server: from the start or by STARTTLS, with a certificate that is right."""

    certificate: ClassVar[Path]
    tls: ClassVar[ssl.SSLContext]

    @classmethod
    def setUpClass(cls) -> None:
        """Make a certificate for this machine."""
        super().setUpClass()
        if shutil.which("openssl") is None and "CI" not in os.environ:
            raise SkipTest("openssl is not installed")
        folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.certificate = folder / "certificate.pem"
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt"),
                *("ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=127.0.0.1"),
                *("-addext", "subjectAltName=IP:127.0.0.1"),
                *("-keyout", str(folder / "key.pem"), "-out", str(cls.certificate)),
            ],
            check=True,
            capture_output=True,
        )
        cls.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        cls.tls.load_cert_chain(cls.certificate, folder / "key.pem")

    def trust(self) -> None:
        """Take the certificate for a good one, as if an authority had signed it."""
        self.enterContext(mock.patch.dict("os.environ", {"SSL_CERT_FILE": str(self.certificate)}))

    def serve(self, **details: Any) -> None:
        self.server.stop()
        self.server.start(**details)

    def test_carries_mails(self) -> None:
        self.trust()
        for details, flags in (
            ({"ssl_context": self.tls}, {"use_ssl": True}),
            ({"tls_context": self.tls, "require_starttls": True}, {"use_tls": True}),
        ):
            self.serve(**details)
            owed(3)
            with mail_settings(self.server.port, **flags):
                sweep()
            assert states()[State.SENT] == len(self.postbox.arrived)
            assert states()[State.WAITING] == 0
        assert len(self.postbox.sessions) == 2

    def test_is_not_used_with_a_certificate_that_nobody_signed(self) -> None:
        for details, flags in (
            ({"ssl_context": self.tls}, {"use_ssl": True}),
            ({"tls_context": self.tls}, {"use_tls": True}),
        ):
            self.serve(**details)
            owed(1)
            with mail_settings(self.server.port, **flags):
                sweep()
        assert not self.postbox.arrived
        assert {row.last_error for row in OutboxMessage.objects.all()} == {
            "SSLCertVerificationError"
        }

    def test_is_not_given_up_for_a_server_without_it(self) -> None:
        owed(2)
        with mail_settings(
            self.server.port,
            use_tls=True,
            username="kantor",
            password="secret",
        ):
            sweep()
        assert self.postbox.tried == 0
        assert {row.last_error for row in OutboxMessage.objects.all()} == {"SMTPNotSupportedError"}
