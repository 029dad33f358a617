"""The page for the code, between the password and the account.

The door is a small one of the test's own: the page has to work at whichever door it stands.
"""

from datetime import timedelta
from time import time
from unittest import mock

from django.conf.urls.i18n import i18n_patterns
from django.contrib import auth
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.test import Client, TestCase, override_settings
from django.urls import path

from accounts.models import RecoveryCode, User
from accounts.services import review
from accounts.totp import codes, first_step, services
from accounts.totp.first_step import FirstStep
from accounts.totp.services import Outcome
from accounts.totp.views import SecondStepView
from kantor import urls
from kantor.serving.models import Session
from kantor.urls import handler400, handler403, handler404, handler500
from tests.factories import activated, staff
from tests.phone import OTHER_KEYS, pass_time, stopped_clock, turned_on
from tests.tries import travel
from tests.walk import Visitor

PAGE = "/logowanie/kod/"
FIELD, RECOVERY_FIELD, ENTER = "6 cyfr z aplikacji", "Kod zapasowy", "Zaloguj się"
MISMATCH = "Ten kod się nie zgadza albo został już użyty. Poczekaj na następny."
TO_RECOVERY = "Nie mam telefonu: użyję kodu zapasowego"


def enter(request: HttpRequest, passed: FirstStep, outcome: Outcome) -> HttpResponse:
    """Open the session, as a door does, and say which way it was."""
    request.session.flush()
    auth.login(request, passed.user, backend="accounts.backends.EmailBackend")
    request.session["entered_by"] = outcome.value
    return HttpResponseRedirect(passed.then or "/konto/")


urlpatterns = [
    *i18n_patterns(
        path("logowanie/kod/", SecondStepView.as_view(enter=enter)), prefix_default_language=False
    ),
    *urls.urlpatterns,
]
__all__ = ["handler400", "handler403", "handler404", "handler500"]


def after_first_step(user: User, then: str = "") -> Visitor:
    """Return a browser in which the password was right."""
    visitor = Visitor()
    session = visitor.client.session
    first_step.remember(session, user, then)
    session.save()
    return visitor


def is_signed_in(visitor: Visitor) -> bool:
    return visitor.client.get("/konto/").status_code == 200


@override_settings(ROOT_URLCONF="tests.test_second_step")
class SecondStepTestCase(TestCase):
    """Somebody with an app who has given the password."""

    def setUp(self) -> None:
        self.enterContext(stopped_clock())
        self.user = activated()
        self.phone, self.codes = turned_on(self.user)
        self.visitor = after_first_step(self.user)


