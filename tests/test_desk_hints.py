"""What the page of a case points out: each hint by its rule, and all of them by an index."""

import sys
from importlib import import_module
from subprocess import run
from types import SimpleNamespace
from unittest import mock

from bs4 import BeautifulSoup
from django.apps import apps
from django.db import connection
from django.test import Client, TestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from accounts.contact import services as contact
from accounts.desk.hints import hints
from accounts.models import Customer, HighRiskCountry, Kind, StaffEvent, User
from accounts.services import waiting
from accounts.values.visit import NOBODY
from kantor.serving.typography import untie
from tests.desk import page_of, sit_down
from tests.factories import activated, clerk, customer_of, registered
from tests.people import OSOBA
from tests.walk import Visitor

RISK = "/admin/accounts/highriskcountry/"


class HintTests(TestCase):
    """What is worth a look, by its rule."""

    def words(self, user: User) -> list[str]:
        return [str(hint.words) for hint in hints(User.objects.get(pk=user.pk), reads_aml=True)]

    def plain(self, **answers: str) -> User:
        return activated(email="l.zak@przyklad.example", **answers)

    def test_account_like_any_other_has_none(self) -> None:
        assert self.words(self.plain()) == []

    def test_shared_numbers_name_the_other_accounts(self) -> None:
        mine = activated(Kind.COMPANY, email="zuraw@zuraw.example")
        other = registered(Kind.COMPANY, email="inny@zuraw.example", regon="", krs="")
        found = {str(hint.words): hint.accounts for hint in hints(mine, reads_aml=True)}
        shared = [words for words, accounts in found.items() if accounts == [other.pk]]
        assert len(shared) == 3, found  # NIP, phone, and the same name at the same address

    def test_one_mailbox_is_known_by_its_spellings(self) -> None:
        for mine, others, is_same in (
            ("l.zak@o2.pl", "l.zak+dwa@o2.pl", True),
            ("l.zak+dwa@o2.pl", "l.zak@o2.pl", True),
            ("l.zak@o2.pl", "lzak@o2.pl", False),
            ("l.zak@gmail.com", "lzak@googlemail.com", True),
            ("l.z.ak@gmail.com", "lza.k+dwa@googlemail.com", True),
            ("lzak@gmail.com", "l.zak2@gmail.com", False),
        ):
            with self.subTest(mine=mine, others=others):
                User.objects.all().delete()
                user = activated(email=mine)
                registered(email=others, first_name="Ewa", main_house_no="99", phone="+48602000000")
                said = [str(hint.rule) for hint in hints(user, reads_aml=True) if hint.accounts]
                assert len(said) == is_same

    def test_what_shows_in_one_account_alone(self) -> None:
        user = self.plain()
        Customer.objects.filter(pk=user.pk).update(filled_in_seconds=44)
        assert len(self.words(user)) == 1
        Customer.objects.filter(pk=user.pk).update(filled_in_seconds=45)
        assert self.words(user) == []
        assert len(self.words(self.plain_with(main_country="DE", main_postal_code="10115"))) == 1
        company = activated(Kind.COMPANY, email="zuraw@wp.pl", phone="+48602000001")
        assert len([h for h in hints(company, reads_aml=True) if not h.accounts]) == 1
        stranger = activated(email="kx81@o2.pl", phone="+48602000002", main_house_no="7")
        assert len(self.words(stranger)) == 1

    def plain_with(self, **answers: str) -> User:
        return activated(email="l.zak2@przyklad.example", phone="+48602000003", **answers)

    def test_hints_stand_on_the_page_with_their_rules(self) -> None:
        user, other = self.plain(), registered()
        sit_down(self.client, clerk())
        page = BeautifulSoup(self.client.get(page_of(user)).content, "html.parser")
        shown = untie(page.select(".case-hints")[0].get_text())
        assert page.select_one(f".case-hints a[href='{page_of(other)}']") is not None
        found = hints(user, reads_aml=True)
        assert len(found) == 2
        with override("pl"):
            for hint in found:
                assert untie(str(hint.words)) in shown
                assert untie(str(hint.rule)) in shown

    def test_what_belongs_to_an_analysis_is_for_who_reads_of_aml(self) -> None:
        HighRiskCountry.objects.create(code="DE")
        user = activated(
            first_name="Zenon", last_name="Zmyślony", main_country="DE", email="zz@mailinator.com"
        )
        with override_settings(SCREENING="fixtures"):
            for role in ("support", "reviewer", "officer", "auditor"):
                page = sit_down(Client(), clerk(role)).get(page_of(user)).content.decode()
                is_told = role != "support"
                text = untie(page)
                assert ("kraju wysokiego ryzyka" in text) is is_told, role
                assert ("Nazwa podobna do" in text) is is_told, role
                assert "jednorazowy" in text, role

    def test_asks_as_much_however_many_accounts_there_are(self) -> None:
        user = activated(Kind.COMPANY)
        for _number in range(7):
            registered(Kind.COMPANY)
        user = User.objects.select_related("customer").get(pk=user.pk)
        with self.assertNumQueries(7):
            found = hints(user, reads_aml=True)
        assert all(len(hint.accounts) <= 5 for hint in found)
        assert any(hint.has_more for hint in found)

    def test_every_question_is_answered_by_an_index(self) -> None:
        user = activated(Kind.COMPANY)
        user = User.objects.select_related("customer").get(pk=user.pk)
        with CaptureQueriesContext(connection) as asked:
            hints(user, reads_aml=True)
        is_sqlite = connection.vendor == "sqlite"
        assert len(asked) == 7
        with connection.cursor() as cursor:
            if not is_sqlite:
                # So few rows are read faster than an index.
                cursor.execute("SET LOCAL enable_seqscan = off")
            for query in asked.captured_queries:
                explain = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
                cursor.execute(f"{explain} {query['sql']}".replace("%", "%%"))
                plan = str(cursor.fetchall())
                assert "Seq Scan" not in plan, plan
                assert "SCAN accounts" not in plan, plan


