"""Measure the staff's desk on a long table: its lists, filters, searches and pages.

    python -m bench.desk [--rows 1000000] [--times 9] [--postgres URL] [--write]

On SQLite, and with `--postgres` (a role that may create databases) on PostgreSQL too: 10,000
customers first, then `--rows` of them, each in a database of its own that is thrown away. `--keep
DIRECTORY` keeps them for the next run. What is measured is the server's time of whole requests by
Django's client, signed in with a factor. Filling a million takes about five minutes a database.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

# Of one question: its kind, the median and the least time, and the least time of its statements.
Measured = tuple[str, float, float, float]

ROOT = Path(__file__).resolve().parent.parent
SMALL = 10_000
TARGET = 100.0  # milliseconds
LIST = "/admin/accounts/user/"
# How many times as long as a page of 25 rows at SMALL each kind may take.
RATIOS = {"list": 1.6, "search": 2.5, "filters": None, "page": None}
# Too short to be told from the noise of the machine: below it no ratio is judged.
NOISE = 40.0  # milliseconds

FILTERS = {
    "no filter": "",
    "companies": "kind=company",
    "individuals": "kind=person",
    "pending": "account=pending",
    "active": "account=active",
    "suspended": "account=suspended",
    "closed": "account=closed",
    "to be reviewed": "review=new",
    "approved": "review=approved",
    "rejected": "review=rejected",
    "second person": "review=second",
    "held by me": "holder=me",
    "held by others": "holder=others",
    "held by nobody": "holder=nobody",
    "overdue": "overdue=1",
    "English": "language=en",
    "Polish": "language=pl",
    "frequent source": "source={source}",
    "source without a hit": "source={unused}",
    "days, the first weeks": "since={first}&until={soon}",
    "days without a hit": "since=2020-01-01&until=2020-01-02",
    "until a year ago": "until={year}",
}
SEVERAL = {
    "companies, rejected": "kind=company&review=rejected",
    "companies, closed": "kind=company&account=closed",
    "companies, second person": "kind=company&review=second",
    "pending, approved (no hit)": "account=pending&review=approved",
    "suspended, held by nobody": "account=suspended&holder=nobody",
    "English, suspended": "language=en&account=suspended",
    "English, overdue": "language=en&overdue=1",
    "source, English": "source={source}&language=en",
    "source, pending, rejected (no hit)": "source={source}&account=pending&review=rejected",
    "companies, held by me (no hit)": "kind=company&holder=me",
    "closed, to be reviewed": "account=closed&review=new",
    "until a year ago, to be reviewed": "until={year}&review=new",
    "until a year ago, companies": "until={year}&kind=company",
    "since a year ago, suspended": "since={year}&account=suspended",
    "until a year ago, held by me (no hit)": "until={year}&holder=me",
}
DEEP = {
    "companies, deep": "kind=company&after={middle}",
    "no filter, deep": "after={middle}",
    "approved, back from the middle": "review=approved&before={middle}",
    "until a year ago, deep": "until={year}&after={long_ago}_{middle}",
}
SEARCHES = {
    "frequent surname": "nowak",
    "beginning of a frequent name": "kowal",
    "three letters": "kow",
    "surname and first name": "nowak anna",
    "two frequent words": "handel transport",
    "two frequent words, three letters each": "kow ann",
    "frequent words that nobody has together": "piotr anna sp krzysztof",
    "word of a company": "Bałtyk",
    "quotes and hyphens": "„Anna-Maria” Żuraw",
    "unknown word": "xyzzyx",
    "known and unknown word": "nowak xyzzyx",
    "beginning of an address without @": "annanowak",
    "three letters of addresses": "ann",
    "whole address": "{email}",
    "three digits": "500",
    "three digits of a phone": "tel. 501",
    "whole NIP with separators": "NIP {nip}",
    "unknown NIP": "526-10-40-828",
    "phone": "tel. {phone}",
    "account": "#{middle}",
    "bare number": "{middle}",
    "KRS": "KRS {krs}",
}
MASKED = {
    "support: whole NIP": "{nip}",
    "support: whole phone": "{phone}",
    "support: a beginning, which finds nothing": "501",
}
PAGES = {
    "first page": "/admin/",
    "a case": LIST + "{middle}/change/",
    "a case with a long history": LIST + "{busy}/change/",
    "audit": "/admin/accounts/staffevent/",
    "audit: frequent action": "/admin/accounts/staffevent/?action__exact=viewed",
    "audit: rare action": "/admin/accounts/staffevent/?action__exact=exported",
    "audit: action without a hit": "/admin/accounts/staffevent/?action__exact=reopened",
    "audit: role": "/admin/accounts/staffevent/?role=support",
    "audit: role without a hit": "/admin/accounts/staffevent/?role=auditor",
    "audit: one customer": "/admin/accounts/staffevent/?q=%23{middle}",
    "audit: one member of staff": "/admin/accounts/staffevent/?q=%231",
    "audit: days": "/admin/accounts/staffevent/?at__gte={first}&at__lt={soon}",
    "statistics": "/admin/accounts/dailycount/",
    "statistics of a year": "/admin/accounts/dailycount/?first={last_year}&last={today}",
    "mails": "/admin/accounts/outboxmessage/",
    "mails: failed": "/admin/accounts/outboxmessage/?state__exact=failed",
    "mails: waiting": "/admin/accounts/outboxmessage/?state__exact=waiting",
    "mails: dropped (no hit)": "/admin/accounts/outboxmessage/?state__exact=dropped",
    "mails: frequent kind": "/admin/accounts/outboxmessage/?kind__exact=registration",
    "mails: kind without a hit": "/admin/accounts/outboxmessage/?kind__exact=review_rejected",
}
MAILS = {
    "mails: a recipient": "{email}",
    "mails: a common beginning": "anna",
    "mails: an unknown recipient": "xyzzyx",
}


def measure(rows: int, times: int) -> dict[str, Measured]:
    """Fill this process's database and return the kind and the median time of each question."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings_kantor")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db.models import Count

    from accounts.models import Customer, Source, StaffEvent, User
    from bench.desk_rows import fill

    call_command("migrate", verbosity=0)
    fill(rows)
    middle = Customer.objects.exclude(krs="").filter(pk__gte=rows // 2).order_by("pk")[0]
    today = datetime.now(UTC)
    oldest = User.objects.filter(is_staff=False).order_by("created_at")[0].created_at
    year = today - timedelta(days=365)
    facts = {
        "middle": middle.pk,
        "busy": StaffEvent.objects.exclude(customer=None)
        .values("customer")
        .annotate(n=Count("pk"))
        .order_by("-n")[0]["customer"],
        "nip": f"{middle.nip[:3]}-{middle.nip[3:6]}-{middle.nip[6:8]}-{middle.nip[8:]}",
        "krs": middle.krs,
        "phone": f"{middle.phone[3:6]} {middle.phone[6:9]} {middle.phone[9:]}",
        "email": middle.user.email,
        "source": Source.objects.order_by("pk")[0].pk,
        "unused": Source.objects.create(name_pl="Żadne", name_en="None", position=99).pk,
        "first": oldest.date(),
        "soon": (oldest + timedelta(days=30)).date(),
        "year": year.date(),
        "last_year": year.date(),
        "today": today.date(),
        "long_ago": int((today - timedelta(days=500)).timestamp() * 1_000_000),
    }
    found: dict[str, Measured] = {}
    officer, support = (signed_in(role) for role in ("officer", "support"))
    for kind, name, address, words in _questions(facts):
        browser = support if name.startswith("support") else officer
        if words:
            address = browser.post(f"{address}search/", {"words": words})["Location"]
        found[name] = (kind, *_time(partial(browser.get, address), times, name))
    found["take next"] = (
        "page",
        *_time(partial(officer.post, "/admin/cases/next/"), times, "take next", status=302),
    )
    Source.objects.filter(pk=facts["unused"]).delete()
    return found


def signed_in(role: str) -> Any:
    """Return a browser of a member of staff who has just come in with a factor."""
    from django.test import Client
    from django.utils import timezone

    from accounts.models import User
    from accounts.sessions import factor

    browser = Client(SERVER_NAME="127.0.0.1", HTTP_ACCEPT_LANGUAGE="pl")
    browser.force_login(User.objects.get(email=f"{role}@kantor.example"))
    session = browser.session
    session[factor.SESSION_KEY] = int(timezone.now().timestamp())
    session.save()
    return browser


def _questions(facts: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Yield each question's kind, its name, its address, and the words to be searched for."""
    for kind, asked in (("list", FILTERS), ("filters", SEVERAL), ("list", DEEP)):
        for name, query in asked.items():
            yield kind, f"list: {name}", f"{LIST}?{query.format(**facts)}", ""
    for name, words in SEARCHES.items():
        yield "search", f"search: {name}", LIST, words.format(**facts)
    for name, words in MASKED.items():
        yield "search", name, LIST, words.format(**facts)
    for name, address in PAGES.items():
        yield "page", name, address.format(**facts), ""
    for name, words in MAILS.items():
        yield "page", name, "/admin/accounts/outboxmessage/", words.format(**facts)


def _time(act: Any, times: int, name: str, *, status: int = 200) -> tuple[float, float, float]:
    """Return the median and the least time of one request, and the least time of its statements.

    In milliseconds; the first request is not counted.
    """
    from django.db import connection

    took: list[float] = []
    asked: list[float] = []

    def timed(execute: Any, *arguments: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            asked[-1] += (time.perf_counter() - began) * 1000

    for _request in range(times + 1):
        asked.append(0.0)
        began = time.perf_counter()
        with connection.execute_wrapper(timed):
            answer = act()
        took.append((time.perf_counter() - began) * 1000)
        if answer.status_code != status:
            raise SystemExit(f"{name}: {answer.status_code}")
    return statistics.median(took[1:]), min(took[1:]), min(asked[1:])


def report(found: dict[str, dict[int, dict[str, Measured]]]) -> str:
    """Return the table in Markdown: medians at both sizes, their ratio, and what misses."""
    lines = []
    for vendor, sizes in found.items():
        small, large = sizes[min(sizes)], sizes[max(sizes)]
        lines += [
            f"## {vendor}",
            "",
            f"| | {min(sizes):,} | {max(sizes):,} | ratio | least | statements | |",
            "|:--|--:|--:|--:|--:|--:|:--|",
        ]
        # A page of 25 rows at the small size is what lists and searches are compared with.
        page = small["list: no filter"]
        for name, (kind, median, least, asked) in large.items():
            before = small[name] if kind == "page" else page
            ratio, allowed = least / before[2], RATIOS[kind]
            missed = "over 100 ms" if median > TARGET else ""
            if not missed and allowed and least > NOISE and ratio > allowed:
                missed = f"over {allowed} ×"
            lines.append(
                f"| {name} | {small[name][1]:.0f} | {median:.0f} | {ratio:.1f} | {least:.0f}"
                f" | {asked:.0f} | {missed} |"
            )
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Measure on each database and at each size, print, and keep the report when asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=9)
    parser.add_argument("--postgres", metavar="URL", help="a role that may create databases")
    parser.add_argument("--keep", metavar="DIRECTORY", help="keep the databases, or use kept ones")
    parser.add_argument("--write", action="store_true", help="keep the report in bench/")
    parser.add_argument("--only", choices=("SQLite", "PostgreSQL"), help="leave the other out")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        json.dump(measure(options.rows, options.times), sys.stdout)
        return
    folder = Path(options.keep or tempfile.mkdtemp(prefix="bench-"))
    vendors = ["SQLite", *(["PostgreSQL"] if options.postgres else [])]
    found: dict[str, dict[int, dict[str, Measured]]] = {}
    loads = [os.getloadavg()[0]]
    try:
        for vendor in [each for each in vendors if options.only in (None, each)]:
            for rows in (SMALL, options.rows):
                found.setdefault(vendor, {})[rows] = _child(vendor, rows, folder, options)
                loads.append(os.getloadavg()[0])
    finally:
        if not options.keep:
            shutil.rmtree(folder)
            _drop(options.postgres, (SMALL, options.rows))
    python, cores = platform.python_version(), os.cpu_count()
    text = f"""# What the desk of staff costs

CPython {python}; medians of {options.times} requests, in milliseconds of the server. The load of
the machine was {min(loads):.1f} to {max(loads):.1f} on {cores} processors: only ratios count.
Lists and searches are compared with the page of the 25 newest at 10,000 customers, any other page
with itself there: the least time with the least, which others on the machine disturb least. With
one filter a list may take {RATIOS["list"]} times as long, a search {RATIOS["search"]}; several
filters at once are judged by {TARGET:.0f} ms alone, and what takes less than {NOISE:.0f} ms by no
ratio. The last two columns are of the longer table.

{report(found)}"""
    print(text)
    if options.write:
        (ROOT / "bench" / "results-desk.md").write_text(text, encoding="utf-8")


def _child(vendor: str, rows: int, folder: Path, options: argparse.Namespace) -> Any:
    """Measure in a process of its own, which has one database."""
    place = folder / str(rows)
    place.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "BENCH_DIR": str(place)}
    if vendor == "PostgreSQL":
        environment["BENCH_POSTGRES_URL"] = _create(options.postgres, rows)
    command = [sys.executable, "-m", "bench.desk", "--here", f"--rows={rows}"]
    command.append(f"--times={options.times}")
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(done.stdout)


def _create(url: str, rows: int) -> str:
    import psycopg

    name = f"bench_desk_{rows}"
    with psycopg.connect(url, autocommit=True) as server:
        there = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if there is None:
            server.execute(f'CREATE DATABASE "{name}"')
    return f"{url.rpartition('/')[0]}/{name}"


def _drop(url: str | None, sizes: tuple[int, ...]) -> None:
    if not url:
        return
    import psycopg

    with psycopg.connect(url, autocommit=True) as server:
        for rows in sizes:
            server.execute(f'DROP DATABASE IF EXISTS "bench_desk_{rows}"')


if __name__ == "__main__":
    main()
