"""The button "Pobierz dane" in a real browser, with and without scripts."""

import threading
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from django.test import override_settings
from playwright.sync_api import expect

from tests import register as moods
from tests.browser import DESK, PHONE, BrowserTestCase, BrowserVisitor
from tests.register import NIP, PATIENCE, Register

FETCH = {"pl": "Pobierz dane", "en": "Fetch details"}
FILLED = {
    "pl": "Uzupełniliśmy nazwę, adres i numery rejestrowe z Wykazu podatników VAT. Sprawdź je.",
    "en": "We have filled in the name, the address and the registration numbers from the register "
    "of VAT payers. Check them.",
}
LATER = "Nie można teraz pobrać danych. Wpisz je samodzielnie albo spróbuj później."


class FetchingTests(BrowserTestCase):
    """At step 1a, with a register on this machine."""

    register: Register

    def setUp(self) -> None:
        super().setUp()
        cache.clear()
        self.register = self.enterContext(moods.running())
        self.enterContext(
            override_settings(COMPANY_LOOKUP="mf", COMPANY_LOOKUP_URL=self.register.url)
        )

    def company(self, language: str = "pl", width: int = DESK, **options: Any) -> BrowserVisitor:
        return self.visitor(language, width, **options).reach_details("Company")

    def click(self, visitor: BrowserVisitor) -> None:
        visitor.page.get_by_role("button", name=FETCH[visitor.language], exact=True).click()

    def assert_filled(self, visitor: BrowserVisitor) -> None:
        expect(visitor.page.locator(".company-lookup [role=status]")).to_have_text(
            FILLED[visitor.language]
        )
        expect(visitor.field("Street", "Registered office address")).to_have_value(
            "Św. Jana Pawła II"
        )
        expect(visitor.field("Town or city", "Registered office address")).to_have_value("Warszawa")
        expect(visitor.field("Full company name")).to_have_value(
            "WZÓR I PRZYKŁAD spółka z ograniczoną odpowiedzialnością"
        )

    def test_without_scripts_the_form_comes_back_filled(self) -> None:
        for language, width in (("pl", PHONE), ("en", DESK)):
            visitor = self.company(language, width, scripts=False)
            visitor.fill({"Tax number (NIP)": NIP, "Representative’s first name": "Żaneta"})
            with visitor.page.expect_navigation():
                self.click(visitor)
            visitor.fits()
            self.assert_filled(visitor)
            expect(visitor.field("Representative’s first name")).to_have_value("Żaneta")
            assert visitor.page.url.endswith("#company")
            visitor.reload()
            self.assert_filled(visitor)
        assert len(self.register.asked) == 1

    def test_with_scripts_the_page_stays(self) -> None:
        for language, width in (("en", PHONE), ("pl", DESK)):
            visitor = self.company(language, width)
            visitor.fill({"Tax number (NIP)": NIP})
            visitor.page.evaluate("window.isSamePage = true")
            self.click(visitor)
            self.assert_filled(visitor)
            assert visitor.page.evaluate("window.isSamePage")
            visitor.fits()
            expect(
                visitor.page.get_by_role("button", name=FETCH[language], exact=True)
            ).to_be_focused()

    @override_settings(COMPANY_LOOKUP="fixtures")
    def test_another_number_takes_back_what_came_for_the_first(self) -> None:
        visitor = self.company().fill({"Tax number (NIP)": "999-000-01-03"})
        self.click(visitor)
        name = visitor.field("Full company name")
        expect(name).to_have_value("ZAGADKA spółka jawna")
        regon = visitor.page.locator('[data-field="regon"] input')
        regon.fill("999000041")
        visitor.fill({"Tax number (NIP)": NIP})
        self.click(visitor)
        expect(visitor.field("Town or city", "Registered office address")).to_have_value("Warszawa")
        expect(name).to_have_value("WZÓR I PRZYKŁAD spółka z ograniczoną odpowiedzialnością")
        expect(regon).to_have_value("999000041")
        visitor.fill({"Tax number (NIP)": "999-000-00-37"})
        self.click(visitor)
        expect(name).to_have_value("")

    def test_good_number_takes_back_its_error(self) -> None:
        visitor = self.company().press("Next").is_refused()
        number = visitor.field("Tax number (NIP)")
        expect(number).to_have_attribute("aria-invalid", "true")
        number.fill(NIP)
        self.click(visitor)
        expect(number).not_to_have_attribute("aria-invalid", "true")
        expect(visitor.field("Full company name")).not_to_have_attribute("aria-invalid", "true")
        expect(visitor.field("Work phone number")).to_have_attribute("aria-invalid", "true")

    def test_nothing_typed_meanwhile_is_lost_and_the_page_looks_busy(self) -> None:
        may_answer = threading.Event()
        self.addCleanup(may_answer.set)

        def waits(handler: Any) -> None:
            may_answer.wait(PATIENCE)
            moods.known()(handler)

        self.register.mood = waits
        visitor = self.company().fill({"Tax number (NIP)": NIP, "Full company name": "Moja"})
        self.click(visitor)
        region = visitor.page.locator(".company-lookup")
        expect(region).to_have_attribute("aria-busy", "true")
        expect(region.locator("[role=status]")).to_have_text("Pobieramy dane…")
        expect(region.locator("button")).to_have_attribute("aria-disabled", "true")
        # Dispatched: Playwright waits until a button is not aria-disabled any more.
        region.locator("button").dispatch_event("click")
        address = {"Town or city": "Kraków"}
        visitor.fill(address, within="Registered office address")
        visitor.fill({"Representative’s first name": "Żaneta"})
        may_answer.set()
        expect(visitor.field("Street", "Registered office address")).to_have_value(
            "Św. Jana Pawła II"
        )
        expect(visitor.field("Town or city", "Registered office address")).to_have_value("Kraków")
        expect(visitor.field("Full company name")).to_have_value("Moja")
        expect(visitor.field("Representative’s first name")).to_have_value("Żaneta")
        expect(region.locator("button")).not_to_have_attribute("aria-disabled", "true")
        assert region.get_attribute("aria-busy") is None
        assert len(self.register.asked) == 1

    def test_failure_is_told_and_the_form_works_by_hand(self) -> None:
        self.register.mood = moods.refuses(500, "WL-100")
        visitor = self.company().fill({"Tax number (NIP)": NIP})
        self.click(visitor)
        status = visitor.page.locator(".company-lookup [role=status]")
        expect(status).to_have_text(LATER)
        visitor.fill_details("Company").press("Next")
        visitor.is_at("Step 2a – Checking the details")

    def test_lost_connection_is_told_as_well(self) -> None:
        visitor = self.company().fill({"Tax number (NIP)": NIP})
        visitor.page.route("**/dane/firma/", lambda route: route.abort("aborted"))
        self.click(visitor)
        expect(visitor.page.locator(".company-lookup [role=status]")).to_have_text(LATER)
        expect(visitor.field("Tax number (NIP)")).to_have_value(NIP)

    def test_invalid_number_has_its_ordinary_error(self) -> None:
        visitor = self.company()
        visitor.fill({"Tax number (NIP)": "123", "Representative’s first name": "Żaneta"})
        with visitor.page.expect_navigation():
            self.click(visitor)
        visitor.is_refused()
        expect(visitor.field("Tax number (NIP)")).to_have_attribute("aria-invalid", "true")
        expect(visitor.field("Representative’s first name")).to_have_value("Żaneta")
        assert self.register.asked == []

    def test_enter_in_the_number_fetches_too(self) -> None:
        for scripts in (True, False):
            visitor = self.company(scripts=scripts).fill({"Tax number (NIP)": NIP})
            visitor.field("Tax number (NIP)").press("Enter")
            expect(visitor.field("Full company name")).not_to_have_value("")
            expect(visitor.page.locator("#error-summary")).to_have_count(0)

    def test_enter_elsewhere_means_next(self) -> None:
        visitor = self.company().fill({"Tax number (NIP)": NIP})
        with visitor.page.expect_navigation():
            visitor.field("Full company name").press("Enter")
        visitor.is_refused()
        assert self.register.asked == []

    def test_company_from_abroad_has_no_button(self) -> None:
        visitor = self.company()
        button = visitor.page.get_by_role("button", name=FETCH["pl"], exact=True)
        expect(button).to_be_visible()
        country = visitor.page.locator('[data-field="main_country"] select')
        country.select_option("DE")
        expect(button).to_be_hidden()
        visitor.press("Next")
        expect(button).to_be_hidden()
        country.select_option("PL")
        expect(button).to_be_visible()

    def test_is_accessible(self) -> None:
        for width in (PHONE, DESK):
            visitor = self.company(width=width).fill({"Tax number (NIP)": NIP})
            self.click(visitor)
            self.assert_filled(visitor)
            found = Axe().run(visitor.page)
            assert found.violations_count == 0, found.generate_report()
