"""Whose registration a link is about, for a reader who may be a stranger."""

from django.test import Client, SimpleTestCase, TestCase
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Kind
from accounts.values import masked
from tests.factories import registered
from tests.letters import activation_path
from tests.walk import Visitor

COMPANIES = {
    "Ćma Budowlana sp. z o.o.": "Ć… B… sp. z o.o.",
    "Ćma i Wspólnicy spółka jawna": "Ć… i W… spółka jawna",
    "Przędzalnia „Żuraw” Łękawska i Wspólnicy sp.j.": "P… „Ż…” Ł… i W… sp.j.",
    "Zakład Ślusarski Żuraw Sp. z o. o. sp. k.": "Z… Ś… Ż… Sp. z o. o. sp. k.",
    "KGHM Polska Miedź S.A.": "K… P… M… S.A.",
    "ŁÓDKA SPÓŁKA AKCYJNA": "Ł… SPÓŁKA AKCYJNA",
    "Świerk spółka z ograniczoną odpowiedzialnością": "Ś… spółka z ograniczoną odpowiedzialnością",
    "Świerk spółka z ograniczoną odpowiedzialnością spółka komandytowa": (
        "Ś… spółka z ograniczoną odpowiedzialnością spółka komandytowa"
    ),
    "Żubr spółka komandytowo-akcyjna w likwidacji": "Ż… spółka komandytowo-akcyjna w likwidacji",
    "Spółdzielnia Mleczarska Łąka": "Spółdzielnia M… Ł…",
    "Fundacja „Dom”": "Fundacja „D…”",
    "Fundacjanta S.A.": "F… S.A.",
    "P.P.H.U. „Świerk” Grażyna Świerczewska": "P.P.H.U. „Ś…” G… Ś…",
    "Nowak-Kowalski s.c.": "N…-K… s.c.",
    "O'Connor & Sons Trading Ltd": "O'C… & S… T… Ltd",
    "Żuraw GmbH & Co. KG": "Ż… GmbH & Co. KG",
    "e-Zakupy.pl, Inc.": "e-Z….pl, Inc.",
    "3M Studio 54 (2000)": "3M S… 54 (2…)",
    "AB": "AB",
    "": "",
}


class CompanyTests(SimpleTestCase):
    """A company's name."""

    def test_can_be_read_and_is_not_told(self) -> None:
        for name, shown in COMPANIES.items():
            assert masked.company(name) == shown, name

    @given(st.text(alphabet="aąŻ1 .-&„”'\u0301", max_size=40))
    def test_keeps_no_three_letters_of_a_word(self, name: str) -> None:
        run = 0
        for sign in masked.company(name):
            run = run + 1 if sign.isalnum() else run if sign == "\u0301" else 0
            assert run < 3, name


class PersonTests(SimpleTestCase):
    """A person's name and an address."""

    def test_is_its_first_letters_however_short_it_is(self) -> None:
        assert masked.person("Grażyna Józefa Śliwińska") == "G••• J••• Ś•••"
        assert masked.person("Li Wu") == "L••• W•••"

    def test_is_not_told_by_the_address(self) -> None:
        assert masked.address("grazyna.wrona@poczta.example") == "g•••@p•••.example"


class PageTests(TestCase):
    """The page that asks for the password."""

    def test_shows_a_company_so_that_its_people_know_it(self) -> None:
        user = registered(Kind.COMPANY, company_name="Ćma Budowlana sp. z o.o.")
        page = Visitor(Client()).open(activation_path(user))
        assert page.shows("Ć… B… sp. z o.o.")
        assert not page.shows("Budowlana")

    def test_shows_a_person_by_first_letters(self) -> None:
        user = registered(first_name="Al", last_name="Ćma")
        page = Visitor(Client()).open(activation_path(user))
        assert page.shows("A••• Ć•••")
