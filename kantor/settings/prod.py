"""Run for customers. Everything comes from the environment; a missing value stops the boot.

The names are documented in `.env.example`. Secrets have no default here. A value that would make
the site unsafe stops the boot as a missing one does.
"""

import re
from datetime import timedelta
from email.utils import parseaddr
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django
import environ
from django.core.exceptions import ImproperlyConfigured
from stdnum.pl import nip

from .base import *  # noqa: F403  settings are one star-import deep, by Django's custom
from .base import (
    AUDIT_KEPT_YEARS,
    BASE_DIR,
    CAPTCHA_TEST_MODE,
    COMPANY_LOOKUP_URL,
    CUSTOMERS_KEPT_YEARS,
    EXPORT_DIR,
    HASHES_AT_ONCE,
    HISTORY_KEPT_DAYS,
    HOLDS_KEPT_YEARS,
    INSTALLED_APPS,
    LOGGING,
    MESSAGES_KEPT_DAYS,
    METRICS_FOLDER,
    MIDDLEWARE,
    PENDING_ACCOUNT_DAYS,
    SESSION_HOURS,
    SESSION_IDLE_MINUTES,
    SILENCED_SYSTEM_CHECKS,
    SQLITE_OPTIONS,
    STATIC_ROOT,
    STATICFILES_DIRS,
)
from .secret_files import with_secrets_of_files

env = with_secrets_of_files(environ.Env())


def need(package: str, extra: str, variable: str) -> None:
    """Stop the boot when what this variable asks for was left out of the installation."""
    try:
        import_module(package)
    except ImportError as error:
        words = f"{variable} needs {package}: make install EXTRAS={extra}"
        raise ImproperlyConfigured(words) from error


REQUIRED = (
    "SECRET_KEY",
    "TOTP_KEYS",
    "BASE_URL",
    "ALLOWED_HOSTS",
    "DATABASE_URL",
    "EMAIL_URL",
    "DEFAULT_FROM_EMAIL",
    "OPERATOR_NAME",
    "OPERATOR_ADDRESS",
    "OPERATOR_NIP",
    "OPERATOR_EMAIL",
)
if empty := [name for name in REQUIRED if not env.str(name).strip()]:
    raise ImproperlyConfigured(f"Must not be empty: {', '.join(empty)}.")

DEBUG = False
if {"kantor.mailbox", "kantor.specimens"} & set(INSTALLED_APPS) or CAPTCHA_TEST_MODE:
    raise ImproperlyConfigured(
        "kantor.mailbox, kantor.specimens and CAPTCHA_TEST_MODE are for development only."
    )
# Nothing reads these; who sets them expects what production must not do.
if switched_on := [
    name for name in ("DEBUG", "CAPTCHA_TEST_MODE") if env.bool(name, default=False)
]:
    raise ImproperlyConfigured(f"Not in production: {', '.join(switched_on)}.")

SECRET_KEY = env.str("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
# Parts of keys that stand in this repository, in manuals and in examples.
KNOWN_KEYS = re.compile(
    r"development.only|test.only|insecure|change.?(?:me|this)|replace.?(?:me|this)|secret.?key"
    r"|known.to.all|sample|example|placeholder",
    re.IGNORECASE,
)
for key in (SECRET_KEY, *SECRET_KEY_FALLBACKS):
    if len(key) < 50 or len(set(key)) < 10 or KNOWN_KEYS.search(key):
        # Without the key: this text ends up in logs.
        raise ImproperlyConfigured(
            "SECRET_KEY and each of SECRET_KEY_FALLBACKS take at least 50 random characters, never"
            " a sample; .env.example says how to make one."
        )

TOTP_KEYS = [key.strip() for key in env.list("TOTP_KEYS")]
for key in TOTP_KEYS:
    # 64 bytes in URL-safe base64, of their own: who learns the one secret must not have the other.
    is_random = re.fullmatch(r"[A-Za-z0-9_-]{86}", key) and len(set(key)) >= 20
    if not is_random or KNOWN_KEYS.search(key) or key in (SECRET_KEY, *SECRET_KEY_FALLBACKS):
        raise ImproperlyConfigured(
            "Each of TOTP_KEYS is what secrets.token_urlsafe(64) prints, 86 characters, never a"
            " sample and never SECRET_KEY; .env.example says how to make one."
        )

BASE_URL = env.str("BASE_URL").rstrip("/")
if not re.fullmatch(r"https?://[^/?#@\s]+", BASE_URL):
    raise ImproperlyConfigured("BASE_URL is a scheme and a host, such as https://kantor.example.")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
if "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS takes names; with * a request names the site.")
ADMIN_HOST = env.str("ADMIN_HOST", default="").strip().lower()
if ADMIN_HOST and not re.fullmatch(r"[a-z0-9.-]+", ADMIN_HOST):
    raise ImproperlyConfigured("ADMIN_HOST is the name of a host, without https:// and port.")
