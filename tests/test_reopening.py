""" "Przywróć konto": by the link of the mail, and to whoever signs in meanwhile."""

from functools import partial
from itertools import count
from time import time
from typing import Any
from unittest import mock

from django.core import mail
from django.test import Client, TestCase, TransactionTestCase

from accounts import reopening_link
from accounts.closing import services
from accounts.closing.services import State
from accounts.models import AccountEvent, AccountSession, User
from accounts.passkeys import services as passkeys
from accounts.services import activation, credentials, disowning, review
from accounts.services.agreements import wants_news
from accounts.sign_in import digits
from accounts.values.visit import NOBODY
from tests.authenticator import enrolled
from tests.browsers import HERE, browser, put_in, signed_in
from tests.clock import later
from tests.closings import close, closed, reopening_path
from tests.doors import GENERIC, NUMBER, enters, is_signed_in, try_in
from tests.factories import PASSWORD, activated, registered, restore
from tests.letters import deliver
from tests.links import heading
from tests.onlooker import COUNTED, observed
from tests.parallel import at_once
from tests.phone import stopped_clock, turned_on
from tests.walk import Visitor

BUTTON = "Przywróć konto"
ASKS = "Przywrócić konto?"
OPEN = "Konto jest aktywne"
LATE = "Tego konta nie da się już przywrócić"
DOOR = "/konto/przywroc/"


def facts(user: User) -> list[Any]:
    """Return what a reopening could change."""
    user = User.objects.get(pk=user.pk)
    return [user.closed_at, user.is_active, user.events.count(), user.messages.count()]


