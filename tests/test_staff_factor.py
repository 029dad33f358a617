"""How staff prove that it is them: never by a password alone."""

from datetime import timedelta
from typing import Any

from django.core import mail
from django.test import Client, RequestFactory, TestCase, override_settings

from accounts.desk import methods
from accounts.desk.roles import Role, role_of
from accounts.models import AuthenticatorApp, OutboxMessage, Passkey, StaffEvent, User
from accounts.passkeys import relying_party, services
from accounts.services import credentials
from accounts.sessions import factor
from tests.authenticator import Authenticator, enrolled
from tests.clock import later
from tests.desk import come_in, member_form, sit_down
from tests.factories import PASSWORD, activated, clerk, staff
from tests.phone import stopped_clock, turned_on
from tests.walk import Visitor

SIGN_IN = "/admin/login/"
CODE = "/admin/login/code/"
PASSKEY = "/admin/login/passkey/"
METHODS = "/admin/methods/"
CONFIRM = "/admin/confirm/"
MEMBERS = "/admin/accounts/staffmember/"
FIELD = "6 cyfr z aplikacji"
Action = StaffEvent.Action


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def reset_of(member: User) -> str:
    return f"/admin/staff/{member.pk}/methods/reset/"


class DoorTests(TestCase):
    """The staff's door."""

    def by_password(self, member: User) -> Any:
        return self.client.post(SIGN_IN, {"username": member.email, "password": PASSWORD})

    def by_passkey(self, device: Authenticator) -> Any:
        proof = device.prove(services.options_to_sign_in())
        return self.client.post(PASSKEY, {"passkey": proof})

    def test_is_closed_to_a_password_alone(self) -> None:
        member = staff(password=PASSWORD)
        assert "nikogo nie wpuszcza" in self.by_password(member).content.decode()
        assert not is_in(self.client)
        for page in (METHODS, f"{METHODS}app/on/", f"{METHODS}passkey/"):
            assert self.client.get(page)["Location"].startswith(SIGN_IN), page

    def test_is_closed_to_a_session_without_a_method(self) -> None:
        self.client.force_login(staff(superuser=True))
        assert not is_in(self.client)

    def test_opens_with_password_and_code(self) -> None:
        member = staff(password=PASSWORD)
        assert come_in(self.client, member)["Location"] == "/admin/"
        assert is_in(self.client)
        assert member.sessions.get().how == "totp"
        event = StaffEvent.objects.get(action=Action.SIGNED_IN)
        assert (event.actor, event.after) == (member.pk, {"how": "totp"})

    def test_opens_with_a_passkey(self) -> None:
        assert self.by_passkey(enrolled(staff()))["Location"] == "/admin/"
        assert is_in(self.client)

    def test_opens_in_a_browser_where_a_customer_is_signed_in(self) -> None:
        self.client.force_login(activated())
        assert self.by_passkey(enrolled(staff()))["Location"] == "/admin/"
        assert is_in(self.client)

    def test_takes_no_customers_passkey(self) -> None:
        assert self.by_passkey(enrolled(activated()))["Location"] == SIGN_IN
        assert not is_in(self.client)
        assert StaffEvent.objects.filter(action=Action.SIGN_IN_FAILED).count() == 1

    def test_writes_down_every_failure(self) -> None:
        member = staff(password=PASSWORD)
        self.client.post(SIGN_IN, {"username": member.email, "password": "wrong"})
        self.client.post(SIGN_IN, {"username": "nobody@kantor.example", "password": "wrong"})
        self.enterContext(stopped_clock())
        phone, _codes = turned_on(member)
        self.by_password(member)
        self.client.post(CODE, {"code": phone.wrong_code()})
        failures = StaffEvent.objects.filter(action=Action.SIGN_IN_FAILED).order_by("pk")
        assert [(each.customer, each.after["how"]) for each in failures] == [
            (member.pk, "password"),
            (None, "password"),
            (member.pk, "totp"),
        ]

    def test_stays_closed_after_a_new_password_by_mail(self) -> None:
        member = staff(password=PASSWORD)
        self.enterContext(stopped_clock())
        turned_on(member)
        new = "Nowe-Hasło-Brzoza-12"
        assert credentials.change_password(member, new, is_reset=True)
        answer = self.client.post(SIGN_IN, {"username": member.email, "password": new})
        assert answer["Location"] == CODE
        assert not is_in(self.client)

    def test_writes_down_who_left(self) -> None:
        member = staff()
        sit_down(self.client, member).post("/admin/logout/")
        assert StaffEvent.objects.get(action=Action.SIGNED_OUT).actor == member.pk

    @override_settings(SESSION_IDLE_MINUTES=60, SESSION_HOURS=12)
    def test_is_shut_after_a_quarter_of_an_hour_whatever_the_settings_say(self) -> None:
        sit_down(self.client, staff())
        assert is_in(self.client)
        with later(minutes=16):
            assert not is_in(self.client)

    @override_settings(SESSION_IDLE_MINUTES=60, SESSION_HOURS=12)
    def test_is_shut_after_eight_hours(self) -> None:
        sit_down(self.client, staff())
        for minutes in range(0, 8 * 60, 10):
            with later(minutes=minutes):
                assert is_in(self.client), minutes
        with later(hours=8, seconds=1):
            assert not is_in(self.client)


