"""The page of the signed-in customer."""

import re
from io import StringIO
from typing import Any

from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client, TestCase, override_settings
from django.test.utils import CaptureQueriesContext

from accounts.contact import services as contact
from accounts.models import Kind, Passkey, ReviewState, User
from accounts.models.customer import Section
from accounts.services import review
from accounts.values.visit import NOBODY
from kantor.serving.typography import untie
from tests import browsers, mails
from tests.doors import ACCOUNT, PATH
from tests.factories import COMPANY, activated, decide, restore, staff
from tests.letters import deliver
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
        consents = page.select("ul.consents li")
        assert len(consents) == user.consents.filter(given=True).count()
        assert not any("REGON" in each.text for each in page.select("#consents-title ~ ul li"))

    def test_shows_only_what_was_agreed_to(self) -> None:
        without = len(self.page_of(activated(news=False)).select("ul.consents li"))
        with_news = len(self.page_of(activated(news=True)).select("ul.consents li"))
        assert with_news == without + 1

    def test_speaks_of_news_alike_to_who_agreed_to_them_and_who_did_not(self) -> None:
        for news in (True, False):
            with self.subTest(news=news):
                page = self.page_of(activated(news=news))
                assert page.shows("You can give or withdraw the consent to news on the page")

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
        assert not visitor.select("main input[name=start-kind]")


class StateTests(TestCase):
    """The state comes first, in words, with one next thing to do."""

    def page(self, user: User) -> Visitor:
        client = Client()
        client.force_login(user)
        return Visitor(client).open("/konto/")

    def reviewed(self, state: str, **more: Any) -> Visitor:
        user = activated()
        decide(user, state, note="Tylko dla nas", **more)
        page = self.page(user)
        assert "Tylko dla nas" not in page.text
        return page

    def test_new(self) -> None:
        page = self.page(activated())
        assert page.shows("Sprawdzamy Twoje dane.")
        assert page.shows("Nie musisz nic robić; napiszemy, gdy skończymy.")

    def test_approved_while_the_panel_is_not_open(self) -> None:
        page = self.reviewed("approved")
        assert page.shows("Dane sprawdzone.")
        assert page.shows("Panel jest w przygotowaniu. Napiszemy, gdy ruszy.")
        assert not page.select("#stan a")

    @override_settings(PANEL_URL="https://panel.kantor.example/")
    def test_approved_once_the_panel_is_open(self) -> None:
        page = self.reviewed("approved")
        link = page.element("#stan a.button")
        assert link["href"] == "https://panel.kantor.example/"
        assert link.get_text() == "Przejdź do Panelu Transakcyjnego"
        assert not page.shows("w przygotowaniu")

    def test_correction_says_what_and_in_which_words(self) -> None:
        page = self.reviewed(
            "correction", words="Brakuje numeru mieszkania.", sections=[Section.ADDRESS]
        )
        assert page.element("#stan h2").get_text(strip=True) == "Popraw: adres."
        assert page.shows("Brakuje numeru mieszkania.")
        assert page.element("#stan a.button").get_text() == "Popraw dane"

    def test_rejected(self) -> None:
        page = self.reviewed("rejected")
        assert page.shows("Nie możemy prowadzić tego konta.")
        assert page.shows("9:00–16:30")
        assert page.element("#stan a")["href"] == "tel:+48228590218"
        assert "Twoje kroki" not in page.text

    def test_security_card_suggests_a_passkey_to_who_has_none(self) -> None:
        user = activated()
        link = "main a[href$='klucze/nowy/']"
        assert len(self.page(user).select(link)) == 1
        Passkey.objects.create(user=user, credential_id=b"1", public_key=b"1", name="Telefon")
        assert not self.page(user).select(link)

    def test_checklist_says_how_far_it_is(self) -> None:
        for state, said in (
            ("new", "w toku"),
            ("correction", "czekamy na Ciebie"),
            ("approved", "✓ gotowe"),
        ):
            user = activated()
            if state != "new":
                decide(user, state)
            items = self.page(user).select("section[aria-labelledby=checklist-title] li")
            steps = [untie(" ".join(item.get_text(" ").split())) for item in items]
            assert steps[:3] == [
                "Konto założone ✓ gotowe",
                "E-mail potwierdzony ✓ gotowe",
                f"Dane sprawdzone {said}",
            ]
            assert len(steps) == 4

    def test_security_card_says_the_last_sign_in_and_in_how_many_browsers(self) -> None:
        user = activated()
        client = browsers.signed_in(user)
        browsers.signed_in(user, agent=browsers.IPHONE)
        card = Visitor(client).open("/konto/").element("section[aria-labelledby=security-title]")
        said = untie(" ".join(card.get_text(" ").split()))
        assert re.search(r"Ostatnie logowanie: .*, Safari, iPhone\.", said), said
        assert "Konto jest otwarte w 2 przeglądarkach." in said

    def test_costs_six_statements_at_most_in_every_state(self) -> None:
        for state in ReviewState.values:
            for panel in ("", "https://panel.kantor.example/"):
                user = activated(Kind.COMPANY, news=True)
                if state == ReviewState.SECOND:
                    with override_settings(REVIEW_FOUR_EYES="approve"):
                        decide(user, ReviewState.APPROVED)
                elif state != ReviewState.NEW:
                    decide(user, state)
                contact.ask(user, f"{user.pk}@nowak.example", visit=NOBODY)
                client = browsers.signed_in(user)
                with self.subTest(state, panel=panel), override_settings(PANEL_URL=panel):
                    # The first view may be the one that gives the word about the Panel.
                    client.get("/konto/")
                    with CaptureQueriesContext(connection) as queries:
                        assert client.get("/konto/").status_code == 200
                    assert len(queries) <= 6, [query["sql"] for query in queries]


