"""Look at a page as it stands: with axe-core, in both schemes, wide, narrow and in large letters.

What a test has looked at is compared with the report of which the accessibility statement is made;
`make accessibility-report` writes that report anew.
"""

import json
import os
import re
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, ClassVar, Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, Response

from kantor.content.accessibility import report
from tests.browser import DESK, HEIGHTS, NARROW, BrowserTestCase, BrowserVisitor

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What may differ in another scheme, in a window of another width, and in other words.
RULES_OF_COLOUR = ["color-contrast", "link-in-text-block"]
RULES_OF_WIDTH = ["target-size", "scrollable-region-focusable", "region"]
RULES_OF_WORDS = [
    *("html-has-lang", "html-lang-valid", "html-xml-lang-mismatch", "valid-lang"),
    *("document-title", "empty-heading", "label-content-name-mismatch"),
    *("link-name", "button-name", "label", "select-name", "image-alt", "svg-img-alt"),
]

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
# 320 px is what a window of 1280 px leaves at 400 % (WCAG 1.4.10).
WIDTHS = (NARROW, DESK)
# The letters alone, without the rest of the page (WCAG 1.4.4).
LETTERS_PERCENT = 200
# Every rule sees a state in Polish, and those that may say something else in English see it there:
# so each of these sees it once in each scheme and at each width. What one of the widths alone shows
# has its colours looked at in the other scheme besides.
LOOKS: dict[str, tuple[Scheme, int]] = {"pl": ("light", NARROW), "en": ("dark", DESK)}

COLOURS = {"type": "rule", "values": RULES_OF_COLOUR}
RULES = {
    "pl": {"type": "tag", "values": TAGS},
    "en": {"type": "rule", "values": [*RULES_OF_COLOUR, *RULES_OF_WIDTH, *RULES_OF_WORDS]},
}

# axe-core, and a memory for it: without one it takes apart the same dozen of colours at each text
# of a page, a third of what a look at the contrasts costs.
AXE = (
    AXE_SCRIPT
    + """
(() => {
  const colour = axe.commons.color.Color.prototype, parse = colour.parseString, known = new Map();
  colour.parseString = function (words) {
    if (!known.has(words)) known.set(words, channels(parse.call(this, words)));
    return Object.assign(this, known.get(words));
  };
  const channels = ({ r, g, b, alpha }) => ({ r, g, b, alpha });
})();"""
)
# What was found, without what was in order: that would be most of what comes out of the page.
FOUND = ".then(({ testEngine, violations }) => ({ testEngine, violations }))"
RUN_AXE = f"options => axe.run(document, options){FOUND}"
RUN_AXE_ON_THE_REST = f"options => axe.run({{include: shownHereOnly}}, options){FOUND}"
COUNT_PHONES = """() => Object.fromEntries(["header", "footer"].map((place) =>
  [place, document.querySelectorAll(`body > ${place} a[href='tel:+48228590218']`).length]))"""
# Words in a window of one width, and of those the ones that the other width hides.
REMEMBER_WHAT_IS_SHOWN = """() => {
  window.isShown = (element) => element.checkVisibility() && element.offsetWidth > 1;
  window.shownHere = [...document.querySelectorAll("body, body *")]
    .filter((element) => isShown(element) && element.innerText?.trim());
}"""
FIND_WHAT_IS_HIDDEN = """() => {
  const hidden = shownHere.filter((element) => !isShown(element));
  window.shownHereOnly = hidden.filter((each) => !hidden.includes(each.parentElement));
  return shownHereOnly.map((element) => element.outerHTML.replace(/ value="[^"]*"/g, "")).join();
}"""


