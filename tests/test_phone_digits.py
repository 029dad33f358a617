"""Which digits of the phone number the sign-in asks for, and what it takes for them."""

import re
from datetime import UTC, date, datetime, timedelta
from unittest import mock

from django.core.exceptions import ValidationError
from django.test import Client, SimpleTestCase, TestCase, override_settings
from hypothesis import assume, given
from hypothesis import strategies as st
from playwright.sync_api import expect

from accounts.models import Kind
from accounts.sign_in import digits
from accounts.sign_in.digits import Answer, fits, places
from accounts.values import phone
from kantor.serving.typography import untie
from tests import mails
from tests.browser import BrowserTestCase
from tests.clock import later
from tests.doors import GENERIC, PASSWORD_PATH, PATH, digits_label, is_signed_in, send, try_in
from tests.factories import PASSWORD, activated
from tests.people import OSOBA, PERSON
from tests.walk import Visitor

POLISH, BRITISH, SHORT = "+48601234567", "+442079460958", "+376312345"
ASKED = (2, 5, 9)
GUIDE = "/pomoc/pierwsze-kroki/rejestracja/"
DAYS = st.dates(date(2020, 1, 1), date(2100, 1, 1))
SEPARATORS = st.sampled_from(["", " ", "-", "\u00a0", ".", " - "])


def taken(typed: str, number: str = POLISH) -> bool:
    return fits(Answer(ASKED, typed), number)


class PlaceTests(SimpleTestCase):
    """The places."""

    @given(email=st.text(max_size=40), day=DAYS)
    def test_are_three_of_two_to_nine_in_their_order(self, email: str, day: date) -> None:
        found = places(email, day)
        assert list(found) == sorted(set(found))
        assert len(found) == 3
        assert set(found) <= set(range(2, 10))
        assert found == places(email, day)

    def test_are_of_the_address_however_it_is_spelled(self) -> None:
        day = date(2026, 11, 29)
        assert places("Jan@Example.com ", day) == places("jan@example.com", day)

    def test_differ_by_address_day_and_key_and_are_all_used(self) -> None:
        days = [date(2026, 1, 1) + timedelta(days=number) for number in range(2000)]
        of_one = {places("jan@example.com", day) for day in days}
        assert of_one == set(digits.CHOICES)
        assert len(digits.CHOICES) == 56
        of_day = {places(f"klient{number}@example.com", days[0]) for number in range(2000)}
        assert of_day == set(digits.CHOICES)
        with override_settings(SECRET_KEY="another-key"):
            others = [places("jan@example.com", day) for day in days[:20]]
        assert others != [places("jan@example.com", day) for day in days[:20]]

    def test_change_at_midnight_in_warsaw(self) -> None:
        for moment, day in (
            (datetime(2026, 11, 29, 22, 59, tzinfo=UTC), date(2026, 11, 29)),
            (datetime(2026, 11, 29, 23, 1, tzinfo=UTC), date(2026, 11, 30)),
            (datetime(2026, 6, 29, 22, 1, tzinfo=UTC), date(2026, 6, 30)),
        ):
            with mock.patch("django.utils.timezone.now", return_value=moment):
                assert digits.today() == day


