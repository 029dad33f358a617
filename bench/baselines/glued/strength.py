"""The strength check, as zxcvbn's manual shows it."""

from typing import Any

from django.core.exceptions import ValidationError
from zxcvbn import zxcvbn


class StrengthValidator:
    """Refuse a password that zxcvbn calls weak."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError for a score under 3."""
        if zxcvbn(password)["score"] < 3:
            raise ValidationError("This password is too easy to guess.")

    def get_help_text(self) -> str:
        """Say what is asked for."""
        return "Your password must be hard to guess."
