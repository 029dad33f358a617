"""The staff's desk in a real browser: from the invitation to a decision, and about by keys."""

from time import time

from django.conf import settings
from django.core import mail
from django.test import Client
from playwright.sync_api import expect

from accounts.models import OutboxMessage, Passkey, ReviewState, User
from tests.browser import PHONE, BrowserTestCase, BrowserVisitor, bring_session
from tests.desk import LIST, page_of, sit_down
from tests.device import Device
from tests.factories import PASSWORD, activated, clerk, customer_of
from tests.phone import Phone, pass_time, stopped_clock
from tests.test_staff_invite import EMAIL, printed_for

HOME = "/admin/"
DAYS = 24 * 3600


class StaffVisitor(BrowserVisitor):
    """A member of staff, to whom all pages of the desk are Polish."""

    def go(self, address: str) -> None:
        response = self.page.goto(address)
        assert response is not None
        assert response.ok, f"{response.status}: {address}"

    def click(self, words: str, role: str = "button") -> None:
        """Press a button, or follow a link, by exactly these words, to the page that comes."""
        kind = self.page.get_by_role("link" if role == "link" else "button", name=words, exact=True)
        with self.page.expect_navigation():
            kind.first.click()

    def set_password(self, link: str) -> None:
        self.go(link)
        for name in ("new_password1", "new_password2"):
            self.page.locator(f"[name={name}]").fill(PASSWORD)
        self.click("Dalej")

    def decide(self, decision: str) -> None:
        """Open the form of a decision and send it."""
        self.page.locator("summary", has_text=decision).click()
        self.click(decision)


class DeskTestCase(BrowserTestCase):
    """Two customers who wait, and somebody to look at them."""

    def setUp(self) -> None:
        super().setUp()
        self.first, self.second = activated(), activated(language="en")
        mail.outbox.clear()

    def staff(self, width: int = 1280, *, scripts: bool = True) -> StaffVisitor:
        visitor = self.visitor(width=width, scripts=scripts)
        return StaffVisitor(visitor.page, visitor.complaints, "pl")

    def at_desk(self, role: str = "reviewer") -> StaffVisitor:
        visitor = self.staff()
        bring_session(visitor, sit_down(Client(), clerk(role)))
        return visitor

    def mails_to(self, user: User) -> list[str]:
        return [message.subject for message in mail.outbox if message.to == [user.email]]


class JourneyTests(DeskTestCase):
    """A new colleague on the first day."""

    def test_with_a_passkey(self) -> None:
        visitor = self.staff()
        device = Device(visitor.page)
        visitor.set_password(printed_for().split()[-1])
        visitor.click("Dodaj klucz dostępu", "link")
        visitor.click("Dodaj klucz dostępu")
        assert visitor.path == HOME
        assert Passkey.objects.get().user.email == EMAIL
        assert len(device.passkeys) == 1

        visitor.click("Wyloguj się")
        visitor.go("/admin/login/")
        visitor.click("Zaloguj się kluczem dostępu")
        assert visitor.path == HOME

        visitor.click("Weź następną")
        assert visitor.path == page_of(self.first)
        visitor.decide("Zatwierdź")
        assert customer_of(self.first).review_state == ReviewState.APPROVED
        assert self.mails_to(self.first) == ["Twoje dane są sprawdzone"]

    def test_with_an_app_and_without_scripts_on_a_phone(self) -> None:
        visitor = self.staff(PHONE, scripts=False)
        with stopped_clock():
            visitor.set_password(printed_for().split()[-1])
            visitor.click("Włącz aplikację z kodami", "link")
            phone = Phone(visitor.page.locator(".key").inner_text())
            visitor.page.get_by_label("6 cyfr z aplikacji").fill(phone.code())
            visitor.click("Włącz")
            visitor.go(HOME)
            visitor.click("Wyloguj się")

            pass_time(1)
            visitor.go(HOME)
            visitor.page.locator("#id_username").fill(EMAIL)
            visitor.page.locator("#id_password").fill(PASSWORD)
            visitor.click("Zaloguj się")
            visitor.page.get_by_label("6 cyfr z aplikacji").fill(phone.code())
            visitor.click("Zaloguj się")
            assert visitor.path == HOME

        visitor.click("Weź następną")
        assert visitor.path == page_of(self.first)
        visitor.click("Oddaj sprawę")
        visitor.go(page_of(self.second))
        visitor.page.locator("summary", has_text="Odrzuć").click()
        visitor.page.locator("#reject_reason").select_option(index=1)
        visitor.page.locator("#reject_note").fill("Sprawdzone")
        visitor.click("Odrzuć")
        assert customer_of(self.second).review_state == ReviewState.REJECTED
        assert len(self.mails_to(self.second)) == 1
        assert OutboxMessage.objects.filter(user=self.second).last().language == "en"
        visitor.fits()


