"""Mask what opens accounts or belongs to a person alone, and show one field of it on demand.

A field is masked for everybody; who may reveal it says why, and sees that field of that customer
for five minutes. The row of the audit is the permission: what is not written down is not seen.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.desk import events
from accounts.desk.decisions import Incomplete, Refused
from accounts.desk.events import Desk
from accounts.desk.reasons import Reveal
from accounts.desk.roles import Right, may
from accounts.limits import Limit, UsedUpError
from accounts.models import StaffEvent, User
from accounts.values import foreign_tax_id, krs, nip, phone, regon

REVEALED_FOR = timedelta(minutes=5)
REVEALS = Limit("desk-reveals", times=60, window=timedelta(hours=1))
# A search by a whole value tells whether a number is a customer's: so many guesses an hour.
SEARCHES = Limit("desk-whole-searches", times=30, window=timedelta(hours=1))
DOT = "•"


class Field(TextChoices):
    """What is masked, and revealed one by one."""

    PHONE = "phone", _("phone number")
    STREET = "street", _("street")
    NIP = "nip", _("NIP")
    REGON = "regon", _("REGON")
    KRS = "krs", _("KRS")


# Which columns of a customer belong to which field; the others are shown as they are.
_COLUMNS = {
    "phone": Field.PHONE,
    "nip": Field.NIP,
    "regon": Field.REGON,
    "krs": Field.KRS,
    **{
        f"{address}_{part}": Field.STREET
        for address in ("main", "corr")
        for part in ("street", "house_no", "flat_no")
    },
}
_POLISH_NIP = re.compile(r"[0-9]{10}\Z")


def field_of(column: str) -> Field | None:
    """Return to which masked field a column of a customer belongs; most belong to none."""
    return _COLUMNS.get(column)


def displayed(column: str, value: str) -> str:
    """Return a value as it is read, in groups; whole."""
    if column == "phone":
        return phone.display(value)
    if column == "nip" and _POLISH_NIP.match(value):
        return nip.display(value)
    return value


def masked(column: str, value: str) -> str:
    """Return a value as it is shown: of what is masked only what helps to recognise it.

    Of a phone number the country and the last two digits, of a NIP the first three and the last
    two, of other numbers the last two; of a street nothing. Nothing stays nothing.
    """
    field = field_of(column)
    if field is None or not value:
        return value
    shown = displayed(column, value)
    if field is Field.STREET:
        return DOT * 3
    if field is Field.PHONE:
        country, blank, number = shown.partition("\u00a0" if "\u00a0" in shown else " ")
        return f"{country}{blank}{_dots(number)}" if blank else _dots(shown)
    if field is Field.NIP and _POLISH_NIP.match(value):
        return f"{shown[:3]}{_dots(shown[3:])}"
    return _dots(shown)


def _dots(shown: str, keep: int = 2) -> str:
    """Put dots in the place of letters and digits but the last ones; of short values all."""
    signs = sum(char.isalnum() for char in shown)
    keep = keep if signs > 2 * keep else 0
    out = []
    for char in shown:
        is_sign = char.isalnum()
        out.append(DOT if is_sign and signs > keep else char)
        signs -= is_sign
    return "".join(out)


@dataclass(frozen=True)
class Sight:
    """What one person sees of one customer at this moment."""

    revealed: frozenset[Field] = frozenset()

    def show(self, column: str, value: str) -> str:
        """Return a value of this customer: whole where it is revealed, masked otherwise."""
        is_whole = field_of(column) in self.revealed
        return displayed(column, value) if is_whole else masked(column, value)

    def is_masked(self, column: str) -> bool:
        """Tell whether this column is masked for this person now."""
        field = field_of(column)
        return field is not None and field not in self.revealed


def sight(customer: int, desk: Desk) -> Sight:
    """Return what this person sees of the customer of this number; one statement at most.

    A reveal counts in the session in which it was made, for five minutes.
    """
    if not may(desk.user, Right.REVEAL):
        return Sight()
    made = StaffEvent.objects.filter(
        customer=customer,
        actor=desk.user.pk,
        session=desk.session,
        action=StaffEvent.Action.REVEALED,
        at__gt=timezone.now() - REVEALED_FOR,
    )
    fields = {after.get("field") for after in made.values_list("after", flat=True)}
    return Sight(frozenset(field for field in Field if field.value in fields))


def reveal(customer: int, field: str, reason: str, *, desk: Desk) -> None:
    """Show one field of a customer to this person for five minutes; one row of the audit.

    Raises `Refused` for who may not and for a field that does not exist, `Incomplete` without a
    reason, and `UsedUpError` after 60 in an hour.
    """
    if not may(desk.user, Right.REVEAL) or field not in Field.values:
        raise Refused("not offered")
    if reason not in Reveal.values:
        raise Incomplete("reason")
    # Counted for good, also when what follows fails.
    if not REVEALS.hit(str(desk.user.pk)):
        raise UsedUpError(REVEALS.wait(str(desk.user.pk)))
    with transaction.atomic():
        events.record(
            desk,
            StaffEvent.Action.REVEALED,
            customer=customer,
            reason=reason,
            after={"field": field},
        )


def _tax_number(typed: str) -> str:
    """Return a NIP, or what may be another country's number: those have letters."""
    try:
        return nip.parse(typed)
    except ValidationError:
        if not re.search("[A-Za-z]", typed):
            raise
        return foreign_tax_id.parse(typed)


def _court_number(typed: str) -> str:
    """Return a KRS number of ten digits; zeros that are left out would make it a beginning."""
    if len(re.sub(r"\D", "", typed)) != 10:
        raise ValidationError("", "incomplete")
    return krs.parse(typed)


# How each field is typed whole; the street is searched by nobody.
_WHOLE: dict[Field, Callable[[str], str]] = {
    Field.PHONE: phone.parse,
    Field.NIP: _tax_number,
    Field.REGON: regon.parse,
    Field.KRS: _court_number,
}


def whole(field: Field, typed: str) -> str | None:
    """Return the value of this field that was typed, in its canonical form; None for a part."""
    parse = _WHOLE.get(field)
    try:
        return parse(typed) if parse else None
    except ValidationError:
        return None


def searchable(user: User, field: Field, typed: str) -> bool:
    """Tell whether this person may search this field by what was typed.

    Who may reveal the field may search it by any part. Anybody else who sees customers searches by
    a whole value only (`whole` returns it, to be compared as it is), 30 times an hour: a beginning
    would tell the value digit by digit. A try is
    counted, in one statement, only where the value is whole. `SEARCHES.wait` says how long whoever
    has used them up has to wait.
    """
    if may(user, Right.REVEAL):
        return True
    if not may(user, Right.SEE_CUSTOMERS) or whole(field, typed) is None:
        return False
    return SEARCHES.hit(str(user.pk))
