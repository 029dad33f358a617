"""Ask whether the time of an answer tells if an address has an account.

    python -m bench.timing [--pairs 40] [--tasks database immediate] [--write]

Known and unknown addresses take turns over HTTP, against gunicorn with the real password hasher
and a mail server that takes its time. The AUC is the chance that an answer about a known address
took longer than one about an unknown address: 0.5 tells nothing, 0 or 1 everything. Wanted is
0.35 to 0.65; it exits with 1 otherwise.
"""

import argparse
import asyncio
import logging
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from bench.browser import Browser, OverHttp, Response
from bench.journeys import Visit, register
from bench.ports import free_port, wait_for
from bench.run import ROOT, table

DELAY = 0.4  # seconds that the mail server thinks about each message
LOWEST, HIGHEST = 0.35, 0.65
LAST, AGAIN, CORRECT, SIGN_IN, RESET = (
    "registration, last POST",
    "message again",
    "address corrected",
    "sign-in, wrong password",
    "password reset",
)
MEASURED = {
    "zgody: POST": LAST,
    "again": AGAIN,
    "correct": CORRECT,
    "sign-in": SIGN_IN,
    "reset": RESET,
}


class SlowSink:
    """Accept every message, slowly."""

    def __init__(self) -> None:
        """Begin without messages."""
        self.accepted = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
        """Think, then accept."""
        await asyncio.sleep(DELAY)
        self.accepted += 1
        return "250 OK"


class Timed:
    """Carry requests over HTTP and remember how long the last one took, in milliseconds."""

    def __init__(self, port: int) -> None:
        """Speak to this port."""
        self._carry = OverHttp(port)
        self.ms = 0.0

    def __call__(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, address: str
    ) -> Response:
        """Send the request and wait for the whole answer."""
        start = time.perf_counter()
        response = self._carry(method, path, headers, body, address)
        self.ms = (time.perf_counter() - start) * 1000
        return response


@dataclass
class Samples:
    """The times of one door, in milliseconds."""

    known: list[float] = field(default_factory=list)
    unknown: list[float] = field(default_factory=list)

    def auc(self) -> float:
        """Return the chance that a known address took longer than an unknown one."""
        wins = sum(
            (known > unknown) + (known == unknown) / 2
            for known in self.known
            for unknown in self.unknown
        )
        return wins / (len(self.known) * len(self.unknown))


@contextmanager
def running(*command: str, environment: dict[str, str]) -> Iterator[None]:
    """Keep a process of the site running."""
    process = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=environment)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


@contextmanager
def site(tasks: str) -> Iterator[int]:
    """Serve the site with this task queue and yield its port; the driver shares its database.

    Django is set up here: one process measures one queue.
    """
    folder = Path(tempfile.mkdtemp(prefix="bench-timing-"))
    (folder / "static").mkdir()
    sink = SlowSink()
    mailbox = Controller(sink, hostname="127.0.0.1", port=free_port())
    mailbox.start()
    os.environ.update(
        DJANGO_SETTINGS_MODULE="bench.settings_timing",
        BENCH_APP="kantor",
        BENCH_DIR=str(folder),
        BENCH_TASKS=tasks,
        BENCH_SMTP_PORT=str(mailbox.port),
    )
    import django

    django.setup()
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    port = free_port()
    served = ["-m", "gunicorn", "bench.wsgi", "--workers", "2", "--log-level", "critical"]
    served += ["--bind", f"127.0.0.1:{port}"]
    environment = dict(os.environ)
    try:
        with running(*served, environment=environment):
            wait_for(port)
            if tasks == "database":
                with running("manage.py", "db_worker", environment=environment):
                    yield port
            else:
                yield port
    finally:
        mailbox.stop()
        shutil.rmtree(folder)
    print(f"{tasks}: {sink.accepted} messages", file=sys.stderr)


def make_customers(emails: list[str]) -> None:
    """Make an activated account of each address; what they were sent is done with."""
    from uuid import uuid4

    from django.contrib.auth.hashers import make_password

    from accounts import consents
    from accounts.models import Counter, Kind, OutboxMessage
    from accounts.services import activation, registration
    from bench.journeys import PERSON

    answers = {name: str(value) for name, value in PERSON.items()}
    sealed = make_password("Kotlet#Brzoza9")
    for email in emails:
        user = registration.register(
            attempt=uuid4(),
            kind=Kind.PERSON,
            answers={**answers, "phone": "+48601234567", "email": email},
            password_hash=sealed,
            given={each.key: each.required for each in consents.asked_of(Kind.PERSON)},
            language="pl",
            network="bench",
        )
        activation.activate(user)
    OutboxMessage.objects.all().delete()
    Counter.objects.all().delete()


