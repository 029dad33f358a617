"""The steps of the wizard: an address each, in their order, and what is kept between them."""

import re

from django.core import mail
from django.test import TestCase

from accounts.models import User
from accounts.services import allowance
from kantor.serving.models import Session
from tests.people import ENGLISH, FIRMA, OSOBA, PERSON, POLISH
from tests.steps import ADDRESS, CONTACT, session_data, step_url
from tests.walk import Post, Visitor

STEPS = ("start", "dane", "weryfikacja", "haslo", "zgody")


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
        form = next(each for each in visitor.button("Dalej").around() if each.name == "form")
        assert form["action"] == visitor.path

    def test_popraw_without_a_change_leads_back_to_the_review(self) -> None:
        visitor = OSOBA.reach_consents(Visitor())
        visitor.open(step_url(visitor, "dane")).press("Dalej")
        assert visitor.path == step_url(visitor, "weryfikacja")


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
