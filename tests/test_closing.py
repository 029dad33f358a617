""" "Zamknij konto": what its page says, what goes at once, and who may close."""

from functools import partial
from typing import Any
from unittest import mock

from django.conf import settings
from django.core import mail
from django.test import Client, TestCase, TransactionTestCase

from accounts import reopening_link, retention, tokens
from accounts.account import services as account
from accounts.closing import services
from accounts.closing.services import State
from accounts.contact import services as email_change
from accounts.mail import outbox
from accounts.models import (
    AccountEvent,
    ConsentRecord,
    DataRequest,
    OutboxMessage,
    ReviewState,
    User,
)
from accounts.retention import AfterClosing
from accounts.services import agreements, credentials, ledger, review
from accounts.sessions import confirmation
from accounts.urls import urlpatterns
from accounts.values.visit import NOBODY
from kantor.serving.models import Session
from kantor.serving.typography import untie
from tests.browsers import FIREFOX, HERE, IPHONE, browser, put_in, signed_in
from tests.clock import later
from tests.closings import approved, close, closed, reopening_path
from tests.desk import LIST, StaffTestCase, page_of, send, shown
from tests.doors import enters, is_signed_in, try_in
from tests.factories import PASSWORD, activated, customer_of, staff, suspended
from tests.letters import deliver, registering_browser
from tests.parallel import at_once
from tests.walk import Visitor

PAGE = "/konto/zamknij/"
CLOSE = "Zamknij konto"


class PageTests(TestCase):
    """What a customer reads before it."""

    def titles(self, user: User, language: str = "") -> tuple[Visitor, list[str]]:
        page = Visitor(put_in(user, browser())).open(f"{language}{PAGE}")
        return page, [untie(each.get_text()) for each in page.select("main section li")]

    def test_says_that_all_is_deleted_where_the_data_were_not_approved(self) -> None:
        page, read = self.titles(activated())
        assert page.heading == "Zamknij konto"
        assert page.shows("Przez 14 dni możesz zmienić zdanie")
        assert page.shows("żadna ustawa nie każe nam przechowywać ich dłużej")
        assert not page.shows("art. 49")
        for kept in retention.ALL:
            if kept not in retention.NOT_IN_COPY:
                assert untie(str(kept.title)) in read, kept.kind

    def test_says_what_stays_for_five_years_and_why_where_they_were_approved(self) -> None:
        page, read = self.titles(approved())
        assert page.shows("art. 49 ustawy o przeciwdziałaniu praniu pieniędzy każe nam")
        assert page.shows("przez 5 lat od zamknięcia")
        for kept in retention.ALL:
            if kept.after_closing in (AfterClosing.BLOCKED, AfterClosing.FORGOTTEN):
                assert untie(str(kept.title)) in read, kept.kind
        assert any(words.startswith("Wiadomości do Ciebie: Przez 60 dni") for words in read), read

    def test_speaks_english(self) -> None:
        page, read = self.titles(activated(language="en"), "/en")
        assert page.heading == "Close your account"
        assert "Passkeys" in read
        assert page.buttons() == ["Close the account"]

    def test_closes_and_comes_back_in_english(self) -> None:
        user = activated(language="en")
        visitor = Visitor(put_in(user, browser())).open(f"/en{PAGE}").press("Close the account")
        assert (visitor.path, visitor.heading) == ("/en/konto/zamkniete/", "Your account is closed")
        deliver()
        visitor.open(reopening_path(user)).press("Restore the account")
        assert visitor.heading == "Your account is open"
        assert User.objects.get(pk=user.pk).is_active

    def test_is_the_last_in_the_navigation_of_the_account(self) -> None:
        links = Visitor(put_in(activated(), browser())).open(PAGE).select(".account-nav a")
        assert untie(links[-1].get_text(strip=True)) == "Zamknij konto"
        assert links[-1]["aria-current"] == "page"

    def test_asks_to_confirm_first_that_it_is_you(self) -> None:
        user = activated()
        visitor = Visitor(signed_in(user))
        with later(minutes=6):
            visitor.open(PAGE)
            assert visitor.buttons() == []
            visitor.follow("Potwierdź, że to Ty")
            assert visitor.path.startswith("/konto/potwierdz/?")
            visitor.fill({"Hasło": PASSWORD}).press("Potwierdź")
            assert visitor.path == PAGE
            assert visitor.buttons() == [CLOSE]

    def test_cannot_be_sent_without_that(self) -> None:
        user = activated()
        client = put_in(user, browser())
        session = client.session
        del session[confirmation.SESSION_KEY]
        session.save()
        assert client.post(PAGE)["Location"].startswith("/konto/potwierdz/")
        assert User.objects.get(pk=user.pk).is_active

    def test_is_for_customers_who_are_signed_in(self) -> None:
        for method in ("get", "post"):
            answer = getattr(Client(), method)(PAGE)
            assert answer["Location"].startswith("/logowanie/")
        member = staff()
        client = put_in(member, browser())
        assert client.get(PAGE).status_code == 404
        assert client.post(PAGE).status_code == 404
        assert not services.close(member, visit=NOBODY)
        blocked = suspended()
        assert put_in(blocked, browser()).post(PAGE)["Location"].startswith("/logowanie/")
        assert User.objects.get(pk=blocked.pk).closed_at is None

    def test_changes_nothing_by_being_looked_at(self) -> None:
        user = activated()
        client = put_in(user, browser())
        for answer in (
            client.get(PAGE),
            client.head(PAGE),
            client.get(PAGE, headers={"Sec-Purpose": "prefetch"}),
        ):
            assert answer.status_code == 200
            assert "no-store" in answer["Cache-Control"]
        strict = put_in(user, Client(enforce_csrf_checks=True))
        assert strict.post(PAGE).status_code == 403
        assert User.objects.get(pk=user.pk).is_active


