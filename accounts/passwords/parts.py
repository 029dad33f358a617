"""Find the predictable parts of a password: words, phrases, dates, rows of keys, repeats.

Each part has a cost, about how many guesses it takes alone, in tenths of a power of ten. What it
costs beside others is the matter of `estimate`.
"""

import math
import re
from collections.abc import Iterator
from enum import Enum, auto
from itertools import pairwise, product, takewhile
from string import ascii_lowercase
from typing import NamedTuple

from zxcvbn.adjacency_graphs import ADJACENCY_GRAPHS

from accounts.passwords import listed, phrases
from accounts.passwords.endings import ENDINGS, LONGEST_ENDING, SHORTEST_STEM_OF_NAME
from accounts.passwords.library import SEEN_LENGTH
from accounts.passwords.words import LONGEST_WORD, SHORTEST_WORD, ContextWords

_CONTEXT_COST = 10
_PHRASE_COST = 35
_LITTLE_WORD_COST = 13
# A form of a known word, a word read backwards.
_FORM_COST = 2
_BACKWARDS_COST = 3
# Capitals that begin no word are rare among people, and then their places are to be guessed.
_ODD_CASE_COST = 17
_L33T_COST = 5
_SHORT_L33T_COST = 15
_SIGN_COST = 10
# A letter by itself, and a sign that is rather a machine's choice than a person's.
_LETTER_COST = 14
_CAPITAL_COST = 6
_CHANCE_COST = 20
_SHORT_END_COST = 10
_LONG_END_COST = 17
_CODE_COST = 40
# What people append to words they know, or put before: GKS Tychy, V8, 1.5 dci.
_ABBREVIATION_COST = 8
_ABBREVIATION_LETTER_COST = 12
_YEAR_COST = 20
_DATE_COST = 40
_REPEAT_COST = 10
_RUN_COST = 20
_SHORT_RUN_COST = 28
# A walk from key to key: where it begins, and each step.
_WALK_COST = 17
_STEP_COST = 5

_SHORTEST_WALK = 5
_FEWEST_STEPS = 3
# Beside shorter words letters are letters by chance.
_SHORTEST_ABBREVIATED_BESIDE = 4
# Shorter words appear by chance where signs are read as letters, or letters backwards.
_SHORTEST_BACKWARDS = 5
_SHORTEST_PLAIN_L33T = 5
_SHORTEST_STEM_IN_L33T = 4
# Pożycz, kobiet: some forms have no ending.
_SHORTEST_BARE_STEM = 5
# Parts of words between separators are longer on average; of signs a machine's choice is made.
_FEWEST_LETTERS = 2.5

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

_SEPARATORS = re.compile(r"[._+&-]|,? +|(?<=[A-Za-z])[!#*/=](?=[A-Za-z])")
_LETTERS_AND_DIGITS = re.compile(r"[^\W_]+")
# A few letters that stand apart from the others by their case, or by digits and signs.
_ABBREVIATION = re.compile(
    r"(?<![A-Z])[A-Z]{1,4}(?=[A-Z][a-z]|[^A-Za-z]|\Z)|(?<![a-z])[a-z]{1,3}(?![A-Za-z])"
)
_INNER_CAPITAL = re.compile(r"(?<=[a-z])[A-Z]|(?<=[A-Za-z])[A-Z](?=[a-z])")
# Too short to be words anywhere else than between words: haslodokonta, gramwpilke.
_LITTLE_WORDS = frozenset(
    {
        *("a", "az", "bo", "by", "ci", "co", "do", "go", "i", "ja", "je", "ku", "ma", "mi", "mu"),
        *("my", "na", "no", "o", "od", "on", "po", "ta", "te", "to", "tu", "ty", "u", "w", "we"),
        *("wy", "z", "za", "ze", "be", "in", "is", "it", "me", "of", "or"),
    }
)
_L33T = {
    **{"4": "a", "@": "a", "8": "b", "(": "c", "3": "e", "€": "e", "9": "g", "!": "i", "0": "o"},
    **{"$": "s", "5": "s", "+": "t", "%": "x", "2": "z"},
}
# 1 and | stand for i or l, 7 for t or l, 6 for g or b: one table for each way to read them.
_READINGS = tuple(
    str.maketrans({**_L33T, "1": one, "|": one, "7": seven, "6": six})
    for one, seven, six in (*product("il", "tl", "g"), ("i", "t", "b"))
)


