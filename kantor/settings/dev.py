"""Run on a developer's machine: SQLite under var/, mails kept as files and shown at /poczta/."""

from .base import *  # noqa: F403  settings are one star-import deep, by Django's custom
from .base import BASE_DIR, INSTALLED_APPS

DEBUG = True
SECRET_KEY = "development-only-key-that-production-refuses-to-start-with"  # noqa: S105
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]

INSTALLED_APPS = [*INSTALLED_APPS, "kantor.mailbox"]
EMAIL_BACKEND = "kantor.mailbox.backend.EmailBackend"
MAILBOX_DIR = BASE_DIR / "var" / "mail"
