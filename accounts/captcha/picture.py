"""Draw a challenge: black on white, and the other way round where the noise lies."""

import hashlib
import io
import zlib
from collections.abc import Iterator
from functools import lru_cache

from captcha.conf import settings as captcha_settings
from PIL import Image, ImageChops, ImageDraw, ImageFont

from accounts.captcha.challenge import MAX_CHALLENGE_LENGTH

SIZE = (240, 72)
FONT_SIZE = 44
# 256 levels of ink to 4 entries of a palette from white to black: two bits a pixel.
_LEVELS = [level // 64 for level in range(256)]
_PALETTE = [255, 255, 255, 170, 170, 170, 85, 85, 85, 0, 0, 0]


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
    # Packed by runs alone, which is all there is to pack: a third of the drawing less.
    image.save(file, "PNG", bits=2, compress_type=zlib.Z_RLE)
    return file.getvalue()


def _numbers(seed: bytes) -> Iterator[int]:
    """Yield bytes that follow from the seed alone: 27 make a picture of six characters."""
    return iter(hashlib.shake_256(seed).digest(8 * MAX_CHALLENGE_LENGTH))


@lru_cache(maxsize=64)
def _glyph(char: str) -> Image.Image:
    """Return the inked box of a character as a mask; opening the font costs more than drawing."""
    face = font()
    left, top, right, bottom = face.getbbox(char, stroke_width=1)
    mask = Image.new("L", (int(right - left) + 4, int(bottom - top) + 4))
    ImageDraw.Draw(mask).text((2 - left, 2 - top), char, font=face, fill=255, stroke_width=1)
    return mask


@lru_cache(maxsize=1)
def font() -> ImageFont.FreeTypeFont:
    """Open the font that the package ships.

    Single letters need no rules of composition, whose library takes a MiB of each process.
    """
    path = captcha_settings.CAPTCHA_FONT_PATH
    return ImageFont.truetype(path, FONT_SIZE, layout_engine=ImageFont.Layout.BASIC)
