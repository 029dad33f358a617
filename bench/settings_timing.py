"""The site as production runs it, with its own password hasher and a real mail server beside it."""

import os

from bench.settings_kantor import *  # noqa: F403  settings are one star-import deep
from kantor.settings import base

PASSWORD_HASHERS = base.PASSWORD_HASHERS
MAILERS = {
    "default": {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {"host": "127.0.0.1", "port": int(os.environ["BENCH_SMTP_PORT"])},
    }
}

if os.environ["BENCH_TASKS"] == "immediate":
    TASKS = {"default": {"BACKEND": "kantor.serving.tasks.BackgroundBackend"}}
