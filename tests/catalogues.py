"""What the catalogues of both languages hold, written and compiled."""

import ast
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

LANGUAGES = ("pl", "en")
CATALOGUES = [
    settings.BASE_DIR / "locale" / language / "LC_MESSAGES" / "django.po" for language in LANGUAGES
]


@dataclass(frozen=True)
class Entry:
    """One entry of a catalogue."""

    context: str
    msgid: str
    plural: str
    translations: tuple[str, ...]
    is_fuzzy: bool

    @property
    def key(self) -> str:
        """Return what the compiled catalogue has it under (GNU gettext manual, MO files)."""
        context = f"{self.context}\x04" if self.context else ""
        return context + self.msgid + (f"\0{self.plural}" if self.plural else "")


def entries(po: Path) -> Iterator[Entry]:
    """Yield the entries of a catalogue, the header included, obsolete ones not."""
    for block in re.split(r"\n\s*\n", po.read_text()):
        found: dict[str, str] = {}
        keyword = ""
        for line in block.splitlines():
            if line.startswith("#"):
                continue
            if not line.startswith('"'):
                keyword, _, line = line.partition(" ")
            found[keyword] = found.get(keyword, "") + ast.literal_eval(line)
        if "msgid" in found:
            yield Entry(
                found.get("msgctxt", ""),
                found["msgid"],
                found.get("msgid_plural", ""),
                tuple(text for name, text in found.items() if name.startswith("msgstr")),
                is_fuzzy=bool(re.search(r"^#,.*\bfuzzy\b", block, re.MULTILINE)),
            )


def compiled(mo: Path) -> dict[str, str]:
    """Return what a compiled catalogue has (little-endian, as msgfmt writes it here)."""
    data = mo.read_bytes()
    magic, _, count, originals, translations = struct.unpack_from("<5I", data)
    assert magic == 0x950412DE, f"{mo} is no catalogue"

    def text(table: int, number: int) -> str:
        length, offset = struct.unpack_from("<2I", data, table + 8 * number)
        return data[offset : offset + length].decode()

    return {text(originals, each): text(translations, each) for each in range(count)}
