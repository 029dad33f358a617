"""What is true in every environment. No secret and no address of a service belongs here."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import django
import django_stubs_ext
from django.utils.translation import gettext_lazy as _

# `ModelAdmin[User]` and its like tell the type checker; this lets Python read them too.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent.parent

INSTALLED_APPS = [
    "accounts",
    "kantor.content",
    "kantor.serving",
    "django.forms",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "accounts.apps.StaffSiteConfig",  # django.contrib.admin
    "captcha",
    "django_guid",
    "formtools",
    # The table of the authenticator apps; accounts.models.AuthenticatorApp seals what it keeps.
    "django_otp.plugins.otp_totp",
]
# Django 6 has the Tasks API of its own; the backport serves 5.2.
TASKS_PACKAGE = "django.tasks" if django.VERSION >= (6, 0) else "django_tasks"
if TASKS_PACKAGE == "django_tasks":
    INSTALLED_APPS += [TASKS_PACKAGE]

MIDDLEWARE = [
    # Whatever is written of a request carries its id, and each has its line.
    "kantor.logs.RequestIdMiddleware",
    "kantor.logs.RequestLogMiddleware",
    # These only add headers; outermost, they reach the answers that the others give early.
    "kantor.middleware.SecurityHeadersMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "kantor.serving.static_files.StaticFilesMiddleware",
    # Above everything that asks the database.
    "kantor.serving.kept_connection.KeptConnectionMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "kantor.middleware.AddressLanguageMiddleware",
    "kantor.middleware.MaintenanceMiddleware",
    "kantor.middleware.DressedRefusalsMiddleware",
    "kantor.middleware.AdminHostMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.sessions.middleware.AuthenticationMiddleware",
    "accounts.staff.language.StaffLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

ROOT_URLCONF = "kantor.urls"
WSGI_APPLICATION = "kantor.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Embedded database: WAL lets readers go on while one writes; IMMEDIATE takes the write lock at
# BEGIN, so two transactions wait for each other instead of failing half way.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}
# On PostgreSQL: what customers' pages ask is prepared (`kantor.serving.kept_connection`).
PREPARE_STATEMENTS = True
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": BASE_DIR / "var" / "kantor.sqlite3",
        "OPTIONS": SQLITE_OPTIONS,
        # Opening the file and setting it up costs more than all statements of a request.
        "CONN_MAX_AGE": None,
    }
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.EmailBackend"]
AUTH_PASSWORD_VALIDATORS = [{"NAME": "accounts.passwords.StrengthValidator"}]
PASSWORD_HASHERS = [
    "accounts.passwords.hashing.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "accounts:account"
LOGOUT_REDIRECT_URL = "home"
# How an authenticator app names the account.
OTP_TOTP_ISSUER = "kantor.pl"
PASSWORD_RESET_TIMEOUT = int(timedelta(hours=2).total_seconds())

LANGUAGE_CODE = "pl"
LANGUAGES = [("pl", _("Polish")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Europe/Warsaw"
USE_TZ = True
FORMAT_MODULE_PATH = "kantor.formats"

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "var" / "static"
# Where a release keeps the list of its own files when it shares STATIC_ROOT with others.
STATIC_MANIFEST_FOLDER: Path | None = None
# WhiteNoise does not know this one, and `nosniff` lets no browser guess.
WHITENOISE_MIMETYPES = {".webmanifest": "application/manifest+json"}

# A registration lives for a day after its last answer (WCAG 2.2.1: nobody loses answers to a
# clock); the row goes with the session. Who is signed in has SESSION_IDLE_MINUTES.
SESSION_ENGINE = "kantor.serving.sessions"
SESSION_SERIALIZER = "kantor.serving.sessions.CompactSerializer"
SESSION_COOKIE_AGE = int(timedelta(hours=24).total_seconds())
SESSION_COOKIE_SAMESITE = "Lax"
# What is said once lies in the browser: a visitor needs no row for it.
MESSAGE_STORAGE = "kantor.serving.messages.Storage"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "kantor.error_pages.csrf_failure"
LANGUAGE_COOKIE_HTTPONLY = True
# Of staff only: at every other page the address says it.
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SAMESITE = "Lax"

# No form here is larger than a few kilobytes.
DATA_UPLOAD_MAX_MEMORY_SIZE = 128 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200

X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "font-src 'self'; connect-src 'self'; media-src 'self'; manifest-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
        "magnetometer=(), microphone=(), midi=(), payment=(), usb=()"
    ),
}

DEFAULT_FROM_EMAIL = "kantor.pl <rejestracja@kantor.example>"
REPLY_TO_EMAIL = "pomoc@kantor.example"

TASKS = {"default": {"BACKEND": f"{TASKS_PACKAGE}.backends.immediate.ImmediateBackend"}}

CAPTCHA_TIMEOUT = 25 * 60  # minutes: longer than an unfinished registration lives
CAPTCHA_CHALLENGE_FUNCT = "accounts.captcha.challenge.random_challenge"
CAPTCHA_TEST_MODE = False

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"},
        "json": {"()": "kantor.logs.JsonFormatter"},
    },
    "filters": {
        "mask_tokens": {"()": "kantor.logs.MaskTokens"},
        "one_line": {"()": "kantor.logs.OneLineForRefusals"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["mask_tokens", "one_line"],
        }
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        # The outbox row keeps what became of a mail; a line for each start and end says no more.
        TASKS_PACKAGE: {"level": "WARNING"},
        # It writes what a stranger sent in the place of an id.
        "django_guid": {"level": "ERROR"},
        # One line a request is for production; development has the server's own.
        "kantor.requests": {"level": "WARNING"},
        # It writes the id of each passkey that is used.
        "fido2": {"level": "WARNING"},
        # With LOG_LEVEL=DEBUG it writes the whole context of a page that lacks a variable: the
        # customer's data, a proposed password.
        "django.template": {"level": "INFO"},
    },
}
# nginx names each request; where nobody does, we do. It is no secret and proves nothing.
DJANGO_GUID = {"GUID_HEADER_NAME": "X-Request-ID", "EXPOSE_HEADER": False}
DEFAULT_EXCEPTION_REPORTER_FILTER = "kantor.errors.QuietReporterFilter"

# A rule of Django that a conditional constraint cannot satisfy: the e-mail is unique among
# activated accounts only; accounts.backends lets in no others.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]

# Who runs the site, plainly made up here; production says who it is. The newest published texts
# name the same one, or nothing starts (accounts.checks).
OPERATOR_NAME = "Kantor Przykładowy Jan Zmyślony"
OPERATOR_ADDRESS = "ul. Przykładowa 1, 00-999 Zmyślin"
OPERATOR_NIP = "9990001226"
OPERATOR_KRS = ""
OPERATOR_EMAIL = "kontakt@kantor.example"

# Whether a decision of staff needs a second person: "off", "approve", or "all" that cannot be
# undone by the customer's own hands. And after how many hours a review is late.
REVIEW_FOUR_EYES = "off"
REVIEW_TARGET_HOURS = 24
# The audit of staff is kept for six years; only tests empty its table.
AUDIT_CAN_BE_FLUSHED = False

# Where customers exchange currency, outside this site. "" says that it is not open yet: no page
# and no mail leads there then, and who is promised word of it gets it by `announce_panel`.
PANEL_URL = ""

# The one host that has the staff's pages; "" leaves them at every host of the site.
ADMIN_HOST = ""

# Our own
BASE_URL = "http://localhost:8000"
ACTIVATION_LINK_HOURS = 48
# How many proxies stand in front and set X-Forwarded-For; 0 trusts the connection's own address.
TRUSTED_PROXIES = 0
REGISTRATION_COOKIE_NAME = "registration"
# Who is signed in is signed out after so many minutes without a request, and after so many hours.
SESSION_IDLE_MINUTES = 15
SESSION_HOURS = 12
# When the session was used last, the accounts that were opened in this browser, what is said once.
SEEN_COOKIE_NAME = "seen"
KNOWN_BROWSER_COOKIE_NAME = "browser"
# Whether this browser of staff has the keys switched off.
KEYS_COOKIE_NAME = "desk-keys"
MESSAGES_COOKIE_NAME = "messages"
PASSWORD_COMPOSITION = True
# How many passwords one process hashes at the same time: 100 MiB and a core each.
HASHES_AT_ONCE = max(1, (os.cpu_count() or 1) // 2)
# Whether the sign-in asks for digits of the phone number beside the password, and pages say so.
SIGN_IN_PHONE_DIGITS = True
# How long what is kept (accounts.retention); the privacy notice promises the same. Counsel confirms
# them: days of mails sent and of what happened to accounts, years of approved customers after their
# closing (art. 49 of the AML act), of what a hold adds at most, and of the audit of staff.
PENDING_ACCOUNT_DAYS = 30
MESSAGES_KEPT_DAYS = 60
HISTORY_KEPT_DAYS = 90
CUSTOMERS_KEPT_YEARS = 5
HOLDS_KEPT_YEARS = 5
AUDIT_KEPT_YEARS = 6
# A file outside the database that knows which accounts were erased (kantor.serving.erased); "" is
# none, for development.
ERASED_LIST = ""
# Where the files lie that staff have exported by a task, readable by the site's user alone; outside
# all that is served, and one folder for the web processes and their workers. And how many accounts
# are exported at once, without a task.
EXPORT_DIR = str(BASE_DIR / "var" / "exports")
EXPORT_AT_ONCE = 5_000
# Whom /.well-known/security.txt names, as URIs, the preferred one first; without, it is not there.
SECURITY_CONTACT: list[str] = []
# Renders each kept page a second time and compares (kantor.serving.kept): for development, tests.
KEPT_PAGES_CHECKED = False
# Closes the "site" or the "registration" with a page that says to come back; "" closes nothing.
MAINTENANCE = ""
MAINTENANCE_RETRY_SECONDS = 15 * 60

# "Pobierz dane" beside the NIP: disabled, fixtures (made-up answers), mf (Wykaz podatników VAT).
COMPANY_LOOKUP = "disabled"
COMPANY_LOOKUP_URL = "https://wl-api.mf.gov.pl"
# Whether customers' names are compared with lists of sanctions and of PEPs: disabled, or fixtures
# (two made-up lists). A real list is another backend of `accounts.desk.screening`.
SCREENING = "disabled"

# Counts and measures for /metrics (kantor.serving.numbers), which is not there without. The folder
# is this user's own, in memory: it is written to by mapping it, which a full disk would punish.
METRICS = False
METRICS_FOLDER = "/dev/shm/kantor-metrics"  # noqa: S108  made for this user alone

# Where sessions are kept: "database", or "redis" at REDIS_URL (kantor.serving.session_rows).
SESSIONS = "database"
SESSIONS_PREFIX = "kantor:session:"
# Where tries are counted: "database", or "redis" at REDIS_URL (accounts.counters); how keys begin
# there. No braces: those say in which slot of a cluster a key lies.
COUNTERS = "database"
COUNTERS_PREFIX = "kantor:counter:"
REDIS_URL = ""

# Seconds after which a process adds its counts (accounts.statistics.counting) to the table;
# 0 leaves it to whoever calls.
COUNTS_FLUSHED_AFTER = 10

# Whether faults of ours are reported to somebody, so that a page may say so (kantor.reports).
FAULTS_ARE_REPORTED = False

# A mail that has been waiting for longer makes /healthz bad.
OUTBOX_LATE = timedelta(minutes=30)
