"""Deliver the mails that are due: those whose first try failed, or whose worker died."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections

from accounts.mail import delivery

INTERVAL = 30.0


class Command(BaseCommand):
    """Sweep the outbox once, or again and again with --loop.

    SIGTERM and SIGINT end it after the mail that is being delivered. A lost database ends the
    loop with an error; the service manager starts it again.
    """

    help = "Deliver the mails that are due, once or again and again (--loop)."

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stop = threading.Event()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --loop and the pause between two sweeps."""
        parser.add_argument("--loop", action="store_true", help="go on until stopped")
        parser.add_argument(
            "--interval",
            type=float,
            default=INTERVAL,
            metavar="SECONDS",
            help=f"pause between two sweeps of --loop (default {INTERVAL:g})",
        )

    def handle(self, *, loop: bool, interval: float, **options: Any) -> None:
        """Deliver, and say how many mails were tried."""
        with self._stopped_by_signals():
            if not loop:
                self.stdout.write(f"Mails tried: {self._sweep()}")
                return
            while not self.stop.is_set():
                if tried := self._sweep():
                    self.stdout.write(f"Mails tried: {tried}")
                # The database may have ended an idle connection meanwhile.
                close_old_connections()
                self.stop.wait(interval)

    def _sweep(self) -> int:
        """Try every due mail once: a failure moves its row into the future."""
        total = 0
        while tried := delivery.deliver_due(stop=self.stop.is_set):
            total += tried
        return total

    @contextmanager
    def _stopped_by_signals(self) -> Iterator[None]:
        """Take SIGTERM and SIGINT as a wish to end; only a main thread can."""
        in_main = threading.current_thread() is threading.main_thread()
        numbers = (signal.SIGTERM, signal.SIGINT) if in_main else ()
        handlers = {number: signal.signal(number, self._ask_to_stop) for number in numbers}
        try:
            yield
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.stop.set()
