"""Write down what staff do, in the transaction of what they do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accounts.desk.roles import role_of
from accounts.models import StaffEvent, User


@dataclass(frozen=True)
class Desk:
    """Who is at work, in which session and from which network; made once a request."""

    user: User
    # A digest that names the session among the rows, and opens nothing.
    session: str = ""
    network: str = ""


def record(
    desk: Desk,
    action: StaffEvent.Action,
    *,
    customer: int | None = None,
    reason: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> StaffEvent:
    """Add an event, now, and return it; one INSERT.

    Call it in the transaction of what it tells: both happen, or neither. `customer` is the number
    of the account. `before` and `after` hold states, codes and masked values, never a secret.
    """
    role = role_of(desk.user)
    return StaffEvent.objects.create(
        actor=desk.user.pk,
        role=role.value if role else "",
        session=desk.session,
        network=desk.network,
        action=action,
        customer=customer,
        reason=reason,
        before=dict(before or {}),
        after=dict(after or {}),
    )


def record_unattended(
    action: StaffEvent.Action,
    *,
    network: str = "",
    customer: int | None = None,
    reason: str = "",
    after: Mapping[str, Any] | None = None,
) -> StaffEvent:
    """Add an event, as `record` does, of nobody who was signed in.

    What the operator did by a command, and tries to sign in that failed.
    """
    return StaffEvent.objects.create(
        network=network,
        action=action,
        customer=customer,
        reason=reason,
        after=dict(after or {}),
    )
