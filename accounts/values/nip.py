"""Recognise a NIP, the Polish tax number of a company: ten digits, the last one a check digit."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from stdnum.pl import nip

from accounts.values.text import compact, is_digits


def parse(text: str) -> str:
    """Return the ten digits.

    Blanks, dashes, the prefix PL and words like NIP or VAT UE before the number are dropped. Raises
    ValidationError: `invalid` (not ten digits), `checksum`, or `prefix` (type TNrNIP of the
    Ministry of Finance: no zero in front, digits 2 and 3 not both zero; without that rule ten
    zeros would pass).
    """
    number = compact(text, "NIP", "N.I.P", "VAT", "UE", "EU", "PL")
    if len(number) != 10 or not is_digits(number):
        raise ValidationError(_("Enter a NIP of 10 digits."), "invalid")
    if not nip.is_valid(number):
        raise ValidationError(
            _("This NIP is not valid. Check that every digit is right."), "checksum"
        )
    if number[0] == "0" or number[1:3] == "00":
        raise ValidationError(
            _("No NIP begins with these digits. Check that every digit is right."), "prefix"
        )
    return number


def display(number: str) -> str:
    """Return the number as companies write it: 123-456-78-90."""
    return f"{number[:3]}-{number[3:6]}-{number[6:8]}-{number[8:]}"
