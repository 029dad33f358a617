"""The button "Pobierz dane" when the register fails, and how often it is asked."""

import logging
from datetime import datetime
from io import StringIO
from typing import Any
from unittest import mock

from django.core.cache import cache
from django.test import override_settings
from django.utils import timezone

from accounts.lookup import LookupExhausted, vat_register
from accounts.services import company_register
from tests import register as moods
from tests.fetching import FILLED, LATER, NOTHING, TODAY, TOO_MANY, UNKNOWN, FetchingTestCase
from tests.people import FIRMA
from tests.register import NIP
from tests.walk import Visitor


class FailureTests(FetchingTestCase):
    """Whatever the register does, there is a friendly line and a form that works."""

    def test_is_a_friendly_line(self) -> None:
        page = moods.says(b"<!DOCTYPE html><p>Przerwa</p>", 200, "text/html")
        for mood, sentence in (
            (moods.unknown(), UNKNOWN),
            (moods.refuses(400, "WL-115"), UNKNOWN),
            (moods.refuses(400, "WL-101"), LATER),
            (moods.refuses(429, "WL-190"), LATER),
            (moods.refuses(500, "WL-100"), LATER),
            (moods.refuses(503, "WL-196"), LATER),
            (page, LATER),
            (moods.says(b"{"), LATER),
            (moods.says({"result": {"subject": 7}}), LATER),
            (moods.cuts, LATER),
            (moods.hangs_up, LATER),
            (moods.redirects("https://www.example.com/"), LATER),
            (moods.refuses(429, "WL-191"), TODAY),
        ):
            with self.subTest(sentence, mood=mood):
                cache.clear()
                self.register.mood = mood
                self.visitor = FIRMA.start(Visitor())
                self.fetch(**{"Imię reprezentanta": "Żaneta"})
                assert sentence in self.said(), self.said()
                assert self.visitor.status == 200
                assert self.visitor.errors == []
                assert self.visitor.value("Imię reprezentanta") == "Żaneta"
                FIRMA.type_details(self.visitor).press("Dalej")
                assert self.visitor.heading == FIRMA.words.review, self.visitor.errors

    def test_silence_ends_in_time(self) -> None:
        for mood in (moods.hangs, moods.drips, moods.drips_headers):
            self.register.mood = mood
            with mock.patch.object(vat_register, "TOTAL_SECONDS", 0.2):
                self.fetch()
            assert self.said() == LATER
        assert len(self.register.asked) == 3

    def test_broken_cache_costs_a_question_only(self) -> None:
        broken = {"BACKEND": "tests.test_company_data_costs.BrokenCache"}
        with override_settings(CACHES={"default": broken}):
            for _time in range(2):
                self.fetch()
                assert self.said() in (FILLED, NOTHING)
        assert len(self.register.asked) == 2

    def test_silent_cache_is_waited_for_once(self) -> None:
        broken = {"BACKEND": "tests.test_company_data_costs.BrokenCache"}
        with (
            override_settings(CACHES={"default": broken}),
            self.assertLogs("accounts.services.company_register", "WARNING") as logs,
        ):
            self.fetch()
        assert len(logs.output) == 1

    def test_what_an_older_release_has_cached_costs_a_question_only(self) -> None:
        for stale in ({"company": {"name": "X", "colour": "red"}}, {"company": 7}, {}, "X"):
            cache.set(company_register._key(NIP), stale)
            self.visitor = FIRMA.start(Visitor())
            self.fetch()
            assert self.said() == FILLED, stale
        assert len(self.register.asked) == 4

    def test_leaves_no_number_and_no_company_in_the_log(self) -> None:
        handler = next(h for h in logging.root.handlers if h.name == "stderr")
        assert isinstance(handler, logging.StreamHandler)
        written = StringIO()
        stream, level = handler.setStream(written), handler.level
        handler.setLevel(logging.DEBUG)
        self.addCleanup(handler.setStream, stream)
        self.addCleanup(handler.setLevel, level)
        for mood in (moods.known(), moods.refuses(500, f"WL-{NIP}"), moods.says(b"{"), moods.cuts):
            cache.clear()
            self.register.mood = mood
            self.fetch()
        with override_settings(COMPANY_LOOKUP_URL="http://register.invalid"):
            cache.clear()
            self.fetch()
        assert "The register of companies gave no answer: refused" in written.getvalue()
        for word in (NIP, "999-000", "WZÓR", "Jana Paw", moods.REGON, "register.invalid"):
            assert word not in written.getvalue(), word


class BrokenCache:
    """A cache whose server is down."""

    def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    def get(self, *args: Any, **kwargs: Any) -> Any:
        """Fail."""
        raise ConnectionError("down")

    set = get

    def close(self, **kwargs: Any) -> None:
        """Do nothing."""


