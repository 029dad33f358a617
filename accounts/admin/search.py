"""Find customers by what staff type into one box, by questions that an index answers."""

import re
from functools import reduce
from operator import or_

from django.db import connection
from django.db.models import Q, QuerySet

from accounts.desk import masks
from accounts.desk.masks import Field
from accounts.desk.roles import Right, may
from accounts.models import Customer, User
from accounts.models.customer import search_key
from accounts.values import email as email_address

# Shorter beginnings match too much of a million rows to be worth asking.
MIN_LENGTH = 3
_BIGGEST_NUMBER = 2**63 - 1

_NUMBER = re.compile(r"#\s*([0-9]{1,19})\Z")
_TAX_LABEL = re.compile(r"(?:NIP|PL)[\s:]*(?=[0-9])", re.IGNORECASE)
_BETWEEN_DIGITS = re.compile(r"[\s().\u2010-\u2015/-]+")
_DIGITS = re.compile(r"(\+?)([0-9]+)\Z")


def find(accounts: QuerySet[User], typed: str, *, by: User) -> QuerySet[User]:
    """Narrow the accounts to those that match.

    `#17` is the number of an account; digits begin a tax number or a phone (Polish unless it says
    otherwise); what holds an @ begins an e-mail address; the rest begins a name or a company, case
    and diacritics aside, a person's words in either order. Beginnings need MIN_LENGTH characters;
    with fewer nothing is found. Who sees numbers masked finds them by the whole value only.
    """
    typed = typed.strip()
    if number := _NUMBER.match(typed):
        return accounts.filter(pk=min(int(number[1]), _BIGGEST_NUMBER))
    if "@" in typed:
        return _narrow(accounts, _begins("email_key", email_address.normalise(typed)))
    if may(by, Right.REVEAL):
        conditions = _digit_conditions(typed) + _word_conditions(typed)
    else:
        conditions = _whole_conditions(typed, by) + _word_conditions(typed, has_numbers=False)
    if not conditions:
        return accounts.none()
    # As a subquery: one index decides which customers, whatever the order of the list.
    customers = Customer.objects.filter(reduce(or_, conditions))
    return accounts.filter(pk__in=customers.values("pk"))


def _whole_conditions(typed: str, by: User) -> list[Q]:
    """Return the questions for whole numbers, of which so many an hour are answered."""
    asked = {field: masks.whole(field, typed) for field in (Field.PHONE, Field.NIP)}
    return [
        Q(**{field.value: value})
        for field, value in asked.items()
        if value is not None and masks.searchable(by, field, typed)
    ]


def _digit_conditions(typed: str) -> list[Q]:
    found = _DIGITS.match(_BETWEEN_DIGITS.sub("", _TAX_LABEL.sub("", typed, count=1)))
    if not found:
        return []
    plus, digits = found.groups()
    if plus:
        return _present(_begins("phone", f"+{digits}"))
    if digits.startswith("00"):
        return _present(_begins("phone", f"+{digits[2:]}"))
    if len(digits) < MIN_LENGTH:
        return []
    return _present(
        _begins("nip", digits),
        _begins("phone", f"+48{digits}"),
        _begins("phone", f"+{digits}"),
    )


def _word_conditions(typed: str, *, has_numbers: bool = True) -> list[Q]:
    key = " ".join(search_key(typed).split())
    conditions = _present(_begins("name_key", key), _begins("company_key", key))
    words = key.split()
    if has_numbers and len(words) == 1 and any(char.isdigit() for char in key):
        # A foreign tax number may begin with letters: DE123456789.
        conditions += _present(_begins("nip", typed.upper()))
    if 2 <= len(words) <= 5:
        # The key of a name is "last first": whichever word begins it, the others follow.
        for word in words:
            first = _begins("name_key", word)
            if first is not None:
                others = (Q(name_key__contains=f" {other}") for other in words if other != word)
                conditions.append(reduce(lambda both, other: both & other, others, first))
    return conditions


def _narrow(accounts: QuerySet[User], condition: Q | None) -> QuerySet[User]:
    return accounts.none() if condition is None else accounts.filter(condition)


def _present(*conditions: Q | None) -> list[Q]:
    return [condition for condition in conditions if condition is not None]


def _begins(field: str, beginning: str) -> Q | None:
    """Return the question for values that begin so, as this database's index can answer it.

    None for a beginning that is too short. On PostgreSQL that is LIKE; SQLite's LIKE ignores
    case and with it the index, but its plain order of code points makes a range do the same.
    """
    if len(beginning) < MIN_LENGTH:
        return None
    if connection.vendor == "sqlite":
        return Q(**{f"{field}__gte": beginning, f"{field}__lt": f"{beginning}\U0010ffff"})
    return Q(**{f"{field}__startswith": beginning})
