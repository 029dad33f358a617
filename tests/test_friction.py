"""What slows machines down and never stops a person: limits, the decoy, the pace."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from unittest import mock

from django.test import TestCase

from accounts.limits import Limit
from accounts.models import User
from accounts.registration import friction
from kantor.serving.models import Session
from tests.people import COMPANY, FIRMA, OSOBA, POLISH
from tests.walk import Visitor


@contextmanager
def at_most(times: int, name: str) -> Iterator[None]:
    """Let a limit be so low."""
    low = Limit(f"test-{name}", times=times, window=timedelta(minutes=10))
    with mock.patch.object(friction, name, low):
        yield


class NetworkLimits(TestCase):
    def assert_waits(self, visitor: Visitor, minutes: str = "10 minut") -> None:
        """Make sure that the visitor is told to wait, politely and in the site's dress."""
        assert visitor.status == 429
        assert 0 < int(visitor.response["Retry-After"]) <= 600
        assert visitor.heading in ("Poczekaj chwilę", "Please wait a moment")
        assert visitor.shows(minutes)
        assert visitor.element("footer")

    def test_of_attempts_makes_no_row_and_ends_with_the_window(self):
        with at_most(1, "ATTEMPTS"):
            OSOBA.start(Visitor())
            rows = Session.objects.count()
            visitor = Visitor().open("/rejestracja/")
            visitor.choose("Firma").press("Dalej")
            self.assert_waits(visitor)
            assert Session.objects.count() == rows
            visitor.follow("Wróć do rejestracji")
            assert visitor.heading == POLISH.start
            friction.ATTEMPTS.clear("127.0.0.1")
            visitor.choose("Firma").press("Dalej")
            assert visitor.heading == FIRMA.details_heading

    def test_does_not_touch_another_network(self):
        with at_most(1, "ATTEMPTS"):
            OSOBA.start(Visitor())
            other = Visitor()
            other.client.defaults["REMOTE_ADDR"] = "192.0.2.9"
            OSOBA.start(other)

    def test_of_new_pictures_keeps_the_picture_and_every_answer(self):
        visitor = OSOBA.reach_password(Visitor())
        with at_most(1, "CHALLENGES"):
            visitor.press(POLISH.new_picture)
            key = visitor.captcha_key
            visitor.press(POLISH.new_picture)
            self.assert_waits(visitor)
            visitor.follow("Wróć do rejestracji")
            assert visitor.captcha_key == key
        OSOBA.type_password(visitor).copy_captcha(POLISH.captcha).press("Dalej")
        assert visitor.heading == POLISH.consents

    def test_of_passwords_uses_no_challenge_up(self):
        visitor = OSOBA.reach_password(Visitor())
        with at_most(0, "PASSWORDS"):
            OSOBA.type_password(visitor).copy_captcha(POLISH.captcha)
            post = visitor.post_of("Dalej")
            with mock.patch("accounts.passwords.hash_password") as hashing:
                self.assert_waits(visitor.send(post))
            assert not hashing.called
        visitor.send(post)
        assert visitor.heading == POLISH.consents

    def test_of_finished_registrations_keeps_everything_for_later(self):
        visitor = FIRMA.reach_end(Visitor()).choose(FIRMA.news)
        with at_most(0, "FINISHES"):
            self.assert_waits(visitor.press("Rejestruj"))
            assert not User.objects.exists()
            visitor.follow("Wróć do rejestracji")
            assert visitor.is_ticked(FIRMA.news)
        visitor.press("Rejestruj")
        assert visitor.heading == POLISH.check_mailbox
        assert User.objects.count() == 1

    def test_is_told_in_the_readers_language(self):
        visitor = COMPANY.reach_end(Visitor())
        with at_most(0, "FINISHES"):
            visitor.press("Register")
        assert visitor.status == 429
        assert visitor.language == "en"
        assert visitor.shows("in 10 minutes")

    def test_leave_room_for_an_office(self):
        for _ in range(12):
            OSOBA.register(Visitor())


class Decoy(TestCase):
    def test_is_seen_by_nobody_and_filled_in_by_no_browser(self):
        visitor = OSOBA.reach_password(Visitor())
        field = visitor.element("[name='haslo-website']")
        assert field["tabindex"] == "-1"
        assert field["autocomplete"] == "off"
        assert not field.has_attr("required")
        (hidden,) = (each for each in field.around() if each.get("class") == "decoy")
        assert hidden["aria-hidden"] == "true"

    def test_filled_in_asks_for_one_more_challenge_and_then_no_more(self):
        visitor = OSOBA.reach_password(Visitor())
        for heading in (POLISH.setting_password, POLISH.consents):
            OSOBA.type_password(visitor).copy_captcha(POLISH.captcha)
            visitor.fill({"Zostaw to pole puste": "https://example.com/"}).press("Dalej")
            assert visitor.heading == heading
            if heading == POLISH.setting_password:
                assert "jeszcze raz" in visitor.error_at(POLISH.captcha)

    def test_filled_in_does_not_make_a_wrong_answer_right(self):
        visitor = OSOBA.reach_password(Visitor())
        for _ in range(3):
            OSOBA.type_password(visitor).copy_captcha(POLISH.captcha, wrongly=True)
            visitor.fill({"Zostaw to pole puste": "x"}).press("Dalej")
            assert visitor.error_at(POLISH.captcha)


class Pace(TestCase):
    """Tests are faster than any person: each of these attempts is a hurried one."""

    def answer(self, visitor: Visitor) -> str:
        """Answer the challenge rightly and return the heading that follows."""
        OSOBA.type_password(visitor).copy_captcha(POLISH.captcha).press("Dalej")
        return visitor.heading

    def test_of_a_machine_is_only_counted_while_it_is_rare(self):
        with at_most(2, "HURRIED"):
            for _ in range(2):
                assert self.answer(OSOBA.reach_password(Visitor())) == POLISH.consents

    def test_of_a_machine_asks_once_more_when_it_is_not(self):
        with at_most(0, "HURRIED"):
            visitor = OSOBA.reach_password(Visitor())
            assert self.answer(visitor) == POLISH.setting_password
            assert "jeszcze raz" in visitor.error_at(POLISH.captcha)
            self._began_a_while_ago(visitor)
            assert self.answer(visitor) == POLISH.consents

    def test_of_a_person_is_never_asked_about(self):
        with at_most(0, "HURRIED"):
            visitor = OSOBA.reach_password(Visitor())
            self._began_a_while_ago(visitor)
            assert self.answer(visitor) == POLISH.consents

    def _began_a_while_ago(self, visitor: Visitor) -> None:
        session = visitor.client.session
        (entry,) = (each for name, each in session.items() if name.startswith("wizard_"))
        entry["facts"]["began"] -= 6
        session.save()
