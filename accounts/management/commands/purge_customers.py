"""Anonymise the customers whose time by law is over."""

from functools import partial
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from accounts.closing import purge as closed
from accounts.desk import events
from accounts.management.purging import Rule
from accounts.models import StaffEvent
from kantor.serving import numbers


class Command(BaseCommand):
    """Take from approved customers, five years after their closing, all that names them.

    Art. 49 of the AML act; `CUSTOMERS_KEPT_YEARS`. Whoever is on hold is left. Safe beside a
    running site and beside itself: each batch is locked and judged once more, and each account is
    a row of the audit, in the same transaction. Running it again does nothing.
    """

    help = (
        "Anonymise approved customers whose accounts were closed five years ago (AML act, art. "
        "49), but those on hold."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --dry-run."""
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="tell who would be anonymised, and of each since when; change nothing",
        )

    def handle(self, *, dry_run: bool, **options: Any) -> None:
        """Do it and say how many there were; beforehand, which."""
        told = partial(_tell, StaffEvent.Action.ANONYMISED)
        rule = Rule(
            "outlasted",
            f"accounts closed {settings.CUSTOMERS_KEPT_YEARS} years ago, approved, not on hold "
            f"(AML act, art. 49)",
            closed.outlasted,
            "closed_at",
            partial(closed.anonymise_outlasted, told),
        )
        if dry_run:
            self.stdout.write(f"Would anonymise {rule.rows().count()}: {rule.what}")
            for line in rule.explained():
                self.stdout.write(line)
            return
        done = rule.apply()
        numbers.PURGED.add(done, rule=rule.name)
        self.stdout.write(f"Anonymised {done}: {rule.what}")


def _tell(action: StaffEvent.Action, number: int) -> None:
    events.record_unattended(action, customer=number)
