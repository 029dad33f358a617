"""Keep sessions in Django's table, by one statement a step."""

from typing import Any

from django.db import connection
from django.utils import timezone

from kantor.serving.session_rows import Row
from kantor.serving.sql import stored


class InDatabase:
    """Rows of the table; what a transaction ended goes on where it is rolled back."""

    def read(self, key: str | None) -> str | None:
        """Return the data of the live row of this key."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT session_data FROM django_session"
                " WHERE session_key = %s AND expire_date > %s",
                [key, stored(timezone.now())],
            )
            row: tuple[str] | None = cursor.fetchone()
        return row[0] if row else None

    def insert(self, key: str, row: Row) -> bool:
        """Write a new row; false where the key is taken."""
        return self._changes(
            "INSERT INTO django_session (session_key, session_data, expire_date, account_id)"
            " VALUES (%s, %s, %s, %s) ON CONFLICT (session_key) DO NOTHING",
            [key, row.data, stored(row.ends_at), row.account],
        )

    def replace(self, key: str, old: str, row: Row) -> bool:
        """Write the row if its data are still the old ones."""
        return self._changes(
            "UPDATE django_session SET session_data = %s, expire_date = %s, account_id = %s"
            " WHERE session_key = %s AND session_data = %s",
            [row.data, stored(row.ends_at), row.account, key, old],
        )

    def rename(self, key: str, old: str, name: str, row: Row) -> bool:
        """Move the row to another key, with other data; it ends when it would have anyway."""
        return self._changes(
            "UPDATE django_session SET session_key = %s, session_data = %s,"
            " account_id = NULL WHERE session_key = %s AND session_data = %s",
            [name, row.data, key, old],
        )

    def delete(self, key: str, old: str | None = None) -> bool:
        """Delete the row, with `old` only if those are its data."""
        if old is None:
            return self._changes("DELETE FROM django_session WHERE session_key = %s", [key])
        return self._changes(
            "DELETE FROM django_session WHERE session_key = %s AND session_data = %s", [key, old]
        )

    def keys_of(self, account: int) -> list[str]:
        """Return the keys of the live rows of this account."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT session_key FROM django_session WHERE account_id = %s AND expire_date > %s",
                [account, stored(timezone.now())],
            )
            return [key for (key,) in cursor.fetchall()]

    def delete_of(self, account: int, *, but: str) -> int:
        """Delete every row of this account but one; one DELETE."""
        return self._changed(
            "DELETE FROM django_session WHERE account_id = %s AND session_key <> %s",
            [account, but],
        )

    def delete_all(self) -> int:
        """Delete every row."""
        return self._changed("DELETE FROM django_session", [])

    def _changes(self, statement: str, values: list[Any]) -> bool:
        return bool(self._changed(statement, values))

    def _changed(self, statement: str, values: list[Any]) -> int:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return int(cursor.rowcount)
