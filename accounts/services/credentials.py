"""Help people who forgot their password, without telling who has an account."""

from datetime import timedelta

from accounts.limits import Limit
from accounts.mail import outbox
from accounts.models import OutboxMessage, User
from accounts.values import email as email_address

RESET_PAUSE = Limit("reset-pause", times=1, window=timedelta(minutes=3))
RESETS_A_DAY = Limit("reset-day", times=10, window=timedelta(days=1))
FAILED_SIGN_INS = Limit("sign-in", times=5, window=timedelta(minutes=5))


def request_password_reset(email: str, language: str) -> None:
    """Owe this address a mail; which one, if any, is decided when it is delivered.

    The same statements run for every address. Limits are silent: more requests, same answer.
    """
    key = email_address.normalise(email)
    if RESET_PAUSE.hit(key) and RESETS_A_DAY.hit(key):
        outbox.put_to_address(OutboxMessage.Kind.PASSWORD_RESET, email, language)


def report_password_change(user: User) -> None:
    """Tell the owner that the password of the account was changed."""
    outbox.put(OutboxMessage.Kind.PASSWORD_CHANGED, user)