class DomainTests(TestCase):
    """Addresses that live for minutes."""

    def words(self, email: str) -> list[str]:
        with override("pl"):
            return [str(hint.words) for hint in hints(activated(email=email), reads_aml=True)]

    def test_throw_away_domain_and_what_is_below_it_are_pointed_out(self) -> None:
        said = "Adres e-mail jest jednorazowy."
        for email in ("zak@mailinator.com", "zak@a.b.mailinator.com", "zak@MAILINATOR.com"):
            assert said in self.words(email), email
        for email in ("zak@mailinator.com.example", "zak@xmailinator.com", "zak@com.pl"):
            assert said not in self.words(email), email

    def test_list_of_domains_is_read_by_nobody_else(self) -> None:
        code = (
            "import django, sys; django.setup(); import kantor.urls, accounts.admin;"
            "from django.urls import reverse; reverse('admin:index');"
            "print('disposable_email_domains' in sys.modules)"
        )
        said = run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert said.stdout.split() == ["False"]


class MailboxKeyTests(TestCase):
    """The stored key of the mailbox follows the address."""

    def key(self, user: User) -> str | None:
        return User.objects.get(pk=user.pk).mailbox_key

    def test_from_the_registration_on(self) -> None:
        assert self.key(registered(email="Ola.Nowak+x@GoogleMail.com")) == "olanowak@gmail.com"

    def test_when_the_address_is_corrected_before_activation(self) -> None:
        user = registered(email="ola@gmial.com")
        assert user.attempt is not None
        waiting.correct_address(user.attempt, "ola@gmial.com", "o.la+1@gmail.com", "pl")
        assert self.key(user) == "ola@gmail.com"

    def test_when_the_owner_changes_the_address(self) -> None:
        user = activated(email="ola@example.com")
        contact.ask(user, "o.la@gmail.com", visit=NOBODY)
        change = user.email_changes.get()
        contact.confirm(change, visit=NOBODY)
        assert User.objects.get(pk=user.pk).email == "o.la@gmail.com"
        assert self.key(user) == "ola@gmail.com"

    def test_accounts_that_were_there_before_get_theirs(self) -> None:
        users = [registered(email="a.b@gmail.com"), activated(email="ola+1@wp.pl")]
        User.objects.update(mailbox_key=None)
        fill = import_module("accounts.migrations.0028_fill_mailbox_keys").fill
        fill(apps, SimpleNamespace(connection=connection))
        assert [self.key(user) for user in users] == ["ab@gmail.com", "ola@wp.pl"]


