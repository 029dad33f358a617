"""Begin, follow and end what an account is signed in with.

Which sessions go on is told by the table of sessions (`kantor.serving.sessions`) and by nothing
else; a row of `AccountSession` says what its owner and staff may know of one, and stays after it.
"""

import hashlib
from datetime import datetime

from django.db import transaction
from django.db.models import F

from accounts.mail import outbox
from accounts.models import AccountEvent, AccountSession, OutboxMessage, User
from accounts.services import events
from accounts.values.visit import NOBODY, Visit
from kantor.serving.sessions import end_session, end_sessions_of, keys_of


def is_still_in(user: User) -> bool:
    """Tell whether what a request was let in by still stands; locks the account's row.

    `user` is as the request found him. False for an account that is not open any more, and after a
    new password, "It was not me" or whatever else closed the access meanwhile.
    """
    let_in = User.objects.filter(pk=user.pk, is_active=True, access_serial=user.access_serial)
    return let_in.select_for_update(no_key=True).exists()


def hash_of(key: str) -> str:
    """Return what is remembered of a session's key."""
    return hashlib.sha256(key.encode()).hexdigest()


def begin(user: User, key: str, *, visit: Visit, how: str, at: datetime) -> None:
    """Remember a session that goes on from now; one INSERT, nothing for one that is known."""
    AccountSession.objects.bulk_create(
        [
            AccountSession(
                user=user,
                session_hash=hash_of(key),
                browser=visit.browser,
                system=visit.system,
                network_shown=visit.network_shown,
                how=how,
                began_at=at,
                seen_at=at,
            )
        ],
        ignore_conflicts=True,
    )


def sign_in(
    user: User, key: str, *, visit: Visit, how: AccountSession.How, at: datetime, is_known: bool
) -> None:
    """Remember that an account was opened, and owe its owner a mail if the browser is new to it.

    All or nothing. `is_known` is false for a browser that this account was never opened in.
    """
    with transaction.atomic():
        begin(user, key, visit=visit, how=how, at=at)
        event = events.record(user, AccountEvent.Kind.SIGNED_IN, visit=visit, how=how.value)
        if not is_known:
            outbox.put(OutboxMessage.Kind.NEW_BROWSER, user, about=event)


def see(key: str, at: datetime) -> None:
    """Remember when the session was used last; one UPDATE."""
    AccountSession.objects.filter(session_hash=hash_of(key), seen_at__lt=at).update(seen_at=at)


def rename(old: str, new: str) -> None:
    """Follow a session that goes on under a new key; one UPDATE."""
    AccountSession.objects.filter(session_hash=hash_of(old)).update(session_hash=hash_of(new))


def live(user: User, *, begun_after: datetime, seen_after: datetime) -> list[AccountSession]:
    """Return the sessions of this account that may go on, as far as that is written down.

    The one that was used last comes first. Two statements.
    """
    hashes = [hash_of(key) for key in keys_of(user.pk)]
    return list(
        user.sessions.filter(
            session_hash__in=hashes, began_at__gt=begun_after, seen_at__gt=seen_after
        )
    )


def end(user: User, pk: int, *, visit: Visit) -> bool:
    """End one session of this account by the number of its row; tell whether it went on.

    A request that is at work in it saves nothing any more. Of two simultaneous calls one ends it.
    """
    wanted = user.sessions.filter(pk=pk).values_list("session_hash", flat=True).first()
    key = next((key for key in keys_of(user.pk) if hash_of(key) == wanted), None)
    if key is None:
        return False
    with transaction.atomic():
        ended = end_session(key)
        if ended:
            events.record(user, AccountEvent.Kind.SESSION_ENDED, visit=visit)
    return ended


def end_others(user: User, key: str | None, *, visit: Visit) -> int:
    """End all sessions of this account but the one of this key; return how many there were."""
    with transaction.atomic():
        ended = end_sessions_of(user.pk, but=key)
        if ended:
            events.record(user, AccountEvent.Kind.OTHER_SESSIONS_ENDED, visit=visit)
    return ended


def end_all(user: User) -> int:
    """End all sessions of this account, as staff do it; return how many there were.

    The owner reads of it among the events of his account, without whose browser it was.
    """
    return end_others(user, None, visit=NOBODY)


def close_access(user: User) -> None:
    """End all sessions of this account for good and forget its known browsers.

    Call it in the transaction of what closes the account. The rows are deleted; one that a
    simultaneous sign-in is just writing is void by its number. The account's own row is updated
    first: whoever signs in meanwhile waits for it, or has the old number.
    """
    User.objects.filter(pk=user.pk).update(access_serial=F("access_serial") + 1)
    end_sessions_of(user.pk)
