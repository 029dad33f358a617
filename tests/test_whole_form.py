# ruff: noqa: RUF001  look-alikes of ASCII characters are what people type
"""The form of the details driven whole: with the ugliest honest answers, and all of them wrong."""

from dataclasses import replace

from bs4 import Tag
from django.test import Client, TestCase

from accounts.models import Customer, User
from accounts.services import activation
from kantor.serving.typography import untie
from tests.doors import is_signed_in, try_in
from tests.people import COMPANY, FIRMA, OSOBA, PERSON, Applicant
from tests.test_language import foreign_words, spoken, words
from tests.walk import Visitor

NBSP = "\N{NO-BREAK SPACE}"

UGLY_COMPANY = replace(
    FIRMA,
    details={
        "Dane firmy": {
            "Pełna nazwa firmy": f"  „ŻUK”{NBSP} & Syn's  (R&D) – 100%\tsp. z{NBSP}o.o. ",
            "NIP": " NIP: PL 526–104−08‑28. ",
            "REGON": "REGON: 012 100 784 - 00000",
            "Numer KRS": "KRS nr 123456",
        },
        "Adres siedziby": {
            "Ulica": "  os. „Nad  Potokiem” (wejście B) ",
            "Nr domu": " 12/14A bis",
            "Nr lokalu": "lok.  3½",
            "Kod pocztowy": " pl 31 060 ",
            "Miejscowość": "Bielsko - Biała  1",
            "Kraj": "Polska",
        },
        "Reprezentant Firmy": {
            "Imię reprezentanta": f" Z\u0307aneta{NBSP}Anne–Marie ",
            "Nazwisko reprezentanta": "  d`Arc – van der O´Neil ",
            "Stanowisko lub funkcja": " Head of R&D / p.o.  prezeski ",
            "Służbowy adres e-mail (login)": f"{NBSP}Z.Lekawska+Kantor@PRZYKŁAD.pl ",
            "Służbowy numer telefonu": " tel. (0-22) 859–02–18 ",
        },
    },
    other_address={
        "Ulica": "Rue de l'Église",
        "Nr domu": "7",
        "Nr lokalu": "",
        "Kod pocztowy": "f-75001",
        "Miejscowość": "Saint-Étienne",
        "Kraj": "Francja",
    },
    email="Z.Lekawska+Kantor@przykład.pl",
)
UGLY_PERSON = replace(
    PERSON,
    details={
        "Personal details": {"First name": " Nguyễn  Thị ", "Last name": "O‘Brien ‐ Ibn Sīnā"},
        "Address of residence": {
            "Street": "",
            "Building number": "dz. 12/3",
            "Flat number": "",
            "Postal code": "",
            "Town or city": " 香港 ",
            "Country": "Hong Kong",
        },
        "Contact and login": {
            "Phone number": " 0044 (0) 20 – 7946 – 0958 ",
            "E-mail address (login)": " NGUYEN@Example.COM\t",
        },
    },
    email="NGUYEN@Example.COM",
)
TOO_LONG = "x" * 290

