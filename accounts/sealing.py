"""Seal what proves who somebody is: who reads or writes the database alone gains nothing by it.

AES-256-SIV (RFC 5297) under the keys of `TOTP_KEYS`, newest first: the first one seals, every one
opens. It needs no random number that must never repeat, and the same secret is sealed alike, so a
sealed digest can be looked up. `accounts.models` says what is sealed.

The library is read when something is sealed: its 8 MiB serve no registration.
"""

import re
from base64 import urlsafe_b64decode
from contextlib import suppress
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

_HEXADECIMAL = re.compile("(?:[0-9a-f]{2})+")


class UnreadableError(Exception):
    """No key of `TOTP_KEYS` opens this: another key sealed it, or it was sealed for another use."""


def seal(secret: bytes, *about: str) -> str:
    """Return the secret sealed with the newest key, in hexadecimal digits.

    `about` says what the secret is and whose. It opens for the same words only, so a sealed secret
    that is copied to another account's row is worth nothing there.
    """
    return _sealed(_ciphers()[0], secret, about)


def seals(secret: bytes, *about: str) -> list[str]:
    """Return the secret as each key seals it, newest first: what a row that holds it may say."""
    return [_sealed(cipher, secret, about) for cipher in _ciphers()]


def unseal(sealed: str, *about: str) -> bytes:
    """Return the secret. Raises `UnreadableError`, also for what was never sealed."""
    from cryptography.exceptions import InvalidTag

    # Python reads hexadecimal digits with blanks among them too, which fit into no column.
    if _HEXADECIMAL.fullmatch(sealed):
        for cipher in _ciphers():
            with suppress(InvalidTag):
                return cipher.decrypt(bytes.fromhex(sealed), _words(about))
    raise UnreadableError


def _sealed(cipher: "AESSIV", secret: bytes, about: tuple[str, ...]) -> str:
    return cipher.encrypt(secret, _words(about)).hex()


def _words(about: tuple[str, ...]) -> list[bytes]:
    return [word.encode() for word in about]


def _ciphers() -> "list[AESSIV]":
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

    # The padding that secrets.token_urlsafe leaves out.
    return [AESSIV(urlsafe_b64decode(f"{key}==")) for key in settings.TOTP_KEYS]
