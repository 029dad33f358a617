"""The test database itself: what is kept of one run for the next is never another's."""

import ast
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import SimpleTestCase, TransactionTestCase

from accounts.models import ConsentRecord, User
from tests.database import ROOT, SOURCES, migrated
from tests.factories import activated


def imported(module: Path) -> set[str]:
    """Return the names of our modules that this one imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{each.name}" for each in node.names} | {str(node.module)}
        elif isinstance(node, ast.Import):
            names |= {each.name for each in node.names}
    return {name for name in names if name.partition(".")[0] in ("accounts", "kantor", "tests")}


class NameTests(SimpleTestCase):
    """The name of a kept database says all that it was made of."""

    def test_migrations_are_made_of_nothing_else_of_ours(self) -> None:
        """What they import, and what that imports, lies in the folders that are counted."""
        waiting = {each for folder in SOURCES[:1] for each in (ROOT / folder).glob("*.py")}
        seen: set[Path] = set()
        while waiting:
            module = waiting.pop()
            seen.add(module)
            for name in imported(module):
                path = ROOT / name.replace(".", "/")
                for found in (path.with_suffix(".py"), path / "__init__.py"):
                    if found.exists() and found not in seen:
                        assert str(found.relative_to(ROOT)).startswith(SOURCES), (module, name)
                        waiting.add(found)
        assert len(seen) > 36, "The migrations and what two of them import"

    def test_is_another_for_any_other_source(self) -> None:
        """A changed line, a new file and a renamed one all make a new database."""
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for each in SOURCES:
                shutil.copytree(ROOT / each, root / each)
            names = [migrated(root).name]
            assert names == [migrated().name]
            guard = root / "accounts/models/guard.py"
            guard.write_text(guard.read_text(encoding="utf-8") + "#", encoding="utf-8")
            names.append(migrated(root).name)
            (root / "accounts/migrations/9999_new.py").touch()
            names.append(migrated(root).name)
            guard.rename(guard.with_name("guards.py"))
            names.append(migrated(root).name)
            assert len(set(names)) == 4

    def test_is_another_for_other_apps(self) -> None:
        """Settings that decide which tables there are count as well."""
        name = migrated().name
        with self.settings(DEFAULT_AUTO_FIELD="django.db.models.AutoField"):
            assert migrated().name != name


class KeptTests(TransactionTestCase):
    """A database that was put back is as it was after the migrations."""

    serialized_rollback = True

    def test_is_migrated(self) -> None:
        """No migration is missing in it: `migrate --check` would exit."""
        call_command("migrate", check=True, verbosity=0)

    def test_next_run_begins_with_all_migrations_and_no_customer(self) -> None:
        """On PostgreSQL there is none to begin with: Django migrates an empty one."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM django_migrations")
            migrations = cursor.fetchone()
        if connection.vendor == "sqlite":
            with closing(sqlite3.connect(migrated())) as kept:
                found = kept.execute("SELECT count(*) FROM django_migrations").fetchone()
                assert kept.execute("SELECT count(*) FROM accounts_user").fetchone() == (0,)
            assert found == migrations
        assert not User.objects.exists()

    def test_is_put_back_whole(self) -> None:
        """What was added and what was deleted is as before, and the guards stand."""
        image = connection.creation.serialize_db_to_string()
        activated()
        if connection.vendor == "postgresql":
            # There Django puts rows back into empty tables.
            call_command("flush", interactive=False, inhibit_post_migrate=True, verbosity=0)
        connection.creation.deserialize_db_from_string(image)
        assert not User.objects.exists()
        activated()
        with self.assertRaises(DatabaseError), transaction.atomic():
            ConsentRecord.objects.update(version="0")
        again = connection.copy()
        with closing(again), again.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM accounts_user")
            assert cursor.fetchall() == [(1,)]
