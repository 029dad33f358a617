"""Turn off the app and remove the passkeys of a customer who has lost all of them."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.desk import methods
from accounts.models import AccountEvent, User
from accounts.services import events
from accounts.totp import services as totp


class Command(BaseCommand):
    """Leave an account with its password alone; only after the person has proved who it is."""

    help = (
        "Turn off the authenticator app and remove the passkeys of the account with this e-mail "
        "address. Its password alone opens it then: run it only after its owner has proved who "
        "they are. The owner is told by mail. A member of staff needs a new invitation then."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the e-mail address."""
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        """Remove them, all or none, with an event and a mail for each."""
        try:
            user = User.objects.get_by_natural_key(email)
        except User.DoesNotExist:
            raise CommandError("No activated account has this e-mail address.") from None
        if user.is_staff:
            methods.reset(user)
            self.stdout.write(
                f"Account {user}: all methods reset. Its owner needs `staff invite` now."
            )
            return
        kind = AccountEvent.Kind.METHOD_REMOVED
        with transaction.atomic():
            has_app = totp.reset(user)
            if has_app:
                events.tell(user, kind, method="totp")
            count = user.passkeys.count()
            user.passkeys.all().delete()
            for _each in range(count):
                events.tell(user, kind, method="passkey")
        state = "turned off" if has_app else "was not on"
        self.stdout.write(f"Account {user}: app {state}, passkeys removed: {count}")