if ADMIN_HOST and not any(
    host == ADMIN_HOST or (host.startswith(".") and f".{ADMIN_HOST}".endswith(host))
    for host in ALLOWED_HOSTS
):
    raise ImproperlyConfigured("ADMIN_HOST is one of ALLOWED_HOSTS, or nobody reaches it.")
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
ACTIVATION_LINK_HOURS = env.int("ACTIVATION_LINK_HOURS", default=48)
if TRUSTED_PROXIES < 0 or ACTIVATION_LINK_HOURS < 1:
    raise ImproperlyConfigured("TRUSTED_PROXIES is at least 0, ACTIVATION_LINK_HOURS at least 1.")

PANEL_URL = env.str("PANEL_URL", default="")
if PANEL_URL and not re.fullmatch(r"https://[^/?#@\s]+(?:/[^\s?#]*)?", PANEL_URL):
    raise ImproperlyConfigured("PANEL_URL is an https:// address, or empty while it is not open.")

SESSION_IDLE_MINUTES = env.int("SESSION_IDLE_MINUTES", default=SESSION_IDLE_MINUTES)
SESSION_HOURS = env.int("SESSION_HOURS", default=SESSION_HOURS)
# Whoever is to be warned two minutes before the end needs more than two; a row lives for a day.
if not (3 <= SESSION_IDLE_MINUTES <= SESSION_HOURS * 60 and SESSION_HOURS <= 24):
    raise ImproperlyConfigured(
        "SESSION_IDLE_MINUTES is at least 3 and within SESSION_HOURS, which is 24 at most."
    )

