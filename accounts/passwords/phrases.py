"""Know what everybody can quote: prayers, carols, rhymes, proverbs, titles, sayings.

All of data/phrases.txt lies in one text, and the places where its words begin are sorted by what
follows them, so the longest known run of words is found by bisection: 20,000 beginnings cost less
memory than as many words would.
"""

from array import array
from bisect import bisect
from collections.abc import Iterator
from itertools import groupby

from accounts.passwords.data import DATA

# Of two words at least; listed.py knows single ones.
SHORTEST_PHRASE = 6
# So many letters tell where to look, and mostly that nothing begins here.
_BEGINNING = 3
# Of so many letters it is known even where it breaks off within a word.
SHORTEST_TORN = 12
LONGEST_PHRASE = 32


def _load() -> "tuple[str, bytes, array[int]]":
    """Return the phrases without blanks, a mark where each word begins, and these places sorted."""
    text: list[str] = []
    marks = bytearray()
    for line in (DATA / "phrases.txt").read_text("utf-8").splitlines():
        if not line.startswith("# "):
            for word in (*line.split(), "\n"):
                text.append(word)
                marks += b"\1" + bytes(len(word) - 1)
    whole = "".join(text)
    begins = [at for at, mark in enumerate(marks) if mark and whole[at] != "\n"]
    begins.sort(key=lambda at: whole[at : at + LONGEST_PHRASE])
    return whole, bytes(marks), array("I", begins)


TEXT, _MARKS, _BEGINS = _load()


def _following(at: int) -> str:
    return TEXT[at : at + LONGEST_PHRASE]


def _ranges() -> dict[str, range]:
    """Return which places have the same beginning."""
    ranges: dict[str, range] = {}
    for beginning, group in groupby(
        enumerate(_BEGINS), lambda pair: _following(pair[1])[:_BEGINNING]
    ):
        numbers = [number for number, _ in group]
        ranges[beginning] = range(numbers[0], numbers[-1] + 1)
    return ranges


_RANGES = _ranges()


def lengths(reading: str, start: int) -> Iterator[int]:
    """Yield how long each known run of words is that begins here, or what is left of a torn one."""
    wanted = reading[start : start + LONGEST_PHRASE]
    among = _RANGES.get(wanted[:_BEGINNING])
    if among is None:
        return
    place = bisect(_BEGINS, wanted, among.start, among.stop, key=_following)
    for at in _BEGINS[max(0, place - 1) : place + 1]:
        common = 0
        while common < len(wanted) and TEXT[at + common] == wanted[common] != "\n":
            common += 1
        second = _MARKS.find(1, at + 1) - at
        for length in range(max(SHORTEST_PHRASE, second + 1), common + 1):
            if _MARKS[at + length] or (length == common >= SHORTEST_TORN):
                yield length