class RiskTests(TestCase):
    """Countries of the officers' table."""

    def setUp(self) -> None:
        self.officer = clerk("officer")
        sit_down(self.client, self.officer)

    def words(self, user: User) -> list[str]:
        with override("pl"):
            return [
                untie(str(hint.words))
                for hint in hints(User.objects.get(pk=user.pk), reads_aml=True)
            ]

    def test_address_phone_and_tax_number_are_compared(self) -> None:
        user = activated(Kind.COMPANY, email="zuraw@zuraw.example")
        abroad = {"main_country": "DE", "phone": "+4930123456", "nip": "EL123456789"}
        Customer.objects.filter(pk=user.pk).update(**abroad)
        before = self.words(user)
        for code in ("DE", "GR"):
            assert self.client.post(f"{RISK}add/", {"code": code}).status_code == 302
        assert [words for words in self.words(user) if words not in before] == [
            "Adres jest w kraju wysokiego ryzyka: Niemcy.",
            "Numer telefonu jest z kraju wysokiego ryzyka: Niemcy.",
            "Numer podatkowy jest z kraju wysokiego ryzyka: Grecja.",
        ]

    def test_of_countries_with_one_code_the_number_says_which(self) -> None:
        HighRiskCountry.objects.create(code="RU")
        for phone, is_there in (("+77012345678", False), ("+79161234567", True)):
            user = activated(phone=phone)
            said = [words for words in self.words(user) if "ryzyka" in words]
            assert bool(said) is is_there, phone

    def test_officers_add_and_remove_and_both_are_written_down(self) -> None:
        self.client.post(f"{RISK}add/", {"code": "IR"})
        row = HighRiskCountry.objects.get()
        assert (row.code, row.added_by) == ("IR", self.officer)
        page = untie(self.client.get(RISK).content.decode())
        assert "Iran" in page
        assert self.officer.email in page
        self.client.post(f"{RISK}{row.pk}/delete/", {"post": "yes"})
        assert not HighRiskCountry.objects.exists()
        events = StaffEvent.objects.filter(action=StaffEvent.Action.RISK_CHANGED).order_by("pk")
        assert list(events.values_list("actor", "before", "after")) == [
            (self.officer.pk, {}, {"country": "IR"}),
            (self.officer.pk, {"country": "IR"}, {}),
        ]
        audit = untie(self.client.get("/admin/accounts/staffevent/").content.decode())
        assert "kraj: Iran" in audit
        assert "kraj: Iran → –" in audit

    def test_a_country_stands_there_once_and_nonsense_never(self) -> None:
        self.client.post(f"{RISK}add/", {"code": "IR"})
        for code in ("IR", "XX", "", "ir", "\0", "IRAN"):
            assert self.client.post(f"{RISK}add/", {"code": code}).status_code == 200, code
        assert HighRiskCountry.objects.count() == 1
        row = HighRiskCountry.objects.get()
        assert self.client.post(f"{RISK}{row.pk}/change/", {"code": "DE"}).status_code == 403
        assert HighRiskCountry.objects.get().code == "IR"


class SecondsTests(TestCase):
    """How long the form took, as the registration keeps it."""

    def register(self, seconds: int) -> Customer:
        visitor, begun = Visitor(), 1_800_000_000
        with mock.patch("accounts.registration.friction.now", return_value=begun):
            OSOBA.reach_end(visitor)
        with mock.patch("accounts.registration.friction.now", return_value=begun + seconds):
            visitor.press(OSOBA.words.register)
        return customer_of(User.objects.get(email=OSOBA.email))

    def test_seconds_from_the_first_answer_to_the_end_are_kept(self) -> None:
        assert self.register(44).filled_in_seconds == 44

    def test_a_clock_that_was_put_back_is_no_fault(self) -> None:
        assert self.register(-90).filled_in_seconds == 0

    def test_customers_who_came_otherwise_have_none(self) -> None:
        assert customer_of(registered()).filled_in_seconds is None
