"""Set passwords anew, for who changes one or forgot it, without telling who has an account."""

from datetime import timedelta

from django.db import transaction

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


def sign_in_subject(email: str, network: str) -> str:
    """Return what `FAILED_SIGN_INS` counts: an address, however spelled, tried from a network."""
    return f"{email_address.normalise(email)} {network}"
