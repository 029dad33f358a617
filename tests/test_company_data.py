"""The button "Pobierz dane": what it fills in, what it says, and to whom it is offered."""

import random
import re
from typing import Any
from unittest import mock

from django.conf import settings
from django.core.cache import cache
from django.test import TestCase, override_settings

from accounts.services import company_register
from kantor.serving.models import Session
from tests import register as moods
from tests.fetching import FETCH, FILLED, FOREIGN, FOUND, LATER, NOTHING, FetchingTestCase
from tests.people import COMPANY, FIRMA, OSOBA
from tests.register import NIP
from tests.walk import Post, Visitor


class FillingTests(FetchingTestCase):
    """What is empty is filled, and nothing else changes."""

    def test_fills_the_empty_form(self) -> None:
        self.fetch("PL 999-000-00-14")
        assert self.said() == FILLED
        assert self.visitor.errors == []
        assert self.visitor.heading == FIRMA.details_heading
        assert self.visitor.value("NIP") == "PL 999-000-00-14"
        assert self.visitor.value("Imię reprezentanta") == ""
        self.assert_filled()

    def test_filled_form_goes_on_to_the_review(self) -> None:
        self.fetch().fill(FIRMA.details["Reprezentant Firmy"]).press("Dalej")
        assert self.visitor.heading == FIRMA.words.review, self.visitor.errors
        assert self.visitor.shows("999-000-00-14")
        assert self.visitor.shows("Św. Jana Pawła II")

    def test_never_changes_what_was_typed(self) -> None:
        typed = {"Pełna nazwa firmy": " Moja <firma> ", "REGON": "zły", "Numer KRS": "1"}
        self.visitor.fill(typed)
        person = FIRMA.details["Reprezentant Firmy"]
        self.visitor.fill(person)
        self.fetch()
        assert self.visitor.values(typed) == typed
        assert self.visitor.values(person) == person
        assert self.said() == "Uzupełniliśmy adres z Wykazu podatników VAT. Sprawdź go."

    def test_leaves_another_address_alone_as_a_whole(self) -> None:
        for typed in (
            {"Miejscowość": "Kraków"},
            {"Ulica": "Długa"},
            {"Nr domu": "13"},
            {"Nr lokalu": "4"},
            {"Kod pocztowy": "00-001"},
        ):
            with self.subTest(typed):
                self.visitor = FIRMA.start(Visitor())
                self.visitor.fill(typed, within="Adres siedziby")
                self.fetch()
                shown = self.visitor.values(FOUND["Adres siedziby"], "Adres siedziby")
                assert {label: text for label, text in shown.items() if text} == typed
                assert self.said() == (
                    "Uzupełniliśmy nazwę i numery rejestrowe z Wykazu podatników VAT. Sprawdź je."
                )

    def test_completes_the_same_address(self) -> None:
        self.visitor.fill(
            {"Ulica": "ul. św. Jana Pawła II", "Kod pocztowy": "00000", "Miejscowość": "WARSZAWA"},
            within="Adres siedziby",
        )
        self.fetch()
        shown = self.visitor.values(FOUND["Adres siedziby"], "Adres siedziby")
        assert shown["Ulica"] == "ul. św. Jana Pawła II"
        assert (shown["Nr domu"], shown["Nr lokalu"]) == ("12", "3")

    def test_says_when_there_is_nothing_to_fill(self) -> None:
        FIRMA.type_details(self.visitor)
        shown = {group: dict(answers) for group, answers in FIRMA.details.items()}
        self.fetch()
        shown["Dane firmy"]["NIP"] = NIP
        assert self.said() == NOTHING
        for group, answers in shown.items():
            assert self.visitor.values(answers, group) == answers

    def test_says_what_was_filled(self) -> None:
        for entry, sentence in (
            ({"regon": None, "krs": None, "workingAddress": None}, "nazwę"),
            ({"name": None, "regon": None, "krs": None}, "adres"),
            ({"name": None, "workingAddress": None}, "numery rejestrowe"),
            ({"regon": None, "krs": None}, "nazwę i adres"),
            ({"workingAddress": None}, "nazwę i numery rejestrowe"),
            ({"name": None}, "adres i numery rejestrowe"),
            ({}, "nazwę, adres i numery rejestrowe"),
        ):
            with self.subTest(sentence):
                cache.clear()
                self.register.mood = moods.known(**entry)
                self.visitor = FIRMA.start(Visitor())
                self.fetch()
                assert self.said().startswith(f"Uzupełniliśmy {sentence} z Wykazu"), self.said()

    def test_keeps_the_second_address_and_its_box(self) -> None:
        self.visitor.choose(FIRMA.words.other_address)
        self.visitor.fill({"Miejscowość": "Łódź"}, within=FIRMA.words.correspondence)
        self.fetch()
        assert self.visitor.is_ticked(FIRMA.words.other_address)
        assert self.visitor.value("Miejscowość", FIRMA.words.correspondence) == "Łódź"
        assert self.visitor.value("Ulica", FIRMA.words.correspondence) == ""

    def test_takes_a_sole_trader_by_name(self) -> None:
        self.register.mood = moods.known(name="JAN PRZYKŁADOWY", krs=None)
        self.fetch()
        assert self.visitor.value("Pełna nazwa firmy") == "JAN PRZYKŁADOWY"


