"""A register of VAT payers on this machine, in any mood: a real server that a test scripts."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

NIP = "9990000014"
REGON, KRS = "999000012", "0000000017"
NAME = "WZÓR I PRZYKŁAD SPÓŁKA Z OGRANICZONĄ ODPOWIEDZIALNOŚCIĄ"
JSON = "application/json"

# How long a test waits for what must come; only a failing test waits that long.
PATIENCE = 60


class Register(ThreadingHTTPServer):
    """The server. `mood` answers each request; `asked` lists the paths that came."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.mood: Callable[[_Handler], None] = known()
        self.asked: list[str] = []
        # Set when the test is over: whoever hangs or drips ends then.
        self.over = threading.Event()
        # Set when a talk that was hung or dripped has been cut by the client.
        self.cut = threading.Event()

    @property
    def url(self) -> str:
        """Return scheme, host and port."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that hangs up is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: Register

    def do_GET(self) -> None:
        """Answer as the mood has it."""
        self.server.asked.append(self.path)
        self.server.mood(self)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the test's output clean."""

    def answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        """Send a whole answer."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers and "Transfer-Encoding" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


Mood = Callable[[_Handler], None]


@contextmanager
def running(context: ssl.SSLContext | None = None) -> Iterator[Register]:
    """Run a register for a while, with TLS if there is a context."""
    register = Register()
    if context is not None:
        register.socket = context.wrap_socket(register.socket, server_side=True)
    thread = threading.Thread(target=register.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield register
    finally:
        register.over.set()
        register.shutdown()
        register.server_close()
        thread.join(PATIENCE)


def subject(**others: Any) -> dict[str, Any]:
    """Return an entry in the published shape."""
    return {
        "name": NAME,
        "nip": NIP,
        "statusVat": "Czynny",
        "regon": REGON,
        "pesel": None,
        "krs": KRS,
        "residenceAddress": None,
        "workingAddress": "UL. ŚW. JANA PAWŁA II 12/3, 00-000 WARSZAWA",
        "representatives": [],
        "authorizedClerks": [],
        "partners": [],
        "accountNumbers": ["12345678901234567890123456"],
        "hasVirtualAccounts": False,
    } | others


def known(**others: Any) -> Mood:
    """Answer with this entry."""
    return says(
        {"result": {"subject": subject(**others), "requestId": "a1", "requestDateTime": ""}}
    )


def unknown() -> Mood:
    """Answer that there is no such company."""
    return says({"result": {"subject": None, "requestId": "a1", "requestDateTime": ""}})


def refuses(status: int, code: str) -> Mood:
    """Answer with an error in the published shape."""
    return says({"code": code, "message": f"Nie dla {NIP}"}, status)


def says(content: Any, status: int = 200, content_type: str = f"{JSON};charset=UTF-8") -> Mood:
    """Answer with this content: bytes as they are, anything else as JSON."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return lambda handler: handler.answer(status, body, {"Content-Type": content_type})


def redirects(address: str) -> Mood:
    """Send the client elsewhere."""
    return lambda handler: handler.answer(302, b"", {"Location": address, "Content-Type": JSON})


def hangs(handler: _Handler) -> None:
    """Take the question and say nothing."""
    _wait_for_the_end(handler)


def drips(handler: _Handler) -> None:
    """Send a byte now and then, forever, after promising many."""
    handler.send_response(200)
    handler.send_header("Content-Type", JSON)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    _drip(handler, b" ")


def drips_headers(handler: _Handler) -> None:
    """Send a byte of a header now and then, forever."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    _drip(handler, b"a")


def cuts(handler: _Handler) -> None:
    """Hang up in the middle of the answer."""
    body = json.dumps({"result": {"subject": subject()}}).encode()
    handler.answer(
        200, body[: len(body) // 2], {"Content-Type": JSON, "Content-Length": str(len(body))}
    )
    _hang_up(handler)


def hangs_up(handler: _Handler) -> None:
    """Hang up before any answer."""
    _hang_up(handler)


def _hang_up(handler: _Handler) -> None:
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def _drip(handler: _Handler, drop: bytes) -> None:
    while not handler.server.over.wait(0.02):
        try:
            handler.wfile.write(drop)
            handler.wfile.flush()
        except OSError:
            handler.server.cut.set()
            return


def _wait_for_the_end(handler: _Handler) -> None:
    """Read until the client is gone; the test's end makes it go as well."""
    handler.connection.settimeout(PATIENCE)
    try:
        gone = handler.connection.recv(1) == b""
    except OSError:
        gone = True
    if gone:
        handler.server.cut.set()
