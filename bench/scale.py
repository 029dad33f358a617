"""Ask whether a customer's statements take longer among millions of customers than among few.

    python -m bench.scale --postgres URL [--rows 5000000] [--rounds 30] [--write]

On PostgreSQL (a role that may create databases): 10,000 accounts first, then `--rows` of them, each
in a database of its own that is dropped afterwards. Measured is the time of the statements of whole
journeys, in one process by the WSGI application: registration, activation, sign-in, the account
page, and the desk's queue. Wanted is the same statements, word by word, in at most 1.5 times the
time; it exits with 1 otherwise. A million accounts take about four minutes and 7 GB.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from bench.run import ROOT, table

SMALL = 10_000
MOST = 1.5
TURNS = 3
DATABASE = "bench_scale_{}"
# What the owner of every measured account has, by `bench.journeys`.
NUMBER = "601 234 567"


class Statements:
    """The statements of one act: what they were and how long they took, round by round."""

    def __init__(self) -> None:
        """Begin with none."""
        self.ms: list[float] = []
        self.texts: list[list[str]] = []
        self.each: list[list[float]] = []

    def least_of_each(self) -> list[float]:
        """Return the least time of each statement, in their order."""
        rounds = [each for each in self.each[3:] if len(each) == len(self.each[-1])]
        return [min(times) for times in zip(*rounds, strict=True)]

    @contextmanager
    def of_a_round(self) -> Iterator[Callable[[], Any]]:
        """Yield what opens a measured part; the parts of one round are added up."""
        from django.db import connection

        self.ms.append(0.0)
        self.texts.append([])
        self.each.append([])

        def timed(execute: Any, sql: str, *arguments: Any) -> Any:
            began = time.perf_counter()
            try:
                return execute(sql, *arguments)
            finally:
                self.each[-1].append((time.perf_counter() - began) * 1000)
                self.ms[-1] += self.each[-1][-1]
                # A savepoint is named anew by each thread.
                self.texts[-1].append(sql.partition('SAVEPOINT "')[0])

        yield lambda: connection.execute_wrapper(timed)


class Measured:
    """Carry requests to the site in this process, their statements counted to the act at hand."""

    def __init__(self, application: Callable[..., Any]) -> None:
        """Measure nothing until `part` says what."""
        from bench.browser import InProcess

        self.carry = InProcess(application)
        self.part: Callable[[], Any] | None = None

    def __call__(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, address: str
    ) -> Any:
        """Send the request."""
        if self.part is None:
            return self.carry(method, path, headers, body, address)
        with self.part():
            return self.carry(method, path, headers, body, address)


def measure(rows: int, rounds: int) -> dict[str, Any]:
    """Fill this process's database; return milliseconds and statements of each act."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings_kantor")
    import django

    django.setup()
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application
    from django.db import connection

    from bench.desk import LIST, signed_in
    from bench.desk_rows import fill

    call_command("migrate", verbosity=0)
    began = time.monotonic()
    fill(rows)
    filled = time.monotonic() - began
    if rounds == 0:
        with connection.cursor() as cursor:
            # As autovacuum leaves a table that has grown over years, and not one that came at once.
            cursor.execute("VACUUM (ANALYZE)")
            cursor.execute("CHECKPOINT")
            cursor.execute("SELECT pg_database_size(current_database())")
            ((size,),) = cursor.fetchall()
        return {"fill": filled, "size": size}
    transport = Measured(get_wsgi_application())
    acts = {
        name: Statements()
        for name in (
            "registration",
            "activation",
            "sign-in",
            "account page",
            "desk: queue",
            "desk: take the next case",
        )
    }
    officer = signed_in("officer")
    asked: dict[str, Callable[[], Any]] = {
        "desk: queue": lambda: officer.get(f"{LIST}?review=new"),
        "desk: take the next case": lambda: officer.post("/admin/cases/next/"),
    }
    serial = count(int(time.time()) * 100 % 2**23)  # nobody comes in two turns
    # The first rounds only warm up: connection, caches, pages of the indices.
    for _round in range(rounds + 3):
        customer(transport, acts, next(serial))
        for name, ask in asked.items():
            with acts[name].of_a_round() as part, part():
                answer = ask()
            if answer.status_code not in (200, 302):
                raise SystemExit(f"{name}: {answer.status_code}")
    return {
        name: {
            "ms": median(act.ms[3:]),
            "texts": act.texts[-1],
            "each": act.least_of_each(),
        }
        for name, act in acts.items()
    }


def customer(transport: Measured, acts: dict[str, Statements], serial: int) -> None:
    """Register, activate, sign in and look at the account, once."""
    from captcha.models import CaptchaStore

    from bench.browser import Browser
    from bench.journeys import PASSWORD, Visit, letter_link, register
    from bench.mail import deliver

    def captcha(key: str) -> str:
        # The driver's own question is none of the site's statements.
        return str(CaptchaStore.objects.get(hashkey=key).response)

    address = f"127.{serial >> 16 & 255}.{serial >> 8 & 255}.{serial & 255}"
    email = f"anna.{serial}@scale.example"
    visit = Visit(Browser(transport, address), lambda _label: None)
    with acts["registration"].of_a_round() as part:
        transport.part = part
        register(visit, "person", email, captcha, {})
    transport.part = None
    deliver(email)
    with acts["activation"].of_a_round() as part:
        transport.part = part
        opened = visit.get("link", letter_link(email, r"/aktywacja/[^/]+/$"))
        visit.follow("landing page", opened)
    transport.part = None
    deliver(email)
    visit = Visit(Browser(transport, address), lambda _label: None)
    with acts["sign-in"].of_a_round() as part:
        transport.part = part
        visit.get("sign-in", "/logowanie/")
        visit.follow("password", visit.post("address", {"username": email}))
        entered = visit.post("password", {"password": PASSWORD, "digits": NUMBER})
    if entered.header("location") != "/konto/":
        raise SystemExit(f"The sign-in led to {entered.header('location')}")
    with acts["account page"].of_a_round() as part:
        transport.part = part
        visit.get("account page", "/konto/")
    transport.part = None
    deliver(email)


