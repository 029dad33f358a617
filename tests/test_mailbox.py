"""The mailbox of a developer's machine shows what was sent, in both languages."""

import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from bs4 import BeautifulSoup
from django.core.mail import EmailMultiAlternatives
from django.test import TestCase, override_settings

from kantor.mailbox.backend import EmailBackend
from kantor.serving.typography import tie
from tests.browser import BrowserTestCase


def shown(inbox: Any) -> str:
    """Return the address of the one mail that the mailbox shows."""
    (link,) = BeautifulSoup(inbox.content, "html.parser").select(".mails a")
    return str(link["href"])


class MailboxTests(TestCase):
    """A developer reads the mails of his machine."""

    def setUp(self) -> None:
        directory = mkdtemp()
        self.addCleanup(shutil.rmtree, directory)
        self.enterContext(override_settings(MAILBOX_DIR=Path(directory)))

    def send(self) -> None:
        """Write a mail at 13:05 UTC, as Django puts it; that is 14:05 in Warsaw in winter."""
        message = EmailMultiAlternatives(
            "Temat",
            "Treść",
            "od@example.com",
            ["do@example.com"],
            headers={"Date": "Mon, 23 Nov 2026 13:05:00 -0000"},
        )
        message.attach_alternative("<p>Treść</p>", "text/html")
        EmailBackend().send_messages([message])

    def test_is_empty_at_first(self) -> None:
        self.assertContains(self.client.get("/poczta/"), "Nie ma jeszcze")

    def test_shows_a_mail_with_the_time_in_warsaw(self) -> None:
        self.send()
        for address, written in (
            ("/poczta/", tie("23 listopada 2026 r., 14:05", "pl")),
            ("/en/poczta/", tie("23 November 2026, 14:05", "en")),
        ):
            inbox = self.client.get(address)
            self.assertContains(inbox, written)
            link = shown(inbox)
            mail = self.client.get(link)
            self.assertContains(mail, written)
            self.assertContains(mail, "Treść")
            self.assertContains(self.client.get(f"{link}html/"), "<p>Treść</p>")

    def test_hands_out_what_is_attached(self) -> None:
        message = EmailMultiAlternatives("Temat", "Treść", "od@example.com", ["do@example.com"])
        message.attach_alternative("<p>Treść</p>", "text/html")
        message.attach("regulamin.pdf", b"%PDF-1.4", "application/pdf")
        EmailBackend().send_messages([message])
        address = shown(self.client.get("/poczta/"))
        self.assertContains(self.client.get(address), f'<a href="{address}1/">regulamin.pdf</a>')
        response = self.client.get(f"{address}1/")
        assert response.content == b"%PDF-1.4"
        assert response["Content-Type"] == "application/pdf"
        assert response["Content-Disposition"] == 'attachment; filename="regulamin.pdf"'
        assert self.client.get(f"{address}2/").status_code == 404
        assert self.client.get(f"{address}0/").status_code == 404


class FrameTests(BrowserTestCase):
    """The HTML part stands in a frame, and our pages let themselves be shown in none."""

    def test_a_link_of_the_html_part_opens_its_page(self) -> None:
        directory = mkdtemp()
        self.addCleanup(shutil.rmtree, directory)
        self.enterContext(override_settings(MAILBOX_DIR=Path(directory)))
        message = EmailMultiAlternatives("Temat", "Treść", "od@example.com", ["do@example.com"])
        link = f'<a href="{self.live_server_url}/regulamin/">Regulamin</a>'
        page = f"<!DOCTYPE html><html><head></head><body>{link}</body></html>"
        message.attach_alternative(page, "text/html")
        EmailBackend().send_messages([message])
        visitor = self.visitor().open(shown(self.client.get("/poczta/")))
        visitor.page.frame_locator(".mail-html").get_by_role("link", name="Regulamin").click()
        visitor.page.wait_for_url("**/regulamin/")
        assert visitor.page.locator("h1").inner_text().startswith("Regulamin")
