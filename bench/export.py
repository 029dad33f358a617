"""Measure an export of all customers: how long it takes, and that its memory does not grow.

    python -m bench.export [--rows 1000000] [--postgres URL] [--write]

On SQLite, and with `--postgres` (a role that may create databases) on PostgreSQL too: 10,000
customers first, then `--rows` of them, each in a database of its own that is thrown away. Each file
is written by a process of its own, by the task that the desk orders. Memory is the process's
resident set, in MiB: when a tenth of the rows was written, and the most there was until the end.
"""

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SMALL = 10_000
# What an allocator and a cache of the database may take beside what is constant, in MiB.
MAY_GROW = 16.0
# Of one file: rows, seconds, those of this process's CPU, bytes, memory at a tenth and at most.
Measured = dict[str, float]


def fill(rows: int) -> None:
    """Fill this process's database."""
    _set_up()
    from django.core.management import call_command

    from bench.desk_rows import fill as fill_with

    call_command("migrate", verbosity=0)
    fill_with(rows)


def measure(format_: str, folder: str) -> Measured:
    """Write one file of all customers by the task, and return what it took."""
    _set_up()
    from django.test import override_settings

    from accounts.desk import export, sheets
    from accounts.desk.events import Desk
    from accounts.desk.export import Order
    from accounts.models import ExportFile, User

    seen: list[tuple[int, float]] = []

    class Watched(sheets.Cells):
        """Look at the memory now and then."""

        count = 0

        def of(self, row: dict[str, Any]) -> list[str]:
            Watched.count += 1
            if Watched.count % 1_000 == 0:
                seen.append((Watched.count, _resident()))
            return super().of(row)

    sheets.Cells = Watched  # type: ignore[misc]
    accounts = User.objects.filter(is_staff=False)
    officer = User.objects.get(email="officer@kantor.example")
    with override_settings(EXPORT_DIR=folder, EXPORT_AT_ONCE=0):
        ordered = export.order(Order(format_), accounts, desk=Desk(officer))
        assert isinstance(ordered, ExportFile)
        began, worked = time.perf_counter(), time.process_time()
        export.make(ordered.pk, lambda file: accounts)
        took, worked = time.perf_counter() - began, time.process_time() - worked
        made = ExportFile.objects.get(pk=ordered.pk)
        if made.state != ExportFile.State.READY:
            raise SystemExit(f"The export is {made.state}")
        path = Path(folder) / made.name
        size = path.stat().st_size
        path.unlink()
    return {
        "rows": made.written,
        "seconds": took,
        "cpu": worked,
        "size": size,
        "tenth": next(resident for count, resident in seen if count >= made.written // 10),
        "most": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _set_up() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings_kantor")
    import django

    django.setup()


def _resident() -> float:
    """Return what this process has in memory now, in MiB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def report(found: dict[str, dict[int, dict[str, Measured]]]) -> str:
    """Return the table in Markdown, and where memory grew."""
    lines = [
        "| | rows | seconds | of CPU | rows a second of it | MB | MiB at a tenth | at most | |",
        "|:--|--:|--:|--:|--:|--:|--:|--:|:--|",
    ]
    for vendor, sizes in found.items():
        for size, formats in sizes.items():
            for format_, one in formats.items():
                least = sizes[min(sizes)][format_]["most"]
                grew = size > min(sizes) and one["most"] - least > MAY_GROW
                rate = one["rows"] / one["cpu"]
                lines.append(
                    f"| {vendor}, {format_} | {one['rows']:,.0f} | {one['seconds']:.0f}"
                    f" | {one['cpu']:.1f} | {rate:,.0f} | {one['size'] / 1e6:.1f}"
                    f" | {one['tenth']:.0f} | {one['most']:.0f} | {'grows' if grew else ''} |"
                )
    return "\n".join(lines)


def main() -> None:
    """Measure on each database and at each size, print, and keep the report when asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--postgres", metavar="URL", help="a role that may create databases")
    parser.add_argument("--write", action="store_true", help="keep the report in bench/")
    parser.add_argument("--fill", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.fill:
        fill(options.fill)
        return
    if options.one:
        json.dump(measure(*options.one), sys.stdout)
        return
    found: dict[str, dict[int, dict[str, Measured]]] = {}
    folder = Path(tempfile.mkdtemp(prefix="bench-export-"))
    try:
        for vendor in ["SQLite", *(["PostgreSQL"] if options.postgres else [])]:
            for rows in (SMALL, options.rows):
                sizes = found.setdefault(vendor, {})
                sizes[rows] = _of_database(vendor, rows, folder, options.postgres)
                print(report(found), flush=True)
    finally:
        shutil.rmtree(folder)
    text = f"""# What an export of all customers costs

CPython {platform.python_version()}, {os.cpu_count()} processors, masked values. A process of its
own for each file, on a machine that does other things: look at its own CPU. Memory is that of the
whole process, Django and all, and must not depend on the rows: a row says "grows" where the longer
table took {MAY_GROW:.0f} MiB more.

{report(found)}
"""
    print(text)
    if options.write:
        (ROOT / "bench" / "results-export.md").write_text(text, encoding="utf-8")


def _of_database(vendor: str, rows: int, folder: Path, postgres: str | None) -> dict[str, Measured]:
    """Fill one database and write both files from it, each in a process of its own."""
    place = folder / f"{vendor}-{rows}"
    place.mkdir()
    environment = {**os.environ, "BENCH_DIR": str(place)}
    name = f"bench_export_{rows}"
    if vendor == "PostgreSQL":
        assert postgres is not None
        _on_server(postgres, f'DROP DATABASE IF EXISTS "{name}"', f'CREATE DATABASE "{name}"')
        environment["BENCH_POSTGRES_URL"] = f"{postgres.rpartition('/')[0]}/{name}"
    command = [sys.executable, "-m", "bench.export"]
    try:
        subprocess.run([*command, f"--fill={rows}"], env=environment, check=True)
        return {
            format_: json.loads(
                subprocess.run(
                    [*command, "--one", format_, str(place / "exports")],
                    env=environment,
                    stdout=subprocess.PIPE,
                    check=True,
                ).stdout
            )
            for format_ in ("csv", "xlsx")
        }
    finally:
        shutil.rmtree(place)
        if vendor == "PostgreSQL" and postgres:
            _on_server(postgres, f'DROP DATABASE IF EXISTS "{name}"')


def _on_server(url: str, *statements: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as server:
        for statement in statements:
            server.execute(statement.encode())


if __name__ == "__main__":
    main()
