"""New terms on the pages of an account: announced, waited for, accepted once."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from unittest import mock
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from django.db import connection
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from accounts import consents
from accounts.models import Kind, OutboxMessage, User
from accounts.services import ledger
from accounts.sessions import texts
from kantor.serving.typography import untie
from tests import browsers
from tests.browsers import put_in
from tests.clock import later
from tests.doors import try_in
from tests.factories import PASSWORD, activated, staff
from tests.later_terms import CHANGES, day_in, nothing_announced, owed, published, rows
from tests.walk import Visitor

PAGE = "/konto/regulamin/"
SEE = "Zobacz, co się zmienia"
BOX = "Akceptuję Regulamin…"
ACCEPT = "Akceptuję"
WARSAW = ZoneInfo("Europe/Warsaw")


def visitor_of(user: User) -> Visitor:
    return Visitor(put_in(user, Client()))


class BannerTests(TestCase):
    """From publication on, before the day."""

    PAGES = (
        "/konto/", "/konto/dane/", "/konto/dane/adres/", "/konto/bezpieczenstwo/",
        "/konto/zgody/", "/konto/moje-dane/", "/konto/bezpieczenstwo/klucze/",
        "/konto/bezpieczenstwo/kody/", "/konto/potwierdz/", "/haslo/zmiana/",
    )  # fmt: skip

    def setUp(self) -> None:
        self.enterContext(nothing_announced())

    def test_stands_on_every_account_page_with_its_day(self) -> None:
        with published(day_in(30)):
            page = visitor_of(activated())
            for path in self.PAGES:
                page.open(path)
                assert page.path == path
                assert page.shows("obowiązuje nowy regulamin"), path
            page.follow(SEE)
            assert page.path == PAGE
            assert page.heading == "Nowy regulamin"
            assert page.shows(CHANGES["pl"].splitlines()[0])
            english = page.open("/en/konto/")
            assert english.shows("New Terms of Service apply from")

    def test_stands_nowhere_else(self) -> None:
        page = visitor_of(activated())
        assert not page.open("/konto/").shows(SEE)
        with published(day_in(30)):
            for path in ("/", "/pomoc/", "/regulamin/"):
                assert not Visitor().open(path).shows(SEE)
                assert not page.open(path).shows(SEE)

    def test_goes_when_they_are_accepted_early(self) -> None:
        user = activated(Kind.COMPANY)
        version = day_in(30)
        with published(version):
            page = visitor_of(user).open("/konto/").follow(SEE)
            assert not page.is_ticked(BOX)
            page.choose(BOX).press(ACCEPT)
            assert page.path == "/konto/"
            assert page.shows("Regulamin zaakceptowany.")
            assert not page.shows(SEE)
            assert rows(user)[1:] == [(version, "account")]
            assert page.open(PAGE).shows("Nic więcej nie trzeba akceptować.")
            with later(days=31):
                assert visitor_of(user).open("/konto/").path == "/konto/"

    def test_is_for_customers_alone(self) -> None:
        with published(day_in(30)):
            page = visitor_of(staff()).open("/konto/zgody/")
            assert not page.shows(SEE)
            assert put_in(staff(), Client()).get(PAGE).status_code == 404

    def test_tells_of_a_privacy_notice_and_asks_for_nothing(self) -> None:
        user = activated()
        version = day_in(30)
        with published(version, "privacy"):
            page = visitor_of(user).open("/konto/")
            assert page.shows("obowiązuje nowa informacja o przetwarzaniu danych")
            page.follow("Zobacz, co się zmienia w informacji o przetwarzaniu danych")
            assert page.path == f"/prywatnosc/{version}/"
            with later(days=43):
                page = visitor_of(user).open("/konto/")
                assert page.path == "/konto/"
                assert page.shows("obowiązuje nowa informacja o przetwarzaniu danych")
            with later(days=44):
                assert not visitor_of(user).open("/konto/").shows("nowa informacja")

    def test_costs_the_account_page_no_statement(self) -> None:
        user = activated(Kind.COMPANY, news=True)
        with published(day_in(30)):
            client = browsers.browser()
            try_in(user.email, PASSWORD, client)
            with CaptureQueriesContext(connection) as first:
                client.get("/konto/")
            assert not [query for query in first if "accounts_consentrecord" in query["sql"]
                        and "COALESCE" in query["sql"]]  # fmt: skip
            with CaptureQueriesContext(connection) as queries:
                assert SEE in untie(client.get("/konto/").content.decode())
            assert len(queries) <= 6, [query["sql"] for query in queries]


class InForceTests(TestCase):
    """From the day on, for who has not accepted them."""

    def setUp(self) -> None:
        self.enterContext(nothing_announced())
        self.user = activated()
        self.version = day_in(30)
        self.enterContext(published(self.version))
        self.enterContext(later(days=30))
        self.page = visitor_of(self.user)

    def test_every_account_page_leads_there_and_back(self) -> None:
        for path in BannerTests.PAGES:
            if path in ("/konto/moje-dane/", "/konto/potwierdz/"):
                continue
            answer = self.page.client.get(path)
            assert unquote(answer["Location"]) == f"{PAGE}?next={path}", path
        self.page.open("/konto/dane/adres/?a=b")
        assert self.page.heading == "Nowy regulamin"
        self.page.choose(BOX).press(ACCEPT)
        assert self.page.path == "/konto/dane/adres/?a=b"
        assert rows(self.user)[1:] == [(self.version, "account")]

    def test_no_page_of_the_account_is_forgotten(self) -> None:
        for path, name in account_paths():
            if not Visitor().open(path).path.startswith("/logowanie/"):
                continue  # for visitors too: a link of a mail, or no page
            page = self.page.open(path)
            if page.status in (404, 405):
                continue
            with self.subTest(path):
                is_led_there = page.path.startswith(PAGE)
                assert is_led_there is (name not in texts.OPEN or name == "accounts:terms")

    def test_says_what_changes_and_what_else_can_be_done(self) -> None:
        page = self.page.open("/konto/")
        assert page.shows("Aby korzystać z konta")
        for sentence in CHANGES["pl"].splitlines():
            assert page.shows(sentence)
        links = [str(link["href"]) for link in page.select("main a")]
        for link in (
            f"/regulamin/{self.version}/", f"/regulamin/{self.version}/pdf/", "/konto/moje-dane/"
        ):  # fmt: skip
            assert link in links
        assert page.buttons() == [ACCEPT, "Wyloguj się"]
        assert page.open("/konto/moje-dane/").heading == "Moje dane"
        assert page.shows("obowiązuje nowy regulamin")
        page.press("Pobierz stronę do czytania")
        assert "attachment" in page.response["Content-Disposition"]

    def test_sign_out_and_help_stay_open(self) -> None:
        for path in ("/pomoc/", "/regulamin/", f"/regulamin/{self.version}/", "/prywatnosc/"):
            assert self.page.open(path).path == path
        self.page.open("/konto/").press("Wyloguj się")
        assert self.page.shows("Wylogowano Cię z konta.")

    def test_nothing_is_accepted_without_the_tick(self) -> None:
        self.page.open("/konto/").press(ACCEPT)
        assert self.page.heading == "Nowy regulamin"
        assert "Zaznacz, aby zaakceptować regulamin." in self.page.error_at(BOX)
        for value in ("on", "true", consents.VERSIONS["terms"][-1], "\0", "x" * 5000):
            answer: Any = self.page.client.post(PAGE, {"terms": value})
            assert answer.status_code == 200
            assert "Przeczytaj nową wersję" in untie(answer.content.decode())
        assert len(rows(self.user)) == 1
        self.page.open(PAGE)
        self.page.client.head(PAGE)
        assert not self.page.is_ticked(BOX)
        assert len(rows(self.user)) == 1

    def test_what_is_accepted_is_the_row_that_proves_it(self) -> None:
        page = self.page.open("/en/konto/")
        assert page.heading == "New Terms of Service"
        page.choose("I accept…").press("Accept")
        row = self.user.consents.get(version=self.version)
        assert (row.language, row.given, row.channel) == ("en", True, "account")
        consent = consents.declaration("terms", self.version)
        assert row.text_hash == consents.text_hash(consent, "en")
        assert ledger.verify().is_well
        page.open("/konto/zgody/")
        assert row.digest in "".join(page.text.split())

    def test_twice_is_once(self) -> None:
        page = self.page.open(PAGE).choose(BOX)
        post = page.post_of(ACCEPT)
        page.send(post).send(post)
        assert page.path == "/konto/"
        assert rows(self.user)[1:] == [(self.version, "account")]
        assert owed(self.user, OutboxMessage.Kind.TERMS_ACCEPTED) == 1

    def test_accepted_in_one_browser_opens_the_other(self) -> None:
        other = visitor_of(self.user).open("/konto/")
        self.page.open("/konto/").choose(BOX).press(ACCEPT)
        assert other.open("/konto/").path == "/konto/"

    def test_an_address_that_only_does_something_is_not_led_back_to(self) -> None:
        page = self.page.open("/konto/zgody/nowosci/").choose(BOX).press(ACCEPT)
        assert (page.path, page.status) == ("/konto/", 200)

    def test_a_foreign_address_is_not_led_back_to(self) -> None:
        for foreign in ("https://zly.example/", "//zly.example/", "javascript:alert(1)"):
            answer: Any = self.page.client.post(PAGE, {"terms": self.version, "next": foreign})
            assert answer["Location"] == "/konto/"

    def test_what_was_typed_before_midnight_still_arrives(self) -> None:
        midnight = datetime.fromisoformat(self.version).replace(tzinfo=WARSAW)
        for minutes, is_taken in ((5, True), (120, False)):
            with mock.patch(
                "django.utils.timezone.now", lambda late=minutes: midnight + timedelta(minutes=late)
            ):
                client = put_in(self.user, Client())
                answer: Any = client.post("/konto/dane/", {"language": "en"})
                assert answer["Location"].startswith(PAGE) is not is_taken
            self.user.refresh_from_db()
            assert self.user.language == ("en" if is_taken else "pl")
            User.objects.update(language="pl")

    def test_who_registers_now_needs_nothing(self) -> None:
        user = activated()
        assert rows(user) == [(self.version, "registration")]
        page = visitor_of(user).open("/konto/")
        assert page.path == "/konto/"
        assert not page.shows(SEE)

    def test_staff_without_a_customer_are_not_asked(self) -> None:
        assert visitor_of(staff()).open("/konto/zgody/").path == "/konto/zgody/"

    def test_sign_in_leads_to_them_and_on(self) -> None:
        client = browsers.browser()
        try_in(self.user.email, PASSWORD, client)
        assert client.get("/konto/")["Location"].startswith(PAGE)
        assert self.page.open("/konto/zgody/").choose(BOX).press(ACCEPT).path == "/konto/zgody/"


ARGUMENTS = {"pk": 1, "section": "address", "token": "x"}


def account_paths() -> list[tuple[str, str]]:
    """Return every address below /konto/, with its name."""
    found: list[tuple[str, str]] = []

    def walk(patterns: Any, names: tuple[str, ...]) -> None:
        for each in patterns:
            if isinstance(each, URLResolver):
                more = (each.namespace,) if each.namespace else ()
                walk(each.url_patterns, (*names, *more))
            elif isinstance(each, URLPattern) and each.name:
                name = ":".join((*names, each.name))
                kwargs = {
                    key: ARGUMENTS[key] for key in each.pattern.converters if key in ARGUMENTS
                }
                with suppress(NoReverseMatch):
                    path = reverse(name, kwargs=kwargs)
                    if path.startswith(("/konto/", "/haslo/zmiana/")):
                        found.append((path, name))

    walk(get_resolver().url_patterns, ())
    assert len(found) > 15
    return found
