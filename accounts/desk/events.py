"""Write down what staff do, in the transaction of what they do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accounts.desk.roles import role_of
from accounts.models import StaffEvent, User
from accounts.values import email as email_address


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


def record_failed_sign_in(email: str, *, network: str) -> None:
    """Add that a sign-in to the staff's pages was refused; a SELECT and an INSERT, whoever tried.

    Of the address nothing is kept, but whose account it is when that is a member of staff.
    """
    key = email_address.normalise(email)
    member = User.objects.filter(email_key=key, is_staff=True).order_by("pk").first()
    role = role_of(member) if member else None
    StaffEvent.objects.create(
        actor=member.pk if member else None,
        role=role.value if role else "",
        network=network,
        action=StaffEvent.Action.SIGN_IN_FAILED,
    )
