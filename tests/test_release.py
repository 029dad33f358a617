"""A release forward and back while visitors are at work: nobody is refused, no file is missing."""

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, ClassVar

from django.test import SimpleTestCase

from tests.test_production import HOST, REQUIRED, ROOT

# What systemd does with kantor-web@N and its socket: the socket stays, the process is exchanged.
RESTART = r"""#!/usr/bin/env bash
set -euo pipefail
number=${1##*@}
pid=$(cat "$KANTOR_ROOT/pid.$number" 2>/dev/null || true)
if [ -n "$pid" ]; then
  kill -TERM "$pid" 2>/dev/null || true
  while [ -e "/proc/$pid" ] && ! grep -q '^State:.*Z' "/proc/$pid/status" 2>/dev/null; do
    sleep 0.05
  done
fi
socket=SOCKET_$number
cd "$(readlink -f "$KANTOR_ROOT/current")"
set -a; . "$KANTOR_ENV"; set +a
(
  exec 3<&"${!socket}" </dev/null >>"$KANTOR_ROOT/log.$number" 2>&1
  export LISTEN_FDS=1
  exec setsid bash -c 'echo $$ >"$0"; LISTEN_PID=$$ exec .venv/bin/python -m gunicorn \
    kantor.wsgi --config deploy/gunicorn.conf.py --graceful-timeout 10' "$KANTOR_ROOT/pid.$number"
) &
"""

# Seconds between two pages of a visitor.
BREATH = 0.05


def both_seen(addresses: set[str]) -> bool:
    """Tell whether one file has been linked as two releases have it."""
    bases: dict[str, set[str]] = {}
    for address in addresses.copy():
        bases.setdefault(re.sub(r"\.[0-9a-f]{12}\.", ".", address), set()).add(address)
    return any(len(both) == 2 for both in bases.values())


