"""Make a restored database fit to be served."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.services import restored


class Command(BaseCommand):
    """Hold the mails, end the sessions, erase again; say how many of each, without names.

    Fails, after it has done everything else, when ERASED_LIST is missing or leaves accounts in
    doubt: an operator must not take the silence for an answer.
    """

    help = (
        "After a backup was restored and before the site is started: hold every waiting mail until "
        "release_mail, end all sessions, erase again whoever was erased since the backup."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take another list of the erased."""
        parser.add_argument(
            "--erased",
            type=Path,
            metavar="FILE",
            help="the list of the erased (default: ERASED_LIST)",
        )

    def handle(self, *, erased: Path | None, **options: Any) -> None:
        """Do it and report."""
        path = erased or (Path(settings.ERASED_LIST) if settings.ERASED_LIST else None)
        is_there = path is not None and path.is_file()
        outcome = restored.make_fit(path if is_there else None)
        self.stdout.write(f"Mails held: {outcome.held} (manage.py release_mail)")
        self.stdout.write(f"Sessions ended: {outcome.ended}")
        self.stdout.write(f"Accounts erased again: {outcome.erased}")
        if not is_there:
            raise CommandError(
                "There is no list of the erased: whoever was erased since the backup is back. "
                "Bring a copy of it (--erased FILE) and run this again."
            )
        if outcome.doubtful:
            numbers = ", ".join(map(str, outcome.doubtful))
            raise CommandError(
                f"The erasure of these accounts was begun, and whether it was done is not known: "
                f"{numbers}. Look at each in the admin; delete it, or leave it to the purge."
            )
