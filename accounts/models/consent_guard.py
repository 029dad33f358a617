"""Hold in the database, too, that consents are only ever added, and go with their account.

Triggers refuse every UPDATE of a consent, and every DELETE while its account exists; deleting the
account deletes its consents. So there is one way to erase them, whoever asks: psql, a command, or
the site. TRUNCATE, which PostgreSQL's `flush` uses, is left to whoever owns the tables.
"""

from accounts.models.guard import Guard

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

# An earlier release deletes consents before their account: its tables have no digest.
CONSENTS = Guard(
    model="ConsentRecord",
    field="digest",
    triggers=_TRIGGERS,
    statements={"sqlite": _SQLITE, "postgresql": _POSTGRESQL},
)
