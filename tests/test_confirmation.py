""" "Potwierdź, że to Ty": before what could open the account to somebody else."""

from datetime import timedelta
from functools import partial
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, TestCase, TransactionTestCase, override_settings
from django.urls import path
from django.utils import timezone

from accounts.models import Counter, User
from accounts.services import credentials
from accounts.services.credentials import PASSWORD_CHANGES
from accounts.sessions.confirmation import confirmed, still_confirmed
from kantor import urls
from kantor.serving.sessions import SessionStore
from tests.browsers import signed_in
from tests.clock import later
from tests.desk import come_in
from tests.factories import PASSWORD, activated, staff
from tests.parallel import at_once
from tests.walk import Visitor

CONFIRM = "/konto/potwierdz/"
GUARDED = "/zmiana-metody/?nr=7"
WRONG = "Nie-to-haslo-1"


@confirmed
def guarded(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"<main><h1>{request.method} {request.GET.get('nr')}</h1></main>")


@still_confirmed
def asked_by_script(request: HttpRequest) -> HttpResponse:
    return HttpResponse("{}")


urlpatterns = [
    path("zmiana-metody/", guarded),
    path("zmiana-metody/opcje/", asked_by_script),
    *urls.urlpatterns,
]


@override_settings(ROOT_URLCONF="tests.test_confirmation")
class GuardTests(TestCase):
    """A page that is guarded."""

    def setUp(self) -> None:
        self.user = activated()
        self.client = signed_in(self.user)
        self.visitor = Visitor(self.client)

    def confirm(self, password: str = PASSWORD) -> Visitor:
        return self.visitor.fill({"Hasło": password}).press("Potwierdź")

    def test_opens_at_once_after_a_sign_in(self) -> None:
        assert self.visitor.open(GUARDED).heading == "GET 7"

    def test_asks_after_five_minutes_and_returns_to_what_was_begun(self) -> None:
        with later(minutes=4, seconds=58):
            assert self.visitor.open(GUARDED).heading == "GET 7"
        with later(minutes=5, seconds=2):
            assert self.visitor.open(GUARDED).heading == "Potwierdź, że to Ty"
            assert self.visitor.value("Login (Twój adres e-mail)") == self.user.email
            assert self.confirm().heading == "GET 7"
            assert self.visitor.path == GUARDED
            with later(minutes=4, seconds=58):
                assert self.visitor.open(GUARDED).heading == "GET 7"

    def test_takes_what_its_page_sends_as_long_as_a_session_waits(self) -> None:
        with later(minutes=14):
            self.client.get("/konto/")
        with later(minutes=19, seconds=58):
            assert b"POST 7" in self.client.post(GUARDED).content
            assert self.client.get("/zmiana-metody/opcje/").status_code == 200
            assert self.client.get(GUARDED).status_code == 302
        with later(minutes=20, seconds=2):
            page = "http://testserver/konto/bezpieczenstwo/"
            answer = self.client.post(GUARDED, headers={"Referer": page})
            assert answer["Location"] == f"{CONFIRM}?next=%2Fkonto%2Fbezpieczenstwo%2F"
            assert self.client.get("/zmiana-metody/opcje/").status_code == 302

    def test_sends_a_visitor_to_the_sign_in(self) -> None:
        assert Client().get(GUARDED)["Location"] == "/logowanie/?next=/zmiana-metody/%3Fnr%3D7"
        request = RequestFactory().get(GUARDED)
        request.session, request.user = SessionStore(), AnonymousUser()
        assert guarded(request).status_code == 302

    def test_asks_whose_session_is_older_than_these_pages(self) -> None:
        client = Client()
        client.force_login(self.user)
        assert client.get(GUARDED)["Location"].startswith(CONFIRM)

    def test_is_open_for_staff_by_their_own_password(self) -> None:
        member = staff(password=PASSWORD)
        client = Client()
        come_in(client, member)
        with later(minutes=6):
            visitor = Visitor(client).open(GUARDED)
            visitor.fill({"Hasło": PASSWORD}).press("Potwierdź")
            assert visitor.heading == "GET 7"


