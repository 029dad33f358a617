"""No hint, meter, error or message moves what somebody is about to press."""

import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product

from django.core.cache import cache
from django.test import override_settings
from django.utils.translation import override
from playwright.sync_api import Locator, Page, Route, expect

from accounts.registration.company_data import MESSAGES
from tests import factories
from tests.browser import ADDRESS, DESK, NARROW, PASSWORD, PHONE, BrowserTestCase, BrowserVisitor

COMPANY, PERSON = "Company", "Individual"
WIDTHS = (NARROW, PHONE, DESK)
EMAIL = {COMPANY: "Work e-mail address (login)", PERSON: "E-mail address (login)"}
REVIEW = "Step 2a – Checking the details"
LONG_ADDRESS = f"{'bardzo-dluga-nazwa-skrzynki' * 2}@gmial.com"

# Where that stands which can be pressed or typed in, in the window and below it. Of what is above
# the window nobody presses anything.
PLACES = """() => Object.fromEntries(
  [...document.querySelectorAll("main :is(a, button, input, select, summary)")]
    .filter((each) => !each.closest(".visually-hidden, .decoy, #error-summary"))
    .filter((each) => each.checkVisibility({ visibilityProperty: true }))
    .map((each) => [each, each.getBoundingClientRect()])
    .filter(([each, { bottom }]) => bottom > 0)
    .map(([each, { left, top }]) => [
      each.id || each.name || each.getAttribute("href") || each.textContent.trim(),
      [left, top],
    ])
)"""

# Pixels: a window scrolls by whole ones, and what stands between two of them is rounded.
LEAST = 1.5


@contextmanager
def still(page: Page, focused: Locator | None = None) -> Iterator[None]:
    """Make sure that nothing moves within: what was there before is there afterwards.

    A field is focused first, and with that scrolled into sight.
    """
    if focused is not None:
        focused.focus()
    before: dict[str, list[float]] = page.evaluate(PLACES)
    assert before, "there is nothing to press"
    yield
    after: dict[str, list[float]] = page.evaluate(PLACES)
    moved = {
        name: f"{place} -> {after[name]}"
        for name, place in before.items()
        if name in after and math.dist(place, after[name]) > LEAST
    }
    assert not moved, f"{page.viewport_size} {page.url}: {moved}"


def without_a_page(route: Route) -> None:
    """Answer with nothing to show."""
    route.fulfill(status=204)


class PressTests(BrowserTestCase):
    """A press that begins on a button ends on it, whatever comes meanwhile."""

    SLIP, QUESTION = "x@gmial.com", "Czy chodzi o x@gmail.com?"

    def press_slowly(self, button: Locator, come: Callable[[], object]) -> None:
        """Press as a hand does: down, a while in which something comes, up."""
        page = button.page
        button.scroll_into_view_if_needed()
        box = button.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        come()
        with page.expect_navigation():
            page.mouse.up()

    def test_by_a_mouse_reaches_next_while_the_hint_comes(self) -> None:
        visitor = self.visitor()
        for kind, width in product((PERSON, COMPANY), WIDTHS):
            visitor.anew(width).reach_details(kind).fill_details(kind)
            visitor.fill({EMAIL[kind]: self.SLIP})
            question = expect(visitor.page.get_by_text(self.QUESTION))
            self.press_slowly(visitor.button("Next"), question.to_be_visible)
            visitor.is_at(REVIEW)

    def test_reaches_next_when_the_network_is_slow(self) -> None:
        visitor = self.visitor(width=PHONE).reach_details(PERSON).fill_details(PERSON)
        held: list[Route] = []
        visitor.page.route("**/dane/podpowiedz/", lambda route: held.append(route))
        with visitor.page.expect_request("**/dane/podpowiedz/"):
            visitor.fill({EMAIL[PERSON]: self.SLIP}).field(EMAIL[PERSON]).blur()

        def come() -> None:
            held.pop().continue_()
            expect(visitor.page.get_by_text(self.QUESTION)).to_be_visible()

        self.press_slowly(visitor.button("Next"), come)
        visitor.is_at(REVIEW)

    def test_by_a_finger_or_a_key_reaches_next(self) -> None:
        visitor = self.visitor()
        for press in ("touchscreen", "keyboard"):
            visitor.anew(PHONE).reach_details(PERSON).fill_details(PERSON)
            visitor.fill({EMAIL[PERSON]: self.SLIP})
            with visitor.page.expect_navigation():
                if press == "keyboard":
                    visitor.button("Next").focus()
                    visitor.page.keyboard.press("Enter")
                else:
                    visitor.button("Next").dispatch_event("touchstart")
                    visitor.button("Next").click()
            visitor.is_at(REVIEW)


