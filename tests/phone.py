"""Hold a phone with an authenticator app, as the owner of an account does."""

import hashlib
import hmac
import struct
from base64 import b32decode
from collections.abc import Iterator
from contextlib import contextmanager
from time import time
from unittest import mock

from accounts.models import User
from accounts.totp import services

STEP = 30
OTHER_KEYS = [
    "another-key-of-seeds-which-is-right-but-opens-nothing-here-0123456789-abcdefghijklmnop"
]


class Phone:
    """An app that was given a key, as text: RFC 6238 by the standard library alone."""

    def __init__(self, key: str) -> None:
        self.seed = b32decode(key.replace(" ", ""))

    def code(self, steps: int = 0, *, at: float | None = None) -> str:
        """Return the digits of now, or of so many steps later; earlier ones are negative."""
        counter = int(clock() if at is None else at) // STEP + steps
        digest = hmac.digest(self.seed, struct.pack(">Q", counter), "sha1")
        start = digest[-1] & 0xF
        number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
        return f"{number % 10**6:06}"

    def wrong_code(self) -> str:
        """Return digits that the app shows in none of the steps around now."""
        near = {self.code(steps) for steps in range(-3, 4)}
        return next(each for each in ("000000", "111111", "222222", "333333") if each not in near)


_stopped: list[float] = []


def clock() -> float:
    """Return the time of the phone, which is that of the site."""
    return _stopped[-1] if _stopped else time()


@contextmanager
def stopped_clock() -> Iterator[None]:
    """Hold the site and the phones at the middle of a step: none ends within a test."""
    _stopped.append(time() // STEP * STEP + STEP / 2)
    try:
        with mock.patch("accounts.models.authenticator.time", clock):
            yield
    finally:
        _stopped.pop()


def pass_time(steps: int) -> None:
    """Let steps pass on the clock that was stopped."""
    _stopped[-1] += steps * STEP


def turned_on(user: User) -> tuple[Phone, list[str]]:
    """Turn the app on by its service, three steps ago; return the phone and the recovery codes."""
    proposal = services.propose(user)
    phone = Phone(proposal.key)
    pass_time(-3)
    made = services.turn_on(user, proposal.sealed, phone.code())
    pass_time(3)
    assert isinstance(made, list)
    return phone, made


def digest_of(code: str) -> bytes:
    """Return what is kept of a recovery code, before it is sealed."""
    return hashlib.sha256(code.encode()).digest()
