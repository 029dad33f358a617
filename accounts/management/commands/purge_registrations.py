"""Forget what nobody came back for."""

from collections.abc import Callable
from functools import partial
from typing import Any

from captcha.models import CaptchaStore
from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db.models import QuerySet
from django.utils import timezone

from accounts import retention
from accounts.models import AccountEvent, AccountSession, Counter, EmailChange, OutboxMessage
from accounts.retention import Kept
from accounts.services import registration
from kantor.serving.models import Session

# Rows that one transaction deletes: on a table of millions, nobody waits long for its locks.
BATCH = 1000


class Command(BaseCommand):
    """Delete unfinished, expired and delivered things; each rule is a line of the report.

    How long each is kept stands in `accounts.retention` and in the settings.

    Safe beside a running site and beside itself: small transactions, and every DELETE asks once
    more whether its rows are still over.
    """

    help = (
        "Delete unfinished registrations, accounts that were never activated, expired sessions, "
        "captchas and counters, old messages and events, and finished tasks."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --dry-run."""
        parser.add_argument(
            "--dry-run", action="store_true", help="tell what would be deleted, delete nothing"
        )

    def handle(self, *, dry_run: bool, **options: Any) -> None:
        """Go through the rules and say how many rows each concerned."""
        now = timezone.now()
        rules: tuple[tuple[str, Callable[..., int]], ...] = (
            (
                f"unfinished registrations and other sessions, "
                f"{settings.SESSION_COOKIE_AGE // 3600} h after they were used last",
                partial(_purge, Session.objects.filter(expire_date__lte=now)),
            ),
            (
                f"accounts never activated, {settings.PENDING_ACCOUNT_DAYS} days after their "
                f"link ended",
                registration.purge,
            ),
            ("expired captchas", partial(_purge, CaptchaStore.objects.filter(expiration__lte=now))),
            (
                "ended counters, a day later",
                partial(_purge, _over(Counter.objects.all(), retention.ATTEMPTS)),
            ),
            (
                f"messages finished {retention.MESSAGES_LAST.days} days ago",
                partial(_purge, _over(OutboxMessage.objects.all(), retention.MESSAGES)),
            ),
            (
                f"sessions of accounts last seen {retention.HISTORY_LASTS.days} days ago",
                partial(_purge, _over(AccountSession.objects.all(), retention.SESSIONS)),
            ),
            (
                f"events of accounts {retention.HISTORY_LASTS.days} days old",
                partial(_purge, _over(AccountEvent.objects.all(), retention.EVENTS)),
            ),
            (
                f"changes of e-mail addresses {retention.HISTORY_LASTS.days} days after their link",
                partial(_purge, _over(EmailChange.objects.all(), retention.EMAIL_CHANGES)),
            ),
            *_rules_of_the_queue(),
        )
        verb = "Would delete" if dry_run else "Deleted"
        for what, purge in rules:
            self.stdout.write(f"{verb} {purge(dry_run=dry_run)}: {what}")


def _rules_of_the_queue() -> list[tuple[str, Callable[..., int]]]:
    """Return the rule for the table of the database queue, where TASKS=database has made it.

    A task whose worker was killed is never finished: its start counts.
    """
    if not apps.is_installed("django_tasks_db"):
        return []
    # Its models can only be imported where it is installed.
    from django_tasks_db.models import DBTaskResult

    tasks = DBTaskResult.objects.filter(started_at__lte=timezone.now() - retention.TASKS_LAST)
    return [
        (f"tasks of the queue begun {retention.TASKS_LAST.days} days ago", partial(_purge, tasks))
    ]


def _over(rows: QuerySet[Any], kept: Kept) -> QuerySet[Any]:
    """Return the rows whose time is over, as the customer's own page says it (`retention`)."""
    assert kept.lasts is not None
    return rows.filter(**{f"{kept.counts_from}__lte": timezone.now() - kept.lasts})


def _purge(rows: QuerySet[Any], *, dry_run: bool) -> int:
    """Delete rows that nothing rests on, batch by batch; return how many there were."""
    if dry_run:
        return rows.count()
    deleted = 0
    rest = rows.order_by("pk")
    while keys := list(rest.values_list("pk", flat=True)[:BATCH]):
        deleted += rows.filter(pk__in=keys).delete()[0]
        # Past what was deleted, which a table still holds until it is vacuumed.
        rest = rows.order_by("pk").filter(pk__gt=keys[-1])
    return deleted