# What is typed wrongly, and the sentence that says what to do. Each field once.
WRONG_COMPANY = {
    "Dane firmy": {
        "Pełna nazwa firmy": ("„”", "Nazwa firmy musi zawierać litery lub cyfry."),
        "NIP": (
            "526-104-08-29",
            "Ten NIP jest nieprawidłowy. Sprawdź, czy wszystkie cyfry się zgadzają.",
        ),
        "REGON": (
            "012100785",
            "Ten REGON jest nieprawidłowy. Sprawdź, czy wszystkie cyfry się zgadzają.",
        ),
        "Numer KRS": ("brak", "Podaj numer KRS złożony z 10 cyfr, np. 0000123456."),
    },
    "Adres siedziby": {
        "Ulica": (TOO_LONG, "To za długie. Wpisz najwyżej 100 znaków."),
        "Nr domu": ("-", "Podaj numer, np. 12, 12A albo 12/14."),
        "Nr lokalu": ("<3>", "W tym polu nie można użyć znaku „<”. Usuń go."),
        "Kod pocztowy": ("31-06", "Podaj kod pocztowy w postaci 00-000."),
        "Miejscowość": ("31-060", "Podaj nazwę miejscowości."),
    },
    "Reprezentant Firmy": {
        "Imię reprezentanta": (
            "Ż4neta",
            "W imieniu i nazwisku nie można użyć znaku „4”. Używaj tylko liter, spacji, "
            "łączników, apostrofów i kropek.",
        ),
        "Nazwisko reprezentanta": (
            "Nowak\u202e",
            "W tym polu jest niewidoczny lub niedozwolony znak. Wyczyść pole i wpisz tekst "
            "ponownie.",
        ),
        "Stanowisko lub funkcja": ("1/2", "Stanowisko musi zawierać litery."),
        "Służbowy adres e-mail (login)": ("żaneta", "Podaj adres e-mail, np. jan@example.com."),
        "Służbowy numer telefonu": (
            "801 234 567",
            "Podaj zwykły numer komórkowy lub stacjonarny, a nie specjalny, np. 800 lub 70x.",
        ),
    },
}
WRONG_PERSON = {
    "Dane osobowe": {
        "Imię": ("", "Podaj imię."),
        "Nazwisko": ("-Śliwińska", "Sprawdź łączniki, apostrofy i kropki w tym polu."),
    },
    "Adres zamieszkania": {
        "Ulica": (
            "—",
            "Podaj nazwę ulicy albo zostaw pole puste, jeśli w miejscowości nie ma ulic.",
        ),
        "Nr domu": ("", "Podaj numer domu, np. 12, 12A albo 12/14."),
        "Kod pocztowy": ("80831 Gdańsk", "Podaj kod pocztowy w postaci 00-000."),
        "Miejscowość": ("", "Podaj nazwę miejscowości."),
    },
    "Kontakt i login": {
        "Numer telefonu": ("22 859 02 18 wew. 5", "Podaj numer telefonu bez numeru wewnętrznego."),
        "Adres e-mail (login)": (
            "grażyna@example.com",
            "Przed znakiem @ użyj tylko liter bez znaków diakrytycznych, cyfr oraz znaków . _ - +",
        ),
    },
}
WRONG_ENGLISH = {
    "Company details": {
        "Full company name": ("<b>", "The character “<” cannot be used here. Remove it."),
        "Tax number (NIP)": ("123", "Enter a NIP of 10 digits."),
    },
    "Company representative": {
        "Work phone number": (
            "call me",
            "Enter a phone number, for example 601 234 567, or one from abroad with the country "
            "code, for example +44 20 7946 0958.",
        ),
        "Work e-mail address (login)": (
            "x@localhost",
            "Enter an e-mail address, for example jan@example.com.",
        ),
    },
}


