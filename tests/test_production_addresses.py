"""Where production keeps its customers and hands over its mails: what it refuses to start with."""

import tempfile
from pathlib import Path

from django.conf import settings
from django.test import SimpleTestCase

from tests.test_production import HOST, REDIS, REQUIRED, refusals, run

ROOT: Path = settings.BASE_DIR
STATIC = ROOT / "var" / "static"


class MailServerTests(SimpleTestCase):
    """EMAIL_URL."""

    def of(self, *urls: str) -> list[str]:
        return refusals(*(REQUIRED | {"EMAIL_URL": url} for url in urls))

    def test_is_a_server_that_speaks_smtp(self) -> None:
        accepted = (
            "smtp://127.0.0.1:25",
            "smtp://mail.example",
            "smtps://user:p%40ss@mail.example:465",
            "SMTPS://mail.example",
            "smtp+ssl://mail.example",
            " smtp+tls://mail.example:587 ",
        )
        assert self.of(*accepted) == [""] * len(accepted)

    def test_is_nothing_that_keeps_mails_or_throws_them_away(self) -> None:
        for refusal in self.of(
            "consolemail://",
            "dummymail://",
            "filemail:///var/mail",
            "memorymail://",
            "DummyMail://",
            " memorymail://mail.example:25",
            "consolemail://?email_backend=smtp",
            "smtp://",
            "smtps:///mail.example",
            "mail.example:25",
            "https://mail.example",
        ):
            assert "EMAIL_URL" in refusal

    def test_sends_as_somebody(self) -> None:
        accepted = ("a@kantor.example", "Kantor.pl <a@kantor.example>", '"Ą, B" <a@żółw.example>')
        senders = (*accepted, "kantor.pl", "kantor.pl <>", "a@b@kantor.example")
        found = refusals(*(REQUIRED | {"DEFAULT_FROM_EMAIL": sender} for sender in senders))
        assert found[:3] == [""] * 3
        assert all("DEFAULT_FROM_EMAIL" in refusal for refusal in found[3:])


class DatabaseTests(SimpleTestCase):
    """DATABASE_URL."""

    def of(self, *urls: str) -> list[str]:
        return refusals(*(REQUIRED | {"DATABASE_URL": url} for url in urls))

    def test_is_postgresql_or_a_file(self) -> None:
        accepted = (
            "postgres://kantor:password@127.0.0.1:5432/kantor",
            "postgresql://kantor@/kantor",
            "sqlite:////var/lib/kantor/kantor.sqlite3",
            "sqlite:///var/pretend.sqlite3",
            "sqlite:///var/static.sqlite3",
            "sqlite:///static-and-more/kantor.sqlite3",
        )
        assert self.of(*accepted) == [""] * len(accepted)
        for refusal in self.of("mysql://kantor@127.0.0.1/kantor", "oracle://kantor@127.0.0.1/k"):
            assert "DATABASE_URL" in refusal

    def test_is_not_in_memory_however_that_is_spelled(self) -> None:
        for refusal in self.of(
            "sqlite://:memory:",
            "sqlite:///:memory:",
            "sqlite://",
            "sqlite:///",
            "SQLITE://",
            "sqlite:///%3Amemory%3A",
            "sqlite:///file::memory:",
            "sqlite:///file::memory:?cache=shared",
            "sqlite:///file%3A%3Amemory%3A%3Fcache%3Dshared",
            "sqlite:///file:kantor?mode=memory",
            "sqlite:///file:kantor%3Fmode=memory&cache=shared",
        ):
            assert "DATABASE_URL" in refusal

    def test_is_in_no_folder_that_is_served(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            link = Path(folder) / "link"
            link.symlink_to(STATIC)
            for refusal in self.of(
                f"sqlite:///{STATIC}/kantor.sqlite3",
                f"sqlite:///{STATIC}/deeper/kantor.sqlite3",
                "sqlite:///var/static/kantor.sqlite3",
                "sqlite:///var/elsewhere/../static/kantor.sqlite3",
                "sqlite:///./static/css/kantor.sqlite3",
                f"sqlite:///{ROOT}/static/kantor.sqlite3",
                f"sqlite:///{link}/kantor.sqlite3",
            ):
                assert "DATABASE_URL" in refusal
                assert HOST not in refusal


# As if these had never been installed.
WITHOUT = """
import importlib.abc, sys
class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("psycopg", "redis", "rq", "django_rq", "django_tasks_rq"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Missing())
import kantor.wsgi
from django.core.management import call_command
call_command("check", deploy=True, fail_level="WARNING")
"""


class ExtrasTests(SimpleTestCase):
    """A site on SQLite, without what only PostgreSQL and Redis need."""

    def test_needs_neither(self) -> None:
        for tasks in ("immediate", "database"):
            result = run(WITHOUT, TASKS=tasks, **REQUIRED)
            assert result.returncode == 0, result.stderr

    def test_says_which_extra_an_address_needs(self) -> None:
        postgresql = REQUIRED | {"DATABASE_URL": "postgres://kantor@127.0.0.1/kantor"}
        for environment, extra in ((postgresql, "postgresql"), (REQUIRED | REDIS, "redis")):
            result = run(WITHOUT, **environment)
            assert result.returncode != 0
            assert f"make install EXTRAS={extra}" in result.stderr