@override_settings(PANEL_URL="https://panel.kantor.example/")
class AnnouncementTests(TestCase):
    """Whoever was promised word of the Panel gets it, once."""

    def announced(self) -> str:
        output = StringIO()
        call_command("announce_panel", stdout=output)
        return output.getvalue()

    @override_settings(PANEL_URL="")
    def promised(self, **details: Any) -> User:
        return activated(**details)

    def test_each_once(self) -> None:
        user = self.promised()
        assert "Owed 1 " in self.announced()
        assert "Owed 0 " in self.announced()
        (mail,) = [each for each in deliver() if "Panel Transakcyjny" in each.subject]
        assert mail.to == [user.email]
        assert settings.PANEL_URL in str(mail.body)

    def test_nobody_who_was_never_promised_it(self) -> None:
        activated()
        assert "Owed 0 " in self.announced()

    def test_who_is_suspended_when_he_is_back(self) -> None:
        user = self.promised()
        review.suspend(user)
        assert "Owed 0 " in self.announced()
        restore(user)
        assert "Owed 1 " in self.announced()

    @override_settings(PANEL_URL="")
    def test_not_before_it_is_open(self) -> None:
        self.promised()
        with self.assertRaises(CommandError):
            call_command("announce_panel")

    @override_settings(PANEL_URL="")
    def test_an_older_account_has_the_promise_from_its_page(self) -> None:
        user = activated()
        User.objects.update(panel_promised_at=None)
        client = Client()
        client.force_login(user)
        client.get("/konto/")
        user.refresh_from_db()
        assert user.panel_promised_at is not None


class PanelTests(TestCase):
    """PANEL_URL decides what pages and mails say."""

    PAGES = ("/", "/o-nas/", "/jak-to-dziala/", "/pomoc/pierwsze-kroki/rejestracja/", "/korzysci/")

    def test_nothing_promises_an_order_before_it_is_open(self) -> None:
        for path in self.PAGES:
            with self.subTest(path):
                text = Visitor().open(path).text
                assert "gdy panel ruszy" in text or "w przygotowaniu" in text
        body = str(mails.build("welcome", "pl").body)
        assert "powiadomimy Cię e-mailem, gdy panel ruszy" in " ".join(body.split())
        assert "co najmniej dwa rachunki" not in " ".join(body.split())

    @override_settings(PANEL_URL="https://panel.kantor.example/")
    def test_everything_leads_there_once_it_is(self) -> None:
        for path in self.PAGES:
            with self.subTest(path):
                text = Visitor().open(path).text
                assert "gdy panel ruszy" not in text
                assert "w przygotowaniu" not in text
        for language in ("pl", "en"):
            message = mails.build("welcome", language)
            for part in (str(message.body), str(message.alternatives[0][0])):
                assert "https://panel.kantor.example/" in part
