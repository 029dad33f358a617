"""Hold in the database, too, that the audit of staff is only ever added to, and kept six years.

Triggers refuse every UPDATE but the one that seals a row: its empty digest gets a value and nothing
else changes. They refuse every DELETE before six years, by the clock of the database, and on
PostgreSQL every TRUNCATE. `flush` gets round them only where the settings say so: the tests'.
"""

from accounts.models.guard import Guard

TABLE = "accounts_staffevent"
_REFUSAL = "The audit of staff is append-only and kept for six years"
# SQLite has no way to compare whole rows; a test holds that none of the table's columns is missing.
COLUMNS = (
    "id",
    "at",
    "actor",
    "role",
    "session",
    "network",
    "action",
    "customer",
    "reason",
    "before",
    "after",
)
_BOTH = dict.fromkeys(("accounts_events_stay", "accounts_events_last"), TABLE)
_TRIGGERS = {
    # Its REPLACE deletes the row in the way without asking the trigger of DELETE.
    "sqlite": {**_BOTH, "accounts_events_new": TABLE},
    "postgresql": {**_BOTH, "accounts_events_whole": TABLE},
}
_CHANGED = " OR ".join(f'NEW."{column}" IS NOT OLD."{column}"' for column in COLUMNS)
_SQLITE = (
    f"""
    CREATE TRIGGER accounts_events_stay BEFORE UPDATE ON {TABLE}
    WHEN OLD.digest <> '' OR NEW.digest = '' OR {_CHANGED}
    BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END
    """,
    # Moments are stored in UTC, as text that sorts.
    f"""
    CREATE TRIGGER accounts_events_last BEFORE DELETE ON {TABLE}
    WHEN OLD.at > datetime('now', '-6 years')
    BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END
    """,
    f"""
    CREATE TRIGGER accounts_events_new BEFORE INSERT ON {TABLE}
    WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END
    """,  # noqa: S608  names of ours
)
_POSTGRESQL = (
    f"""
    CREATE OR REPLACE FUNCTION accounts_events_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            IF OLD.digest = '' AND NEW.digest <> ''
                AND to_jsonb(NEW) - 'digest' = to_jsonb(OLD) - 'digest' THEN
                RETURN NEW;
            END IF;
        ELSIF TG_OP = 'DELETE' THEN
            IF OLD.at <= now() - interval '6 years' THEN
                RETURN OLD;
            END IF;
        END IF;
        RAISE EXCEPTION '{_REFUSAL}' USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    f"""
    CREATE TRIGGER accounts_events_stay BEFORE UPDATE ON {TABLE}
    FOR EACH ROW EXECUTE FUNCTION accounts_events_refuse()
    """,
    f"""
    CREATE TRIGGER accounts_events_last BEFORE DELETE ON {TABLE}
    FOR EACH ROW EXECUTE FUNCTION accounts_events_refuse()
    """,
    f"""
    CREATE TRIGGER accounts_events_whole BEFORE TRUNCATE ON {TABLE}
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_events_refuse()
    """,
)
EVENTS = Guard(
    model="StaffEvent",
    field="digest",
    triggers=_TRIGGERS,
    statements={"sqlite": _SQLITE, "postgresql": _POSTGRESQL},
)
