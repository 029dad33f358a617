"""Measure what a mail costs: to write it, and to deliver it with and without a kept connection.

    python -m bench.delivery [MAILS]

The mail server is aiosmtpd in a process of its own, the database a new SQLite file. Rounds of
both ways take turns; the medians are printed.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

ROUNDS = 5
SERVER = """
import socket, sys
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
with socket.create_server(("127.0.0.1", 0)) as probe:
    port = probe.getsockname()[1]
server = Controller(Sink(), hostname="127.0.0.1", port=port)
server.start()
print(port, flush=True)
sys.stdin.read()
server.stop()
"""


def main(mails: int) -> None:
    """Prepare site and mail server, measure, print a table."""
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            [sys.executable, "-c", SERVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as server,
    ):
        assert server.stdin is not None
        assert server.stdout is not None
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "bench.settings_kantor",
            "BENCH_APP": "kantor",
            "BENCH_DIR": folder,
        }
        (Path(folder) / "static").mkdir()
        prepare(int(server.stdout.readline()))
        measure(mails)
        server.stdin.close()


def prepare(port: int) -> None:
    """Set Django up with a database and this mail server."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": port},
        }
    }
    call_command("migrate", verbosity=0)


def measure(mails: int) -> None:
    """Deliver so many mails a round, both ways, and write so many."""
    from accounts.mail import delivery, outbox
    from accounts.mail.compose import compose
    from accounts.models import OutboxMessage, User

    user = User.objects.create_user("anna@example.org", None)

    def owe() -> None:
        OutboxMessage.objects.all().delete()
        for _ in range(mails):
            outbox.put(OutboxMessage.Kind.PASSWORD_CHANGED, user)

    def one_by_one() -> None:
        for pk in OutboxMessage.objects.values_list("pk", flat=True):
            delivery.deliver(pk)

    def together() -> None:
        delivery.deliver_due(limit=mails)

    def write() -> None:
        for message in OutboxMessage.objects.select_related("user"):
            mail = compose(message)
            assert mail is not None
            mail.message().as_bytes()

    def round_of(work: Callable[[], None]) -> tuple[float, float]:
        owe()
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        return time.perf_counter() - wall, time.process_time() - cpu

    ways = {
        "write": write,
        "deliver, a connection for each": one_by_one,
        "deliver, one connection": together,
    }
    for work in ways.values():
        round_of(work)
    rounds = [{name: round_of(work) for name, work in ways.items()} for _ in range(ROUNDS)]
    print(f"{'':32} {'CPU ms':>8} {'wall ms':>8} {'mails/s':>8}")
    for name in ways:
        wall = median(each[name][0] for each in rounds)
        cpu = median(each[name][1] for each in rounds)
        print(f"{name:32} {cpu / mails * 1e3:8.2f} {wall / mails * 1e3:8.2f} {mails / wall:8.0f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
