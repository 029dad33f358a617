"""Fail unless `manage.py test` and pytest find the very same tests, and say how many there are.

A test that only one runner sees (a loose function, a class without TestCase, a folder without
`__init__.py`) looks as if it were run and is not.
"""

import os
import subprocess
import sys
import unittest
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def tests_of(suite: unittest.TestSuite) -> Iterator[str]:
    """Return the dotted name of each test in a suite."""
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from tests_of(test)
        else:
            yield test.id()


def found_by_django() -> set[str]:
    """Return the names of the tests that `manage.py test` would run."""
    import django
    from django.conf import settings
    from django.test.utils import get_runner

    django.setup()
    return set(tests_of(get_runner(settings)(verbosity=0).build_suite()))


def found_by_pytest() -> set[str]:
    """Return the names of the tests that pytest would run; exit with its words if it cannot."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "--quiet", "--no-header"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    lines = [line for line in done.stdout.splitlines() if "::" in line]
    return {line.replace(".py::", ".").replace("::", ".").replace("/", ".") for line in lines}


def main() -> None:
    """Compare, write the counts to var/test-counts.txt, and exit with 1 on a difference."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kantor.settings.test")
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    django_tests, pytest_tests = found_by_django(), found_by_pytest()
    counts = f"manage.py test: {len(django_tests)} tests, pytest: {len(pytest_tests)} tests"
    (ROOT / "var").mkdir(exist_ok=True)
    (ROOT / "var" / "test-counts.txt").write_text(counts + "\n", encoding="utf-8")
    print(counts)
    for runner, others in (
        ("manage.py test", pytest_tests - django_tests),
        ("pytest", django_tests - pytest_tests),
    ):
        for name in sorted(others):
            print(f"not found by {runner}: {name}", file=sys.stderr)
    if django_tests != pytest_tests or not django_tests:
        sys.exit(1)


if __name__ == "__main__":
    main()
