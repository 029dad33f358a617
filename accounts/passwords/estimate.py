"""Bound what a guesser pays for a password that is put together from predictable parts.

zxcvbn multiplies what each part costs and so takes "ZielonyKot2024!" for strong. A guesser who
knows how people build passwords tries word, year and sign together, and whole sentences too.
"""

import math
import re
import sys
from collections.abc import Iterator
from enum import Enum, auto
from itertools import pairwise, product, takewhile
from typing import NamedTuple

from zxcvbn.adjacency_graphs import ADJACENCY_GRAPHS

from accounts.passwords import phrases
from accounts.passwords.endings import ENDINGS, LONGEST_ENDING, SHORTEST_STEM_OF_NAME
from accounts.passwords.library import ENGLISH, SEEN_LENGTH
from accounts.passwords.words import (
    COSTS,
    LONGEST_WORD,
    SHORTEST_WORD,
    START,
    STEMS,
    ContextWords,
)

# All costs are in tenths of a power of ten.
_CONTEXT_COST = 10
_PHRASE_COST = 35
_REPEAT_COST = 10
_USUAL_END_COST = 10
_LONG_END_COST = 17
# Up to this cost a word is one of those that hold sentences together.
_LITTLE_WORD_COST = 22
_YEAR_COST = 20
_RUN_COST = 20
_SHORT_RUN_COST = 28
_WALK_COST = 17
_STEP_COST = 5
_DATE_COST = 40
_SIGN_COST = 10
# A letter by itself, or a sign that is rather a machine's choice than a person's.
_CHANCE_COST = 20
# Where such letters stand among the rest is one more thing to guess.
_BLOCK_COST = 30
_FORM_COST = 2
# Grammar helps to guess a common word after another one, above all after and before little ones.
_COMMON_COST = 40
_AFTER_WORD = 0.85
_AFTER_LITTLE_WORD = 0.65
_L33T_COST = 5
_BACKWARDS_COST = 3
# Capitals that begin no word are rare among people, and then their places are to be guessed.
_ODD_CASE_COST = 12
# A word after digits or signs.
_RESUMED_COST = 8
_ENGLISH_COST = 8
_SHORTEST_WALK = 5
# Shorter ones appear by chance where signs are read as letters, or letters backwards.
_SHORTEST_L33T = 3
_SHORT_L33T_COST = 10
_SHORTEST_BACKWARDS = 5
_SHORTEST_STEM_IN_L33T = 5
# Of so many letters an English word is known up to this rank.
_ENGLISH_RANKS = {3: 300, 4: 3_000}

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

class Kind(Enum):
    """What a part of a password is."""

    OWN = auto()
    PHRASE = auto()
    WORD = auto()
    LITTLE = auto()
    DATE = auto()
    KEYS = auto()
    REPEAT = auto()
    ENDING = auto()
    CHANCE = auto()


