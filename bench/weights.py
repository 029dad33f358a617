"""Weigh what a browser loads for each page: requests and bytes on the wire, against the budget.

The site runs as production runs it, under gunicorn with the production settings and a database of
its own; Chromium opens every page as on a first visit, with an empty cache. `bench/README.md` says
more.
"""

import argparse
import os
import re
import secrets
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, sync_playwright

from bench.browser import Browser, OverHttp
from bench.journeys import CAPTCHA_PICTURE, COMPANY, CONSENTS, PASSWORD, Visit
from bench.ports import free_port, wait_for
from bench.run import ROOT, table
from kantor.settings import base

# Of the first visit of the start page, everything included; each other page keeps them too.
MOST_BYTES, MOST_REQUESTS = 60_000, 7
# The guide too: of its pictures, those far below the window come when they are scrolled to.
KINDS = {"Document": "HTML", "Stylesheet": "CSS", "Script": "scripts"}
HEADER = ["page", "requests", "bytes", "HTML", "CSS", "scripts", "pictures", "HTML plain", "again"]


@dataclass
class Weight:
    """What one page loads."""

    requests: int = 0
    # Bytes on the wire, headers included, by kind.
    sent: Counter[str] = field(default_factory=Counter)
    # Bytes of the page itself, unpacked.
    plain: int = 0
    # Bytes on the wire when the same browser opens the page a second time.
    again: int = 0

    @property
    def bytes(self) -> int:
        """Everything on the wire."""
        return self.sent.total()

    def keeps_budget(self) -> bool:
        """Tell whether a page may weigh that much."""
        return self.bytes <= MOST_BYTES and self.requests <= MOST_REQUESTS


@contextmanager
def served(folder: Path, *more_settings: str) -> Iterator[int]:
    """Start the site with its own database and static files under `folder`; yield its port.

    `more_settings` are lines that end the module of its settings.
    """
    (folder / "static").mkdir()
    lines = [
        "from kantor.settings.prod import *",
        f"STATIC_ROOT = {str(folder / 'static')!r}",
        *more_settings,
    ]
    (folder / "weighed.py").write_text("\n".join(lines))
    port = free_port()
    environment = {
        **os.environ,
        "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}",
        "DJANGO_SETTINGS_MODULE": "weighed",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "TOTP_KEYS": secrets.token_urlsafe(64),
        "BASE_URL": f"http://127.0.0.1:{port}",
        "ALLOWED_HOSTS": "127.0.0.1",
        "DATABASE_URL": f"sqlite:///{folder}/site.sqlite3",
        "EMAIL_URL": "smtp://127.0.0.1:9",
        "DEFAULT_FROM_EMAIL": "rejestracja@kantor.example",
        **{name: getattr(base, name) for name in dir(base) if name.startswith("OPERATOR_")},
        "SECURE_SSL_REDIRECT": "false",
    }
    for command in (["migrate"], ["collectstatic", "--noinput"]):
        subprocess.run(
            [sys.executable, "manage.py", *command, "--verbosity", "0"],
            cwd=ROOT,
            env=environment,
            check=True,
        )
    command = [sys.executable, "-m", "gunicorn", "kantor.wsgi", "--bind", f"127.0.0.1:{port}"]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=log)
    try:
        wait_for(port)
        yield port
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)


def weigh(context: BrowserContext, url: str) -> Weight:
    """Open the address twice in a context that has an empty cache; return what that loaded."""
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    loaded: list[tuple[str, int]] = []
    kinds: dict[str, str] = {}

    def answered(event: dict[str, Any]) -> None:
        kind = event["type"]
        is_picture = event["response"]["mimeType"].startswith("image/")
        kinds[event["requestId"]] = "pictures" if is_picture else KINDS.get(kind, "pictures")

    def finished(event: dict[str, Any]) -> None:
        kind = kinds.get(event["requestId"])
        # What comes from the cache has no bytes; a data: address has no answer.
        if kind and event["encodedDataLength"]:
            loaded.append((kind, int(event["encodedDataLength"])))

    devtools.on("Network.responseReceived", answered)
    devtools.on("Network.loadingFinished", finished)
    weight = Weight()
    response = page.goto(url, wait_until="networkidle")
    if response is None or response.status != 200:
        raise RuntimeError(f"{url}: {response and response.status}")
    weight.plain = len(response.body())
    weight.requests = len(loaded)
    for kind, size in loaded:
        weight.sent[kind] += size
    loaded.clear()
    page.goto("about:blank")
    page.goto(url, wait_until="networkidle")
    weight.again = sum(size for _kind, size in loaded)
    page.close()
    return weight


