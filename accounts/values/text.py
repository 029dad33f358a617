"""Clean typed text before a kind of value is looked for in it."""

import re
import unicodedata
from collections.abc import Container

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

# No field needs more, typed with every blank and dash one can think of. Checked before anything
# else, so that a megabyte costs nothing.
MAX_TYPED = 1000

# Vietnamese needs two marks on a letter, Hebrew three; more is a picture, not a text.
MAX_MARKS = 4

_BLANK = re.compile("[\t\n\r\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")

# Letters and marks by their category, yet nothing is seen of them: fillers of Hangul and Khmer,
# the Braille blank, joiners and variation selectors.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)

# Address books, spreadsheets and web pages put these around a number, and they are copied along.
_AROUND_NUMBERS = "\u200e\u202a\u202c\u202d\u2066\u2068\u2069\ufeff"

# Ends of domains that are no words after a dot in an honest name or address.
_WEB_ADDRESS = re.compile(
    r"\b(?:https?|www)\b|[^\W_]\.(?:pl|com|eu|net|org|info|biz|ru|xyz|online|shop)\b",
    re.IGNORECASE,
)

_HYPHENS = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"), "-")
_SEPARATORS = str.maketrans("", "", " -\u2010\u2011\u2012\u2013\u2014\u2015\u2212")


def clean(text: str, *, max_length: int = MAX_TYPED) -> str:
    """Return the text in NFC, trimmed, with every run of blanks made one space.

    `max_length` counts characters of the result. Raises ValidationError, code `too_long`, or
    `unsupported` for anything of the categories Cc, Cf, Co, Cs, Cn (controls, direction marks,
    zero-width characters, lone surrogates), for letters that cannot be seen and for piles of
    combining marks.
    """
    if len(text) > MAX_TYPED:
        raise _too_long(max_length)
    text = _BLANK.sub(" ", text)
    # With the blanks gone, exactly the categories above are not printable.
    if not text.isprintable() or _UNSEEN.search(text):
        raise _unsupported()
    text = " ".join(unicodedata.normalize("NFC", text).split())
    if not text.isascii() and _has_stray_marks(text):
        raise _unsupported()
    if len(text) > max_length:
        raise _too_long(max_length)
    return text


def unwrap_number(text: str) -> str:
    """Return the text without the blanks and unseen marks that are copied along with a number."""
    return text.strip().strip(_AROUND_NUMBERS) if len(text) <= MAX_TYPED else text


def compact(text: str, *labels: str) -> str:
    """Return the text in upper case without blanks and dashes and without leading labels.

    A label is what people copy along with a number ("NIP nr: PL 123-456-78-90."), each once and in
    any order; unseen marks around it and the dot that ended their sentence go as well. Digits and
    letters other than ASCII stay as they are, for the caller to refuse. Raises as `clean` does.
    """
    bare = clean(unwrap_number(text)).translate(_SEPARATORS)
    if not bare.isascii():
        return bare
    bare = bare.upper().rstrip(".,")
    left = [*labels, "NUMER", "NR"] if labels else []
    while found := next((label for label in left if bare.startswith(label)), ""):
        left.remove(found)
        bare = bare.removeprefix(found).lstrip(":.")
    return bare


def is_digits(text: str) -> bool:
    """Tell whether there is nothing but 0-9, and at least one of them."""
    return text.isascii() and text.isdigit()


def unify_hyphens(text: str) -> str:
    """Write every dash (U+2010 to U+2015 and the minus sign) as a hyphen."""
    return text.translate(_HYPHENS)


def check_characters(text: str, categories: Container[str], also: str = "") -> None:
    """Raise ValidationError, code `characters`, at the first one that is neither.

    `categories` are first letters of Unicode general categories (L, M, N, P), `also` lists single
    characters.
    """
    for character in text:
        if unicodedata.category(character)[0] not in categories and character not in also:
            raise ValidationError(
                _("The character “%(character)s” cannot be used here. Remove it."),
                "characters",
                {"character": character},
            )


def has_any(text: str, categories: Container[str]) -> bool:
    """Tell whether a character of these categories (their first letters) is there."""
    return any(unicodedata.category(character)[0] in categories for character in text)


def has_web_address(text: str) -> bool:
    """Tell whether part of the text leads to a website, as advertisements have it."""
    return _WEB_ADDRESS.search(text) is not None


def _has_stray_marks(text: str) -> bool:
    """Tell whether a combining mark stands on nothing, or more than MAX_MARKS on one letter."""
    marks = MAX_MARKS
    for character in text:
        if unicodedata.category(character)[0] != "M":
            marks = MAX_MARKS if character == " " else 0
        elif marks == MAX_MARKS:
            return True
        else:
            marks += 1
    return False


def _too_long(max_length: int) -> ValidationError:
    return ValidationError(
        ngettext_lazy(
            "This is too long. Enter at most %(limit)d character.",
            "This is too long. Enter at most %(limit)d characters.",
            "limit",
        ),
        "too_long",
        {"limit": max_length},
    )


def _unsupported() -> ValidationError:
    return ValidationError(
        _(
            "There is an invisible or unsupported character here. Clear the field and type it "
            "again."
        ),
        "unsupported",
    )
