"""Tell the script which refused fields are still wrong: the code that refused them answers."""

from django.test import Client, TestCase
from django.urls import reverse

from accounts.models import User
from accounts.views import still_wrong
from tests.people import FIRMA, OSOBA
from tests.walk import Visitor


class StillWrongTestCase(TestCase):
    """Ask as the script does, with the token of the page."""

    def setUp(self) -> None:
        still_wrong.CALLS._tries.clear()
        self.visitor = Visitor()

    def ask(self, path: str, answers: dict[str, str]) -> list[str]:
        token = str(self.visitor.element("form.wizard-form [name=csrfmiddlewaretoken]")["value"])
        response = self.visitor.client.post(path, answers, headers={"X-CSRFToken": token})
        assert response.status_code == 200
        wrong: list[str] = response.json()["wrong"]
        return wrong


class DetailsTests(StillWrongTestCase):
    """Step 1a and 1b."""

    def check_url(self) -> str:
        return str(self.visitor.element("form[data-check-url]")["data-check-url"])

    def test_names_the_inputs_that_are_wrong(self) -> None:
        FIRMA.start(self.visitor)
        everything = FIRMA.type_details(self.visitor).post_of("Dalej").data
        assert self.ask(self.check_url(), everything) == []
        everything |= {"dane-nip": "123", "dane-main_city": "", "dane-krs": "000002886"}
        assert set(self.ask(self.check_url(), everything)) == {
            "dane-nip",
            "dane-main_city",
            "dane-krs",
        }

    def test_holds_the_rules_between_two_fields(self) -> None:
        FIRMA.start(self.visitor)
        everything = FIRMA.type_details(self.visitor).post_of("Dalej").data
        foreign = {"dane-nip": "GB999999973", "dane-main_postal_code": "SW1A 1AA"}
        assert set(self.ask(self.check_url(), everything | foreign)) == {
            "dane-nip",
            "dane-main_postal_code",
        }
        foreign["dane-main_country"] = "GB"
        assert self.ask(self.check_url(), everything | foreign) == []

    def test_keeps_nothing(self) -> None:
        OSOBA.start(self.visitor)
        url, before = self.check_url(), dict(self.visitor.client.session.items())
        self.ask(url, {"dane-first_name": "Kanarek"})
        assert dict(self.visitor.client.session.items()) == before
        assert not User.objects.exists()

    def test_is_for_an_open_attempt_of_this_browser(self) -> None:
        OSOBA.start(self.visitor)
        url = self.check_url()
        assert Client().post(url).status_code == 404
        assert self.visitor.client.get(url).status_code == 405
        assert Client(enforce_csrf_checks=True).post(url).status_code == 403

    def test_is_told_when_to_come_back_by_who_asks_too_often(self) -> None:
        OSOBA.start(self.visitor)
        url = self.check_url()
        client = Client()
        client.cookies = self.visitor.client.cookies
        assert client.post(url).status_code == 200
        for _ in range(still_wrong.CALLS.times):
            still_wrong.CALLS.hit("127.0.0.1")
        response = client.post(url)
        assert response.status_code == 429
        assert int(response["Retry-After"]) > 0
        assert response.json() == {}


class EmailTests(TestCase):
    """Wherever an address is asked for by itself."""

    def wrong(self, email: str) -> list[str]:
        response = Client().post(reverse("accounts:email-check"), {"email": email})
        wrong: list[str] = response.json()["wrong"]
        return wrong

    def test_says_whether_it_can_be_one(self) -> None:
        assert self.wrong("jan@example.com") == []
        for typed in ("", "jan", "jan@", "jan@localhost", "\x00", "x" * 5000):
            assert self.wrong(typed) == ["email"], typed

    def test_is_asked_by_the_pages_that_have_one_field(self) -> None:
        page = Visitor().open("/haslo/")
        assert page.element("form[data-check-url]")["data-check-url"] == "/adres/sprawdz/"
