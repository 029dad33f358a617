"""Recovery codes and the QR code in a real browser: copied, saved, printed, scanned, unscripted."""

import io
from pathlib import Path

from PIL import Image

from accounts.models import User
from accounts.totp import services
from tests.browser import NARROW, BrowserTestCase, BrowserVisitor, sign_in
from tests.factories import activated
from tests.phone import Phone

ON = "/konto/bezpieczenstwo/kody/wlacz/"


def turn_on(visitor: BrowserVisitor, user: User) -> list[str]:
    """Turn the app on by its page; return the recovery codes that are shown."""
    sign_in(visitor, user)
    phone = Phone(visitor.open(ON).page.locator(".key").inner_text())
    visitor.fill({"6 digits from the app": phone.code()}).press("Turn on").is_at("Recovery codes")
    return visitor.page.locator(".recovery-codes li").all_inner_texts()


class RecoveryCodes(BrowserTestCase):
    """The only page that shows them."""

    def test_are_copied_one_a_line_and_the_reader_is_told(self) -> None:
        visitor = self.visitor()
        visitor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        shown = turn_on(visitor, activated())
        visitor.button("Copy").click()
        visitor.page.get_by_role("status").filter(has_text="Skopiowano.").wait_for()
        assert visitor.page.evaluate("navigator.clipboard.readText()").split() == shown

    def test_can_be_copied_by_hand_where_the_browser_refuses(self) -> None:
        visitor = self.visitor("en")
        turn_on(visitor, activated())
        visitor.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(); }")
        visitor.button("Copy").click()
        visitor.page.get_by_role("status").filter(has_text="copy them yourself").wait_for()

    def test_are_saved_as_a_file_that_says_what_it_is(self) -> None:
        for language, name, account in (
            ("pl", "kantor.pl kody zapasowe.txt", "konto"),
            ("en", "kantor.pl recovery codes.txt", "account"),
        ):
            visitor = self.visitor(language)
            user = activated()
            shown = turn_on(visitor, user)
            with visitor.page.expect_download() as download:
                visitor.button("Download as a file").click()
            assert download.value.suggested_filename == name
            lines = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
            assert lines[0].startswith(f"kantor.pl, {account} {user.email}, ")
            assert lines[2:10] == shown

    def test_are_there_on_paper(self) -> None:
        visitor = self.visitor(width=NARROW)
        turn_on(visitor, activated())
        visitor.page.emulate_media(media="print")
        for code in visitor.page.locator(".recovery-codes li").all():
            assert code.is_visible()
        for words in ("Copy", "Download as a file"):
            assert not visitor.button(words).is_visible()

    def test_need_no_script(self) -> None:
        visitor = self.visitor(width=NARROW, scripts=False)
        user = activated()
        shown = turn_on(visitor, user)
        assert len(shown) == 8
        for words in ("Kopiuj", "Pobierz jako plik"):
            assert not visitor.page.get_by_text(words, exact=True).is_visible()
        visitor.fits().follow("I have saved the codes").is_at("Authenticator app")
        assert services.verify(user, shown[0]) is services.Outcome.RECOVERY_CODE


class Picture(BrowserTestCase):
    """The QR code."""

    def test_is_black_on_white_in_both_schemes(self) -> None:
        visitor = self.visitor(width=NARROW)
        sign_in(visitor, activated())
        pictures = []
        for scheme in ("light", "dark"):
            visitor.page.emulate_media(color_scheme=scheme)
            drawing = visitor.open(ON).page.locator(".qr svg").screenshot()
            with Image.open(io.BytesIO(drawing)) as image:
                # Cut off are the rounded corners of the frame.
                inner = image.convert("L").crop((12, 12, image.width - 12, image.height - 12))
            white = inner.getpixel((0, 0))
            counts = inner.histogram()
            assert white == 255
            assert counts[0] > inner.width * inner.height / 5
            pictures.append(inner.tobytes())
        assert pictures[0] == pictures[1]
