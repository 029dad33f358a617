"""Gather the case of one customer: how it stands, how long it waits, and what happened to it.

Also what staff do to a case beside deciding: opening it, and writing something down about it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext

from accounts.agreements.history import TITLES
from accounts.desk import events, queue
from accounts.desk.decisions import Incomplete, Refused
from accounts.desk.events import Desk
from accounts.desk.reasons import label
from accounts.desk.roles import Right, may
from accounts.models import (
    AccountSession,
    ConsentRecord,
    DataRequest,
    StaffEvent,
    StaffNote,
    User,
)
from accounts.models.staff import ABOUT_HOLDS, NOTE_LENGTH

# As many of the newest rows are shown; the rest is in the audit log and in the copy of the data.
SESSIONS_SHOWN = 10
NOTES_SHOWN = 50
MOMENTS_SHOWN = 100


def opened(user: User, desk: Desk) -> None:
    """Write down that this case was opened, and renew the lease of whoever has taken it."""
    with transaction.atomic():
        events.record(desk, StaffEvent.Action.VIEWED, customer=user.pk)
        if user.held_by_id == desk.user.pk:
            queue.take(user, desk)


def waiting_words(user: User) -> str:
    """Return how long the case waits for staff, measured by its target; empty when it does not."""
    if user.waiting_since is None or not user.is_active:
        return ""
    overdue = queue.overdue_by(user)
    hours = abs(overdue) // timedelta(hours=1)
    if overdue < timedelta(0):
        if not hours:
            return gettext("less than an hour left")
        return ngettext("%(count)d hour left", "%(count)d hours left", hours) % {"count": hours}
    days, of_hours = divmod(hours, 24)
    if days >= 2:
        return ngettext("overdue by %(count)d day", "overdue by %(count)d days", days) % {
            "count": days
        }
    if not of_hours and not days:
        return gettext("overdue by less than an hour")
    return gettext("overdue by %(hours)d h") % {"hours": hours}


def notes(user: User, by: User) -> list[StaffNote]:
    """Return the newest notes about this customer that this person may read; one statement."""
    found = StaffNote.objects.filter(user=user).select_related("author")
    if not may(by, Right.READ_AML):
        found = found.filter(kind=StaffNote.Kind.ORDINARY)
    return list(found[:NOTES_SHOWN])


def write_note(user: User, text: str, kind: str, *, desk: Desk) -> None:
    """Write something down about this customer, for good; its words are in no row of the audit.

    Raises `Refused` for who may not write (of AML: for who may not read it), for a kind that does
    not exist and about whoever is anonymous, `Incomplete` for a text that is empty or too long.
    """
    is_kind = kind in StaffNote.Kind.values
    may_read = kind != StaffNote.Kind.AML or may(desk.user, Right.READ_AML)
    if not (may(desk.user, Right.WRITE_NOTES) and is_kind and may_read):
        raise Refused("not offered")
    if user.anonymised_at is not None:
        raise Refused("anonymous")
    text = text.strip()
    if not text or len(text) > NOTE_LENGTH:
        raise Incomplete("note")
    with transaction.atomic():
        StaffNote.objects.create(user=user, author=desk.user, kind=kind, text=text)
        # The timeline shows it to who may read notes of that kind.
        events.record(desk, StaffEvent.Action.NOTED, customer=user.pk, after={"note": kind})


def sessions(user: User) -> list[AccountSession]:
    """Return the sessions of this account that were used last; one statement."""
    return list(user.sessions.all()[:SESSIONS_SHOWN])


def requests(user: User) -> list[DataRequest]:
    """Return what the customer asked to be changed, the newest first; one statement."""
    return list(user.data_requests.select_related("decided_by")[:SESSIONS_SHOWN])


@dataclass(frozen=True)
class Moment:
    """One thing that happened to an account: when, what, by whom, and what it says beside."""

    at: datetime
    words: Promise | str
    who: str = ""
    more: Promise | str = ""


def timeline(user: User, by: User) -> list[Moment]:
    """Return the newest of all that happened to this account, the newest first; five statements.

    What staff did and saw, what its owner did, mails and consents. Values of the data are in none
    of these, and of AML nothing for who may not read it.
    """
    moments = [
        *_of_staff(user, by),
        *(
            Moment(event.at, event.words, gettext("customer"), event.network_shown)
            for event in user.events.all()[:MOMENTS_SHOWN]
        ),
        *(
            Moment(
                mail.created_at,
                gettext("Mail: %(kind)s") % {"kind": mail.get_kind_display()},
                more=mail.get_state_display(),
            )
            for mail in user.messages.order_by("-pk")[:MOMENTS_SHOWN]
        ),
        *_of_consents(user),
    ]
    return sorted(moments, key=lambda moment: moment.at, reverse=True)[:MOMENTS_SHOWN]


def _of_consents(user: User) -> list[Moment]:
    """Return what was agreed to, withdrawn, or not given when it was asked for."""
    found: list[Moment] = []
    given: set[str] = set()
    for record in reversed(user.consents.order_by("-pk")[:MOMENTS_SHOWN]):
        words = _consent(record, was_given=record.key in given)
        found.append(Moment(record.recorded_at, words, gettext("customer"), record.version))
        (given.add if record.given else given.discard)(record.key)
    return found


def _consent(record: ConsentRecord, *, was_given: bool) -> str:
    title = {"consent": TITLES.get(record.key) or gettext("news by e-mail")}
    if record.given:
        return gettext("Consent given: %(consent)s") % title
    if was_given:
        return gettext("Consent withdrawn: %(consent)s") % title
    return gettext("Consent not given: %(consent)s") % title


def _of_staff(user: User, by: User) -> list[Moment]:
    """Return what staff did; who did it stays a number once his account is gone.

    Who may not read of AML does not read that there is a note about it, nor why a field was looked
    at: those reasons have no other one to hide behind.
    """
    found = StaffEvent.objects.filter(customer=user.pk)
    reads_aml = may(by, Right.READ_AML)
    if not reads_aml:
        found = found.exclude(action__in=ABOUT_HOLDS)
    rows = list(found[:MOMENTS_SHOWN])
    if not reads_aml:
        ordinary = StaffNote.Kind.ORDINARY
        noted = StaffEvent.Action.NOTED
        rows = [row for row in rows if row.action != noted or row.after.get("note") == ordinary]
    actors = User.objects.in_bulk({row.actor for row in rows if row.actor is not None})

    def name(row: StaffEvent) -> str:
        if row.actor is None:
            return ""
        actor = actors.get(row.actor)
        return actor.email if actor else f"#{row.actor}"

    def why(row: StaffEvent) -> Promise | str:
        is_hidden = row.action == StaffEvent.Action.REVEALED and not reads_aml
        return "" if is_hidden else label(row.reason, by)

    return [Moment(row.at, row.get_action_display(), name(row), why(row)) for row in rows]
