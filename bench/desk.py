"""Measure the staff's desk on a long table: the list, each filter, each kind of search.

    python -m bench.desk [--rows 1000000] [--times 15]

On SQLite in a directory of its own (BENCH_DIR), or on the PostgreSQL of BENCH_POSTGRES_URL, whose
database has to be empty or filled by an earlier run. Rows are written by `bulk_create`; a run finds
those of an earlier one. Server time of whole requests by Django's client, the median of `--times`.
"""

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

BATCH = 2_000
TARGET = 100.0  # milliseconds

FIRST = [*("Jan", "Anna", "Piotr", "Maria", "Łukasz", "Zofia", "Paweł", "Ewa", "Adam", "Kinga")]
LAST = [*("Nowak", "Kowalska", "Wiśniewski", "Wójcik", "Kamińska", "Lewandowski", "Zielińska")]
FIRMS = [*("Bałtyk", "Żuraw", "Polkant", "Handel", "Transport", "Usługi", "Budowa", "Agro")]


def customers(number: int) -> None:
    """Add so many customers in the states and with the names that a real table would have."""
    from django.utils import timezone

    from accounts.models import Customer, CustomerWord, Kind, ReviewState, User
    from accounts.models.words import search_key, words_of

    now, there = timezone.now(), User.objects.filter(is_staff=False).count()
    chance = random.Random(there)  # noqa: S311  the same rows each time, no secret
    for start in range(there, number, BATCH):
        users, rows = [], []
        for nth in range(start, min(start + BATCH, number)):
            is_active, begun = nth % 10 != 0, now - timedelta(minutes=number - nth)
            is_waiting = is_active and nth % 200 == 1
            users.append(
                User(
                    email=f"klient{nth}@example.com",
                    email_key=f"klient{nth}@example.com",
                    mailbox_key=f"klient{nth}@example.com",
                    is_active=is_active,
                    activated_at=begun if is_active or nth % 20 == 0 else None,
                    suspended_at=begun if nth % 20 == 0 else None,
                    waiting_since=now - timedelta(hours=nth % 60) if is_waiting else None,
                    language="en" if nth % 12 == 0 else "pl",
                    created_at=begun,
                )
            )
            firm = f"{chance.choice(FIRMS)} {chance.choice(FIRMS)} {nth} sp. z o.o."
            is_company = nth % 3 == 0
            first, last = chance.choice(FIRST), f"{chance.choice(LAST)}"
            rows.append(
                Customer(
                    kind=Kind.COMPANY if is_company else Kind.PERSON,
                    company_name=firm if is_company else "",
                    company_key=search_key(firm) if is_company else "",
                    nip=f"{5_000_000_000 + nth}" if is_company else "",
                    regon=f"{100_000_000 + nth}" if is_company else "",
                    krs=f"{nth:010}" if is_company else "",
                    first_name=first,
                    last_name=last,
                    name_key=search_key(f"{last} {first}"),
                    phone=f"+48{500_000_000 + nth}",
                    main_country="PL",
                    review_state=(
                        ReviewState.NEW
                        if is_waiting or not is_active
                        else ReviewState.REJECTED
                        if nth % 50 == 2
                        else ReviewState.APPROVED
                    ),
                    created_at=begun,
                )
            )
        User.objects.bulk_create(users)
        for user, row in zip(users, rows, strict=True):
            row.user = user
        Customer.objects.bulk_create(rows)
        CustomerWord.objects.bulk_create(
            CustomerWord(customer_id=row.pk, word=word)
            for row in rows
            for word in {*words_of(f"{row.company_name} {row.first_name} {row.last_name}")}
        )


def questions() -> Iterator[tuple[str, str, str]]:
    """Yield what is asked: its name, and the words to search for or the filters."""
    filters = {
        "list": "",
        "filter: companies": "kind=company",
        "filter: pending": "account=pending",
        "filter: active": "account=active",
        "filter: suspended": "account=suspended",
        "filter: closed (no hit)": "account=closed",
        "filter: rejected": "review=rejected",
        "filter: second person (no hit)": "review=second",
        "filter: held by me (no hit)": "holder=me",
        "filter: overdue": "overdue=1",
        "filter: English": "language=en",
        "filter: source (no hit)": "source=1",
        "filter: one day, long ago": "since=2020-01-01&until=2020-01-02",
        "filter: until a day": "until=2026-01-01",
        "filter: two": "kind=company&review=rejected",
    }
    for name, query in filters.items():
        yield name, "", query
    searches = {
        "one common word": "nowak",
        "surname and first name": "nowak anna",
        "a word of a company": "bałtyk",
        "three words": "baltyk zuraw zoo",
        "an unknown word": "xyzzy",
        "beginning of an address": "klient12",
        "three digits": "500",
        "whole NIP": "500-000-00-12",
        "phone": "tel. 500 000 017",
        "account": "#17",
    }
    for name, words in searches.items():
        yield f"search: {name}", words, ""


def measure(act: Callable[[], object], times: int) -> float:
    """Return the median time of one call in milliseconds, the first one not counted."""
    act()
    took = []
    for _time in range(times):
        began = time.perf_counter()
        act()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


def main() -> None:
    """Fill, measure and print; the exit status is 1 if anything is over its target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        os.environ.setdefault("BENCH_DIR", directory)
        Path(os.environ["BENCH_DIR"]).mkdir(parents=True, exist_ok=True)
        sys.exit(run(options.rows, options.times))


def run(rows: int, times: int) -> int:
    """Measure on so many rows; return how many questions took longer than the target."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings_kantor")
    import django

    django.setup()
    from django.contrib.auth.models import Group
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client

    from accounts.models import User

    call_command("migrate", verbosity=0)
    customers(rows)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    email = "bench@kantor.example"
    clerk = User.objects.filter(email=email).first()
    clerk = clerk or User.objects.create_user(email, is_staff=True)
    clerk.groups.add(Group.objects.get(name="officer"))
    browser = Client(SERVER_NAME="127.0.0.1")
    browser.force_login(User.objects.get(pk=clerk.pk))
    address, too_slow = "/admin/accounts/user/", 0
    print(f"{rows} customers, {connection.vendor}, median of {times}, milliseconds")
    for name, words, query in [("first page", "", "/admin/"), *questions()]:
        target = f"{address}?{query}"
        if query == "/admin/":
            target = query
        if words:
            target = browser.post(f"{address}search/", {"words": words})["Location"]
        took = measure(partial(browser.get, target), times)
        assert browser.get(target).status_code == 200, name
        too_slow += took > TARGET
        print(f"{took:8.1f}  {name}{'   OVER' if took > TARGET else ''}")
    return too_slow


if __name__ == "__main__":
    main()
