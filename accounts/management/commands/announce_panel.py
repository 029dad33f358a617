"""Tell those who were promised it that the Transaction Panel is open."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.services import panel


class Command(BaseCommand):
    """Owe the mail to each account that was promised it, once; to be run when PANEL_URL is set."""

    help = "Owe the mail about the open Transaction Panel to those who were promised it, once each."

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it and say how many; refuse while there is nothing to announce."""
        if not settings.PANEL_URL:
            raise CommandError("PANEL_URL is empty: there is nothing to announce yet.")
        self.stdout.write(f"Owed {panel.announce()} mails about the Transaction Panel.")
