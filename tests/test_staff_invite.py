"""The invitation of staff: a link to a password and the first method."""

from datetime import timedelta
from io import StringIO

from django.core.management import CommandError, call_command
from django.test import Client, TestCase, override_settings

from accounts.desk import invites, staff
from accounts.desk.events import Desk
from accounts.desk.roles import Role, role_of
from accounts.models import AuthenticatorApp, Passkey, StaffEvent, User
from tests.authenticator import Authenticator, later
from tests.factories import PASSWORD, activated, clerk
from tests.phone import Phone, stopped_clock, turned_on
from tests.walk import Visitor

EMAIL = "nowa@kantor.example"
LABELS = ("Nowe hasło", "Potwierdzenie nowego hasła")
APP = "Włącz aplikację z kodami"


def printed_for(email: str = EMAIL, role: str = "reviewer") -> str:
    printed = StringIO()
    call_command("staff", "invite", email, "--role", role, stdout=printed)
    return printed.getvalue()


def invited() -> str:
    """Run the command and return the path of the link that it prints."""
    link = printed_for().split()[-1]
    assert link.startswith("http://testserver/admin/invitation/"), link
    return link.removeprefix("http://testserver")


def with_password(link: str) -> Visitor:
    return Visitor().open(link).fill(dict.fromkeys(LABELS, PASSWORD)).press("Dalej")


def lax(visitor: Visitor) -> Client:
    """Return the same browser, for what a script sends."""
    client = Client()
    client.cookies = visitor.client.cookies
    return client


def turn_app_on(visitor: Visitor) -> Visitor:
    """Turn the app on as the first method."""
    key = visitor.follow(APP).select(".key")[0].get_text()
    return visitor.fill({"6 cyfr z aplikacji": Phone(key).code()}).press("Włącz")


class CommandTests(TestCase):
    """`manage.py staff invite`."""

    def test_makes_an_account_in_the_role_and_writes_it_down(self) -> None:
        for role in Role:
            email = f"{role.value}@kantor.example"
            printed_for(email, role.value)
            member = User.objects.get(email=email)
            assert role_of(member) is role
            assert not member.has_usable_password()
            event = StaffEvent.objects.get(customer=member.pk)
            assert (event.action, event.after) == ("staff_changed", {"role": role.value})

    def test_refuses_customers_and_who_has_a_method(self) -> None:
        colleague = clerk()
        self.enterContext(stopped_clock())
        turned_on(colleague)
        for email in (activated().email, colleague.email, "no address"):
            with self.assertRaises(CommandError):
                printed_for(email)
        assert AuthenticatorApp.objects.filter(user=colleague).exists()

    def test_refuses_who_works_here_no_more(self) -> None:
        gone = clerk("officer")
        staff.set_active(gone, is_active=False, desk=Desk(clerk("administrator")))
        with self.assertRaises(CommandError):
            printed_for(gone.email)
        assert StaffEvent.objects.count() == 1, "Neither a role nor a link was given."

    @override_settings(ADMIN_HOST="desk.testserver")
    def test_names_the_host_of_the_desk(self) -> None:
        assert "http://desk.testserver/admin/invitation/" in printed_for()


class LinkTests(TestCase):
    """The link."""

    def assert_over(self, link: str) -> None:
        page = Client().get(link)
        assert page.status_code == 410
        assert "Zaproszenie nie działa" in page.content.decode()

    def test_leads_to_password_app_and_desk(self) -> None:
        link = invited()
        visitor = turn_app_on(with_password(link))
        assert len(visitor.select("[data-codes] li")) == 8
        assert visitor.open("/admin/").status == 200
        assert visitor.path == "/admin/"
        assert User.objects.get().check_password(PASSWORD)
        self.assert_over(link)

    def test_leads_to_password_passkey_and_desk(self) -> None:
        link = invited()
        client = lax(with_password(link))
        made = Authenticator().make(client.get(f"{link}passkey/options/").json())
        answer = client.post(f"{link}passkey/", {"passkey": made})
        assert answer.status_code == 302
        assert answer["Location"] == "/admin/"
        assert client.get("/admin/").status_code == 200
        assert Passkey.objects.get().user.email == EMAIL
        self.assert_over(link)

    def test_asks_for_the_password_whoever_has_one(self) -> None:
        link = invited()
        with_password(link)
        other = Visitor().open(link)
        assert APP not in other.page.get_text()
        for page in ("app/", "passkey/", "passkey/options/"):
            assert lax(other).get(f"{link}{page}")["Location"] == link
            assert lax(other).post(f"{link}{page}")["Location"] == link
        assert other.fill({"Hasło": "inne-haslo"}).press("Dalej").errors
        assert lax(other).get(f"{link}app/")["Location"] == link
        other.fill({"Hasło": PASSWORD}).press("Dalej")
        assert other.shows(APP), other.text

    def test_an_administrator_who_made_it_does_not_get_in_with_it(self) -> None:
        colleague = clerk("officer", password=PASSWORD)
        link = invites.renew(colleague).removeprefix("http://testserver")
        thief = Client()
        for page in ("app/", "passkey/", "passkey/options/"):
            assert thief.get(f"{link}{page}")["Location"] == link
        data = {"new_password1": "Moje-Nowe-Haslo-77", "new_password2": "Moje-Nowe-Haslo-77"}
        thief.post(link, data)
        assert User.objects.get(pk=colleague.pk).check_password(PASSWORD)
        for _try in range(5):
            thief.post(link, {"password": "zgadywane"})
        thief.post(link, {"password": PASSWORD})
        assert thief.get(f"{link}app/")["Location"] == link, "Guessing has its limit."

    def test_judges_the_password_as_a_customers(self) -> None:
        visitor = Visitor().open(invited()).fill(dict.fromkeys(LABELS, "haslo123")).press("Dalej")
        assert visitor.errors
        assert not User.objects.get().has_usable_password()

    def test_asks_for_the_password_first(self) -> None:
        link = invited()
        for page in ("app/", "passkey/", "passkey/options/"):
            assert Client().get(f"{link}{page}")["Location"] == link
        assert not AuthenticatorApp.objects.exists()

    def test_lets_nobody_in_before_the_method(self) -> None:
        with_password(invited())
        client = Client()
        assert client.get("/admin/").status_code == 302
        answer = client.post("/admin/login/", {"username": EMAIL, "password": PASSWORD})
        assert "nikogo nie wpuszcza" in answer.content.decode()

    def test_works_for_24_hours_and_until_a_newer_one(self) -> None:
        first, second = invited(), invited()
        self.assert_over(first)
        assert Client().get(second).status_code == 200
        with later(timedelta(hours=24, seconds=1)):
            self.assert_over(second)

    def test_is_nothing_but_what_was_signed(self) -> None:
        link = invited()
        for forged in (f"{link[:-5]}aaaa/", "/admin/invitation/1.2/", "/admin/invitation/1.2~a~b/"):
            self.assert_over(forged)

    def test_adds_one_method_of_two_windows(self) -> None:
        link = invited()
        first, second = with_password(link), Visitor().open(link)
        late = lax(second.fill({"Hasło": PASSWORD}).press("Dalej"))
        made = Authenticator().make(late.get(f"{link}passkey/options/").json())
        turn_app_on(first)
        assert AuthenticatorApp.objects.exists()
        assert late.post(f"{link}passkey/", {"passkey": made}).status_code == 410
        assert not Passkey.objects.exists()
