"""Recognise a REGON, the Polish statistical number: 9 digits, or 14 for a local unit."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from stdnum.pl import regon

from accounts.values.text import compact, is_digits


def parse(text: str) -> str:
    """Return the 9 or 14 digits.

    Registers print a parent entity as its nine digits and five zeros; that form is no local
    unit, mostly fails the 14-digit checksum and is stored as the nine digits. Raises
    ValidationError, code `invalid` or `checksum`.
    """
    number = compact(text, "REGON")
    if len(number) not in (9, 14) or not is_digits(number):
        raise ValidationError(_("Enter a REGON of 9 or 14 digits."), "invalid")
    if len(number) == 14:
        number = number.removesuffix("00000")
    if not regon.is_valid(number) or not number.strip("0"):
        raise ValidationError(
            _("This REGON is not valid. Check that every digit is right."), "checksum"
        )
    return number
