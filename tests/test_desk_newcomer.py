"""What somebody reads at the desk on the first day: the same name for the same thing, in words."""

import re
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from django.conf import settings
from django.test import Client, TestCase

from accounts.desk.case import timeline
from accounts.models import ConsentRecord, OutboxMessage, User
from accounts.services import agreements
from kantor.serving.typography import untie
from tests.browser import PHONE, BrowserTestCase, bring_session
from tests.desk import LIST, MESSAGES, page_of, sit_down
from tests.factories import activated, clerk, suspended
from tests.letters import deliver

SEARCH = f"{LIST}search/"


def words_on(response: Any) -> str:
    page = BeautifulSoup(response.content, "html.parser")
    return untie(" ".join(page.get_text(" ").split()))


class SearchWordsTests(TestCase):
    """What the box promises, and what is said when nothing was found."""

    def found(self, role: str, words: str) -> str:
        client = sit_down(Client(), clerk(role))
        return words_on(client.post(SEARCH, {"words": words}, follow=True))

    def test_who_sees_numbers_masked_is_told_that_they_have_to_be_whole(self) -> None:
        activated()
        assert "Wystarczą co najmniej 3 początkowe znaki." in self.found("reviewer", "nikt taki")
        support = self.found("support", "601 23")
        assert "Wystarczą" not in support
        assert "Numer telefonu, NIP, REGON i KRS podaj w całości." in support

    def test_an_empty_answer_says_so_and_offers_nothing_to_do(self) -> None:
        user = activated()
        empty = self.found("reviewer", "nikt taki")
        assert "Nic nie znaleziono." in empty
        assert "Akcja:" not in empty
        some = self.found("reviewer", user.email)
        assert "Nic nie znaleziono." not in some
        assert "Akcja:" in some


