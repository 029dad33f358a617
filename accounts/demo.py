"""Make up the customers of the demonstration: realistic, invented, and the same every time.

Nothing here touches the database; `manage.py demo` does. Every answer passes the forms of the
registration (a test holds that), so NIP and REGON have right check digits.
"""

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

from accounts.desk.decisions import Decision
from accounts.desk.roles import Role
from accounts.models import Kind, ReviewState
from accounts.models.customer import Section
from accounts.models.words import search_key
from accounts.reasons import Rejection

SEED = 2026
# Two of each role: whatever one proposes, another can confirm.
STAFF = tuple((f"{role.value}{number}@kantor.example", role) for role in Role for number in (1, 2))
STAFF_LANGUAGE = "pl"

# What one person decides alone; who proposes to a second one does so at the desk.
REVIEWS = tuple(state for state in ReviewState if state is not ReviewState.SECOND)
# In the order in which an account passes through them.
STATES = ("pending", "active", "suspended")

_NAMESPACE = uuid.UUID("6f1c1f0e-5d39-4f0b-9a53-3f6f0c2b7d10")

_WOMEN = (
    ("Anna", "Nowak"),
    ("Katarzyna", "Wójcik"),
    ("Małgorzata", "Kamińska"),
    ("Agnieszka", "Zielińska"),
    ("Żaneta", "Święcicka"),
    ("Barbara", "Dąbrowska"),
    ("Elżbieta", "Kozłowska"),
    ("Zofia", "Jabłońska"),
    ("Maria Łucja", "Śmigły-Rydzewska"),
    ("Joanna", "Król"),
)
_MEN = (
    ("Piotr", "Kowalski"),
    ("Krzysztof", "Wiśniewski"),
    ("Łukasz", "Żak"),
    ("Paweł", "Lewandowski"),
    ("Michał", "Szczęsny"),
    ("Grzegorz", "Brzęczyszczykiewicz"),
    ("Stanisław", "Mazur"),
    ("Jan Maria", "Krawczyk"),
    ("Błażej", "Gołąb"),
    ("Wojciech", "Pawłowski"),
)
_ENGLISH = (
    ("Emma", "O'Connor"),
    ("James", "Whitfield"),
    ("Olena", "Shevchenko"),
    ("Thomas", "Müller"),
    ("Zoë", "de la Fontaine"),
)
_COMPANIES = (
    "Meble Bieszczadzkie sp. z o.o.",
    "Zakład Ślusarski „Żuraw” Żurawski i Synowie sp.j.",
    "Biuro Podróży Łódka S.A.",
    "Przedsiębiorstwo Handlowo-Usługowe ŚWIERK Grażyna Świerczewska",
    "Import-Eksport Bałtyk sp. z o.o. sp.k.",
    "Pracownia Architektoniczna Ćwiartka i Połówka",
    "Sady Grójeckie – Spółdzielnia Ogrodnicza",
    "Transport Międzynarodowy KRÓL",
    "Hurtownia Części Rolniczych „Źdźbło” sp. z o.o.",
    "Fundacja Rozwoju Żeglarstwa Śródlądowego im. kpt. Jędrzeja Ostojskiego-Łęckiego w Giżycku",
)
_PLACES = (
    ("Marszałkowska", "00-624", "Warszawa"),
    ("Świętego Marcina", "61-803", "Poznań"),
    ("Piotrkowska", "90-269", "Łódź"),
    ("Długa", "31-147", "Kraków"),
    ("Oławska", "50-123", "Wrocław"),
    ("Grunwaldzka", "80-236", "Gdańsk"),
    ("Krakowskie Przedmieście", "20-002", "Lublin"),
    ("Mickiewicza", "05-600", "Grójec"),
    ("", "37-550", "Radymno"),
)
_POSITIONS = ("prezes zarządu", "wiceprezes zarządu", "dyrektor finansowy", "prokurent")
_MOBILE_PREFIXES = ("501", "512", "601", "603", "660", "691", "724", "781", "883")


@dataclass(frozen=True)
class DemoAccount:
    """One invented customer: the answers of his registration and what happened afterwards."""

    attempt: uuid.UUID
    kind: Kind
    answers: dict[str, str]
    language: str
    state: str
    review_state: ReviewState
    review_note: str
    # What the customer reads, and the sections (`Section`) that he is to correct.
    review_words: str
    review_sections: tuple[str, ...]
    days_ago: int
    wants_news: bool
    took_news_back: bool
    # Index into the survey's sources, wrapped around; None for no answer.
    source: int | None
    details: str = field(default="")