class LinkTests(TestCase):
    """The link of the mail, as the owner of the account and others open it."""

    def setUp(self) -> None:
        self.user = closed(news=True)
        self.path = reopening_path(self.user)
        self.visitor = Visitor(browser())

    def test_asks_by_one_button_and_says_until_when(self) -> None:
        self.visitor.open(self.path)
        assert self.visitor.heading == ASKS
        assert self.visitor.buttons() == [BUTTON]
        assert self.visitor.shows("Możesz je przywrócić do")
        assert "no-store" in self.visitor.response["Cache-Control"]
        assert self.visitor.response["Referrer-Policy"] == "strict-origin"

    def test_opens_the_account_and_lets_its_owner_sign_in_as_before(self) -> None:
        mail.outbox.clear()
        self.visitor.open(self.path).press(BUTTON)
        assert self.visitor.posts == [302]
        assert (self.visitor.path, self.visitor.heading) == (self.path, OPEN)
        # By the link nobody is signed in.
        assert not is_signed_in(self.visitor.client)
        assert enters(self.user.email, PASSWORD)
        user = User.objects.get(pk=self.user.pk)
        assert (user.closed_at, user.is_active) == (None, True)
        assert user.events.get(kind=AccountEvent.Kind.REOPENED).browser == "firefox"
        message = next(each for each in deliver() if "przywrócone" in each.subject)
        assert message.to == [user.email]
        assert "Firefox, Windows" in str(message.body)

    def test_leaves_news_withdrawn_and_old_sessions_dead(self) -> None:
        user = activated(news=True)
        client = signed_in(user)
        close(user)
        Visitor().open(reopening_path(user)).press(BUTTON)
        assert not wants_news(user)
        assert not is_signed_in(client)

    def test_changes_nothing_by_being_looked_at(self) -> None:
        before = facts(self.user)
        for client in (Client(), Client(headers={"Sec-Purpose": "prefetch"})):
            for method in ("get", "head"):
                assert getattr(client, method)(self.path).status_code == 200
        assert Client().put(self.path).status_code == 405
        assert Client(enforce_csrf_checks=True).post(self.path).status_code == 403
        assert facts(self.user) == before

    def test_does_it_once(self) -> None:
        self.visitor.open(self.path)
        post = self.visitor.post_of(BUTTON)
        self.visitor.send(post)
        before = facts(self.user)
        assert self.visitor.send(post).heading == OPEN
        assert self.visitor.reload().heading == OPEN
        assert self.visitor.follow("Zaloguj się").path == "/logowanie/"
        assert facts(self.user) == before

    def test_works_for_fourteen_days(self) -> None:
        with later(days=14, seconds=-5):
            assert Client().get(self.path).status_code == 200
        before = facts(self.user)
        for days in (14, 15):
            with later(days=days):
                answer = Client().get(self.path)
                assert (answer.status_code, heading(answer)) == (410, LATE)
                assert Client().post(self.path).status_code == 302
                assert services.reopen(self.user, visit=NOBODY) is State.LATE
        assert facts(self.user) == before

    def test_is_late_too_when_the_account_is_deleted(self) -> None:
        self.user.delete()
        answer = Client().get(self.path)
        assert (answer.status_code, heading(answer)) == (410, LATE)
        assert Client().post(self.path).status_code == 302

    def test_is_about_one_closing(self) -> None:
        self.visitor.open(self.path).press(BUTTON)
        with later(days=1):
            close(User.objects.get(pk=self.user.pk))
            answer = Client().get(self.path)
            assert (answer.status_code, heading(answer)) == (410, "Jest już nowszy link")
            Client().post(self.path)
            assert not User.objects.get(pk=self.user.pk).is_active
            newest = reopening_path(self.user)
            assert newest != self.path
            assert Visitor().open(newest).press(BUTTON).heading == OPEN

    def test_does_not_open_what_staff_have_blocked_since(self) -> None:
        review.suspend(self.user)
        page = Visitor().open(self.path)
        assert page.heading == "Konto jest zablokowane"
        assert page.shows("22 859 0218")
        Client().post(self.path)
        assert services.reopen(self.user, visit=NOBODY) is State.SUSPENDED
        assert not User.objects.get(pk=self.user.pk).is_active
        restore(self.user)
        assert Visitor().open(self.path).press(BUTTON).heading == OPEN

    def test_cannot_be_made_up(self) -> None:
        token = self.path.rstrip("/").rpartition("/")[2]
        for forged in ("x", token[:-1], token[::-1], f"1{token}", "1.2~" + "A" * 43, "~" * 40):
            path = f"{DOOR}{forged}/"
            answer = Client().get(path)
            assert (answer.status_code, heading(answer)) == (404, "Ten link nie działa"), forged
            assert Client().post(path).status_code == 302
        assert not User.objects.get(pk=self.user.pk).is_active

    def test_survives_what_mail_programs_do_to_it(self) -> None:
        for broken in (self.path[:-1] + ").", self.path.replace("~", "~=\n"), self.path + ">"):
            assert Visitor().open(broken).heading == ASKS, broken

    def test_speaks_english(self) -> None:
        user = closed(language="en")
        visitor = Visitor().open(reopening_path(user))
        assert visitor.heading == "Restore the account?"
        assert visitor.path.startswith("/en/")
        assert visitor.press("Restore the account").heading == "Your account is open"


