"""Five years after the end of a relationship: what is left names nobody and can be counted."""

from datetime import timedelta
from functools import partial
from io import StringIO
from unittest import mock

from bs4 import BeautifulSoup
from django.core.management import call_command
from django.test import Client, SimpleTestCase, TestCase, TransactionTestCase
from django.utils import timezone

from accounts import retention
from accounts.closing import anonymise, purge, services
from accounts.desk import case, corrections, standing
from accounts.desk.decisions import Refused
from accounts.desk.events import Desk
from accounts.models import (
    ConsentRecord,
    Customer,
    CustomerWord,
    OutboxMessage,
    ReviewState,
    StaffEvent,
    User,
)
from accounts.services import ledger, relationship
from accounts.values.visit import NOBODY
from tests.clock import later
from tests.closings import approved, close
from tests.desk import LIST, page_of, sit_down
from tests.factories import activated, clerk, customer_of, decide
from tests.parallel import at_once
from tests.test_closing_purge import filled, rows

OVER = retention.BLOCKED_LASTS + timedelta(minutes=1)


def purge_customers(*arguments: str) -> str:
    printed = StringIO()
    call_command("purge_customers", *arguments, stdout=printed)
    return printed.getvalue()


def night() -> None:
    call_command("purge_registrations", stdout=StringIO())


class TableTests(SimpleTestCase):
    """What becomes of each column."""

    def test_every_column_of_what_stays_is_decided_about(self) -> None:
        for model, becomes in anonymise.BECOMES.items():
            columns = {field.name for field in model._meta.concrete_fields}
            assert columns == set(becomes) | anonymise.STAYS[model], model
            assert not set(becomes) & anonymise.STAYS[model]

    def test_nothing_that_a_person_could_type_or_be_reached_by_stays(self) -> None:
        assert not anonymise.STAYS[Customer] & {"review_note", "review_words", "main_city", "nip"}
        assert not anonymise.STAYS[User] & {"email", "password", "attempt"}


class AnonymisedTests(TestCase):
    """With the clock moved."""

    def setUp(self) -> None:
        self.user = filled(approved(news=True))

    def test_takes_nobody_before(self) -> None:
        with later(retention.BLOCKED_LASTS - timedelta(minutes=1)):
            assert purge_customers().startswith("Anonymised 0")
        assert User.objects.get(pk=self.user.pk).email

    def test_leaves_numbers_dates_and_a_ledger_that_is_well(self) -> None:
        before, customer = list(ConsentRecord.objects.values()), customer_of(self.user)
        with later(OVER):
            assert purge_customers().startswith("Anonymised 1")
        user = User.objects.get(pk=self.user.pk)
        assert (user.email, user.email_key, user.mailbox_key) == ("", "", None)
        assert user.created_at == self.user.created_at
        assert user.closed_at == self.user.closed_at
        assert user.anonymised_at is not None
        left = customer_of(user)
        assert (left.kind, left.review_state) == (customer.kind, customer.review_state)
        assert (left.created_at, left.reviewed_at) == (customer.created_at, customer.reviewed_at)
        assert left.owner_name.strip() == ""
        assert not CustomerWord.objects.filter(customer=left).exists()
        assert not OutboxMessage.objects.filter(user=user).exists()
        assert list(ConsentRecord.objects.values()) == before
        assert ledger.verify().is_well
        counts = rows(user)
        assert {model for model, number in counts.items() if number} == {Customer, ConsentRecord}

    def test_writes_a_row_of_nobody_into_the_audit_and_does_it_once(self) -> None:
        with later(OVER):
            purge_customers()
            assert purge_customers().startswith("Anonymised 0")
            night()
        row = StaffEvent.objects.filter(action=StaffEvent.Action.ANONYMISED).get()
        assert (row.actor, row.role, row.customer) == (None, "", self.user.pk)
        assert User.objects.filter(pk=self.user.pk).exists()

    def test_explains_whom_it_would_take_and_takes_nobody(self) -> None:
        with later(OVER):
            printed = purge_customers("--dry-run")
        assert self.user.closed_at is not None
        since = f"closed_at {self.user.closed_at:%Y-%m-%d %H:%M}"
        first, line = printed.splitlines()
        assert first.startswith("Would anonymise 1: accounts closed 5 years ago")
        assert line == f"  accounts.User #{self.user.pk}: {since}, outlasted"
        assert User.objects.get(pk=self.user.pk).email

    def test_goes_batch_by_batch(self) -> None:
        more = [close(approved()) for _number in range(3)]
        with later(OVER), mock.patch.object(purge, "BATCH", 2):
            assert purge_customers().startswith("Anonymised 4")
        assert not User.objects.filter(pk__in=[user.pk for user in more]).exclude(email="").exists()

    def test_spares_whoever_came_back_and_whoever_is_open(self) -> None:
        back = close(approved())
        with later(days=3):
            assert services.reopen(back, visit=NOBODY) is services.State.REOPENED
        with later(OVER):
            purge_customers()
        assert User.objects.get(pk=back.pk).email

    def test_nobody_writes_anything_about_who_is_anonymous(self) -> None:
        with later(OVER):
            purge_customers()
        user, officer = User.objects.get(pk=self.user.pk), clerk("officer")
        desk, browser = Desk(officer), sit_down(Client(), officer)
        page = BeautifulSoup(browser.get(page_of(user)).content, "html.parser")
        (heading,) = page.select("h1")
        assert heading.get_text(strip=True) == f"#{user.pk}"
        assert not page.select("#content form")
        assert not page.select(".case-corrections a, a[href*='/reveal/']")
        for attempt in (
            lambda: corrections.correct(user, "name", {}, "slip", desk=desk, seen=0),
            lambda: case.write_note(user, "Kowalski", "ordinary", desk=desk),
            lambda: standing.suspend(user, "other", desk=desk),
        ):
            with self.assertRaises(Refused):
                attempt()
        User.objects.filter(pk=user.pk).update(suspended_at=timezone.now(), is_active=False)
        user.refresh_from_db()
        with self.assertRaises(Refused):
            standing.restore(user, "cleared", desk=desk)
        assert browser.get(f"{LIST}{user.pk}/correct/name/").status_code == 403
        note = {"text": "Kowalski", "kind": "ordinary"}
        assert browser.post(f"{LIST}{user.pk}/notatka/", note).status_code == 400

    def test_nobody_makes_a_copy_or_holds_what_is_anonymous(self) -> None:
        another = filled(approved())
        with later(OVER):
            purge_customers()
        user, officer = User.objects.get(pk=self.user.pk), clerk("officer")
        with self.assertRaises(Refused):
            standing.erase(user, "request", desk=Desk(officer))
        browser = sit_down(Client(), officer)
        for name in ("wstrzymanie", "kopia", "usuniecie"):
            assert browser.get(f"{LIST}{user.pk}/{name}/").status_code == 403
        page = browser.get(page_of(user)).content.decode()
        assert "anonimizowane" in page
        # What is empty in both is no likeness.
        assert f"#{another.pk}" not in page
        assert browser.get(LIST).status_code == 200


