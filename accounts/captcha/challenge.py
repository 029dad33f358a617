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
from django.utils.crypto import constant_time_compare, salted_hmac

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
    challenge = _text(secrets.token_hex(20))
    return challenge, challenge.lower()


def new_challenge() -> str:
    """Store a challenge that lives CAPTCHA_TIMEOUT minutes and return its key; one INSERT."""
    key = secrets.token_hex(20)
    challenge = _text(key)
    expiration = timezone.now() + timedelta(minutes=settings.CAPTCHA_TIMEOUT)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO captcha_captchastore (challenge, response, hashkey, expiration)"
            " VALUES (%s, %s, %s, %s)",
            [challenge, challenge.lower(), key, stored(expiration)],
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
    cleaned = _cleaned(answer)
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
    """Return what the challenge of this key shows; nothing for what is no key of ours.

    No statement: the characters follow from the key and the site's secret, as one-time codes do
    (`captcha.code`). Whether they are still to be answered only `solve` asks.
    """
    return _text(key) if _KEY.fullmatch(key) else None


def proof(key: str, session_key: str) -> str:
    """Return what a link says so that this session gets this challenge; 32 hexadecimal digits.

    The page that asks the challenge writes it. Made of the session's key, it opens nothing for
    another browser, and whoever has it learns neither key nor text.
    """
    digest = salted_hmac("accounts.captcha.proof", f"{key}\0{session_key}", algorithm="sha256")
    return digest.hexdigest()[:32]


def is_proof(given: str, key: str, session_key: str) -> bool:
    """Tell whether this session was asked this challenge by a page of ours. No statement."""
    return constant_time_compare(given, proof(key, session_key))


def is_text_of(key: str, answer: str) -> bool:
    """Tell whether these are the characters of this key, be it to be answered still or not.

    For what is said of an answer that was refused; only `solve` lets anybody pass. No statement.
    """
    text = text_of(key)
    return text is not None and _cleaned(answer) == text.lower()


def seed(key: str, purpose: str) -> bytes:
    """Return the 32 bytes from which a challenge's text, or the noise around it, follows.

    The same each time, or the noise could be averaged away; the key is public, so it depends on
    the site's secret too.
    """
    return salted_hmac(f"accounts.captcha.{purpose}", key, algorithm="sha256").digest()


def _cleaned(answer: str) -> str:
    return "".join(answer.split()).lower() if len(answer) <= MAX_ANSWER_LENGTH else answer


def _text(key: str) -> str:
    number = int.from_bytes(seed(key, "text"))
    characters = []
    for _ in range(LENGTH):
        number, character = divmod(number, len(ALPHABET))
        characters.append(ALPHABET[character])
    return "".join(characters)


def _delete(condition: str, *values: str | datetime | None) -> int:
    """Delete challenges by one statement and return how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM captcha_captchastore WHERE {condition}", values)  # noqa: S608  conditions stand in this module
        deleted: int = cursor.rowcount
    return deleted


def _is_plausible(answer: str) -> bool:
    """Tell whether an answer may go to the database: PostgreSQL raises on NUL."""
    return len(answer) == LENGTH and answer.isascii() and answer.isalnum()
