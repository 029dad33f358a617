"""Keep sessions at the price of one statement a request, in the database or in Redis.

Where their rows are says `kantor.serving.session_rows.choice`; with SESSIONS=redis a statement is a
script there.

Django's own store reads through a model instance, asks whether a random key is taken before it
uses it, wraps each UPDATE into a transaction of its own and has the ORM compile the same two
statements anew each time. A registration makes a dozen requests and would pay for all that with
each of them, which is a third of what a step costs (bench/README.md).
"""

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import VALID_KEY_CHARS, CreateError, UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from kantor.serving.randomness import Alphabet
from kantor.serving.session_rows import Row
from kantor.serving.session_rows.choice import rows

if TYPE_CHECKING:
    from kantor.serving.models import Session

_KEY_ALPHABET = Alphabet(VALID_KEY_CHARS)
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
    # Whether the key is a new one, whose row is still to be written.
    _is_new = False

    @classmethod
    def get_model_class(cls) -> "type[Session]":
        from kantor.serving.models import Session

        return Session

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
        if (must_create or self._is_new) and self.session_key is not None:
            self._insert()
            return
        if self.session_key is None:
            self.create()
            return
        if self._loaded is None:
            # A look at the data reads the row, and drops the key where there is none.
            list(self.keys())
            if self._loaded is None:
                raise UpdateError
        ours = dict(self.items())
        while True:
            encoded = self.encode(ours)
            row = Row(encoded, self.get_expiry_date(), _account_of(ours))
            if rows().replace(self.session_key, self._loaded, row):
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
        data = self.__dict__.setdefault("_session_cache", {})
        encoded = self.encode(data)
        row = Row(encoded, self.get_expiry_date(), _account_of(data))
        if not rows().insert(str(self.session_key), row):
            raise CreateError
        self._loaded, self._is_new = encoded, False

    def cycle_key(self) -> None:
        """Go on under a new key: the old row goes now, the new one comes when this is saved.

        Django writes the new row at once, and a second time with what a sign-in puts into it.
        """
        key = self.session_key
        list(self.keys())  # read now: afterwards there is no row of this key
        self._session_key, self._loaded, self._is_new = self._get_new_session_key(), None, True
        self.modified = True
        if key:
            self.delete(key)

    def flush(self) -> None:
        super().flush()
        self._loaded, self._is_new = None, False

    def set_aside(self, is_kept: Callable[[str], bool]) -> str:
        """Leave the row with these of its keys alone, under a name that nobody knows; return that.

        This session goes on empty. Where there is nothing to be kept the row is deleted and the
        name is empty. What is set aside lives as long as it would have anyway.
        """
        list(self.keys())
        while self._loaded is not None:
            kept = {key: value for key, value in self.items() if is_kept(key)}
            if not kept:
                break
            name = self._get_new_session_key()
            row = Row(self.encode(kept), self.get_expiry_date(), None)
            if rows().rename(str(self.session_key), self._loaded, name, row):
                self.clear()
                self._session_key = self._loaded = None
                return name
            # A parallel request has changed the row, or ended it.
            self.refresh()
            self._loaded = None
            list(self.keys())
        self.flush()
        return ""

    def delete(self, session_key: str | None = None) -> None:
        """Delete the row of this key, by default its own; no such row is fine."""
        if key := session_key or self.session_key:
            end_session(key)

    def exists(self, session_key: str) -> bool:
        """Tell whether there is a live row of this key."""
        return rows().read(session_key) is not None

    def end_if_empty(self) -> None:
        """Delete a session that holds nothing any more; its cookie goes with the answer.

        Not if a parallel request has put something into the row meanwhile: then `save` keeps
        that. Otherwise every later page would still ask the table for an empty row.
        """
        if self._loaded is None or list(self.keys()):
            return
        if rows().delete(str(self.session_key), self._loaded) or self._read() is None:
            self._session_key = self._loaded = None

    def _read(self) -> str | None:
        return rows().read(self.session_key)

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
        return _KEY_ALPHABET.random_text(32)


def keys_of(account_id: int) -> list[str]:
    """Return the keys of the live rows in which this account is signed in."""
    return rows().keys_of(account_id)


def end_session(key: str) -> bool:
    """Delete the row of this key; tell whether there was one: of simultaneous calls one says so."""
    return rows().delete(key)


def end_sessions_of(account_id: int, *, but: str | None = None) -> int:
    """Delete every row in which this account is signed in, but one; return how many there were.

    One DELETE in the database, and a step for each in Redis, where they stay ended also if a
    transaction fails after this. A request that works in one of them saves nothing any more.
    """
    return rows().delete_of(account_id, but=but or "")


def end_all_sessions() -> int:
    """Delete every row, of visitors too; return how many there were."""
    return rows().delete_all()


def _account_of(data: dict[str, Any]) -> int | None:
    """Return which account is signed in in a session with this data."""
    account = data.get(SESSION_KEY)
    return None if account is None else int(account)
