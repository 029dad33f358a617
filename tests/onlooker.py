"""See what an onlooker can compare: bytes, headers, cookies, statements and hashes."""

import re
from collections.abc import Callable
from typing import Any

from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

CSRF = re.compile(rb'(name="csrfmiddlewaretoken" value=")\w+')
SIGNED = re.compile(rb'(name="proof" value=")[^"]+')
HEX = re.compile(rb"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class CountingHasher(MD5PasswordHasher):
    """The hasher of the tests, which counts how often it is used."""

    count = 0

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        """Count and hash."""
        type(self).count += 1
        return super().encode(password, salt)


COUNTED = override_settings(PASSWORD_HASHERS=["tests.onlooker.CountingHasher"])


def observed(ask: Callable[[], Any], email: str) -> list[Any]:
    """Return all that an onlooker can compare, but for the typed address and random tokens."""
    CountingHasher.count = 0
    with CaptureQueriesContext(connection) as queries:
        response = ask()
    # Values and the random names of savepoints do not count, kinds and numbers do.
    untold_words = r"""'[^']*'|\b\d+\b|"s\d+_x\d+"|[0-9a-f]{32}|\bNULL\b"""
    statements = [re.sub(untold_words, "?", each["sql"]) for each in queries]
    content = SIGNED.sub(rb"\1", CSRF.sub(rb"\1", response.content))
    # An address may be broken behind its @.
    content = content.replace(b"@<wbr>", b"@").replace(email.encode(), b"ADDRESS")
    content = HEX.sub(b"ID", content)
    # A pause is told in seconds, and a second may end between two visitors.
    untold = ("Expires", "Retry-After")
    headers = sorted(
        (name, HEX.sub(b"ID", value.encode()))
        for name, value in response.items()
        if name not in untold
    )
    cookies = sorted(response.cookies)
    return [response.status_code, content, headers, cookies, CountingHasher.count, statements]
