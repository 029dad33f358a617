"""The e-mail address: asked for, and confirmed by the new mailbox."""

from datetime import timedelta
from functools import partial
from io import StringIO
from typing import Any
from unittest import mock

from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts import email_link
from accounts.closing import services as closing
from accounts.contact import services
from accounts.models import AccountEvent, EmailChange, OutboxMessage, User
from accounts.services import credentials, disowning, events, review
from accounts.sessions import confirmation
from accounts.sessions.known_browser import knows_by
from accounts.values.visit import NOBODY
from tests.browsers import IPHONE, THERE, signed_in
from tests.clock import later
from tests.desk import StaffTestCase, page_of, sit_down
from tests.doors import enters, is_signed_in
from tests.factories import PASSWORD, activated, registered, staff, suspended
from tests.letters import activation_path, deliver, newest_path, paths
from tests.new_address import (
    CONFIRM,
    DATA,
    EMAIL,
    LABEL,
    NEW,
    NEWER,
    SEND,
    EmailTestCase,
    address_of,
    confirmation_of,
    facts,
)
from tests.onlooker import observed
from tests.test_known_browser import cookie_of
from tests.walk import Visitor

Kind = AccountEvent.Kind
NEW_PASSWORD = "Cztery-czerwone-sanki-9"


class AskingTests(EmailTestCase):
    """A new address waits until its mailbox confirms it."""

    def test_waits_and_the_page_says_so(self) -> None:
        page = self.visitor.open(DATA)
        assert page.shows(self.old)
        page.follow("Zmień adres e-mail").fill({LABEL: NEW}).press(SEND)
        assert page.posts == [302]
        assert page.path == DATA
        assert page.shows(f"Aby zmienić adres e-mail na {NEW}")
        assert page.shows("Do potwierdzenia logujesz się dotychczasowym adresem.")
        assert address_of(self.user) == self.old
        assert enters(self.old, PASSWORD)
        assert not enters(NEW, PASSWORD)

    def test_writes_to_both_mailboxes_and_tells_the_new_one_nothing_of_the_account(self) -> None:
        self.asks()
        letters = {letter.to[0]: letter for letter in deliver()[-2:]}
        assert set(letters) == {self.old, NEW}
        new = str(letters[NEW].body) + str(getattr(letters[NEW], "alternatives", ""))
        assert "Łukasz" not in new
        assert self.old not in new
        old = " ".join(str(letters[self.old].body).split())
        assert "n•••@n•••.example" in old
        assert NEW not in old

    def test_gives_an_older_change_up(self) -> None:
        self.asks()
        first = confirmation_of(NEW)
        self.asks(NEWER)
        page = Visitor().open(first)
        assert (page.status, page.heading) == (410, "Ta zmiana jest nieaktualna")
        Visitor().open(confirmation_of(NEWER)).press(CONFIRM)
        assert address_of(self.user) == NEWER

    def test_the_database_holds_one_open_one(self) -> None:
        self.asks()
        change = EmailChange.objects.get()
        change.pk = None
        change._state.adding = True
        with self.assertRaises(IntegrityError), transaction.atomic():
            change.save()

    def test_the_link_can_be_sent_again(self) -> None:
        self.asks()
        first = confirmation_of(NEW)
        sent = EmailChange.objects.get().sent_at
        with later(hours=47):
            page = self.again()
            assert page.shows("Wysyłamy link ponownie.")
        assert EmailChange.objects.get().sent_at > sent
        assert sum(letter.to == [NEW] for letter in deliver()) == 2
        Visitor().open(first).press(CONFIRM)
        assert address_of(self.user) == NEW

    def again(self) -> Visitor:
        """Press the button in a session of that time."""
        visitor = Visitor(signed_in(User.objects.get(pk=self.user.pk)))
        return visitor.open(DATA).press("Wyślij ponownie")

    def test_the_page_says_that_the_link_has_expired(self) -> None:
        self.asks()
        with later(hours=48):
            visitor = Visitor(signed_in(self.user)).open(DATA)
            assert visitor.shows("Ten link stracił już ważność")

    def test_can_be_given_up(self) -> None:
        self.asks()
        path = confirmation_of(NEW)
        page = self.visitor.open(DATA).press("Zrezygnuj ze zmiany")
        assert page.shows("Twój adres e-mail pozostaje bez zmian.")
        assert not page.shows(NEW)
        assert Visitor().open(path).status == 410
        for button in ("ponownie", "rezygnuj"):
            self.visitor.client.post(f"{EMAIL}{button}/")
            assert page.open(DATA).shows("Żadna zmiana adresu e-mail nie czeka")

    def test_the_buttons_need_a_post(self) -> None:
        self.asks()
        before = facts(self.user)
        for button in ("ponownie", "rezygnuj"):
            for method in (self.visitor.client.get, self.visitor.client.head):
                assert method(f"{EMAIL}{button}/")["Location"] == DATA
        assert facts(self.user) == before

    def test_a_new_password_gives_it_up(self) -> None:
        for is_reset in (False, True):
            user = User.objects.get(pk=self.user.pk)
            services.ask(user, NEW, visit=NOBODY)
            credentials.change_password(user, f"{NEW_PASSWORD}{is_reset}", is_reset=is_reset)
            assert not EmailChange.objects.open().exists()

    def test_a_disowned_sign_in_gives_it_up(self) -> None:
        self.asks()
        path = confirmation_of(NEW)
        disowning.disown(events.record(self.user, Kind.SIGNED_IN), visit=NOBODY)
        assert Visitor().open(path).status == 410

    def test_closing_the_account_gives_it_up(self) -> None:
        self.asks()
        path = confirmation_of(NEW)
        assert closing.close(self.user, visit=NOBODY)
        assert Visitor().open(path).status == 410
        assert not EmailChange.objects.open().exists()

    def test_is_not_called_too_often_for_who_was_shut_out_at_that_moment(self) -> None:
        ask = services.ask

        def shut_out_first(user: User, email: str, **kwargs: Any) -> bool:
            disowning.disown(events.record(user, Kind.SIGNED_IN), visit=NOBODY)
            return ask(user, email, **kwargs)

        with mock.patch.object(services, "ask", shut_out_first):
            page = self.asks()
        assert page.path.startswith("/logowanie/")
        assert not EmailChange.objects.exists()

    def test_is_asked_for_five_times_a_day(self) -> None:
        for number in range(5):
            self.asks(f"{number}{NEW}")
        page = self.asks()
        assert (page.status, page.heading) == (429, "Za dużo zmian jednego dnia")
        assert "Retry-After" in page.response.headers
        assert not EmailChange.objects.filter(new_email=NEW).exists()


