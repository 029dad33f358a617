"""Staff ask the register of VAT payers about a company."""

from typing import Any

from bs4 import BeautifulSoup
from django.core.cache import cache
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.test import TestCase, TransactionTestCase, override_settings

from accounts.desk import register
from accounts.desk.events import Desk
from accounts.models import Customer, Kind, RegisterCheck, StaffEvent, User
from kantor.serving.typography import untie
from tests import register as moods
from tests.desk import LIST, page_of, sit_down
from tests.factories import activated, clerk
from tests.register import NIP, Register

NAME = "Wzór i Przykład sp. z o.o."


def company(**answers: str) -> User:
    return activated(Kind.COMPANY, **{"nip": NIP, "company_name": NAME, **answers})


class RegisterTestCase(TestCase):
    """A reviewer, a company, and a register on this machine."""

    def setUp(self) -> None:
        cache.clear()
        self.addCleanup(cache.clear)
        self.register: Register = self.enterContext(moods.running())
        self.enterContext(
            override_settings(COMPANY_LOOKUP="mf", COMPANY_LOOKUP_URL=self.register.url)
        )
        self.clerk = clerk()
        sit_down(self.client, self.clerk)
        self.user = company()

    def ask(self, user: User | None = None) -> Any:
        return self.client.post(f"{LIST}{(user or self.user).pk}/wykaz/")

    def page(self, user: User | None = None) -> BeautifulSoup:
        content = self.client.get(page_of(user or self.user)).content.decode()
        return BeautifulSoup(untie(content), "html.parser")

    def told(self, user: User | None = None) -> str:
        """Return the messages and the part of the register, in words."""
        parts = self.page(user).select(".messagelist, #register")
        return " ".join(" ".join(part.get_text() for part in parts).split())

    def answers(self) -> list[dict[str, Any]]:
        rows = StaffEvent.objects.filter(action=StaffEvent.Action.REGISTER_ASKED).order_by("pk")
        return list(rows.values_list("after", flat=True))


class AskingTests(RegisterTestCase):
    """What the register says, and what is kept of it."""

    def test_answer_is_kept_and_shown_with_who_asked(self) -> None:
        assert self.page().select_one("#register form button") is not None
        response = self.ask()
        assert response.status_code == 302
        assert response.headers["Location"].endswith("#register")
        check = RegisterCheck.objects.get()
        assert (check.user, check.nip, check.asked_by) == (self.user, NIP, self.clerk)
        assert (check.is_found, check.vat_status, check.request_id) == (True, "Czynny", "a1")
        assert self.register.asked[0].endswith(f"?date={check.day.isoformat()}")
        told = self.told()
        for words in ("Wykaz odpowiedział.", check.name, "czynny podatnik VAT", "a1"):
            assert words in told, words
        assert self.clerk.email in told
        assert "Klient podał inną nazwę." not in told
        assert self.answers() == [{"answer": "found"}]
        with self.assertRaises(TypeError):
            check.save()

    def test_each_question_is_a_row_and_asks_anew(self) -> None:
        self.ask()
        self.register.mood = moods.known(statusVat="Zwolniony")
        self.ask()
        statuses = RegisterCheck.objects.order_by("pk").values_list("vat_status", flat=True)
        assert list(statuses) == ["Czynny", "Zwolniony"]
        assert "podatnik VAT zwolniony" in self.told()

    def test_another_name_is_pointed_out(self) -> None:
        self.register.mood = moods.known(name="CAŁKIEM INNA SPÓŁKA JAWNA")
        self.ask()
        assert "Klient podał inną nazwę." in self.told()

    def test_an_answer_about_an_earlier_number_says_so(self) -> None:
        self.ask()
        Customer.objects.filter(pk=self.user.pk).update(nip="5261040828")
        assert "dotyczy wcześniejszego NIP" in self.told()

    def test_a_number_that_the_register_does_not_have_is_an_answer(self) -> None:
        for mood in (moods.unknown(), moods.refuses(400, "WL-115")):
            self.register.mood = mood
            self.ask()
            assert "W Wykazie nie ma tego numeru NIP." in self.told()
        assert list(RegisterCheck.objects.values_list("is_found", flat=True)) == [False, False]
        assert self.answers() == [{"answer": "unknown"}] * 2

    def test_no_answer_is_said_in_words_and_keeps_nothing(self) -> None:
        for mood, words in (
            (moods.hangs_up, "Wykaz nie odpowiada. Spróbuj za chwilę."),
            (moods.says(b"<html>", content_type="text/html"), "Wykaz nie odpowiada."),
            (moods.known(nip="1111111111"), "Wykaz nie odpowiada."),
            (moods.refuses(429, "WL-191"), "Dziś Wykaz nie odpowie już na żadne pytanie."),
            # It is not asked again that day.
            (moods.known(), "Dziś Wykaz nie odpowie już na żadne pytanie."),
        ):
            self.register.mood = mood
            self.ask()
            assert words in self.told()
        assert not RegisterCheck.objects.exists()
        assert self.answers() == [{"answer": "none"}] * 5
        assert len(self.register.asked) == 4

    def test_what_no_register_writes_is_not_kept(self) -> None:
        self.register.mood = moods.known(statusVat="a\0b" * 9, name="<script>" * 400)
        self.ask()
        check = RegisterCheck.objects.get()
        assert (check.name, check.vat_status) == ("", "")

    def test_one_person_asks_so_often_only(self) -> None:
        for _again in range(register.QUESTIONS.times):
            assert register.QUESTIONS.hit(str(self.clerk.pk))
        self.ask()
        assert "Pytasz Wykaz zbyt często" in self.told()
        assert self.register.asked == []


