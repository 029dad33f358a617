"""Answers that are half typed or corrected; the other kind of customer."""

from django.contrib.sessions.models import Session
from django.test import TestCase

from accounts.models import Customer, User
from tests.people import FIRMA, OSOBA, POLISH
from tests.steps import ADDRESS, CONTACT, session_data, step_url
from tests.walk import Post, Visitor


class DraftTests(TestCase):
    """Behaviour 5: Wstecz and Popraw keep what was typed."""

    def test_wstecz_keeps_half_a_page_right_or_wrong(self) -> None:
        typed = {
            "Dane osobowe": {"Imię": "Grażyna", "Nazwisko": "Ślizińska 3"},
            ADDRESS: {"Kod pocztowy": "8083", "Miejscowość": " Gdańsk ", "Kraj": "Czechy"},
            CONTACT: {"Numer telefonu": "sześćset jeden"},
        }
        visitor = OSOBA.start(Visitor())
        for group, answers in typed.items():
            visitor.fill(answers, group)
        visitor.press("Wstecz")
        assert visitor.heading == POLISH.start
        assert not visitor.errors
        visitor.press("Dalej")
        assert visitor.heading == OSOBA.details_heading
        assert not visitor.errors, "Nobody sent this page yet"
        for group, answers in typed.items():
            assert visitor.values(answers, group) == {
                label: answer.strip() if label == "Kraj" else answer
                for label, answer in answers.items()
            }
        assert visitor.value("Ulica", ADDRESS) == ""

    def test_wstecz_keeps_the_second_address_and_its_tick(self) -> None:
        visitor = OSOBA.start(Visitor()).choose(POLISH.other_address)
        visitor.fill({"Miejscowość": "Tczew"}, POLISH.correspondence).press("Wstecz").press("Dalej")
        assert visitor.is_ticked(POLISH.other_address)
        assert visitor.value("Miejscowość", POLISH.correspondence) == "Tczew"

    def test_wstecz_keeps_the_ticks_of_the_last_page(self) -> None:
        visitor = OSOBA.reach_consents(Visitor())
        visitor.choose(OSOBA.required_consents[1], OSOBA.news).press("Wstecz").press("Dalej")
        assert visitor.heading == POLISH.consents
        ticked = [box for box in (*OSOBA.required_consents, OSOBA.news) if visitor.is_ticked(box)]
        assert ticked == [OSOBA.required_consents[1], OSOBA.news]

    def test_wstecz_keeps_no_password_but_the_one_that_was_set(self) -> None:
        visitor = OSOBA.reach_consents(Visitor()).press("Wstecz")
        assert visitor.heading == POLISH.setting_password
        assert visitor.value(POLISH.password) == visitor.value(POLISH.password_again) == ""
        assert visitor.shows("Hasło jest ustanowione")
        visitor.press("Dalej").choose(*OSOBA.required_consents).press("Rejestruj")
        assert User.objects.get().check_password(OSOBA.password)

    def test_a_new_password_replaces_the_one_that_was_set(self) -> None:
        visitor = OSOBA.reach_consents(Visitor()).press("Wstecz")
        OSOBA.type_password(visitor, "Wiosenny-Deszcz-99-kropel").press("Dalej")
        visitor.choose(*OSOBA.required_consents).press("Rejestruj")
        assert User.objects.get().check_password("Wiosenny-Deszcz-99-kropel")

    def test_half_a_new_password_is_not_taken_for_none(self) -> None:
        visitor = OSOBA.reach_consents(Visitor()).press("Wstecz")
        visitor.fill({POLISH.password: "Wiosenny-Deszcz-99-kropel"}).press("Dalej")
        assert visitor.heading == POLISH.setting_password
        assert visitor.error_at(POLISH.password_again)

    def test_popraw_returns_straight_to_the_review(self) -> None:
        for group in OSOBA.details:
            visitor = OSOBA.reach_consents(Visitor())
            visitor.open(step_url(visitor, "weryfikacja")).follow(f"Popraw : {group}")
            assert visitor.heading == OSOBA.details_heading
            visitor.fill({"Miejscowość": "Sopot"}, ADDRESS).press("Dalej")
            assert visitor.heading == POLISH.review
            assert visitor.shows("Sopot")
            assert not visitor.shows("Gdańsk")

    def test_popraw_keeps_the_rest_of_the_registration(self) -> None:
        visitor = OSOBA.reach_consents(Visitor())
        visitor.open(step_url(visitor, "weryfikacja")).follow(f"Popraw : {ADDRESS}")
        visitor.fill({"Nr domu": "9"}, ADDRESS).press("Dalej").press("Dalej")
        assert visitor.shows("Hasło jest ustanowione")
        visitor.press("Dalej").choose(*OSOBA.required_consents).press("Rejestruj")
        assert Customer.objects.get().main_house_no == "9"
        assert User.objects.get().check_password(OSOBA.password)

    def test_popraw_of_a_name_asks_for_the_password_again(self) -> None:
        visitor = OSOBA.reach_consents(Visitor())
        visitor.open(step_url(visitor, "weryfikacja")).follow("Popraw : Dane osobowe")
        visitor.fill({"Nazwisko": "Żabek"}).press("Dalej").press("Dalej")
        assert visitor.heading == POLISH.setting_password
        assert not visitor.shows("Hasło jest ustanowione")
        assert visitor.open(step_url(visitor, "zgody")).heading == POLISH.setting_password

    def test_popraw_of_the_same_kind_returns_straight_to_the_review(self) -> None:
        visitor = OSOBA.reach_review(Visitor()).follow("Popraw : Użytkownik")
        assert visitor.heading == POLISH.start
        visitor.press("Dalej")
        assert visitor.heading == POLISH.review

    def test_popraw_to_the_other_kind_asks_what_is_new(self) -> None:
        visitor = OSOBA.reach_review(Visitor()).follow("Popraw : Użytkownik")
        visitor.choose("Firma").press("Dalej")
        assert visitor.heading == FIRMA.details_heading
        assert not visitor.errors

    def test_popraw_with_a_mistake_stays_on_the_page(self) -> None:
        visitor = OSOBA.reach_review(Visitor()).follow(f"Popraw : {CONTACT}")
        visitor.fill({"Adres e-mail (login)": "grazyna"}).press("Dalej")
        assert visitor.heading == OSOBA.details_heading
        assert visitor.error_at("Adres e-mail (login)")
        visitor.fill({"Adres e-mail (login)": OSOBA.email}).press("Dalej")
        assert visitor.heading == POLISH.review


