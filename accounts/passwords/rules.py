"""Check the guide's rules: how long a password is and which kinds of characters it has."""

import unicodedata
from collections.abc import Iterator
from typing import TypedDict

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy, ngettext_lazy

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


def broken(rules: Rules, length: int, *, waived: bool) -> Iterator[ValidationError]:
    """Yield an error for each rule that the password breaks and that is not waived."""
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
    if waived:
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