class RefusalTests(EmailTestCase):
    """What is no new address is refused, or fine as it is."""

    def test_the_present_address_is_fine_in_any_spelling(self) -> None:
        for typed in (self.old, f" {self.old.upper()} "):
            page = self.asks(typed)
            assert page.path == DATA
            assert page.shows("To już jest adres Twojego konta. Nic się nie zmieniło.")
        assert not EmailChange.objects.exists()

    def test_nonsense_is_shown_again_after_a_redirect_with_why(self) -> None:
        for typed in ("", "jan", "jan@localhost", "a\0@b.pl", "a@b", "ż" * 3_000):
            page = self.asks(typed)
            assert page.posts[-1] == 302
            assert page.path == EMAIL
            assert page.errors, typed
        page = self.asks("jan")
        assert page.value(LABEL) == "jan"
        assert page.reload().value(LABEL) == "jan"
        assert not page.follow("Anuluj").open(EMAIL).errors
        assert not EmailChange.objects.exists()

    def test_what_looks_mistyped_is_asked_about_once(self) -> None:
        page = self.asks("jan.nowak@gmial.com")
        assert page.shows("Czy chodzi o jan.nowak@gmail.com?"), page.text
        assert not EmailChange.objects.exists()
        page.press(SEND)
        assert EmailChange.objects.get().new_email == "jan.nowak@gmial.com"

    def test_the_suggestion_is_taken_by_its_button(self) -> None:
        page = self.asks("jan.nowak@gmial.com")
        page.press("Użyj jan.nowak@gmail.com")
        assert page.value(LABEL) == "jan.nowak@gmail.com"
        page.press(SEND)
        assert EmailChange.objects.get().new_email == "jan.nowak@gmail.com"

    def test_what_no_page_sends_is_no_fault(self) -> None:
        client = self.visitor.client
        for asked in ("x" * 400, "\0", "☃"):
            for email in ("jan@gmial.com", "\0", ""):
                data = {"email": email, "asked": asked, "wizard_suggestion": "1"}
                for answer in (client.post(EMAIL, data), client.get(EMAIL)):
                    assert answer.status_code in (200, 302)
        for path in (EMAIL, f"{EMAIL}podpowiedz/"):
            assert client.put(path).status_code == 405
        assert client.post(f"{EMAIL}podpowiedz/", {"email": "\0" * 500}).json() == {}
        assert not EmailChange.objects.exists()

    def test_the_script_asks_the_same_code_and_only_when_signed_in(self) -> None:
        data = {"email": "jan.nowak@gmial.com"}
        hint = self.visitor.client.post(f"{EMAIL}podpowiedz/", data)
        assert hint.json()["address"] == "jan.nowak@gmail.com"
        assert Client().post(f"{EMAIL}podpowiedz/", data).status_code == 302


