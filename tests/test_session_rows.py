"""What is remembered of a session and of what happens to an account, and how both end."""

import hashlib
from datetime import timedelta
from functools import partial
from typing import Any
from unittest import mock

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.test import Client, RequestFactory, TestCase, TransactionTestCase
from django.utils import timezone
from django.utils.translation import override

from accounts.models import AccountEvent, AccountSession, User
from accounts.services import credentials, events, review, sessions
from accounts.sessions.opening import open_session
from accounts.values.visit import NOBODY, Visit
from kantor.serving.models import Session
from kantor.serving.sessions import SessionStore, end_session, keys_of
from kantor.serving.typography import untie
from tests.browsers import FIREFOX, IPHONE, THERE, browser, signed_in
from tests.clock import later
from tests.desk import come_in
from tests.doors import ACCOUNT, is_signed_in, try_in
from tests.factories import PASSWORD, activated, restore, staff
from tests.parallel import at_once

How = AccountSession.How
Kind = AccountEvent.Kind
NEW = "Cztery-czerwone-sanki-9"


def key_of(client: Client) -> str:
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def kinds_of(user: User) -> list[str]:
    """Return what happened to the account, the newest first."""
    return list(user.events.values_list("kind", flat=True))


class RowTests(TestCase):
    """The row of a session."""

    def setUp(self) -> None:
        self.user = activated()

    def test_says_where_and_how_the_account_was_opened(self) -> None:
        before = timezone.now()
        signed_in(self.user)
        signed_in(self.user, agent=IPHONE, address=THERE)
        there, here = AccountSession.objects.order_by("-pk")
        assert (here.browser, here.system, here.network_shown) == (
            "firefox",
            "windows",
            "83.12.x.x",
        )
        assert (there.browser, there.system, there.network_shown) == (
            "safari",
            "ios",
            "2a02:a31b:…",
        )
        assert {here.how, there.how} == {How.PASSWORD}
        assert here.user == there.user == self.user
        assert before <= here.began_at == here.seen_at <= timezone.now()

    def test_holds_a_hash_of_the_key_and_the_session_its_account(self) -> None:
        key = key_of(signed_in(self.user))
        row = AccountSession.objects.get()
        assert row.session_hash == hashlib.sha256(key.encode()).hexdigest()
        assert Session.objects.get(session_key=key).account_id == self.user.pk
        assert key not in str(Session.objects.get())

    def test_follows_a_session_that_gets_a_new_key(self) -> None:
        client = signed_in(self.user)
        old = key_of(client)
        data = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
        assert client.post("/haslo/zmiana/", data).status_code == 302
        assert key_of(client) != old
        row = AccountSession.objects.get()
        assert row.session_hash == sessions.hash_of(key_of(client))
        assert is_signed_in(client)

    def test_is_made_for_a_session_that_was_open_before_there_were_rows(self) -> None:
        client = browser()
        client.force_login(self.user)
        assert not AccountSession.objects.exists()
        assert is_signed_in(client)
        assert is_signed_in(client)
        row = AccountSession.objects.get()
        assert (row.how, row.browser) == ("", "firefox")
        assert kinds_of(self.user) == []
        with later(minutes=15):
            assert not is_signed_in(client)

    def test_stays_when_the_session_has_ended(self) -> None:
        client = signed_in(self.user)
        client.post("/wyloguj/")
        assert not Session.objects.exists()
        assert AccountSession.objects.exists()

    def test_is_not_made_for_a_visitor(self) -> None:
        visitor = Client()
        visitor.get("/")
        visitor.post("/rejestracja/", {"start-kind": "person"})
        assert not AccountSession.objects.exists()
        assert Session.objects.filter(account_id=None).count() == Session.objects.count()

    def test_goes_with_the_account(self) -> None:
        signed_in(self.user)
        self.user.delete()
        assert not AccountSession.objects.exists()
        assert not AccountEvent.objects.exists()


