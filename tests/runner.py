"""Run the suite by `manage.py test`, in several processes too (`--parallel`)."""

import unittest
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from django.test.runner import (
    DiscoverRunner,
    ParallelTestSuite,
    RemoteTestResult,
    RemoteTestRunner,
)
from django.test.utils import iter_test_cases  # type: ignore[attr-defined]


class Result(RemoteTestResult):
    """Send a failed part of a test home as a failure of the test.

    Django would send the part with the test in it, whose client and pages cannot be pickled: the
    run would end without a word of what failed.
    """

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:  # noqa: N802  unittest's name
        """Take the traceback of the part."""
        if err is None:
            return
        if issubclass(err[0], test.failureException):
            self.addFailure(test, err)
        else:
            self.addError(test, err)


class ProcessRunner(RemoteTestRunner):
    """Run the tests of one process."""

    resultclass = Result


class ParallelSuite(ParallelTestSuite):
    """Share the tests among processes."""

    runner_class = ProcessRunner


class Runner(DiscoverRunner):
    """Share the browser's tests one by one; copy a test database when all of it lies in its file.

    Django gives each process whole classes, and one that audits every page would still run when
    all others have ended.

    Django copies the file of an SQLite database while its connection is open; in WAL mode the
    tables are then still in the log beside it, and every process gets an empty copy. Closing the
    last connection writes the log back. A process that was ended with its connection open leaves
    its log behind, and SQLite would play that into the next run's copy of the same name.
    """

    def build_suite(self, *args: Any, **kwargs: Any) -> unittest.TestSuite:
        """Return the suite, in parts when there are processes to share it."""
        processes, self.parallel = self.parallel, 1
        suite = super().build_suite(*args, **kwargs)
        if processes > 1:
            parts = sorted(_parts(suite), key=_turn)
            # Also the number of databases that are made. One more than were asked for: a test often
            # waits for a browser, a worker or a server that is silent on purpose.
            self.parallel = min(processes + 1, len(parts)) or 1
            if self.parallel > 1:
                return ParallelSuite(
                    parts, self.parallel, self.failfast, self.debug_mode, self.buffer
                )
        return suite

    def setup_databases(self, **kwargs: Any) -> Any:
        """Create the databases, then their copies; return what `teardown_databases` needs."""
        processes, self.parallel = self.parallel, 1
        created = super().setup_databases(**kwargs)
        self.parallel = processes
        if processes > 1:
            for connection, _name, is_ours in created:
                connection.close()
                if is_ours:
                    for number in range(1, processes + 1):
                        _forget_log(connection.creation.get_test_db_clone_settings(str(number)))
                        connection.creation.clone_test_db(
                            suffix=str(number), verbosity=self.verbosity, keepdb=self.keepdb
                        )
        return created


def _parts(suite: unittest.TestSuite) -> Iterator[unittest.TestSuite]:
    """Yield a suite for each class in its order, and for each test of a class with a browser.

    Such a class costs next to nothing to begin, since the browser is the process's.
    """
    for _class, tests in groupby(iter_test_cases(suite), type):
        part = unittest.TestSuite(tests)
        if _is_of_browser(part):
            yield from (unittest.TestSuite([test]) for test in part)
        else:
            yield part


def _turn(part: unittest.TestSuite) -> int:
    """Return when a part has its turn: those of the browser come last, for they fill gaps best.

    First of them those that audit every page, which take longest.
    """
    if not _is_of_browser(part):
        return 0
    return 1 if any(hasattr(test, "audit") for test in part) else 2


def _is_of_browser(part: unittest.TestSuite) -> bool:
    """Tell whether these tests need the browser."""
    return any("browser" in getattr(test, "tags", ()) for test in part)


def _forget_log(clone: dict[str, Any]) -> None:
    """Remove what an earlier run left beside this copy of an SQLite database."""
    for ending in ("-wal", "-shm"):
        Path(f"{clone['NAME']}{ending}").unlink(missing_ok=True)
