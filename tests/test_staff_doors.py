"""How staff sign in and change their password: under the limits of customers, and told by mail."""

from datetime import timedelta
from typing import Any

from bs4 import BeautifulSoup
from django.core import mail
from django.test import Client, TestCase
from django.utils import timezone

from accounts.models import OutboxMessage, User
from accounts.services.credentials import PASSWORD_CHANGES
from accounts.services.network_tries import NETWORK_SIGN_INS
from tests.desk import come_in, sit_down
from tests.doors import try_in
from tests.factories import PASSWORD, activated, staff
from tests.phone import stopped_clock, turned_on

NEW_PASSWORD = "Osiem-niebieskich-hulajnóg-8"
SIGN_IN = "/admin/login/"
CHANGE = "/admin/password_change/"


def errors_of(response: Any) -> str:
    """Return the messages of the page's form."""
    page = BeautifulSoup(response.content, "html.parser")
    found = page.select(".errornote, .errorlist, .field-error")
    return " ".join(each.get_text(" ", strip=True) for each in found)


def use_up(limit: Any, subject: str) -> None:
    """Let somebody make every try that this limit allows."""
    for _ in range(limit.times):
        assert limit.hit(subject)


class SignInTests(TestCase):
    """The staff's own sign-in page."""

    def post(self, email: str, password: str = PASSWORD, **headers: str) -> Any:
        data = {"username": email, "password": password}
        return self.client.post(SIGN_IN, data, headers=headers)

    def assert_refused(self, response: Any) -> None:
        assert response.status_code == 429
        assert response["Retry-After"] == "300"
        assert "Za dużo prób" in errors_of(response)
        assert "_auth_user_id" not in self.client.session

    def test_leads_to_the_staffs_pages_wherever_else_was_asked_for(self) -> None:
        for wanted in ("", "//evil.example/", "https://evil.example/"):
            user = staff(superuser=True, password=PASSWORD)
            assert come_in(Client(), user, wanted)["Location"] == "/admin/", wanted

    def test_takes_five_tries_at_one_address(self) -> None:
        member = staff(password=PASSWORD)
        for _ in range(5):
            wrong = self.post(member.email, "wrong")
            assert wrong.status_code == 200
            assert "Retry-After" not in wrong
        self.assert_refused(self.post(member.email))

    def test_counts_on_the_networks_limit_whatever_address_is_named(self) -> None:
        member = staff(password=PASSWORD)
        use_up(NETWORK_SIGN_INS, "127.0.0.1")
        self.assert_refused(self.post(member.email))
        self.assert_refused(self.post("nobody@kantor.example"))

    def test_uses_up_what_the_customers_door_allows(self) -> None:
        for number in range(NETWORK_SIGN_INS.times):
            self.post(f"nobody{number}@kantor.example", "x")
        assert try_in(activated().email, PASSWORD).status_code == 429

    def test_lets_in_again_when_the_window_is_over(self) -> None:
        member = staff(password=PASSWORD)
        with stopped_clock():
            turned_on(member)
        use_up(NETWORK_SIGN_INS, "127.0.0.1")
        NETWORK_SIGN_INS.clear("127.0.0.1")
        assert self.post(member.email).status_code == 302


class PasswordChangeTests(TestCase):
    """The staff's own page for a new password."""

    def setUp(self) -> None:
        self.member = staff(password=PASSWORD)
        sit_down(self.client, self.member)

    def change(self, old: str = PASSWORD, new: str = NEW_PASSWORD) -> Any:
        data = {"old_password": old, "new_password1": new, "new_password2": new}
        return self.client.post(CHANGE, data)

    def is_password(self, password: str) -> bool:
        return User.objects.get(pk=self.member.pk).check_password(password)

    def test_sets_it_and_tells_the_owner_by_mail(self) -> None:
        elsewhere = Client()
        sit_down(elsewhere, self.member)
        with self.captureOnCommitCallbacks(execute=True):
            changed = self.change()
        self.assertRedirects(changed, f"{CHANGE}done/")
        assert self.is_password(NEW_PASSWORD)
        (row,) = OutboxMessage.objects.all()
        assert row.kind == OutboxMessage.Kind.PASSWORD_CHANGED
        assert row.user == self.member
        (notice,) = mail.outbox
        assert notice.to == [self.member.email]
        assert NEW_PASSWORD not in str(notice.message())
        assert self.client.get("/admin/").status_code == 200, "This session goes on."
        assert elsewhere.get("/admin/").status_code == 302, "The others end."

    def test_no_browser_keeps_its_page(self) -> None:
        assert "no-store" in self.client.get("/admin/password_change/").headers["Cache-Control"]

    def test_takes_no_barred_password_for_proof(self) -> None:
        User.objects.update(password_barred_at=timezone.now())
        self.change()
        assert self.is_password(PASSWORD)

    def test_judges_the_new_password_as_a_customers(self) -> None:
        refused = self.change(new="haslo123")
        assert refused.status_code == 200
        assert errors_of(refused)
        assert self.is_password(PASSWORD)
        assert not OutboxMessage.objects.exists()

    def test_takes_five_tries_at_the_current_password(self) -> None:
        for _ in range(5):
            assert self.change(old="wrong").status_code == 200
        refused = self.change()
        assert refused.status_code == 429
        assert refused["Retry-After"] == str(int(timedelta(minutes=15).total_seconds()))
        assert "Za dużo prób" in errors_of(refused)
        assert self.is_password(PASSWORD)
        PASSWORD_CHANGES.clear(str(self.member.pk))
        assert self.change().status_code == 302

    def test_counts_on_the_limit_of_the_network(self) -> None:
        use_up(NETWORK_SIGN_INS, "127.0.0.1")
        assert self.change().status_code == 429
        assert self.is_password(PASSWORD)

    def test_forgets_the_tries_once_it_is_changed(self) -> None:
        for _ in range(4):
            self.change(old="wrong")
        self.change()
        assert PASSWORD_CHANGES.wait(str(self.member.pk)) == timedelta(0)
