"""The notices about an account: when each is owed, what it says, and when it is dropped."""

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

from django.test import Client, SimpleTestCase, TestCase, override_settings

from accounts.mail import messages
from accounts.models import AccountEvent, OutboxMessage, Passkey, User
from accounts.passkeys import services as passkeys
from accounts.services import credentials, events, review
from accounts.totp import codes
from accounts.totp import services as totp
from accounts.values.visit import Visit
from kantor.serving.typography import untie
from tests.authenticator import ELIGIBLE, Authenticator, enrolled
from tests.browsers import browser, put_in
from tests.desk import sit_down
from tests.doors import RESET_PATH
from tests.factories import PASSWORD, activated, registered, restore, staff, suspended
from tests.letters import deliver
from tests.mails import LANGUAGES, VISIT, build
from tests.phone import Phone, stopped_clock, turned_on
from tests.test_messages import Page, flat, html_of, text_of
from tests.tries import travel

Kind = OutboxMessage.Kind
State = OutboxMessage.State
HERE = Visit("firefox", "windows", "83.12.x.x")


def owed(user: User) -> list[str]:
    """Return the kinds of the mails that this account was owed after its welcome."""
    first = (Kind.REGISTRATION, Kind.WELCOME)
    rows = OutboxMessage.objects.filter(user=user).exclude(kind__in=first)
    return list(rows.order_by("pk").values_list("kind", flat=True))


def delivered(user: User) -> str:
    """Deliver what is due and return subject and text of the newest mail to this account."""
    message = [each for each in deliver() if each.to == [user.email]][-1]
    return flat(f"{message.subject} {message.body}")


class WordsTests(SimpleTestCase):
    """What the notices say."""

    MOMENT = datetime(2026, 11, 29, 13, 5, tzinfo=UTC)

    def parts(self, name: str, language: str = "pl", method: str = "passkey") -> list[str]:
        message = build(name, language, changed_at=self.MOMENT, method=method)
        return [flat(text_of(message)), Page(html_of(message)).text.replace(" :", ":")]

    def test_say_when_with_what_and_from_where(self) -> None:
        told = {
            "pl": (
                "Kiedy: 29 listopada 2026 r., godz. 14:05 (czas warszawski)",
                "Przeglądarka: Firefox, Windows",
                "Adres IP: 83.12.x.x",
            ),
            "en": (
                "When: 29 November 2026, 14:05 (Warsaw time)",
                "Browser: Firefox, Windows",
                "IP address: 83.12.x.x",
            ),
        }
        for name in (*messages.EVENT_NOTICES, "phone_link"):
            for language in LANGUAGES:
                for part in self.parts(name, language):
                    for words in told[language]:
                        assert words in part, (name, words, part)

    def test_leave_out_an_address_that_is_unknown(self) -> None:
        for name in messages.EVENT_NOTICES:
            message = build(name, "pl", visit=Visit())
            assert "nieznana przeglądarka" in text_of(message)
            assert "Adres IP" not in text_of(message) + html_of(message)

    def test_name_the_method_in_the_subject_and_in_the_text(self) -> None:
        said = {
            ("method_added", "passkey"): ("Dodano klucz dostępu", "dodano klucz dostępu"),
            ("method_added", "totp"): ("Włączono aplikację z kodami", "zapytamy po haśle o kod"),
            ("method_removed", "passkey"): ("Usunięto klucz dostępu", "usunięto klucz dostępu"),
            ("method_removed", "totp"): (
                "Wyłączono aplikację z kodami",
                "kody zapasowe przestały działać",
            ),
        }
        for (name, method), (subject, text) in said.items():
            assert str(build(name, "pl", method=method).subject).startswith(subject)
            for part in self.parts(name, method=method):
                assert text in part, (name, method)

    def test_say_whom_to_call_about_a_closed_account(self) -> None:
        for part in self.parts("suspended"):
            assert "zablokowane od 29 listopada 2026 r., godz. 14:05 (czas warszawski)" in part
            assert "Zadzwoń: +48 22 859 0218" in part.replace("\N{NO-BREAK SPACE}", " ")

    def test_say_nothing_of_digits_where_none_are_asked_for(self) -> None:
        said = {"failed_sign_ins": "numer telefonu", "phone_changed": "cyfry"}
        for name, words in said.items():
            assert all(words in part for part in self.parts(name))
            with override_settings(SIGN_IN_PHONE_DIGITS=False):
                assert not any(words in part for part in self.parts(name))


