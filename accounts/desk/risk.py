"""Keep the table of countries of high risk; each change is a row of the audit."""

from django.db import transaction

from accounts.desk import events
from accounts.desk.decisions import Refused
from accounts.desk.events import Desk
from accounts.desk.roles import Right, may
from accounts.models import HighRiskCountry, StaffEvent


def add(country: HighRiskCountry, *, desk: Desk) -> None:
    """Add this country, in the name of who is at work. Raises `Refused` for whom it is not."""
    _require(desk)
    country.added_by = desk.user
    with transaction.atomic():
        country.save(force_insert=True)
        events.record(desk, StaffEvent.Action.RISK_CHANGED, after={"country": country.code})


def remove(country: HighRiskCountry, *, desk: Desk) -> None:
    """Take this country off the table. Raises `Refused` for whom it is not."""
    _require(desk)
    with transaction.atomic():
        deleted, _rows = HighRiskCountry.objects.filter(pk=country.pk).delete()
        if deleted:
            events.record(desk, StaffEvent.Action.RISK_CHANGED, before={"country": country.code})


def _require(desk: Desk) -> None:
    if not may(desk.user, Right.OVERRULE):
        raise Refused("not offered")