class AuditTestCase(BrowserTestCase):
    """Audit pages, and at the end of each test compare what was audited with the report.

    With a folder in ACCESSIBILITY_REPORT nothing is compared: each test leaves there a file of
    what it has seen. With one in ACCESSIBILITY_PAGES the pages are left there as they came, for
    other checkers.
    """

    # What one width only shows, mostly parts of the header: looked at once in each scheme.
    rest_audited: ClassVar[set[tuple[Scheme, int, str]]] = set()

    def __init_subclass__(cls) -> None:
        """Let each test of the class end with `compare`."""
        super().__init_subclass__()
        for name, test in list(vars(cls).items()):
            if name.startswith("test_"):
                setattr(cls, name, _compared(test))

    def setUp(self) -> None:
        """Begin with nothing audited."""
        super().setUp()
        # The states that were audited in each language.
        self.audited: dict[str, set[str]] = {language: set() for language in LOOKS}
        self.engine = ""

    def compare(self) -> None:
        """Hold the audited states of a test that has come to its end against the report."""
        first, *others = self.audited.values()
        for other in others:
            assert first == other, f"not in every language: {sorted(first ^ other)}"
        name = self.id().rpartition(".")[2]
        if folder := os.environ.get("ACCESSIBILITY_REPORT"):
            seen = {
                "states": {name: sorted(first)},
                "tools": {"axe-core": self.engine, "Chromium": self.browser.version},
            }
            Path(folder, f"{name}.json").write_text(json.dumps(seen), encoding="utf-8")
        else:
            known = set(report().states.get(name, ()))
            assert first == known, (
                f"the report does not agree with {name}: {sorted(first ^ known)};"
                " run make accessibility-report"
            )

    def in_both(self) -> Sequence[BrowserVisitor]:
        """Return a visitor for each language."""
        visitors = [self.visitor(language, width) for language, (_, width) in LOOKS.items()]
        for visitor in visitors:
            bring_axe(visitor)
            visitor.page.emulate_media(color_scheme=LOOKS[visitor.language][0])
            if os.environ.get("ACCESSIBILITY_PAGES"):
                visitor.page.on("response", _keep_page)
        return visitors

    def audit(self, visitor: BrowserVisitor, state: str = "") -> BrowserVisitor:
        """Look at the page as it stands; the look of the window is the same afterwards."""
        name = f"{_without_secrets(visitor.path)} {state}".strip()
        scheme, width = LOOKS[visitor.language]
        (other_width,) = (each for each in WIDTHS if each != width)
        (other_scheme,) = (each for each in SCHEMES if each != scheme)
        page = visitor.page
        found = self._axe(visitor, RUN_AXE, RULES[visitor.language], f"{scheme}, {width} px")
        phones = page.evaluate(COUNT_PHONES)
        found += [f"  no telephone number in the {each}" for each in phones if phones[each] != 1]
        visitor.fits()
        if width == DESK:
            visitor.in_large_letters(LETTERS_PERCENT)
        page.evaluate(REMEMBER_WHAT_IS_SHOWN)
        _resize(visitor, other_width)
        visitor.fits()
        if other_width == DESK:
            visitor.in_large_letters(LETTERS_PERCENT)
        rest = page.evaluate(FIND_WHAT_IS_HIDDEN)
        _resize(visitor, width)
        if rest and (other_scheme, width, rest) not in self.rest_audited:
            page.emulate_media(color_scheme=other_scheme)
            look = f"{other_scheme}, {width} px"
            found += self._axe(visitor, RUN_AXE_ON_THE_REST, COLOURS, look)
            page.emulate_media(color_scheme=scheme)
            self.rest_audited.add((other_scheme, width, rest))
        assert not found, "\n".join([name, *found])
        self.audited[visitor.language].add(name)
        return visitor

    def _axe(self, visitor: BrowserVisitor, run: str, only: dict[str, Any], look: str) -> list[str]:
        self.engine, found = axe(visitor.page, run, only, look)
        return found


def bring_axe(visitor: BrowserVisitor) -> None:
    """Let every page that this visitor opens from now on have axe-core.

    Chromium keeps the script compiled from page to page that way; evaluated in each page it costs
    more than the page.
    """
    visitor.page.context.add_init_script(AXE)


def axe(page: Page, run: str, only: dict[str, Any], look: str) -> tuple[str, list[str]]:
    """Return the version of axe-core and what it finds on the page, a line for each place."""
    options = {
        "runOnly": only,
        "resultTypes": ["violations"],
        # Off by default, since it is new.
        "rules": {"label-content-name-mismatch": {"enabled": True}},
        # There are no style sheets of other sites to fetch.
        "preload": False,
    }
    results = page.evaluate(run, options)
    return results["testEngine"]["version"], [
        f"  {found['id']} ({look}): {found['help']}: {node['target']} {node['html'][:120]}"
        for found in results["violations"]
        for node in found["nodes"]
    ]


def _compared(test: Callable[..., None]) -> Callable[..., None]:
    @wraps(test)
    def audited(self: AuditTestCase) -> None:
        test(self)
        self.compare()

    return audited


def _resize(visitor: BrowserVisitor, width: int) -> None:
    visitor.page.set_viewport_size({"width": width, "height": HEIGHTS[width]})


def _without_secrets(path: str) -> str:
    """Return the path without its language, and with `…` for whatever is new in each run."""
    path = re.sub(r"^/en/", "/", path)
    path = re.sub(r"(?<=/klucze/)\d+(?=/)", "…", path)
    path = re.sub(r"(?<=^/haslo/)[^/]+/(set-password|[^/]{20,})(?=/)", "…", path)
    path = re.sub(r"(?<=/sesje/)[0-9]+(?=/)", "…", path)
    return re.sub(r"(?<=/)[^/]*(?:[0-9a-f]{8}-[0-9a-f-]{27}|[^/]{24,})(?=/)", "…", path)


def _keep_page(response: Response) -> None:
    """Keep a page as it came from the server, under a name of its own."""
    if response.request.is_navigation_request() and not 300 <= response.status < 400:
        folder = Path(os.environ["ACCESSIBILITY_PAGES"])
        folder.joinpath(f"{os.getpid()}-{len(list(folder.iterdir())):04}.html").write_bytes(
            response.body()
        )
