"""The code that a visitor reads to a consultant: what it shows, for how long, and to whom."""

import re
from datetime import timedelta
from typing import Any
from unittest import mock

from bs4 import BeautifulSoup
from django.core.management import call_command
from django.db import connection
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from accounts.desk import support
from accounts.limits import Limit
from accounts.models import StaffEvent, SupportCode
from accounts.registration import friction
from accounts.statistics import support_code
from accounts.statistics.support_code import Page
from kantor.serving.models import Session
from kantor.serving.typography import untie
from tests.clock import later
from tests.desk import sit_down
from tests.factories import clerk
from tests.people import COMPANY, FIRMA, OSOBA, POLISH
from tests.walk import Visitor

DESK = "/admin/accounts/supportcode/"
BUTTON = "Pokaż kod dla konsultanta"
UNKNOWN = "Nie ma takiego kodu"


def offers(visitor: Visitor) -> bool:
    """Tell whether the page has the button; it stands below the main part."""
    return bool(visitor.select("#support button"))


def code_of(visitor: Visitor) -> str:
    return visitor.element("#support strong").get_text()


class VisitorTests(TestCase):
    """On the pages of the registration."""

    def test_shows_it_on_every_page_for_half_an_hour(self) -> None:
        visitor = OSOBA.start(Visitor())
        visitor.press(BUTTON)
        code = code_of(visitor)
        assert re.fullmatch(f"[{support_code.LETTERS}]{{3}}-[{support_code.LETTERS}]{{3}}", code)
        assert not offers(visitor)
        OSOBA.type_details(visitor).press("Dalej")
        assert code_of(visitor) == code
        visitor.press("Dalej")
        assert code_of(visitor) == code
        with later(minutes=29):
            assert code_of(visitor.reload()) == code
        with later(minutes=31):
            assert offers(visitor.reload())
            assert code_of(visitor.press(BUTTON)) != ""

    def test_says_how_to_read_it_aloud(self) -> None:
        for case, button, aloud in (
            (OSOBA, BUTTON, "Przeczytaj na głos: A jak Adam, 7, M jak Maria, N jak Natalia"),
            (
                COMPANY,
                "Show a code for the consultant",
                "Read it aloud: A for Alpha, 7, M for Mike",
            ),
        ):
            with mock.patch.object(support_code, "made_of", return_value="A7MNXY"):
                visitor = case.start(Visitor()).press(button)
            assert aloud in untie(visitor.element("#support").get_text(" "))
            SupportCode.objects.all().delete()

    def test_has_a_word_for_each_letter(self) -> None:
        for language in ("pl", "en"):
            with translation.override(language):
                words = support_code.aloud(support_code.LETTERS).split(", ")
                assert len(set(words)) == len(support_code.LETTERS)
                for letter, word in zip(support_code.LETTERS, words, strict=True):
                    assert word.startswith(letter)
                    assert letter.isdigit() is (word == letter)

    def test_can_be_asked_for_on_the_first_page(self) -> None:
        visitor = Visitor().open("/rejestracja/").press(BUTTON)
        assert code_of(visitor)
        assert visitor.heading == POLISH.start
        assert SupportCode.objects.get().step == "start"

    def test_loses_nothing_that_was_typed_and_nothing_that_was_said(self) -> None:
        visitor = OSOBA.start(Visitor())
        visitor.press("Dalej")
        said = visitor.errors
        visitor.fill({"Nazwisko": "Śliwińska"}, within="Dane osobowe").press(BUTTON)
        assert visitor.value("Nazwisko", within="Dane osobowe") == "Śliwińska"
        assert 0 < len(visitor.errors) < len(said)
        visitor = OSOBA.reach_password(Visitor())
        visitor.press("Dalej")
        said = visitor.errors
        assert said
        assert visitor.press(BUTTON).errors == said

    def test_of_the_password_leaves_a_password_that_is_set(self) -> None:
        visitor = OSOBA.reach_consents(Visitor())
        visitor.press("Wstecz").press(BUTTON).press("Dalej")
        assert visitor.heading == POLISH.consents

    def test_is_limited_by_network(self) -> None:
        low = Limit("test-support", times=1, window=timedelta(hours=1))
        with mock.patch.object(friction, "SUPPORT_CODES", low):
            OSOBA.start(Visitor()).press(BUTTON)
            visitor = OSOBA.start(Visitor()).press(BUTTON)
            assert visitor.status == 429

    def test_costs_nothing_where_it_is_not_asked_for(self) -> None:
        visitor = OSOBA.start(Visitor())
        with CaptureQueriesContext(connection) as queries:
            visitor.reload()
        assert len(queries) == 1
        visitor.press(BUTTON)
        with CaptureQueriesContext(connection) as queries:
            visitor.reload()
        assert len(queries) == 2

    def test_weighs_little(self) -> None:
        visitor = FIRMA.start(Visitor())
        without = len(visitor.response.content)
        visitor.press(BUTTON)
        assert len(visitor.response.content) - without < 1_000
        assert len(visitor.response.content) < 60_000

    def test_is_kept_as_a_keyed_hash_with_no_answer(self) -> None:
        visitor = FIRMA.reach_review(Visitor())
        visitor.press(BUTTON)
        code = code_of(visitor)
        row = SupportCode.objects.values().get()
        kept = f"{row} {Session.objects.get().get_decoded()}"
        assert code not in kept
        assert code.replace("-", "") not in kept
        for answers in FIRMA.details.values():
            for answer in answers.values():
                assert len(answer) < 4 or answer not in str(row)

    def test_ends_with_the_registration(self) -> None:
        visitor = OSOBA.start(Visitor()).press(BUTTON)
        visitor.press("Anuluj").press("Anuluj i usuń dane")
        assert not SupportCode.objects.exists()
        visitor = OSOBA.reach_end(Visitor()).press(BUTTON)
        visitor.press("Rejestruj")
        assert visitor.heading == POLISH.check_mailbox
        assert SupportCode.objects.get().step == "sent"

    def test_of_somebody_else_is_no_other_ones(self) -> None:
        with mock.patch.object(support_code, "made_of", return_value="ACDEFH"):
            OSOBA.start(Visitor()).press(BUTTON)
            other = OSOBA.start(Visitor()).press(BUTTON)
        assert offers(other)
        assert SupportCode.objects.count() == 1
        with (
            later(minutes=31),
            mock.patch.object(support_code, "made_of", return_value="ACDEFH"),
        ):
            assert not offers(OSOBA.start(Visitor()).press(BUTTON))

    def test_is_in_english_too(self) -> None:
        visitor = COMPANY.start(Visitor()).press("Show a code for the consultant")
        assert (
            visitor.element("#support")
            .get_text(" ", strip=True)
            .startswith("Code for the consultant:")
        )


