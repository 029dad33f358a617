"""Fetch one small answer from a server of somebody else, whatever that server does.

The standard library's client follows no redirect, repeats nothing and obeys no proxy variable.
What it lacks is an end: its timeout counts each read alone, and names are resolved without any.
"""

import contextlib
import socket
import ssl
import threading
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import SplitResult, urlsplit

HEADERS = {"Accept": "application/json", "User-Agent": "kantor"}


class FetchError(Exception):
    """No whole answer came in time; the argument is the kind of trouble, in one word."""


@dataclass(frozen=True)
class Answer:
    """What a server answered: any status; the type without its parameters, in small letters."""

    status: int
    content_type: str
    body: bytes


def fetch(url: str, *, seconds: float, most_bytes: int) -> Answer:
    """Ask for `url` (http or https, the certificate is checked) by one GET.

    `seconds` is the time for everything: name, connection, handshake, headers and body. The talk
    is held in a thread of its own, which ends when its socket is shut down. Raises FetchError.
    """
    talk = _Talk(url, seconds, most_bytes)
    threading.Thread(target=talk.hold, name="company-lookup", daemon=True).start()
    if not talk.ended.wait(seconds):
        talk.give_up()
        raise FetchError("timeout")
    if talk.answer is None:
        raise FetchError(talk.trouble)
    return talk.answer


class _Talk:
    """One question and its answer."""

    def __init__(self, url: str, seconds: float, most_bytes: int) -> None:
        self._url = url
        self._seconds = seconds
        self._most_bytes = most_bytes
        self._is_given_up = False
        # The connected socket: the connection lets go of it as soon as the headers are there.
        self._line: socket.socket | None = None
        self.ended = threading.Event()
        self.answer: Answer | None = None
        self.trouble = ""

    def hold(self) -> None:
        """Ask and listen to the end. Raises nothing: a traceback would show the address."""
        try:
            self.answer = self._ask()
        except Exception as error:
            self.trouble = self.trouble or type(error).__name__
        finally:
            self.ended.set()

    def give_up(self) -> None:
        """Cut the line under whatever is still read or written."""
        self._is_given_up = True
        if self._line is not None:
            # It may have ended by itself at this moment.
            with contextlib.suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)

    def _ask(self) -> Answer:
        parts = urlsplit(self._url)
        with contextlib.closing(self._connection(parts)) as connection:
            connection.connect()
            self._line = connection.sock
            if self._is_given_up:
                raise TimeoutError
            target = f"{parts.path}?{parts.query}"
            connection.request("GET", target, headers=HEADERS)
            with connection.getresponse() as response:
                body = response.read(self._most_bytes + 1)
        if len(body) > self._most_bytes:
            self.trouble = "too-large"
            raise ValueError
        return Answer(response.status, response.headers.get_content_type(), body)

    def _connection(self, parts: SplitResult) -> HTTPConnection:
        host = parts.hostname or ""
        if parts.scheme == "https":
            return HTTPSConnection(host, parts.port, timeout=self._seconds, context=ssl_context())
        return HTTPConnection(host, parts.port, timeout=self._seconds)


def ssl_context() -> ssl.SSLContext:
    """Return a context that checks the certificate and its name."""
    return ssl.create_default_context()
