"""Close accounts as their owners do, and read the mail with the way back."""

from typing import Any

from accounts.closing import services
from accounts.models import Kind, ReviewState, User
from accounts.values.visit import NOBODY
from tests.factories import activated, decide
from tests.letters import newest_path


def approved(kind: str = Kind.PERSON, **details: Any) -> User:
    """Return the account of a customer whose data staff have approved."""
    user = activated(kind, **details)
    decide(user, ReviewState.APPROVED)
    return User.objects.get(pk=user.pk)


def close(user: User) -> User:
    """Close this account and return it as it is now."""
    assert services.close(user, visit=NOBODY)
    return User.objects.get(pk=user.pk)


def closed(**details: Any) -> User:
    """Return an account that its owner has closed just now."""
    return close(activated(**details))


def reopening_path(user: User) -> str:
    """Return the path of the way back in the newest mail that has one."""
    return newest_path(user.email, "/konto/przywroc/")
