"""Seal what staff did since the last night."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts.desk import audit


class Command(BaseCommand):
    """Give every settled row of the audit its digest over itself and the row before it."""

    help = (
        "Seal the rows of the audit of staff, each with the one before it, and log the last digest."
        " For every night; repeated calls are harmless."
    )

    def handle(self, **options: Any) -> None:
        """Seal, and say how many rows."""
        self.stdout.write(f"Rows of the audit sealed: {audit.seal()}")