class TakenTests(EmailTestCase):
    """Whether somebody has the address shows nowhere but in his own mailbox."""

    def test_looks_the_same_whoever_has_it(self) -> None:
        owners = (activated().email, suspended().email, registered().email, "wolny@nowak.example")
        seen = []
        for email in owners:
            client = signed_in(activated())
            asking = partial(client.post, EMAIL, {"email": email})
            seen.append(observed(asking, email) + observed(partial(client.get, DATA), email)[:1])
        assert all(each == seen[0] for each in seen)

    def test_its_owner_gets_the_known_mail_and_nobody_a_link(self) -> None:
        owner = activated(language="en")
        self.asks(owner.email)
        told = [letter for letter in deliver() if letter.to == [owner.email]][-1]
        assert told.subject == "Somebody gave your address for another account"
        assert not any("nowy-adres" in path for path in paths(told))

    def test_an_owner_whose_account_is_closed_is_told_just_that(self) -> None:
        owner = suspended()
        deliver()
        self.asks(owner.email)
        told = [letter for letter in deliver() if letter.to == [owner.email]][-1]
        assert not any("nowy-adres" in path for path in paths(told))
        assert "zablokowane" in str(told.body)

    def test_the_copy_of_ones_data_tells_nothing_of_it_either(self) -> None:
        states = []
        for email in (activated().email, suspended().email, "wolny@nowak.example"):
            user = activated()
            services.ask(user, email, visit=NOBODY)
            deliver()
            states.append(user.messages.get(kind=OutboxMessage.Kind.EMAIL_CONFIRM).state)
        assert states == [OutboxMessage.State.SENT] * 3

    def test_a_registration_that_waits_has_no_right_to_it(self) -> None:
        waiting = registered()
        path = activation_path(waiting)
        self.moves(waiting.email)
        Visitor().open(path)
        assert not User.objects.get(pk=waiting.pk).is_active

    def test_a_mailbox_is_written_to_as_often_as_strangers_may(self) -> None:
        for _attempt in range(6):
            user = activated()
            assert services.ask(user, NEW, visit=NOBODY)
            services.send_again(user)
        assert sum(letter.to == [NEW] for letter in deliver()) == 2


