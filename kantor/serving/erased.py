"""Remember outside the database which accounts were erased, so that a backup brings none back.

The file is only ever added to: one line for each account, its number and the time, nothing else.
A line is on the disk before the deletion is committed (`announced`), and another after it
(`erased`). The first alone does not erase: its transaction may have been taken back, and the
account may live. The second alone would be missing when the process dies in between.
"""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

# Unanchored at its start: a line that was cut off by a crash must not hide the one after it.
_LINE = re.compile(
    r"(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00) (?P<what>announced|erased) (?P<pk>\d+)\n"
)


@contextmanager
def remembered(numbers: Iterable[int]) -> Iterator[None]:
    """Delete these accounts within, in one transaction; afterwards the list knows of them.

    Raises OSError before anything is deleted when the list cannot be written. Does nothing while
    ERASED_LIST is empty.
    """
    keys = sorted(numbers) if settings.ERASED_LIST else []
    with transaction.atomic():
        _add("announced", keys)
        yield
        # The deletion stands whatever happens to this line; `doubtful` finds that it is missing.
        transaction.on_commit(partial(_add, "erased", keys), robust=True)


def certain(path: Path) -> dict[int, datetime]:
    """Return the accounts that were erased, each with the last time it was."""
    return {pk: at for what, pk, at in _lines(path) if what == "erased"}


def doubtful(path: Path) -> set[int]:
    """Return the accounts whose deletion was begun and of which nothing more is known."""
    found: set[int] = set()
    for what, pk, _at in _lines(path):
        if what == "announced":
            found.add(pk)
        else:
            found.discard(pk)
    return found


def _lines(path: Path) -> Iterator[tuple[str, int, datetime]]:
    for line in _LINE.finditer(path.read_text("ascii", errors="replace")):
        yield line["what"], int(line["pk"]), datetime.fromisoformat(line["at"])


def _add(what: str, keys: list[int]) -> None:
    if not keys:
        return
    at = timezone.now().astimezone(UTC).isoformat(timespec="microseconds")
    # One write at the end of the file: what two processes add at once does not mix.
    lines = "".join(f"{at} {what} {pk}\n" for pk in keys).encode("ascii")
    path = Path(settings.ERASED_LIST)
    is_new = not path.exists()
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        if os.write(file, lines) != len(lines):
            raise OSError(f"{path} took only a part")
        os.fsync(file)
    finally:
        os.close(file)
    if is_new:
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Have the name of a new file on the disk as well."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