# Too short to be words anywhere else than between words: haslodokonta, gramwpilke.
_LITTLE_WORDS = frozenset(
    "a by ci co do go i ja je ku ma mi mu my na no o od on po ta te to tu ty u w we z za ze"
    " am an as at be he if in is it me my of on or so up us".split()
)
_ENDS = "[!.?@#$%&*]"
_PATTERNS = (
    # What is appended because the rules ask for it.
    (re.compile(rf"(?<=[a-z]{{3}})[0-9]{_ENDS}\Z"), _USUAL_END_COST, Kind.ENDING),
    (re.compile(rf"(?<=[a-z]{{3}})(?:[0-9]{{2}}|123){_ENDS}\Z"), _LONG_END_COST, Kind.ENDING),
    (re.compile(rf"(?<=[a-z]{{3}}){_ENDS}[0-9]{{1,2}}\Z"), _LONG_END_COST, Kind.ENDING),
    (re.compile(rf"(?<=[a-z]{{3}})(?:19|20)[0-9]{{2}}{_ENDS}\Z"), _YEAR_COST, Kind.DATE),
    (re.compile(r"(?:19|20)[0-9]{2}"), _YEAR_COST, Kind.DATE),
    (re.compile(rf"{_DAY}[-./ ]?{_MONTH}[-./ ]?(?:19|20)?[0-9]{{2}}"), _DATE_COST, Kind.DATE),
    (re.compile(rf"{_MONTH}[-./ ]?{_DAY}[-./ ]?(?:19|20)[0-9]{{2}}"), _DATE_COST, Kind.DATE),
    (re.compile(rf"(?:19|20)?[0-9]{{2}}[-./ ]?{_MONTH}[-./ ]?{_DAY}"), _DATE_COST, Kind.DATE),
)
_SIGN = re.compile(r"[\W_]")
_STARTS = frozenset(
    word[:START] for words in (COSTS, STEMS, *ENGLISH) for word in words if len(word) >= START
)
_SEPARATORS = re.compile(r"[._+-]|,? +")
# Words are longer on average; of signs alone a machine's choice is made.
_FEWEST_LETTERS = 2.5
_L33T = {
    **{"4": "a", "@": "a", "8": "b", "(": "c", "3": "e", "€": "e", "9": "g", "!": "i", "0": "o"},
    **{"$": "s", "5": "s", "+": "t", "%": "x", "2": "z"},
}
# 1 and | stand for i or l, 7 for t or l, 6 for g or b: one table for each way to read them.
_READINGS = tuple(
    str.maketrans({**_L33T, "1": one, "|": one, "7": seven, "6": six})
    for one, seven, six in (*product("il", "tl", "g"), ("i", "t", "b"))
)


class Part(NamedTuple):
    """A predictable part of a password."""

    length: int
    cost: int
    kind: Kind
    l33t: int = 0
    """What it costs more if it is the first word with signs for letters."""


class Estimate(NamedTuple):
    """Bound what a guesser pays, in tenths of a power of ten; tell what the password is made of."""

    cost: int
    kinds: dict[Kind, int]
    """How many characters belong to each kind."""


def estimate(seen: str, context: ContextWords) -> Estimate:
    """Find the cheapest way to build a folded password out of predictable parts.

    "ZielonyKot2024!" costs 33 + 23 + 20 + 10. Blanks and dashes between words are one decision of
    the customer's, not one for each.
    """
    best = _cheapest(seen[:SEEN_LENGTH], context)
    if bare := _without_separators(seen):
        joined = _cheapest(bare[:SEEN_LENGTH], context)
        if joined.cost + _SIGN_COST < best.cost:
            best = joined._replace(cost=joined.cost + _SIGN_COST)
    return best


def _without_separators(seen: str) -> str:
    """Return the words in one, if blanks, dashes or the like part them; else nothing."""
    core = seen.rstrip(" ._,+-")
    parts = _SEPARATORS.split(core)
    kinds = {separator.strip() for separator in _SEPARATORS.findall(core)}
    is_parted = len(parts) > 1 and all(parts) and len(kinds - {"", ","}) <= 1
    letters = "".join(parts) + seen[len(core) :]
    return letters if is_parted and len(letters) >= _FEWEST_LETTERS * len(parts) else ""


def _cheapest(typed: str, context: ContextWords) -> Estimate:
    seen = typed.lower()
    size = len(seen)
    keys = seen.translate(_UNSHIFTED)
    parts = [{_single(seen[start]), *_patterns(seen, keys, typed, start)} for start in range(size)]
    for reading in {seen, *(seen.translate(table) for table in _READINGS)}:
        for start, part in _words(reading, seen, typed, context):
            parts[start].add(part)
        for start, part in _words(reading[::-1], seen[::-1], typed[::-1], context, backwards=True):
            parts[size - start - part.length].add(part)
    return _path(parts)


# What the last part was: it matters to the next one.
_NO_WORD, _OPENING, _WORD, _LITTLE_WORD, _CHANCE = range(5)
_WORDS = (_WORD, _LITTLE_WORD)
_FREE = (_OPENING, *_WORDS)


