"""The one search box of the desk: what it understands, where the words stay, what it costs."""

import re
from datetime import timedelta

from django.db import connection
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from accounts.admin import search
from accounts.models import Customer, CustomerWord, Kind, StaffEvent, User
from accounts.models.words import words_of
from kantor.serving.models import Session
from tests.desk import LIST, StaffTestCase, shown, sit_down
from tests.factories import clerk, customer_of, registered


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
            regon=f"{100_000_000 + nth * 10_007}",
            krs=f"{nth:010}",
            phone=f"+48{500_000_000 + nth * 100_003}",
        )
        for nth, user in enumerate(users)
    )
    CustomerWord.objects.bulk_create(
        CustomerWord(customer_id=user.pk, word=word)
        for nth, user in enumerate(users)
        for word in ("spolka", f"klient{nth:05}")
    )
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            tables = ", ".join(m._meta.db_table for m in (User, Customer, CustomerWord))
            cursor.execute(f"ANALYZE {tables}")
            # The question is what can be used, not what is cheapest today.
            cursor.execute("SET LOCAL enable_seqscan = off")


class UnderstandingTests(StaffTestCase):
    """What is typed, and who is found."""

    person: User
    company: User
    foreign: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.person = registered(
            email="Lukasz.Zak@Example.com",
            first_name="Łukasz Jan",
            last_name="Żak",
            phone="+48501234567",
        )
        cls.company = registered(
            Kind.COMPANY,
            email="biuro@zuraw.example.org",
            company_name="P.H.U. „Żuraw-Bałtyk” i Synowie sp. z o.o.",
            nip="5261040828",
            regon="010003555",
            krs="0000456789",
            first_name="Anna",
            last_name="Kowalska-Rydzewska",
            phone="+48228590218",
        )
        cls.foreign = registered(
            Kind.COMPANY,
            email="office@moebel.example.net",
            company_name="Möbelhaus O’Neill GmbH",
            nip="DE136695976",
            regon="",
            krs="",
            main_country="DE",
            first_name="Jörg",
            last_name="Weiß",
            phone="+4930123456",
        )

    def assert_finds(self, user: User, *spellings: str) -> None:
        for typed in spellings:
            with self.subTest(typed):
                assert self.search(typed) == {user.email}

    def test_any_word_of_a_name_or_a_company(self) -> None:
        self.assert_finds(self.company, "Bałtyk", "baltyk", "Rydzewska", "zuraw", "synowie", "phu")
        self.assert_finds(self.person, "jan", "łukasz", "ŻAK", "zak luk", "Jan Żak")
        self.assert_finds(self.foreign, "oneill", "O'Neill", "mobel neill gmbh"[:5], "weiss jorg")

    def test_quotes_hyphens_and_dots_are_ignored(self) -> None:
        self.assert_finds(
            self.company,
            '"Żuraw Bałtyk"',
            "„żuraw – bałtyk”",
            "zuraw-baltyk sp. z o.o.",
            "P.H.U. Zuraw",
            "Kowalska Rydzewska A",
        )

    def test_of_several_words_all_have_to_fit(self) -> None:
        assert self.search("zuraw lukasz") == set()
        assert self.search("anna zak") == set()

    def test_numbers_with_any_separator_and_name(self) -> None:
        self.assert_finds(
            self.company,
            "5261040828",
            "526-104-08-28",
            "526.104.08.28",
            "526/104/08/28",
            "526_104 08,28",
            "PL 526 104 08 28",
            "NIP: 5261040828",
            "010003555",
            "REGON 010 003 555",
            "0000456789",
            "KRS: 0000456789",
            "456789",
        )
        self.assert_finds(self.foreign, "DE136695976", "DE 136-695-976", "de1366")

    def test_phones_with_a_leading_zero_a_label_or_a_country(self) -> None:
        self.assert_finds(
            self.person,
            "501 234 567",
            "0501 234 567",
            "0501-234",
            "tel. 501 234 567",
            "Telefon: 501234567",
            "tel.: +48 501 234 567",
            "0048501234567",
        )
        self.assert_finds(self.company, "22 859 02 18", "(22) 859", "022 859 02 18")
        self.assert_finds(self.foreign, "+49 30 123", "004930")

    def test_the_beginning_of_an_address_with_or_without_its_sign(self) -> None:
        self.assert_finds(self.person, "lukasz.zak", "LUKASZ.Z", "lukasz.zak@ex")
        self.assert_finds(self.foreign, "office", "office@")

    def test_the_number_of_an_account_with_or_without_its_sign(self) -> None:
        User.objects.filter(pk=self.person.pk).update(email="x@example.com", email_key="x")
        big = registered()
        number = 987_654_321
        User.objects.filter(pk=self.person.pk).exists()
        assert self.search(f"#{big.pk}") == {big.email}
        assert big.email in self.search(str(big.pk))
        assert self.search(str(number)) == set()

    def test_too_little_or_nothing_finds_nobody(self) -> None:
        for typed in (
            "za",
            "l@",
            "+4",
            "%%",
            "__",
            "@",
            "#",
            "-",
            "''",
            "%ak",
            "z%k",
            "#0",
            "Nikt",
        ):
            with self.subTest(typed):
                assert self.search(typed) == set()

    def test_anything_can_be_typed(self) -> None:
        for typed in (
            "\x00żak",
            "\u202eabc",
            "ż" * 5000,
            "a b c d e f g h i j",
            "😀😀😀",
            "9" * 300,
        ):
            with self.subTest(ascii(typed[:10])):
                assert self.look_for(typed).status_code == 200


