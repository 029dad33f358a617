"""A slip of the fingers never becomes somebody else's valid value by being completed for people."""

from collections.abc import Callable, Iterator

from django.core.exceptions import ValidationError
from django.test import SimpleTestCase, TestCase
from django.utils.translation import override
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from stdnum.pl import regon as stdnum_regon

from accounts.forms.registration import CompanyForm, PersonForm
from accounts.values import krs, names, nip, phone, position, postal_code, regon
from kantor.serving.typography import untie
from tests.people import FIRMA, OSOBA
from tests.spellings import SpellingTestCase
from tests.thorough import fewer
from tests.walk import Visitor

NINE_DIGITS = st.text("0123456789", min_size=9, max_size=9)
# Where every code has one form only: what is too short there is nothing.
ONE_FORM = ("PL", "BR", "CZ", "DE", "JP", "LT", "LV", "MD", "PT", "SE", "SK")

often = settings(max_examples=fewer(60), deadline=None, database=None)


def losses(number: str) -> Iterator[str]:
    """Yield what is left when any one digit was not typed."""
    for place, character in enumerate(number):
        if character.isdigit():
            yield number[:place] + number[place + 1 :]


def is_taken(parse: Callable[..., str], *typed: str) -> bool:
    """Tell whether this is a value, of whomever."""
    try:
        parse(*typed)
    except ValidationError:
        return False
    return True


class LostDigitTests(SimpleTestCase):
    """Without one of its digits, a number as it is printed is no number any more."""

    def assert_lost(self, parse: Callable[..., str], *typed: str) -> None:
        number, *others = typed
        for left in losses(number):
            assert not is_taken(parse, left, *others), (number, left)

    @often
    @given(st.integers(1, 9_999_999))
    def test_of_a_krs_number(self, number: int) -> None:
        printed = f"{number:010}"
        self.assert_lost(krs.parse, printed)
        self.assert_lost(krs.parse, f"KRS {printed[:4]} {printed[4:7]} {printed[7:]}")

    @often
    @given(st.integers(10_000_000, 9_999_999_999))
    def test_of_a_krs_number_of_times_to_come(self, number: int) -> None:
        self.assert_lost(krs.parse, f"{number:010}")

    @often
    @given(NINE_DIGITS)
    def test_of_a_nip(self, digits: str) -> None:
        numbers = [
            f"{digits}{check}" for check in range(10) if is_taken(nip.parse, f"{digits}{check}")
        ]
        assume(numbers)
        for prefix in ("", "PL", "NIP: "):
            self.assert_lost(nip.parse, f"{prefix}{numbers[0]}")

    @often
    @given(NINE_DIGITS)
    def test_of_a_regon(self, digits: str) -> None:
        number = digits[:8] + stdnum_regon.calc_check_digit(digits[:8])
        assume(is_taken(regon.parse, number))
        self.assert_lost(regon.parse, number)
        self.assert_lost(regon.parse, f"{number}00000")

    @often
    @given(st.integers(100_000_000, 999_999_999))
    def test_of_a_polish_phone_number(self, number: int) -> None:
        assume(is_taken(phone.parse, f"{number}"))
        for before in ("", "0", "48 ", "+48 ", "+48 (0) ", "0048 ", "0048 0"):
            for left in losses(str(number)):
                assert not is_taken(phone.parse, f"{before}{left}"), (before, left)

    def test_of_the_country_code_before_a_zero_in_brackets(self) -> None:
        for typed in ("+4 (0) 238 184 554", "+4(0)238184554", "00 4 (0) 238 184 554"):
            assert not is_taken(phone.parse, typed), typed
        for typed in ("+40 238 184 554", "+40 (0) 238 184 554"):
            assert phone.parse(typed) == "+40238184554"
        assert phone.parse("+38 (0) 50 123 45 67") == "+380501234567"

    @often
    @given(st.text("0123456789", min_size=12, max_size=12))
    def test_of_a_postal_code(self, digits: str) -> None:
        for country in ONE_FORM:
            example = postal_code._FORMS[country][0]
            rest = iter(digits)
            code = "".join(next(rest) if place == "#" else place for place in example)
            assert is_taken(postal_code.parse, code, country)
            self.assert_lost(postal_code.parse, code, country)
            self.assert_lost(postal_code.parse, code.replace("-", "").replace(" ", ""), country)


class DoubledDigitTests(SpellingTestCase):
    """With one of its digits twice, a number as it is printed is no number any more."""

    @often
    @given(st.integers(100_000_000, 999_999_999))
    def test_of_a_polish_phone_number(self, number: int) -> None:
        assume(is_taken(phone.parse, f"{number}"))
        for before in ("", "0", "+48 ", "+48 (0) "):
            typed = f"{before}{number}"
            for place, character in enumerate(typed):
                if character.isdigit():
                    doubled = typed[:place] + character + typed[place:]
                    assert not is_taken(phone.parse, doubled), doubled

    def test_of_the_zero_before_it_asks_for_the_country_code(self) -> None:
        # Of Ostrołęka, or of the Faroe Islands: +298.
        self.assert_refuses(
            phone.parse,
            [("00298463747", "country_code"), ("00 29 846 37 47", "country_code")],
        )
        table = [("+298 463747", "+298463747"), ("0 29 846 37 47", "+48298463747")]
        self.assert_accepts(phone.parse, table)

    def test_of_zeros_alone_before_it_is_no_number(self) -> None:
        # Behind the first two stands another 00, and no country's code behind that.
        typed = ["0000 999 9999", "00 009 999 999", "(00) 00 999 99 99", "000 0000 0000"]
        self.assert_refuses(phone.parse, [(each, "invalid") for each in typed])


