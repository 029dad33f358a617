"""The registration on a phone: short enough to be read, and no word ends where it must not."""

import re
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.test import override_settings
from playwright.sync_api import Locator, expect

from accounts.views import still_wrong
from kantor.serving.typography import untie
from tests.browser import (
    DESK,
    HEIGHTS,
    NARROW,
    PHONE,
    BrowserTestCase,
    BrowserVisitor,
)

COMPANY, PERSON = "Company", "Individual"
# A made-up company of the register, with a name as long as the registers write it.
NIP = "999-000-00-14"
LONG_WORD = "odpowiedzialnością"
EMAIL = "anna.nowak@firma.example"
REVIEW = "Step 2a – Checking the details"

# In a window of 360 px, from step 1 to the active account, headers and footers counted.
MOST_PIXELS, MOST_WORDS, MOST_PIXELS_OF_REVIEW = 10_000, 650, 1_500

# The words of the main part that are seen, those of the lists of countries not counted.
LENGTH = r"""() => {
  const main = document.querySelector("main");
  const count = (text) => text.split(/\s+/u).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
  const others = [...main.querySelectorAll("select, .visually-hidden")];
  const uncounted = others.filter((each) => each.checkVisibility());
  return {
    pixels: document.documentElement.scrollHeight,
    words: count(main.innerText) - uncounted.reduce((sum, each) => sum + count(each.innerText), 0),
  };
}"""

# Words of which a part stands in another line than the rest.
BROKEN = r"""() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const broken = [];
  while (texts.nextNode()) {
    const { data, parentElement } = texts.currentNode;
    const hidden = ".visually-hidden, option, script, .languages span, .unlabelled > dt"
      + ", .progress li:not(.progress-current)";
    if (parentElement.closest(hidden) || !parentElement.checkVisibility()) continue;
    for (const word of data.matchAll(/[\p{L}\p{N}]{2,}/gu)) {
      const range = document.createRange();
      range.setStart(texts.currentNode, word.index);
      range.setEnd(texts.currentNode, word.index + word[0].length);
      const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
      if (lines.size > 1) broken.push(word[0]);
    }
  }
  return broken;
}"""


@dataclass(frozen=True)
class Length:
    """How long one page is."""

    pixels: int
    words: int


def length_of(visitor: BrowserVisitor) -> Length:
    """Measure the page as it stands in its window."""
    return Length(**visitor.page.evaluate(LENGTH))


def box(locator: Locator) -> dict[str, float]:
    """Return where it stands."""
    found: Any = locator.bounding_box()
    assert found is not None
    return dict(found)


class Registrant(BrowserTestCase):
    """Fill in a company with all that the register knows of it."""

    def setUp(self) -> None:
        super().setUp()
        cache.clear()
        still_wrong.CALLS._tries.clear()

    def fill_company(self, visitor: BrowserVisitor, email: str = EMAIL) -> BrowserVisitor:
        visitor.fill({"Tax number (NIP)": NIP})
        visitor.page.locator("[data-company-lookup] button").click()
        expect(visitor.field("Full company name")).not_to_have_value("")
        visitor.page.locator("[name='dane-position']").fill("prezes zarządu")
        return visitor.fill(
            {
                "Representative’s first name": "Anna",
                "Representative’s last name": "Nowak",
                "Work e-mail address (login)": email,
                "Work phone number": "601 234 567",
            }
        )


