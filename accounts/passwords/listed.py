"""Find the known words that a text begins with: ours, the stems of ours, and zxcvbn's.

In dictionaries 144,000 strings took 20 MiB of each process. Here they lie in one text, sorted,
with columns of numbers beside it, and are found by bisection among those that begin with the same
three letters. data/join.py writes the file.
"""

from array import array
from bisect import bisect
from pathlib import Path

FILE = Path(__file__).with_name("data") / "listed.bin"
# So many letters tell where to look: most of what is typed begins no word.
BEGINNING = 3


def _read() -> "tuple[list[array[int]], str]":
    """Return the columns of the file and its text."""
    with FILE.open("rb") as file:
        words, beginnings = array("I", file.read(8))
        columns = [array(code) for code in "IIHHBB"]
        sizes = (beginnings, words + 1, words, words, words, words)
        for column, size in zip(columns, sizes, strict=True):
            column.fromfile(file, size)
        text = file.read().decode("ascii")
    # The columns tell by themselves where they are cut; words that are missing would make weak
    # passwords pass.
    if len(text) != columns[1][-1]:
        raise ValueError(f"{FILE} is not whole")
    return columns, text


# Which words are the first of each beginning; where in the text each word lies; how many words
# before it the longest one stands that it begins with (0: none). Then what a word is worth: its
# rank for zxcvbn, what it costs as a word and as a stem (0: it is none).
(_FIRSTS, _PLACES, _BACK, RANKS, COSTS, STEMS), _TEXT = _read()
_WORDS = range(len(_BACK))


def _word(number: int) -> str:
    return _TEXT[_PLACES[number] : _PLACES[number + 1]]


_BEGINNINGS = {_word(first)[:BEGINNING]: at for at, first in enumerate(_FIRSTS)}
_FIRSTS.append(len(_WORDS))
# Words of one and two letters stand by themselves: they begin everything, and only zxcvbn asks.
SHORT = {
    text: RANKS[_FIRSTS[_BEGINNINGS.pop(text)]]
    for text in [text for text in _BEGINNINGS if len(text) < BEGINNING]
}


def beginning(text: str) -> dict[int, int]:
    """Return the numbers of the known words that a text begins with by their lengths, short first.

    Of words of three letters and more.
    """
    at = _BEGINNINGS.get(text[:BEGINNING])
    if at is None:
        return {}
    first = _FIRSTS[at]
    number = bisect(_WORDS, text, first, _FIRSTS[at + 1], key=_word) - 1
    found: list[tuple[int, int]] = []
    # All that the text begins with stand on the way back from the last word not behind it.
    while number >= first:
        if found or text.startswith(_word(number)):
            found.append((_PLACES[number + 1] - _PLACES[number], number))
        if not _BACK[number]:
            break
        number -= _BACK[number]
    return dict(reversed(found))
