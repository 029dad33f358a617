"""Check the guide's rules: how long a password is and which kinds of characters it has."""

import unicodedata
from collections.abc import Mapping
from typing import TypedDict

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_noop, ngettext_lazy

from accounts.passwords.hashing import MAX_LENGTH, MIN_LENGTH


class Rules(TypedDict):
    """Tell which of the guide's rules a password keeps."""

    length: bool
    lower: bool
    upper: bool
    digit: bool
    special: bool


def composition() -> bool:
    """Tell whether the guide's kinds of characters are asked for (decision D1)."""
    return bool(getattr(settings, "PASSWORD_COMPOSITION", True))


def rules_of(password: str) -> Rules:
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


_LOWER, _UPPER, _DIGIT, _SPECIAL = KINDS = ("lower", "upper", "digit", "special")
_MISSING = {
    (_LOWER,): gettext_noop("Add a lower-case letter."),
    (_UPPER,): gettext_noop("Add an upper-case letter."),
    (_DIGIT,): gettext_noop("Add a digit."),
    (_SPECIAL,): gettext_noop("Add a special character, such as ! or @."),
    (_LOWER, _UPPER): gettext_noop("Add a lower-case and an upper-case letter."),
    (_LOWER, _DIGIT): gettext_noop("Add a lower-case letter and a digit."),
    (_LOWER, _SPECIAL): gettext_noop(
        "Add a lower-case letter and a special character, such as ! or @."
    ),
    (_UPPER, _DIGIT): gettext_noop("Add an upper-case letter and a digit."),
    (_UPPER, _SPECIAL): gettext_noop(
        "Add an upper-case letter and a special character, such as ! or @."
    ),
    (_DIGIT, _SPECIAL): gettext_noop("Add a digit and a special character, such as ! or @."),
    (_LOWER, _UPPER, _DIGIT): gettext_noop(
        "Add a lower-case letter, an upper-case letter and a digit."
    ),
    (_LOWER, _UPPER, _SPECIAL): gettext_noop(
        "Add a lower-case letter, an upper-case letter and a special character, such as ! or @."
    ),
    (_LOWER, _DIGIT, _SPECIAL): gettext_noop(
        "Add a lower-case letter, a digit and a special character, such as ! or @."
    ),
    (_UPPER, _DIGIT, _SPECIAL): gettext_noop(
        "Add an upper-case letter, a digit and a special character, such as ! or @."
    ),
    KINDS: gettext_noop(
        "Add a lower-case letter, an upper-case letter, a digit and a special character, such as !"
        " or @."
    ),
}


def broken_length(length: int) -> ValidationError | None:
    """Return the error of a password that is too short or too long."""
    if length < MIN_LENGTH:
        return ValidationError(
            ngettext_lazy(
                "The password is too short: use at least %(limit)d character.",
                "The password is too short: use at least %(limit)d characters.",
                "limit",
            ),
            code="too_short",
            params={"limit": MIN_LENGTH},
        )
    if length > MAX_LENGTH:
        return ValidationError(
            ngettext_lazy(
                "The password is too long: use at most %(limit)d character.",
                "The password is too long: use at most %(limit)d characters.",
                "limit",
            ),
            code="too_long",
            params={"limit": MAX_LENGTH},
        )
    return None


def missing(rules: Rules) -> str | None:
    """Return the msgid that names all kinds of characters that are missing, if any are."""
    kept: Mapping[str, object] = rules
    return _MISSING.get(tuple(kind for kind in KINDS if not kept[kind]))
