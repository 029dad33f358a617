"""A password hasher that costs nothing and counts its calls."""

from typing import ClassVar

from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection


class CountingHasher(MD5PasswordHasher):
    """Hash by MD5, so that the deliberate cost of a real hasher does not hide everything else.

    `calls` counts every hash that was made, to store or to check one; `in_transaction` those of
    them made while a transaction held its locks, which a real hasher would hold for a quarter of
    a second.
    """

    calls: ClassVar[int] = 0
    in_transaction: ClassVar[int] = 0

    def encode(self, password: str, salt: str) -> str:
        """Hash as the parent does, and remember that it happened."""
        CountingHasher.calls += 1
        CountingHasher.in_transaction += connection.in_atomic_block
        return super().encode(password, salt)
