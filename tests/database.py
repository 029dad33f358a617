"""The test database on SQLite: migrated once for many runs, put back whole after a test.

Sixty migrations take seconds at each start, and Django puts back what they wrote (hundreds of
permissions) row by row before each test that commits: longer than most of those tests take. SQLite
copies a whole database, page by page, in milliseconds. On PostgreSQL all is done Django's way.
"""

import hashlib
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.db.backends.sqlite3.creation import DatabaseCreation

ROOT = Path(__file__).resolve().parent.parent
# What migrations are made of. They import nothing else of ours: a test holds that.
SOURCES = ("accounts/migrations", "accounts/models", "accounts/values")
# Where SQLite writes in a file's head whether it keeps a log beside it (its "WAL" mode).
_MODE = slice(18, 20)
_WITHOUT_LOG = b"\x01\x01"


class KeptDatabase(DatabaseCreation):
    """Create the test database from a migrated one; keep its first state as an image."""

    def create_test_db(self, *args: Any, **kwargs: Any) -> str:
        """Create it, and keep it for the next run if no kept one was there."""
        name = super().create_test_db(*args, **kwargs)
        if not migrated().exists():
            _keep(self.serialize_db_to_string())
        return name

    def _create_test_db(self, verbosity: int, autoclobber: bool, keepdb: bool = False) -> str:
        """Begin with the kept database: `migrate`, which follows, finds nothing left to do.

        All that follows a migration (permissions, the triggers that guard consents) is done anew.
        """
        name: str = super()._create_test_db(verbosity, autoclobber, keepdb)  # type: ignore[misc]
        if not keepdb and (kept := _kept()):
            with closing(sqlite3.connect(name)) as database:
                _restore(kept, database)
        return name

    def serialize_db_to_string(self) -> bytes:  # type: ignore[override]
        """Return an image of the database: bytes, where Django has a string to hand on."""
        self.connection.ensure_connection()
        with closing(sqlite3.connect(":memory:")) as copy:
            self.connection.connection.backup(copy)
            image = bytearray(copy.serialize())
        # One in memory has no log, and none can be opened there that wants one.
        image[_MODE] = _WITHOUT_LOG
        return bytes(image)

    def deserialize_db_from_string(self, data: bytes) -> None:  # type: ignore[override]
        """Put the database back as the image shows it."""
        self.connection.ensure_connection()
        _restore(data, self.connection.connection)


def migrated(root: Path = ROOT) -> Path:
    """Return where a database is kept that is migrated as today's would be.

    Its name is a digest of all that makes it so: there is no other database by that name.
    """
    digest = hashlib.sha256()
    for part in _what_counts(root):
        digest.update(part)
        digest.update(b"\0")
    return root / "var" / f"migrated-{digest.hexdigest()[:24]}.sqlite3"


def begin(file: Path) -> None:
    """Give a site in a process of its own the kept database to begin with, if there is one.

    Its `migrate` then has little left to do; what it does from nothing is tried by `test_release`.
    """
    if kept := _kept():
        file.write_bytes(kept)


def _what_counts(root: Path) -> Iterator[bytes]:
    """Yield the sources of the migrations, what is installed, and the settings of the models."""
    for folder in SOURCES:
        for file in sorted((root / folder).rglob("*.py")):
            yield str(file.relative_to(root)).encode()
            yield file.read_bytes()
    installed = Path(django.__file__).parent.parent
    yield from sorted(each.name.encode() for each in installed.glob("*.dist-info"))
    yield repr((sys.version, sqlite3.sqlite_version)).encode()
    yield repr((settings.INSTALLED_APPS, settings.AUTH_USER_MODEL)).encode()
    yield repr((settings.DEFAULT_AUTO_FIELD, settings.DATABASES["default"]["OPTIONS"])).encode()


def _kept() -> bytes | None:
    try:
        return migrated().read_bytes()
    except FileNotFoundError:
        return None


def _keep(image: bytes) -> None:
    """Write the image under its name, whole or not at all, and forget those of other sources."""
    target = migrated()
    for old in target.parent.glob("migrated-*.sqlite3"):
        old.unlink(missing_ok=True)
    unfinished = target.with_suffix(f".{os.getpid()}")
    unfinished.write_bytes(image)
    unfinished.replace(target)


def _restore(image: bytes, database: sqlite3.Connection) -> None:
    with closing(sqlite3.connect(":memory:")) as copy:
        copy.deserialize(image)
        copy.backup(database)
