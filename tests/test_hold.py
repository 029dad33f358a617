"""Holding the deletion of a customer's data: who may, what it keeps, and who never learns of it."""

import json
from datetime import date, timedelta
from functools import partial
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.test import Client, TestCase, TransactionTestCase
from django.utils import timezone

from accounts import retention
from accounts.closing import purge
from accounts.desk import holds, standing
from accounts.desk.decisions import Incomplete, Refused
from accounts.desk.events import Desk
from accounts.desk.overtaken import Overtaken
from accounts.models import Hold, OutboxMessage, Passkey, StaffEvent, User
from accounts.sessions import factor
from kantor.serving.typography import untie
from tests.clock import later
from tests.closings import approved, close, closed
from tests.desk import LIST, page_of, sit_down
from tests.factories import activated, clerk, registered
from tests.parallel import at_once
from tests.test_closing_purge import filled
from tests.test_my_data import download

ACTION = StaffEvent.Action


def holds_page(user: User) -> str:
    return f"{LIST}{user.pk}/wstrzymanie/"


def today(**later_by: int) -> date:
    return timezone.localdate() + timedelta(**later_by)


def hold(user: User, reason: str = "giif", until: date | None = None) -> Hold:
    return holds.set_hold(user, reason, until or today(days=400), desk=Desk(clerk("officer")))


def nights() -> None:
    for command in ("purge_registrations", "purge_customers"):
        call_command(command, stdout=StringIO())


