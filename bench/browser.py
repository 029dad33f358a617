"""A visitor without JavaScript: keeps cookies, reads forms out of pages, fills and sends them.

It knows nothing of any site. What is measured happens inside the transport; reading a page and
filling its form are the visitor's own work and never counted.
"""

import io
import re
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from html import unescape
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from typing import Any, Protocol
from urllib.parse import urlencode, urljoin, urlsplit

ORIGIN = "http://127.0.0.1"


@dataclass(frozen=True)
class Response:
    """What came back: status, headers in their order, text."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        """Return the first header of this name, or an empty string."""
        return next((value for key, value in self.headers if key.lower() == name), "")


class Transport(Protocol):
    """Carries one request to a site and brings its answer back."""

    def __call__(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, address: str
    ) -> Response:
        """Send the request from this client address."""
        ...


class InProcess:
    """Call a WSGI application in this process and note the CPU time that each answer took.

    Covers middleware, view, rendering, database and the closing of the response, and no other
    thread. `on_answer` is called after each answer, outside the measured time.
    """

    def __init__(self, application: Callable[..., Any]) -> None:
        """Measure this application."""
        self.application = application
        self.cpu_ms = 0.0
        self.on_answer: Callable[[], None] = lambda: None

    def __call__(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, address: str
    ) -> Response:
        """Send the request; the CPU milliseconds of its answer are in `cpu_ms` afterwards."""
        url = urlsplit(path)
        environ = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": url.path,
            "QUERY_STRING": url.query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": address,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": False,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            "CONTENT_LENGTH": str(len(body)),
            **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
        }
        environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE", "")
        answer: dict[str, Any] = {}

        def start_response(status: str, headers: list[tuple[str, str]], *_: object) -> None:
            answer.update(status=int(status[:3]), headers=headers)

        start = time.thread_time()
        chunks = self.application(environ, start_response)
        content = b"".join(chunks)
        if hasattr(chunks, "close"):
            chunks.close()
        self.cpu_ms = (time.thread_time() - start) * 1000
        self.on_answer()
        return Response(answer["status"], answer["headers"], content)


class OverHttp:
    """Ask a server on this machine, each client from a loopback address of its own."""

    def __init__(self, port: int) -> None:
        """Speak to 127.0.0.1 on this port."""
        self.port = port

    def __call__(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, address: str
    ) -> Response:
        """Send the request on a connection of its own."""
        with closing(OverKeptHttp(self.port, address)) as transport:
            return transport(method, path, headers, body, address)


class OverKeptHttp:
    """Ask a server on this machine as one customer, whose connection is kept as browsers keep it.

    A server that closes it after each answer gets a new one each time.
    """

    def __init__(self, port: int, address: str) -> None:
        """Speak to 127.0.0.1 on this port from this address."""
        self.connection = HTTPConnection("127.0.0.1", port, timeout=60, source_address=(address, 0))

    def __call__(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, address: str
    ) -> Response:
        """Send the request."""
        self.connection.request(method, path, body or None, {**headers, "Host": "127.0.0.1"})
        answer = self.connection.getresponse()
        return Response(answer.status, answer.getheaders(), answer.read())

    def close(self) -> None:
        """Leave the server."""
        self.connection.close()


@dataclass
class Form:
    """One form of a page: where it goes and what it would send untouched."""

    action: str
    method: str
    hidden: dict[str, str] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    boxes: dict[str, str] = field(default_factory=dict)


TAG = re.compile(r"<(/?form|input|select|/select|option|textarea)\b([^>]*)>")
ATTRIBUTE = re.compile(r'([\w-]+)(?:="([^"]*)")?')


def forms_of(page: str) -> list[Form]:
    """Return the forms of a page.

    By expressions and not by a parser of HTML, whose CPU on pages with every country of the world
    would be taken from the server that is measured beside it.
    """
    forms: list[Form] = []
    form: Form | None = None
    select = ""
    for tag, attributes in TAG.findall(page):
        if tag == "option" and not select:
            continue
        given = {name: unescape(value) for name, value in ATTRIBUTE.findall(attributes)}
        name = given.get("name", "")
        if tag == "form":
            form = Form(given.get("action", ""), given.get("method", "get").lower())
            forms.append(form)
        elif form is None or tag == "/form":
            form = None
        elif tag in {"select", "/select"}:
            select = name
            form.fields |= {name: ""} if name else {}
        elif tag == "option":
            if "selected" in given or not form.fields[select]:
                form.fields[select] = given.get("value", "")
        elif name:
            _note(form, name, given)
    return forms


def _note(form: Form, name: str, given: Mapping[str, str]) -> None:
    """Note an input by what it sends when nobody touches it."""
    kind = given.get("type", "text")
    if kind == "hidden":
        form.hidden[name] = given.get("value", "")
    elif kind == "checkbox":
        form.boxes[name] = given.get("value", "on")
    elif kind == "radio":
        form.fields.setdefault(name, "")
    elif kind not in {"submit", "image", "button", "reset", "file"}:
        form.fields[name] = given.get("value", "")


class UnexpectedAnswerError(Exception):
    """The site answered something that a journey cannot go on from; the text says what."""


class Browser:
    """One visitor with his cookies, the page he is on, and an address of his own."""

    def __init__(self, transport: Transport, address: str) -> None:
        """Begin without cookies."""
        self.transport = transport
        self.address = address
        self.cookies: dict[str, str] = {}
        self.url = "/"
        self.page = ""

    def request(self, method: str, url: str, data: Mapping[str, str] | None = None) -> Response:
        """Send one request and keep what the answer sets; redirects are the caller's.

        Raises UnexpectedAnswerError for a status of 400 or more.
        """
        target = urlsplit(urljoin(ORIGIN + self.url, url))
        path = target.path + (f"?{target.query}" if target.query else "")
        headers = {"Host": "127.0.0.1", "Accept-Language": "pl", "Accept": "text/html,*/*"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{key}={value}" for key, value in self.cookies.items())
        body = b""
        if method == "POST":
            body = urlencode(data or {}).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["Origin"] = ORIGIN
            headers["Referer"] = ORIGIN + self.url
        response = self.transport(method, path, headers, body, self.address)
        for name, value in response.headers:
            if name.lower() == "set-cookie":
                self._keep(value)
        if response.status >= 400:
            text = response.body[:400].decode("utf-8", "replace")
            raise UnexpectedAnswerError(f"{method} {path}: {response.status} {text}")
        if response.header("content-type").startswith("text/html") and response.status == 200:
            self.url, self.page = path, response.body.decode()
        return response

    def _keep(self, line: str) -> None:
        """Keep, or forget, the cookie of a Set-Cookie header."""
        for name, morsel in SimpleCookie(line).items():
            if morsel.value and morsel["max-age"] != 0 and morsel["max-age"] != "0":
                self.cookies[name] = morsel.value
            else:
                self.cookies.pop(name, None)

    def form(self, *wanted: str) -> Form:
        """Return the page's form that sends by POST and holds most of the wanted names.

        Raises UnexpectedAnswerError when the page has no such form.
        """
        posting = [form for form in forms_of(self.page) if form.method == "post"]

        def wealth(form: Form) -> int:
            names = {plain(name) for name in (*form.hidden, *form.fields, *form.boxes)}
            return len(names & set(wanted))

        best = max(posting, key=wealth, default=None)
        if best is None or (wanted and not wealth(best)):
            raise UnexpectedAnswerError(f"{self.url}: no form with {', '.join(wanted)}")
        return best

    def fill(self, answers: Mapping[str, str | bool]) -> tuple[str, dict[str, str]]:
        """Return the address and the data of the form that asks for these answers.

        An answer is matched by the field's name without its prefix; a box is ticked by True.
        """
        form = self.form(*answers)
        data = dict(form.hidden)
        for name, value in form.fields.items():
            answer = answers.get(plain(name), value)
            data[name] = str(answer)
        for name, value in form.boxes.items():
            if answers.get(plain(name)) is True:
                data[name] = value
        return form.action or self.url, data


def plain(name: str) -> str:
    """Return a field's name without the prefix of its form (`dane-email` is `email`)."""
    return name.rpartition("-")[2]
