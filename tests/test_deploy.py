"""The examples in `deploy/`: the programs that read them accept them, and they do what they say."""

import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from unittest import SkipTest

from django.conf import settings
from django.test import SimpleTestCase

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


class NginxTests(SimpleTestCase):
    """nginx with our file, in front of a site that does not answer."""

    def setUp(self) -> None:
        nginx = program("nginx")
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.port, self.port_of_site = free_port(), free_port()
        certificate, key = folder / "fullchain.pem", folder / "key.pem"
        asked = f"req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN={HOST}"
        asked += f" -addext subjectAltName=DNS:{HOST} -keyout {key} -out {certificate}"
        subprocess.run([program("openssl"), *asked.split()], check=True, capture_output=True)
        site = (DEPLOY / "nginx.conf").read_text()
        site = re.sub(r"listen \[::\]:\d+[^;]*;", "", site)
        site = re.sub(r"listen 443\b", f"listen 127.0.0.1:{self.port}", site)
        site = re.sub(r"listen 80\b", f"listen 127.0.0.1:{free_port()}", site)
        for path, ours in (
            ("/etc/ssl/kantor", str(folder)),
            ("/opt/kantor/current/deploy", str(DEPLOY)),
            ("/var/log/nginx/kantor-error.log", str(folder / "error.log")),
            ("127.0.0.1:8001 ", f"127.0.0.1:{self.port_of_site} "),
            ("127.0.0.1:8002 ", f"127.0.0.1:{self.port_of_site} "),
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
        self.addCleanup(server.communicate)
        self.addCleanup(server.terminate)
        self.wait_until_it_listens()

    def wait_until_it_listens(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                self.ask("/")
            except OSError:
                continue
            return
        raise AssertionError("nginx did not come up in a minute")

    def ask(self, path: str, **headers: str) -> tuple[http.client.HTTPResponse, str]:
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        connection = http.client.HTTPConnection(HOST)
        connection.sock = self.trust.wrap_socket(plain, server_hostname=HOST)
        try:
            connection.request("GET", path, headers={"Host": HOST, **headers})
            answer = connection.getresponse()
            return answer, answer.read().decode()
        finally:
            connection.close()

    def test_a_site_that_does_not_answer_is_excused_in_both_languages(self) -> None:
        for path in ("/", "/en/rejestracja/", "/konto/?a=b"):
            answer, page = self.ask(path)
            assert answer.status == 503, path
            assert answer.headers["Retry-After"] == "10"
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
            assert "Teraz nie możemy tego zrobić" in page
            assert "We cannot do that at the moment" in page

    def test_names_each_request_by_an_id_of_its_own(self) -> None:
        class Site(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(str(self.headers["X-Request-ID"]).encode())

            def log_message(self, *args: object) -> None:
                """Stay silent."""

        site = ThreadingHTTPServer(("127.0.0.1", self.port_of_site), Site)
        self.addCleanup(site.server_close)
        self.addCleanup(site.shutdown)
        Thread(target=site.serve_forever, daemon=True).start()
        ids = [self.ask("/", **{"X-Request-ID": "0" * 32})[1] for _request in range(2)]
        assert all(re.fullmatch(r"[0-9a-f]{32}", each) for each in ids), ids
        assert len({*ids, "0" * 32}) == 3

    def test_what_is_for_operators_is_hidden(self) -> None:
        for path in ("/livez", "/readyz", "/healthz", "/metrics", "/unavailable.html"):
            assert self.ask(path)[0].status == 404, path


class UnitTests(SimpleTestCase):
    """The units of systemd."""

    def test_confine_what_they_run(self) -> None:
        analyze = program("systemd-analyze")
        units = sorted(DEPLOY.glob("kantor-*.service"))
        ours = [unit for unit in units if unit.name != "kantor-failure@.service"]
        assert len(ours) == 8
        for unit in ours:
            command = [analyze, "security", "--offline=true", "--no-pager", str(unit)]
            told = subprocess.run(command, capture_output=True, text=True, check=False)
            found = re.search(r"Overall exposure level for .*?: ([\d.]+)", told.stdout)
            assert found, told.stderr
            assert float(found[1]) <= 2.5, (unit.name, found[1])

    def test_are_well_formed_and_tell_of_a_failure(self) -> None:
        analyze = program("systemd-analyze")
        units = sorted(
            each for kind in ("service", "timer", "socket") for each in DEPLOY.glob(f"*.{kind}")
        )
        with tempfile.TemporaryDirectory() as folder:
            for unit in units:
                # Programs and the user are the server's: here any program will do.
                text = re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", unit.read_text())
                Path(folder, unit.name.replace("@.", "@1.")).write_text(text)
            known = {"SYSTEMD_UNIT_PATH": f"{folder}:"}
            told = subprocess.run(
                [analyze, "verify", "--man=no", *map(str, sorted(Path(folder).iterdir()))],
                capture_output=True,
                text=True,
                check=False,
                env=os.environ | known,
            )
            faults = [line for line in told.stderr.splitlines() if "kantor" in line]
        assert faults == []
        for unit in units:
            if unit.suffix == ".service" and unit.name != "kantor-failure@.service":
                text = unit.read_text()
                assert "OnFailure=kantor-failure@%n.service" in text, unit.name
                assert "MemoryMax=" in text, unit.name
                if "Type=oneshot" not in text:
                    assert "StartLimitBurst=" in text, unit.name
