"""Press "Pobierz dane" at step 1a, with a register on this machine."""

from typing import ClassVar

from django.core.cache import cache
from django.test import TestCase, override_settings

from tests import register as moods
from tests.people import FIRMA, Applicant
from tests.register import NIP, Register
from tests.walk import Visitor

FETCH = {"pl": "Pobierz dane", "en": "Fetch details"}
FOUND = {
    "Dane firmy": {
        "Pełna nazwa firmy": "WZÓR I PRZYKŁAD spółka z ograniczoną odpowiedzialnością",
        "REGON": moods.REGON,
        "Numer KRS": moods.KRS,
    },
    "Adres siedziby": {
        "Ulica": "Św. Jana Pawła II",
        "Nr domu": "12",
        "Nr lokalu": "3",
        "Kod pocztowy": "00-000",
        "Miejscowość": "Warszawa",
    },
}
FILLED = "Uzupełniliśmy nazwę, adres i numery rejestrowe z Wykazu podatników VAT. Sprawdź je."
UNKNOWN = "W Wykazie podatników VAT nie ma takiej firmy; nie każda firma w nim figuruje."
LATER = "Nie można teraz pobrać danych. Wpisz je samodzielnie albo spróbuj później."
TODAY = "Dziś nie można już pobrać danych. Wpisz je samodzielnie."
TOO_MANY = "Zbyt wiele prób pobrania danych."
FOREIGN = "Dane można pobrać tylko dla polskich firm."
NOTHING = "Niczego nie uzupełniliśmy. Wpisane dane pozostają bez zmian."


class FetchingTestCase(TestCase):
    """A visitor without scripts at step 1a, and a register on this machine."""

    register: Register
    applicant: ClassVar[Applicant] = FIRMA

    def setUp(self) -> None:
        cache.clear()
        self.addCleanup(cache.clear)
        self.register = self.enterContext(moods.running())
        self.enterContext(
            override_settings(COMPANY_LOOKUP="mf", COMPANY_LOOKUP_URL=self.register.url)
        )
        self.visitor = self.applicant.start(Visitor())

    def fetch(self, number: str = NIP, **others: str) -> Visitor:
        """Type the number and press the button."""
        return self.visitor.fill({"NIP": number, **others}).press(FETCH["pl"])

    def said(self) -> str:
        """Return the line beside the button."""
        return " ".join(self.visitor.element(".company-lookup [role=status]").get_text().split())

    def assert_filled(self) -> None:
        for group, answers in FOUND.items():
            assert self.visitor.values(answers, group) == answers
