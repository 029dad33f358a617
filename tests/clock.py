"""Let time pass for the whole site, without waiting for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from unittest import mock

from django.utils import timezone


@contextmanager
def later(by: timedelta | None = None, **units: float) -> Iterator[None]:
    """Be so much later: `later(minutes=15)`. Inside another one, so much later than that."""
    now, span = timezone.now, by or timedelta(**units)

    def moment() -> datetime:
        return now() + span

    with mock.patch("django.utils.timezone.now", moment):
        yield
