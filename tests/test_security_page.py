"""The page "Logowanie i bezpieczeństwo" and the pages that end sessions from there."""

from datetime import timedelta
from typing import Any

from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import override

from accounts.models import AccountEvent, AccountSession, User
from accounts.services import events, sessions
from accounts.values.visit import NOBODY, Visit
from kantor.serving.models import Session
from kantor.serving.typography import untie
from tests.browsers import IPHONE, THERE, signed_in
from tests.clock import later
from tests.doors import is_signed_in
from tests.factories import activated, staff
from tests.walk import Visitor

PAGE = "/konto/bezpieczenstwo/"
OTHERS = f"{PAGE}sesje/zakoncz/"
Kind = AccountEvent.Kind


def lines(visitor: Visitor, section: str) -> list[str]:
    """Return what stands on each line of a list of the page."""
    found = visitor.select(f"#{section} .places li")
    return [" ".join(each.get_text(" ").split()) for each in found]


class SecurityPageTests(TestCase):
    """What is shown."""

    def setUp(self) -> None:
        self.user = activated()
        self.client = signed_in(self.user)
        self.visitor = Visitor(self.client)

    def test_is_reached_from_the_account_and_leads_back(self) -> None:
        self.visitor.open("/konto/").follow("Logowanie i bezpieczeństwo")
        assert self.visitor.path == PAGE
        assert self.visitor.heading == "Logowanie i bezpieczeństwo"
        here = self.visitor.element(".account-nav [aria-current=page]")
        assert here["href"] == PAGE
        assert self.visitor.follow("Konto").path == "/konto/"

    def test_is_for_who_is_signed_in_and_kept_by_nobody(self) -> None:
        for path in (PAGE, OTHERS, f"{PAGE}sesje/1/zakoncz/", "/konto/potwierdz/"):
            assert Client().get(path)["Location"] == f"/logowanie/?next={path}"
            for client in (Client(), self.client):
                assert "no-store" in client.get(path)["Cache-Control"], path

    def test_leads_to_a_change_of_the_password(self) -> None:
        assert self.visitor.open(PAGE).follow("Zmień hasło").path == "/haslo/zmiana/"

    def test_leads_to_a_new_password_by_mail_where_it_is_barred(self) -> None:
        User.objects.filter(pk=self.user.pk).update(password_barred_at=timezone.now())
        assert self.visitor.open("/haslo/zmiana/").path == PAGE
        assert self.visitor.shows("Twoje hasło jest zablokowane.")
        assert self.visitor.follow("Ustaw nowe hasło").path == "/haslo/"

    def test_shows_each_open_session_in_words_this_one_first(self) -> None:
        with later(minutes=-40):
            other = signed_in(self.user, agent=IPHONE, address=THERE)
        AccountSession.objects.filter(browser="safari").update(
            seen_at=timezone.now() - timedelta(minutes=12, seconds=5)
        )
        here, there = lines(self.visitor.open(PAGE), "sesje")
        assert here.startswith("Firefox, Windows ta przeglądarka od ")
        assert here.endswith("· ostatnio przed chwilą · 83.12.x.x")
        assert there.startswith("Safari, iPhone od ")
        assert "· ostatnio 12 minut temu · 2a02:a31b:… Zakończ" in there
        began = timezone.localtime(AccountSession.objects.get(browser="safari").began_at)
        with override("pl"):
            assert f"od {date_format(began, 'j E')}, {date_format(began, 'G:i')} ·" in untie(there)
        other.post("/wyloguj/")
        assert len(lines(self.visitor.reload(), "sesje")) == 1

    def test_shows_it_in_english(self) -> None:
        (here,) = lines(self.visitor.open(f"/en{PAGE}"), "sesje")
        assert "Firefox, Windows this browser since " in here
        assert "last used a moment ago" in here

    def test_shows_no_session_whose_time_is_over(self) -> None:
        signed_in(self.user, agent=IPHONE)
        AccountSession.objects.filter(browser="safari").update(
            seen_at=timezone.now() - timedelta(minutes=20, seconds=1)
        )
        assert len(lines(self.visitor.open(PAGE), "sesje")) == 1
        AccountSession.objects.filter(browser="safari").update(
            seen_at=timezone.now(), began_at=timezone.now() - timedelta(hours=12, seconds=1)
        )
        assert len(lines(self.visitor.reload(), "sesje")) == 1

    def test_says_so_where_browser_or_address_are_unknown(self) -> None:
        signed_in(self.user, agent="curl/8", address="not an address")
        signed_in(self.user, agent="Something (Linux)", address="fe80::1%eth0")
        shown = lines(self.visitor.open(PAGE), "sesje")
        assert any(line.startswith("nieznana przeglądarka od") for line in shown)
        assert any(line.startswith("nieznana przeglądarka, Linux od") for line in shown)

    def test_shows_what_happened_in_ninety_days_the_newest_first(self) -> None:
        old = events.record(self.user, Kind.PASSWORD_CHANGED, visit=NOBODY)
        AccountEvent.objects.filter(pk=old.pk).update(at=timezone.now() - timedelta(days=91))
        visit = Visit("chrome", "android", "31.0.x.x")
        events.record(self.user, Kind.METHOD_ADDED, visit=visit, method="passkey")
        events.record(activated(), Kind.PHONE_CHANGED, visit=NOBODY)
        newest, oldest = lines(self.visitor.open(PAGE), "zdarzenia")
        assert newest.startswith("Dodanie klucza dostępu ")
        assert newest.endswith("· Chrome, Android · 31.0.x.x")
        assert oldest.startswith("Logowanie hasłem ")

    def test_turns_over_many_events(self) -> None:
        for _ in range(24):
            events.record(self.user, Kind.FAILED_SIGN_INS, visit=NOBODY)
        assert len(lines(self.visitor.open(PAGE), "zdarzenia")) == 10
        assert self.visitor.shows("Strona 1 z 3")
        self.visitor.follow("Starsze").follow("Starsze")
        assert len(lines(self.visitor, "zdarzenia")) == 5
        assert self.visitor.follow("Nowsze").shows("Strona 2 z 3")
        for nonsense in ("0", "-1", "x", "\x00", "9" * 30, "2.5", ""):
            page = self.client.get(PAGE, {"strona": nonsense})
            assert page.status_code == 200, nonsense

    def test_asks_for_few_statements(self) -> None:
        for _ in range(3):
            signed_in(self.user, agent=IPHONE)
        with CaptureQueriesContext(connection) as captured:
            self.client.get(PAGE)
        # Session, account; keys and rows of the sessions; number and page of the events;
        # passkeys; app.
        assert len(captured) == 8

    def test_exists_for_staff_too(self) -> None:
        client = Client()
        client.force_login(staff())
        assert Visitor(client).open(PAGE).heading == "Logowanie i bezpieczeństwo"


