"""Tables of spellings: what a kind of value accepts, and what it refuses with which code."""

from collections.abc import Callable, Sequence

from django.core.exceptions import ValidationError
from django.test import SimpleTestCase

# Refused by every kind of value, whatever else it accepts.
JUNK = (
    "",
    "   ",
    "\x00",
    "a\x00b",
    "\x1b[31m",
    "\u202e123",
    "\u200b",
    "\ufeff",
    "\ud800",
    "\ue000",
    "\U0010ffff",
    "\u3164",
    "a\u0301\u0301\u0301\u0301\u0301\u0301",
    "\u0301",
    "<script>alert(1)</script>",
    "\U0001f600",
    "9" * 5000,
    "a" * 1_000_000,
    " " * 1_000_000,
)


class SpellingTestCase(SimpleTestCase):
    """Go through tables of spellings."""

    def assert_accepts(
        self, parse: Callable[[str], str], table: Sequence[tuple[str, str]], at_least: int = 0
    ) -> None:
        assert len(table) >= at_least
        for typed, canonical in table:
            with self.subTest(ascii(typed)):
                assert parse(typed) == canonical
                assert parse(canonical) == canonical

    def assert_refuses(
        self, parse: Callable[[str], str], table: Sequence[tuple[str, str]], at_least: int = 0
    ) -> None:
        """`table` holds what is typed and the code of the error."""
        assert len(table) >= at_least
        for typed, code in table:
            with self.subTest(ascii(typed[:40])):
                with self.assertRaises(ValidationError) as caught:
                    parse(typed)
                assert caught.exception.code == code
                assert "%(" not in caught.exception.messages[0]

    def assert_refuses_junk(self, parse: Callable[[str], str]) -> None:
        for typed in JUNK:
            with self.subTest(ascii(typed[:40])), self.assertRaises(ValidationError):
                parse(typed)