class HostTests(TestCase):
    """The host that has the staff's pages."""

    @override_settings(ADMIN_HOST="desk.testserver", ALLOWED_HOSTS=[".testserver"])
    def test_is_the_only_one(self) -> None:
        for path in ("/admin/", "/admin", SIGN_IN, "/admin/nie-ma/"):
            assert Client().get(path).status_code == 404, path
        assert Client(headers={"host": "desk.testserver"}).get(SIGN_IN).status_code == 200
        assert Client().get("/").status_code == 200

    def test_takes_passkeys_where_it_belongs_to_the_site(self) -> None:
        for host, is_offered in (
            ("", True),
            ("testserver", True),
            ("desk.testserver", True),
            ("desk.example", False),
            ("eviltestserver", False),
        ):
            with override_settings(ADMIN_HOST=host):
                assert relying_party.is_offered_at_desk() == is_offered, host


class AgainTests(TestCase):
    """The question for a method again."""

    def test_is_asked_after_five_minutes_and_never_for_the_password(self) -> None:
        member = staff(password=PASSWORD)
        self.enterContext(stopped_clock())
        phone, _codes = turned_on(member)
        sit_down(self.client, member)
        page = f"{METHODS}codes/"
        assert self.client.get(page).status_code == 200
        with later(minutes=6):
            visitor = Visitor(self.client).open(page)
            assert visitor.path.startswith(CONFIRM)
            assert not visitor.select("input[type=password]")
            visitor.fill({FIELD: phone.wrong_code()}).press("Potwierdź")
            assert visitor.errors
            visitor.fill({FIELD: phone.code()}).press("Potwierdź")
            assert visitor.path == page

    def test_is_answered_with_a_passkey(self) -> None:
        member = staff()
        device = enrolled(member)
        sit_down(self.client, member)
        self.client.get("/admin/")
        with later(minutes=6):
            assert self.client.get(f"{METHODS}passkey/")["Location"].startswith(CONFIRM)
            options = self.client.get(f"{CONFIRM}passkey/options/").json()
            proved = self.client.post(f"{CONFIRM}passkey/", {"passkey": device.prove(options)})
            assert proved["Location"] == METHODS
            assert self.client.get(f"{METHODS}passkey/").status_code == 200

    def test_has_a_limit_that_the_act_chooses(self) -> None:
        request = RequestFactory().get("/")
        request.session = sit_down(self.client, staff()).session
        with later(minutes=4):
            assert factor.fresh_factor(request)
            assert not factor.fresh_factor(request, timedelta(minutes=3))


class MethodsTests(TestCase):
    """The staff's own page of their methods."""

    def setUp(self) -> None:
        self.enterContext(stopped_clock())
        self.member = staff(password=PASSWORD)
        sit_down(self.client, self.member)
        self.visitor = Visitor(self.client)

    def test_keeps_the_last_method(self) -> None:
        turned_on(self.member)
        self.visitor.open("/admin/").follow("Twoje sposoby logowania").follow(
            "Wyłącz aplikację z kodami"
        ).press("Wyłącz")
        assert self.visitor.shows("To Twój jedyny sposób logowania.")
        assert AuthenticatorApp.objects.filter(user=self.member).exists()
        enrolled(self.member)
        self.visitor.open(f"{METHODS}app/off/").press("Wyłącz")
        assert not AuthenticatorApp.objects.filter(user=self.member).exists()
        self.client.post(f"{METHODS}passkey/{Passkey.objects.get().pk}/remove/")
        assert Passkey.objects.exists()

    def test_tells_the_owner_what_was_removed(self) -> None:
        turned_on(self.member)
        enrolled(self.member)
        self.client.post(f"{METHODS}passkey/{Passkey.objects.get().pk}/remove/")
        assert not Passkey.objects.exists()
        assert OutboxMessage.objects.get().kind == OutboxMessage.Kind.METHOD_REMOVED


