"""Keep the files that staff have exported: where they lie, and that they go when they must.

`accounts.desk.export` writes them and hands them out.
"""

import re
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import ExportFile
from accounts.models.export import SILENCE
from accounts.retention import EXPORTS_LAST

State = ExportFile.State
_NAME = re.compile(r"export-[0-9]+-[0-9a-f]{32}\.(?:csv|xlsx)\Z")
_PARTS = "parts"


def folder() -> Path:
    """Return the folder of the files; made when it is not there, for us alone."""
    return _made(Path(settings.EXPORT_DIR))


def parts() -> Path:
    """Return the folder of what is put together to a file, and of files without a name."""
    return _made(folder() / _PARTS)


def parts_of_one() -> TemporaryDirectory[str]:
    """Return a folder for the parts of one file, which goes with them when it is left."""
    return TemporaryDirectory(prefix="book-", dir=parts())


def delete(name: str) -> None:
    """Delete the file of this name, if there is one."""
    if name:
        (Path(settings.EXPORT_DIR) / name).unlink(missing_ok=True)


def withdraw_all() -> int:
    """Delete all files, and stop those that are being written: somebody in them was erased.

    Return how many there were. Their authors read that they failed, and may order them anew. Call
    it once the erasure is committed: until then a task that begins still reads whoever goes. What
    killed processes have left goes too.
    """
    done = 0
    for file in ExportFile.objects.filter(state__in=(State.RUNNING, State.READY)):
        delete(file.name)
        done += ExportFile.objects.filter(pk=file.pk).update(state=State.FAILED, name="")
    delete_strays(SILENCE)
    return done


def delete_strays(age: timedelta = EXPORTS_LAST) -> None:
    """Delete what no row knows, left by a process that was killed, once it is so old."""
    oldest = time.time() - age.total_seconds()
    for path in list(_files()):
        # Another call may be at it.
        with suppress(FileNotFoundError):
            is_known = ExportFile.objects.filter(name=path.name).exists()
            if path.stat().st_mtime < oldest and not is_known:
                rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()


def purge() -> int:
    """Delete the rows that are over with their files, then strays; return how many rows."""
    done = 0
    for file in over():
        delete(file.name)
        done += file.delete()[0]
    delete_strays()
    return done


def over() -> QuerySet[ExportFile]:
    """Return the exports whose time is over."""
    return ExportFile.objects.filter(ends_at__lte=timezone.now())


def _files() -> Iterator[Path]:
    # Nothing else that an operator may keep there.
    kept = Path(settings.EXPORT_DIR)
    if kept.is_dir():
        yield from (path for path in kept.iterdir() if _NAME.match(path.name))
    if (kept / _PARTS).is_dir():
        yield from (kept / _PARTS).iterdir()


def _made(path: Path) -> Path:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path
