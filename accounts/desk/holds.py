"""Hold the deletion of a customer's data for a reason and until a day, and release it.

Each is one transaction with its row of the audit, at the locked row of the account: a purge that
is at work waits, and sees it. Never a mail, never a word to the customer (art. 54 of the AML act).
"""

from datetime import date

from django.db import transaction
from django.utils import timezone

from accounts import retention
from accounts.desk import events
from accounts.desk.decisions import Incomplete, Refused
from accounts.desk.events import Desk
from accounts.desk.overtaken import Overtaken
from accounts.desk.reasons import HoldRelease
from accounts.desk.roles import Right, may
from accounts.models import Hold, StaffEvent, User
from accounts.services import relationship


def shown_to(user: User, by: User) -> list[Hold]:
    """Return the holds of this account that are in force, for who may know; one statement."""
    if not may(by, Right.READ_AML):
        return []
    return list(Hold.objects.in_force().filter(user=user).select_related("set_by"))


def latest_day(user: User) -> date:
    """Return until when a hold of this account may last: so many years beyond its own time.

    An open account counts as if it were closed today. One statement.
    """
    is_customer = relationship.existed_with(user)
    lasts = retention.BLOCKED_LASTS if is_customer else retention.REOPENING_LASTS
    now = timezone.now()
    end = max(now, (user.closed_at or now) + lasts)
    return timezone.localdate(end + retention.HOLD_LASTS)


def can_be_held(user: User) -> bool:
    """Tell whether there is anything to hold.

    Whoever never opened the account has not shown that it is his; of whoever is anonymous nothing
    is left.
    """
    return not user.is_staff and user.activated_at is not None and user.anonymised_at is None


def set_hold(user: User, reason: str, until: date, *, desk: Desk) -> Hold:
    """Hold the deletion of these data; a hold for the same reason gets the new day instead.

    Raises `Refused` for whom or what it is not, and `Incomplete` for a reason that does not exist
    or a day that is past or beyond `latest_day`.
    """
    if not may(desk.user, Right.OVERRULE):
        raise Refused("not offered")
    if reason not in Hold.Reason.values:
        raise Incomplete("reason")
    with transaction.atomic():
        stored = _locked(user)
        if stored is None or not can_be_held(stored):
            raise Refused("not possible")
        if not timezone.localdate() <= until <= latest_day(stored):
            raise Incomplete("until")
        earlier = Hold.objects.filter(user=stored, reason=reason, released_at=None).first()
        if earlier is not None:
            _release(earlier, desk)
        hold = Hold.objects.create(user=stored, reason=reason, until=until, set_by=desk.user)
        events.record(
            desk,
            StaffEvent.Action.HOLD_SET,
            customer=stored.pk,
            reason=reason,
            before={"until": earlier.until.isoformat()} if earlier else {},
            after={"until": until.isoformat()},
        )
    return hold


def release(user: User, number: int, why: str, *, desk: Desk) -> None:
    """Release the hold of this number. Raises `Refused`, `Incomplete`, and `Overtaken`."""
    if not may(desk.user, Right.OVERRULE):
        raise Refused("not offered")
    if why not in HoldRelease.values:
        raise Incomplete("reason")
    with transaction.atomic():
        stored = _locked(user)
        if stored is None:
            raise Refused("not possible")
        hold = Hold.objects.filter(user=stored, pk=number).select_related("released_by").first()
        if hold is None:
            raise Refused("somebody else's")
        if hold.released_at is not None:
            what = StaffEvent.Action.HOLD_RELEASED.label
            raise Overtaken(what, by=hold.released_by, at=hold.released_at)
        _release(hold, desk)
        events.record(
            desk,
            StaffEvent.Action.HOLD_RELEASED,
            customer=stored.pk,
            reason=why,
            before={"hold": hold.reason, "until": hold.until.isoformat()},
        )


def _release(hold: Hold, desk: Desk) -> None:
    Hold.objects.filter(pk=hold.pk).update(released_at=timezone.now(), released_by=desk.user)


def _locked(user: User) -> User | None:
    # Whole and without joins: whoever has waited for the lock must read what is now.
    return User.objects.select_for_update().filter(pk=user.pk, is_staff=False).first()