class WizardTests(FetchingTestCase):
    """The button is a step of the wizard's own way: POST, redirect, GET."""

    def test_redirects_and_reloads_without_asking_again(self) -> None:
        self.fetch()
        assert self.visitor.posts[-1] == 302
        for _time in range(2):
            self.visitor.reload()
            assert self.said() == FILLED
            self.assert_filled()
        assert len(self.register.asked) == 1

    def test_line_is_gone_after_the_next_answer(self) -> None:
        self.fetch().fill(FIRMA.details["Reprezentant Firmy"]).press("Dalej")
        details = re.sub(r"[^/]+/$", "dane/", self.visitor.path)
        assert self.visitor.heading == FIRMA.words.review
        self.visitor.open(details)
        assert self.said() == ""
        self.assert_filled()

    def test_clears_the_errors_of_a_refused_form(self) -> None:
        self.visitor.press("Dalej")
        assert self.visitor.errors
        self.fetch()
        assert self.visitor.errors == []
        self.visitor.press("Dalej")
        assert self.visitor.errors

    def test_what_enter_presses_comes_first_in_the_form(self) -> None:
        form = self.visitor.element("form.wizard-form")
        first = form.select_one("button")
        assert first is not None
        # What Enter presses: at the NIP it fetches, elsewhere it is Next.
        assert first.get("name") == "wizard_enter"
        assert first.get("tabindex") == "-1"
        assert self.visitor.buttons() == [FETCH["pl"], "Dalej", "Wstecz", "Anuluj"]

    def test_accepted_details_count_again_only_when_they_are_sent(self) -> None:
        FIRMA.reach_review(self.visitor)
        review = self.visitor.path
        self.visitor.open(re.sub(r"[^/]+/$", "dane/", review))
        self.visitor.fill({"REGON": ""})
        self.fetch()
        assert self.visitor.value("REGON") == moods.REGON
        self.visitor.open(review)
        assert self.visitor.heading == FIRMA.details_heading
        self.visitor.press("Dalej")
        assert self.visitor.heading == FIRMA.words.review

    def test_session_row_stays_small(self) -> None:
        self.register.mood = moods.known(name="Ą" * 250)
        post = self.visitor.fill({"NIP": NIP}).post_of(FETCH["pl"])
        for name in [name for name in post.data if name.startswith("dane-main_")][1:]:
            post.data[name] = "".join(random.choices("ŁÓŻąęß", k=900))
        self.visitor.send(post)
        assert self.visitor.value("NIP") == NIP
        assert len(Session.objects.get().session_data) <= 4000

    def test_slow_answer_does_not_undo_what_was_sent_meanwhile(self) -> None:
        FIRMA.type_details(self.visitor)
        late = self.visitor.post_of(FETCH["pl"])
        other = self.visitor.new_tab().open(self.visitor.path)
        FIRMA.type_details(other).fill({"Pełna nazwa firmy": "Inna w drugiej karcie"})

        real = company_register.find

        def find(*args: Any, **kwargs: Any) -> Any:
            other.press("Dalej")
            return real(*args, **kwargs)

        with mock.patch.object(company_register, "find", find):
            self.visitor.send(late)
        assert other.heading == FIRMA.words.review
        assert other.reload().heading == FIRMA.words.review
        assert other.shows("Inna w drugiej karcie")

    def test_attempt_that_ended_meanwhile_is_explained(self) -> None:
        late = self.visitor.fill({"NIP": NIP}).post_of(FETCH["pl"])
        cancel = self.visitor.new_tab().open(self.visitor.path).press("Anuluj")

        def find(*args: Any, **kwargs: Any) -> None:
            cancel.press(FIRMA.words.cancel_for_good)

        with mock.patch.object(company_register, "find", find):
            self.visitor.send(late)
        assert self.visitor.heading == FIRMA.words.unknown
        assert self.visitor.reload().heading == FIRMA.words.unknown


