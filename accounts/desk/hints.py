"""Point out what deserves a second look at a case; each with its rule, none a verdict.

Computed when a page opens and kept nowhere. What is asked of the database, an index answers.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.desk.screening import Subject, screen
from accounts.models import Customer, HighRiskCountry, Kind, User
from accounts.models.words import search_key
from accounts.values import country, email, phone

# Faster than anybody reads and types.
FAST_SECONDS = 45
# More accounts than these are not named.
NAMED = 5
FREE_MAIL = frozenset(email.PROVIDERS)


@dataclass(frozen=True)
class Hint:
    """One thing to look at: what was seen, by which rule, and which other accounts show it."""

    words: Promise | str
    rule: Promise | str
    accounts: list[int] = field(default_factory=list)
    # There are others beside those that are named.
    has_more: bool = False


def hints(user: User, *, reads_aml: bool) -> list[Hint]:
    """Return what is worth a look about this customer; at most seven statements.

    What belongs to an analysis under the AML act (lists, countries of high risk) is for who may
    read of that: whoever talks to customers could let it slip (art. 54).
    """
    customer: Customer | None = getattr(user, "customer", None)
    # Of two who are anonymous everything is equal, since nothing is left.
    if customer is None or user.anonymised_at is not None:
        return []
    of_aml = [*_screened(customer), *_at_risk(customer)] if reads_aml else []
    return [
        *of_aml,
        *_shared(customer),
        *_mailbox(user),
        *_same_home(customer),
        *_alone(user, customer),
    ]


def _screened(customer: Customer) -> Iterator[Hint]:
    """Yield a hint for each name on a list, where the site has lists."""
    person = f"{customer.first_name} {customer.last_name}"
    subject = Subject(person, customer.company_name, customer.main_country)
    for match in screen(subject):
        words = gettext("A name like “%(name)s” is on a list: %(list)s.")
        yield Hint(words % {"name": match.name, "list": match.list_name}, match.rule)


def _at_risk(customer: Customer) -> Iterator[Hint]:
    """Yield a hint for each country of this customer that is on the officers' table."""
    seen = (
        (
            customer.main_country,
            _("The address is in a country of high risk: %(country)s."),
            _("The country of the main address is on the officers’ table."),
        ),
        (
            phone.region(customer.phone),
            _("The phone is from a country of high risk: %(country)s."),
            _("The country of the phone number is on the officers’ table."),
        ),
        (
            _of_tax_number(customer),
            _("The tax number is from a country of high risk: %(country)s."),
            _("The country of the tax number is on the officers’ table."),
        ),
    )
    codes = {code for code, _words, _rule in seen}
    listed = set(
        HighRiskCountry.objects.filter(code__in=codes).order_by().values_list("code", flat=True)
    )
    for code, words, rule in seen:
        if code in listed:
            yield Hint(str(words) % {"country": country.name(code)}, rule)


def _of_tax_number(customer: Customer) -> str:
    """Return the country that a foreign tax number begins with; empty for other numbers."""
    beginning = customer.nip[:2]
    # Greece writes EL (Council Directive 2006/112/EC, art. 215).
    code = "GR" if beginning == "EL" else beginning
    return code if code in country.CODES else ""


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
    """Yield a hint for another spelling of the same mailbox."""
    key = email.mailbox(user.email_key)
    same = User.objects.filter(mailbox_key=key, is_staff=False).exclude(pk=user.pk)
    yield from _named(
        _("Another account has the same mailbox."),
        _("What stands before “+” is equal; in Gmail dots do not count."),
        list(same.order_by("pk").values_list("pk", flat=True)[: NAMED + 1]),
    )


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
    if _is_throw_away(domain):
        yield Hint(
            _("The e-mail address is a throw-away one."),
            _("The domain, or one above it, is on the list of throw-away mail services."),
        )
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


def _is_throw_away(domain: str) -> bool:
    """Tell whether this domain or one above it gives addresses for minutes."""
    # Here: thousands of names that no other page needs.
    from disposable_email_domains import blocklist

    labels = domain.split(".")
    return any(".".join(labels[start:]) in blocklist for start in range(len(labels) - 1))


def _words(text: str) -> set[str]:
    """Return the words of three letters or more, folded as search keys are."""
    letters = "".join(char if char.isalpha() else " " for char in search_key(text))
    return {word for word in letters.split() if len(word) >= 3}


def _found(words: Promise, rule: Promise, others: "QuerySet[Customer, int]") -> Iterator[Hint]:
    yield from _named(words, rule, list(others.order_by("pk")[: NAMED + 1]))


def _named(words: Promise, rule: Promise, others: list[int]) -> Iterator[Hint]:
    if others:
        yield Hint(words, rule, others[:NAMED], has_more=len(others) > NAMED)