@override_settings(COMPANY_LOOKUP="fixtures")
class LengthTests(Registrant):
    """A whole registration of a company, on a phone."""

    def test_the_way_to_an_active_account_is_short_and_breaks_no_word(self) -> None:
        for language in ("pl", "en"):
            with self.subTest(language):
                self.assert_short(language)

    def assert_short(self, language: str) -> None:
        visitor = self.visitor(language, PHONE)
        lengths: dict[str, Length] = {}

        def look(page: str) -> None:
            lengths[page] = length_of(visitor)
            for width in (NARROW, PHONE):
                visitor.page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
                broken = visitor.fits().page.evaluate(BROKEN)
                assert not broken, f"{page}, {width} px: {broken}"

        visitor.open("/rejestracja/")
        look("step 1")
        visitor.choose(COMPANY).press("Next")
        look("step 1a")
        # Long for a line of the review, and of a service that the waiting page leads to.
        email = f"anna.kowalska.{language}@poczta.onet.pl"
        self.fill_company(visitor, email).press("Next").is_at(REVIEW)
        look("step 2a")
        visitor.press("Next")
        look("step 2b")
        visitor.set_password()
        look("step 2c")
        visitor.tick_all().press("Register")
        look("step 3")
        visitor.page.goto(f"{self.live_server_url}{self.activation_link()}")
        visitor.is_at("The account is active")
        look("step 4")
        pixels = sum(each.pixels for each in lengths.values())
        words = sum(each.words for each in lengths.values())
        assert pixels <= MOST_PIXELS, (pixels, lengths)
        # English needs articles and pronouns where Polish has endings.
        assert words <= MOST_WORDS * (1 if language == "pl" else 1.25), (words, lengths)
        assert lengths["step 2a"].pixels <= MOST_PIXELS_OF_REVIEW, lengths

    def test_what_leads_back_stands_beside_the_heading_of_its_group(self) -> None:
        visitor = self.visitor(width=NARROW).reach_details(COMPANY)
        self.fill_company(visitor).press("Next").is_at(REVIEW)
        for width in (NARROW, PHONE, DESK):
            visitor.page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
            for head in visitor.page.locator(".data-group-head").all():
                heading, link = box(head.locator("h2")), box(head.locator("a"))
                with self.subTest(width=width, heading=head.inner_text()):
                    assert link["x"] >= heading["x"] + heading["width"]
                    assert abs(link["y"] - heading["y"]) < link["height"]

    def test_a_long_address_breaks_behind_its_at_sign(self) -> None:
        local, domain = "bardzo-dluga-nazwa-skrzynki", "firma-z-dluga-nazwa.example"
        visitor = self.visitor(width=PHONE).reach_details(COMPANY)
        self.fill_company(visitor, f"{local}@{domain}").press("Next").is_at(REVIEW)
        address = visitor.page.locator("dd .email")
        assert address.text_content() == f"{local}@{domain}"
        assert address.inner_html() == f"{local}@<wbr>{domain}"
        assert LONG_WORD in untie(visitor.page.locator(".owner-name").inner_text())


class HintTests(BrowserTestCase):
    """The question beside an e-mail address that looks mistyped."""

    def ask(self, visitor: BrowserVisitor, address: str) -> Locator:
        email = visitor.reach_details(PERSON).field("E-mail address (login)")
        email.fill(address)
        email.blur()
        expect(visitor.page.locator("[name=wizard_suggestion]")).to_be_visible()
        return visitor.page.locator("#email-hint")

    def test_reads_as_a_sentence(self) -> None:
        visitor = self.visitor()
        for language, sentence, action in (
            ("pl", "Czy chodzi o jan.kowalski@gmail.com?", "Użyj jan.kowalski@gmail.com"),
            ("en", "Did you mean jan.kowalski@gmail.com?", "Use jan.kowalski@gmail.com"),
        ):
            for width in (NARROW, PHONE, DESK):
                with self.subTest(language=language, width=width):
                    visitor.anew(width, language)
                    question = self.ask(visitor, "jan.kowalski@gmial.com")
                    assert untie(question.text_content() or "") == sentence
                    button = visitor.page.locator("[name=wizard_suggestion]")
                    assert untie(button.text_content() or "") == action
                    # Whole, with no more than a blank between two words, nothing beside the window.
                    bdi = question.locator("bdi")
                    assert bdi.evaluate("each => each.scrollWidth <= each.clientWidth")
                    for words in (question, button):
                        assert 0 < words.evaluate(GAP) < 8
                    visitor.fits()

    def test_of_a_long_address_shows_the_end(self) -> None:
        visitor = self.visitor()
        for width in (NARROW, DESK):
            question = self.ask(
                visitor.anew(width), f"{'bardzo-dluga-nazwa-skrzynki' * 2}@gmial.com"
            )
            domain, around = box(question.locator(".address")), box(question)
            assert domain["x"] + domain["width"] <= around["x"] + around["width"] + 1
            visitor.fits()


# Between the end of the words and the beginning of the address, where both share a line.
GAP = """(element) => {
  const before = document.createRange();
  const text = element.firstChild;
  before.setStart(text, 0);
  before.setEnd(text, text.data.trimEnd().length);
  const words = [...before.getClientRects()].at(-1);
  const address = element.querySelector(".address").getBoundingClientRect();
  const isBeside = address.top < words.bottom - 2;
  return isBeside ? address.left - words.right : 1;
}"""


