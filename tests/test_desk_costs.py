"""What the lists and the case cost on a long table: where they begin, and what they leave out."""

from itertools import combinations

from bs4 import BeautifulSoup
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.admin.filters import read
from accounts.admin.outbox import OutboxMessageAdmin
from accounts.admin.search import begins
from accounts.desk import queue
from accounts.models import (
    Customer,
    Kind,
    OutboxMessage,
    ReviewState,
    Source,
    StaffEvent,
    User,
)
from accounts.services import survey
from tests.desk import LIST, MESSAGES, StaffTestCase, page_of, shown
from tests.factories import activated, decide, registered, suspended


def plan(rows: QuerySet) -> str:
    """Return how SQLite, which knows nothing of the rows here, would answer."""
    return rows.explain()


class CountTests(StaffTestCase):
    """How many there are, which stands above a list."""

    def counted(self, query: str) -> str:
        with CaptureQueriesContext(connection) as asked:
            self.client.get(f"{LIST}?{query}")
        return next(
            each["sql"]
            for each in asked
            if "SELECT COUNT(*)" in each["sql"] and "LIMIT 1001" in each["sql"]
        )

    def test_is_read_in_order_where_one_index_has_what_was_asked(self) -> None:
        for query in ("review=new", "kind=person"):
            assert "ORDER BY" in self.counted(query)

    def test_is_not_sorted_first_where_none_has(self) -> None:
        for query in ("holder=others", "kind=person&review=new", "account=suspended"):
            assert "ORDER BY" not in self.counted(query)


class FirstPageTests(StaffTestCase):
    """The proposals on the first page of the desk."""

    def test_are_not_joined_to_all_accounts(self) -> None:
        with CaptureQueriesContext(connection) as asked:
            self.client.get("/admin/")
        (statement,) = [
            each["sql"] for each in asked if 'FROM "accounts_accountproposal"' in each["sql"]
        ]
        assert "JOIN" not in statement


class QueueTests(StaffTestCase):
    """Whose case is next."""

    def test_is_read_from_those_who_wait_and_not_from_all_in_a_state(self) -> None:
        assert '"accounts_user" LEFT OUTER JOIN "accounts_customer"' in str(queue.waiting().query)
        new, decided = activated(), activated()
        decide(decided, "approved")
        User.objects.filter(pk=decided.pk).update(waiting_since=timezone.now())
        assert list(queue.waiting()) == [new]


class PairTests(StaffTestCase):
    """Two filters at once."""

    def test_leave_what_both_leave(self) -> None:
        users = [
            registered(language="en"),
            activated(Kind.COMPANY),
            activated(),
            suspended(),
            activated(Kind.COMPANY),
        ]
        Customer.objects.filter(pk__in=[users[1].pk, users[3].pk]).update(
            review_state=ReviewState.REJECTED
        )
        source = Source.objects.all()[0]
        survey.answer(users[1].pk, source)
        survey.answer(users[2].pk, source)
        asked = {
            "kind": "company",
            "account": "active",
            "review": "rejected",
            "holder": "nobody",
            "language": "en",
            "source": str(source.pk),
            "since": "2020-01-01",
            "until": "2020-01-01",
        }
        alone = {name: shown(self.client.get(LIST, {name: value})) for name, value in asked.items()}
        assert alone["source"] == {users[1].email, users[2].email}
        for one, other in combinations(asked, 2):
            with self.subTest(one=one, other=other):
                both = self.client.get(LIST, {one: asked[one], other: asked[other]})
                assert shown(both) == alone[one] & alone[other]

    def test_begin_with_the_one_that_fewest_pass(self) -> None:
        for _ in range(3):
            activated(Kind.COMPANY)
        suspended()
        for asked in ({"kind": "company", "account": "suspended"}, {"until": "2199-01-01"}):
            rows = read({"review": "new", **asked}).narrow(User.objects.all(), self.staff)
            assert " IN (SELECT" in str(rows.query)
        alone = read({"review": "new"}).narrow(User.objects.all(), self.staff)
        assert " IN (SELECT" not in str(alone.query)
        rare = read({"kind": "company", "account": "suspended"})
        inner = str(rare.narrow(User.objects.all(), self.staff).query).partition(" IN (SELECT")[2]
        assert "suspended_at" in inner
        assert "kind" not in inner

    def test_are_counted_by_an_index_and_no_further_than_so_many(self) -> None:
        with CaptureQueriesContext(connection) as queries:
            self.client.get(LIST, {"kind": "company", "account": "suspended"})
        asked = [query["sql"] for query in queries if "COUNT" in query["sql"]]
        assert sum("LIMIT 50000" in sql for sql in asked) == 2
        assert all("LIMIT" in sql for sql in asked if "accounts_user" in sql)


