"""A red message is there while its value is wrong, and no longer; the summary follows."""

from django.core.cache import cache
from django.test import override_settings
from playwright.sync_api import Locator, expect

from accounts.views import still_wrong
from tests.browser import ADDRESS, NIP, PASSWORD, PHONE, BrowserTestCase, BrowserVisitor

COMPANY, PERSON = "Company", "Individual"
REVIEW = "Step 2a – Checking the details"


class ErrorsTestCase(BrowserTestCase):
    """Look at messages, at the summary and at the title."""

    def setUp(self) -> None:
        super().setUp()
        still_wrong.CALLS._tries.clear()

    def message(self, field: Locator) -> Locator:
        return field.locator("xpath=ancestor::*[@data-field]").locator(".field-error")

    def assert_wrong(self, visitor: BrowserVisitor, field: Locator) -> None:
        expect(self.message(field)).to_be_visible()
        expect(field).to_have_attribute("aria-invalid", "true")
        link = visitor.page.locator(f"#error-summary a[href='#{field.get_attribute('id')}']")
        expect(link).to_be_visible()

    def assert_right(self, visitor: BrowserVisitor, field: Locator) -> None:
        expect(self.message(field)).to_be_hidden()
        expect(field).not_to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_error_message("")
        link = visitor.page.locator(f"#error-summary a[href='#{field.get_attribute('id')}']")
        expect(link).to_be_hidden()

    def assert_done(self, visitor: BrowserVisitor) -> None:
        """Nothing on the page says any more that something is wrong."""
        expect(visitor.page.locator("#error-summary")).to_be_hidden()
        expect(visitor.page.locator(".field-error:visible")).to_have_count(0)
        assert "Błąd" not in visitor.page.title()


class DetailsTests(ErrorsTestCase):
    """Step 1a and 1b: the rules are the server's."""

    def test_a_message_goes_with_its_fault_and_comes_back_with_it(self) -> None:
        visitor = self.visitor(width=PHONE).reach_details(COMPANY).press("Next").is_refused()
        nip = visitor.field("Tax number (NIP)")
        self.assert_wrong(visitor, nip)
        for typed in ("5", "526-104-08", "526-104-08-27"):
            nip.fill(typed)
            with visitor.page.expect_response("**/dane/sprawdz/"):
                pass
            self.assert_wrong(visitor, nip)
        nip.fill(NIP)
        self.assert_right(visitor, nip)
        self.assert_wrong(visitor, visitor.field("Full company name"))
        nip.fill("526-104-08-27")
        self.assert_wrong(visitor, nip)
        assert "Błąd" in visitor.page.title()

    def test_the_summary_goes_with_the_last_of_them(self) -> None:
        for kind in (COMPANY, PERSON):
            visitor = self.visitor(width=PHONE).reach_details(kind).press("Next").is_refused()
            summary = visitor.page.locator("#error-summary")
            before = len(visitor.errors)
            visitor.fill_details(kind)
            self.assert_done(visitor)
            assert before > 5
            visitor.fits()
            # Its place is given back as soon as that is out of sight.
            visitor.button("Next").scroll_into_view_if_needed()
            expect(summary).to_have_count(0)
            visitor.press("Next").is_at(REVIEW)

    def test_heading_says_no_number_that_is_not_true(self) -> None:
        visitor = self.visitor().reach_details(PERSON).press("Next").is_refused()
        heading = visitor.page.locator("#error-summary h2")
        expect(heading).to_have_text("Popraw 7 pól")
        visitor.fill({"First name": "Łucja"})
        expect(heading).to_have_text("Jeszcze do poprawienia:")

    def test_another_country_may_make_a_number_right(self) -> None:
        visitor = self.visitor().reach_details(COMPANY).fill_details(COMPANY)
        visitor.fill({"Tax number (NIP)": "GB999999973"})
        visitor.fill({"Postal code": "SW1A 1AA"}, "Registered office address")
        visitor.press("Next").is_refused()
        nip = visitor.page.locator("[name='dane-nip']")
        code = visitor.page.locator("[name='dane-main_postal_code']")
        self.assert_wrong(visitor, nip)
        self.assert_wrong(visitor, code)
        visitor.page.locator("[name='dane-main_country']").select_option("GB")
        self.assert_right(visitor, nip)
        self.assert_right(visitor, code)
        self.assert_done(visitor)

    @override_settings(COMPANY_LOOKUP="fixtures")
    def test_what_the_register_fills_in_is_right(self) -> None:
        cache.clear()
        visitor = self.visitor().reach_details(COMPANY).press("Next").is_refused()
        visitor.fill({"Tax number (NIP)": "999-000-00-14"})
        visitor.page.get_by_role("button", name="Pobierz dane", exact=True).click()
        expect(visitor.field("Full company name")).not_to_have_value("")
        for label in ("Full company name", "Tax number (NIP)"):
            self.assert_right(visitor, visitor.field(label))
        for label in ("Postal code", "Town or city"):
            self.assert_right(visitor, visitor.field(label, "Registered office address"))
        self.assert_wrong(visitor, visitor.field("Work phone number"))

    def test_a_suggested_address_is_right(self) -> None:
        visitor = self.visitor().reach_details(PERSON).fill_details(PERSON, email="jan@gmial,com")
        visitor.press("Next").is_refused()
        email = visitor.field("E-mail address (login)")
        self.assert_wrong(visitor, email)
        visitor.page.get_by_role("button", name="Użyj jan@gmail.com").click()
        self.assert_right(visitor, email)
        self.assert_done(visitor)

    def test_who_cannot_be_answered_keeps_the_message(self) -> None:
        visitor = self.visitor().reach_details(PERSON).press("Next").is_refused()
        visitor.complaints.refused_calls = True
        for _ in range(still_wrong.CALLS.times):
            still_wrong.CALLS.hit("127.0.0.1")
        with visitor.page.expect_response("**/dane/sprawdz/"):
            visitor.fill({"First name": "Łucja"})
        self.assert_wrong(visitor, visitor.field("First name"))


