"""Both journeys in a real browser, in both languages, with and without scripts, wide and narrow."""

import re

from django.core import mail
from playwright.sync_api import expect

from accounts.models import Customer, User
from tests.browser import ADDRESS, DESK, EMAIL, PASSWORD, PHONE, BrowserTestCase, BrowserVisitor

COMPANY, PERSON = "Company", "Individual"
DETAILS = {
    COMPANY: "Step 1a – Your details – company",
    PERSON: "Step 1b – Your details – individual",
}


class JourneyTests(BrowserTestCase):
    """From the home page to the signed-in page."""

    def walk(self, kind: str, language: str, width: int, *, scripts: bool) -> None:
        """Go the whole way, refused once on every step that can refuse."""
        visitor = self.visitor(language, width, scripts=scripts)
        visitor.open("/").fits().follow("Sign up")
        visitor.is_at("Step 1 – Identification of the User").press("Next").is_refused()
        visitor.choose(kind).press("Next")
        visitor.is_at(DETAILS[kind]).press("Next").is_refused()
        visitor.fill_details(kind).press("Next")
        visitor.is_at("Step 2a – Checking the details")
        owner = "Meble Żuraw sp. z o.o." if kind == COMPANY else "Łucja Żak-Nowak"
        assert visitor.page.locator(".owner-name").inner_text() == owner
        visitor.press("Next").is_at("Step 2b – Setting the password")
        visitor.press("Next").is_refused().set_password()
        visitor.is_at("Step 2c – Accepting the Terms").press("Register").is_refused()
        visitor.tick_all().press("Register").is_at("Check your mailbox")
        assert visitor.shows(EMAIL)
        visitor.open(self.activation_link()).is_at("The account is active")
        visitor.field("How did you hear about kantor.pl?").select_option(index=3)
        visitor.press("Send the answer").is_at("The account is active")
        assert visitor.shows(visitor.say("Thank you for your answer."))
        visitor.follow("Sign in", within="main").is_at("Signing in").press("Next")
        visitor.press("Sign in").is_refused()
        visitor.page.locator("#id_digits").fill("601 234 567")
        visitor.fill({"Password": PASSWORD}).press("Sign in")
        visitor.is_at("Your account")
        assert visitor.shows(EMAIL)
        customer = Customer.objects.get(user__is_active=True)
        assert customer.kind == ("company" if kind == COMPANY else "person")
        assert customer.user.language == language

    def test_company_in_polish_on_a_phone(self) -> None:
        self.walk(COMPANY, "pl", PHONE, scripts=True)

    def test_company_in_polish_on_a_desk(self) -> None:
        self.walk(COMPANY, "pl", DESK, scripts=True)

    def test_company_in_polish_on_a_phone_without_scripts(self) -> None:
        self.walk(COMPANY, "pl", PHONE, scripts=False)

    def test_company_in_polish_on_a_desk_without_scripts(self) -> None:
        self.walk(COMPANY, "pl", DESK, scripts=False)

    def test_company_in_english_on_a_phone(self) -> None:
        self.walk(COMPANY, "en", PHONE, scripts=True)

    def test_company_in_english_on_a_desk(self) -> None:
        self.walk(COMPANY, "en", DESK, scripts=True)

    def test_company_in_english_on_a_phone_without_scripts(self) -> None:
        self.walk(COMPANY, "en", PHONE, scripts=False)

    def test_company_in_english_on_a_desk_without_scripts(self) -> None:
        self.walk(COMPANY, "en", DESK, scripts=False)

    def test_person_in_polish_on_a_phone(self) -> None:
        self.walk(PERSON, "pl", PHONE, scripts=True)

    def test_person_in_polish_on_a_desk(self) -> None:
        self.walk(PERSON, "pl", DESK, scripts=True)

    def test_person_in_polish_on_a_phone_without_scripts(self) -> None:
        self.walk(PERSON, "pl", PHONE, scripts=False)

    def test_person_in_polish_on_a_desk_without_scripts(self) -> None:
        self.walk(PERSON, "pl", DESK, scripts=False)

    def test_person_in_english_on_a_phone(self) -> None:
        self.walk(PERSON, "en", PHONE, scripts=True)

    def test_person_in_english_on_a_desk(self) -> None:
        self.walk(PERSON, "en", DESK, scripts=True)

    def test_person_in_english_on_a_phone_without_scripts(self) -> None:
        self.walk(PERSON, "en", PHONE, scripts=False)

    def test_person_in_english_on_a_desk_without_scripts(self) -> None:
        self.walk(PERSON, "en", DESK, scripts=False)