class OnceApprovedTests(TestCase):
    """A relationship that ever was: the same rule for the purge and for officers."""

    def rejected_again(self) -> User:
        user = activated()
        for state in (ReviewState.APPROVED, ReviewState.NEW, ReviewState.REJECTED):
            decide(user, state)
        return User.objects.get(pk=user.pk)

    def test_is_not_deleted_fourteen_days_after_the_closing(self) -> None:
        user = close(self.rejected_again())
        with later(days=15):
            night()
        stored = User.objects.get(pk=user.pk)
        assert not stored.has_usable_password(), "It is blocked, as any other."
        with later(OVER):
            night()
            purge_customers()
        assert User.objects.get(pk=user.pk).anonymised_at is not None

    def test_is_remembered_when_audit_and_mails_have_outlasted_their_time(self) -> None:
        user = self.rejected_again()
        assert customer_of(user).first_approved_at is not None
        OutboxMessage.objects.all().delete()
        user = close(user)
        with mock.patch.object(StaffEvent, "objects", StaffEvent.objects.none()):
            assert relationship.existed_with(user)
            assert not standing.is_erasable(user)

    def test_is_remembered_where_the_approval_is_of_an_older_release(self) -> None:
        user = activated()
        decide(user, ReviewState.APPROVED)
        Customer.objects.filter(pk=user.pk).update(first_approved_at=None)
        reviewed = customer_of(user).reviewed_at
        decide(user, ReviewState.NEW)
        assert customer_of(user).first_approved_at == reviewed

    def test_is_told_apart_from_none(self) -> None:
        user = activated()
        decide(user, ReviewState.REJECTED)
        assert not relationship.existed_with(user)
        assert standing.is_erasable(User.objects.get(pk=user.pk))
        user = close(user)
        with later(days=15):
            night()
        assert not User.objects.filter(pk=user.pk).exists()


class AtOnceTests(TransactionTestCase):
    """Two purges at the same moment."""

    serialized_rollback = True

    def test_anonymise_each_account_once(self) -> None:
        users = [close(approved()) for _number in range(4)]
        told: list[int] = []
        with later(OVER):
            taken = at_once(*[partial(purge.anonymise_outlasted, told.append)] * 3)
        assert sum(taken) == len(users), taken
        assert sorted(told) == sorted(user.pk for user in users)
