"""Let the owner of an account say, by the link of a mail, that a sign-in was not his."""

from enum import Enum

from django.db import transaction
from django.utils import timezone

from accounts import disowning
from accounts.models import AccountEvent, User
from accounts.services import events, sessions
from accounts.values.visit import Visit


class LinkState(Enum):
    """What such a link is good for now."""

    VALID = "valid"
    BARRED = "barred"  # the password is barred already, by this link or another
    OVER = "over"  # the owner has set a new password by e-mail since that sign-in
    EXPIRED = "expired"
    BROKEN = "broken"


def examine(token: str) -> tuple[LinkState, AccountEvent | None]:
    """Tell what this link is good for and which sign-in it is about; changes nothing."""
    try:
        pk = disowning.read(token)
    except disowning.InvalidTokenError:
        return LinkState.BROKEN, None
    event = AccountEvent.objects.select_related("user").filter(pk=pk).first()
    if event is None:  # forgotten after 90 days
        return LinkState.EXPIRED, None
    return _state(event, event.user), event


def disown(event: AccountEvent, *, visit: Visit) -> LinkState:
    """End all sessions of the account, forget its browsers and bar its password.

    Returns how the link stands afterwards. Of any number of simultaneous calls one does it. What
    whoever signed in has changed meanwhile does not matter, his own new password neither: the
    mailbox alone leads on.
    """
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=event.user_id)
        state = _state(event, user)
        if state is not LinkState.VALID:
            return state
        User.objects.filter(pk=user.pk).update(password_barred_at=timezone.now())
        sessions.close_access(user)
        events.record(user, AccountEvent.Kind.DISOWNED, visit=visit)
    return LinkState.BARRED


def _state(event: AccountEvent, user: User) -> LinkState:
    answers = (AccountEvent.Kind.DISOWNED, AccountEvent.Kind.PASSWORD_RESET)
    if user.events.filter(kind__in=answers, at__gte=event.at).exists():
        return LinkState.OVER if user.password_barred_at is None else LinkState.BARRED
    if timezone.now() >= event.at + disowning.LIFETIME:
        return LinkState.EXPIRED
    return LinkState.VALID
