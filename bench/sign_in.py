"""Ask what a try to sign in costs, and whether that tells what has become of an address.

    python -m bench.sign_in [--rounds 12] [--write]

Addresses of every state take turns, in this process, with the real password hasher, which counts.
Wanted are at most two hashes a try and, wherever nothing may be told, the statements of a try at an
unknown address and its processor's time, within a twentieth; it exits with 1 otherwise. What an
onlooker sees over HTTP of the time is asked by `bench.timing`.
"""

import argparse
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING
from uuid import uuid4

from bench.run import ROOT, table

if TYPE_CHECKING:
    from accounts.models import User

PASSWORD, WRONG = "Kotlet#Brzoza9", "Nie-to-haslo-7"
NUMBER, OTHER_NUMBER = "601234567", "601234568"
MOST_HASHES = 2
# Of the median at an unknown address; a hash more or less is a half.
LOWEST, HIGHEST = 0.95, 1.05
UNKNOWN = "unknown"
STATES = (UNKNOWN, "open", "pending", "suspended", "barred", "closed")


@dataclass
class Cost:
    """What the tries of one kind cost, of the time the processor's."""

    hashes: set[int] = field(default_factory=set)
    statements: set[int] = field(default_factory=set)
    ms: list[float] = field(default_factory=list)


class Hashes:
    """How many hashes were made, to store or to check one."""

    made = 0


def count_hashes() -> Hashes:
    """Let the site's hasher count from now on."""
    from django.contrib.auth.hashers import Argon2PasswordHasher

    hashes = Hashes()
    encode, verify = Argon2PasswordHasher.encode, Argon2PasswordHasher.verify

    def encoding(self: Argon2PasswordHasher, password: str, salt: str) -> str:
        hashes.made += 1
        return encode(self, password, salt)

    def verifying(self: Argon2PasswordHasher, password: str, encoded: str) -> bool:
        hashes.made += 1
        return verify(self, password, encoded)

    Argon2PasswordHasher.encode = encoding  # type: ignore[assignment, method-assign]
    Argon2PasswordHasher.verify = verifying  # type: ignore[assignment, method-assign]
    return hashes


def make_accounts(rounds: int) -> None:
    """Make an account of each state for each round; what they were sent is done with."""
    from django.contrib.auth.hashers import make_password
    from django.utils import timezone

    from accounts import consents
    from accounts.closing import services as closing
    from accounts.models import Counter, Kind, OutboxMessage, User
    from accounts.services import activation, registration, review
    from accounts.values.visit import NOBODY
    from bench.journeys import PERSON

    answers = {name: str(value) for name, value in PERSON.items()}
    sealed = make_password(PASSWORD)

    def bar(user: "User") -> None:
        User.objects.filter(pk=user.pk).update(password_barred_at=timezone.now())

    fates: dict[str, Callable[[User], object]] = {
        "open": lambda user: None,
        "suspended": review.suspend,
        "barred": bar,
        "closed": lambda user: closing.close(user, visit=NOBODY),
    }
    for number in range(rounds):
        for state in STATES[1:]:
            user = registration.register(
                attempt=uuid4(),
                kind=Kind.PERSON,
                answers={**answers, "phone": f"+48{NUMBER}", "email": address(state, number)},
                password_hash=sealed,
                given={each.key: each.required for each in consents.asked_of(Kind.PERSON)},
                language="pl",
                network="bench",
            )
            if state in fates:
                activation.activate(user)
                fates[state](User.objects.get(pk=user.pk))
    OutboxMessage.objects.all().delete()
    Counter.objects.all().delete()


def address(state: str, number: int) -> str:
    """Return the address of this state for this round; all are of one length."""
    return f"{state:->9}-{number:03d}@example.org"


