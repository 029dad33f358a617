"""Open a pending account for the person who registered it, once."""

from datetime import datetime, timedelta
from enum import Enum

from django.contrib.auth.hashers import check_password
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts import passwords, signed_number, tokens
from accounts.limits import Limit
from accounts.mail import outbox
from accounts.models import OutboxMessage, User
from accounts.services import panel
from kantor.serving import sql

PASSWORD_TRIES = Limit("activation-password", times=5, window=timedelta(minutes=15), must_last=True)
# What one network may cost us, whatever links it holds: a hash a try.
NETWORK_TRIES = Limit("network-activation-password", times=30, window=timedelta(minutes=15))


class LinkState(Enum):
    """What an activation link is good for now."""

    VALID = "valid"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    MOVED = "moved"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    BROKEN = "broken"


def examine(token: str) -> tuple[LinkState, User | None]:
    """Tell what this token is good for and whose it is; changes nothing. One SELECT.

    An account that was purged, refused or closed by its owner leaves a broken link. A link to an
    address that was corrected since is MOVED, whatever became of the account: its reader is
    somebody else.
    """
    try:
        parsed = tokens.read(token)
    except signed_number.InvalidTokenError:
        return LinkState.BROKEN, None
    found = sql.read(
        User,
        f"""
        SELECT {sql.columns(User, "account")}, EXISTS(
            SELECT 1 FROM accounts_user AS rival
            WHERE rival.email_key = account.email_key AND rival.id <> account.id
                AND rival.activated_at IS NULL AND rival.suspended_at IS NULL
        ) AS has_rivals
        FROM accounts_user AS account WHERE account.attempt = %s
        """,  # noqa: S608  names of ours, and placeholders
        [sql.stored_id(parsed.attempt)],
    )
    user = found[0] if found else None
    if user is None or user.closed_at is not None:
        return LinkState.BROKEN, None
    if not parsed.is_about(user):
        return LinkState.MOVED, user
    if user.suspended_at is not None:
        return LinkState.SUSPENDED, user
    if user.activated_at is not None:
        return LinkState.ACTIVE, user
    if not parsed.matches(user):
        return LinkState.SUPERSEDED, user
    return (LinkState.EXPIRED if parsed.is_expired else LinkState.VALID), user


def activate(user: User) -> LinkState:
    """Open this pending account by one conditional UPDATE and tell how it stands afterwards.

    Of any number of parallel calls one wins: it writes the welcome mail and deletes the other
    pending accounts of the address; one that is registered after `examine` has looked stays, and
    its link leads to the account that is active by then. Another account of the same address that
    was activated first leaves this one pending; the answer is then ACTIVE as well, for its owner
    has one.
    Whatever else happened since the link was examined is the answer: SUPERSEDED, SUSPENDED, or
    BROKEN for an account that is gone.
    """
    now = timezone.now()
    try:
        with transaction.atomic():
            # All in one order before any is changed: two links of one address, opened at the
            # same moment, would otherwise wait for each other until PostgreSQL ends one of them.
            pending = _lock_pending(user.email_key) if getattr(user, "has_rivals", True) else []
            opened = _open(user, now)
            if opened:
                others = [pk for pk in pending if pk != user.pk]
                # Only when there are any: deleting costs a statement for each table.
                if others:
                    User.objects.filter(pk__in=others).delete()
                outbox.put(OutboxMessage.Kind.WELCOME, user)
    except IntegrityError:
        return LinkState.ACTIVE
    if opened:
        user.activated_at, user.is_active = now, True
        return LinkState.ACTIVE
    try:
        user.refresh_from_db()
    except User.DoesNotExist:
        return LinkState.BROKEN
    if user.suspended_at is not None:
        return LinkState.SUSPENDED
    return LinkState.SUPERSEDED if user.activated_at is None else LinkState.ACTIVE


def _open(user: User, now: datetime) -> bool:
    """Open the account if it is as it was examined; tell whether it was. One UPDATE."""
    moments = {"activated_at": now, "waiting_since": now, **panel.promise(now)}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE accounts_user
            SET is_active = %s, {", ".join(f"{column} = %s" for column in moments)}
            WHERE id = %s AND activated_at IS NULL AND suspended_at IS NULL
                AND link_serial = %s AND password = %s
            """,  # noqa: S608  names of ours, and placeholders
            [True, *map(sql.stored, moments.values()), user.pk, user.link_serial, user.password],
        )
        return bool(cursor.rowcount)


def _lock_pending(email_key: str) -> list[int]:
    pending = User.objects.select_for_update().filter(
        email_key=email_key, activated_at=None, suspended_at=None
    )
    return list(pending.order_by("pk").values_list("pk", flat=True))


def proves_registrant(user: User, password: str, network: str) -> bool | None:
    """Tell whether the reader of the link knows the password; None when the tries are used up.

    The try is counted before the hash is computed, so parallel guesses cannot outrun the limits:
    one for the account, wherever the guesses come from, and one for the network. A right
    password clears the account's alone. Raises `HashingBusyError` before anything is counted.
    """
    with passwords.turn():
        subject = str(user.pk)
        if not (NETWORK_TRIES.hit(network) and PASSWORD_TRIES.hit(subject)):
            return None
        if not check_password(passwords.normalize(password), user.password):
            return False
        PASSWORD_TRIES.clear(subject)
        return True


def wait_for_try(user: User, network: str) -> timedelta:
    """Return how long this reader has to wait for another try of the password; zero when none."""
    return max(NETWORK_TRIES.wait(network), PASSWORD_TRIES.wait(str(user.pk)))


def refuse(user: User) -> bool:
    """Delete a pending account that the owner of the address did not register.

    Its unsent mails go with it. Tells whether there was anything to delete.
    """
    with transaction.atomic():
        # Locked first: deleting selects before it deletes, and an activation in between would
        # lose its account.
        pending = (
            User.objects.select_for_update()
            .filter(pk=user.pk, activated_at=None, suspended_at=None)
            .first()
        )
        if pending is None:
            return False
        pending.delete()
    return True