class HonestTests(TestCase):
    """Whatever is honest is understood, however it is typed."""

    def rows(self, visitor: Visitor) -> list[str]:
        rows = visitor.page.select("dl dd")
        for each in rows:
            # An address may break behind its @, which is no blank.
            for chance in each.select("wbr"):
                chance.decompose()
            each.smooth()
        return [" ".join(each.get_text(" ").split()) for each in rows]

    def test_a_company_with_the_ugliest_answers(self) -> None:
        visitor = UGLY_COMPANY.reach_review(Visitor())
        owner = "„ŻUK” & Syn's (R&D) – 100% sp. z o.o."
        assert visitor.element(".owner-name").get_text() == owner
        assert self.rows(visitor) == [
            *("Firma", owner, "526-104-08-28", "012100784", "0000123456"),
            "os. „Nad Potokiem” (wejście B) 12/14A bis, lok. 3½ 31-060 Bielsko - Biała 1",
            "7 Rue de l'Église 75001 Saint-Étienne Francja",
            *("Żaneta Anne-Marie d'Arc-van der O'Neil", "Head of R&D / p.o. prezeski"),
            *("Z.Lekawska+Kantor@przykład.pl", "+48 22 859 02 18"),
        ]
        customer = self.finish(UGLY_COMPANY, visitor)
        assert customer.nip == "5261040828"
        assert customer.regon == "012100784"
        assert customer.krs == "0000123456"
        assert customer.phone == "+48228590218"
        assert (customer.main_postal_code, customer.corr_postal_code) == ("31-060", "75001")
        assert customer.corr_country == "FR"
        assert customer.user.email_key == "z.lekawska+kantor@xn--przykad-rjb.pl"

    def test_a_person_abroad_with_the_ugliest_answers(self) -> None:
        visitor = UGLY_PERSON.reach_review(Visitor())
        assert self.rows(visitor) == [
            *("Individual", "Nguyễn Thị O'Brien-Ibn Sīnā"),
            *("dz. 12/3 香港 香港 Hong Kong", "same as above"),
            *("+44 20 7946 0958", "NGUYEN@Example.COM"),
        ]
        customer = self.finish(UGLY_PERSON, visitor)
        assert customer.main_street == customer.main_postal_code == customer.corr_country == ""
        assert (customer.main_country, customer.phone) == ("HK", "+442079460958")
        assert customer.first_name == "Nguyễn Thị"
        assert customer.user.email_key == "nguyen@example.com"

    def test_a_country_without_postal_codes_says_that_it_needs_none(self) -> None:
        visitor = PERSON.start(Visitor())
        group = "Address of residence"
        visitor.fill({"Country": "United Arab Emirates"}, within=group).press("Next")
        assert not visitor.error_at("Postal code", group)
        assert not visitor.field("Postal code", group).has_attr("required")
        label = visitor.element("label[for='id_dane-main_postal_code']").get_text()
        assert "(optional)" in label
        visitor.fill({"Country": "Germany"}, within=group).press("Next")
        assert visitor.error_at("Postal code", group)
        assert visitor.field("Postal code", group).has_attr("required")

    def test_what_was_typed_is_shown_as_it_was_typed(self) -> None:
        for applicant in (UGLY_COMPANY, UGLY_PERSON):
            visitor = applicant.reach_review(Visitor())
            visitor.open(visitor.path.replace("/weryfikacja/", "/dane/"))
            for group, answers in applicant.details.items():
                assert visitor.values(answers, within=group) == answers
            assert visitor.press(applicant.words.next).heading == applicant.words.review

    def finish(self, applicant: Applicant, visitor: Visitor) -> Customer:
        """Go on from the review to the end and return what was stored."""
        visitor.press(applicant.words.next)
        applicant.type_password(visitor).copy_captcha(applicant.words.captcha)
        visitor.press(applicant.words.next).choose(*applicant.required_consents)
        visitor.press(applicant.words.register)
        assert visitor.heading == applicant.words.check_mailbox, visitor.errors
        return Customer.objects.select_related("user").get()


