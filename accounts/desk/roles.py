"""Say what each role of staff may do: one table, for pages, actions, search and export alike."""

from enum import Enum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class Role(TextChoices):
    """What a member of staff is here for; the name of a group, but for the last."""

    SUPPORT = "support", _("support")
    REVIEWER = "reviewer", _("reviewer")
    OFFICER = "officer", _("officer")
    AUDITOR = "auditor", _("auditor")
    ADMINISTRATOR = "administrator", _("administrator")


class Right(Enum):
    """One thing that staff may do, or see."""

    SEE_CUSTOMERS = "see customers"  # names, e-mail, town, states, consents, mails
    REVEAL = "reveal a masked field"
    READ_AML = "read AML notes"
    WRITE_NOTES = "write notes"
    HELP = "help a customer"  # activation again, reset mail, end sessions
    DECIDE = "decide"  # claim, decide, correct, suspend
    OVERRULE = "overrule"  # reopen, restore, erase, hold, copy of data
    EXPORT_MASKED = "export masked"
    EXPORT_UNMASKED = "export unmasked"
    SEE_STATISTICS = "see statistics"
    READ_OWN_EVENTS = "read one's own events"
    READ_EVENTS = "read all events"
    READ_STAFF_EVENTS = "read events about staff"
    MANAGE_STAFF = "manage staff"  # accounts, roles, factors
    MANAGE_SOURCES = "manage sources"


_SUPPORT = frozenset(
    {
        Right.SEE_CUSTOMERS,
        Right.WRITE_NOTES,
        Right.HELP,
        Right.SEE_STATISTICS,
        Right.READ_OWN_EVENTS,
    }
)
_REVIEWER = _SUPPORT | {Right.REVEAL, Right.READ_AML, Right.DECIDE, Right.EXPORT_MASKED}

MATRIX: dict[Role, frozenset[Right]] = {
    Role.SUPPORT: _SUPPORT,
    Role.REVIEWER: _REVIEWER,
    Role.OFFICER: _REVIEWER | {Right.OVERRULE, Right.EXPORT_UNMASKED, Right.READ_EVENTS},
    Role.AUDITOR: frozenset(
        {
            Right.SEE_CUSTOMERS,
            Right.READ_AML,
            Right.EXPORT_MASKED,
            Right.SEE_STATISTICS,
            Right.READ_OWN_EVENTS,
            Right.READ_EVENTS,
        }
    ),
    # Looks after staff, not after customers, of whom he sees nothing.
    Role.ADMINISTRATOR: frozenset(
        {Right.READ_STAFF_EVENTS, Right.MANAGE_STAFF, Right.MANAGE_SOURCES}
    ),
}


def role_of(user: User) -> Role | None:
    """Return the role of a member of staff who works here; nothing for anybody else.

    One statement at most, remembered on the object.
    """
    return given_role(user) if user.is_active and user.is_staff else None


def given_role(user: User) -> Role | None:
    """Return the role that this account was given, whether or not it may sign in.

    A superuser is an administrator, no more. Whoever is in several groups has the role of the
    first in the order of `Role`: the least. One statement at most, remembered on the object.
    """
    if user.is_superuser:
        return Role.ADMINISTRATOR
    known: Role | None
    try:
        known = user._role  # type: ignore[attr-defined]
    except AttributeError:
        names = {group.name for group in user.groups.all()}
        known = next((role for role in Role if role.value in names), None)
        user._role = known  # type: ignore[attr-defined]
    return known


def may(user: User, right: Right) -> bool:
    """Tell whether this user has this right."""
    role = role_of(user)
    return role is not None and right in MATRIX[role]
