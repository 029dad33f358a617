"""Say how long an account may be signed in."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from accounts.models import User


@dataclass(frozen=True)
class Lifetime:
    """How long a session goes on without a request, and how long at all."""

    idle: timedelta
    whole: timedelta

    @property
    def minutes(self) -> int:
        """Return the time without a request in minutes, as pages tell it."""
        return round(self.idle / timedelta(minutes=1))

    @property
    def hours(self) -> int:
        """Return the whole time in hours, as pages tell it."""
        return round(self.whole / timedelta(hours=1))


# Whoever looks after customers has their data before him: no setting makes his session longer.
STAFF = Lifetime(idle=timedelta(minutes=15), whole=timedelta(hours=8))


def lifetime_of(account: User) -> Lifetime:
    """Return the limits of this account's sessions, as the settings have them now."""
    usual = Lifetime(
        idle=timedelta(minutes=settings.SESSION_IDLE_MINUTES),
        whole=timedelta(hours=settings.SESSION_HOURS),
    )
    if not account.is_staff:
        return usual
    return Lifetime(idle=min(usual.idle, STAFF.idle), whole=min(usual.whole, STAFF.whole))
