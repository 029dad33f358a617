"""Recognise the names of a person, of any language and script."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.values.text import clean, has_any, has_web_address, unify_hyphens

# What keyboards give in place of an apostrophe.
_APOSTROPHES = dict.fromkeys(map(ord, "\u2018\u2019\u201b\u2032`\u00b4"), "'")

# The middle dots of Catalan and Japanese, the Hebrew geresh and gershayim, the Armenian apostrophe.
_SIGNS = " -'.·・\u05f3\u05f4\u055a"

# Letters made for formulas, and letters of double or half width.
_STYLED = ("<font>", "<wide>", "<narrow>")

_AROUND_HYPHEN = re.compile(" ?- ?")
_MISPLACED = re.compile(r"\A[-.·・]|[-·・]\Z|[-·・'][-.·・']|\.[.·・']| [.·・]|[·・] ")

# A domain of any ending. What follows initials (J.R.R.Tolkien) begins with a capital.
_DOMAIN = re.compile(r"[^\W\d_]{3,}\.(?=[^\W\d_]{2})(?=(?P<next>.))")

# Words that join the parts of a name in many languages; they are small and no part themselves.
_PARTICLES = frozenset(
    (
        *("abd", "abu", "ben", "bin", "bint", "das", "del", "della", "den", "der", "des", "dos"),
        *("ibn", "las", "les", "los", "san", "santa", "ter", "the", "und", "van", "ver", "von"),
        *("zum", "zur"),
    )
)
# More parts than that has no name that people write on forms.
MOST_PARTS = 5
# What begins advertisements, and no name of several words.
_CALLS = frozenset(
    (
        *("buy", "click", "earn", "free", "kliknij", "kup", "odbierz", "obejrzyj", "oglądaj"),
        *("pobierz", "sprawdź", "subscribe", "visit", "wejdź", "wygraj", "zadzwoń", "zamów"),
        *("zapraszamy", "zarabiaj", "zobacz", "zyskaj"),
    )
)
# What is offered in them; nobody is called so, and by a second word it is no name at all.
_WARES = frozenset(
    (
        *("bitcoin", "bitcoiny", "casino", "chwilówka", "chwilówki", "crypto", "darmowe"),
        *("darmowy", "gratis", "kasyna", "kasyno", "kredyt", "kredyty", "krypto", "loans"),
        *("oferta", "oferty", "online", "pożyczka", "pożyczki", "promocja", "promocje"),
        *("promocyjna", "viagra"),
    )
)


def parse(text: str, *, max_length: int = 100) -> str:
    """Return the name with one spelling of hyphen and apostrophe; its case is the owner's.

    Letters with their marks, single blanks, hyphens, apostrophes, dots after letters, and the
    signs that Catalan, Japanese, Hebrew and Armenian names have. Mails greet by the name, so what
    reads as an advertisement is refused. Raises ValidationError, code `characters`, `punctuation`,
    `no_letter`, `web_address`, `sentence`, or as `text.clean` does.
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
    _refuse_advertisement(name)
    return name


def _refuse_advertisement(name: str) -> None:
    if has_web_address(name) or any(each["next"].islower() for each in _DOMAIN.finditer(name)):
        raise ValidationError(_("Enter the name only, without a website."), "web_address")
    words = name.split()
    parts = [word for word in words if len(word) > 2 and word.lower() not in _PARTICLES]
    small = [part for part in parts if part[0].islower()]
    # Lazy typing knows no capitals at all; a sentence has one at its beginning.
    begins_as_sentence = len(small) >= 2 and len(small) == len(parts) - 1 and words[0] == parts[0]
    is_call = len(words) > 1 and (
        words[0].lower() in _CALLS or not _WARES.isdisjoint(name.lower().replace("-", " ").split())
    )
    if len(parts) > MOST_PARTS or len(small) >= 4 or begins_as_sentence or is_call:
        raise ValidationError(
            _("Enter the name only. Begin each word of it with a capital letter."), "sentence"
        )


def _is_of_a_name(character: str) -> bool:
    if unicodedata.category(character)[0] not in "LM":
        return character in _SIGNS
    return not unicodedata.decomposition(character).startswith(_STYLED)


def owner_name(company_name: str, first_name: str, last_name: str) -> str:
    """Return the name that the owner of a customer's bank accounts must have, exactly.

    A person has no company's name, and whoever is anonymous no name at all.
    """
    return company_name or f"{first_name} {last_name}".strip()
