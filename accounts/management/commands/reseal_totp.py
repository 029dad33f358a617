"""Let an older key of TOTP_KEYS go: seal what it sealed with the newest one."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.totp import rotation


class Command(BaseCommand):
    """Seal authenticator apps and recovery codes anew, and say whether an older key is needed.

    To be run when every process of the site has the new key in front of the old ones. Safe beside
    a running site, and to be run again. Ends with an error when something cannot be read.
    """

    help = "Seal authenticator apps and recovery codes with the first key of TOTP_KEYS."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --dry-run."""
        parser.add_argument(
            "--dry-run", action="store_true", help="tell what would be sealed anew, change nothing"
        )

    def handle(self, *, dry_run: bool, **options: Any) -> None:
        """Do it, and say how many seeds and digests were found in which state."""
        tally = rotation.reseal(dry_run=dry_run)
        verb = "Would seal" if dry_run else "Sealed"
        self.stdout.write(f"{verb} {tally.resealed} anew; {tally.current} had the newest key.")
        if tally.unreadable:
            raise CommandError(
                f"{tally.unreadable} cannot be read with any key of TOTP_KEYS: bring back the key"
                " that was taken away."
            )
        if not (dry_run and tally.resealed):
            self.stdout.write("Nothing needs an older key.")
