"""Make a copy of a customer's data for him, on his request (art. 15 GDPR).

The same copy that he takes himself (`accounts.privacy.copy`), in his language: without notes,
codes of AML and holds. Staff hand it over; it is never mailed.
"""

from dataclasses import replace
from datetime import timedelta

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext

from accounts import retention
from accounts.desk import events
from accounts.desk.decisions import Incomplete, Refused
from accounts.desk.events import Desk
from accounts.desk.reasons import CopyMade
from accounts.desk.roles import Right, may
from accounts.limits import Limit, UsedUpError
from accounts.models import Customer, StaffEvent, User
from accounts.privacy import copy
from accounts.privacy.copy import Section, Value
from accounts.reasons import Suspension
from kantor.serving.typography import untie

# Everything of a customer, unmasked: so many an hour are requests, more would be an export.
COPIES = Limit("desk-copies", times=20, window=timedelta(hours=1))


def make(user: User, reason: str, *, desk: Desk) -> list[Section]:
    """Return the copy of all that is kept of this customer; no copy without its row of the audit.

    Read it, and write it out, in the language of the customer: labels are chosen when they are
    read. Raises `Refused`, `Incomplete`, and `UsedUpError` with the time to wait.
    """
    if not may(desk.user, Right.OVERRULE) or user.is_staff or user.anonymised_at is not None:
        raise Refused("not offered")
    if reason not in CopyMade.values:
        raise Incomplete("reason")
    with transaction.atomic():
        subject = str(desk.user.pk)
        if not COPIES.hit(subject):
            raise UsedUpError(COPIES.wait(subject))
        events.record(desk, StaffEvent.Action.COPIED, customer=user.pk, reason=reason)
        with translation.override(user.language):
            return [_explained(user, section) for section in copy.read(user)]


def _explained(user: User, section: Section) -> Section:
    """Add what he was told, or may be: the neutral sentence of why it is blocked or refused."""
    customer: Customer | None = getattr(user, "customer", None)
    added: list[Value] = []
    if section.kept is retention.ACCOUNT and user.suspended_at is not None:
        words = untie(str(Suspension.sentence(user.suspension_reason)))
        added.append(Value("why_suspended", words, gettext("why it is blocked"), [words]))
    if section.kept is retention.REVIEW and customer and customer.review_reason:
        words = untie(str(customer.rejection_for_owner))
        added.append(Value("why_refused", words, gettext("why it is refused"), [words]))
    return replace(section, rows=[[*row, *added] for row in section.rows]) if added else section
