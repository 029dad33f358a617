"""The page of one account at the desk, and what a forged request changes there: nothing."""

import re
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client

from accounts.admin import AccountAdmin
from accounts.models import (
    ConsentRecord,
    Customer,
    Kind,
    OutboxMessage,
    Source,
    SurveyAnswer,
    User,
)
from accounts.services import survey
from kantor.serving.typography import untie
from tests.desk import LIST, StaffTestCase, page_of, sit_down
from tests.factories import COMPANY, PASSWORD, activated, clerk, registered


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
        survey.answer(self.user.pk, Source.objects.get(asks_details=True), "z gazety")
        OutboxMessage.objects.filter(user=self.user).update(last_error="SMTPDataError 554")

    def test_shows_everything_about_the_customer(self) -> None:
        text = untie(self.client.get(page_of(self.user)).content.decode())
        for expected in (
            self.user.email,
            COMPANY["company_name"],
            "526-•••-••-28",
            "•••••••84",
            "••••••••56",
            "Łukasz",
            "Żak",
            COMPANY["position"],
            "+48 ••• ••• •67",
            "•••",
            "31-147 Kraków",
            "Polska",
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
        for member in (self.staff, clerk()):
            sit_down(self.client, member)
            for address in (page_of(self.user), f"{LIST}{self.user.pk}/history/", LIST):
                text = self.client.get(address).content.decode()
                assert self.user.password not in text
                assert self.user.password.partition("$")[0] + "$" not in text
                assert str(self.user.attempt) not in text
                assert self.user.attempt is not None
                assert self.user.attempt.hex not in text
                assert not re.search(r'name="[^"]*password', text)

    def test_has_no_page_to_change_a_password(self) -> None:
        assert self.client.get(f"{LIST}{self.user.pk}/password/").status_code in (302, 404)
        assert self.client.get(f"{page_of(self.user)}password/").status_code in (302, 404)
        names = {pattern.name for pattern in AccountAdmin(User, admin.site).get_urls()}
        assert not any("password" in (name or "") for name in names)

    def test_hints_at_other_accounts_with_the_same_nip(self) -> None:
        registered(Kind.COMPANY)
        page = untie(self.client.get(page_of(self.user)).content.decode())
        assert "jeszcze 1 konto" in page
        assert COMPANY["nip"] not in page

    def test_shows_a_person_without_the_fields_of_a_company(self) -> None:
        person = registered()
        response = self.client.get(page_of(person))
        self.assertNotContains(response, "field-tax_number")
        self.assertContains(response, "field-main_address")

    def test_escapes_what_a_customer_typed(self) -> None:
        user = registered(
            Kind.COMPANY, company_name="<script>alert(1)</script>", main_street="<b>Długa</b>"
        )
        for address in (LIST, page_of(user)):
            response = self.client.get(address)
            self.assertNotContains(response, "<script>alert")
            self.assertNotContains(response, "<b>Długa")


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
        data = {
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
        }
        assert self.client.post(address, data).status_code == 403
        assert self.state() == self.before
        user = User.objects.get(pk=self.user.pk)
        assert not user.groups.exists()
        assert not user.user_permissions.exists()
        assert user.check_password(PASSWORD)
        assert not SurveyAnswer.objects.exists()

    def test_do_not_make_staff_of_oneself(self) -> None:
        data = {"is_superuser": "on", "is_staff": "on"}
        assert self.client.post(page_of(self.staff), data).status_code == 403
        self.staff.refresh_from_db()
        assert not self.staff.is_superuser

    def test_delete_nothing(self) -> None:
        sit_down(self.client, clerk())
        assert self.client.post(f"{LIST}{self.user.pk}/delete/", {"post": "yes"}).status_code == 403
        self.act("delete_selected", self.user)
        assert self.state() == self.before

    def test_without_a_token_are_refused(self) -> None:
        strict = Client(enforce_csrf_checks=True)
        sit_down(strict, self.staff)
        data = {"action": "suspend", "_selected_action": [str(self.user.pk)]}
        assert strict.post(LIST, data).status_code == 403
        assert self.state() == self.before