class MethodTests(TestCase):
    """Passkeys and the app, added and removed by their pages."""

    def setUp(self) -> None:
        self.enterContext(stopped_clock())
        self.user = activated()
        self.client = put_in(self.user, browser())
        deliver()

    def test_a_passkey_that_is_added_is_told_and_not_without_the_mail(self) -> None:
        path = "/konto/bezpieczenstwo/klucze/nowy/"
        made = Authenticator().make(passkeys.options_to_add(self.user))
        fault = mock.patch("accounts.mail.outbox.put", side_effect=RuntimeError)
        with fault, self.assertRaises(RuntimeError):
            self.client.post(path, {"passkey": made})
        assert not self.user.passkeys.exists()
        for _again in range(2):
            self.client.post(path, {"passkey": made})
        assert self.user.passkeys.count() == 1
        assert owed(self.user) == [Kind.METHOD_ADDED]
        assert delivered(self.user).startswith("Dodano klucz dostępu do konta w kantor.pl")

    def test_the_app_that_is_turned_on_is_told(self) -> None:
        proposal = totp.propose(self.user)
        data = {"proposal": proposal.sealed, "code": Phone(proposal.key).code()}
        for _again in range(2):
            self.client.post("/konto/bezpieczenstwo/kody/wlacz/", data)
        assert totp.is_on(self.user)
        assert owed(self.user) == [Kind.METHOD_ADDED]
        assert delivered(self.user).startswith("Włączono aplikację z kodami")

    def test_a_passkey_that_is_removed_is_told(self) -> None:
        enrolled(self.user)
        passkey = self.user.passkeys.get()
        path = f"/konto/bezpieczenstwo/klucze/{passkey.pk}/usun/"
        for _again in range(2):
            self.client.post(path)
        assert owed(self.user) == [Kind.METHOD_REMOVED]
        said = delivered(self.user)
        assert said.startswith("Usunięto klucz dostępu z konta w kantor.pl")
        assert "Firefox, Windows" in said

    def test_the_app_that_is_turned_off_is_told_and_not_without_the_mail(self) -> None:
        turned_on(self.user)
        fault = mock.patch("accounts.mail.outbox.put", side_effect=RuntimeError)
        with fault, self.assertRaises(RuntimeError):
            self.client.post("/konto/bezpieczenstwo/kody/wylacz/")
        assert totp.is_on(self.user)
        for _again in range(2):
            self.client.post("/konto/bezpieczenstwo/kody/wylacz/")
        assert not totp.is_on(self.user)
        assert owed(self.user) == [Kind.METHOD_REMOVED]
        assert "Wyłączono aplikację z kodami" in delivered(self.user)

    def test_new_recovery_codes_are_told_in_their_own_words(self) -> None:
        turned_on(self.user)
        fault = mock.patch("accounts.mail.outbox.put", side_effect=RuntimeError)
        with fault, self.assertRaises(RuntimeError):
            self.client.post("/konto/bezpieczenstwo/kody/zapasowe/")
        self.client.post("/konto/bezpieczenstwo/kody/zapasowe/")
        assert owed(self.user) == [Kind.RECOVERY_CODES_MADE]
        said = delivered(self.user)
        assert said.startswith("Nowe kody zapasowe do konta w kantor.pl")
        assert "Poprzednie przestały działać." in said


class RecoveryCodeTests(TestCase):
    """A code that stands in for the app."""

    def setUp(self) -> None:
        self.enterContext(stopped_clock())
        self.user = activated()
        self.phone, self.codes = turned_on(self.user)

    def test_is_told_with_its_event_once(self) -> None:
        for _again in range(2):
            totp.verify(self.user, self.codes[0], visit=HERE)
        event = self.user.events.get()
        assert (event.kind, event.visit) == (AccountEvent.Kind.RECOVERY_CODE_USED, HERE)
        assert owed(self.user) == [Kind.RECOVERY_CODE_USED]
        said = delivered(self.user)
        assert said.startswith("Użyto kodu zapasowego")
        assert codes.grouped(self.codes[0]) not in said

    def test_is_not_used_up_when_the_owner_cannot_be_told(self) -> None:
        fault = mock.patch("accounts.mail.outbox.put", side_effect=RuntimeError)
        with fault, self.assertRaises(RuntimeError):
            totp.verify(self.user, self.codes[0], visit=HERE)
        assert totp.verify(self.user, self.codes[0], visit=HERE) is totp.Outcome.RECOVERY_CODE

    def test_of_the_app_is_no_news(self) -> None:
        assert totp.verify(self.user, self.phone.code()) is totp.Outcome.APP
        assert owed(self.user) == []


