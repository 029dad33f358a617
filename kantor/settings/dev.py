"""Run on a developer's machine: SQLite under var/, mails kept as files and shown at /poczta/."""

import environ

from .base import *  # noqa: F403  settings are one star-import deep, by Django's custom
from .base import BASE_DIR, INSTALLED_APPS

(BASE_DIR / "var").mkdir(exist_ok=True)

DEBUG = True
KEPT_PAGES_CHECKED = True
SECRET_KEY = "development-only-key-that-production-refuses-to-start-with"  # noqa: S105
TOTP_KEYS = [
    "development-only-key-of-seeds-that-production-refuses-to-start-with-0123456789-abcdefg",
]
BASE_URL = environ.Env().str("BASE_URL", default="http://localhost:8000")
COMPANY_LOOKUP = environ.Env().str("COMPANY_LOOKUP", default="fixtures")
SCREENING = environ.Env().str("SCREENING", default="fixtures")
REVIEW_FOUR_EYES = environ.Env().str("REVIEW_FOUR_EYES", default="off")
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]

INSTALLED_APPS = [*INSTALLED_APPS, "kantor.mailbox", "kantor.specimens"]
MAILERS = {"default": {"BACKEND": "kantor.mailbox.backend.EmailBackend"}}
MAILBOX_DIR = BASE_DIR / "var" / "mail"
