"""Look at everything that the site needs around it, and say of each what to do."""

import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.cache import cache
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from accounts.counters import choice as counters
from accounts.limits import Limit
from accounts.mail import outbox, transport
from accounts.models import NightlyFact
from kantor.serving.redis_server import evicts, forgets

# Hourly and nightly work, with time to run late.
LATEST = {
    NightlyFact.Name.PURGE: ("kantor-purge.timer", timedelta(hours=2)),
    NightlyFact.Name.VERIFY_CONSENTS: ("kantor-verify.timer", timedelta(hours=26)),
    NightlyFact.Name.CHECK_AUDIT: ("kantor-audit.timer", timedelta(hours=26)),
    NightlyFact.Name.BACKUP: ("kantor-backup.timer", timedelta(hours=26)),
}
# A code of an authenticator app lives for 30 s.
CLOCKS_APART = timedelta(seconds=5)
CERTIFICATE_LASTS = timedelta(days=14)
_WRITTEN = Limit("readyz", times=1, window=timedelta(days=1), quiet=True, must_last=True)


class FaultError(Exception):
    """What is wrong, and what to do about it."""


class Command(BaseCommand):
    """Print a line for each part, `ok` or `FAULT` with what to do; exit code 1 when one is wrong.

    Changes nothing but one counter, which shows that rows can be written. Whatever a part raises is
    its fault, by kind only: messages may quote passwords.
    """

    help = "Look at database, Redis, mail server, clock, static files, timers and TLS."
    requires_system_checks = ()

    def handle(self, **options: Any) -> None:
        """Look at each part, also when one before it is wrong."""
        looks: dict[str, Callable[[], str]] = {
            "database": _database,
            "migrations": _migrations,
            "erased list": _erased_list,
            "redis": _redis,
            "mail server": _mail_server,
            "clock": _clock,
            "static files": _static_files,
            "timers": _timers,
            "BASE_URL": _base_url,
        }
        wrong = 0
        for name, look in looks.items():
            try:
                line = f"ok     {name}: {look()}"
            except FaultError as fault:
                line, wrong = f"FAULT  {name}: {fault}", wrong + 1
            except Exception as error:
                line, wrong = f"FAULT  {name}: {type(error).__name__}. {TO_DO[name]}", wrong + 1
            self.stdout.write(line)
        if wrong:
            raise CommandError(f"Faults: {wrong}")


TO_DO = {
    "database": "Is the server up, and does DATABASE_URL name it? Then deploy/postgresql.sql.",
    "migrations": "Mend the database first.",
    "erased list": "See ERASED_LIST in .env.example.",
    "redis": "Is the server up, and does REDIS_URL name it? Journeys go on without it.",
    "mail server": "Do all parts of EMAIL_URL fit? Mails wait meanwhile.",
    "clock": "Look at timedatectl.",
    "static files": "Run deploy/kantor-manage collectstatic --noinput, and restart.",
    "timers": "Mend the database first.",
    "BASE_URL": "Does nginx run, does the name lead here, is its certificate in place?",
}


def _database() -> str:
    connection.ensure_connection()
    _WRITTEN.hit("")
    if connection.vendor != "postgresql":
        file = Path(connection.settings_dict["NAME"])
        if file.exists() and not os.access(file.parent, os.W_OK):
            raise FaultError(
                f"{file.parent} cannot be written by this user. chown it to the site's."
            )
        return "SQLite takes rows"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT has_schema_privilege(current_schema(), 'CREATE'),"
            " current_setting('lock_timeout')"
        )
        may_create, lock_timeout = cursor.fetchone()
    if may_create:
        raise FaultError(
            "the site's role may change tables. Run deploy/postgresql.sql, and let DATABASE_URL "
            "name kantor, not kantor_owner."
        )
    if lock_timeout == "0":
        raise FaultError("the site's role waits for locks without end. Run deploy/postgresql.sql.")
    return "PostgreSQL takes rows, and the site's role changes no tables"


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if missing:
        raise FaultError(f"{missing} missing. Run deploy/kantor-manage --owner migrate.")
    return "none is missing"


