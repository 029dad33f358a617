"""The forgotten password: the mail, the link and the new one."""

from datetime import timedelta
from functools import partial
from typing import Any
from unittest import mock

from django.contrib.auth.tokens import default_token_generator
from django.core import mail
from django.test import Client, TestCase, override_settings
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts import tokens
from accounts.models import Counter, OutboxMessage, User
from accounts.services import credentials, review
from tests.browser import BrowserTestCase
from tests.browsers import put_in
from tests.closings import closed
from tests.doors import RESET_PATH, enters, is_signed_in, try_in
from tests.factories import PASSWORD, activated, registered, suspended
from tests.letters import activation_path, deliver, paths
from tests.links import OTHER_PASSWORD
from tests.onlooker import observed
from tests.phone import stopped_clock, turned_on
from tests.tries import travel
from tests.walk import Visitor


class ForgottenPasswordTests(TestCase):
    """Asking for help with a forgotten password."""

    def ask(self, email: str, client: Client | None = None) -> Any:
        return (client or Client()).post(RESET_PATH, {"email": email})

    def test_looks_the_same_for_everybody(self) -> None:
        barred = activated(email="barred---@example.com")
        User.objects.filter(pk=barred.pk).update(password_barred_at=barred.created_at)
        emails = [
            activated(email="active---@example.com").email,
            registered(email="pending--@example.com").email,
            suspended(email="suspended@example.com").email,
            closed(email="closed---@example.com").email,
            barred.email,
            "unknown--@example.com",
        ]
        asked = [observed(partial(self.ask, email), email) for email in emails]
        again = [observed(partial(self.ask, email), email) for email in emails]
        for seen in (asked, again):
            assert seen[0][0] == 302
            for facts in seen[1:]:
                assert facts == seen[0]
        kind = OutboxMessage.Kind.PASSWORD_RESET
        assert OutboxMessage.objects.filter(kind=kind).count() == len(emails)
        visitor = Visitor().open(RESET_PATH).fill({"E-mail address (login)": "x@example.com"})
        assert visitor.press("Send the link").heading == "Check your mailbox"

    def test_sends_an_active_customer_the_link(self) -> None:
        user = activated(email="Jan@Example.com")
        deliver()
        self.ask("JAN@example.COM")
        deliver()
        assert mail.outbox[-1].to == ["Jan@Example.com"]
        assert any("/haslo/" in path for path in paths(mail.outbox[-1]))
        assert user.password not in str(mail.outbox[-1].body)

    def test_sends_a_pending_customer_the_activation_link(self) -> None:
        user = registered(language="en")
        deliver()
        count = len(mail.outbox)
        self.ask(user.email)
        path = activation_path(user)
        assert len(mail.outbox) == count + 1
        assert not any("/haslo/" in path for path in paths(mail.outbox[-1]))
        Client().post(path, {"password": PASSWORD})
        assert User.objects.get(pk=user.pk).is_active

    def test_sends_a_suspended_customer_word_of_it_and_an_unknown_one_nothing(self) -> None:
        closed = suspended()
        registered(email=closed.email)
        deliver()
        count = len(mail.outbox)
        for email in (closed.email, "unknown@example.com"):
            self.ask(email)
        deliver()
        (told,) = mail.outbox[count:]
        assert told.to == [closed.email]
        assert str(told.subject) == "Konto w kantor.pl jest zablokowane"
        assert paths(told) == []
        kind = OutboxMessage.Kind.PASSWORD_RESET
        states = (
            OutboxMessage.objects.filter(kind=kind).order_by("pk").values_list("state", flat=True)
        )
        assert list(states) == [OutboxMessage.State.SENT, OutboxMessage.State.DROPPED]

    def test_writes_in_the_language_of_the_account(self) -> None:
        user = activated(language="en")
        Client().post("/haslo/", {"email": user.email})
        deliver()
        assert mail.outbox[-1].extra_headers["Content-Language"] == "en"

    def test_sends_one_mail_an_hour(self) -> None:
        user = activated()
        deliver()
        count = len(mail.outbox)
        for _ in range(5):
            self.ask(user.email)
        assert len(deliver()) == count + 1
        travel(timedelta(minutes=59))
        self.ask(user.email)
        assert len(deliver()) == count + 1
        travel(timedelta(minutes=1))
        self.ask(user.email)
        assert len(deliver()) == count + 2

    def test_says_what_to_do_when_the_mail_was_asked_for_before(self) -> None:
        visitor = Visitor().open("/haslo/").fill({"Adres e-mail (login)": "ktos@example.com"})
        assert visitor.press("Wyślij link").shows("użyj linku z poprzedniej wiadomości")

    def test_does_not_write_to_a_look_alike(self) -> None:
        activated(email="mike@example.com")
        deliver()
        count = len(mail.outbox)
        for twin in ("mıke@example.com", "mi\u212ae@example.com", "mike@ex\uff41mple.com"):
            self.ask(twin)
        deliver()
        for message in mail.outbox[count:]:
            assert message.to == ["mike@example.com"]

    def test_survives_whatever_is_typed(self) -> None:
        for email in ("", "x", "\x00", "a@b\r\nBcc: c@d.pl", "ą" * 5000, "a@b.pl, c@d.pl", "<b>"):
            assert self.ask(email).status_code == 200
        assert not OutboxMessage.objects.exists()


