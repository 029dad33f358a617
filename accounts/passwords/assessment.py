"""Judge a password that somebody has just typed; nothing here stores or logs one.

The strength comes from zxcvbn, and an estimate of our own lowers its verdict where the password
is made of common words, names, dates or the customer's own data with digits and signs added.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from django.core.exceptions import ValidationError
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy

from accounts.passwords import library
from accounts.passwords.advice import (
    ADD_WORDS,
    ADD_WORDS_ONLY,
    MAKE_LONGER,
    TOO_FEW,
    reason,
    tip,
)
from accounts.passwords.estimate import estimate
from accounts.passwords.hashing import MAX_RAW_LENGTH, normalize
from accounts.passwords.library import SEEN_LENGTH
from accounts.passwords.rules import Rules, broken_length, composition, missing, rules_of
from accounts.passwords.words import ContextWords, fold

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

ENOUGH_SCORE = 2
# From this length and score on a password may lack kinds of characters (decision D1).
PASSPHRASE_LENGTH = 15
PASSPHRASE_SCORE = 3

# Up to these costs, in tenths of a power of ten, no password is better than 1, 2, 3.
CAPS = (110, 118, 140)
# So much is added for each character that a password is shorter than _SHORT: what people think of
# is cheap when it is short, and words that stand in eight random characters are there by chance.
_SHORT = 12
_SHORT_COST = 6

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


class Verdict(TypedDict):
    """Carry an assessment to the live meter."""

    score: int
    label: str
    message: str
    enough: bool
    rules: dict[str, bool]
    advice: list[str]


@dataclass(frozen=True)
class Assessment:
    """Say how strong a password is and why; holds nothing of the password itself."""

    score: int
    """0 very weak … 4 very strong."""
    rules: Rules
    errors: list[ValidationError]
    """Why it is refused and, second, how to do better; nothing if it is accepted.

    Codes: too_short, too_long, too_weak, kinds; advice.
    """

    @property
    def enough(self) -> bool:
        """Tell whether the password is accepted."""
        return not self.errors

    @property
    def label(self) -> "_StrPromise":
        """Return the level in words."""
        return LABELS[self.score]

    @property
    def message(self) -> "_StrPromise":
        """Return the sentence beside the meter."""
        return (MESSAGES if self.enough else INCOMPLETE_MESSAGES)[self.score]

    @property
    def advice(self) -> list[str]:
        """Return complete sentences in the active language: the reason, then the tip."""
        if self.enough and self.score == ENOUGH_SCORE:
            return [gettext(ADD_WORDS)]
        return [message for error in self.errors for message in error.messages]

    def verdict(self) -> Verdict:
        """Return plain values in the active language, ready for JSON."""
        return {
            "score": self.score,
            "label": str(self.label),
            "message": str(self.message),
            "enough": self.enough,
            "rules": {
                **{name: bool(kept) for name, kept in self.rules.items()},
                "strength": self.score >= ENOUGH_SCORE,
            },
            "advice": self.advice,
        }


def assess(password: str, context: Sequence[str] = ()) -> Assessment:
    """Judge a password by its first SEEN_LENGTH characters; never raises.

    Costs 3 ms of CPU for an ordinary password and about 20 ms for the worst.
    `context` is what an attacker may know of the customer and the service: names, company, e-mail,
    NIP, phone, street, as typed; at most MAX_CONTEXT_ENTRIES of them are used.
    """
    password = normalize(password[: MAX_RAW_LENGTH + 1])
    rules = rules_of(password)
    folded = fold(password[: 2 * SEEN_LENGTH])
    if not folded:
        return Assessment(score=0, rules=rules, errors=[*_errors(password, rules, 0, TOO_FEW)])
    own = ContextWords(context)
    cost, kinds = estimate(folded, own)
    cap = bisect_left(CAPS, cost + _SHORT_COST * max(0, _SHORT - len(folded))) + 1
    score = min(cap, library.ask(folded[:SEEN_LENGTH], own.words))
    why = reason(kinds) if cap < ENOUGH_SCORE else TOO_FEW
    return Assessment(score, rules, [*_errors(password, rules, score, why)])


def _errors(password: str, rules: Rules, score: int, why: str) -> Iterator[ValidationError]:
    """Yield the first reason to refuse the password and, if there is one, a tip."""
    length = len(password)
    absent = missing(rules) if composition() else None
    if error := broken_length(length):
        yield error
    elif score < ENOUGH_SCORE:
        yield ValidationError(gettext_lazy(why), code="too_weak")
        yield ValidationError(gettext_lazy(tip(why, lacks_kinds=bool(absent))), code="advice")
    elif absent and (length < PASSPHRASE_LENGTH or score < PASSPHRASE_SCORE):
        better = MAKE_LONGER if length < PASSPHRASE_LENGTH else ADD_WORDS_ONLY
        yield ValidationError(gettext_lazy(absent), code="kinds")
        yield ValidationError(gettext_lazy(better), code="advice")
