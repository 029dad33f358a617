"""The database of one measured site: the same kind, with the same options, for all of them."""

import os
from pathlib import Path
from typing import Any

import environ


def database(conn_max_age: int | None) -> dict[str, Any]:
    """Return Django's settings of the database that this process measures on.

    SQLite in BENCH_DIR, or the PostgreSQL of BENCH_POSTGRES_URL. `conn_max_age` is how long the
    site keeps a connection as it is shipped (seconds, None without end); BENCH_CONN_MAX_AGE
    stands in its stead.
    """
    url = os.environ.get("BENCH_POSTGRES_URL")
    if url:
        settings: dict[str, Any] = environ.Env.db_url_config(url)
    else:
        settings = {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": Path(os.environ["BENCH_DIR"]) / "db.sqlite3",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    keep = os.environ.get("BENCH_CONN_MAX_AGE", str(conn_max_age))
    settings["CONN_MAX_AGE"] = None if keep == "None" else int(keep)
    return settings