class Code(SecondStepTestCase):
    """What is entered."""

    def test_of_the_app_lets_in(self) -> None:
        self.visitor.open(PAGE).fill({FIELD: self.phone.code()}).press(ENTER)
        assert self.visitor.path == "/konto/"
        assert self.visitor.client.session["entered_by"] == "totp"
        assert self.visitor.posts == [302]

    def test_leads_to_where_the_reader_wanted(self) -> None:
        visitor = after_first_step(self.user, "/haslo/zmiana/")
        visitor.open(PAGE).fill({FIELD: self.phone.code()}).press(ENTER)
        assert visitor.path == "/haslo/zmiana/"

    def test_of_recovery_lets_in_and_says_so_to_the_door(self) -> None:
        self.visitor.open(PAGE).follow(TO_RECOVERY)
        assert self.visitor.heading == "Zaloguj się kodem zapasowym"
        self.visitor.fill({RECOVERY_FIELD: codes.grouped(self.codes[0]).lower()}).press(ENTER)
        assert self.visitor.path == "/konto/"
        assert self.visitor.client.session["entered_by"] == "recovery_code"
        assert RecoveryCode.objects.count() == 7

    def test_of_either_kind_fits_into_either_field(self) -> None:
        self.visitor.open(PAGE).fill({FIELD: self.codes[0]}).press(ENTER)
        assert is_signed_in(self.visitor)
        visitor = after_first_step(self.user).open(PAGE).follow(TO_RECOVERY)
        visitor.fill({RECOVERY_FIELD: self.phone.code()}).press(ENTER)
        assert is_signed_in(visitor)

    def test_is_what_browsers_and_phones_fill_in(self) -> None:
        field = self.visitor.open(PAGE).field(FIELD)
        assert field["autocomplete"] == "one-time-code"
        assert field["inputmode"] == "numeric"
        recovery = self.visitor.follow(TO_RECOVERY).field(RECOVERY_FIELD)
        assert recovery["autocomplete"] == "one-time-code"
        assert recovery["inputmode"] == "text"

    def test_that_is_wrong_is_refused_by_a_redirect_and_never_shown_again(self) -> None:
        wrong = self.phone.wrong_code()
        self.visitor.open(PAGE).fill({FIELD: wrong}).press(ENTER)
        assert self.visitor.posts == [302]
        assert self.visitor.errors == [MISMATCH]
        assert self.visitor.value(FIELD) == ""
        assert wrong not in self.visitor.response.content.decode()
        assert self.visitor.reload().errors == [MISMATCH]
        assert not is_signed_in(self.visitor)
        self.visitor.fill({FIELD: self.phone.code()}).press(ENTER)
        assert is_signed_in(self.visitor)

    def test_that_is_wrong_leaves_the_page_for_recovery_codes_as_it_is(self) -> None:
        self.visitor.open(PAGE).follow(TO_RECOVERY)
        for typed, error in (
            ("Z" * 24, "Ten kod się nie zgadza albo został już użyty. Wpisz inny."),
            ("Z" * 23, "Kod zapasowy ma 24 znaki. Sprawdź, czy żadnego nie brakuje."),
            ("", "Wpisz jeden ze swoich kodów zapasowych."),
        ):
            self.visitor.fill({RECOVERY_FIELD: typed}).press(ENTER)
            assert self.visitor.errors == [error]
        self.visitor.fill({RECOVERY_FIELD: self.codes[0]}).press(ENTER)
        assert is_signed_in(self.visitor)

    def test_that_is_no_code_uses_no_try_up(self) -> None:
        for typed in ["", "12345", "Z" * 23] * 3:
            self.visitor.open(PAGE).fill({FIELD: typed}).press(ENTER)
            assert self.visitor.errors
        self.visitor.fill({FIELD: self.phone.code()}).press(ENTER)
        assert is_signed_in(self.visitor)

    def test_that_was_used_lets_nobody_else_in(self) -> None:
        code = self.phone.code()
        self.visitor.open(PAGE).fill({FIELD: code}).press(ENTER)
        onlooker = after_first_step(self.user).open(PAGE).fill({FIELD: code}).press(ENTER)
        assert onlooker.errors == [MISMATCH]
        pass_time(1)
        onlooker.fill({FIELD: self.phone.code()}).press(ENTER)
        assert is_signed_in(onlooker)

    def test_can_be_entered_in_english(self) -> None:
        self.visitor.open(f"/en{PAGE}").fill({"6 digits from the app": "1"}).press("Sign in")
        assert self.visitor.path == f"/en{PAGE}?odmowa=zapis"
        assert self.visitor.errors == ["Enter the 6 digits that the app shows, or a recovery code."]
        self.visitor.follow("I don’t have my phone: use a recovery code")
        self.visitor.fill({"Recovery code": self.codes[0]}).press("Sign in")
        assert is_signed_in(self.visitor)

    def test_is_asked_of_staff_at_their_own_door_alone(self) -> None:
        user = staff()
        phone, _ = turned_on(user)
        visitor = after_first_step(user)
        assert visitor.open(PAGE).path == "/logowanie/"
        visitor.open("/admin/login/code/").fill({FIELD: phone.code()}).press(ENTER)
        assert auth.get_user(visitor.response.wsgi_request) == user


class Limits(SecondStepTestCase):
    """Too many tries."""

    def test_are_answered_with_the_wait_in_words_and_header(self) -> None:
        for _ in range(5):
            self.visitor.open(PAGE).fill({FIELD: self.phone.wrong_code()}).press(ENTER)
            assert self.visitor.errors == [MISMATCH]
        for minutes, words in (
            (15, "Za dużo prób. Spróbuj ponownie za 15 minut."),
            (3, "Za dużo prób. Spróbuj ponownie za 3 minuty."),
            (1, "Za dużo prób. Spróbuj ponownie za 1 minutę."),
        ):
            self.visitor.fill({FIELD: self.phone.code()}).press(ENTER)
            assert self.visitor.status == 429
            assert self.visitor.errors == [words]
            assert self.visitor.value(FIELD) == ""
            assert 60 * (minutes - 1) < int(self.visitor.response["Retry-After"]) <= 60 * minutes
            assert "no-store" in self.visitor.response["Cache-Control"]
            travel(timedelta(minutes={15: 12, 3: 2, 1: 1}[minutes]))
        self.visitor.fill({FIELD: self.phone.code()}).press(ENTER)
        assert is_signed_in(self.visitor)

    def test_hold_for_every_browser(self) -> None:
        for _ in range(5):
            visitor = after_first_step(self.user).open(PAGE)
            visitor.fill({FIELD: self.phone.wrong_code()}).press(ENTER)
        self.visitor.open(PAGE).fill({FIELD: self.codes[0]}).press(ENTER)
        assert self.visitor.status == 429
        assert RecoveryCode.objects.count() == 8


