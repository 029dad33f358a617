"""Copy the database into a file, and make sure that it can be read again."""

import os
import sqlite3
import subprocess
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from accounts.models import NightlyFact

KEPT = 14


class Command(BaseCommand):
    """Write one more backup into a folder and let go of the oldest; `/healthz` tells of it.

    PostgreSQL by `pg_dump`, read again by `pg_restore --list`; SQLite by VACUUM INTO, read again by
    `quick_check`. A file has its final name only once it was read. Nothing older is removed
    by a backup that failed. The site goes on meanwhile.
    """

    help = "Back up the database into a folder, check the file, keep the newest ones."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the folder and how many to keep."""
        parser.add_argument("folder", type=Path)
        parser.add_argument("--keep", type=int, default=KEPT, help=f"default: {KEPT}")

    def handle(self, *, folder: Path, keep: int, **options: Any) -> None:
        """Make one, check it, and only then remove old ones."""
        if keep < 1:
            raise CommandError("--keep is at least 1.")
        is_postgres = connection.vendor == "postgresql"
        ending = ".dump" if is_postgres else ".sqlite3"
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
        part = folder / f"kantor-{now}.part"
        try:
            # Only for whoever makes it: it holds every customer.
            os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            try:
                _dump(part) if is_postgres else _copy(part)
                with part.open("rb") as file:
                    os.fsync(file.fileno())
                made = part.rename(part.with_suffix(ending))
            finally:
                part.unlink(missing_ok=True)
        except (OSError, sqlite3.Error, subprocess.CalledProcessError) as error:
            NightlyFact.record(NightlyFact.Name.BACKUP, is_well=False)
            told = (getattr(error, "stderr", None) or str(error)).strip()
            raise CommandError(f"No backup was made: {told}") from error
        NightlyFact.record(NightlyFact.Name.BACKUP)
        for old in sorted(folder.glob(f"kantor-*{ending}"))[:-keep]:
            old.unlink()
        self.stdout.write(f"{made} ({made.stat().st_size} bytes)")


def _dump(path: Path) -> None:
    database = settings.DATABASES["default"]
    # The password by the environment: arguments are seen by everybody on the machine.
    environment = os.environ | {
        name: str(value)
        for name, value in (
            ("PGHOST", database.get("HOST")),
            ("PGPORT", database.get("PORT")),
            ("PGUSER", database.get("USER")),
            ("PGPASSWORD", database.get("PASSWORD")),
            ("PGDATABASE", connection.settings_dict["NAME"]),
        )
        if value
    }
    for command in (
        ["pg_dump", "--format=custom", "--no-owner", f"--file={path}"],
        ["pg_restore", "--list", str(path)],
    ):
        subprocess.run(  # noqa: S603  a program of PostgreSQL with a path of the operator's
            command, env=environment, check=True, capture_output=True, text=True
        )


def _copy(path: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(path)])
    with closing(sqlite3.connect(path)) as copy:
        (told,) = copy.execute("PRAGMA quick_check").fetchone()
    if told != "ok":
        raise sqlite3.DatabaseError(told)
