"""Refuse a password with sentences: the one validator of every place where one is chosen."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from accounts.passwords.assessment import assess
from accounts.passwords.rules import composition


def validate(password: str, context: Sequence[str] = ()) -> None:
    """Raise ValidationError with the first thing that is wrong with the password, and a tip.

    Codes: too_short, too_long, too_weak or kinds (of characters that are missing); then advice.
    """
    if errors := assess(password, context).errors:
        raise ValidationError(errors)


class StrengthValidator:
    """Apply `validate` wherever Django checks passwords: reset, change, commands and admin."""

    def validate(self, password: str, user: object | None = None) -> None:
        """Raise ValidationError; a user's `password_context()` tells what not to build upon."""
        password_context = getattr(user, "password_context", None)
        validate(password, password_context() if password_context else ())

    def get_help_text(self) -> str:
        """Return the rules in one paragraph."""
        if composition():
            return str(
                gettext_lazy(
                    "At least 8 characters: a lower-case letter, an upper-case letter, a digit and"
                    " a special character, or a phrase of at least 15 characters. The strength has"
                    " to be at least moderate."
                )
            )
        return str(gettext_lazy("At least 8 characters. The strength has to be at least moderate."))
