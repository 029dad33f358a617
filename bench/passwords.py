"""Measure what judging a password costs at worst, and how often it is wrong.

    make bench-passwords                          # about two minutes
    make bench-passwords OPTIONS="--search 120"   # look longer for the worst input
    make bench-passwords OPTIONS="--write"        # keep the report in bench/results-passwords.md

CPU times are the process's own, the least of three, with a customer's 40 longest possible answers
to compare with. Only ratios of one run count.
"""

import argparse
import gzip
import os
import platform
import random
import secrets
import string
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from unittest import mock

import django
from django.contrib.auth.hashers import Argon2PasswordHasher
from zxcvbn import matching, zxcvbn

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kantor.settings.test")
django.setup()

from accounts import passwords  # noqa: E402
from accounts.passwords import library, phrases  # noqa: E402
from accounts.passwords.data import DATA, join  # noqa: E402
from accounts.passwords.passphrase import vocabulary  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
REPORT = ROOT / "bench" / "results-passwords.md"
LENGTHS = (24, 72, 73, 128, 1_000_000)
SIGNS = "4@8({[<369&#!1/|70$5+7%2"
ALPHABET = string.ascii_lowercase + string.ascii_uppercase + string.digits
MUST = 25.0
FRESH = 12_000
RANDOM = 10_000
# Weak ones and good ones of tests/corpora, whose remarks say who wrote them and when.
CORPORA = (
    ("weak.txt", False),
    ("unseen.txt", False),
    ("unseen_direct.txt", False),
    ("unseen_phrases.txt", False),
    ("unseen_joined.txt", False),
    ("good.txt", True),
    ("good_phrases.txt", True),
)
# What the search found in earlier runs; each is measured again.
WORST_FOUND = (
    "i17+|!7171!|i767l11!|s171||1lt![",
    "|171|!717!!|7717!11!|71711|177!1",
    "!1!1|a$16!!!7717!41|471711|117!1",
)
REPORT_TEXT = """\
# What judging a password costs

CPython {python}, `make bench-passwords`. Absolute times belong to one machine and one hour; only
ratios count. zxcvbn sees {length} characters with {signs} different l33t signs; the context has 40
entries of 128 characters, far more than a registration.

{cases}

{costs}

No input may cost more than 25 ms: **{verdict}**. The worst found: `{text}`

{loads}

Of {fresh:,} freshly made passwords are refused:

{refusals}

Of random ones with all four kinds, {each:,} of each length and set of signs, are refused:

{chance}

Of the corpora:

{corpora}
"""
# Run in a process of its own, which has loaded Django's settings before; zxcvbn is counted, whose
# lists come and go.
LOADING = """
import time
from pathlib import Path
from django.conf import settings
import django.contrib.auth.hashers, django.utils.translation

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

settings.USE_I18N
before, start = resident(), time.process_time()
import accounts.passwords
print((time.process_time() - start) * 1000, resident() - before)
"""


def cpu_ms(work: Callable[[], object], times: int = 3) -> float:
    """Return the least CPU of so many calls, in milliseconds."""
    least = float("inf")
    for _ in range(times):
        start = time.process_time()
        work()
        least = min(least, time.process_time() - start)
    return least * 1000


def patterns(rng: random.Random) -> dict[str, str]:
    """Return a seed of each crafted kind, to be repeated to any length."""
    known = list(join.costs())
    return {
        "all l33t signs": SIGNS,
        "four l33t signs, mixed": "".join(rng.choice("1|!7") for _ in range(32)),
        "l33t and letters": "".join(rng.choice("a4o0e3l1") for _ in range(32)),
        "one letter": "a",
        "repeats in repeats": "aabaabaac",
        "words": "".join(rng.choice(known) for _ in range(20)),
        "words and separators": "".join(rng.choice(known) + rng.choice(" -.1!") for _ in range(20)),
        "digits and dates": "12.05.1987-2024/1.2",
        "accents": "a\u0315\u0301",
        "four characters in one": "\ufdfa",
        "random": "".join(rng.choice(string.printable) for _ in range(128)),
        "worst found": WORST_FOUND[0],
    }