class OfferTests(FetchingTestCase):
    """Who sees the button."""

    def test_nobody_where_it_is_disabled(self) -> None:
        with override_settings(COMPANY_LOOKUP="disabled"):
            self.visitor.reload()
            assert FETCH["pl"] not in self.visitor.buttons()
            assert self.visitor.select(".company-lookup, script[src*=company]") == []
            pressed = Post(self.visitor.path, self.visitor.post_of("Dalej").data)
            pressed.data["company_lookup"] = "1"
            self.visitor.send(pressed)
        assert self.visitor.errors
        assert self.register.asked == []

    def test_no_individual_person(self) -> None:
        visitor = OSOBA.start(Visitor())
        assert FETCH["pl"] not in visitor.buttons()
        post = visitor.post_of("Dalej")
        visitor.send(Post(post.address, post.data | {"company_lookup": "1", "dane-nip": NIP}))
        assert visitor.errors
        assert visitor.send(Post(f"{visitor.path}firma/", {"nip": NIP})).status in (403, 404)
        assert self.register.asked == []

    def test_no_company_from_abroad(self) -> None:
        self.visitor.fill({"Kraj": "Niemcy"}, within="Adres siedziby")
        self.fetch()
        assert self.visitor.element(".company-lookup button").has_attr("hidden")
        assert FOREIGN in self.said()
        assert self.visitor.value("Kraj", "Adres siedziby") == "Niemcy"
        assert self.register.asked == []

    def test_in_english_all_is_english(self) -> None:
        visitor = COMPANY.start(Visitor())
        visitor.fill({"Tax number (NIP)": NIP}).press(FETCH["en"])
        assert visitor.shows(
            "We have filled in the name, the address and the registration numbers from the "
            "register of VAT payers. Check them."
        )
        visitor.open(visitor.path.removeprefix("/en"))
        assert visitor.shows(FILLED)


