"""Choose which digits of the phone number are asked for, and judge what was typed.

They are an extra hurdle, not a second factor. The places follow from the address and the day alone:
chosen anew for each page, they would let strangers wait for digits that they know; chosen by what
the account did, they would tell that it exists.
"""

import unicodedata
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations

import phonenumbers
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from phonenumbers import PhoneNumberFormat

from accounts.models import User
from accounts.values import email as email_address
from accounts.values import phone

Places = tuple[int, int, int]

SALT = "accounts.sign-in.digits"
# Most numbers of a country begin with the same digit or two: the first place tells least.
CHOICES: tuple[Places, ...] = tuple(
    (first, second, third) for first, second, third in combinations(range(2, 10), 3)
)
# A national number with fewer digits is given whole.
FEWEST = 9
# What the hint shows the places on, and what is judged where there is no number.
EXAMPLE = "+48601234567"

_ORDINALS = {
    2: _("2nd"),
    3: _("3rd"),
    4: _("4th"),
    5: _("5th"),
    6: _("6th"),
    7: _("7th"),
    8: _("8th"),
    9: _("9th"),
}


@dataclass(frozen=True)
class Answer:
    """The places that a page asked for, and what was typed there."""

    places: Places
    typed: str = field(default="", repr=False)


def today() -> date:
    """Return the day in Warsaw by which the places are chosen."""
    return timezone.localdate()


def places(email: str, day: date) -> Places:
    """Return the three places, ascending, for this address on this day; the same everywhere.

    Whether the address has an account is not asked. Nobody without the site's key can tell them.
    """
    about = f"{day.isoformat()} {email_address.normalise(email)}".encode("utf-8", "replace")
    digest = salted_hmac(SALT, about, algorithm="sha256").digest()
    # Of 256 bits, the few that do not divide evenly do not show.
    return CHOICES[int.from_bytes(digest) % len(CHOICES)]


def question(asked: Places) -> str:
    """Return the label of the field: "2., 5. i 9. cyfra numeru telefonu"."""
    first, second, third = (str(_ORDINALS[place]) for place in asked)
    return gettext("%(first)s, %(second)s and %(third)s digits of your phone number") % {
        "first": first,
        "second": second,
        "third": third,
    }


def example(asked: Places) -> str:
    """Return what would be typed for the number in the hint, 601 234 567."""
    return _chosen(_national(EXAMPLE)[1], asked)


def are_too_few(typed: str) -> bool:
    """Tell whether this is neither three digits nor a number, whoever's account it is for.

    The shortest number that the registration takes has four digits, without its country code.
    """
    return len(_digits(typed)) < len(CHOICES[0])


def proves(answer: Answer, account: User) -> bool:
    """Tell whether the digits, or the whole number, are those of this account's customer.

    Whoever has no number proves nothing, at the same cost.
    """
    customer = getattr(account, "customer", None)
    number = customer.phone if customer else ""
    return fits(answer, number or EXAMPLE) and bool(number)


def fits(answer: Answer, number: str) -> bool:
    """Tell whether what was typed fits this number, which is in E.164.

    Right are the three digits, with any blanks and signs between them, unless the number is shorter
    than `FEWEST`; and the whole number, with the country code or without, in every spelling that
    the registration takes.
    """
    code, national = _national(number)
    typed = _digits(answer.typed)
    whole = {national, code + national}
    # A zero in front as dialled inside the country, +48 (0) 601…, and 00 in place of the plus.
    whole |= {f"0{national}", f"{code}0{national}"}
    whole |= {f"00{each}" for each in (code + national, f"{code}0{national}")}
    by_places = len(national) >= FEWEST and typed == _chosen(national, answer.places)
    return by_places or typed in whole or _is_spelling_of(answer.typed, number)


def _is_spelling_of(typed: str, number: str) -> bool:
    """Tell whether the registration, or the number's own country, would read this number there."""
    try:
        if phone.parse(typed) == number:
            return True
    except ValidationError:
        pass
    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(number))
        parsed = phonenumbers.parse(typed, region)
    except phonenumbers.NumberParseException:
        return False
    read = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
    return bool(read == number) and parsed.extension is None


def _national(number: str) -> tuple[str, str]:
    """Return country code and national number of one in E.164."""
    parsed = phonenumbers.parse(number)
    return str(parsed.country_code), phonenumbers.national_significant_number(parsed)


def _chosen(national: str, asked: Places) -> str:
    return "".join(national[place - 1] for place in asked)


def _digits(text: str) -> str:
    """Return the decimal digits of a text, of whatever script."""
    return "".join(str(unicodedata.decimal(sign)) for sign in text if sign.isdecimal())