class AddressTests(TestCase):
    """The address of a closed account is free."""

    def setUp(self) -> None:
        self.user = closed(email="wraca@example.com")
        self.path = reopening_path(self.user)
        mail.outbox.clear()

    def test_registers_anew_and_signs_in_to_the_new_account(self) -> None:
        new = registered(email="Wraca@example.com", password="Inne-Hasło-Zupełnie-31")
        (message,) = deliver()
        assert "/aktywacja/" in str(message.body)
        activation.activate(new)
        assert User.objects.get(pk=new.pk).is_active
        client = Client()
        try_in("wraca@example.com", "Inne-Hasło-Zupełnie-31", client)
        assert is_signed_in(client)
        # The password of the closed one opens nothing beside it.
        assert GENERIC in try_in("wraca@example.com", PASSWORD).content.decode()

    def test_leads_to_the_new_account_where_the_password_is_the_same(self) -> None:
        new = registered(email="wraca@example.com")
        answer = try_in("wraca@example.com", PASSWORD)
        assert "waiting for activation" in answer.content.decode()
        activation.activate(new)
        assert enters("wraca@example.com", PASSWORD)

    def test_of_a_stranger_who_registers_it_hides_nothing_from_its_owner(self) -> None:
        registered(email="wraca@example.com", password="Obce-Hasło-Zupełnie-31")
        assert try_in("wraca@example.com", PASSWORD)["Location"] == f"/en{DOOR}"

    def test_keeps_the_earlier_account_closed_once_there_is_a_new_one(self) -> None:
        activation.activate(registered(email="wraca@example.com"))
        page = Visitor().open(self.path)
        assert (page.status, page.heading) == (409, "Masz już nowe konto")
        assert page.shows("22 859 0218")
        Client().post(self.path)
        assert services.reopen(self.user, visit=NOBODY) is State.TAKEN
        assert not User.objects.get(pk=self.user.pk).is_active

    def test_an_account_that_was_reopened_first_keeps_the_address(self) -> None:
        new = registered(email="wraca@example.com")
        assert services.reopen(self.user, visit=NOBODY) is State.REOPENED
        assert activation.activate(new) is activation.LinkState.ACTIVE
        assert not User.objects.get(pk=new.pk).is_active
        assert User.objects.get(pk=self.user.pk).is_active

    def test_may_be_closed_and_registered_again_and_again(self) -> None:
        for _time in range(3):
            new = registered(email="wraca@example.com")
            activation.activate(new)
            newest = close(User.objects.get(pk=new.pk))
        assert User.objects.filter(email_key="wraca@example.com").count() == 4
        client = Client()
        assert try_in("wraca@example.com", PASSWORD, client)["Location"] == f"/en{DOOR}"
        client.post(f"/en{DOOR}")
        assert is_signed_in(client)
        assert User.objects.get(pk=newest.pk).is_active

    def test_asked_for_a_new_password_hears_that_the_account_is_closed(self) -> None:
        credentials.request_password_reset("wraca@example.com", "pl", "192.0.2.1")
        (message,) = deliver()
        assert message.subject == "Konto w kantor.pl jest zamknięte"
        assert reopening_path(self.user) == self.path
        mail.outbox.clear()
        with later(days=15):
            credentials.request_password_reset("wraca@example.com", "pl", "192.0.2.1")
            assert deliver() == []

    def test_asked_for_a_new_number_hears_the_same(self) -> None:
        Visitor().open("/logowanie/numer/").fill({"Adres e-mail (login)": self.user.email}).press(
            "Wyślij link"
        )
        (message,) = deliver()
        assert message.subject == "Konto w kantor.pl jest zamknięte"

    def test_is_written_to_about_the_new_registration_where_there_is_one(self) -> None:
        registered(email="wraca@example.com")
        deliver()
        mail.outbox.clear()
        credentials.request_password_reset("wraca@example.com", "pl", "192.0.2.1")
        (message,) = deliver()
        assert "/aktywacja/" in str(message.body)


