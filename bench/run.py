"""Measure a whole registration beside three baselines and print what it costs.

Each site runs in a process of its own; rounds are interleaved, so that whatever else the machine
does falls on all of them. Only ratios count: `bench/README.md` says what is measured and how.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = {
    "wizard": "bench.baselines.wizard.settings",
    "glued": "bench.baselines.glued.settings",
    "allauth": "bench.baselines.allauth.settings",
    "kantor": "bench.settings_kantor",
}
AT_ONCE = "mails in the request"
# Each measured site: its app, what sets it apart from the app as shipped, and its environment.
SITES: dict[str, tuple[str, str, dict[str, str]]] = {
    "wizard": ("wizard", "", {}),
    "glued": ("glued", "", {}),
    "allauth": ("allauth", "", {}),
    "kantor": ("kantor", "", {"BENCH_TASKS": "thread"}),
    "kantor-immediate": ("kantor", AT_ONCE, {"BENCH_TASKS": "immediate"}),
}
STEPS = ("start", "dane", "weryfikacja", "haslo", "zgody")


class Site:
    """A worker process: call it with a command, get its answer."""

    def __init__(self, name: str, folder: Path, extra: dict[str, str]) -> None:
        """Start the process and let it make its database; `extra` is more environment."""
        app, self.variant, variables = SITES[name]
        (folder / "mail").mkdir(parents=True)
        (folder / "static").mkdir()
        environment = {
            **os.environ,
            **variables,
            **extra,
            "DJANGO_SETTINGS_MODULE": SETTINGS[app],
            "BENCH_APP": app,
            "BENCH_DIR": str(folder),
        }
        self.name = name
        self.app = app
        self.log = folder / "log"
        # The site's log goes to a file: it is part of the work, and nothing to read meanwhile.
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bench.worker"],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def __call__(self, do: str, **arguments: object) -> Any:
        """Send a command and return its answer.

        Raises RuntimeError, with the end of the site's log, when the process died of it.
        """
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("the worker has no pipes")
        with suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
            self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            end = "".join(self.log.read_text().splitlines(keepends=True)[-12:])
            raise RuntimeError(f"{self.name} ended at {do!r}:\n{end}")
        return json.loads(line)

    def stop(self) -> None:
        """End the process."""
        with suppress(BrokenPipeError):
            self.process.communicate(timeout=20)


@dataclass
class Journey:
    """One row of the summary: what was measured of one journey."""

    site: Site
    name: str
    rounds: list[list[tuple[str, float]]] = field(default_factory=list)
    counted: dict[str, Any] = field(default_factory=dict)
    # By how gunicorn served it: bench.worker.SERVED.
    http: dict[str, dict[str, float]] = field(default_factory=dict)
    postgres_ms: float = 0

    @property
    def title(self) -> str:
        """The journey's name in the report, with what sets its site apart."""
        return f"{self.name}, {self.site.variant}" if self.site.variant else self.name

    @property
    def ms(self) -> float:
        """The CPU of a whole journey: the median of all that were made."""
        return median(sum(ms for _, ms in rows) for rows in self.rounds)

    def request_ms(self) -> list[tuple[str, float]]:
        """Return each request with the median of its CPU."""
        return [
            (label, median(rows[number][1] for rows in self.rounds))
            for number, (label, _) in enumerate(self.rounds[0])
        ]

    def first_get_ms(self) -> float:
        """Return the CPU of the first page."""
        return self.request_ms()[0][1]

    def step_ms(self) -> float:
        """Return the mean CPU of the five steps: the POST and the page that answers it."""
        steps = ("step ", "sent page", "done page", *(f"{step}: " for step in STEPS))
        return sum(ms for label, ms in self.request_ms() if label.startswith(steps)) / 5

    def statements(self, *labels: str) -> tuple[int, int]:
        """Return statements and transaction control of the requests whose label begins so."""
        rows = [row for row in self.counted["rows"] if row["label"].startswith(labels or ("",))]
        return sum(row["statements"] for row in rows), sum(row["control"] for row in rows)


