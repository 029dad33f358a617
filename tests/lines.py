"""Find the places where a line of a page could end and should not."""

import re
from collections.abc import Iterable, Iterator

from bs4 import Tag
from bs4.element import NavigableString

COUNTED = {
    "pl": r"minut\w*|godzin\w*|dni|znak\w*|cyfr\w*|pól|pola|pole|r\.",
    "en": r"minutes?|hours?|days?|characters?|digits?|fields?",
}
MONTHS = {
    "pl": r"(?:stycz|lut|mar|kwiet|maj|czerw|lip|sierp|wrze|paździer|listopad|grud)\w*",
    "en": r"(?:January|February|March|April|May|June|July|August|September|October|November|"
    r"December)",
}
# A line ends behind each of these anyway.
BLOCKS = re.compile(r"^(?:br|button|d[dt]|div|h\d|label|legend|li|option|p|t[dh])$")
UNSEEN = {"script", "style", "title"}
# Each ends where the line could end; the blank is an ordinary one.
EVERYWHERE = (
    r"\d (?=\d)",  # a telephone number, thousands
    r"\d–(?=\d)",  # hours from – to
    r"\w (?=– )",  # a line that begins with a dash
)
POLISH = (
    r"(?<![\w.-])[aiouwz] (?=\S)",
    r"\b(?:godz\.|nr|kroku?) (?=\d)",
)


def loose_lines(page: Tag, language: str, typed: Iterable[str] = ()) -> list[str]:
    """Return the words around each bad place in what a page shows.

    `typed` is what people typed: it is shown as they did. What is hidden from the eye counts too,
    since one cannot see that here; the scripts do not.
    """
    return loose_in("".join(_shown(page)), language, typed)


def _shown(element: Tag) -> Iterator[str]:
    """Yield the texts of an element, with a mark at the end of each that ends a line."""
    for child in element.children:
        if isinstance(child, Tag):
            if child.name not in UNSEEN:
                yield from _shown(child)
        elif type(child) is NavigableString:
            yield child
    if BLOCKS.match(element.name):
        yield "¶"


def loose_in(text: str, language: str, typed: Iterable[str] = ()) -> list[str]:
    """Return the words around each bad place in a text, its own line breaks taken for blanks."""
    text = re.sub(r"[ \t\r\n]+", " ", text)
    for words in sorted(typed, key=len, reverse=True):
        if " " in words:
            text = text.replace(words, "…")
    patterns = [
        *EVERYWHERE,
        rf"\d (?=(?:{COUNTED[language]})(?!\w))",
        rf"\d (?={MONTHS[language]} )",
        rf"(?<=\d.){MONTHS[language]} (?=\d{{4}})",
        *(POLISH if language == "pl" else ()),
    ]
    return [
        text[max(0, found.start() - 20) : found.end() + 20]
        for pattern in patterns
        for found in re.finditer(pattern, text, re.IGNORECASE)
    ]
