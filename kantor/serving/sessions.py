"""Keep sessions in the database at the price of one statement a request.

Django's own store reads through a model instance, asks whether a random key is taken before it
uses it, wraps each UPDATE into a transaction of its own and has the ORM compile the same two
statements anew each time. A registration makes a dozen requests and would pay for all that with
each of them, which is a third of what a step costs (bench/README.md).
"""

import json
import re
from typing import Any

from django.contrib.sessions.backends.base import VALID_KEY_CHARS, CreateError, UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import connection
from django.utils import timezone
from django.utils.crypto import get_random_string

from kantor.serving.sql import stored

_KEY = re.compile(f"[{VALID_KEY_CHARS}]{{32}}")


class CompactSerializer:
    """Write JSON without blanks and escapes: Polish letters cost two bytes instead of six."""

    def dumps(self, obj: Any) -> bytes:
        """Return the session's data as UTF-8 JSON."""
        return json.dumps(obj, separators=(",", ":"), ensure_ascii=False).encode(
            "utf-8", "surrogatepass"
        )

    def loads(self, data: bytes) -> Any:
        """Return the session's data from UTF-8 JSON."""
        return json.loads(data.decode("utf-8", "surrogatepass"))


class SessionStore(DatabaseStore):
    """Read and write a session row by single statements, without losing a parallel request's part.

    Two tabs share one session and may save it at the same moment. A save therefore changes the
    row only if it is still the one that was read; otherwise the top-level keys that this request
    changed are laid over the newer row. A row that is gone raises `UpdateError`, as in Django's
    own store, so a wiped session is never brought back by a slower request.
    """

    _loaded: str | None = None

    def _validate_session_key(self, key: str | None) -> bool:
        """Tell whether this can be a key of ours: PostgreSQL raises on a cookie with NUL."""
        return bool(key) and _KEY.fullmatch(key or "") is not None

    def load(self) -> dict[str, Any]:
        """Return the data of the live row, or start afresh without adopting the asked key."""
        row = self._read()
        if row is None:
            self._session_key = None
            return {}
        self._loaded = row
        return self.decode(row)

    def refresh(self) -> None:
        """Forget what was read: the next look reads the row as it is now. Changes are lost."""
        self.__dict__.pop("_session_cache", None)

    def save(self, must_create: bool = False) -> None:
        """Insert a new row, or update the one of this key in a single statement."""
        if must_create and self.session_key is not None:
            self._insert()
            return
        if self.session_key is None or self._loaded is None:
            super().save(must_create=must_create)
            return
        ours = dict(self.items())
        while True:
            encoded = self.encode(ours)
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE django_session SET session_data = %s, expire_date = %s"
                    " WHERE session_key = %s AND session_data = %s",
                    [encoded, stored(self.get_expiry_date()), self.session_key, self._loaded],
                )
                updated = cursor.rowcount
            if updated:
                self._loaded = encoded
                return
            newer = self._read()
            if newer is None:
                raise UpdateError
            ours = self._laid_over(newer, ours)
            self._loaded = newer

    def _insert(self) -> None:
        """Write the row of a new key. Raises CreateError when the key is taken."""
        # From here on empty, not unread: the expiry asks the data, and reading a row that does
        # not exist yet would drop the key.
        encoded = self.encode(self.__dict__.setdefault("_session_cache", {}))
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO django_session (session_key, session_data, expire_date)"
                " VALUES (%s, %s, %s) ON CONFLICT (session_key) DO NOTHING",
                [self.session_key, encoded, stored(self.get_expiry_date())],
            )
            inserted = cursor.rowcount
        if not inserted:
            raise CreateError
        self._loaded = encoded

    def delete(self, session_key: str | None = None) -> None:
        """Delete the row of this key, by default its own; no such row is fine."""
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM django_session WHERE session_key = %s",
                [session_key or self.session_key],
            )

    def end_if_empty(self) -> None:
        """Delete a session that holds nothing any more; its cookie goes with the answer.

        Not if a parallel request has put something into the row meanwhile: then `save` keeps
        that. Otherwise every later page would still ask the table for an empty row.
        """
        if self._loaded is None or list(self.keys()):
            return
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM django_session WHERE session_key = %s AND session_data = %s",
                [self.session_key, self._loaded],
            )
            deleted = cursor.rowcount
        if deleted or self._read() is None:
            self._session_key = self._loaded = None

    def _read(self) -> str | None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT session_data FROM django_session"
                " WHERE session_key = %s AND expire_date > %s",
                [self.session_key, stored(timezone.now())],
            )
            row: tuple[str] | None = cursor.fetchone()
        return row[0] if row else None

    def _laid_over(self, newer: str, ours: dict[str, Any]) -> dict[str, Any]:
        """Return the newer row's data with the keys that this request changed or removed.

        What the other request removed stays removed: an attempt that was finished or cancelled
        is not brought back by a slower request of its own.
        """
        before = self.decode(self._loaded or "")
        merged: dict[str, Any] = self.decode(newer)
        for key in before.keys() - ours.keys():
            merged.pop(key, None)
        for key, value in ours.items():
            if key not in before or (key in merged and before[key] != value):
                merged[key] = value
        return merged

    def _get_new_session_key(self) -> str:
        # 160 random bits need no question to the table whether they are taken; create() tries
        # the next key when the INSERT meets an existing one.
        return get_random_string(32, VALID_KEY_CHARS)
