"""Recognise the lines of a postal address, Polish or foreign."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.values.text import check_characters, clean, has_any

MAX_LINE = 100
MAX_NUMBER = 20

# Apostrophes and dashes in all their spellings, quotation marks, and what villages, estates and
# staircases need.
_SIGNS = (
    " .,/()&#:;+*_\"'`-"
    "\u00b4\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb"
    "\u2010\u2011\u2012\u2013\u2014\u2015"
    "\u00b0\u00b7\u30fb\u2116"
)
# The beginning alone: an abbreviation before "pl." (square) reads like the end of a domain.
_WEB_ADDRESS = re.compile(r"\bhttps?:|\bwww\.", re.IGNORECASE)


def parse_street(text: str) -> str:
    """Return the street, at most MAX_LINE characters.

    Raises as `parse_number` does, and ValidationError, code `web_address`.
    """
    street = _line(text, MAX_LINE)
    if not has_any(street, "LN"):
        raise ValidationError(
            _("Enter the street name, or leave it empty if the place has no street names."),
            "no_letter",
        )
    if _WEB_ADDRESS.search(street):
        raise ValidationError(_("Enter the street only, without a website."), "web_address")
    return street


def parse_number(text: str) -> str:
    """Return the number of a building or a flat, at most MAX_NUMBER characters: 12A, 7 bis.

    Raises ValidationError, code `characters`, `no_letter`, or as `text.clean` does.
    """
    number = _line(text, MAX_NUMBER)
    if not has_any(number, "LN"):
        raise ValidationError(_("Enter the number, for example 12, 12A or 12/14."), "no_letter")
    return number


def parse_city(text: str) -> str:
    """Return the town, city or village, at most MAX_LINE characters. Raises as `parse_street`."""
    city = _line(text, MAX_LINE)
    if not has_any(city, "L"):
        raise ValidationError(_("Enter the name of the town or city."), "no_letter")
    if _WEB_ADDRESS.search(city):
        raise ValidationError(_("Enter the town or city only, without a website."), "web_address")
    return city


def _line(text: str, max_length: int) -> str:
    line = clean(text, max_length=max_length)
    check_characters(line, "LMN", _SIGNS)
    return line