class Kind(Enum):
    """What a part of a password is."""

    OWN = auto()
    """The customer's data."""
    PHRASE = auto()
    WORD = auto()
    LITTLE = auto()
    """A word of one or two letters, which is one between words only."""
    GAP = auto()
    """A separator of words."""
    DATE = auto()
    KEYS = auto()
    """A run or walk on the keyboard, or in the alphabet."""
    REPEAT = auto()
    ENDING = auto()
    """A digit, a sign or an abbreviation that people append or put between."""
    CHANCE = auto()
    """Any other single character."""


class Part(NamedTuple):
    """A predictable part of a password."""

    length: int
    cost: int
    kind: Kind
    l33t: int = 0
    """What it costs more if it is the first one with signs for letters."""


_AFTER_LETTERS = "(?<=[a-z][a-z0-9@$!][a-z0-9@$!])"
_ENDS = "[!.?@#$%&*]"
_PATTERNS = (
    # What is appended because the rules ask for it.
    (re.compile(rf"{_AFTER_LETTERS}[0-9]{_ENDS}\Z"), _SHORT_END_COST, Kind.ENDING),
    (re.compile(rf"{_AFTER_LETTERS}(?:[0-9]{{2}}|123){_ENDS}\Z"), _LONG_END_COST, Kind.ENDING),
    (re.compile(rf"{_AFTER_LETTERS}{_ENDS}[0-9]{{1,2}}\Z"), _LONG_END_COST, Kind.ENDING),
    (re.compile(rf"{_AFTER_LETTERS}(?:19|20)[0-9]{{2}}{_ENDS}\Z"), _YEAR_COST, Kind.DATE),
    # Of a car, a telephone: Passat 1.9tdi, Galaxy S23, Maluch 126p.
    (
        re.compile(rf"{_AFTER_LETTERS}\W?[0-9]{{1,3}}[a-z]{{1,2}}{_ENDS}?\Z"),
        _CODE_COST,
        Kind.ENDING,
    ),
    (re.compile(rf"{_AFTER_LETTERS}\W?[a-z][0-9]{{1,3}}{_ENDS}?\Z"), _CODE_COST, Kind.ENDING),
    (re.compile(rf"{_AFTER_LETTERS}[0-9][.,][0-9](?![0-9])"), _LONG_END_COST, Kind.ENDING),
    (re.compile(r"(?:19|20)[0-9]{2}"), _YEAR_COST, Kind.DATE),
    (re.compile(rf"{_DAY}[-./ ]?{_MONTH}[-./ ]?(?:19|20)?[0-9]{{2}}"), _DATE_COST, Kind.DATE),
    (re.compile(rf"{_MONTH}[-./ ]?{_DAY}[-./ ]?(?:19|20)[0-9]{{2}}"), _DATE_COST, Kind.DATE),
    (re.compile(rf"(?:19|20)?[0-9]{{2}}[-./ ]?{_MONTH}[-./ ]?{_DAY}"), _DATE_COST, Kind.DATE),
)


class Parts(NamedTuple):
    """The predictable parts of a password, and where its words begin if one sees it."""

    at: list[set[Part]]
    """For each place the parts that begin there."""
    begins: frozenset[int]
    """The places after separators and of capitals: JezdzeNaRowerze."""


def parts_of(folded: str, context: ContextWords) -> Parts:
    """Return the parts of a folded password's first SEEN_LENGTH characters.

    Separators between words do not count among these.
    """
    gaps = _gaps(folded)
    places = [at for at in range(len(folded)) if not any(at in gap for gap in gaps)]
    size = places[SEEN_LENGTH] if len(places) > SEEN_LENGTH else len(folded)
    gaps = [gap for gap in gaps if gap.stop <= size]
    text = _Text(folded[:size], places)
    parts = [{_single(sign), *text.patterns(at)} for at, sign in enumerate(text.typed)]
    for number, gap in enumerate(gaps):
        # Blanks and dashes between words are one decision of the customer's, not one for each.
        parts[gap.start].add(Part(len(gap), 0 if number else _SIGN_COST, Kind.GAP))
    for start, part in text.repeats():
        parts[start].add(part)
    for reading in {text.seen, *(text.seen.translate(table) for table in _READINGS)}:
        for start, part in text.words(reading, context):
            parts[start].add(part)
    if any(_is_known_word(part) for from_here in parts for part in from_here):
        for start, part in text.abbreviations():
            parts[start].add(part)
    capitals = {found.start() for found in _INNER_CAPITAL.finditer(text.typed)}
    parted = {gap.stop for gap in gaps if text.seen[gap.stop : gap.stop + 1].isalpha()}
    return Parts(parts, frozenset(capitals | parted))