class IndexTests(TestCase):
    """The table of words follows the names."""

    def words(self, user: User) -> set[str]:
        return set(CustomerWord.objects.filter(customer=user.pk).values_list("word", flat=True))

    def test_words_follow_a_change_of_the_name(self) -> None:
        user = registered(first_name="Anna", last_name="Nowak-Lis")
        assert self.words(user) == {"anna", "nowak", "lis"}
        customer = customer_of(user)
        customer.last_name = "Wójcik"
        customer.save(update_fields=["last_name"])
        assert self.words(user) == {"anna", "wojcik"}

    def test_words_go_with_their_customer(self) -> None:
        user = registered()
        user.delete()
        assert not CustomerWord.objects.exists()

    def test_what_does_not_touch_a_name_costs_no_statement(self) -> None:
        customer = customer_of(registered())
        with CaptureQueriesContext(connection) as queries:
            customer.save(update_fields=["phone"])
        assert not [q for q in queries if "customerword" in q["sql"]]


class WordsTests(HypothesisTestCase):
    """What words are made of."""

    @given(st.text(max_size=300))
    def test_are_made_of_letters_and_digits_alone_and_found_as_stored(self, text: str) -> None:
        for word in words_of(text):
            assert word
            assert "%" not in word
            assert "\x00" not in word
            assert len(word) <= 40
            assert words_of(word) == [word]


class PrivacyTests(StaffTestCase):
    """Where the words stay, and what is written down."""

    def test_words_stay_in_the_session_and_the_address_has_a_key(self) -> None:
        user = registered(last_name="Tajny")
        response = self.client.post(f"{LIST}search/", {"words": "Tajny"})
        address = response["Location"]
        assert "ajny" not in address
        page = self.client.get(address)
        assert shown(page) == {user.email}
        self.assertContains(page, 'value="Tajny"')
        sit_down(self.client, clerk())
        page = self.client.get(address)
        assert shown(page) == set()
        self.assertContains(page, "nie jest już pamiętane")

    def test_words_in_an_address_are_refused(self) -> None:
        assert self.client.get(LIST, {"q": "Tajny"}).status_code == 400
        assert self.client.get(f"{LIST}search/").status_code == 405

    def test_a_session_remembers_the_newest_ten(self) -> None:
        first = self.client.post(f"{LIST}search/", {"words": "pierwsze"})["Location"]
        for nth in range(10):
            self.client.post(f"{LIST}search/", {"words": f"kolejne{nth}"})
        self.assertContains(self.client.get(first), "nie jest już pamiętane")

    def test_words_are_forgotten_by_all_when_somebody_is_erased(self) -> None:
        user, officer = registered(last_name="Tajny"), clerk("officer")
        address = self.client.post(f"{LIST}search/", {"words": "Tajny"})["Location"]
        eraser = sit_down(Client(), officer)
        own = eraser.post(f"{LIST}search/", {"words": "Tajny"})["Location"]
        with self.captureOnCommitCallbacks(execute=True):
            erased = eraser.post(f"{LIST}{user.pk}/usuniecie/", {"reason": "request"})
        assert erased["Location"] == LIST
        for browser, page in ((self.client, address), (eraser, own)):
            self.assertContains(browser.get(page), "nie jest już pamiętane")
        for session in Session.objects.all():
            assert "Tajny" not in str(session.get_decoded())
        # Nobody is signed out by it.
        assert self.client.get(LIST).status_code == 200

    def test_the_audit_keeps_kind_and_count_and_no_words(self) -> None:
        registered(last_name="Tajny")
        self.search("Tajny")
        self.search("lukasz@example.com")
        rows = StaffEvent.objects.filter(action="searched").order_by("pk")
        assert [row.after for row in rows] == [
            {"kind": "words", "count": 1},
            {"kind": "email", "count": 0},
        ]

    def test_who_sees_numbers_masked_finds_them_whole_only_and_so_often_an_hour(self) -> None:
        user = registered(phone="+48501234567")
        sit_down(self.client, clerk("support"))
        for typed in ("501234", "+48501", "50123456"):
            with self.subTest(typed):
                assert self.search(typed) == set()
        for _time in range(30):
            assert self.search("tel. 501 234 567") == {user.email}
        assert "za dużo wyszukiwań" in self.look_for("501 234 567").content.decode().lower()


class CostTests(StaffTestCase):
    """What a search asks of the database."""

    def test_each_question_is_cut_before_it_is_sorted(self) -> None:
        fill(1200)
        with CaptureQueriesContext(connection) as queries:
            found = search.find("spolka", sees_numbers=True)
        assert len(found) == 1001
        asked = [q["sql"] for q in queries if "customerword" in q["sql"]]
        assert asked
        assert all("LIMIT 1001" in sql and "ORDER BY" not in sql for sql in asked)
        self.assertContains(self.look_for("spolka"), "ponad 1000")

    def test_each_question_is_answered_by_an_index(self) -> None:
        fill(3000)
        for typed in (
            "klient00017",
            "spolka klient00017",
            "5261040828",
            "DE1366",
            "0501234",
            "a@b",
        ):
            for question in search._questions(typed, sees_numbers=True):
                plan = question[:1001].explain()
                with self.subTest(typed, plan=plan):
                    assert not re.search(r"SCAN accounts_\w+$|SCAN U0$|Seq Scan", plan, re.M), plan