class WrongKey(SecondStepTestCase):
    """The environment lacks the key."""

    def test_is_a_page_that_explains_and_a_line_in_the_log(self) -> None:
        with override_settings(TOTP_KEYS=OTHER_KEYS):
            for code in (self.phone.code(), self.codes[0]):
                with self.assertLogs("accounts.totp", "ERROR") as log:
                    self.visitor.open(PAGE).fill({FIELD: code}).press(ENTER)
                assert self.visitor.status == 503
                assert self.visitor.heading == "Nie możemy teraz sprawdzić kodu"
                assert "no-store" in self.visitor.response["Cache-Control"]
                assert len(log.output) == 1
                assert code not in log.output[0]
        self.visitor.follow("Spróbuj ponownie").fill({FIELD: self.codes[0]}).press(ENTER)
        assert is_signed_in(self.visitor)


class FirstStepTests(SecondStepTestCase):
    """Who may be on the page."""

    def leads_back(self, visitor: Visitor) -> bool:
        return visitor.open(PAGE).path == "/logowanie/"

    def test_is_nobody_who_has_not_given_the_password(self) -> None:
        for response in (Client().get(PAGE), Client().post(PAGE, {"code": self.phone.code()})):
            assert response["Location"] == "/logowanie/"
        before = Session.objects.count()
        for _ in range(50):
            Client().get(PAGE)
        assert Session.objects.count() == before

    def test_has_ten_minutes(self) -> None:
        moment = time()
        for minutes, heading in ((9.9, "Wpisz kod z aplikacji"), (10.1, "Zaloguj się jeszcze raz")):
            with mock.patch("django.core.signing.time.time", return_value=moment + 60 * minutes):
                assert self.visitor.open(PAGE).heading == heading
        self.visitor.open(PAGE).fill({FIELD: self.phone.code()})
        with mock.patch("django.core.signing.time.time", return_value=moment + 601):
            self.visitor.press(ENTER)
            assert self.visitor.heading == "Zaloguj się jeszcze raz"
            assert "no-store" in self.visitor.response["Cache-Control"]
            assert self.visitor.follow("Zaloguj się").path == "/logowanie/"
        assert not is_signed_in(self.visitor)

    def test_is_nobody_after_a_change_of_the_password(self) -> None:
        self.user.set_password("Cztery-czerwone-sanki-9")
        self.user.save()
        assert self.leads_back(self.visitor)

    def test_is_nobody_whose_account_is_closed_or_gone(self) -> None:
        review.suspend(self.user)
        assert self.leads_back(self.visitor)
        gone = activated()
        turned_on(gone)
        visitor = after_first_step(gone)
        gone.delete()
        assert self.leads_back(visitor)

    def test_is_nobody_whose_app_was_turned_off_meanwhile(self) -> None:
        services.turn_off(self.user)
        assert self.leads_back(self.visitor)

    def test_is_nobody_with_a_proof_of_his_own(self) -> None:
        proof = {"user": self.user.pk, "password": self.user.get_session_auth_hash(), "then": ""}
        for forged in (
            "",
            "x:y:z",
            signing.dumps(proof),
            signing.dumps(proof, key="another", salt=first_step.SALT),
            signing.dumps(proof | {"password": ""}, salt=first_step.SALT),
        ):
            visitor = Visitor()
            session = visitor.client.session
            session[first_step.SESSION_KEY] = forged
            session.save()
            assert self.leads_back(visitor), forged

    def test_is_nobody_once_it_was_used(self) -> None:
        session = self.visitor.client.session
        first_step.forget(session)
        session.save()
        assert self.leads_back(self.visitor)
        first_step.forget(session)


class Robustness(SecondStepTestCase):
    """Whatever is sent."""

    def test_never_breaks_it(self) -> None:
        for text in ("\x00", "x" * 5_000, "ł\u0301" * 200, "' OR 1=1", "१२३४५६", "stary"):
            client = after_first_step(self.user).client
            client.handler.enforce_csrf_checks = False
            for query in ({"odmowa": text}, {"zapasowy": text, "odmowa": text}):
                assert client.get(PAGE, query).status_code == 200
                assert client.head(PAGE, query).status_code == 200
                assert client.post(PAGE, {"code": text}, query_params=query).status_code in (
                    302,
                    429,
                )
            assert client.put(PAGE).status_code == 405

    def test_refuses_a_form_that_came_from_elsewhere(self) -> None:
        assert self.visitor.client.post(PAGE, {"code": self.phone.code()}).status_code == 403

    def test_costs_few_statements(self) -> None:
        self.visitor.open(PAGE)
        # The session, the account, the app.
        with self.assertNumQueries(3):
            self.visitor.open(PAGE)
        post = self.visitor.fill({FIELD: self.phone.wrong_code()}).post_of(ENTER)
        # The same, then the network, the app and the count; and the page that says so.
        with self.assertNumQueries(6 + 3):
            self.visitor.send(post)

    def test_is_kept_by_nobody(self) -> None:
        for response in (self.visitor.open(PAGE).response, Client().get(PAGE)):
            assert "no-store" in response["Cache-Control"]
