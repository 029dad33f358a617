"""People who register: what they type, by the labels that they read, in Polish and in English."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from tests.walk import Visitor

PASSWORD = "Czterdzieści-żabek.7"


@dataclass(frozen=True)
class Words:
    """What stands on buttons and headings in one language."""

    language: str
    prefix: str
    sign_up: str
    next: str
    back: str
    cancel: str
    correct: str
    register: str
    password: str
    password_again: str
    propose: str
    captcha: str
    new_picture: str
    cannot_copy: str
    other_address: str
    correspondence: str
    start: str
    review: str
    setting_password: str
    consents: str
    check_mailbox: str
    active: str
    source: str
    send_answer: str
    sign_in: str
    sign_in_login: str
    sign_in_password: str
    account: str
    unknown: str
    finished: str
    cancel_question: str
    cancel_for_good: str
    keep_registering: str
    cancelled: str
    signed_in: str


POLISH = Words(
    language="pl",
    prefix="",
    sign_up="Zarejestruj się",
    next="Dalej",
    back="Wstecz",
    cancel="Anuluj",
    correct="Popraw",
    register="Rejestruj",
    password="Hasło do konta",
    password_again="Potwierdzenie hasła do konta",
    propose="Zaproponuj hasło",
    captcha="Przepisz ciąg znaków z obrazka",
    new_picture="Nowy obrazek",
    cannot_copy="Wyślij kod e-mailem",
    other_address="chcę podać inny adres korespondencyjny",
    correspondence="Adres korespondencyjny",
    start="Krok 1 – Identyfikacja Użytkownika",
    review="Krok 2a – Weryfikacja wprowadzonych danych",
    setting_password="Krok 2b – Ustanowienie hasła",
    consents="Krok 2c – Akceptacja Regulaminu",
    check_mailbox="Sprawdź skrzynkę",
    active="Konto jest aktywne",
    source="Skąd wiesz o kantor.pl?",
    send_answer="Wyślij odpowiedź",
    sign_in="Zaloguj się",
    sign_in_login="Adres e-mail (login)",
    sign_in_password="Hasło",
    account="Twoje konto",
    unknown="Ta rejestracja jest niedostępna",
    finished="Ta rejestracja jest już zakończona",
    cancel_question="Anulować rejestrację?",
    cancel_for_good="Anuluj i usuń dane",
    keep_registering="Wróć do rejestracji",
    cancelled="Rejestracja została anulowana",
    signed_in="Masz już konto",
)
ENGLISH = Words(
    language="en",
    prefix="/en",
    sign_up="Sign up",
    next="Next",
    back="Back",
    cancel="Cancel",
    correct="Correct",
    register="Register",
    password="Account password",
    password_again="Confirm the account password",
    propose="Suggest a password",
    captcha="Copy the characters from the picture",
    new_picture="New picture",
    cannot_copy="Send a code by e-mail",
    other_address="I want to give a different correspondence address",
    correspondence="Correspondence address",
    start="Step 1 – Identification of the User",
    review="Step 2a – Checking the details",
    setting_password="Step 2b – Setting the password",
    consents="Step 2c – Accepting the Terms",
    check_mailbox="Check your mailbox",
    active="The account is active",
    source="How did you hear about kantor.pl?",
    send_answer="Send the answer",
    sign_in="Sign in",
    sign_in_login="E-mail address (login)",
    sign_in_password="Password",
    account="Your account",
    unknown="This registration is not available",
    finished="This registration is already complete",
    cancel_question="Cancel the registration?",
    cancel_for_good="Cancel and delete my details",
    keep_registering="Return to the registration",
    cancelled="The registration was cancelled",
    signed_in="You already have an account",
)


@dataclass(frozen=True)
class Applicant:
    """Somebody who registers: the answers by groups and labels, and the way to each step."""

    words: Words
    kind: str
    details_heading: str
    details: Mapping[str, Mapping[str, str]]
    required_consents: tuple[str, ...]
    news: str
    email: str
    owner: str
    other_address: Mapping[str, str] = field(default_factory=dict)
    password: str = PASSWORD

    def differing(self, group: str, **answers: str) -> Self:
        """Return the same applicant with other answers in one group, by their labels."""
        changed = {**self.details[group], **answers}
        return replace(self, details={**self.details, group: changed})

    def addressed(self, email: str) -> Self:
        """Return the same applicant with another e-mail address."""
        details = {
            group: {
                label: email if answer == self.email else answer for label, answer in each.items()
            }
            for group, each in self.details.items()
        }
        return replace(self, details=details, email=email)

    def start(self, visitor: Visitor) -> Visitor:
        """Open the first page and say who registers."""
        visitor.open(f"{self.words.prefix}/rejestracja/")
        visitor.choose(self.kind).press(self.words.next)
        assert visitor.heading == self.details_heading, visitor.errors
        return visitor

    def type_details(self, visitor: Visitor) -> Visitor:
        """Fill in step 1a or 1b without sending it."""
        for group, answers in self.details.items():
            visitor.fill(answers, within=group)
        if self.other_address:
            visitor.choose(self.words.other_address)
            visitor.fill(self.other_address, within=self.words.correspondence)
        return visitor

    def type_password(self, visitor: Visitor, password: str | None = None) -> Visitor:
        """Type the password twice without sending it."""
        typed = self.password if password is None else password
        return visitor.fill({self.words.password: typed, self.words.password_again: typed})

    def reach_review(self, visitor: Visitor) -> Visitor:
        """Go as far as step 2a."""
        self.type_details(self.start(visitor)).press(self.words.next)
        assert visitor.heading == self.words.review, visitor.errors
        return visitor

    def reach_password(self, visitor: Visitor) -> Visitor:
        """Go as far as step 2b."""
        self.reach_review(visitor).press(self.words.next)
        assert visitor.heading == self.words.setting_password, visitor.errors
        return visitor

    def reach_consents(self, visitor: Visitor) -> Visitor:
        """Go as far as step 2c."""
        self.type_password(self.reach_password(visitor)).copy_captcha(self.words.captcha)
        visitor.press(self.words.next)
        assert visitor.heading == self.words.consents, visitor.errors
        return visitor

    def reach_end(self, visitor: Visitor) -> Visitor:
        """Go as far as the last button, with all ticked that is required, without pressing it."""
        return self.reach_consents(visitor).choose(*self.required_consents)

    def register(self, visitor: Visitor) -> Visitor:
        """Go the whole way to step 3."""
        self.reach_end(visitor).press(self.words.register)
        assert visitor.heading == self.words.check_mailbox, visitor.errors
        return visitor


FIRMA = Applicant(
    words=POLISH,
    kind="Firma",
    details_heading="Krok 1a – Wypełnienie danych – firma",
    details={
        "Dane firmy": {
            "Pełna nazwa firmy": "Przędzalnia „Żuraw” Łękawska i Wspólnicy sp.j.",
            "NIP": "526-104-08-28",
            "REGON": "012100784",
            "Numer KRS": "0000123456",
        },
        "Adres siedziby": {
            "Ulica": "ul. Świętego Wawrzyńca",
            "Nr domu": "12A",
            "Nr lokalu": "3",
            "Kod pocztowy": "31-060",
            "Miejscowość": "Kraków",
            "Kraj": "Polska",
        },
        "Reprezentant Firmy": {
            "Imię reprezentanta": "Żaneta",
            "Nazwisko reprezentanta": "Łękawska-Ćwik",
            "Stanowisko lub funkcja": "wspólniczka",
            "Służbowy adres e-mail (login)": "z.lekawska@zuraw.example.com",
            "Służbowy numer telefonu": "12 345 67 89",
        },
    },
    required_consents=(
        "Akceptuję…",
        "Wyrażam zgodę na otrzymywanie…",
        "Wyrażam zgodę na przetwarzanie…",
        "Oświadczam…",
    ),
    news="Chcę otrzymywać…",
    email="z.lekawska@zuraw.example.com",
    owner="Przędzalnia „Żuraw” Łękawska i Wspólnicy sp.j.",
)
OSOBA = Applicant(
    words=POLISH,
    kind="Osoba fizyczna",
    details_heading="Krok 1b – Wypełnienie danych – osoba fizyczna",
    details={
        "Dane osobowe": {"Imię": "Grażyna Józefa", "Nazwisko": "Śliwińska"},
        "Adres zamieszkania": {
            "Ulica": "Długa",
            "Nr domu": "7/9",
            "Nr lokalu": "14",
            "Kod pocztowy": "80-831",
            "Miejscowość": "Gdańsk",
            "Kraj": "Polska",
        },
        "Kontakt i login": {
            "Numer telefonu": "601 234 567",
            "Adres e-mail (login)": "grazyna.sliwinska@example.com",
        },
    },
    required_consents=FIRMA.required_consents,
    news=FIRMA.news,
    email="grazyna.sliwinska@example.com",
    owner="Grażyna Józefa Śliwińska",
)
COMPANY = Applicant(
    words=ENGLISH,
    kind="Company",
    details_heading="Step 1a – Your details – company",
    details={
        "Company details": {
            "Full company name": "Harbour & Sons Trading Ltd",
            "Tax number (NIP)": "525-224-84-81",
            "Statistical number (REGON)": "016385358",
            "Court register number (KRS)": "0000028860",
        },
        "Registered office address": {
            "Street": "Aleje Jerozolimskie",
            "Building number": "44",
            "Flat number": "1206",
            "Postal code": "00-024",
            "Town or city": "Warszawa",
            "Country": "Poland",
        },
        "Company representative": {
            "Representative’s first name": "Siobhán",
            "Representative’s last name": "O'Connor",
            "Position or function": "managing director",
            "Work e-mail address (login)": "siobhan@harbour.example.com",
            "Work phone number": "+44 20 7946 0958",
        },
    },
    required_consents=(
        "I accept…",
        "I agree to receive…",
        "I agree to the processing…",
        "I declare…",
    ),
    news="I want to receive news…",
    email="siobhan@harbour.example.com",
    owner="Harbour & Sons Trading Ltd",
)
PERSON = Applicant(
    words=ENGLISH,
    kind="Individual",
    details_heading="Step 1b – Your details – individual",
    details={
        "Personal details": {"First name": "Renée", "Last name": "van der Meer"},
        "Address of residence": {
            "Street": "Piotrkowska",
            "Building number": "104",
            "Flat number": "2",
            "Postal code": "90-926",
            "Town or city": "Łódź",
            "Country": "Poland",
        },
        "Contact and login": {
            "Phone number": "+48 42 638 40 00",
            "E-mail address (login)": "renee@example.com",
        },
    },
    required_consents=COMPANY.required_consents,
    news=COMPANY.news,
    email="renee@example.com",
    owner="Renée van der Meer",
)
EVERYBODY = (FIRMA, OSOBA, COMPANY, PERSON)
