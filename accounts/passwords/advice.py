"""Say why a password is refused and how to choose better: one reason and one tip."""

from collections.abc import Mapping

from django.utils.translation import gettext_noop

from accounts.passwords.parts import Kind

OWN = gettext_noop(
    "The password is too weak: it contains your own details, such as your name, company or e-mail"
    " address."
)
PHRASE = gettext_noop(
    "The password is too weak: well-known names, sayings, titles, prayers and quotations are easy"
    " to guess."
)
SENTENCE = gettext_noop("The password is too weak: a sentence of common words is easy to guess.")
WORDS = gettext_noop(
    "The password is too weak: common words and names are easy to guess, even with digits or signs"
    " added."
)
DATE = gettext_noop("The password is too weak: dates and years are easy to guess.")
KEYS = gettext_noop(
    "The password is too weak: rows of keys and sequences such as qwerty or 1234 are easy to guess."
)
REPEAT = gettext_noop("The password is too weak: repeats are easy to guess.")
DIGITS = gettext_noop("The password is too weak: so few digits and signs are tried out quickly.")
PARTLY = gettext_noop(
    "The password is too weak: part of it is easy to guess, and the rest is too short."
)
TOO_FEW = gettext_noop("The password is too weak: it can be found with too few guesses.")
_REASONS: Mapping[Kind, str] = {
    Kind.PHRASE: PHRASE,
    Kind.WORD: WORDS,
    Kind.DATE: DATE,
    Kind.KEYS: KEYS,
    Kind.REPEAT: REPEAT,
    Kind.ENDING: DIGITS,
}
# Of so many letters common words are a sentence.
_SENTENCE = 15

ADD_WORDS = gettext_noop("Add another word or two, ones that nobody expects.")
ADD_WORDS_ONLY = gettext_noop(
    "Add another word or two, ones that nobody expects: a strong password of at least 15 characters"
    " may lack digits, capitals and special characters."
)
MAKE_LONGER = gettext_noop(
    "Or make it longer: a strong password of at least 15 characters may lack digits, capitals and"
    " special characters."
)
START_ANEW = gettext_noop(
    "Choose something else, for example four random words: they are strong and easy to remember."
)


def reason(kinds: Mapping[Kind, int]) -> str:
    """Return the msgid that says why a password of these parts is easy to guess."""
    if Kind.OWN in kinds:
        return OWN
    if Kind.CHANCE in kinds:
        return PARTLY if len(kinds) > 1 else TOO_FEW
    words = kinds.get(Kind.WORD, 0) + kinds.get(Kind.LITTLE, 0)
    sizes = {kind: kinds.get(kind, 0) for kind in _REASONS} | {Kind.WORD: words}
    most = max(sizes, key=lambda kind: sizes[kind])
    return SENTENCE if most is Kind.WORD and words >= _SENTENCE else _REASONS[most]


def tip(why: str, *, lacks_kinds: bool) -> str:
    """Return the msgid of the best remedy.

    `lacks_kinds` tells that characters of the guide's kinds are missing: then it is worth knowing
    that a long password may lack them.
    """
    if why in (OWN, PHRASE, KEYS, REPEAT, DATE):
        return START_ANEW
    return ADD_WORDS_ONLY if lacks_kinds else ADD_WORDS
