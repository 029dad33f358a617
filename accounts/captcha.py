"""Ask for the characters in a picture, on the table of django-simple-captcha.

The table and its clean-up command are the package's. Ours are the challenge (a secure source of
randomness, no characters that look alike), the check (one atomic statement) and the picture
(half the cost of the package's).
"""

import hashlib
import io
import re
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache

from captcha.conf import settings as captcha_settings
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.views.decorators.http import require_safe
from PIL import Image, ImageChops, ImageDraw, ImageFont

# Capitals and digits without those that look alike when turned a little or crossed by a line:
# 0 O Q D, 1 I L J, 2 Z, 5 S, 8 B, C G, F P, U V.
ALPHABET = "ACEHKMNPRTUWXY34679"
LENGTH = 6
# The column of the package holds no longer challenge.
MAX_CHALLENGE_LENGTH = 32
# Longer answers are not worth cleaning: six characters with blanks around and between them.
MAX_ANSWER_LENGTH = 64

SIZE = (240, 72)
FONT_SIZE = 44
# 256 levels of ink to 4 entries of a palette from white to black: two bits a pixel.
_LEVELS = [level // 64 for level in range(256)]
_PALETTE = [255, 255, 255, 170, 170, 170, 85, 85, 85, 0, 0, 0]

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
            [challenge, response, key, _stored(expiration)],
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
        _stored(timezone.now()),
    ):
        return True
    discard(key)
    return False


def discard(key: str) -> None:
    """Forget a challenge that will not be answered any more; one DELETE, an unknown key is fine."""
    if _KEY.fullmatch(key):
        _delete("hashkey = %s", key)


def _delete(condition: str, *values: str | datetime | None) -> int:
    """Delete challenges by one statement and return how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM captcha_captchastore WHERE {condition}", values)  # noqa: S608  conditions stand in this module
        deleted: int = cursor.rowcount
    return deleted


def _stored(moment: datetime) -> str | datetime | None:
    """Adapt a moment to what this database stores in a DateTimeField."""
    stored: str | datetime | None = connection.ops.adapt_datetimefield_value(moment)
    return stored


def _is_plausible(answer: str) -> bool:
    """Tell whether an answer may go to the database: PostgreSQL raises on NUL."""
    return len(answer) == LENGTH and answer.isascii() and answer.isalnum()


@require_safe
def picture(request: HttpRequest, key: str) -> HttpResponse:
    """Answer with the picture of a challenge, never stored by anybody; 404 for no such challenge.

    One SELECT for a key of the right form, none for another.
    """
    row = None
    if _KEY.fullmatch(key):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT challenge FROM captcha_captchastore WHERE hashkey = %s AND expiration > %s",
                [key, _stored(timezone.now())],
            )
            row = cursor.fetchone()
    if row is None:
        return HttpResponse(status=404, headers={"Cache-Control": "no-store"})
    # The same picture each time, or the noise could be averaged away; the key is public, so the
    # noise depends on the site's secret too.
    seed = salted_hmac("accounts.captcha.picture", key, algorithm="sha256").digest()
    return HttpResponse(
        draw(row[0], seed), content_type="image/png", headers={"Cache-Control": "no-store"}
    )


def draw(challenge: str, seed: bytes) -> bytes:
    """Draw a challenge as a PNG of SIZE pixels in four greys, about 1.5 kB; `seed` is the noise.

    Black on white, white on black inside the discs: 21:1. The characters are turned and overlap;
    the discs and lines invert what they cross, so no threshold separates them from the characters.
    """
    width, height = SIZE
    numbers = _numbers(seed)

    def pick(low: int, high: int) -> int:
        return low + next(numbers) * (high - low + 1) // 256

    glyphs = [
        _glyph(char).rotate(pick(-18, 18), Image.Resampling.BILINEAR, expand=True)
        for char in challenge
    ]
    spare = width - 4 - sum(glyph.width for glyph in glyphs)
    gap = min(-5, spare // max(1, len(glyphs) - 1))
    text = Image.new("L", SIZE)
    left = 2 + pick(0, max(0, spare - gap * (len(glyphs) - 1)))
    for glyph in glyphs:
        text.paste(255, (left, pick(0, max(0, height - glyph.height))), glyph)
        left += glyph.width + gap

    noise = Image.new("L", SIZE)
    pen = ImageDraw.Draw(noise)
    for middle in (width // 4, 3 * width // 4):
        x, y, radius = middle + pick(-40, 40), pick(10, height - 10), pick(16, 30)
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    for _ in range(2):
        pen.line([(x, pick(8, height - 8)) for x in range(0, width + 1, width // 3)], 255, width=2)

    greys = ImageChops.difference(text, noise).point(_LEVELS)
    image = Image.frombytes("P", SIZE, greys.tobytes())
    image.putpalette(_PALETTE)
    file = io.BytesIO()
    image.save(file, "PNG", bits=2)
    return file.getvalue()


def _numbers(seed: bytes) -> Iterator[int]:
    """Yield bytes that follow from the seed alone: 27 make a picture of six characters."""
    return iter(hashlib.shake_256(seed).digest(8 * MAX_CHALLENGE_LENGTH))


@lru_cache(maxsize=64)
def _glyph(char: str) -> Image.Image:
    """Return the inked box of a character as a mask; opening the font costs more than drawing."""
    font = _font()
    left, top, right, bottom = font.getbbox(char, stroke_width=1)
    mask = Image.new("L", (int(right - left) + 4, int(bottom - top) + 4))
    ImageDraw.Draw(mask).text((2 - left, 2 - top), char, font=font, fill=255, stroke_width=1)
    return mask


@lru_cache(maxsize=1)
def _font() -> ImageFont.FreeTypeFont:
    """Open the font that the package ships."""
    return ImageFont.truetype(captcha_settings.CAPTCHA_FONT_PATH, FONT_SIZE)
