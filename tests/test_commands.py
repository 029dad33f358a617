"""The chores of an operator and of a developer."""

import threading
from datetime import timedelta
from io import StringIO
from itertools import product
from typing import Any
from unittest import mock

from captcha.models import CaptchaStore
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import SimpleTestCase, TestCase, TransactionTestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import demo
from accounts.captcha import challenge
from accounts.desk.roles import Role, role_of
from accounts.forms.registration import details_form
from accounts.limits import Limit
from accounts.mail import outbox
from accounts.management.commands.deliver_mail import Command as DeliverMail
from accounts.models import (
    AccountEvent,
    AccountSession,
    ConsentRecord,
    Counter,
    Customer,
    Kind,
    OutboxMessage,
    ReviewState,
    SurveyAnswer,
    User,
)
from accounts.models.words import search_key
from accounts.services import events, sessions
from accounts.sign_in.digits import Answer
from accounts.totp import services as totp
from accounts.values.visit import NOBODY
from kantor.serving.models import Session
from tests.factories import activated, registered, staff, suspended
from tests.mail_server import mail_settings
from tests.phone import Phone, pass_time, stopped_clock


def run(command: Any, *arguments: str) -> str:
    """Run a command and return what it printed."""
    printed = StringIO()
    call_command(command, *arguments, stdout=printed)
    return printed.getvalue()


class DeliverMailTests(TestCase):
    """`manage.py deliver_mail`."""

    def test_delivers_everything_that_is_due_and_no_more(self) -> None:
        due, later = registered(), registered()
        in_an_hour = timezone.now() + timedelta(hours=1)
        OutboxMessage.objects.filter(user=later).update(due_at=in_an_hour)
        assert "Mails tried: 1" in run("deliver_mail")
        assert [message.to for message in mail.outbox] == [[due.email]]
        assert "Mails tried: 0" in run("deliver_mail")

    def test_takes_over_what_a_dead_worker_had_claimed(self) -> None:
        user = registered()
        lapsed = timezone.now() - timedelta(seconds=1)
        OutboxMessage.objects.filter(user=user).update(due_at=lapsed, attempts=1)
        assert "Mails tried: 1" in run("deliver_mail")
        assert OutboxMessage.objects.get(user=user).state == OutboxMessage.State.SENT

    def test_goes_through_more_mails_than_one_portion(self) -> None:
        user = registered()
        for _number in range(120):
            outbox.put(OutboxMessage.Kind.PASSWORD_CHANGED, user)
        assert "Mails tried: 121" in run("deliver_mail")
        assert not OutboxMessage.objects.filter(state=OutboxMessage.State.WAITING).exists()

    @mail_settings(1)
    def test_survives_a_dead_mail_server(self) -> None:
        user = registered()
        assert "Mails tried: 1" in run("deliver_mail")
        message = OutboxMessage.objects.get(user=user)
        assert message.state == OutboxMessage.State.WAITING
        assert message.last_error == "ConnectionRefusedError"
        assert message.due_at > timezone.now()


class LoopTests(TransactionTestCase):
    """`manage.py deliver_mail --loop`, which looks after its connection as a request does."""

    serialized_rollback = True

    def test_goes_on_until_it_is_stopped(self) -> None:
        user = activated()
        mail.outbox.clear()
        OutboxMessage.objects.update(state=OutboxMessage.State.WAITING, due_at=timezone.now())
        command = DeliverMail()
        timer = threading.Timer(0.2, command.stop.set)
        timer.start()
        # The link became pointless, the welcome did not.
        assert "Mails tried: 2" in run(command, "--loop", "--interval", "0.01")
        timer.join()
        assert [message.to for message in mail.outbox] == [[user.email]]


