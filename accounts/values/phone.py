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
# +48 without its 8: the zero in brackets would make it the code of Romania.
_LOST_CODE = re.compile(r"\A(?:\+|00) ?4 ?\( ?0 ?\)")

# Nobody's own number in Poland is shorter; the library knows a few of 7 digits that are a city's.
_POLISH_NUMBER = re.compile(r"\+48[0-9]{9}\Z")
# With fewer digits behind it, 00 is no prefix but the rest of a Polish number with 0 in front.
_FEWEST_AFTER_00 = 9


def parse(text: str, country: str = "PL") -> str:
    """Return the number in E.164, at most 16 characters: +48601234567.

    A number without a country code is Polish, unless it could as well be one of `country` (ISO
    3166-1 alpha-2), where the customer lives. Old habits are understood: 0601 234 567,
    0 22 859 02 18, +48 (0) 601 234 567, 0048 in place of +48. Numbers that are not a person's
    (premium, shared cost, toll-free, pager, voice mail) are refused. Raises ValidationError, code
    `invalid`, `extension`, `special` or `country_code`.
    """
    typed = _LABEL.sub("", unify_hyphens(clean(unwrap_number(text))), count=1)
    if _EXTENSION.search(typed):
        raise ValidationError(_("Enter the phone number without an extension."), "extension")
    if len(typed) > 40 or not _SHAPE.match(typed):
        raise _invalid()
    digits = _international(typed)
    if _LOST_CODE.match(typed) or _is_polish_behind_00(typed):
        raise _without_country_code()
    try:
        number = phonenumbers.parse(digits, "PL")
    except phonenumbers.NumberParseException:
        raise _invalid() from None
    canonical = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    kind = phonenumbers.number_type(number)
    is_short = canonical.startswith("+48") and not _POLISH_NUMBER.match(canonical)
    if kind == PhoneNumberType.UNKNOWN or is_short:
        raise _invalid()
    if kind not in _ORDINARY:
        raise ValidationError(
            _("Enter an ordinary mobile or landline number, not a special one such as 800 or 70x."),
            "special",
        )
    if not digits.startswith("+") and _is_number_of(country, digits):
        raise _without_country_code()
    return canonical


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


def parts(number: str) -> tuple[str, str]:
    """Return the country code, without its plus, and the national number of one in E.164.

    What is no number has no code.
    """
    try:
        code = str(phonenumbers.parse(number).country_code)
    except phonenumbers.NumberParseException:
        return "", number
    return code, number.removeprefix(f"+{code}")


def countries(number: str) -> tuple[str, ...]:
    """Return the countries (ISO 3166-1 alpha-2) that share the code of this number, if any."""
    try:
        code = phonenumbers.parse(number).country_code
    except phonenumbers.NumberParseException:
        return ()
    return tuple(phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(code or 0, ()))


def region(number: str) -> str:
    """Return the one country that gave this number (ISO 3166-1 alpha-2); empty where none did."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or ""
    except phonenumbers.NumberParseException:
        return ""


def _international(typed: str) -> str:
    """Undo the prefixes that were dialled in Poland, which the library does not know.

    Empty where such a prefix has too little behind it.
    """
    digits = _NOT_KEPT.sub("", typed)
    if digits.startswith("00"):
        digits = f"+{digits[2:]}" if len(digits) >= 2 + _FEWEST_AFTER_00 else ""
    if digits.startswith("+480"):
        return f"+48{digits[4:]}"
    if digits.startswith("0") and len(digits) == 10:
        return digits[1:]
    return digits


def _is_polish_behind_00(typed: str) -> bool:
    """Tell whether the zero before a Polish number may have been typed twice.

    00 298 46 37 47 would be a number of the Faroe Islands, and 0 298 46 37 47 is one of Ostrołęka.
    """
    digits = _NOT_KEPT.sub("", typed)
    national = digits.removeprefix("00")
    return len(national) == 9 and len(digits) == 11 and _is_number_in("PL", national)


def _is_number_of(country: str, digits: str) -> bool:
    """Tell whether the digits, without a country code, are a number of this country abroad."""
    return country != "PL" and _is_number_in(country, digits)


def _is_number_in(country: str, digits: str) -> bool:
    try:
        number = phonenumbers.parse(digits, country)
    except phonenumbers.NumberParseException:  # also for a country that the library does not know
        return False
    return phonenumbers.is_valid_number_for_region(number, country)


def _without_country_code() -> ValidationError:
    return ValidationError(
        _("Enter the number with its country code, for example +48 601 234 567."), "country_code"
    )


def _invalid() -> ValidationError:
    return ValidationError(
        _(
            "Enter a phone number, for example 601 234 567, "
            "or one from abroad with the country code, for example +44 20 7946 0958."
        ),
        "invalid",
    )
