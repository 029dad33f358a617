"""Recognise the full name of a company, as its register has it."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.values.text import check_characters, clean, has_any

MAX_LENGTH = 255

# Beside the punctuation: + = | ~ ^ `, currencies, degree, trade marks, number, acute, multiplied.
_SIGNS = " +=|~^`$\u20ac\u00a3\u00a5\u00b0\u00ae\u00a9\u2122\u2120\u2116\u00b4\u00d7"


def parse(text: str) -> str:
    """Return the name as typed, but for blanks; case and quotation marks are the company's.

    Letters, digits and punctuation of any script, currency and a few common signs; no angle
    brackets, no pictures. Raises ValidationError, code `characters`, `no_letter`, or as
    `text.clean` does.
    """
    name = clean(text, max_length=MAX_LENGTH)
    check_characters(name, "LMNP", _SIGNS)
    if not has_any(name, "LN"):
        raise ValidationError(_("The company name must contain letters or digits."), "no_letter")
    return name
