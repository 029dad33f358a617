"""Judge, check and hash a password that somebody has just typed.

The strength comes from zxcvbn, which knows no Polish, raises on the empty string and above 72
characters, and spends seconds on crafted input. So it sees a short, tamed copy of the password,
and an estimate of our own lowers its verdict where the password is made of common words, names,
dates or the customer's own data with digits and signs added. Nothing here stores or logs a
password.
"""

import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product, takewhile
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple, TypedDict

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy, gettext_noop, ngettext_lazy, pgettext_lazy
from zxcvbn import matching, zxcvbn

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

MIN_LENGTH = 8
MAX_LENGTH = 128
ENOUGH_SCORE = 2
# From this length and score on a password may lack kinds of characters (decision D1).
PASSPHRASE_LENGTH = 15
PASSPHRASE_SCORE = 3

# NFKC shortens a text fourfold at most, so a longer one is over MAX_LENGTH afterwards too. Without
# this bound it costs the square of the length on a text that is one long run of accents.
MAX_RAW_LENGTH = 4 * MAX_LENGTH
# The cost of zxcvbn grows faster than the square of the length and exponentially with the number
# of different l33t signs: 72 such signs take five seconds. Within these bounds the worst that was
# found takes 25 ms.
SEEN_LENGTH = 32
SEEN_SIGNS = 4
MAX_CONTEXT_ENTRIES = 40
MAX_CONTEXT_LENGTH = 128

LABELS = (
    pgettext_lazy("password", "very weak"),
    pgettext_lazy("password", "weak"),
    pgettext_lazy("password", "moderate"),
    pgettext_lazy("password", "strong"),
    pgettext_lazy("password", "very strong"),
)
MESSAGES = (
    gettext_lazy("Password strength: very weak (not enough)"),
    gettext_lazy("Password strength: weak (not enough)"),
    gettext_lazy("Password strength: moderate (enough)"),
    gettext_lazy("Password strength: strong (enough)"),
    gettext_lazy("Password strength: very strong (enough)"),
)
INCOMPLETE_MESSAGES = (
    *MESSAGES[:ENOUGH_SCORE],
    gettext_lazy("Password strength: moderate, but not all conditions are met"),
    gettext_lazy("Password strength: strong, but not all conditions are met"),
    gettext_lazy("Password strength: very strong, but not all conditions are met"),
)

ADD_WORDS = gettext_noop("Add another word or two. Uncommon words are better.")
ADD_KINDS = gettext_noop(
    "Add a lower-case and an upper-case letter, a digit and a special character."
)
PREDICTABLE = gettext_noop(
    "Words, names, dates and keyboard patterns are easy to guess, even with digits or signs added."
)
PERSONAL = gettext_noop("Avoid your own data, such as your name, company or e-mail address.")
# Every text of zxcvbn 4.5.0 but one.
FEEDBACK = (
    ADD_WORDS,
    gettext_noop("Straight rows of keys are easy to guess."),
    gettext_noop("Short keyboard patterns are easy to guess."),
    gettext_noop('Repeats like "aaa" are easy to guess.'),
    gettext_noop('Repeats like "abcabcabc" are only slightly harder to guess than "abc".'),
    gettext_noop('Sequences like "abc" or "6543" are easy to guess.'),
    gettext_noop("Recent years are easy to guess."),
    gettext_noop("Dates are often easy to guess."),
    gettext_noop("This is a top-10 common password."),
    gettext_noop("This is a top-100 common password."),
    gettext_noop("This is a very common password."),
    gettext_noop("This is similar to a commonly used password."),
    gettext_noop("A word by itself is easy to guess."),
    gettext_noop("Names and surnames by themselves are easy to guess."),
    gettext_noop("Common names and surnames are easy to guess."),
    gettext_noop("Use a few words, avoid common phrases."),
    gettext_noop("Use a longer keyboard pattern with more turns."),
    gettext_noop("Avoid repeated words and characters."),
    gettext_noop("Avoid sequences."),
    gettext_noop("Avoid recent years."),
    gettext_noop("Avoid years that are associated with you."),
    gettext_noop("Avoid dates and years that are associated with you."),
    gettext_noop("Capitalization doesn't help very much."),
    gettext_noop("All-uppercase is almost as easy to guess as all-lowercase."),
    gettext_noop("Reversed words aren't much harder to guess."),
    gettext_noop("Predictable substitutions like '@' instead of 'a' don't help very much."),
)
_MSGIDS = {text.rstrip("."): text for text in FEEDBACK}
# The one that contradicts the guide's rule says that rule instead.
_MSGIDS["No need for symbols, digits, or uppercase letters"] = ADD_KINDS

