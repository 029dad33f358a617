"""Join all lists of words into listed.bin, which `listed` reads: a part of `make words`.

Our words and what they cost, their stems, and the words of zxcvbn's lists with their ranks; of the
same lists come the same bytes. The lists stay the source: a test tells when the file is behind
them, or behind another version of zxcvbn. The site never runs this.
"""

import argparse
import math
import sys
from array import array
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace

from zxcvbn.matching import build_ranked_dict

FOLDER = Path(__file__).resolve().parent
FILE = FOLDER / "listed.bin"
# Modules by themselves: their package wants the file that is written here.
ENDINGS = SimpleNamespace(**run_path(str(FOLDER.parent / "endings.py")))
LISTS = SimpleNamespace(**run_path(str(FOLDER / "__init__.py")))
# The first guesses at a password of this very service.
SERVICE = frozenset(
    {
        *("kantor", "kantorek", "kantorpl", "waluta", "waluty", "walut", "walutowy", "wymiana"),
        *("dolar", "dolary", "euro", "frank", "funt", "zloty", "zlote", "zlotych"),
        *("pln", "eur", "usd", "haslo", "rejestracja"),
    }
)
# What a word of each list costs a guesser, in tenths of a power of ten: about how many words are
# as common.
SERVICE_COST = 10
OWN_COST = 30
NAME_COST = 35
TIER_COSTS = (16, 22, 28, 33, 39, 44, 50)
# An English word costs so much beside its rank; of so many letters it is known up to this rank.
ENGLISH_COST = 8
ENGLISH_RANKS = {3: 1_500, 4: 3_000}
BEGINNING = 3


def costs() -> dict[str, int]:
    """Return what each of our words costs, the least of the lists that have it."""
    found: dict[str, int] = {}
    for cost, tier in zip(TIER_COSTS, LISTS.read("polish.txt"), strict=True):
        found.update(dict.fromkeys(tier, cost))
    for name, cost in (("names.txt", NAME_COST), ("own.txt", OWN_COST)):
        for word in (word for part in LISTS.read(name) for word in part):
            found[word] = min(cost, found.get(word, cost))
    return found | dict.fromkeys(SERVICE, SERVICE_COST)


def stems() -> dict[str, int]:
    """Return what the stems of our words cost."""
    names = [(word, OWN_COST) for part in LISTS.read("own.txt") for word in part]
    return {
        **ENDINGS.stems(costs().items(), ENDINGS.SHORTEST_STEM),
        **ENDINGS.stems(names, ENDINGS.SHORTEST_STEM_OF_NAME),
    }


def ranks() -> dict[str, int]:
    """Return each word of zxcvbn's lists and of ours with the least rank that a list gives it.

    zxcvbn's module by itself again: `library` has emptied the lists of the imported one.
    """
    spec = find_spec("zxcvbn.frequency_lists")
    assert spec
    assert spec.origin
    cost = costs()
    found = build_ranked_dict(sorted(cost, key=lambda word: (cost[word], word)))
    for words in run_path(spec.origin)["FREQUENCY_LISTS"].values():
        for word, rank in build_ranked_dict(words).items():
            found[word] = min(rank, found.get(word, rank))
    ranked: dict[str, int] = found
    return ranked


def english_cost(word: str, rank: int | None) -> int:
    """Return what an English word costs; 0 if it is none, or too short to be more than chance."""
    if rank is None or rank > ENGLISH_RANKS.get(len(word), sys.maxsize):
        return 0
    return round(10 * math.log10(rank)) + ENGLISH_COST


def joined() -> bytes:
    """Return the file: two numbers, six columns, the words without anything between them.

    Numbers are little-endian, as all machines are that this runs on.
    """
    cost, stem, rank = costs(), stems(), ranks()
    words = sorted({*cost, *stem, *rank})
    numbers = {word: number for number, word in enumerate(words)}
    beginnings = [
        numbers[next(group)] for _, group in groupby(words, lambda word: word[:BEGINNING])
    ]
    places = array("I", [0])
    back = array("H")
    for number, word in enumerate(words):
        places.append(places[-1] + len(word))
        shorter = (word[:size] for size in range(len(word) - 1, BEGINNING - 1, -1))
        before = next((numbers[part] for part in shorter if part in numbers), number)
        back.append(number - before)
    columns = (
        array("I", [len(words), len(beginnings)]),
        array("I", beginnings),
        places,
        back,
        array("H", [rank.get(word, 0) for word in words]),
        array("B", [cost.get(word) or english_cost(word, rank.get(word)) for word in words]),
        array("B", [stem.get(word, 0) for word in words]),
    )
    return b"".join([*(column.tobytes() for column in columns), "".join(words).encode("ascii")])


def main() -> int:
    """Write the file, or tell with --check whether it is what would be written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    fresh = joined()
    if parser.parse_args().check:
        return int(not FILE.exists() or FILE.read_bytes() != fresh)
    FILE.write_bytes(fresh)
    print(f"{FILE.name}: {len(fresh):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