# The cores are shared by the processes.
HASHES_AT_ONCE = env.int(
    "HASHES_AT_ONCE",
    default=max(1, HASHES_AT_ONCE // max(1, env.int("WEB_CONCURRENCY", default=1))),
)
if HASHES_AT_ONCE < 1:
    raise ImproperlyConfigured("HASHES_AT_ONCE is at least 1.")

ERASED_LIST = env.str("ERASED_LIST", default="")
if ERASED_LIST and not ERASED_LIST.startswith("/"):
    raise ImproperlyConfigured("ERASED_LIST is the absolute path of a file, or empty.")

EXPORT_DIR = env.str("EXPORT_DIR", default=EXPORT_DIR)
if not EXPORT_DIR.startswith("/"):
    raise ImproperlyConfigured("EXPORT_DIR is the absolute path of a folder.")
if any(
    Path(EXPORT_DIR).resolve().is_relative_to(Path(folder).resolve())
    for folder in (STATIC_ROOT, *STATICFILES_DIRS)
):
    raise ImproperlyConfigured("EXPORT_DIR names a folder that the site hands to anybody.")

SIGN_IN_PHONE_DIGITS = env.bool("SIGN_IN_PHONE_DIGITS", default=True)

REVIEW_FOUR_EYES = env.str("REVIEW_FOUR_EYES", default="off")
REVIEW_TARGET_HOURS = env.int("REVIEW_TARGET_HOURS", default=24)
if REVIEW_FOUR_EYES not in ("off", "approve", "all") or REVIEW_TARGET_HOURS < 1:
    raise ImproperlyConfigured(
        "REVIEW_FOUR_EYES is off, approve or all; REVIEW_TARGET_HOURS is at least 1."
    )

PENDING_ACCOUNT_DAYS = env.int("PENDING_ACCOUNT_DAYS", default=PENDING_ACCOUNT_DAYS)
MESSAGES_KEPT_DAYS = env.int("MESSAGES_KEPT_DAYS", default=MESSAGES_KEPT_DAYS)
HISTORY_KEPT_DAYS = env.int("HISTORY_KEPT_DAYS", default=HISTORY_KEPT_DAYS)
CUSTOMERS_KEPT_YEARS = env.int("CUSTOMERS_KEPT_YEARS", default=CUSTOMERS_KEPT_YEARS)
HOLDS_KEPT_YEARS = env.int("HOLDS_KEPT_YEARS", default=HOLDS_KEPT_YEARS)
AUDIT_KEPT_YEARS = env.int("AUDIT_KEPT_YEARS", default=AUDIT_KEPT_YEARS)
# No longer than the privacy notice promises, no shorter than the law and the database ask. What
# became of a mail is asked after a pending account's time, so mails outlast it by the link's.
if not (
    1 <= PENDING_ACCOUNT_DAYS <= 30
    and PENDING_ACCOUNT_DAYS + ACTIVATION_LINK_HOURS // 24 < MESSAGES_KEPT_DAYS <= 60
    and 1 <= HISTORY_KEPT_DAYS <= 90
    and CUSTOMERS_KEPT_YEARS == 5
    and 0 <= HOLDS_KEPT_YEARS <= 5
    and 6 <= AUDIT_KEPT_YEARS <= 10
):
    raise ImproperlyConfigured(
        "PENDING_ACCOUNT_DAYS is 1 to 30, MESSAGES_KEPT_DAYS longer than that and the link's time "
        "and at most 60, HISTORY_KEPT_DAYS 1 to 90, CUSTOMERS_KEPT_YEARS 5, HOLDS_KEPT_YEARS at "
        "most 5, AUDIT_KEPT_YEARS 6 to 10."
    )

MAINTENANCE = env.str("MAINTENANCE", default="")
if MAINTENANCE not in ("", "site", "registration"):
    raise ImproperlyConfigured("MAINTENANCE closes the site or the registration, or is empty.")

COMPANY_LOOKUP = env.str("COMPANY_LOOKUP", default="disabled")
if COMPANY_LOOKUP not in ("disabled", "mf"):
    raise ImproperlyConfigured(f"COMPANY_LOOKUP must be disabled or mf, not {COMPANY_LOOKUP!r}.")
COMPANY_LOOKUP_URL = env.str("COMPANY_LOOKUP_URL", default=COMPANY_LOOKUP_URL)
if not re.fullmatch(r"https://[^/?#@\s]+", COMPANY_LOOKUP_URL):
    raise ImproperlyConfigured("COMPANY_LOOKUP_URL is https:// and a host, nothing more.")

# Made-up lists must not be told for true.
SCREENING = env.str("SCREENING", default="disabled")
if SCREENING != "disabled":
    raise ImproperlyConfigured(f"SCREENING must be disabled, not {SCREENING!r}.")
# One folder for the files of all releases: each keeps the list of its own beside its code.
if shared := env.str("STATIC_ROOT", default=""):
    STATIC_ROOT, STATIC_MANIFEST_FOLDER = Path(shared), BASE_DIR / "var"
    if not STATIC_ROOT.is_absolute():
        raise ImproperlyConfigured("STATIC_ROOT is the absolute path of a folder.")

database: dict[str, Any] = env.db_url("DATABASE_URL")
DATABASES = {"default": database}
match str(DATABASES["default"]["ENGINE"]).rpartition(".")[2]:
    case "sqlite3":
        DATABASES["default"]["OPTIONS"] = SQLITE_OPTIONS
        DATABASES["default"]["CONN_MAX_AGE"] = None
        database_file = str(DATABASES["default"]["NAME"])
        # SQLite reads a name that begins with "file:" as an address, which may mean memory too.
        if ":memory:" in database_file.lower() or database_file.startswith("file:"):
            raise ImproperlyConfigured("DATABASE_URL names a file: memory forgets all customers.")
        if any(
            Path(database_file).resolve().is_relative_to(Path(folder).resolve())
            for folder in (STATIC_ROOT, *STATICFILES_DIRS)
        ):
            raise ImproperlyConfigured("DATABASE_URL names a file that the site hands to anybody.")
    case "postgresql":
        need("psycopg", "postgresql", "DATABASE_URL")
        # A new connection for each request costs PostgreSQL twelve times the work of a kept one.
        DATABASES["default"]["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", default=600)
        DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
        pool = env.int("DATABASE_POOL", default=0)
        if pool < 0:
            raise ImproperlyConfigured("DATABASE_POOL is at least 0.")
        if pool:
            need("psycopg_pool", "postgresql", "DATABASE_POOL")
            # A request takes a connection and gives it back; who gets none within the time is told
            # when to come back.
            DATABASES["default"]["CONN_MAX_AGE"] = 0
            database.setdefault("OPTIONS", {})["pool"] = {
                "min_size": 1,
                "max_size": pool,
                "timeout": 3,
            }
        # In transaction mode the next statement may meet another connection of the server, so
        # nothing may stand there that outlives a transaction: no cursor, no prepared statement.
        is_behind_pgbouncer = env.bool("PGBOUNCER", default=False)
        DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = is_behind_pgbouncer
        PREPARE_STATEMENTS = not is_behind_pgbouncer
        # A database that says nothing must not hold a visitor, or all of them.
        database.setdefault("OPTIONS", {}).setdefault("connect_timeout", 3)
    case _:
        raise ImproperlyConfigured("DATABASE_URL is postgres:// or sqlite:///.")

REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL:
    need("redis", "redis", "REDIS_URL")
    if not re.match(r"(?:rediss?|unix)://", REDIS_URL):
        raise ImproperlyConfigured("REDIS_URL is redis://, rediss:// or unix://.")
    # A Redis that is silent must not hold a visitor: without these, a client waits for ever. The
    # queue's worker, which waits for work, lengthens the second for itself.
    REDIS_URL += ("&" if "?" in REDIS_URL else "?") + "socket_connect_timeout=1&socket_timeout=1"
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
        }
    }

