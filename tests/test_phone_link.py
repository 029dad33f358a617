"""A number that is forgotten, new or mistyped: the link by mail, its proofs, and the change."""

import re
from datetime import timedelta
from functools import partial
from typing import Any
from unittest import mock

from django.core import mail
from django.test import Client, TestCase, TransactionTestCase, override_settings

from accounts.models import AccountEvent, Customer, OutboxMessage, User
from accounts.phone import services
from accounts.services import credentials, review
from accounts.services.network_tries import NETWORK_SIGN_INS
from accounts.values.visit import Visit
from kantor.serving.models import Session
from tests.browsers import FIREFOX, HERE, browser, signed_in
from tests.closings import closed
from tests.doors import is_signed_in
from tests.factories import (
    PASSWORD,
    activated,
    customer_of,
    registered,
    staff,
    suspended,
)
from tests.letters import activation_path, deliver, newest_path, paths, registering_browser
from tests.links import heading
from tests.onlooker import observed
from tests.parallel import at_once
from tests.phone import stopped_clock, turned_on
from tests.tries import travel
from tests.walk import Visitor

Kind = AccountEvent.Kind
ASK, SENT = "/logowanie/numer/", "/logowanie/numer/wyslano/"
OLD, NEW = "+48601234567", "+48512345678"
SHOWN = "+48 601 234 567"
ADDRESS, PASS, NUMBER = "Adres e-mail (login)", "Hasło", "Nowy numer telefonu"
OVER = "Link nie działa"
SAVE = "Zapisz nowy numer"


def ask(email: str, client: Client | None = None, **extra: Any) -> Any:
    return (client or Client()).post(ASK, {"email": email}, **extra)


def link_of(user: User) -> str:
    """Ask for a link and return its path."""
    ask(user.email, browser())
    return newest_path(user.email, "/numer/")


