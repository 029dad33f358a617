"""Whoever comes too often: every door says when to come back, and nobody keeps the answer."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest import mock

from django.conf import settings
from django.test import Client, SimpleTestCase, TestCase, override_settings
from django.urls import reverse

from accounts.limits import Limit, LocalLimit
from accounts.registration import friction
from accounts.services import credentials, network_tries, waiting
from accounts.services.credentials import PASSWORD_CHANGES
from accounts.sign_in import tries
from accounts.totp import services
from accounts.views import captcha, password_help
from kantor.serving.models import Session
from tests.doors import try_in
from tests.factories import PASSWORD, activated, registered
from tests.letters import activation_path, registering_browser
from tests.people import OSOBA, POLISH
from tests.phone import stopped_clock, turned_on
from tests.test_second_step import after_first_step
from tests.walk import Visitor

NEVER = timedelta(minutes=7)


class DoorTests(TestCase):
    """Each door, when its limit is used up."""

    def shut(self, module: Any, name: str) -> Any:
        """Let this limit allow nothing; a context manager."""
        kind = type(getattr(module, name))
        limit = (
            Limit(f"test-{name}", times=0, window=NEVER)
            if kind is Limit
            else LocalLimit(times=0, window=NEVER)
        )
        return mock.patch.object(module, name, limit)

    def assert_held_up(self, response: Any, *, at_most: timedelta = NEVER) -> None:
        assert response.status_code == 429
        assert 0 < int(response["Retry-After"]) <= at_most.total_seconds()
        assert "no-store" in response["Cache-Control"]

    def test_of_the_sign_in(self) -> None:
        network = network_tries.NETWORK_SIGN_INS
        for _ in range(network.times):
            network.hit("127.0.0.1")
        self.assert_held_up(try_in("jan@example.com", PASSWORD))

    def test_of_addresses_makes_no_session(self) -> None:
        with mock.patch.object(network_tries, "NETWORK_ADDRESSES", Limit("x", 2, NEVER)):
            for _ in range(2):
                assert Client().post("/logowanie/", {"username": "a"}).status_code == 302
            rows = Session.objects.count()
            client = Client()
            self.assert_held_up(client.post("/logowanie/", {"username": "a"}))
        assert Session.objects.count() == rows
        assert not client.cookies.get("sessionid")

    def test_of_an_address(self) -> None:
        for _ in range(tries.HERE.times):
            try_in("jan@example.com", PASSWORD)
        self.assert_held_up(try_in("jan@example.com", PASSWORD))

    @override_settings(ROOT_URLCONF="tests.test_second_step")
    def test_of_the_second_step(self) -> None:
        with stopped_clock():
            user = activated()
            turned_on(user)
        self.enterContext(self.shut(services, "TRIES"))
        visitor = after_first_step(user).open("/logowanie/kod/")
        visitor.fill({"6 cyfr z aplikacji": "000000"}).press("Zaloguj się")
        self.assert_held_up(visitor.response)

    def test_of_a_change_of_the_password(self) -> None:
        self.enterContext(self.shut(credentials, "PASSWORD_CHANGES"))
        self.client.force_login(activated())
        new = "Sowa-Kajak-Brzoza-Mgła-47"
        data = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
        self.assert_held_up(
            self.client.post(reverse("accounts:password-change"), data),
            at_most=PASSWORD_CHANGES.window,
        )

    def test_of_the_password_asked_again(self) -> None:
        self.enterContext(self.shut(credentials, "PASSWORD_CHANGES"))
        self.client.force_login(activated())
        self.assert_held_up(
            self.client.post(reverse("accounts:confirm"), {"password": PASSWORD}),
            at_most=PASSWORD_CHANGES.window,
        )

    def test_of_the_help_with_a_password(self) -> None:
        self.enterContext(self.shut(password_help, "CALLS"))
        self.client.force_login(activated())
        strength = self.client.post(reverse("accounts:password-change-strength"), {"password": "x"})
        self.assert_held_up(strength)
        assert strength.json() == {}
        proposal = reverse("accounts:password-change-proposal")
        self.assert_held_up(self.client.post(proposal))
        self.assert_held_up(self.client.post(proposal, headers={"Accept": "application/json"}))

    def test_of_the_wizard(self) -> None:
        for limit, go, button in (
            ("ATTEMPTS", lambda visitor: visitor.open("/rejestracja/").choose("Firma"), "Dalej"),
            ("CHALLENGES", OSOBA.reach_password, POLISH.new_picture),
            ("PASSWORDS", self.with_a_password, "Dalej"),
            ("FINISHES", OSOBA.reach_end, "Rejestruj"),
        ):
            with self.subTest(limit):
                visitor = Visitor()
                at: Callable[[Visitor], Visitor] = go
                at(visitor)
                with self.shut(friction, limit):
                    self.assert_held_up(visitor.press(button).response)

    def with_a_password(self, visitor: Visitor) -> Visitor:
        return OSOBA.type_password(OSOBA.reach_password(visitor)).copy_captcha(POLISH.captcha)

    def test_of_a_code_by_mail(self) -> None:
        visitor = OSOBA.reach_password(Visitor()).press(POLISH.cannot_copy)
        post = visitor.post_of("Wróć do obrazka")
        del post.data["use_picture"]
        visitor.send(post._replace(data=post.data | {"send_code": "1"}))
        self.assert_held_up(visitor.response)

    def test_of_the_pictures_and_sounds(self) -> None:
        visitor = OSOBA.reach_password(Visitor())
        for limit, selector in (("PICTURES", ".captcha img"), ("SOUNDS", ".captcha audio")):
            with self.shut(captcha, limit):
                self.assert_held_up(visitor.client.get(str(visitor.element(selector)["src"])))

    def test_of_the_waiting_page(self) -> None:
        user = registered()
        browser = registering_browser(user)
        again = {"attempt": user.attempt.hex if user.attempt else ""}
        address = reverse("accounts:registration-sent")
        assert browser.post(address, again).status_code == 302
        self.assert_held_up(browser.post(address, again), at_most=timedelta(hours=1))

    def test_of_a_correction(self) -> None:
        self.enterContext(self.shut(waiting, "CORRECTIONS"))
        user = registered()
        assert user.attempt is not None
        address = f"{reverse('accounts:registration-address')}?proba={user.attempt.hex}"
        new = {"email": "poprawny@example.com"}
        self.assert_held_up(registering_browser(user).post(address, new))

    def test_of_an_activation_with_the_password(self) -> None:
        path = activation_path(registered())
        with mock.patch("accounts.services.activation.PASSWORD_TRIES", Limit("test", 0, NEVER)):
            self.assert_held_up(Client().post(path, {"password": "x"}))


class OneAnswerTests(SimpleTestCase):
    """The answers are made in one place, or the next door would forget half of one."""

    def test_is_made_in_one_place(self) -> None:
        said = [
            path.relative_to(settings.BASE_DIR).as_posix()
            for part in ("accounts", "kantor")
            for path in sorted((settings.BASE_DIR / part).rglob("*.py"))
            if re.search(r"status(_code)?\s*=\s*429|TOO_MANY_REQUESTS", path.read_text("utf-8"))
        ]
        assert said == ["kantor/serving/network.py"]
