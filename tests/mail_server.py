"""A real mail server for tests, in the mood that a test asks for."""

import asyncio
import socket
from collections.abc import Callable
from email import message_from_bytes
from threading import Condition, Event
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.test import TransactionTestCase, override_settings
from django.utils import timezone

from accounts.models import OutboxMessage

TIMEOUT = 3  # seconds that the site waits for an answer in tests: a busy machine is no outage
TOO_LONG = 4.5


class Postbox:
    """Take mails as a mail server does; `mood` says what goes wrong, "" is nothing.

    `arrived` are recipient and Message-ID of what was taken, in order; `mails` what was in it.
    """

    def __init__(self) -> None:
        self.mood = ""
        self.unknown: set[str] = set()
        self.arrived: list[tuple[str, str]] = []
        self.mails: list[Any] = []
        self.sessions: list[Session] = []
        self.tried = 0
        self.something_came = Condition()
        self.may_answer = Event()

    async def handle_MAIL(  # noqa: N802  the names are aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Refuse the sender, if asked to."""
        self.tried += 1
        if session not in self.sessions:
            self.sessions.append(session)
        envelope.mail_from = address
        if self.mood == "421 at MAIL":
            self.hang_up(server)
            return "421 4.7.0 Too many mails"
        return "550 5.7.1 Sender rejected" if self.mood == "550 at MAIL" else "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Refuse the recipient, now or for good, if asked to."""
        if self.mood == "550 at RCPT" or address in self.unknown:
            return f"550 5.1.1 <{address}>: no such user"
        if self.mood == "451 at RCPT":
            return f"451 4.7.1 <{address}>: greylisted"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Take the mail, or do what the mood says."""
        if self.mood == "451 at DATA":
            return "451 4.3.0 Try again later"
        if self.mood == "554 at DATA":
            return "554 5.7.1 Rejected as spam"
        if self.mood == "drops in DATA":
            self.hang_up(server)
            return "421 Bye"
        if self.mood == "hangs and takes nothing":
            await asyncio.sleep(TOO_LONG)
            return "451 4.3.0 Too late"
        assert isinstance(envelope.content, bytes)
        with self.something_came:
            mail = message_from_bytes(envelope.content)
            self.mails.append(mail)
            self.arrived.append((envelope.rcpt_tos[0], mail["Message-ID"]))
            self.something_came.notify_all()
        if self.mood == "takes it and holds the answer":
            await asyncio.to_thread(self.may_answer.wait, 60)
        if self.mood == "takes it and drops":
            self.hang_up(server)
        if self.mood == "takes it and hangs":
            await asyncio.sleep(TOO_LONG)
        return "250 Taken"

    async def handle_RSET(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Get ready for another mail, or be gone meanwhile."""
        if self.mood == "one mail a connection":
            self.hang_up(server)
        return "250 OK"

    async def handle_QUIT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Say good-bye, too late if asked to."""
        if self.mood == "hangs in QUIT":
            await asyncio.sleep(TOO_LONG)
        return "221 Bye"

    def hang_up(self, server: SMTP) -> None:
        """Close the connection without a word."""
        if server.transport is not None:
            server.transport.close()

    def wait_for(self, count: int, seconds: float = 60) -> None:
        """Return when so many mails have come; fail when they do not."""
        with self.something_came:
            came = self.something_came.wait_for(lambda: len(self.arrived) >= count, seconds)
        assert came, f"Only {len(self.arrived)} of {count} mails came."


class MailServer:
    """The server around a postbox, which can be down for a while and come back."""

    def __init__(self, **details: Any) -> None:
        self.postbox = Postbox()
        self.port = free_port()
        self.start(**details)

    def start(self, **details: Any) -> None:
        """Serve on the same port as before."""
        self._controller = Controller(self.postbox, hostname="127.0.0.1", port=self.port, **details)
        self._controller.start()

    def stop(self) -> None:
        """Refuse connections from now on."""
        if self._controller.loop.is_running():
            self._controller.stop()


def silent_server(cleanup: Callable[..., Any]) -> int:
    """Return the port of a server that takes connections and never says a word."""
    server = socket.create_server(("127.0.0.1", 0), backlog=100)
    cleanup(server.close)
    port: int = server.getsockname()[1]
    return port


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def mail_settings(port: int, **others: Any) -> override_settings:
    """Send through a real mail server on this port."""
    options = {"host": "127.0.0.1", "port": port, "timeout": TIMEOUT, **others}
    backend = "django.core.mail.backends.smtp.EmailBackend"
    return override_settings(MAILERS={"default": {"BACKEND": backend, "OPTIONS": options}})


def time_passes() -> None:
    """Let the pauses before the next tries pass, and the claims of the dead lapse."""
    now = timezone.now()
    OutboxMessage.objects.filter(state=OutboxMessage.State.WAITING, due_at__gt=now).update(
        due_at=now
    )


class MailServerTestCase(TransactionTestCase):
    """A real mail server for each test."""

    serialized_rollback = True

    def setUp(self) -> None:
        self.server = MailServer()
        self.postbox = self.server.postbox
        self.addCleanup(lambda: self.server.stop())
        self.enterContext(mail_settings(self.server.port))
