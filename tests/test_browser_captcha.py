"""The captcha in a real browser: its picture, its sound and its code, with and without scripts."""

import re
from datetime import timedelta
from unittest import mock

from captcha.models import CaptchaStore
from django.core import mail
from playwright.sync_api import expect

from accounts.captcha import sound
from accounts.limits import Limit
from accounts.models import User
from accounts.registration import friction
from tests.browser import DESK, EMAIL, PASSWORD, PHONE, BrowserTestCase, BrowserVisitor
from tests.ears import hear

COMPANY, PERSON = "Company", "Individual"
# Settled when the player has gone on for a while, or cannot.
PLAYED = """audio => new Promise((done, fail) => {
  audio.addEventListener("error", () => fail(new Error(audio.error.message)));
  audio.addEventListener("timeupdate", () => audio.currentTime > 0 && done());
})"""
CODE = re.compile(r"^\d{6}$", re.MULTILINE)


def without_images(visitor: BrowserVisitor) -> BrowserVisitor:
    """Let no picture come, as somebody has it who cannot see them."""
    visitor.page.context.route("**/captcha/image/**", lambda route: route.abort("aborted"))
    return visitor


def type_passwords(visitor: BrowserVisitor) -> BrowserVisitor:
    """Type the password twice."""
    labels = ("Account password", "Confirm the account password")
    return visitor.fill(dict.fromkeys(labels, PASSWORD))


class NewPictureTests(BrowserTestCase):
    """Another picture, and the page stays as it is."""

    def test_new_picture_replaces_the_captcha_and_keeps_the_page(self) -> None:
        visitor = self.visitor().reach_password(PERSON)
        picture = visitor.page.locator(".captcha img")
        before = str(picture.get_attribute("src"))
        password = visitor.field("Account password")
        password.fill("Tajne-haslo-1")
        visitor.button("New picture").click()
        expect(picture).not_to_have_attribute("src", before)
        expect(visitor.field("Copy the characters from the picture")).to_be_focused()
        expect(password).to_have_value("Tajne-haslo-1")
        visitor.set_password().is_at("Step 2c – Accepting the Terms")

    def test_new_picture_comes_by_a_page_without_scripts(self) -> None:
        visitor = self.visitor(scripts=False).reach_password(PERSON)
        picture = visitor.page.locator(".captcha img")
        before = picture.get_attribute("src")
        visitor.press("New picture").is_at("Step 2b – Setting the password")
        assert picture.get_attribute("src") != before
        assert not visitor.errors
        visitor.set_password().is_at("Step 2c – Accepting the Terms")

    def test_new_picture_that_does_not_come_is_asked_for_by_the_form(self) -> None:
        visitor = self.visitor().reach_password(PERSON)
        picture = visitor.page.locator(".captcha img")
        before = str(picture.get_attribute("src"))
        visitor.page.evaluate("() => { window.fetch = () => Promise.reject(new Error()); }")
        visitor.press("New picture").is_at("Step 2b – Setting the password")
        expect(picture).not_to_have_attribute("src", before)

    def test_new_picture_is_announced_each_time(self) -> None:
        visitor = self.visitor().reach_password(PERSON)
        for _ in range(2):
            before = str(visitor.page.locator(".captcha img").get_attribute("src"))
            visitor.button("New picture").click()
            expect(visitor.page.locator("[data-captcha-says]")).to_have_text(
                "Nowy obrazek jest gotowy."
            )
            expect(visitor.page.locator(".captcha img")).not_to_have_attribute("src", before)

    def test_new_picture_brings_its_sound(self) -> None:
        visitor = self.visitor().reach_password(PERSON)
        player = visitor.page.locator("#captcha audio")
        before = str(player.get_attribute("src"))
        visitor.button("New picture").click()
        expect(player).not_to_have_attribute("src", before)

    def test_too_many_new_pictures_are_refused_in_words_and_the_page_stays(self) -> None:
        few = Limit("few", times=0, window=timedelta(minutes=10))
        visitor = self.visitor().reach_password(PERSON)
        visitor.complaints.refused_calls = True
        password = visitor.field("Account password")
        password.fill("Tajne-haslo-1")
        with mock.patch.object(friction, "CHALLENGES", few):
            visitor.button("New picture").click()
            expect(visitor.page.locator("[data-captcha-says]")).to_contain_text("za 10 minut")
        expect(password).to_have_value("Tajne-haslo-1")
        visitor.set_password().is_at("Step 2c – Accepting the Terms")