class EventTests(TestCase):
    """The row of an event."""

    def setUp(self) -> None:
        self.user = activated()

    def test_is_written_for_a_sign_in_with_its_method(self) -> None:
        signed_in(self.user)
        event = AccountEvent.objects.get()
        assert (event.kind, event.details) == (Kind.SIGNED_IN, {"how": "password"})
        assert event.visit == Visit("firefox", "windows", "83.12.x.x")

    def test_is_written_at_the_staffs_door_too(self) -> None:
        member = staff(password=PASSWORD)
        client = browser()
        assert come_in(client, member, "/admin/")["Location"] == "/admin/"
        assert kinds_of(member) == [Kind.SIGNED_IN]
        assert member.sessions.get().browser == "firefox"
        assert client.get("/admin/login/")["Location"] == "/admin/"

    def test_is_written_for_a_new_password(self) -> None:
        credentials.change_password(self.user, NEW)
        assert kinds_of(self.user) == [Kind.PASSWORD_CHANGED]
        self.user.refresh_from_db()
        credentials.change_password(self.user, PASSWORD, is_reset=True)
        assert kinds_of(self.user) == [Kind.PASSWORD_RESET, Kind.PASSWORD_CHANGED]

    def test_is_never_changed(self) -> None:
        event = events.record(self.user, Kind.METHOD_ADDED, visit=NOBODY, method="passkey")
        with self.assertRaises(TypeError):
            event.save()

    def test_says_in_words_what_happened(self) -> None:
        for details, words in (
            ({"how": "passkey"}, "Logowanie kluczem dostępu"),
            ({"how": "totp"}, "Logowanie hasłem i kodem z aplikacji"),
            ({"how": "recovery_code"}, "Logowanie hasłem i kodem zapasowym"),
            ({"how": "by magic"}, "Logowanie"),
            ({}, "Logowanie"),
        ):
            with override("pl"):
                event = AccountEvent(kind=Kind.SIGNED_IN, details=details)
                assert untie(str(event.words)) == words
        assert all(str(AccountEvent(kind=kind).words) for kind in Kind)


class EndTests(TestCase):
    """Ending what is open."""

    def setUp(self) -> None:
        self.user = activated()
        self.client = signed_in(self.user)
        self.elsewhere = signed_in(self.user, agent=IPHONE, address=THERE)
        self.stranger = signed_in(activated())

    def test_by_suspension_deletes_every_session(self) -> None:
        review.suspend(self.user)
        assert not keys_of(self.user.pk)
        assert not is_signed_in(self.client)
        restore(self.user)
        assert not is_signed_in(self.client)
        assert not is_signed_in(self.elsewhere)
        assert is_signed_in(self.stranger)

    def test_by_suspension_holds_for_a_session_that_is_just_being_opened(self) -> None:
        judged = User.objects.get(pk=self.user.pk)
        review.suspend(self.user)
        request = RequestFactory().get("/", HTTP_USER_AGENT=FIREFOX)
        request.session = SessionStore()
        open_session(request, judged, How.PASSWORD)
        request.session.save()
        restore(self.user)
        late = browser()
        late.cookies[settings.SESSION_COOKIE_NAME] = str(request.session.session_key)
        assert not is_signed_in(late)
        assert not SessionStore().exists(str(request.session.session_key))

    def test_deletes_what_was_left_of_a_closed_account_at_its_next_request(self) -> None:
        User.objects.filter(pk=self.user.pk).update(is_active=False, suspended_at=timezone.now())
        assert not is_signed_in(self.client)
        User.objects.filter(pk=self.user.pk).update(is_active=True, suspended_at=None)
        assert not is_signed_in(self.client)

    def test_by_a_change_of_the_password_spares_the_one_that_made_it(self) -> None:
        data = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
        self.client.post("/haslo/zmiana/", data)
        assert keys_of(self.user.pk) == [key_of(self.client)]
        assert is_signed_in(self.client)
        assert not is_signed_in(self.elsewhere)
        assert is_signed_in(self.stranger)

    def test_by_a_reset_spares_none(self) -> None:
        credentials.change_password(self.user, NEW, is_reset=True)
        assert not keys_of(self.user.pk)
        assert is_signed_in(self.stranger)

    def test_of_one_ends_that_one(self) -> None:
        row = AccountSession.objects.get(session_hash=sessions.hash_of(key_of(self.elsewhere)))
        assert sessions.end(self.user, row.pk, visit=NOBODY)
        assert not sessions.end(self.user, row.pk, visit=NOBODY)
        assert not is_signed_in(self.elsewhere)
        assert is_signed_in(self.client)
        assert kinds_of(self.user).count(Kind.SESSION_ENDED) == 1

    def test_of_one_is_for_its_owner(self) -> None:
        row = AccountSession.objects.get(session_hash=sessions.hash_of(key_of(self.stranger)))
        assert not sessions.end(self.user, row.pk, visit=NOBODY)
        assert is_signed_in(self.stranger)

    def test_of_all_others_says_how_many_there_were(self) -> None:
        assert sessions.end_others(self.user, key_of(self.client), visit=NOBODY) == 1
        assert sessions.end_others(self.user, key_of(self.client), visit=NOBODY) == 0
        assert is_signed_in(self.client)
        assert not is_signed_in(self.elsewhere)
        assert kinds_of(self.user).count(Kind.OTHER_SESSIONS_ENDED) == 1

    def test_while_a_page_is_made_leads_to_the_sign_in_and_brings_nothing_back(self) -> None:
        key = key_of(self.client)

        def end_meanwhile(*args: Any) -> list[Any]:
            end_session(key)
            return []

        with later(minutes=6), mock.patch("accounts.consents.standing", end_meanwhile):
            answer = self.client.get(f"{ACCOUNT}?a=b")
            assert (answer.status_code, answer["Location"]) == (302, f"{ACCOUNT}?a=b")
            assert not SessionStore().exists(key)
            assert self.client.get(ACCOUNT)["Location"].startswith("/en/logowanie/")
        assert not SessionStore().exists(key)


