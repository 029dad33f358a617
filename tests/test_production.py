"""The production settings: what they refuse, and how the site is served with them."""

import json
import os
import re
import secrets
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.test import SimpleTestCase

from kantor.settings import base

ROOT: Path = settings.BASE_DIR
KEY = secrets.token_urlsafe(64)
HOST = "kantor.example"
SITE = f"https://{HOST}"
REQUIRED = {
    "SECRET_KEY": KEY,
    "TOTP_KEYS": secrets.token_urlsafe(64),
    "BASE_URL": SITE,
    "ALLOWED_HOSTS": HOST,
    "DATABASE_URL": "sqlite:///var/nowhere.sqlite3",
    "EMAIL_URL": "smtp://127.0.0.1:25",
    "DEFAULT_FROM_EMAIL": "kantor.pl <rejestracja@kantor.example>",
    # As the published texts have it.
    "OPERATOR_NAME": base.OPERATOR_NAME,
    "OPERATOR_ADDRESS": base.OPERATOR_ADDRESS,
    "OPERATOR_NIP": base.OPERATOR_NIP,
    "OPERATOR_EMAIL": base.OPERATOR_EMAIL,
}
REDIS = {"REDIS_URL": "redis://127.0.0.1:6379/0"}
# Loads the settings anew for each case of standard input: [environment, changes of the base].
LOAD = """
import importlib, json, os, sys
from django.core.exceptions import ImproperlyConfigured
refusals = []
for environment, changes in json.load(sys.stdin):
    for name in ("kantor.settings.base", "kantor.settings.prod"):
        sys.modules.pop(name, None)
    os.environ.clear()
    os.environ.update(environment)
    vars(importlib.import_module("kantor.settings.base")).update(changes)
    try:
        loaded = importlib.import_module("kantor.settings.prod")
        assert loaded.DEBUG is False and loaded.SECRET_KEY == environment["SECRET_KEY"]
        refusals.append("")
    except ImproperlyConfigured as error:
        refusals.append(str(error))
print(json.dumps(refusals))
"""
BOOT = """
import kantor.wsgi
from django.core.management import call_command
call_command("check", deploy=True, fail_level="WARNING")
"""


