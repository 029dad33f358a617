"""Measure one site in a process of its own.

Reads one JSON command a line from standard input, answers one JSON line. The process is started
by `bench.run` with DJANGO_SETTINGS_MODULE, BENCH_APP and BENCH_DIR set; see `Worker` for what can
be asked.
"""

import cProfile
import gc
import io
import json
import multiprocessing
import os
import pstats
import resource
import signal
import subprocess
import sys
import time
from contextlib import closing
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

import django

# Django must know its settings before any module with models is imported.
django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.contrib.auth.hashers import Argon2PasswordHasher  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, connections  # noqa: E402

from bench.browser import Browser, InProcess, OverKeptHttp, UnexpectedAnswerError  # noqa: E402
from bench.hashers import CountingHasher  # noqa: E402
from bench.journeys import Visit, hoarder, journeys, letter_link, register  # noqa: E402
from bench.mail import deliver  # noqa: E402
from bench.ports import free_port, wait_for  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
# How gunicorn serves: as deploy/gunicorn.conf.py has it, and as it does when nobody tells it.
SERVED = {
    "deployed": ["--worker-class", "gthread", "--threads", "4", "--keep-alive", "75"],
    "sync": [],
}
CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


def captcha_answer(key: str) -> str:
    """Return what the picture with this key shows."""
    from captcha.models import CaptchaStore

    return str(CaptchaStore.objects.get(hashkey=key).response)


def address(serial: int) -> str:
    """Return a loopback address of its own for each customer, so that no limit sees a crowd."""
    return f"127.{serial >> 16 & 255}.{serial >> 8 & 255}.{serial & 255}"


def resident_mib(pid: int | str = "self") -> float:
    """Return the memory that a process holds now, in MiB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
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

    def mails_ms(self, *, times: int) -> dict[str, float]:
        """Return the CPU milliseconds of writing a registration's two mails, by their kinds.

        From the owed row to the bytes for the mail server, statements included; median of so many.
        """
        # Only kantor has these; the other sites must not need them.
        from accounts.mail.compose import compose
        from accounts.models import OutboxMessage

        serial = next(self.serial)
        email = f"anna.mails.{serial}@example.org"
        visit = Visit(Browser(self.transport, address(serial)), lambda _label: None)
        taken: dict[str, list[float]] = {}

        def write(kind: str) -> None:
            deliver(email)
            row = OutboxMessage.objects.get(recipient=email, kind=kind)
            for _ in range(times):
                start = time.thread_time()
                mail = compose(row)
                assert mail is not None
                mail.message().as_bytes()
                taken.setdefault(kind, []).append((time.thread_time() - start) * 1000)

        register(visit, "person", email, captcha_answer, {})
        write(OutboxMessage.Kind.REGISTRATION)
        visit.follow("landing", visit.get("activation", letter_link(email, r"/aktywacja/[^/]+/$")))
        write(OutboxMessage.Kind.WELCOME)
        return {kind: median(each) for kind, each in taken.items()}

    def postgres_ms(self, *, journey: str, times: int) -> float:
        """Return the CPU milliseconds that PostgreSQL's own process spends on a journey (Linux).

        Of the one connection that serves journeys in this process; the server is on this machine.
        """
        self.time(journey=journey, times=3)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (pid,) = cursor.fetchone()
        before = own_cpu_ms(pid)
        self.time(journey=journey, times=times)
        return (own_cpu_ms(pid) - before) / times

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

    def http(self, *, journey: str, times: int, clients: int, served: str) -> dict[str, float]:
        """Return journeys per second, server CPU and memory of so many journeys over HTTP.

        Gunicorn runs with two processes on a free port of this machine, as `SERVED` says; its CPU,
        children included, is read from /proc before and after, its memory at the end. Server and
        visitors have half of the cores each: a visitor's work must take nothing from the site.
        """
        port = free_port()
        command = [sys.executable, "-m", "gunicorn", "bench.wsgi", "--workers", "2"]
        command += [*SERVED[served], "--bind", f"127.0.0.1:{port}", "--log-level", "error"]
        server = subprocess.Popen(command)
        os.sched_setaffinity(server.pid, cores()[0])
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
            resident = sum(resident_mib(child) for child in children_of(server.pid))
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(20)
        return {"per_second": times / taken, "cpu_ms": used / times, "resident_mib": resident}

    def _crowd(self, journey: str, times: int, clients: int, port: int) -> None:
        """Let several customers register at once, so many in all.

        Each in a process of its own: threads would share one core, and be the slowest part.
        """
        serials = [next(self.serial) for _ in range(times)]

        def share(part: list[int]) -> None:
            os.sched_setaffinity(0, cores()[1])
            for serial in part:
                with closing(OverKeptHttp(port, address(serial))) as transport:
                    browser = Browser(transport, address(serial))
                    self.journeys[journey](Visit(browser, lambda _label: None), serial)

        # A connection to the database is no thing to inherit.
        connections.close_all()
        crowd = [
            multiprocessing.get_context("fork").Process(
                target=share, args=(serials[number::clients],)
            )
            for number in range(clients)
        ]
        for one in crowd:
            one.start()
        for one in crowd:
            one.join()
        if any(one.exitcode for one in crowd):
            raise UnexpectedAnswerError(f"{journey}: a customer did not get to the end")


def cores() -> tuple[set[int], set[int]]:
    """Return the cores of the server and those of its visitors; one core is both (Linux)."""
    ours = sorted(os.sched_getaffinity(0))
    half = len(ours) // 2
    return set(ours[:half] or ours), set(ours[half:])


def children_of(pid: int) -> list[int]:
    """Return the processes that this one has begun and that live (Linux)."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def own_cpu_ms(pid: int) -> float:
    """Return the CPU milliseconds that a process has used (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def tree_cpu_ms(pid: int) -> float:
    """Return the CPU milliseconds that a process and its living children have used (Linux)."""
    return own_cpu_ms(pid) + sum(own_cpu_ms(child) for child in children_of(pid))


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
