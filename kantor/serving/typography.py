"""Hold together what no line may be broken between: the one place that puts no-break spaces.

Texts are typed with ordinary blanks, in the catalogues, in the legal documents and in the tables
that staff keep. The catalogues are tied when they are compiled (`make messages`), so a page pays
nothing for it; the few texts that come from elsewhere are tied where they are read. What customers
type is shown as they typed it.
"""

import re
from functools import lru_cache

from django.utils.html import format_html
from django.utils.safestring import SafeString

BLANK = "\N{NO-BREAK SPACE}"
# A browser breaks a line behind a dash, in the middle of 9:00–16:30 too.
JOINER = "\N{WORD JOINER}"

_TAG = re.compile("(<[^>]*>)")
# What a number can be in a text: digits, or the place where a catalogue's entry gets them.
_NUMBER = r"(?:(?<=\d)|(?<=\)s)|(?<=\)d)|(?<=\}))"
_MONTHS = {
    "pl": "stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|września|października"
    "|listopada|grudnia",
    "en": "January|February|March|April|May|June|July|August|September|October|November|December",
}
_UNITS = {
    "pl": r"sekund\w*|min\b|minut\w*|h\b|godz\.|godzin\w*|dzień\b|dni\b|dnia\b|dniach\b|dób\b"
    r"|rok\b|roku\b|lata?\b|razy?\b|znak\w*|cyfr\w*|liter\w*|piksel\w*|pól\b|pol[ae]\b|słów\b"
    r"|wiadomości\b|kod\w*|kluczy\b|link\w*|kont\b|kont[ao]\b|spraw\w*|sesj\w*|wnios\w*"
    r"|przeglądar\w*|r\.",
    "en": r"seconds?|min\b|minutes?|h\b|hours?|days?|years?|times|characters?|digits?|letters?"
    r"|pixels|fields?|words|messages?|codes?|passkeys?|links?|accounts?|cases?|sessions?|requests?"
    r"|browsers?",
}
# Words that mean nothing without the number after them.
_BEFORE_NUMBER = {
    "pl": r"godz\.|[Nn]r|[Aa]rt\.|ust\.|poz\.|pkt|[Kk]rok\w*|§|EN|WCAG",
    "en": r"[Nn]o\.|[Aa]rticle|[Ii]tem|[Ss]teps?|§|EN|WCAG",
}


def _rules(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return what to look for and what to put there, in this order."""
    rules = [
        ("(?<=[0-9]) (?=[0-9])", BLANK),
        (" (?=[–—](?: |$))", BLANK),
        (r"(?<=\S)–(?=[^\s\N{WORD JOINER}])", f"–{JOINER}"),
        (rf"{_NUMBER} (?={_UNITS[language]})", BLANK),
        (rf"{_NUMBER} (?=(?:{_MONTHS[language]})\b)", BLANK),
        (rf"\b({_MONTHS[language]}) (?=\d{{4}})", rf"\1{BLANK}"),
        (rf"(?<!\w)({_BEFORE_NUMBER[language]}) (?=[\d%{{])", rf"\1{BLANK}"),
    ]
    if language == "pl":
        rules += [
            # A word of one letter leans on the next one; "e-mail" and "2a" are not such words.
            (r"(?<![\w.-])([AIOUWZaiouwz]) ", rf"\1{BLANK}"),
            (r"\blit\. (?=[a-z]\b)", f"lit.{BLANK}"),
            (r"\bsp\. (?=z\b)", f"sp.{BLANK}"),
            (r"\bul\. ", f"ul.{BLANK}"),
        ]
    return tuple((re.compile(pattern), put) for pattern, put in rules)


_RULES = {language: _rules(language) for language in ("pl", "en")}


@lru_cache(maxsize=512)
def tie(text: str, language: str) -> str:
    """Return the text with no-break spaces where its language wants them; tied text as it is.

    Polish keeps words of one letter with the next word; both languages keep numbers with what they
    count, dates, hours, telephone numbers, and a dash with the word before it. Tags stay as they
    are, so a text may be HTML; it may be an entry of a catalogue, its placeholders included.
    Raises KeyError for another language.
    """
    parts = _TAG.split(text)
    for number in range(0, len(parts), 2):
        for pattern, put in _RULES[language]:
            parts[number] = pattern.sub(put, parts[number])
    return "".join(parts)


def breakable_email(local: str, domain: str) -> SafeString:
    """Return an e-mail address as HTML, by what stands before and behind its @.

    It stays in one line where a line is long enough for it; else it is broken behind the @.
    """
    return format_html('<span class="email">{}@<wbr>{}</span>', local, domain)


def untie(text: str) -> str:
    """Return the words alone: what a text says does not depend on where its lines may break."""
    return text.replace(BLANK, " ").replace(JOINER, "")
