"""Play the register from files in the shape of its answers: for development and tests.

`answers/<NIP>.json` holds status, content type and body of an answer, or `"timeout": true`. A NIP
without a file is unknown to the register. The companies and their numbers are made up.
"""

import json
from pathlib import Path
from typing import ClassVar

from accounts.lookup.company import Entry, LookupUnavailable
from accounts.lookup.http import Answer
from accounts.lookup.vat_register import read_answer

FOLDER = Path(__file__).parent / "answers"


class FixturesLookup:
    """A register that nobody has to ask over the network."""

    questions_a_day: ClassVar[int | None] = None

    def lookup(self, nip: str) -> Entry:
        """Return what the file of this NIP tells. Raises as the real register does, without wait.

        Raises LookupUnavailable, LookupExhausted.
        """
        if not nip.isascii() or not nip.isdigit():
            raise LookupUnavailable("nip")
        file = FOLDER / f"{nip}.json"
        if not file.exists():
            return Entry(None)
        played = json.loads(file.read_text(encoding="utf-8"))
        if played.get("timeout"):
            raise LookupUnavailable("timeout")
        body = played["body"]
        text = body if isinstance(body, str) else json.dumps(body)
        return read_answer(nip, Answer(played["status"], played["content_type"], text.encode()))
