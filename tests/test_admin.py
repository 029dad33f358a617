"""What staff can find, see and decide, and what the admin refuses to everybody."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from bs4 import BeautifulSoup
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.core import mail
from django.db import connection
from django.test import Client, SimpleTestCase, TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.admin import AccountAdmin, search
from accounts.mail import outbox
from accounts.models import (
    ConsentRecord,
    Customer,
    Kind,
    OutboxMessage,
    ReviewState,
    Source,
    SurveyAnswer,
    User,
)
from accounts.services import review, survey
from accounts.typography import untie
from tests.factories import (
    COMPANY,
    PASSWORD,
    activated,
    customer_of,
    registered,
    staff,
    suspended,
)

LIST = "/admin/accounts/user/"
MESSAGES = "/admin/accounts/outboxmessage/"


def page_of(user: User) -> str:
    return f"{LIST}{user.pk}/change/"


def shown(response: Any) -> set[str]:
    """Return the addresses in the list."""
    page = BeautifulSoup(response.content, "html.parser")
    return {cell.get_text() for cell in page.select("#result_list .field-email")}


def posted_by(response: Any, **changes: str) -> dict[str, str]:
    """Return what a browser would send from the page of one account, with these changes."""
    page = BeautifulSoup(response.content, "html.parser")
    form = page.find("form", id="user_form")
    assert form is not None
    data: dict[str, str] = {}
    for field in form.select("input[name], textarea[name], select[name]"):
        name = str(field["name"])
        if field.name == "select":
            chosen = field.select_one("option[selected]")
            data[name] = str(chosen["value"]) if chosen else ""
        elif field.name == "textarea":
            data[name] = field.get_text().removeprefix("\n").removeprefix("\r\n")
        elif field.get("type") not in ("submit", "checkbox") or field.has_attr("checked"):
            data[name] = str(field.get("value", ""))
    return data | changes


class StaffTestCase(TestCase):
    """Signed in as an ordinary member of staff."""

    def setUp(self) -> None:
        self.staff = staff()
        self.client.force_login(self.staff)

    def search(self, typed: str) -> set[str]:
        return shown(self.client.get(LIST, {"q": typed}))

    def act(self, action: str, *users: User, address: str = LIST) -> Any:
        data = {"action": action, "_selected_action": [str(user.pk) for user in users]}
        return self.client.post(address, data, follow=True)


class SearchTests(StaffTestCase):
    """The one search box of the accounts."""

    person: User
    company: User
    foreign: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.person = registered(
            email="Lukasz.Zak@Example.com",
            first_name="Łukasz Jan",
            last_name="Żak",
            phone="+48601234567",
        )
        cls.company = registered(
            Kind.COMPANY,
            email="biuro@zuraw.example.org",
            company_name="Żuraw i Synowie sp. z o.o.",
            nip="5261040828",
            first_name="Anna",
            last_name="Kowalska-Śmigły",
            phone="+48228590218",
        )
        cls.foreign = registered(
            Kind.COMPANY,
            email="office@moebel.example.net",
            company_name="Möbelhaus GmbH",
            nip="DE136695976",
            main_country="DE",
            first_name="Jörg",
            last_name="Weiß",
            phone="+4930123456",
        )

    def assert_finds(self, user: User, *spellings: str) -> None:
        for typed in spellings:
            with self.subTest(typed):
                assert self.search(typed) == {user.email}

    def test_finds_an_address_by_its_beginning_in_any_case(self) -> None:
        self.assert_finds(
            self.person, "lukasz.zak@example.com", "LUKASZ.ZAK@EX", "lukasz.zak@", " lukasz.zak@e "
        )

    def test_finds_a_person_by_surname_first_or_last_with_or_without_diacritics(self) -> None:
        self.assert_finds(
            self.person,
            "żak",
            "zak",
            "ZAK LUKASZ",
            "Łukasz Żak",
            "lukasz zak",
            "lukasz jan zak",
            "jan zak",
            "zak luk",
        )

    def test_finds_a_representative_with_a_double_name(self) -> None:
        self.assert_finds(self.company, "kowalska", "anna kowalska-smigly", "Kowalska-Śmigły A")

    def test_finds_a_company_by_the_beginning_of_its_name(self) -> None:
        self.assert_finds(self.company, "Żuraw", "zuraw i synowie", "ZURAW I SYN")
        self.assert_finds(self.foreign, "mobelhaus", "Möbelhaus GmbH")

    def test_finds_a_company_by_its_nip_however_it_is_written(self) -> None:
        self.assert_finds(
            self.company,
            "5261040828",
            "526-104-08-28",
            "PL 526 104 08 28",
            "NIP: 5261040828",
            "5261",
        )
        self.assert_finds(self.foreign, "DE136695976", "de1366")

    def test_finds_a_phone_however_it_is_written(self) -> None:
        self.assert_finds(
            self.person, "601 234 567", "+48 601-234-567", "0048601234567", "48601234", "601234"
        )
        self.assert_finds(self.company, "22 859 02 18", "(22) 859")
        self.assert_finds(self.foreign, "+49 30 123", "004930")

    def test_finds_an_account_by_its_number(self) -> None:
        self.assert_finds(self.person, f"#{self.person.pk}")

    def test_finds_nothing_where_nothing_is(self) -> None:
        for typed in ("nobody@example.com", "Nikt", "0000000000", "#999999999999999999999", "#0"):
            with self.subTest(typed):
                assert self.search(typed) == set()

    def test_finds_nothing_by_less_than_three_characters(self) -> None:
        for typed in ("za", "l@", "52", "+4", "%%", "__", "@", "#", "-"):
            with self.subTest(typed):
                assert self.search(typed) == set()

    def test_takes_signs_of_patterns_literally(self) -> None:
        for typed in ("%ak", "zak%", "_ak", "z_k", "*ak", "zak*", "'; --", '"zak"', "zak\\"):
            with self.subTest(typed):
                assert self.search(typed) == set()

    def test_survives_anything_typed(self) -> None:
        for typed in ("\x00żak", "\ud800abc", "\u202eabc", "ż" * 5000, "a b c d e f g h", "😀😀😀"):
            with self.subTest(ascii(typed[:10])):
                data = urlencode({"q": typed}, errors="surrogatepass")
                assert self.client.get(f"{LIST}?{data}").status_code in (200, 302)

    def test_asks_only_what_an_index_answers(self) -> None:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                # A handful of rows is cheaper to read whole; here the question is what can be used.
                cursor.execute("SET LOCAL enable_seqscan = off")
        accounts = User.objects.order_by("-created_at")
        for typed, column in (
            ("zak@example", "email_key"),
            ("zuraw", "company_key"),
            ("lukasz zak", "name_key"),
            ("5261040828", "nip"),
            ("DE1366", "nip"),
            ("+48601", "phone"),
        ):
            with self.subTest(typed):
                plan = search.find(accounts, typed)[:25].explain()
                assert re.search(rf"\b{column}\b\W*(::text)? ?\W*>", plan), plan
                assert "SCAN accounts_" not in plan, plan
                assert "Seq Scan" not in plan, plan


class FilterTests(StaffTestCase):
    """The filters of the list."""

    pending: User
    active: User
    closed: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.pending = registered()
        cls.active = activated(Kind.COMPANY)
        cls.closed = suspended()

    def filtered(self, **parameters: Any) -> set[str]:
        return shown(self.client.get(LIST, parameters))

    def test_narrow_to_a_state(self) -> None:
        assert self.filtered(state="pending") == {self.pending.email}
        assert self.filtered(state="active") == {self.active.email}
        assert self.filtered(state="suspended") == {self.closed.email}
        assert self.filtered(state="unheard-of") == set()

    def test_narrow_to_a_kind(self) -> None:
        assert self.filtered(customer__kind__exact="company") == {self.active.email}

    def test_narrow_to_a_state_of_the_review(self) -> None:
        review.decide(customer_of(self.closed), ReviewState.REJECTED, by=self.staff)
        assert self.filtered(customer__review_state__exact="rejected") == {self.closed.email}

    def test_narrow_to_a_source(self) -> None:
        source = Source.objects.all()[2]
        survey.answer(self.active, source)
        found = self.filtered(survey_answer__source__id__exact=source.pk)
        assert found == {self.active.email}

    def test_narrow_to_a_date_of_registration(self) -> None:
        long_ago = timezone.now() - timedelta(days=400)
        User.objects.filter(pk=self.pending.pk).update(created_at=long_ago)
        today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        found = self.filtered(
            created_at__gte=str(today), created_at__lt=str(today + timedelta(days=1))
        )
        assert found == {self.active.email, self.closed.email}

    def test_are_all_offered_on_the_page(self) -> None:
        page = BeautifulSoup(self.client.get(LIST).content, "html.parser")
        offered = {str(a["href"]) for a in page.select("#changelist-filter a")}
        for lookup in (
            "state=pending",
            "customer__kind__exact=person",
            "customer__review_state__exact=new",
            "survey_answer__source__id__exact=",
            "created_at__gte=",
        ):
            with self.subTest(lookup):
                assert any(lookup in href for href in offered)

    def test_allow_no_question_about_anything_else(self) -> None:
        for lookup in (
            "password__startswith",
            "password",
            "email_key__startswith",
            "is_superuser__exact",
            "customer__phone__startswith",
            "customer__user__password__startswith",
            "messages__message_id__startswith",
            "user_permissions__codename",
        ):
            with self.subTest(lookup):
                assert self.client.get(LIST, {lookup: "a"}).status_code == 400


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
        self.client.force_login(boss)
        assert boss.email in shown(self.client.get(LIST))

    def test_offers_no_way_to_add_or_to_delete_many(self) -> None:
        self.client.force_login(staff(superuser=True))
        response = self.client.get(LIST)
        self.assertNotContains(response, "delete_selected")
        assert self.client.get(f"{LIST}add/").status_code == 403


class AccountPageTests(StaffTestCase):
    """The one page about one customer."""

    def setUp(self) -> None:
        super().setUp()
        self.user = activated(
            Kind.COMPANY,
            news=True,
            corr_street="Mickiewicza",
            corr_house_no="7",
            corr_flat_no="2",
            corr_postal_code="05-600",
            corr_city="Grójec",
            corr_country="PL",
            phone="+48601234567",
        )
        survey.answer(self.user, Source.objects.get(asks_details=True), "z gazety")
        OutboxMessage.objects.filter(user=self.user).update(last_error="SMTPDataError 554")

    def test_shows_everything_about_the_customer(self) -> None:
        text = untie(self.client.get(page_of(self.user)).content.decode())
        for expected in (
            self.user.email,
            COMPANY["company_name"],
            "526-104-08-28",
            COMPANY["regon"],
            COMPANY["krs"],
            "Łukasz",
            "Żak",
            COMPANY["position"],
            "+48 601 234 567",
            "Długa 12A/3",
            "31-147 Kraków",
            "Polska",
            "Mickiewicza 7/2",
            "05-600 Grójec",
            "z gazety",
            "SMTPDataError 554",
        ):
            with self.subTest(expected):
                assert expected in text

    def test_shows_every_consent_with_its_proof(self) -> None:
        text = self.client.get(page_of(self.user)).content.decode().replace("<wbr>", "")
        records = self.user.consents.all()
        assert len(records) == 5
        for record in records:
            assert record.text_hash in text

    def test_shows_neither_password_nor_its_hash_nor_what_opens_the_account(self) -> None:
        for member in (self.staff, staff(superuser=True)):
            self.client.force_login(member)
            for address in (page_of(self.user), f"{LIST}{self.user.pk}/history/", LIST):
                text = self.client.get(address).content.decode()
                assert self.user.password not in text
                assert self.user.password.partition("$")[0] + "$" not in text
                assert str(self.user.attempt) not in text
                assert self.user.attempt is not None
                assert self.user.attempt.hex not in text
                assert not re.search(r'name="[^"]*password', text)

    def test_has_no_page_to_change_a_password(self) -> None:
        self.client.force_login(staff(superuser=True))
        assert self.client.get(f"{LIST}{self.user.pk}/password/").status_code in (302, 404)
        assert self.client.get(f"{page_of(self.user)}password/").status_code in (302, 404)
        names = {pattern.name for pattern in AccountAdmin(User, admin.site).get_urls()}
        assert not any("password" in (name or "") for name in names)

    def test_hints_at_other_accounts_with_the_same_nip(self) -> None:
        hint = f"{LIST}?q={COMPANY['nip']}"
        self.assertNotContains(self.client.get(page_of(self.user)), hint)
        other = registered(Kind.COMPANY)
        self.assertContains(self.client.get(page_of(self.user)), hint)
        assert shown(self.client.get(hint)) == {self.user.email, other.email}

    def test_shows_a_person_without_the_fields_of_a_company(self) -> None:
        person = registered()
        response = self.client.get(page_of(person))
        self.assertNotContains(response, "field-tax_number")
        self.assertContains(response, "field-main_address")

    def test_shows_a_member_of_staff_without_a_customer(self) -> None:
        boss = staff(superuser=True)
        self.client.force_login(boss)
        assert self.client.get(page_of(self.staff)).status_code == 200

    def test_escapes_what_a_customer_typed(self) -> None:
        user = registered(
            Kind.COMPANY, company_name="<script>alert(1)</script>", main_street="<b>Długa</b>"
        )
        for address in (LIST, page_of(user)):
            response = self.client.get(address)
            self.assertNotContains(response, "<script>alert")
            self.assertNotContains(response, "<b>Długa")

    def test_records_a_decision_with_who_made_it_and_when(self) -> None:
        address = page_of(self.user)
        data = posted_by(
            self.client.get(address),
            **{
                "customer-0-review_state": "correction",
                "customer-0-review_note": "Zła nazwa firmy.",
            },
        )
        response = self.client.post(address, data)
        assert response.status_code == 302
        customer = customer_of(self.user)
        assert customer.review_state == ReviewState.CORRECTION
        assert customer.review_note == "Zła nazwa firmy."
        assert customer.reviewed_by == self.staff
        assert customer.reviewed_at is not None
        self.assertContains(self.client.get(address), self.staff.email)
        history = self.client.get(f"{LIST}{self.user.pk}/history/")
        self.assertContains(history, self.staff.email)

    def test_records_no_decision_when_nothing_changed(self) -> None:
        address = page_of(self.user)
        self.client.post(address, posted_by(self.client.get(address)))
        assert customer_of(self.user).reviewed_at is None

    def test_keeps_personal_data_out_of_the_history(self) -> None:
        address = page_of(self.user)
        note = {"customer-0-review_note": "Tajna notatka"}
        self.client.post(address, posted_by(self.client.get(address), **note))
        entry = LogEntry.objects.get()
        for private in (self.user.email, "Żak", "Żuraw", "Tajna notatka"):
            assert private not in entry.object_repr + entry.change_message


class ForgedRequestTests(StaffTestCase):
    """Requests that no page of the admin sends."""

    def setUp(self) -> None:
        super().setUp()
        self.user = activated()
        self.before = self.state()

    def state(self) -> Any:
        user = User.objects.values().get(pk=self.user.pk)
        return (
            user,
            list(ConsentRecord.objects.filter(user=self.user).values()),
            list(OutboxMessage.objects.filter(user=self.user).values()),
            {
                name: value
                for name, value in Customer.objects.values().get(user=self.user).items()
                if not name.startswith("review")
            },
        )

    def test_change_nothing_that_is_read_only(self) -> None:
        address = page_of(self.user)
        record = self.user.consents.all()[0]
        owed = self.user.messages.all()[0]
        data = posted_by(
            self.client.get(address),
            **{
                "email": "mallory@example.com",
                "email_key": "mallory@example.com",
                "password": "x",
                "password1": "Nowe-haslo-123!",
                "password2": "Nowe-haslo-123!",
                "is_active": "",
                "is_staff": "on",
                "is_superuser": "on",
                "groups": str(Group.objects.create(name="Wszyscy").pk),
                "user_permissions": "1",
                "activated_at_0": "2020-01-01",
                "activated_at_1": "00:00",
                "customer-0-first_name": "Mallory",
                "customer-0-phone": "+48500000000",
                "customer-0-kind": "company",
                "customer-0-DELETE": "on",
                "customer-0-review_note": "Uwaga",
                "consents-INITIAL_FORMS": "4",
                "consents-TOTAL_FORMS": "6",
                "consents-0-id": str(record.pk),
                "consents-0-given": "",
                "consents-0-DELETE": "on",
                "consents-5-key": "news_email",
                "consents-5-given": "on",
                "consents-5-user": str(self.user.pk),
                "messages-0-id": str(owed.pk),
                "messages-0-state": "sent",
                "survey_answer-TOTAL_FORMS": "1",
                "survey_answer-0-source": str(Source.objects.all()[0].pk),
                "survey_answer-0-user": str(self.user.pk),
            },
        )
        assert self.client.post(address, data).status_code in (200, 302)
        assert self.state() == self.before
        user = User.objects.get(pk=self.user.pk)
        assert not user.groups.exists()
        assert not user.user_permissions.exists()
        assert user.check_password(PASSWORD)
        assert not SurveyAnswer.objects.exists()

    def test_without_management_forms_change_nothing(self) -> None:
        data = {"is_superuser": "on", "customer-0-review_state": "approved"}
        assert self.client.post(page_of(self.user), data).status_code == 200
        assert self.state() == self.before
        assert customer_of(self.user).review_state == ReviewState.NEW

    def test_do_not_decide_about_somebody_else(self) -> None:
        other = activated()
        address = page_of(self.user)
        data = posted_by(
            self.client.get(address),
            **{"customer-0-user": str(other.pk), "customer-0-review_state": "rejected"},
        )
        assert self.client.post(address, data).status_code in (200, 302)
        assert customer_of(other).review_state == ReviewState.NEW

    def test_do_not_make_staff_of_oneself(self) -> None:
        data = {"is_superuser": "on", "is_staff": "on"}
        assert self.client.post(page_of(self.staff), data).status_code == 302
        self.staff.refresh_from_db()
        assert not self.staff.is_superuser

    def test_delete_nothing(self) -> None:
        assert self.client.post(f"{LIST}{self.user.pk}/delete/", {"post": "yes"}).status_code == 403
        self.act("delete_selected", self.user)
        assert self.state() == self.before

    def test_without_a_token_are_refused(self) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(self.staff)
        data = {"action": "suspend", "_selected_action": [str(self.user.pk)]}
        assert strict.post(LIST, data).status_code == 403
        assert self.state() == self.before


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
        self.client.force_login(staff(superuser=True))
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
        self.client.force_login(staff(superuser=True))
        address = f"{LIST}{user.pk}/delete/"
        assert self.client.get(address).status_code == 200
        assert self.client.post(address, {"post": "yes"}).status_code == 302
        for model in (Customer, ConsentRecord, OutboxMessage, SurveyAnswer):
            assert not model.objects.exists()

    def test_nobody_deletes_staff_and_their_history_with_them(self) -> None:
        self.client.force_login(staff(superuser=True))
        address = f"{LIST}{self.staff.pk}/delete/"
        assert self.client.post(address, {"post": "yes"}).status_code == 403

    def test_consents_have_no_page_of_their_own(self) -> None:
        names = {model.__name__ for model in admin.site._registry}
        assert names == {"User", "OutboxMessage", "Source", "Group"}


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
        self.client.force_login(boss)
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


class MessageAdminTests(StaffTestCase):
    """The list of mails."""

    def setUp(self) -> None:
        super().setUp()
        self.user = registered()
        self.message = OutboxMessage.objects.get(user=self.user)

    def make_it_fail(self) -> None:
        OutboxMessage.objects.filter(pk=self.message.pk).update(
            state=OutboxMessage.State.FAILED,
            attempts=9,
            last_error="SMTPDataError 554",
            finished_at=timezone.now(),
        )

    def test_shows_state_and_failure_and_never_a_text(self) -> None:
        self.make_it_fail()
        for address in (MESSAGES, f"{MESSAGES}{self.message.pk}/change/"):
            response = self.client.get(address)
            self.assertContains(response, "SMTPDataError 554")
            self.assertContains(response, self.user.email)
            self.assertNotContains(response, "/aktywacja/")

    def test_says_how_long_the_oldest_has_been_waiting(self) -> None:
        written = timezone.now() - timedelta(hours=3, minutes=5)
        OutboxMessage.objects.filter(pk=self.message.pk).update(created_at=written)
        title = BeautifulSoup(self.client.get(MESSAGES).content, "html.parser").title
        assert title is not None
        assert re.search(r"3\sgodziny", title.get_text())

    def test_says_that_nothing_is_waiting(self) -> None:
        OutboxMessage.objects.update(state=OutboxMessage.State.SENT)
        assert self.client.get(MESSAGES).status_code == 200

    def test_narrows_to_a_state(self) -> None:
        self.assertContains(self.client.get(MESSAGES, {"state__exact": "waiting"}), self.user.email)
        self.assertNotContains(
            self.client.get(MESSAGES, {"state__exact": "failed"}), self.user.email
        )

    def test_lets_staff_try_a_failed_one_again(self) -> None:
        self.make_it_fail()
        data = {"action": "retry", "_selected_action": [str(self.message.pk)]}
        self.client.post(MESSAGES, data)
        self.message.refresh_from_db()
        assert self.message.state == OutboxMessage.State.WAITING
        assert outbox.deliver_due() == 1
        assert [m.to for m in mail.outbox] == [[self.user.email]]

    def test_offers_the_same_by_a_button_on_the_page_of_a_mail(self) -> None:
        self.make_it_fail()
        page = f"{MESSAGES}{self.message.pk}/change/"
        button = BeautifulSoup(self.client.get(page).content, "html.parser").find(
            "input", value="Wyślij ponownie teraz"
        )
        assert button is not None
        form = button.find_parent("form")
        assert form is not None
        data = {str(each["name"]): str(each["value"]) for each in form.select("[name]")}
        assert self.client.post(str(form["action"]), data).status_code == 302
        self.message.refresh_from_db()
        assert self.message.state == OutboxMessage.State.WAITING
        assert outbox.deliver_due() == 1
        self.assertNotContains(self.client.get(page), "Wyślij ponownie teraz")

    def test_announces_no_next_attempt_of_a_mail_that_was_sent(self) -> None:
        none = '<td class="field-next_attempt">-</td>'
        assert none not in self.client.get(MESSAGES).content.decode()
        assert outbox.deliver_due() == 1
        assert none in self.client.get(MESSAGES).content.decode()

    def test_brings_forward_a_mail_that_waits_for_long(self) -> None:
        in_a_day = timezone.now() + timedelta(hours=23)
        OutboxMessage.objects.update(due_at=in_a_day, attempts=8, last_error="TimeoutError")
        assert outbox.deliver_due() == 0
        data = {"action": "retry", "_selected_action": [str(self.message.pk)]}
        self.client.post(MESSAGES, data)
        assert outbox.deliver_due() == 1

    def test_offers_the_button_to_nobody_who_may_only_look(self) -> None:
        self.make_it_fail()
        member = staff()
        member.user_permissions.remove(Permission.objects.get(codename="change_outboxmessage"))
        self.client.force_login(member)
        page = self.client.get(f"{MESSAGES}{self.message.pk}/change/")
        assert page.status_code == 200
        self.assertNotContains(page, "Wyślij ponownie teraz")

    def test_does_not_send_twice_what_was_sent(self) -> None:
        assert outbox.deliver_due() == 1
        data = {"action": "retry", "_selected_action": [str(self.message.pk)]}
        self.client.post(MESSAGES, data)
        assert outbox.deliver_due() == 0

    def test_lets_nobody_write_or_change_a_mail(self) -> None:
        self.client.force_login(staff(superuser=True))
        before = OutboxMessage.objects.values().get()
        assert self.client.get(f"{MESSAGES}add/").status_code == 403
        data = {"recipient": "mallory@example.com", "state": "waiting"}
        page = f"{MESSAGES}{self.message.pk}/change/"
        assert self.client.post(page, data).status_code == 403
        assert OutboxMessage.objects.values().get() == before

    def test_asks_no_more_for_many_mails_than_for_one(self) -> None:
        with CaptureQueriesContext(connection) as few:
            self.client.get(MESSAGES)
        for _number in range(30):
            registered()
        with CaptureQueriesContext(connection) as many:
            self.client.get(MESSAGES)
        assert len(many) == len(few)


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
        assert self.post(member.email.upper(), PASSWORD).status_code == 302

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
        assert self.post(member.email, PASSWORD).status_code == 200
        assert "_auth_user_id" not in self.client.session


class ContentSecurityTests(StaffTestCase):
    """The strict policy of the site, in the admin too."""

    def test_no_page_carries_a_script_or_a_style_of_its_own(self) -> None:
        user = activated(Kind.COMPANY)
        boss = staff(superuser=True)
        self.client.force_login(boss)
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
