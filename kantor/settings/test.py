"""Run the tests: a fast hasher, mails in memory, PostgreSQL when TEST_POSTGRES_URL names one."""

import environ

from .base import *  # noqa: F403  settings are one star-import deep, by Django's custom
from .base import BASE_DIR, DATABASES, INSTALLED_APPS, LOGGING, SQLITE_OPTIONS

env = environ.Env()
STATIC_ROOT = BASE_DIR / "var" / "test-static"  # empty: WhiteNoise scans it for every client
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns of a missing one

DEBUG = False
KEPT_PAGES_CHECKED = True
AUDIT_CAN_BE_FLUSHED = True
COUNTS_FLUSHED_AFTER = 0  # a test adds them when it looks: no thread writes beside it
SECRET_KEY = "test-only-key-that-production-refuses-to-start-with"  # noqa: S105
TOTP_KEYS = [
    "test-only-key-of-seeds-that-production-refuses-to-start-with-0123456789-abcdefghijklmn",
]
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
BASE_URL = "http://testserver"

INSTALLED_APPS = [*INSTALLED_APPS, "kantor.mailbox", "kantor.specimens"]
EXPORT_DIR = str(BASE_DIR / "var" / "test-exports")
MAILBOX_DIR = BASE_DIR / "var" / "test-mail"
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Refusals are what most tests are about; their log lines would bury a failure.
LOGGING["handlers"]["stderr"]["level"] = "CRITICAL"

if "TEST_POSTGRES_URL" in env and env.bool("TEST_ON_POSTGRES", default=False):
    DATABASES = {"default": env.db_url("TEST_POSTGRES_URL")}
else:
    # A file, not memory: tests with threads and a live server open several connections.
    DATABASES["default"] = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": BASE_DIR / "var" / "unused.sqlite3",
        "OPTIONS": SQLITE_OPTIONS,
        "TEST": {"NAME": BASE_DIR / "var" / f"test{env.str('KANTOR_TEST_DB', '')}.sqlite3"},
    }

TEST_RUNNER = "tests.runner.Runner"
