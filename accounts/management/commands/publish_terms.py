"""Publish a version of the terms: check that it is complete, and tell every customer."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.services import new_terms


class Command(BaseCommand):
    """Owe the mail about new terms to each customer, once; refuse a version that lacks anything."""

    help = "Check a version of the terms and owe every customer the mail about it, once each."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the version, and whether to check it only."""
        parser.add_argument("version", help="the day from which it holds: 2027-01-01")
        parser.add_argument(
            "--dry-run", action="store_true", help="check, print the hashes to pin, owe nothing"
        )

    def handle(self, *args: Any, version: str, dry_run: bool, **options: Any) -> None:
        """Do it and say how many; safe to repeat."""
        if found := new_terms.faults(version):
            raise CommandError("\n".join(found))
        for language, digest in new_terms.hashes(version).items():
            self.stdout.write(f'("terms", "{version}", "{language}"): {digest}')
        if new_terms.is_late(version):
            raise CommandError(
                f"Customers are told {new_terms.NOTICE.days} days before (§ 12 of the terms):"
                f" {version} is too soon."
            )
        if dry_run:
            owed = new_terms.untold(version).count()
            self.stdout.write(f"It is complete. {owed} mails would be owed.")
        else:
            self.stdout.write(f"Owed {new_terms.tell_everybody(version)} mails about new terms.")
