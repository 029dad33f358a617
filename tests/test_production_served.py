"""The site under gunicorn with the production settings, as an operator starts it."""

import http.client
import os
import re
import subprocess
import sys
import tempfile
import threading
from email.message import Message
from http.cookies import SimpleCookie
from pathlib import Path
from typing import IO, ClassVar, NamedTuple
from urllib.parse import urlencode

from bs4 import BeautifulSoup
from django.test import SimpleTestCase

from kantor.settings import base
from tests.database import begin
from tests.factories import PASSWORD
from tests.mail_server import MailServer, Postbox, free_port, silent_server
from tests.phone import Phone
from tests.test_production import HOST, REQUIRED, ROOT, SITE, run


class Answer(NamedTuple):
    """What the server said."""

    status: int
    headers: Message
    body: bytes

    @property
    def cookies(self) -> SimpleCookie:
        """Return the cookies that were set."""
        found = SimpleCookie()
        for line in self.headers.get_all("Set-Cookie") or []:
            found.load(line)
        return found


# The production settings with another folder for static files: that of the repository belongs to
# whoever runs the site there. Compressing the scripts of the admin would take ten seconds.
# As deploy/kantor-web@.service starts it, but for the port.
SHIPPED = ("--config", "deploy/gunicorn.conf.py")
HERE = """
from kantor.settings.prod import *
STATIC_ROOT = {static!r}
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("js", "svg", "png", "txt", "md", "map", "")
"""
PREPARE = """
import django
django.setup()
from django.core.management import call_command
from accounts.models import User
call_command("migrate", verbosity=0)
call_command("collectstatic", interactive=False, verbosity=0)
from accounts.models import AuthenticatorApp
from accounts.totp import services as totp
owner = User.objects.create_user("owner@example.com", {password!r}, is_staff=True)
proposal = totp.propose(owner)
AuthenticatorApp.objects.create(user=owner, name="", key=proposal.sealed)
print("key", proposal.key)
User.objects.create_user("patient@example.com", {password!r})
"""


