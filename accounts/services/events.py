"""Write down what happened to an account, for its owner and for staff to read."""

from accounts.mail import outbox
from accounts.models import AccountEvent, OutboxMessage, User
from accounts.values.visit import NOBODY, Visit


def record(
    user: User, kind: AccountEvent.Kind, *, visit: Visit = NOBODY, **details: str
) -> AccountEvent:
    """Add an event of this account, now, and return it; one INSERT.

    Call it in the transaction of what it tells. `details` are words of ours, such as
    `method="passkey"`: never a person's data (`AccountEvent` names the one exception).
    """
    return AccountEvent.objects.create(
        user=user,
        kind=kind,
        browser=visit.browser,
        system=visit.system,
        network_shown=visit.network_shown,
        details=details,
    )


def tell(
    user: User, kind: AccountEvent.Kind, *, visit: Visit = NOBODY, **details: str
) -> AccountEvent:
    """Add an event as `record` does and owe its owner the mail of the same name; two INSERTs."""
    event = record(user, kind, visit=visit, **details)
    outbox.put(OutboxMessage.Kind(kind.value), user, about=event)
    return event
