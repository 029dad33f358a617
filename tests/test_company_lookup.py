"""The register of VAT payers: what is asked, what is understood, and every way to get no answer."""

import json
import os
import shutil
import ssl
import subprocess
import tempfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest import SkipTest, mock

from django.test import SimpleTestCase, override_settings

from accounts import lookup
from accounts.lookup import CompanyData, LookupExhausted, LookupUnavailable, vat_register
from accounts.lookup.fixtures import FOLDER, FixturesLookup
from accounts.lookup.http import ssl_context
from accounts.lookup.vat_register import MOST_BYTES, VatRegisterLookup
from accounts.values import address, company_name, krs, nip, postal_code, regon
from tests import register as moods
from tests.register import KRS, NIP, PATIENCE, REGON, Mood, Register

FOUND = CompanyData(
    name="WZÓR I PRZYKŁAD spółka z ograniczoną odpowiedzialnością",
    regon=REGON,
    krs=KRS,
    street="Św. Jana Pawła II",
    house_no="12",
    flat_no="3",
    postal_code="00-000",
    city="Warszawa",
)


class RegisterTestCase(SimpleTestCase):
    """A register on this machine, and the real client of it."""

    register: Register

    def setUp(self) -> None:
        self.register = self.enterContext(moods.running())

    def lookup(self, mood: Mood | None = None) -> CompanyData | None:
        """Ask a register in this mood."""
        if mood is not None:
            self.register.mood = mood
        return VatRegisterLookup(self.register.url).lookup(NIP).company

    def trouble(self, mood: Mood | None = None) -> str:
        """Return the word that the failure has for the log."""
        try:
            found = self.lookup(mood)
        except LookupUnavailable as error:
            assert error.__cause__ is None
            assert error.__suppress_context__ or error.__context__ is None
            return str(error)
        raise AssertionError(f"answered with {found}")


class AnswerTests(RegisterTestCase):
    """Answers that can be used."""

    def test_asks_once_for_the_number_and_the_day_in_warsaw(self) -> None:
        midnight_in_warsaw = "2026-06-30T22:30:00+00:00"
        with mock.patch("django.utils.timezone.now") as now:
            now.return_value = datetime.fromisoformat(midnight_in_warsaw)
            assert self.lookup() == FOUND
        assert self.register.asked == [f"/api/search/nip/{NIP}?date=2026-07-01"]

    def test_unknown_company_is_none(self) -> None:
        assert self.lookup(moods.unknown()) is None

    def test_number_that_the_register_refuses_is_none(self) -> None:
        for code in ("WL-112", "WL-113", "WL-114", "WL-115"):
            assert self.lookup(moods.refuses(400, code)) is None, code

    def test_sole_trader_is_named_and_found_at_the_residence(self) -> None:
        found = self.lookup(
            moods.known(
                name="JAN PRZYKŁADOWY",
                krs=None,
                workingAddress=None,
                residenceAddress="PRZYKŁADOWO 7A, 99-999 PRZYKŁADOWO",
            )
        )
        assert found == CompanyData(
            name="JAN PRZYKŁADOWY",
            regon=REGON,
            house_no="7A",
            postal_code="99-999",
            city="Przykładowo",
        )

    def test_seat_goes_before_the_residence(self) -> None:
        found = self.lookup(moods.known(residenceAddress="UL. INNA 1, 11-111 INNE"))
        assert found == FOUND

    def test_address_that_is_not_understood_leaves_the_rest(self) -> None:
        for odd in ("SKRYTKA POCZTOWA W URZĘDZIE", "", "-", None, 7, ["UL. DŁUGA 1"], "A" * 5000):
            found = self.lookup(moods.known(workingAddress=odd))
            assert found == CompanyData(name=FOUND.name, regon=REGON, krs=KRS), odd

    def test_values_that_we_would_refuse_are_left_out(self) -> None:
        texts = ("", "  ", "<b>", "\x00", "123", "0" * 300, "\ud800")
        others: list[Any] = [None, 7, True, [], {}]
        for odd in (*texts, *others):
            found = self.lookup(
                moods.known(name=odd, regon=odd, krs=odd, workingAddress=odd, residenceAddress=odd)
            )
            assert found is not None
            assert not found.regon, odd
            assert not found.city, odd
            if found.name:
                assert company_name.parse(found.name) == found.name
            if found.krs:
                assert krs.parse(found.krs) == found.krs

    def test_more_than_was_published_does_no_harm(self) -> None:
        assert self.lookup(moods.known(extra={"deep": [1, 2]}, accountNumbers=7)) == FOUND


