"""Judge a password that somebody has just typed; nothing here stores or logs one.

The strength comes from zxcvbn, and an estimate of our own lowers its verdict where the password
is made of common words, names, dates or the customer's own data with digits and signs added.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.passwords import library
from accounts.passwords.advice import ADD_KINDS, ADD_WORDS, PERSONAL, PREDICTABLE, feedback_msgid
from accounts.passwords.estimate import estimate
from accounts.passwords.hashing import MAX_RAW_LENGTH, normalize
from accounts.passwords.library import SEEN_LENGTH
from accounts.passwords.parts import Kind
from accounts.passwords.rules import Rules, composition, rules_of
from accounts.passwords.words import ContextWords, fold

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

ENOUGH_SCORE = 2
# From this length and score on a password may lack kinds of characters (decision D1).
PASSPHRASE_LENGTH = 15
PASSPHRASE_SCORE = 3

# Up to these costs, in tenths of a power of ten, no password is better than 1, 2, 3.
CAPS = (129, 131, 145)

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


def assess(password: str, context: Sequence[str] = ()) -> Assessment:
    """Judge a password by its first SEEN_LENGTH characters; never raises.

    Costs 2 ms of CPU for an ordinary password and about 13 ms for the worst.
    `context` is what an attacker may know of the customer and the service: names, company, e-mail,
    NIP, phone, street, as typed; at most MAX_CONTEXT_ENTRIES of them are used.
    """
    password = normalize(password[: MAX_RAW_LENGTH + 1])
    rules = rules_of(password)
    folded = fold(password[: 2 * SEEN_LENGTH])
    seen = folded[:SEEN_LENGTH]
    if not seen:
        advice = [gettext_lazy(ADD_KINDS)]
        return Assessment(score=0, rules=rules, waived=False, enough=False, advice=advice)

    own = ContextWords(context)
    score, said = library.ask(seen, own.words)
    texts = [feedback_msgid(text) for text in said]
    cost, kinds = estimate(folded, own)
    cap = bisect_left(CAPS, cost) + 1
    if cap < ENOUGH_SCORE:
        texts = [PREDICTABLE, *(texts or [ADD_WORDS])]
    score = min(score, cap)
    if Kind.OWN in kinds and score < PASSPHRASE_SCORE:
        texts = [PERSONAL, *texts]

    waived = not composition() or (len(password) >= PASSPHRASE_LENGTH and score >= PASSPHRASE_SCORE)
    return Assessment(
        score=score,
        rules=rules,
        waived=waived,
        enough=score >= ENOUGH_SCORE and (all(rules.values()) or (waived and rules["length"])),
        advice=[gettext_lazy(text) for text in dict.fromkeys(texts)],
    )
