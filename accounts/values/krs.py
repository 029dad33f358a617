"""Recognise a KRS number, the entry of a company in the National Court Register."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.values.text import compact, is_digits

# The register has given away about a million numbers: so many digits follow the zeros at most.
MOST_AFTER_ZEROS = 7


def parse(text: str) -> str:
    """Return the ten digits.

    Zeros are filled in only where none of them was typed, as people and spreadsheets leave all of
    them out. There is no check digit: a shorter number that begins with 0 has lost a digit, and
    filled up it would be another company's. Raises ValidationError, code `invalid` or `incomplete`.
    """
    number = compact(text, "KRS")
    if len(number) > 10 or not is_digits(number) or not number.strip("0"):
        raise ValidationError(
            _("Enter a KRS number of 10 digits, for example 0000123456."), "invalid"
        )
    if len(number) < 10 and (number.startswith("0") or len(number) > MOST_AFTER_ZEROS):
        raise ValidationError(
            _("Digits of this KRS number are missing. Enter all 10 of them."), "incomplete"
        )
    return number.zfill(10)