def _gaps(folded: str) -> list[range]:
    """Return where blanks, dashes or the like part words; nothing where it may be chance."""
    core = folded.rstrip(" ._,+-")
    found = list(_SEPARATORS.finditer(core))
    words = _SEPARATORS.split(core)
    kinds = {separator.group().strip() for separator in found}
    letters = len("".join(words))
    if not all(words) or len(kinds - {"", ","}) > 1 or letters < _FEWEST_LETTERS * len(words):
        return []
    return [range(*separator.span()) for separator in found]


class _Text:
    """What is typed, and what it says to those who read signs as letters or letters backwards."""

    def __init__(self, typed: str, places: list[int]) -> None:
        self.typed = typed
        self.seen = typed.lower()
        self.keys = self.seen.translate(_UNSHIFTED)
        # Where the characters are that are no separators.
        self.places = [at for at in places if at < len(typed)]

    def patterns(self, start: int) -> Iterator[Part]:
        """Yield each number and each run of keys from here."""
        seen = self.seen
        for pattern, cost, kind in _PATTERNS:
            if match := pattern.match(seen, start):
                yield Part(match.end() - start, cost, kind)
        for length in range(SHORTEST_WORD, _run_length(self.keys, start) + 1):
            run = self.typed[start : start + length]
            cost = _RUN_COST if length > SHORTEST_WORD or run.isdecimal() else _SHORT_RUN_COST
            yield Part(length, cost + _case_cost(run), Kind.KEYS)
        if length := _counted(seen, start):
            yield Part(length, _RUN_COST, Kind.KEYS)
        walk = start + 1
        while walk < len(seen) and seen[walk] in _NEIGHBOURS.get(seen[walk - 1], ()):
            walk += 1
        if walk - start >= _SHORTEST_WALK:
            cost = _WALK_COST + _STEP_COST * (walk - start - 1)
            yield Part(walk - start, cost + _case_cost(self.typed[start:walk]), Kind.KEYS)

    def abbreviations(self) -> Iterator[tuple[int, Part]]:
        """Yield each abbreviation, which is one beside words only."""
        for found in _ABBREVIATION.finditer(self.typed):
            size = found.end() - found.start()
            cost = _ABBREVIATION_COST + _ABBREVIATION_LETTER_COST * size
            yield found.start(), Part(size, cost, Kind.ENDING)

    def repeats(self) -> Iterator[tuple[int, Part]]:
        """Yield what was there just before, forwards or backwards, separators not counted."""
        joined = "".join(self.seen[at] for at in self.places)
        for first, start in enumerate(self.places):
            for length in range(2, min(first, len(joined) - first) + 1):
                part, before = joined[first : first + length], joined[first - length : first]
                if part == before or (length >= SHORTEST_WORD and part == before[::-1]):
                    end = self.places[first + length - 1] + 1
                    yield start, Part(end - start, _REPEAT_COST, Kind.REPEAT)

    def words(self, reading: str, context: ContextWords) -> Iterator[tuple[int, Part]]:
        """Yield each phrase and word of this reading, forwards and backwards, and where it is."""
        plain = reading == self.seen
        yield from self._phrases(reading)
        yield from self._little_words(reading)
        shortest, stem = SHORTEST_WORD, SHORTEST_STEM_OF_NAME if plain else _SHORTEST_STEM_IN_L33T
        for start, length, cost, kind in _listed(reading, context, shortest, stem):
            yield start, self._written(reading, start, length, cost, kind)
        shortest, stem = _SHORTEST_BACKWARDS, _SHORTEST_BACKWARDS
        for back, length, cost, kind in _listed(reading[::-1], context, shortest, stem):
            start = len(reading) - back - length
            yield start, self._written(reading, start, length, cost + _BACKWARDS_COST, kind)

    def _phrases(self, reading: str) -> Iterator[tuple[int, Part]]:
        """Yield known phrases, over separators too."""
        joined = "".join(reading[at] for at in self.places)
        for first, start in enumerate(self.places):
            for length in phrases.lengths(joined, first):
                end = self.places[first + length - 1] + 1
                yield start, Part(end - start, _PHRASE_COST, Kind.PHRASE)

    def _little_words(self, reading: str) -> Iterator[tuple[int, Part]]:
        for start in range(len(reading)):
            for length in (1, 2):
                word = reading[start : start + length]
                # A sign by itself is a sign.
                if word in _LITTLE_WORDS and (len(word) == 2 or word == self.seen[start]):
                    cost = _LITTLE_WORD_COST
                    yield start, self._written(reading, start, len(word), cost, Kind.LITTLE)

    def _written(self, reading: str, start: int, length: int, cost: int, kind: Kind) -> Part:
        """Return the part with the cost of how it is written: capitals, signs for letters."""
        if kind is Kind.OWN:
            return Part(length, cost, kind)
        place = slice(start, start + length)
        cost += _case_cost(self.typed[place])
        signs = set(self.seen[place]) - set(reading[place])
        if not signs:
            return Part(length, cost, kind)
        short = _SHORT_L33T_COST if length < _SHORTEST_PLAIN_L33T else 0
        return Part(length, cost, kind, short + _L33T_COST * (1 + len(signs)))


