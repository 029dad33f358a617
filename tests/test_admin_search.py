"""What staff find: the search box and the filters."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from bs4 import BeautifulSoup
from django.db import connection
from django.utils import timezone

from accounts.admin import search
from accounts.models import Customer, Kind, ReviewState, Source, User
from accounts.services import review, survey
from tests.desk import LIST, StaffTestCase, shown
from tests.factories import activated, customer_of, registered, suspended


def fill(number: int) -> None:
    """Let PostgreSQL plan for so many customers, whatever statistics it had before.

    Of a handful any index is as good as another: each with all the rows to be sifted.
    """
    users = User.objects.bulk_create(
        User(
            email=f"{nth:05}@example.net",
            email_key=f"{nth:05}@example.net",
            created_at=timezone.now() - timedelta(minutes=nth),
        )
        for nth in range(number)
    )
    Customer.objects.bulk_create(
        Customer(
            user=user,
            kind=Kind.COMPANY,
            nip=f"{5_000_000_000 + nth * 1_000_003}",
            phone=f"+48{500_000_000 + nth * 100_003}",
            name_key=f"klient{nth:05} jan",
            company_key=f"spolka{nth:05}",
        )
        for nth, user in enumerate(users)
    )
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {User._meta.db_table}, {Customer._meta.db_table}")
        # The question is what can be used, not what is cheapest today.
        cursor.execute("SET LOCAL enable_seqscan = off")


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
            fill(3000)
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
        survey.answer(self.active.pk, source)
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