def _path(parts: list[set[Part]]) -> Estimate:
    """Return the cheapest way through the parts that begin at each place."""
    # For each place, each kind of last part, and whether signs stand for letters: the cost so far,
    # and the parts that led here.
    best: list[dict[tuple[int, bool], tuple[int, tuple]]] = [{} for _ in range(len(parts) + 1)]
    best[0][_NO_WORD, False] = 0, ()
    for start, onwards in enumerate(parts):
        for (last, l33t), (so_far, way) in best[start].items():
            for part in onwards:
                cost = _step(last, part, start)
                if cost is None:
                    continue
                cost += so_far + (0 if l33t else part.l33t)
                state = _state(part, start), l33t or part.l33t > 0
                there = best[start + part.length]
                if state not in there or cost < there[state][0]:
                    there[state] = cost, (part, way)
    cost, way = min(best[-1].values(), key=lambda found: found[0])
    kinds: dict[Kind, int] = {}
    while way:
        part, way = way
        kinds[part.kind] = kinds.get(part.kind, 0) + part.length
    return Estimate(cost, kinds)


def _state(part: Part, start: int) -> int:
    """Return what this part is to the next one."""
    match part.kind:
        case Kind.LITTLE:
            return _OPENING if part.length == 1 or not start else _LITTLE_WORD
        case Kind.WORD:
            return _LITTLE_WORD if part.cost <= _LITTLE_WORD_COST else _WORD
        case Kind.OWN | Kind.PHRASE:
            return _WORD
        case Kind.CHANCE:
            return _CHANCE
    return _NO_WORD


def _step(last: int, part: Part, start: int) -> int | None:
    """Return what this part costs after the last one; None if it does not follow it."""
    state = _state(part, start)
    if last == _OPENING and state not in _WORDS:
        return None
    if part.kind is Kind.LITTLE and start and last not in _FREE:
        return None
    if state in _FREE and last in _FREE and part.cost <= _COMMON_COST:
        share = _AFTER_WORD if state == last == _WORD else _AFTER_LITTLE_WORD
        return round(part.cost * share)
    if state == _CHANCE != last:
        return part.cost + _BLOCK_COST
    if state in _WORDS and last == _NO_WORD and start:
        return part.cost + _RESUMED_COST
    return part.cost


def _single(sign: str) -> Part:
    """Return a character by itself."""
    usual = sign in _USUAL_SIGNS
    return Part(1, _SIGN_COST, Kind.ENDING) if usual else Part(1, _CHANCE_COST, Kind.CHANCE)


def _patterns(seen: str, keys: str, typed: str, start: int) -> Iterator[Part]:
    """Yield each number, repeat and run of keys from here."""
    for pattern, cost, kind in _PATTERNS:
        if match := pattern.match(seen, start):
            yield Part(match.end() - start, cost, kind)
    for length in range(SHORTEST_WORD, _run_length(keys, start) + 1):
        run = typed[start : start + length]
        cost = _RUN_COST if length > SHORTEST_WORD or run.isdecimal() else _SHORT_RUN_COST
        yield Part(length, cost + _case_cost(run), Kind.KEYS)
    walk = start + 1
    while walk < len(seen) and seen[walk] in _NEIGHBOURS.get(seen[walk - 1], ()):
        walk += 1
    if walk - start >= _SHORTEST_WALK:
        cost = _WALK_COST + _STEP_COST * (walk - start - 1) + _case_cost(typed[start:walk])
        yield Part(walk - start, cost, Kind.KEYS)
    for length in range(2, min(start, len(seen) - start) + 1):
        part, before = seen[start : start + length], seen[start - length : start]
        if part == before or (length >= SHORTEST_WORD and part == before[::-1]):
            yield Part(length, _REPEAT_COST, Kind.REPEAT)


