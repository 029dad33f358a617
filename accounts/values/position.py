"""Recognise the position or function of a representative in a company."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.values.text import check_characters, clean, has_any, has_web_address

MAX_LENGTH = 100


def parse(text: str) -> str:
    """Return the position as typed, but for blanks.

    Raises ValidationError, code `characters`, `no_letter`, `web_address`, or as `text.clean` does.
    """
    position = clean(text, max_length=MAX_LENGTH)
    check_characters(position, "LMNP", " +")
    if not has_any(position, "L"):
        raise ValidationError(_("The position must contain letters."), "no_letter")
    if has_web_address(position):
        raise ValidationError(_("Enter the position only, without a website."), "web_address")
    return position
