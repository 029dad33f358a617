"""Measure one site in a process of its own.

Reads one JSON command a line from standard input, answers one JSON line. The process is started
by `bench.run` with DJANGO_SETTINGS_MODULE, BENCH_APP and BENCH_DIR set; see `Worker` for what can
be asked.
"""

import cProfile
import gc
import io
import json
import os
import pstats
import resource
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import django

# Django must know its settings before any module with models is imported.
django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.contrib.auth.hashers import Argon2PasswordHasher  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, connections  # noqa: E402

from bench.browser import Browser, InProcess, OverHttp, UnexpectedAnswerError  # noqa: E402
from bench.hashers import CountingHasher  # noqa: E402
from bench.journeys import Visit, hoarder, journeys  # noqa: E402
from bench.ports import free_port, wait_for  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


def captcha_answer(key: str) -> str:
    """Return what the picture with this key shows."""
    from captcha.models import CaptchaStore

    return str(CaptchaStore.objects.get(hashkey=key).response)


def address(serial: int) -> str:
    """Return a loopback address of its own for each customer, so that no limit sees a crowd."""
    return f"127.{serial >> 16 & 255}.{serial >> 8 & 255}.{serial & 255}"


def resident_mib() -> float:
    """Return the memory that this process holds now, in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def active_users() -> int:
    """Return how many people could sign in."""
    return get_user_model().objects.filter(is_active=True).count()


def session_rows() -> tuple[int, int]:
    """Return how many sessions the database holds, and the length of the longest."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(max(length(session_data)), 0) FROM django_session"
        )
        rows, longest = cursor.fetchone()
    return rows, longest