class EndTests(TestCase):
    """Ending sessions from the page."""

    def setUp(self) -> None:
        self.user = activated()
        self.client = signed_in(self.user)
        self.elsewhere = signed_in(self.user, agent=IPHONE, address=THERE)
        self.visitor = Visitor(self.client)

    def row(self, browser: str = "safari") -> AccountSession:
        return AccountSession.objects.get(user=self.user, browser=browser)

    def test_of_one_asks_and_says_what_it_did(self) -> None:
        self.visitor.open(PAGE).follow("Zakończ…")
        self.visitor.open(f"{PAGE}sesje/{self.row().pk}/zakoncz/")
        assert self.visitor.heading == "Zakończyć tę sesję?"
        assert self.visitor.shows("Safari, iPhone, od ")
        assert is_signed_in(self.elsewhere)
        self.visitor.press("Zakończ sesję")
        assert self.visitor.path == PAGE
        assert self.visitor.shows("Sesja została zakończona.")
        assert not is_signed_in(self.elsewhere)
        assert not self.visitor.reload().shows("Sesja została zakończona.")

    def test_of_one_that_is_over_is_no_error(self) -> None:
        self.visitor.open(f"{PAGE}sesje/{self.row().pk}/zakoncz/")
        post = self.visitor.post_of("Zakończ sesję")
        self.elsewhere.post("/wyloguj/")
        assert self.visitor.send(post).shows("Ta sesja była już zakończona.")
        assert self.user.events.filter(kind=Kind.SESSION_ENDED).count() == 0

    def test_of_the_others_asks_and_says_how_many_there_were(self) -> None:
        signed_in(self.user, agent=IPHONE)
        self.visitor.open(PAGE).follow("Zakończ wszystkie inne")
        assert self.visitor.heading == "Zakończyć wszystkie inne sesje?"
        post = self.visitor.post_of("Zakończ wszystkie inne")
        self.visitor.send(post)
        assert self.visitor.path == PAGE
        assert self.visitor.shows("Zakończono 2 sesje.")
        assert is_signed_in(self.client)
        assert not is_signed_in(self.elsewhere)
        assert self.visitor.open(PAGE).send(post).shows("Nie było innych sesji.")
        assert "Zakończ wszystkie inne" not in self.visitor.text

    def test_never_ends_this_one(self) -> None:
        path = f"{PAGE}sesje/{self.row('firefox').pk}/zakoncz/"
        assert self.client.get(path)["Location"] == PAGE
        assert self.client.post(path)["Location"] == PAGE
        assert is_signed_in(self.client)

    def test_takes_a_post_of_its_own_site(self) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.cookies.update(self.client.cookies)
        for path in (OTHERS, f"{PAGE}sesje/{self.row().pk}/zakoncz/"):
            for method in ("get", "head"):
                getattr(self.client, method)(path)
            assert self.client.put(path).status_code == 405
            assert strict.post(path).status_code == 403
        assert is_signed_in(self.elsewhere)

    def test_is_not_for_somebody_elses(self) -> None:
        stranger = signed_in(activated())
        path = f"{PAGE}sesje/{self.row().pk}/zakoncz/"
        for method in ("get", "post"):
            assert getattr(stranger, method)(path).status_code == 404
            assert getattr(stranger, method)(f"{PAGE}sesje/{10**30}/zakoncz/").status_code == 404
        stranger.post(OTHERS)
        assert is_signed_in(self.elsewhere)


class SecretTests(TestCase):
    """What is shown and kept names nobody's key, address or browser in full."""

    def test_never_shows_a_key(self) -> None:
        user = activated()
        client = signed_in(user)
        signed_in(user, agent=IPHONE)
        html = client.get(PAGE).content.decode()
        for row in Session.objects.all():
            assert row.session_key not in html
            assert sessions.hash_of(row.session_key) not in html

    def test_never_mixes_accounts(self) -> None:
        signed_in(activated(), agent=IPHONE, address=THERE)
        html = signed_in(activated()).get(PAGE).content.decode()
        page: Any = BeautifulSoup(html, "html.parser")
        assert "iPhone" not in page.find("main").get_text()