class UsedUpTests(TestCase):
    """Tries that are used up after the password, or in a browser that is signed in."""

    def setUp(self) -> None:
        self.enterContext(stopped_clock())
        self.user = activated()
        self.phone, self.codes = turned_on(self.user)
        self.client = put_in(self.user, browser())
        deliver()

    def events(self) -> list[str]:
        return list(self.user.events.order_by("pk").values_list("kind", flat=True))

    def test_codes_are_told_with_the_fifth_and_by_mail_once_a_day(self) -> None:
        for number in range(1, 8):
            totp.verify(self.user, self.phone.wrong_code(), visit=HERE)
            assert len(self.events()) == (number >= 5), number
        travel(timedelta(minutes=15))
        for _again in range(5):
            totp.verify(self.user, self.phone.wrong_code(), visit=HERE)
        assert self.events() == [AccountEvent.Kind.FAILED_CODES] * 2
        assert owed(self.user) == [Kind.FAILED_CODES]
        said = delivered(self.user)
        assert said.startswith("Błędne kody przy logowaniu do konta w kantor.pl")
        assert "Firefox, Windows" in said
        travel(timedelta(days=1))
        for _again in range(5):
            totp.verify(self.user, self.phone.wrong_code(), visit=HERE)
        assert owed(self.user) == [Kind.FAILED_CODES] * 2

    def test_codes_of_which_the_fifth_is_right_are_no_news(self) -> None:
        for _wrong in range(4):
            totp.verify(self.user, self.phone.wrong_code(), visit=HERE)
        assert totp.verify(self.user, self.phone.code(), visit=HERE).is_right
        assert self.events() == []

    def test_passwords_are_told_at_each_page_that_asks_again(self) -> None:
        change = {"new_password1": "Cztery-czerwone-sanki-9"}
        change["new_password2"] = change["new_password1"]
        pages = {
            "/konto/potwierdz/": {"password": "x"},
            "/haslo/zmiana/": {"old_password": "x", **change},
        }
        for path, data in pages.items():
            for _again in range(7):
                self.client.post(path, data)
            assert self.events()[-1] == AccountEvent.Kind.FAILED_CONFIRMATIONS
            travel(timedelta(minutes=15))
        assert len(self.events()) == 2
        assert owed(self.user) == [Kind.FAILED_CONFIRMATIONS]
        said = delivered(self.user)
        assert said.startswith("Błędne hasła na stronie konta w kantor.pl")

    def test_passwords_of_staff_are_told_too(self) -> None:
        member = staff(password=PASSWORD)
        sit_down(self.client, member)
        for _again in range(6):
            self.client.post("/admin/password_change/", {"old_password": "x"})
        assert [each.kind for each in member.events.all()] == ["failed_confirmations"]