class ClosingTests(TestCase):
    """What goes at once."""

    def setUp(self) -> None:
        self.user = activated(news=True)
        self.client = signed_in(
            self.user, registering_browser(self.user, REMOTE_ADDR=HERE, HTTP_USER_AGENT=FIREFOX)
        )
        self.elsewhere = signed_in(self.user, agent=IPHONE)
        deliver()
        mail.outbox.clear()
        self.visitor = Visitor(self.client)

    def press(self) -> Visitor:
        return self.visitor.open(PAGE).press(CLOSE)

    def test_closes_the_account_and_says_so_without_a_session(self) -> None:
        self.press()
        assert self.visitor.posts == [302]
        assert (self.visitor.path, self.visitor.heading) == (
            "/konto/zamkniete/",
            "Konto jest zamknięte",
        )
        user = User.objects.get(pk=self.user.pk)
        assert user.closed_at is not None
        assert not user.is_active
        assert not Session.objects.exists()
        for client in (self.client, self.elsewhere):
            assert not is_signed_in(client)
            assert client.get("/konto/")["Location"].startswith("/logowanie/")
        event = user.events.get(kind=AccountEvent.Kind.CLOSED)
        assert event.browser == "firefox"
        # The browser forgets whose registration it held.
        assert not self.client.cookies[settings.REGISTRATION_COOKIE_NAME].value

    def test_leaves_no_page_of_the_account_to_be_reached(self) -> None:
        close(self.user)
        # A session of the closed account, as if one had been left over.
        client = put_in(self.user, browser())
        paths = [
            f"/{pattern.pattern}"
            for pattern in urlpatterns
            if str(pattern.pattern).startswith("konto/") and "<" not in str(pattern.pattern)
        ]
        assert len(paths) > 10
        # The script hears that there is no session; the page after a closing is for everybody.
        assert client.get("/konto/sesja/").json() == {"left": 0}
        for path in set(paths) - {"/konto/sesja/", "/konto/zamkniete/"}:
            answer = client.get(path, follow=True)
            last = answer.redirect_chain[-1][0] if answer.redirect_chain else path
            is_refused = answer.status_code == 405 or last.startswith("/logowanie/")
            assert is_refused, (path, answer.status_code)

    def test_withdraws_news_and_the_open_request(self) -> None:
        assert account.ask(self.user, "name", {"last_name": "Nowak"}, "Ślub")
        self.press()
        newest = self.user.consents.filter(key=agreements.NEWS).order_by("pk").last()
        assert newest is not None
        assert (newest.given, newest.channel) == (False, ConsentRecord.Channel.ACCOUNT)
        assert ledger.verify().is_well
        request = self.user.data_requests.get()
        assert request.state == DataRequest.State.WITHDRAWN

    def test_gives_up_a_change_of_the_address_and_leaves_the_way_back_to_its_owner(self) -> None:
        user = activated(email="wlasciciel@example.com")
        email_change.ask(user, "zlodziej@example.com", visit=NOBODY)
        confirmed = user.email_changes.get()
        assert email_change.confirm(confirmed, visit=NOBODY) is email_change.LinkState.DONE
        user = User.objects.get(pk=user.pk)
        email_change.ask(user, "dalej@example.com", visit=NOBODY)
        user = close(user)
        assert not user.email_changes.open().exists()
        told = {message.to[0] for message in deliver()}
        assert "wlasciciel@example.com" in told
        assert "dalej@example.com" not in told
        # He takes his address back; the link in the other mailbox opens nothing then.
        path = f"/konto/przywroc/{reopening_link.make(user)}/"
        assert email_change.undo(confirmed, visit=NOBODY) is email_change.LinkState.DONE
        assert Visitor().open(path).status == 410
        Client().post(path)
        user = User.objects.get(pk=user.pk)
        assert not user.is_active
        credentials.request_password_reset(user.email, "pl", "192.0.2.1")
        assert Visitor().open(reopening_path(user)).heading == "Przywrócić konto?"

    def test_drops_no_word_to_the_mailbox_that_was_given_up_at_that_moment(self) -> None:
        user = activated()
        read_before = User.objects.get(pk=user.pk)
        email_change.ask(user, "nowy.adres@example.com", visit=NOBODY)
        email_change.confirm(user.email_changes.get(), visit=NOBODY)
        assert services.close(read_before, visit=NOBODY)
        notice = OutboxMessage.objects.get(user=user, kind=OutboxMessage.Kind.EMAIL_CHANGED)
        assert (notice.recipient, notice.state) == (user.email, OutboxMessage.State.WAITING)
        closed = OutboxMessage.objects.get(user=user, kind=OutboxMessage.Kind.CLOSED)
        assert closed.recipient == "nowy.adres@example.com"

    def test_drops_the_mails_that_wait_and_sends_the_one_with_the_way_back(self) -> None:
        outbox.put(OutboxMessage.Kind.PANEL_OPEN, self.user)
        account.ask(self.user, "name", {"last_name": "Nowak"}, "Ślub")
        self.press()
        (message,) = deliver()
        assert message.to == [self.user.email]
        assert message.subject == "Konto w kantor.pl jest zamknięte"
        assert "Przywróć konto" in str(message.body)
        assert "Potem usuniemy konto" in " ".join(untie(str(message.body)).split())
        assert "Firefox, Windows" in str(message.body)
        states = set(self.user.messages.exclude(kind="closed").values_list("state", flat=True))
        assert OutboxMessage.State.WAITING not in states

    def test_tells_an_approved_customer_what_stays(self) -> None:
        user = approved(language="en")
        deliver()
        mail.outbox.clear()
        close(user)
        (message,) = deliver()
        assert message.subject == "Your kantor.pl account is closed"
        assert "5 years after the closing" in " ".join(untie(str(message.body)).split())

    def test_is_done_once_however_often_the_button_is_sent(self) -> None:
        self.visitor.open(PAGE)
        post = self.visitor.post_of(CLOSE)
        self.visitor.send(post)
        closed_at = User.objects.get(pk=self.user.pk).closed_at
        # A second click, sent before the answer to the first one came.
        assert self.visitor.send(post).path == "/konto/zamkniete/"
        assert User.objects.get(pk=self.user.pk).closed_at == closed_at
        assert self.user.events.filter(kind="closed").count() == 1
        assert self.user.messages.filter(kind="closed").count() == 1

    def test_does_not_say_closed_of_an_account_that_staff_blocked_at_that_moment(self) -> None:
        post = self.visitor.open(PAGE).post_of(CLOSE)
        close = services.close

        def blocked_first(user: User, **kwargs: Any) -> bool:
            review.suspend(user)
            return close(user, **kwargs)

        with mock.patch.object(services, "close", blocked_first):
            self.visitor.send(post)
        assert self.visitor.path == "/logowanie/"
        assert User.objects.get(pk=self.user.pk).closed_at is None

    def test_a_form_without_its_mark_leads_to_the_sign_in(self) -> None:
        self.visitor.open(PAGE)
        post = self.visitor.post_of(CLOSE)
        self.client.logout()
        # Signed out in another tab: nothing is closed, and nobody is told that it was.
        assert self.visitor.send(post).path.startswith("/logowanie/?")
        assert User.objects.get(pk=self.user.pk).is_active
        assert Client().post(PAGE, {"form": "1:x"})["Location"].startswith("/logowanie/")

    def test_the_page_about_it_is_not_for_who_has_an_account(self) -> None:
        assert self.client.get("/konto/zamkniete/")["Location"] == "/konto/"
        assert Client().get("/en/konto/zamkniete/").status_code == 200

    def test_the_password_opens_nothing_any_more(self) -> None:
        self.press()
        assert not enters(self.user.email, PASSWORD)

    def test_a_mail_about_it_is_dropped_when_the_account_is_open_again(self) -> None:
        user = close(self.user)
        services.reopen(user, visit=NOBODY)
        assert [message.subject for message in deliver()] == [
            "Konto w kantor.pl zostało przywrócone"
        ]

    def test_an_old_activation_link_opens_nothing(self) -> None:
        path = f"/aktywacja/{tokens.make(self.user, self.user.link_serial)}/"
        assert Visitor().open(path).heading == "Konto jest już aktywne"
        self.press()
        assert Visitor().open(path).status == 404
        Client().post(path, {"password": PASSWORD})
        assert not User.objects.get(pk=self.user.pk).is_active