class NewPasswordTests(TestCase):
    """The link to a new password."""

    def setUp(self) -> None:
        self.user = activated(language="en")
        self.client.post(RESET_PATH, {"email": self.user.email})
        deliver()
        self.path = next(path for path in paths(mail.outbox[-1]) if "/haslo/" in path)

    def choose(self, visitor: Visitor, first: str, second: str | None = None) -> Visitor:
        visitor.fill({"New password": first, "Confirm the new password": second or first})
        return visitor.press("Save the new password")

    def test_works_once_and_signs_nobody_in(self) -> None:
        visitor = self.choose(Visitor().open(self.path), OTHER_PASSWORD)
        assert visitor.heading == "The password has been changed"
        assert not is_signed_in(visitor.client)
        assert enters(self.user.email, OTHER_PASSWORD)
        assert not enters(self.user.email, PASSWORD)
        for client in (visitor.client, Client()):
            assert Visitor(client).open(self.path).heading == "The link does not work"

    def test_never_skips_the_code_of_an_authenticator_app(self) -> None:
        self.enterContext(stopped_clock())
        turned_on(self.user)
        visitor = self.choose(Visitor().open(self.path), OTHER_PASSWORD)
        assert not is_signed_in(visitor.client)
        client = Client()
        page = try_in(self.user.email, OTHER_PASSWORD, client)
        assert page.templates[0].name == "accounts/totp/second_step.html"
        assert not is_signed_in(client)

    def test_is_not_used_by_looking_at_it(self) -> None:
        for headers in ({}, {"Sec-Purpose": "prefetch"}, {"Purpose": "preview"}):
            for method in ("get", "head"):
                looked = getattr(Client(headers=headers), method)(self.path, follow=True)
                assert looked.status_code == 200
        visitor = self.choose(Visitor().open(self.path), OTHER_PASSWORD)
        assert visitor.heading == "The password has been changed"

    def test_is_told_to_the_owner_once(self) -> None:
        count = len(mail.outbox)
        self.choose(Visitor().open(self.path), OTHER_PASSWORD)
        deliver()
        (notice,) = mail.outbox[count:]
        assert notice.to == [self.user.email]
        assert OTHER_PASSWORD not in str(notice.message())

    def test_is_not_set_when_the_owner_cannot_be_told(self) -> None:
        visitor = Visitor().open(self.path)
        fault = mock.patch("accounts.services.credentials.outbox.put", side_effect=RuntimeError)
        with fault, self.assertRaises(RuntimeError):
            self.choose(visitor, OTHER_PASSWORD)
        assert enters(self.user.email, PASSWORD)

    def test_keeps_the_token_out_of_the_address(self) -> None:
        visitor = Visitor().open(self.path)
        assert visitor.path != self.path
        assert visitor.path.endswith("/set-password/")
        assert visitor.response["Referrer-Policy"] == "strict-origin"
        assert "no-store" in visitor.response["Cache-Control"]

    def test_follows_the_rules_for_passwords(self) -> None:
        visitor = Visitor().open(self.path)
        for bad in (
            "Ab1!",
            "Haslo123!",
            self.user.email,
            "x" * 129,
            "aaaaaaaaaaaaaaaa",
            "\x00" * 9,
        ):
            assert self.choose(visitor, bad).heading == "Set a new password", bad
            assert visitor.errors, bad
            shown = visitor.select("input[type=password]")
            assert not any(field.get("value") for field in shown), bad
        self.choose(visitor, OTHER_PASSWORD, PASSWORD)
        assert visitor.errors == ["The passwords are not the same."]
        assert enters(self.user.email, PASSWORD)

    def test_wins_once_when_it_is_open_in_two_windows(self) -> None:
        count = len(mail.outbox)
        first, second = Visitor().open(self.path), Visitor().open(self.path)
        self.choose(first, OTHER_PASSWORD)
        self.choose(second, "Pięć-niebieskich-łódek-5")
        assert second.heading == "The link does not work"
        assert enters(self.user.email, OTHER_PASSWORD)
        assert len(deliver()) == count + 1

    def test_is_set_only_in_place_of_the_one_that_was_there(self) -> None:
        stale = User.objects.get(pk=self.user.pk)
        assert credentials.change_password(self.user, OTHER_PASSWORD)
        assert not credentials.change_password(stale, "Pięć-niebieskich-łódek-5")
        closed = suspended()
        assert not credentials.change_password(closed, OTHER_PASSWORD)
        kind = OutboxMessage.Kind.PASSWORD_CHANGED
        assert [row.user for row in OutboxMessage.objects.filter(kind=kind)] == [self.user]
        assert enters(self.user.email, OTHER_PASSWORD)

    def test_ends_the_other_sessions(self) -> None:
        elsewhere = Client()
        try_in(self.user.email, PASSWORD, elsewhere)
        Counter.objects.all().delete()
        self.client.post(RESET_PATH, {"email": self.user.email})
        deliver()
        path = next(path for path in paths(mail.outbox[-1]) if "/haslo/" in path)
        self.choose(Visitor().open(path), OTHER_PASSWORD)
        assert not is_signed_in(elsewhere)

    def test_is_set_where_its_owner_is_signed_in_too(self) -> None:
        visitor = Visitor()
        user = activated(language="en", email="zalogowana@example.com")
        put_in(user, visitor.client)
        visitor.open(RESET_PATH).fill({"E-mail address (login)": user.email})
        visitor.press("Send the link")
        deliver()
        (message,) = (
            each for each in mail.outbox if "assword" in str(each.subject) and user.email in each.to
        )
        path = next(path for path in paths(message) if "/haslo/" in path)
        self.choose(visitor.open(path), OTHER_PASSWORD)
        assert visitor.heading == "The password has been changed"
        assert not is_signed_in(visitor.client)

    def test_leaves_somebody_else_signed_in(self) -> None:
        visitor = Visitor()
        put_in(activated(email="ktos.inny@example.com"), visitor.client)
        self.choose(visitor.open(self.path), OTHER_PASSWORD)
        assert visitor.heading == "The password has been changed"
        assert is_signed_in(visitor.client)

    def test_lets_in_at_once_whoever_had_tried_too_often(self) -> None:
        for _ in range(7):
            try_in(self.user.email, "x")
        self.choose(Visitor().open(self.path), OTHER_PASSWORD)
        assert enters(self.user.email, OTHER_PASSWORD)

    def test_dies_when_the_account_is_suspended(self) -> None:
        visitor = Visitor().open(self.path)
        review.suspend(self.user)
        assert self.choose(visitor, OTHER_PASSWORD).heading == "The link does not work"
        assert Visitor().open(self.path).heading == "The link does not work"

    def test_dies_with_time(self) -> None:
        with override_settings(PASSWORD_RESET_TIMEOUT=-1):
            assert Visitor().open(self.path).heading == "The link does not work"

    def test_belongs_to_one_account(self) -> None:
        other = activated()
        uid = urlsafe_base64_encode(force_bytes(other.pk))
        token = self.path.rstrip("/").rpartition("/")[2]
        assert Visitor().open(f"/en/haslo/{uid}/{token}/").heading == "The link does not work"

    def test_is_not_made_by_a_link_for_something_else(self) -> None:
        pending = registered(language="en")
        uid = urlsafe_base64_encode(force_bytes(pending.pk))
        for token in (default_token_generator.make_token(pending), tokens.make(pending, 1)):
            assert Visitor().open(f"/en/haslo/{uid}/{token}/").heading == "The link does not work"

    def test_survives_whatever_stands_in_its_place(self) -> None:
        uid, token = self.path.rstrip("/").split("/")[-2:]
        for path in (
            f"{uid}/{token[:-1]}",
            f"{uid}/x{token}",
            f"{uid}/set-password",
            f"{uid}/-",
            f"x{uid}/{token}",
            f"%00/{token}",
            f"{'9' * 400}/{token}",
            f"{urlsafe_base64_encode(b'9' * 40)}/{token}",
            f"{urlsafe_base64_encode(bytes([255, 0]))}/{token}",
            f"{uid}/%00",
            f"%C4%85/{token}",
        ):
            response = Client().get(f"/en/haslo/{path}/")
            assert response.status_code in (200, 404), path


class RealBrowserTests(BrowserTestCase):
    """A real browser, with what it sends beside the form."""

    def test_sets_a_new_password_and_signs_in(self) -> None:
        user = activated(language="en")
        deliver()
        visitor = self.visitor("en").open("/haslo/")
        visitor.fill({"E-mail address (login)": user.email}).press("Send the link")
        path = next(path for path in paths(mail.outbox[-1]) if "/haslo/" in path)
        visitor.open(path).is_at("Set a new password")
        fields = ("New password", "Confirm the new password")
        visitor.fill(dict.fromkeys(fields, OTHER_PASSWORD)).press("Save the new password")
        visitor.is_at("The password has been changed").follow("Sign in", within="main")
        visitor.sign_in(user.email, OTHER_PASSWORD).is_at("Your account")
        visitor.press("Sign out")
        visitor.open("/konto/").is_at("Signing in")
