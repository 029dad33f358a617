"""Bring a password into its one form and hash it."""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, local

from django.conf import settings
from django.contrib.auth import hashers
from django.contrib.auth.hashers import make_password

from kantor.serving import numbers

MIN_LENGTH = 8
MAX_LENGTH = 128
# NFKC shortens a text fourfold at most, so a longer one is over MAX_LENGTH afterwards too. Without
# this bound it costs the square of the length on a text that is one long run of accents.
MAX_RAW_LENGTH = 4 * MAX_LENGTH

# How long a request may wait for its turn to hash; afterwards its visitor is asked to come back.
WAIT_SECONDS = 5


class HashingBusyError(Exception):
    """All turns to hash were taken for `WAIT_SECONDS`."""


# Of this process: gunicorn's workers are forks, and each counts its own threads.
_turns = BoundedSemaphore(settings.HASHES_AT_ONCE)
_mine = local()


@contextmanager
def turn() -> Iterator[None]:
    """Hold a turn to hash; within it this thread hashes as often as it has to.

    Raises `HashingBusyError` after `WAIT_SECONDS`. What counts a try before it hashes takes its
    turn before it counts: a busy site must not use up anybody's tries.
    """
    if getattr(_mine, "is_held", False):
        yield
        return
    with numbers.HASH_WAIT.measured():
        is_mine = _turns.acquire(timeout=WAIT_SECONDS)
    if not is_mine:
        numbers.HASH_GIVEN_UP.add()
        raise HashingBusyError
    _mine.is_held = True
    try:
        yield
    finally:
        _mine.is_held = False
        _turns.release()


class Argon2PasswordHasher(hashers.Argon2PasswordHasher):
    """Hash by Argon2, at most `HASHES_AT_ONCE` at a time in this process.

    Each takes 100 MiB and a core for a quarter of a second; threads would pile them up until the
    machine has no memory left. `encode` and `verify` raise `HashingBusyError` after `WAIT_SECONDS`,
    whoever's password it is.
    """

    def encode(self, password: str, salt: str) -> str:
        """Hash it when it is this one's turn."""
        with turn(), numbers.HASH.measured():
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        """Compare it when it is this one's turn."""
        with turn(), numbers.HASH.measured():
            return super().verify(password, encoded)


def normalize(raw: str) -> str:
    """Return the NFKC form, so that one password typed on two systems is one password.

    A text that is too long to become a valid password is returned as it is: no stored hash is
    made of such a one.
    """
    return raw if len(raw) > MAX_RAW_LENGTH else unicodedata.normalize("NFKC", raw)


def hash_password(raw: str) -> str:
    """Hash the whole normalised password with the preferred hasher; a quarter second of CPU."""
    return make_password(normalize(raw))
