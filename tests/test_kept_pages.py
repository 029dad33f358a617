"""Pages that are rendered once and shown to everybody: nobody reads another visitor's words."""

import re
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, SimpleTestCase, TestCase, override_settings
from django.utils.translation import override

from kantor.serving import kept
from kantor.serving.kept import MOST_PAGES, mark, render_kept
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
        kept._kept.clear()
        strangers: set[str] = set()
        for applicant in (OSOBA, PERSON, FIRMA, COMPANY, OSOBA):
            own = answers_of(applicant)
            pages = "".join(self.pages(applicant))
            assert own
            for word in strangers - own:
                assert word not in pages, word
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
        typed = f'<b>"{mark("email")}&'
        visitor.fill({label: typed}).press("Anuluj")
        visitor.open(details)
        assert visitor.value(label) == typed
        assert visitor.page.find("b") is None


class DifferentAnswersTests(TestCase):
    """Two visitors of whom one gave more than the other."""

    def test_are_laid_out_by_what_was_given(self) -> None:
        full = FIRMA.reach_review(Visitor())
        assert full.shows("0000") or full.shows("KRS")
        bare = FIRMA.start(Visitor())
        FIRMA.type_details(bare).fill({"Numer KRS": "", "REGON": ""}).press("Dalej")
        given, missing = (page.text.count("Nie podano") for page in (full, bare))
        assert missing == given + 2
        assert FIRMA.reach_review(Visitor()).text.count("Nie podano") == given

    def test_cannot_be_invented(self) -> None:
        visitor = OSOBA.start(Visitor())
        post = visitor.post_of("Wstecz")
        pages = len(kept._kept)
        for number in range(5):
            post.data["dane-main_country"] = f"Z{number}"
            visitor.send(post).press("Dalej")
        assert len(kept._kept) <= pages + 2


class KeptPageTests(SimpleTestCase):
    """`render_kept` by itself."""

    def get(self, *, path: str = "/", key: Any = None, **values: str) -> HttpResponse:
        request: HttpRequest = RequestFactory().get(path)
        request.user = AnonymousUser()
        self.rendered = False

        def context() -> dict[str, Any]:
            self.rendered = True
            rows = [{"email": mark("email"), "attempt": mark("attempt"), "is_active": False}]
            return {"registrations": rows, "expires_hours": 48, "sender": "kantor"}

        template = "accounts/registration/sent.html"
        return render_kept(
            request, template, context, key=key, values={"email": "", "attempt": "", **values}
        )

    def setUp(self) -> None:
        kept._kept.clear()

    def test_is_rendered_once_for_each_key(self) -> None:
        for key, expected in ((1, True), (1, False), (2, True), (2, False), (1, False)):
            self.get(key=key)
            assert self.rendered is expected

    def test_is_another_one_in_another_language(self) -> None:
        assert b'lang="pl"' in self.get().content
        with override("en"):
            assert b'<html lang="en"' in self.get().content

    def test_is_rendered_each_time_while_templates_are_edited(self) -> None:
        with override_settings(DEBUG=True):
            self.get()
            self.get()
            assert self.rendered

    def test_puts_the_values_in_once_and_escaped(self) -> None:
        html = self.get(email=f"<i>{mark('attempt')}", attempt="x").content.decode()
        assert f"&lt;i&gt;{mark('attempt')}" in html

    def test_leads_to_the_same_address_in_the_other_language(self) -> None:
        self.get(path="/elsewhere/")
        html = self.get(path="/rejestracja/wyslano/?a=%22%3E&b=2").content.decode()
        assert 'href="/en/rejestracja/wyslano/?a=%22%3E&amp;b=2"' in html

    def test_carries_a_csrf_token_of_its_own(self) -> None:
        pattern = re.compile(r'name="csrfmiddlewaretoken" value="(\w{64})"')
        first, second = (pattern.findall(self.get().content.decode()) for _time in range(2))
        assert first
        assert first != second

    def test_are_never_more_than_a_fixed_number(self) -> None:
        for key in range(MOST_PAGES + 5):
            self.get(key=key)
        assert len(kept._kept) <= MOST_PAGES
