"""Forget what nobody came back for."""

from datetime import timedelta
from functools import partial
from typing import Any

from captcha.models import CaptchaStore
from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db.models import Model
from django.utils import timezone

from accounts import retention
from accounts.closing import purge as closed
from accounts.desk import audit
from accounts.management.purging import Rule
from accounts.models import (
    AccountEvent,
    AccountSession,
    Counter,
    EmailChange,
    NightlyFact,
    OutboxMessage,
    SupportCode,
)
from accounts.retention import Kept
from accounts.services import export_files, registration
from kantor.serving import numbers
from kantor.serving.models import Session


class Command(BaseCommand):
    """Delete unfinished, expired and delivered things; each rule is a line of the report.

    How long each is kept stands in `accounts.retention` and in the settings. What becomes of
    approved customers in the end: `purge_customers`.

    Safe beside a running site and beside itself: small transactions, and every DELETE asks once
    more whether its rows are still over.
    """

    help = (
        "Delete unfinished registrations, accounts that were never activated or that their owners "
        "closed, expired sessions, captchas and counters, old messages and events, and finished "
        "tasks."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --dry-run."""
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="tell what would be deleted, and of each row since when; delete nothing",
        )

    def handle(self, *, dry_run: bool, **options: Any) -> None:
        """Go through the rules and say how many rows each concerned; beforehand, which."""
        for rule in _rules():
            if dry_run:
                self.stdout.write(f"Would delete {rule.rows().count()}: {rule.what}")
                for line in rule.explained():
                    self.stdout.write(line)
            else:
                done = rule.apply()
                numbers.PURGED.add(done, rule=rule.name)
                self.stdout.write(f"Deleted {done}: {rule.what}")
        if not dry_run:
            numbers.PURGE_ENDED.set_to_now()
            NightlyFact.record(NightlyFact.Name.PURGE)


def _rules() -> list[Rule]:
    now = timezone.now()
    reopening, blocked = retention.REOPENING_LASTS.days, settings.CUSTOMERS_KEPT_YEARS
    return [
        Rule(
            "sessions",
            f"unfinished registrations and other sessions, "
            f"{settings.SESSION_COOKIE_AGE // 3600} h after they were used last",
            lambda: Session.objects.filter(expire_date__lte=now),
            "expire_date",
        ),
        Rule(
            "never_activated",
            f"accounts never activated, {settings.PENDING_ACCOUNT_DAYS} days after their link "
            f"ended",
            registration.forgotten,
            "created_at",
            registration.purge,
        ),
        Rule(
            "closed",
            f"accounts closed by their owners {reopening} days ago, not approved: deleted whole",
            closed.not_approved,
            "closed_at",
            partial(closed.delete, closed.not_approved),
        ),
        Rule(
            "blocked",
            f"what only opened accounts that were closed {reopening} days ago, approved or on "
            f"hold: the accounts stay blocked for {blocked} years (AML act, art. 49)",
            closed.to_block,
            "closed_at",
            closed.block,
        ),
        Rule(
            "captchas",
            "expired captchas",
            lambda: CaptchaStore.objects.filter(expiration__lte=now),
            "expiration",
        ),
        Rule(
            "support_codes",
            "codes for the consultant whose time is over",
            lambda: SupportCode.objects.filter(expires_at__lte=now),
            "expires_at",
        ),
        _rule("counters", "ended counters, a day later", Counter, retention.ATTEMPTS),
        _rule(
            "messages",
            f"messages finished {retention.MESSAGES_LAST.days} days ago",
            OutboxMessage,
            retention.MESSAGES,
        ),
        _rule(
            "account_sessions",
            f"sessions of accounts last seen {retention.HISTORY_LASTS.days} days ago",
            AccountSession,
            retention.SESSIONS,
        ),
        _rule(
            "events",
            f"events of accounts {retention.HISTORY_LASTS.days} days old",
            AccountEvent,
            retention.EVENTS,
        ),
        _rule(
            "email_changes",
            f"changes of e-mail addresses {retention.HISTORY_LASTS.days} days after their link",
            EmailChange,
            retention.EMAIL_CHANGES,
        ),
        Rule(
            "staff_events",
            f"events of staff {audit.KEPT.days} days old, but the last of them",
            audit.outlasted,
            "at",
        ),
        Rule(
            "exports",
            f"exports of staff, {retention.EXPORTS_LAST // timedelta(hours=1)} h after they were "
            f"ready, with their files",
            export_files.over,
            "ends_at",
            export_files.purge,
        ),
        *_rules_of_the_queue(),
    ]


def _rule(name: str, what: str, model: type[Model], kept: Kept) -> Rule:
    """Return the rule for rows whose time is over, as the customer's own page says it."""
    assert kept.lasts is not None
    over = {f"{kept.counts_from}__lte": timezone.now() - kept.lasts}
    return Rule(name, what, lambda: model._default_manager.filter(**over), kept.counts_from)


def _rules_of_the_queue() -> list[Rule]:
    """Return the rule for the table of the database queue, where TASKS=database has made it.

    A task whose worker was killed is never finished: its start counts.
    """
    if not apps.is_installed("django_tasks_db"):
        return []
    # Its models can only be imported where it is installed.
    from django_tasks_db.models import DBTaskResult

    tasks = DBTaskResult.objects.filter(started_at__lte=timezone.now() - retention.TASKS_LAST)
    return [
        Rule(
            "tasks",
            f"tasks of the queue begun {retention.TASKS_LAST.days} days ago",
            lambda: tasks,
            "started_at",
        )
    ]
