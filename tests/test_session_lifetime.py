"""A session ends after a quarter of an hour without a request, and after twelve hours at most."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client, TestCase, override_settings
from django.test.utils import CaptureQueriesContext

from accounts.models import AccountSession
from accounts.sessions.lifetime import lifetime_of
from kantor.serving.models import Session
from tests.browsers import browser, signed_in
from tests.clock import later
from tests.desk import sit_down
from tests.doors import ACCOUNT, NUMBER, is_signed_in, send, walk_in
from tests.factories import PASSWORD, activated, staff
from tests.walk import Visitor

STATE = "/en/konto/sesja/"
IDLE = timedelta(minutes=15)
MOMENT = timedelta(minutes=1)  # so much may a test take itself


def left(client: Client) -> int:
    """Ask, as the script does, how many seconds are left."""
    return int(client.get(STATE).json()["left"])


class IdleTests(TestCase):
    """The time without a request."""

    def setUp(self) -> None:
        self.user = activated(language="en")
        self.client = signed_in(self.user)

    def test_is_over_after_fifteen_minutes_and_not_before(self) -> None:
        with later(IDLE - MOMENT):
            assert is_signed_in(self.client)
            with later(IDLE - MOMENT):
                assert is_signed_in(self.client)
                with later(IDLE):
                    assert not is_signed_in(self.client)

    def test_counts_from_a_request_that_was_not_written_down(self) -> None:
        with later(minutes=4), CaptureQueriesContext(connection) as statements:
            assert is_signed_in(self.client)
        assert not [each for each in statements if not each["sql"].startswith("SELECT")]
        with later(timedelta(minutes=4) + IDLE - MOMENT):
            assert is_signed_in(self.client)
        with later(timedelta(minutes=8) + 2 * IDLE):
            assert not is_signed_in(self.client)

    def test_leaves_no_row_that_somebody_could_go_on_with(self) -> None:
        key = self.client.cookies[settings.SESSION_COOKIE_NAME].value
        with later(IDLE):
            is_signed_in(self.client)
        assert not Session.objects.exists()
        thief = Client()
        thief.cookies[settings.SESSION_COOKIE_NAME] = key
        assert not is_signed_in(thief)

    def test_is_not_prolonged_by_keeping_an_old_cookie(self) -> None:
        cookies = {name: morsel.value for name, morsel in self.client.cookies.items()}
        with later(IDLE):
            thief = Client()
            thief.cookies.load(cookies)
            assert not is_signed_in(thief)

    def test_is_not_prolonged_by_the_cookie_of_another_session_or_a_forged_one(self) -> None:
        other = signed_in(activated())
        with later(IDLE - MOMENT):
            assert is_signed_in(other)
        stamp = other.cookies[settings.SEEN_COOKIE_NAME].value
        short, _, rest = stamp.partition("-")
        own = self.client.cookies[settings.SEEN_COOKIE_NAME].value.partition("-")[0]
        forged = f"{own}-{rest}"
        assert short != own
        for cookie in (stamp, forged, "", "x", "\x00", f"{own}-99999999999:x", "x" * 4000):
            self.client.cookies[settings.SEEN_COOKIE_NAME] = cookie
            with later(IDLE + MOMENT):
                response = self.client.get(ACCOUNT)
            assert response.status_code == 302, cookie
            self.client = signed_in(self.user)

    def test_has_what_is_written_for_a_browser_without_that_cookie(self) -> None:
        del self.client.cookies[settings.SEEN_COOKIE_NAME]
        with later(IDLE - MOMENT):
            assert is_signed_in(self.client)
            del self.client.cookies[settings.SEEN_COOKIE_NAME]
            with later(IDLE):
                assert not is_signed_in(self.client)

    def test_begins_anew_with_a_request_of_a_script(self) -> None:
        meter = "/en/haslo/zmiana/sila/"
        with later(IDLE - MOMENT):
            assert self.client.post(meter, {"password": "x"}).status_code == 200
            with later(IDLE - MOMENT):
                assert is_signed_in(self.client)

    def test_is_told_without_being_prolonged(self) -> None:
        with later(minutes=10):
            assert 298 <= left(self.client) <= 301
            assert self.client.get(STATE).json()["isLast"] is False
            with later(minutes=5):
                assert left(self.client) == 0

    def test_is_prolonged_on_request(self) -> None:
        with later(minutes=14):
            answer = self.client.post(STATE, headers={"Accept": "application/json"})
            assert answer.json()["left"] > 895
            assert answer["Cache-Control"].count("no-store") == 1
            with later(minutes=14):
                assert is_signed_in(self.client)

    def test_is_prolonged_from_a_page_without_a_script_too(self) -> None:
        for page, target in (
            ("http://testserver/en/konto/bezpieczenstwo/?strona=2", None),
            ("http://evil.example/en/konto/", ACCOUNT),
            ("", ACCOUNT),
        ):
            answer = self.client.post(STATE, headers={"Referer": page})
            assert answer["Location"] == (target or "/en/konto/bezpieczenstwo/?strona=2")

    def test_cannot_be_prolonged_for_somebody_by_another_site(self) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.cookies.update(self.client.cookies)
        assert strict.post(STATE).status_code == 403

    def test_is_nothing_for_a_visitor(self) -> None:
        visitor = Client()
        assert left(visitor) == 0
        assert visitor.post(STATE, headers={"Accept": "application/json"}).json() == {"left": 0}
        assert not visitor.cookies
        assert settings.SEEN_COOKIE_NAME not in Client().get("/en/").cookies

    @override_settings(SESSION_IDLE_MINUTES=30)
    def test_is_a_setting(self) -> None:
        with later(minutes=29, seconds=58):
            assert is_signed_in(self.client)
        with later(minutes=60):
            assert not is_signed_in(self.client)

    def test_ends_at_the_staffs_door_as_well(self) -> None:
        sit_down(self.client, staff(superuser=True))
        assert self.client.get("/admin/").status_code == 200
        with later(IDLE):
            assert self.client.get("/admin/")["Location"].startswith("/admin/login/")


class WholeTests(TestCase):
    """The time in all."""

    def setUp(self) -> None:
        self.client = signed_in(activated(language="en"))

    def stay_until(self, end: timedelta) -> None:
        """Ask for something every ten minutes."""
        passed = timedelta(0)
        while passed < end:
            with later(passed):
                assert is_signed_in(self.client), passed
            passed += timedelta(minutes=10)

    def test_is_over_after_twelve_hours_whatever_is_asked_for(self) -> None:
        self.stay_until(timedelta(hours=12))
        with later(timedelta(hours=12) - MOMENT):
            assert is_signed_in(self.client)
            state = self.client.post(STATE, headers={"Accept": "application/json"}).json()
            assert state["isLast"] is True
            assert 1 <= state["left"] <= 60
        with later(hours=12):
            assert not is_signed_in(self.client)

    @override_settings(SESSION_HOURS=1)
    def test_is_a_setting(self) -> None:
        self.stay_until(timedelta(hours=1))
        with later(hours=1):
            assert not is_signed_in(self.client)

    def test_is_that_of_the_account(self) -> None:
        lifetime = lifetime_of(activated())
        assert (lifetime.idle, lifetime.whole) == (IDLE, timedelta(hours=12))

    def test_is_told_where_the_account_is_shown(self) -> None:
        visitor = Visitor(self.client)
        for page in ("/konto/", "/konto/bezpieczenstwo/"):
            visitor.open(page)
            assert visitor.shows("Wylogujemy Cię po 15 minutach bez żadnej czynności."), page
            assert visitor.shows("Sesja trwa najwyżej 12 godzin."), page
        with override_settings(SESSION_IDLE_MINUTES=22, SESSION_HOURS=2):
            assert visitor.open("/konto/").shows("po 22 minutach bez żadnej czynności.")
            assert visitor.shows("Sesja trwa najwyżej 2 godziny.")


class CostTests(TestCase):
    """What following a session costs."""

    def setUp(self) -> None:
        self.client = signed_in(activated())

    def statements(self, path: str = "/haslo/zmiana/") -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            assert self.client.get(path).status_code == 200
        return [each["sql"] for each in captured]

    def test_is_nothing_for_an_ordinary_page(self) -> None:
        # Session and account: as many as before sessions were followed.
        for minutes in (0, 1, 4.9):
            with later(minutes=minutes):
                assert len(self.statements()) == 2

    def test_is_two_statements_every_five_minutes(self) -> None:
        with later(minutes=5):
            assert len(self.statements()) == 4
            with later(minutes=4.9):
                assert len(self.statements()) == 2
            with later(minutes=5):
                assert len(self.statements()) == 4

    def test_is_one_statement_for_a_browser_whose_session_is_gone_and_none_after(self) -> None:
        Session.objects.all().delete()
        assert len(self.statements("/")) == 1
        assert len(self.statements("/")) == 0

    def test_of_asking_for_the_time_is_what_any_page_asks(self) -> None:
        assert len(self.statements("/konto/sesja/")) == 2

    @override_settings(SESSION_IDLE_MINUTES=3)
    def test_is_written_more_often_where_the_time_is_short(self) -> None:
        with later(seconds=61):
            assert len(self.statements()) == 4

    def test_brings_the_row_up_to_date(self) -> None:
        before = AccountSession.objects.get().seen_at
        with later(minutes=4):
            self.statements()
        assert AccountSession.objects.get().seen_at == before
        with later(minutes=6):
            self.statements()
        assert AccountSession.objects.get().seen_at - before >= timedelta(minutes=6)

    def test_of_a_sign_in_is_what_it_was_before(self) -> None:
        user = activated()
        known = signed_in(user)
        # The address is kept already: of the password alone, the session, the account, counters
        # of network, address here and, in a new browser, everywhere, the first taken back and all
        # others cleared, whether there is an app, the last sign-in, the texts
        # accepted, the session; its row and the event, for a new browser also the mail.
        for client, count in ((known, 13), (browser(), 15)):
            client.post("/en/wyloguj/")
            client.post("/en/logowanie/", {"username": user.email})
            with CaptureQueriesContext(connection) as captured:
                answers = {"password": PASSWORD, "digits": NUMBER}
                assert send(client, answers).status_code == 302
            work = [each["sql"] for each in captured if "SAVEPOINT" not in each["sql"]]
            assert len(work) == count, work


class ExpiredTests(TestCase):
    """Whoever comes too late, without a script."""

    def setUp(self) -> None:
        self.user = activated(language="en")
        self.client = signed_in(self.user)
        self.visitor = Visitor(self.client)

    EXPIRED = "Your session has expired. After signing in you will return to the same page."

    def sign_in(self) -> Visitor:
        visitor: Visitor = walk_in(self.visitor, self.user.email, PASSWORD)
        return visitor

    def test_is_told_and_returns_to_the_same_page(self) -> None:
        with later(IDLE):
            self.visitor.open("/en/konto/bezpieczenstwo/?strona=1")
            assert self.visitor.heading == "Signing in"
            assert self.visitor.shows(self.EXPIRED)
            assert self.visitor.reload().shows(self.EXPIRED)
            assert self.sign_in().path == "/en/konto/bezpieczenstwo/?strona=1"
            assert not self.visitor.shows(self.EXPIRED)

    def test_is_told_in_polish(self) -> None:
        with later(IDLE):
            self.visitor.open("/konto/")
            assert self.visitor.shows("Sesja wygasła. Po zalogowaniu wrócisz na tę samą stronę.")

    def test_returns_to_the_page_of_the_form_that_was_sent(self) -> None:
        page = "/en/haslo/zmiana/"
        post = self.visitor.open(page).post_of("Save the new password")
        with later(IDLE):
            self.visitor.send(post)
            assert self.visitor.shows(self.EXPIRED)
            assert self.sign_in().path == page

    def test_is_led_by_the_form_only_to_a_page_of_ours(self) -> None:
        action = "/en/konto/bezpieczenstwo/sesje/zakoncz/"
        Session.objects.all().delete()
        for referer, wanted in (
            ("http://testserver/en/konto/?a=b&c=%C5%BC#d", "/en/konto/%3Fa%3Db%26c%3D%25C5%25BC"),
            ("http://evil.example/en/konto/", action),
            ("//evil.example/", action),
            ("https://testserver.evil.example/", action),
            ("javascript:alert(1)", action),
            ("http://testserver//evil.example/x", "/%252Fevil.example/x"),
            ("", action),
        ):
            response = self.client.post(action, headers={"Referer": referer})
            assert response["Location"] == f"/en/logowanie/?next={wanted}", referer

    def test_is_not_told_who_was_never_signed_in(self) -> None:
        assert not Visitor().open(ACCOUNT).shows(self.EXPIRED)

    def test_is_not_told_who_signed_out(self) -> None:
        self.visitor.open(ACCOUNT).press("Sign out")
        assert not self.visitor.open(ACCOUNT).shows(self.EXPIRED)

    def test_is_not_told_who_left_the_staffs_pages(self) -> None:
        client = Client()
        sit_down(client, staff(superuser=True))
        client.get("/admin/")
        client.post("/admin/logout/")
        assert not Visitor(client).open(ACCOUNT).shows(self.EXPIRED)

    def test_is_not_told_who_comes_of_himself(self) -> None:
        with later(IDLE):
            assert not self.visitor.open("/en/logowanie/").shows(self.EXPIRED)

    def test_is_not_told_a_day_later(self) -> None:
        with later(hours=23):
            assert self.visitor.open(ACCOUNT).shows(self.EXPIRED)
        with later(hours=25):
            assert not self.visitor.open(ACCOUNT).shows(self.EXPIRED)


class SignedInAlreadyTests(TestCase):
    """Whoever opens the sign-in with a session."""

    def location(self, address: str, **data: Any) -> str:
        client = Client()
        client.force_login(activated())
        return str(
            client.post(address, data)["Location"] if data else client.get(address)["Location"]
        )

    def test_is_led_to_where_he_wanted(self) -> None:
        wanted = "/en/konto/bezpieczenstwo/"
        assert self.location(f"/en/logowanie/?next={wanted}") == wanted
        assert self.location("/en/logowanie/", next=wanted) == wanted
        assert self.location("/en/logowanie/") == ACCOUNT

    def test_is_never_led_away(self) -> None:
        for address in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
            assert self.location(f"/en/logowanie/?next={address}") == ACCOUNT

    def test_is_led_there_too_when_the_form_was_open_before(self) -> None:
        user = activated(language="en")
        first = Visitor().open("/en/logowanie/?next=/en/konto/bezpieczenstwo/")
        post = first.post_of("Next")
        other = first.new_tab().open("/en/logowanie/")
        walk_in(other, user.email, PASSWORD)
        assert other.path == ACCOUNT
        # The token of its form is not good any more.
        assert first.send(post).path == "/en/konto/bezpieczenstwo/"
        assert first.posts == [302]