class SignInTests(TestCase):
    """Whoever signs in to a closed account."""

    def setUp(self) -> None:
        self.user = activated()
        self.client = browser()

    def test_is_offered_to_reopen_it_and_is_in_at_once(self) -> None:
        close(self.user)
        answer = try_in(self.user.email, PASSWORD, self.client, prefix="", next="/konto/zgody/")
        assert answer["Location"] == DOOR
        assert not is_signed_in(self.client)
        visitor = Visitor(self.client).open(DOOR)
        assert visitor.heading == ASKS
        assert "no-store" in visitor.response["Cache-Control"]
        visitor.press(BUTTON)
        assert visitor.path == "/konto/zgody/"
        assert visitor.shows("Konto zostało przywrócone.")
        assert User.objects.get(pk=self.user.pk).is_active
        assert self.user.sessions.latest("began_at").how == AccountSession.How.PASSWORD

    def test_reopens_nothing_by_signing_in_or_by_looking(self) -> None:
        close(self.user)
        try_in(self.user.email, PASSWORD, self.client, prefix="")
        for method in ("get", "head"):
            assert getattr(self.client, method)(DOOR).status_code == 200
        assert not User.objects.get(pk=self.user.pk).is_active

    def test_does_it_once(self) -> None:
        close(self.user)
        try_in(self.user.email, PASSWORD, self.client, prefix="")
        visitor = Visitor(self.client).open(DOOR)
        post = visitor.post_of(BUTTON)
        visitor.send(post)
        assert visitor.send(post).path == "/konto/"
        assert self.user.events.filter(kind="reopened").count() == 1

    def test_who_has_reopened_it_by_mail_meanwhile_signs_in_again(self) -> None:
        close(self.user)
        try_in(self.user.email, PASSWORD, self.client, prefix="")
        visitor = Visitor(self.client).open(DOOR)
        post = visitor.post_of(BUTTON)
        Visitor().open(reopening_path(self.user)).press(BUTTON)
        assert visitor.send(post).heading == OPEN
        assert not is_signed_in(self.client)

    def test_has_a_quarter_of_an_hour(self) -> None:
        close(self.user)
        try_in(self.user.email, PASSWORD, self.client, prefix="")
        late = time() + 15 * 60 + 5
        with mock.patch("django.core.signing.time.time", return_value=late):
            for method in ("get", "post"):
                answer = getattr(self.client, method)(DOOR)
                assert answer["Location"] == "/logowanie/"
        assert not User.objects.get(pk=self.user.pk).is_active

    def test_opens_nothing_once_the_owner_has_said_that_a_sign_in_was_not_his(self) -> None:
        signed_in(self.user)
        event = self.user.events.filter(kind=AccountEvent.Kind.SIGNED_IN).latest("at")
        close(self.user)
        # Somebody knows the password, and waits at the offer.
        try_in(self.user.email, PASSWORD, self.client, prefix="")
        assert disowning.disown(event, visit=NOBODY) is disowning.LinkState.BARRED
        for method in ("get", "post"):
            assert getattr(self.client, method)(DOOR)["Location"] == "/logowanie/"
        assert not User.objects.get(pk=self.user.pk).is_active
        assert not is_signed_in(self.client)

    def test_is_not_told_of_another_account_by_a_row_that_is_older_than_the_reopening(self) -> None:
        read_before = close(self.user)
        assert services.reopen(User.objects.get(pk=self.user.pk), visit=NOBODY) is State.REOPENED
        assert services.state_of(read_before) is State.VALID
        assert services.reopen(read_before, visit=NOBODY) is State.OPEN

    def test_is_told_when_it_is_late(self) -> None:
        close(self.user)
        with later(days=14):
            assert try_in(self.user.email, PASSWORD, self.client, prefix="")["Location"] == DOOR
            assert Visitor(self.client).open(DOOR).heading == LATE
            assert self.client.post(DOOR)["Location"] == DOOR
        assert not User.objects.get(pk=self.user.pk).is_active

    def test_hears_of_a_block_by_staff_instead(self) -> None:
        review.suspend(close(self.user))
        page = try_in(self.user.email, PASSWORD, self.client)
        assert "The account is blocked" in page.content.decode()

    def test_has_to_prove_all_of_it_first(self) -> None:
        with stopped_clock():
            phone, _codes = turned_on(self.user)
            close(self.user)
            answer = try_in(self.user.email, PASSWORD, self.client)
            # To the page for the code, where nothing is said yet.
            assert "Location" not in answer
            assert self.client.get(DOOR)["Location"] == "/logowanie/"
            code_page = "/logowanie/kod/"
            wrong = self.client.post(code_page, {"code": phone.wrong_code()})
            assert wrong["Location"].startswith(code_page)
            assert self.client.get(DOOR)["Location"] == "/logowanie/"
            right = self.client.post(code_page, {"code": phone.code()})
            assert right["Location"] == DOOR
            Visitor(self.client).open(DOOR).press(BUTTON)
            assert is_signed_in(self.client)
            assert self.user.sessions.latest("began_at").how == AccountSession.How.TOTP

    def test_a_first_step_from_before_the_closing_is_worth_nothing(self) -> None:
        with stopped_clock():
            phone, _codes = turned_on(self.user)
            try_in(self.user.email, PASSWORD, self.client)
            close(self.user)
            answer = self.client.post("/logowanie/kod/", {"code": phone.code()})
            assert answer["Location"] == "/logowanie/"

    def test_with_a_passkey_is_offered_the_same(self) -> None:
        device = enrolled(self.user)
        close(self.user)
        proof = device.prove(passkeys.options_to_sign_in())
        answer = self.client.post("/logowanie/klucz/", {"passkey": proof})
        assert answer["Location"] == DOOR
        assert not is_signed_in(self.client)
        Visitor(self.client).open(DOOR).press(BUTTON)
        assert is_signed_in(self.client)

    def test_with_a_passkey_hears_of_a_new_account_of_the_address(self) -> None:
        device = enrolled(self.user)
        close(self.user)
        activation.activate(registered(email=self.user.email))
        proof = device.prove(passkeys.options_to_sign_in())
        self.client.post("/logowanie/klucz/", {"passkey": proof})
        assert Visitor(self.client).open(DOOR).heading == "Masz już nowe konto"
        assert self.client.post(DOOR)["Location"] == DOOR
        assert not User.objects.get(pk=self.user.pk).is_active

    def test_the_offer_is_nobody_elses(self) -> None:
        close(self.user)
        for method in ("get", "post"):
            assert getattr(Client(), method)(DOOR)["Location"] == "/logowanie/"
        other = put_in(activated(), browser())
        assert other.post(DOOR)["Location"] == "/logowanie/"
        assert not User.objects.get(pk=self.user.pk).is_active


