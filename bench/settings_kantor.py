"""The site as production runs it, with what a measurement needs: its database, mail and hasher."""

import os
from typing import Any

from bench.database import database
from kantor.settings.base import *  # noqa: F403  settings are one star-import deep
from kantor.settings.base import INSTALLED_APPS, TASKS_PACKAGE

DEBUG = False
SECRET_KEY = "known-to-all-and-used-only-to-measure-on-this-machine"  # noqa: S105
TOTP_KEYS = [
    "known-to-all-and-used-only-to-measure-on-this-machine-0123456789-abcdefghijklmnopqrstu",
]
ALLOWED_HOSTS = ["127.0.0.1"]
BASE_URL = "http://127.0.0.1"

# Kept as kantor.settings.prod keeps it: without end on SQLite, ten minutes on PostgreSQL.
DATABASES = {"default": database(600 if "BENCH_POSTGRES_URL" in os.environ else None)}
DATABASES["default"]["CONN_HEALTH_CHECKS"] = "BENCH_POSTGRES_URL" in os.environ
PASSWORD_HASHERS = ["bench.hashers.CountingHasher"]
MAILERS: dict[str, Any] = {"default": {"BACKEND": "bench.mail.EmailBackend"}}

# As it is shipped, a thread of the process sends the mails; BENCH_TASKS=database leaves them to a
# worker, and BENCH_TASKS=immediate sends them in the request that owes them.
match os.environ.get("BENCH_TASKS", "thread"):
    case "database":
        INSTALLED_APPS = [*INSTALLED_APPS, "django_tasks_db"]
        TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    case "immediate":
        TASKS = {"default": {"BACKEND": f"{TASKS_PACKAGE}.backends.immediate.ImmediateBackend"}}
    case _:
        TASKS = {"default": {"BACKEND": "kantor.serving.tasks.BackgroundBackend"}}
