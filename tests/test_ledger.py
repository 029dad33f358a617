"""The ledger of consents: rows that nobody changes, sealed one after the other."""

from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client, TestCase, TransactionTestCase
from django.test.utils import CaptureQueriesContext

from accounts.models import ConsentRecord, NightlyFact, User
from accounts.models.consent_guard import CONSENTS
from accounts.services import agreements
from tests import letters
from tests.browsers import put_in
from tests.factories import activated, registered, staff
from tests.parallel import at_once
from tests.walk import Visitor

PINNED = "8366d9056c6b58a6f0f7b0ced63ea5093262c2ec3496e87b871c9762f732412f"


def chain(user: User) -> list[str]:
    return list(user.consents.order_by("pk").values_list("digest", flat=True))


def counted(user: User) -> list[str]:
    """Return the digests that the rows of this account have to have."""
    digests: list[str] = []
    for record in user.consents.order_by("pk"):
        digests.append(record.digest_after(digests[-1] if digests else ""))
    return digests


def verify() -> str:
    printed = StringIO()
    call_command("verify_consents", stdout=printed)
    return printed.getvalue()


class GuardTests(TestCase):
    """What the database itself refuses."""

    def refuses(self, act: Callable[[], Any]) -> None:
        before = list(ConsentRecord.objects.order_by("pk").values())
        with self.assertRaisesMessage(IntegrityError, "append-only"), transaction.atomic():
            act()
        assert list(ConsentRecord.objects.order_by("pk").values()) == before

    def sql(self, statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    def test_is_every_change_of_a_consent(self) -> None:
        user = activated()
        self.refuses(lambda: user.consents.update(given=False))
        self.refuses(lambda: user.consents.update(digest="0" * 64))
        self.refuses(lambda: self.sql("UPDATE accounts_consentrecord SET version = version"))

    def test_is_putting_a_row_into_the_place_of_another(self) -> None:
        row = activated().consents.order_by("pk")[0]
        columns = "user_id, key, text_hash, language, given, channel, recorded_at, digest"
        put = f"accounts_consentrecord (id, version, {columns}) SELECT id, '2020-01-01', {columns}"
        own = f"FROM accounts_consentrecord WHERE id = {row.pk}"
        if connection.vendor == "sqlite":
            statement = f"INSERT OR REPLACE INTO {put} {own}"
        else:
            statement = f"INSERT INTO {put} {own} ON CONFLICT (id) DO UPDATE SET version = '1'"
        self.refuses(lambda: self.sql(statement))

    def test_is_deleting_a_consent_of_an_account_that_is_there(self) -> None:
        user = activated()
        self.refuses(lambda: user.consents.filter(key="terms").delete())
        self.refuses(lambda: self.sql("DELETE FROM accounts_consentrecord"))

    def test_is_not_erasing_an_account_with_its_consents_and_nobody_elses(self) -> None:
        gone, kept = activated(), registered()
        by_hand = User.objects.create_user("by.hand@example.com")
        ConsentRecord.objects.create(
            user=by_hand, key="terms", version="1", text_hash="", language="pl", given=True,
            channel=ConsentRecord.Channel.ACCOUNT,
        )  # fmt: skip
        assert gone.consents.exists()
        number = gone.pk
        gone.delete()
        self.sql(f"DELETE FROM accounts_user WHERE id = {by_hand.pk}")  # noqa: S608
        assert not ConsentRecord.objects.filter(user__in=(number, by_hand.pk)).exists()
        assert kept.consents.count() == 5
        connection.check_constraints()


class ChainTests(TestCase):
    """Each row follows from the one before it."""

    def test_is_counted_as_documented(self) -> None:
        record = ConsentRecord(
            user_id=7, key="terms", version="2026-12-01", text_hash="ab" * 32, language="pl",
            given=True, channel=ConsentRecord.Channel.REGISTRATION,
            recorded_at=datetime(2026, 11, 29, 8, 15, tzinfo=UTC),
        )  # fmt: skip
        # printf '%s' '["",7,"terms","2026-12-01","abab…","pl",true,"registration",
        # "2026-11-29T08:15:00.000000+00:00"]' | sha256sum
        assert record.digest_after("") == PINNED
        assert record.digest_after(PINNED) != PINNED

    def test_begins_anew_with_every_account_and_goes_on_with_every_row(self) -> None:
        one, other = activated(news=True), activated(news=False)
        agreements.withdraw_news(one, channel=ConsentRecord.Channel.LINK)
        agreements.agree_to_news(other, language="en")
        for user in (one, other):
            assert chain(user) == counted(user)
            assert len(set(chain(user))) == 6
        assert verify() == "Consents are whole: 12\n"

    def test_costs_the_registration_no_question(self) -> None:
        with CaptureQueriesContext(connection) as asked:
            registered()
        told = [one["sql"] for one in asked if "accounts_consentrecord" in one["sql"]]
        assert len(told) == 1
        assert told[0].startswith("INSERT")


class VerifyTests(TestCase):
    """`manage.py verify_consents`, and what the operator's monitor hears of it."""

    def fact(self) -> Any:
        answer = self.client.get("/healthz")
        assert answer.status_code == 200
        return answer.json()["nightly"]["verify_consents"]

    def broken(self, tamper: Callable[[], Any]) -> str:
        with CONSENTS.lifted():
            tamper()
        with self.assertRaises(CommandError) as caught:
            verify()
        return str(caught.exception)

    def test_is_well_with_whole_rows_and_with_none(self) -> None:
        assert self.fact() is None
        assert verify() == "Consents are whole: 0\n"
        registered()
        assert verify() == "Consents are whole: 5\n"
        assert self.fact()["well"] is True

    def test_names_the_first_broken_row_and_no_person(self) -> None:
        _whole, broken, later = activated(), activated(), activated()
        row = broken.consents.get(key="news_email")
        said = self.broken(
            lambda: ConsentRecord.objects.filter(pk__gte=row.pk, user__in=(broken, later)).update(
                given=True, version="2020-01-01"
            )
        )
        assert f"Account {broken.pk}, consent row {row.pk}:" in said
        assert broken.email not in said
        assert self.fact()["well"] is False

    def test_finds_that_a_row_was_taken_out(self) -> None:
        user = activated(news=True)
        agreements.withdraw_news(user, channel=ConsentRecord.Channel.LINK)
        first, second, *_rest = user.consents.order_by("pk")
        said = self.broken(lambda: ConsentRecord.objects.filter(pk=first.pk).delete())
        assert f"consent row {second.pk}:" in said

    def test_finds_a_row_whose_digest_was_counted_anew(self) -> None:
        first, second, *_rest = activated().consents.order_by("pk")
        first.language = "en"
        digest = first.digest_after("")
        rows = ConsentRecord.objects.filter(pk=first.pk)
        said = self.broken(lambda: rows.update(language="en", digest=digest))
        assert f"consent row {second.pk}:" in said

    def test_finds_that_the_database_would_let_rows_be_changed(self) -> None:
        registered()
        CONSENTS.lift()
        with self.assertRaisesMessage(CommandError, "triggers are missing"):
            verify()
        assert NightlyFact.objects.get().is_well is False
        CONSENTS.put_up()
        verify()
        assert NightlyFact.objects.get().is_well is True


class ReceiptTests(TestCase):
    """What the customer keeps."""

    def test_is_in_the_welcome_and_on_the_page(self) -> None:
        for language, words in (("pl", "Twoje potwierdzenie"), ("en", "Your receipt")):
            user = activated(language=language)
            seal = chain(user)[-1]
            letter = letters.deliver()[-1]
            assert isinstance(letter, EmailMultiAlternatives)
            bodies = [str(letter.body), *(str(html) for html, _kind in letter.alternatives)]
            assert len(bodies) == 2
            for body in bodies:
                assert words in body
                assert seal in body
            page = Visitor(put_in(user, Client())).open("/konto/zgody/")
            (section,) = page.select("main section[aria-labelledby=receipt-title]")
            assert seal in section.get_text()
            assert section.select("time")

    def test_changes_with_the_next_answer(self) -> None:
        user = activated(news=True)
        page = Visitor(put_in(user, Client())).open("/konto/zgody/").press("Wycofaj zgodę")
        (section,) = page.select("main section[aria-labelledby=receipt-title]")
        assert chain(user)[-1] in section.get_text()
        assert len(chain(user)) == 6

    def test_is_not_where_there_is_nothing_to_receive(self) -> None:
        page = Visitor(put_in(staff(), Client())).open("/konto/zgody/")
        assert not page.select("#receipt-title")


class AtOnceTests(TransactionTestCase):
    """Several clicks at the same moment, and what only committed transactions show."""

    serialized_rollback = True

    def test_chain_one_after_the_other(self) -> None:
        user = activated(news=False)

        def agree() -> bool:
            return agreements.agree_to_news(user, language="pl")

        def withdraw() -> bool:
            return agreements.withdraw_news(user, channel=ConsentRecord.Channel.LINK)

        said = at_once(*[agree, withdraw] * 4)
        assert all(isinstance(one, bool) for one in said), said
        assert any(said)
        assert chain(user) == counted(user)

    def test_erase_an_account_in_a_transaction_of_its_own(self) -> None:
        user = activated()
        user.delete()
        assert not ConsentRecord.objects.exists()


class MigrationTests(TransactionTestCase):
    """Rows of an older release get their digests, and the guard is put up at the end."""

    serialized_rollback = True

    def migrate(self, to: str | None = None) -> None:
        call_command("migrate", "accounts", *([to] if to else []), verbosity=0)

    def test_fills_the_rows_that_are_there(self) -> None:
        self.addCleanup(self.migrate)
        users = [activated(), registered()]
        agreements.agree_to_news(users[0], language="pl")
        before = [chain(user) for user in users]
        self.migrate("0011_account_page_and_data")
        assert not CONSENTS.is_up()
        self.migrate()
        assert [chain(user) for user in users] == before
        assert verify() == "Consents are whole: 11\n"

    def test_empties_the_tables_and_guards_the_next_rows(self) -> None:
        registered()
        call_command("flush", interactive=False, verbosity=0)
        assert not User.objects.exists()
        assert CONSENTS.is_up()
