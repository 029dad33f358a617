"""Write values into SQL of our own as Django writes them into the columns of a model."""

from datetime import datetime

from django.db import connection


def stored(moment: datetime) -> str | datetime | None:
    """Return what this database keeps in a DateTimeField for an aware moment."""
    adapted: str | datetime | None = connection.ops.adapt_datetimefield_value(moment)
    return adapted
