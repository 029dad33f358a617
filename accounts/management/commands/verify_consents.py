"""Prove that no consent was changed behind the site's back."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.services import ledger


class Command(BaseCommand):
    """Check every row of consents; say which is the first that is broken, without personal data."""

    help = (
        "Check that every consent follows from the one before it and that the database refuses to "
        "change them. Exit code 1 when not; /healthz tells the last result."
    )

    def handle(self, **options: Any) -> None:
        """Check, and fail when something is broken."""
        verdict = ledger.verify()
        if verdict.broken is not None:
            raise CommandError(
                f"Account {verdict.broken.user_id}, consent row {verdict.broken.pk}: its digest "
                f"does not follow from its content and the row before it."
            )
        if not verdict.is_guarded:
            raise CommandError(
                "The rows are whole, but the database would let them be changed: its triggers are "
                "missing. `manage.py migrate` puts them up."
            )
        self.stdout.write(f"Consents are whole: {verdict.rows}")