@COUNTED
class OnlookerTests(TestCase):
    """Whoever does not know all of it learns nothing."""

    def see(self, email: str, password: str, typed: str) -> list[Any]:
        client = Client(REMOTE_ADDR=HERE)
        client.post("/en/logowanie/", {"username": email})
        data = {"password": password, "digits": typed}
        first = observed(lambda: client.post("/en/logowanie/haslo/", data), email)
        return [first, observed(lambda: client.get("/en/logowanie/haslo/"), email)]

    def test_a_closed_account_looks_like_none(self) -> None:
        user = closed(email="zamkniete@example.com")
        asked = digits.places(user.email, digits.today())
        # Somebody without an account, who is asked for the same digits today.
        stranger = next(
            email
            for email in (f"obcy{number:05}@example.com" for number in count())
            if digits.places(email, digits.today()) == asked
        )
        for password, typed in (
            ("Nie-To-Hasło-12", NUMBER),
            (PASSWORD, "000"),
            ("Nie-To-Hasło-12", "000"),
        ):
            unknown = self.see(stranger, password, typed)
            assert self.see(user.email, password, typed) == unknown

    def test_so_does_the_request_for_a_new_password(self) -> None:
        user = closed(email="zamkniete@example.com")
        seen = []
        for email in ("nieznanyyy@example.com", user.email):
            client = Client(REMOTE_ADDR=HERE)
            seen.append(observed(partial(client.post, "/en/haslo/", {"email": email}), email))
        assert seen[0] == seen[1]


class AtOnceTests(TransactionTestCase):
    """Several people, or clicks, at the same moment."""

    serialized_rollback = True

    def test_reopen_it_once(self) -> None:
        user = closed()
        token = reopening_link.make(user)

        def click() -> State:
            state, owner = services.examine(token)
            assert owner is not None
            return services.reopen(owner, visit=NOBODY) if state is State.VALID else state

        states = at_once(*[click] * 6)
        assert states.count(State.REOPENED) == 1
        assert set(states) == {State.REOPENED, State.OPEN}
        assert user.events.filter(kind="reopened").count() == 1
        assert user.messages.filter(kind="reopened").count() == 1

    def test_leave_one_account_of_the_address_open(self) -> None:
        old = closed()
        new = registered(email=old.email)
        reopened, activated_ = at_once(
            partial(services.reopen, old, visit=NOBODY), partial(activation.activate, new)
        )
        active = User.objects.filter(email_key=old.email_key, is_active=True)
        assert active.count() == 1
        assert activated_ is activation.LinkState.ACTIVE
        assert (reopened is State.REOPENED) == (active.get().pk == old.pk)
        assert reopened in (State.REOPENED, State.TAKEN)

    def test_leave_it_closed_when_staff_block_it(self) -> None:
        user = closed()
        results = at_once(
            partial(services.reopen, user, visit=NOBODY), partial(review.suspend, user)
        )
        assert not [each for each in results if isinstance(each, Exception)], results
        user.refresh_from_db()
        assert user.suspended_at is not None
        assert not user.is_active
