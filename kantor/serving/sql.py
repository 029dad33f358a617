"""Write values into SQL of our own as Django writes them into the columns of a model."""

from datetime import UTC, datetime
from uuid import UUID

from django.db import connection


def stored(moment: datetime) -> str | datetime | None:
    """Return what this database keeps in a DateTimeField for an aware moment."""
    adapted: str | datetime | None = connection.ops.adapt_datetimefield_value(moment)
    return adapted


def read_moment(kept: str | datetime) -> datetime:
    """Return the aware moment that a DateTimeField keeps: SQLite keeps text, in UTC."""
    moment = datetime.fromisoformat(kept) if isinstance(kept, str) else kept
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def stored_id(value: UUID) -> str | UUID:
    """Return what this database keeps in a UUIDField; `str` of it makes the UUID again."""
    return value if connection.features.has_native_uuid_field else value.hex


def places(values: list[str] | list[str | UUID]) -> str:
    """Return as many placeholders as there are values, for IN (…)."""
    return ", ".join(["%s"] * len(values))
