"""Write values into SQL of our own, and read rows by it, as Django does for its models."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from django.db import connection, models

Row = TypeVar("Row", bound=models.Model)


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


def read(model: type[Row], statement: str, values: Sequence[object]) -> list[Row]:
    """Return the rows of a statement as objects, as `model.objects.raw` does.

    Which columns are fields, and which values have to be converted, is found once for each
    statement's columns; `raw` asks every column for every statement, which takes longer than
    running it. A column that is no field becomes an attribute.
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        names = tuple(column[0] for column in cursor.description)
        rows = [list(row) for row in cursor.fetchall()]
    shape = _shape_of(model, names, connection.vendor)
    for place, field in shape.converted:
        column, converters = _converters_of(field)
        for row in rows:
            for convert in converters:
                row[place] = convert(row[place], column, connection)
    found = []
    for row in rows:
        made = model.from_db(connection.alias, shape.fields, [row[at] for at in shape.places])
        for name, at in shape.others:
            setattr(made, name, row[at])
        found.append(made)
    return found


class _Shape(NamedTuple):
    """What the columns of a statement are to a model, by their places."""

    fields: list[str]
    places: list[int]
    others: list[tuple[str, int]]
    converted: list[tuple[int, Any]]


@lru_cache(maxsize=64)
def _shape_of(model: type[models.Model], names: tuple[str, ...], _vendor: str) -> _Shape:
    """Find out once what these columns are; `_vendor`, of the database in use, is only the key."""
    fields = [field for field in model._meta.concrete_fields if field.column in names]
    columns = {field.column for field in fields}
    return _Shape(
        fields=[field.attname for field in fields],
        places=[names.index(field.column) for field in fields],
        others=[(name, at) for at, name in enumerate(names) if name not in columns],
        converted=[
            (names.index(field.column), field) for field in fields if _converters_of(field)[1]
        ],
    )


def _converters_of(field: Any) -> tuple[Any, list[Callable[..., Any]]]:
    """Return the column, and what makes of its value the field's, as Django's compiler does."""
    column = field.get_col(field.model._meta.db_table)
    return column, [
        *connection.ops.get_db_converters(column),
        *column.get_db_converters(connection),
    ]
