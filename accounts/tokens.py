"""Make and read the signed token of an activation link."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import User

SALT = "accounts.activation"


class InvalidTokenError(Exception):
    """The token is broken, or made for something else, or signed with another key."""


@dataclass(frozen=True)
class ActivationToken:
    """What a genuine token says; whether it still counts is for the service to decide."""

    attempt: UUID
    serial: int
    fingerprint: str
    is_expired: bool

    def matches(self, user: User) -> bool:
        """Tell whether this is the newest link for the user's present address and password."""
        return self.serial == user.link_serial and constant_time_compare(
            self.fingerprint, _fingerprint(user)
        )


def make(user: User, serial: int) -> str:
    """Return the token for link number `serial` of a pending user, valid from now.

    Made again for the same number, it is just as good: a mail that is delivered twice carries
    two working links.
    """
    assert user.attempt is not None
    value = f"{user.attempt.hex}.{serial}.{_fingerprint(user)}"
    return signing.TimestampSigner(salt=SALT).sign(value).replace(":", "~")


def read(token: str) -> ActivationToken:
    """Return what the token says. Raises `InvalidTokenError`."""
    signer = signing.TimestampSigner(salt=SALT)
    signed = token.replace("~", ":")
    try:
        value = signer.unsign(signed)
        attempt, serial, fingerprint = value.split(".")
        parsed = UUID(hex=attempt), int(serial)
    except (signing.BadSignature, ValueError) as error:
        raise InvalidTokenError from error
    try:
        signer.unsign(signed, max_age=timedelta(hours=settings.ACTIVATION_LINK_HOURS))
        is_expired = False
    except signing.SignatureExpired:
        is_expired = True
    return ActivationToken(*parsed, fingerprint, is_expired)


def _fingerprint(user: User) -> str:
    """Return a digest that changes with the address or the password."""
    return salted_hmac(SALT, f"{user.email_key}\0{user.password}", algorithm="sha256").hexdigest()[
        :24
    ]
