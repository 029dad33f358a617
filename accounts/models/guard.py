"""Put up, and lift, the triggers by which the database itself refuses what the site never does.

SQLite alters a table by building it anew, and neither keeps its triggers nor renames a table that
others' triggers name. So they are lifted before migrations and put up after them, on both
databases alike; the nightly checks tell when one is missing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True)
class Guard:
    """The triggers of one purpose: their statements, and the table of each, by database.

    They need the tables of a release in which `model` has `field`.
    """

    model: str
    field: str
    triggers: Mapping[str, Mapping[str, str]]
    statements: Mapping[str, Sequence[str]]

    def is_up(self, using: str = DEFAULT_DB_ALIAS) -> bool:
        """Tell whether every trigger is in its place and on."""
        connection = connections[using]
        wanted = self.triggers[connection.vendor]
        if connection.vendor == "sqlite":
            statement = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        else:
            tables = ", ".join(f"'{table}'::regclass" for table in sorted(set(wanted.values())))
            # One that is switched off (ALTER TABLE … DISABLE TRIGGER) does not count.
            statement = (
                "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"  # noqa: S608  names of ours
                f" AND tgrelid IN ({tables})"
            )
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return set(wanted) <= {name for (name,) in cursor.fetchall()}

    def put_up(self, using: str = DEFAULT_DB_ALIAS) -> None:
        """Make the triggers, all of them or none; nothing happens where they stand."""
        if not self.is_up(using):
            with transaction.atomic(using):
                self.lift(using)
                _run(connections[using], self.statements[connections[using].vendor])

    def lift(self, using: str = DEFAULT_DB_ALIAS) -> None:
        """Take the triggers away; whoever does this puts them up again."""
        connection = connections[using]
        triggers = self.triggers[connection.vendor]
        if connection.vendor == "sqlite":
            _run(connection, (f"DROP TRIGGER IF EXISTS {name}" for name in triggers))
        else:
            found = connection.introspection.table_names()
            _run(
                connection,
                (
                    f"DROP TRIGGER IF EXISTS {name} ON {table}"
                    for name, table in triggers.items()
                    if table in found
                ),
            )

    @contextmanager
    def lifted(self, using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
        """Do something without the triggers, and put them up again whatever happens."""
        self.lift(using)
        try:
            yield
        finally:
            self.put_up(using)

    def before_migrations(self, *, using: str, plan: Any = (), **kwargs: Any) -> None:
        """Lift the guard when there is a migration to run (`pre_migrate`)."""
        if plan:
            self.lift(using)

    def after_migrations(self, *, using: str, apps: Any = apps, **kwargs: Any) -> None:
        """Put up the guard where the tables are as it needs them (`post_migrate`)."""
        try:
            guarded = apps.get_model("accounts", self.model)
        except LookupError:
            return
        if any(field.name == self.field for field in guarded._meta.get_fields()):
            self.put_up(using)


def _run(connection: BaseDatabaseWrapper, statements: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
