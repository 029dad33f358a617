"""Find the account that an e-mail address and a password open."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models import F
from django.http import HttpRequest

from accounts.models import User
from accounts.values import email as email_address


class EmailBackend(ModelBackend):
    """Sign in by e-mail, in any spelling of it, with the same work whatever is found.

    Exactly one password hash is computed for an active, suspended, pending or unknown address,
    so time tells nothing.
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


def find_by_credentials(email: str, password: str) -> User | None:
    """Return the account of this address whose password this is, whatever its state.

    The activated account comes first, then the newest pending one; the caller looks at the
    state. One hash is computed in every case.
    """
    user = (
        User.objects.filter(email_key=email_address.normalise(email))
        .order_by(F("activated_at").desc(nulls_last=True), "-created_at")
        .first()
    )
    if user is None:
        User().set_password(password)
        return None
    return user if user.check_password(password) else None