def measure(rounds: int) -> dict[tuple[str, str], Cost]:
    """Return what each kind of try cost at each kind of address; the first round only warms up."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from accounts.sign_in import services
    from accounts.sign_in.digits import CHOICES, Answer
    from accounts.sign_in.services import Try

    hashes = count_hashes()
    make_accounts(rounds + 1)
    kinds = {
        "wrong password": (WRONG, NUMBER),
        "wrong digits": (PASSWORD, OTHER_NUMBER),
        "all right": (PASSWORD, NUMBER),
    }
    costs = {(kind, state): Cost() for kind in kinds for state in STATES}
    for number in range(rounds + 1):
        print(f"\rround {number} of {rounds}", end="", file=sys.stderr)
        for kind, (password, typed) in kinds.items():
            turn = number % len(STATES)
            for state in STATES[turn:] + STATES[:turn]:
                answer, cost = Answer(CHOICES[0], typed), costs[kind, state]
                tried = Try(address(state, number), password, f"192.0.2.{number}", answer)
                hashes.made = 0
                with CaptureQueriesContext(connection) as queries:
                    begun = time.process_time()
                    services.attempt(tried)
                    ms = (time.process_time() - begun) * 1000
                if number:
                    cost.hashes.add(hashes.made)
                    cost.statements.add(len(queries))
                    cost.ms.append(ms)
    print(file=sys.stderr)
    return costs


def may_differ(kind: str, state: str) -> bool:
    """Tell whether who is right about everything is told something here, at whatever cost."""
    return kind == "all right" and state not in (UNKNOWN, "barred")


def rows_of(costs: dict[tuple[str, str], Cost]) -> tuple[list[list[str]], bool]:
    """Return the lines of the report's table, and whether all is as wanted."""
    rows, is_fine = [], True
    for (kind, state), cost in costs.items():
        unknown = costs[kind, UNKNOWN]
        ratio = median(cost.ms) / median(unknown.ms)
        tells = not LOWEST <= ratio <= HIGHEST or cost.statements != unknown.statements
        is_fine &= max(cost.hashes) <= MOST_HASHES and (may_differ(kind, state) or not tells)
        rows.append(
            [
                f"{kind}, {state}",
                " or ".join(map(str, sorted(cost.hashes))),
                " or ".join(map(str, sorted(cost.statements))),
                f"{median(cost.ms):.1f}",
                f"{ratio:.2f}",
                "may" if may_differ(kind, state) else "NO" if tells else "yes",
            ]
        )
    return rows, is_fine


def report(rounds: int, rows: list[list[str]]) -> str:
    """Return the whole report as Markdown."""
    header = ["what is tried", "hashes", "statements", "CPU ms", "/ unknown", "tells nothing"]
    lines = [
        "# What does a try to sign in cost, and does it tell what became of an address?",
        "",
        f"{rounds} interleaved rounds in one process, SQLite, Argon2id; CPython",
        f"{platform.python_version()}, Django {version('django')}. Wanted are at most",
        f"{MOST_HASHES} hashes a try. The processor's time (medians) tells nothing where it is",
        f"that of an unknown address by a factor of {LOWEST} to {HIGHEST}, and the statements are",
        "as many. Who is right about everything may be told what has become of his account.",
        "",
        *table(header, rows),
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and keep the report when asked."""
    parser = argparse.ArgumentParser(prog="python -m bench.sign_in", description=__doc__)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--write", action="store_true", help="keep the report in bench/")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench-sign-in-"))
    os.environ.update(
        DJANGO_SETTINGS_MODULE="bench.settings_timing",
        BENCH_APP="kantor",
        BENCH_DIR=str(folder),
        BENCH_TASKS="database",
        BENCH_SMTP_PORT="0",
    )
    import django

    django.setup()
    from django.core.management import call_command

    try:
        call_command("migrate", verbosity=0)
        rows, is_fine = rows_of(measure(options.rounds))
    finally:
        shutil.rmtree(folder)
    text = report(options.rounds, rows)
    print(text)
    if options.write:
        (ROOT / "bench" / "results-sign-in.md").write_text(text, encoding="utf-8")
    if not is_fine:
        sys.exit(1)


if __name__ == "__main__":
    main()