class AnswerTests(SimpleTestCase):
    """What is typed."""

    def test_may_be_the_three_digits(self) -> None:
        for typed in (
            "037",
            "0 3 7",
            "0-3-7",
            " 037\t",
            "0, 3, 7",
            "\uff10\uff13\uff17",
            "\u0660\u0663\u0667",
        ):
            assert taken(typed), typed
        for typed in ("730", "038", "37", "0037", "", "abc", "0377", "60", "601"):
            assert not taken(typed), typed

    def test_may_be_the_whole_number(self) -> None:
        for typed in (
            "601234567",
            "601 234 567",
            "+48 601-234-567",
            "48601234567",
            "0048 601 234 567",
            "0601234567",
            "+48 (0) 601 234 567",
            "tel. 601 234 567",
            "\u202a+48 601 234 567\u202c",
        ):
            assert taken(typed), typed
        for typed in ("601 234 568", "60123456", "+49 601 234 567", "601 234 567 w. 12"):
            assert not taken(typed), typed

    def test_may_be_of_a_number_from_abroad(self) -> None:
        national = "2079460958"
        chosen = "".join(national[place - 1] for place in ASKED)
        for typed in (
            chosen,
            "+44 20 7946 0958",
            "020 7946 0958",
            "20 7946 0958",
            "0044 2079460958",
        ):
            assert taken(typed, BRITISH), typed
        assert not taken("601 234 567", BRITISH)

    def test_is_the_whole_of_a_number_that_is_shorter_than_nine_digits(self) -> None:
        for typed in ("312345", "312 345", "+376 312 345", "00376312345"):
            assert taken(typed, SHORT), typed
        for typed in ("123", "312", "345", "134", "12345", ""):
            assert not taken(typed, SHORT), typed

    @given(
        national=st.from_regex(r"\A(?:50|51|53|60|66|69|72|78|79|88)[0-9]{7}\Z"),
        prefix=st.sampled_from(["", "+48 ", "0048", "48", "+48 (0) ", "0"]),
        separator=SEPARATORS,
    )
    def test_is_taken_as_the_registration_takes_it(
        self, national: str, prefix: str, separator: str
    ) -> None:
        typed = prefix + separator.join((national[:3], national[3:6], national[6:]))
        try:
            number = phone.parse(typed)
        except ValidationError:
            assume(False)
        assert number == f"+48{national}"
        assert taken(typed, number)

    @given(typed=st.text(max_size=60))
    def test_may_be_anything(self, typed: str) -> None:
        for number in (POLISH, BRITISH, SHORT):
            assert fits(Answer(ASKED, typed), number) in (True, False)

    @given(typed=st.from_regex(r"\A[0-9]{3}\Z"))
    def test_of_three_digits_is_right_in_one_case_of_a_thousand(self, typed: str) -> None:
        assert taken(typed) is (typed == "037")


class PageTests(TestCase):
    """The page that asks for them."""

    def page(self, email: str, client: Client | None = None) -> Visitor:
        client = client or Client()
        client.post("/logowanie/", {"username": email})
        return Visitor(client).open("/logowanie/haslo/")

    def label(self, email: str) -> str:
        return digits_label(email, "pl")

    def test_asks_in_words_and_marks_the_places_for_the_eye_alone(self) -> None:
        user = activated()
        visitor = self.page(user.email)
        field = visitor.field(self.label(user.email))
        assert field["autocomplete"] == "tel"
        row = visitor.element(".digit-places")
        assert row["aria-hidden"] == "true"
        marked = tuple(int(each.get_text()) for each in row.select(".is-asked"))
        assert marked == places(user.email, digits.today())
        national = "601234567"
        chosen = "".join(national[place - 1] for place in marked)
        assert visitor.shows(
            "Z numeru zapisanego na koncie, bez numeru kierunkowego kraju (np. +48). "
            f"Dla 601 234 567 to {chosen}. "
            "Możesz też wpisać albo wkleić cały numer."
        )
        visitor.fill({"Hasło": PASSWORD, self.label(user.email): chosen}).press("Zaloguj się")
        assert visitor.path == "/konto/"

    def test_asks_alike_before_and_after_the_owner_signs_in(self) -> None:
        user = activated()
        before = str(self.page(user.email).element(".digit-places"))
        try_in(user.email, PASSWORD)
        assert str(self.page(user.email).element(".digit-places")) == before
        unknown = "nikt@example.com"
        assert self.page(unknown).field(self.label(unknown))

    def test_keeps_its_places_past_midnight(self) -> None:
        user = activated()
        client = Client()
        client.post(PATH, {"username": user.email})
        asked = places(user.email, digits.today())
        chosen = "".join("601234567"[place - 1] for place in asked)
        day = next(
            n for n in range(1, 60) if places(user.email, digits.today() + timedelta(n)) != asked
        )
        session = client.session
        kept = session["sign_in"]
        with later(days=day):
            # The page has been open for a minute, since yesterday.
            session["sign_in"] = kept | {"at": kept["at"] + timedelta(days=day).total_seconds()}
            session.save()
            send(client, {"password": PASSWORD, "digits": chosen})
            assert "_auth_user_id" in client.session

    def test_keeps_the_digits_and_empties_the_password(self) -> None:
        visitor = self.page("nikt@example.com")
        label = self.label("nikt@example.com")
        visitor.fill({"Hasło": PASSWORD, label: "1 2 3"}).press("Zaloguj się")
        assert visitor.posts == [302]
        assert visitor.errors == [
            "Nieprawidłowy adres e-mail, hasło lub cyfry numeru telefonu. "
            "Sprawdź je i spróbuj ponownie."
        ]
        assert visitor.values({"Hasło": "", label: ""}) == {"Hasło": "", label: "1 2 3"}
        assert visitor.reload().errors == []

    def test_says_what_is_missing_without_counting_it(self) -> None:
        visitor = self.page("nikt@example.com")
        for _ in range(10):
            visitor.press("Zaloguj się")
            assert visitor.errors == ["Wpisz hasło.", "Wpisz cyfry numeru telefonu."]

    def test_of_another_tab_is_not_judged_for_the_wrong_address(self) -> None:
        first, second = activated(), activated()
        client = Client()
        tab = self.page(first.email, client)
        self.page(second.email, client)
        label = self.label(first.email)
        tab.fill({"Hasło": PASSWORD, label: "601234567"}).press("Zaloguj się")
        assert not is_signed_in(client)
        assert tab.value("Adres e-mail (login)") == first.email
        assert tab.errors == [
            "W innej karcie podano inny adres e-mail. Sprawdź adres i wpisz hasło jeszcze raz."
        ]

    def test_leads_back_to_the_address(self) -> None:
        visitor = self.page("jan@example.com")
        assert visitor.element("#id_username").has_attr("readonly")
        visitor.follow("Zmień")
        assert visitor.value("Adres e-mail (login)") == "jan@example.com"

    def test_takes_the_number_of_a_company(self) -> None:
        user = activated(Kind.COMPANY, phone=BRITISH)
        assert try_in(user.email, PASSWORD, digits="020 7946 0958").status_code == 302
        user = activated(phone=SHORT)
        assert try_in(user.email, PASSWORD, digits="312345").status_code == 302
        assert GENERIC in try_in(user.email, PASSWORD, digits="312").content.decode()