def report(
    found: dict[int, list[dict[str, Any]]], facts: dict[str, Any], rounds: int, load: str
) -> tuple[str, bool]:
    """Return the report in Markdown, and whether every act keeps to the limit."""
    small, large = found[min(found)], found[max(found)]
    rows, is_kept, slowest = [], True, []
    for name in large[0]:
        before, act = _over_all_turns(small, name), _over_all_turns(large, name)
        same = act["texts"] == before["texts"]
        ratio = act["least"] / before["least"]
        keeps = same and ratio <= MOST
        is_kept &= keeps
        middle = [median(turn[name]["ms"] for turn in turns) for turns in (small, large)]
        rows.append(
            [
                name,
                str(len(act["texts"])),
                "yes" if same else "NO",
                f"{before['least']:.1f}",
                f"{act['least']:.1f}",
                f"{ratio:.2f}",
                f"{middle[0]:.1f}",
                f"{middle[1]:.1f}",
                "yes" if keeps else "NO",
            ]
        )
        if same and not keeps:
            times = zip(before["each"], act["each"], act["texts"], strict=True)
            a, b, text = max(times, key=lambda each: each[1] - each[0])
            slowest += [f"- {name}: {a:.1f} ms became {b:.1f} ms: `{' '.join(text.split())[:400]}`"]
    head = ["act", "statements", "the same", f"{min(found):,} ms", f"{max(found):,} ms"]
    head += ["ratio", "median", "median", f"within {MOST}"]
    lines = [
        "# A customer's statements among millions",
        "",
        f"CPython {platform.python_version()}, Django {version('django')}, PostgreSQL on the same",
        f"machine; {rounds} rounds in {TURNS} turns, the two databases by turns. Milliseconds of",
        "the statements alone, the way to the server included: the least that each ever took,",
        "added up, which others on the machine disturb least; beside it the median of whole acts.",
        f"Load of the machine: {load}. Only ratios count.",
        "",
        *table(head, rows),
        "",
        *([*slowest, ""] if slowest else []),
        f"{max(found):,} accounts with their customers, words, consents, mails, events and audit",
        f"rows are {facts['size'] / 2**30:.1f} GiB; filling took {facts['fill']:.0f} s.",
        "",
    ]
    return "\n".join(lines), is_kept


def _over_all_turns(turns: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """Return an act's statements with the least time that each of them ever took."""
    acts = [turn[name] for turn in turns]
    alike = [act["each"] for act in acts if act["texts"] == acts[-1]["texts"]]
    each = [min(times) for times in zip(*alike, strict=True)]
    return {"texts": acts[-1]["texts"], "each": each, "least": sum(each)}


def main() -> None:
    """Measure at both sizes, print, and keep the report when asked; exit with 1 if one misses."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--postgres", metavar="URL", help="a role that may create databases")
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--write", action="store_true", help="keep the report in bench/")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        json.dump(measure(options.rows, options.rounds), sys.stdout)
        return
    if not options.postgres:
        parser.error("--postgres is needed")
    sizes = (SMALL, options.rows)
    found: dict[int, list[dict[str, Any]]] = {rows: [] for rows in sizes}
    loads, facts = [], {}
    with ExitStack() as stack:
        urls = {rows: stack.enter_context(_database(options.postgres, rows)) for rows in sizes}
        for rows in sizes:
            facts = _in_a_process(urls[rows], rows, 0)
        for _turn in range(TURNS):
            for rows in sizes:
                loads.append(os.getloadavg()[0])
                found[rows].append(_in_a_process(urls[rows], rows, options.rounds // TURNS))
    text, is_kept = report(found, facts, options.rounds, f"{min(loads):.1f} to {max(loads):.1f}")
    print(text)
    if options.write:
        (ROOT / "bench" / "results-scale.md").write_text(text, encoding="utf-8")
    sys.exit(not is_kept)


@contextmanager
def _database(url: str, rows: int) -> Iterator[str]:
    """Make a database, yield its address, and drop it."""
    import psycopg

    name = DATABASE.format(rows)
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
        server.execute(f'CREATE DATABASE "{name}"'.encode())
    try:
        yield f"{url.rpartition('/')[0]}/{name}"
    finally:
        with psycopg.connect(url, autocommit=True) as server:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def _in_a_process(url: str, rows: int, rounds: int) -> dict[str, Any]:
    """Fill (no rounds) or measure, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "mail").mkdir()
        environment = os.environ | {
            "BENCH_DIR": folder,
            "BENCH_TASKS": "database",
            "BENCH_POSTGRES_URL": url,
            "DJANGO_SETTINGS_MODULE": "bench.settings_kantor",
        }
        command = [sys.executable, "-W", "ignore", "-m", "bench.scale", "--here"]
        command += [f"--rows={rows}", f"--rounds={rounds}"]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(done.stderr[-3000:])
        measured: dict[str, Any] = json.loads(done.stdout)
        return measured


if __name__ == "__main__":
    main()