COUNTERS = env.str("COUNTERS", default="database")
if COUNTERS not in ("database", "redis"):
    raise ImproperlyConfigured(f"COUNTERS must be database or redis, not {COUNTERS!r}.")
if COUNTERS == "redis" and not REDIS_URL:
    raise ImproperlyConfigured("COUNTERS=redis needs REDIS_URL.")
SESSIONS = env.str("SESSIONS", default="database")
if SESSIONS not in ("database", "redis"):
    raise ImproperlyConfigured(f"SESSIONS must be database or redis, not {SESSIONS!r}.")
if SESSIONS == "redis" and not REDIS_URL:
    raise ImproperlyConfigured("SESSIONS=redis needs REDIS_URL.")

# django-environ takes smtps:// for STARTTLS. It is TLS from the start, as https:// is. Its other
# schemes keep mails on this machine or throw them away, and the outbox would call them sent.
MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}
email_url = re.sub(r"^smtps:", "smtp+ssl:", env.str("EMAIL_URL").strip(), flags=re.IGNORECASE)
mail_scheme = urlsplit(email_url).scheme
if mail_scheme not in MAIL_PORTS or not urlsplit(email_url).hostname:
    raise ImproperlyConfigured("EMAIL_URL is smtps://, smtp+tls:// or smtp:// and a mail server.")