class PasteTests(BrowserTestCase):
    """A real browser, whose reader need not count places (WCAG 2.2, 3.3.8)."""

    def test_takes_the_whole_number_at_once(self) -> None:
        user = activated()
        visitor = self.visitor("pl").open("/logowanie/")
        visitor.fill({"E-mail address (login)": user.email}).press("Next")
        visitor.fill({"Password": PASSWORD})
        field = visitor.page.locator("#id_digits")
        field.focus()
        # As from the clipboard or an address book, without keys.
        visitor.page.keyboard.insert_text("+48 601-234-567")
        expect(field).to_have_value("+48 601-234-567")
        visitor.press("Sign in").is_at("Your account")


@override_settings(SIGN_IN_PHONE_DIGITS=False)
class WithoutDigitsTests(TestCase):
    """A site that does without them."""

    def test_neither_asks_nor_speaks_of_them(self) -> None:
        user = activated(language="en")
        client = Client()
        client.post(PATH, {"username": user.email})
        visitor = Visitor(client).open(PASSWORD_PATH)
        assert not visitor.select("#id_digits, .digit-places, a[href*=numer]")
        assert "digit" not in visitor.text
        visitor.fill({"Password": "x"}).press("Sign in")
        assert visitor.errors == ["The address or the password does not match. Check both."]
        visitor.fill({"Password": PASSWORD}).press("Sign in")
        assert visitor.heading == "Your account"

    def test_has_no_sentence_that_speaks_of_them_on_any_page_or_in_the_welcome(self) -> None:
        for language, (digit, number) in (("pl", ("cyfr", "telefon")), ("en", ("digit", "phone"))):
            prefix = "" if language == "pl" else f"/{language}"
            texts = [
                Visitor().open(f"{prefix}{path}").text
                for path in ("/pomoc/", GUIDE, "/jak-to-dziala/", "/logowanie/")
            ]
            texts.append(str(mails.build("welcome", language).body))
            details = PERSON if language == "en" else OSOBA
            texts.append(details.start(Visitor()).text)
            for text in texts:
                sentences = re.split(r"(?<=[.?!]) ", text)
                spoken = [each for each in sentences if digit in each and number in each]
                assert spoken == [], spoken


class TextTests(TestCase):
    """What pages and the welcome say where the digits are asked for."""

    def test_speak_of_them_and_never_of_a_second_factor(self) -> None:
        for page in ("/pomoc/", GUIDE):
            assert "trzy cyfry" in Visitor().open(page).text.lower()
        assert "trzy cyfry numeru telefonu" in " ".join(
            untie(str(mails.build("welcome", "pl").body)).split()
        )
        for page in ("/pomoc/", GUIDE, "/regulamin/", "/prywatnosc/"):
            assert "drugi składnik" not in Visitor().open(page).text
