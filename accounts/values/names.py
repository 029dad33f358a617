"""Recognise the names of a person, of any language and script."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.values.text import clean, has_any, unify_hyphens

# What keyboards give in place of an apostrophe.
_APOSTROPHES = dict.fromkeys(map(ord, "\u2018\u2019\u201b\u2032`\u00b4"), "'")

# The middle dots of Catalan and Japanese, the Hebrew geresh and gershayim, the Armenian apostrophe.
_SIGNS = " -'.·・\u05f3\u05f4\u055a"

# Letters made for formulas, and letters of double or half width.
_STYLED = ("<font>", "<wide>", "<narrow>")

_AROUND_HYPHEN = re.compile(" ?- ?")
_MISPLACED = re.compile(r"\A[-.·・]|[-·・]\Z|[-·・'][-.·・']|\.[.·・']| [.·・]|[·・] ")


def parse(text: str, *, max_length: int = 100) -> str:
    """Return the name with one spelling of hyphen and apostrophe; its case is the owner's.

    Letters with their marks, single blanks, hyphens, apostrophes, dots after letters, and the
    signs that Catalan, Japanese, Hebrew and Armenian names have. Raises ValidationError, code
    `characters`, `punctuation`, `no_letter`, or as `text.clean` does.
    """
    name = unify_hyphens(clean(text, max_length=max_length).translate(_APOSTROPHES))
    name = _AROUND_HYPHEN.sub("-", name)
    for character in name:
        if not _is_of_a_name(character):
            raise ValidationError(
                _(
                    "“%(character)s” cannot be used in a name. Use only letters, spaces, "
                    "hyphens, apostrophes and dots."
                ),
                "characters",
                {"character": character},
            )
    if not has_any(name, "L"):
        raise ValidationError(_("The name must contain letters."), "no_letter")
    if _MISPLACED.search(name):
        raise ValidationError(
            _("Check the hyphens, apostrophes and dots in this name."), "punctuation"
        )
    return name


def _is_of_a_name(character: str) -> bool:
    if unicodedata.category(character)[0] not in "LM":
        return character in _SIGNS
    return not unicodedata.decomposition(character).startswith(_STYLED)


def owner_name(company_name: str, first_name: str, last_name: str) -> str:
    """Return the name that the owner of a customer's bank accounts must have, exactly.

    A person has no company's name.
    """
    return company_name or f"{first_name} {last_name}"