class OfferTests(RegisterTestCase):
    """Who may ask, and about whom."""

    def is_offered(self, user: User) -> bool:
        return bool(self.page(user).select("#register form"))

    def test_only_polish_companies_are_asked_about(self) -> None:
        for user in (
            activated(),
            company(main_country="DE", main_postal_code="10115", nip="DE123456789"),
        ):
            assert not self.is_offered(user)
            assert self.ask(user).status_code == 400
        assert self.is_offered(self.user)

    def test_only_who_decides_asks_and_others_read(self) -> None:
        self.ask()
        for role, status in (("support", 400), ("auditor", 400), ("administrator", 403)):
            sit_down(self.client, clerk(role))
            assert self.ask().status_code == status
            if status == 400:
                assert not self.is_offered(self.user)
                assert "czynny podatnik VAT" in self.told()
        assert RegisterCheck.objects.count() == 1

    def test_a_site_that_asks_nobody_has_no_button(self) -> None:
        with override_settings(COMPANY_LOOKUP="disabled"):
            assert self.page().select("#register") == []
            assert self.ask().status_code == 400

    def test_development_has_answers_of_its_own(self) -> None:
        with override_settings(COMPANY_LOOKUP="fixtures"):
            self.ask()
        assert RegisterCheck.objects.get().request_id == "kantor-00001"
        assert self.register.asked == []

    def test_a_look_does_not_ask(self) -> None:
        assert self.client.get(f"{LIST}{self.user.pk}/wykaz/").status_code == 405


class NameTests(TestCase):
    """When two names are one."""

    def test_forms_may_be_written_out_and_signs_differ(self) -> None:
        for one, other, is_same in (
            ("ŻURAW SPÓŁKA Z OGRANICZONĄ ODPOWIEDZIALNOŚCIĄ", "„Żuraw” sp. z o.o.", True),
            ("ŻURAW SPÓŁKA AKCYJNA", "Zuraw S.A.", True),
            ("ŻURAW PROSTA SPÓŁKA AKCYJNA", "Żuraw P.S.A.", True),
            ("ŻURAW SPÓŁKA KOMANDYTOWO-AKCYJNA", "Żuraw S.K.A.", True),
            ("ŻURAW SPÓŁKA JAWNA", "Żuraw sp.j.", True),
            ("ŻURAW SPÓŁKA KOMANDYTOWA", "Żuraw sp. k.", True),
            ("ŻURAW SPÓŁKA JAWNA", "Żuraw sp. z o.o.", False),
            ("ŻURAW", "Żurawie", False),
        ):
            assert register.is_same_name(one, other) is is_same, (one, other)


class NoTransactionTests(TransactionTestCase):
    """While the network is asked, nobody waits for us."""

    serialized_rollback = True

    def test_nothing_is_locked_while_the_register_is_asked(self) -> None:
        cache.clear()
        user, desk, states = company(), Desk(clerk()), []

        def look(handler: Any) -> None:
            states.append(main.in_atomic_block)
            moods.known()(handler)

        # Itself, to be looked at from the thread of the server.
        main = connections[DEFAULT_DB_ALIAS]
        with moods.running() as server:
            server.mood = look
            with override_settings(COMPANY_LOOKUP="mf", COMPANY_LOOKUP_URL=server.url):
                check = register.ask(user, desk)
                assert isinstance(check, RegisterCheck)
                with transaction.atomic(), self.assertRaises(RuntimeError):
                    register.ask(user, desk)
        assert states[0] is False
