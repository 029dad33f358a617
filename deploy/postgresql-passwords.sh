#!/bin/bash
# Give both roles the passwords that stand in their addresses; PostgreSQL's container runs it once,
# after postgresql.sql (compose.yaml). Passwords of letters and digits: addresses escape other signs.
set -euo pipefail
for role in kantor kantor_owner; do
  file=/run/secrets/database_url
  [ "$role" = kantor ] || file=/run/secrets/owner_database_url
  password=$(sed -n "s|^[a-z]*://$role:\([A-Za-z0-9]*\)@.*|\1|p" "$file")
  [ -n "$password" ] || { echo "No password of letters and digits for $role in $file" >&2; exit 1; }
  # By standard input: arguments of a program can be read by everybody on the machine.
  psql --set ON_ERROR_STOP=1 --quiet --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    <<<"ALTER ROLE $role PASSWORD '$password';"
done
