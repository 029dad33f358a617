"""The page of the signed-in customer."""

from django.test import Client, TestCase

from accounts.models import Kind, User
from tests.doors import ACCOUNT, PATH
from tests.factories import COMPANY, activated, staff
from tests.walk import Visitor


class AccountPageTests(TestCase):
    """The page of the signed-in customer."""

    def page_of(self, user: User) -> Visitor:
        client = Client()
        client.force_login(user)
        return Visitor(client).open(ACCOUNT)

    def test_sends_a_stranger_to_sign_in_first(self) -> None:
        response = Client().get(ACCOUNT)
        assert response.status_code == 302
        assert response["Location"] == f"{PATH}?next={ACCOUNT}"
        assert Client().get("/konto/")["Location"] == "/logowanie/?next=/konto/"

    def test_shows_the_data_of_a_company(self) -> None:
        page = self.page_of(
            activated(
                Kind.COMPANY,
                corr_street="Krótka",
                corr_house_no="1",
                corr_postal_code="00-950",
                corr_city="Warszawa",
                corr_country="PL",
            )
        )
        for shown in (
            COMPANY["company_name"],
            COMPANY["regon"],
            COMPANY["krs"],
            "526-104-08-28",
            "Długa",
            "31-147",
            "Krótka",
            "Warszawa",
            "Łukasz",
            "Żak",
            "+48 601 234 567",
        ):
            assert page.shows(shown), shown

    def test_shows_the_data_and_consents_of_a_person(self) -> None:
        user = activated(news=True)
        page = self.page_of(user)
        assert page.heading == "Your account"
        for shown in ("Łukasz", "Żak", "Kraków", user.email, "+48 601 234 567"):
            assert page.shows(shown), shown
        consents = page.page.select("ul.consents li")
        assert len(consents) == user.consents.filter(given=True).count()
        assert not page.page.select("#consents-title ~ ul li:-soup-contains('REGON')")

    def test_shows_only_what_was_agreed_to(self) -> None:
        without = len(self.page_of(activated(news=False)).page.select("ul.consents li"))
        with_news = len(self.page_of(activated(news=True)).page.select("ul.consents li"))
        assert with_news == without + 1

    def test_never_shows_anything_of_others(self) -> None:
        other = activated(
            first_name="Niewidoczna",
            last_name="Obca",
            main_city="Gdzieindziej",
            phone="+48221234567",
        )
        user = activated()
        client = Client()
        client.force_login(user)
        for path in (
            ACCOUNT,
            f"{ACCOUNT}?user={other.pk}",
            f"{ACCOUNT}?pk={other.pk}&id={other.pk}",
        ):
            page = client.get(path).content.decode()
            for secret in ("Niewidoczna", "Obca", "Gdzieindziej", "22 123 45 67", other.email):
                assert secret not in page
        assert client.get(f"{ACCOUNT}{other.pk}/").status_code == 404

    def test_escapes_what_was_typed(self) -> None:
        name = "<script>alert(1)</script> & „Żuraw”"
        user = activated(Kind.COMPANY, company_name=name)
        page = self.page_of(user)
        assert page.shows(name)
        assert b"<script>alert" not in page.response.content

    def test_is_kept_by_nobody(self) -> None:
        for client in (Client(), self.page_of(activated()).client):
            assert "no-store" in client.get(ACCOUNT)["Cache-Control"]

    def test_exists_for_staff_without_customer_data(self) -> None:
        assert self.page_of(staff()).heading == "Your account"

    def test_greets_who_opens_the_registration_again(self) -> None:
        visitor = self.page_of(activated()).open("/en/rejestracja/")
        assert visitor.status == 200
        assert not visitor.page.select("main input[name=start-kind]")
