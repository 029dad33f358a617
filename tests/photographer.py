"""Take the guide's pictures with a browser, on a site of its own (`make screenshots`).

Not a test of the suite: `.ci/screenshots.py` runs it. The site is a real server with a temporary
database and its mails in memory; whatever the browser complains of fails the run.
"""

import io
import json
import random
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, Self
from unittest import mock

from django.conf import settings
from django.core import mail
from django.db import transaction
from django.test import override_settings
from PIL import Image
from playwright.sync_api import Locator, Page

from tests import guide
from tests.browser import PATIENCE, POLISH, BrowserTestCase, BrowserVisitor
from tests.complaints import Complaints

# A phone's width, so that a phone can show the words at their own size, and sharper than that. Few
# colours without loss weigh less than a lossy picture and blur nothing; sixteen look like
# thirty-two. The guide's first visit, three pictures included, has to stay under 60 kB.
WIDTH, HEIGHT, DENSITY = 360, 780, 4 / 3
MARGIN = 10
COLOURS = 16
# The README's picture of the home page.
DESK_WIDTH, DESK_HEIGHT = 1280, 860
DESK_COLOURS = 48
README = settings.BASE_DIR / "docs" / "screenshots"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

# Top and bottom of what a picture shows, with nothing focused and everything loaded.
BOUNDS = """async ([first, last]) => {
  if (document.activeElement) document.activeElement.blur();
  await document.fonts.ready;
  await Promise.all([...document.images].map((image) => image.decode()));
  const box = (selector) => document.querySelector(selector).getBoundingClientRect();
  return [box(first).top + scrollY, box(last).bottom + scrollY];
}"""
# The meter, where there is one, has judged what was typed.
JUDGED = "() => !document.querySelector('[data-strength-meter][data-score=\"\"]')"


class Photographer(BrowserVisitor):
    """A visitor with a browser for each moment, who speaks the words of the guide's people."""

    another: Callable[[], "Photographer"]

    def say(self, words: str) -> str:
        """Return English words in the visitor's language; others are in it already."""
        return POLISH.get(words, words) if self.language == "pl" else words

    def field(self, label: str, within: str | None = None) -> Locator:
        """Return the field of this label, which may be given by its beginning."""
        if label.endswith("…"):
            return self.page.locator("main").get_by_label(label[:-1]).first
        return super().field(label, within)

    def choose(self, *labels: str) -> Self:
        """Tick boxes or choose radio buttons."""
        for label in labels:
            super().choose(label)
        return self

    def copy_captcha(self, _label: str = "") -> Self:
        """Copy the characters of the picture."""
        return super().copy_captcha()

    def elsewhere(self) -> "Photographer":
        """Return the same person with another browser."""
        return self.another()

    def read(self, html: str) -> Self:
        """Look at the HTML part of a mail instead of a page."""
        self.page.set_content(html)
        return self

    def take(self, picture: str) -> tuple[int, int]:
        """Write a picture in both schemes and return its size in CSS pixels."""
        self.page.mouse.move(0, 0)
        self.page.wait_for_function(JUDGED)
        top, bottom = self.page.evaluate(BOUNDS, guide.PICTURES[picture])
        top = max(0, round(top) - MARGIN)
        height = round(bottom) + MARGIN - top
        for scheme in SCHEMES:
            self.page.emulate_media(color_scheme=scheme)
            clip = {"x": 0, "y": top, "width": WIDTH, "height": height}
            shoot(self.page, guide.file(picture, self.language, scheme), full_page=True, clip=clip)
        return WIDTH, height


def shoot(page: Page, file: Path, colours: int = COLOURS, **options: Any) -> None:
    """Write what the page shows as a small WebP."""
    image = Image.open(io.BytesIO(page.screenshot(animations="disabled", **options)))
    file.parent.mkdir(parents=True, exist_ok=True)
    few = image.convert("RGB").quantize(colours, Image.Quantize.MAXCOVERAGE, kmeans=1)
    few.convert("RGB").save(file, "WEBP", lossless=True, quality=100, method=6)


@override_settings(COMPANY_LOOKUP="fixtures")
class Pictures(BrowserTestCase):
    """Take every picture of the guide and of the README, and write down what they show."""

    def test_pictures_in_polish(self) -> None:
        self.take_all("pl")

    def test_pictures_in_english(self) -> None:
        self.take_all("en")

    def test_home_page(self) -> None:
        visitor = self.photographer("pl", width=DESK_WIDTH, height=DESK_HEIGHT)
        visitor.open("/")
        for scheme, name in zip(SCHEMES, ("home.webp", "home-dark.webp"), strict=True):
            visitor.page.emulate_media(color_scheme=scheme)
            shoot(visitor.page, README / name, DESK_COLOURS)

    def take_all(self, language: str) -> None:
        """Take the pictures of one language and put them into the manifest."""
        with transaction.atomic():
            expected = guide.seen(language)
            transaction.set_rollback(True)
        mail.outbox.clear()
        for old in guide.FOLDER.glob(f"{language}-*"):
            old.unlink()
        entries = guide.manifest() if guide.MANIFEST.exists() else {}
        # The same challenge each time, so that its picture changes only when its drawing does.
        numbers = random.Random(language)
        with (
            mock.patch("secrets.choice", numbers.choice),
            mock.patch("secrets.token_hex", lambda size: numbers.randbytes(size).hex()),
        ):
            for picture, visitor in guide.walk(self.photographer(language), language):
                assert visitor.heading == expected[picture].heading, picture
                width, height = visitor.take(picture)
                entries.setdefault(picture, {})[language] = {
                    **asdict(expected[picture]),
                    "width": width,
                    "height": height,
                }
        ordered = {picture: entries[picture] for picture in guide.PICTURES}
        text = json.dumps(ordered, ensure_ascii=False, indent=1)
        guide.MANIFEST.write_text(f"{text}\n", "utf-8")

    def photographer(
        self, language: str, *, width: int = WIDTH, height: int = HEIGHT
    ) -> Photographer:
        """Return a photographer with a browser of his own, as sharp as its window is narrow."""
        context = self.browser.new_context(
            base_url=self.live_server_url,
            locale={"pl": "pl-PL", "en": "en-GB"}[language],
            timezone_id="Europe/Warsaw",
            viewport={"width": width, "height": height},
            device_scale_factor=DENSITY if width == WIDTH else 1,
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE)
        complaints = Complaints(context, self.live_server_url)
        self.addCleanup(self._finish, context, complaints)
        visitor = Photographer(context.new_page(), complaints, language)
        visitor.another = lambda: self.photographer(language)
        return visitor
