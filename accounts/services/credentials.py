"""Set passwords anew for who changes one or forgot it, and ask again who is signed in.

None of it tells who has an account.
"""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from accounts import passwords
from accounts.limits import Limit, count_all, note_refusal
from accounts.mail import outbox
from accounts.models import AccountEvent, OutboxMessage, User
from accounts.services import allowance, events
from accounts.services.allowance import Purpose
from accounts.values import email as email_address
from accounts.values.visit import NOBODY, Visit
from kantor.serving import security_log
from kantor.serving.security_log import Event
from kantor.serving.sessions import end_sessions_of

# Whoever finds a browser signed in must not find out the password there, at whichever page.
PASSWORD_CHANGES = Limit("password-change", times=5, window=timedelta(minutes=15), must_last=True)
# What one network may cost us, whatever addresses it names: a row a request.
NETWORK_RESETS = Limit("network-reset", times=60, window=timedelta(hours=1))


def request_password_reset(
    email: str, language: str, network: str, *, is_acquaintance: bool = False
) -> None:
    """Owe this address a mail; which one, if any, is decided when it is delivered.

    The same statements run for every address. Limits are silent: more requests, same answer.
    `is_acquaintance` says that the account was opened in this browser before: strangers use up
    nothing of what is left for it.
    """
    key = email_address.normalise(email)
    if not NETWORK_RESETS.hit(network):
        return
    if not allowance.ask(Purpose.ACQUAINTANCE if is_acquaintance else Purpose.RESET, key):
        outbox.put_to_address(OutboxMessage.Kind.PASSWORD_RESET, email, language)


def owe_password_reset(user: User) -> timedelta:
    """Owe the owner of an account the mail with a link to a new password, as staff ask for it.

    Returns zero, or how long the address has to wait: within the limits of an acquaintance, so what
    strangers asked for does not keep staff from helping. Call it in a transaction.
    """
    wait = allowance.ask(Purpose.ACQUAINTANCE, user.email_key)
    if not wait:
        outbox.put(OutboxMessage.Kind.PASSWORD_RESET, user)
    return wait


def proves_owner(user: User, password: str, *, visit: Visit = NOBODY) -> bool | None:
    """Tell whether who is signed in knows the password; None when the tries are used up.

    Counted before the hash is computed, for the account, at every page that asks for the password
    again; a right one clears the count. A barred password proves nothing. The owner is told when
    the last try is wrong as well. Never call it in a transaction: a count that is rolled back is
    none. Raises `HashingBusyError` before anything is counted.
    """
    with passwords.turn():
        (tried,) = count_all((PASSWORD_CHANGES,), str(user.pk))
        if tried > PASSWORD_CHANGES.times:
            note_refusal(PASSWORD_CHANGES.name)
            return None
        if not user.check_password(password) or user.password_barred_at is not None:
            security_log.note(Event.CONFIRMATION_REFUSED, account=user.pk)
            if tried == PASSWORD_CHANGES.times:
                events.tell_daily(user, AccountEvent.Kind.FAILED_CONFIRMATIONS, visit=visit)
            return False
        PASSWORD_CHANGES.clear(str(user.pk))
        return True


def change_password(
    user: User, password: str, *, visit: Visit = NOBODY, is_reset: bool = False
) -> bool:
    """Set a new password and owe its owner the notice, both or neither; tell whether it was set.

    Of two changes that began from the same password one wins; a closed account has none. All
    sessions of the account are deleted and its known browsers forgotten, and a change of the
    e-mail address that waits is given up; the session that made the change goes on, and stays
    known, if its view sees to both. `is_reset` says that the mailbox was
    proved, which opens a barred account again. The hash is computed before the transaction, which
    holds SQLite's only write lock.
    """
    sealed = passwords.hash_password(password)
    kind = AccountEvent.Kind.PASSWORD_RESET if is_reset else AccountEvent.Kind.PASSWORD_CHANGED
    values: dict[str, Any] = {"password": sealed, "access_serial": F("access_serial") + 1}
    if is_reset:
        values["password_barred_at"] = None
    present = User.objects.filter(pk=user.pk, password=user.password, is_active=True)
    if not is_reset:
        # Whoever was let in before "It was not me" ended that must not go on by a new password.
        present = present.filter(access_serial=user.access_serial)
    with transaction.atomic():
        changed = present.update(**values)
        if changed:
            end_sessions_of(user.pk)
            # Who knew the old password may have asked for it, and waits at a mailbox of his own.
            user.email_changes.cancel()
            event = events.record(user, kind, visit=visit)
            outbox.put(OutboxMessage.Kind.PASSWORD_CHANGED, user, about=event)
    return bool(changed)