class PageTests(TestCase):
    """An officer sets and releases holds by a form of its own."""

    def setUp(self) -> None:
        self.officer, self.user = clerk("officer"), approved()
        sit_down(self.client, self.officer)

    def post(self, **data: str) -> Any:
        return self.client.post(holds_page(self.user), data)

    def test_sets_one_with_a_reason_and_a_day(self) -> None:
        page = self.client.get(page_of(self.user))
        self.assertContains(page, holds_page(self.user))
        answer = self.post(reason="giif", until=today(days=900).isoformat())
        assert answer.status_code == 302
        stored = Hold.objects.get()
        assert (stored.reason, stored.until) == ("giif", today(days=900))
        assert stored.set_by == self.officer
        row = StaffEvent.objects.filter(action=ACTION.HOLD_SET).get()
        assert (row.actor, row.customer, row.reason) == (self.officer.pk, self.user.pk, "giif")
        assert row.after == {"until": today(days=900).isoformat()}
        self.client.post(
            holds_page(self.user), {"step": "release", "hold": stored.pk, "why": "withdrawn"}
        )
        audit = untie(self.client.get("/admin/accounts/staffevent/").content.decode())
        assert "wstrzymanie usunięcia: żądanie GIIF → –" in audit
        assert f"do kiedy: {today(days=900)}" in audit
        self.post(reason="giif", until=today(days=900).isoformat())
        self.assertContains(self.client.get(page_of(self.user)), "GIIF")

    def test_whoever_leaves_something_out_is_told_what(self) -> None:
        for sent, said in (
            ({}, ("Wybierz powód.", "Wybierz dzień.")),
            ({"step": "release", "hold": str(hold(self.user).pk)}, ("Wybierz powód.",)),
        ):
            answer = self.post(**sent)
            assert answer.status_code == 400
            for words in said:
                assert words in untie(answer.content.decode())

    def test_a_hold_for_the_same_reason_gets_the_new_day(self) -> None:
        self.post(reason="court", until=today(days=10).isoformat())
        self.post(reason="court", until=today(days=20).isoformat())
        self.post(reason="giif", until=today(days=20).isoformat())
        rows = Hold.objects.in_force().filter(user=self.user)
        assert sorted((row.reason, row.until) for row in rows) == [
            ("court", today(days=20)),
            ("giif", today(days=20)),
        ]
        before = StaffEvent.objects.filter(action=ACTION.HOLD_SET, reason="court")
        assert before.order_by("-pk")[0].before == {"until": today(days=10).isoformat()}

    def test_releases_one_with_a_reason(self) -> None:
        number = hold(self.user).pk
        answer = self.post(step="release", hold=str(number))
        self.assertContains(answer, "field-error", status_code=400)
        assert Hold.objects.in_force().exists()
        answer = self.post(step="release", hold=str(number), why="withdrawn")
        assert answer.status_code == 302
        stored = Hold.objects.get()
        assert stored.released_by == self.officer
        assert not Hold.objects.in_force().exists()
        row = StaffEvent.objects.filter(action=ACTION.HOLD_RELEASED).get()
        assert (row.reason, row.before["hold"]) == ("withdrawn", "giif")
        # Somebody else had it on his page still.
        answer = self.post(step="release", hold=str(number), why="withdrawn")
        assert answer.status_code == 409

    def test_what_no_page_sends_is_refused_and_never_an_error(self) -> None:
        number = hold(self.user).pk
        other = hold(activated()).pk
        far = holds.latest_day(self.user) + timedelta(days=1)
        for data in (
            {},
            {"reason": "giif"},
            {"reason": "nonsense", "until": today(days=1).isoformat()},
            {"reason": "giif", "until": "jutro"},
            {"reason": "giif", "until": "9999-99-99"},
            {"reason": "giif", "until": today(days=-1).isoformat()},
            {"reason": "giif", "until": far.isoformat()},
            {"reason": "gi\0if", "until": "20\0"},
            {"step": "release"},
            {"step": "release", "hold": "x", "why": "settled"},
            {"step": "release", "hold": "9" * 30, "why": "settled"},
            {"step": "release", "hold": str(number), "why": "nonsense"},
            {"step": "release", "hold": str(other), "why": "settled"},
        ):
            with self.subTest(data=data):
                assert self.post(**data).status_code == 400
        assert Hold.objects.in_force().count() == 2

    def test_holds_on_its_last_day_and_not_on_the_next(self) -> None:
        hold(self.user, until=today())
        assert Hold.objects.in_force().exists()
        with later(days=1):
            assert not Hold.objects.in_force().exists()

    def test_an_erasure_asks_for_a_factor_of_the_last_five_minutes_as_well(self) -> None:
        user = activated()
        session = self.client.session
        session[factor.SESSION_KEY] -= 301
        session.save()
        answer = self.client.post(f"{LIST}{user.pk}/usuniecie/", {"reason": "request"})
        assert answer["Location"].startswith("/admin/confirm/")
        assert User.objects.filter(pk=user.pk).exists()

    def test_asks_for_a_factor_of_the_last_five_minutes(self) -> None:
        session = self.client.session
        session[factor.SESSION_KEY] -= 301
        session.save()
        answer = self.post(reason="giif", until=today(days=9).isoformat())
        assert answer["Location"].startswith("/admin/confirm/")
        assert not Hold.objects.exists()

    def test_has_nothing_to_hold_of_who_never_opened_the_account(self) -> None:
        user = registered()
        assert self.client.get(holds_page(user)).status_code == 403
        self.assertNotContains(self.client.get(page_of(user)), holds_page(user))
        with self.assertRaises(Refused):
            hold(user)

    def test_lasts_five_years_beyond_the_time_of_the_account_at_most(self) -> None:
        user = close(self.user)
        assert user.closed_at is not None
        end = user.closed_at + retention.BLOCKED_LASTS + retention.HOLD_LASTS
        assert holds.latest_day(user) == timezone.localdate(end)
        plain = closed()
        assert plain.closed_at is not None
        end = plain.closed_at + retention.REOPENING_LASTS + retention.HOLD_LASTS
        assert holds.latest_day(plain) == timezone.localdate(end)
        with self.assertRaises(Incomplete):
            hold(plain, until=timezone.localdate(end) + timedelta(days=1))


