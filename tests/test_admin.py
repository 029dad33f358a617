"""The list of the accounts as staff see it, and the doors, words and policies of the desk."""

from typing import Any

from bs4 import BeautifulSoup
from django.contrib import admin
from django.core import mail
from django.db import connection
from django.test import Client, SimpleTestCase, TestCase
from django.test.utils import CaptureQueriesContext

from accounts.admin import AccountAdmin
from accounts.models import (
    ConsentRecord,
    Customer,
    Kind,
    OutboxMessage,
    ReviewState,
    Source,
    StaffEvent,
    SurveyAnswer,
)
from accounts.services import survey
from tests.desk import LIST, MESSAGES, StaffTestCase, come_in, page_of, shown, sit_down
from tests.factories import (
    PASSWORD,
    activated,
    clerk,
    customer_of,
    decide,
    registered,
    staff,
    suspended,
)


class ListTests(StaffTestCase):
    """The list of accounts."""

    def test_shows_who_each_is_and_how_it_stands(self) -> None:
        activated(Kind.COMPANY, company_name="Żuraw sp. z o.o.")
        registered(first_name="Łukasz", last_name="Żak")
        text = self.client.get(LIST).content.decode()
        assert "Żuraw sp. z o.o." in text
        assert "Łukasz Żak" in text

    def test_asks_the_database_as_often_for_200_customers_as_for_one(self) -> None:
        registered()
        self.client.get(LIST)  # the first request of a session writes it down
        with CaptureQueriesContext(connection) as few:
            self.client.get(LIST)
        for number in range(200):
            registered(Kind.COMPANY if number % 2 else Kind.PERSON)
        with CaptureQueriesContext(connection) as many:
            response = self.client.get(LIST)
        assert len(shown(response)) == 25
        assert len(many) == len(few)
        assert len(many) <= 8, [query["sql"][:120] for query in many]

    def test_counts_no_further_than_a_thousand_and_one(self) -> None:
        with CaptureQueriesContext(connection) as queries:
            self.client.get(LIST)
        counts = [query["sql"] for query in queries if "COUNT(" in query["sql"]]
        assert len(counts) == 1
        assert "LIMIT 1001" in counts[0]

    def test_runs_no_statement_over_all_dates(self) -> None:
        assert AccountAdmin.date_hierarchy is None

    def test_shows_no_staff(self) -> None:
        boss = staff(superuser=True)
        customer = registered()
        assert shown(self.client.get(LIST)) == {customer.email}
        assert self.client.get(page_of(boss)).status_code == 302

    def test_offers_no_way_to_add_or_to_delete_many(self) -> None:
        response = self.client.get(LIST)
        self.assertNotContains(response, "delete_selected")
        assert self.client.get(f"{LIST}add/").status_code == 403


class PrivilegeTests(StaffTestCase):
    """Who may do what."""

    def test_customers_and_strangers_are_led_to_the_sign_in(self) -> None:
        for client in (Client(), Client()):
            assert client.get(LIST).status_code == 302
        customer = Client()
        customer.force_login(activated())
        assert customer.get(LIST).status_code == 302

    def test_staff_without_a_role_see_nothing(self) -> None:
        self.staff.groups.clear()
        for address in (LIST, MESSAGES, page_of(registered())):
            assert self.client.get(address).status_code == 403

    def test_staff_without_the_right_to_change_cannot_act(self) -> None:
        user = activated()
        sit_down(self.client, clerk("auditor"))
        for action in ("suspend", "approve", "send_link"):
            self.act(action, user)
        user.refresh_from_db()
        assert user.is_active

    def test_officers_delete_a_customer_with_all_that_belongs_to_him(self) -> None:
        user = activated()
        survey.answer(user.pk, Source.objects.all()[0])
        address = f"{LIST}{user.pk}/usuniecie/"
        assert self.client.get(address).status_code == 200
        assert self.client.post(address, {"reason": "request"}).status_code == 302
        for model in (Customer, ConsentRecord, OutboxMessage, SurveyAnswer):
            assert not model.objects.exists()
        row = StaffEvent.objects.get(action=StaffEvent.Action.ERASED)
        assert (row.actor, row.customer, row.before) == (self.staff.pk, user.pk, {"review": "new"})
        assert row.reason == "request"

    def test_nobody_deletes_whom_we_have_approved(self) -> None:
        user = activated()
        decide(user, ReviewState.APPROVED)
        address = f"{LIST}{user.pk}/usuniecie/"
        assert self.client.post(address, {"reason": "request"}).status_code == 403
        assert Customer.objects.filter(user=user).exists()

    def test_consents_have_no_page_of_their_own(self) -> None:
        names = {model.__name__ for model in admin.site._registry}
        assert names == {
            "User",
            "StaffMember",
            "StaffEvent",
            "DailyCount",
            "SupportCode",
            "OutboxMessage",
            "DataRequest",
            "HighRiskCountry",
            "Source",
        }


