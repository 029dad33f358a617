"""Bound what a guesser pays for a password that is put together from predictable parts.

zxcvbn multiplies what each part costs and so takes "ZielonyKot2024!" for strong. A guesser who
knows how people build passwords tries word, year and sign together.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from itertools import pairwise, product, takewhile
from typing import NamedTuple

from zxcvbn.adjacency_graphs import ADJACENCY_GRAPHS

from accounts.passwords.library import ENGLISH
from accounts.passwords.words import COSTS, LONGEST_WORD, SHORTEST_WORD, ContextWords

# What parts of a password cost a guesser, in powers of ten. Up to this sum it is predictable.
PREDICTABLE_COST = 9
_CONTEXT_COST = 1
_REPEAT_COST = 1
_YEAR_COST = 2
_RUN_COST = 2
_WALK_COST = 3
_DATE_COST = 4
_LETTER_COST = 2
_SIGN_COST = 1
_SHORTEST_ENGLISH_WORD = 5
_SHORTEST_WALK = 5

# Rows, columns and the usual zigzags; a shifted key counts as its digit.
_KEYBOARD = (
    "1234567890 qwertyuiop qwertzuiop asdfghjkl zxcvbnm yxcvbnm 147258369 741852963 "
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm zaq12wsxcde34rfv zaq1xsw2cde3vfr4bgt5 1qazxsw23edcvfr4 "
    "qazwsxedcrfvtgb qweasdzxc qweqwe 1q2w3e4r5t6y7u8i9o0p q1w2e3r4t5y6 qaz1wsx2 "
    "1a2b3c4d5e a1b2c3d4e5 2wsx1qaz"
)
_KEYBOARD_BOTH_WAYS = f"{_KEYBOARD} {_KEYBOARD[::-1]}"
_UNSHIFTED = str.maketrans("!@#$%^&*()", "1234567890")
_NEIGHBOURS = {
    key: frozenset(char for keys in around if keys for char in keys)
    for key, around in ADJACENCY_GRAPHS["qwerty"].items()
}
_DAY = r"(?:3[01]|[12][0-9]|0?[1-9])"
_MONTH = r"(?:1[0-2]|0?[1-9])"
_PATTERNS = (
    (re.compile(r"(?:19|20)[0-9]{2}"), _YEAR_COST),
    (re.compile(rf"{_DAY}[-./ ]?{_MONTH}[-./ ]?(?:19|20)?[0-9]{{2}}"), _DATE_COST),
    (re.compile(rf"{_MONTH}[-./ ]?{_DAY}[-./ ]?(?:19|20)[0-9]{{2}}"), _DATE_COST),
    (re.compile(rf"(?:19|20)?[0-9]{{2}}[-./ ]?{_MONTH}[-./ ]?{_DAY}"), _DATE_COST),
)
_SEPARATORS = re.compile(r"[\s._,+-]+")
_L33T = {
    **{"4": "a", "@": "a", "8": "b", "(": "c", "3": "e", "€": "e", "9": "g", "!": "i", "0": "o"},
    **{"$": "s", "5": "s", "+": "t", "%": "x", "2": "z"},
}
# 1 and | stand for i or l, 7 for t or l, 6 for g or b: one table for each way to read them.
_READINGS = tuple(
    str.maketrans({**_L33T, "1": one, "|": one, "7": seven, "6": six})
    for one, seven, six in (*product("il", "tl", "g"), ("i", "t", "b"))
)


class Estimate(NamedTuple):
    """Bound what a guesser pays, in powers of ten; tell whether the customer's data helped."""

    cost: int
    personal: bool


_UNREACHED = Estimate(sys.maxsize, personal=False)


def estimate(seen: str, context: ContextWords) -> Estimate:
    """Find the cheapest way to build a folded lower-case password out of predictable parts.

    "zielonykot2024!" costs 3 + 3 + 2 + 1; eight random characters of all four kinds cost 10 at
    least and 12 on average. Blanks and dashes between words are one decision of the customer's,
    not one for each.
    """
    best = _cheapest(seen, context)
    bare = _SEPARATORS.sub("", seen)
    if bare != seen:
        joined = _cheapest(bare, context)
        best = min(best, Estimate(joined.cost + _SIGN_COST, joined.personal))
    return best


def _cheapest(seen: str, context: ContextWords) -> Estimate:
    readings = {seen, *(seen.translate(table) for table in _READINGS)}
    keys = seen.translate(_UNSHIFTED)
    best = [Estimate(0, personal=False)] + [_UNREACHED] * len(seen)
    for start in range(len(seen)):
        for length, cost, personal in (
            *_signs(seen, start),
            *_patterns(seen, keys, start),
            *_words(readings, start, len(seen), context),
        ):
            candidate = Estimate(best[start].cost + cost, best[start].personal or personal)
            best[start + length] = min(best[start + length], candidate)
    return best[-1]


def _signs(seen: str, start: int) -> Iterator[tuple[int, int, bool]]:
    """Yield length, cost and False for the single character that stands here."""
    is_letter = seen[start].isalpha() or not seen[start].isascii()
    yield 1, _LETTER_COST if is_letter else _SIGN_COST, False


def _patterns(seen: str, keys: str, start: int) -> Iterator[tuple[int, int, bool]]:
    """Yield length, cost and False for each year, date, repeat and run of keys from here."""
    for pattern, cost in _PATTERNS:
        if match := pattern.match(seen, start):
            yield match.end() - start, cost, False
    for length in range(SHORTEST_WORD, _run_length(keys, start) + 1):
        yield length, _RUN_COST, False
    walk = start + 1
    while walk < len(seen) and seen[walk] in _NEIGHBOURS.get(seen[walk - 1], ()):
        walk += 1
    if walk - start >= _SHORTEST_WALK:
        yield walk - start, _WALK_COST, False
    for length in range(2, min(start, len(seen) - start) + 1):
        part, before = seen[start : start + length], seen[start - length : start]
        if part == before or (length >= SHORTEST_WORD and part == before[::-1]):
            yield length, _REPEAT_COST, False


def _words(
    readings: Iterable[str], start: int, end: int, context: ContextWords
) -> Iterator[tuple[int, int, bool]]:
    """Yield length, cost and whether it is the customer's own, for each word from here."""
    for length in range(SHORTEST_WORD, min(LONGEST_WORD, end - start) + 1):
        parts = {part for each in readings if (part := each[start : start + length]).isalnum()}
        for word in parts | {part[::-1] for part in parts}:
            if word in context:
                yield length, _CONTEXT_COST, True
            elif cost := COSTS.get(word):
                yield length, cost, False
            elif length >= _SHORTEST_ENGLISH_WORD:
                for ranks in ENGLISH:
                    if word in ranks:
                        yield length, len(str(ranks[word])) + 1, False


def _run_length(keys: str, start: int) -> int:
    """Return how many characters from here repeat, count up or down, or follow the keyboard."""
    end = start + 1
    while end < len(keys) and keys[start : end + 1] in _KEYBOARD_BOTH_WAYS:
        end += 1
    steps = [ord(b) - ord(a) for a, b in pairwise(keys[start:])]
    same = len(list(takewhile(lambda step: step == steps[0], steps)))
    return max(end - start, same + 1 if steps and abs(steps[0]) <= 1 else 1)