class ReturningTests(BrowserTestCase):
    """F5 and Back, on every page, never send a form again and never lose an answer."""

    def typed(self, visitor: BrowserVisitor) -> dict[str, str]:
        """Return what the details form shows."""
        labels = ("First name", "Last name", "E-mail address (login)", "Phone number")
        address = {
            label: visitor.field(label, "Address of residence").input_value() for label in ADDRESS
        }
        return address | {label: visitor.field(label).input_value() for label in labels}

    def test_reload_changes_nothing_from_the_first_page_to_the_last(self) -> None:
        visitor = self.visitor().open("/rejestracja/").reload()
        visitor.press("Next").reload().is_refused()
        visitor.choose(PERSON).press("Next").reload().is_at(DETAILS[PERSON])
        visitor.fill({"First name": "Łucja"}).press("Next").reload().is_refused()
        assert visitor.field("First name").input_value() == "Łucja"
        visitor.fill_details(PERSON).press("Next").reload()
        visitor.is_at("Step 2a – Checking the details")
        assert visitor.shows("31-147")
        visitor.press("Next").reload().press("Next").reload().is_refused()
        visitor.set_password().reload().is_at("Step 2c – Accepting the Terms")
        visitor.press("Register").reload().is_refused()
        visitor.tick_all().press("Register").reload().is_at("Check your mailbox")
        visitor.open(self.activation_link()).reload().is_at("The account is active")
        visitor.press("Send the answer").reload().is_at("The account is active")
        visitor.open("/logowanie/")
        visitor.sign_in(EMAIL, PASSWORD)
        visitor.reload().is_at("Your account")
        assert User.objects.count() == 1

    def test_back_from_the_last_step_finds_every_page_as_it_was(self) -> None:
        visitor = self.visitor().reach_details(PERSON).fill_details(PERSON)
        answers = self.typed(visitor)
        visitor.press("Next").press("Next").set_password()
        visitor.is_at("Step 2c – Accepting the Terms")
        visitor.back().is_at("Step 2b – Setting the password")
        assert visitor.field("Account password").input_value() == ""
        visitor.back().is_at("Step 2a – Checking the details")
        visitor.back().is_at(DETAILS[PERSON])
        assert self.typed(visitor) == answers
        visitor.back().is_at("Step 1 – Identification of the User")
        visitor.forward().is_at(DETAILS[PERSON])
        assert self.typed(visitor) == answers
        visitor.press("Next").press("Next").press("Next").is_at("Step 2c – Accepting the Terms")

    def test_back_after_the_end_explains_and_registers_nobody_again(self) -> None:
        visitor = self.visitor().register(PERSON)
        visitor.complaints.expected.add(410)
        visitor.back()
        if visitor.page.get_by_role("checkbox").count():
            visitor.tick_all().press("Register").is_at("Check your mailbox")
        else:
            visitor.is_at("This registration is already complete").reload()
        assert User.objects.count() == 1
        assert len(mail.outbox) == 1

    def test_back_and_correct_keep_what_was_typed(self) -> None:
        visitor = self.visitor("en").reach_details(COMPANY)
        visitor.fill({"Full company name": "Half typed"}).press("Back")
        visitor.is_at("Step 1 – Identification of the User").press("Next").is_at(DETAILS[COMPANY])
        assert visitor.field("Full company name").input_value() == "Half typed"
        visitor.fill_details(COMPANY).press("Next").follow("Correct", within="#company")
        visitor.fill({"Full company name": "Another Ltd"}).press("Next")
        visitor.is_at("Step 2a – Checking the details")
        assert visitor.page.locator(".owner-name").inner_text() == "Another Ltd"

    def test_the_other_language_shows_the_same_step_with_the_same_answers(self) -> None:
        visitor = self.visitor().reach_details(PERSON).fill_details(PERSON)
        visitor.press("Next").press("Next").press("Back").back()
        visitor.open(visitor.path.replace("/haslo/", "/dane/"))
        answers = self.typed(visitor)
        with visitor.page.expect_navigation():
            visitor.page.get_by_role("link", name="EN English").click()
        visitor.language = "en"
        visitor.is_at(DETAILS[PERSON])
        assert self.typed(visitor) == answers

    def test_cancel_asks_first_and_then_nothing_is_left(self) -> None:
        visitor = self.visitor().reach_details(PERSON).fill({"First name": "Łucja"})
        attempt = visitor.path
        visitor.press("Cancel").is_at("Cancel the registration?")
        visitor.follow("Return to the registration").is_at(DETAILS[PERSON])
        assert visitor.field("First name").input_value() == "Łucja"
        visitor.press("Cancel").reload().press("Cancel and delete my details")
        visitor.is_at("The registration was cancelled").reload()
        visitor.open(attempt, status=404)