class PageTests(TestCase):
    """The page that asks."""

    def setUp(self) -> None:
        self.user = activated()
        self.visitor = Visitor()
        self.visitor.client.force_login(self.user)

    def send(self, password: str, page: str = CONFIRM) -> Visitor:
        return self.visitor.open(page).fill({"Hasło": password}).press("Potwierdź")

    def test_says_what_is_wrong_after_a_redirect_and_keeps_where_to_go(self) -> None:
        page = f"{CONFIRM}?next=/haslo/zmiana/"
        for password, words in (
            ("", "Wpisz hasło."),
            (WRONG, WRONG_WORDS),
            ("x" * 200, WRONG_WORDS),
        ):
            self.send(password, page)
            assert self.visitor.posts[-1] == 302
            assert self.visitor.errors == [words]
            assert self.visitor.error_at("Hasło") == f"Błąd: {words}"
            assert self.visitor.title.startswith("Błąd:")
            assert not self.visitor.field("Hasło").get("value")
        self.visitor.fill({"Hasło": PASSWORD}).press("Potwierdź")
        assert self.visitor.path == "/haslo/zmiana/"

    def test_leads_to_the_security_page_by_itself(self) -> None:
        assert self.send(PASSWORD).path == "/konto/bezpieczenstwo/"

    def test_never_leads_away(self) -> None:
        for address in ("https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\x"):
            self.visitor.open(f"{CONFIRM}?{urlencode({'next': address})}")
            assert not self.visitor.select("input[name=next]"), address
            client = Client()
            client.force_login(self.user)
            answer = client.post(CONFIRM, {"next": address, "password": PASSWORD})
            assert answer["Location"] == "/konto/bezpieczenstwo/"

    def test_lets_nobody_guess(self) -> None:
        for _ in range(5):
            assert self.send(WRONG).errors == [WRONG_WORDS]
        self.send(PASSWORD)
        assert self.visitor.status == 429
        assert self.visitor.response["Retry-After"] == "900"
        assert self.visitor.errors == ["Za dużo prób. Odczekaj kwadrans i spróbuj ponownie."]
        # It is one count with that of the change of the password.
        new = "Cztery-czerwone-sanki-9"
        data = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
        self.visitor.client.handler.enforce_csrf_checks = False
        assert self.visitor.client.post("/haslo/zmiana/", data).status_code == 429
        Counter.objects.all().delete()
        assert self.send(PASSWORD).path == "/konto/bezpieczenstwo/"

    def test_forgets_the_tries_after_a_right_password(self) -> None:
        for _ in range(4):
            self.send(WRONG)
        self.send(PASSWORD)
        for _ in range(4):
            assert self.send(WRONG).errors == [WRONG_WORDS]

    def test_takes_no_barred_password(self) -> None:
        User.objects.filter(pk=self.user.pk).update(password_barred_at=timezone.now())
        assert self.send(PASSWORD).errors == [WRONG_WORDS]

    def test_survives_whatever_is_sent(self) -> None:
        client = Client()
        client.force_login(self.user)
        for data in ({}, {"password": "\x00"}, {"password": ["a", "b"]}, {"next": "x" * 9000}):
            Counter.objects.all().delete()
            assert client.post(CONFIRM, data).status_code == 302
        for reason in ("brak", "niezgodny", "x", "\x00", "too_often", "max_length"):
            assert client.get(CONFIRM, {"odmowa": reason}).status_code == 200

    def test_speaks_english(self) -> None:
        self.visitor.open(f"/en{CONFIRM}?odmowa=niezgodny")
        assert self.visitor.heading == "Confirm that it is you"
        assert self.visitor.errors == ["This is not the password of your account."]


WRONG_WORDS = "To nie jest hasło do Twojego konta."


class ParallelTests(TransactionTestCase):
    """Several tries at the same moment."""

    serialized_rollback = True

    def test_are_all_counted(self) -> None:
        user = activated()
        tried = at_once(*[partial(credentials.proves_owner, user, WRONG)] * 20)
        assert sorted(map(str, tried)) == ["False"] * 5 + ["None"] * 15
        assert PASSWORD_CHANGES.wait(str(user.pk)) > timedelta(minutes=14)
