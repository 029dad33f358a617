"""Everything can be done with the keys Tab, Enter, Space and the arrows, and is seen meanwhile."""

from typing import Any

from accounts.models import Kind, User
from tests.browser import ADDRESS, EMAIL, NARROW, PASSWORD, BrowserTestCase, BrowserVisitor
from tests.doors import digits_label
from tests.factories import activated

# Where the focus is, whether somebody sees it there, and whether it came further down the page.
FOCUS = """() => {
  const element = document.activeElement;
  const before = window.focusBefore;
  window.focusBefore = element;
  if (!element || element === document.body) return null;
  const ring = [element, element.closest("label, .choice-card, li")].some((part) => {
    const style = part && getComputedStyle(part);
    return style && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  });
  const labels = [...(element.labels ?? [])];
  const words = ((labels[0] ?? element).innerText ?? "").replaceAll("\u00a0", " ");
  return {
    html: element.outerHTML.slice(0, 120),
    name: (labels.length ? words : element.getAttribute("aria-label") ?? words),
    kind: element.type || element.localName,
    ring,
    goesOn: !before || before === document.body || before === element
      || Boolean(before.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING),
  };
}"""
# The strength of a password comes a moment later and moves what stands below it.
INSIDE = """() => {
  const box = document.activeElement.getBoundingClientRect();
  return box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
}"""
FOCUSABLE = """() => {
  const groups = new Set();
  return [...document.querySelectorAll("a[href], button, input, select, textarea, summary, audio")]
    .filter((element) => element.tabIndex >= 0 && element.type !== "hidden"
      && element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }))
    .filter((element) => element.type !== "radio"
      || (!groups.has(element.name) && groups.add(element.name)))
    .length;
}"""
# A page that needs more stops than this to reach a button is a trap.
MOST_STOPS = 80


class Fingers:
    """One person at the keyboard, without a mouse."""

    def __init__(self, visitor: BrowserVisitor) -> None:
        self.visitor = visitor
        self.page = visitor.page

    def press(self, key: str) -> None:
        """Press one key."""
        self.page.keyboard.press(key)

    def stop(self) -> dict[str, Any] | None:
        """Press Tab and return where that leads, None behind the last stop of the page."""
        self.press("Tab")
        stop: dict[str, Any] | None = self.page.evaluate(FOCUS)
        if stop is None:
            return None
        where = f"{self.visitor.path}: {stop['html']}"
        assert stop["ring"], f"the focus is not visible on {where}"
        self.page.wait_for_function(INSIDE)
        assert stop["goesOn"], f"the focus jumps back on {where}"
        stop["name"] = " ".join(stop["name"].split()).replace("\N{NO-BREAK SPACE}", " ")
        return stop

    def go_to(self, words: str, answers: dict[str, str], *, tick: bool) -> None:
        """Press Tab until the link or button with these words; answer what is asked on the way.

        A field whose label is among `answers` is typed into, or its next choice taken when it is a
        list. `tick` ticks every box.
        """
        # That of the digits is another one every day.
        as_it_is = digits_label(EMAIL, self.visitor.language)
        left = {
            label if label == as_it_is else self.visitor.say(label): answer
            for label, answer in answers.items()
        }
        for _ in range(MOST_STOPS):
            stop = self.stop()
            assert stop is not None, f"no {words!r} on {self.visitor.path}"
            label = stop["name"].removesuffix(" (opcjonalnie)").removesuffix(" (optional)")
            if stop["kind"] == "checkbox":
                if tick:
                    self.press("Space")
            elif stop["kind"] == "select-one":
                if left.pop(label, None):
                    self.press("ArrowDown")
            elif label in left:
                self.page.keyboard.type(left.pop(label))
            elif stop["name"] == self.visitor.say(words) and not left:
                return
        raise AssertionError(f"{words!r} is behind {MOST_STOPS} stops on {self.visitor.path}")

    def enter(
        self, words: str, answers: dict[str, str] | None = None, *, tick: bool = False
    ) -> BrowserVisitor:
        """Go to a link or a button, press Enter and wait for the page that comes."""
        self.go_to(words, answers or {}, tick=tick)
        with self.page.expect_navigation():
            self.press("Enter")
        return self.visitor

    def skip_to_content(self) -> None:
        """Use the skip link, which is the first stop of every page."""
        self.stop()
        self.press("Enter")
        self.page.wait_for_function("document.activeElement.id === 'main'")
        self.page.evaluate(FOCUS)