class MemoryTests(FetchingTestCase):
    """The register is asked once for a company and a day."""

    def at(self, moment: str) -> Any:
        """Stop the clock at this moment."""
        return mock.patch.object(timezone, "now", return_value=datetime.fromisoformat(moment))

    def other_visitor(self) -> None:
        self.visitor = FIRMA.start(Visitor())

    def test_keeps_what_it_said(self) -> None:
        self.fetch()
        self.other_visitor()
        self.fetch("999 000 00 14")
        assert self.said() == FILLED
        self.assert_filled()
        assert len(self.register.asked) == 1

    def test_keeps_that_there_is_no_such_company(self) -> None:
        self.register.mood = moods.unknown()
        self.fetch()
        self.other_visitor()
        self.fetch()
        assert UNKNOWN in self.said()
        assert len(self.register.asked) == 1

    def test_does_not_keep_failures(self) -> None:
        self.register.mood = moods.refuses(500, "WL-100")
        self.fetch()
        self.register.mood = moods.known()
        self.fetch()
        assert self.said() == FILLED

    def test_does_not_mix_companies(self) -> None:
        self.fetch()
        self.register.mood = moods.known(nip="9990000020", name="INNA")
        self.other_visitor()
        self.fetch("9990000020")
        assert self.visitor.value("Pełna nazwa firmy") == "INNA"

    def test_does_not_mix_registers(self) -> None:
        self.fetch()
        with moods.running() as test_server:
            test_server.mood = moods.known(name="DANE TESTOWE")
            self.other_visitor()
            with override_settings(COMPANY_LOOKUP_URL=test_server.url):
                self.fetch()
        assert self.visitor.value("Pełna nazwa firmy") == "DANE TESTOWE"

    def test_forgets_at_midnight_in_warsaw(self) -> None:
        find, first = company_register.find, {"attempt": "a", "network": "n"}
        with self.at("2026-07-01T21:59:50+00:00"):
            assert find(NIP, **first)
            assert company_register._seconds_to_midnight() == 10
            assert find(NIP, **first)
            assert len(self.register.asked) == 1
        with self.at("2026-07-01T22:00:10+00:00"):
            assert find(NIP, **first)
        assert len(self.register.asked) == 2

    def test_counts_the_hours_of_the_days_when_the_clocks_change(self) -> None:
        for moment, hours in (
            ("2026-03-28T23:00:00+00:00", 23),
            ("2026-10-24T22:00:00+00:00", 25),
            ("2026-06-30T22:00:00+00:00", 24),
        ):
            with self.at(moment):
                assert company_register._seconds_to_midnight() == hours * 3600

    def test_shows_no_number_in_the_cache(self) -> None:
        assert NIP not in company_register._key(NIP)


class LimitTests(FetchingTestCase):
    """Neither a visitor nor a crowd uses up what the register allows."""

    def find(self, **others: str) -> Any:
        return company_register.find(NIP, **({"attempt": "a", "network": "n"} | others))

    def test_visitor_is_told_kindly(self) -> None:
        for _time in range(company_register.ATTEMPT_LOOKUPS.times):
            self.fetch()
            assert TOO_MANY not in self.said()
        self.fetch()
        assert TOO_MANY in self.said()
        assert self.visitor.status == 200
        self.visitor = FIRMA.start(Visitor())
        self.fetch()
        assert self.said() == FILLED

    def test_network_is_limited_over_all_its_visitors(self) -> None:
        for number in range(company_register.NETWORK_LOOKUPS.times):
            self.find(attempt=str(number))
        with self.assertRaises(company_register.TooManyLookups):
            self.find(attempt="another")
        assert self.find(network="another")

    def test_site_stays_under_the_limit_of_the_register(self) -> None:
        with mock.patch.object(vat_register.VatRegisterLookup, "questions_a_day", 2):
            for number in range(4):
                cache.clear()
                self.visitor = FIRMA.start(Visitor())
                self.fetch()
                assert self.said() == (FILLED if number < 2 else TODAY)
        assert len(self.register.asked) == 2
        assert vat_register.VatRegisterLookup.questions_a_day == 90

    def test_known_company_is_told_when_the_budget_is_used_up(self) -> None:
        with mock.patch.object(vat_register.VatRegisterLookup, "questions_a_day", 1):
            for _time in range(3):
                self.visitor = FIRMA.start(Visitor())
                self.fetch()
                assert self.said() == FILLED

    def test_register_that_refuses_for_the_day_is_not_asked_that_day(self) -> None:
        self.register.mood = moods.refuses(429, "WL-191")
        with mock.patch.object(timezone, "now") as now:
            now.return_value = datetime.fromisoformat("2026-07-01T21:58:00+00:00")
            for _time in range(3):
                cache.clear()
                with self.assertRaises(LookupExhausted):
                    self.find()
            assert len(self.register.asked) == 1
            self.register.mood = moods.known()
            now.return_value = datetime.fromisoformat("2026-07-01T22:01:00+00:00")
            assert self.find()
        assert len(self.register.asked) == 2
