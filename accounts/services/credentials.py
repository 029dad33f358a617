"""Judge who signs in, and set passwords anew for who changes one or forgot it.

None of it tells who has an account.
"""

from datetime import timedelta
from enum import Enum

from django.db import transaction
from django.db.models import F

from accounts import passwords
from accounts.limits import Limit
from accounts.mail import outbox
from accounts.models import OutboxMessage, User
from accounts.services import allowance
from accounts.services.allowance import Purpose
from accounts.values import email as email_address

FAILED_SIGN_INS = Limit("sign-in", times=5, window=timedelta(minutes=5))
# What one network may cost us, whatever addresses it names: two hashes a try, a row a request.
NETWORK_SIGN_INS = Limit("network-sign-in", times=100, window=timedelta(minutes=5))
# Whoever finds a browser signed in must not find out the password there.
PASSWORD_CHANGES = Limit("password-change", times=5, window=timedelta(minutes=15))
NETWORK_RESETS = Limit("network-reset", times=60, window=timedelta(hours=1))


# The activated account of an address, and the newest pending one.
CANDIDATES = 2


class SignIn(Enum):
    """What a try to sign in came to."""

    OPEN = "open"
    PENDING = "pending"  # the right password of an account whose link is still to be used
    REFUSED = "refused"
    TOO_OFTEN = "too often"


def sign_in(email: str, password: str, network: str) -> tuple[SignIn, User | None]:
    """Judge a try to sign in, at whichever door; with the right password, say whose account it is.

    Counted before the hash is computed, for the network and for each address and network together,
    so nobody locks somebody else out from elsewhere. The tries are forgotten when an account is
    opened, not for a pending one: an account that a stranger made for this address must not buy him
    more guesses at its owner's. Nothing is written but the counters; opening a session is the
    caller's.
    """
    subject = _tries_of(email, network)
    if not (NETWORK_SIGN_INS.hit(network) and FAILED_SIGN_INS.hit(subject)):
        return SignIn.TOO_OFTEN, None
    user = find_by_credentials(email, password)
    if user is not None and user.is_active:
        FAILED_SIGN_INS.clear(subject)
        return SignIn.OPEN, user
    if user is not None and user.is_pending:
        return SignIn.PENDING, user
    return SignIn.REFUSED, None


def forget_tries(email: str, network: str) -> None:
    """Let whoever has just set a new password use it, however often he had tried old ones."""
    FAILED_SIGN_INS.clear(_tries_of(email, network))


def find_by_credentials(email: str, password: str) -> User | None:
    """Return the account of this address that this password opens, whatever its state.

    Looked at are the activated account, if there is one, and the newest pending one, never a
    second pending one in the other's place: a stranger who registers somebody's address once or
    twice and signs in with his own passwords must be told the same whether its owner is a
    customer or not. Whoever is not let in has cost two hashes, so time tells nothing either.
    """
    rows = list(
        User.objects.filter(email_key=email_address.normalise(email)).order_by(
            F("activated_at").desc(nulls_last=True),
            # What staff closed before its activation opens nothing and hides nothing.
            F("suspended_at").asc(nulls_first=True),
            "-created_at",
        )[:CANDIDATES]
    )
    candidates = [user for user in rows if user.activated_at is not None]
    candidates += [user for user in rows if user.activated_at is None][:1]
    found = None
    for user in candidates:
        if user.check_password(password):
            if user.is_active:
                return user
            found = found or user
    for _missing in range(CANDIDATES - len(candidates)):
        User().set_password(password)
    return found


def request_password_reset(email: str, language: str, network: str) -> None:
    """Owe this address a mail; which one, if any, is decided when it is delivered.

    The same statements run for every address. Limits are silent: more requests, same answer.
    """
    key = email_address.normalise(email)
    if not NETWORK_RESETS.hit(network):
        return
    if not allowance.ask(Purpose.RESET, key):
        outbox.put_to_address(OutboxMessage.Kind.PASSWORD_RESET, email, language)


def change_password(user: User, password: str) -> bool:
    """Set a new password and owe its owner the notice, both or neither; tell whether it was set.

    Of two changes that began from the same password one wins; a closed account has none. The
    hash is computed before the transaction, which holds SQLite's only write lock.
    """
    sealed = passwords.hash_password(password)
    with transaction.atomic():
        changed = User.objects.filter(pk=user.pk, password=user.password, is_active=True).update(
            password=sealed
        )
        if changed:
            outbox.put(OutboxMessage.Kind.PASSWORD_CHANGED, user)
    return bool(changed)


def _tries_of(email: str, network: str) -> str:
    """Return what `FAILED_SIGN_INS` counts: an address, however spelled, tried from a network."""
    return f"{email_address.normalise(email)} {network}"
