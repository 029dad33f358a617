"""Draw the site's icons and the picture for shared links from our own SVG (make pictures).

The sources are static/img/favicon.svg and docs/pictures/share.svg. Needs Chromium and the fonts of
Debian's fonts-liberation; the results are kept in the repository, so nobody needs them to run the
site.
"""

import io
import os
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "static" / "img"
# Apple's icon has no transparent corners: the system rounds it itself.
ICONS = {"icon-32.png": 32, "icon-180.png": 180, "icon-192.png": 192, "icon-512.png": 512}
WORDS = {
    "pl": {
        "first": "Wymieniaj waluty",
        "second": "online przez własne",
        "third": "rachunki bankowe",
        "fourth": "Dla firm i\N{NO-BREAK SPACE}osób fizycznych",
    },
    "en": {
        "first": "Exchange currencies",
        "second": "online, using your",
        "third": "own bank accounts",
        "fourth": "For companies and individuals",
    },
}


def drawn(page: Page, svg: str, width: int, height: int) -> Image.Image:
    """Return the picture at this size, its corners transparent."""
    page.set_viewport_size({"width": width, "height": height})
    page.set_content(
        f"<style>body{{margin:0}}svg{{display:block;width:{width}px;height:{height}px}}</style>{svg}"
    )
    return Image.open(io.BytesIO(page.screenshot(omit_background=True)))


def main() -> None:
    """Write every icon and both pictures for shared links."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        sys.exit("Chromium is missing; on Debian or Ubuntu: apt-get install chromium")
    icon = (IMAGES / "favicon.svg").read_text()
    share = (ROOT / "docs" / "pictures" / "share.svg").read_text()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        for name, size in ICONS.items():
            source = icon.replace('rx="9"', 'rx="0"') if size == ICONS["icon-180.png"] else icon
            picture = drawn(page, source, size, size).quantize(64, method=Image.Quantize.FASTOCTREE)
            picture.save(IMAGES / name, optimize=True)
        drawn(page, icon, 32, 32).save(IMAGES / "favicon.ico", sizes=[(16, 16), (32, 32)])
        for language, words in WORDS.items():
            picture = drawn(page, share.format(**words), 1200, 630).convert("RGB").quantize(64)
            picture.save(IMAGES / f"share-{language}.png", optimize=True)
        browser.close()


if __name__ == "__main__":
    main()
