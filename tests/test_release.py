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
from typing import Any

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


def both_seen(addresses: set[str]) -> bool:
    """Tell whether one file has been linked as two releases have it."""
    bases: dict[str, set[str]] = {}
    for address in addresses.copy():
        bases.setdefault(re.sub(r"\.[0-9a-f]{12}\.", ".", address), set()).add(address)
    return any(len(both) == 2 for both in bases.values())


class ReleaseTests(SimpleTestCase):
    """`deploy/release` with two real instances on sockets that outlive them."""

    def setUp(self) -> None:
        self.root = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.source = self.root / "source"
        ignored = shutil.ignore_patterns(".git", ".venv", "var", "__pycache__", ".*_cache", "docs")
        shutil.copytree(ROOT, self.source, ignore=ignored)
        self.git("init", "--quiet")
        self.first = self.commit("One")
        sheet = self.source / "static" / "css" / "site.css"
        sheet.write_text(sheet.read_text() + "\n/* The second release. */\n")
        self.second = self.commit("Two")
        restart = self.root / "restart"
        restart.write_text(RESTART)
        restart.chmod(0o755)
        sockets = [socket.create_server(("127.0.0.1", 0), backlog=1024) for _number in (1, 2)]
        for each in sockets:
            self.addCleanup(each.close)
        self.ports = [each.getsockname()[1] for each in sockets]
        self.files = [each.fileno() for each in sockets]
        site = REQUIRED | {
            "DJANGO_SETTINGS_MODULE": "here",
            "PYTHONPATH": str(self.root),
            "DATABASE_URL": f"sqlite:///{self.root}/site.sqlite3",
            "STATIC_ROOT": str(self.root / "static"),
            "TRUSTED_PROXIES": "1",
        }
        # Compressing the scripts of the admin would take ten seconds a release.
        (self.root / "here.py").write_text(
            "from kantor.settings.prod import *\n"
            'WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("js", "svg", "png", "txt", "md", "map", "")\n'
        )
        (self.root / "env").write_text("".join(f'{k}="{v}"\n' for k, v in site.items()))
        self.environment = os.environ | {
            "KANTOR_ROOT": str(self.root),
            "KANTOR_ENV": str(self.root / "env"),
            "KANTOR_OWNER_ENV": str(self.root / "none"),
            "KANTOR_USER": subprocess.check_output(["id", "-un"], text=True).strip(),
            "KANTOR_INSTALL": f"ln -s {Path(sys.prefix)} .venv",
            "KANTOR_RESTART": str(restart),
            "KANTOR_PORTS": " ".join(map(str, self.ports)),
            "SOCKET_1": str(self.files[0]),
            "SOCKET_2": str(self.files[1]),
        }
        self.addCleanup(self.stop)

    def git(self, *arguments: str) -> str:
        names = ["-c", "user.name=Test", "-c", "user.email=test@example.com"]
        command = ["git", "-C", str(self.source), *names, *arguments]
        return subprocess.check_output(command, text=True).strip()

    def commit(self, words: str) -> str:
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--message", words)
        return self.git("rev-parse", "HEAD")

    def stop(self) -> None:
        for file in self.root.glob("pid.*"):
            pid = int(file.read_text())
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:
                continue
            until = time.monotonic() + 60
            while time.monotonic() < until and Path(f"/proc/{pid}/cmdline").exists():
                if not Path(f"/proc/{pid}/cmdline").read_bytes():
                    break

    def release(self, what: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        # A file: instances that go on would hold a pipe open.
        with (self.root / "told").open("w+") as told:
            done = subprocess.run(
                ["deploy/release", what],
                cwd=self.source,
                env=self.environment | environment,
                pass_fds=self.files,
                stdout=told,
                stderr=subprocess.STDOUT,
                check=False,
                timeout=240,
            )
            told.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, told.read(), "")

    def succeed(self, what: str) -> None:
        done = self.release(what)
        logs = "".join(file.read_text()[-2000:] for file in self.root.glob("log.*"))
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
        """Open a page at one instance and its files at the other, again and again."""
        turn = number
        while not stop.is_set():
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
        self.succeed(self.first)
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
            self.succeed(self.second)
            assert (self.root / "current").resolve().name == self.second
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
        self.succeed(self.first)
        wsgi = self.source / "kantor" / "wsgi.py"
        wsgi.write_text("raise SystemExit('broken')\n")
        broken = self.commit("Broken")
        done = self.release(broken, KANTOR_PATIENCE="3")
        assert done.returncode == 1, done.stdout
        assert (self.root / "current").resolve().name == self.first
        for number in (0, 1):
            assert self.ask(number, "/readyz")[0] == 200

    def test_publishes_nothing_that_the_installation_has_collected(self) -> None:
        # `make install` collects as root, and the site's user could not take its files away.
        install = self.root / "install"
        collected = "mkdir -p var/static\ntouch var/static/of-root.css\n"
        install.write_text(self.environment["KANTOR_INSTALL"] + "\n" + collected)
        done = self.release(self.first, KANTOR_INSTALL=f"bash -e {install}")
        assert done.returncode == 0, done.stdout
        assert not (self.root / "static" / "of-root.css").exists()
        assert not list((self.root / "releases").glob("*/var/static"))