def captcha_answer(key: str) -> str:
    """Return what the picture with this key shows."""
    from captcha.models import CaptchaStore

    return str(CaptchaStore.objects.get(hashkey=key).response)


def end_pause(email: str) -> None:
    """Let the address have its next message at once."""
    from accounts.services import allowance

    allowance.LINK_PAUSE.clear(email)


def visit(
    transport: Timed, serial: int, email: str, corrected: str, times: dict[str, float]
) -> None:
    """Go through every door with this address; note what each cost."""

    def note(label: str) -> None:
        if label in MEASURED:
            times[MEASURED[label]] = transport.ms

    address = f"127.1.{serial >> 8 & 255}.{serial & 255}"
    person = Visit(Browser(transport, address), note)
    register(person, "person", email, captcha_answer, {})
    end_pause(email)
    attempt = person.browser.form("attempt").hidden["attempt"]
    person.post("again", {"attempt": attempt})
    person.get("address", f"/rejestracja/wyslano/adres/?proba={attempt}")
    person.post("correct", {"email": corrected})
    stranger = Visit(Browser(transport, address), note)
    stranger.get("page", "/logowanie/")
    stranger.post("address", {"username": email})
    stranger.get("page", "/logowanie/haslo/")
    stranger.post("sign-in", {"password": "Nie-to-haslo-7", "digits": "037"})
    stranger.get("page", "/haslo/")
    stranger.post("reset", {"email": email})


def measure(tasks: str, pairs: int) -> dict[str, Samples]:
    """Return the times of every door with this task queue; the first pair only warms up."""
    samples = {door: Samples() for door in MEASURED.values()}
    with site(tasks) as port:
        make_customers(
            [f"{name}-{n}@example.org" for n in range(pairs + 1) for name in ("known", "owner")]
        )
        transport = Timed(port)
        for number in range(pairs + 1):
            print(f"\r{tasks}: pair {number} of {pairs}", end="", file=sys.stderr)
            kinds = [("known", "owner"), ("fresh", "other")]
            for turn, (name, other) in enumerate(kinds if number % 2 else kinds[::-1]):
                times: dict[str, float] = {}
                email, corrected = (f"{each}-{number}@example.org" for each in (name, other))
                visit(transport, 2 * number + turn + 1, email, corrected, times)
                for door, ms in times.items() if number else ():
                    chosen = samples[door].known if name == "known" else samples[door].unknown
                    chosen.append(ms)
        print(file=sys.stderr)
    return samples


def rows_of(tasks: str, samples: dict[str, Samples]) -> list[list[str]]:
    """Return the lines of the report's table."""
    return [
        [
            door,
            tasks,
            f"{median(each.known):.1f}",
            f"{median(each.unknown):.1f}",
            f"{each.auc():.2f}",
            "yes" if LOWEST <= each.auc() <= HIGHEST else "NO",
        ]
        for door, each in samples.items()
    ]


def report(pairs: int, rows: list[list[str]]) -> str:
    """Return the whole report as Markdown."""
    header = ["door", "TASKS", "known, ms", "unknown, ms", "AUC", "tells nothing"]
    lines = [
        "# Does time tell who is a customer?",
        "",
        f"{pairs} interleaved pairs of a known (activated) and an unknown address over HTTP, two",
        f"gunicorn workers, SQLite, Argon2id, a mail server that takes {DELAY:g} s a message;",
        f"CPython {platform.python_version()}, Django {version('django')}. Medians; AUC between",
        f"{LOWEST} and {HIGHEST} tells nothing.",
        "",
        *table(header, rows),
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure each queue in a process of its own, print, and keep the report when asked."""
    parser = argparse.ArgumentParser(prog="python -m bench.timing", description=__doc__)
    parser.add_argument("--pairs", type=int, default=40)
    queues = ("database", "immediate")
    parser.add_argument("--tasks", nargs="+", choices=queues, default=list(queues))
    parser.add_argument("--write", action="store_true", help="keep the report in bench/")
    parser.add_argument("--rows", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.rows:
        for row in rows_of(options.tasks[0], measure(options.tasks[0], options.pairs)):
            print("\t".join(row))
        return
    rows: list[list[str]] = []
    for tasks in options.tasks:
        command = [sys.executable, "-m", "bench.timing", "--rows", "--tasks", tasks]
        command += ["--pairs", str(options.pairs)]
        done: Any = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
        rows += [line.split("\t") for line in done.stdout.splitlines() if "\t" in line]
    text = report(options.pairs, rows)
    print(text)
    if options.write:
        (ROOT / "bench" / "results-timing.md").write_text(text, encoding="utf-8")
    if any(row[-1] == "NO" for row in rows):
        sys.exit(1)


if __name__ == "__main__":
    main()
