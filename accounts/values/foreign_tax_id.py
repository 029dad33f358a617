"""Recognise a tax number that another country than Poland gave."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.values.text import clean, has_any, unify_hyphens

_SHAPE = re.compile(r"[A-Z0-9](?:[-/. ]?[A-Z0-9]){3,19}\Z")


def parse(text: str) -> str:
    """Return 4 to 20 capital letters and digits, with the dashes, slashes, dots and blanks typed.

    Countries differ too much for a checksum; each tax number has a digit. Raises ValidationError,
    code `invalid`.
    """
    number = unify_hyphens(clean(text))
    number = number.upper() if number.isascii() else number
    if len(number) > 20 or not _SHAPE.match(number) or not has_any(number, "N"):
        raise ValidationError(
            _(
                "Enter the tax identification number of your country: 4 to 20 letters A-Z and "
                "digits, for example DE123456789."
            ),
            "invalid",
        )
    return number