def search(rng: random.Random, context: list[str], seconds: float) -> tuple[float, str]:
    """Climb from the worst known inputs to worse ones; return the worst with its CPU."""

    def cost(text: str) -> float:
        return cpu_ms(lambda: passwords.assess(text, context))

    worst = max((cost(text), text) for text in WORST_FOUND)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        letters = list(worst[1])
        for _ in range(rng.choice((1, 1, 2, 4, 8))):
            letters[rng.randrange(len(letters))] = rng.choice(SIGNS + "aeolsitz" + worst[1])
        worst = max(worst, (cost("".join(letters)), "".join(letters)))
    # Once more, alone: the least of three among many tries is lucky in neither way.
    return cost(worst[1]), worst[1]


def drawn(length: int, *kinds: str) -> str:
    """Return random characters of these kinds, at least one of each."""
    while True:
        text = "".join(secrets.choice("".join(kinds)) for _ in range(length))
        if all(set(text) & set(kind) for kind in kinds):
            return text


def managers() -> dict[str, Callable[[], str]]:
    """Return how password managers and dice make a password."""
    lower, upper, digits = string.ascii_lowercase, string.ascii_uppercase, string.digits

    def groups() -> str:
        return "-".join(drawn(6, lower) for _ in range(2)) + f"-{drawn(6, lower, upper, digits)}"

    return {
        "Apple's three groups of six": groups,
        "Bitwarden, 14": lambda: drawn(14, lower, upper, digits, "!@#$%^&*"),
        "Chrome, 15": lambda: drawn(15, lower, upper, digits, "-_.:!"),
        "Firefox, 15 without signs": lambda: drawn(15, lower, upper, digits),
        "KeePass, 20 without signs": lambda: drawn(20, lower, upper, digits),
        "KeePassXC, 16": lambda: drawn(16, lower, upper, digits, string.punctuation),
        "four Polish words, lower case": lambda: " ".join(
            secrets.choice(vocabulary()) for _ in range(4)
        ),
        "our proposals": passwords.propose,
        "12 of all kinds": lambda: drawn(12, lower, upper, digits, "!@#$%^&*"),
        "10 of all kinds": lambda: drawn(10, lower, upper, digits, "!@#$%^&*"),
    }


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a Markdown table, the first column to the left."""
    titles = list(head)
    lines = [titles, ["---", *["--:"] * (len(titles) - 1)]]
    lines += [[str(cell) for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def crafted(context: list[str], rng: random.Random) -> tuple[str, float]:
    """Return the table of crafted inputs and the worst of them."""
    rows, worst = [], 0.0
    # As zxcvbn has it by itself; of ours it asks a file about repeats.
    whole = {"words": join.ranks()}
    for name, seed in patterns(rng).items():
        texts = [(seed * (length // len(seed) + 1))[:length] for length in LENGTHS]
        costs = [cpu_ms(lambda t=text: passwords.assess(t, context)) for text in texts]  # type: ignore[misc]
        with mock.patch.dict(matching.RANKED_DICTIONARIES, whole):
            bare = cpu_ms(lambda t=texts[0]: zxcvbn(t, context), 1)  # type: ignore[misc]
        worst = max(worst, *costs)
        rows.append(
            [name.replace("|", "\\|"), *(f"{ms:.1f}" for ms in costs), f"{bare / costs[0]:.1f}"]
        )
    lengths = [f"{length:,}" for length in LENGTHS]
    return table(["crafted input, CPU ms", *lengths, "zxcvbn alone at 24 / ours"], rows), worst


def refusals() -> str:
    """Return how many freshly made passwords are refused."""
    kinds = managers()
    each = FRESH // len(kinds)
    rows = []
    for name, make in kinds.items():
        refused = sum(not passwords.assess(make()).enough for _ in range(each))
        rows.append((name, f"{each:,}", refused, f"{refused / each:.2%}"))
    return table(("made by", "made", "refused", "rate"), rows)


def chance() -> str:
    """Return how many random passwords with all four kinds are refused."""
    letters = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
    rows = []
    for signs in (string.punctuation, "!@#$%^&*"):
        for length in (8, 9, 10):
            refused = sum(
                not passwords.assess(drawn(length, *letters, signs)).enough for _ in range(RANDOM)
            )
            name = f"{length} characters, {len(signs)} signs"
            rows.append((name, refused, f"{refused / RANDOM:.2%}"))
    return table(("random", "refused", "rate"), rows)


def corpora() -> str:
    """Return how many of each corpus are judged rightly."""
    rows = []
    for name, is_good in CORPORA:
        judged = [passwords.assess(line).enough == is_good for line in corpus(name)]
        right = "accepted" if is_good else "refused"
        rows.append((name, len(judged), right, f"{sum(judged) / len(judged):.1%}"))
    return table(("corpus", "passwords", "rightly", "rate"), rows)


def corpus(name: str) -> list[str]:
    """Return the passwords of a corpus, whose remarks begin with "# "."""
    lines = (ROOT / "tests" / "corpora" / name).read_text("utf-8").splitlines()
    return [line for line in lines if not line.startswith("# ")]


def report(seconds: float) -> str:
    """Measure everything and return the report."""
    rng = random.Random("kantor")  # noqa: S311
    known = list(join.costs())
    context = [" ".join(rng.choice(known) for _ in range(16)) for _ in range(40)]
    good = corpus("good.txt")
    cases, worst = crafted(context, rng)
    searched, text = search(rng, context, seconds)
    ordinary = [cpu_ms(lambda t=each: passwords.assess(t, context[:8]), 1) for each in good]  # type: ignore[misc]
    hasher = Argon2PasswordHasher()
    hashing = cpu_ms(lambda: hasher.encode(good[0], "a salt of 22 characters"))
    loaded = subprocess.run(
        [sys.executable, "-c", LOADING], capture_output=True, text=True, check=True, cwd=ROOT
    )
    load_ms, load_bytes = (float(number) for number in loaded.stdout.split())
    script = (ROOT / "static/js/strength.js").read_bytes()
    lists = sum(path.stat().st_size for path in (*DATA.glob("*.txt"), DATA / "listed.bin"))
    highest = max(worst, searched)
    verdict = "kept" if highest <= MUST else "OVER"
    costs = (
        ("one Argon2id hash", hashing),
        ("a good password of the corpus, median", median(ordinary)),
        ("the worst crafted input above", worst),
        (f"the worst that a search of {seconds:.0f} s found", searched),
    )
    loads = (
        ("words that are known", f"{len(join.costs()):,}"),
        ("phrases that are known", f"{len(phrases.TEXT.splitlines()):,}"),
        ("lists on disk, kB", f"{lists / 1000:.0f}"),
        ("loading the package, its lists and zxcvbn, CPU ms", f"{load_ms:.0f}"),
        ("its memory, MiB", f"{load_bytes / 2**20:.1f}"),
        ("strength.js, kB", f"{len(script) / 1000:.1f}"),
        ("strength.js compressed, kB", f"{len(gzip.compress(script)) / 1000:.1f}"),
    )
    rows = [(name, f"{ms:.1f}", f"{ms / hashing:.3f}") for name, ms in costs]
    return REPORT_TEXT.format(
        python=platform.python_version(),
        length=library.SEEN_LENGTH,
        signs=library.SEEN_SIGNS,
        cases=cases,
        costs=table(("what", "CPU ms", "/ one Argon2id hash"), rows),
        verdict=verdict,
        text=text.replace("`", "?"),
        loads=table(("loaded once a process", "amount"), loads),
        fresh=FRESH,
        refusals=refusals(),
        each=RANDOM,
        chance=chance(),
        corpora=corpora(),
    )


def main() -> None:
    """Print the report, and keep it with --write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--search", type=float, default=30, help="seconds to look for the worst")
    parser.add_argument("--write", action="store_true", help=f"keep it in {REPORT.name}")
    options = parser.parse_args()
    text = report(options.search)
    print(text)
    if options.write:
        REPORT.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
