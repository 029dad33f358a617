"""What staff did: rows that nobody changes, sealed at night, read by whom they concern."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from io import StringIO
from typing import Any

from bs4 import BeautifulSoup
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client, RequestFactory, TestCase, TransactionTestCase, override_settings
from django.utils import timezone

from accounts.desk import audit, events
from accounts.desk.at_work import desk_of
from accounts.desk.events import Desk
from accounts.models import NightlyFact, StaffEvent, User
from accounts.models.event_guard import COLUMNS, EVENTS
from accounts.services.sessions import hash_of
from tests.clock import later
from tests.desk import LIST, MESSAGES, come_in, sit_down
from tests.factories import PASSWORD, activated, clerk
from tests.parallel import at_once

Action = StaffEvent.Action
PAGE = "/admin/accounts/staffevent/"
PINNED = "b143785599b70f7f85ddb2cb91ed2aa0f96365b8efb53e5102b445e263b56dd3"


def written(
    *actions: Action, ago: timedelta = timedelta(hours=1), **facts: Any
) -> list[StaffEvent]:
    """Return rows that were written so long ago, one of each action."""
    at = timezone.now() - ago
    return [
        StaffEvent.objects.create(action=action, at=at, **facts)
        for action in actions or (Action.VIEWED,)
    ]


def seal() -> str:
    printed = StringIO()
    call_command("seal_audit", stdout=printed)
    return printed.getvalue()


def check(**options: str) -> str:
    printed = StringIO()
    call_command("check_audit", stdout=printed, **options)
    return printed.getvalue()


class GuardTests(TestCase):
    """What the database itself refuses."""

    def refuses(self, act: Callable[[], Any]) -> None:
        before = list(StaffEvent.objects.order_by("pk").values())
        with self.assertRaisesMessage(IntegrityError, "append-only"), transaction.atomic():
            act()
        assert list(StaffEvent.objects.order_by("pk").values()) == before

    def sql(self, statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    def test_is_every_change_of_a_row(self) -> None:
        (row,) = written(customer=7, after={"review": "approved"})
        rows = StaffEvent.objects.filter(pk=row.pk)
        refused: tuple[dict[str, Any], ...] = (
            {"action": Action.SEARCHED},
            {"customer": None},
            {"actor": 1},
            {"at": timezone.now()},
            {"role": "x"},
            {"session": "x"},
            {"network": "x"},
            {"reason": "x"},
            {"before": {"a": 1}},
            {"after": {}},
            {"id": row.pk + 1000},
            {"digest": "a" * 64, "reason": "x"},
            {"digest": ""},
        )
        for changes in refused:
            with self.subTest(changes):
                self.refuses(partial(rows.update, **changes))

    def test_is_not_the_one_sealing_but_every_other(self) -> None:
        (row,) = written()
        rows = StaffEvent.objects.filter(pk=row.pk)
        assert rows.update(digest="a" * 64) == 1
        for digest in ("", "b" * 64, "a" * 64):
            self.refuses(partial(rows.update, digest=digest))

    def test_looks_at_every_column_of_the_table(self) -> None:
        columns = {field.column for field in StaffEvent._meta.concrete_fields}
        assert columns == {*COLUMNS, "digest"}

    def test_is_deleting_a_row_before_six_years(self) -> None:
        (young,) = written(ago=timedelta(days=6 * 365 - 2))
        self.refuses(lambda: StaffEvent.objects.filter(pk=young.pk).delete())
        self.refuses(lambda: self.sql("DELETE FROM accounts_staffevent"))
        (old,) = written(ago=audit.KEPT)
        assert StaffEvent.objects.filter(pk=old.pk).delete()[0] == 1

    def test_is_putting_a_row_into_the_place_of_another(self) -> None:
        (row,) = written()
        columns = "at, actor, role, session, network, customer, reason, before, after, digest"
        put = f"accounts_staffevent (id, action, {columns}) SELECT id, 'searched', {columns}"
        own = f"FROM accounts_staffevent WHERE id = {row.pk}"
        if connection.vendor == "sqlite":
            statement = f"INSERT OR REPLACE INTO {put} {own}"
        else:
            statement = f"INSERT INTO {put} {own} ON CONFLICT (id) DO UPDATE SET action = 'x'"
        self.refuses(lambda: self.sql(statement))

    def test_is_emptying_the_table_at_once(self) -> None:
        written()
        statement = "DELETE FROM" if connection.vendor == "sqlite" else "TRUNCATE"
        self.refuses(lambda: self.sql(f"{statement} accounts_staffevent"))

    def test_is_flush_but_for_tests(self) -> None:
        written()
        with override_settings(AUDIT_CAN_BE_FLUSHED=False), self.assertRaises(CommandError):
            call_command("flush", interactive=False, verbosity=0)
        assert StaffEvent.objects.exists()

    def test_holds_while_an_account_comes_and_goes(self) -> None:
        user = activated()
        (row,) = written(customer=user.pk)
        user.delete()
        assert StaffEvent.objects.get(pk=row.pk).customer == row.customer


class SealTests(TestCase):
    """`manage.py seal_audit` and `check_audit`."""

    def broken(self, tamper: Callable[[], Any]) -> str:
        with EVENTS.lifted():
            tamper()
        with self.assertRaises(CommandError) as caught:
            check()
        return str(caught.exception)

    def test_a_digest_is_counted_as_documented(self) -> None:
        row = StaffEvent(
            pk=7, at=datetime(2026, 11, 29, 8, 15, tzinfo=UTC), actor=3, role="officer",
            session="0123456789abcdef", network="192.0.2.1", action=Action.APPROVED, customer=17,
            before={"review": "new"}, after={"sections": [], "review": "approved"},
        )  # fmt: skip
        # printf '%s' '["",7,"2026-11-29T08:15:00.000000+00:00",3,"officer","0123456789abcdef",
        # "192.0.2.1","approved",17,"",{"review":"new"},{"review":"approved","sections":[]}]'
        # | sha256sum
        assert row.digest_after("") == PINNED
        assert row.digest_after(PINNED) != row.digest_after("")

    def test_seals_each_row_with_the_one_before_it_and_logs_the_last(self) -> None:
        rows = written(Action.TAKEN, Action.VIEWED, Action.APPROVED)
        with self.assertLogs("accounts.desk.audit", "INFO") as logged:
            assert seal() == "Rows of the audit sealed: 3\n"
        previous = ""
        for row in rows:
            row.refresh_from_db()
            assert row.digest == row.digest_after(previous)
            previous = row.digest
        assert logged.records[-1].__dict__["digest"] == previous
        assert check() == "The audit is whole: 3 sealed, 0 not yet\n"
        assert seal() == "Rows of the audit sealed: 0\n"

    def test_goes_on_the_next_night_from_where_it_stopped(self) -> None:
        written()
        seal()
        written(Action.SEARCHED)
        seal()
        first, second = StaffEvent.objects.order_by("pk")
        assert second.digest == second.digest_after(first.digest)
        assert check().startswith("The audit is whole: 2 sealed")

    def test_seals_more_than_it_holds_at_a_time(self) -> None:
        at = timezone.now() - timedelta(hours=1)
        StaffEvent.objects.bulk_create(
            StaffEvent(action=Action.VIEWED, at=at) for _ in range(2 * audit.CHUNK)
        )
        assert seal() == f"Rows of the audit sealed: {2 * audit.CHUNK}\n"
        assert check().startswith(f"The audit is whole: {2 * audit.CHUNK} sealed, 0")

    def test_leaves_rows_open_beside_which_others_may_still_appear(self) -> None:
        written()
        written(ago=timedelta(minutes=9))
        written(ago=timedelta(minutes=30))
        assert seal() == "Rows of the audit sealed: 1\n"
        assert check() == "The audit is whole: 1 sealed, 2 not yet\n"
        with later(minutes=2):
            assert seal() == "Rows of the audit sealed: 2\n"

    def test_names_the_first_row_that_was_changed(self) -> None:
        _first, second, third = written(Action.TAKEN, Action.VIEWED, Action.APPROVED)
        seal()
        rows = StaffEvent.objects.filter(pk__in=(second.pk, third.pk))
        assert f"Row {second.pk} " in self.broken(lambda: rows.update(reason="inny"))
        assert NightlyFact.objects.get(name="check_audit").is_well is False

    def test_finds_a_row_that_was_taken_out_or_put_in(self) -> None:
        first, second, third = written(Action.TAKEN, Action.VIEWED, Action.APPROVED)
        seal()
        with transaction.atomic():
            said = self.broken(lambda: StaffEvent.objects.filter(pk=second.pk).delete())
            assert f"Row {third.pk} " in said
            written(pk=second.pk)
            with self.assertRaisesMessage(CommandError, f"Row {second.pk} "):
                check()
            transaction.set_rollback(True)
        StaffEvent.objects.get(pk=first.pk)

    def test_finds_a_row_whose_digest_was_counted_anew(self) -> None:
        first, second = written(Action.TAKEN, Action.VIEWED)
        seal()
        first.reason = "inny"
        digest, rows = first.digest_after(""), StaffEvent.objects.filter(pk=first.pk)
        said = self.broken(lambda: rows.update(reason="inny", digest=digest))
        assert f"Row {second.pk} " in said

    def test_finds_by_a_logged_digest_that_the_last_rows_are_missing(self) -> None:
        _first, last = written(Action.TAKEN, Action.VIEWED)
        seal()
        last.refresh_from_db()
        assert check(known=last.digest).startswith("The audit is whole")
        with EVENTS.lifted():
            StaffEvent.objects.filter(pk=last.pk).delete()
        assert check().startswith("The audit is whole")
        with self.assertRaisesMessage(CommandError, "none has that digest"):
            check(known=last.digest)

    def test_finds_that_the_database_would_let_rows_be_changed(self) -> None:
        EVENTS.lift()
        with self.assertRaisesMessage(CommandError, "triggers are missing"):
            check()
        EVENTS.put_up()
        check()
        assert self.client.get("/healthz").json()["nightly"]["check_audit"]["well"] is True

    def test_the_purge_takes_what_outlasted_and_leaves_a_whole_chain(self) -> None:
        written(*[Action.VIEWED] * 3, ago=audit.KEPT + timedelta(days=1))
        kept = written(*[Action.TAKEN] * 2)
        seal()
        call_command("purge_registrations", verbosity=0, stdout=StringIO())
        left = list(StaffEvent.objects.order_by("pk"))
        assert len(left) == 3
        assert left[1:] == kept
        assert check() == "The audit is whole: 3 sealed, 0 not yet\n"
        call_command("purge_registrations", verbosity=0, stdout=StringIO())
        assert StaffEvent.objects.count() == 3


class AtOnceTests(TransactionTestCase):
    """Two nights at the same moment, and what only committed transactions show."""

    serialized_rollback = True

    def test_two_seal_one_chain(self) -> None:
        written(*[Action.VIEWED] * 20)
        said = at_once(audit.seal, audit.seal)
        assert sum(each for each in said if isinstance(each, int)) == 20, said
        assert check() == "The audit is whole: 20 sealed, 0 not yet\n"

    def test_an_event_is_gone_with_the_transaction_of_what_it_tells(self) -> None:
        try:
            with transaction.atomic():
                events.record(Desk(clerk()), Action.VIEWED)
                raise DatabaseError
        except DatabaseError:
            pass
        assert not StaffEvent.objects.exists()

    def test_flush_empties_the_table_and_guards_the_next_rows(self) -> None:
        written()
        call_command("flush", interactive=False, verbosity=0)
        assert not StaffEvent.objects.exists()
        assert EVENTS.is_up()

    def test_triggers_are_down_in_an_older_release_only(self) -> None:
        self.addCleanup(call_command, "migrate", "accounts", verbosity=0)
        call_command("migrate", "accounts", "0019_sign_in_notices", verbosity=0)
        call_command("migrate", "accounts", verbosity=0)
        assert EVENTS.is_up()


class WhoTests(TestCase):
    """What a row says of who was at work."""

    def test_names_the_session_and_opens_nothing(self) -> None:
        member = clerk()
        sit_down(self.client, member)
        request = RequestFactory(REMOTE_ADDR="192.0.2.7").get("/admin/")
        request.user, request.session = member, self.client.session
        desk = desk_of(request)
        key = self.client.session.session_key
        assert key
        assert (desk.user, desk.network) == (member, "192.0.2.7")
        assert desk.session == hash_of(key)[:16]
        assert key not in desk.session

    def test_a_sign_in_is_written_down_and_so_is_a_refusal(self) -> None:
        member, customer = clerk(password=PASSWORD), activated()
        for email, password in (
            (member.email, "wrong"),
            (customer.email, PASSWORD),
            ("nobody@kantor.example", "wrong"),
        ):
            self.client.post("/admin/login/", {"username": email, "password": password})
        come_in(self.client, member)
        rows = StaffEvent.objects.order_by("pk").values_list("action", "actor", "role", "customer")
        # Who tried is not known, only whose account he meant, if it is a member of staff's.
        refused = ("sign_in_failed", None, "", None)
        assert list(rows) == [
            ("sign_in_failed", None, "", member.pk),
            refused,
            refused,
            ("signed_in", member.pk, "reviewer", None),
        ]
        assert set(StaffEvent.objects.values_list("network", flat=True)) == {"127.0.0.1"}
        assert "nobody" not in str(list(StaffEvent.objects.values()))

    def test_tries_that_nobody_judged_are_not(self) -> None:
        member = clerk(password=PASSWORD)
        for _ in range(8):
            self.client.post("/admin/login/", {"username": member.email, "password": "wrong"})
        assert StaffEvent.objects.count() == 5


class PageTests(TestCase):
    """The page of the audit."""

    def setUp(self) -> None:
        self.member, self.other = clerk(), clerk("support")
        self.user = activated()
        written(Action.APPROVED, actor=self.member.pk, role="reviewer", customer=self.user.pk)
        written(Action.VIEWED, actor=self.other.pk, role="support", customer=self.user.pk)
        written(Action.SIGN_IN_FAILED)

    def read(self, reader: User, query: str = "") -> list[list[str]]:
        browser = Client()
        sit_down(browser, reader)
        page = BeautifulSoup(browser.get(f"{PAGE}{query}").content, "html.parser")
        rows = page.select("#result_list tbody tr")
        return [[cell.get_text(" ", strip=True) for cell in row.select("td,th")] for row in rows]

    def actions(self, reader: User, query: str = "") -> list[str]:
        return [row[3] for row in self.read(reader, query)]

    def test_shows_each_role_its_rows(self) -> None:
        own, all_of_them = ["zatwierdzone"], 3
        assert len(self.actions(self.member)) == len(own)
        for role in ("officer", "auditor"):
            assert len(self.actions(clerk(role))) == all_of_them
        assert len(self.actions(clerk("support"))) == 0
        (failed,) = self.read(clerk("administrator"))
        assert self.user.email not in " ".join(failed)

    def test_lists_of_customers_and_searches_among_mails_are_written_down(self) -> None:
        browser = sit_down(Client(), self.member)
        known = set(StaffEvent.objects.values_list("pk", flat=True))
        browser.get(LIST)
        browser.post(f"{MESSAGES}search/", {"words": self.user.email}, follow=True)
        rows = StaffEvent.objects.exclude(pk__in=known).order_by("pk")
        mails = self.user.messages.count()
        assert [(row.action, row.after) for row in rows] == [
            ("listed", {"list": "accounts", "count": 1}),
            ("searched", {"kind": "email", "count": mails}),
            ("listed", {"list": "messages", "count": mails}),
        ]
        assert all(row.actor == self.member.pk for row in rows)
        text = " ".join(self.read(self.member)[0])
        assert "Wiadomości" in text
        assert self.user.email not in text

    def test_says_who_did_what_to_whom_in_words(self) -> None:
        StaffEvent.objects.create(
            actor=self.member.pk, role="reviewer", customer=self.user.pk, action=Action.REJECTED,
            reason="unclear", before={"review": "new"},
            after={"review": "rejected", "sections": ["address"]},
        )  # fmt: skip
        text = " ".join(self.read(clerk("officer"))[0])
        assert self.member.email in text
        assert f"#{self.user.pk}" in text
        for code in ("unclear", "rejected", "reviewer", "address", "sections"):
            assert code not in text.replace(self.member.email, ""), code

    def test_is_narrowed_by_what_was_done_in_which_role_and_when(self) -> None:
        reader = clerk("officer")
        assert len(self.actions(reader, "?action__exact=viewed")) == 1
        assert len(self.actions(reader, "?role=reviewer")) == 1
        assert self.actions(reader, "?at__gte=2099-01-01T00:00:00Z") == []
        assert len(self.actions(reader, f"?q=%23{self.user.pk}")) == 2
        assert len(self.actions(reader, f"?q={self.other.pk}")) == 1
        assert self.actions(reader, "?q=abc") == []

    def test_narrowing_shows_nobody_more_than_is_his(self) -> None:
        for query in ("?action__exact=viewed", "?role=support", f"?q={self.other.pk}"):
            assert self.actions(self.member, query) == []
        page = StaffEvent.objects.get(action=Action.VIEWED)
        sit_down(self.client, self.member)
        assert self.client.get(f"{PAGE}{page.pk}/change/").status_code == 302

    def test_changes_and_deletes_nothing(self) -> None:
        (row, *_rest) = StaffEvent.objects.all()
        for role in ("officer", "auditor", "administrator"):
            sit_down(self.client, clerk(role))
            for path in (f"{row.pk}/change/", f"{row.pk}/delete/", "add/"):
                assert self.client.post(f"{PAGE}{path}", {"post": "yes"}).status_code == 403, path
