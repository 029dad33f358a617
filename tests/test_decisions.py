"""The decisions: each has a heading and a date, and a line in the index that leads to it."""

import re

from django.conf import settings
from django.test import SimpleTestCase

DOCS = settings.BASE_DIR / "docs"
INDEX = DOCS / "decisions.md"
_DECISION = re.compile(r"^## (?P<heading>.+)\n+(?P<first>.*)$", re.MULTILINE)
_LINE = re.compile(r"^- \[(.+)\]\((.+)\)$", re.MULTILINE)


def anchor(heading: str) -> str:
    """Return the fragment that GitHub gives a heading."""
    return re.sub(r"[^\w\s-]", "", heading.lower()).replace(" ", "-")


class DecisionsTests(SimpleTestCase):
    """docs/decisions.md and the files of the parts."""

    def test_have_a_line_each_in_the_index_in_their_order(self) -> None:
        listed: dict[str, list[tuple[str, str]]] = {}
        for heading, place in _LINE.findall(INDEX.read_text()):
            file, _, fragment = place.partition("#")
            listed.setdefault(file, []).append((heading, fragment))
        parts = sorted(DOCS.glob("decisions/*.md"))
        assert len(parts) >= 10
        for part in parts:
            file = f"decisions/{part.name}"
            headings = [each["heading"] for each in _DECISION.finditer(part.read_text())]
            expected = [(heading, anchor(heading)) for heading in headings]
            assert listed.pop(file, []) == expected, file
            assert f"]({file})" in INDEX.read_text(), file
        assert not listed

    def test_are_dated(self) -> None:
        found = 0
        for part in DOCS.glob("decisions/*.md"):
            for each in _DECISION.finditer(part.read_text()):
                found += 1
                assert re.match(r"\*.*20\d\d-\d\d-\d\d.*\*$", each["first"]), each["heading"]
        assert found >= 100
