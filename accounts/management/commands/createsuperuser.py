"""Make a member of staff who may do everything; the password is judged here as well."""

import os
from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import CommandError

from accounts.models import User


class Command(createsuperuser.Command):
    """Django's command, which judges a password that is typed but not one of the environment."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuse a weak DJANGO_SUPERUSER_PASSWORD before anything is made."""
        password = os.environ.get("DJANGO_SUPERUSER_PASSWORD")
        if not options["interactive"] and password is not None:
            try:
                validate_password(password, User(email=options["email"] or ""))
            except ValidationError as error:
                raise CommandError("\n".join(error.messages)) from error
        super().handle(*args, **options)