class StaffTests(StaffTestCase):
    """What staff see of a closed account, and what they can do about it."""

    def setUp(self) -> None:
        super().setUp()
        self.user = closed()

    def test_see_that_it_is_closed_and_since_when(self) -> None:
        others = [activated(), suspended()]
        assert shown(self.client.get(LIST, {"account": "closed"})) == {self.user.email}
        assert self.user.email not in shown(self.client.get(LIST, {"account": "suspended"}))
        assert self.user.email not in shown(self.client.get(LIST, {"state": "active"}))
        assert len(others) == 2
        page = untie(self.client.get(page_of(self.user)).content.decode())
        assert "zamknięte" in page
        assert "Zamknięto" in page

    def test_do_not_review_it(self) -> None:
        page = self.client.get(page_of(self.user)).content.decode()
        assert 'value="suspend"' in page
        for decision in ("approve", "correct", "reject"):
            assert f'value="{decision}"' not in page
            assert send(self.client, self.user, decision, note="x").status_code == 409
        assert customer_of(self.user).review_state == ReviewState.NEW

    def test_can_block_it_for_good_and_give_it_back_closed(self) -> None:
        send(self.client, self.user, "suspend", reason="other")
        user = User.objects.get(pk=self.user.pk)
        assert services.state_of(user) is State.SUSPENDED
        assert self.user.email in shown(self.client.get(LIST, {"account": "suspended"}))
        send(self.client, self.user, "restore", reason="cleared")
        user = User.objects.get(pk=self.user.pk)
        assert (user.suspended_at, user.is_active) == (None, False)
        assert services.state_of(user) is State.VALID


class AtOnceTests(TransactionTestCase):
    """Several clicks at the same moment."""

    serialized_rollback = True

    def test_close_the_account_once(self) -> None:
        user = activated(news=True)
        client = signed_in(user)
        closed = at_once(*[partial(services.close, user, visit=NOBODY)] * 6)
        assert sorted(closed) == [False] * 5 + [True]
        assert not is_signed_in(client)
        assert user.events.filter(kind="closed").count() == 1
        assert user.messages.filter(kind="closed").count() == 1
        assert user.consents.filter(key=agreements.NEWS, given=False).count() == 1
        assert ledger.verify().is_well

    def test_leave_no_sign_in_open_that_comes_at_the_same_moment(self) -> None:
        user = activated()
        client = browser()
        results = at_once(
            partial(services.close, user, visit=NOBODY),
            partial(try_in, user.email, PASSWORD, client),
        )
        assert not [each for each in results if isinstance(each, Exception)], results
        assert not is_signed_in(client)
        assert User.objects.get(pk=user.pk).closed_at is not None
