"""Count and measure for `/metrics` what the site does; without METRICS nothing is imported or done.

Every process of the site adds to files of its own in METRICS_FOLDER, by prometheus-client's
multiprocess mode, and whichever is asked for `/metrics` adds them up. Labels are words of ours:
names of steps, limits and outcomes, never anything that a request brought.
"""

import fcntl
import os
import re
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from threading import RLock
from time import perf_counter
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from prometheus_client.metrics import MetricWrapperBase

_lock = RLock()
_slots: dict[int, str] = {}
# What a label may look like; anything else is counted as "other", so that no mistake of ours lets
# a visitor make as many series as he likes.
_LABEL = re.compile(r"[a-z0-9_-]{1,40}")


def start() -> None:
    """Make ready what this process counts with; any number of calls.

    Call it before anything of prometheus-client is imported: which kind of value it keeps is
    decided there. Raises `ImproperlyConfigured` where the folder is somebody else's.
    """
    with _lock:
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ and "prometheus_client" in sys.modules:
            return
        folder = Path(settings.METRICS_FOLDER)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_uid != os.getuid():
            raise ImproperlyConfigured("METRICS_FOLDER belongs to another user.")
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
        from prometheus_client import values

        values.ValueClass = values.MultiProcessValue(_slot)  # type: ignore[no-untyped-call]


def _slot() -> str:
    """Return the number under which this process keeps its files, and no other at the same time.

    A number is free again when its process has ended, however it did; the next one goes on
    counting in the same files. So there are as many as processes run at once, and nobody has to
    clean up after a timer that starts a process each minute, or gunicorn, which renews its own.
    """
    pid = os.getpid()
    if (slot := _slots.get(pid)) is None:
        with _lock:
            slot = _slots[pid] = _slots.get(pid) or _free_slot()
    return slot


def _free_slot() -> str:
    for number in count():
        path = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"], f"{number}.lock")
        held = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(held)
        else:
            return str(number)  # held open for the life of the process
    raise AssertionError("there is always a next number")


class _Number(ABC):
    """What is counted under one name; made when it is needed for the first time."""

    def __init__(self, name: str, about: str, *labels: str, **options: Any) -> None:
        self.name, self.about, self.labels, self.options = name, about, labels, options
        self._made: MetricWrapperBase | None = None

    @abstractmethod
    def _make(self) -> "MetricWrapperBase":
        """Return what prometheus-client counts with; imported here, and only when it is needed."""

    def _of(self, labels: dict[str, str]) -> Any:
        if self._made is None:
            with _lock:
                if self._made is None:
                    start()
                    self._made = self._make()
        if not self.labels:
            return self._made
        return self._made.labels(
            **{name: each if _LABEL.fullmatch(each) else "other" for name, each in labels.items()}
        )


class Total(_Number):
    """How often something happened."""

    def add(self, times: int = 1, **labels: str) -> None:
        """Count it so many times more."""
        if settings.METRICS:
            self._of(labels).inc(times)

    def _make(self) -> "MetricWrapperBase":
        from prometheus_client import Counter

        return Counter(self.name, self.about, self.labels)


class Seconds(_Number):
    """How long something took."""

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Measure what happens within, also when it fails."""
        if not settings.METRICS:
            yield
            return
        began = perf_counter()
        try:
            yield
        finally:
            self._of({}).observe(perf_counter() - began)

    def _make(self) -> "MetricWrapperBase":
        from prometheus_client import Histogram

        return Histogram(self.name, self.about, self.labels, **self.options)


class Moment(_Number):
    """When something happened last."""

    def set_to_now(self) -> None:
        """Remember this moment."""
        if settings.METRICS:
            self._of({}).set_to_current_time()

    def _make(self) -> "MetricWrapperBase":
        from prometheus_client import Gauge

        return Gauge(self.name, self.about, self.labels, multiprocess_mode="max")


STEPS = Total(
    "kantor_registration_steps", "Answers to a step of the registration", "step", "kind", "outcome"
)
HASH = Seconds(
    "kantor_hash_seconds",
    "Time that hashing one password took",
    buckets=(0.1, 0.2, 0.3, 0.5, 1, 2, 5),
)
HASH_WAIT = Seconds(
    "kantor_hash_wait_seconds",
    "Time that a request waited for its turn to hash",
    buckets=(0.01, 0.1, 0.5, 1, 2, 5),
)
HASH_GIVEN_UP = Total("kantor_hash_given_up", "Requests that got no turn to hash: 503")
REFUSALS = Total("kantor_refusals", "Tries that a limit did not allow", "limit")
CAPTCHA = Total(
    "kantor_captcha", "Challenges: shown, heard or mailed, and what answers were worth",
    "way", "outcome",
)  # fmt: skip
DELIVERIES = Total("kantor_deliveries", "Tries to deliver a mail", "outcome")
PURGED = Total("kantor_purged_rows", "Rows that the purge removed", "rule")
PURGE_ENDED = Moment("kantor_purge_timestamp_seconds", "When the purge came to its end last")
SECURITY_EVENTS = Total("kantor_security_events", "Events of the security log", "event")


def begin_at_zero() -> None:
    """Make the series that alerts ask about: where none was, Prometheus sees no growth to 1."""
    HASH_GIVEN_UP.add(0)
    DELIVERIES.add(0, outcome="failed")
    for event in ("passkey_copied", "cookie_forged", "sign_in_refused"):
        SECURITY_EVENTS.add(0, event=event)
