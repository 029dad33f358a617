"""Look after the ways in which staff sign in: the last one stays, and a lost one is reset."""

from django.db import transaction

from accounts.desk import events as audit
from accounts.desk.events import Desk
from accounts.models import AccountEvent, Passkey, StaffEvent, User
from accounts.passkeys import services as passkeys
from accounts.services import events, sessions
from accounts.totp import services as totp


class LastMethod(Exception):  # noqa: N818  what it is, not an error of the program
    """It is the only method of this account: without it nobody would get in."""


def has_any(user: User) -> bool:
    """Tell whether this account has a passkey or an authenticator app."""
    return totp.is_on(user) or user.passkeys.exists()


def remove_passkey(user: User, pk: int) -> Passkey | None:
    """Remove a passkey of this account and return it. Raises `LastMethod`.

    Parallel calls wait for each other at the account's row: one method is left in any case.
    """
    with transaction.atomic():
        _lock(user)
        if not totp.is_on(user) and not user.passkeys.exclude(pk=pk).exists():
            raise LastMethod
        return passkeys.remove(user, pk)


def turn_off_app(user: User) -> bool:
    """Turn off the app of this account and tell whether it was on. Raises `LastMethod`."""
    with transaction.atomic():
        _lock(user)
        if not user.passkeys.exists():
            raise LastMethod
        return totp.turn_off(user)


def reset(user: User, desk: Desk | None = None, *, reason: str = "") -> None:
    """Take every method from an account of staff, end its sessions, and tell its owner by mail.

    Nothing opens the account then but a new invitation. Without a `desk` it is the operator's
    command. All or nothing.
    """
    with transaction.atomic():
        _lock(user)
        taken = {"totp": int(totp.reset(user)), "passkeys": user.passkeys.count()}
        user.passkeys.all().delete()
        sessions.close_access(user)
        for method in ["totp"] * taken["totp"] + ["passkey"] * taken["passkeys"]:
            events.tell(user, AccountEvent.Kind.METHOD_REMOVED, method=method)
        action = StaffEvent.Action.FACTOR_RESET
        if desk is None:
            audit.record_unattended(action, customer=user.pk, after=taken)
        else:
            audit.record(desk, action, customer=user.pk, reason=reason, before=taken)


def _lock(user: User) -> None:
    User.objects.select_for_update(no_key=True).only("pk").get(pk=user.pk)