class ConfirmingTests(EmailTestCase):
    """The link to the new mailbox."""

    def test_asks_by_one_button_and_changes_the_address(self) -> None:
        self.asks()
        page = Visitor().open(confirmation_of(NEW))
        assert page.heading == "Potwierdź nowy adres"
        assert page.buttons() == [CONFIRM]
        assert "no-store" in page.response["Cache-Control"]
        assert page.response["Referrer-Policy"] == "strict-origin"
        page.press(CONFIRM)
        assert page.posts == [302]
        assert page.heading == "Nowy adres jest potwierdzony"
        user = User.objects.get(pk=self.user.pk)
        assert (user.email, user.email_key) == (NEW, NEW)
        assert enters(NEW, PASSWORD)
        assert not enters(self.old, PASSWORD)
        assert user.events.filter(kind=Kind.EMAIL_CHANGED).count() == 1

    def test_looking_changes_nothing_and_uses_nothing_up(self) -> None:
        self.asks()
        path = confirmation_of(NEW)
        before = facts(self.user)
        for client in (Client(), self.visitor.client):
            for method in (client.get, client.head):
                for headers in ({}, {"Sec-Purpose": "prefetch"}):
                    assert method(path, headers=headers).status_code == 200
        assert facts(self.user) == before
        Visitor().open(path).press(CONFIRM)
        assert address_of(self.user) == NEW

    def test_works_once(self) -> None:
        self.asks()
        path = confirmation_of(NEW)
        page = Visitor().open(path)
        post = page.post_of(CONFIRM)
        page.send(post)
        before = facts(self.user)
        assert page.send(post).heading == "Nowy adres jest potwierdzony"
        assert Client(enforce_csrf_checks=True).post(path).status_code == 403
        assert facts(self.user) == before

    def test_works_for_48_hours(self) -> None:
        self.asks()
        path = confirmation_of(NEW)
        sent = timezone.now()
        for after, status in (
            (timedelta(hours=47, minutes=59), 200),
            (timedelta(hours=48, minutes=1), 410),
        ):
            # Signatures go by a clock that `later` does not move.
            then = (sent + after).timestamp()
            with later(after), mock.patch("django.core.signing.time.time", return_value=then):
                page = Visitor().open(path)
                assert page.status == status, after
                if status == 410:
                    assert page.heading == "Ten link stracił ważność"
                    page.client.post(path)
        assert address_of(self.user) == self.old

    def test_ends_the_sessions_elsewhere_and_makes_their_browsers_unknown(self) -> None:
        elsewhere = signed_in(self.user, agent=IPHONE, address=THERE)
        deliver()
        self.asks()
        Visitor(self.visitor.client).open(confirmation_of(NEW)).press(CONFIRM)
        assert is_signed_in(self.visitor.client)
        assert not is_signed_in(elsewhere)
        assert self.visitor.open(DATA).shows(NEW)
        user = User.objects.get(pk=self.user.pk)
        assert knows_by(cookie_of(self.visitor.client), user)
        assert not knows_by(cookie_of(elsewhere), user)

    def test_from_a_mailbox_elsewhere_ends_all_sessions(self) -> None:
        self.moves()
        assert not is_signed_in(self.visitor.client)

    def test_confirms_nothing_else_in_the_browser_that_opens_it(self) -> None:
        self.asks()
        session = self.visitor.client.session
        session[confirmation.SESSION_KEY] -= 301
        session.save()
        Visitor(self.visitor.client).open(confirmation_of(NEW)).press(CONFIRM)
        assert self.visitor.open(EMAIL).heading == "Potwierdź, że to Ty"

    def test_leaves_another_customer_who_is_signed_in_there_alone(self) -> None:
        other = activated()
        client = signed_in(other)
        self.asks()
        Visitor(client).open(confirmation_of(NEW)).press(CONFIRM)
        assert address_of(self.user) == NEW
        assert address_of(other) == other.email
        assert is_signed_in(client)

    def test_ends_links_to_the_old_mailbox(self) -> None:
        Client().post("/haslo/", {"email": self.old})
        Client().post("/logowanie/numer/", {"email": self.old})
        reset = newest_path(self.old, "/haslo/")
        number = newest_path(self.old, "/logowanie/numer/")
        assert Visitor().open(number).status == 200
        self.moves()
        page = Visitor().open(reset)
        assert not any("Nowe hasło" in str(label) for label in page.select("label"))
        assert Visitor().open(number).status == 410

    def test_tells_both_mailboxes(self) -> None:
        self.moves()
        letters = {letter.to[0]: letter for letter in deliver()[-2:]}
        assert letters[self.old].subject == "Adres e-mail konta w kantor.pl został zmieniony"
        assert letters[NEW].subject == "To jest adres Twojego konta w kantor.pl"
        text = " ".join(str(letters[self.old].body).split())
        assert "Cofnij zmianę" in str(getattr(letters[self.old], "alternatives", ""))
        assert "n•••@n•••.example" in text
        assert NEW not in text

    def test_is_nothing_for_an_account_that_was_closed_meanwhile(self) -> None:
        self.asks()
        path = confirmation_of(NEW)
        review.suspend(User.objects.get(pk=self.user.pk))
        page = Visitor().open(path)
        assert (page.status, page.buttons()) == (410, [])
        Client().post(path)
        assert address_of(self.user) == self.old

    def test_says_calmly_that_somebody_else_has_it_by_now(self) -> None:
        self.asks()
        page = Visitor().open(confirmation_of(NEW))
        activated(email=NEW)
        page.press(CONFIRM)
        assert (page.status, page.heading) == (409, "Ten adres jest zajęty")
        assert address_of(self.user) == self.old
        assert enters(self.old, PASSWORD)

    def test_broken_and_foreign_tokens_are_no_links(self) -> None:
        self.asks()
        change = EmailChange.objects.get()
        undoing = email_link.make_undoing(change)
        genuine = email_link.make_confirmation(change)
        for token in ("zepsuty", undoing, f"1{genuine}", genuine.swapcase(), "\N{SNOWMAN}"):
            page = Visitor().open(f"/konto/nowy-adres/{token}/")
            assert (page.status, page.heading) == (404, "Ten link nie działa"), token
            page = Visitor().open(f"/konto/cofnij-adres/{genuine}/")
            assert (page.status, page.heading) == (404, "Ten link nie działa"), token
        assert Client().post("/konto/nowy-adres/zepsuty/").status_code == 302

    def test_is_mended_and_forgotten_after_the_purge(self) -> None:
        self.asks()
        path = confirmation_of(NEW)
        assert Client().get(f"{path.rstrip('/')}).")["Location"] == path
        EmailChange.objects.all().delete()
        assert Visitor().open(path).status == 410


