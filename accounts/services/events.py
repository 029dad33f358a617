"""Write down what happened to an account, for its owner and for staff to read."""

from accounts.models import AccountEvent, User
from accounts.values.visit import NOBODY, Visit


def record(
    user: User, kind: AccountEvent.Kind, *, visit: Visit = NOBODY, **details: str
) -> AccountEvent:
    """Add an event of this account, now, and return it; one INSERT.

    Call it in the transaction of what it tells. `details` are words of ours, such as
    `method="passkey"`: never a person's data.
    """
    return AccountEvent.objects.create(
        user=user,
        kind=kind,
        browser=visit.browser,
        system=visit.system,
        network_shown=visit.network_shown,
        details=details,
    )
