"""Whoever is erased is nowhere: in no table, no log, no mail that is kept, no file."""

import json
import logging
from datetime import timedelta
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.core.management import call_command
from django.test import SimpleTestCase, TestCase, override_settings
from django.utils import timezone

from accounts import retention
from accounts.account import services as account
from accounts.closing import services as closing
from accounts.desk import holds, standing
from accounts.desk.events import Desk
from accounts.models import (
    DataRequest,
    EmailChange,
    Hold,
    OutboxMessage,
    ReviewState,
    User,
)
from accounts.services import ledger
from accounts.values.visit import NOBODY
from tests.canaries import EMAIL, everywhere, found_in_database, has_canary
from tests.clock import later
from tests.factories import activated, clerk, decide


class Lines(logging.Handler):
    """Keep every line that is logged, as the site would write it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it, with what is beside the words."""
        self.lines.append(f"{record.getMessage()} {record.__dict__}")


class ErasedTests(TestCase):
    """Every feature has left something of one customer; then he goes."""

    def setUp(self) -> None:
        self.folder = Path(self.enterContext(TemporaryDirectory()))
        self.erased = self.folder / "erased.list"
        self.enterContext(override_settings(ERASED_LIST=str(self.erased)))
        self.log, root = Lines(), logging.getLogger()
        root.addHandler(self.log)
        self.addCleanup(root.removeHandler, self.log)
        exports = self.folder / "exports"
        self.enterContext(override_settings(EXPORT_DIR=str(exports)))
        self.user = everywhere()
        written = [path for path in exports.rglob("*") if path.is_file()]
        assert {path.suffix for path in written} == {".csv", ".xlsx"}
        assert any(has_canary(path.read_bytes()) for path in written)
        tables = {table for table, _column, _value in found_in_database()}
        assert len(tables) >= 15, f"The canaries are hardly anywhere: {tables}"

    def nowhere(self) -> None:
        """Look through every table, everything that was logged, and every file."""
        assert found_in_database() == []
        logged = [line for line in self.log.lines if has_canary(line)]
        assert logged == []
        folders = {self.folder, Path(settings.MAILBOX_DIR), Path(settings.EXPORT_DIR)}
        files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        assert [path for path in files if has_canary(path.read_bytes())] == []
        # What is packed would hide a canary.
        assert [path for path in files if path.suffix == ".xlsx"] == []

    def release(self) -> None:
        hold = Hold.objects.get(user=self.user)
        holds.release(self.user, hold.pk, "settled", desk=Desk(clerk("officer")))

    def test_by_an_officer(self) -> None:
        self.release()
        self.user.account_proposal.delete()
        user = User.objects.get(pk=self.user.pk)
        with self.captureOnCommitCallbacks(execute=True):
            assert standing.erase(user, "request", desk=Desk(clerk("officer")))
        self.nowhere()
        assert f"erased {user.pk}\n" in self.erased.read_text()

    def test_by_the_night_fourteen_days_after_he_closed_the_account(self) -> None:
        self.release()
        assert closing.close(self.user, visit=NOBODY)
        with later(days=15):
            call_command("purge_registrations", stdout=StringIO())
        assert not User.objects.filter(pk=self.user.pk).exists()
        self.nowhere()

    def test_by_the_years_where_there_was_a_relationship(self) -> None:
        user = self.user
        account.withdraw(user)
        decide(user, ReviewState.APPROVED, note="Kanarek sprawdzony")
        assert closing.close(user, visit=NOBODY)
        with later(retention.BLOCKED_LASTS + timedelta(minutes=1)):
            call_command("purge_registrations", stdout=StringIO())
            call_command("purge_customers", stdout=StringIO())
        assert User.objects.get(pk=user.pk).anonymised_at is not None
        assert not DataRequest.objects.filter(user=user).exists()
        self.nowhere()
        assert ledger.verify().is_well


class SharedAddressTests(TestCase):
    """Mails that were asked for by address are forgotten with the account, but for others' own."""

    def test_mails_go_however_the_address_was_typed_and_whenever_it_was_his(self) -> None:
        user = activated(email="nowa@ptasznik.example")
        EmailChange.objects.create(
            user=user,
            old_email=EMAIL,
            old_key=EMAIL.lower(),
            new_email=user.email,
            new_key=user.email_key,
            confirmed_at=timezone.now(),
        )
        # Of this one nobody knows whether it is his.
        EmailChange.objects.create(
            user=user, old_email=user.email, new_email="obcy@x.example", new_key="obcy@x.example"
        )
        for number, recipient in enumerate(
            (EMAIL.upper(), EMAIL, "NOWA@ptasznik.EXAMPLE", "obcy@x.example")
        ):
            OutboxMessage.objects.create(
                kind="one_time_code", recipient=recipient, language="pl", message_id=f"<{number}@x>"
            )
        standing.erase(user, "request", desk=Desk(clerk("officer")))
        left = OutboxMessage.objects.filter(user=None).values_list("recipient", flat=True)
        assert list(left) == ["obcy@x.example"]

    def test_mails_to_an_address_that_another_account_has_are_left(self) -> None:
        first = activated(email=EMAIL)
        assert closing.close(first, visit=NOBODY)
        second = activated(email=EMAIL)
        OutboxMessage.objects.create(
            kind="one_time_code", recipient=EMAIL, language="pl", message_id="<1@x>"
        )
        standing.erase(User.objects.get(pk=first.pk), "request", desk=Desk(clerk("officer")))
        assert OutboxMessage.objects.filter(user=None, recipient=EMAIL).exists()
        standing.erase(second, "request", desk=Desk(clerk("officer")))
        assert not OutboxMessage.objects.filter(recipient=EMAIL).exists()


class FindingTests(SimpleTestCase):
    """What looks for the canaries is worth no more than what it finds."""

    def test_finds_them_as_json_has_them_and_reads_any_bytes(self) -> None:
        assert has_canary(json.dumps({"city": "Żółtodziób"}))
        assert has_canary(json.dumps({"city": "Żółtodziób"}).encode())
        # As a compressed file has them by chance, which is no JSON.
        for chance in (b"PK\\u0\xff\\j", b"\\ud800\\x", b"\\u"):
            assert not has_canary(chance)
            assert has_canary(chance + b" kanarkowa")