class WordsTests(TestCase):
    """Names, answers and languages."""

    def test_a_blocked_account_is_called_so_everywhere(self) -> None:
        officer, closed = sit_down(Client(), clerk("officer")), suspended()
        page = words_on(officer.get(page_of(closed)))
        assert "Odblokuj konto" in page
        assert "Konto zablokowane" in page
        for said in (page, words_on(officer.get(LIST))):
            assert not re.search("zawiesz", said, re.IGNORECASE), said
        catalogue = Path(settings.BASE_DIR, "locale/pl/LC_MESSAGES/django.po").read_text()
        assert not re.search("zawiesz", catalogue, re.IGNORECASE)

    def test_what_was_never_given_is_not_told_as_withdrawn(self) -> None:
        registered = activated()
        user = User.objects.get(pk=registered.pk)

        def said() -> list[str]:
            return [str(moment.words) for moment in timeline(user, clerk())]

        assert [words for words in said() if words.startswith("Nie wyrażono zgody: ")]
        assert not [words for words in said() if words.startswith("Wycofano zgodę: ")]
        channel = ConsentRecord.Channel.ACCOUNT
        agreements.agree_to_news(user, language="pl")
        agreements.withdraw_news(user, channel=channel)
        assert len([words for words in said() if words.startswith("Wycofano zgodę: ")]) == 1

    def test_yes_no_and_languages_are_words_and_no_picture_is_called_true(self) -> None:
        user, member = activated(), clerk("support")
        deliver()
        mail = OutboxMessage.objects.filter(user=user)[0]
        officer = sit_down(Client(), clerk("officer"))
        boss = sit_down(Client(), clerk("administrator"))
        for client, address in (
            (officer, page_of(user)),
            (officer, f"{MESSAGES}{mail.pk}/change/"),
            (boss, "/admin/accounts/staffmember/"),
            (boss, f"/admin/accounts/staffmember/{member.pk}/change/"),
        ):
            response = client.get(address)
            page = BeautifulSoup(response.content, "html.parser")
            assert not page.select("img[alt=True], img[alt=False]"), address
            assert not page.find(string=re.compile(r"^\s*(pl|en|True|False)\s*$")), address
        consents = BeautifulSoup(officer.get(page_of(user)).content, "html.parser")
        answers = {cell.get_text(strip=True) for cell in consents.select("td.field-answer")}
        assert answers == {"tak", "nie"}
        languages = {cell.get_text(strip=True) for cell in consents.select("td.field-in_language")}
        assert languages == {"polski"}

    def test_a_page_about_a_phone_number_does_not_speak_of_an_address(self) -> None:
        user, client = activated(), sit_down(Client(), clerk("reviewer"))
        phone, email = (
            words_on(client.get(f"{LIST}{user.pk}/propose/{field}/"))
            for field in ("phone", "email")
        )
        assert "potwierdza linkiem" in email
        assert "potwierdza linkiem" not in phone

    def test_a_forgotten_reason_is_asked_for_in_the_same_words(self) -> None:
        user, client = activated(), sit_down(Client(), clerk("officer"))
        for address in ("reveal/phone/", "usuniecie/"):
            assert "Wybierz powód." in words_on(client.post(f"{LIST}{user.pk}/{address}")), address

    def test_crumbs_lead_to_the_desk_by_its_name(self) -> None:
        boss = sit_down(Client(), clerk("administrator"))
        for address in ("/admin/accounts/staffmember/", "/admin/accounts/staffevent/"):
            page = BeautifulSoup(boss.get(address).content, "html.parser")
            crumbs = [link.get_text() for link in page.select(".breadcrumbs a")]
            assert crumbs == ["Biurko", "Wszystkie strony"], address

    def test_django_says_it_in_our_words(self) -> None:
        client = sit_down(Client(), clerk("reviewer"))
        activated()
        assert "<h1>Wszystkie strony</h1>" in client.get("/admin/accounts/").content.decode()
        gone = words_on(client.get(f"{LIST}999999/change/", follow=True))
        assert "Nie ma takiej strony: konto, numer 999999." in gone
        nothing = words_on(client.post(LIST, {"action": "take", "index": "0"}, follow=True))
        assert "Nic nie zaznaczono, więc nic się nie zmieniło." in nothing

    def test_buttons_of_forms_do_not_shout(self) -> None:
        boss = sit_down(Client(), clerk("administrator"))
        page = BeautifulSoup(boss.get("/admin/accounts/source/add/").content, "html.parser")
        assert [untie(str(button["value"])) for button in page.select(".submit-row input")] == [
            "Zapisz",
            "Zapisz i dodaj następny",
        ]

    def test_several_boxes_are_one_question_and_the_form_is_valid_html(self) -> None:
        user, client = activated(), sit_down(Client(), clerk("reviewer"))
        case = BeautifulSoup(client.get(page_of(user)).content, "html.parser")
        question = case.select_one("fieldset:has([name=sections]) > legend")
        assert question is not None
        assert question.get_text(strip=True) == "Do poprawienia"
        named = {str(label["for"]) for label in case.select("label[for]")}
        fields = {
            str(each["id"]) for each in case.select("input, select, textarea") if each.get("id")
        }
        assert named <= fields
        address = client.get(f"{LIST}{user.pk}/correct/address/").content
        form = BeautifulSoup(address, "html.parser")
        assert form.select("#content input[type=text][autocomplete=off]")
        assert not form.select("#content :is([type=hidden], [type=checkbox])[autocomplete]")


class CardTests(BrowserTestCase):
    """A narrow window shows rows as cards, each value beside its heading, and nothing sideways."""

    def test_lists_and_the_tables_of_a_case_fit_a_phone(self) -> None:
        user = activated()
        visitor = self.visitor(width=PHONE)
        url = visitor.complaints.site
        visitor.page.context.add_cookies(
            [{"name": settings.LANGUAGE_COOKIE_NAME, "value": "pl", "url": url}]
        )
        bring_session(visitor, sit_down(Client(), clerk("officer")))
        for address in (page_of(user), LIST, MESSAGES, "/admin/accounts/staffevent/"):
            visitor.page.goto(address)
            visitor.fits()
            wide = visitor.page.evaluate(
                """() => [...document.querySelectorAll("#result_list, .case-table")]
                  .map((each) => each.closest(".results, .case-table"))
                  .filter((each) => each.scrollWidth > each.clientWidth)
                  .map((each) => each.textContent.trim().slice(0, 60))"""
            )
            assert not wide, f"{address}: {wide}"
            headings = visitor.page.evaluate(
                """() => [...document.querySelectorAll("[data-label]")]
                  .map((cell) => getComputedStyle(cell, "::before").content)"""
            )
            assert headings, address
            assert all(len(each) > len('""') for each in headings), address