class DetailsTests(BrowserTestCase):
    """Step 1a and 1b."""

    def test_the_hint_at_the_email_has_its_place(self) -> None:
        visitor = self.visitor()
        for kind, width in product((PERSON, COMPANY), WIDTHS):
            visitor.anew(width).reach_details(kind)
            email = visitor.field(EMAIL[kind])
            suggestion = visitor.page.locator("[name=wizard_suggestion]")
            for address in ("x@gmial.com", LONG_ADDRESS):
                with still(visitor.page, email):
                    email.fill(address)
                    email.blur()
                    expect(suggestion).to_be_visible()
                visitor.fits()
                with still(visitor.page, email):
                    email.fill("")
                    email.blur()
                    expect(suggestion).to_be_hidden()

    @override_settings(COMPANY_LOOKUP="fixtures")
    def test_every_message_about_the_register_has_its_place(self) -> None:
        write = "(status, words) => { status.textContent = words; }"
        visitor = self.visitor()
        for language in ("pl", "en"):
            visitor.anew(DESK, language).reach_details(COMPANY)
            status = visitor.page.locator(".company-lookup [role=status]")
            with override(language):
                sentences = [str(message) for message in MESSAGES.values()]
            for width, sentence in product(WIDTHS, sentences):
                visitor.page.set_viewport_size({"width": width, "height": 740})
                status.evaluate(write, "")
                with self.subTest(width=width, sentence=sentence), still(visitor.page):
                    status.evaluate(write, sentence)

    @override_settings(COMPANY_LOOKUP="fixtures")
    def test_another_country_moves_nothing_below_the_list(self) -> None:
        visitor = self.visitor()
        for width in WIDTHS:
            visitor.anew(width).reach_details(COMPANY)
            country = visitor.page.locator("[name='dane-main_country']")
            # As far up as it can be: what is above it is out of sight.
            country.evaluate("list => list.scrollIntoView()")
            for code in ("DE", "HK", "PL"):
                with still(visitor.page):
                    country.select_option(code)

    def test_messages_that_go_leave_their_places(self) -> None:
        visitor = self.visitor()
        for kind, width in product((COMPANY, PERSON), WIDTHS):
            visitor.anew(width).reach_details(kind).press("Next").is_refused()
            group = "Registered office address" if kind == COMPANY else "Address of residence"
            name = "Full company name" if kind == COMPANY else "First name"
            errors = visitor.page.locator(".field-error:visible")
            right: list[tuple[str, str | None, str]] = [(name, None, "Żuraw")]
            right += [(label, group, text) for label, text in ADDRESS.items() if label != "Street"]
            for left, (label, within, text) in enumerate(right, errors.count() - len(right)):
                field = visitor.field(label, within)
                with still(visitor.page, field):
                    field.fill(text)
                    expect(errors).to_have_count(errors.count() - 1)
                assert left >= 0
            visitor.fits()


class PasswordTests(BrowserTestCase):
    """Wherever a password is chosen."""

    TYPED = ("a", "abc1", "haslo123", "Kotek-2024", "Haslo123!", "aaaaaaaaaaaa", PASSWORD)

    def assert_meter_is_still(self, visitor: BrowserVisitor, label: str) -> None:
        field, meter = visitor.field(label), visitor.page.locator("[data-strength-meter]")
        said = visitor.page.locator("[data-strength-text]")
        for password in self.TYPED:
            with still(visitor.page, field):
                field.fill(password)
                expect(said).not_to_be_empty()
            with still(visitor.page, field):
                field.fill("")
                expect(meter).to_have_attribute("data-score", "")

    def test_the_meter_has_its_place_in_the_registration(self) -> None:
        visitor = self.visitor()
        for width, language in product(WIDTHS, ("pl", "en")):
            visitor.anew(width, language).reach_password(PERSON)
            self.assert_meter_is_still(visitor, "Account password")

    def test_the_meter_has_its_place_in_a_change(self) -> None:
        user = factories.activated(password=PASSWORD)
        visitor = self.visitor("en")
        for width in WIDTHS:
            visitor.anew(width).open("/logowanie/")
            visitor.sign_in(user.email, PASSWORD).open("/haslo/zmiana/")
            self.assert_meter_is_still(visitor, "New password")

    def test_messages_that_go_leave_their_places(self) -> None:
        visitor = self.visitor(width=PHONE).reach_password(PERSON).press("Next").is_refused()
        errors = visitor.page.locator(".field-error:visible")
        for left, label in ((2, "Account password"), (1, "Confirm the account password")):
            with still(visitor.page, visitor.field(label)):
                visitor.fill({label: PASSWORD})
                expect(errors).to_have_count(left)
        with still(visitor.page, visitor.button("New picture")):
            visitor.button("New picture").click()
            expect(errors).to_have_count(0)

    def test_showing_a_password_moves_nothing(self) -> None:
        visitor = self.visitor()
        for width in WIDTHS:
            visitor.anew(width).open("/logowanie/")
            visitor.fill({"E-mail address (login)": "nikt@example.com"}).press("Next")
            with still(visitor.page):
                visitor.button("Show password").click()
                expect(visitor.button("Hide password")).to_be_visible()


class BusyTests(BrowserTestCase):
    """A pressed button looks busy without growing."""

    def test_nothing_moves_beside_it(self) -> None:
        for width in WIDTHS:
            visitor = self.visitor(width=width).open("/rejestracja/").choose(PERSON)
            # An answer without a page: the browser stays, and the button busy.
            visitor.page.route(re.compile("/rejestracja/$"), without_a_page)
            with still(visitor.page, visitor.button("Next")):
                visitor.button("Next").click(no_wait_after=True)
                expect(visitor.button("Next")).to_have_attribute("aria-disabled", "true")


class RegisterTests(BrowserTestCase):
    """What a register fills in moves nothing either."""

    @override_settings(COMPANY_LOOKUP="fixtures")
    def test_filled_fields_stay_where_they_are(self) -> None:
        cache.clear()
        for width in WIDTHS:
            visitor = self.visitor(width=width).reach_details(COMPANY).press("Next").is_refused()
            nip = visitor.field("Tax number (NIP)")
            with still(visitor.page, nip):
                nip.fill("999-000-00-14")
                nip.press("Enter")
                expect(visitor.field("Full company name")).not_to_have_value("")