def spelled(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{WORD JOINER}", "")


def age(by: timedelta) -> Any:
    """Let time pass for signed tokens within a `with` block."""
    from time import time

    return mock.patch("django.core.signing.time.time", return_value=time() + by.total_seconds())


class AskingTests(TestCase):
    """The page that takes an address."""

    def test_looks_the_same_for_everybody(self) -> None:
        barred = activated(email="barred---@example.com")
        User.objects.filter(pk=barred.pk).update(password_barred_at=barred.created_at)
        member = staff()
        written = "staff----@example.com"
        User.objects.filter(pk=member.pk).update(email=written, email_key=written)
        emails = [
            activated(email="active---@example.com").email,
            registered(email="pending--@example.com").email,
            suspended(email="suspended@example.com").email,
            closed(email="closed---@example.com").email,
            barred.email,
            written,
            "unknown--@example.com",
        ]
        asked = [observed(partial(ask, email), email) for email in emails]
        again = [observed(partial(ask, email), email) for email in emails]
        for seen in (asked, again):
            assert seen[0][0] == 302
            for facts in seen[1:]:
                assert facts == seen[0]
        rows = OutboxMessage.objects.filter(kind=OutboxMessage.Kind.PHONE_LINK)
        assert rows.count() == len(emails)
        assert not AccountEvent.objects.filter(kind=Kind.PHONE_LINK_ASKED).exists()

    def test_sends_an_active_customer_the_link_with_who_asked_for_it(self) -> None:
        user = activated(email="Jan@Example.com", phone=OLD)
        deliver()
        ask("JAN@example.COM", browser())
        message = deliver()[-1]
        assert message.to == ["Jan@Example.com"]
        assert "Firefox, Windows" in str(message.body)
        assert "83.12.x.x" in str(message.body)
        assert OLD not in str(message.message())
        event = user.events.get()
        assert (event.kind, event.visit) == (
            Kind.PHONE_LINK_ASKED,
            Visit("firefox", "windows", "83.12.x.x"),
        )

    def test_notes_it_once_however_often_the_mail_is_tried(self) -> None:
        user = activated()
        deliver()
        ask(user.email)
        row = OutboxMessage.objects.get(kind=OutboxMessage.Kind.PHONE_LINK)
        with mock.patch("accounts.mail.transport.Line.send", side_effect=OSError):
            deliver()
        OutboxMessage.objects.filter(pk=row.pk).update(due_at=row.created_at)
        assert "/numer/" in str(deliver()[-1].body)
        assert user.events.count() == 1

    def test_sends_a_pending_customer_the_activation_link(self) -> None:
        user = registered()
        deliver()
        ask(user.email)
        message = deliver()[-1]
        assert any("/aktywacja/" in path for path in paths(message))

    def test_tells_a_suspended_one_so_and_writes_nobody_else(self) -> None:
        closed, member = suspended(), staff()
        deliver()
        count = len(mail.outbox)
        for email in (closed.email, member.email, "unknown@example.com"):
            ask(email)
        (told,) = deliver()[count:]
        assert told.to == [closed.email]
        assert str(told.subject) == "Konto w kantor.pl jest zablokowane"
        assert paths(told) == []

    def test_sends_one_mail_an_hour_and_takes_no_more_of_a_network(self) -> None:
        user = activated()
        deliver()
        count = len(mail.outbox)
        for _again in range(3):
            ask(user.email)
        assert len(deliver()) == count + 1
        travel(timedelta(hours=1))
        for number in range(services.NETWORK_LINKS.times):
            ask(f"x{number}@example.com")
        ask(user.email)
        assert len(deliver()) == count + 1
        ask(user.email, REMOTE_ADDR=HERE)
        assert len(deliver()) == count + 2

    def test_survives_whatever_is_typed(self) -> None:
        for email in ("", "x", "\x00", "a@b\r\nBcc: c@d.pl", "ą" * 5000, "a@b.pl, c@d.pl", "<b>"):
            assert ask(email).status_code == 200
        assert not OutboxMessage.objects.exists()

    def test_makes_no_session(self) -> None:
        before = Session.objects.count()
        Visitor().open(ASK).fill({ADDRESS: "x@example.com"}).press("Wyślij link")
        assert Session.objects.count() == before


class LinkTests(TestCase):
    """The link and what it asks for."""

    def setUp(self) -> None:
        self.user = activated(phone=OLD)
        deliver()
        self.path = link_of(self.user)

    def open(self, visitor: Visitor | None = None, password: str = PASSWORD) -> Visitor:
        """Open the link and give the password."""
        return (visitor or Visitor()).open(self.path).fill({PASS: password}).press("Dalej")

    def change(self, visitor: Visitor, number: str = NEW) -> Visitor:
        return visitor.fill({NUMBER: number}).press(SAVE)

    def test_shows_the_number_after_the_password_and_takes_a_new_one(self) -> None:
        visitor = Visitor().open(self.path)
        assert SHOWN not in spelled(visitor.text)
        visitor = self.open(visitor)
        assert visitor.heading == "Twój numer telefonu"
        assert SHOWN in spelled(visitor.text)
        assert self.path not in visitor.path
        assert self.change(visitor, "512 345 678").heading == "Numer telefonu został zmieniony"
        assert customer_of(self.user).phone == NEW
        assert not is_signed_in(visitor.client)
        assert all(status == 302 for status in visitor.posts)

    def test_works_in_english(self) -> None:
        user = activated(language="en", phone=OLD)
        deliver()
        visitor = Visitor().open("/en/logowanie/numer/")
        visitor.fill({"E-mail address (login)": user.email}).press("Send the link")
        assert visitor.heading == "Check your mailbox"
        visitor.open(newest_path(user.email, "/en/logowanie/numer/"))
        visitor.fill({"Password": PASSWORD}).press("Next")
        assert visitor.heading == "Your phone number"
        visitor.fill({"New phone number": "+44 20 7946 0958"}).press("Save the new number")
        assert visitor.heading == "The phone number has been changed"
        assert customer_of(user).phone == "+442079460958"

    def test_is_not_used_by_looking_at_it(self) -> None:
        for headers in ({}, {"Sec-Purpose": "prefetch"}, {"Purpose": "preview"}):
            assert Client().get(self.path, headers=headers).status_code == 200
        assert Client().head(self.path).status_code == 200
        assert self.open().heading == "Twój numer telefonu"

    def test_works_once_and_still_for_who_has_just_used_it(self) -> None:
        first = self.open()
        second = Visitor().open(self.path)
        assert (second.status, second.heading) == (410, OVER)
        assert second.shows("został już użyty")
        assert first.open(self.path).heading == "Twój numer telefonu"
        self.change(first)
        assert first.open(self.path).heading == OVER

    def test_works_for_two_hours(self) -> None:
        with age(timedelta(hours=2, seconds=-5)):
            assert Client().get(self.path).status_code == 200
        with age(timedelta(hours=2, seconds=5)):
            late = Client().get(self.path)
            assert (late.status_code, heading(late)) == (410, OVER)
            assert "stracił ważność" in late.content.decode()
            assert Client().post(self.path, {"password": PASSWORD}).status_code == 410
        assert customer_of(self.user).phone == OLD

    def test_shows_the_number_for_a_quarter_of_an_hour(self) -> None:
        visitor = self.open()
        with age(timedelta(minutes=16)):
            assert visitor.reload().path == ASK

    def test_says_what_is_wrong_with_the_password_and_does_not_wear_out(self) -> None:
        visitor = self.open(password="x")
        assert visitor.errors == ["To nie jest hasło do Twojego konta."]
        assert visitor.status == 200
        assert visitor.press("Dalej").errors == ["Wpisz hasło."]
        assert self.open(visitor).heading == "Twój numer telefonu"

    def test_looks_at_five_passwords_in_a_quarter_of_an_hour(self) -> None:
        for _try in range(5):
            self.open(password="x")
        late = self.open()
        assert late.status == 429
        assert late.response["Retry-After"] == "900"
        assert credentials.proves_owner(self.user, PASSWORD) is None, "One count with all doors"
        travel(timedelta(minutes=15))
        assert self.open().heading == "Twój numer telefonu"

    def test_counts_for_the_network_with_all_doors(self) -> None:
        for _try in range(NETWORK_SIGN_INS.times):
            NETWORK_SIGN_INS.hit("127.0.0.1")
        assert self.open().status == 429

    def test_is_not_opened_by_a_barred_password(self) -> None:
        User.objects.filter(pk=self.user.pk).update(password_barred_at=self.user.created_at)
        visitor = self.open()
        assert visitor.errors == ["To nie jest hasło do Twojego konta."]

    def test_asks_for_the_code_where_there_is_an_app(self) -> None:
        self.enterContext(stopped_clock())
        phone, spare = turned_on(self.user)
        visitor = self.open()
        assert visitor.heading == "Wpisz kod z aplikacji"
        assert SHOWN not in spelled(visitor.text)
        assert visitor.client.get("/logowanie/numer/zmiana/").status_code == 302
        label = "6 cyfr z aplikacji"
        assert visitor.fill({label: phone.wrong_code()}).press("Dalej").errors
        assert visitor.press("Dalej").errors
        assert visitor.fill({label: phone.code()}).press("Dalej").heading == "Twój numer telefonu"
        self.path = self.another_link()
        visitor = self.open()
        visitor.fill({label: spare[0]}).press("Dalej")
        assert visitor.heading == "Twój numer telefonu"
        assert self.user.events.filter(kind=Kind.RECOVERY_CODE_USED).count() == 1

    def test_looks_at_five_codes_and_at_none_before_the_password(self) -> None:
        self.enterContext(stopped_clock())
        phone, _spare = turned_on(self.user)
        stranger = Visitor().open(f"{self.path}kod/")
        assert stranger.heading == "Potwierdź, że to Ty"
        posted = Client().post(f"{self.path}kod/", {"code": phone.code()})
        assert posted["Location"] == self.path
        visitor = self.open()
        for _try in range(5):
            visitor.fill({"6 cyfr z aplikacji": phone.wrong_code()}).press("Dalej")
        visitor.fill({"6 cyfr z aplikacji": phone.code()}).press("Dalej")
        assert visitor.status == 429
        assert visitor.errors == ["Za dużo prób. Spróbuj ponownie za 15 minut."]

    def another_link(self) -> str:
        travel(timedelta(hours=1))
        return link_of(self.user)

    def test_dies_with_a_change_by_another_link(self) -> None:
        first, second = self.path, self.another_link()
        waiting = self.open()
        self.path = second
        self.change(self.open())
        for path in (first, second):
            assert Visitor().open(path).heading == OVER
        assert waiting.reload().path == ASK, "What it shows is not the number any more"

    def test_dies_with_the_account_and_the_proof_with_the_password(self) -> None:
        visitor = self.open()
        credentials.change_password(self.user, "Cztery-czerwone-sanki-9")
        assert self.change(visitor).path == ASK
        self.path = self.another_link()
        review.suspend(self.user)
        assert Visitor().open(self.path).heading == OVER
        assert customer_of(self.user).phone == OLD

    def test_cannot_be_made_up(self) -> None:
        token = self.path.rstrip("/").rpartition("/")[2]
        for forged in ("x", token[:-1], token[::-1], f"1{token}", "1~1tabcd~" + "A" * 43, "~" * 40):
            for path in (f"{ASK}{forged}/", f"{ASK}{forged}/kod/"):
                answer = Client().get(path)
                assert (answer.status_code, heading(answer)) == (404, OVER), path
                assert Client().post(path, {"password": PASSWORD}).status_code == 404
        with override_settings(SECRET_KEY="another-key-of-the-site-0123456789-abcdefghijklmnop"):
            assert Client().get(self.path).status_code == 404

    def test_keeps_the_token_to_itself(self) -> None:
        answer = Client().get(self.path)
        assert answer["Referrer-Policy"] == "strict-origin"
        assert "no-store" in answer["Cache-Control"]

    def test_is_of_no_use_without_its_proof(self) -> None:
        for method in ("get", "post"):
            answer = getattr(Client(), method)("/logowanie/numer/zmiana/", {"phone": NEW})
            assert answer["Location"] == ASK


class ChangeTests(TestCase):
    """The new number."""

    def setUp(self) -> None:
        self.user = activated(phone=OLD)
        deliver()

    def at_number(self, client: Client | None = None) -> Visitor:
        visitor = Visitor(client or browser())
        visitor.open(link_of(self.user)).fill({PASS: PASSWORD}).press("Dalej")
        assert visitor.heading == "Twój numer telefonu"
        return visitor

    def test_is_told_to_the_owner_and_noted(self) -> None:
        self.at_number().fill({NUMBER: NEW}).press(SAVE)
        told = deliver()[-1]
        assert str(told.subject) == "Zmieniono numer telefonu na koncie w kantor.pl"
        assert NEW not in str(told.body)
        event = self.user.events.first()
        assert event is not None
        assert (event.kind, event.details) == (Kind.PHONE_CHANGED, {"old_digits": OLD[-2:]})
        assert OLD[3:] not in str(told.body).replace(" ", "")
        assert event.visit == Visit("firefox", "windows", "83.12.x.x")

    def test_is_not_stored_when_the_owner_cannot_be_told(self) -> None:
        visitor = self.at_number()
        visitor.client.raise_request_exception = False
        with mock.patch("accounts.mail.outbox.put", side_effect=RuntimeError):
            assert visitor.fill({NUMBER: NEW}).press(SAVE).status == 500
        assert customer_of(self.user).phone == OLD

    def test_ends_the_sessions_elsewhere_and_not_here(self) -> None:
        elsewhere, here = signed_in(self.user), signed_in(self.user)
        self.at_number(here).fill({NUMBER: NEW}).press(SAVE)
        assert is_signed_in(here)
        assert not is_signed_in(elsewhere)

    def test_leads_who_is_signed_in_to_the_account_and_others_to_sign_in(self) -> None:
        inside = self.at_number(signed_in(self.user)).fill({NUMBER: NEW}).press(SAVE)
        assert inside.element("main .actions a")["href"] == "/konto/"
        outside = Visitor().open(inside.path)
        assert outside.element("main .actions a")["href"] == "/logowanie/"

    def test_ends_all_sessions_when_it_comes_from_a_browser_that_is_not_signed_in(self) -> None:
        elsewhere = signed_in(self.user)
        self.at_number().fill({NUMBER: NEW}).press(SAVE)
        assert not is_signed_in(elsewhere)

    def test_refuses_what_is_no_new_number_and_keeps_what_was_typed(self) -> None:
        visitor = self.at_number()
        same = "Ten numer już mamy. Wpisz inny albo zostaw obecny."
        for typed, words in (("601 234 567", same), ("12", "Podaj numer"), ("", "Podaj numer")):
            visitor.fill({NUMBER: typed}).press(SAVE)
            assert visitor.errors[0].startswith(words), typed
            assert visitor.value(NUMBER) == typed
        assert customer_of(self.user).phone == OLD
        assert not self.user.events.filter(kind=Kind.PHONE_CHANGED).exists()

    def test_needs_the_country_code_of_who_lives_abroad(self) -> None:
        Customer.objects.filter(user=self.user).update(main_country="DE")
        visitor = self.at_number().fill({NUMBER: "512 345 678"}).press(SAVE)
        assert visitor.errors == [
            "Podaj numer razem z numerem kierunkowym kraju, np. +48 601 234 567."
        ]

    def test_says_nothing_of_digits_where_none_are_asked_for(self) -> None:
        with override_settings(SIGN_IN_PHONE_DIGITS=False):
            visitor = self.at_number()
            assert "cyfry" not in visitor.text
            assert "cyfry" not in visitor.fill({NUMBER: NEW}).press(SAVE).text

    def test_service_changes_nothing_of_a_closed_account_or_for_the_same_number(self) -> None:
        assert not services.change(self.user, OLD)
        review.suspend(self.user)
        assert not services.change(self.user, NEW)
        assert customer_of(self.user).phone == OLD


class ParallelTests(TransactionTestCase):
    """Several changes and proofs at the same moment."""

    serialized_rollback = True

    def test_of_changes_one_wins_and_is_told_once(self) -> None:
        user = activated(phone=OLD)
        numbers = [f"+4851234567{n}" for n in range(6)]
        calls = [
            partial(services.change, User.objects.select_related("customer").get(pk=user.pk), each)
            for each in numbers
        ]
        assert sorted(at_once(*calls)) == [False] * 5 + [True]
        assert customer_of(user).phone in numbers
        assert user.events.filter(kind=Kind.PHONE_CHANGED).count() == 1
        assert OutboxMessage.objects.filter(kind=OutboxMessage.Kind.PHONE_CHANGED).count() == 1

    def test_of_proofs_by_one_link_one_uses_it(self) -> None:
        user = activated(phone=OLD)
        deliver()
        path = link_of(user)
        clients = [Client() for _each in range(4)]
        at_once(*[partial(each.post, path, {"password": PASSWORD}) for each in clients])
        shown = [each.get("/logowanie/numer/zmiana/").status_code for each in clients]
        assert sorted(shown) == [200, 302, 302, 302]


class MistypedTests(TestCase):
    """A number that was mistyped at the registration locks nobody out."""

    def test_is_noticed_after_the_activation_and_put_right(self) -> None:
        user = registered(phone="+48601234576")
        visitor = Visitor(registering_browser(user, HTTP_USER_AGENT=FIREFOX))
        visitor.open(activation_path(user))
        assert visitor.heading == "Konto jest aktywne"
        assert visitor.shows("zapytamy o cyfry numeru telefonu kończącego się na 576 .")
        visitor.follow("Popraw go przez link z wiadomości e-mail")
        visitor.fill({ADDRESS: user.email}).press("Wyślij link")
        assert visitor.heading == "Sprawdź skrzynkę"
        visitor.open(newest_path(user.email, "/numer/")).fill({PASS: PASSWORD}).press("Dalej")
        visitor.fill({NUMBER: "601 234 567"}).press(SAVE)
        assert customer_of(user).phone == OLD
        assert is_signed_in(signed_in(user))

    def test_is_not_spoken_of_where_no_digits_are_asked_for(self) -> None:
        user = registered()
        with override_settings(SIGN_IN_PHONE_DIGITS=False):
            visitor = Visitor(registering_browser(user)).open(activation_path(user))
            assert visitor.heading == "Konto jest aktywne"
            assert "telefonu" not in visitor.text

    def test_is_shown_in_each_language_and_after_an_answer_that_is_wrong(self) -> None:
        user = registered(phone="+48601234576", language="en")
        visitor = Visitor(registering_browser(user)).open(activation_path(user))
        assert re.search(r"phone number that ends in 576", visitor.text)