class KeptTests(TestCase):
    """What a hold keeps, and until when."""

    def test_keeps_an_approved_customer_until_it_is_over(self) -> None:
        user = close(approved())
        with later(retention.BLOCKED_LASTS - timedelta(days=30)):
            hold(user, until=today(days=60))
        with later(retention.BLOCKED_LASTS + timedelta(days=29)):
            nights()
            assert User.objects.get(pk=user.pk).email
        with later(retention.BLOCKED_LASTS + timedelta(days=32)):
            nights()
            assert not User.objects.get(pk=user.pk).email

    def test_keeps_who_was_not_approved_without_what_opened_the_account(self) -> None:
        user = filled(activated())
        number = hold(user, "complaint", today(days=60)).pk
        with later(days=15):
            nights()
            stored = User.objects.get(pk=user.pk)
            assert stored.email
            assert not stored.has_usable_password()
            assert not Passkey.objects.filter(user=user).exists()
            assert stored.notes.exists()
            holds.release(user, number, "settled", desk=Desk(clerk("officer")))
            nights()
        assert not User.objects.filter(pk=user.pk).exists()

    def test_lets_no_officer_erase(self) -> None:
        user, officer = activated(), clerk("officer")
        number = hold(user).pk
        browser = sit_down(Client(), officer)
        assert browser.get(f"{LIST}{user.pk}/usuniecie/").status_code == 403
        with self.assertRaises(Refused):
            standing.erase(user, "request", desk=Desk(officer))
        holds.release(user, number, "settled", desk=Desk(officer))
        assert standing.erase(user, "request", desk=Desk(officer))

    def test_stops_an_erasure_that_waits_for_its_second_person(self) -> None:
        user, author, second = activated(), clerk("officer"), clerk("officer")
        with self.settings(REVIEW_FOUR_EYES="all"):
            assert not standing.erase(user, "request", desk=Desk(author))
            hold(user)
            with self.assertRaises(Overtaken):
                standing.confirm(user, user.account_proposal.pk, desk=Desk(second))
        assert User.objects.filter(pk=user.pk).exists()


class UntoldTests(TestCase):
    """Art. 54 of the AML act: the customer must not learn of it, nor may support."""

    def setUp(self) -> None:
        self.user = approved()
        number = hold(self.user).pk
        hold(self.user, "court")
        holds.release(self.user, number, "withdrawn", desk=Desk(clerk("officer")))
        hold(self.user)

    def test_support_sees_nothing_of_it_and_readers_of_aml_do(self) -> None:
        for role, sees in (
            ("support", False),
            ("reviewer", True),
            ("officer", True),
            ("auditor", True),
        ):
            page = sit_down(Client(), clerk(role)).get(page_of(self.user)).content.decode()
            with self.subTest(role=role):
                assert ("GIIF" in page) is sees
                assert ("wstrzyman" in page.lower()) is sees

    def test_no_copy_and_no_mail_has_it(self) -> None:
        before = OutboxMessage.objects.count()
        number = hold(self.user).pk
        holds.release(self.user, number, "withdrawn", desk=Desk(clerk("officer")))
        assert OutboxMessage.objects.count() == before
        hold(self.user)
        for format_ in ("json", "html"):
            copy = download(self.user, format_).content.decode()
            for word in ("giif", "GIIF", "hold", "wstrzyman", today(days=400).isoformat()):
                assert word not in copy.replace("threshold", ""), word
        assert "hold" not in json.dumps(list(self.user.events.values("kind", "details")))


class AtOnceTests(TransactionTestCase):
    """A hold and a purge at the same moment."""

    serialized_rollback = True

    def test_either_the_hold_is_first_or_there_is_nothing_left_to_hold(self) -> None:
        officer = Desk(clerk("officer"))
        for _turn in range(5):
            user = closed()
            with later(days=15):
                set_, deleted = at_once(
                    partial(holds.set_hold, user, "giif", today(days=90), desk=officer),
                    partial(purge.delete, purge.not_approved),
                )
            is_there = User.objects.filter(pk=user.pk).exists()
            assert is_there is isinstance(set_, Hold), (set_, deleted)
            assert isinstance(deleted, int), deleted
            assert isinstance(set_, Hold | Refused), set_
