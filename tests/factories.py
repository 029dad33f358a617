"""Make customers of both kinds in every state, through the services that make real ones."""

from collections.abc import Sequence
from itertools import count
from typing import Any
from uuid import uuid4

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from accounts import consents
from accounts.desk import decisions, standing
from accounts.desk.decisions import Decision, Grounds
from accounts.desk.events import Desk
from accounts.desk.reasons import Reopening
from accounts.desk.roles import Role
from accounts.limits import Limit
from accounts.models import Customer, Kind, ReviewState, User
from accounts.passwords import normalize
from accounts.reasons import Rejection, Restoration
from accounts.services import activation, allowance, registration, review

PASSWORD = "Rower-Sowa-Brzoza-Mgła-74"

PERSON = {
    "main_street": "Długa",
    "main_house_no": "12A",
    "main_flat_no": "3",
    "main_postal_code": "31-147",
    "main_city": "Kraków",
    "main_country": "PL",
    "corr_street": "",
    "corr_house_no": "",
    "corr_flat_no": "",
    "corr_postal_code": "",
    "corr_city": "",
    "corr_country": "",
    "first_name": "Łukasz",
    "last_name": "Żak",
    "phone": "+48601234567",
}
COMPANY = PERSON | {
    "company_name": "Zakład Ślusarski Żuraw sp. z o.o.",
    "nip": "5261040828",
    "regon": "012100784",
    "krs": "0000123456",
    "position": "prezes zarządu",
}

_numbers = count(1)


def registered(
    kind: str = Kind.PERSON,
    *,
    password: str = PASSWORD,
    language: str = "pl",
    news: bool = False,
    network: str = "192.0.2.1",
    finishes: Limit | None = None,
    **answers: str,
) -> User:
    """Return a pending account; `answers` replace the default ones, the e-mail is always new.

    Its first mail was written long enough ago for another link.
    """
    defaults = COMPANY if kind == Kind.COMPANY else PERSON
    user = registration.register(
        attempt=uuid4(),
        kind=kind,
        answers={**defaults, "email": f"klient{next(_numbers)}@example.com", **answers},
        password_hash=make_password(normalize(password)),
        given={c.key: c.required or news for c in consents.asked_of(kind)},
        language=language,
        network=network,
        finishes=finishes,
    )
    allowance.LINK_PAUSE.clear(user.email_key)
    return user


def activated(kind: str = Kind.PERSON, **details: Any) -> User:
    """Return an account whose link was used; the details are those of `registered`."""
    user = registered(kind, **details)
    activation.activate(user)
    return user


def suspended(kind: str = Kind.PERSON, **details: Any) -> User:
    """Return an activated account that staff closed; the details are those of `registered`."""
    user = activated(kind, **details)
    review.suspend(user)
    return user


# Which decision leads to which state, and for which reason.
_LEADS_TO: dict[str, tuple[Decision, str]] = {
    ReviewState.NEW: (Decision.REOPEN, Reopening.NEWS.value),
    ReviewState.APPROVED: (Decision.APPROVE, ""),
    ReviewState.CORRECTION: (Decision.CORRECT, ""),
    ReviewState.REJECTED: (Decision.REJECT, Rejection.UNCLEAR.value),
}


def restore(user: User) -> None:
    """Open a suspended account again, at the desk, as an officer."""
    officer = Desk(clerk(Role.OFFICER))
    standing.restore(user, Restoration.CLEARED.value, desk=officer)
    user.refresh_from_db()


def decide(
    user: User,
    state: str,
    *,
    by: User | None = None,
    note: str = "Sprawdzone",
    words: str = "Popraw dane.",
    sections: Sequence[str] = ("address",),
) -> None:
    """Lead the review of an open account to this state, through the desk, as an officer.

    What was decided before is looked at again first, and a correction that is awaited is recorded.
    """
    by = by or clerk(Role.OFFICER)
    decision, reason = _LEADS_TO[state]
    customer = customer_of(user)
    if customer.review_state == ReviewState.CORRECTION and decision is not Decision.REJECT:
        for section in list(customer.review_sections or []):
            review.correction_recorded(customer, section)
        if decision is Decision.REOPEN:
            return
    is_decided = customer.review_state in (ReviewState.APPROVED, ReviewState.REJECTED)
    if is_decided and decision is not Decision.REOPEN:
        decide(user, ReviewState.NEW, by=by)
        customer = customer_of(user)
    grounds = Grounds(
        reason=reason,
        note=note,
        words=words if decision is Decision.CORRECT else "",
        sections=sections if decision is Decision.CORRECT else (),
    )
    version = customer.review_version
    decisions.decide(customer, decision, grounds, desk=Desk(by), version=version)


def staff(*, superuser: bool = False, password: str | None = None) -> User:
    """Return an officer, who may do all that concerns customers, or an administrator."""
    return clerk(Role.ADMINISTRATOR if superuser else Role.OFFICER, password=password)


def clerk(role: str = "reviewer", **fields: Any) -> User:
    """Return a member of staff in this role."""
    email = f"{Role(role).value}{next(_numbers)}@kantor.example"
    if role == Role.ADMINISTRATOR:
        return User.objects.create_superuser(email, **fields)
    user = User.objects.create_user(email, is_staff=True, **fields)
    # Where a test has emptied every table, the roles are gone too.
    user.groups.add(Group.objects.get_or_create(name=str(role))[0])
    return user


def customer_of(user: User) -> Customer:
    """Return the customer as the database has it now."""
    return Customer.objects.get(user=user)
