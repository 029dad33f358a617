"""The signed-in customer's new password, and the commands and pages of staff that set one."""

from io import StringIO
from unittest import mock

from django.contrib.auth import authenticate
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client, TestCase

from accounts.models import Counter, OutboxMessage, User
from accounts.services.credentials import PASSWORD_CHANGES
from accounts.sign_in.digits import Answer
from tests.desk import sit_down
from tests.doors import NUMBER
from tests.factories import PASSWORD, activated, staff
from tests.letters import deliver
from tests.walk import Visitor

PATH = "/haslo/zmiana/"
NEW = "Cztery-czerwone-sanki-9"
OLD_LABEL, LABEL, AGAIN = "Obecne hasło", "Nowe hasło", "Potwierdzenie nowego hasła"


class Change(TestCase):
    """The page behind "Zmień hasło"."""

    def setUp(self) -> None:
        self.user = activated(last_name="Kowalski")
        self.visitor = Visitor()
        self.visitor.client.force_login(self.user)

    def change(self, old: str = PASSWORD, new: str = NEW, again: str | None = None) -> Visitor:
        self.visitor.open(PATH).fill({OLD_LABEL: old, LABEL: new, AGAIN: again or new})
        return self.visitor.press("Zapisz nowe hasło")

    def is_set(self, password: str) -> bool:
        return User.objects.get(pk=self.user.pk).check_password(password)

    def test_is_reached_from_the_account(self) -> None:
        self.visitor.open("/konto/bezpieczenstwo/").follow("Zmień hasło")
        assert self.visitor.path == PATH
        assert "no-store" in self.visitor.response["Cache-Control"]

    def test_is_for_who_is_signed_in(self) -> None:
        for path in (PATH, f"{PATH}gotowe/"):
            assert Client().get(path)["Location"] == f"/logowanie/?next={path}"

    def test_sets_the_password_and_goes_on_here(self) -> None:
        key = self.visitor.client.session.session_key
        assert self.change().heading == "Hasło zostało zmienione"
        assert self.is_set(NEW)
        assert not self.is_set(PASSWORD)
        assert self.visitor.client.session.session_key != key
        assert self.visitor.follow("Wróć do konta").path == "/konto/"

    def test_says_what_the_new_password_lacks_at_the_new_password(self) -> None:
        self.change(new="abc")
        assert "za krótkie" in self.visitor.error_at(LABEL)
        assert not self.visitor.error_at(AGAIN)

    def test_ends_the_sessions_elsewhere(self) -> None:
        elsewhere = Client()
        elsewhere.force_login(self.user)
        self.change()
        assert elsewhere.get("/konto/").status_code == 302

    def test_tells_the_owner_once(self) -> None:
        self.change()
        kind = OutboxMessage.Kind.PASSWORD_CHANGED
        assert OutboxMessage.objects.filter(kind=kind, user=self.user).count() == 1
        deliver()
        assert NEW not in str(mail.outbox[-1].message())

    def test_wants_the_current_password(self) -> None:
        assert self.change(old="Nie-to-haslo-1").errors == ["To nie jest obecne hasło."]
        assert self.change(old="x" * 129).errors == ["To nie jest obecne hasło."]
        assert self.is_set(PASSWORD)
        shown = self.visitor.select("input[type=password]")
        assert not any(field.get("value") for field in shown)

    def test_judges_the_new_one_as_the_registration_does(self) -> None:
        assert "Hasło jest za słabe" in self.change(new="Kantor2026!").errors[0]
        assert "Hasło jest za słabe" in self.change(new="Kowalskiego.77").errors[0]
        assert self.change(again=f"{NEW}x").errors == ["Hasła nie są takie same."]
        assert self.change(new=PASSWORD).errors == ["Wybierz hasło inne niż obecne."]
        assert self.is_set(PASSWORD)

    def test_lets_nobody_guess(self) -> None:
        for _ in range(PASSWORD_CHANGES.times):
            self.change(old="Nie-to-haslo-1")
        self.change()
        assert self.visitor.status == 429
        assert self.visitor.response["Retry-After"] == "900"
        assert self.visitor.errors == ["Za dużo prób. Odczekaj kwadrans i spróbuj ponownie."]
        assert self.is_set(PASSWORD)
        Counter.objects.all().delete()
        assert self.change().heading == "Hasło zostało zmienione"

    def test_survives_whatever_is_posted(self) -> None:
        post = self.visitor.open(PATH).post_of("Zapisz nowe hasło")
        for text in ("", "\x00", "\ud800", "x" * 5_000, "ł\u0301" * 200):
            for name in ("old_password", "new_password1", "new_password2"):
                data = {**post.data, "old_password": PASSWORD, name: text}
                encoded = {key: value.encode("utf-8", "replace") for key, value in data.items()}
                self.visitor.client.post(PATH, encoded)
                assert self.is_set(PASSWORD)


class StaffAndCommands(TestCase):
    """The same validator wherever Django lets a password be set."""

    def test_admin_refuses_a_weak_one(self) -> None:
        user = staff(superuser=True, password=PASSWORD)
        client = sit_down(Client(), user)
        for new, status in (("Kantor2026!", 200), (NEW, 302)):
            data = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
            assert client.post("/admin/password_change/", data).status_code == status, new
        user.refresh_from_db()
        assert user.check_password(NEW)

    def test_changepassword_refuses_a_weak_one(self) -> None:
        user = activated()
        said = StringIO()
        with (
            mock.patch("getpass.getpass", side_effect=["Kantor2026!"] * 6),
            self.assertRaises(CommandError),
        ):
            call_command("changepassword", user.email, stdout=said, stderr=said)
        assert (
            authenticate(username=user.email, password=PASSWORD, answer=Answer((2, 3, 4), NUMBER))
            == user
        )

    def test_createsuperuser_refuses_a_weak_one(self) -> None:
        weak = {"DJANGO_SUPERUSER_PASSWORD": "Kantor2026!"}
        with mock.patch.dict("os.environ", weak), self.assertRaises(CommandError):
            call_command("createsuperuser", email="szef@kantor.example", interactive=False)
        assert not User.objects.filter(is_superuser=True).exists()
        with mock.patch.dict("os.environ", {"DJANGO_SUPERUSER_PASSWORD": NEW}):
            call_command(
                "createsuperuser", email="szef@kantor.example", interactive=False, stdout=StringIO()
            )
        assert User.objects.get(is_superuser=True).check_password(NEW)
