"""Make a copy of a customer's data for him, on his request (art. 15 GDPR).

The same copy that he takes himself (`accounts.privacy.copy`), in his language: without notes,
codes of AML and holds. Staff hand it over; it is never mailed.
"""

from datetime import timedelta

from django.db import transaction
from django.utils import translation

from accounts.desk import events
from accounts.desk.decisions import Incomplete, Refused
from accounts.desk.events import Desk
from accounts.desk.reasons import CopyMade
from accounts.desk.roles import Right, may
from accounts.limits import Limit, UsedUpError
from accounts.models import StaffEvent, User
from accounts.privacy import copy
from accounts.privacy.copy import Section

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
            return copy.read(user)