class PlaceTests(StaffTestCase):
    """A page far down in the list."""

    def test_begins_at_its_place_in_both_tables(self) -> None:
        with CaptureQueriesContext(connection) as queries:
            self.client.get(LIST, {"kind": "company", "after": "5"})
        pages = [query["sql"] for query in queries if "LIMIT 26" in query["sql"]]
        assert pages
        assert '"accounts_user"."id" < 5' in pages[-1]
        assert '"accounts_customer"."user_id" < 5' in pages[-1]


class CaseTests(StaffTestCase):
    """A customer with a long history."""

    def test_shows_the_newest_of_each_kind_and_says_so(self) -> None:
        user = activated()
        assert "najnowsze: 25" not in self.client.get(page_of(user)).content.decode()
        OutboxMessage.objects.bulk_create(
            OutboxMessage(
                kind=OutboxMessage.Kind.REGISTRATION,
                user=user,
                recipient=user.email,
                language="pl",
                message_id=f"{number}@kantor.example",
            )
            for number in range(40)
        )
        page = BeautifulSoup(self.client.get(page_of(user)).content, "html.parser")
        assert "najnowsze: 25" in page.get_text()
        mails = page.select("td.field-finished_at")
        assert len(mails) == 25, len(mails)


class MessageTests(StaffTestCase):
    """The list of the mails."""

    def test_finds_a_recipient_however_it_is_spelled_and_without_an_account(self) -> None:
        user = registered(email="Jan.Kowalski@Example.com")
        other = OutboxMessage.objects.create(
            kind=OutboxMessage.Kind.REGISTRATION,
            recipient="nobody@example.org",
            language="pl",
            message_id="1@kantor.example",
        )
        for typed in ("jan.kow", "JAN.KOWALSKI@example.com", "Jan.Kowalski@Example.com"):
            assert self.found(typed) == {user.email}, typed
        assert self.found("nobody@") == {other.recipient}
        assert self.found("Nobody@example.org") == {other.recipient}
        assert self.found("xyzzy") == set()

    def found(self, typed: str) -> set[str]:
        answer = self.client.post(f"{MESSAGES}search/", {"words": typed}, follow=True)
        page = BeautifulSoup(answer.content, "html.parser")
        return {cell.get_text() for cell in page.select("#result_list .field-recipient")}


class IndexTests(StaffTestCase):
    """What an index answers in the order of its list, whatever statistics say: on SQLite."""

    def test_answers_each_filter_of_mails_and_audit(self) -> None:
        if connection.vendor != "sqlite":
            # PostgreSQL reads a table of a few rows whole, rightly.
            with connection.cursor() as cursor:
                cursor.execute("SELECT indexname FROM pg_indexes WHERE schemaname = 'public'")
                there = {name for (name,) in cursor.fetchall()}
            assert {"outbox_of_kind", "outbox_recipient", "outbox_dropped"} <= there
            assert {"staff_event_of_action", "staff_event_of_role"} <= there
            return
        assert OutboxMessageAdmin.ordering == ("-pk",)
        mails, events = OutboxMessage.objects.order_by("-pk"), StaffEvent.objects.order_by("-pk")
        for index, rows in {
            "outbox_of_kind": mails.filter(kind="registration"),
            "outbox_dropped": mails.extra(where=["state = 'dropped'"]),
            "staff_event_of_action": events.filter(action="viewed"),
            "staff_event_of_role": events.filter(role="officer"),
            "staff_event_of_actor": events.filter(actor=1),
            "staff_event_of_customer": events.filter(customer=1),
        }.items():
            with self.subTest(index):
                assert index in plan(rows), plan(rows)
                assert "TEMP B-TREE" not in plan(rows), plan(rows)
        beginning = OutboxMessage.objects.filter(begins("recipient", "jan"))
        assert "outbox_recipient" in plan(beginning), plan(beginning)