DETAILS = {
    "First name": "Łucja",
    "Last name": "Żak-Nowak",
    **ADDRESS,
    "E-mail address (login)": EMAIL,
    "Phone number": "601 234 567",
}


class KeyboardTests(BrowserTestCase):
    """From the home page to the account without a mouse."""

    def walk(self, language: str, width: int) -> None:
        """Register, activate and sign in with nothing but keys."""
        visitor = self.visitor(language, width)
        keys = Fingers(visitor.open("/"))
        keys.skip_to_content()
        keys.enter("Sign up").is_at("Step 1 – Identification of the User")
        keys.enter("Next").is_refused()
        stop = keys.stop()
        assert stop is not None
        assert stop["kind"] == "a", "the first stop after the summary is its first link"
        keys.press("Enter")
        visitor.page.wait_for_function("document.activeElement.type === 'radio'")
        keys.press("ArrowDown")
        assert visitor.field("Individual").is_checked()
        keys.press("ArrowUp")
        assert visitor.field("Company").is_checked()
        keys.press("ArrowDown")
        visitor.page.evaluate(FOCUS)
        keys.enter("Next").is_at("Step 1b – Your details – individual")
        keys.enter("Next", DETAILS).is_at("Step 2a – Checking the details")
        keys.skip_to_content()
        keys.enter("Next").is_at("Step 2b – Setting the password")
        code = visitor.copy_captcha().field("Copy the characters from the picture").input_value()
        visitor.reload()
        passwords = dict.fromkeys(("Account password", "Confirm the account password"), PASSWORD)
        keys.enter("Next", {**passwords, "Copy the characters from the picture": code})
        visitor.is_at("Step 2c – Accepting the Terms")
        keys.enter("Register").is_refused()
        keys.enter("Register", tick=True).is_at("Check your mailbox")
        visitor.open(self.activation_link()).is_at("The account is active")
        keys.enter("Send the answer", {"How did you hear about kantor.pl?": "the next one"})
        assert visitor.shows(visitor.say("Thank you for your answer."))
        keys.skip_to_content()
        keys.enter("Sign in").is_at("Signing in")
        keys.enter("Next", {"E-mail address (login)": EMAIL})
        # The address cannot be typed into, and its link leads back.
        label = digits_label(EMAIL, visitor.language)
        keys.enter("Sign in", {"Password": PASSWORD, label: "601 234 567"})
        visitor.is_at("Your account")
        assert User.objects.get().is_active

    def test_registers_in_polish_in_a_narrow_window(self) -> None:
        self.walk("pl", NARROW)

    def test_registers_in_english_in_a_wide_window(self) -> None:
        self.walk("en", 1280)

    def test_every_stop_is_reached_once_and_nothing_holds_the_focus(self) -> None:
        visitor = self.visitor(width=NARROW)
        keys = Fingers(visitor.reach_details("Company"))
        for reach in (
            lambda: visitor.open("/"),
            lambda: visitor.open("/pomoc/"),
            lambda: visitor.open("/logowanie/"),
            lambda: visitor.open("/rejestracja/"),
            lambda: visitor.reach_details("Company"),
        ):
            reach()
            stops = 0
            while keys.stop() is not None:
                stops += 1
                assert stops <= MOST_STOPS, f"the focus goes round on {visitor.path}"
            assert stops == visitor.page.evaluate(FOCUSABLE), visitor.path

    def test_every_page_of_the_account_is_walked_from_end_to_end(self) -> None:
        visitor = self.visitor(width=NARROW)
        visitor.signed_in_as(activated(Kind.COMPANY))
        for path in (
            "",
            "dane/",
            "dane/adres/",
            "dane/imie-i-nazwisko/",
            "dane/telefon/",
            "dane/email/",
            "bezpieczenstwo/",
            "zgody/",
            "regulamin/",
            "moje-dane/",
            "zamknij/",
        ):
            keys = Fingers(visitor.open(f"/konto/{path}"))
            # Counted: after the last stop Chromium may begin with the first again.
            for _stop in range(visitor.page.evaluate(FOCUSABLE)):
                assert keys.stop() is not None, path

    def test_skip_link_shows_itself_and_leads_past_the_header(self) -> None:
        visitor = self.visitor().open("/rejestracja/")
        keys = Fingers(visitor)
        stop = keys.stop()
        assert stop is not None
        assert stop["name"] == "Przejdź do treści"
        keys.press("Enter")
        visitor.page.wait_for_function("document.activeElement.id === 'main'")
        visitor.page.evaluate(FOCUS)
        stop = keys.stop()
        assert stop is not None
        assert visitor.page.evaluate("document.activeElement.closest('main') !== null")