class OnceTests(BrowserTestCase):
    """However often somebody presses, one registration is one account."""

    def double_click(self, *, scripts: bool) -> None:
        """Press Register twice as fast as a hand can."""
        visitor = self.visitor(scripts=scripts).reach_consents(PERSON).tick_all()
        visitor.button("Register").dblclick()
        # The second click may break the first one's way off: not a navigation is waited for but
        # the page that comes of both.
        expect(visitor.page).to_have_url(re.compile("/wyslano/$"))
        visitor.is_at("Check your mailbox")
        assert User.objects.count() == 1
        assert len(mail.outbox) == 1

    def test_double_click_makes_one_account(self) -> None:
        self.double_click(scripts=True)

    def test_double_click_without_scripts_makes_one_account(self) -> None:
        self.double_click(scripts=False)

    def test_two_tabs_make_two_accounts(self) -> None:
        first = self.visitor().reach_details(PERSON)
        second = first.new_tab().reach_details(COMPANY)
        first.show_tab().fill_details(PERSON, email="pierwsza@example.com").press("Next")
        second.show_tab().fill_details(COMPANY, email="druga@example.com").press("Next")
        first.show_tab().press("Next").set_password().tick_all()
        second.show_tab().press("Next").set_password().tick_all().press("Register")
        first.show_tab().press("Register").is_at("Check your mailbox")
        kinds = dict(Customer.objects.values_list("user__email", "kind"))
        assert kinds == {"pierwsza@example.com": "person", "druga@example.com": "company"}

    def test_another_browser_activates_only_with_the_password(self) -> None:
        self.visitor().register(PERSON)
        stranger = self.visitor(width=PHONE).open(self.activation_link())
        stranger.is_at("Activate your account").press("Activate account").is_refused()
        stranger.fill({"Password you chose when registering": "Zgaduje-7-razy"})
        stranger.press("Activate account").is_refused()
        assert not User.objects.get().is_active
        stranger.fill({"Password you chose when registering": PASSWORD}).press("Activate account")
        stranger.is_at("The account is active").reload()
        assert User.objects.get().is_active