class PlacesGivenBackTests(Registrant):
    """After a refusal: what the messages stood on goes, when nobody is about to press anything."""

    def heights(self, visitor: BrowserVisitor) -> list[float]:
        """Return how high each field of the form is."""
        script = "fields => fields.map((each) => each.getBoundingClientRect().height)"
        found: list[float] = visitor.page.locator(".wizard-form [data-field]").evaluate_all(script)
        return found

    def test_details_that_became_right_look_as_if_nothing_had_been_wrong(self) -> None:
        visitor = self.visitor()
        for width in (PHONE, DESK):
            visitor.anew(width).reach_details(PERSON)
            fresh = self.heights(visitor)
            visitor.press("Next").is_refused()
            assert self.heights(visitor) != fresh
            visitor.fill_details(PERSON)
            expect(visitor.page.locator(".field-error:visible")).to_have_count(0)
            # Whoever is at the end of the page takes up a field there.
            last = visitor.field("Phone number")
            visitor.field("E-mail address (login)").focus()
            before = box(last)["y"]
            last.focus()
            with self.subTest(width=width):
                assert self.heights(visitor) == fresh
                assert abs(box(last)["y"] - before) <= 1 or before < 0 or before > HEIGHTS[width]

    def test_a_label_stands_at_its_input_once_the_value_is_right(self) -> None:
        visitor = self.visitor(width=PHONE).reach_details(PERSON).press("Next").is_refused()
        visitor.fill({"First name": "Łucja"})
        field = visitor.field("First name")
        expect(visitor.page.locator("[data-field=first_name]")).to_have_attribute("data-right", "")
        label = box(visitor.page.locator("[data-field=first_name] label"))
        assert box(field)["y"] - label["y"] - label["height"] < 10

    def test_the_summary_is_as_high_as_its_lines(self) -> None:
        visitor = self.visitor()
        for width in (PHONE, DESK):
            visitor.anew(width).reach_details(PERSON).press("Next").is_refused()
            summary = visitor.page.locator("#error-summary")
            lines = summary.locator("li")
            before = box(summary)["height"]
            visitor.fill({"First name": "Łucja", "Last name": "Żak"})
            expect(lines.locator("visible=true")).to_have_count(lines.count() - 2)
            whole, last = box(summary), box(lines.last)
            assert whole["height"] < before
            assert whole["y"] + whole["height"] - last["y"] - last["height"] < 24

    def test_ticked_boxes_stand_as_they_did(self) -> None:
        visitor = self.visitor(width=PHONE).reach_consents(PERSON)
        fresh = self.heights(visitor)
        visitor.press("Register").is_refused().tick_all()
        # A click on the last of them has settled all before it.
        expect(visitor.page.locator(".field-error:visible")).to_have_count(0)
        expect(visitor.page.locator("[data-right]:not([data-settled])")).to_have_count(0)
        assert self.heights(visitor) == fresh

    def test_a_message_comes_back_where_its_place_was_given_back(self) -> None:
        visitor = self.visitor(width=PHONE).reach_details(PERSON).press("Next").is_refused()
        first, last = visitor.field("First name"), visitor.field("Last name")
        message = visitor.page.locator("[data-field=first_name] .field-error")
        first.fill("Łucja")
        expect(message).to_be_hidden()
        last.focus()
        first.fill("")
        expect(first).to_have_attribute("aria-invalid", "true")
        last.focus()
        expect(message).to_be_visible()
        assert re.search("imię", message.inner_text())


class WeakPasswordTests(BrowserTestCase):
    """A meter that says weak also says why, or what is missing."""

    WEAK = ("haslo123", "mojakochanazona", "Kotek-2024", "aaaaaaaaaaaa", "qwertyui", "abc1")

    def test_there_is_always_a_reason_or_a_tip(self) -> None:
        visitor = self.visitor()
        for language in ("pl", "en"):
            visitor.anew(PHONE, language).reach_password(PERSON)
            said = visitor.page.locator("[data-strength-text]")
            for weak in self.WEAK:
                visitor.fill({"Account password": ""})
                expect(said).to_be_empty()
                visitor.fill({"Account password": weak})
                expect(said).not_to_be_empty()
                why = visitor.page.locator("[data-strength-advice] li").first
                missing = visitor.page.locator("[data-rule=length][data-met=false]")
                with self.subTest(language=language, weak=weak):
                    assert why.is_visible() if len(weak) >= 8 else missing.is_visible()
                    visitor.fits()