def _is_known_word(part: Part) -> bool:
    """Tell whether this is a word that stands there as it is spelled."""
    is_word = part.kind in (Kind.WORD, Kind.PHRASE, Kind.OWN)
    return is_word and part.length >= _SHORTEST_ABBREVIATED_BESIDE and not part.l33t


def _counted(seen: str, start: int) -> int:
    """Return how many digits from here count on by equal steps: 102030, 600700800."""
    longest = 0
    for size in (2, 3):
        numbers: list[int] = []
        for at in range(start, len(seen), size):
            digits = seen[at : at + size]
            if len(digits) < size or not (digits.isascii() and digits.isdecimal()):
                break
            if len(numbers) > 1 and int(digits) - numbers[-1] != numbers[1] - numbers[0]:
                break
            numbers.append(int(digits))
        if len(numbers) >= _FEWEST_STEPS:
            longest = max(longest, size * len(numbers))
    return longest


def _single(typed: str) -> Part:
    """Return a character by itself."""
    if typed in _USUAL_SIGNS:
        return Part(1, _SIGN_COST, Kind.ENDING)
    if typed.lower() in ascii_lowercase:
        cost = _LETTER_COST + (_CAPITAL_COST if typed.isupper() else 0)
        return Part(1, cost, Kind.CHANCE)
    return Part(1, _CHANCE_COST, Kind.CHANCE)


def _listed(
    reading: str, context: ContextWords, shortest: int, shortest_stem: int
) -> Iterator[tuple[int, int, int, Kind]]:
    """Yield start, length, cost and kind of each word of the lists, and of the customer's."""
    # No word reaches over a sign.
    for run in _LETTERS_AND_DIGITS.finditer(reading):
        end = run.end()
        for start in range(run.start(), end - SHORTEST_WORD + 1):
            text = reading[start : min(end, start + LONGEST_WORD)]
            known = listed.beginning(text)
            is_own = text[:SHORTEST_WORD] in context.starts
            for length in range(SHORTEST_WORD, len(text) + 1) if is_own else known:
                number = known.get(length)
                if is_own and text[:length] in context:
                    yield start, length, _CONTEXT_COST, Kind.OWN
                elif number is not None and length >= shortest and (cost := listed.COSTS[number]):
                    yield start, length, cost, Kind.WORD
                if (
                    number is not None
                    and length >= shortest_stem
                    and (stem := listed.STEMS[number])
                ):
                    for form in _forms(reading, start, length, end):
                        yield start, form, stem + _FORM_COST, Kind.WORD


def _forms(reading: str, start: int, stem: int, end: int) -> Iterator[int]:
    """Yield how long each form of a stem is that begins here: by itself, and with an ending."""
    if stem >= _SHORTEST_BARE_STEM:
        yield stem
    after = start + stem
    for stop in range(after + 1, min(after + LONGEST_ENDING, end) + 1):
        if reading[after:stop] in ENDINGS:
            yield stop - start


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
