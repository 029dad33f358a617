"""Ask for six characters, on the table of django-simple-captcha.

The table is the package's. Ours are the challenge (a secure source of randomness, no characters
that look or sound alike) and the check (one atomic statement).
"""

import re
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.crypto import salted_hmac

from kantor.serving.sql import stored

# Capitals and digits without those that look alike when turned a little or crossed by a line:
# 0 O Q D, 1 I L J, 2 Z, 5 S, 8 B, C G, F P, U V.
ALPHABET = "ACEHKMNPRTUWXY34679"
LENGTH = 6
# The column of the package holds no longer challenge.
MAX_CHALLENGE_LENGTH = 32
# Longer answers are not worth cleaning: six characters with blanks around and between them.
MAX_ANSWER_LENGTH = 64

_KEY = re.compile(r"[0-9a-f]{40}")


def random_challenge() -> tuple[str, str]:
    """Return what is shown and what has to be answered, for CAPTCHA_CHALLENGE_FUNCT."""
    challenge = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return challenge, challenge.lower()


def new_challenge() -> str:
    """Store a challenge that lives CAPTCHA_TIMEOUT minutes and return its key; one INSERT."""
    challenge, response = random_challenge()
    key = secrets.token_hex(20)
    expiration = timezone.now() + timedelta(minutes=settings.CAPTCHA_TIMEOUT)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO captcha_captchastore (challenge, response, hashkey, expiration)"
            " VALUES (%s, %s, %s, %s)",
            [challenge, response, key, stored(expiration)],
        )
    return key


def solve(key: str, answer: str) -> bool:
    """Tell whether this is the first answer to an unexpired challenge, and the right one.

    Upper and lower case are the same, blanks do not count. A wrong answer uses the challenge up as
    a right one does; an empty one does not. One DELETE decides, so of any number of simultaneous
    right answers one passes. Never raises.
    """
    if not _KEY.fullmatch(key):
        return False
    cleaned = "".join(answer.split()).lower() if len(answer) <= MAX_ANSWER_LENGTH else answer
    if not cleaned:
        return False
    if _is_plausible(cleaned) and _delete(
        "hashkey = %s AND response = %s AND expiration > %s",
        key,
        cleaned,
        stored(timezone.now()),
    ):
        return True
    discard(key)
    return False


def discard(key: str) -> None:
    """Forget a challenge that will not be answered any more; one DELETE, an unknown key is fine."""
    if _KEY.fullmatch(key):
        _delete("hashkey = %s", key)


def text_of(key: str) -> str | None:
    """Return what an unexpired challenge shows; nothing when there is none. One SELECT at most."""
    if not _KEY.fullmatch(key):
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT challenge FROM captcha_captchastore WHERE hashkey = %s AND expiration > %s",
            [key, stored(timezone.now())],
        )
        row = cursor.fetchone()
    return row and str(row[0])


def seed(key: str, purpose: str) -> bytes:
    """Return the 32 bytes from which the noise of a challenge's picture or sound follows.

    The same each time, or the noise could be averaged away; the key is public, so it depends on
    the site's secret too.
    """
    return salted_hmac(f"accounts.captcha.{purpose}", key, algorithm="sha256").digest()


def _delete(condition: str, *values: str | datetime | None) -> int:
    """Delete challenges by one statement and return how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM captcha_captchastore WHERE {condition}", values)  # noqa: S608  conditions stand in this module
        deleted: int = cursor.rowcount
    return deleted


def _is_plausible(answer: str) -> bool:
    """Tell whether an answer may go to the database: PostgreSQL raises on NUL."""
    return len(answer) == LENGTH and answer.isascii() and answer.isalnum()