def _words(
    reading: str, seen: str, typed: str, context: ContextWords, *, backwards: bool = False
) -> Iterator[tuple[int, Part]]:
    """Yield the start of each word and phrase of this reading, and the word itself."""
    size = len(reading)
    plain = reading == seen
    shortest = _SHORTEST_BACKWARDS if backwards else SHORTEST_WORD if plain else _SHORTEST_L33T
    shortest_stem = (
        SHORTEST_STEM_OF_NAME if plain and not backwards else _SHORTEST_STEM_IN_L33T
    )

    def ways(start: int, length: int) -> tuple[int, int]:
        """Return what it costs to know the capitals of this word, and its signs for letters."""
        cost = _case_cost(typed[start : start + length]) + (_BACKWARDS_COST if backwards else 0)
        signs = set(seen[start : start + length]) - set(reading[start : start + length])
        if plain or not signs:
            return cost, 0
        short = _SHORT_L33T_COST if length < _SHORTEST_BACKWARDS else 0
        return cost, short + _L33T_COST * len(signs)

    for start in range(size):
        # No word reaches over a sign, and few four letters begin one.
        sign = _SIGN.search(reading, start)
        solid = (sign.start() if sign else size) - start
        begin = reading[start : start + START]
        is_promising = begin in _STARTS or begin in context.starts
        longest = min(solid, LONGEST_WORD if is_promising else SHORTEST_WORD)
        if not backwards:
            for length in (1, 2):
                if length <= solid and reading[start : start + length] in _LITTLE_WORDS:
                    case, l33t = ways(start, length)
                    yield start, Part(length, _USUAL_END_COST + case, Kind.LITTLE, l33t)
            for length in phrases.lengths(reading, start):
                if length <= solid:
                    yield start, Part(length, _PHRASE_COST, Kind.PHRASE)
        for length in range(SHORTEST_WORD, longest + 1):
            word = reading[start : start + length]
            if word in context:
                yield start, Part(length, _CONTEXT_COST, Kind.OWN)
            elif length < shortest:
                continue
            elif cost := COSTS.get(word) or _english_cost(word):
                case, l33t = ways(start, length)
                yield start, Part(length, cost + case, Kind.WORD, l33t)
            if length >= shortest_stem and (cost := STEMS.get(word)):
                for end in range(1, min(LONGEST_ENDING, solid - length) + 1):
                    if reading[start + length : start + length + end] in ENDINGS:
                        total = length + end
                        case, l33t = ways(start, total)
                        yield start, Part(total, cost + _FORM_COST + case, Kind.WORD, l33t)


def _english_cost(word: str) -> int:
    """Return what an English word costs; 0 if it is none, or too short to be more than chance."""
    ranks = [known[word] for known in ENGLISH if word in known]
    if not ranks or min(ranks) > _ENGLISH_RANKS.get(len(word), sys.maxsize):
        return 0
    return round(10 * math.log10(min(ranks))) + _ENGLISH_COST


def _case_cost(typed: str) -> int:
    """Return what it costs to guess which letters of a word are capitals."""
    capitals = sum(map(str.isupper, typed))
    small = sum(map(str.islower, typed))
    if not capitals or not small or (capitals == 1 and typed[0].isupper()):
        return 0
    usual = (capitals == 1 and typed[-1].isupper()) or all(
        one.isupper() != other.isupper() for one, other in pairwise(typed)
    )
    if usual:
        return _ODD_CASE_COST
    ways = sum(math.comb(capitals + small, n) for n in range(1, min(capitals, small) + 1))
    return _ODD_CASE_COST + round(10 * math.log10(ways))


def _run_length(keys: str, start: int) -> int:
    """Return how many characters from here repeat, count up or down, or follow the keyboard."""
    end = start + 1
    while end < len(keys) and keys[start : end + 1] in _KEYBOARD_BOTH_WAYS:
        end += 1
    steps = [ord(b) - ord(a) for a, b in pairwise(keys[start:])]
    same = len(list(takewhile(lambda step: step == steps[0], steps)))
    return max(end - start, same + 1 if steps and abs(steps[0]) <= 1 else 1)
