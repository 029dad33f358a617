"""Recognise a KRS number, the entry of a company in the National Court Register."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.values.text import compact, is_digits


def parse(text: str) -> str:
    """Return the ten digits, filled with zeros from the left; there is no check digit.

    Raises ValidationError, code `invalid`.
    """
    number = compact(text, "KRS")
    if len(number) > 10 or not is_digits(number) or not number.strip("0"):
        raise ValidationError(
            _("Enter a KRS number of 10 digits, for example 0000123456."), "invalid"
        )
    return number.zfill(10)
