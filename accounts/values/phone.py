"""Recognise a phone number of a person or a company, from any country."""

import re

import phonenumbers
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from accounts.values.text import clean, unify_hyphens, unwrap_number
from kantor.serving.typography import BLANK

_ORDINARY = frozenset(
    {
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.VOIP,
    }
)

_LABEL = re.compile(
    r"\A(?:(?:telefon|tel|kom[oó]rka|kom|mobile|mob|phone|nr)(?![a-z])[.:/ ]*)+", re.IGNORECASE
)
_SHAPE = re.compile(r"\(? ?\+?[0-9()./ -]+\Z")
_EXTENSION = re.compile(r"[0-9] ?,?(?:;|#|x|ext|w\.|w |wew|wewn)", re.ASCII | re.IGNORECASE)
_NOT_KEPT = re.compile(r"[^0-9+]")


def parse(text: str) -> str:
    """Return the number in E.164, at most 16 characters: +48601234567.

    A number without a country code is Polish. Old habits are understood: 0601 234 567,
    0 22 859 02 18, +48 (0) 601 234 567, 0048 in place of +48. Numbers that are not a person's
    (premium, shared cost, toll-free, pager, voice mail) are refused. Raises ValidationError, code
    `invalid`, `extension` or `special`.
    """
    typed = _LABEL.sub("", unify_hyphens(clean(unwrap_number(text))), count=1)
    if _EXTENSION.search(typed):
        raise ValidationError(_("Enter the phone number without an extension."), "extension")
    if len(typed) > 40 or not _SHAPE.match(typed):
        raise _invalid()
    try:
        number = phonenumbers.parse(_international(typed), "PL")
    except phonenumbers.NumberParseException:
        raise _invalid() from None
    kind = phonenumbers.number_type(number)
    if kind == PhoneNumberType.UNKNOWN:
        raise _invalid()
    if kind not in _ORDINARY:
        raise ValidationError(
            _("Enter an ordinary mobile or landline number, not a special one such as 800 or 70x."),
            "special",
        )
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def display(number: str) -> str:
    """Return the number in groups that stay on one line: +48 601 234 567.

    What is no number comes back unchanged.
    """
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    grouped: str = phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)
    return grouped.replace(" ", BLANK)


def _international(typed: str) -> str:
    """Undo the prefixes that were dialled in Poland, which the library does not know."""
    digits = _NOT_KEPT.sub("", typed)
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    if digits.startswith("+480"):
        return f"+48{digits[4:]}"
    if digits.startswith("0") and len(digits) == 10:
        return digits[1:]
    return digits


def _invalid() -> ValidationError:
    return ValidationError(
        _(
            "Enter a phone number, for example 601 234 567, "
            "or one from abroad with the country code, for example +44 20 7946 0958."
        ),
        "invalid",
    )
