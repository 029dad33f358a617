"""Run tasks in the web process itself, beside the requests that owe them."""

import atexit
import logging
from collections.abc import Callable
from functools import partial
from queue import Full, Queue
from threading import Lock, Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, TypeVar

import django
from django.db import close_old_connections

if TYPE_CHECKING or django.VERSION < (6, 0):
    from django_tasks.backends.immediate import ImmediateBackend
else:
    from django.tasks.backends.immediate import ImmediateBackend

__all__ = ["BackgroundBackend", "Helper", "ImmediateBackend", "helper", "takes_long"]

logger = logging.getLogger(__name__)

Work = TypeVar("Work", bound=Callable[..., object])

# Seconds between a task's order and its start. The visitor's answer, and the page that it leads
# to, are computed meanwhile: nobody reads from their time what a task had to do.
DELAY = 0.3
# Orders that may wait, a kilobyte or two each: more come together only where a mail server keeps
# everybody waiting, and then the sweeper is as good.
MOST_ORDERS = 1000
# Seconds that a process which is told to end gives to what was ordered. A server that is being
# restarted must not stand still for a mail server that says nothing.
GRACE = 5.0


class Helper:
    """Do what is ordered, one thing after the other, in a thread of this process.

    The thread is started by an order, so it survives the fork of a server. It is a daemon: the
    process ends without waiting for it, but for what `finish` waits.
    """

    def __init__(self) -> None:
        self._orders: Queue[Callable[[], object]] = Queue(MOST_ORDERS)
        self._thread: Thread | None = None
        self._starting = Lock()

    def order(self, work: Callable[[], object]) -> bool:
        """Have this done soon; False when so much waits already that it is not taken."""
        try:
            self._orders.put_nowait(work)
        except Full:
            return False
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._work, name="tasks", daemon=True)
                self._thread.start()
        return True

    def finish(self, seconds: float) -> int:
        """Wait until all is done, so many seconds at most; return how much is not."""
        orders = self._orders
        with orders.all_tasks_done:
            orders.all_tasks_done.wait_for(lambda: not orders.unfinished_tasks, seconds)
            return orders.unfinished_tasks

    def _work(self) -> None:
        while True:
            work = self._orders.get()
            try:
                work()
            except Exception as error:
                # The kind alone: what is wrong with a value would quote the value.
                logger.error("A task failed: %s", type(error).__name__)
            finally:
                self._orders.task_done()


helper = Helper()
# For tasks that take minutes: those that send mails do not wait for them.
patient_helper = Helper()


def takes_long(function: Work) -> Work:
    """Mark the function of a task that takes minutes, so that no other task waits for it here."""
    function.takes_long = True  # type: ignore[attr-defined]
    return function


@atexit.register
def _end() -> None:
    if left := helper.finish(GRACE):
        logger.warning("The process ends and leaves %d tasks to be swept up.", left)


class BackgroundBackend(ImmediateBackend):
    """The immediate backend for a site with a real mail server, which may be slow or silent.

    A request orders a task and goes on; the task runs in this process's one thread for tasks, or in
    the one for those that take long. A process that is killed, or that ends while the mail server
    is silent, loses what was ordered: tasks must be swept up after by other means, as the outbox
    is.
    """

    def _execute_task(self, task_result: Any) -> None:
        is_long = getattr(task_result.task.func, "takes_long", False)
        chosen = patient_helper if is_long else helper
        if not chosen.order(partial(self._execute_later, monotonic() + DELAY, task_result)):
            logger.warning("Too many tasks wait; one more is left to be swept up.")

    def _execute_later(self, start: float, task_result: Any) -> None:
        sleep(max(0.0, start - monotonic()))
        # What a request does for its connection, before and after.
        close_old_connections()
        try:
            super()._execute_task(task_result)
        finally:
            close_old_connections()