class ReleaseTests(SimpleTestCase):
    """`deploy/release` with two real instances on sockets that outlive them.

    The first release is in service when a test begins, and when it ends.
    """

    root: ClassVar[Path]
    source: ClassVar[Path]
    environment: ClassVar[dict[str, str]]
    ports: ClassVar[list[int]]
    files: ClassVar[list[int]]
    first: ClassVar[str]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.root = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.source = cls.root / "source"
        ignored = shutil.ignore_patterns(".git", ".venv", "var", "__pycache__", ".*_cache", "docs")
        shutil.copytree(ROOT, cls.source, ignore=ignored)
        cls.git("init", "--quiet")
        cls.first = cls.commit("One")
        restart = cls.root / "restart"
        restart.write_text(RESTART)
        restart.chmod(0o755)
        # `make install` collects as root, and the site's user could not take its files away.
        install = cls.root / "install"
        install.write_text(
            f"ln -s {Path(sys.prefix)} .venv\nmkdir -p var/static\ntouch var/static/of-root.css\n"
        )
        sockets = [socket.create_server(("127.0.0.1", 0), backlog=1024) for _number in (1, 2)]
        for each in sockets:
            cls.addClassCleanup(each.close)
        cls.ports = [each.getsockname()[1] for each in sockets]
        cls.files = [each.fileno() for each in sockets]
        site = REQUIRED | {
            "DJANGO_SETTINGS_MODULE": "here",
            "PYTHONPATH": str(cls.root),
            "DATABASE_URL": f"sqlite:///{cls.root}/site.sqlite3",
            "STATIC_ROOT": str(cls.root / "static"),
            "TRUSTED_PROXIES": "1",
        }
        # Compressing the files of the admin would take ten seconds a release.
        (cls.root / "here.py").write_text(
            "from kantor.settings.prod import *\n"
            "WHITENOISE_SKIP_COMPRESS_EXTENSIONS = "
            '("js", "css", "svg", "png", "txt", "md", "map", "webmanifest")\n'
        )
        (cls.root / "env").write_text("".join(f'{k}="{v}"\n' for k, v in site.items()))
        cls.environment = os.environ | {
            "KANTOR_ROOT": str(cls.root),
            "KANTOR_ENV": str(cls.root / "env"),
            "KANTOR_OWNER_ENV": str(cls.root / "none"),
            "KANTOR_USER": subprocess.check_output(["id", "-un"], text=True).strip(),
            "KANTOR_INSTALL": f"bash -e {install}",
            "KANTOR_RESTART": str(restart),
            "KANTOR_PORTS": " ".join(map(str, cls.ports)),
            "SOCKET_1": str(cls.files[0]),
            "SOCKET_2": str(cls.files[1]),
        }
        cls.addClassCleanup(cls.stop)
        cls.succeed(cls.first)

    @classmethod
    def git(cls, *arguments: str) -> str:
        names = ["-c", "user.name=Test", "-c", "user.email=test@example.com"]
        command = ["git", "-C", str(cls.source), *names, *arguments]
        return subprocess.check_output(command, text=True).strip()

    @classmethod
    def commit(cls, words: str) -> str:
        cls.git("add", "--all", "--force")
        cls.git("commit", "--quiet", "--message", words)
        return cls.git("rev-parse", "HEAD")

    @classmethod
    def stop(cls) -> None:
        for file in cls.root.glob("pid.*"):
            pid = int(file.read_text())
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:
                continue
            until = time.monotonic() + 60
            while time.monotonic() < until and Path(f"/proc/{pid}/cmdline").exists():
                if not Path(f"/proc/{pid}/cmdline").read_bytes():
                    break

    def changed(self, path: str, text: str) -> str:
        """Return a commit that differs from the first in one file, which has this text."""
        self.git("reset", "--quiet", "--hard", self.first)
        (self.source / path).write_text(text)
        return self.commit(f"Change {path}")

    @classmethod
    def release(cls, what: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        # A file: instances that go on would hold a pipe open.
        with (cls.root / "told").open("w+") as told:
            done = subprocess.run(
                ["deploy/release", what],
                cwd=cls.source,
                env=cls.environment | environment,
                pass_fds=cls.files,
                stdout=told,
                stderr=subprocess.STDOUT,
                check=False,
                timeout=240,
            )
            told.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, told.read(), "")

    @classmethod
    def succeed(cls, what: str) -> None:
        done = cls.release(what)
        logs = "".join(file.read_text()[-2000:] for file in cls.root.glob("log.*"))
        assert done.returncode == 0, done.stdout + logs

    def ask(self, number: int, path: str) -> tuple[int, str]:
        """Ask one instance over a connection of its own, as nginx does."""
        talk = http.client.HTTPConnection("127.0.0.1", self.ports[number % 2], timeout=60)
        headers = {"Host": HOST, "X-Forwarded-Proto": "https", "Connection": "close"}
        try:
            talk.request("GET", path, headers=headers)
            answer = talk.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")
        finally:
            talk.close()

    def visit(self, number: int, stop: threading.Event, seen: set[str], faults: list[Any]) -> None:
        """Open a page at one instance and its files at the other, again and again.

        Without a breath four visitors would take the processors from the release itself.
        """
        turn = number
        while not stop.wait(BREATH):
            turn += 1
            try:
                status, page = self.ask(turn, "/logowanie/")
                if status != 200:
                    faults.append(("/logowanie/", status))
                for address in re.findall(r'href="(/static/[^"]+\.css)"', page):
                    seen.add(address)
                    status, _text = self.ask(turn + 1, address)
                    if status != 200:
                        faults.append((address, status))
            except (OSError, http.client.HTTPException) as error:
                faults.append(repr(error))

    def test_forward_and_back_under_load(self) -> None:
        sheet = "static/css/site.css"
        text = (self.source / sheet).read_text() + "\n/* The second release. */\n"
        second = self.changed(sheet, text)
        stop = threading.Event()
        faults: list[Any] = []
        seen: set[str] = set()
        visitors = [
            threading.Thread(target=self.visit, args=(number, stop, seen, faults))
            for number in range(4)
        ]
        for visitor in visitors:
            visitor.start()
        try:
            self.succeed(second)
            assert (self.root / "current").resolve().name == second
            for _second in range(60):
                if both_seen(seen) or stop.wait(1):
                    break
            self.succeed("--back")
            assert (self.root / "current").resolve().name == self.first
        finally:
            stop.set()
            for visitor in visitors:
                visitor.join()
        assert faults == [], faults[:5]
        assert both_seen(seen)

    def test_release_that_does_not_become_ready_is_taken_back(self) -> None:
        broken = self.changed("kantor/wsgi.py", "raise SystemExit('broken')\n")
        done = self.release(broken, KANTOR_PATIENCE="3")
        assert done.returncode == 1, done.stdout
        assert (self.root / "current").resolve().name == self.first
        for number in (0, 1):
            assert self.ask(number, "/readyz")[0] == 200

    def test_publishes_nothing_that_the_installation_has_collected(self) -> None:
        assert (self.root / "static" / "css" / "site.css").exists()
        assert not (self.root / "static" / "of-root.css").exists()
        assert not list((self.root / "releases").glob("*/var/static"))