class KindTests(TestCase):
    """Behaviour 6: changing the kind keeps what both share and stores nothing else."""

    def change(self, visitor: Visitor, kind: str) -> Visitor:
        """Go to the first step and choose the other kind."""
        return visitor.open(step_url(visitor, "start")).choose(kind).press("Dalej")

    def test_keeps_what_both_kinds_share(self) -> None:
        visitor = self.change(FIRMA.reach_review(Visitor()), "Osoba fizyczna")
        assert visitor.heading == OSOBA.details_heading
        assert visitor.values(FIRMA.details["Adres siedziby"], ADDRESS) == dict(
            FIRMA.details["Adres siedziby"]
        )
        assert visitor.value("Imię") == "Żaneta"
        assert visitor.value("Adres e-mail (login)") == FIRMA.email
        visitor.press("Dalej")
        assert visitor.heading == POLISH.review

    def test_drops_at_once_what_the_other_kind_has_alone(self) -> None:
        for reach in (FIRMA.reach_review, FIRMA.reach_password, FIRMA.reach_consents):
            Session.objects.all().delete()
            self.change(reach(Visitor()), "Osoba fizyczna")
            stored = str(session_data())
            for answer in (*FIRMA.details["Dane firmy"].values(), "wspólniczka"):
                assert answer not in stored

    def test_back_again_keeps_what_both_share(self) -> None:
        visitor = self.change(FIRMA.reach_consents(Visitor()), "Osoba fizyczna")
        self.change(visitor, "Firma")
        assert visitor.heading == FIRMA.details_heading
        assert visitor.value("Imię reprezentanta") == "Żaneta"
        assert visitor.value("NIP") == visitor.value("Pełna nazwa firmy") == ""

    def test_stores_only_the_kind_that_was_chosen_last(self) -> None:
        visitor = self.change(FIRMA.reach_consents(Visitor()), "Osoba fizyczna").press("Dalej")
        visitor.press("Dalej")
        if visitor.heading == POLISH.setting_password and not visitor.shows("jest ustanowione"):
            OSOBA.type_password(visitor)
        visitor.press("Dalej")
        assert visitor.heading == POLISH.consents
        boxes = (*OSOBA.required_consents, OSOBA.news)
        assert not any(visitor.is_ticked(box) for box in boxes)
        visitor.choose(*OSOBA.required_consents).press("Rejestruj")
        customer = Customer.objects.get()
        assert customer.kind == "person"
        assert customer.company_name == customer.nip == customer.regon == customer.krs == ""
        assert customer.position == ""
        assert set(customer.user.consents.values_list("key", flat=True)) == {
            "terms",
            "e_documents",
            "personal_data",
            "news_email",
            "adult",
        }

    def test_fields_of_the_other_kind_are_not_taken_from_a_forged_post(self) -> None:
        visitor = OSOBA.type_details(OSOBA.start(Visitor()))
        post = visitor.post_of("Dalej")
        visitor.send(Post(post.address, post.data | {"dane-company_name": "Krzak", "x": "Krzak"}))
        assert visitor.heading == POLISH.review
        assert "Krzak" not in str(session_data())

    def test_a_choice_that_does_not_exist_loses_nothing(self) -> None:
        visitor = FIRMA.reach_review(Visitor())
        visitor.open(step_url(visitor, "start"))
        post = visitor.post_of("Dalej")
        visitor.send(Post(post.address, post.data | {"start-kind": "alien"}))
        assert visitor.errors
        visitor.choose("Firma").press("Dalej")
        assert visitor.value("Pełna nazwa firmy") == FIRMA.owner
