"""Bound what a guesser pays for a password that is put together from predictable parts.

zxcvbn multiplies what each part costs and so takes "ZielonyKot2024!" for strong. A guesser who
knows how people build passwords tries word, year and sign together.
"""

import re
import sys
from collections.abc import Iterator
from itertools import pairwise, product, takewhile
from typing import NamedTuple

from zxcvbn.adjacency_graphs import ADJACENCY_GRAPHS

from accounts.passwords.endings import ENDINGS, LONGEST_ENDING, SHORTEST_STEM_OF_NAME
from accounts.passwords.library import ENGLISH
from accounts.passwords.words import (
    COSTS,
    LONGEST_WORD,
    SHORTEST_WORD,
    START,
    STEMS,
    ContextWords,
)

# What parts of a password cost a guesser, in powers of ten. Up to this sum it is predictable.
PREDICTABLE_COST = 9
_CONTEXT_COST = 1
_REPEAT_COST = 1
_USUAL_END_COST = 1
_LITTLE_WORD_COST = 1
_YEAR_COST = 2
_RUN_COST = 2
_WALK_COST = 3
_DATE_COST = 4
_SIGN_COST = 1
# A letter by itself, or a sign that is rather a machine's choice than a person's.
_CHANCE_COST = 2
_SHORTEST_ENGLISH_WORD = 5
_SHORTEST_WALK = 5
# Signs read as letters spell a short form too easily by chance.
_SHORTEST_STEM_IN_L33T = 5

# What people append and put between.
_USUAL_SIGNS = "0123456789!?.,@#$*+-_/: "
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
_LITTLE_WORDS = "bez|cie|dla|do|i|ja|je|mi|moj|na|nie|o|od|po|sie|to|ty|w|z|za"
_PATTERNS = (
    # What is appended because the rules ask for it.
    (re.compile(r"(?<=[a-z]{3})[0-9][!.?@#]\Z"), _USUAL_END_COST),
    (re.compile(r"(?<=[a-z]{3})[0-9]{2}[!.?@#]\Z"), _USUAL_END_COST + 1),
    # The little words between others: haslodokonta, gramwpilke.
    (re.compile(rf"(?<=[a-z]{{3}})(?:{_LITTLE_WORDS})(?=[a-z]{{3}})"), _LITTLE_WORD_COST),
    (re.compile(r"(?:19|20)[0-9]{2}"), _YEAR_COST),
    (re.compile(rf"{_DAY}[-./ ]?{_MONTH}[-./ ]?(?:19|20)?[0-9]{{2}}"), _DATE_COST),
    (re.compile(rf"{_MONTH}[-./ ]?{_DAY}[-./ ]?(?:19|20)[0-9]{{2}}"), _DATE_COST),
    (re.compile(rf"(?:19|20)?[0-9]{{2}}[-./ ]?{_MONTH}[-./ ]?{_DAY}"), _DATE_COST),
)
_SIGN = re.compile(r"[\W_]")
_STARTS = frozenset(
    word[:START] for words in (COSTS, STEMS, *ENGLISH) for word in words if len(word) >= START
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
    size = len(seen)
    keys = seen.translate(_UNSHIFTED)
    parts = [{_sign(seen[start]), *_patterns(seen, keys, start)} for start in range(size)]
    for reading in {seen, *(seen.translate(table) for table in _READINGS)}:
        shortest = SHORTEST_STEM_OF_NAME if reading == seen else _SHORTEST_STEM_IN_L33T
        for start, length, cost, personal in _words(reading, context, shortest):
            parts[start].add((length, cost, personal))
        for start, length, cost, personal in _words(reading[::-1], context, shortest):
            parts[size - start - length].add((length, cost, personal))
    best = [Estimate(0, personal=False)] + [_UNREACHED] * size
    for start, onwards in enumerate(parts):
        so_far = best[start]
        for length, cost, personal in onwards:
            candidate = Estimate(so_far.cost + cost, so_far.personal or personal)
            best[start + length] = min(best[start + length], candidate)
    return best[-1]


def _sign(sign: str) -> tuple[int, int, bool]:
    """Return length, cost and False for a single character."""
    return 1, _SIGN_COST if sign in _USUAL_SIGNS else _CHANCE_COST, False


def _patterns(seen: str, keys: str, start: int) -> Iterator[tuple[int, int, bool]]:
    """Yield length, cost and False for each number, repeat and run of keys from here."""
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
    reading: str, context: ContextWords, shortest_stem: int
) -> Iterator[tuple[int, int, int, bool]]:
    """Yield start, length, cost and whether it is the customer's own, for each word there is."""
    size = len(reading)
    for start in range(size):
        # No word reaches over a sign, and few four letters begin one.
        sign = _SIGN.search(reading, start)
        solid = (sign.start() if sign else size) - start
        begin = reading[start : start + START]
        is_promising = begin in _STARTS or begin in context.starts
        longest = min(solid, LONGEST_WORD if is_promising else SHORTEST_WORD)
        for length in range(SHORTEST_WORD, longest + 1):
            word = reading[start : start + length]
            if word in context:
                yield start, length, _CONTEXT_COST, True
            elif cost := COSTS.get(word):
                yield start, length, cost, False
            elif length >= _SHORTEST_ENGLISH_WORD:
                for ranks in ENGLISH:
                    if word in ranks:
                        yield start, length, len(str(ranks[word])) + 1, False
            if length >= shortest_stem and (cost := STEMS.get(word)):
                for end in range(1, min(LONGEST_ENDING, solid - length) + 1):
                    if reading[start + length : start + length + end] in ENDINGS:
                        yield start, length + end, cost, False


def _run_length(keys: str, start: int) -> int:
    """Return how many characters from here repeat, count up or down, or follow the keyboard."""
    end = start + 1
    while end < len(keys) and keys[start : end + 1] in _KEYBOARD_BOTH_WAYS:
        end += 1
    steps = [ord(b) - ord(a) for a, b in pairwise(keys[start:])]
    same = len(list(takewhile(lambda step: step == steps[0], steps)))
    return max(end - start, same + 1 if steps and abs(steps[0]) <= 1 else 1)
