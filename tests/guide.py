"""The registration as the guide shows it: one walk, its pictures and what stands in each.

Two visitors take the same walk: `tests/photographer.py` with a browser, when the pictures are
made, and a visitor without one, in `tests/test_guide.py`, who makes sure that the pages still say
what the pictures show.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.message import EmailMessage as Message
from pathlib import Path
from typing import Any, Self
from unittest import mock

from django.conf import settings
from django.core import mail
from django.http import HttpResponse
from django.test import override_settings

from accounts.sign_in import digits
from tests import letters
from tests.doors import digits_label
from tests.people import COMPANY, FIRMA, OSOBA, PERSON
from tests.walk import Visitor

LANGUAGES = ("pl", "en")
SCHEMES = ("light", "dark")
FOLDER = settings.BASE_DIR / "static" / "img" / "guide"
MANIFEST = settings.BASE_DIR / "kantor" / "content" / "guide.json"
# Mails name the site by this address in the pictures, whatever server made them.
SITE = "https://kantor.example"

# What each picture shows: from the top of the first to the bottom of the last of these elements.
# In the order of the guide.
PICTURES: dict[str, tuple[str, str]] = {
    "start": (".site-header", ".hero h1"),
    "krok-1": ("h1", ".wizard-form .actions button"),
    "krok-1a-firma": ("#company", "#company"),
    "krok-1a-adres": ("[data-field='other_address']", "#correspondence"),
    "krok-1a-reprezentant": ("#representative", ".wizard-form .actions"),
    "krok-1b-osoba": ("h1", "#person"),
    "krok-1b-kontakt": ("#contact", ".wizard-form .actions"),
    "krok-2a": ("h1", "[aria-labelledby='person-title']"),
    "krok-2b-haslo": ("#password", "#password"),
    "krok-2b-kod": ("#captcha", ".wizard-form .actions button"),
    "krok-2c": ("#required", ".wizard-form .actions button"),
    "krok-3": (".kicker", ".notice"),
    "krok-4-wiadomosc": ("td.link", "td.card strong"),
    "krok-4-haslo": (".kicker", "form .actions"),
    "krok-4-aktywne": (".kicker", "section.panel"),
    "krok-4-powitanie": ("td.link", ".action"),
    "logowanie": ("h1", "form .actions"),
}
# Elements whose words a person looks for on the page.
SPOKEN = "h1, h2, legend, label, button, dt, .button, .edit-link, .action"
SECRETS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/aktywacja/)[^/]{20,}")


# Invented people and firms. NIP and REGON have right check digits; 999 names no tax office, and
# no such KRS number was given away.
COMPANIES = {
    "pl": replace(
        FIRMA,
        details={
            "Dane firmy": {
                "Pełna nazwa firmy": "Dębowy Próg sp. z o.o.",
                "NIP": "999-000-12-78",
                "REGON": "999001230",
                "Numer KRS": "0009990012",
            },
            "Adres siedziby": {
                "Ulica": "Klonowa",
                "Nr domu": "14",
                "Kod pocztowy": "05-500",
                "Miejscowość": "Piaseczno",
            },
            "Reprezentant Firmy": {
                "Imię reprezentanta": "Zofia",
                "Nazwisko reprezentanta": "Lipska",
                "Stanowisko lub funkcja": "prezes zarządu",
                "Służbowy adres e-mail (login)": "zofia.lipska@example.com",
                "Służbowy numer telefonu": "601 234 567",
            },
        },
        email="zofia.lipska@example.com",
        owner="Dębowy Próg sp. z o.o.",
        other_address={
            "Ulica": "Ogrodowa",
            "Nr domu": "3",
            "Nr lokalu": "12",
            "Kod pocztowy": "00-950",
            "Miejscowość": "Warszawa",
        },
    ),
    "en": replace(
        COMPANY,
        details={
            "Company details": {
                "Full company name": "Oakstep Joinery sp. z o.o.",
                "Tax number (NIP)": "999-000-12-84",
                "Statistical number (REGON)": "999001247",
                "Court register number (KRS)": "0009990028",
            },
            "Registered office address": {
                "Street": "Klonowa",
                "Building number": "14",
                "Postal code": "05-500",
                "Town or city": "Piaseczno",
            },
            "Company representative": {
                "Representative’s first name": "Emily",
                "Representative’s last name": "Ashdown",
                "Position or function": "managing director",
                "Work e-mail address (login)": "emily.ashdown@example.com",
                "Work phone number": "601 234 567",
            },
        },
        email="emily.ashdown@example.com",
        owner="Oakstep Joinery sp. z o.o.",
        other_address={
            "Street": "Ogrodowa",
            "Building number": "3",
            "Flat number": "12",
            "Postal code": "00-950",
            "Town or city": "Warszawa",
        },
    ),
}
PEOPLE = {
    "pl": replace(
        OSOBA,
        details={
            "Dane osobowe": {"Imię": "Tomasz", "Nazwisko": "Wilczek"},
            "Adres zamieszkania": {
                "Ulica": "Długa",
                "Nr domu": "7",
                "Nr lokalu": "14",
                "Kod pocztowy": "80-831",
                "Miejscowość": "Gdańsk",
            },
            "Kontakt i login": {
                "Numer telefonu": "601 234 567",
                "Adres e-mail (login)": "tomasz.wilczek@example.com",
            },
        },
        email="tomasz.wilczek@example.com",
        owner="Tomasz Wilczek",
    ),
    "en": replace(
        PERSON,
        details={
            "Personal details": {"First name": "Oliver", "Last name": "Thornbury"},
            "Address of residence": {
                "Street": "Długa",
                "Building number": "7",
                "Flat number": "14",
                "Postal code": "80-831",
                "Town or city": "Gdańsk",
            },
            "Contact and login": {
                "Phone number": "601 234 567",
                "E-mail address (login)": "oliver.thornbury@example.com",
            },
        },
        email="oliver.thornbury@example.com",
        owner="Oliver Thornbury",
    ),
}


def walk(visitor: Any, language: str) -> Iterator[tuple[str, Any]]:
    """Take the whole way and stop at each picture: yield its name and whoever looks at it.

    The visitor is a `Reader` or a `Photographer`. A company goes as far as its data, a person to
    the end.
    """
    company, person = COMPANIES[language], PEOPLE[language]
    words = company.words

    yield "start", visitor.open(f"{words.prefix}/")
    yield "krok-1", visitor.open(f"{words.prefix}/rejestracja/").choose(company.kind)
    company.start(visitor)
    company.type_details(visitor)
    yield "krok-1a-firma", visitor
    yield "krok-1a-adres", visitor
    yield "krok-1a-reprezentant", visitor

    person.type_details(person.start(visitor))
    yield "krok-1b-osoba", visitor
    yield "krok-1b-kontakt", visitor
    visitor.press(words.next)
    assert visitor.heading == words.review, visitor.errors
    yield "krok-2a", visitor
    visitor.press(words.next)
    person.type_password(visitor)
    visitor.copy_captcha(words.captcha)
    yield "krok-2b-haslo", visitor
    yield "krok-2b-kod", visitor
    visitor.press(words.next)
    assert visitor.heading == words.consents, visitor.errors
    yield "krok-2c", visitor.choose(*person.required_consents)
    visitor.press(words.register)
    assert visitor.heading == words.check_mailbox, visitor.errors
    yield "krok-3", visitor

    link = letters.newest_path(person.email, "/aktywacja/")
    yield "krok-4-wiadomosc", visitor.elsewhere().read(_newest_mail())
    yield "krok-4-haslo", visitor.elsewhere().open(link)
    visitor.open(link)
    assert visitor.heading == words.active, visitor.heading
    yield "krok-4-aktywne", visitor
    letters.deliver()
    yield "krok-4-powitanie", visitor.elsewhere().read(_newest_mail())
    # Else the picture would show other places every day.
    with mock.patch.object(digits, "CHOICES", ((2, 5, 9),)):
        visitor.open(f"{words.prefix}/logowanie/")
        visitor.fill({words.sign_in_login: person.email}).press(words.next)
        visitor.fill({words.sign_in_password: person.password})
        visitor.fill({digits_label(person.email, words.language): "037"})
        yield "logowanie", visitor


def _newest_mail() -> str:
    """Return the HTML part of the newest mail, as if the site had a name of its own."""
    message: Message = mail.outbox[-1].message()
    (html,) = (part for part in message.walk() if part.get_content_type() == "text/html")
    payload = html.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return re.sub(r"http://[a-z0-9.]+(:\d+)?(?=/)", SITE, payload.decode())


@dataclass(frozen=True)
class Seen:
    """What a page says where its picture is taken."""

    path: str
    heading: str
    words: list[str]


class Reader(Visitor):
    """A visitor without a browser who reads mails too and has other browsers."""

    def read(self, html: str) -> Self:
        """Look at the HTML part of a mail instead of a page."""
        self.path = "mail"
        self.response = HttpResponse(html)
        self._root = self._page = None
        return self

    def elsewhere(self) -> Self:
        """Return the same person with another browser."""
        return type(self)()

    def sees(self, picture: str) -> Seen:
        """Return what stands in the part of the page that the picture shows.

        Fails if one of the elements that bound the picture is gone.
        """
        first, last = (self._element(selector) for selector in PICTURES[picture])
        following = [first, *first.find_all_next()]
        inside = following[: following.index(last) + 1] + last.find_all(True)
        spoken = {id(each) for each in self.page.select(SPOKEN)}
        words = [_plain(each.get_text(" ")) for each in inside if id(each) in spoken]
        return Seen(SECRETS.sub("…", self.path), self.heading, [each for each in words if each])

    def _element(self, selector: str) -> Any:
        found = self.page.select(selector)
        assert found, f"{self.path} has no {selector!r} any more: change PICTURES"
        return found[0]


def seen(language: str) -> dict[str, Seen]:
    """Take the walk without a browser and return what each picture has to show."""
    with override_settings(COMPANY_LOOKUP="fixtures"):
        return {name: visitor.sees(name) for name, visitor in walk(Reader(), language)}


def manifest() -> dict[str, dict[str, dict[str, Any]]]:
    """Return what was written when the pictures were made, by picture and language."""
    found: dict[str, dict[str, dict[str, Any]]] = json.loads(MANIFEST.read_text("utf-8"))
    return found


def file(picture: str, language: str, scheme: str) -> Path:
    """Return the place of a picture."""
    return FOLDER / f"{language}-{scheme}-{picture}.webp"


def _plain(text: str) -> str:
    return " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())
