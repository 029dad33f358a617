"""Let the owner of an account say, by the link of a mail, that a sign-in was not his."""

from datetime import datetime
from enum import Enum

from django.db import transaction
from django.utils import timezone

from accounts import disowning, signed_number
from accounts.models import AccountEvent, AuthenticatorApp, RecoveryCode, User
from accounts.services import events, sessions
from accounts.values.visit import Visit

# Told by the events of what is removed here, so that the page can say it.
_WHY = "disowned"


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
    except signed_number.InvalidTokenError:
        return LinkState.BROKEN, None
    event = AccountEvent.objects.select_related("user").filter(pk=pk).first()
    if event is None:  # forgotten after 90 days
        return LinkState.EXPIRED, None
    return _state(event, event.user), event


def disown(event: AccountEvent, *, visit: Visit) -> LinkState:
    """End all sessions of the account, forget its browsers and bar its password.

    Passkeys, an authenticator app and recovery codes made since that sign-in go as well: they may
    be of whoever signed in. Older ones stay. Returns how the link stands afterwards. Of any number
    of simultaneous calls one does it. What whoever signed in has changed meanwhile does not
    matter, his own new password neither: the mailbox alone leads on.
    """
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).get(pk=event.user_id)
        state = _state(event, user)
        if state is not LinkState.VALID:
            return state
        User.objects.filter(pk=user.pk).update(password_barred_at=timezone.now())
        # Whoever signed in must not come back by a mailbox of his own.
        user.email_changes.cancel()
        sessions.close_access(user)
        events.record(user, AccountEvent.Kind.DISOWNED, visit=visit)
        remove_since(user, event.at, visit=visit)
    return LinkState.BARRED


def removed_since(event: AccountEvent) -> set[str]:
    """Return which methods were removed because of this sign-in: passkey, totp, recovery_codes."""
    removed = event.user.events.filter(
        kind=AccountEvent.Kind.METHOD_REMOVED, at__gte=event.at, details__why=_WHY
    )
    return {each.details["method"] for each in removed}


def remove_since(user: User, moment: datetime, *, visit: Visit) -> None:
    """Remove the methods of this account that are not older, and record each.

    Call it in the transaction of what disowns them, the account's row locked.
    """
    for method in _remove_since(user, moment):
        events.record(user, AccountEvent.Kind.METHOD_REMOVED, visit=visit, method=method, why=_WHY)


def _remove_since(user: User, moment: datetime) -> list[str]:
    """Remove them; return one word for each."""
    _rows, passkeys = user.passkeys.filter(added_at__gte=moment).delete()
    methods = ["passkey"] * passkeys.get("accounts.Passkey", 0)
    # The app first, as everywhere: two calls must not wait for each other.
    apps, _kinds = AuthenticatorApp.objects.filter(user=user, created_at__gte=moment).delete()
    codes = RecoveryCode.objects.filter(user=user)
    if apps:
        codes.delete()
        methods.append("totp")
    elif codes.filter(created_at__gte=moment).delete()[0]:
        methods.append("recovery_codes")
    return methods


def _state(event: AccountEvent, user: User) -> LinkState:
    answers = (AccountEvent.Kind.DISOWNED, AccountEvent.Kind.PASSWORD_RESET)
    if user.events.filter(kind__in=answers, at__gte=event.at).exists():
        return LinkState.OVER if user.password_barred_at is None else LinkState.BARRED
    if timezone.now() >= event.at + disowning.LIFETIME:
        return LinkState.EXPIRED
    return LinkState.VALID
