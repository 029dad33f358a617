"""Two minutes before a session ends a dialog asks whether to stay, in every tab."""

from datetime import timedelta

from django.conf import settings
from django.test import override_settings
from playwright.sync_api import Locator, expect

from kantor.serving.models import Session
from tests.browser import DESK, PASSWORD, PHONE, BrowserTestCase, BrowserVisitor
from tests.clock import later
from tests.factories import activated

PATIENCE = 60_000  # milliseconds
SOON = "Za 2 minuty zakończymy sesję."
NOW = "Za minutę zakończymy sesję."
EXPIRED = "Sesja wygasła. Po zalogowaniu wrócisz na tę samą stronę."
WARNED, MINUTE, OVER = timedelta(minutes=13), timedelta(minutes=14), timedelta(minutes=15)
PAGE = "/konto/bezpieczenstwo/"


class DialogTests(BrowserTestCase):
    def signed_in(self, width: int = DESK, *, scripts: bool = True) -> BrowserVisitor:
        """Return somebody on the security page, whose browser's clock the test moves."""
        user = activated(password=PASSWORD)
        visitor = self.visitor("pl", width, scripts=scripts)
        visitor.page.context.clock.install()
        visitor.open(f"/logowanie/?next={PAGE}")
        return visitor.sign_in(user.email, PASSWORD).is_at("Sign-in and security")

    def dialog(self, visitor: BrowserVisitor) -> Locator:
        return visitor.page.get_by_role("alertdialog")

    def asks(self, visitor: BrowserVisitor, words: str = SOON) -> Locator:
        """Let the browser's timer come to its end, wait for the dialog and return it."""
        visitor.page.clock.fast_forward(int(WARNED.total_seconds() * 1000))
        dialog = self.dialog(visitor)
        expect(dialog).to_be_visible(timeout=PATIENCE)
        expect(dialog).to_have_accessible_name(words, timeout=PATIENCE)
        return dialog

    def is_closed(self, visitor: BrowserVisitor) -> None:
        expect(self.dialog(visitor)).to_be_hidden(timeout=PATIENCE)

    def test_asks_takes_the_focus_and_gives_it_back(self) -> None:
        for width in (DESK, PHONE):
            visitor = self.signed_in(width)
            link = visitor.page.get_by_role("link", name="Zmień hasło").first
            link.focus()
            with later(WARNED):
                dialog = self.asks(visitor)
                stay = dialog.get_by_role("button", name="Zostań")
                expect(stay).to_be_focused()
                visitor.page.keyboard.press("Tab")
                expect(dialog.get_by_role("button", name="Wyloguj się")).to_be_focused()
                visitor.fits()
                visitor.page.keyboard.press("Shift+Tab")
                visitor.page.keyboard.press("Enter")
                self.is_closed(visitor)
                expect(link).to_be_focused()
                assert visitor.path == PAGE
            with later(WARNED + MINUTE):
                self.asks(visitor, NOW)

    def test_comes_no_earlier(self) -> None:
        visitor = self.signed_in()
        visitor.page.clock.fast_forward(int((WARNED.total_seconds() - 10) * 1000))
        expect(self.dialog(visitor)).to_be_hidden()

    def test_says_when_only_a_minute_is_left(self) -> None:
        visitor = self.signed_in()
        with later(WARNED):
            self.asks(visitor)
        with later(MINUTE):
            self.asks(visitor, NOW)

    def test_takes_escape_for_staying(self) -> None:
        visitor = self.signed_in()
        with later(WARNED):
            self.asks(visitor)
            with visitor.page.expect_response(lambda answer: answer.request.method == "POST"):
                visitor.page.keyboard.press("Escape")
            self.is_closed(visitor)

    def test_closes_in_every_tab(self) -> None:
        first = self.signed_in()
        second = first.new_tab().open("/konto/")
        with later(WARNED):
            self.asks(second)
            self.asks(first.show_tab())
            first.button("Stay signed in").click()
            self.is_closed(first)
            self.is_closed(second.show_tab())

    def test_closes_when_another_tab_is_used_and_does_not_come_when_one_was(self) -> None:
        first = self.signed_in()
        with later(WARNED):
            self.asks(first)
            second = first.new_tab().open("/konto/")
            self.is_closed(first.show_tab())
        with later(2 * WARNED):
            self.asks(second.show_tab())
            second.reload()
            first.page.clock.fast_forward(int(WARNED.total_seconds() * 1000))
            expect(self.dialog(first.show_tab())).to_be_hidden()

    def test_signs_out(self) -> None:
        visitor = self.signed_in()
        with later(WARNED):
            dialog = self.asks(visitor)
            with visitor.page.expect_navigation():
                dialog.get_by_role("button", name="Wyloguj się").click()
        assert visitor.path == "/"
        assert visitor.shows("Wylogowano Cię z konta.")

    def test_leads_to_the_sign_in_when_nobody_answers(self) -> None:
        visitor = self.signed_in()
        with later(WARNED):
            self.asks(visitor)
        with later(OVER):
            visitor.page.clock.fast_forward(int(WARNED.total_seconds() * 1000))
            visitor.page.wait_for_url("**/logowanie/**", timeout=PATIENCE)
            assert visitor.shows(EXPIRED)
            email = activated(password=PASSWORD).email
            assert visitor.sign_in(email, PASSWORD).path == PAGE

    def test_leads_there_too_when_the_session_was_ended_elsewhere(self) -> None:
        visitor = self.signed_in()
        with later(WARNED):
            self.asks(visitor)
            Session.objects.all().delete()
            visitor.button("Stay signed in").click()
            visitor.page.wait_for_url("**/logowanie/**", timeout=PATIENCE)

    @override_settings(SESSION_HOURS=13 / 60)
    def test_offers_no_more_time_where_there_is_none(self) -> None:
        visitor = self.signed_in()
        with later(minutes=11):
            dialog = self.asks(visitor)
            expect(dialog.get_by_role("button")).to_have_text(["Wyloguj się"])
            expect(dialog).to_contain_text("Dokończ to, co robisz, i zaloguj się ponownie.")

    def test_is_not_there_without_a_script_nor_for_a_visitor(self) -> None:
        visitor = self.signed_in(scripts=False)
        expect(visitor.page.locator("dialog")).to_be_hidden()
        assert self.visitor().open("/").page.locator("dialog, script[src*=session]").count() == 0

    def test_has_a_small_script(self) -> None:
        script = settings.BASE_DIR / "static" / "js" / "session.js"
        assert script.stat().st_size < 2_000
