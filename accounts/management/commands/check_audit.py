"""Prove that nothing of what staff did was changed behind the site's back."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.desk import audit


class Command(BaseCommand):
    """Check every row of the audit; say which is the first that is broken, without a name."""

    help = (
        "Check that every sealed row of the audit of staff follows from the one before it and that "
        "the database refuses to change them. Exit code 1 when not; /healthz tells the last result."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take a digest that seal_audit has logged: the rows up to it have to be there."""
        parser.add_argument("--known", default="", help="a digest from the log of seal_audit")

    def handle(self, **options: Any) -> None:
        """Check, and fail when something is broken."""
        verdict = audit.check(options["known"])
        if verdict.broken is not None:
            raise CommandError(
                f"Row {verdict.broken.pk} of the audit is broken: its digest does not follow from "
                f"its content and the row before it."
            )
        if not verdict.is_found:
            raise CommandError(
                "The rows that are there are whole, but none has that digest: the last ones were "
                "taken away, or all were counted anew."
            )
        if not verdict.is_guarded:
            raise CommandError(
                "The rows are whole, but the database would let them be changed: its triggers are "
                "missing. `manage.py migrate` puts them up."
            )
        self.stdout.write(f"The audit is whole: {verdict.sealed} sealed, {verdict.open} not yet")
