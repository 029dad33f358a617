"""The site as production runs it, with what a measurement needs: its database, mail and hasher."""

from bench.database import database
from kantor.settings.base import *  # noqa: F403  settings are one star-import deep

DEBUG = False
SECRET_KEY = "known-to-all-and-used-only-to-measure-on-this-machine"  # noqa: S105
ALLOWED_HOSTS = ["127.0.0.1"]
BASE_URL = "http://127.0.0.1"

DATABASES = {"default": database()}
PASSWORD_HASHERS = ["bench.hashers.CountingHasher"]
EMAIL_BACKEND = "bench.mail.EmailBackend"
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
