"""Let Django find the account that an e-mail address and a password open."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from accounts.models import User
from accounts.services.credentials import find_by_credentials


class EmailBackend(ModelBackend):
    """Sign in by e-mail, in any spelling of it, with the same work whatever is found.

    A refusal costs the same for an active, suspended, pending or unknown address.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        """Return the active account that these credentials open, or nothing."""
        user = find_by_credentials(username or "", password or "")
        return user if user is not None and self.user_can_authenticate(user) else None
