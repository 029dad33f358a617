"""Show whose registration a link is about: its owner recognises it, nobody else learns it.

A link may be read by a stranger, whose address was typed by mistake.
"""

import re

# Words of a company's name that say what kind of company it is, and nothing of which. Short ones,
# such as sp. z o.o. and S.A., need not be named: they are too short to be masked.
_LEGAL_FORMS = (
    "spółka z ograniczoną odpowiedzialnością",
    "z ograniczoną odpowiedzialnością",
    "prosta spółka akcyjna",
    "spółka komandytowo-akcyjna",
    "spółka komandytowa",
    "spółka partnerska",
    "spółka akcyjna",
    "spółka europejska",
    "spółka jawna",
    "spółka cywilna",
    "spółdzielnia",
    "stowarzyszenie",
    "fundacja",
    "oddział w Polsce",
    "w organizacji",
    "w likwidacji",
    "w upadłości",
    "w restrukturyzacji",
    "spółka",
    "sp.k.a.",
    "S.K.A.",
    "SKA",
    "P.S.A.",
    "PSA",
    "GmbH",
    "Ltd",
    "Limited",
    "LLC",
    "LLP",
    "PLC",
    "Inc",
    "Corp",
)
# A letter or digit with the marks that belong to it; three of them or more are masked.
_LETTER = r"[^\W_][\u0300-\u036f]*"
_PARTS = re.compile(
    rf"(?P<form>(?<!\w)(?:{'|'.join(map(re.escape, _LEGAL_FORMS))})(?!\w))"
    rf"|(?P<first>{_LETTER})(?:{_LETTER}){{2,}}",
    re.IGNORECASE,
)


def company(name: str) -> str:
    """Return a company's name with the first letter of each word alone.

    Words of one or two letters, signs and the legal form stay as they are, so that it can be read:
    "Ćma Budowlana sp. z o.o." is "Ć… B… sp. z o.o.".
    """
    return _PARTS.sub(lambda part: part["form"] or f"{part['first']}…", name)


def person(name: str) -> str:
    """Return the first letter of each name of a person, however short it is."""
    return " ".join(f"{word[0]}•••" for word in name.split())


def address(email: str) -> str:
    """Return the first letters of an e-mail address and its last domain."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}•••@{domain[:1]}•••.{domain.rpartition('.')[2]}"
