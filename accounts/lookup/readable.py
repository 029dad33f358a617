"""Write the capitals of a register as people write the words.

Streets and places follow rules, so they are written anew. The name of a company does not: nobody
can tell KGHM from MEBLE. It stays as the register has it, all but its legal form.
"""

import re

_WORD = re.compile(r"[^\W\d_]+")
_ROMAN = re.compile(r"(?:X{0,3})(?:IX|IV|V?I{0,3})\Z")

# Written small except at the beginning: prepositions and conjunctions, titles before a name.
_SMALL = frozenset(
    (
        *(
            "i",
            "oraz",
            "w",
            "we",
            "z",
            "ze",
            "na",
            "nad",
            "pod",
            "przy",
            "do",
            "od",
            "za",
            "u",
            "o",
        ),
        *("św", "św.", "bł.", "ks.", "kard.", "abp.", "bp.", "dr", "prof.", "inż.", "mgr", "hr."),
        *("gen.", "płk.", "ppłk.", "mjr", "kpt.", "por.", "ppor.", "rtm.", "marsz.", "adm.", "hm."),
        *("im.", "al.", "pl.", "os.", "ul."),
    )
)
_ACRONYMS = frozenset(("AK", "NMP", "ONZ", "PCK", "PKP", "PPS", "WOP", "WP", "ZWM"))

_FORM = (
    r"(?:prosta )?spółka (?:z ograniczoną odpowiedzialnością|akcyjna|jawna|komandytowa"
    r"|komandytowo-akcyjna|partnerska|cywilna)"
    r"|sp\. ?z ?o\. ?o\.|sp\. ?[jkp]\.|s\.c\."
)
_LEGAL_FORM = re.compile(
    rf"(?<=\S )(?:{_FORM})(?: (?:{_FORM}))*"
    r"(?: w (?:likwidacji|upadłości(?: likwidacyjnej)?|restrukturyzacji))?\Z",
    re.IGNORECASE,
)


def readable_place(text: str) -> str:
    """Return a street or a place in capitals as people write it: Święta Lipka, Jana Pawła II.

    What is not all in capitals is somebody's own spelling and stays as it is.
    """
    if text != text.upper():
        return text
    words = text.split()
    return " ".join(
        _place_word(word, is_first=index == 0, is_last=index == len(words) - 1)
        for index, word in enumerate(words)
    )


def readable_company(name: str) -> str:
    """Return the name as it is, its legal form at the end in small letters."""
    if name != name.upper():
        return name
    return _LEGAL_FORM.sub(lambda form: form[0].lower(), " ".join(name.split()))


def _place_word(word: str, *, is_first: bool, is_last: bool) -> str:
    # A single I between two words joins them; at the end it is a number.
    if _is_roman(word) and (len(word.strip(".,")) > 1 or is_last or word != "I"):
        return word
    if word in _ACRONYMS:
        return word
    if word.lower() in _SMALL and not is_first:
        return word.lower()
    return _WORD.sub(_capitalised, word)


def _is_roman(word: str) -> bool:
    letters = word.strip(".,")
    return bool(letters) and _ROMAN.match(letters) is not None


def _capitalised(match: re.Match[str]) -> str:
    """Return one run of letters with a capital; after digits ("1000-LECIA") all small."""
    before = match.string[: match.start()].rstrip("-")
    letters = match[0]
    if before and before[-1].isdigit():
        return letters.lower() if len(letters) > 1 else letters
    return letters[0] + letters[1:].lower()