class KrsTests(SpellingTestCase):
    """Zeros are filled in where somebody left all of them out, and only there."""

    def test_without_any_zero_is_completed(self) -> None:
        table = [("2886", "0000002886"), ("KRS 28860", "0000028860"), ("1234567", "0001234567")]
        self.assert_accepts(krs.parse, table)

    def test_with_some_of_them_is_incomplete(self) -> None:
        typed = ["000002886", "0123456", "KRS 000123456", "00 28860", "12345678", "123456789"]
        self.assert_refuses(krs.parse, [(each, "incomplete") for each in typed])


class CountryCodeTests(TestCase):
    """A number without a country code is Polish, unless it may be one where the customer lives."""

    # What 612 345 678 is: a mobile number in Spain, a landline in Poznań.
    BOTH, POLISH_ONLY = "612 345 678", "601 234 567"

    def errors_at_phone(self, country: str, number: str) -> list[str]:
        form = PersonForm({"main_country": country, "phone": number})
        return [error.code or "" for error in form.errors.as_data().get("phone", [])]

    def test_number_of_two_countries_is_asked_for_with_its_code(self) -> None:
        assert self.errors_at_phone("ES", self.BOTH) == ["country_code"]
        for typed in ("+48 612 345 678", "0034 612 345 678", "+34 612 345 678"):
            assert self.errors_at_phone("ES", typed) == []

    def test_number_of_one_country_is_understood(self) -> None:
        for country in ("PL", "DE", "GB", "US", "XK", "AQ"):
            assert self.errors_at_phone(country, self.POLISH_ONLY) == []
        assert self.errors_at_phone("PL", self.BOTH) == []

    def test_a_company_is_asked_alike(self) -> None:
        with override("pl"):
            form = CompanyForm({"main_country": "ES", "phone": self.BOTH})
            said = [untie(str(error)) for error in form.errors["phone"]]
        assert said == ["Podaj numer razem z numerem kierunkowym kraju, np. +48 601 234 567."]


class AdvertisementTests(SpellingTestCase):
    """Mails greet by the name: nobody may have us greet strangers with an advertisement."""

    def test_names_of_people_pass(self) -> None:
        people = [
            *("J.R.R. Tolkien", "J.R.R.Tolkien", "St.Clair", "Wm. Smith", "Kup", "Sale"),
            *("María de los Ángeles del Carmen", "Fitz-James Stuart y de Silva Falcó y Gurtubay"),
            *("Jan von der Leyen", "Oskar van den berg", "van der meer", "Win Myint"),
            *("Nguyễn Thị Ánh", "Abdullah bin Abdulaziz Al Saud", "Hans-peter", "Jan paweł"),
            *("anna maria", "JAN MARIA", "Kredyt", "Free", "Loan Money"),
        ]
        self.assert_accepts(names.parse, [(each, each) for each in people])

    def test_websites_are_refused(self) -> None:
        websites = [
            *("www.spam.example", "spam.example", "Allegro.pl", "Jan Tani.com", "WWW", "http"),
            *("x.pl", "Jan www.spam.example", "a.b.spam.com", "moja.firma.eu", "Sklep.Online"),
        ]
        self.assert_refuses(names.parse, [(each, "web_address") for each in websites])

    def test_sentences_are_refused(self) -> None:
        sentences = [
            *("Najlepsze kredyty tylko u nas", "Kup tanie buty", "Kup Tanie Buty Teraz"),
            *("Wygraj nowy telefon", "Best cheap watches for sale", "kup dziś tanie buty online"),
            *("KREDYT BEZ ZBĘDNYCH FORMALNOŚCI TYLKO NASZ BANK", "Wejdź na stronę", "Click Here"),
            *("Kredyt bez BIK", "kasyno online bonus", "KASYNO ONLINE", "Pożyczka od ręki"),
            *("Free Money", "Jan Tanie-Kredyty Nowak"),
        ]
        self.assert_refuses(names.parse, [(each, "sentence") for each in sentences])

    def test_the_position_is_none_either(self) -> None:
        self.assert_refuses(position.parse, [("www.spam.example", "web_address")])
        self.assert_accepts(position.parse, [("Kier.działu ds.sprzedaży",) * 2])


class PageTests(TestCase):
    """What is refused says kindly what to do, and stays as typed."""

    def test_of_a_krs_number_that_lacks_a_digit(self) -> None:
        company = FIRMA.differing("Dane firmy", **{"Numer KRS": "000002886"})
        visitor = company.type_details(company.start(Visitor())).press("Dalej")
        assert visitor.errors == ["Numer KRS: W tym numerze KRS brakuje cyfr. Wpisz wszystkie 10."]
        assert visitor.value("Numer KRS") == "000002886"

    def test_of_a_name_that_is_an_advertisement(self) -> None:
        for typed, words in (
            ("www.spam.example", "Wpisz tylko imię lub nazwisko, bez adresu strony."),
            (
                "Najlepsze kredyty tylko u nas",
                "Wpisz tylko imię lub nazwisko. Każdy wyraz zacznij wielką literą.",
            ),
        ):
            person = OSOBA.differing("Dane osobowe", Imię=typed)
            visitor = person.type_details(person.start(Visitor())).press("Dalej")
            assert visitor.errors == [f"Imię: {words}"]
            assert visitor.value("Imię") == typed
