"""Make and read the signed token of an activation link."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts import signed_number
from accounts.models import User
from kantor.serving import security_log
from kantor.serving.security_log import Event

SALT = "accounts.activation"
HALF = 12  # hexadecimal digits of each of the two digests in a token

# What a token looks like, from its first character to its last: attempt, serial and fingerprint,
# the time, and the signature, whose 43 characters say where it ends.
SHAPE = (
    rf"[0-9a-f]{{32}}\.[0-9]{{1,9}}\.[0-9a-f]{{{2 * HALF}}}~[0-9A-Za-z]{{1,9}}~[0-9A-Za-z_-]{{43}}"
)


@dataclass(frozen=True)
class ActivationToken:
    """What a genuine token says; whether it still counts is for the service to decide."""

    attempt: UUID
    serial: int
    fingerprint: str
    is_expired: bool

    def is_about(self, user: User) -> bool:
        """Tell whether the link was sent to the user's present address."""
        return any(
            constant_time_compare(self.fingerprint[:HALF], address)
            for address, _password in _fingerprints(user)
        )

    def matches(self, user: User) -> bool:
        """Tell whether this is the newest link for the user's present address and password."""
        return self.serial == user.link_serial and any(
            constant_time_compare(self.fingerprint, address + password)
            for address, password in _fingerprints(user)
        )


def make(user: User, serial: int) -> str:
    """Return the token for link number `serial` of a pending user, valid from now.

    Made again for the same number, it is just as good: a mail that is delivered twice carries
    two working links.
    """
    assert user.attempt is not None
    address, password = next(_fingerprints(user))
    value = f"{user.attempt.hex}.{serial}.{address}{password}"
    return signing.TimestampSigner(salt=SALT).sign(value).replace(":", "~")


def read(token: str) -> ActivationToken:
    """Return what the token says. Raises `signed_number.InvalidTokenError`."""
    signer = signing.TimestampSigner(salt=SALT)
    signed = token.replace("~", ":")
    try:
        value = signer.unsign(signed)
        attempt, serial, fingerprint = value.split(".")
        parsed = UUID(hex=attempt), int(serial)
    except (signing.BadSignature, ValueError) as error:
        security_log.note(Event.LINK_FORGED)
        raise signed_number.InvalidTokenError from error
    try:
        signer.unsign(signed, max_age=timedelta(hours=settings.ACTIVATION_LINK_HOURS))
        is_expired = False
    except signing.SignatureExpired:
        is_expired = True
    return ActivationToken(*parsed, fingerprint, is_expired)


def _fingerprints(user: User) -> Iterator[tuple[str, str]]:
    """Yield a digest of the address and one of the password, by each key of the site.

    They tell a change, they prove nothing: the signature does.
    """
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        address, password = (
            salted_hmac(SALT, text, secret=key, algorithm="sha256").hexdigest()[:HALF]
            for text in (user.email_key, f"{user.email_key}\0{user.password}")
        )
        yield address, password