mail_server = env.email_url_config(email_url)
mail_server["EMAIL_PORT"] = mail_server["EMAIL_PORT"] or MAIL_PORTS[mail_scheme]
# A mail server that does not answer must not hold a web process.
mail_server["EMAIL_TIMEOUT"] = env.int("EMAIL_TIMEOUT", default=10)
outbox_late_minutes = env.int("OUTBOX_LATE_MINUTES", default=30)
if mail_server["EMAIL_TIMEOUT"] < 1 or outbox_late_minutes < 1:
    raise ImproperlyConfigured("EMAIL_TIMEOUT and OUTBOX_LATE_MINUTES are at least 1.")
MAILERS = {
    "default": {
        "BACKEND": mail_server["EMAIL_BACKEND"],
        "OPTIONS": {
            "host": mail_server["EMAIL_HOST"],
            "port": mail_server["EMAIL_PORT"],
            "username": mail_server["EMAIL_HOST_USER"],
            "password": mail_server["EMAIL_HOST_PASSWORD"],
            "use_tls": mail_server.get("EMAIL_USE_TLS", False),
            "use_ssl": mail_server.get("EMAIL_USE_SSL", False),
            "timeout": mail_server["EMAIL_TIMEOUT"],
        },
    }
}
if django.VERSION < (6, 1):
    # These know no MAILERS: `manage.py sendtestemail` goes by the older names.
    vars().update(mail_server)
OUTBOX_LATE = timedelta(minutes=outbox_late_minutes)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL")
if not re.fullmatch(r"[^@\s]+@[^@\s]+", parseaddr(DEFAULT_FROM_EMAIL)[1]):
    raise ImproperlyConfigured("DEFAULT_FROM_EMAIL is an address, with or without a name.")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

OPERATOR_NAME = env.str("OPERATOR_NAME")
OPERATOR_ADDRESS = env.str("OPERATOR_ADDRESS")
OPERATOR_NIP = env.str("OPERATOR_NIP")
OPERATOR_KRS = env.str("OPERATOR_KRS", default="")
OPERATOR_EMAIL = env.str("OPERATOR_EMAIL")
REPLY_TO_EMAIL = env.str("REPLY_TO_EMAIL", default=OPERATOR_EMAIL)
if not re.fullmatch(r"\d{10}", OPERATOR_NIP) or not nip.is_valid(OPERATOR_NIP):
    raise ImproperlyConfigured("OPERATOR_NIP has ten digits, the last one a check digit.")
if not re.fullmatch(r"\d{10}|", OPERATOR_KRS):
    raise ImproperlyConfigured("OPERATOR_KRS has ten digits, or it is empty.")
if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", OPERATOR_EMAIL):
    raise ImproperlyConfigured("OPERATOR_EMAIL is an e-mail address, without a name.")
# Pages and mails ask people to write there.
UNREAD = re.compile(r"not?[^a-z@]?reply|nie[^a-z@]?odpowiad", re.IGNORECASE)
for name, address in (("OPERATOR_EMAIL", OPERATOR_EMAIL), ("REPLY_TO_EMAIL", REPLY_TO_EMAIL)):
    if UNREAD.search(address):
        raise ImproperlyConfigured(f"{name} is an address that somebody reads.")

SECURITY_CONTACT = [contact.strip() for contact in env.list("SECURITY_CONTACT", default=[])]
if not all(re.fullmatch(r"(?:mailto:[^@\s]+@|https://|tel:\+)[^\s]+", c) for c in SECURITY_CONTACT):
    raise ImproperlyConfigured("SECURITY_CONTACT holds mailto:, https:// or tel:+ (RFC 9116).")

