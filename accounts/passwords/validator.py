"""Refuse a password with sentences: the one validator of every place where one is chosen."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from accounts.passwords.assessment import ENOUGH_SCORE, assess
from accounts.passwords.hashing import normalize
from accounts.passwords.rules import broken, composition


def validate(password: str, context: Sequence[str] = ()) -> None:
    """Raise ValidationError with everything that is wrong with the password.

    Codes: too_short, too_long, lower, upper, digit, special, too_weak and, after that one, advice
    for each sentence on how to do better.
    """
    assessment = assess(password, context)
    if assessment.enough:
        return
    length = len(normalize(password))
    errors = list(broken(assessment.rules, length, waived=assessment.waived))
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
        if composition():
            return str(
                gettext_lazy(
                    "At least 8 characters: a lower-case letter, an upper-case letter, a digit and"
                    " a special character, or a phrase of at least 15 characters. The strength has"
                    " to be at least moderate."
                )
            )
        return str(gettext_lazy("At least 8 characters. The strength has to be at least moderate."))
