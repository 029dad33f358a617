"""The image and what runs beside it: no root, nothing to write to, no secret, and it answers."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml
from django.test import SimpleTestCase

from kantor.settings import base
from tests.mail_server import free_port
from tests.test_production import REQUIRED, ROOT

CONTAINERFILE = (ROOT / "Containerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
OURS = {name: each for name, each in COMPOSE["services"].items() if each["image"] == "kantor"}


def command_of(word: str) -> list[str]:
    """Return the list that follows this beginning of a line of the Containerfile."""
    (found,) = re.findall(rf"(?m)^{word} (\[.*\])$", CONTAINERFILE)
    command: list[str] = json.loads(found)
    return command


class ImageTests(SimpleTestCase):
    """Containerfile."""

    def test_is_run_by_somebody_who_owns_nothing_of_it(self) -> None:
        final = CONTAINERFILE.rpartition("\nFROM ")[2]
        assert re.findall(r"(?m)^USER (\S+)$", CONTAINERFILE) == ["10001:10001"]
        assert final.index("COPY --from=build") < final.index("USER 10001")
        assert "--chown" not in CONTAINERFILE

    def test_has_the_python_of_the_locks(self) -> None:
        images = set(re.findall(r"(?m)^FROM (\S+)", CONTAINERFILE))
        (made_for,) = re.findall(r"--python-version (\S+)", (ROOT / "Makefile").read_text())
        assert images == {f"docker.io/library/python:{made_for}-slim-bookworm"}

    def test_installs_what_is_locked_and_no_tool_of_development(self) -> None:
        for name in set(re.findall(r"requirements[a-z-]*\.lock", CONTAINERFILE)):
            assert (ROOT / name).exists(), name
        assert "--require-hashes" in CONTAINERFILE
        assert "requirements-dev" not in CONTAINERFILE

    def test_holds_no_secret(self) -> None:
        for secret in ("SECRET_KEY", "TOTP_KEYS", "DATABASE_URL", "EMAIL_URL", "ARG "):
            assert secret not in CONTAINERFILE, secret
        left_out = (ROOT / ".dockerignore").read_text().split()
        assert {"secrets", "kantor.env", ".env", ".git", "var"} <= set(left_out)

    def test_its_command_answers_its_question_about_health(self) -> None:
        port = free_port()
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        bind = f"127.0.0.1:{port}"
        command = [each.replace("0.0.0.0:8000", bind) for each in command_of("CMD")]
        assert command[0] == ".venv/bin/gunicorn"
        question = command_of("  CMD")
        site = REQUIRED | {
            "DJANGO_SETTINGS_MODULE": "kantor.settings.prod",
            "OPERATOR_KRS": base.OPERATOR_KRS,
            "DATABASE_URL": f"sqlite:///{folder}/site.sqlite3",
            "PATH": os.environ["PATH"],
        }
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *command[1:]],
            cwd=ROOT,
            env=site,
            stderr=subprocess.DEVNULL,
        )
        try:
            ask = [sys.executable, *[each.replace("8000", str(port)) for each in question[1:]]]
            until = time.monotonic() + 60
            while subprocess.run(ask, env=site, capture_output=True, check=False).returncode:
                assert time.monotonic() < until, "not well in a minute"
        finally:
            server.terminate()
            server.wait(60)
        assert subprocess.run(ask, env=site, capture_output=True, check=False).returncode


class ComposeTests(SimpleTestCase):
    """compose.yaml."""

    def test_everything_of_ours_writes_nowhere_and_gains_no_right(self) -> None:
        assert {"web", "worker", "mail", "purge", "migrate"} <= set(OURS)
        for name, service in OURS.items():
            assert service["read_only"] is True, name
            assert service["cap_drop"] == ["ALL"], name
            assert service["security_opt"] == ["no-new-privileges:true"], name
            assert "user" not in service, name
            assert "privileged" not in service, name

    def test_secrets_come_as_files(self) -> None:
        text = (ROOT / "compose.yaml").read_text()
        assert not re.findall(r"://\w+:\w+@", text), "a password"
        for name, service in OURS.items():
            handed = {f"/run/secrets/{each}" for each in service["secrets"]}
            files = {
                value for key, value in service["environment"].items() if key.endswith("_FILE")
            }
            assert files == handed, name
            for secret in ("SECRET_KEY", "TOTP_KEYS", "DATABASE_URL", "EMAIL_URL"):
                assert secret not in service["environment"], (name, secret)
        ignored = (ROOT / ".gitignore").read_text().split()
        assert {"/secrets/", "/kantor.env"} <= set(ignored)

    def test_only_the_owner_migrates(self) -> None:
        for name, service in OURS.items():
            is_owner = "owner_database_url" in service["secrets"]
            assert is_owner is (name == "migrate"), name

    def test_is_reached_from_this_machine_only(self) -> None:
        doors = {
            name: each["ports"] for name, each in COMPOSE["services"].items() if "ports" in each
        }
        assert doors == {"web": ["127.0.0.1:8000:8000"]}

    def test_numbers_and_the_list_of_the_erased_are_shared(self) -> None:
        for name, service in OURS.items():
            assert set(service["volumes"]) == {"state:/var/lib/kantor", "metrics:/metrics"}, name
            assert service["environment"]["METRICS_FOLDER"] == "/metrics"
            for path in ("ERASED_LIST", "EXPORT_DIR"):
                assert service["environment"][path].startswith("/var/lib/kantor/"), path

    def test_runs_what_the_units_run(self) -> None:
        texts = [unit.read_text() for unit in (ROOT / "deploy").glob("kantor-*.service")]
        units = {word for text in texts for word in re.findall(r"manage\.py (\w+)", text)}
        told = " ".join(word for each in OURS.values() for word in each.get("command", []))
        # Backups are PostgreSQL's own there, and the queue is the other one with TASKS=redis.
        missing = {word for word in units if not re.search(rf"\b{word}\b", told)}
        assert missing == {"backup", "rqworker"}

    def test_the_servers_files_are_there(self) -> None:
        for volume in COMPOSE["services"]["postgres"]["volumes"]:
            if volume.startswith("./"):
                assert (ROOT / volume.partition(":")[0]).exists(), volume


class PasswordTests(SimpleTestCase):
    """deploy/postgresql-passwords.sh."""

    def give(self, address: str) -> "subprocess.CompletedProcess[str]":
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (folder / "psql").write_text("#!/bin/sh\ncat\n")
        (folder / "psql").chmod(0o755)
        (folder / "database_url").write_text(f"postgres://kantor:{address}@postgres/kantor\n")
        owner = f"postgres://kantor_owner:{address}2@postgres/kantor\n"
        (folder / "owner_database_url").write_text(owner)
        script = (ROOT / "deploy" / "postgresql-passwords.sh").read_text()
        return subprocess.run(
            ["bash", "-c", script.replace("/run/secrets", str(folder))],
            env={
                "PATH": f"{folder}:{os.environ['PATH']}",
                "POSTGRES_USER": "postgres",
                "POSTGRES_DB": "kantor",
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def test_are_those_of_the_addresses(self) -> None:
        assert self.give("abc123").stdout.splitlines() == [
            "ALTER ROLE kantor PASSWORD 'abc123';",
            "ALTER ROLE kantor_owner PASSWORD 'abc1232';",
        ]

    def test_are_refused_with_signs_that_addresses_escape(self) -> None:
        told = self.give("a%27b'")
        assert told.returncode == 1
        assert told.stdout == ""