class TroubleTests(RegisterTestCase):
    """Everything else is LookupUnavailable, in time."""

    def test_errors_of_the_register(self) -> None:
        for status, code in (
            (400, "WL-101"),
            (400, "WL-118"),
            (400, "WL-130"),
            (400, "WL-190"),
            (503, "WL-195"),
            (503, "WL-196"),
            (429, "WL-190"),
            (500, "WL-100"),
            (404, ""),
        ):
            assert self.trouble(moods.refuses(status, code)) == "refused", code

    def test_daily_limit_is_told_apart_whatever_its_status(self) -> None:
        for status in (400, 403, 429):
            self.register.mood = moods.refuses(status, "WL-191")
            with self.assertRaises(LookupExhausted):
                self.lookup()

    def test_page_in_place_of_data(self) -> None:
        page = b"<!DOCTYPE html><title>Przerwa</title>"
        for status in (200, 429, 500, 502):
            assert self.trouble(moods.says(page, status, "text/html")) == "content-type"

    def test_data_of_another_type(self) -> None:
        body = json.dumps({"result": {"subject": moods.subject()}}).encode()
        for content_type in ("text/plain", "application/xml", "", "application/json2"):
            assert self.trouble(moods.says(body, 200, content_type)) == "content-type"

    def test_what_only_calls_itself_json(self) -> None:
        for body in (b"", b"<html>", b"{", b"\xff\xfe", b"[" * 100_000, b"1" * 10_000):
            assert self.trouble(moods.says(body)) in ("not-json", "shape"), body[:10]

    def test_shapes_that_were_not_published(self) -> None:
        odd: list[Any] = [
            None,
            7,
            "x",
            [],
            {},
            {"result": None},
            {"result": []},
            {"result": {}},
            {"result": {"subject": []}},
            {"result": {"subject": "x"}},
            {"result": {"subject": {}}},
            {"result": {"subject": moods.subject(nip="9990000020")}},
            {"result": {"subject": moods.subject(nip=int(NIP))}},
        ]
        for content in odd:
            assert self.trouble(moods.says(content)) == "shape", content

    def test_errors_of_other_shapes(self) -> None:
        for content in ({}, {"code": 191}, {"code": ["WL-115"]}, {"code": None}):
            assert self.trouble(moods.says(content, 400)) == "refused", content

    def test_redirect_is_not_followed(self) -> None:
        with moods.running() as other:
            for address in (f"{other.url}/", "/elsewhere", "file:///etc/passwd"):
                self.trouble(moods.redirects(address))
            assert other.asked == []
        assert len(self.register.asked) == 3

    def test_huge_answer_is_not_read(self) -> None:
        assert self.trouble(moods.says(b" " * (MOST_BYTES + 1))) == "too-large"

    def test_name_of_half_a_megabyte_is_not_read(self) -> None:
        endless = "SPÓŁKA AKCYJNA " * 9_000 + "X"
        assert self.lookup(moods.known(name=endless)) == replace(FOUND, name="")

    def test_answer_that_breaks_off(self) -> None:
        assert self.trouble(moods.cuts) in ("not-json", "IncompleteRead")
        assert self.trouble(moods.hangs_up) in ("RemoteDisconnected", "ConnectionResetError")

    def test_nobody_there(self) -> None:
        with moods.running() as gone:
            url = gone.url
        with self.assertRaisesMessage(LookupUnavailable, "ConnectionRefusedError"):
            VatRegisterLookup(url).lookup(NIP)

    def test_name_without_an_address(self) -> None:
        for host in ("register.invalid", "a" * 70 + ".invalid", "xn--.invalid", "", "h:99999"):
            with self.assertRaises(LookupUnavailable):
                VatRegisterLookup(f"http://{host}").lookup(NIP)

    def test_failure_is_not_repeated(self) -> None:
        self.trouble(moods.refuses(500, "WL-100"))
        self.trouble(moods.hangs_up)
        assert len(self.register.asked) == 2