class KeysTests(DeskTestCase):
    """Single keys."""

    def test_move_through_a_list_and_open_what_they_came_to(self) -> None:
        visitor = self.at_desk()
        page = visitor.page
        visitor.go(LIST)
        rows = page.locator("#result_list tbody th a, #result_list .field-number a")
        for key, row in (("j", 0), ("j", 1), ("j", 1), ("k", 0), ("k", 0)):
            page.keyboard.press(key)
            expect(rows.nth(row)).to_be_focused()
        page.keyboard.press("/")
        expect(page.locator("#desk-words")).to_be_focused()
        page.keyboard.type("j/n?")
        expect(page.locator("#desk-words")).to_have_value("j/n?")
        page.locator("body").press("Tab")
        rows.nth(0).focus()
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert visitor.path == page_of(self.second)

    def test_move_about_a_case_and_back_to_the_next_one(self) -> None:
        visitor = self.at_desk()
        page = visitor.page
        visitor.go(page_of(self.first))
        page.keyboard.press("j")
        assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
        page.locator("#written_text").fill("Zaczęta notatka")
        page.locator("#written_text").blur()
        page.keyboard.press("n")
        assert visitor.path == page_of(self.first)
        page.locator("#written_text").fill("")
        page.locator("#written_text").blur()
        with page.expect_navigation():
            page.keyboard.press("n")
        expect(page.locator("#take-next")).to_be_focused()
        assert visitor.path == HOME
        assert not User.objects.filter(held_by__isnull=False).exists()

    def test_are_explained_and_switched_off_for_good(self) -> None:
        visitor = self.at_desk()
        page = visitor.page
        visitor.go(HOME)
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Klawisze")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#keys")).to_be_hidden()
        page.keyboard.press("?")
        visitor.click("Wyłącz klawisze", "link")
        visitor.click("Wyłącz klawisze")
        visitor.go(HOME)
        page.keyboard.press("/")
        page.keyboard.press("?")
        expect(page.locator("#desk-words")).not_to_be_focused()
        assert page.locator("script[src*='desk'], #keys").count() == 0
        kept = {each["name"]: each for each in page.context.cookies()}
        assert kept[settings.KEYS_COOKIE_NAME]["expires"] > time() + 300 * DAYS
        visitor.go("/admin/keys/")
        visitor.click("Włącz klawisze")
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_be_visible()


class LanguageTests(DeskTestCase):
    """The other language."""

    def test_is_one_press_away_and_stays(self) -> None:
        visitor = self.at_desk()
        visitor.go(LIST)
        visitor.click("English")
        assert visitor.path == LIST
        assert visitor.heading == "Accounts"
        visitor.go(HOME)
        assert visitor.heading == "The desk"
        visitor.click("Polski")
        assert visitor.heading == "Biurko"
        visitor.click("Wyloguj się")
        visitor.go("/admin/login/")
        visitor.click("English")
        assert visitor.heading == "Log in"