@contextmanager
def postgres_databases(url: str, apps: list[str]) -> Iterator[dict[str, str]]:
    """Make a database for each app on this server and drop it afterwards; yield their URLs."""
    import psycopg

    names = {app: "bench_" + app.replace("-", "_") for app in apps}
    with psycopg.connect(url, autocommit=True) as server:
        for name in names.values():
            server.execute(f"DROP DATABASE IF EXISTS {name}")
            server.execute(f"CREATE DATABASE {name}")
        try:
            yield {app: url.rpartition("/")[0] + f"/{name}" for app, name in names.items()}
        finally:
            for name in names.values():
                server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def measure(options: argparse.Namespace, folder: Path) -> tuple[list[Journey], dict[str, Any]]:
    """Run every round; return the journeys and what was measured once."""
    facts: dict[str, Any] = {}
    with ExitStack() as stack:
        extra: dict[str, dict[str, str]] = {app: {} for app in options.apps}
        if options.postgres:
            urls = stack.enter_context(postgres_databases(options.postgres, options.apps))
            extra = {app: {"BENCH_POSTGRES_URL": urls[app]} for app in options.apps}
        sites = []
        for app in options.apps:
            site = Site(app, folder / app, extra[app])
            stack.callback(site.stop)
            sites.append(site)
        found = [Journey(site, name) for site in sites for name in site("names")]
        # One kind of customer is enough to show what the mails cost in the request.
        found = [one for one in found if one.site.variant != AT_ONCE or "osoba" in one.name]
        for journey in found:
            journey.site("time", journey=journey.name, times=3)
            journey.counted = journey.site("count", journey=journey.name)
        for number in range(options.rounds):
            print(f"\rround {number + 1} of {options.rounds}", end="", file=sys.stderr)
            for journey in found:
                journey.rounds += journey.site("time", journey=journey.name, times=options.times)
        print(file=sys.stderr)
        facts["hash_ms"] = sites[0]("hash_ms")
        # A thread of the site begins a mail a moment after its request: four visitors who wait for
        # theirs would measure the moment. Over HTTP the site sends all that it owes by itself.
        by_itself = [one for one in found if one.site.app != "kantor" or one.site.variant]
        for served in ("sync", "deployed") if options.http else ():
            for journey in by_itself:
                journey.http[served] = journey.site(
                    "http", journey=journey.name, times=options.http, clients=4, served=served
                )
        # Nor with one who looks for his mails each millisecond, by the same connection.
        for journey in by_itself if options.postgres else []:
            journey.postgres_ms = journey.site("postgres_ms", journey=journey.name, times=100)
        ours = next((site for site in sites if site.app == "kantor"), None)
        if ours is not None:
            facts["hoard"] = ours("hoard")
            facts["mails_ms"] = ours("mails_ms", times=40)
            if options.profile:
                facts["profile"] = ours("profile", journey="kantor (osoba)", times=20)
            if options.soak:
                facts["soak"] = ours("soak", journey="kantor (firma)", times=options.soak)
    return found, facts


