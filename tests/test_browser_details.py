"""The form of the details in a real browser: the hint at the e-mail, keyboards, ways back."""

import re

from playwright.sync_api import expect

from tests.browser import PHONE, BrowserTestCase, BrowserVisitor

COMPANY, PERSON = "Company", "Individual"
EMAIL_LABEL = "E-mail address (login)"


class EmailHintTests(BrowserTestCase):
    """A mistyped address is asked about at once, and one button mends it."""

    def type_slip(self, visitor: BrowserVisitor) -> None:
        visitor.reach_details(PERSON).fill_details(PERSON, email="jan@gmial.com")
        visitor.field(EMAIL_LABEL).blur()

    def test_is_there_when_the_field_is_left_and_one_button_takes_it(self) -> None:
        visitor = self.visitor(width=PHONE)
        self.type_slip(visitor)
        question = visitor.page.get_by_text("Czy chodzi o jan@gmail.com?")
        expect(question).to_be_visible()
        email = visitor.field(EMAIL_LABEL)
        # Before the "@" a long address may be cut, so its halves are boxes of their own.
        expect(email).to_have_accessible_description(
            re.compile(r"Czy chodzi o\s+jan\s?@gmail\.com\?")
        )
        visitor.fits()
        visitor.page.get_by_role("button", name="Użyj jan@gmail.com").click()
        expect(email).to_have_value("jan@gmail.com")
        expect(email).to_be_focused()
        expect(question).to_be_hidden()
        expect(visitor.page.locator("[name=wizard_suggestion]")).to_be_hidden()
        visitor.press("Next").is_at("Step 2a – Checking the details")
        expect(visitor.page.locator("[name=wizard_suggestion]")).to_have_count(0)

    def test_goes_when_the_address_is_mended_by_hand(self) -> None:
        visitor = self.visitor()
        self.type_slip(visitor)
        question = visitor.page.get_by_text("Czy chodzi o jan@gmail.com?")
        expect(question).to_be_visible()
        visitor.fill({EMAIL_LABEL: "jan@gmail.com"}).field(EMAIL_LABEL).blur()
        expect(question).to_be_hidden()

    def test_does_not_stand_in_the_way_of_enter(self) -> None:
        for scripts in (True, False):
            visitor = self.visitor(scripts=scripts)
            self.type_slip(visitor)
            with visitor.page.expect_navigation():
                visitor.field(EMAIL_LABEL).press("Enter")
            visitor.is_at("Step 2a – Checking the details")
            assert visitor.shows("jan@gmial.com")

    def test_works_without_scripts_on_the_form_and_on_the_review(self) -> None:
        visitor = self.visitor(width=PHONE, scripts=False)
        self.type_slip(visitor)
        visitor.press("Next").is_at("Step 2a – Checking the details").fits()
        visitor.page.locator("a[href$='#contact']").click()
        button = visitor.page.get_by_role("button", name="Użyj jan@gmail.com")
        expect(button).to_be_visible()
        visitor.fits()
        with visitor.page.expect_navigation():
            button.click()
        expect(visitor.field(EMAIL_LABEL)).to_have_value("jan@gmail.com")
        visitor.press("Next").is_at("Step 2a – Checking the details")
        assert visitor.shows("jan@gmail.com")

    def test_on_the_review_is_taken_by_one_button(self) -> None:
        visitor = self.visitor(width=PHONE)
        self.type_slip(visitor)
        visitor.press("Next").is_at("Step 2a – Checking the details")
        with visitor.page.expect_navigation():
            visitor.page.get_by_role("button", name="Użyj jan@gmail.com").click()
        visitor.is_at("Step 2a – Checking the details")
        assert visitor.shows("jan@gmail.com")


class ForeignDomainTests(BrowserTestCase):
    """A browser sends such a domain in its coded form; nobody has to recognise that."""

    def test_is_shown_in_its_own_letters(self) -> None:
        visitor = self.visitor().reach_review(PERSON, email="Jan@przykład.pl")
        visitor.is_at("Step 2a – Checking the details")
        assert visitor.shows("Jan@przykład.pl")


class KeyboardTests(BrowserTestCase):
    """Numbers of other countries have letters, and a phone must offer them."""

    def test_follows_the_country(self) -> None:
        visitor = self.visitor(width=PHONE).reach_details(COMPANY)
        nip = visitor.page.locator("[name='dane-nip']")
        code = visitor.page.locator("[name='dane-main_postal_code']")
        country = visitor.page.get_by_label("Kraj").first
        for choice, keyboard in (("DE", "text"), ("PL", "numeric")):
            country.select_option(choice)
            expect(nip).to_have_attribute("inputmode", keyboard)
            expect(code).to_have_attribute("inputmode", keyboard)
        other = visitor.page.locator("[name='dane-corr_country']")
        visitor.choose("I want to give a different correspondence address")
        other.select_option("GB")
        corr_code = visitor.page.locator("[name='dane-corr_postal_code']")
        expect(corr_code).to_have_attribute("inputmode", "text")
        expect(code).to_have_attribute("inputmode", "numeric")


class WayBackTests(BrowserTestCase):
    """Popraw puts the reader, and the focus, where the answer is."""

    def test_the_group_has_the_focus_and_is_seen(self) -> None:
        for scripts in (True, False):
            visitor = self.visitor(width=PHONE, scripts=scripts).reach_review(COMPANY)
            visitor.page.locator("a[href$='#representative']").click()
            group = visitor.page.locator("#representative")
            expect(group).to_be_focused()
            expect(group).to_be_in_viewport()
            visitor.press("Next").is_at("Step 2a – Checking the details")
            visitor.page.locator("a[href$='#id_dane-other_address']").click()
            expect(visitor.page.locator("[name='dane-other_address']")).to_be_focused()
            visitor.press("Next").is_at("Step 2a – Checking the details")

    def test_the_error_summary_has_the_focus_instead_when_something_is_wrong(self) -> None:
        visitor = self.visitor(width=PHONE).reach_review(COMPANY)
        visitor.page.locator("a[href$='#representative']").click()
        visitor.fill({"Work phone number": "1"}).press("Next").is_refused()
        expect(visitor.page.locator("#error-summary")).to_be_focused()
