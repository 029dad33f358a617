"""Empty the tables although consents and the audit of staff outlast almost everything."""

from contextlib import ExitStack
from typing import Any

from django.conf import settings
from django.core.management import CommandError
from django.core.management.commands import flush
from django.db import connections

from accounts.models import StaffEvent
from accounts.models.consent_guard import CONSENTS
from accounts.models.event_guard import EVENTS


class Command(flush.Command):
    """Do what Django's command does; it asks before, and whoever runs it means every row.

    But the audit of staff: only tests may empty that (AUDIT_CAN_BE_FLUSHED).
    """

    def handle(self, **options: Any) -> None:
        """Lift the guards meanwhile, where they stand; refuse where there is an audit to keep."""
        using = options["database"]
        if not settings.AUDIT_CAN_BE_FLUSHED and StaffEvent.objects.using(using).exists():
            raise CommandError("There is an audit of staff, which is kept for six years.")
        # PostgreSQL's TRUNCATE runs no triggers of rows.
        is_by_row = connections[using].vendor == "sqlite"
        with ExitStack() as lifted:
            for guard in (CONSENTS, EVENTS) if is_by_row else (EVENTS,):
                if guard.is_up(using):
                    lifted.enter_context(guard.lifted(using))
            super().handle(**options)
