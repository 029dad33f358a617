"""The list of the accounts as staff see it, and the doors, words and policies of the desk."""

from typing import Any

from bs4 import BeautifulSoup
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.core import mail
from django.db import connection
from django.test import Client, SimpleTestCase, TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.admin import AccountAdmin
from accounts.models import (
    ConsentRecord,
    Customer,
    Kind,
    OutboxMessage,
    ReviewState,
    Source,
    SurveyAnswer,
)
from accounts.services import review, survey
from tests.desk import (
    LIST,
    MESSAGES,
    StaffTestCase,
    come_in,
    page_of,
    posted_by,
    shown,
    sit_down,
)
from tests.factories import PASSWORD, activated, customer_of, registered, staff, suspended


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

    def test_hides_staff_from_who_is_no_superuser(self) -> None:
        boss = staff(superuser=True)
        customer = registered()
        assert shown(self.client.get(LIST)) == {customer.email}
        assert self.client.get(page_of(boss)).status_code == 302
        sit_down(self.client, boss)
        assert boss.email in shown(self.client.get(LIST))

    def test_offers_no_way_to_add_or_to_delete_many(self) -> None:
        sit_down(self.client, staff(superuser=True))
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

    def test_staff_without_permissions_see_nothing(self) -> None:
        self.staff.user_permissions.clear()
        for address in (LIST, MESSAGES, page_of(registered())):
            assert self.client.get(address).status_code == 403

    def test_staff_without_the_right_to_change_cannot_act(self) -> None:
        user = activated()
        self.staff.user_permissions.remove(
            *self.staff.user_permissions.filter(codename__in=("change_user", "change_customer"))
        )
        for action in ("suspend", "approve", "send_link"):
            assert self.act(action, user).status_code == 403
        user.refresh_from_db()
        assert user.is_active

    def test_superusers_alone_give_privileges(self) -> None:
        user = activated()
        self.assertNotContains(self.client.get(page_of(user)), "is_superuser")
        sit_down(self.client, staff(superuser=True))
        response = self.client.get(page_of(user))
        group = Group.objects.create(name="Obsługa")
        changes = {"is_staff": "on", "groups": str(group.pk)}
        self.client.post(page_of(user), posted_by(response, **changes))
        user.refresh_from_db()
        assert user.is_staff
        assert not user.is_superuser
        assert list(user.groups.all()) == [group]
        assert user.check_password(PASSWORD)

    def test_superusers_alone_delete_a_customer_with_all_that_belongs_to_him(self) -> None:
        user = activated()
        survey.answer(user, Source.objects.all()[0])
        sit_down(self.client, staff(superuser=True))
        address = f"{LIST}{user.pk}/delete/"
        assert self.client.get(address).status_code == 200
        assert self.client.post(address, {"post": "yes"}).status_code == 302
        for model in (Customer, ConsentRecord, OutboxMessage, SurveyAnswer):
            assert not model.objects.exists()

    def test_nobody_deletes_staff_and_their_history_with_them(self) -> None:
        sit_down(self.client, staff(superuser=True))
        address = f"{LIST}{self.staff.pk}/delete/"
        assert self.client.post(address, {"post": "yes"}).status_code == 403

    def test_consents_have_no_page_of_their_own(self) -> None:
        names = {model.__name__ for model in admin.site._registry}
        assert names == {"User", "OutboxMessage", "DataRequest", "Source", "Group"}


class ActionTests(StaffTestCase):
    """What staff can do with the accounts that they marked."""

    def test_approve_keeps_the_note_and_names_the_reviewer(self) -> None:
        user = activated()
        review.decide(customer_of(user), ReviewState.CORRECTION, by=self.staff, note="Sprawdzone")
        self.act("approve", user)
        customer = customer_of(user)
        assert customer.review_state == ReviewState.APPROVED
        assert customer.review_note == "Sprawdzone"
        assert customer.reviewed_by == self.staff

    def test_suspend_ends_the_session_of_the_customer(self) -> None:
        user = activated()
        browser = Client()
        browser.force_login(user)
        assert browser.get(reverse("accounts:account")).status_code == 200
        self.act("suspend", user)
        assert browser.get(reverse("accounts:account")).status_code == 302
        user.refresh_from_db()
        assert user.suspended_at is not None
        assert not user.is_active

    def test_unsuspend_opens_the_account_and_leaves_a_pending_one_pending(self) -> None:
        active, pending = suspended(), registered()
        review.suspend(pending)
        self.act("unsuspend", active, pending)
        active.refresh_from_db()
        pending.refresh_from_db()
        assert active.is_active
        assert pending.is_pending
        assert not pending.is_active

    def test_nobody_suspends_himself(self) -> None:
        boss = staff(superuser=True)
        sit_down(self.client, boss)
        self.act("suspend", boss)
        boss.refresh_from_db()
        assert boss.is_active

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

    def test_each_is_kept_in_the_history_of_the_account(self) -> None:
        user = activated()
        for action in ("approve", "suspend", "unsuspend"):
            self.act(action, user)
        entries = LogEntry.objects.filter(object_id=str(user.pk), user=self.staff)
        assert entries.count() == 3
        self.act("unsuspend", user)
        assert entries.count() == 3


class SourceAdminTests(StaffTestCase):
    """The list of the survey's answers."""

    ADDRESS = "/admin/accounts/source/"

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
        sit_down(self.client, boss)
        message = OutboxMessage.objects.all()[0]
        for address in (
            "/admin/",
            LIST,
            f"{LIST}?q=nobody&state=active",
            page_of(user),
            f"{LIST}{user.pk}/history/",
            f"{LIST}{user.pk}/delete/",
            MESSAGES,
            f"{MESSAGES}{message.pk}/change/",
            "/admin/accounts/source/",
            "/admin/accounts/source/add/",
            "/admin/auth/group/add/",
        ):
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