class KeepingTests(EmailTestCase):
    """What is kept of changes, and for whom."""

    def test_is_deleted_after_90_days(self) -> None:
        self.asks()
        for days, is_there in ((89, True), (90, False)):
            with later(days=days):
                call_command("purge_registrations", stdout=StringIO())
            assert EmailChange.objects.exists() is is_there

    def test_mails_of_what_is_over_are_dropped(self) -> None:
        services.ask(self.user, NEW, visit=NOBODY)
        services.cancel(self.user)
        assert not services.send_again(self.user)
        deliver()
        told = OutboxMessage.objects.filter(change__isnull=False)
        assert {(each.kind, each.state) for each in told} == {
            ("email_asked", "dropped"),
            ("email_confirm", "dropped"),
        }

    def test_is_nobody_elses(self) -> None:
        self.asks()
        stranger = Visitor(signed_in(activated()))
        assert NEW not in stranger.open(DATA).text
        for button in ("ponownie", "rezygnuj"):
            stranger.client.post(f"{EMAIL}{button}/")
        assert EmailChange.objects.get().is_open
        for path in (EMAIL, f"{EMAIL}ponownie/", f"{EMAIL}rezygnuj/"):
            for response in (Client().get(path), Client().post(path)):
                assert response["Location"].startswith("/logowanie/")
        member = Client()
        sit_down(member, staff())
        assert member.post(EMAIL, {"email": NEWER}).status_code == 302
        assert EmailChange.objects.count() == 1

    def test_asks_for_the_password_after_five_minutes(self) -> None:
        session = self.visitor.client.session
        session[confirmation.SESSION_KEY] -= 301
        session.save()
        assert self.visitor.open(EMAIL).heading == "Potwierdź, że to Ty"
        self.visitor.fill({"Hasło": PASSWORD}).press("Potwierdź")
        assert self.visitor.path == EMAIL


class DeskTests(StaffTestCase):
    """Staff see the changes of an account and change none."""

    def test_shows_the_addresses(self) -> None:
        user = activated()
        services.ask(user, NEW, visit=NOBODY)
        page = self.client.get(page_of(user)).content.decode()
        assert NEW in page
        assert 'name="email_changes-0-new_email"' not in page