class ParallelTests(TransactionTestCase):
    """Several at the same moment."""

    serialized_rollback = True

    def test_ends_of_one_session_are_one(self) -> None:
        user = activated()
        signed_in(user)
        row = AccountSession.objects.get()
        ended = at_once(*[lambda: sessions.end(user, row.pk, visit=NOBODY)] * 6)
        assert sorted(ended) == [False] * 5 + [True]
        assert kinds_of(user).count(Kind.SESSION_ENDED) == 1

    def test_first_requests_of_an_older_session_make_one_row(self) -> None:
        client = browser()
        client.force_login(activated())
        key = key_of(client)

        def ask() -> int:
            tab = browser()
            tab.cookies[settings.SESSION_COOKIE_NAME] = key
            return tab.get(ACCOUNT).status_code

        assert at_once(*[ask] * 4) == [200] * 4
        assert AccountSession.objects.count() == 1

    def test_requests_of_a_session_that_is_over_all_see_its_end(self) -> None:
        client = signed_in(activated())
        cookies = {name: morsel.value for name, morsel in client.cookies.items()}

        def ask() -> int:
            tab = browser()
            tab.cookies.load(cookies)
            return tab.get(ACCOUNT).status_code

        with later(minutes=15):
            assert at_once(*[ask] * 4) == [302] * 4
        assert not SessionStore().exists(key_of(client))

    def test_sign_in_and_suspension_leave_nothing_open(self) -> None:
        for _ in range(3):
            user = activated()
            client = browser()
            at_once(partial(try_in, user.email, PASSWORD, client), partial(review.suspend, user))
            restore(user)
            assert not is_signed_in(client)


class StoreTests(TestCase):
    """The column that names the account."""

    def test_follows_the_data(self) -> None:
        session = SessionStore()
        session["first"] = "x"
        session.save()
        assert Session.objects.get().account_id is None
        session[SESSION_KEY] = "7"
        session.save()
        assert Session.objects.get().account_id == 7
        del session[SESSION_KEY]
        session.save()
        assert Session.objects.get().account_id is None

    def test_a_new_key_is_written_with_the_data_and_the_old_row_goes(self) -> None:
        session = SessionStore()
        session["first"] = "x"
        session.save()
        old = session.session_key
        session.cycle_key()
        assert not Session.objects.exists()
        session["second"] = "y"
        session.save()
        row = Session.objects.get()
        assert row.session_key == session.session_key != old
        assert row.get_decoded() == {"first": "x", "second": "y"}

    def test_a_row_of_an_account_lives_no_longer_than_a_day(self) -> None:
        signed_in(activated())
        assert Session.objects.get().expire_date <= timezone.now() + timedelta(hours=24)
