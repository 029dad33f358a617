"""Let the owner of an account take a copy of his data, and tell him that it was taken."""

from datetime import timedelta

from django.db import transaction

from accounts.limits import Limit, undone_on_failure
from accounts.models import AccountEvent, User
from accounts.privacy.copy import Section, read
from accounts.services import events
from accounts.values.visit import Visit

DOWNLOADS = Limit("data-downloads", times=5, window=timedelta(days=1))


def take(user: User, *, visit: Visit) -> list[Section] | None:
    """Return the copy of all that is kept of this account; None when five were taken today.

    All or nothing: no copy without its event and the mail about it, which are in the copy too. Of
    any number of simultaneous calls no more than the limit allows get one.
    """
    with undone_on_failure(), transaction.atomic():
        if not DOWNLOADS.hit(str(user.pk)):
            return None
        events.tell(user, AccountEvent.Kind.DATA_DOWNLOADED, visit=visit)
        return read(user)


def wait(user: User) -> timedelta:
    """Return how long this account has to wait for the next copy; zero when it need not."""
    return DOWNLOADS.wait(str(user.pk))
