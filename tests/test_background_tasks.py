"""The thread of a web process that does what requests have ordered (`kantor.serving.tasks`)."""

import os
import subprocess
import sys
from threading import Event
from typing import Any
from unittest import mock

from django.conf import settings
from django.test import SimpleTestCase

from kantor.serving import tasks
from kantor.serving.tasks import BackgroundBackend, Helper, takes_long

ENDS = """
import sys, threading
from kantor.serving import tasks
tasks.GRACE = float(sys.argv[1])
begun = threading.Event()
def silent_mail_server():
    begun.set()
    threading.Event().wait(3600)
tasks.helper.order(lambda: print("first", flush=True))
tasks.helper.order(silent_mail_server)
tasks.helper.order(lambda: print("never", flush=True))
begun.wait(60)
"""
FORKS = """
import os
from kantor.serving import tasks
tasks.helper.order(lambda: print("parent", flush=True))
assert tasks.helper.finish(30) == 0
pid = os.fork()
if pid == 0:
    tasks.helper.order(lambda: print("child", flush=True))
    os._exit(tasks.helper.finish(30))
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
"""


def run(code: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run Python to its end."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=settings.BASE_DIR,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class HelperTests(SimpleTestCase):
    """What was ordered."""

    def test_is_done_in_order(self) -> None:
        helper, done = Helper(), list[int]()
        for number in range(5):
            assert helper.order(lambda number=number: done.append(number))  # type: ignore[misc]
        assert helper.finish(30) == 0
        assert done == [0, 1, 2, 3, 4]

    def test_goes_on_after_a_failure_that_is_logged_without_its_words(self) -> None:
        helper, done = Helper(), Event()

        def fail() -> None:
            raise ValueError("anna@example.com")

        with self.assertLogs("kantor.serving.tasks", "ERROR") as logs:
            helper.order(fail)
            helper.order(done.set)
            assert helper.finish(30) == 0
        assert done.is_set()
        assert logs.output == ["ERROR:kantor.serving.tasks:A task failed: ValueError"]

    def test_is_refused_when_too_much_waits(self) -> None:
        begun, may_end = Event(), Event()
        self.addCleanup(may_end.set)
        with mock.patch.object(tasks, "MOST_ORDERS", 3):
            helper = Helper()

        def wait() -> None:
            begun.set()
            may_end.wait(60)

        helper.order(wait)
        assert begun.wait(60)
        assert [helper.order(int) for _ in range(5)] == [True] * 3 + [False] * 2
        assert helper.finish(0.01) == 4
        backend = BackgroundBackend("default", {})
        result: Any = mock.Mock(**{"task.func": int})
        with (
            mock.patch.object(tasks, "helper", helper),
            self.assertLogs("kantor.serving.tasks", "WARNING") as logs,
        ):
            backend._execute_task(result)
        assert "swept up" in logs.output[0]
        # What takes long waits in another thread, and holds up nothing here.
        result.task.func = takes_long(lambda: None)
        with (
            mock.patch.object(tasks, "helper", helper),
            mock.patch.object(tasks, "patient_helper", Helper()) as patient,
        ):
            backend._execute_task(result)
            assert patient.finish(0) == 1
        may_end.set()
        assert helper.finish(30) == 0

    def test_holds_no_process_back_for_longer_than_the_grace(self) -> None:
        # It would wait for the mail server for an hour, and `run` for a minute.
        ended = run(ENDS, "0.2")
        assert (ended.returncode, ended.stdout) == (0, "first\n"), ended.stderr
        assert "leaves 2 tasks to be swept up" in ended.stderr

    def test_is_done_in_a_process_that_was_forked_off(self) -> None:
        ended = run(FORKS)
        assert (ended.returncode, ended.stdout) == (0, "parent\nchild\n"), ended.stderr