def _erased_list() -> str:
    if not settings.ERASED_LIST:
        raise FaultError("ERASED_LIST is not set: a restored backup brings the erased back.")
    path = Path(settings.ERASED_LIST)
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise FaultError(f"{path} cannot be written by this user. chown it to the site's.")
    return "can be written"


def _redis() -> str:
    if not getattr(settings, "REDIS_URL", ""):
        return "not used"
    cache.set("doctor", "well", 10)
    if cache.get("doctor") != "well":
        raise FaultError("it forgets what it is told. Is its memory full (maxmemory)?")
    if not counters.is_well():
        raise FaultError("it does not count (COUNTERS=redis): the database does meanwhile.")
    kept = [name for name in ("COUNTERS", "SESSIONS") if getattr(settings, name) == "redis"]
    if kept and (policy := evicts()) is not None:
        raise FaultError(
            f"it forgets {' and '.join(kept).lower()} when its memory is full ({policy}). "
            f"Set maxmemory-policy noeviction."
        )
    if "SESSIONS" in kept and forgets():
        raise FaultError("its restart signs everybody out. Set appendonly yes.")
    return "keeps what it is told"


def _mail_server() -> str:
    transport.reach()
    return "takes connections and our sign-in"


def _clock() -> str:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            apart = abs(cursor.fetchone()[0] - timezone.now())
        if apart > CLOCKS_APART:
            seconds = apart.total_seconds()
            raise FaultError(f"{seconds:.0f} s from the database's. Let both follow NTP.")
    if shutil.which("timedatectl"):
        told = subprocess.run(
            ["timedatectl", "show", "--property=NTPSynchronized", "--value"],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
            timeout=5,
        )
        if told.stdout.strip() == "no":
            raise FaultError("not set by NTP. apt-get install systemd-timesyncd")
    return "agrees"


def _static_files() -> str:
    name = "admin/css/base.css"
    # With hashed names only in production; there a missing list of them raises.
    stored = getattr(staticfiles_storage, "stored_name", str)(name)
    if not Path(staticfiles_storage.path(stored)).is_file():
        raise FaultError(f"{name} is missing. {TO_DO['static files']}")
    return "collected"


def _timers() -> str:
    now, late = timezone.now(), []
    if outbox.oldest_undelivered(held_up_by_us=True) >= settings.OUTBOX_LATE:
        late.append("mails wait for too long (kantor-mail.timer, or release_mail after a restore)")
    facts = {fact.name: fact for fact in NightlyFact.objects.all()}
    for name, (timer, within) in LATEST.items():
        fact = facts.get(name)
        if fact is None or now - fact.at > within:
            when = "never" if fact is None else f"last {fact.at:%Y-%m-%d %H:%M}"
            late.append(f"{name} ran {when} (systemctl enable --now {timer})")
        elif not fact.is_well:
            late.append(f"{name} failed (journalctl -u {timer.replace('.timer', '')})")
    if late:
        raise FaultError("; ".join(late))
    return "all ran in time"


def _base_url() -> str:
    address = urlsplit(settings.BASE_URL)
    host = address.hostname or ""
    if address.scheme != "https":
        raise FaultError("it is not https://: passwords would travel in clear.")
    port = address.port or 443
    context = ssl.create_default_context()
    talk: HTTPConnection = HTTPSConnection(host, port, timeout=5, context=context)
    try:
        talk.connect()
        assert isinstance(talk.sock, ssl.SSLSocket)
        ends = ssl.cert_time_to_seconds(str((talk.sock.getpeercert() or {})["notAfter"]))
        talk.request("GET", address.path or "/")
        status = talk.getresponse().status
    except ssl.SSLCertVerificationError as error:
        raise FaultError(f"{error.verify_message}. Renew or mend the certificate.") from error
    except (socket.gaierror, OSError, HTTPException) as error:
        raise FaultError(f"{type(error).__name__} at {host}:{port}. {TO_DO['BASE_URL']}") from error
    finally:
        talk.close()
    left = datetime.fromtimestamp(ends, UTC) - timezone.now()
    if left < CERTIFICATE_LASTS:
        raise FaultError(f"the certificate ends in {left.days} days. Renew it.")
    if status >= 400:
        raise FaultError(f"status {status}. Look at journalctl -u 'kantor-web@*'.")
    return f"answers {status}; the certificate lasts {left.days} days"