def run(code: str, given: str = "", **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run Python where only this environment is known; kantor.wsgi chooses the settings."""
    plain = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=plain | {"OPERATOR_KRS": base.OPERATOR_KRS} | environment,
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def refusals(*environments: dict[str, str], **changes: Any) -> list[str]:
    """Load the settings with each environment; return what they say against it, if anything."""
    result = run(LOAD, json.dumps([[each, changes] for each in environments]))
    assert result.returncode == 0, result.stderr
    found: list[str] = json.loads(result.stdout)
    return found


class BootTests(SimpleTestCase):
    """Production starts only when it is safe."""

    def test_needs_each_required_variable(self) -> None:
        assert refusals(REQUIRED) == [""]
        names = list(REQUIRED)
        missing = [{k: v for k, v in REQUIRED.items() if k != name} for name in names]
        for name, refusal in zip(names, refusals(*missing), strict=True):
            assert name in refusal
        for empty in ("", "  "):
            emptied = [REQUIRED | {name: empty} for name in names]
            for name, refusal in zip(names, refusals(*emptied), strict=True):
                assert name in refusal

    def test_refuses_a_promise_to_browsers_that_is_half_thought_out(self) -> None:
        whole = {"HSTS_SECONDS": "63072000", "HSTS_SUBDOMAINS": "true", "HSTS_PRELOAD": "true"}
        short = whole | {"HSTS_SECONDS": "86400"}
        alone = whole | {"HSTS_SUBDOMAINS": "false"}
        found = refusals(
            REQUIRED | whole, *(REQUIRED | each for each in (short, alone, {"HSTS_SECONDS": "-1"}))
        )
        assert found[0] == ""
        assert all("HSTS" in refusal for refusal in found[1:]), found

    def test_refuses_to_hash_nothing(self) -> None:
        assert refusals(REQUIRED | {"HASHES_AT_ONCE": "3"}) == [""]
        assert "HASHES_AT_ONCE" in refusals(REQUIRED | {"HASHES_AT_ONCE": "0"})[0]

    def test_refuses_to_keep_exports_where_anybody_gets_them(self) -> None:
        folders = ("/var/lib/kantor/exports", "exports", str(ROOT / "static" / "exports"))
        found = refusals(*(REQUIRED | {"EXPORT_DIR": folder} for folder in folders))
        assert found[0] == ""
        assert all("EXPORT_DIR" in refusal for refusal in found[1:]), found

    def test_a_database_that_says_nothing_holds_nobody(self) -> None:
        postgres = {"DATABASE_URL": "postgres://kantor@192.0.2.1/kantor"}
        code = "import kantor.wsgi; from django.db import connection as c;"
        code += "print(c.get_connection_params()['connect_timeout'])"
        done = run(code, **(REQUIRED | postgres))
        assert done.stdout.strip() == "3", done.stderr

    def test_refuses_weak_and_known_keys(self) -> None:
        keys = [
            KEY[:49],
            "x" * 64,
            "abc" * 30,
            "development-only-key-that-production-refuses-to-start-with",
            "test-only-key-that-production-refuses-to-start-with",
            "known-to-all-and-used-only-to-measure-on-this-machine",
            f"django-insecure-{KEY}",
            f"change-me-{KEY}",
            f"CHANGEME{KEY}",
            f"your-secret-key-goes-here-{KEY}",
            f"sample-{KEY}",
            f"example_{KEY}",
        ]
        found = refusals(
            *[REQUIRED | {"SECRET_KEY": key} for key in keys],
            *[REQUIRED | {"SECRET_KEY_FALLBACKS": f"{KEY},{key}"} for key in keys[:4]],
        )
        for refusal in found:
            assert "SECRET_KEY" in refusal
            assert not any(key in refusal for key in keys), "A key must not end up in a log."
        other = secrets.token_urlsafe(64)
        assert refusals(REQUIRED | {"SECRET_KEY_FALLBACKS": other}) == [""]

    def test_refuses_the_keys_that_stand_in_the_repository(self) -> None:
        files = [*ROOT.glob("kantor/settings/*.py"), *ROOT.glob("bench/*.py")]
        keys = [
            key
            for file in files
            for key in re.findall(r'SECRET_KEY ?= ?"?([^"\s(]+)', file.read_text())
            if not key.startswith("env.")
        ]
        assert len(keys) >= 3
        assert all(refusals(*[REQUIRED | {"SECRET_KEY": key} for key in keys]))

    def test_refuses_weak_and_known_keys_for_sealing(self) -> None:
        good, other = secrets.token_urlsafe(64), secrets.token_urlsafe(64)
        files = [*ROOT.glob("kantor/settings/*.py"), *ROOT.glob("bench/*.py")]
        known = [
            key
            for file in files
            for key in re.findall(r'TOTP_KEYS = \[\s+"([^"]+)"', file.read_text())
        ]
        assert len(known) == 3
        bad = (good[:-1], f"{good}A", "x" * 86, f"{good[:-1]}+", KEY, *known)
        listed = [(key, f"{good},{key}", f"{key},{good}") for key in bad]
        cases = [REQUIRED | {"TOTP_KEYS": keys} for each in listed for keys in each]
        for case, refusal in zip(cases, refusals(*cases), strict=True):
            assert "TOTP_KEYS" in refusal, case["TOTP_KEYS"]
            assert not any(key in refusal for key in bad), "A key must not end up in a log."
        assert refusals(REQUIRED | {"TOTP_KEYS": f"{good}, {other}"}) == [""]

    def test_takes_a_host_for_the_staffs_pages_that_it_answers_to(self) -> None:
        host = REQUIRED["ALLOWED_HOSTS"].split(",")[0]
        for right in ("", host):
            assert refusals(REQUIRED | {"ADMIN_HOST": right}) == [""], right
        for wrong in ("elsewhere.example", f"https://{host}", f"{host}:8443"):
            (words,) = refusals(REQUIRED | {"ADMIN_HOST": wrong})
            assert "ADMIN_HOST" in words, wrong

    def test_closes_what_it_knows_only(self) -> None:
        for what in ("", "site", "registration"):
            assert refusals(REQUIRED | {"MAINTENANCE": what}) == [""]
        (unknown,) = refusals(REQUIRED | {"MAINTENANCE": "everything"})
        assert "MAINTENANCE" in unknown

    def test_refuses_what_is_for_development_only(self) -> None:
        (mailbox,) = refusals(REQUIRED, INSTALLED_APPS=["accounts", "kantor.mailbox"])
        assert "kantor.mailbox" in mailbox
        (specimens,) = refusals(REQUIRED, INSTALLED_APPS=["accounts", "kantor.specimens"])
        assert "kantor.specimens" in specimens
        (test_mode,) = refusals(REQUIRED, CAPTCHA_TEST_MODE=True)
        assert "CAPTCHA_TEST_MODE" in test_mode
        assert refusals(REQUIRED, DEBUG=True) == [""], "The base may not switch it on."
        for name in ("DEBUG", "CAPTCHA_TEST_MODE"):
            on, off = refusals(REQUIRED | {name: "true"}, REQUIRED | {name: "false"})
            assert name in on
            assert off == ""

    def test_refuses_addresses_that_a_request_could_choose(self) -> None:
        assert all(
            refusals(
                REQUIRED | {"ALLOWED_HOSTS": "*"},
                REQUIRED | {"ALLOWED_HOSTS": f"{HOST},*"},
                REQUIRED | {"BASE_URL": HOST},
                REQUIRED | {"BASE_URL": f"{SITE}/kantor"},
                REQUIRED | {"BASE_URL": "ftp://kantor.example"},
                REQUIRED | {"TRUSTED_PROXIES": "-1"},
                REQUIRED | {"ACTIVATION_LINK_HOURS": "0"},
            )
        )

    def test_takes_times_for_sessions_that_can_be_kept(self) -> None:
        good = ({"SESSION_IDLE_MINUTES": "3"}, {"SESSION_IDLE_MINUTES": "60", "SESSION_HOURS": "1"})
        assert refusals(*(REQUIRED | each for each in good)) == ["", ""]
        bad = (
            {"SESSION_IDLE_MINUTES": "2"},
            {"SESSION_IDLE_MINUTES": "61", "SESSION_HOURS": "1"},
            {"SESSION_HOURS": "25"},
            {"SESSION_HOURS": "0"},
        )
        for refusal in refusals(*(REQUIRED | each for each in bad)):
            assert "SESSION_IDLE_MINUTES" in refusal

    def test_asks_the_real_register_of_companies_or_none(self) -> None:
        for name, values in {
            "COMPANY_LOOKUP": ("fixtures", "gus", ""),
            "COMPANY_LOOKUP_URL": (
                "http://wl-api.mf.gov.pl",
                "https://wl-api.mf.gov.pl/api",
                "https://user@wl-api.mf.gov.pl",
                "",
            ),
        }.items():
            for refusal in refusals(*(REQUIRED | {name: value} for value in values)):
                assert name in refusal
        on = {"COMPANY_LOOKUP": "mf", "COMPANY_LOOKUP_URL": "https://wl-test.mf.gov.pl"}
        assert refusals(REQUIRED | {"COMPANY_LOOKUP": "disabled"}, REQUIRED | on) == ["", ""]

    def test_takes_no_made_up_lists_for_true(self) -> None:
        good = REQUIRED | {"SCREENING": "disabled"}
        assert refusals(good) == [""]
        for refusal in refusals(*(REQUIRED | {"SCREENING": bad} for bad in ("fixtures", "eu", ""))):
            assert "SCREENING" in refusal

    def test_starts_with_each_kind_of_queue_and_passes_djangos_checks(self) -> None:
        for tasks in ("immediate", "database", "redis"):
            result = run(BOOT, TASKS=tasks, **REQUIRED, **REDIS)
            assert result.returncode == 0, result.stderr
            assert "no issues" in result.stdout, result.stdout
        assert all(refusals(REQUIRED | {"TASKS": "redis"}, REQUIRED | {"TASKS": "celery"}))

    def test_counts_and_keeps_sessions_in_redis_only_where_there_is_one(self) -> None:
        result = run(BOOT, **REQUIRED, **REDIS, COUNTERS="redis", SESSIONS="redis")
        assert result.returncode == 0, result.stderr
        for name in ("COUNTERS", "SESSIONS"):
            there, nowhere = REQUIRED | REDIS | {name: "redis"}, REQUIRED | {name: "redis"}
            elsewhere, wrong = REQUIRED | {name: "database"}, REQUIRED | REDIS | {name: "memory"}
            found = refusals(there, elsewhere, nowhere, wrong)
            assert found[:2] == ["", ""]
            assert "REDIS_URL" in found[2]
            assert name in found[3]
        assert "REDIS_URL" in refusals(REQUIRED | {"REDIS_URL": "127.0.0.1:6379"})[0]

    def test_waits_a_second_for_a_silent_redis(self) -> None:
        seen = "import kantor.wsgi; from django.core.cache import cache; cache.get('x')"
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
            # Without a limit it would wait for longer than `run` does.
            result = run(seen, **REQUIRED, REDIS_URL=url)
        assert "TimeoutError" in result.stderr, result.stderr

    def test_does_not_serve_when_the_settings_refuse(self) -> None:
        result = run("import kantor.wsgi", **REQUIRED | {"SECRET_KEY": "short"})
        assert result.returncode != 0
        assert "ImproperlyConfigured: SECRET_KEY" in result.stderr

    def test_reads_what_the_example_documents(self) -> None:
        source = (ROOT / "kantor/settings/prod.py").read_text()
        read = set(re.findall(r'env(?:\.\w+)?\(\s*"([A-Z_]+)"', source))
        documented = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M))
        assert set(REQUIRED) <= read
        assert read - documented == set()