class ComfortTests(BrowserTestCase):
    """What scripts and the stylesheet add."""

    def test_meter_shows_the_verdict_of_the_server(self) -> None:
        visitor = self.visitor(width=PHONE).reach_password(PERSON)
        verdict = visitor.page.locator("[data-strength-text]")
        meter = visitor.page.locator("[data-strength-meter]")
        length = visitor.page.locator("[data-rule='length']")
        expect(meter).to_have_attribute("data-score", "")
        visitor.field("Account password").press_sequentially("abc1")
        expect(verdict).to_have_text("Siła hasła: słaba (nie wystarczy)")
        expect(meter).to_have_attribute("data-score", "1")
        expect(length).to_have_attribute("data-met", "false")
        advice = visitor.page.locator("[data-strength-advice] li").first
        expect(advice).to_be_hidden()
        # It takes the place of the list when all but the strength is met, and when a password is
        # long enough and weak: the list would not say why.
        for weak in ("Kantor2026!", "haslo123"):
            visitor.fill({"Account password": weak})
            expect(meter).to_have_attribute("data-score", re.compile("[01]"))
            expect(advice).to_be_visible()
            expect(advice).to_have_text(re.compile("^Hasło jest za słabe: "))
            visitor.fill({"Account password": "abc1"})
            expect(advice).to_be_hidden()
        visitor.fill({"Account password": "Kantor2026!"})
        expect(advice).to_be_visible()
        visitor.fits().fill({"Account password": PASSWORD})
        expect(verdict).to_have_text("Siła hasła: bardzo silna (wystarczy)")
        expect(meter).to_have_attribute("data-score", "4")
        expect(length).to_have_attribute("data-met", "true")
        visitor.fill({"Account password": ""})
        expect(meter).to_have_attribute("data-score", "")
        expect(verdict).to_have_text("")

    def test_meter_knows_the_data_of_the_customer(self) -> None:
        visitor = self.visitor("en").reach_password(PERSON)
        visitor.fill({"Account password": "Lucja-Zak-Nowak-1"})
        verdict = visitor.page.locator("[data-strength-meter]")
        expect(verdict).to_have_attribute("data-score", re.compile("[01]"))

    def test_password_can_be_shown_and_hidden(self) -> None:
        visitor = self.visitor().reach_password(PERSON)
        password = visitor.field("Account password")
        password.fill("Tajne-haslo-1")
        visitor.button("Show password").click()
        expect(password).to_have_attribute("type", "text")
        expect(visitor.field("Confirm the account password")).to_have_attribute("type", "password")
        visitor.button("Hide password").click()
        expect(password).to_have_attribute("type", "password")

    def test_buttons_that_need_scripts_are_not_there_without_them(self) -> None:
        visitor = self.visitor(scripts=False).reach_password(PERSON)
        expect(visitor.page.get_by_role("button", name="Pokaż hasło")).to_have_count(0)
        expect(visitor.page.locator("[data-strength-meter]")).to_be_hidden()

    def test_correspondence_address_appears_when_it_is_wanted(self) -> None:
        for scripts in (True, False):
            with self.subTest(scripts=scripts):
                visitor = self.visitor(width=PHONE, scripts=scripts).reach_details(COMPANY)
                address = visitor.page.get_by_role("group", name="Adres korespondencyjny")
                expect(address).to_be_hidden()
                visitor.choose("I want to give a different correspondence address")
                expect(address).to_be_visible()
                visitor.fits().press("Next").is_refused()
                expect(address).to_be_visible()
                visitor.fill_details(COMPANY).fill(ADDRESS, within="Correspondence address")
                visitor.press("Next").is_at("Step 2a – Checking the details")
                assert visitor.shows("Adres korespondencyjny")

    def test_switching_the_language_takes_along_what_was_not_sent(self) -> None:
        visitor = self.visitor().reach_details(PERSON)
        visitor.field("First name").fill("Żaneta")
        with visitor.page.expect_navigation():
            visitor.page.get_by_role("link", name="EN English").click()
        expect(visitor.page.get_by_label("First name", exact=True)).to_have_value("Żaneta")

    def test_switching_the_language_of_a_step_as_it_came_sends_nothing(self) -> None:
        visitor = self.visitor().reach_details(PERSON).press("Next").is_refused()
        methods: list[str] = []
        visitor.page.on("request", lambda request: methods.append(request.method))
        with visitor.page.expect_navigation():
            visitor.page.get_by_role("link", name="EN English").click()
        assert visitor.errors[0] == "First name: Enter the first name."
        assert "POST" not in methods

    def test_fields_say_what_a_screen_reader_has_to_know(self) -> None:
        visitor = self.visitor().reach_details(COMPANY)
        for label, is_required in (("Pełna nazwa firmy", True), ("Numer KRS", False)):
            field = visitor.page.get_by_label(label)
            assert field.evaluate("input => input.required") is is_required, label
        assert not visitor.page.locator("[name^='dane-corr_'][required]").count()
        visitor.fill_details(COMPANY).press("Next").press("Next")
        password = visitor.field("Account password")
        expect(password).to_have_accessible_description(re.compile(r"co najmniej 8\sznaków"))
        visitor.button("Show repeated password").click()
        expect(visitor.field("Confirm the account password")).to_have_attribute("type", "text")
        expect(password).to_have_attribute("type", "password")
        expect(visitor.page.locator("[required]")).to_have_count(3)
        visitor.set_password().press("Back").is_at("Step 2b – Setting the password")
        expect(visitor.page.locator("[required]")).to_have_count(0)

    def test_enter_in_a_field_presses_next(self) -> None:
        visitor = self.visitor().reach_password(PERSON)
        with visitor.page.expect_navigation():
            visitor.field("Copy the characters from the picture").press("Enter")
        visitor.is_refused()

    def test_links_of_the_error_summary_lead_to_their_fields(self) -> None:
        visitor = self.visitor(width=PHONE).reach_details(PERSON).press("Next").is_refused()
        for link in visitor.page.locator("#error-summary a").all():
            link.click()
            field = visitor.page.locator(":focus")
            assert f"#{field.get_attribute('id')}" == link.get_attribute("href")
            assert field.get_attribute("aria-invalid") == "true"