class ConsultantTests(TestCase):
    """At the desk."""

    def setUp(self) -> None:
        self.member = clerk("support")
        sit_down(self.client, self.member)

    def type(self, code: str, client: Client | None = None) -> Any:
        return (client or self.client).post(DESK, {"code": code})

    def test_sees_step_kind_language_and_messages_and_follows_the_visitor(self) -> None:
        visitor = FIRMA.start(Visitor())
        visitor.fill({"NIP": "123"}, within="Dane firmy").press("Dalej").press(BUTTON)
        code = code_of(visitor)
        for typed in (code, code.lower(), f" {code.replace('-', ' ')} "):
            page = self.type(typed)
            self.assertContains(page, "Firma")
            self.assertContains(page, "polski")
            self.assertContains(page, "Pełna nazwa firmy: nic nie podano")
            self.assertContains(page, "Numer NIP: inny zapis niż trzeba", count=0)
            self.assertNotContains(page, "123<")
        FIRMA.type_details(visitor).press("Dalej").press("Dalej")
        visitor.press("Dalej")
        page = self.type(code)
        self.assertContains(page, "Hasło do konta: nic nie podano")
        self.assertNotContains(page, "Pełna nazwa firmy")
        for answers in FIRMA.details.values():
            for answer in answers.values():
                if len(answer) > 4:
                    self.assertNotContains(page, answer)

    def test_reads_the_messages_in_the_order_and_words_of_the_visitors_page(self) -> None:
        visitor = FIRMA.start(Visitor())
        visitor.fill({"NIP": "123"}, within="Dane firmy").press("Dalej").press(BUTTON)
        page = BeautifulSoup(self.type(code_of(visitor)).content, "html.parser")
        told = [untie(" ".join(each.get_text().split())) for each in page.select("#found dd")][3:]
        names = [each.partition(": ")[0] for each in told]
        assert names[:2] == ["Pełna nazwa firmy", "NIP"]
        assert names[2:4] == ["Adres siedziby", "Adres siedziby"]
        assert names[-2:] == ["Służbowy adres e-mail (login)", "Służbowy numer telefonu"]
        assert "Imię reprezentanta" in names

    def test_reads_the_same_of_codes_that_are_wrong_old_and_none(self) -> None:
        visitor = OSOBA.start(Visitor()).press(BUTTON)
        code = code_of(visitor)
        wrong = "ACDEFH" if code != "ACD-EFH" else "ACDEFJ"
        bodies = set()
        for typed in (wrong, "000000", "ąęść", "x" * 4_000, "-"):
            page = self.type(typed)
            assert page.status_code == 200
            self.assertContains(page, UNKNOWN)
        with later(minutes=31):
            other = sit_down(Client(), clerk("support"))
            for typed in (code, wrong):
                page = self.type(typed, other)
                self.assertContains(page, UNKNOWN)
                bodies.add(re.sub(r'value="[^"]*"', "", page.content.decode()))
        assert len(bodies) == 1

    def test_is_told_what_is_missing_and_refused_what_no_page_sends(self) -> None:
        self.assertContains(self.type(""), "Wpisz kod")
        assert self.type("\0").status_code == 200
        assert self.client.post(DESK, {}).status_code == 400
        assert not StaffEvent.objects.filter(action=StaffEvent.Action.CODE_TYPED).exists()

    def test_leaves_a_row_in_the_audit_without_code_and_customer(self) -> None:
        code = code_of(OSOBA.start(Visitor()).press(BUTTON))
        self.type(code)
        self.type("ACDEFH")
        rows = StaffEvent.objects.filter(action=StaffEvent.Action.CODE_TYPED).order_by("pk")
        assert [row.after for row in rows] == [
            {"found": True, "step": "details"},
            {"found": False},
        ]
        assert {row.customer for row in rows} == {None}
        assert {row.actor for row in rows} == {self.member.pk}
        assert code not in str(list(rows.values()))

    def test_cannot_guess(self) -> None:
        with mock.patch.object(
            support, "TRIES", Limit("test-tries", times=2, window=timedelta(minutes=10))
        ):
            code = code_of(OSOBA.start(Visitor()).press(BUTTON))
            for _time in range(2):
                assert self.type("ACDEFH").status_code == 200
            refused = self.type(code)
            assert refused.status_code == 429
            assert 0 < int(refused["Retry-After"]) <= 600
            self.assertNotContains(refused, "Dane", status_code=429)
            other = sit_down(Client(), clerk("reviewer"))
            self.assertNotContains(self.type(code, other), UNKNOWN)

    def test_of_all_staff_together_ends_too(self) -> None:
        with mock.patch.object(
            support, "WRONG", Limit("test-wrong", times=3, window=timedelta(hours=1))
        ):
            for role in ("support", "reviewer", "officer"):
                self.type("ACDEFH", sit_down(Client(), clerk(role)))
            with self.assertLogs("kantor.security", "INFO") as logs:
                assert self.type("ACDEFH").status_code == 429
        assert "test-wrong" in str([vars(line) for line in logs.records])

    def test_who_does_not_help_gets_nothing(self) -> None:
        for role in ("auditor", "administrator"):
            client = sit_down(Client(), clerk(role))
            assert client.get(DESK).status_code == 403
            assert self.type("ACDEFH", client).status_code == 403
        assert Client().get(DESK).status_code == 302

    def test_follows_nobody_when_it_is_over(self) -> None:
        until = timezone.now() + support_code.LIFETIME
        support_code.begin("ACDEFH", Page("start", "", "pl"), until)
        with later(minutes=31):
            support_code.follow("ACDEFH", Page("details", "person", "pl"))
        assert SupportCode.objects.get().step == "start"

    def test_is_purged_when_it_is_over(self) -> None:
        with later(minutes=-31):
            moment = timezone.now() + support_code.LIFETIME
            support_code.begin("ACDEFH", Page("start", "", "pl"), moment)
        call_command("purge_registrations", stdout=mock.Mock())
        assert not SupportCode.objects.exists()
