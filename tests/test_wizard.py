"""The eleven behaviours of the wizard, each as a visitor meets it."""

import base64
import itertools
import logging
import random
import re
import string
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http.cookies import SimpleCookie
from io import StringIO
from threading import Barrier, Thread
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import django
from captcha.models import CaptchaStore
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache, caches
from django.core.management import call_command
from django.db import connection, connections
from django.db.models import Model
from django.test import Client, TestCase, TransactionTestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.log import AdminEmailHandler

from accounts.models import Customer, OutboxMessage, User
from accounts.services import allowance
from tests import factories
from tests.people import ENGLISH, FIRMA, OSOBA, PERSON, POLISH, Applicant
from tests.walk import Post, Visitor

ADDRESS = "Adres zamieszkania"
CONTACT = "Kontakt i login"
STEPS = ("start", "dane", "weryfikacja", "haslo", "zgody")


# The Chinese letters of everyday use, of which a row holds fewest, and the letters of Europe.
HAN = (0x4E00, 0x9FFF)
LATIN = (0x100, 0x17F)


def step_url(visitor: Visitor, step: str) -> str:
    """Return the address of another step of the visitor's attempt."""
    return re.sub(r"(/rejestracja/[0-9a-f-]{36}/).*", rf"\g<1>{step}/", visitor.path)


def session_data() -> dict[str, object]:
    """Return what the one session row holds; nothing when there is none."""
    rows = list(Session.objects.all())
    assert len(rows) <= 1
    return dict(rows[0].get_decoded()) if rows else {}


