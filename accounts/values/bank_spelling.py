"""Spell a name as banks do that know plain letters only."""

import unicodedata

# Letters that no decomposition makes plain, as transfers abroad and old ledgers spell them.
_PLAIN = str.maketrans(
    {
        "ł": "l",
        "Ł": "L",
        "ø": "o",
        "Ø": "O",
        "đ": "d",
        "Đ": "D",
        "ð": "d",
        "Ð": "D",
        "ħ": "h",
        "Ħ": "H",
        "ı": "i",
        "ŧ": "t",
        "Ŧ": "T",
        "æ": "ae",
        "Æ": "AE",
        "œ": "oe",
        "Œ": "OE",
        "þ": "th",
        "Þ": "Th",
        "ß": "ss",
        "ẞ": "SS",
    }
)
# Punctuation is no letter: that it differs is nobody's worry.
_SIGNS = str.maketrans(
    "\u201e\u201d\u201c\u00ab\u00bb\u2018\u2019\u201a\u2013\u2014\u2011\u2010",
    '"""""\'\'\'----',
)


def plain(name: str) -> str:
    """Return the name without diacritics; empty if nothing differs or other letters remain.

    „Żółta Łódź” becomes "Zolta Lodz". Names in another script are transliterated by no rule that
    all banks share, so there is no guess for them.
    """
    typed = name.translate(_SIGNS)
    spelled = "".join(
        character
        for character in unicodedata.normalize("NFD", typed.translate(_PLAIN))
        if not unicodedata.combining(character)
    )
    return spelled if spelled.isascii() and spelled != typed else ""
