"""The site as it is deployed, whole and on this machine, with a switch for each of its parts.

nginx with our file, two instances of gunicorn, a mail worker, the sweeper, PostgreSQL with the
site's two roles on a disk of its own, Redis, a mail server. What a unit of systemd would start
again when it ends is started again here.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread, Timer
from typing import Any

import psycopg

from bench.ports import free_port, wait_for
from tests.cluster import SERVERS_USER
from tests.front import HOST, Front, program
from tests.production_site import Site
from tests.test_production import ROOT

DISK = 192  # MiB of the small disk
PYTHON = [sys.executable, "-W", "ignore"]
WORKERS = {"database": "db_worker", "redis": "rqworker"}


class Stand:
    """All the parts; `start` brings up what serves with one kind of queue."""

    def __init__(self, cleanup: Callable[..., Any]) -> None:
        """Start the servers and make the database."""
        self.cleanup = cleanup
        self.folder = Path(tempfile.mkdtemp(prefix="kantor-drill-"))
        cleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.site = Site(cleanup)
        self.cluster, self.postbox = self.site.cluster, self.site.postbox
        self.disk = self._small_disk()
        self.mail_server = self.site.mail_server
        self.redis_port = free_port()
        self._redis: subprocess.Popen[bytes] | None = None
        self.start_redis()
        cleanup(self.stop_redis)
        self.ports = (free_port(), free_port())
        self.front = Front(cleanup, self.ports)
        self.processes: dict[str, tuple[list[str], subprocess.Popen[bytes]]] = {}
        self.ended = Event()
        self._keeper: Thread | None = None
        self.started_again = 0
        self.environment = os.environ | self.site.environment

    def _small_disk(self) -> Path | None:
        """Put the site's tables on a disk that can be filled; None where only root could."""
        if os.getuid() != 0:
            return None
        disk = self.folder / "disk"
        disk.mkdir()
        self.folder.chmod(0o755)
        mounted = subprocess.run(
            [program("mount"), "-t", "tmpfs", "-o", f"size={DISK}m", "tmpfs", str(disk)],
            capture_output=True,
            check=False,
        )
        if mounted.returncode:
            return None
        self.cleanup(subprocess.run, [program("umount"), "--lazy", str(disk)], check=False)
        tables = disk / "tables"
        tables.mkdir()
        shutil.chown(tables, SERVERS_USER)
        self.cluster.execute(f"CREATE TABLESPACE small LOCATION '{tables}'")
        self.cluster.execute("ALTER DATABASE kantor SET TABLESPACE small")
        return disk

    # -- the processes of the site ------------------------------------------------------

    def start(self, tasks: str, **settings: str) -> None:
        """Start what serves, its mails delivered by this queue; return when it is ready."""
        numbers = self.folder / "numbers"
        shutil.rmtree(numbers, ignore_errors=True)
        self.environment |= {
            "DATABASE_URL": self.cluster.address("kantor", "kantor"),
            "REDIS_URL": f"redis://127.0.0.1:{self.redis_port}/0",
            "TASKS": tasks,
            "TRUSTED_PROXIES": "1",
            "METRICS": "true",
            "METRICS_FOLDER": str(numbers),
            "WEB_CONCURRENCY": "1",
            **settings,
        }
        # A queue brings tables of its own.
        owner = self.cluster.address("kantor_owner", "kantor")
        subprocess.run(
            [*PYTHON, "manage.py", "migrate", "--verbosity", "0"],
            cwd=ROOT,
            env=self.environment | {"DATABASE_URL": owner},
            check=True,
            capture_output=True,
        )
        queue = [*PYTHON, "manage.py", WORKERS[tasks]]
        commands = {
            f"web {port}": [
                *[*PYTHON, "-m", "gunicorn", "kantor.wsgi"],
                *["--config", "deploy/gunicorn.conf.py", "--bind", f"127.0.0.1:{port}"],
            ]
            for port in self.ports
        }
        commands["worker"] = [*queue, "default"] if tasks == "redis" else queue
        commands["sweeper"] = [*PYTHON, "manage.py", "deliver_mail", "--loop", "--interval", "1"]
        self.ended = Event()
        for name, command in commands.items():
            self.processes[name] = (command, self._run(name, command))
        self._keeper = Thread(target=self._keep, args=(self.ended,), daemon=True)
        self._keeper.start()
        for port in self.ports:
            wait_for(port)
        self.await_ready()

    def stop(self) -> None:
        """End what serves."""
        self.ended.set()
        if self._keeper is not None:
            self._keeper.join()
        for _command, process in self.processes.values():
            process.terminate()
        for _command, process in self.processes.values():
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()
        self.processes = {}

    def _run(self, name: str, command: list[str]) -> "subprocess.Popen[bytes]":
        with self.log(name).open("ab") as log:
            return subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )

    def _keep(self, ended: Event) -> None:
        """Start again what has ended, as Restart= does."""
        while not ended.wait(0.2):
            for name, (command, process) in self.processes.items():
                if process.poll() is not None and not ended.is_set():
                    self.started_again += 1
                    ended.wait(0.5)
                    self.processes[name] = (command, self._run(name, command))

    def log(self, name: str) -> Path:
        """Return the file of a process's log."""
        return self.folder / f"{name.replace(' ', '-')}.log"

    def logs(self) -> dict[str, str]:
        """Return every log that there is."""
        found = {file.stem: file.read_text(errors="replace") for file in self.folder.glob("*.log")}
        found["postgresql"] = self.cluster.log.read_text(errors="replace")
        found["nginx"] = self.front.log.read_text() if self.front.log.exists() else ""
        return found

    def await_ready(self) -> float:
        """Return after how many seconds both instances said that they can serve."""
        began = time.monotonic()
        while time.monotonic() < began + 60:
            if all(self._ask_behind(port, "/readyz")[0] == 200 for port in self.ports):
                return time.monotonic() - began
            time.sleep(0.1)
        told = [self._ask_behind(port, "/readyz") for port in self.ports]
        ends = {name: log[-1500:] for name, log in self.logs().items() if name.startswith("web")}
        raise AssertionError(f"not ready in a minute: {told}\n{ends}")

    def numbers(self) -> dict[str, float]:
        """Return what /metrics tells, by the line's beginning."""
        text = self._ask_behind(self.ports[0], "/metrics")[1]
        lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
        return {name: float(value) for name, _space, value in lines if name}

    def _ask_behind(self, port: int, path: str) -> tuple[int, str]:
        from http.client import HTTPConnection, HTTPException

        talk = HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            talk.request("GET", path, headers={"Host": HOST, "X-Forwarded-Proto": "https"})
            answer = talk.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, HTTPException):
            return 0, ""
        finally:
            talk.close()

    def web_children(self) -> list[int]:
        """Return the processes that answer, not those that watch over them."""
        found = []
        for name, (_command, process) in self.processes.items():
            if name.startswith("web"):
                with suppress(OSError):
                    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
                    found += [int(pid) for pid in listed.split()]
        return found

    def memory(self) -> float:
        """Return the MiB that belong to the answering processes, shared pages by their share."""
        total = 0
        for pid in self.web_children():
            with suppress(OSError):
                for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                    if line.startswith("Pss:"):
                        total += int(line.split()[1])
        return total / 1024

    # -- asking the database ------------------------------------------------------------

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return what the superuser reads or changes."""
        address = self.cluster.address("postgres", "kantor")
        with psycopg.connect(address, autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def captcha(self, key: str) -> str:
        """Return what the picture with this key shows; raise LookupError when it is used up."""
        rows = self.rows("SELECT response FROM captcha_captchastore WHERE hashkey = %s", key)
        return str(rows[0][0])

    # -- faults -------------------------------------------------------------------------

    def start_redis(self) -> None:
        """Start it, empty."""
        command = [program("redis-server"), "--port", str(self.redis_port), "--save", ""]
        command += ["--bind", "127.0.0.1", "--appendonly", "no", "--dir", str(self.folder)]
        self._redis = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_for(self.redis_port)

    def stop_redis(self) -> None:
        """Kill it, as a machine that is gone."""
        if self._redis is not None:
            self._redis.kill()
            self._redis.wait()
            self._redis = None

    @contextmanager
    def without_database(self) -> Iterator[None]:
        """PostgreSQL is stopped."""
        self.cluster.stop()
        try:
            yield
        finally:
            self.cluster.start()
            self.await_ready()

    @contextmanager
    def with_locked_tables(self) -> Iterator[None]:
        """A careless statement holds the tables of accounts and sessions."""
        address = self.cluster.address("postgres", "kantor")
        with psycopg.connect(address) as connection:
            connection.execute("LOCK TABLE accounts_user, django_session IN ACCESS EXCLUSIVE MODE")
            yield

    @contextmanager
    def without_redis(self) -> Iterator[None]:
        """Redis is gone, and what it held with it."""
        self.stop_redis()
        try:
            yield
        finally:
            self.start_redis()

    @contextmanager
    def without_mail_server(self) -> Iterator[None]:
        """The mail server refuses connections."""
        self.mail_server.stop()
        try:
            yield
        finally:
            self.mail_server.start()

    @contextmanager
    def with_full_disk(self) -> Iterator[None]:
        """No byte more fits on the disk of the tables."""
        assert self.disk is not None
        filler = self.disk / "filler"
        with filler.open("wb") as file, suppress(OSError):
            while True:
                file.write(b"x" * 65536)
                file.flush()
        # The last pages are taken by rows until one does not fit any more.
        with suppress(psycopg.errors.DiskFull):
            for number in range(3000):
                self.rows(
                    "INSERT INTO django_session (session_key, session_data, expire_date) "
                    "VALUES (%s, repeat(md5(random()::text), 60), now() + interval '1 hour')",
                    f"filler{number:034}",
                )
        try:
            yield
        finally:
            filler.unlink()
            self.rows("DELETE FROM django_session WHERE session_key LIKE 'filler%%'")

    @contextmanager
    def with_killed_web(self) -> Iterator[None]:
        """Every process that answers is killed in the middle of what it does."""

        def kill() -> None:
            for pid in self.web_children():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

        killer = Timer(0.08, kill)
        killer.start()
        try:
            yield
        finally:
            killer.join()
            self.await_ready()

    @contextmanager
    def with_killed_worker(self) -> Iterator[None]:
        """Whoever delivers mails is killed in the middle of it, again and again."""
        done = Event()

        def kill() -> None:
            while not done.wait(0.7):
                self.processes["worker"][1].kill()

        self.postbox.mood = "slow"
        killer = Thread(target=kill, daemon=True)
        killer.start()
        try:
            yield
        finally:
            done.set()
            killer.join()
            self.postbox.mood = ""
