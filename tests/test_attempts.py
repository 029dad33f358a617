"""An attempt: beside others, in one session row, for a day, and given up."""

import re
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

from captcha.models import CaptchaStore
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Customer, User
from tests import factories
from tests.people import ENGLISH, FIRMA, OSOBA, PERSON, POLISH
from tests.steps import age, session_data
from tests.walk import Post, Visitor

STEPS = ("start", "dane", "weryfikacja", "haslo", "zgody")


class AttemptTests(TestCase):
    """Behaviour 2: the attempt has an id; two tabs are two registrations."""

    def test_two_tabs_do_not_mix(self) -> None:
        one = Visitor()
        other = one.new_tab()
        FIRMA.start(one)
        PERSON.start(other)
        FIRMA.type_details(one).press("Dalej")
        PERSON.type_details(other).press("Next")
        assert one.heading == POLISH.review
        assert one.shows(FIRMA.owner)
        assert other.shows(PERSON.owner)
        one.press("Dalej")
        other.press("Next")
        assert one.captcha_key != other.captcha_key
        PERSON.type_password(other, "Siedem-zielonych-krów.3").copy_captcha(ENGLISH.captcha)
        FIRMA.type_password(one).copy_captcha(POLISH.captcha).press("Dalej")
        other.press("Next").choose(*PERSON.required_consents).press("Register")
        assert other.heading == ENGLISH.check_mailbox
        one.choose(*FIRMA.required_consents).press("Rejestruj")
        assert one.heading == POLISH.check_mailbox
        company = Customer.objects.get(kind="company")
        person = Customer.objects.get(kind="person")
        assert (company.company_name, company.user.email) == (FIRMA.owner, FIRMA.email)
        assert (person.last_name, person.user.email) == ("van der Meer", PERSON.email)
        assert company.user.check_password(FIRMA.password)
        assert person.user.check_password("Siedem-zielonych-krów.3")

    def test_four_tabs_live_beside_each_other(self) -> None:
        browser = Visitor()
        people = [OSOBA.addressed(f"klient{number}@example.com") for number in range(4)]
        tabs = [(person, person.reach_review(browser.new_tab())) for person in people]
        for person, tab in tabs:
            assert tab.reload().shows(person.email)

    def test_a_fifth_tab_takes_the_place_of_the_oldest(self) -> None:
        browser = Visitor()
        tabs = [OSOBA.reach_review(browser.new_tab()) for _number in range(5)]
        assert tabs[0].reload().heading == POLISH.unknown
        assert {tab.reload().heading for tab in tabs[1:]} == {POLISH.review}

    def test_the_id_is_in_the_address_and_in_the_session(self) -> None:
        visitor = OSOBA.start(Visitor())
        attempt = visitor.path.split("/")[2].replace("-", "")
        assert [attempt in key for key in session_data()] == [True]

    def test_an_unknown_one_has_a_page_that_explains(self) -> None:
        for visitor in (Visitor(), OSOBA.start(Visitor())):
            for step in STEPS:
                visitor.open(f"/rejestracja/{uuid4()}/{step}/")
                assert visitor.status == 404
                assert visitor.heading == POLISH.unknown
                visitor.follow("Rozpocznij nową rejestrację")
                assert visitor.heading == POLISH.start

    def test_somebody_elses_one_is_unknown(self) -> None:
        path = OSOBA.reach_review(Visitor()).path
        stranger = OSOBA.start(Visitor()).open(path)
        assert stranger.heading == POLISH.unknown
        assert OSOBA.email not in stranger.response.content.decode()

    def test_a_lost_session_has_a_page_that_explains(self) -> None:
        visitor = OSOBA.start(Visitor())
        visitor.client.cookies.pop(settings.SESSION_COOKIE_NAME)
        OSOBA.type_details(visitor).press("Dalej")
        assert visitor.status == 404
        assert visitor.heading == POLISH.unknown
        assert not Session.objects.exclude(pk=Session.objects.get().pk).exists()

    def test_a_finished_one_has_a_page_that_explains(self) -> None:
        visitor = OSOBA.reach_end(Visitor())
        path = visitor.path
        visitor.press("Rejestruj").open(path)
        assert visitor.status == 410
        assert visitor.heading == POLISH.finished
        visitor.follow("Zobacz, co dalej")
        assert visitor.heading == POLISH.check_mailbox
        assert visitor.open(path).follow("EN English").heading == ENGLISH.finished

    def test_a_finished_one_leaves_nothing_in_the_session(self) -> None:
        OSOBA.register(Visitor())
        assert session_data() == {}


