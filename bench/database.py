"""The database of one measured site: the same kind, with the same options, for all of them."""

import os
from pathlib import Path
from typing import Any

import environ


def database() -> dict[str, Any]:
    """Return Django's settings of the database that this process measures on.

    SQLite in BENCH_DIR, or the PostgreSQL of BENCH_POSTGRES_URL. Each site keeps its connections
    as it is shipped: Django's default, a new one for each request, for the baselines, and our
    own setting for kantor. BENCH_CONN_MAX_AGE gives all of them the same.
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
    keep = os.environ.get("BENCH_CONN_MAX_AGE", "None")
    settings["CONN_MAX_AGE"] = None if keep == "None" else int(keep)
    return settings