class WrongTests(TestCase):
    """Everything wrong at once: each field has its sentence, there and in the summary."""

    def drive(self, applicant: Applicant, wrong: dict[str, dict[str, tuple[str, str]]]) -> Visitor:
        """Type everything wrong, send it, and see that the page says it all."""
        visitor = applicant.type_details(applicant.start(Visitor()))
        for group, fields in wrong.items():
            typed = {label: answer for label, (answer, _sentence) in fields.items()}
            visitor.fill(typed, within=group)
        visitor.press(applicant.words.next)
        mark = "Błąd:" if applicant.words.language == "pl" else "Error:"
        sentences = [
            f"{label}: {sentence}"
            for fields in wrong.values()
            for label, (_answer, sentence) in fields.items()
        ]
        assert set(visitor.errors) == set(sentences), set(visitor.errors) ^ set(sentences)
        assert visitor.title.startswith(mark)
        for group, fields in wrong.items():
            for label, (answer, sentence) in fields.items():
                with self.subTest(label):
                    assert visitor.error_at(label, group) == f"{mark} {sentence}"
                    field = visitor.field(label, group)
                    assert field["aria-invalid"] == "true"
                    assert visitor.element(f"#error-summary a[href='#{field['id']}']")
                    assert visitor.value(label, group) == answer, "Changed on the screen"
        assert len(visitor.select("[aria-invalid]")) == len(sentences)
        self.hears_only(visitor, applicant)
        return visitor

    def hears_only(self, visitor: Visitor, applicant: Applicant) -> None:
        """See that the page has no word of the other language."""
        page = visitor.page.find("html")
        assert isinstance(page, Tag)
        said = {word for text in spoken(page, applicant.words.language) for word in words(text)}
        assert not said & foreign_words(applicant.words.language)

    def test_a_company(self) -> None:
        visitor = self.drive(FIRMA, WRONG_COMPANY)
        assert untie(visitor.element("#error-summary h2").get_text(strip=True)) == "Popraw 14 pól"

    def test_a_person(self) -> None:
        visitor = self.drive(OSOBA, WRONG_PERSON)
        assert untie(visitor.element("#error-summary h2").get_text(strip=True)) == "Popraw 8 pól"

    def test_a_company_in_english(self) -> None:
        visitor = self.drive(COMPANY, WRONG_ENGLISH)
        assert (
            untie(visitor.element("#error-summary h2").get_text(strip=True)) == "Correct 4 fields"
        )

    def test_an_empty_form_asks_for_every_answer_that_is_needed(self) -> None:
        for applicant, count in ((FIRMA, 9), (OSOBA, 7), (COMPANY, 9), (PERSON, 7)):
            visitor = applicant.start(Visitor())
            visitor.choose(applicant.words.other_address).press(applicant.words.next)
            # Three more of the second address: its number, postal code and town.
            assert len(visitor.errors) == count + 3, visitor.errors
            assert len(set(visitor.errors)) == count + 3, "Two lines that nobody can tell apart"
            self.hears_only(visitor, applicant)

    def test_choices_and_boxes_say_it_in_both_places_too(self) -> None:
        visitor = Visitor().open("/rejestracja/").press("Dalej")
        (said,) = visitor.errors
        group = visitor.element("fieldset[data-field=kind]")
        described = visitor.element(f"#{group['aria-describedby']}").get_text(" ", strip=True)
        assert described.endswith(said)
        assert visitor.title.startswith("Błąd:")
        visitor = OSOBA.reach_password(Visitor()).press("Dalej")
        for label in (OSOBA.words.password, OSOBA.words.password_again, OSOBA.words.captcha):
            at_field = visitor.error_at(label).removeprefix("Błąd: ")
            assert any(said.endswith(at_field) for said in visitor.errors), at_field
            assert visitor.field(label)["aria-invalid"] == "true"
        visitor = OSOBA.reach_consents(Visitor()).press("Rejestruj")
        assert len(visitor.errors) == len(OSOBA.required_consents)
        for label, said in zip(OSOBA.required_consents, visitor.errors, strict=True):
            assert said.endswith(visitor.error_at(label).removeprefix("Błąd: "))
            assert visitor.field(label)["aria-invalid"] == "true"

    def test_an_unknown_country_is_said_at_its_box(self) -> None:
        visitor = OSOBA.type_details(OSOBA.start(Visitor()))
        post = visitor.post_of("Dalej")
        post.data["dane-main_country"] = "XX"
        visitor.send(post)
        assert visitor.errors == ["Kraj: Wybierz kraj z listy."]
        field = visitor.field("Kraj", "Adres zamieszkania")
        assert field["aria-invalid"] == "true"
        assert visitor.error_at("Kraj", "Adres zamieszkania") == "Błąd: Wybierz kraj z listy."


class TwinTests(TestCase):
    """However one spells one address, it is one account."""

    TWINS = (
        *(
            "Jan.Kowalski@PRZYKŁAD.pl",
            "jan.kowalski@przykład.pl",
            "JAN.KOWALSKI@xn--przykad-rjb.pl",
        ),
        *(f" jan.Kowalski@przykład.PL{NBSP}", "jan.kowalski@PRZYKL\u0301AD.pl"),
    )

    def test_every_spelling_signs_in_to_the_one_account(self) -> None:
        first = OSOBA.addressed(self.TWINS[0])
        first.register(Visitor())
        activation.activate(User.objects.get())
        for spelling in self.TWINS[1:4]:
            client = Client()
            number = User.objects.get().customer.phone
            try_in(spelling, first.password, client, number, prefix="")
            assert is_signed_in(client), spelling

    def test_a_second_registration_of_a_twin_opens_no_second_account(self) -> None:
        OSOBA.addressed(self.TWINS[0]).register(Visitor())
        activation.activate(User.objects.get())
        for spelling in self.TWINS[1:4]:
            OSOBA.addressed(spelling).register(Visitor())
            newest = User.objects.latest("pk")
            activation.activate(newest)
            newest.refresh_from_db()
            assert not newest.is_active, spelling
        assert User.objects.filter(is_active=True).count() == 1

    def test_what_only_looks_like_it_is_another_address_or_none(self) -> None:
        for spelling in ("jan@wр.pl", "jan@ｗp.pl", "\u212aarol@wp.pl", "karo\u017f@wp.pl"):
            visitor = OSOBA.addressed(spelling).type_details(OSOBA.start(Visitor()))
            OSOBA.addressed(spelling).type_details(visitor).press("Dalej")
            assert visitor.error_at("Adres e-mail (login)"), spelling
