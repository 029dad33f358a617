"""Deliver the mails that are due: those whose first try failed, or whose worker died."""

import signal
import threading
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.mail import outbox

INTERVAL = 30.0


class Command(BaseCommand):
    """Sweep the outbox once, or until SIGTERM or SIGINT with --loop.

    A lost database ends the loop with an error; the service manager starts it again.
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
        if not loop:
            self.stdout.write(f"Mails tried: {self._sweep()}")
            return
        handlers = {
            number: signal.signal(number, self._ask_to_stop)
            for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            while not self.stop.is_set():
                if tried := self._sweep():
                    self.stdout.write(f"Mails tried: {tried}")
                self.stop.wait(interval)
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def _sweep(self) -> int:
        """Try every due mail once: a failure moves its row into the future."""
        total = 0
        while not self.stop.is_set() and (tried := outbox.deliver_due()):
            total += tried
        return total

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.stop.set()