class AddressTests(TestCase):
    """Behaviour 1: one URL for each step, every POST redirects, a GET changes nothing."""

    def test_each_step_has_its_own(self) -> None:
        visitor = OSOBA.reach_consents(Visitor())
        headings = {visitor.open(step_url(visitor, step)).heading for step in STEPS}
        assert headings == {
            POLISH.start,
            OSOBA.details_heading,
            POLISH.review,
            POLISH.setting_password,
            POLISH.consents,
        }

    def test_every_post_right_or_wrong_is_answered_by_a_redirect(self) -> None:
        visitor = Visitor().open("/rejestracja/").press("Dalej")
        assert visitor.errors
        visitor.press("Dalej").choose("Osoba fizyczna").press("Dalej").press("Dalej")
        assert visitor.errors
        OSOBA.type_details(visitor).press("Dalej").press("Dalej").press("Dalej")
        assert visitor.errors
        visitor.press(POLISH.new_picture).press("Wstecz")
        assert visitor.heading == POLISH.review
        visitor.press("Dalej")
        OSOBA.type_password(visitor).copy_captcha(POLISH.captcha).press("Dalej").press("Rejestruj")
        assert visitor.errors
        visitor.press("Wstecz").press("Dalej").press("Anuluj").follow(POLISH.keep_registering)
        visitor.choose(*OSOBA.required_consents).press("Rejestruj")
        assert visitor.heading == POLISH.check_mailbox
        allowance.LINK_PAUSE.clear(OSOBA.email)
        visitor.press("Wyślij wiadomość ponownie")
        assert len(visitor.posts) > 12
        assert set(visitor.posts) == {302}

    def test_reloading_any_page_changes_nothing(self) -> None:
        visitor = Visitor()
        for reach in (
            OSOBA.start,
            lambda v: OSOBA.start(v).press("Dalej"),
            OSOBA.reach_review,
            OSOBA.reach_password,
            lambda v: OSOBA.reach_password(v).press("Dalej"),
            OSOBA.reach_consents,
            lambda v: OSOBA.reach_consents(v).press("Rejestruj"),
        ):
            Session.objects.all().delete()
            reach(visitor)
            before, row = _without_token(visitor), Session.objects.get()
            for headers in ({}, {"Sec-Purpose": "prefetch"}, {"Purpose": "prefetch"}):
                visitor.open(visitor.path, **headers)
                assert _without_token(visitor) == before
            assert Session.objects.get().session_data == row.session_data
            assert Session.objects.get().expire_date == row.expire_date

    def test_the_back_button_shows_each_page_as_it_was_sent(self) -> None:
        visitor = OSOBA.reach_consents(Visitor())
        visitor.open(step_url(visitor, "dane"))
        for group, answers in OSOBA.details.items():
            assert visitor.values(answers, group) == answers
        assert visitor.open(step_url(visitor, "start")).is_ticked("Osoba fizyczna")
        assert visitor.open(step_url(visitor, "zgody")).heading == POLISH.consents

    def test_sending_a_page_again_after_going_back_repeats_nothing(self) -> None:
        visitor = OSOBA.type_details(OSOBA.start(Visitor()))
        posts = [visitor.post_of("Dalej")]
        posts.append(visitor.press("Dalej").post_of("Dalej"))
        OSOBA.type_password(visitor.press("Dalej")).copy_captcha(POLISH.captcha)
        posts.append(visitor.post_of("Dalej"))
        end = visitor.press("Dalej").path
        for post in posts:
            visitor.send(post)
            assert visitor.status == 200
            assert not visitor.errors
        assert visitor.open(end).heading == POLISH.consents
        visitor.choose(*OSOBA.required_consents).press("Rejestruj")
        assert visitor.heading == POLISH.check_mailbox
        assert User.objects.count() == 1

    def test_going_back_after_the_end_shows_no_answer_and_sends_nothing(self) -> None:
        visitor = OSOBA.reach_end(Visitor())
        pages = [step_url(visitor, step) for step in STEPS]
        visitor.press("Rejestruj")
        for page in pages:
            visitor.open(page)
            assert visitor.heading == POLISH.finished
            assert OSOBA.email not in visitor.response.content.decode()
        assert User.objects.count() == 1

    def test_reloading_the_last_page_sends_nothing(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            visitor = OSOBA.register(Visitor())
            for _time in range(3):
                assert visitor.reload().heading == POLISH.check_mailbox
        assert len(mail.outbox) == 1

    def test_switching_the_language_keeps_page_step_and_answers(self) -> None:
        visitor = OSOBA.start(Visitor())
        for pressed, polish, english in (
            ("", OSOBA.details_heading, PERSON.details_heading),
            ("Dalej", POLISH.review, ENGLISH.review),
            ("Dalej", POLISH.setting_password, ENGLISH.setting_password),
        ):
            if pressed:
                if visitor.heading == OSOBA.details_heading:
                    OSOBA.type_details(visitor)
                visitor.press(pressed)
            assert visitor.heading == polish
            path = visitor.path
            assert visitor.follow("EN English").heading == english
            assert visitor.language == "en"
            assert visitor.path == f"/en{path}"
            assert visitor.follow("PL Polski").heading == polish
            assert visitor.path == path
        visitor.open(step_url(visitor, "dane")).follow("EN English")
        for group, translated in zip(OSOBA.details.values(), PERSON.details, strict=True):
            shown = visitor.values(PERSON.details[translated], translated)
            expected = [answer if answer != "Polska" else "Poland" for answer in group.values()]
            assert list(shown.values()) == expected

    def test_switching_the_language_translates_the_errors_of_the_page(self) -> None:
        visitor = OSOBA.start(Visitor())
        visitor.fill({"Numer telefonu": "12"}, within=CONTACT).press("Dalej")
        polish = visitor.errors
        assert len(polish) > 5
        english = visitor.follow("EN English").errors
        assert len(english) == len(polish)
        assert not set(polish) & set(english)
        assert visitor.value("Phone number", "Contact and login") == "12"
        assert visitor.follow("PL Polski").errors == polish

    def test_switching_the_language_translates_what_was_said_of_a_password(self) -> None:
        visitor = OSOBA.reach_password(Visitor())
        OSOBA.type_password(visitor, "abc").press("Dalej")
        polish = visitor.errors
        english = visitor.follow("EN English").errors
        assert len(english) == len(polish) > 1
        assert not set(polish) & set(english)
        assert visitor.value(ENGLISH.password) == ""


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


class OrderTests(TestCase):
    """Behaviour 3: nobody gets past a step that is not complete; forgeries end in 4xx."""

    def test_leads_to_the_first_incomplete_step(self) -> None:
        visitor = Visitor().open("/rejestracja/").press("Dalej")
        for reached, heading in (
            (visitor, POLISH.start),
            (OSOBA.start(Visitor()), OSOBA.details_heading),
            (OSOBA.reach_review(Visitor()), POLISH.review),
            (OSOBA.reach_password(Visitor()), POLISH.setting_password),
        ):
            paths = [step_url(reached, step) for step in STEPS]
            current = reached.path
            for path in paths[paths.index(current) + 1 :]:
                assert reached.open(path).heading == heading
                assert reached.path == current

    def test_does_not_take_a_post_to_a_step_that_is_not_reached(self) -> None:
        visitor = OSOBA.reach_end(Visitor())
        posts = {"zgody": visitor.post_of("Rejestruj")}
        visitor.open(step_url(visitor, "weryfikacja"))
        posts["weryfikacja"] = visitor.post_of("Dalej")
        victim = OSOBA.start(Visitor())
        attempts = [each.path.split("/")[2] for each in (visitor, victim)]
        row = victim.client.session.session_key
        before = Session.objects.get(pk=row).get_decoded()
        for step, post in posts.items():
            moved = _moved(post, *attempts)
            moved.data["csrfmiddlewaretoken"] = victim.post_of("Dalej").data["csrfmiddlewaretoken"]
            victim.send(moved)
            assert victim.heading == OSOBA.details_heading, step
            assert Session.objects.get(pk=row).get_decoded() == before, step
        assert not User.objects.exists()

    def test_a_refused_answer_closes_the_steps_behind_it(self) -> None:
        visitor = OSOBA.reach_consents(Visitor())
        end = visitor.path
        visitor.open(step_url(visitor, "dane")).fill({"Miejscowość": ""}, ADDRESS).press("Dalej")
        assert len(visitor.errors) == 1
        visitor.open(end)
        assert visitor.heading == OSOBA.details_heading

    def test_a_changed_answer_is_shown_on_the_review_before_the_end(self) -> None:
        visitor = OSOBA.reach_consents(Visitor())
        end = visitor.path
        visitor.open(step_url(visitor, "dane")).fill({"Miejscowość": "Sopot"}, ADDRESS)
        visitor.press("Wstecz").press("Dalej").press("Dalej")
        assert visitor.heading == POLISH.review
        assert visitor.open(end).heading == POLISH.review

    def test_unknown_steps_are_not_found(self) -> None:
        visitor = OSOBA.start(Visitor())
        for step in ("x", "done", "START", "zgody;", "ąę", "0", "%00", "a" * 5000, "..", "{}"):
            visitor.open(step_url(visitor, step))
            assert visitor.status == 404, step

    def test_unknown_steps_take_no_post(self) -> None:
        visitor = OSOBA.start(Visitor())
        post = visitor.post_of("Dalej")
        for step in ("x", "done", "ąę", "a" * 5000):
            path = re.sub(r"[^/]+/$", f"{step}/", post.address)
            assert visitor.send(Post(path, post.data)).status == 404

    def test_a_forged_or_missing_management_form_is_refused(self) -> None:
        visitor = OSOBA.reach_review(Visitor())
        visitor.open(step_url(visitor, "dane"))
        good = visitor.post_of("Dalej")
        (name,) = [name for name in good.data if name.endswith("-current_step")]
        before = session_data()
        forged = ("", "x", "start", "zgody", "ąę", "\0", "🐟", "x" * 10_000, ["dane", "zgody"])
        for value in forged:
            visitor.send(Post(good.address, good.data | {name: value}))
            assert visitor.status == 400, value
        for other in ("registration-current_step", f"{name}x", "current_step"):
            data = {key: value for key, value in good.data.items() if key != name}
            visitor.send(Post(good.address, data | {other: "dane"}))
            assert visitor.status == 400, other
        assert session_data() == before

    def test_a_management_form_of_another_attempt_is_refused(self) -> None:
        visitor = OSOBA.start(Visitor())
        other = OSOBA.start(visitor.new_tab())
        post = OSOBA.type_details(visitor).post_of("Dalej")
        assert other.send(Post(other.path, post.data)).status == 400

    def test_the_first_page_needs_its_management_form_too(self) -> None:
        visitor = Visitor().open("/rejestracja/")
        token = visitor.post_of("Dalej").data["csrfmiddlewaretoken"]
        visitor.send(Post("/rejestracja/", {"csrfmiddlewaretoken": token, "start-kind": "person"}))
        assert visitor.status == 400
        assert not Session.objects.exists()

    def test_jumps_that_formtools_offers_are_not_taken(self) -> None:
        visitor = OSOBA.start(Visitor())
        post = visitor.post_of("Dalej")
        visitor.send(Post(post.address, post.data | {"wizard_goto_step": "zgody"}))
        assert visitor.heading == OSOBA.details_heading
        assert visitor.errors

    def test_a_post_without_its_csrf_token_is_refused(self) -> None:
        visitor = OSOBA.start(Visitor())
        post = OSOBA.type_details(visitor).post_of("Dalej")
        del post.data["csrfmiddlewaretoken"]
        assert visitor.send(post).status == 403


class SmallMercyTests(TestCase):
    """What the first visitors stumbled over."""

    def test_switching_the_language_by_the_form_keeps_what_was_not_sent(self) -> None:
        visitor = OSOBA.start(Visitor())
        visitor.fill({"Imię": "Żaneta"})
        post = visitor.post_of("Dalej")
        post.data["wizard_language"] = "en"
        visitor.send(post)
        assert visitor.path.startswith("/en/")
        assert visitor.value("First name") == "Żaneta"
        assert not visitor.errors

    def test_an_unknown_language_is_no_language(self) -> None:
        visitor = OSOBA.start(Visitor())
        post = visitor.post_of("Dalej")
        post.data["wizard_language"] = "tlh"
        assert visitor.send(post).path.startswith("/rejestracja/")

    def test_a_wrong_captcha_says_at_once_that_the_password_is_needed_again(self) -> None:
        visitor = OSOBA.reach_password(Visitor())
        words = OSOBA.words
        visitor.fill({words.password: OSOBA.password, words.password_again: OSOBA.password})
        visitor.copy_captcha(words.captcha, wrongly=True).press(words.next)
        assert "Dla bezpieczeństwa wpisz hasło jeszcze raz." in " ".join(visitor.errors)

    def test_a_new_picture_brings_no_stale_errors(self) -> None:
        visitor = OSOBA.reach_password(Visitor())
        visitor.press("Dalej")
        assert visitor.errors
        visitor.press("Nowy obrazek")
        assert not visitor.errors

    def test_a_company_abroad_is_asked_for_the_number_of_its_country(self) -> None:
        visitor = FIRMA.start(Visitor())
        visitor.fill({"Kraj": "Niemcy"}, within="Adres siedziby").press("Dalej")
        number = "Numer identyfikacji podatkowej"
        assert "swojego kraju" in visitor.error_at(number)
        for label, within in ((number, None), ("Kod pocztowy", "Adres siedziby")):
            assert visitor.field(label, within)["inputmode"] == "text", "A keyboard without letters"

    def test_there_is_nothing_to_cancel_in_an_attempt_that_is_gone(self) -> None:
        visitor = OSOBA.start(Visitor())
        visitor.press("Anuluj")
        question = visitor.path
        visitor.press("Anuluj i usuń dane")
        assert visitor.open(question).status == 404

    def test_a_form_names_its_address_without_a_fragment(self) -> None:
        visitor = OSOBA.reach_review(Visitor())
        form = visitor.button("Dalej").find_parent("form")
        assert form is not None
        assert form["action"] == visitor.path

    def test_popraw_without_a_change_leads_back_to_the_review(self) -> None:
        visitor = OSOBA.reach_consents(Visitor())
        visitor.open(step_url(visitor, "dane")).press("Dalej")
        assert visitor.path == step_url(visitor, "weryfikacja")


class ChangedRulesTests(TestCase):
    """An answer that was accepted yesterday and is refused by today's release."""

    def test_lead_back_to_the_answer_that_no_longer_holds(self) -> None:
        visitor = OSOBA.reach_review(Visitor())
        review = visitor.path
        session = visitor.client.session
        (attempt,) = (key for key in session.keys() if key.startswith("wizard_"))  # noqa: SIM118
        session[attempt]["answers"]["dane"]["dane-phone"] = ["123"]
        session.save()

        visitor.open(review)

        assert visitor.path.endswith("/dane/")
        assert len(visitor.errors) == 1


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
        _age(timedelta(hours=19, minutes=59))
        assert visitor.reload().heading == POLISH.review

    def test_an_attempt_ends_after_its_day(self) -> None:
        visitor = OSOBA.reach_password(Visitor())
        _age(timedelta(hours=26))
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


class CaptchaTests(TestCase):
    """Behaviour 8, and traps T1 to T3, with the real captcha."""

    def test_is_not_in_test_mode(self) -> None:
        visitor = OSOBA.type_password(OSOBA.reach_password(Visitor()))
        visitor.fill({POLISH.captcha: "PASSED"}).press("Dalej")
        assert visitor.error_at(POLISH.captcha)

    def test_once_solved_holds_to_the_end(self) -> None:
        visitor = OSOBA.reach_consents(Visitor())
        visitor.press("Wstecz").press("Dalej").open(step_url(visitor, "weryfikacja"))
        visitor.follow(f"Popraw : {ADDRESS}").fill({"Nr domu": "9"}, ADDRESS).press("Dalej")
        visitor.press("Dalej").press("Dalej").choose(*OSOBA.required_consents).press("Rejestruj")
        assert visitor.heading == POLISH.check_mailbox
        assert User.objects.count() == 1

    def test_once_solved_is_not_asked_again_for_a_wrong_password(self) -> None:
        visitor = OSOBA.type_password(OSOBA.reach_password(Visitor()), "abc")
        visitor.copy_captcha(POLISH.captcha).press("Dalej")
        assert visitor.error_at(POLISH.password)
        assert not visitor.page.find_all("img", src=re.compile("/captcha/"))
        assert not CaptchaStore.objects.exists()
        OSOBA.type_password(visitor).press("Dalej")
        assert visitor.heading == POLISH.consents

    def test_once_solved_holds_when_the_password_has_to_be_set_again(self) -> None:
        visitor = OSOBA.reach_consents(Visitor())
        visitor.open(step_url(visitor, "dane")).fill({"Imię": "Zofia"}).press("Dalej")
        OSOBA.type_password(visitor.press("Dalej")).press("Dalej")
        assert visitor.heading == POLISH.consents

    def test_answered_wrongly_is_a_new_one(self) -> None:
        visitor = OSOBA.type_password(OSOBA.reach_password(Visitor()))
        key = visitor.captcha_key
        visitor.copy_captcha(POLISH.captcha, wrongly=True).press("Dalej")
        assert visitor.heading == POLISH.setting_password
        assert visitor.error_at(POLISH.captcha)
        assert visitor.captcha_key != key
        assert CaptchaStore.objects.count() == 1
        assert visitor.open(f"/captcha/image/{key}/").status == 404

    def test_not_answered_stays_as_it_is(self) -> None:
        visitor = OSOBA.type_password(OSOBA.reach_password(Visitor()))
        key = visitor.captcha_key
        visitor.press("Dalej")
        assert visitor.error_at(POLISH.captcha)
        assert visitor.captcha_key == key

    def test_can_be_exchanged_without_scripts(self) -> None:
        visitor = OSOBA.reach_password(Visitor())
        key = visitor.captcha_key
        visitor.press(POLISH.new_picture)
        assert visitor.heading == POLISH.setting_password
        assert visitor.captcha_key != key
        assert not visitor.errors
        assert CaptchaStore.objects.count() == 1

    def test_is_good_after_a_long_pause(self) -> None:
        visitor = OSOBA.reach_password(Visitor())
        _age(timedelta(hours=19))
        OSOBA.type_password(visitor).copy_captcha(POLISH.captcha).press("Dalej")
        assert visitor.heading == POLISH.consents

    def test_that_expired_costs_no_answer_but_its_own(self) -> None:
        visitor = OSOBA.reach_password(Visitor())
        key = visitor.captcha_key
        OSOBA.type_password(visitor).copy_captcha(POLISH.captcha)
        post = visitor.post_of("Dalej")
        CaptchaStore.objects.update(expiration=timezone.now() - timedelta(seconds=1))
        visitor.send(post)
        assert visitor.error_at(POLISH.captcha)
        assert visitor.captcha_key != key
        OSOBA.type_password(visitor).copy_captcha(POLISH.captcha).press("Dalej")
        assert visitor.heading == POLISH.consents
        visitor.open(step_url(visitor, "dane"))
        assert visitor.value("Miejscowość", ADDRESS) == "Gdańsk"

    def test_that_was_swept_away_is_replaced(self) -> None:
        visitor = OSOBA.reach_password(Visitor())
        post = OSOBA.type_password(visitor).copy_captcha(POLISH.captcha).post_of("Dalej")
        CaptchaStore.objects.all().delete()
        visitor.send(post)
        assert visitor.heading == POLISH.setting_password
        OSOBA.type_password(visitor).copy_captcha(POLISH.captcha).press("Dalej")
        assert visitor.heading == POLISH.consents

    def test_of_one_attempt_does_not_serve_another(self) -> None:
        visitor = OSOBA.reach_password(Visitor())
        other = PERSON.reach_password(visitor.new_tab())
        answer = CaptchaStore.objects.get(hashkey=other.captcha_key).response
        OSOBA.type_password(visitor).fill({POLISH.captcha: answer}).press("Dalej")
        assert visitor.error_at(POLISH.captcha)
        OSOBA.type_password(visitor)
        post = visitor.post_of("Dalej")
        for name in ("haslo-captcha_0", "haslo-captcha_key", "captcha_key", "captcha"):
            post.data[name] = other.captcha_key
        post.data.update({"haslo-captcha": answer, "haslo-captcha_1": answer})
        assert visitor.send(post).error_at(POLISH.captcha)
        PERSON.type_password(other).copy_captcha(ENGLISH.captcha).press("Next")
        assert other.heading == ENGLISH.consents

    def test_cannot_be_answered_twice(self) -> None:
        visitor = OSOBA.reach_password(Visitor())
        post = OSOBA.type_password(visitor, "abc").copy_captcha(POLISH.captcha).post_of("Dalej")
        visitor.send(post)
        assert not CaptchaStore.objects.exists()
        other = PERSON.reach_password(Visitor())
        other.fill({ENGLISH.captcha: post.data["haslo-captcha"]}).press("Next")
        assert other.error_at(ENGLISH.captcha)

    def test_answer_is_nowhere_on_the_page(self) -> None:
        visitor = OSOBA.reach_password(Visitor())
        challenge = CaptchaStore.objects.get()
        page = visitor.response.content.decode().lower()
        assert challenge.response.lower() not in page
        assert challenge.response not in str(session_data())


class RegisteredAddressTests(TestCase):
    """Behaviour 10: whether an address has an account is never revealed."""

    def last_post(self, email: str) -> tuple[object, ...]:
        """Register this address and return what can be seen of it, the address blanked."""
        applicant = OSOBA.addressed(email)
        visitor = applicant.reach_end(Visitor())
        post = visitor.post_of("Rejestruj")
        mail.outbox.clear()
        with (
            CaptureQueriesContext(connection) as statements,
            self.captureOnCommitCallbacks(execute=True),
        ):
            answer = visitor.client.post(post.address, post.data)
        # At once: the next request empties the list.
        verbs = [each["sql"].split()[0] for each in statements]
        # Counters of the network and of mails to the address; account, customer, consents, mail.
        assert verbs.count("INSERT") == 6
        seen = [answer.status_code, _headers(answer), answer.content]
        for path in (answer["Location"], visitor.path):
            page = visitor.client.get(path)
            seen += [page.status_code, _headers(page), _blanked(page.content.decode(), email)]
        return verbs, [message.to for message in mail.outbox], *seen

    def test_looks_like_any_other(self) -> None:
        active = factories.activated(email="aktywne@example.com").email
        pending = factories.registered(email="czekaja@example.com").email
        self.last_post("rozgrze@example.com")
        unknown = self.last_post("nieznan@example.com")
        for email in (pending, active):
            known = self.last_post(email)
            assert known[0] == unknown[0]
            assert known[1] == [[email]]
            assert known[2:] == unknown[2:]

    def test_looks_like_any_other_when_its_account_is_suspended(self) -> None:
        suspended = factories.suspended(email="zamknie@example.com").email
        visible = []
        for email in ("nieznan@example.com", suspended):
            visitor = OSOBA.addressed(email).register(Visitor())
            visible.append(_blanked(visitor.response.content.decode(), email))
        assert visible[0] == visible[1]

    def test_is_not_told_on_any_step(self) -> None:
        factories.activated(email="aktywne@example.com")
        seen = []
        for email in ("nieznan@example.com", "aktywne@example.com"):
            applicant = OSOBA.addressed(email)
            visitor = applicant.reach_review(Visitor())
            pages = [_blanked(visitor.response.content.decode(), email)]
            visitor.press("Dalej")
            pages.append(_blanked(visitor.response.content.decode(), email))
            seen.append(pages)
        self.assertEqual(*seen)

    def test_owner_learns_it_by_mail_and_the_account_stays_as_it_was(self) -> None:
        owner = factories.activated(email="aktywne@example.com")
        applicant = OSOBA.addressed("Aktywne@Example.com")
        with self.captureOnCommitCallbacks(execute=True):
            applicant.register(Visitor())
        (message,) = mail.outbox
        assert message.to == ["aktywne@example.com"]
        assert "/aktywacja/" not in str(message.body)
        assert OSOBA.owner not in str(message.body)
        owner.refresh_from_db()
        assert owner.check_password(factories.PASSWORD)
        assert factories.customer_of(owner).last_name == "Żak"


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


class RowSizeTests(TestCase):
    """Behaviour 4 again: the row stays small whatever is posted."""

    # What a row may hold with its key and its date: a page of SQLite, half of one of PostgreSQL.
    LIMIT = 4096

    def size(self) -> int:
        """Return the characters of the one session row."""
        session = Session.objects.get()
        return len(session.session_data) + len(session.session_key) + len(str(session.expire_date))

    def noise(self, length: int, *, seed: object, first: int = 0x20000, last: int = 0x2A6DF) -> str:
        """Return text that no compression makes much shorter: letters of a rare plane."""
        choice = random.Random(str(seed))
        return "".join(chr(choice.randint(first, last)) for _ in range(length))

    def noisy(self, post: Post, length: int) -> Post:
        """Return the post of the details with noise in every field, as long as a body may be."""
        letters = string.ascii_letters + string.digits + "._-*"
        data = dict(post.data)
        for name in data:
            if name.startswith("dane-"):
                choice = random.Random(name)
                data[name] = (
                    self.noise(length, seed=name)
                    if length <= 400
                    else "".join(choice.choices(letters, k=length))
                )
        return Post(post.address, data | {"dane-other_address": "on"})

    def test_of_an_ordinary_registration_is_a_quarter_of_it(self) -> None:
        for applicant in (FIRMA, OSOBA):
            Session.objects.all().delete()
            applicant.reach_consents(Visitor())
            assert self.size() < self.LIMIT / 4

    def test_of_four_ordinary_registrations_is_within_it(self) -> None:
        browser = Visitor()
        tabs = [FIRMA.reach_consents(browser.new_tab()) for _number in range(4)]
        assert self.size() < self.LIMIT
        assert {tab.reload().heading for tab in tabs} == {POLISH.consents}

    def test_is_within_it_with_5000_characters_in_every_field(self) -> None:
        for button in ("Wstecz", "Anuluj", "Dalej"):
            for length in (100, 255, 300, 400, 5000):
                Session.objects.all().delete()
                visitor = FIRMA.start(Visitor())
                visitor.send(self.noisy(visitor.post_of(button), length))
                assert visitor.status == 200
                assert self.size() < self.LIMIT, (button, length)

    def test_is_within_it_at_the_end_as_well(self) -> None:
        for length in (100, 300, 5000):
            visitor = FIRMA.reach_consents(Visitor())
            visitor.open(step_url(visitor, "dane"))
            visitor.send(self.noisy(visitor.post_of("Wstecz"), length))
            assert visitor.status == 200
            assert Session.objects.count() == 1
            assert self.size() < self.LIMIT
            Session.objects.all().delete()

    @override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.Argon2PasswordHasher"])
    def test_is_within_it_for_the_longest_answers_that_are_accepted(self) -> None:
        applicant = self.verbose(*HAN)
        visitor = applicant.reach_review(Visitor())
        assert self.size() < self.LIMIT
        visitor.press("Dalej")
        FIRMA.type_password(visitor, "Wiosenny-Deszcz-99-kropel").copy_captcha(POLISH.captcha)
        visitor.press("Dalej")
        assert self.size() < self.LIMIT
        visitor.choose(*FIRMA.required_consents).press("Rejestruj")
        assert visitor.heading == POLISH.check_mailbox, (visitor.heading, visitor.errors)
        assert Customer.objects.get().company_name == applicant.owner

    def test_is_within_it_for_longest_answers_in_letters_that_nobody_uses(self) -> None:
        visitor = self.verbose(0x20000, 0x2A6DF).type_details(FIRMA.start(Visitor()))
        visitor.press("Dalej")
        assert self.size() < self.LIMIT
        assert visitor.heading == FIRMA.details_heading
        assert visitor.errors, "An answer was dropped without a word"
        assert visitor.open(step_url(visitor, "weryfikacja")).heading == FIRMA.details_heading

    def test_is_within_it_with_four_of_the_longest_at_once(self) -> None:
        browser = Visitor()
        for _number in range(4):
            tab = self.verbose(*HAN).reach_review(browser.new_tab())
            assert self.size() < self.LIMIT
        assert tab.reload().heading == POLISH.review

    def test_is_within_it_with_blanks_that_do_not_count(self) -> None:
        blanks = [chr(code) for code in (0x20, 0xA0, *range(0x2000, 0x200B), 0x202F, 0x3000)]
        choice = random.Random(5)
        visitor = FIRMA.type_details(FIRMA.start(Visitor()))
        post = visitor.post_of("Dalej")
        for name, value in post.data.items():
            if name.startswith("dane-") and value and not name.endswith("country"):
                post.data[name] = "".join(choice.choices(blanks, k=500)) + value
        visitor.send(post)
        assert visitor.heading in (POLISH.review, FIRMA.details_heading)
        assert self.size() < self.LIMIT

    def test_does_not_grow_by_fields_that_nobody_asked_for(self) -> None:
        visitor = OSOBA.type_details(OSOBA.start(Visitor()))
        junk = self.noise(8_000, seed="junk")
        post = visitor.post_of("Dalej")
        for name in ("junk", "dane-junk", "dane-company_name", "start-kind", "zgody-terms"):
            Session.objects.all().delete()
            visitor = OSOBA.type_details(OSOBA.start(Visitor()))
            post = visitor.post_of("Dalej")
            visitor.send(Post(post.address, post.data | {name: junk}))
            assert visitor.heading == POLISH.review
            assert self.size() < self.LIMIT / 4
            assert junk[:50] not in str(session_data())

    def test_does_not_grow_by_repeated_fields(self) -> None:
        visitor = OSOBA.type_details(OSOBA.start(Visitor()))
        post = visitor.post_of("Dalej")
        many = [self.noise(60, seed=number) for number in range(100)] + ["Sopot"]
        visitor.send(Post(post.address, post.data | {"dane-main_city": many}))
        assert visitor.shows("Sopot")
        assert self.size() < self.LIMIT / 4

    def test_does_not_grow_by_a_body_of_two_megabytes(self) -> None:
        visitor = OSOBA.type_details(OSOBA.start(Visitor()))
        post = visitor.post_of("Dalej")
        before = session_data()
        for name in ("dane-first_name", "junk"):
            data = post.data | {name: "x" * 2_000_000}
            assert visitor.send(Post(post.address, data)).status in (400, 413)
            multipart = visitor.client.post(post.address, data)
            assert multipart.status_code in (400, 413)
        assert session_data() == before

    def test_does_not_grow_by_what_is_said_of_a_password(self) -> None:
        visitor = self.verbose(*LATIN).reach_password(Visitor())
        for password in ("", "a", "aaaaaaaa", "12345678", "ż" * 500, self.noise(200, seed=2)):
            OSOBA.type_password(visitor, password).fill({POLISH.password_again: "b"}).press("Dalej")
            assert visitor.heading == POLISH.setting_password
            assert visitor.errors
            assert self.size() < self.LIMIT

    def test_keeps_the_answer_whose_blanks_were_too_many(self) -> None:
        visitor = OSOBA.type_details(OSOBA.start(Visitor()))
        visitor.fill({"Imię": " " * 400 + "Grażyna" + " " * 400 + "Józefa"}).press("Dalej")
        assert visitor.heading == POLISH.review
        assert visitor.shows("Grażyna Józefa")

    def test_loses_no_step_that_was_never_shortened(self) -> None:
        visitor = FIRMA.start(Visitor())
        visitor.send(self.noisy(visitor.post_of("Dalej"), 300))
        assert visitor.heading == FIRMA.details_heading
        assert visitor.open(step_url(visitor, "weryfikacja")).heading == FIRMA.details_heading

    def verbose(self, first: int, last: int) -> Applicant:
        """Return the company with the longest answers that are accepted, in these letters."""

        seeds = itertools.count()

        def text(length: int) -> str:
            return self.noise(length, seed=next(seeds), first=first, last=last)

        def address() -> dict[str, str]:
            return {
                "Ulica": text(100),
                "Nr domu": text(20),
                "Nr lokalu": text(20),
                "Kod pocztowy": "AZ1234567X",
                "Miejscowość": text(100),
                "Kraj": "Azerbejdżan",
            }

        owner = text(255)
        email = f"{'q7w2e9r4t1y6' * 5}@{'.'.join(['zx3cv8bn' * 7] * 3)}.example.com"[:254]
        details = {
            "Dane firmy": {"Pełna nazwa firmy": owner, "NIP": "AZ12345678901"},
            "Adres siedziby": address(),
            "Reprezentant Firmy": {
                "Imię reprezentanta": text(60),
                "Nazwisko reprezentanta": text(100),
                "Stanowisko lub funkcja": text(100),
                "Służbowy adres e-mail (login)": email,
                "Służbowy numer telefonu": "+994 12 498 12 34",
            },
        }
        return replace(FIRMA, details=details, other_address=address(), email=email, owner=owner)


class PasswordTests(TransactionTestCase):
    """Behaviour 7: the plain password is nowhere, not even when something fails."""

    serialized_rollback = True
    SECRET = "zabki-Czterdziesci.7"

    def setUp(self) -> None:
        """Listen to every logger, and report faults to the administrators in full."""
        cache.clear()
        self.log = StringIO()
        heard = logging.StreamHandler(self.log)
        heard.setFormatter(logging.Formatter("{levelname} {name} {message} {args}", style="{"))
        admin = "admin@kantor.example"
        # Django 6 wants addresses alone.
        admins = [admin] if django.VERSION >= (6, 0) else [("Admin", admin)]
        self.enterContext(override_settings(ADMINS=admins))
        self.enterContext(CaptureQueriesContext(connection))
        loggers = [logging.root, *map(logging.getLogger, logging.root.manager.loggerDict)]
        reporter = AdminEmailHandler(include_html=True)
        reporter.setLevel(logging.ERROR)
        for logger in loggers:
            self.addCleanup(logger.setLevel, logger.level)
            logger.setLevel(logging.DEBUG)
            if logger is logging.root or not logger.propagate:
                for handler in (heard, reporter):
                    logger.addHandler(handler)
                    self.addCleanup(logger.removeHandler, handler)

    def places(self) -> dict[str, str]:
        """Return everything that is kept or was told anywhere."""
        found = {"log": self.log.getvalue(), "cache": repr([vars(each) for each in caches.all()])}
        with connection.cursor() as cursor:
            for table in connection.introspection.table_names(cursor):
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
                found[f"table {table}"] = repr(cursor.fetchall())
        found["sessions"] = repr([each.get_decoded() for each in Session.objects.all()])
        for number, message in enumerate(mail.outbox):
            parts = [message.subject, message.body, *getattr(message, "alternatives", [])]
            found[f"mail {number}"] = repr([str(part) for part in parts])
        return found

    def assert_nowhere(self, *responses: Any) -> None:
        """Look for the password, plain and in the usual encodings."""
        encoded = base64.b64encode(self.SECRET.encode()).decode().rstrip("=")[:-2]
        spellings = {self.SECRET, quote(self.SECRET), encoded, self.SECRET[::-1]}
        places = self.places() | {
            f"answer {number}": f"{response.content!r} {response.headers}"
            for number, response in enumerate(responses)
        }
        assert "DEBUG django.db.backends" in places["log"], "The log is not heard"
        assert "table django_session" in places
        for place, content in places.items():
            for spelling in spellings:
                assert spelling not in content, place

    def test_the_search_finds_what_is_there(self) -> None:
        visitor = OSOBA.start(Visitor()).fill({"Imię": self.SECRET}).press("Wstecz")
        logging.getLogger("any").debug("Seen: %s", self.SECRET)
        cache.set("any", self.SECRET)
        self.addCleanup(cache.clear)
        places = self.places()
        assert self.SECRET in places["sessions"]
        assert self.SECRET in places["log"]
        assert self.SECRET in places["cache"]
        assert visitor.status == 200

    def test_it_is_nowhere_from_the_password_step_to_the_account(self) -> None:
        visitor = OSOBA.reach_password(Visitor())
        weak = "zabki-Czterdziesci"
        OSOBA.type_password(visitor, self.SECRET[:-2]).press("Dalej")
        assert visitor.errors
        assert not any(weak in place for place in self.places().values())
        OSOBA.type_password(visitor, self.SECRET).copy_captcha(POLISH.captcha, wrongly=True)
        self.assert_nowhere(visitor.press("Dalej").response)
        OSOBA.type_password(visitor, self.SECRET).press("Wstecz")
        self.assert_nowhere(visitor.response, visitor.press("Dalej").response)
        OSOBA.type_password(visitor, self.SECRET).press("Anuluj")
        self.assert_nowhere(visitor.follow(POLISH.keep_registering).response)
        OSOBA.type_password(visitor, self.SECRET).press(POLISH.new_picture)
        self.assert_nowhere(visitor.response)
        OSOBA.type_password(visitor, self.SECRET).fill({POLISH.password_again: self.SECRET + "x"})
        self.assert_nowhere(visitor.copy_captcha(POLISH.captcha).press("Dalej").response)
        assert visitor.errors
        OSOBA.type_password(visitor, self.SECRET).press("Dalej")
        assert visitor.heading == POLISH.consents
        self.assert_nowhere(visitor.response)
        visitor.choose(*OSOBA.required_consents).press("Rejestruj")
        assert visitor.heading == POLISH.check_mailbox
        self.assert_nowhere(visitor.response)
        assert User.objects.get().check_password(self.SECRET)

    def test_it_is_nowhere_after_the_meter_judged_it(self) -> None:
        visitor = OSOBA.reach_password(Visitor())
        url = str(visitor.element("[data-strength-url]")["data-strength-url"])
        token = visitor.post_of("Dalej").data["csrfmiddlewaretoken"]
        response = visitor.client.post(
            url, {"password": self.SECRET}, headers={"X-CSRFToken": token}
        )
        assert response.status_code == 200
        self.assert_nowhere(response)

    def test_it_is_nowhere_after_the_password_step_failed(self) -> None:
        visitor = OSOBA.reach_password(Visitor())
        visitor.client.raise_request_exception = False
        OSOBA.type_password(visitor, self.SECRET).copy_captcha(POLISH.captcha)
        post = visitor.post_of("Dalej")
        with _missing(CaptchaStore):
            visitor.send(post)
        assert visitor.status == 500
        assert mail.outbox[0].to == ["admin@kantor.example"], "Nobody was told of the fault"
        self.assert_nowhere(visitor.response)
        visitor.send(post)
        assert visitor.heading == POLISH.consents

    def test_it_is_nowhere_after_the_end_failed_and_the_next_try_succeeds(self) -> None:
        for table in (OutboxMessage, Customer):
            mail.outbox.clear()
            visitor = OSOBA.type_password(OSOBA.reach_password(Visitor()), self.SECRET)
            visitor.copy_captcha(POLISH.captcha).press("Dalej")
            visitor.client.raise_request_exception = False
            post = visitor.choose(*OSOBA.required_consents).post_of("Rejestruj")
            with _missing(table):
                visitor.send(post)
            assert visitor.status == 500
            assert {message.to[0] for message in mail.outbox} == {"admin@kantor.example"}
            assert OSOBA.email not in str(mail.outbox[0].body)
            assert not User.objects.exists(), "Half an account was left"
            self.assert_nowhere(visitor.response)
            visitor.send(post)
            assert visitor.heading == POLISH.check_mailbox
            self.assert_nowhere(visitor.response)
            User.objects.get().delete()

    def test_only_one_hash_is_made_and_no_transaction_waits_for_it(self) -> None:
        made = []

        class Counting(logging.Handler):
            """Count the statements that begin a transaction."""

            def emit(self, record: logging.LogRecord) -> None:
                """Keep the statement."""
                made.append(record.getMessage())

        visitor = OSOBA.type_password(OSOBA.reach_password(Visitor()), self.SECRET)
        post = visitor.copy_captcha(POLISH.captcha).post_of("Dalej")
        handler = Counting()
        logger = logging.getLogger("django.db.backends")
        logger.addHandler(handler)
        visitor.send(post)
        logger.removeHandler(handler)
        assert visitor.heading == POLISH.consents
        assert not any("BEGIN" in each for each in made), made


class RegisterOnceTests(TransactionTestCase):
    """Behaviour 9: however often Rejestruj arrives, there is one account and one mail."""

    serialized_rollback = True

    def assert_one(self, applicant: Applicant = OSOBA) -> None:
        """Count accounts, customers, consents and mails."""
        user = User.objects.get()
        assert user.email == applicant.email
        assert Customer.objects.count() == 1
        assert user.consents.count() == 5
        assert OutboxMessage.objects.count() == 1
        assert [message.to for message in mail.outbox] == [[applicant.email]]

    def test_pressed_again_after_the_answer(self) -> None:
        visitor = OSOBA.reach_end(Visitor())
        post = visitor.post_of("Rejestruj")
        for _time in range(3):
            assert visitor.send(post).heading == POLISH.check_mailbox
            assert visitor.shows(OSOBA.email)
        assert set(visitor.posts) == {302}
        self.assert_one()

    def test_pressed_again_when_the_answer_was_lost(self) -> None:
        visitor = OSOBA.reach_end(Visitor())
        post = visitor.post_of("Rejestruj")
        cookies = SimpleCookie(visitor.client.cookies)
        visitor.client.post(post.address, post.data)
        visitor.client.cookies = cookies
        assert visitor.send(post).heading == POLISH.check_mailbox
        assert visitor.shows(OSOBA.email)
        self.assert_one()

    def test_pressed_again_when_the_server_stopped_before_it_cleared_the_session(self) -> None:
        visitor = OSOBA.reach_end(Visitor())
        post = visitor.post_of("Rejestruj")
        kept = Session.objects.get()
        cookies = SimpleCookie(visitor.client.cookies)
        visitor.send(post)
        Session.objects.all().delete()
        kept.save(force_insert=True)
        visitor.client.cookies = cookies
        assert visitor.send(post).heading == POLISH.check_mailbox
        self.assert_one()
        assert session_data() == {}

    def test_pressed_twice_at_the_same_moment(self) -> None:
        for applicant in (OSOBA, FIRMA, PERSON):
            User.objects.all().delete()
            mail.outbox.clear()
            visitor = applicant.reach_end(Visitor())
            post = visitor.post_of(applicant.words.register)
            answers = self.at_once(visitor, [post] * 4)
            for browser, response in answers:
                assert response.status_code == 302
                assert response["Location"].endswith("/rejestracja/wyslano/")
                page = Visitor(browser).open(response["Location"])
                assert page.heading == applicant.words.check_mailbox
                assert page.shows(applicant.email)
            self.assert_one(applicant)
            assert visitor.open(post.address).heading == applicant.words.finished

    def test_pressed_in_two_tabs_at_the_same_moment(self) -> None:
        one = Visitor()
        other = one.new_tab()
        OSOBA.reach_end(one)
        PERSON.reach_end(other)
        posts = [one.post_of("Rejestruj"), other.post_of("Register")]
        answers = self.at_once(one, posts)
        assert [response.status_code for _browser, response in answers] == [302, 302]
        assert {user.email for user in User.objects.all()} == {OSOBA.email, PERSON.email}
        assert sorted(message.to for message in mail.outbox) == [[OSOBA.email], [PERSON.email]]

    def test_answers_of_two_tabs_that_arrive_at_the_same_moment_are_both_kept(self) -> None:
        one = Visitor()
        other = one.new_tab()
        OSOBA.start(one)
        PERSON.start(other)
        posts = [
            OSOBA.type_details(one).post_of("Dalej"),
            PERSON.type_details(other).post_of("Next"),
        ]
        answers = self.at_once(one, posts)
        assert [response.status_code for _browser, response in answers] == [302, 302]
        assert one.open(step_url(one, "weryfikacja")).shows(OSOBA.email)
        assert other.open(other.path.replace("/dane/", "/weryfikacja/")).shows(PERSON.email)

    def test_a_captcha_answered_twice_at_the_same_moment_makes_no_error(self) -> None:
        visitor = OSOBA.type_password(OSOBA.reach_password(Visitor()))
        post = visitor.copy_captcha(POLISH.captcha).post_of("Dalej")
        for _browser, response in self.at_once(visitor, [post] * 3):
            assert response.status_code == 302

    def at_once(self, visitor: Visitor, posts: list[Post]) -> list[tuple[Client, Any]]:
        """Send the posts from as many threads, each with a copy of the browser's cookies."""
        barrier = Barrier(len(posts))
        answers: list[Any] = [None] * len(posts)
        browsers = [Client(enforce_csrf_checks=True) for _post in posts]

        def send(number: int) -> None:
            barrier.wait()
            try:
                answers[number] = browsers[number].post(posts[number].address, posts[number].data)
            finally:
                connections.close_all()

        for browser in browsers:
            browser.cookies = SimpleCookie(visitor.client.cookies)
            browser.raise_request_exception = False
        threads = [Thread(target=send, args=(number,)) for number in range(len(posts))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return list(zip(browsers, answers, strict=True))


@contextmanager
def _missing(model: type[Model]) -> Iterator[None]:
    """Take a table away, so that the database itself fails."""
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO gone")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE gone RENAME TO {table}")


def _age(span: timedelta) -> None:
    """Let time pass for everything that a registration keeps."""
    for session in Session.objects.all():
        session.expire_date -= span
        session.save()
    for challenge in CaptchaStore.objects.all():
        CaptchaStore.objects.filter(pk=challenge.pk).update(expiration=challenge.expiration - span)


def _moved(post: Post, source: str, target: str) -> Post:
    """Return the post of one attempt addressed to another, its management form included."""
    bare = source.replace("-", ""), target.replace("-", "")
    return Post(
        post.address.replace(source, target),
        {name.replace(*bare): value for name, value in post.data.items()},
    )


def _without_token(visitor: Visitor) -> str:
    page = visitor.response.content.decode()
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)


def _blanked(page: str, email: str) -> str:
    """Return the page without what differs between any two visitors."""
    page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page).replace(email, "EMAIL")
    page = re.sub(r"/captcha/(image|sound/\w+)/\w+/", "PICTURE", page)
    return re.sub(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", "ID", page)


def _headers(response: object) -> dict[str, str]:
    """Return the headers without those that differ between any two answers."""
    headers = getattr(response, "headers", {})
    return {name: value for name, value in headers.items() if name not in ("Expires",)}
