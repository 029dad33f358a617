"""The plain password is nowhere but in the request that carries it."""

import base64
import logging
from typing import Any
from urllib.parse import quote

from captcha.models import CaptchaStore
from django.core import mail
from django.core.cache import cache

from accounts.models import Customer, OutboxMessage, User
from tests.people import OSOBA, POLISH
from tests.places import PlacesTestCase, missing
from tests.walk import Visitor


class PasswordTests(PlacesTestCase):
    """Behaviour 7: the plain password is nowhere, not even when something fails."""

    SECRET = "zabki-Czterdziesci.7"

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
        with missing(CaptchaStore):
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
            with missing(table):
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
