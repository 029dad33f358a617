"""Decide about the mails that `after_restore` holds."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet

from accounts.mail import holding
from accounts.models import OutboxMessage


class Command(BaseCommand):
    """List what is held; release or drop some or all of it."""

    help = (
        "List the mails that after_restore holds, release them, or drop those that were sent after "
        "the backup (the log says 'mail sent' with the number of each)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take numbers or --all, and --drop."""
        parser.add_argument("numbers", nargs="*", type=int, metavar="NUMBER")
        parser.add_argument("--all", action="store_true", dest="every", help="every held mail")
        parser.add_argument("--drop", action="store_true", help="never send them")

    def handle(self, *, numbers: list[int], every: bool, drop: bool, **options: Any) -> None:
        """List without a choice; otherwise carry it out."""
        if numbers and every:
            raise CommandError("Name numbers, or --all.")
        if not numbers and not every:
            if drop:
                raise CommandError("Say which: numbers, or --all.")
            self._list(holding.held())
            return
        rows = holding.held(None if every else numbers)
        done = holding.drop(rows) if drop else holding.release(rows)
        self.stdout.write(f"Mails {'dropped' if drop else 'released'}: {done}")

    def _list(self, rows: QuerySet[OutboxMessage]) -> None:
        for message in rows.iterator():
            self.stdout.write(f"{message.pk} {message.kind} {message.created_at:%Y-%m-%d %H:%M}")
        self.stdout.write(f"Mails held: {rows.count()}")
