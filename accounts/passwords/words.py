"""Know the words that Polish passwords are made of, and those of one customer.

All words are folded: lower case, without diacritics, since people who type a password leave
them out. The lists lie in data/, whose NOTICE.md says where they come from; `listed` finds their
words.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cached_property

from accounts.passwords.hashing import normalize

SHORTEST_WORD = 3
LONGEST_WORD = 24
# An inflected or shortened form of an own word: "Kowalskiego", "Aleks".
SHORTEST_OWN_STEM = 5
SHORTEST_DIGITS = 4
MAX_CONTEXT_ENTRIES = 40
MAX_CONTEXT_LENGTH = 128
# A registration has some twenty; building and searching them is bounded by this.
MAX_CONTEXT_WORDS = 200
_STROKES = str.maketrans("łŁøØđĐ", "lLoOdD")  # letters that Unicode does not decompose


def fold(text: str) -> str:
    """Strip diacritics, the stroke of ł included; keep upper and lower case."""
    decomposed = unicodedata.normalize("NFD", text).translate(_STROKES)
    return "".join(char for char in decomposed if not unicodedata.combining(char))


class ContextWords:
    """The words and numbers of one customer; what an attacker knows of him.

    Built anew for each assessment, so that nothing of a customer stays in memory.
    """

    def __init__(self, context: Sequence[str]) -> None:
        """Split at most MAX_CONTEXT_ENTRIES entries, as typed, into folded words, each once."""
        words: dict[str, None] = {}
        for entry in list(context)[:MAX_CONTEXT_ENTRIES]:
            folded = fold(normalize(entry[:MAX_CONTEXT_LENGTH])).lower()
            parts = re.findall(r"[^\W\d_]+|[0-9]+", folded)
            whole = "".join(parts)
            for word in (*parts, *re.findall(r"[^\W_]+", folded), whole):
                if SHORTEST_WORD <= len(word) <= LONGEST_WORD:
                    words[word] = None
            if len(words) >= MAX_CONTEXT_WORDS:
                break
        self.words = list(words)[:MAX_CONTEXT_WORDS]

    @cached_property
    def forms(self) -> frozenset[str]:
        """Return the words and their beginnings."""
        return frozenset(
            word[:length]
            for word in self.words
            for length in range(min(len(word), SHORTEST_OWN_STEM), len(word) + 1)
        )

    @cached_property
    def digits(self) -> str:
        """Return the numbers in one text: any part of a phone number or NIP is known."""
        return " ".join(word for word in self.words if word.isdecimal())

    @cached_property
    def starts(self) -> frozenset[str]:
        """Return what parts of a password that are the customer's own begin with."""
        return frozenset(
            {form[:SHORTEST_WORD] for form in self.forms}
            | {self.digits[at : at + SHORTEST_WORD] for at in range(len(self.digits))}
        )

    def __contains__(self, part: str) -> bool:
        """Tell whether this part of a password is the customer's own."""
        if part.isdecimal():
            return len(part) >= SHORTEST_DIGITS and part in self.digits
        return part in self.forms
