"""While the Transaction Panel is not open, nothing invites to an order or to a bank account."""

import re

from bs4 import BeautifulSoup
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.test import Client, TestCase, override_settings
from django.urls import reverse
from django.utils.translation import override

from kantor.content.found import PUBLIC
from kantor.serving.typography import untie
from tests.browsers import put_in
from tests.factories import activated, decide, registered
from tests.letters import registering_browser
from tests.mails import LANGUAGES, PANEL, build
from tests.test_messages import Page, html_of, text_of

# What can be done only in the Panel, said as something to do today.
INVITATIONS = {
    "pl": re.compile(
        r"\b(?:dodaj|dodasz już|możesz (?:już )?dodać)\b[^.:]*rachunki|\bdodać można\b"
        r"|\bzłóż\b|\bskładasz\b|\bzłożyć\b[^.:]*zleceni|\bwymieniaj\b|\bwymieniając\b"
        r"|\bwymiana odbywa się\b|\bprzelewasz\b|\bpodajesz kwotę\b|\bzatwierdzasz\b"
        r"|\bwysyłamy wymienioną\b|\bprzyjmujemy\b[^.:]*pieniądze|\bkurs i kwotę widzisz\b",
        re.IGNORECASE,
    ),
    "en": re.compile(
        r"\badd (?:your (?:own )?)?(?:bank )?accounts\b|\bplace (?:an order|orders|your first)\b"
        r"|\bexchange currency online\b|\bexchanging currency\b|\bwhy exchange\b"
        r"|\byou (?:exchange currency through|pay from|confirm the order|see the rate)\b"
        r"|\byou can only add\b|\bwe (?:take and send|send the exchanged)\b",
        re.IGNORECASE,
    ),
}
# What says in the same breath that it is not yet so.
NOT_YET = re.compile(
    r"\bgdy (?:panel ruszy|ruszy Panel)\b|\bwill (?:be able to )?\b|\bonce the panel opens\b", re.I
)
SENTENCE = re.compile(r"(?<=[.!?:])\s+")


def said_on(content: bytes) -> list[str]:
    """Return every sentence of a page: the visible ones, of pictures, and of its description."""
    page = BeautifulSoup(content, "html.parser")
    texts = [str(meta.get("content", "")) for meta in page.select("meta[content]")]
    texts += [str(picture["alt"]) for picture in page.select("img[alt]")]
    for each in page.select("p, li, h1, h2, h3, dt, dd, td, summary, figcaption, span, a, button"):
        texts.append(each.get_text(" "))
    return sentences(*texts)


def sentences(*texts: str) -> list[str]:
    """Return the sentences of these texts, each on one line."""
    flat = (untie(" ".join(text.split())) for text in texts)
    return [sentence for text in flat for sentence in SENTENCE.split(text) if sentence]


def invitations(said: list[str], language: str) -> list[str]:
    """Return those that invite to what only the Panel does."""
    found = INVITATIONS[language]
    return [each for each in said if found.search(each) and not NOT_YET.search(each)]


class PagesTests(TestCase):
    """Every page of content, the pages of the registration and the account, in both languages."""

    # Of the pages with invitations once the Panel is open, so that the words above are right ones.
    INVITING = ("home", "how-it-works", "benefits", "about")

    def public(self, name: str, language: str) -> list[str]:
        with override(language):
            response = Client().get(reverse(name))
        assert response.status_code == 200
        return said_on(response.content)

    def test_invite_to_nothing_while_it_is_not_open(self) -> None:
        assert not settings.PANEL_URL
        # The two documents are contracts, published by their day: they say what the service is.
        for name in set(PUBLIC) - {"terms", "privacy"}:
            for language in LANGUAGES:
                with self.subTest(name, language=language):
                    assert invitations(self.public(name, language), language) == []

    @override_settings(PANEL_URL=PANEL)
    def test_invite_once_it_is_open(self) -> None:
        for name in self.INVITING:
            for language in LANGUAGES:
                with self.subTest(name, language=language):
                    assert invitations(self.public(name, language), language)

    def test_descriptions_say_the_same_as_their_pages(self) -> None:
        for language in LANGUAGES:
            closed = {name: self.public(name, language)[:3] for name in self.INVITING[:3]}
            with override_settings(PANEL_URL=PANEL):
                for name, said in closed.items():
                    assert self.public(name, language)[:3] != said, (name, language)

    def test_whoever_waits_for_the_link_is_told_what_comes_next(self) -> None:
        for language, prefix in (("pl", ""), ("en", "/en")):
            browser = registering_browser(registered(language=language))
            page = browser.get(f"{prefix}/rejestracja/wyslano/")
            assert invitations(said_on(page.content), language) == []
            with override_settings(PANEL_URL=PANEL):
                page = browser.get(f"{prefix}/rejestracja/wyslano/")
                assert invitations(said_on(page.content), language)

    def test_the_account_page_invites_to_nothing(self) -> None:
        for state in ("new", "approved", "correction", "rejected"):
            user = activated()
            if state != "new":
                decide(user, state)
            for language, prefix in (("pl", ""), ("en", "/en")):
                page = put_in(user, Client()).get(f"{prefix}/konto/")
                assert invitations(said_on(page.content), language) == []


class MailTests(TestCase):
    """The mails that speak of the Panel."""

    NAMES = ("welcome", "review_approved")

    def said(self, message: EmailMultiAlternatives) -> list[str]:
        return sentences(text_of(message), Page(html_of(message)).text)

    def test_invite_only_once_it_is_open(self) -> None:
        for name in self.NAMES:
            for language in LANGUAGES:
                with self.subTest(name, language=language):
                    assert invitations(self.said(build(name, language)), language) == []
                    with override_settings(PANEL_URL=PANEL):
                        assert invitations(self.said(build(name, language)), language)