class TimeTests(RegisterTestCase):
    """Three seconds for everything."""

    def test_are_three(self) -> None:
        assert vat_register.TOTAL_SECONDS <= 3

    def test_are_for_the_whole_talk(self) -> None:
        for mood in (moods.hangs, moods.drips, moods.drips_headers):
            self.register.cut.clear()
            with mock.patch.object(vat_register, "TOTAL_SECONDS", 0.3):
                # The register would go on for as long as the test lives.
                assert self.trouble(mood) in ("timeout", "TimeoutError")
            assert self.register.cut.wait(PATIENCE), f"{mood} goes on talking"


class CertificateTests(SimpleTestCase):
    """A server has to prove its name."""

    def test_is_asked_for(self) -> None:
        context = ssl_context()
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname

    def test_unknown_one_ends_the_talk_before_a_question(self) -> None:
        openssl = shutil.which("openssl")
        if openssl is None:
            assert not os.environ.get("CI"), "CI must not skip this; openssl is missing"
            raise SkipTest("no openssl to make a certificate with")
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        command += ["-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
        command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key", "-out", "own"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "own", folder / "key")
        with moods.running(context) as register:
            url = register.url.replace("http:", "https:")
            with self.assertRaisesMessage(LookupUnavailable, "SSLCertVerificationError"):
                VatRegisterLookup(url).lookup(NIP)
            assert register.asked == []


class FixturesTests(SimpleTestCase):
    """The answers that development plays."""

    def lookup(self, number: str) -> CompanyData | None:
        return FixturesLookup().lookup(number).company

    def test_have_valid_numbers(self) -> None:
        files = [file.stem for file in FOLDER.glob("*.json")]
        assert len(files) == 9
        for number in files:
            assert nip.parse(number) == number

    def test_play_companies(self) -> None:
        assert self.lookup(NIP) == FOUND
        trader = self.lookup("9990000020")
        assert trader is not None
        assert trader.name == "JAN PRZYKŁADOWY"
        assert trader.city == "Przykładowo"
        odd = self.lookup("9990000103")
        assert odd == CompanyData(name="ZAGADKA spółka jawna", regon="999000035")

    def test_play_what_is_not_there(self) -> None:
        for number in ("9990000037", "9990000043", "5261040828"):
            assert self.lookup(number) is None, number

    def test_play_trouble(self) -> None:
        for number in ("9990000072", "9990000089", "9990000095"):
            with self.assertRaises(LookupUnavailable):
                self.lookup(number)
        with self.assertRaises(LookupExhausted):
            self.lookup("9990000066")

    def test_open_no_other_file(self) -> None:
        for number in ("../fixtures", "", "٩", f"../answers/{NIP}"):
            with self.assertRaises(LookupUnavailable):
                self.lookup(number)


class BackendTests(SimpleTestCase):
    """COMPANY_LOOKUP chooses."""

    def test_is_chosen_by_the_settings(self) -> None:
        assert not lookup.is_enabled()
        with self.assertRaises(LookupUnavailable):
            lookup.backend()
        with override_settings(COMPANY_LOOKUP="fixtures"):
            assert lookup.is_enabled()
            assert isinstance(lookup.backend(), FixturesLookup)
        with override_settings(COMPANY_LOOKUP="mf"):
            assert isinstance(lookup.backend(), VatRegisterLookup)


class ValuesTests(SimpleTestCase):
    """What is found is what the form itself would have made of it."""

    def test_are_canonical(self) -> None:
        assert company_name.parse(FOUND.name) == FOUND.name
        assert regon.parse(FOUND.regon) == FOUND.regon
        assert krs.parse(FOUND.krs) == FOUND.krs
        assert address.parse_street(FOUND.street) == FOUND.street
        assert address.parse_number(FOUND.house_no) == FOUND.house_no
        assert postal_code.parse(FOUND.postal_code, "PL") == FOUND.postal_code
        assert address.parse_city(FOUND.city) == FOUND.city
