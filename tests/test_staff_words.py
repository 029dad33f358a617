"""Every page of staff speaks the language that its reader has chosen, and says no "None"."""

import re
from typing import Any

from bs4 import BeautifulSoup
from django.test import Client, TestCase, override_settings

from accounts.account import services as requests
from accounts.desk import standing
from accounts.desk.decisions import Decision
from accounts.desk.events import Desk
from accounts.models import DataRequest, Kind, OutboxMessage, Source, StaffEvent, User
from accounts.models.customer import Section
from kantor.serving.typography import untie
from tests.authenticator import enrolled
from tests.desk import LIST, MESSAGES, page_of, send, sit_down
from tests.factories import activated, clerk, registered, suspended
from tests.letters import deliver
from tests.test_desk_decisions import decide

ENGLISH = re.compile(
    r"\b(?:the|and|you|your|is|was|this|not|of|account|password|sign|help|change|changed|add|"
    r"added|delete|deleted|save|none|unknown|history|home|filter|all|any|yes|no|search|review|"
    r"customer|staff|note|reason|message|from|select|run|log|view|site|welcome|date|user|action)\b",
    re.IGNORECASE,
)
POLISH = re.compile(r"\b\w*[ąćęłńśźż]\w*\b", re.IGNORECASE)
# What people typed, and what is called the same in both languages.
TYPED = re.compile(
    r"\S+@\S+|Message-ID|English|Polski|Łukasz|Żak|Żuraw|Zakład Ślusarski|Długa|Kraków|No\. \d+|"
    r"Sprawdzone|Popraw dane\.|Ślub|prezes zarządu|Kod nie pasuje do ulicy\.",
)


class WordsTests(TestCase):
    """The pages, one by one."""

    user: User
    closed: User
    pending: User
    proposed: User
    officer: User
    boss: User
    member: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.officer, cls.boss = clerk("officer"), clerk("administrator")
        cls.member = clerk("support")
        enrolled(cls.member)
        cls.user = activated(Kind.COMPANY)
        desk = Desk(cls.officer)
        decide(cls.user, Decision.CORRECT, cls.officer)
        decide(cls.user, Decision.REJECT, cls.officer)
        decide(cls.user, Decision.REOPEN, cls.officer)
        requests.ask(cls.user, Section.NAME, {"last_name": "Nowak"}, "Ślub")
        standing.suspend(cls.user, "aml", desk=desk)
        standing.restore(cls.user, "mistake", desk=desk)
        cls.closed, cls.pending = suspended(), registered()
        with override_settings(REVIEW_FOUR_EYES="all"):
            standing.restore(cls.closed, "cleared", desk=Desk(clerk("officer")))
            cls.proposed = activated()
            decide(cls.proposed, Decision.REJECT, clerk())
        deliver()

    def of_customers(self) -> list[str]:
        mail = OutboxMessage.objects.order_by("pk")[0]
        asked = DataRequest.objects.get()
        accounts = (self.user, self.closed, self.pending, self.proposed)
        return [
            "/admin/",
            LIST,
            f"{LIST}?kind=person",
            *(page_of(each) for each in accounts),
            f"{LIST}{self.user.pk}/history/",
            f"{LIST}{self.user.pk}/reveal/phone/",
            f"{LIST}{self.pending.pk}/usuniecie/",
            f"{LIST}{self.closed.pk}/propozycja/",
            MESSAGES,
            f"{MESSAGES}{mail.pk}/change/",
            f"{MESSAGES}{mail.pk}/history/",
            "/admin/accounts/datarequest/",
            f"/admin/accounts/datarequest/{asked.pk}/change/",
            f"/admin/accounts/datarequest/{asked.pk}/history/",
            "/admin/accounts/staffevent/",
            "/admin/methods/",
            "/admin/keys/",
            "/admin/confirm/",
            "/admin/password_change/",
            "/admin/nowhere/",
        ]

    def of_staff(self) -> list[str]:
        source = Source.objects.order_by("pk")[0]
        return [
            "/admin/",
            "/admin/accounts/staffmember/",
            f"/admin/accounts/staffmember/{self.member.pk}/change/",
            f"/admin/accounts/staffmember/{self.member.pk}/history/",
            f"/admin/staff/{self.member.pk}/methods/reset/",
            "/admin/accounts/source/",
            "/admin/accounts/source/add/",
            f"/admin/accounts/source/{source.pk}/change/",
            f"/admin/accounts/source/{source.pk}/delete/",
            f"/admin/accounts/source/{source.pk}/history/",
            "/admin/accounts/staffevent/",
        ]

    def words(self, answer: Any) -> str:
        page = BeautifulSoup(answer.content, "html.parser")
        for hidden in page.select("script, style, [lang]:not(html), [translate=no]"):
            hidden.decompose()
        said = [page.get_text(" ")]
        said += [str(tag["aria-label"]) for tag in page.select("[aria-label]")]
        said += [str(tag["title"]) for tag in page.select("[title]")]
        said += [str(tag["placeholder"]) for tag in page.select("[placeholder]")]
        said += [str(tag["value"]) for tag in page.select("input[type=submit]")]
        return TYPED.sub("", untie(" ".join(" ".join(said).split())))

    def assert_speaks(self, language: str, foreign: re.Pattern[str]) -> None:
        wrong = []
        for member, addresses in (
            (self.officer, self.of_customers()),
            (self.boss, self.of_staff()),
        ):
            User.objects.filter(pk=member.pk).update(language=language)
            browser = sit_down(Client(), member)
            for address in addresses:
                answer = browser.get(address)
                assert answer.status_code in (200, 404), (address, answer.status_code)
                page = self.words(answer)
                found = foreign.findall(page)
                if found or re.search(r"\bNone\b", page):
                    wrong.append((address, found))
        assert not wrong, "\n".join(map(str, wrong))

    def test_polish_pages_have_no_english_word(self) -> None:
        self.assert_speaks("pl", ENGLISH)

    def test_english_pages_have_no_polish_word(self) -> None:
        self.assert_speaks("en", POLISH)

    def test_what_staff_are_told_after_each_act_is_polish(self) -> None:
        browser = sit_down(Client(), self.officer)
        for decision, typed in (
            ("reject", {"reason": "", "note": ""}),
            ("correct", {"words": ""}),
            ("suspend", {"reason": ""}),
        ):
            answer = send(browser, self.user, decision, **typed)
            assert answer.status_code == 200
            assert not ENGLISH.findall(self.words(answer)), decision
        late = send(browser, self.user, "approve", version="0")
        assert late.status_code == 409
        assert not ENGLISH.findall(self.words(late))
        assert StaffEvent.objects.exists()