class CopiedPasskeyTests(TestCase):
    """A passkey whose count of signatures did not grow."""

    def setUp(self) -> None:
        self.user = activated()
        self.device = enrolled(self.user, count=7)
        self.passkey = self.user.passkeys.get()
        deliver()

    def prove(self, client: Client, *, confirm: bool = False) -> Any:
        """Answer with a count that was used before."""
        Passkey.objects.update(sign_count=2**31)
        if confirm:
            made = self.device.prove(passkeys.options_to_confirm(self.user))
            return client.post("/konto/bezpieczenstwo/klucze/potwierdz/", {"passkey": made})
        made = self.device.prove(passkeys.options_to_sign_in())
        return client.post("/logowanie/klucz/", {"passkey": made})

    def kinds(self) -> list[str]:
        return [each.kind for each in self.user.events.all()]

    def test_is_told_to_its_owner_by_mail_once_a_day(self) -> None:
        client = browser()
        for _again in range(2):
            assert self.prove(client)["Location"] == "/logowanie/klucz/"
        assert self.kinds() == [AccountEvent.Kind.PASSKEY_REFUSED] * 2
        assert owed(self.user) == [Kind.PASSKEY_REFUSED]
        said = delivered(self.user)
        assert said.startswith("Odrzucony klucz dostępu do konta w kantor.pl")
        assert "Firefox, Windows" in said

    def test_is_told_where_somebody_is_signed_in_and_at_the_wrong_door(self) -> None:
        self.prove(put_in(self.user, browser()), confirm=True)
        assert self.kinds() == [AccountEvent.Kind.PASSKEY_REFUSED]
        User.objects.filter(pk=self.user.pk).update(is_staff=True)
        self.prove(browser())
        assert self.kinds() == [AccountEvent.Kind.PASSKEY_REFUSED] * 2

    def test_sounds_like_any_other_refused_one(self) -> None:
        client = browser()
        page = client.get(self.prove(client)["Location"])
        assert "Ten klucz dostępu nie pozwala się zalogować." in untie(page.content.decode())

    def test_is_no_copy_where_devices_share_it(self) -> None:
        Passkey.objects.update(is_backup_eligible=True)
        self.device.flags |= ELIGIBLE
        self.prove(browser())
        assert AccountEvent.Kind.PASSKEY_REFUSED not in self.kinds()


class SuspendedTests(TestCase):
    """An account that staff closed."""

    def test_is_told_to_its_owner_when_it_happens(self) -> None:
        user = activated(language="en")
        for _again in range(2):
            review.suspend(user)
        assert owed(user) == [Kind.SUSPENDED]
        said = delivered(user)
        assert said.startswith("Your kantor.pl account is blocked")
        assert "Call: +48 22 859 0218" in said

    def test_is_not_closed_when_its_owner_cannot_be_told(self) -> None:
        user = activated()
        fault = mock.patch("accounts.mail.outbox.put", side_effect=RuntimeError)
        with fault, self.assertRaises(RuntimeError):
            review.suspend(user)
        assert User.objects.get(pk=user.pk).is_active

    def test_is_not_told_any_more_when_it_is_open_again(self) -> None:
        user = activated()
        deliver()
        review.suspend(user)
        restore(user)
        count = len(deliver())
        assert OutboxMessage.objects.get(kind=Kind.SUSPENDED).state == State.DROPPED
        assert len(deliver()) == count

    def test_that_was_never_opened_is_told_to_nobody(self) -> None:
        user = registered()
        review.suspend(user)
        assert owed(user) == []

    def test_is_told_again_to_its_owner_who_asks_for_a_password(self) -> None:
        user = suspended(email="Zamkniete@example.com")
        registered(email="zamkniete@example.com")
        deliver()
        self.client.post(RESET_PATH, {"email": "ZAMKNIETE@example.com"})
        said = delivered(user)
        assert said.startswith("Konto w kantor.pl jest zablokowane")
        assert "/haslo/" not in said


class DroppedTests(TestCase):
    """What is no news any more is not written."""

    def tell(self, kind: AccountEvent.Kind, user: User) -> OutboxMessage:
        events.tell(user, kind, visit=VISIT)
        return OutboxMessage.objects.get(user=user, kind=kind.value)

    def test_a_barred_password_that_is_set_anew(self) -> None:
        kind = AccountEvent.Kind.PASSWORD_BARRED
        user = activated()
        User.objects.filter(pk=user.pk).update(password_barred_at=datetime.now(UTC))
        row = self.tell(kind, user)
        assert "Hasło do konta w kantor.pl jest zablokowane" in delivered(user)
        other = activated()
        row = self.tell(kind, other)
        credentials.change_password(other, "Cztery-czerwone-sanki-9", is_reset=True)
        deliver()
        row.refresh_from_db()
        assert row.state == State.DROPPED

    def test_an_account_that_was_closed(self) -> None:
        for kind in (AccountEvent.Kind.FAILED_SIGN_INS, AccountEvent.Kind.METHOD_ADDED):
            user = activated()
            row = self.tell(kind, user)
            review.suspend(user)
            deliver()
            row.refresh_from_db()
            assert row.state == State.DROPPED

    def test_an_event_that_is_forgotten(self) -> None:
        row = self.tell(AccountEvent.Kind.FAILED_SIGN_INS, activated())
        AccountEvent.objects.all().delete()
        deliver()
        row.refresh_from_db()
        assert row.state == State.DROPPED