class ServedTests(SimpleTestCase):
    """The site under gunicorn, as an operator starts it."""

    environment: ClassVar[dict[str, str]]
    postbox: ClassVar[Postbox]
    ports: ClassVar[dict[str, int]]
    logs: ClassVar[list[str]]
    # Of the owner's authenticator app.
    key: ClassVar[str]

    @classmethod
    def setUpClass(cls) -> None:
        """Prepare a database and static files, then start a mail server and the site twice."""
        super().setUpClass()
        folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        begin(folder / "site.sqlite3")
        (folder / "here.py").write_text(HERE.format(static=str(folder / "static")))
        mail_server = MailServer()
        cls.postbox = mail_server.postbox
        cls.addClassCleanup(mail_server.stop)
        cls.environment = REQUIRED | {
            "DJANGO_SETTINGS_MODULE": "here",
            "OPERATOR_KRS": base.OPERATOR_KRS,
            "PYTHONPATH": f"{folder}:{ROOT}",
            "DATABASE_URL": f"sqlite:///{folder}/site.sqlite3",
            "EMAIL_URL": f"smtp://127.0.0.1:{mail_server.port}",
            "TRUSTED_PROXIES": "1",
        }
        prepared = run(PREPARE.format(password=PASSWORD), **cls.environment)
        assert prepared.returncode == 0, prepared.stderr
        cls.key = prepared.stdout.split()[-1]
        cls.logs, cls.ports = [], {}
        for name, redirect in (("behind a proxy", "true"), ("alone", "false")):
            cls.ports[name] = cls.serve(SECURE_SSL_REDIRECT=redirect)

    @classmethod
    def serve(cls, **environment: str) -> int:
        """Start gunicorn and return its port; it ends with the class."""
        port = free_port()
        server = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "gunicorn",
                "kantor.wsgi",
                *SHIPPED,
                "--bind",
                f"127.0.0.1:{port}",
            ],
            cwd=ROOT,
            env=os.environ | cls.environment | environment,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        assert server.stderr is not None
        cls.addClassCleanup(cls.stop, server, server.stderr)
        for line in server.stderr:
            cls.logs.append(line)
            if "Listening at" in line:
                break
        threading.Thread(target=cls.logs.extend, args=(server.stderr,), daemon=True).start()
        return port

    @classmethod
    def stop(cls, server: "subprocess.Popen[str]", stderr: IO[str]) -> None:
        """End the server and wait for it."""
        server.terminate()
        server.wait(60)
        stderr.close()

    def ask(
        self,
        path: str,
        method: str = "GET",
        data: dict[str, str] | None = None,
        *,
        server: str = "behind a proxy",
        **headers: str,
    ) -> Answer:
        """Ask as the proxy does for a customer who came by https."""
        sent = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        body = None
        if data is not None:
            body = urlencode(data)
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        talk = http.client.HTTPConnection("127.0.0.1", self.ports[server], timeout=60)
        try:
            talk.request(method, path, body, {k: v for k, v in sent.items() if v})
            response = talk.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            talk.close()

    def send_form(self, path: str, data: dict[str, str], **headers: str) -> Answer:
        """Open a page and send its form."""
        server = headers.pop("server", "behind a proxy")
        earlier = headers.pop("Cookie", "")
        cookie = {"Cookie": earlier} if earlier else {}
        page = self.ask(path, "GET", None, server=server, **cookie)
        form = BeautifulSoup(page.body, "html.parser").select("main form")[0]
        hidden = form.select("input[type=hidden]")
        data = {str(each["name"]): str(each["value"]) for each in hidden} | data
        kept = SimpleCookie(earlier)
        kept.update(page.cookies)
        cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in kept.items())
        headers = {"Origin": SITE} | headers
        return self.ask(path, "POST", data, server=server, Cookie=cookies, **headers)

    def sign_in(self, email: str, password: str, **headers: str) -> Answer:
        """Go through both pages of the sign-in; return the last one or where it leads."""
        first = self.send_form("/logowanie/", {"username": email}, **headers)
        assert first.headers["Location"] == "/logowanie/haslo/"
        session = {name: morsel.value for name, morsel in first.cookies.items()}
        cookies = "; ".join(f"{name}={value}" for name, value in session.items())
        page = self.ask("/logowanie/haslo/", "GET", None, Cookie=cookies, **headers)
        session |= {name: morsel.value for name, morsel in page.cookies.items()}
        cookies = "; ".join(f"{name}={value}" for name, value in session.items())
        form = BeautifulSoup(page.body, "html.parser").select("main form")[0]
        hidden = form.select("input[type=hidden]")
        data = {str(each["name"]): str(each["value"]) for each in hidden}
        data |= {"password": password, "digits": "601 234 567"}
        headers = {"Origin": SITE, "Cookie": cookies} | headers
        answer = self.ask("/logowanie/haslo/", "POST", data, **headers)
        if answer.headers["Location"] == "/logowanie/haslo/":
            return self.ask("/logowanie/haslo/", "GET", None, **headers)
        return answer

    def test_shows_the_home_page_with_its_static_files(self) -> None:
        for server, proto in (("alone", ""), ("behind a proxy", "https")):
            page = self.ask("/", server=server, X_Forwarded_Proto=proto)
            assert page.status == 200
            assert "kantor.pl" in page.body.decode()
            addresses = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.body.decode())
            assert any(address.endswith(".css") for address in addresses)
            for address in addresses:
                found = self.ask(address, server=server, X_Forwarded_Proto=proto)
                assert found.status == 200, address
                assert "immutable" in found.headers["Cache-Control"], address
                assert found.headers["X-Content-Type-Options"] == "nosniff", address
                assert "Access-Control-Allow-Origin" not in found.headers, address
                assert re.search(r"\.[0-9a-f]{12}\.", address), address

    def test_sends_static_files_compressed(self) -> None:
        page = self.ask("/").body.decode()
        (style, *_) = re.findall(r'href="(/static/[^"]+\.css)"', page)
        plain = self.ask(style)
        for encoding in ("br", "gzip"):
            packed = self.ask(style, Accept_Encoding=encoding)
            assert packed.headers["Content-Encoding"] == encoding
            assert len(packed.body) < len(plain.body)

    def test_serves_nothing_but_static_files(self) -> None:
        for path in (
            "/static/../manage.py",
            "/static/%2e%2e/kantor/settings/prod.py",
            "/static/",
            "/static/..%2f..%2fsite.sqlite3",
            "/.env",
            "/.git/config",
            "/manage.py",
            "/poczta/",
            "/styl/",
            "/en/styl/",
        ):
            assert self.ask(path).status == 404, path

    def test_first_visit_is_light(self) -> None:
        page = self.ask("/", Accept_Encoding="br")
        soup = BeautifulSoup(self.ask("/").body.decode(), "html.parser")
        addresses = {
            str(each.get("src") or each.get("href"))
            for each in soup.select("link[href^='/static/'], script[src], img[src]")
        }
        parts = [self.ask(address, Accept_Encoding="br") for address in addresses]
        assert all(part.status == 200 for part in parts)
        assert len(parts) + 1 <= 8
        assert sum(len(part.body) for part in [page, *parts]) < 60_000
        assert all(script.has_attr("defer") for script in soup.select("script"))

    def test_manifest_has_its_type(self) -> None:
        (address,) = re.findall(r'rel="manifest" href="([^"]+)"', self.ask("/").body.decode())
        assert self.ask(address).headers["Content-Type"] == "application/manifest+json"

    def test_icon_of_old_browsers_is_found(self) -> None:
        answer = self.ask("/favicon.ico")
        assert self.ask(answer.headers["Location"]).headers["Content-Type"].startswith("image/")

    def test_leads_from_http_to_https_and_not_to_another_host(self) -> None:
        answer = self.ask("/konto/?a=b", X_Forwarded_Proto="http")
        assert (answer.status, answer.headers["Location"]) == (301, f"{SITE}/konto/?a=b")
        assert self.ask("/", X_Forwarded_Proto="http", Host="evil.example").status == 400
        for path in ("/livez", "/readyz", "/healthz"):
            assert self.ask(path, X_Forwarded_Proto="http").status == 200, path

    def answers(self) -> dict[str, Answer]:
        """Return an answer of each kind."""
        return {
            "200": self.ask("/"),
            "200 of a form": self.ask("/logowanie/"),
            "200 in English": self.ask("/en/pomoc/"),
            "302": self.ask("/konto/"),
            "302 of the wizard": self.send_form("/rejestracja/", {}),
            "400 of the wizard": self.ask("/rejestracja/", "POST", {}, Origin=SITE),
            "403": self.ask("/logowanie/", "POST", {"username": "x", "password": "x"}),
            "403 by another origin": self.ask(
                "/logowanie/", "POST", {}, Origin="https://evil.example"
            ),
            "404": self.ask("/nie-ma/"),
            "404 of a link": self.ask("/aktywacja/x/"),
            "405": self.ask("/wyloguj/"),
            "admin": self.ask("/admin/login/"),
            "302 of the admin": self.ask("/admin/"),
            "healthz": self.ask("/healthz"),
            "livez": self.ask("/livez"),
            "readyz": self.ask("/readyz"),
            "400": self.ask("/", Host="evil.example"),
            "static": self.ask("/static/css/site.css"),
        }

    def test_sends_the_security_headers_with_every_answer(self) -> None:
        for kind, answer in self.answers().items():
            number = kind.partition(" ")[0]
            if number.isdigit() and kind != "400 of the wizard":
                assert answer.status == int(number), (kind, answer.status)
            headers = answer.headers
            for name, value in {
                "Strict-Transport-Security": "max-age=86400",
                "X-Content-Type-Options": "nosniff",
                "X-Frame-Options": "DENY",
                "Cross-Origin-Opener-Policy": "same-origin",
                "Cross-Origin-Resource-Policy": "same-origin",
            }.items():
                assert headers.get_all(name) == [value], (kind, name)
            assert headers["Referrer-Policy"] in ("same-origin", "strict-origin"), kind
            (policy,) = headers.get_all("Content-Security-Policy") or ["nothing"]
            assert "default-src 'none'" in policy, kind
            assert "frame-ancestors 'none'" in policy, kind
            assert "unsafe" not in policy, kind
            assert "*" not in policy, kind
            assert "camera=()" in headers["Permissions-Policy"], kind
            assert "Access-Control-Allow-Origin" not in headers, kind
            assert not re.search(r"[0-9]", headers.get("Server", "")), kind

    def test_sets_only_cookies_that_belong_to_this_host(self) -> None:
        started = self.send_form("/rejestracja/", {"start-kind": "person"})
        signed_in = self.send_form(
            "/admin/login/", {"username": "owner@example.com", "password": PASSWORD}
        )
        assert signed_in.headers["Location"] == "/admin/login/code/"
        cookies = "; ".join(f"{name}={each.value}" for name, each in signed_in.cookies.items())
        code = {"code": Phone(self.key).code()}
        signed_in = self.send_form("/admin/login/code/", code, Cookie=cookies)
        assert signed_in.headers["Location"] == "/admin/"
        names = set()
        for answer in (*self.answers().values(), started, signed_in):
            for line in answer.headers.get_all("Set-Cookie") or []:
                names.add(line.partition("=")[0])
                parts = {part.strip().lower() for part in line.split(";")}
                assert line.startswith("__Host-"), line
                assert {"secure", "httponly", "path=/"} <= parts, line
                assert parts & {"samesite=lax", "samesite=strict"}, line
                assert not any(part.startswith("domain=") for part in parts), line
        assert {"__Host-csrf", "__Host-session", "__Host-seen", "__Host-browser"} <= names

    def test_writes_links_by_the_settings_whatever_host_is_named(self) -> None:
        sent = len(self.postbox.mails)
        forged = {
            "X_Forwarded_Host": "evil.example",
            "Forwarded": "host=evil.example",
            "X_Original_Host": "evil.example",
        }
        answer = self.send_form("/haslo/", {"email": "owner@example.com"}, **forged)
        assert answer.headers["Location"] == "/haslo/wyslano/"
        self.postbox.wait_for(sent + 1)
        (message,) = self.postbox.mails[sent:]
        text = message.as_bytes()
        assert f"{SITE}/haslo/".encode() in text.replace(b"=\r\n", b"").replace(b"=\n", b"")
        assert b"evil" not in text
        assert message["Message-ID"].endswith(f"@{HOST}>")
        for host in ("evil.example", f"{HOST}.evil.example", f"{HOST}@evil.example", "x\\y"):
            assert self.ask("/haslo/", Host=host).status == 400, host

    def test_keeps_nobody_waiting_for_a_mail_server_that_says_nothing(self) -> None:
        port = silent_server(self.addCleanup)
        name = "with a silent mail server"
        self.ports[name] = self.serve(EMAIL_URL=f"smtp://127.0.0.1:{port}", EMAIL_TIMEOUT="3600")
        self.send_form("/haslo/", {"email": "nobody@example.com"}, server=name)
        # Answers of the one process, while its mail waits for the server for an hour.
        for _ in range(3):
            data = {"email": "patient@example.com"}
            assert self.send_form("/haslo/", data, server=name).status == 302
            assert self.ask("/haslo/wyslano/", server=name).status == 200
        assert self.ask("/healthz", server=name).status == 200

    def test_needs_the_right_origin_for_a_form(self) -> None:
        data = {"email": "nobody@example.com"}
        for origin in ("https://evil.example", "null", f"http://{HOST}", ""):
            assert self.send_form("/haslo/", data, Origin=origin).status == 403, origin
        assert self.send_form("/haslo/", data, Referer=f"{SITE}/haslo/", Origin="").status == 302
        assert self.send_form("/haslo/", data, Origin=SITE).status == 302

    def test_limits_by_what_the_proxy_wrote(self) -> None:
        name = "somebody@example.com"
        statuses = [
            self.sign_in(name, "x", X_Forwarded_For=f"192.0.2.{n}, 203.0.113.77").status
            for n in range(6)
        ]
        assert statuses == [200, 200, 200, 200, 200, 429]
        elsewhere = self.sign_in(name, "x", X_Forwarded_For="203.0.113.77, 192.0.2.1")
        assert elsewhere.status == 200

    def test_is_well(self) -> None:
        answer = self.ask("/healthz", server="alone", X_Forwarded_Proto="")
        assert answer.status == 200
        assert b"false" not in answer.body

    def test_shows_no_traceback_and_logs_no_customer(self) -> None:
        self.send_form("/haslo/", {"email": "kanarek@example.com"})
        self.sign_in("kanarek@example.com", "Kanarek-1!")
        self.ask("/aktywacja/kanarek~1~2/")
        for path in ("/%00", "/aktywacja/%ff/", "/rejestracja/x/y/", "/regulamin/%00/"):
            answer = self.ask(path)
            assert answer.status in (400, 404), path
            assert b"Traceback" not in answer.body
        logged = "".join(self.logs)
        assert "Internal Server Error" not in logged
        assert "kanarek@" not in logged
        assert "Kanarek-1" not in logged
