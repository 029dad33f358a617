"""What the nightly purge does about closed accounts, with the clock moved."""

from datetime import timedelta
from functools import partial
from io import StringIO
from unittest import mock

from django.apps import apps
from django.core.management import call_command
from django.db.models import Model
from django.test import SimpleTestCase, TestCase, TransactionTestCase

from accounts import retention
from accounts.closing import purge, services
from accounts.closing.services import State
from accounts.contact import services as contact
from accounts.models import (
    AccountEvent,
    AccountProposal,
    AccountSession,
    AuthenticatorApp,
    ConsentRecord,
    ContactProposal,
    Customer,
    DataChange,
    DataRequest,
    EmailChange,
    ExportFile,
    HighRiskCountry,
    Hold,
    OutboxMessage,
    Passkey,
    RecoveryCode,
    RegisterCheck,
    SavedView,
    Source,
    StaffNote,
    SurveyAnswer,
    User,
)
from accounts.privacy.fields import PARTS
from accounts.retention import AfterClosing
from accounts.services import ledger, review, survey
from accounts.values.visit import NOBODY
from kantor.serving.models import Session
from tests.authenticator import enrolled
from tests.browsers import signed_in
from tests.clock import later
from tests.closings import approved, close, closed
from tests.doors import GENERIC, try_in
from tests.factories import PASSWORD, activated
from tests.letters import deliver
from tests.parallel import at_once
from tests.phone import stopped_clock, turned_on

FORGOTTEN = (AccountSession, AuthenticatorApp, RecoveryCode, Passkey, SurveyAnswer)
BLOCKED = (
    AccountProposal,
    Customer,
    ConsentRecord,
    ContactProposal,
    DataChange,
    DataRequest,
    Hold,
    RegisterCheck,
    StaffNote,
)
GOES_ON = (AccountEvent, OutboxMessage, EmailChange)


def night(*arguments: str) -> str:
    """Run the purge and return what it printed."""
    printed = StringIO()
    call_command("purge_registrations", *arguments, stdout=printed)
    return printed.getvalue()


def filled(user: User) -> User:
    """Give this account a row of every kind that a customer can have, and close it."""
    StaffNote.objects.create(user=user, text="Zadzwonić po południu")
    AccountProposal.objects.create(user=user, what="restore", reason="owner")
    # One that is over holds nothing.
    Hold.objects.create(user=user, reason="complaint", until=user.created_at.date() - timedelta(1))
    RegisterCheck.objects.create(
        user=user, nip="9990000014", is_found=False, day=user.created_at.date()
    )
    survey.answer(user.pk, Source.objects.all()[0], "")
    DataChange.objects.create(user=user, section="address", before={}, after={})
    DataRequest.objects.create(user=user, section="name", wanted={}, reason="Ślub")
    ContactProposal.objects.create(user=user, field="phone", before="1", value="2", reason="slip")
    contact.ask(user, f"{user.pk}@nowak.example", visit=NOBODY)
    with stopped_clock():
        turned_on(user)
    enrolled(user)
    AccountSession.objects.create(
        user=user,
        session_hash=f"{user.pk:064}",
        how="password",
        began_at=user.created_at,
        seen_at=user.created_at,
    )
    return close(user)


def rows(user: User) -> dict[type[Model], int]:
    """Return how many rows of each table are this account's."""
    models: list[type[Model]] = [*FORGOTTEN, *BLOCKED, *GOES_ON]
    return {model: model._default_manager.filter(user=user.pk).count() for model in models}


class TableTests(SimpleTestCase):
    """The table of retention, against what the purge does."""

    def test_names_each_kind_that_the_purge_forgets(self) -> None:
        forgotten = {
            each.kind for each in retention.ALL if each.after_closing is AfterClosing.FORGOTTEN
        }
        models = {part.model for part in PARTS if part.kept.kind in forgotten}
        # The codes go with their app, and are no kind of their own.
        assert models | {RecoveryCode} == set(purge.FORGOTTEN)

    def test_knows_every_table_with_rows_of_a_customer(self) -> None:
        about_customers = {
            model
            for model in apps.get_app_config("accounts").get_models()
            if any(field.related_model is User for field in model._meta.concrete_fields)
            # Accounts themselves, and what staff keep for themselves.
            and not issubclass(model, (User, SavedView, ExportFile, HighRiskCountry))
        }
        assert about_customers == {*FORGOTTEN, *BLOCKED, *GOES_ON}

    def test_keeps_nothing_approved_for_less_than_five_years(self) -> None:
        assert timedelta(days=5 * 365 + 2) <= retention.BLOCKED_LASTS
        assert timedelta(days=14) == retention.REOPENING_LASTS


