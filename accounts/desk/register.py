"""Ask the register of VAT payers about a company, keep what it answers, and compare the names."""

from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import TextChoices
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import lookup
from accounts.desk import events
from accounts.desk.decisions import Refused
from accounts.desk.events import Desk
from accounts.desk.roles import Right, may
from accounts.limits import Limit
from accounts.lookup import Entry, LookupExhausted, LookupUnavailable
from accounts.lookup.vat_register import WARSAW
from accounts.models import Customer, Kind, RegisterCheck, StaffEvent, User
from accounts.models.words import words_of
from accounts.services import company_register
from accounts.values import country, nip

# The site has 90 questions a day for customers and staff together.
QUESTIONS = Limit("desk-register", times=20, window=timedelta(hours=1))
# The newest of them; the rest stays in the table.
SHOWN = 10


class Answer(TextChoices):
    """What came of a question, for the audit."""

    FOUND = "found", _("in the register")
    UNKNOWN = "unknown", _("not in the register")
    NONE = "none", _("no answer")


# The register's own words.
STATUSES: dict[str, Promise] = {
    "Czynny": _("active VAT payer"),
    "Zwolniony": _("exempt from VAT"),
    "Niezarejestrowany": _("not registered for VAT"),
}
# What stands for what in names: as `words_of` leaves them, the longer first.
_FORMS = (
    ("prosta spolka akcyjna", "psa"),
    ("spolka z ograniczona odpowiedzialnoscia", "sp z oo"),
    ("spolka komandytowo akcyjna", "ska"),
    ("spolka komandytowa", "sp k"),
    ("spolka partnerska", "sp p"),
    ("spolka akcyjna", "sa"),
    ("spolka jawna", "sp j"),
    ("spolka cywilna", "sc"),
)


@dataclass(frozen=True)
class Shown:
    """One check as a page shows it."""

    check: RegisterCheck
    status: Promise | str
    # The register has another name than the customer gave.
    is_other_name: bool
    # The customer's NIP has been changed since.
    is_other_number: bool


def is_offered(user: User, by: User) -> bool:
    """Tell whether this person may ask the register about this customer, on this site."""
    customer: Customer | None = getattr(user, "customer", None)
    return (
        may(by, Right.DECIDE)
        and lookup.is_enabled()
        and customer is not None
        and _polish_number(customer) is not None
    )


def ask(user: User, desk: Desk) -> RegisterCheck | str:
    """Ask the register about this company and keep its answer; or say in words why there is none.

    The question is in the audit whatever comes of it. The register is waited for 3 seconds, and not
    in a transaction: the answer is written in one of its own. Raises `Refused` for whom it is not
    offered.
    """
    if not is_offered(user, desk.user):
        raise Refused("not offered")
    if not QUESTIONS.hit(str(desk.user.pk)):
        return gettext("You ask the register too often. Try again in an hour.")
    number = _polish_number(user.customer)
    assert number is not None
    try:
        entry = company_register.ask(number)
    except LookupUnavailable as error:
        _record(user, desk, Answer.NONE)
        if isinstance(error, LookupExhausted):
            return gettext("The register answers no more questions today. Try again tomorrow.")
        return gettext("The register gave no answer. Try again in a while.")
    with transaction.atomic(durable=True):
        check = _keep(user, number, entry, desk)
        _record(user, desk, Answer.FOUND if check.is_found else Answer.UNKNOWN)
    return check


def shown(user: User) -> list[Shown]:
    """Return the newest answers about this customer; one statement."""
    customer: Customer | None = getattr(user, "customer", None)
    if customer is None or customer.kind != Kind.COMPANY:
        return []
    checks = RegisterCheck.objects.filter(user=user).select_related("asked_by")[:SHOWN]
    return [
        Shown(
            check,
            STATUSES.get(check.vat_status, check.vat_status),
            bool(check.name) and not is_same_name(check.name, customer.company_name),
            check.nip != customer.nip,
        )
        for check in checks
    ]


def is_same_name(one: str, other: str) -> bool:
    """Tell whether two names of companies have the same words, legal forms written out or not."""
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    words = " ".join(words_of(name))
    for long, short in _FORMS:
        words = words.replace(long, short)
    return words


def _polish_number(customer: Customer) -> str | None:
    """Return the NIP of a Polish company; None for anybody whom the register does not know."""
    if customer.kind != Kind.COMPANY or customer.main_country != country.POLAND:
        return None
    try:
        return nip.parse(customer.nip)
    except ValidationError:
        return None


def _keep(user: User, number: str, entry: Entry, desk: Desk) -> RegisterCheck:
    return RegisterCheck.objects.create(
        user=user,
        nip=number,
        is_found=entry.company is not None,
        name=entry.company.name if entry.company else "",
        vat_status=entry.vat_status,
        day=timezone.localdate(timezone=WARSAW),
        request_id=entry.request_id,
        asked_by=desk.user,
    )


def _record(user: User, desk: Desk, answer: Answer) -> None:
    action = StaffEvent.Action.REGISTER_ASKED
    events.record(desk, action, customer=user.pk, after={"answer": answer.value})