match env.str("TASKS", default="immediate"):
    case "immediate":
        TASKS = {"default": {"BACKEND": "kantor.serving.tasks.BackgroundBackend"}}
    case "database":
        INSTALLED_APPS = [*INSTALLED_APPS, "django_tasks_db"]
        TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    case "redis":
        if not REDIS_URL:
            raise ImproperlyConfigured("TASKS=redis needs REDIS_URL.")
        INSTALLED_APPS = [*INSTALLED_APPS, "django_rq", "django_tasks_rq"]
        # An export of a million accounts takes longer than the three minutes of RQ.
        RQ_QUEUES = {"default": {"URL": REDIS_URL, "DEFAULT_TIMEOUT": 3600}}
        # Without it the worker takes our tasks for plain functions, and fails.
        RQ = {"JOB_CLASS": "django_tasks_rq.Job"}
        TASKS = {"default": {"BACKEND": "django_tasks_rq.RQBackend"}}
    case other:
        raise ImproperlyConfigured(f"TASKS must be immediate, database or redis, not {other!r}.")

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "kantor.serving.static_files.ReleaseStorage"},
}
WHITENOISE_ALLOW_ALL_ORIGINS = False

SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^(?:livez|readyz|healthz|metrics)$"]
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# What browsers were told cannot be taken back before its time: an operator lengthens it himself.
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=86_400)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("HSTS_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = env.bool("HSTS_PRELOAD", default=False)
if SECURE_HSTS_SECONDS < 0:
    raise ImproperlyConfigured("HSTS_SECONDS is at least 0.")
# The list of the browsers takes no shorter promise (hstspreload.org), and no way leads back.
if SECURE_HSTS_PRELOAD and not (
    SECURE_HSTS_INCLUDE_SUBDOMAINS and SECURE_HSTS_SECONDS >= 31_536_000
):
    raise ImproperlyConfigured("HSTS_PRELOAD needs HSTS_SUBDOMAINS and HSTS_SECONDS of a year.")
# W005 and W021 ask for subdomains and preload: the operator's own decision, see .env.example.
SILENCED_SYSTEM_CHECKS = [*SILENCED_SYSTEM_CHECKS, "security.W005", "security.W021"]
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
LANGUAGE_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_NAME = "__Host-csrf"
LANGUAGE_COOKIE_NAME = "__Host-language"
REGISTRATION_COOKIE_NAME = "__Host-registration"
SEEN_COOKIE_NAME = "__Host-seen"
KNOWN_BROWSER_COOKIE_NAME = "__Host-browser"
KEYS_COOKIE_NAME = "__Host-desk-keys"
MESSAGES_COOKIE_NAME = "__Host-messages"

METRICS = env.bool("METRICS", default=False)
if METRICS:
    need("django_prometheus", "metrics", "METRICS")
    METRICS_FOLDER = env.str("METRICS_FOLDER", default=METRICS_FOLDER)
    # The answers that lie in between are what the site says of itself.
    MIDDLEWARE = [
        "kantor.serving.request_numbers.BeforeMiddleware",
        *MIDDLEWARE,
        "kantor.serving.request_numbers.AfterMiddleware",
    ]
    PROMETHEUS_LATENCY_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.3, 0.5, 1, 2.5, 5, 10, float("inf"))

sentry_dsn = env.str("SENTRY_DSN", default="")
if sentry_dsn:
    need("sentry_sdk", "sentry", "SENTRY_DSN")
    FAULTS_ARE_REPORTED = True
    import_module("kantor.reports").start(sentry_dsn)

log_format = env.str("LOG_FORMAT", default="json")
if log_format not in ("json", "line"):
    raise ImproperlyConfigured(f"LOG_FORMAT must be json or line, not {log_format!r}.")
LOGGING = LOGGING | {
    "formatters": LOGGING["formatters"] | {"line": {"()": "kantor.logs.LineFormatter"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "handlers": {"stderr": LOGGING["handlers"]["stderr"] | {"formatter": log_format}},
    "loggers": LOGGING["loggers"]
    | {
        "kantor.requests": {"level": "INFO"},
        # The line of the request has its status already; a fault of ours comes with its places.
        "django.request": {"level": "ERROR"},
    },
}