class OtherPagesTests(ErrorsTestCase):
    """Where nothing but the answer itself has to be known."""

    def test_a_choice_is_right(self) -> None:
        visitor = self.visitor().open("/rejestracja/").press("Next").is_refused()
        visitor.choose(PERSON)
        self.assert_done(visitor)

    def test_a_ticked_box_is_right_and_an_unticked_one_is_not(self) -> None:
        visitor = self.visitor(width=PHONE).reach_consents(PERSON).press("Register").is_refused()
        first = visitor.page.get_by_role("checkbox").first
        first.check()
        expect(self.message(first)).to_be_hidden()
        first.uncheck()
        expect(self.message(first)).to_be_visible()
        visitor.tick_all()
        self.assert_done(visitor)

    def test_a_password_is_right_when_the_meter_says_so(self) -> None:
        visitor = self.visitor(width=PHONE).reach_password(PERSON).press("Next").is_refused()
        first = visitor.field("Account password")
        second = visitor.field("Confirm the account password")
        first.fill("haslo")
        expect(visitor.page.locator("[data-strength-text]")).to_contain_text("nie wystarczy")
        self.assert_wrong(visitor, first)
        first.fill(PASSWORD)
        self.assert_right(visitor, first)
        second.fill(PASSWORD[:-1])
        self.assert_wrong(visitor, second)
        second.fill(PASSWORD)
        self.assert_right(visitor, second)
        first.fill(f"{PASSWORD}-")
        expect(second).to_have_attribute("aria-invalid", "true")
        # Its place was given back: the message comes when the field is taken up.
        second.focus()
        self.assert_wrong(visitor, second)
        second.fill(f"{PASSWORD}-")
        captcha = visitor.field("Copy the characters from the picture")
        captcha.fill("abc")
        self.assert_wrong(visitor, captcha)
        captcha.fill("abcdef")
        self.assert_done(visitor)

    def test_a_field_that_was_empty_is_right_when_something_stands_in_it(self) -> None:
        visitor = self.visitor().open("/logowanie/")
        visitor.fill({"E-mail address (login)": "lucja@example.com"}).press("Next")
        visitor.press("Sign in").is_refused()
        digits = visitor.page.locator("#id_digits")
        digits.fill("037")
        self.assert_right(visitor, digits)
        self.assert_wrong(visitor, visitor.field("Password"))
        visitor.fill({"Password": "x"})
        self.assert_done(visitor)

    def test_an_address_is_judged_by_the_server(self) -> None:
        visitor = self.visitor().open("/haslo/").press("Send the link").is_refused()
        email = visitor.field("E-mail address (login)")
        with visitor.page.expect_response("**/adres/sprawdz/"):
            email.fill("lucja@example")
        self.assert_wrong(visitor, email)
        email.fill("lucja@example.com")
        self.assert_right(visitor, email)
        self.assert_done(visitor)

    def test_without_scripts_the_message_stays_until_the_form_is_sent(self) -> None:
        visitor = self.visitor(scripts=False).reach_details(PERSON).press("Next").is_refused()
        visitor.fill_details(PERSON)
        expect(visitor.page.locator(".field-error").first).to_be_visible()
        visitor.press("Next").is_at(REVIEW)
        assert ADDRESS