def pages(port: int, database: Path) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield the name, the path and the cookies of each page, going through a registration."""
    for name, path in (
        ("home", "/"),
        ("home, English", "/en/"),
        ("guide", "/pomoc/pierwsze-kroki/rejestracja/"),
        ("help", "/pomoc/"),
        ("terms", "/regulamin/"),
        ("sign-in", "/logowanie/"),
        ("forgotten password", "/haslo/"),
        ("step 1", "/rejestracja/"),
    ):
        yield name, path, {}
    browser = Browser(OverHttp(port), "127.0.0.9")
    visit = Visit(browser, lambda _label: None)

    def send(answers: dict[str, str | bool]) -> tuple[str, dict[str, str]]:
        visit.follow("", visit.post("", answers))
        return browser.url, dict(browser.cookies)

    visit.get("", "/rejestracja/")
    yield ("step 1a, company", *send({"kind": "company"}))
    yield ("step 2a", *send({**COMPANY, "email": "anna@example.org"}))
    yield ("step 2b", *send({"current_step": "weryfikacja"}))
    yield ("step 2c", *send(_password(browser.page, database)))
    yield ("mailbox", *send(CONSENTS))


def _password(page: str, database: Path) -> dict[str, str | bool]:
    """Return the answers to the step with the password, its captcha read from the database."""
    picture = CAPTCHA_PICTURE.search(page)
    key = picture[1] if picture else ""
    with sqlite3.connect(database) as rows:
        row = rows.execute("SELECT response FROM captcha_captchastore WHERE hashkey = ?", [key])
        (answer,) = row.fetchone()
    return {
        "password1": PASSWORD,
        "password2": PASSWORD,
        "captcha": answer,
        "captcha_0": key,
        "captcha_1": answer,
    }


def measure(port: int, database: Path, chromium: Chromium) -> dict[str, Weight]:
    """Weigh every page."""
    site = f"http://127.0.0.1:{port}"
    weights = {}
    for name, path, cookies in pages(port, database):
        context = chromium.new_context(locale="pl-PL", viewport={"width": 1280, "height": 900})
        context.add_cookies(
            [
                # Set as by TLS; Chromium sends them to this address without it too.
                {"name": key, "value": value, "url": f"https://127.0.0.1:{port}", "secure": True}
                for key, value in cookies.items()
            ]
        )
        weights[name] = weigh(context, site + path)
        context.close()
    return weights


def blocking_scripts(weighed: Callable[[str], str]) -> list[str]:
    """Return the script tags of the home page that hold up its drawing."""
    tags = re.findall(r"<script\b[^>]*>", weighed("/"))
    return [tag for tag in tags if not re.search(r"\b(defer|async|type=.?module)", tag)]


def report(weights: dict[str, Weight]) -> str:
    """Return the table as Markdown."""
    rows = [
        [
            name,
            str(weight.requests),
            str(weight.bytes),
            *(str(weight.sent[kind]) for kind in ("HTML", "CSS", "scripts", "pictures")),
            str(weight.plain),
            str(weight.again),
        ]
        for name, weight in weights.items()
    ]
    over = [name for name, weight in weights.items() if not weight.keeps_budget()]
    return "\n".join(
        [
            "# What a page weighs",
            "",
            "Bytes on the wire with headers, on a first visit with an empty cache; *again* is the"
            " second visit. Written by `make weights OPTIONS=--write`.",
            "",
            *table(HEADER, rows),
            "",
            f"Budget: {MOST_BYTES} bytes and {MOST_REQUESTS} requests, the guide's pictures"
            f" included. Over it: {', '.join(over) or 'nothing'}.",
            "",
        ]
    )


def main() -> None:
    """Weigh, print, and keep the report when asked; exit with 1 when a page is over the budget."""
    parser = argparse.ArgumentParser(prog="python -m bench.weights", description=__doc__)
    parser.add_argument("--write", action="store_true", help="keep the report in bench/")
    options = parser.parse_args()
    # The whole browser: without its window it loads pictures from further away, and no icon.
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if program is None:
        sys.exit("Chromium is missing; on Debian or Ubuntu: apt-get install chromium")
    folder = Path(tempfile.mkdtemp(prefix="weights-"))
    try:
        with served(folder) as port, sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            weights = measure(port, folder / "site.sqlite3", chromium)
            visitor = Browser(OverHttp(port), "127.0.0.9")
            blocking = blocking_scripts(lambda path: visitor.request("GET", path).body.decode())
            chromium.close()
    finally:
        shutil.rmtree(folder)
    text = report(weights)
    print(text)
    if options.write:
        (ROOT / "bench" / "results-weights.md").write_text(text, encoding="utf-8")
    if blocking:
        sys.exit(f"These scripts hold up the page: {blocking}")
    if not all(weight.keeps_budget() for weight in weights.values()):
        sys.exit(1)


if __name__ == "__main__":
    main()
