"""Measure how long the way to an account is on a phone: the height of each page, and its words.

The site runs as `bench.weights` starts it. Chromium goes through a whole registration, from step 1
to the account page, in a window of 360 px. `bench/README.md` says more.
"""

import argparse
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from bench.journeys import COMPANY, CONSENTS, PASSWORD, PERSON, letter_link
from bench.mail import letter_path
from bench.run import ROOT, table
from bench.weights import served

WIDTH, HEIGHT = 360, 740
# Of a company: its whole way, and its longest page but the form.
MOST_PIXELS, MOST_WORDS, MOST_PIXELS_OF_REVIEW = 10_000, 650, 1_500
REVIEW = "step 2a"

# The page as it stands: its height with header and footer, and the words of its main part that
# are seen, those of the lists of countries not counted.
MEASURE = r"""() => {
  const main = document.querySelector("main");
  const count = (text) => text.split(/\s+/u).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
  const seen = [...main.querySelectorAll("select")].filter((each) => each.checkVisibility());
  return {
    pixels: document.documentElement.scrollHeight,
    words: count(main.innerText) - seen.reduce((sum, each) => sum + count(each.innerText), 0),
  };
}"""


@dataclass(frozen=True)
class Length:
    """How long one page is."""

    pixels: int
    words: int


def length_of(page: Page) -> Length:
    """Measure the page as it stands in its window."""
    return Length(**page.evaluate(MEASURE))


def total(lengths: dict[str, Length]) -> Length:
    """Return the length of all pages together."""
    pages = lengths.values()
    return Length(sum(each.pixels for each in pages), sum(each.words for each in pages))


def keeps_limits(lengths: dict[str, Length]) -> bool:
    """Tell whether the way of a company is short enough."""
    whole = total(lengths)
    return (
        whole.pixels <= MOST_PIXELS
        and whole.words <= MOST_WORDS
        and lengths[REVIEW].pixels <= MOST_PIXELS_OF_REVIEW
    )


def walk(page: Page, site: str, kind: str, database: Path) -> Iterator[str]:
    """Go through a registration of this kind; yield the name of each page when it is shown."""
    email = f"anna.{kind}@example.org"
    answers = {**(COMPANY if kind == "company" else PERSON), "email": email}
    page.goto(f"{site}/rejestracja/")
    yield "step 1"
    page.locator(f"[name$='kind'][value='{kind}']").check(force=True)
    _press(page)
    yield "step 1a" if kind == "company" else "step 1b"
    for name, value in answers.items():
        if not name.endswith("_country"):
            page.locator(f"[name='dane-{name}']").fill(str(value))
    _press(page)
    yield REVIEW
    _press(page)
    yield "step 2b"
    for name in ("password1", "password2"):
        page.locator(f"[name='haslo-{name}']").fill(PASSWORD)
    picture = str(page.locator("img[src*='/captcha/']").get_attribute("src"))
    key = picture.rstrip("/").rpartition("/")[2]
    with sqlite3.connect(database) as rows:
        row = rows.execute("SELECT response FROM captcha_captchastore WHERE hashkey = ?", [key])
        page.locator("[name='haslo-captcha']").fill(row.fetchone()[0])
    _press(page)
    yield "step 2c"
    for name in CONSENTS:
        for box in page.locator(f"[name='zgody-{name}']").all():
            box.check()
    _press(page)
    yield "step 3, mailbox"
    page.goto(site + _activation_link(email))
    yield "step 4, active"
    page.goto(f"{site}/logowanie/")
    yield "sign-in"
    page.locator("[name='username']").fill(email)
    _press_first(page)
    yield "sign-in, password"
    page.locator("[name='password']").fill(PASSWORD)
    page.locator("[name='digits']").fill(str(answers["phone"]))
    _press_first(page)
    yield "account"


def _press_first(page: Page) -> None:
    """Press the main button of a page of the sign-in."""
    with page.expect_navigation():
        page.locator("main form .actions .button").first.click()


def _press(page: Page) -> None:
    """Press the main button of a step."""
    with page.expect_navigation():
        page.locator(".wizard-form .actions .button").first.click()


def _activation_link(email: str) -> str:
    """Return the path of the link in the letter, which comes after the page that announces it."""
    end = time.monotonic() + 60
    while not letter_path(email).exists():
        if time.monotonic() > end:
            raise TimeoutError(f"no letter to {email}")
        time.sleep(0.05)
    return letter_link(email, r"/aktywacja/[^/]+/$")


def measure(page: Page, site: str, kind: str, database: Path) -> dict[str, Length]:
    """Return the length of each page on the way of a customer of this kind."""
    return {name: length_of(page) for name in walk(page, site, kind, database)}


def report(kinds: dict[str, dict[str, Length]]) -> str:
    """Return the tables as Markdown."""
    lines = [
        "# How long the way to an account is",
        "",
        f"Each page in a window of {WIDTH} px, in Polish: its height with header and footer, and"
        " the words of its main part. Written by `make lengths OPTIONS=--write`.",
        "",
    ]
    for kind, lengths in kinds.items():
        rows = [
            [name, str(each.pixels), str(each.words)]
            for name, each in {**lengths, "together": total(lengths)}.items()
        ]
        lines += [*table([kind, "px", "words"], rows), ""]
    return "\n".join(
        [
            *lines,
            f"Limits for a company: {MOST_PIXELS} px and {MOST_WORDS} words together,"
            f" {MOST_PIXELS_OF_REVIEW} px for the review.",
            "",
        ]
    )


def main() -> None:
    """Measure, print, and keep the report when asked; exit with 1 when the way is too long."""
    parser = argparse.ArgumentParser(prog="python -m bench.lengths", description=__doc__)
    parser.add_argument("--write", action="store_true", help="keep the report in bench/")
    options = parser.parse_args()
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if program is None:
        sys.exit("Chromium is missing; on Debian or Ubuntu: apt-get install chromium")
    folder = Path(tempfile.mkdtemp(prefix="lengths-"))
    (folder / "mail").mkdir()
    os.environ["BENCH_DIR"] = str(folder)
    try:
        mail = 'MAILERS = {"default": {"BACKEND": "bench.mail.EmailBackend"}}'
        with served(folder, mail) as port, sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            kinds = {}
            for kind in ("company", "person"):
                context = chromium.new_context(
                    locale="pl-PL", viewport={"width": WIDTH, "height": HEIGHT}
                )
                site = f"http://127.0.0.1:{port}"
                database = folder / "site.sqlite3"
                kinds[kind] = measure(context.new_page(), site, kind, database)
                context.close()
            chromium.close()
    finally:
        shutil.rmtree(folder)
    text = report(kinds)
    print(text)
    if options.write:
        (ROOT / "bench" / "results-lengths.md").write_text(text, encoding="utf-8")
    if not keeps_limits(kinds["company"]):
        sys.exit(1)


if __name__ == "__main__":
    main()
