"""Derive the one-time code that somebody gets by e-mail instead of a picture.

No table holds it: it follows from the mail that carries it, the address, and the site's secret,
so it is made when the mail is delivered and again when the answer is judged.
"""

from datetime import timedelta

from django.utils.crypto import constant_time_compare, salted_hmac

DIGITS = 6
LIFETIME = timedelta(minutes=15)
# Longer answers are not worth cleaning: six digits with blanks and dashes between them.
MAX_ANSWER_LENGTH = 40


def of(message_id: str, recipient: str) -> str:
    """Return the digits that the mail of this Message-ID to this address carries."""
    digest = salted_hmac(
        "accounts.captcha.code", f"{message_id}\0{recipient}", algorithm="sha256"
    ).digest()
    return f"{int.from_bytes(digest[:8], 'big') % 10**DIGITS:0{DIGITS}}"


def is_right(answer: str, message_id: str, recipient: str) -> bool:
    """Tell whether these are the digits, however they are grouped; in constant time."""
    cleaned = "".join(filter(str.isalnum, answer[:MAX_ANSWER_LENGTH]))
    return constant_time_compare(cleaned, of(message_id, recipient))
