"""The examples in `deploy/`: the programs that read them accept them, and they do what they say."""

import http.client
import os
import re
import subprocess
import tempfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from django.test import SimpleTestCase

from tests.front import DEPLOY, HOST, Front, program
from tests.mail_server import free_port


class NginxTests(SimpleTestCase):
    """nginx with our file, in front of a site that does not answer."""

    def setUp(self) -> None:
        self.port_of_site = free_port()
        self.front = Front(self.addCleanup, (self.port_of_site, self.port_of_site))

    def ask(self, path: str, **headers: str) -> tuple[http.client.HTTPResponse, str]:
        answer, body = self.front.ask("GET", path, headers)
        return answer, body.decode()

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

    def test_without_tls_it_answers_who_proves_the_name_and_sends_everybody_else_on(self) -> None:
        proof = self.front.webroot / ".well-known" / "acme-challenge" / "token"
        proof.parent.mkdir(parents=True)
        proof.write_text("token.thumbprint")
        for path, status, said in (
            ("/.well-known/acme-challenge/token", 200, "token.thumbprint"),
            ("/.well-known/acme-challenge/another", 404, ""),
            ("/rejestracja/?a=b", 308, ""),
        ):
            plain = http.client.HTTPConnection("127.0.0.1", self.front.plain, timeout=60)
            plain.request("GET", path, headers={"Host": HOST})
            answer = plain.getresponse()
            assert answer.status == status, path
            assert said in answer.read().decode()
            plain.close()
        assert answer.headers["Location"] == f"https://{HOST}/rejestracja/?a=b"

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
