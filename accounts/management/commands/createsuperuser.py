"""Make an administrator; the password is judged here as well, and a link leads to a method."""

import os
from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import CommandError

from accounts.desk import invites
from accounts.models import User


class Command(createsuperuser.Command):
    """Django's command, but that it judges a password of the environment too, and prints a link.

    The password alone lets nobody in: the link leads to the first passkey or app.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuse a weak DJANGO_SUPERUSER_PASSWORD before anything is made."""
        password = os.environ.get("DJANGO_SUPERUSER_PASSWORD")
        if not options["interactive"] and password is not None:
            try:
                validate_password(password, User(email=options["email"] or ""))
            except ValidationError as error:
                raise CommandError("\n".join(error.messages)) from error
        super().handle(*args, **options)
        link = invites.renew(User.objects.filter(is_superuser=True).latest("pk"))
        self.stdout.write(f"Add the first method of signing in, once, within 24 hours:\n{link}")
