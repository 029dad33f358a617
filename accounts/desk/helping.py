"""Help a customer who cannot get in: send the activation link or the reset mail, end sessions.

Each act is written down in the transaction in which it happens, and returns nothing, or in words
why it was not done. For support, reviewers and officers; `Refused` is raised for anybody else.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.timezone import localtime
from django.utils.translation import gettext

from accounts.desk import events
from accounts.desk.decisions import Incomplete, Refused
from accounts.desk.events import Desk
from accounts.desk.reasons import Override
from accounts.desk.roles import Right, may
from accounts.limits import Limit
from accounts.models import AccountSession, StaffEvent, User
from accounts.services import credentials, registration, sessions
from accounts.services.allowance import Purpose, wait
from accounts.sessions.lifetime import lifetime_of
from accounts.sessions.watch import WRITTEN_EVERY
from accounts.values.visit import NOBODY

# A second click is no second decision to go beyond the limits.
OVERRIDES = Limit("desk-link-override", times=1, window=timedelta(minutes=1))


@dataclass(frozen=True)
class Offer:
    """What this person can do for this customer now."""

    is_pending: bool
    is_open: bool
    # From when the next mail can go; empty when it can go now.
    mail_from: str = ""
    # The link can be sent before that time, with a reason.
    overrides: bool = False
    sessions: list[AccountSession] = field(default_factory=list)


def offer(user: User, by: User) -> Offer | None:
    """Return what can be done for this customer; None for who helps nobody.

    At most three statements.
    """
    if not may(by, Right.HELP):
        return None
    waiting = timedelta(0)
    if user.is_pending or user.is_active:
        waiting = wait(Purpose.ACQUAINTANCE, user.email_key)
    return Offer(
        is_pending=user.is_pending,
        is_open=user.is_active,
        mail_from=_moment(waiting) if waiting else "",
        overrides=user.is_pending and bool(waiting) and may(by, Right.OVERRULE),
        sessions=_live(user) if user.is_active else [],
    )


def send_link(user: User, desk: Desk, *, reason: str = "") -> str | None:
    """Send a pending account a new link, in the customer's language; the older ones end.

    Within limits of their own: what strangers asked for must not keep staff from helping. With a
    `reason` (`Override`) an officer goes beyond them; then the reason is in the audit. Raises
    `Refused` for a reason that does not exist or is somebody else's to give.
    """
    _require(desk)
    if reason and not (reason in Override.values and may(desk.user, Right.OVERRULE)):
        raise Refused("not offered")
    with transaction.atomic():
        if registration.resend_link(user, asked=Purpose.ACQUAINTANCE):
            events.record(desk, StaffEvent.Action.LINK_SENT, customer=user.pk)
            return None
        user.refresh_from_db(fields=["activated_at", "suspended_at"])
        if not user.is_pending:
            return gettext("the account does not wait for activation.")
        if reason and OVERRIDES.hit(str(user.pk)) and registration.resend_link(user, asked=None):
            events.record(desk, StaffEvent.Action.LINK_SENT, customer=user.pk, reason=reason)
            return None
    return gettext("a link was sent a while ago; the next one can go from %(time)s.") % {
        "time": _moment(wait(Purpose.ACQUAINTANCE, user.email_key))
    }


def override_link(user: User, desk: Desk, reason: str) -> str | None:
    """Send the link as `send_link` does, beyond its limits. Raises `Incomplete` without reason."""
    if may(desk.user, Right.OVERRULE) and not reason:
        raise Incomplete("reason")
    return send_link(user, desk, reason=reason)


def send_reset(user: User, desk: Desk) -> str | None:
    """Send the owner of an open account the site's own mail for a new password.

    Nobody at the desk sets or sees a password, and the second factor stays.
    """
    _require(desk)
    with transaction.atomic():
        user.refresh_from_db(fields=["activated_at", "suspended_at", "closed_at", "is_active"])
        if user.is_active:
            waiting = credentials.owe_password_reset(user)
            if not waiting:
                events.record(desk, StaffEvent.Action.RESET_SENT, customer=user.pk)
                return None
            words = gettext("an e-mail was sent a while ago; the next one can go from %(time)s.")
            return words % {"time": _moment(waiting)}
    if user.suspended_at is not None:
        return gettext("the account is suspended: a new password would open nothing.")
    if user.closed_at is not None:
        return gettext("its owner has closed the account.")
    return gettext("the account waits for activation: send the activation link.")


def end_session(user: User, pk: int, desk: Desk) -> str | None:
    """End one session of this customer by the number of its row; he reads of it in his account."""
    _require(desk)
    with transaction.atomic():
        if not sessions.end(user, pk, visit=NOBODY):
            return gettext("this session has ended already.")
        events.record(desk, StaffEvent.Action.SESSIONS_ENDED, customer=user.pk, after={"count": 1})
    return None


def end_sessions(user: User, desk: Desk) -> str | None:
    """Sign this customer out everywhere; he reads of it in his account."""
    _require(desk)
    with transaction.atomic():
        ended = sessions.end_all(user)
        if not ended:
            return gettext("nobody is signed in to it.")
        events.record(
            desk, StaffEvent.Action.SESSIONS_ENDED, customer=user.pk, after={"count": ended}
        )
    return None


def _require(desk: Desk) -> None:
    if not may(desk.user, Right.HELP):
        raise Refused("not offered")


def _live(user: User) -> list[AccountSession]:
    now, lifetime = timezone.now(), lifetime_of(user)
    return sessions.live(
        user,
        begun_after=now - lifetime.whole,
        seen_after=now - lifetime.idle - WRITTEN_EVERY,
    )


def _moment(waiting: timedelta) -> str:
    """Return when this time is over, rounded up to whole minutes, with the day unless it is today.

    A minute early would be a refusal.
    """
    now = localtime(timezone.now())
    then = (now + waiting).replace(second=0, microsecond=0) + timedelta(minutes=1)
    if then.date() == now.date():
        return time_format(then, "TIME_FORMAT")
    return date_format(then, "SHORT_DATETIME_FORMAT")
