"""Write values into SQL of our own, and read rows by it, as Django does for its models."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from types import NoneType
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

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


@lru_cache(maxsize=64)
def columns(model: type[models.Model], table: str) -> str:
    """Return the columns of a model's fields, by name, for a SELECT from `table` (or its alias).

    Never `*`: a statement that is prepared with it fails on every connection that was open when a
    migration adds a column to its table.
    """
    quote = connection.ops.quote_name
    names = [quote(str(field.column)) for field in model._meta.concrete_fields]
    return ", ".join(f"{table}.{name}" for name in names)


def insert(*rows: models.Model, otherwise: str = "") -> int:
    """Add new rows of one model by one INSERT, and give them their numbers; return how many.

    It stores what `save` and `bulk_create` store, and builds their statement once. It sends no
    signals and calls no `save`: what a model derives from its fields is to be derived before, and a
    moment that the model sets by itself (`auto_now_add`) must not be one that may be empty.
    `otherwise` says what becomes of rows that the table refuses (ON CONFLICT …); where not all are
    added, none gets its number.
    """
    here = connections[DEFAULT_DB_ALIAS]
    head, end, fields = _insertion_of(type(rows[0]))
    values = [_stored_of(row, *field, here) for row in rows for field in fields]
    row_places = f"({', '.join(['%s'] * len(fields))})"
    places_of_rows = ", ".join([row_places] * len(rows))
    with here.cursor() as cursor:
        cursor.execute(f"{head} {places_of_rows} {otherwise} {end}", values)
        keys = cursor.fetchall()
    if len(keys) == len(rows):
        for row, (key,) in zip(rows, keys, strict=True):
            row.pk = key
            row._state.adding, row._state.db = False, here.alias
    return len(keys)


@lru_cache(maxsize=64)
def _insertion_of(model: type[models.Model]) -> tuple[str, str, list[tuple[Any, str, set[type]]]]:
    """Return how an INSERT begins and ends, and each field with the types it stores as they are."""
    meta, quoted = model._meta, connection.ops.quote_name
    fields = [field for field in meta.concrete_fields if not isinstance(field, models.AutoField)]
    columns = ", ".join(quoted(str(field.column)) for field in fields)
    head = f"INSERT INTO {quoted(meta.db_table)} ({columns}) VALUES"
    end = f"RETURNING {quoted(str(meta.pk.column))}"
    return head, end, [(field, field.attname, _PLAIN.get(type(field), set())) for field in fields]


# Fields of exactly these kinds store values of exactly these types as they are.
_PLAIN: dict[type, set[type]] = {
    models.CharField: {str, NoneType},
    models.EmailField: {str, NoneType},
    models.TextField: {str, NoneType},
    models.BooleanField: {bool, NoneType},
    models.PositiveIntegerField: {int, NoneType},
    models.PositiveSmallIntegerField: {int, NoneType},
    models.JSONField: {NoneType},
    models.DateTimeField: {NoneType},
    models.ForeignKey: {int},
    models.OneToOneField: {int},
}


def _stored_of(
    row: models.Model, field: Any, name: str, plain: set[type], here: BaseDatabaseWrapper
) -> Any:
    """Return what this database keeps of a new row in this field."""
    value = getattr(row, name)
    if type(value) in plain:
        return value
    if value is None and field.is_relation:
        if field.get_cached_value(row, None) is not None:
            raise ValueError(f"What {field.name} refers to has to be stored first.")
        return None
    return field.get_db_prep_save(field.pre_save(row, True), here)


def read(model: type[Row], statement: str, values: Sequence[Any]) -> list[Row]:
    """Return the rows of a statement as objects, as `model.objects.raw` does.

    Which columns are fields, and which values have to be converted, is found once for each
    statement's columns; `raw` asks every column for every statement, which takes longer than
    running it. A column that is no field becomes an attribute.
    """
    here = connections[DEFAULT_DB_ALIAS]
    with here.cursor() as cursor:
        cursor.execute(statement, values)
        names = tuple(column[0] for column in cursor.description)
        rows = [list(row) for row in cursor.fetchall()]
    shape = _shape_of(model, names, here.vendor)
    for place, column in shape.converted:
        converters = _converters_of(column, here)
        for row in rows:
            for convert in converters:
                row[place] = convert(row[place], column, here)
    found = []
    for row in rows:
        made = model.from_db(here.alias, shape.fields, [row[at] for at in shape.places])
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
    here = connections[DEFAULT_DB_ALIAS]
    fields = [field for field in model._meta.concrete_fields if field.column in names]
    columns = {field.column for field in fields}
    read = [(names.index(field.column), field.get_col(model._meta.db_table)) for field in fields]
    return _Shape(
        fields=[field.attname for field in fields],
        places=[place for place, _column in read],
        others=[(name, at) for at, name in enumerate(names) if name not in columns],
        converted=[(place, column) for place, column in read if _converters_of(column, here)],
    )


def _converters_of(column: Any, here: BaseDatabaseWrapper) -> list[Callable[..., Any]]:
    """Return what makes of a column's value that of its field, as Django's compiler does."""
    return [*here.ops.get_db_converters(column), *column.get_db_converters(here)]
