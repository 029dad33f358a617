"""Talk to the mail server: one connection for many mails, renewed when it breaks."""

import smtplib
from contextlib import suppress
from time import monotonic
from types import TracebackType
from typing import Any, Self

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.module_loading import import_string

# Servers count: Postfix and its like close a connection after a hundred mails or so.
MAILS_A_CONNECTION = 50
# A server that let us wait this long (seconds) for a connection and gave none …
SLOW = 0.5
# … is not asked again by this process for as long as this (seconds).
SILENCE = 60.0

# What opening failed with, and until when (monotonic) nobody need try again, by the server.
_silent: dict[tuple[str | None, int | None], tuple[float, Exception]] = {}


def reach() -> None:
    """Open a connection to the mail server, signed in, and hang up; raises why it cannot be had."""
    _open().close()


class Line:
    """A connection to the mail server that is opened by the first mail and kept for the next.

    Use it as a context manager, in one thread. What fails with a mail is raised by `send`; what
    fails in hanging up is nobody's concern: the mails before it were taken.
    """

    def __init__(self) -> None:
        self._connection: BaseEmailBackend | None = None
        self._sent = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def send(self, message: EmailMessage) -> None:
        """Hand one mail to the server; returns when the server has taken it.

        Raises what the mail backend raises (OSError, of which SMTPException is one). While the
        server is known to be silent it raises at once what the last waiting ended with: a
        hundred mails must not wait a hundred timeouts.
        """
        if self._connection is not None and not self._is_ready():
            self._hang_up()
        if self._connection is None:
            self._connection = _open()
            self._sent = 0
        try:
            self._connection.send_messages([message])
        except Exception as error:
            if not _goes_on_after(error):
                self._hang_up()
            raise
        self._sent += 1
        if self._sent >= MAILS_A_CONNECTION:
            self.close()

    def close(self) -> None:
        """Say good-bye and close the connection, if there is one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                connection.close()

    def _is_ready(self) -> bool:
        """Clear the last mail away (RSET); tell whether the server is still there.

        Before a mail is the moment to learn that a server has hung up: afterwards nobody knows
        whether it took the mail.
        """
        smtp = _smtp(self._connection)
        if smtp is None:
            return True
        try:
            code, _words = smtp.rset()
        except OSError:
            return False
        return code == 250

    def _hang_up(self) -> None:
        """Close without a word: a QUIT on a broken line would wait for another timeout."""
        smtp = _smtp(self._connection)
        if smtp is not None:
            smtp.close()
        self.close()


def timeout() -> float:
    """Return how many seconds the mail server may take for each answer; 0 where none is asked."""
    return float(_options().get("timeout") or 0)


def _options() -> dict[str, Any]:
    mailer: dict[str, Any] = settings.MAILERS["default"]
    options: dict[str, Any] = mailer.get("OPTIONS", {})
    return options


def _backend() -> BaseEmailBackend:
    """Return what Django 6.1 calls `mailers.default`; older versions do not know the setting."""
    backend: type[BaseEmailBackend] = import_string(settings.MAILERS["default"]["BACKEND"])
    return backend(alias="default", **_options())


def _open() -> BaseEmailBackend:
    server = (_options().get("host"), _options().get("port"))
    until, failure = _silent.get(server, (0.0, None))
    if failure is not None and monotonic() < until:
        raise failure.with_traceback(None)
    connection = _backend()
    started = monotonic()
    try:
        connection.open()
    except Exception as error:
        if monotonic() - started >= SLOW:
            _silent[server] = (monotonic() + SILENCE, error)
        # The backend is thrown away: what a failed STARTTLS left open is never spoken on again.
        raise
    _silent.pop(server, None)
    return connection


def _goes_on_after(error: Exception) -> bool:
    """Tell whether the conversation goes on after a refusal; 421 is a server's good-bye."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code != 421 for code, _words in error.recipients.values())
    refusals = (smtplib.SMTPSenderRefused, smtplib.SMTPDataError)
    return isinstance(error, refusals) and error.smtp_code != 421


def _smtp(connection: BaseEmailBackend | None) -> smtplib.SMTP | None:
    """Return the conversation behind a backend that speaks SMTP."""
    smtp = getattr(connection, "connection", None)
    return smtp if isinstance(smtp, smtplib.SMTP) else None