class ActionTests(StaffTestCase):
    """What staff can do with the accounts that they marked."""

    def test_none_of_them_decides(self) -> None:
        user, closed = activated(), suspended()
        for action in ("approve", "reject", "suspend"):
            self.act(action, user)
        self.act("unsuspend", closed)
        assert customer_of(user).review_state == ReviewState.NEW
        user.refresh_from_db()
        closed.refresh_from_db()
        assert user.is_active
        assert not closed.is_active

    def test_a_new_link_is_sent_in_the_language_of_the_customer(self) -> None:
        english, polish = registered(language="en"), registered()
        with self.captureOnCommitCallbacks(execute=True):
            self.act("send_link", english, polish)
        sent = {message.to[0]: message for message in mail.outbox}
        assert set(sent) == {english.email, polish.email}
        assert "/en/" in str(sent[english.email].body)
        assert "/aktywacja/" in str(sent[polish.email].body)
        assert "/en/" not in str(sent[polish.email].body)

    def test_no_link_is_sent_to_who_needs_none_or_just_got_one(self) -> None:
        pending = registered()
        self.act("send_link", pending, activated(), suspended())
        self.act("send_link", pending)
        links = OutboxMessage.objects.filter(kind=OutboxMessage.Kind.REGISTRATION, link_serial=2)
        assert [owed.user for owed in links] == [pending]


class SourceAdminTests(StaffTestCase):
    """The list of the survey's answers."""

    ADDRESS = "/admin/accounts/source/"

    def setUp(self) -> None:
        super().setUp()
        sit_down(self.client, staff(superuser=True))

    def test_begins_with_the_sources_in_both_languages_and_their_order(self) -> None:
        sources = list(Source.objects.all())
        assert len(sources) == 14
        assert (sources[0].name_pl, sources[0].name_en) == (
            "wyszukiwarka internetowa",
            "search engine",
        )
        assert sources[-1].name_pl == "nie pamiętam"
        assert [s.name_en for s in sources if s.asks_details] == ["other (what?)"]
        assert all(source.is_active for source in sources)

    def test_is_edited_in_the_list(self) -> None:
        sources = list(Source.objects.all())
        data = {
            "form-TOTAL_FORMS": str(len(sources)),
            "form-INITIAL_FORMS": str(len(sources)),
            "_save": "1",
        }
        for number, source in enumerate(sources):
            data[f"form-{number}-id"] = str(source.pk)
            data[f"form-{number}-position"] = str(source.position)
            data[f"form-{number}-name_pl"] = source.name_pl
            data[f"form-{number}-name_en"] = source.name_en
            data[f"form-{number}-is_active"] = "on"
        data |= {"form-0-name_pl": "szukajka", "form-0-position": "500"}
        del data["form-1-is_active"]
        assert self.client.post(self.ADDRESS, data).status_code == 302
        assert Source.objects.last() == sources[0]
        assert Source.objects.get(pk=sources[0].pk).name_pl == "szukajka"
        assert not Source.objects.get(pk=sources[1].pk).is_active


class SignInTests(TestCase):
    """The admin's own sign-in page."""

    ADDRESS = "/admin/login/"

    def post(self, email: str, password: str) -> Any:
        return self.client.post(self.ADDRESS, {"username": email, "password": password})

    def test_lets_staff_in_with_their_address_in_any_case(self) -> None:
        member = staff(password=PASSWORD)
        assert come_in(self.client, member, username=member.email.upper())["Location"] == "/admin/"

    def test_refuses_customers_with_the_words_for_a_wrong_password(self) -> None:
        customer = activated()
        right = self.post(customer.email, PASSWORD)
        wrong = self.post(customer.email, "wrong")
        errors = [
            BeautifulSoup(response.content, "html.parser").select_one(".errornote")
            for response in (right, wrong)
        ]
        assert errors[0] is not None
        assert errors[0] == errors[1]

    def test_counts_tries_on_the_counter_of_the_customers_sign_in(self) -> None:
        member = staff(password=PASSWORD)
        for _try in range(5):
            self.post(member.email, "wrong")
        assert self.post(member.email, PASSWORD).status_code == 429
        assert "_auth_user_id" not in self.client.session


class ContentSecurityTests(StaffTestCase):
    """The strict policy of the site, in the admin too."""

    def test_no_page_carries_a_script_or_a_style_of_its_own(self) -> None:
        user = activated(Kind.COMPANY)
        boss = staff(superuser=True)
        message = OutboxMessage.objects.all()[0]
        for address in (
            "/admin/",
            LIST,
            f"{LIST}?account=active&kind=company",
            page_of(user),
            f"{LIST}{user.pk}/history/",
            f"{LIST}{user.pk}/usuniecie/",
            MESSAGES,
            f"{MESSAGES}{message.pk}/change/",
            f"{LIST}{user.pk}/reveal/phone/",
            "/admin/accounts/staffevent/",
            "/admin/accounts/source/",
            "/admin/accounts/source/add/",
            "/admin/accounts/staffmember/",
            f"/admin/accounts/staffmember/{self.staff.pk}/change/",
        ):
            is_about_customers = "source" not in address and "staffmember" not in address
            sit_down(self.client, self.staff if is_about_customers else boss)
            with self.subTest(address):
                response = self.client.get(address)
                assert response.status_code == 200
                policy = response["Content-Security-Policy"]
                assert "unsafe" not in policy
                page = BeautifulSoup(response.content, "html.parser")
                assert not page.select("style, [style], [onclick], [onload], [onchange]")
                for script in page.select("script:not([src])"):
                    assert script.get("type") == "application/json", script


class TitleTests(SimpleTestCase):
    """The words above every page of the admin."""

    def test_name_the_site_in_polish(self) -> None:
        response = Client().get("/admin/login/")
        self.assertContains(response, "kantor.pl\N{NO-BREAK SPACE}– obsługa")
