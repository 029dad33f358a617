"""Hold in the database, too, that consents are only ever added, and go with their account.

Triggers refuse every UPDATE of a consent, and every DELETE while its account exists; deleting the
account deletes its consents. So there is one way to erase them, whoever asks: psql, a command, or
the site. TRUNCATE, which PostgreSQL's `flush` uses, is left to whoever owns the tables.

SQLite alters a table by building it anew, and neither keeps its triggers nor renames a table that
others' triggers name. So they are lifted before migrations and put up after them, on both
databases alike; `verify_consents` tells when one is missing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

# The table of each trigger.
_BOTH = {
    "accounts_consents_stay": "accounts_consentrecord",
    "accounts_consents_outlast": "accounts_consentrecord",
    "accounts_consents_go": "accounts_user",
}
_TRIGGERS = {
    # Its REPLACE deletes the row in the way without asking the trigger of DELETE.
    "sqlite": {**_BOTH, "accounts_consents_new": "accounts_consentrecord"},
    "postgresql": _BOTH,
}

_SQLITE = (
    """
    CREATE TRIGGER accounts_consents_stay BEFORE UPDATE ON accounts_consentrecord
    BEGIN SELECT RAISE(ABORT, 'Consents are append-only and go with their account'); END
    """,
    """
    CREATE TRIGGER accounts_consents_outlast BEFORE DELETE ON accounts_consentrecord
    WHEN EXISTS (SELECT 1 FROM accounts_user WHERE id = OLD.user_id)
    BEGIN SELECT RAISE(ABORT, 'Consents are append-only and go with their account'); END
    """,
    """
    CREATE TRIGGER accounts_consents_new BEFORE INSERT ON accounts_consentrecord
    WHEN EXISTS (SELECT 1 FROM accounts_consentrecord WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'Consents are append-only and go with their account'); END
    """,
    """
    CREATE TRIGGER accounts_consents_go AFTER DELETE ON accounts_user
    BEGIN DELETE FROM accounts_consentrecord WHERE user_id = OLD.id; END
    """,
)
_POSTGRESQL = (
    """
    CREATE OR REPLACE FUNCTION accounts_consents_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            IF NOT EXISTS (SELECT 1 FROM accounts_user WHERE id = OLD.user_id) THEN
                RETURN OLD;
            END IF;
        END IF;
        RAISE EXCEPTION 'Consents are append-only and go with their account'
            USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    """
    CREATE OR REPLACE FUNCTION accounts_consents_erase() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM accounts_consentrecord WHERE user_id = OLD.id;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER accounts_consents_stay BEFORE UPDATE ON accounts_consentrecord
    FOR EACH ROW EXECUTE FUNCTION accounts_consents_refuse()
    """,
    """
    CREATE TRIGGER accounts_consents_outlast BEFORE DELETE ON accounts_consentrecord
    FOR EACH ROW EXECUTE FUNCTION accounts_consents_refuse()
    """,
    """
    CREATE TRIGGER accounts_consents_go AFTER DELETE ON accounts_user
    FOR EACH ROW EXECUTE FUNCTION accounts_consents_erase()
    """,
)
_STATEMENTS = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}
_NAMES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    # One that is switched off (ALTER TABLE … DISABLE TRIGGER) does not count.
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    " AND tgrelid IN ('accounts_consentrecord'::regclass, 'accounts_user'::regclass)",
}


def is_up(using: str = DEFAULT_DB_ALIAS) -> bool:
    """Tell whether every trigger is in its place and on."""
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute(_NAMES[connection.vendor])
        return set(_TRIGGERS[connection.vendor]) <= {name for (name,) in cursor.fetchall()}


def put_up(using: str = DEFAULT_DB_ALIAS) -> None:
    """Make the triggers, all of them or none; nothing happens where they stand."""
    if not is_up(using):
        with transaction.atomic(using):
            lift(using)
            _run(connections[using], _STATEMENTS[connections[using].vendor])


def lift(using: str = DEFAULT_DB_ALIAS) -> None:
    """Take the triggers away; whoever does this puts them up again."""
    connection = connections[using]
    triggers = _TRIGGERS[connection.vendor]
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
def lifted(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Do something without the triggers, and put them up again whatever happens."""
    lift(using)
    try:
        yield
    finally:
        put_up(using)


def before_migrations(*, using: str, plan: Any = (), **kwargs: Any) -> None:
    """Lift the guard when there is a migration to run (`pre_migrate`)."""
    if plan:
        lift(using)


def after_migrations(*, using: str, apps: Any = apps, **kwargs: Any) -> None:
    """Put up the guard where the tables are as it needs them (`post_migrate`)."""
    try:
        record = apps.get_model("accounts", "ConsentRecord")
    except LookupError:
        return
    # An earlier release deletes consents before their account.
    if any(field.name == "digest" for field in record._meta.get_fields()):
        put_up(using)


def _run(connection: BaseDatabaseWrapper, statements: Any) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