class ResetTests(TestCase):
    """What an administrator does for who has lost every method."""

    def setUp(self) -> None:
        self.enterContext(stopped_clock())
        self.boss = clerk("administrator")
        sit_down(self.client, self.boss)
        self.member = clerk("reviewer")
        turned_on(self.member)
        enrolled(self.member)

    def test_takes_all_of_them_ends_the_sessions_and_tells_the_owner(self) -> None:
        theirs = sit_down(Client(), self.member)
        assert is_in(theirs)
        with self.captureOnCommitCallbacks(execute=True):
            page = self.client.post(reset_of(self.member), {"reason": "lost"})
        assert "http://testserver/admin/invitation/" in page.content.decode()
        assert not methods.has_any(self.member)
        assert not is_in(theirs)
        assert {letter.to[0] for letter in mail.outbox} == {self.member.email}
        assert "invitation" not in "".join(str(letter.message()) for letter in mail.outbox)
        event = StaffEvent.objects.get(action=Action.FACTOR_RESET)
        assert (event.actor, event.customer) == (self.boss.pk, self.member.pk)
        assert event.reason == "lost"

    def test_is_asked_for_first(self) -> None:
        assert self.member.email in self.client.get(reset_of(self.member)).content.decode()
        assert methods.has_any(self.member)

    def test_is_never_of_his_own(self) -> None:
        turned_on(self.boss)
        assert self.client.post(reset_of(self.boss), {"reason": "lost"}).status_code == 403
        assert methods.has_any(self.boss)

    def test_is_for_administrators_and_of_staff_alone(self) -> None:
        assert self.client.post(reset_of(activated()), {"reason": "lost"}).status_code == 404
        for role in ("support", "reviewer", "officer", "auditor"):
            other = sit_down(Client(), clerk(role))
            assert other.post(reset_of(self.member), {"reason": "lost"}).status_code == 403, role
        assert methods.has_any(self.member)

    def test_needs_a_method_of_these_minutes(self) -> None:
        self.client.get("/admin/")
        with later(minutes=6):
            answer = self.client.get(reset_of(self.member))
        assert answer["Location"].startswith(CONFIRM)

    def test_is_reached_by_labels_and_asks_why(self) -> None:
        sit_down(self.client, self.boss)
        visitor = Visitor(self.client).open("/admin/").follow("Konta pracowników")
        visitor.follow(self.member.email).follow("Zresetuj sposoby logowania")
        visitor.press("Zresetuj")
        assert methods.has_any(self.member), "Without a reason nothing happens."
        visitor.choose("skradzione urządzenie").press("Zresetuj")
        assert "/admin/invitation/" in visitor.element(".key").get_text()
        assert not methods.has_any(self.member)
        assert StaffEvent.objects.get(action=Action.FACTOR_RESET).reason == "stolen"

    def test_is_offered_to_nobody_about_himself(self) -> None:
        own = self.client.get(f"{MEMBERS}{self.boss.pk}/change/").content.decode()
        assert "methods/reset" not in own

    def test_is_sent_with_a_method_of_these_minutes(self) -> None:
        self.client.get(reset_of(self.member))
        with later(minutes=5, seconds=2):
            answer = self.client.post(reset_of(self.member), {"reason": "lost"})
        assert answer["Location"].startswith(CONFIRM)
        assert methods.has_any(self.member)


class RoleTests(TestCase):
    """Giving a role needs a method of the last five minutes, when it is sent too."""

    def test_is_asked_for_a_method_and_led_back(self) -> None:
        self.enterContext(stopped_clock())
        boss, member = clerk("administrator", password=PASSWORD), clerk("support")
        phone, _codes = turned_on(boss)
        sit_down(self.client, boss)
        page = f"{MEMBERS}{member.pk}/change/"
        data = member_form(member, "officer")
        assert self.client.get(page).status_code == 200
        with later(minutes=5, seconds=2):
            assert self.client.get(page)["Location"].startswith(CONFIRM)
            late = self.client.post(page, data, headers={"Referer": f"http://testserver{page}"})
            assert late["Location"].startswith(CONFIRM)
            assert role_of(User.objects.get(pk=member.pk)) == Role.SUPPORT
            visitor = Visitor(self.client).open(late["Location"])
            assert visitor.shows("Nic się jeszcze nie stało.")
            visitor.fill({FIELD: phone.code()}).press("Potwierdź")
            assert visitor.path == page
            assert self.client.post(page, data).status_code == 302
        assert role_of(User.objects.get(pk=member.pk)) == Role.OFFICER