_COMMON_WORDS = [
    word
    for line in Path(__file__).with_name("common_words.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
    for word in line.split()
]
_COMMON = frozenset(_COMMON_WORDS)
_ENGLISH = list(matching.RANKED_DICTIONARIES.values())
# Once for all: words handed over with each call are ranked anew each time, and every further
# dictionary is searched for every part of the password.
_words = matching.RANKED_DICTIONARIES["english_wikipedia"]
_words.update({word: min(n, _words.get(word, n)) for n, word in enumerate(_COMMON_WORDS, 1)})
_KEYBOARD = (
    "1234567890 qwertyuiop qwertzuiop asdfghjkl zxcvbnm yxcvbnm !@#$%^&*() 147258369 741852963 "
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm zaq12wsxcde34rfv zaq1xsw2cde3vfr4bgt5 !qaz@wsx#edc 1qaz@wsx3edc "
    "qazwsxedcrfvtgb qweasdzxc 1q2w3e4r5t6y7u8i9o0p q1w2e3r4t5y6 qaz1wsx2"
)
_KEYBOARD_BOTH_WAYS = f"{_KEYBOARD} {_KEYBOARD[::-1]}"
_DAY_AND_MONTH = r"(?:0?[1-9]|[12][0-9]|3[01])[-./ ]?(?:0?[1-9]|1[0-2])"
_MONTH_AND_DAY = r"(?:0?[1-9]|1[0-2])[-./ ]?(?:0?[1-9]|[12][0-9]|3[01])"
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_DATE = re.compile(
    rf"{_DAY_AND_MONTH}[-./ ]?(?:19|20)?[0-9]{{2}}|(?:19|20)?[0-9]{{2}}[-./ ]?{_MONTH_AND_DAY}"
)
_STROKES = str.maketrans("łŁøØđĐ", "lLoOdD")  # letters that Unicode does not decompose
_L33T_SIGNS = frozenset(sign for signs in matching.L33T_TABLE.values() for sign in signs)
# 1 and | stand for i or l, 7 for t or l: one table for each way to read them.
_READINGS = tuple(
    str.maketrans("4@8(369!$5+20%1|7", "aabceggisstzox" + one + one + seven)
    for one, seven in product("il", "tl")
)

# What parts of a password cost a guesser, in powers of ten (see `_estimate`).
PREDICTABLE_COST = 9
_CONTEXT_COST = 1
_COMMON_COST = 3
_YEAR_COST = 2
_RUN_COST = 2
_DATE_COST = 4
_LETTER_COST = 2
_SIGN_COST = 1
_SHORTEST_WORD = 3
_SHORTEST_ENGLISH_WORD = 5
_LONGEST_WORD = 24

# zxcvbn hands the words of one call to its matchers through a global variable.
_zxcvbn_lock = Lock()


class Rules(TypedDict):
    """Tell which of the guide's rules a password keeps."""

    length: bool
    lower: bool
    upper: bool
    digit: bool
    special: bool


class Verdict(TypedDict):
    """Carry an assessment to the live meter."""

    score: int
    label: str
    message: str
    enough: bool
    rules: Rules
    advice: list[str]


@dataclass(frozen=True)
class Assessment:
    """Say how strong a password is and why; holds nothing of the password itself."""

    score: int
    """0 very weak … 4 very strong."""
    rules: Rules
    waived: bool
    """Whether it may lack kinds of characters: a strong passphrase, or the setting is off."""
    enough: bool
    """Whether it is accepted: rules kept or waived, and a score of at least ENOUGH_SCORE."""
    advice: list["_StrPromise"]
    """Complete sentences, the most important first."""

    @property
    def label(self) -> "_StrPromise":
        """Return the level in words."""
        return LABELS[self.score]

    @property
    def message(self) -> "_StrPromise":
        """Return the sentence beside the meter."""
        return (MESSAGES if self.enough else INCOMPLETE_MESSAGES)[self.score]

    def verdict(self) -> Verdict:
        """Return plain values in the active language, ready for JSON."""
        return {
            "score": self.score,
            "label": str(self.label),
            "message": str(self.message),
            "enough": self.enough,
            "rules": self.rules,
            "advice": [str(text) for text in self.advice],
        }


class _Estimate(NamedTuple):
    """Bound what a guesser pays, in powers of ten; tell whether the customer's data helped."""

    cost: int
    personal: bool


_UNREACHED = _Estimate(sys.maxsize, personal=False)


def normalize(raw: str) -> str:
    """Return the NFKC form, so that one password typed on two systems is one password.

    A text that is too long to become a valid password is returned as it is: no stored hash is
    made of such a one.
    """
    return raw if len(raw) > MAX_RAW_LENGTH else unicodedata.normalize("NFKC", raw)


def hash_password(raw: str) -> str:
    """Hash the whole normalised password with the preferred hasher; a quarter second of CPU."""
    return make_password(normalize(raw))


def assess(password: str, context: Sequence[str] = ()) -> Assessment:
    """Judge a password by its first SEEN_LENGTH characters; never raises.

    Costs 2 ms of CPU for an ordinary password and about 25 ms for the worst.
    `context` is what an attacker may know of the customer and the service: names, company, e-mail,
    NIP, phone, street, as typed; at most MAX_CONTEXT_ENTRIES of them are used.
    """
    password = normalize(password[: MAX_RAW_LENGTH + 1])
    rules = _rules(password)
    seen = _fold(password[: 2 * SEEN_LENGTH])[:SEEN_LENGTH]
    if not seen:
        advice = [gettext_lazy(ADD_KINDS)]
        return Assessment(score=0, rules=rules, waived=False, enough=False, advice=advice)

    words = _context_words(context)
    score, texts = _zxcvbn(_tame(seen), words)
    estimate = _estimate(seen.lower(), frozenset(words))
    predictable = estimate.cost <= PREDICTABLE_COST
    if predictable:
        score = min(score, ENOUGH_SCORE - 1)
        texts = [PREDICTABLE, *(texts or [ADD_WORDS])]
    if estimate.personal and score < PASSPHRASE_SCORE:
        texts = [PERSONAL, *texts]

    waived = not _composition() or (
        len(password) >= PASSPHRASE_LENGTH and score >= PASSPHRASE_SCORE
    )
    return Assessment(
        score=score,
        rules=rules,
        waived=waived,
        enough=score >= ENOUGH_SCORE and (all(rules.values()) or (waived and rules["length"])),
        advice=[gettext_lazy(text) for text in dict.fromkeys(texts)],
    )


def validate(password: str, context: Sequence[str] = ()) -> None:
    """Raise ValidationError with everything that is wrong with the password.

    Codes: too_short, too_long, lower, upper, digit, special, too_weak and, after that one, advice
    for each sentence on how to do better.
    """
    assessment = assess(password, context)
    if assessment.enough:
        return
    errors = list(_broken_rules(assessment, len(normalize(password))))
    if assessment.score < ENOUGH_SCORE and assessment.rules["length"]:
        errors.append(
            ValidationError(
                gettext_lazy("The password is too weak: it has to be at least moderate."),
                code="too_weak",
            )
        )
        errors += [ValidationError(text, code="advice") for text in assessment.advice]
    raise ValidationError(errors)


class StrengthValidator:
    """Apply `validate` wherever Django checks passwords: reset, change, commands and admin."""

    def validate(self, password: str, user: object | None = None) -> None:
        """Raise ValidationError; a user's `password_context()` tells what not to build upon."""
        password_context = getattr(user, "password_context", None)
        validate(password, password_context() if password_context else ())

    def get_help_text(self) -> str:
        """Return the rules in one paragraph."""
        if _composition():
            return str(
                gettext_lazy(
                    "At least 8 characters: a lower-case letter, an upper-case letter, a digit and"
                    " a special character, or a phrase of at least 15 characters. The strength has"
                    " to be at least moderate."
                )
            )
        return str(gettext_lazy("At least 8 characters. The strength has to be at least moderate."))


def _composition() -> bool:
    """Tell whether the guide's kinds of characters are asked for (decision D1)."""
    return bool(getattr(settings, "PASSWORD_COMPOSITION", True))


def _rules(password: str) -> Rules:
    """Check the guide's rules; a letter of any alphabet is a letter, a blank is special."""
    return {
        "length": MIN_LENGTH <= len(password) <= MAX_LENGTH,
        "lower": any(char.islower() for char in password),
        "upper": any(char.isupper() for char in password),
        "digit": any(char.isdigit() for char in password),
        # A combining accent belongs to the letter before it.
        "special": any(
            not char.isalnum() and not unicodedata.category(char).startswith("M")
            for char in password
        ),
    }


def _broken_rules(assessment: Assessment, length: int) -> Iterator[ValidationError]:
    """Yield an error for each rule that the password breaks and that is not waived."""
    rules = assessment.rules
    if length < MIN_LENGTH:
        yield ValidationError(
            ngettext_lazy(
                "The password is too short: use at least %(limit)d character.",
                "The password is too short: use at least %(limit)d characters.",
                "limit",
            ),
            code="too_short",
            params={"limit": MIN_LENGTH},
        )
    elif length > MAX_LENGTH:
        yield ValidationError(
            ngettext_lazy(
                "The password is too long: use at most %(limit)d character.",
                "The password is too long: use at most %(limit)d characters.",
                "limit",
            ),
            code="too_long",
            params={"limit": MAX_LENGTH},
        )
    if assessment.waived:
        return
    if not rules["lower"]:
        yield ValidationError(gettext_lazy("Add a lower-case letter."), code="lower")
    if not rules["upper"]:
        yield ValidationError(gettext_lazy("Add an upper-case letter."), code="upper")
    if not rules["digit"]:
        yield ValidationError(gettext_lazy("Add a digit."), code="digit")
    if not rules["special"]:
        yield ValidationError(
            gettext_lazy("Add a special character, such as ! or a space."), code="special"
        )


def _fold(text: str) -> str:
    """Strip diacritics, the stroke of ł included; keep upper and lower case."""
    decomposed = unicodedata.normalize("NFD", text).translate(_STROKES)
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def _context_words(context: Sequence[str]) -> list[str]:
    """Split what is known of the customer into folded words and numbers, each once."""
    words: dict[str, None] = {}
    for entry in list(context)[:MAX_CONTEXT_ENTRIES]:
        folded = _fold(normalize(entry[:MAX_CONTEXT_LENGTH])).lower()
        parts = re.findall(r"[^\W\d_]+|[0-9]+", folded)
        for word in (*parts, *re.findall(r"[^\W_]+", folded), "".join(parts)):
            if _SHORTEST_WORD <= len(word) <= _LONGEST_WORD:
                words[word] = None
    return list(words)


def _tame(seen: str) -> str:
    """Leave SEEN_SIGNS different l33t signs; turn further ones into neutral characters.

    Each becomes a private-use character of its own and neighbours stay neighbours, so zxcvbn still
    sees repeats and sequences; dates it may miss are in `_estimate`.
    """
    signs = [sign for sign in dict.fromkeys(seen) if sign in _L33T_SIGNS]
    return seen.translate({ord(sign): 0xE000 + ord(sign) for sign in signs[SEEN_SIGNS:]})


def _zxcvbn(seen: str, words: list[str]) -> tuple[int, list[str]]:
    """Return zxcvbn's score and its advice as msgids; one caller at a time."""
    with _zxcvbn_lock:
        try:
            result = zxcvbn(seen, user_inputs=words)
        finally:
            # The customer's words must not stay in memory, nor judge somebody else's password.
            matching.RANKED_DICTIONARIES["user_inputs"] = {}
    feedback = result["feedback"]
    texts = [feedback["warning"], *feedback["suggestions"]]
    return result["score"], [feedback_msgid(text) for text in texts if text]


def feedback_msgid(text: str) -> str:
    """Return our msgid for a text of zxcvbn's, with or without its final dot."""
    return _MSGIDS.get(text.rstrip("."), text)


def _estimate(seen: str, context: frozenset[str]) -> _Estimate:
    """Find the cheapest way to build a folded lower-case password out of predictable parts.

    The parts are words (forwards, backwards, in l33t), years, dates, runs of keys and single
    characters. "ZielonyKot2024!" costs 3 + 3 + 2 + 1; eight random characters of all four kinds
    cost 10 at least and 12 on average.
    """
    readings = {seen, *(seen.translate(table) for table in _READINGS)}
    best = [_Estimate(0, personal=False)] + [_UNREACHED] * len(seen)
    for start in range(len(seen)):
        for length, cost, personal in _parts(seen, readings, start, context):
            candidate = _Estimate(best[start].cost + cost, best[start].personal or personal)
            best[start + length] = min(best[start + length], candidate)
    return best[-1]


def _parts(
    seen: str, readings: Iterable[str], start: int, context: frozenset[str]
) -> Iterator[tuple[int, int, bool]]:
    """Yield length, cost and whether it is the customer's own, for each part that begins here."""
    yield (
        1,
        _LETTER_COST if seen[start].isalpha() or not seen[start].isascii() else _SIGN_COST,
        False,
    )
    for pattern, cost in ((_YEAR, _YEAR_COST), (_DATE, _DATE_COST)):
        if match := pattern.match(seen, start):
            yield match.end() - start, cost, False
    for length in range(_SHORTEST_WORD, _run_length(seen, start) + 1):
        yield length, _RUN_COST, False
    for length in range(_SHORTEST_WORD, min(_LONGEST_WORD, len(seen) - start) + 1):
        for reading in readings:
            part = reading[start : start + length]
            for word in (part, part[::-1]):
                if word in context:
                    yield length, _CONTEXT_COST, True
                elif word in _COMMON:
                    yield length, _COMMON_COST, False
                elif length >= _SHORTEST_ENGLISH_WORD:
                    for ranks in _ENGLISH:
                        if word in ranks:
                            yield length, len(str(ranks[word])) + 1, False


def _run_length(seen: str, start: int) -> int:
    """Return how many characters from here repeat, count up or down, or follow the keyboard."""
    end = start + 1
    while end < len(seen) and seen[start : end + 1] in _KEYBOARD_BOTH_WAYS:
        end += 1
    steps = [ord(b) - ord(a) for a, b in pairwise(seen[start:])]
    same = len(list(takewhile(lambda step: step == steps[0], steps)))
    return max(end - start, same + 1 if steps and abs(steps[0]) <= 1 else 1)
