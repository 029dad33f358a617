"""Point out what deserves a second look at a case; each with its rule, none a verdict.

Computed when a page opens and kept nowhere. What is asked of the database, an index answers.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer, Kind, User
from accounts.models.words import search_key
from accounts.values import email, phone

# Faster than anybody reads and types.
FAST_SECONDS = 45
# More accounts than these are not named.
NAMED = 5
# Of as many candidates with the same beginning the rest is looked at.
CANDIDATES = 50
FREE_MAIL = frozenset(email.PROVIDERS)


@dataclass(frozen=True)
class Hint:
    """One thing to look at: what was seen, by which rule, and which other accounts show it."""

    words: Promise
    rule: Promise
    accounts: list[int] = field(default_factory=list)
    # There are others beside those that are named.
    has_more: bool = False


def hints(user: User) -> list[Hint]:
    """Return what is worth a look about this customer; at most seven statements."""
    customer: Customer | None = getattr(user, "customer", None)
    if customer is None:
        return []
    return [*_shared(customer), *_mailbox(user), *_same_home(customer), *_alone(user, customer)]


def _shared(customer: Customer) -> Iterator[Hint]:
    """Yield a hint for each number that another account has too."""
    numbers: tuple[tuple[str, Promise, Promise], ...] = (
        (
            "nip",
            _("Another account has the same NIP."),
            _("The tax numbers are equal."),
        ),
        (
            "regon",
            _("Another account has the same REGON."),
            _("The statistical numbers are equal."),
        ),
        (
            "krs",
            _("Another account has the same KRS number."),
            _("The court register numbers are equal."),
        ),
        (
            "phone",
            _("Another account has the same phone number."),
            _("The phone numbers are equal, with the country."),
        ),
    )
    for name, words, rule in numbers:
        value = getattr(customer, name)
        if value:
            others = Customer.objects.filter(**{name: value}).exclude(pk=customer.pk)
            yield from _found(words, rule, others.values_list("pk", flat=True))


def _mailbox(user: User) -> Iterator[Hint]:
    """Yield a hint for another spelling of the same mailbox.

    An index finds those that begin with the name as it is, or without its dots: of two that both
    have dots, in different places, neither is found.
    """
    same_as = email.mailbox(user.email_key)
    typed = user.email_key.rpartition("@")[0].partition("+")[0]
    beginnings = Q()
    for name in {typed, same_as.rpartition("@")[0]} - {""}:
        # As it stands before the domain, or before what is added to it.
        beginnings |= _begins(f"{name}@") | _begins(f"{name}+")
    candidates = (
        User.objects.filter(beginnings, is_staff=False)
        .exclude(pk=user.pk)
        .order_by()
        .values_list("pk", "email_key")[:CANDIDATES]
    )
    same = sorted(pk for pk, key in candidates if email.mailbox(key) == same_as)
    yield from _named(
        _("Another account has the same mailbox."),
        _("What stands before “+” is equal; in Gmail dots do not count."),
        same[: NAMED + 1],
    )


def _begins(beginning: str) -> Q:
    if connection.vendor == "sqlite":
        return Q(email_key__gte=beginning, email_key__lt=f"{beginning}\U0010ffff")
    return Q(email_key__startswith=beginning)


def _same_home(customer: Customer) -> Iterator[Hint]:
    others = Customer.objects.filter(
        name_key=customer.name_key,
        main_postal_code=customer.main_postal_code,
        main_house_no__iexact=customer.main_house_no,
    ).exclude(pk=customer.pk)
    yield from _found(
        _("Somebody of the same name has the same address."),
        _("First and last name, postal code and building number are equal."),
        others.values_list("pk", flat=True),
    )


def _alone(user: User, customer: Customer) -> Iterator[Hint]:
    """Yield what shows in this account alone; no statement."""
    name, _at, domain = user.email_key.rpartition("@")
    is_company = customer.kind == Kind.COMPANY
    if is_company and domain in FREE_MAIL:
        yield Hint(
            _("The company’s address is at a free mail service."),
            _("The domain is on our list of free mail services."),
        )
    words = _words(f"{customer.first_name} {customer.last_name} {customer.company_name}")
    address = search_key(f"{name} {'' if domain in FREE_MAIL else domain}")
    if words and not any(word in address for word in words):
        yield Hint(
            _("The e-mail address has no word of the name."),
            _("No word of three letters or more of the name or the company is in the address."),
        )
    seconds = customer.filled_in_seconds
    if seconds is not None and seconds < FAST_SECONDS:
        yield Hint(
            _("The form was filled in very fast."),
            _("The registration took less than 45 seconds."),
        )
    countries = phone.countries(customer.phone)
    if countries and customer.main_country not in countries:
        yield Hint(
            _("The phone is from another country than the address."),
            _("The country of the number and the country of the main address differ."),
        )


def _words(text: str) -> set[str]:
    """Return the words of three letters or more, folded as search keys are."""
    letters = "".join(char if char.isalpha() else " " for char in search_key(text))
    return {word for word in letters.split() if len(word) >= 3}


def _found(words: Promise, rule: Promise, others: "QuerySet[Customer, int]") -> Iterator[Hint]:
    yield from _named(words, rule, list(others.order_by("pk")[: NAMED + 1]))


def _named(words: Promise, rule: Promise, others: list[int]) -> Iterator[Hint]:
    if others:
        yield Hint(words, rule, others[:NAMED], has_more=len(others) > NAMED)