class SessionTests(TestCase):
    """Behaviour 4: no row before the first answer, a day's life, and a real end."""

    def test_no_row_is_made_by_looking(self) -> None:
        paths = ("/", "/rejestracja/", "/rejestracja/anuluj/", "/rejestracja/wyslano/", "/pomoc/")
        for path in [f"{prefix}{path}" for prefix in ("", "/en") for path in paths] * 10:
            visitor = Visitor().open(path)
            assert visitor.status == 200
            assert settings.SESSION_COOKIE_NAME not in visitor.client.cookies
        for step in STEPS:
            Visitor().open(f"/rejestracja/{uuid4()}/{step}/")
        assert not Session.objects.exists()
        assert not CaptchaStore.objects.exists()

    def test_looking_needs_no_statement(self) -> None:
        with CaptureQueriesContext(connection) as statements:
            Visitor().open("/rejestracja/")
        assert len(statements) == 0

    def test_a_middle_step_costs_two_statements_for_each_request(self) -> None:
        visitor = OSOBA.type_details(OSOBA.start(Visitor()))
        with CaptureQueriesContext(connection) as statements:
            visitor.press("Dalej")
        assert visitor.heading == POLISH.review
        assert len(statements) <= 4, [each["sql"] for each in statements]

    def test_one_row_serves_all_steps(self) -> None:
        OSOBA.reach_consents(Visitor())
        assert Session.objects.count() == 1

    def test_an_attempt_lives_for_at_least_twenty_hours(self) -> None:
        visitor = OSOBA.reach_review(Visitor())
        assert Session.objects.get().expire_date - timezone.now() > timedelta(hours=20)
        cookie = visitor.client.cookies[settings.SESSION_COOKIE_NAME]
        assert int(cookie["max-age"]) >= 20 * 3600
        age(timedelta(hours=19, minutes=59))
        assert visitor.reload().heading == POLISH.review

    def test_an_attempt_ends_after_its_day(self) -> None:
        visitor = OSOBA.reach_password(Visitor())
        age(timedelta(hours=26))
        assert visitor.reload().heading == POLISH.unknown
        call_command("purge_registrations", stdout=StringIO())
        assert not Session.objects.exists()
        assert not CaptchaStore.objects.exists()

    def test_anuluj_asks_first_and_returns_to_where_it_was_pressed(self) -> None:
        for reach in (
            OSOBA.start,
            OSOBA.reach_review,
            OSOBA.reach_password,
            OSOBA.reach_consents,
        ):
            visitor = reach(Visitor())
            heading = visitor.heading
            visitor.press("Anuluj")
            assert visitor.heading == POLISH.cancel_question
            assert visitor.buttons() == [POLISH.cancel_for_good]
            visitor.follow(POLISH.keep_registering)
            assert visitor.heading == heading

    def test_anuluj_keeps_what_was_half_typed_until_it_is_confirmed(self) -> None:
        visitor = OSOBA.start(Visitor()).fill({"Imię": "Grażyna", "Nazwisko": "<b>"})
        visitor.press("Anuluj").follow(POLISH.keep_registering)
        assert visitor.values({"Imię": "", "Nazwisko": ""}) == {
            "Imię": "Grażyna",
            "Nazwisko": "<b>",
        }

    def test_anuluj_can_be_pressed_on_the_first_page(self) -> None:
        visitor = Visitor().open("/rejestracja/").press("Anuluj")
        assert visitor.heading == POLISH.cancel_question
        visitor.press(POLISH.cancel_for_good)
        assert visitor.heading == POLISH.cancelled
        assert session_data() == {}

    def test_anuluj_wipes_everything(self) -> None:
        visitor = OSOBA.reach_password(Visitor())
        path = visitor.path
        assert CaptchaStore.objects.count() == 1
        visitor.press("Anuluj").press(POLISH.cancel_for_good)
        assert visitor.heading == POLISH.cancelled
        assert session_data() == {}
        assert not CaptchaStore.objects.exists()
        for step in STEPS:
            visitor.open(re.sub(r"[^/]+/$", f"{step}/", path))
            assert visitor.heading == POLISH.unknown
        visitor.follow("Rozpocznij nową rejestrację").choose("Osoba fizyczna").press("Dalej")
        assert set(visitor.values(OSOBA.details["Dane osobowe"]).values()) == {""}

    def test_anuluj_leaves_the_other_tab_alone(self) -> None:
        visitor = OSOBA.reach_review(Visitor())
        other = PERSON.reach_review(visitor.new_tab())
        visitor.press("Anuluj").press(POLISH.cancel_for_good)
        assert other.reload().shows(PERSON.email)

    def test_confirming_anuluj_twice_is_harmless(self) -> None:
        visitor = OSOBA.reach_review(Visitor()).press("Anuluj")
        post = visitor.post_of(POLISH.cancel_for_good)
        assert visitor.send(post).heading == POLISH.cancelled
        assert visitor.send(post).heading == POLISH.cancelled


