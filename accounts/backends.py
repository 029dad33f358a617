"""Find the account that an e-mail address and a password open."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models import F
from django.http import HttpRequest

from accounts.models import User
from accounts.values import email as email_address

CANDIDATES = 2


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


def find_by_credentials(email: str, password: str) -> User | None:
    """Return the account of this address that this password opens, whatever its state.

    Looked at are the activated account, if there is one, and the newest pending one, never a
    second pending one in the other's place: a stranger who registers somebody's address once or
    twice and signs in with his own passwords must be told the same whether its owner is a
    customer or not. Whoever is not let in has cost two hashes, so time tells nothing either.
    """
    rows = list(
        User.objects.filter(email_key=email_address.normalise(email)).order_by(
            F("activated_at").desc(nulls_last=True),
            # What staff closed before its activation opens nothing and hides nothing.
            F("suspended_at").asc(nulls_first=True),
            "-created_at",
        )[:CANDIDATES]
    )
    candidates = [user for user in rows if user.activated_at is not None]
    candidates += [user for user in rows if user.activated_at is None][:1]
    found = None
    for user in candidates:
        if user.check_password(password):
            if user.is_active:
                return user
            found = found or user
    for _missing in range(CANDIDATES - len(candidates)):
        User().set_password(password)
    return found
