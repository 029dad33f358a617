"""Pages that are rendered once and shown to everybody: nobody reads another visitor's words."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import Any, ClassVar
from unittest import mock
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.test import RequestFactory, SimpleTestCase, TestCase, override_settings
from django.utils.autoreload import file_changed
from django.utils.translation import override

from accounts.models import User
from kantor.serving import kept
from kantor.serving.kept import MOST_PAGES, KeptPage, MixedPageError, Words, render_kept
from kantor.settings import base
from tests.people import COMPANY, FIRMA, OSOBA, PERSON, Applicant
from tests.walk import Visitor

STEPS = ("start", "dane", "weryfikacja", "haslo")


def answers_of(applicant: Applicant) -> set[str]:
    """Return what this person alone types: long enough not to stand in a page by chance."""
    typed = (value for group in applicant.details.values() for value in group.values())
    return {value for value in typed if len(value) > 5}


class WizardPagesTests(TestCase):
    """The steps, for visitors of all kinds one after another."""

    def pages(self, applicant: Applicant) -> list[str]:
        visitor = applicant.reach_consents(Visitor())
        pages = [str(visitor.page)]
        for step in STEPS:
            visitor.open(re.sub(r"[^/]+/$", f"{step}/", visitor.path))
            assert visitor.status == 200
            pages.append(str(visitor.page))
        return pages

    def test_show_the_words_of_their_own_visitor_only(self) -> None:
        kept.forget()
        # The footer names the operator to everybody.
        known = f"{settings.OPERATOR_NAME} {settings.OPERATOR_ADDRESS}"
        strangers: set[str] = set()
        for applicant in (OSOBA, PERSON, FIRMA, COMPANY, OSOBA):
            own = answers_of(applicant)
            pages = "".join(self.pages(applicant))
            assert own
            for word in strangers - own:
                assert word not in pages or word in known, word
            strangers |= own

    def test_name_their_own_attempt_only(self) -> None:
        first, second = ("".join(self.pages(OSOBA)) for _time in range(2))
        identity = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}|[0-9a-f]{40}")
        assert set(identity.findall(first))
        assert not set(identity.findall(first)) & set(identity.findall(second))

    def test_hold_no_mark(self) -> None:
        assert kept._SIGN not in "".join(self.pages(FIRMA))

    def test_escape_what_was_typed(self) -> None:
        visitor = OSOBA.reach_review(Visitor())
        details = re.sub(r"[^/]+/$", "dane/", visitor.path)
        visitor.open(details)
        label = next(iter(OSOBA.details["Dane osobowe"]))
        typed = f'<b>"{kept._mark("email")}&'
        visitor.fill({label: typed}).press("Anuluj")
        visitor.open(details)
        assert visitor.value(label) == typed
        assert not visitor.select("b")


class DifferentAnswersTests(TestCase):
    """Two visitors of whom one gave more than the other."""

    def test_are_laid_out_by_what_was_given(self) -> None:
        full = FIRMA.reach_review(Visitor())
        bare = FIRMA.start(Visitor())
        FIRMA.type_details(bare).fill({"Numer KRS": "", "REGON": ""}).press("Dalej")
        again = FIRMA.reach_review(Visitor())
        given, missing, same = (
            {label.get_text() for label in each.select("dl dt")} for each in (full, bare, again)
        )
        assert given - missing == {"REGON", "Numer KRS"}
        assert missing < given == same

    def test_cannot_be_invented(self) -> None:
        visitor = OSOBA.start(Visitor())
        post = visitor.post_of("Wstecz")
        pages = len(kept._kept)
        for number in range(5):
            post.data["dane-main_country"] = f"Z{number}"
            visitor.send(post).press("Dalej")
        assert len(kept._kept) <= pages + 2


@dataclass(frozen=True)
class Greeting(KeptPage):
    """The page of a few words that is told by one number."""

    template_name: ClassVar[str] = "accounts/registration/sent.html"
    rendered: ClassVar[int] = 0
    sender: ClassVar[str] = "kantor"

    number: int = 0

    def context(self, words: Words) -> dict[str, Any]:
        """Count the rendering; the sender is what a key should tell and does not."""
        type(self).rendered += 1
        row = {"email": words.text("email"), "attempt": words.id("attempt"), "is_active": False}
        return {
            "registrations": [row],
            "is_waiting": True,
            "expires_hours": self.number,
            "sender": self.sender,
        }


class KeptPageTests(SimpleTestCase):
    """`render_kept` by itself."""

    def get(self, number: int = 0, *, path: str = "/", email: str = "", **state: Any) -> str:
        request: HttpRequest = RequestFactory().get(path)
        request.user = state.get("user", AnonymousUser())
        words = Words({"email": email}, {"attempt": state.get("attempt", UUID(int=7))})
        return render_kept(request, Greeting(number), words).content.decode()

    def setUp(self) -> None:
        kept.forget()
        self.addCleanup(kept.forget)
        self.enterContext(mock.patch.object(Greeting, "rendered", 0))
        # Whoever was served before in this process may have been served in English.
        self.enterContext(override("pl"))

    @override_settings(KEPT_PAGES_CHECKED=False)
    def test_is_rendered_once_for_each_key(self) -> None:
        for number, times in ((1, 1), (1, 1), (2, 2), (2, 2), (1, 2)):
            self.get(number)
            assert Greeting.rendered == times

    def test_is_another_one_in_another_language(self) -> None:
        assert 'lang="pl"' in self.get()
        with override("en"):
            assert '<html lang="en"' in self.get()

    @override_settings(KEPT_PAGES_CHECKED=False)
    def test_is_forgotten_when_a_template_is_edited(self) -> None:
        edited = settings.BASE_DIR / "templates" / Greeting.template_name
        self.get()
        file_changed.send(sender=self, file_path=edited)
        self.get()
        assert Greeting.rendered == 2

    @override_settings(KEPT_PAGES_CHECKED=False)
    def test_is_rendered_each_time_for_who_is_signed_in(self) -> None:
        for times in (1, 2):
            with override("pl"):
                page = self.get(user=User(email="jan@example.com", is_active=True))
            assert "Wyloguj" in page
            assert Greeting.rendered == times

    def test_puts_the_values_in_once_and_escaped(self) -> None:
        sign = kept._mark("attempt")
        assert f"&lt;i&gt;{sign}" in self.get(email=f"<i>{sign}")

    def test_are_never_mixed_by_threads_that_are_served_at_once(self) -> None:
        start = Barrier(4)

        def visit(number: int) -> list[str]:
            own = f"visitor{number}@example.com"
            start.wait(60)
            found = []
            # Also while pages are made and forgotten, in the language of the thread.
            for turn in range(40):
                with override("en" if number % 2 else "pl"):
                    page = self.get(turn % 3, email=own, attempt=UUID(int=number))
                found += re.findall(r"visitor\d@example\.com", page)
                assert f'lang="{"en" if number % 2 else "pl"}"' in page
            return found

        with mock.patch.object(kept, "MOST_PAGES", 2), ThreadPoolExecutor(4) as pool:
            for number, found in enumerate(pool.map(visit, range(4))):
                assert len(found) >= 40
                assert set(found) == {f"visitor{number}@example.com"}

    def test_finds_the_ids_in_addresses(self) -> None:
        for attempt in (UUID(int=1), UUID(int=2)):
            assert f"?proba={attempt}" in self.get(attempt=attempt)

    def test_leads_to_the_same_address_in_the_other_language(self) -> None:
        self.get(path="/elsewhere/")
        html = self.get(path="/rejestracja/wyslano/?a=%22%3E&b=2")
        assert 'href="/en/rejestracja/wyslano/?a=%22%3E&amp;b=2"' in html

    def test_carries_a_csrf_token_of_its_own(self) -> None:
        pattern = re.compile(r'name="csrfmiddlewaretoken" value="(\w{64})"')
        first, second = (pattern.findall(self.get()) for _time in range(2))
        assert first
        assert first != second

    def test_are_never_more_than_a_fixed_number(self) -> None:
        for number in range(MOST_PAGES + 5):
            self.get(number)
        assert len(kept._kept) <= MOST_PAGES

    def test_that_tells_more_than_its_key_is_found_at_its_first_hit(self) -> None:
        self.get()
        somebody = "somebody"
        with (
            mock.patch.object(Greeting, "sender", somebody),
            self.assertRaisesMessage(MixedPageError, somebody),
        ):
            self.get()

    def test_that_changes_a_word_on_its_way_is_found_at_once(self) -> None:
        real = Greeting.context

        def context(page: Greeting, words: Words) -> dict[str, Any]:
            return real(page, Words({"email": words.text("email").upper()}, words.ids))

        with (
            mock.patch.object(Greeting, "context", context),
            self.assertRaisesMessage(MixedPageError, "JAN@EXAMPLE.COM"),
        ):
            self.get(email="jan@example.com")

    def test_needs_a_key_of_its_own(self) -> None:
        class Keyless(Greeting):
            """Has forgotten to be a dataclass: its fields would not be in its key."""

        request = RequestFactory().get("/")
        request.user = AnonymousUser()
        with self.assertRaisesMessage(MixedPageError, "no dataclass"):
            render_kept(request, Keyless(), Words({"email": ""}, {"attempt": ""}))

    def test_are_checked_in_development_and_in_tests_alone(self) -> None:
        assert settings.KEPT_PAGES_CHECKED
        assert not base.KEPT_PAGES_CHECKED
