"""Look after the accounts of staff from the server: `staff invite EMAIL --role ROLE`."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from accounts.desk import invites
from accounts.desk.roles import Role


class Command(BaseCommand):
    """Invite a member of staff."""

    help = "Make an account of staff and print the link to its password and first method."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to do, the address and the role."""
        actions = parser.add_subparsers(dest="action", required=True)
        invite = actions.add_parser("invite", help="print a link that works once, for 24 hours")
        invite.add_argument("email")
        invite.add_argument("--role", required=True, choices=Role.values)

    def handle(self, *args: Any, email: str, role: str, **options: Any) -> None:
        """Print the link; it is nowhere else."""
        try:
            validate_email(email)
            link = invites.invite(email, Role(role))
        except ValidationError:
            raise CommandError("This is not an e-mail address.") from None
        except invites.RefusedError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Hand this link over. It works once, for 24 hours:\n{link}")