class WithoutImagesTests(BrowserTestCase):
    """The whole way for somebody who cannot see the picture."""

    def finish(self, visitor: BrowserVisitor) -> None:
        """Go on from step 2b to the end."""
        visitor.press("Next").is_at("Step 2c – Accepting the Terms").tick_all()
        visitor.press("Register").is_at("Check your mailbox")
        assert User.objects.count() == 1

    def listen(self, visitor: BrowserVisitor) -> str:
        """Return what the sound on the page says, with the browser's own cookies."""
        address = str(visitor.page.locator("#captcha audio").get_attribute("src"))
        answer = visitor.page.context.request.get(address)
        assert answer.status == 200
        return hear(answer.body(), sound.letters(visitor.language))

    def test_company_registers_by_sound_in_polish(self) -> None:
        visitor = without_images(self.visitor("pl", PHONE)).reach_password(COMPANY)
        heard = self.listen(visitor)
        assert heard == CaptchaStore.objects.get().challenge
        type_passwords(visitor).fill({"Copy the characters from the picture": heard})
        self.finish(visitor)

    def test_person_registers_by_sound_in_english_without_scripts(self) -> None:
        visitor = without_images(self.visitor("en", DESK, scripts=False)).reach_password(PERSON)
        type_passwords(visitor)
        visitor.fill({"Copy the characters from the picture": self.listen(visitor).lower()})
        self.finish(visitor)

    def test_sound_is_played_from_the_keyboard(self) -> None:
        visitor = without_images(self.visitor()).reach_password(PERSON)
        player = visitor.page.locator("#captcha audio")
        visitor.button("New picture").focus()
        visitor.page.keyboard.press("Tab")
        expect(player).to_be_focused()
        visitor.page.keyboard.press("Space")
        player.evaluate(PLAYED)
        assert player.evaluate("audio => audio.duration") > 3

    def test_person_registers_by_code(self) -> None:
        visitor = without_images(self.visitor()).reach_password(PERSON)
        type_passwords(visitor)
        visitor.button("Send a code by e-mail").click()
        field = visitor.field("Code from the e-mail")
        expect(field).to_be_focused()
        expect(visitor.page.locator("[data-captcha-says]")).to_have_text("Kod został wysłany.")
        assert visitor.shows(EMAIL)
        visitor.fits_everywhere(DESK)
        field.fill(CODE.findall(str(mail.outbox[-1].body))[0])
        expect(visitor.field("Account password")).to_have_value(PASSWORD)
        self.finish(visitor)

    def test_code_ends_the_errors_of_the_picture_and_a_proposal_those_of_the_password(self) -> None:
        visitor = self.visitor().reach_password(PERSON).press("Next").is_refused()
        visitor.button("Suggest a password").click()
        password = visitor.field("Account password")
        expect(password).not_to_have_value("")
        expect(password).not_to_have_attribute("aria-invalid", "true")
        expect(visitor.page.locator("#error-summary")).to_have_count(1)
        visitor.button("Send a code by e-mail").click()
        expect(visitor.field("Code from the e-mail")).to_be_focused()
        expect(visitor.page.locator("#error-summary")).to_have_count(0)

    def test_person_registers_by_code_without_scripts(self) -> None:
        visitor = without_images(self.visitor("en", PHONE, scripts=False)).reach_password(PERSON)
        visitor.press("Send a code by e-mail").is_at("Step 2b – Setting the password")
        assert not visitor.errors
        type_passwords(visitor)
        visitor.fill({"Code from the e-mail": CODE.findall(str(mail.outbox[-1].body))[0]})
        self.finish(visitor)

    def test_way_back_leads_to_a_picture(self) -> None:
        visitor = self.visitor().reach_password(PERSON)
        type_passwords(visitor)
        visitor.button("Send a code by e-mail").click()
        visitor.field("Code from the e-mail").wait_for()
        visitor.button("Back to the picture").click()
        expect(visitor.field("Copy the characters from the picture")).to_be_focused()
        expect(visitor.field("Account password")).to_have_value(PASSWORD)
        visitor.copy_captcha().press("Next").is_at("Step 2c – Accepting the Terms")

    def test_decoy_is_out_of_reach(self) -> None:
        visitor = self.visitor().reach_password(PERSON)
        decoy = visitor.page.locator("[name='haslo-website']")
        expect(decoy).to_be_hidden()
        for _ in range(30):
            visitor.page.keyboard.press("Tab")
            assert not decoy.evaluate("input => input === document.activeElement")