def accounts() -> Iterator[DemoAccount]:
    """Yield the customers, oldest registration first: every kind, state and review, and more.

    Nobody reviews an account that was never opened, so a pending one is new.
    """
    # Its own generator: nobody else's numbers change, and the customers are the same every time.
    rng = random.Random(SEED)  # noqa: S311
    every = [
        (state, review_state, kind)
        for state, review_state, kind in product(STATES, REVIEWS, Kind)
        if state != "pending" or review_state == ReviewState.NEW
    ]
    extra = [
        (rng.choice(("pending", "active", "active", "active")), ReviewState.NEW, kind)
        for kind in (*Kind,) * 7
    ]
    combinations = every + extra
    for number, (state, review_state, kind) in enumerate(combinations):
        language = "en" if number % 5 == 4 else "pl"
        answers = _person(rng, number, language) | _address(rng, "main")
        answers |= _address(rng, "corr") if number % 4 == 1 else _no_address("corr")
        if kind == Kind.COMPANY:
            answers |= _company(rng, number)
            if language == "en":
                answers |= _abroad()
        wants_news = rng.random() < 0.5
        yield DemoAccount(
            attempt=uuid.uuid5(_NAMESPACE, str(number)),
            kind=kind,
            answers=answers,
            language=language,
            state=state,
            review_state=review_state,
            review_note=_NOTES[review_state],
            review_words=_WORDS if review_state == ReviewState.CORRECTION else "",
            review_sections=(Section.ADDRESS,) if review_state == ReviewState.CORRECTION else (),
            days_ago=_days_ago(rng, state, number, len(combinations)),
            wants_news=wants_news,
            took_news_back=wants_news and state == "active" and number % 3 == 0,
            source=rng.randrange(14) if state != "pending" and number % 3 else None,
        )


_NOTES = {
    ReviewState.NEW: "",
    ReviewState.APPROVED: "",
    ReviewState.CORRECTION: "Kod pocztowy nie pasuje do ulicy.",
    ReviewState.REJECTED: "Dane nie należą do osoby, która je podała.",
}


# How each review came to its state, and for which reason.
DECISIONS = {
    ReviewState.APPROVED: (Decision.APPROVE, ""),
    ReviewState.CORRECTION: (Decision.CORRECT, ""),
    ReviewState.REJECTED: (Decision.REJECT, Rejection.IDENTITY.value),
}

_WORDS = "Kod pocztowy nie pasuje do podanej ulicy. Sprawdź adres i zapisz go jeszcze raz."


def _days_ago(rng: random.Random, state: str, number: int, of: int) -> int:
    # A pending account whose link ended long ago would be purged.
    return rng.randrange(1, 20) if state == "pending" else (of - number) * 3 + rng.randrange(3)


def _person(rng: random.Random, number: int, language: str) -> dict[str, str]:
    if language == "en":
        first, last = _ENGLISH[number // 5 % len(_ENGLISH)]
    else:
        first, last = (_WOMEN if number % 2 else _MEN)[number // 2 % 10]
    login = f"{search_key(first).split()[0]}.{search_key(last).replace(' ', '-')}"
    login = "".join(char for char in login if char.isascii() and (char.isalnum() or char in ".-"))
    phone = f"+48{rng.choice(_MOBILE_PREFIXES)}{rng.randrange(10**6):06d}"
    return {
        "first_name": first,
        "last_name": last,
        "email": f"{login}{number + 1}@example.com",
        "phone": phone,
    }


def _company(rng: random.Random, number: int) -> dict[str, str]:
    has_register = number % 3 != 0
    return {
        "company_name": _COMPANIES[number // 2 % len(_COMPANIES)],
        "nip": _nip(rng),
        "regon": _regon(rng) if number % 2 == 0 else "",
        "krs": f"{rng.randrange(10**6):010d}" if has_register else "",
        "position": rng.choice(_POSITIONS),
    }


def _abroad() -> dict[str, str]:
    return {
        "company_name": "Möbelhaus Grünwald GmbH & Co. KG",
        "nip": "DE136695976",
        "regon": "",
        "krs": "",
        "position": "Managing Director",
        "main_street": "Kurfürstendamm",
        "main_postal_code": "10719",
        "main_city": "Berlin",
        "main_country": "DE",
    }


def _address(rng: random.Random, prefix: str) -> dict[str, str]:
    street, postal_code, city = rng.choice(_PLACES)
    return {
        f"{prefix}_street": street,
        f"{prefix}_house_no": f"{rng.randrange(1, 140)}{rng.choice(('', '', '', 'A', 'B'))}",
        f"{prefix}_flat_no": str(rng.randrange(1, 90)) if rng.random() < 0.5 else "",
        f"{prefix}_postal_code": postal_code,
        f"{prefix}_city": city,
        f"{prefix}_country": "PL",
    }


def _no_address(prefix: str) -> dict[str, str]:
    names = ("street", "house_no", "flat_no", "postal_code", "city", "country")
    return {f"{prefix}_{name}": "" for name in names}


def _nip(rng: random.Random) -> str:
    """Return a NIP with a right check digit; a sum that leaves 10 is never issued."""
    while True:
        digits = [rng.randrange(1, 10) for _ in range(9)]
        check = _check_digit(digits, (6, 5, 7, 2, 3, 4, 5, 6, 7))
        if check < 10:
            return "".join(map(str, (*digits, check)))


def _regon(rng: random.Random) -> str:
    """Return a nine-digit REGON; a sum that leaves 10 counts as 0."""
    digits = [rng.randrange(1, 10) for _ in range(8)]
    return "".join(map(str, (*digits, _check_digit(digits, (8, 9, 2, 3, 4, 5, 6, 7)) % 10)))


def _check_digit(digits: list[int], weights: tuple[int, ...]) -> int:
    return sum(digit * weight for digit, weight in zip(digits, weights, strict=True)) % 11
