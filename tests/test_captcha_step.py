"""The challenge as the wizard asks it: once, and never again."""

from datetime import timedelta

from captcha.models import CaptchaStore
from django.test import TestCase
from django.utils import timezone

from accounts.captcha import challenge
from accounts.models import User
from tests.people import ENGLISH, OSOBA, PERSON, POLISH
from tests.steps import ADDRESS, age, session_data, step_url
from tests.walk import Visitor

DO_NOT_MATCH = "Kod z obrazka się nie zgadza. Przepisz znaki z nowego obrazka."
NO_LONGER = "Ten obrazek już nie działa. Przepisz znaki z nowego obrazka."


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
        assert not visitor.select("img[src*='/captcha/']")
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
        age(timedelta(hours=19))
        OSOBA.type_password(visitor).copy_captcha(POLISH.captcha).press("Dalej")
        assert visitor.heading == POLISH.consents

    def test_that_expired_costs_no_answer_but_its_own(self) -> None:
        visitor = OSOBA.reach_password(Visitor())
        key = visitor.captcha_key
        OSOBA.type_password(visitor).copy_captcha(POLISH.captcha)
        post = visitor.post_of("Dalej")
        CaptchaStore.objects.update(expiration=timezone.now() - timedelta(seconds=1))
        visitor.send(post)
        assert NO_LONGER in visitor.error_at(POLISH.captcha)
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
        assert NO_LONGER in visitor.error_at(POLISH.captcha)
        OSOBA.type_password(visitor).copy_captcha(POLISH.captcha).press("Dalej")
        assert visitor.heading == POLISH.consents

    def test_that_was_swept_away_is_wrong_where_the_characters_are(self) -> None:
        visitor = OSOBA.type_password(OSOBA.reach_password(Visitor()))
        visitor.copy_captcha(POLISH.captcha, wrongly=True)
        post = visitor.post_of("Dalej")
        CaptchaStore.objects.all().delete()
        assert DO_NOT_MATCH in visitor.send(post).error_at(POLISH.captcha)

    def test_is_said_to_be_over_where_an_answer_that_failed_has_used_it_up(self) -> None:
        visitor = OSOBA.reach_password(Visitor())
        post = OSOBA.type_password(visitor).copy_captcha(POLISH.captcha).post_of("Dalej")
        # As a process leaves it that is killed in the middle: answered, and nobody knows.
        assert challenge.solve(visitor.captcha_key, post.data["haslo-captcha"])
        visitor.open(step_url(visitor, "haslo")).send(post)
        assert NO_LONGER in visitor.error_at(POLISH.captcha)
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
        stored = CaptchaStore.objects.get()
        page = visitor.response.content.decode().lower()
        assert stored.response.lower() not in page
        assert stored.response not in str(session_data())
