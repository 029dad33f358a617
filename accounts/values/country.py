"""Know the countries and their names of today, in the languages of the site."""

import gettext
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import django_countries
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import get_language, override, to_locale
from django.utils.translation import gettext_lazy as _
from django_countries.base import CountriesBase
from django_countries.data import COUNTRIES

from kantor.serving.typography import tie

POLAND = "PL"

# Names that django-countries lacks, leaves in English on a Polish page or has in an old form.
_OWN_NAMES: dict[str, Promise | str] = {
    "BS": _("Bahamas"),
    "CD": _("Democratic Republic of the Congo"),
    "FM": _("Micronesia"),
    "GS": _("South Georgia and the South Sandwich Islands"),
    "MK": _("North Macedonia"),
    "PS": _("Palestine"),
    "SH": _("Saint Helena"),
    "TR": _("Türkiye"),
    "VA": _("Vatican City"),
    "XK": _("Kosovo"),
}

# ISO 3166-1 alpha-2, and XK, which banks and the European Union use for Kosovo.
CODES: frozenset[str] = frozenset(COUNTRIES) | frozenset(_OWN_NAMES)

# Polish counts these as letters of their own, each after its plain one; "{" and "|" come after "z".
_POLISH_LETTERS = str.maketrans(
    {
        **{a: f"{b}{{" for a, b in zip("ąćęłńóśź", "acelnosz", strict=True)},
        "ż": "z|",
    }
)


def parse(text: str) -> str:
    """Return the code of a country: ISO 3166-1 alpha-2, or XK.

    Raises ValidationError, code `invalid_choice`.
    """
    code = text.strip().upper() if len(text) <= 10 and text.isascii() else ""
    if code not in CODES:
        raise ValidationError(_("Choose a country from the list."), "invalid_choice")
    return code


def name(code: str, language: str | None = None) -> str:
    """Return the name in this language, by default the active one; an unknown code unchanged."""
    language = language or get_language() or settings.LANGUAGE_CODE
    return tie(_names(language).get(code, code), language)


@lru_cache(maxsize=8)
def choices(language: str) -> tuple[tuple[str, str], ...]:
    """Return (code, name) of every country: Poland first, the others by the alphabet."""
    names = dict(_names(language))
    poland = (POLAND, names.pop(POLAND))
    ordered = sorted(names.items(), key=lambda item: _sort_key(item[1], language))
    return tuple((code, tie(title, language)) for code, title in (poland, *ordered))


def _sort_key(title: str, language: str) -> str:
    """Return what puts a name in its place: in Polish by its own letters, else by the plain ones.

    Made for Latin letters with or without a mark; whatever else a name has is passed over.
    """
    key = title.casefold()
    if language == "pl":
        key = key.translate(_POLISH_LETTERS)
    return "".join(each for each in unicodedata.normalize("NFD", key) if each.isascii())


@lru_cache(maxsize=8)
def _names(language: str) -> Mapping[str, str]:
    # The library's catalogue is read here and the library not installed as an application: that
    # would publish 250 pictures of flags with our static files.
    catalogue = gettext.translation(
        "django",
        Path(django_countries.__file__).parent / "locale",
        [to_locale(language)],
        fallback=True,
    )
    with override(None):
        english = {
            code: str(CountriesBase.COMMON_NAMES.get(code, title))
            for code, title in COUNTRIES.items()
        }
    names = {code: catalogue.gettext(title) for code, title in english.items()}
    with override(language):
        names |= {code: str(title) for code, title in _OWN_NAMES.items()}
    return MappingProxyType(names)