class PurgeTests(TestCase):
    """`manage.py purge_registrations`."""

    def setUp(self) -> None:
        self.now = timezone.now()
        self.kept = [registered(), activated(), staff()]
        self.forgotten = [registered(), registered(Kind.COMPANY)]
        long_ago = self.now - timedelta(days=33)
        User.objects.filter(pk__in=[user.pk for user in self.forgotten]).update(created_at=long_ago)
        OutboxMessage.objects.filter(user__in=self.forgotten).update(created_at=long_ago)
        old = [activated(), suspended(), staff()]
        User.objects.filter(pk__in=[user.pk for user in old]).update(created_at=long_ago)
        self.kept += old
        for key, hours in (("live", 1), ("gone", -1)):
            ends = self.now + timedelta(hours=hours)
            Session.objects.create(session_key=key, session_data="", expire_date=ends)
        CaptchaStore.objects.filter(hashkey=challenge.new_challenge()).update(
            expiration=self.now - timedelta(minutes=1)
        )
        challenge.new_challenge()
        for days in (89, 91):
            then = self.now - timedelta(days=days)
            key = f"session of {days} days"
            sessions.begin(self.kept[1], key, visit=NOBODY, how="password", at=then)
            event = events.record(self.kept[1], AccountEvent.Kind.SIGNED_IN, visit=NOBODY)
            AccountEvent.objects.filter(pk=event.pk).update(at=then)
            OutboxMessage.objects.filter(user=self.kept[1]).update(about=event)
        Limit("live", times=1, window=timedelta(hours=1)).hit("anybody")
        Counter.objects.create(key="ended", count=1, ends_at=self.now - timedelta(days=1))
        OutboxMessage.objects.filter(user=self.kept[1]).update(
            state=OutboxMessage.State.SENT, finished_at=self.now - timedelta(days=61)
        )

    def numbers(self) -> list[int]:
        models = (
            Session,
            User,
            CaptchaStore,
            Counter,
            OutboxMessage,
            AccountSession,
            AccountEvent,
        )
        return [model._default_manager.count() for model in models]

    def test_deletes_what_is_over_and_nothing_else(self) -> None:
        before = self.numbers()
        printed = run("purge_registrations")
        for line in (
            "Deleted 1: unfinished registrations",
            "Deleted 2: accounts never activated",
            "Deleted 1: expired captchas",
            "Deleted 1: ended counters",
            "Deleted 2: messages finished",
            "Deleted 1: sessions of accounts last seen 90 days ago",
            "Deleted 1: events of accounts 90 days old",
        ):
            assert line in printed
        after = self.numbers()
        # The two forgotten accounts took a mail each with them.
        assert [b - a for b, a in zip(before, after, strict=True)] == [1, 2, 1, 1, 4, 1, 1]
        assert set(User.objects.all()) == set(self.kept)
        assert Session.objects.get().session_key == "live"
        assert "Deleted 0: accounts" in run("purge_registrations")

    def test_spares_an_account_whose_link_was_sent_again(self) -> None:
        spared, forgotten = self.forgotten
        OutboxMessage.objects.filter(user=spared).update(created_at=self.now - timedelta(days=3))
        run("purge_registrations")
        assert User.objects.filter(pk=spared.pk).exists()
        assert not User.objects.filter(pk=forgotten.pk).exists()

    def test_spares_an_account_until_thirty_days_after_its_link_and_no_longer(self) -> None:
        spared, forgotten = self.forgotten
        lifetime = timedelta(days=30, hours=48)
        for user, age in (
            (spared, lifetime - timedelta(minutes=1)),
            (forgotten, lifetime + timedelta(seconds=1)),
        ):
            User.objects.filter(pk=user.pk).update(created_at=self.now - age)
            OutboxMessage.objects.filter(user=user).update(created_at=self.now - age)
        run("purge_registrations")
        assert User.objects.filter(pk=spared.pk).exists()
        assert not User.objects.filter(pk=forgotten.pk).exists()
        # An account to which the allowance let no mail go counts from its registration.
        OutboxMessage.objects.filter(user=spared).delete()
        run("purge_registrations")
        assert User.objects.filter(pk=spared.pk).exists()
        User.objects.filter(pk=spared.pk).update(created_at=self.now - lifetime)
        run("purge_registrations")
        assert not User.objects.filter(pk=spared.pk).exists()

    def test_spares_whoever_was_made_staff(self) -> None:
        spared, forgotten = self.forgotten
        User.objects.filter(pk=spared.pk).update(is_staff=True)
        run("purge_registrations")
        assert list(User.objects.filter(pk__in=[spared.pk, forgotten.pk])) == [spared]

    def test_counts_from_the_delivery_of_a_link_that_was_delivered_late(self) -> None:
        spared, forgotten = self.forgotten
        late = self.now - timedelta(days=31)
        OutboxMessage.objects.filter(user=spared).update(finished_at=late)
        run("purge_registrations")
        assert User.objects.filter(pk=spared.pk).exists()
        assert not User.objects.filter(pk=forgotten.pk).exists()

    def test_goes_batch_by_batch_and_leaves_nothing_out(self) -> None:
        expired = self.now - timedelta(hours=1)
        Session.objects.bulk_create(
            Session(session_key=f"s{number}", session_data="", expire_date=expired)
            for number in range(24)
        )
        kept = {user.pk for user in self.kept}
        with (
            mock.patch("accounts.management.purging.BATCH", 10),
            mock.patch("accounts.services.registration.PURGE_BATCH", 1),
            CaptureQueriesContext(connection) as statements,
        ):
            printed = run("purge_registrations")
        assert "Deleted 25: unfinished registrations" in printed
        assert "Deleted 2: accounts never activated" in printed
        deletes = [s for s in statements if s["sql"].startswith('DELETE FROM "django_session"')]
        assert len(deletes) == 3
        assert set(User.objects.values_list("pk", flat=True)) == kept
        assert Session.objects.count() == 1

    def test_explains_and_deletes_nothing_in_a_dry_run(self) -> None:
        before = self.numbers()
        printed = run("purge_registrations", "--dry-run")
        for line in (
            "Would delete 1: unfinished registrations",
            "Would delete 2: accounts never activated, 30 days after",
            "Would delete 1: expired captchas",
            "Would delete 1: ended counters",
            "Would delete 2: messages finished 60 days ago",
            "Would delete 1: sessions of accounts last seen 90 days ago",
            "Would delete 1: events of accounts 90 days old",
        ):
            assert line in printed
        assert self.numbers() == before


