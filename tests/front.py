"""nginx with `deploy/nginx.conf`, in front of whatever answers at two ports of this machine."""

import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import SkipTest

from django.conf import settings

from tests.mail_server import free_port

DEPLOY = Path(settings.BASE_DIR) / "deploy"
HOST = "kantor.example"


def program(name: str) -> str:
    """Return where a program is; skip the test outside CI when it is not there."""
    found = shutil.which(name)
    if found is None:
        assert "CI" not in os.environ, f"CI has {name}"
        raise SkipTest(f"{name} is not installed")
    return found


class Front:
    """The server, from its configuration's check to the end of the test."""

    def __init__(self, cleanup: Callable[..., Any], ports: tuple[int, int]) -> None:
        nginx = program("nginx")
        temporary = tempfile.TemporaryDirectory(prefix="kantor-front-")
        cleanup(temporary.cleanup)
        folder = Path(temporary.name)
        self.port, self.plain, self.log = free_port(), free_port(), folder / "error.log"
        # nginx reads it as another user than root.
        folder.chmod(0o755)
        self.webroot = folder / "webroot"
        self.webroot.mkdir()
        certificate, key = folder / "fullchain.pem", folder / "privkey.pem"
        asked = f"req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN={HOST}"
        asked += f" -addext subjectAltName=DNS:{HOST} -keyout {key} -out {certificate}"
        subprocess.run([program("openssl"), *asked.split()], check=True, capture_output=True)
        site = (DEPLOY / "nginx.conf").read_text()
        site = re.sub(r"listen \[::\]:\d+[^;]*;", "", site)
        site = re.sub(r"listen 443\b", f"listen 127.0.0.1:{self.port}", site)
        site = re.sub(r"listen 80\b", f"listen 127.0.0.1:{self.plain}", site)
        for path, ours in (
            ("/etc/letsencrypt/live/kantor.example", str(folder)),
            ("/opt/kantor/current/deploy", str(DEPLOY)),
            ("/var/www/html", str(self.webroot)),
            ("/var/log/nginx/kantor-error.log", str(self.log)),
            ("127.0.0.1:8001 ", f"127.0.0.1:{ports[0]} "),
            ("127.0.0.1:8002 ", f"127.0.0.1:{ports[1]} "),
        ):
            assert path in site, path
            site = site.replace(path, ours)
        whole = folder / "nginx.conf"
        whole.write_text(
            f"pid {folder}/pid; daemon off; error_log {folder}/start.log; events {{}}\n"
            f"http {{ client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;\n"
            f"fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;\n"
            f"scgi_temp_path {folder}/scgi;\n{site}\n}}\n"
        )
        command = [nginx, "-c", str(whole), "-e", str(folder / "start.log")]
        checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr
        self.trust = ssl.create_default_context(cafile=str(certificate))
        server = subprocess.Popen(command, stderr=subprocess.PIPE)
        cleanup(server.communicate)
        cleanup(server.terminate)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                self.ask("GET", "/")
            except OSError:
                continue
            return
        raise AssertionError("nginx did not come up in a minute")

    def ask(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
        address: str = "127.0.0.1",
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """Ask over a connection of its own, from this loopback address; return answer and body."""
        plain = socket.create_connection(("127.0.0.1", self.port), 60, (address, 0))
        connection = http.client.HTTPConnection(HOST)
        try:
            connection.sock = self.trust.wrap_socket(plain, server_hostname=HOST)
            connection.request(method, path, body, {"Host": HOST, **(headers or {})})
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            plain.close()
            connection.close()