class PrivacyTests(TestCase):
    """Behaviour 11: personal data are no-store, and a signed-in visitor is told."""

    def test_every_page_of_the_wizard_is_stored_nowhere(self) -> None:
        visitor = Visitor()
        seen: list[Any] = []
        for reach in (OSOBA.start, OSOBA.reach_review, OSOBA.reach_password, OSOBA.reach_end):
            seen.append(reach(visitor).response)
        path = visitor.path
        seen.append(visitor.press("Anuluj").response)
        visitor.follow(POLISH.keep_registering).choose(*OSOBA.required_consents)
        post = visitor.post_of("Rejestruj")
        seen.append(visitor.client.post(post.address, post.data))
        for address in ("/rejestracja/wyslano/", path, "/rejestracja/", "/konto/", "/logowanie/"):
            seen.append(visitor.client.get(address))
        for response in seen:
            assert "no-store" in response["Cache-Control"], response.request
            assert "private" in response["Cache-Control"]

    def test_answers_that_are_redirects_are_stored_nowhere_either(self) -> None:
        visitor = OSOBA.type_details(OSOBA.start(Visitor()))
        post = visitor.post_of("Dalej")
        response = visitor.client.post(post.address, post.data)
        assert "no-store" in response["Cache-Control"]

    def test_no_answer_stands_in_an_address(self) -> None:
        visitor = FIRMA.register(Visitor())
        visitor.open("/rejestracja/wyslano/")
        typed = [answer for group in FIRMA.details.values() for answer in group.values()]
        for _method, address, _status in visitor.history:
            assert "?" not in address
            assert not any(answer in address for answer in typed if len(answer) > 4)

    def test_the_signed_in_visitor_is_told_so_and_offered_his_account(self) -> None:
        user = factories.activated()
        for address in ("/rejestracja/", f"/rejestracja/{uuid4()}/dane/"):
            visitor = Visitor()
            visitor.client.force_login(user, "accounts.backends.EmailBackend")
            visitor.open(address)
            assert visitor.status == 200
            assert visitor.heading == POLISH.signed_in
            assert visitor.shows(user.email)
            assert "no-store" in visitor.response["Cache-Control"]
            assert visitor.follow("Przejdź do swojego konta").heading == POLISH.account

    def test_the_signed_in_visitor_registers_nobody(self) -> None:
        visitor = OSOBA.reach_end(Visitor())
        post = visitor.post_of("Rejestruj")
        user = factories.activated()
        visitor.client.force_login(user, "accounts.backends.EmailBackend")
        visitor.open("/rejestracja/")
        token = visitor.element("main [name=csrfmiddlewaretoken]")["value"]
        visitor.send(Post(post.address, post.data | {"csrfmiddlewaretoken": token}))
        assert visitor.heading == POLISH.signed_in
        assert User.objects.count() == 1