class NightTests(TestCase):
    """After fourteen days, and after five years."""

    def setUp(self) -> None:
        self.plain = filled(activated(news=True))
        self.known = filled(approved(news=True))
        self.open = activated()

    def all_filled(self, user: User) -> bool:
        return all(rows(user).values())

    def test_takes_nothing_before(self) -> None:
        assert self.all_filled(self.plain)
        assert self.all_filled(self.known)
        with later(days=14, seconds=-30):
            printed = night()
        assert "Deleted 0: accounts closed by their owners" in printed
        assert self.all_filled(self.plain)
        assert self.all_filled(self.known)

    def test_deletes_whole_what_was_not_approved(self) -> None:
        with later(days=14):
            printed = night()
        assert "Deleted 1: accounts closed by their owners 14 days ago, not approved" in printed
        assert not User.objects.filter(pk=self.plain.pk).exists()
        assert set(rows(self.plain).values()) == {0}
        assert User.objects.get(pk=self.open.pk).is_active
        assert ledger.verify().is_well

    def test_leaves_of_an_approved_one_what_the_law_asks(self) -> None:
        with later(days=14):
            printed = night()
            assert "Deleted 1: what only opened accounts that were closed 14 days ago" in printed
            again = night()
        assert "Deleted 0: what only opened" in again
        left = rows(self.known)
        assert {model for model, number in left.items() if not number} == set(FORGOTTEN)
        user = User.objects.get(pk=self.known.pk)
        assert user.closed_at == self.known.closed_at
        assert not user.has_usable_password()
        assert user.passkey_handle is None
        assert user.email
        assert ledger.verify().is_well

    def test_what_stays_opens_nothing_and_looks_like_none(self) -> None:
        with later(days=14):
            night()
            assert services.state_of(User.objects.get(pk=self.known.pk)) is State.LATE
            for password in (PASSWORD, "!"):
                assert GENERIC in try_in(self.known.email, password).content.decode()

    def test_forgets_mails_and_events_of_an_approved_one_in_their_own_time(self) -> None:
        deliver()
        with later(days=91):
            night()
        left = rows(self.known)
        assert [left[model] for model in GOES_ON] == [0, 0, 0]
        assert all(left[model] for model in BLOCKED)

    def test_anonymises_an_approved_one_after_five_years_by_its_own_command(self) -> None:
        with later(retention.BLOCKED_LASTS - timedelta(seconds=30)):
            night()
            assert User.objects.filter(pk=self.known.pk).exists()
            call_command("purge_customers", stdout=StringIO())
        assert User.objects.get(pk=self.known.pk).email
        with later(retention.BLOCKED_LASTS):
            night()
            assert User.objects.get(pk=self.known.pk).email
            call_command("purge_customers", stdout=StringIO())
        assert User.objects.get(pk=self.known.pk).email == ""
        left = rows(self.known)
        assert {model for model, number in left.items() if number} == {Customer, ConsentRecord}

    def test_spares_whoever_came_back(self) -> None:
        with later(days=13):
            for user in (self.plain, self.known):
                assert services.reopen(user, visit=NOBODY) is State.REOPENED
        with later(days=20):
            night()
            for user in (self.plain, self.known):
                assert User.objects.get(pk=user.pk).is_active
                assert rows(user)[Passkey] == 1

    def test_takes_what_staff_have_blocked_meanwhile_in_the_same_time(self) -> None:
        review.suspend(self.plain)
        with later(days=14):
            night()
        assert not User.objects.filter(pk=self.plain.pk).exists()

    def test_never_takes_staff(self) -> None:
        User.objects.filter(pk=self.plain.pk).update(is_staff=True)
        with later(days=3000):
            night()
        assert User.objects.filter(pk=self.plain.pk).exists()

    def test_explains_each_row_beforehand_and_takes_none(self) -> None:
        before = [rows(self.plain), rows(self.known)]
        with later(days=14):
            printed = night("--dry-run")
        assert [rows(self.plain), rows(self.known)] == before
        lines = printed.splitlines()
        for user, rule, words in (
            (self.plain, "closed", "Would delete 1: accounts closed by their owners 14 days ago"),
            (self.known, "blocked", "Would delete 1: what only opened accounts"),
        ):
            (number,) = (i for i, line in enumerate(lines) if line.startswith(words))
            assert user.closed_at is not None
            since = f"closed_at {user.closed_at:%Y-%m-%d %H:%M}"
            assert lines[number + 1] == f"  accounts.User #{user.pk}: {since}, {rule}"
        assert "@" not in printed
        assert "Żak" not in printed

    def test_explains_the_other_rows_as_well_but_no_key_of_a_session(self) -> None:
        signed_in(self.open)
        event = AccountEvent.objects.filter(user=self.open).latest("pk")
        with later(days=100):
            printed = night("--dry-run")
        assert f"  accounts.AccountEvent #{event.pk}: at {event.at:%Y-%m-%d %H:%M}" in printed
        session = Session.objects.get()
        since = f"{session.expire_date:%Y-%m-%d %H:%M}"
        assert f"  {Session._meta.label}: expire_date {since}, sessions" in printed.splitlines()
        assert session.session_key not in printed

    def test_goes_batch_by_batch(self) -> None:
        more = [closed() for _number in range(3)]
        with later(days=14), mock.patch.object(purge, "BATCH", 2):
            assert "Deleted 4: accounts closed by their owners" in night()
        assert not User.objects.filter(pk__in=[user.pk for user in more]).exists()


class AtOnceTests(TransactionTestCase):
    """Two purges, or a purge and a customer, at the same moment."""

    serialized_rollback = True

    def test_delete_each_account_once(self) -> None:
        users = [closed() for _number in range(4)]
        with later(days=14):
            taken = at_once(*[partial(purge.delete, purge.not_approved)] * 3)
        assert sum(taken) == len(users), taken
        assert not User.objects.filter(pk__in=[user.pk for user in users]).exists()
