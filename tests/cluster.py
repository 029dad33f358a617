"""A PostgreSQL server of a test's own: what it logs can be read, and roles can be made in it."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import SkipTest

import psycopg

from tests.mail_server import free_port

# No one of the tests' servers is root, and PostgreSQL refuses to be.
SERVERS_USER = "postgres"


def program(name: str) -> str:
    """Return where a program of the newest PostgreSQL is; skip outside CI when there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: path.parts)
    path = str(found[-1]) if found else shutil.which(name)
    if path is None:
        assert "CI" not in os.environ, f"CI has {name}"
        raise SkipTest(f"{name} is not installed")
    return path


class Cluster:
    """The server, from `initdb` to the end of the test."""

    def __init__(self, cleanup: Callable[..., Any]) -> None:
        initdb, self._pg_ctl = program("initdb"), program("pg_ctl")
        self.folder = Path(tempfile.mkdtemp(prefix="kantor-cluster-", dir="/tmp"))
        cleanup(shutil.rmtree, self.folder, ignore_errors=True)
        if os.getuid() == 0:
            shutil.chown(self.folder, SERVERS_USER)
        self.port = free_port()
        self._run(initdb, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-sync")
        self.start()
        cleanup(self.stop)

    def start(self) -> None:
        """Serve, on the same port as before."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c fsync=off"
        options += f" -c unix_socket_directories={self.folder}"
        self._run(self._pg_ctl, "--silent", "--wait", "-l", str(self.log), "-o", options, "start")

    def stop(self) -> None:
        """Go without a word to anybody, as when the machine loses its power."""
        self._run(self._pg_ctl, "-m", "immediate", "stop")

    @property
    def log(self) -> Path:
        """Return the file that the server writes its log to."""
        return self.folder / "log"

    def address(self, role: str, database: str = "postgres") -> str:
        return f"postgres://{role}@127.0.0.1:{self.port}/{database}"

    def execute(self, statements: str, database: str = "postgres") -> None:
        """Run these as the superuser, outside a transaction."""
        with psycopg.connect(self.address("postgres", database), autocommit=True) as connection:
            connection.execute(statements.encode())

    def _run(self, *command: str) -> None:
        account = pwd.getpwnam(SERVERS_USER) if os.getuid() == 0 else None
        subprocess.run(
            [command[0], "-D", str(self.folder / "data"), *command[1:]],
            check=True,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
        )
