"""A Sentry server as small as can be: it takes what is sent and keeps it, for tests to read."""

import gzip
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from threading import Thread
from typing import Any

import brotli


class Ingest:
    """Listens on a port of its own; `bodies` is all that came, unpacked."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        bodies = self.bodies

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                match self.headers.get("Content-Encoding"):
                    case "gzip":
                        body = gzip.decompress(body)
                    case "br":
                        body = brotli.decompress(body)
                bodies.append(f"{self.headers}\n{body.decode()}")
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *args: Any) -> None:
                """Stay silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.dsn = f"http://public@127.0.0.1:{self._server.server_address[1]}/1"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def events(self) -> list[dict[str, Any]]:
        """Return the events: the parts of envelopes that are one."""
        found = []
        for body in self.bodies:
            lines = [json.loads(line) for line in body.splitlines() if line.startswith("{")]
            headers = pairwise(lines)
            found += [what for header, what in headers if header.get("type") == "event"]
        return found
