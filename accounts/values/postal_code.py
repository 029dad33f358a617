"""Recognise a postal code by the habit of its country."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.values.text import clean, compact, has_any, unify_hyphens

# How a country writes its codes: # is a digit, @ a letter, * either; the rest is written as is.
# Universal Postal Union, addressing systems of member countries. A country that is not here may
# leave the code out.
_BRITISH = ("@# #@@", "@## #@@", "@#@ #@@", "@@# #@@", "@@## #@@", "@@#@ #@@")
_FORMS: dict[str, tuple[str, ...]] = {
    "PL": ("##-###",),
    "AD": ("AD###",),
    "AL": ("####",),
    "AT": ("####",),
    "AU": ("####",),
    "BA": ("#####",),
    "BE": ("####",),
    "BG": ("####",),
    "BR": ("#####-###",),
    "BY": ("######",),
    "CA": ("@#@ #@#",),
    "CH": ("####",),
    "CN": ("######",),
    "CY": ("####",),
    "CZ": ("### ##",),
    "DE": ("#####",),
    "DK": ("####",),
    "EE": ("#####",),
    "ES": ("#####",),
    "FI": ("#####",),
    "FR": ("#####",),
    "GB": _BRITISH,
    "GG": _BRITISH,
    "GR": ("### ##",),
    "HR": ("#####",),
    "HU": ("####",),
    "IE": ("@#* ****",),
    "IM": _BRITISH,
    "IN": ("######",),
    "IS": ("###",),
    "IT": ("#####",),
    "JE": _BRITISH,
    "JP": ("###-####",),
    "KR": ("#####",),
    "KZ": ("######", "@##@#@#"),
    "LI": ("####",),
    "LT": ("LT-#####",),
    "LU": ("####",),
    "LV": ("LV-####",),
    "MC": ("#####",),
    "MD": ("MD-####",),
    "ME": ("#####",),
    "MK": ("####",),
    "MT": ("@@@ ####",),
    "NL": ("#### @@",),
    "NO": ("####",),
    "NZ": ("####",),
    "PT": ("####-###",),
    "RO": ("######",),
    "RS": ("#####", "######"),
    "RU": ("######",),
    "SE": ("### ##",),
    "SI": ("####",),
    "SK": ("### ##",),
    "SM": ("#####",),
    "TR": ("#####",),
    "UA": ("#####",),
    "US": ("#####", "#####-####"),
    "VA": ("#####",),
}

# Where an address is not complete without its code.
COUNTRIES: tuple[str, ...] = tuple(_FORMS)

# Letters that were once written before the code and still are: D-10115, A-1010.
_CAR_CODES = {
    "AT": "A",
    "BE": "B",
    "DE": "D",
    "ES": "E",
    "FI": "FIN",
    "FR": "F",
    "HU": "H",
    "IT": "I",
    "LU": "L",
    "NO": "N",
    "PT": "P",
    "SE": "S",
    "SI": "SLO",
}

_ANY = re.compile(r"[A-Z0-9](?:[ -]?[A-Z0-9]){1,9}\Z")


def parse(text: str, country: str) -> str:
    """Return the code as its country (ISO 3166-1 alpha-2) writes it, at most 10 characters.

    The blank or dash is put in, small letters become capitals, the country's own letters in
    front are dropped. Whether the code exists is not asked: codes change. An empty text is
    returned as it is for countries that have no codes, or whose habit is not known here. Raises
    ValidationError, code `required` or `invalid`.
    """
    forms = _FORMS.get(country)
    if forms is None:
        return _parse_any(text)
    code = compact(text)
    for prefix in ("", country, _CAR_CODES.get(country, "")):
        for form in forms:
            written = _fill(form, code.removeprefix(prefix))
            if written:
                return written
    example = forms[0].replace("#", "0").replace("@", "A").replace("*", "0")
    raise ValidationError(
        _("Enter the postal code in the form %(form)s."),
        "invalid" if code else "required",
        {"form": example},
    )


def is_needed(country: str) -> bool:
    """Tell whether an address in this country is not complete without its code."""
    return country in _FORMS


def _parse_any(text: str) -> str:
    code = unify_hyphens(clean(text))
    code = code.upper() if code.isascii() else code
    # Every country's codes have digits; what has none is a word like "none".
    if code and (len(code) > 10 or not _ANY.match(code) or not has_any(code, "N")):
        raise ValidationError(
            _(
                "Enter the postal code with 2 to 10 letters A-Z and digits, or leave it empty if "
                "the country has no postal codes."
            ),
            "invalid",
        )
    return code


def _fill(form: str, code: str) -> str:
    """Return the code written in this form, or nothing where it does not fit."""
    if not code.isascii():
        return ""
    written = ""
    rest = iter(code)
    for place in form:
        if place not in "#@*":
            written += place
            continue
        character = next(rest, "")
        fits = {"#": str.isdigit, "@": str.isalpha, "*": str.isalnum}[place]
        if not fits(character):
            return ""
        written += character
    return "" if next(rest, "") else written
