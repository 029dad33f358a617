"""Find customers by what staff type into one box, by questions that an index answers."""

import re
from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from accounts.admin.pagination import MOST_COUNTED
from accounts.desk import masks
from accounts.desk.masks import Field
from accounts.models import Customer, CustomerWord, User
from accounts.models.words import words_of
from accounts.values import email as email_address

# Shorter beginnings match too much of a million rows to be worth asking.
MIN_LENGTH = 3
MAX_LENGTH = 255
# Words beyond these narrow nothing any more.
MOST_WORDS = 8
# A word that so many have is not the one to begin with; which is the rarest of those, who cares.
_COMMON = 20_001
_BIGGEST_NUMBER = 2**63 - 1

_NUMBER = re.compile(r"#\s*([0-9]{1,19})\Z", re.ASCII)
_LABEL = re.compile(
    r"(?:(?:numer|number|nr|no)?[\s.:]*(?:NIP|REGON|KRS|VAT|PL|tel(?:efon)?|phone|kom)[\s.:]*)+"
    r"(?=[+(0-9])",
    re.IGNORECASE | re.ASCII,
)
_BETWEEN_DIGITS = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"(\+?)([0-9]{1,30})\Z")
_FOREIGN_TAX = re.compile(r"[A-Z]{2}[0-9A-Z]*[0-9][0-9A-Z]*\Z")
_KRS_LENGTH = 10
# The numbers that are masked for some, in the order in which they are tried.
_NUMBERS = (Field.PHONE, Field.NIP, Field.REGON, Field.KRS)

Question = QuerySet[Any, Any]


def clean(typed: str) -> str:
    """Return what was typed as it can be asked and kept: one line, without what nobody sees."""
    seen = "".join(char if char.isprintable() else " " for char in typed)
    return " ".join(seen.split())[:MAX_LENGTH]


def bare_number(typed: str) -> str:
    """Return what was typed without the words before a number that say which it is."""
    return _LABEL.sub("", typed, count=1)


def whole_number(typed: str) -> Field | None:
    """Return of which masked field this is a whole value, if of any."""
    bare = bare_number(typed)
    return next((field for field in _NUMBERS if masks.whole(field, bare) is not None), None)


def kind_of(typed: str) -> str:
    """Return what kind of a question this is, for the audit, which keeps no words."""
    if _NUMBER.match(typed):
        return "account"
    if "@" in typed:
        return "email"
    if any(char.isdigit() for char in typed):
        return "number"
    return "words"


def find(typed: str, *, sees_numbers: bool) -> list[int]:
    """Return the numbers of the accounts that match, the newest first; at most MOST_COUNTED.

    `#17` or `17` is the number of an account; digits begin a NIP, REGON, KRS or phone number
    (Polish unless it says otherwise), however they are set apart and named; any beginning of an
    e-mail address, and any beginnings of words of a name or a company find it too, case,
    diacritics, quotes and hyphens aside. Of several words all have to fit. Beginnings need
    MIN_LENGTH characters. Who does not see numbers finds them by the whole value only; counting
    such searches is the caller's (`masks.searchable`).

    Each question is cut by its index before anything is sorted: of more than MOST_COUNTED matches
    these are some, not the newest. A handful of statements.
    """
    typed = clean(typed)
    found: set[int] = set()
    for question in _questions(typed, sees_numbers=sees_numbers):
        found.update(question[:MOST_COUNTED])
        if len(found) >= MOST_COUNTED:
            break
    return sorted(found, reverse=True)[:MOST_COUNTED]


def _questions(typed: str, *, sees_numbers: bool) -> Iterator[Question]:
    if number := _NUMBER.match(typed):
        yield _account(number[1])
        return
    if " " not in typed:
        yield from _begun(User, "pk", email_key=email_address.normalise(typed))
        if typed.isascii() and typed.isdecimal():
            yield _account(typed)
    if "@" in typed:
        return
    bare = bare_number(typed)
    yield from _of_numbers(bare) if sees_numbers else _of_whole_numbers(bare)
    yield from _of_words(words_of(typed)[:MOST_WORDS])


def _account(digits: str) -> Question:
    return User.objects.filter(pk=min(int(digits[:19]), _BIGGEST_NUMBER)).values_list(
        "pk", flat=True
    )


def _of_whole_numbers(bare: str) -> Iterator[Question]:
    for field in _NUMBERS:
        value = masks.whole(field, bare)
        if value is not None:
            yield Customer.objects.filter(**{field.value: value}).values_list("pk", flat=True)


def _of_numbers(bare: str) -> Iterator[Question]:
    compact = ("+" if bare.startswith(("+", "(+")) else "") + _BETWEEN_DIGITS.sub("", bare).upper()
    if _FOREIGN_TAX.match(compact):
        yield from _begun(Customer, "pk", nip=compact)
    numeric = _DIGITS.match(compact)
    if not numeric:
        return
    plus, digits = numeric.groups()
    if plus or digits.startswith("00"):
        yield from _begun(Customer, "pk", phone=f"+{digits if plus else digits[2:]}")
    if plus or len(digits) < MIN_LENGTH:
        return
    # A national number is also written with a zero before it.
    yield from _begun(Customer, "pk", phone=f"+48{digits.removeprefix('0')}")
    yield from _begun(Customer, "pk", phone=f"+{digits}")
    for field in ("nip", "regon", "krs"):
        yield from _begun(Customer, "pk", **{field: digits})
    if len(digits) < _KRS_LENGTH:
        padded = digits.zfill(_KRS_LENGTH)
        yield Customer.objects.filter(krs=padded).values_list("pk", flat=True)


def _of_words(words: list[str]) -> Iterator[Question]:
    """Ask for those who have all these words, beginning with the rarest of the long ones."""
    long = [word for word in words if len(word) >= MIN_LENGTH]
    if not long:
        return
    if len(long) > 1:
        long.sort(key=_how_common)
    rarest = long[0]
    having = CustomerWord.objects.filter(begins("word", rarest))
    # The rarest of the others is looked for first, and the short ones, which many have, last.
    for other in dict.fromkeys([*long, *words]):
        if other == rarest:
            continue
        same = CustomerWord.objects.filter(begins("word", other), customer=OuterRef("customer"))
        having = having.filter(Exists(same))
    yield having.values_list("customer", flat=True)


def _how_common(word: str) -> int:
    return CustomerWord.objects.filter(begins("word", word))[:_COMMON].count()


def _begun(model: type[Model], result: str, **beginning: str) -> Iterator[Question]:
    ((field, value),) = beginning.items()
    if len(value) >= MIN_LENGTH:
        rows = model._default_manager.filter(begins(field, value))
        yield rows.values_list(result, flat=True)


def begins(field: str, beginning: str) -> Q:
    """Return the question for values that begin so, as this database's index can answer it.

    On PostgreSQL that is LIKE; SQLite's LIKE ignores case and with it the index, but its plain
    order of code points makes a range do the same.
    """
    if connection.vendor == "sqlite":
        return Q(**{f"{field}__gte": beginning, f"{field}__lt": f"{beginning}\U0010ffff"})
    return Q(**{f"{field}__startswith": beginning})