class Worker:
    """Answers commands; the name of each public method is that of its command."""

    def __init__(self, app: str) -> None:
        """Make the database of this app and warm nothing yet."""
        call_command("migrate", verbosity=0)
        self.transport = InProcess(get_wsgi_application())
        self.journeys = journeys(app, captcha_answer)
        self.app = app
        self.serial = count(256)

    def names(self) -> list[str]:
        """Return the names of the journeys this site has."""
        return list(self.journeys)

    def time(self, *, journey: str, times: int) -> list[list[tuple[str, float]]]:
        """Return the CPU milliseconds of each request of so many journeys.

        Raises UnexpectedAnswerError when not every journey ended with one more active user.
        """
        before = active_users()
        gc.collect()
        measured: list[list[tuple[str, float]]] = []
        for _ in range(times):
            serial = next(self.serial)
            measured.append([])

            def note(label: str) -> None:
                measured[-1].append((label, self.transport.cpu_ms))

            browser = Browser(self.transport, address(serial))
            self.journeys[journey](Visit(browser, note), serial)
        if active_users() - before != times:
            raise UnexpectedAnswerError(f"{journey}: not every journey ended with an active user")
        return measured

    def count(self, *, journey: str) -> dict[str, Any]:
        """Return statements, transaction control and sessions after each request of one journey.

        Counted from Django's own query log, which has BEGIN, COMMIT and savepoints too; the log
        begins anew with each request.
        """
        rows: list[dict[str, Any]] = []
        log: list[str] = []
        self.transport.on_answer = lambda: log.extend(
            query["sql"].lstrip().upper() for query in connection.queries_log
        )
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_session")

        def note(label: str) -> None:
            connection.force_debug_cursor = False
            control = sum(sql.startswith(CONTROL) for sql in log)
            sessions, longest = session_rows()
            rows.append(
                {
                    "label": label,
                    "statements": len(log) - control,
                    "control": control,
                    "sessions": sessions,
                    "longest": longest,
                    "sql": list(log),
                }
            )
            log.clear()
            connection.force_debug_cursor = True

        CountingHasher.calls = CountingHasher.in_transaction = 0
        serial = next(self.serial)
        connection.force_debug_cursor = True
        try:
            self.journeys[journey](Visit(Browser(self.transport, address(serial)), note), serial)
        finally:
            connection.force_debug_cursor = False
            self.transport.on_answer = lambda: None
        return {
            "rows": rows,
            "hashes": CountingHasher.calls,
            "hashes_in_transaction": CountingHasher.in_transaction,
        }

    def hoard(self) -> int:
        """Return the longest session row that posts full of junk could make, in characters."""
        longest = 0

        def note(_label: str) -> None:
            nonlocal longest
            longest = max(longest, session_rows()[1])

        serial = next(self.serial)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_session")
        visit = Visit(Browser(self.transport, address(serial)), note)
        hoarder(captcha_answer)(visit, serial)
        return longest

    def hash_ms(self) -> float:
        """Return the CPU milliseconds of one Argon2id hash with Django's settings (median of 9)."""
        hasher = Argon2PasswordHasher()
        taken = []
        for _ in range(9):
            start = time.process_time()
            hasher.encode("a password to measure", hasher.salt())
            taken.append((time.process_time() - start) * 1000)
        return sorted(taken)[len(taken) // 2]

    def profile(self, *, journey: str, times: int) -> str:
        """Return where the site's CPU goes, by cProfile; the visitor's own work is left out."""
        profiler, application = cProfile.Profile(), self.transport.application
        self.transport.application = lambda *request: profiler.runcall(application, *request)
        try:
            self.time(journey=journey, times=times)
        finally:
            self.transport.application = application
        text = io.StringIO()
        statistics = pstats.Stats(profiler, stream=text)
        statistics.sort_stats("cumulative").print_stats("accounts|kantor", 40)
        statistics.sort_stats("cumulative").print_stats("site-packages", 50)
        statistics.sort_stats("tottime").print_stats(25)
        return text.getvalue().replace(f"{ROOT}/", "").replace(f"{sys.prefix}/", "")

    def soak(self, *, journey: str, times: int) -> dict[str, float]:
        """Return the memory in MiB after a tenth of so many journeys and after all of them."""
        early = max(times // 10, 1)
        self.time(journey=journey, times=early)
        first = resident_mib()
        for _ in range((times - early) // 50):
            self.time(journey=journey, times=50)
        return {"early": first, "late": resident_mib()}

    def http(self, *, journey: str, times: int, clients: int) -> dict[str, float]:
        """Return journeys per second and server CPU of so many journeys over HTTP.

        Gunicorn runs with two processes of four threads, as deploy/ has it, on a free port of this
        machine; its CPU, children included, is read from /proc before and after.
        """
        port = free_port()
        command = [sys.executable, "-m", "gunicorn", "bench.wsgi", "--workers", "2"]
        threads = os.environ.get("BENCH_THREADS", "4")  # 0 stands for sync workers
        command += ["--threads", threads] if threads != "0" else []
        command += ["--bind", f"127.0.0.1:{port}", "--log-level", "error"]
        server = subprocess.Popen(command)
        try:
            wait_for(port)
            self._crowd(journey, 2 * clients, clients, port)
            before, start = active_users(), time.monotonic()
            used = tree_cpu_ms(server.pid)
            self._crowd(journey, times, clients, port)
            used, taken = tree_cpu_ms(server.pid) - used, time.monotonic() - start
            if active_users() - before != times:
                raise UnexpectedAnswerError(
                    f"{journey}: not every journey ended with an active user"
                )
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(20)
        return {"per_second": times / taken, "cpu_ms": used / times}

    def _crowd(self, journey: str, times: int, clients: int, port: int) -> None:
        """Let several customers register at once, so many in all."""
        transport = OverHttp(port)
        serials = [next(self.serial) for _ in range(times)]

        def one(serial: int) -> None:
            browser = Browser(transport, address(serial))
            self.journeys[journey](Visit(browser, lambda _label: None), serial)

        def share(part: list[int]) -> None:
            try:
                for serial in part:
                    one(serial)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(clients) as pool:
            list(pool.map(share, (serials[number::clients] for number in range(clients))))


def tree_cpu_ms(pid: int) -> float:
    """Return the CPU milliseconds that a process and its living children have used (Linux)."""
    tick = os.sysconf("SC_CLK_TCK")

    def own(one: int) -> float:
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / tick

    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own(pid) + sum(own(int(child)) for child in children)


def main() -> None:
    """Answer commands until standard input ends."""
    worker = Worker(os.environ["BENCH_APP"])
    for line in sys.stdin:
        command = json.loads(line)
        answer = getattr(worker, command.pop("do"))(**command)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
