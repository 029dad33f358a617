-- Two roles and their limits, for a new server. Run once, as a superuser, in the database:
--   sudo -u postgres psql -v ON_ERROR_STOP=1 -f deploy/postgresql.sql kantor
-- Then give both a password: \password kantor and \password kantor_owner.
--
-- kantor_owner migrates: it owns the tables and has all the time it needs, and makes the scratch
-- database of deploy/restore-drill. kantor is the site: it reads and writes rows, and cannot alter
-- or empty a table, nor lift the triggers that guard consents and audit. Both may be run again.

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kantor_owner') THEN
    CREATE ROLE kantor_owner LOGIN;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kantor') THEN
    CREATE ROLE kantor LOGIN;
  END IF;
END
$$;

ALTER ROLE kantor_owner CREATEDB;

-- A visitor waits ten seconds at most, and a lock three: then the site says when to come back.
ALTER ROLE kantor SET statement_timeout = '10s';
ALTER ROLE kantor SET lock_timeout = '3s';
ALTER ROLE kantor SET idle_in_transaction_session_timeout = '15s';
-- A migration waits for its lock two seconds, is tried again, and holds nobody up meanwhile.
ALTER ROLE kantor_owner SET lock_timeout = '2s';

-- A statement that is refused is logged with its values: addresses, hashes of passwords. The site
-- logs what went wrong itself, without them.
ALTER ROLE kantor SET log_min_error_statement = 'panic';
ALTER ROLE kantor_owner SET log_min_error_statement = 'panic';
ALTER ROLE kantor SET log_parameter_max_length_on_error = 0;
ALTER ROLE kantor_owner SET log_parameter_max_length_on_error = 0;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO kantor_owner;
GRANT USAGE ON SCHEMA public TO kantor;
-- What stands already, and what kantor_owner will make.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO kantor;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO kantor;
ALTER DEFAULT PRIVILEGES FOR ROLE kantor_owner IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO kantor;
ALTER DEFAULT PRIVILEGES FOR ROLE kantor_owner IN SCHEMA public
  GRANT USAGE, SELECT ON SEQUENCES TO kantor;