def table(header: list[str], rows: list[list[str]]) -> list[str]:
    """Return a Markdown table, its columns aligned for a terminal too."""
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]

    def line(cells: list[str]) -> str:
        first, *others = (
            cell.ljust(width) if not column else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return "| " + " | ".join([first, *others]) + " |"

    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return [line(header), line(rule), *map(line, rows)]


def journey_table(journey: Journey) -> list[str]:
    """Return what every request of a journey costs."""
    rows = []
    for (label, ms), counted in zip(journey.request_ms(), journey.counted["rows"], strict=True):
        work = f"{counted['statements']}+{counted['control']}"
        rows.append([label, f"{ms:.2f}", work, str(counted["sessions"]), str(counted["longest"])])
    whole = "{}+{}".format(*journey.statements())
    longest = max(row["longest"] for row in journey.counted["rows"])
    name = f"whole journey, {len(rows)} requests"
    rows.append([name, f"{journey.ms:.2f}", whole, "", str(longest)])
    header = ["request", "CPU ms", "SQL+control", "session rows", "longest row"]
    return [f"### {journey.title}", "", *table(header, rows), ""]


def verdict(value: tuple[float, ...], must: tuple[float, ...], goal: tuple[float, ...]) -> str:
    """Return which of two limits every part of the value keeps, the limit included."""
    for name, limits in (("goal", goal), ("must", must)):
        if all(part <= limit for part, limit in zip(value, limits, strict=True)):
            return name
    return "OVER"


Work = tuple[int, int]


def targets(ours: Journey, others: dict[str, Journey], facts: dict[str, Any]) -> list[str]:
    """Return our numbers beside what they must and should be, as ratios to the same run."""
    wizard = others["wizard"]
    rows: list[list[str]] = []

    def ratio(name: str, value: float, must: float, goal: float) -> None:
        kept = verdict((value,), (must,), (goal,))
        rows.append([name, f"{value:.2f}".removesuffix(".00"), f"{must:g}", f"{goal:g}", kept])

    def work(name: str, must: Work, goal: Work, *labels: str) -> None:
        value = ours.statements(*labels)
        cells = ["{}+{}".format(*pair) for pair in (value, must, goal)]
        rows.append([name, *cells, verdict(value, must, goal)])

    # With mails in the request, as allauth sends its own, and as shipped.
    musts = ((2.1, 1.7), (1.15, 0.95)) if ours.site.variant == AT_ONCE else ((1.5, 1.2), None)
    number = 1 if ours.site.variant == AT_ONCE else 2
    ratio(f"{number}. whole journey, CPU / wizard", ours.ms / wizard.ms, *musts[0])
    if "allauth" in others and musts[1] is not None:
        ratio("1. whole journey / allauth", ours.ms / others["allauth"].ms, *musts[1])
    if "glued" in others and musts[1] is not None:
        ratio("1. whole journey / glued", ours.ms / others["glued"].ms, 1.05, 0.85)
    ratio("3. mean step, CPU / wizard", ours.step_ms() / wizard.step_ms(), 1.1, 0.9)
    if ours.http:
        http_targets(rows, ours, others, facts)
    for step in STEPS[:-1]:
        work(f"5. statements: {step} POST", (2, 2), (2, 0), f"{step}: POST")
    work("5. statements: last POST", (8, 2), (6, 2), "zgody: POST")
    work("5. statements: whole journey", (28, 4), (20, 4))
    first = ours.counted["rows"][0]
    work("6. first GET: statements", (0, 0), (0, 0), "first GET")
    ratio("6. first GET: session rows", first["sessions"], 0, 0)
    ratio("6. first GET: CPU / wizard", ours.first_get_ms() / wizard.first_get_ms(), 0.6, 0.35)
    ratio("7. hashes in a journey", ours.counted["hashes"], 1, 1)
    ratio("7. hashes inside a transaction", ours.counted["hashes_in_transaction"], 0, 0)
    rest = ours.ms / facts["hash_ms"]
    ratio("7. in process: everything else / one Argon2id hash", rest, 0.18, 0.15)
    longest = max(row["longest"] for row in ours.counted["rows"])
    ratio("11. longest session row, characters", longest, 4096, 2048)
    ratio("11. the same, 100 kB of junk in every POST", facts["hoard"], 4096, 2048)
    if ours.postgres_ms and "glued" in others:
        share = ours.postgres_ms / others["glued"].postgres_ms
        ratio("7b. PostgreSQL's own CPU of a journey / glued", share, 1.5, 1.1)
    if not ours.site.variant:
        for kind, must, goal in (("registration", 0.006, 0.004), ("welcome", 0.008, 0.005)):
            part = facts["mails_ms"][kind] / facts["hash_ms"]
            kept = verdict((part,), (must,), (goal,))
            name = f"12. writing the {kind} mail / one Argon2id hash"
            rows.append([name, f"{part:.4f}", f"{must:g}", f"{goal:g}", kept])
    if "soak" in facts:
        growth = facts["soak"]["late"] / facts["soak"]["early"]
        ratio("16. memory after all / a tenth of the soak", growth, 1.03, 1.01)
    header = [f"target, {ours.title}", "now", "must", "goal", "keeps"]
    return [*table(header, rows), ""]


def http_targets(
    rows: list[list[str]], ours: Journey, others: dict[str, Journey], facts: dict[str, Any]
) -> None:
    """Add what gunicorn and four visitors say.

    The targets were set under two sync workers; the rows below them are of gunicorn as deploy/
    starts it, for all sites alike.
    """

    def row(name: str, value: float, form: str, must: float, goal: float) -> None:
        kept = verdict((value,), (must,), (goal,))
        rows.append([name, format(value, form), f"{must:g}", f"{goal:g}", kept])

    wizard = others["wizard"].http
    for served in ("sync", "deployed"):
        if "glued" in others:
            other = others["glued"].http[served]
            speed = ours.http[served]["per_second"] / other["per_second"]
            kept = "goal" if speed >= 1.4 else "must" if speed >= 1.1 else "UNDER"
            name = f"4. HTTP, {served}: journeys a second / glued, at least"
            rows.append([name, f"{speed:.2f}", "1.1", "1.4", kept])
        used = ours.http[served]["cpu_ms"]
        row(
            f"4. HTTP, {served}: server CPU / wizard",
            used / wizard[served]["cpu_ms"],
            ".2f",
            1.2,
            1.05,
        )
        name = f"7. HTTP, {served}: everything else / one Argon2id hash"
        row(name, used / facts["hash_ms"], ".2f", 0.18, 0.15)
    more = ours.http["deployed"]["resident_mib"] - wizard["deployed"]["resident_mib"]
    row("16. memory of two workers over the wizard's, MiB", more, ".0f", 70, 45)


def report(options: argparse.Namespace, found: list[Journey], facts: dict[str, Any]) -> str:
    """Return the whole report as Markdown."""
    python = platform.python_version()
    database = "PostgreSQL" if options.postgres else "SQLite (WAL, IMMEDIATE)"
    made = options.rounds * options.times
    lines = [
        "# What a registration costs",
        "",
        f"CPython {python}, Django {version('django')}, {database}; medians of {made} journeys",
        f"of each kind in {options.rounds} interleaved rounds. The password hash is excluded",
        f"(Argon2id: {facts['hash_ms']:.0f} ms here).",
        "Absolute times belong to one machine and one hour; only ratios count.",
        "",
    ]
    others = {one.site.name: one for one in found if one.site.app != "kantor"}
    rows = []
    for journey in found:
        row = [journey.title, str(len(journey.rounds[0])), f"{journey.ms:.1f}"]
        row += [f"{journey.ms / other.ms:.2f}" for other in others.values()]
        row.append("{}+{}".format(*journey.statements()))
        row.append(str(journey.counted["hashes"]))
        if options.http and not journey.http:
            row += [""] * 5
        elif options.http:
            for measured in journey.http.values():
                row += [f"{measured['per_second']:.1f}", f"{measured['cpu_ms']:.1f}"]
            row.append(f"{journey.http['deployed']['resident_mib']:.0f}")
        rows.append(row)
    beside = [f"/ {name}" for name in others]
    header = ["journey", "requests", "CPU ms", *beside, "SQL+control", "hashes"]
    if options.http:
        for way in ("sync", "deployed"):
            header += [f"{way} j/s", f"{way} CPU ms"]
        header.append("MiB")
    lines += [*table(header, rows), ""]
    for journey in found:
        if journey.site.app == "kantor" and "wizard" in others:
            lines += targets(journey, others, facts)
    for journey in found:
        lines += journey_table(journey)
    if "profile" in facts:
        lines += ["```", facts["profile"], "```", ""]
    return "\n".join(lines)


def persistence(options: argparse.Namespace, folder: Path) -> str:
    """Return how the shipped connection settings do beside connections that are never closed."""
    speeds = {}
    # Each with a database of its own: the same customers register in both.
    names = {"600": "kept_for_a_while", "None": "persistent"}
    with postgres_databases(options.postgres, list(names.values())) as urls:
        for keep, name in names.items():
            extra = {"BENCH_POSTGRES_URL": urls[name], "BENCH_CONN_MAX_AGE": keep}
            site = Site("kantor-immediate", folder / name, extra)
            try:
                speeds[keep] = site(
                    "http", journey="kantor (osoba)", times=100, clients=4, served="deployed"
                )
            finally:
                site.stop()
    value = speeds["600"]["per_second"] / speeds["None"]["per_second"]
    return f"17. journeys/s, shipped settings / persistent connections: {value:.2f} (must 0.9)"


def main() -> None:
    """Measure, print, and keep the report when asked."""
    parser = argparse.ArgumentParser(prog="python -m bench.run", description=__doc__)
    parser.add_argument("--apps", nargs="+", choices=SITES, default=list(SITES))
    parser.add_argument("--rounds", type=int, default=10, help="interleaved rounds (10)")
    parser.add_argument("--times", type=int, default=8, help="journeys of each kind a round (8)")
    parser.add_argument(
        *("--http",),
        nargs="?",
        const=200,
        default=0,
        type=int,
        metavar="N",
        help="also through gunicorn, 4 clients, N journeys (200)",
    )
    parser.add_argument("--profile", action="store_true", help="where the site's own CPU goes")
    parser.add_argument("--soak", type=int, default=0, metavar="N", help="memory over N journeys")
    parser.add_argument("--postgres", metavar="URL", help="a role that may create databases")
    parser.add_argument("--write", action="store_true", help="keep the report in bench/")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        text = report(options, *measure(options, folder))
        if options.postgres and options.http and "kantor" in options.apps:
            text += "\n" + persistence(options, folder) + "\n"
    except RuntimeError as error:
        sys.exit(str(error))
    finally:
        shutil.rmtree(folder)
    print(text)
    if options.write:
        name = "results-postgresql.md" if options.postgres else "results.md"
        (ROOT / "bench" / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