class DemoDataTests(SimpleTestCase):
    """The invented customers."""

    def test_are_the_same_every_time(self) -> None:
        assert list(demo.accounts()) == list(demo.accounts())

    def test_cover_every_state_of_both_kinds(self) -> None:
        accounts = list(demo.accounts())
        found = {(a.kind, a.state, a.review_state) for a in accounts}
        # Nobody reviews an account that was never opened.
        pending = {(kind, "pending", ReviewState.NEW) for kind in Kind}
        assert found == pending | set(product(Kind, ("active", "suspended"), demo.REVIEWS))
        assert len(accounts) >= 30
        assert {a.language for a in accounts} == {"pl", "en"}
        assert {a.wants_news for a in accounts} == {True, False}
        assert any(a.took_news_back for a in accounts)
        assert any(a.source is None for a in accounts)
        assert any(a.source is not None for a in accounts)
        assert any(a.answers["corr_country"] for a in accounts)
        assert any(a.answers["main_country"] != "PL" for a in accounts)
        assert any(len(a.answers.get("company_name", "")) > 80 for a in accounts)
        assert any(a.answers["last_name"] != search_key(a.answers["last_name"]) for a in accounts)

    def test_pass_the_forms_of_the_registration_unchanged(self) -> None:
        for account in demo.accounts():
            with self.subTest(account.answers["email"]):
                data = dict(account.answers)
                if data["corr_country"]:
                    data["other_address"] = "on"
                form = details_form(account.kind)(data)
                assert form.is_valid(), form.errors
                assert form.cleaned_data == account.answers


class DemoTests(TestCase):
    """`manage.py demo`."""

    def counts(self) -> list[int]:
        models = (User, Customer, ConsentRecord, SurveyAnswer, OutboxMessage)
        return [model._default_manager.count() for model in models]

    def password_of(self, printed: str, who: str) -> tuple[str, str]:
        line = next(line for line in printed.splitlines() if line.startswith(who))
        _who, email, _password, password = line.split()
        return email, password

    @override_settings(DEBUG=True)
    def test_makes_every_account_once_however_often_it_runs(self) -> None:
        run("demo")
        before = self.counts()
        assert before[0] == len(list(demo.accounts())) + len(demo.STAFF)
        run("demo")
        assert self.counts() == before
        # Dated back as they are, its consents are a whole ledger.
        assert run("verify_consents") == f"Consents are whole: {ConsentRecord.objects.count()}\n"

    @override_settings(DEBUG=True)
    def test_makes_again_what_was_deleted(self) -> None:
        run("demo")
        before = self.counts()
        Customer.objects.all()[3].user.delete()
        run("demo")
        assert self.counts() == before

    @override_settings(DEBUG=True)
    def test_makes_accounts_in_the_states_that_it_promises(self) -> None:
        run("demo")
        for wanted in demo.accounts():
            with self.subTest(wanted.answers["email"]):
                user = User.objects.select_related("customer").get(attempt=wanted.attempt)
                assert user.is_pending == (wanted.state == "pending")
                assert user.is_active == (wanted.state == "active")
                assert (user.suspended_at is not None) == (wanted.state == "suspended")
                assert user.customer.review_state == wanted.review_state
                assert user.language == wanted.language

    @override_settings(DEBUG=True)
    def test_prints_passwords_that_open_a_staff_and_a_customer_account(self) -> None:
        self.enterContext(stopped_clock())
        for _run in ("first", "second"):
            printed = run("demo")
            pass_time(1)
            email, password = self.password_of(printed, "Customers:")
            number = printed.partition("phone number: ")[2].split("\n")[0]
            answer = Answer((2, 5, 9), number)
            assert self.client.login(username=email, password=password, answer=answer)
            password = printed.partition("Staff:     password: ")[2].split("\n")[0]
            for email, role in demo.STAFF:
                assert self.client.login(username=email, password=password, for_staff=True), email
                member = User.objects.get(email=email)
                assert role_of(member) is role
                key = printed.partition(email)[2].split("\n")[0]
                assert totp.verify(member, Phone(key.strip()).code()).is_right, email

    @override_settings(DEBUG=True)
    def test_has_two_members_of_staff_a_role(self) -> None:
        run("demo")
        roles = [role_of(member) for member in User.objects.filter(is_staff=True)]
        assert sorted(filter(None, roles)) == sorted([*Role, *Role])

    @override_settings(DEBUG=True)
    def test_sends_no_mail(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            run("demo")
        run("deliver_mail")
        assert mail.outbox == []
        states = OutboxMessage.objects.values_list("state", flat=True)
        assert set(states) == {OutboxMessage.State.SENT}

    @override_settings(DEBUG=True)
    def test_leaves_nothing_for_the_purge(self) -> None:
        run("demo")
        assert "Would delete 0: accounts" in run("purge_registrations", "--dry-run")

    def test_refuses_on_a_site_that_is_not_for_development(self) -> None:
        with self.assertRaises(CommandError):
            run("demo")
        assert not User.objects.exists()
        run("demo", "--force")
        assert User.objects.exists()
