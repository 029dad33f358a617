"""Write down what happened to an account, for its owner and for staff to read."""

from datetime import timedelta
from functools import partial

from django.db import transaction

from accounts.limits import Limit
from accounts.mail import outbox
from accounts.models import AccountEvent, OutboxMessage, User
from accounts.values.visit import NOBODY, Visit
from kantor.serving import security_log

# How often the owner gets a mail about what somebody else can make happen again and again.
TOLD = Limit("event-told", times=1, window=timedelta(days=1), quiet=True, must_last=True)


def record(
    user: User, kind: AccountEvent.Kind, *, visit: Visit = NOBODY, **details: str
) -> AccountEvent:
    """Add an event of this account, now, and return it; one INSERT.

    Call it in the transaction of what it tells. `details` are words of ours, such as
    `method="passkey"`: never a person's data (`AccountEvent` names the one exception).
    """
    event = AccountEvent.objects.create(
        user=user,
        kind=kind,
        browser=visit.browser,
        system=visit.system,
        network_shown=visit.network_shown,
        details=details,
    )
    # A caller whose transaction fails after this has told of what did not last.
    transaction.on_commit(partial(security_log.note_of_account, kind.value, user.pk))
    return event


def tell(
    user: User, kind: AccountEvent.Kind, *, visit: Visit = NOBODY, **details: str
) -> AccountEvent:
    """Add an event as `record` does and owe its owner the mail of the same name; two INSERTs."""
    event = record(user, kind, visit=visit, **details)
    outbox.put(OutboxMessage.Kind(kind.value), user, about=event)
    return event


def tell_daily(user: User, kind: AccountEvent.Kind, *, visit: Visit = NOBODY) -> AccountEvent:
    """Add an event as `record` does; only the first of its kind in a day owes the mail."""
    with transaction.atomic():
        if TOLD.hit(f"{user.pk} {kind.value}"):
            return tell(user, kind, visit=visit)
        return record(user, kind, visit=visit)