class InvalidNumberTests(FetchingTestCase):
    """A number that cannot be one is refused in the ordinary way, and nobody is asked."""

    def test_has_its_ordinary_error_and_no_other(self) -> None:
        for number, message in (
            ("", "Podaj NIP złożony z 10 cyfr."),
            ("123", "Podaj NIP złożony z 10 cyfr."),
            ("9990000015", "Ten NIP jest nieprawidłowy."),
        ):
            with self.subTest(number):
                self.visitor = FIRMA.start(Visitor())
                self.fetch(number, **{"Imię reprezentanta": "Żaneta"})
                assert len(self.visitor.errors) == 1
                assert message in self.visitor.errors[0]
                assert message in self.visitor.error_at("NIP")
                assert self.visitor.field("NIP")["aria-invalid"] == "true"
                assert self.visitor.value("NIP") == number
                assert self.visitor.value("Imię reprezentanta") == "Żaneta"
                assert self.said() == ""
                assert self.visitor.reload().error_at("NIP")
        assert self.register.asked == []

    def test_is_told_in_the_language_of_the_reader(self) -> None:
        self.fetch("123")
        self.visitor.open(f"/en{self.visitor.path}")
        assert "Enter a NIP of 10 digits." in self.visitor.error_at("Tax number (NIP)")

    def test_is_forgotten_with_the_next_answer(self) -> None:
        self.fetch("123")
        self.fetch()
        assert self.visitor.errors == []
        assert self.said() == FILLED

    def test_is_not_counted(self) -> None:
        for _time in range(12):
            self.fetch("123")
        self.fetch()
        assert self.said() == FILLED


class ScriptTests(FetchingTestCase):
    """What the script asks for: values for the empty fields and a sentence, nothing is kept."""

    def ask(self, **typed: str) -> Any:
        """Ask as the script does."""
        post = self.visitor.post_of("Dalej")
        token = post.data["csrfmiddlewaretoken"]
        data = {"csrfmiddlewaretoken": token, "nip": NIP, "main_country": "PL", **typed}
        address = str(self.visitor.element(".company-lookup")["data-company-lookup"])
        return self.visitor.client.post(address, data)

    def test_gets_the_empty_fields_only(self) -> None:
        answer = self.ask(company_name="Moja firma", main_city="warszawa")
        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
        assert answer.json() == {
            "invalid": False,
            "message": "Uzupełniliśmy adres i\N{NO-BREAK SPACE}numery rejestrowe "
            "z\N{NO-BREAK SPACE}Wykazu podatników VAT. Sprawdź je.",
            "values": {
                "regon": moods.REGON,
                "krs": moods.KRS,
                "main_street": "Św. Jana Pawła II",
                "main_house_no": "12",
                "main_flat_no": "3",
                "main_postal_code": "00-000",
            },
        }

    def test_keeps_nothing(self) -> None:
        row = Session.objects.get().session_data
        self.ask()
        assert Session.objects.get().session_data == row

    def test_hears_of_an_invalid_number_and_of_failures(self) -> None:
        assert self.ask(nip="1").json() == {"invalid": True, "message": "", "values": {}}
        assert FOREIGN in self.ask(main_country="DE").json()["message"]
        self.register.mood = moods.hangs_up
        assert self.ask().json() == {"invalid": False, "message": LATER, "values": {}}

    def test_needs_the_attempt_the_token_and_a_post(self) -> None:
        address = str(self.visitor.element(".company-lookup")["data-company-lookup"])
        assert self.visitor.client.get(address).status_code == 405
        assert self.visitor.client.post(address, {"nip": NIP}).status_code == 403
        stranger = FIRMA.start(Visitor())
        token = stranger.post_of("Dalej").data["csrfmiddlewaretoken"]
        answer = stranger.client.post(address, {"csrfmiddlewaretoken": token, "nip": NIP})
        assert answer.status_code == 404
        with override_settings(COMPANY_LOOKUP="disabled"):
            assert self.ask().status_code == 404
        assert self.register.asked == []

    def test_survives_whatever_is_sent(self) -> None:
        for odd in ("\x00", "\ud800", "9" * 4096, "PL" * 2000, "<script>", "٩٩٩٠٠٠٠٠١٤"):
            for name in ("nip", "main_country", "company_name", "main_street"):
                text = odd.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
                assert self.ask(**{name: text}).status_code == 200


class SettingsTests(TestCase):
    """Without settings of its own a site has no such button."""

    def test_is_off_by_default(self) -> None:
        assert settings.COMPANY_LOOKUP == "disabled"
        assert FETCH["pl"] not in FIRMA.start(Visitor()).buttons()
