"""Run tasks in the web process itself, beside the requests that owe them."""

from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep
from typing import Any

from django.db import close_old_connections
from django_tasks.backends.immediate import ImmediateBackend
from django_tasks.base import TaskResult

# Seconds between a task's order and its start. The visitor's answer, and the page that it leads
# to, are computed meanwhile: nobody reads from their time what a task had to do.
DELAY = 0.3

# One thread a process, whatever asks: started by the first task, so it survives the fork of a
# server; ended with the process, after the tasks that were ordered.
_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="tasks")


class BackgroundBackend(ImmediateBackend):
    """The immediate backend for a site with a real mail server, which may be slow or silent.

    A request orders a task and goes on; the task runs in this process's one thread for tasks. A
    process that is killed loses what was ordered: tasks must be swept up after by other means,
    as the outbox is.
    """

    def _execute_task(self, task_result: "TaskResult[Any]") -> None:
        _thread.submit(self._execute_later, monotonic() + DELAY, task_result)

    def _execute_later(self, start: float, task_result: "TaskResult[Any]") -> None:
        sleep(max(0.0, start - monotonic()))
        # What a request does for its connection, before and after.
        close_old_connections()
        try:
            super()._execute_task(task_result)
        finally:
            close_old_connections()
