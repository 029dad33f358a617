"""What a report of a fault tells a Sentry server: places in the code, nothing of a visitor."""

import tempfile
from pathlib import Path
from typing import Any

from django.test import SimpleTestCase

from kantor.settings import base
from tests.database import begin
from tests.ingest import Ingest
from tests.test_production import REQUIRED, ROOT, run

# A site whose table of counters is gone meets a visitor with his address, password, cookies and
# link; beside it what a library may say of a value, and a line of ours with one.
FAIL = """
import logging
import django
# Its lines of code are quoted in a report, and hold no canary.
canary = "rek".join(["kana", ""])
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("collectstatic", interactive=False, verbosity=0)
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("DROP TABLE accounts_counter")
from django.test import Client
client = Client(raise_request_exception=False, HTTP_HOST="kantor.example",
    HTTP_USER_AGENT=f"{canary}-agent", HTTP_X_FORWARDED_FOR="203.0.113.77",
    HTTP_REFERER=f"https://kantor.example/{canary}-referer/")
client.cookies[f"{canary}-cookie"] = f"{canary}-cookie-value"
typed = {"username": f"{canary}@example.com", "password": f"{canary}-password"}
answer = client.post(f"/logowanie/?{canary}-question=1", typed)
from django.conf import settings
from django.urls import reverse
answer = client.post(f"/haslo/?{canary}-question=1", {"email": f"{canary}@example.com"})
page = answer.content.decode().replace("\N{NO-BREAK SPACE}", " ").replace("&nbsp;", " ")
print(answer.status_code, "Już o tym wiemy" in page, answer["X-Request-ID"])
if settings.FAULTS_ARE_REPORTED:
    secret = f"{canary}-local"
    try:
        raise ValueError(f"Key (email)=({canary}@example.com) already exists.")
    except ValueError as error:
        import sentry_sdk
        sentry_sdk.capture_exception(error)
    logging.getLogger("accounts").error("Mail %s was lost: %s", 17, f"{canary}-argument")
    sentry_sdk.flush(10)
"""
HERE = """
from kantor.settings.prod import *
STATIC_ROOT = {static!r}
STORAGES["staticfiles"] = {{"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
"""


class ReportTests(SimpleTestCase):
    """A fault in production."""

    def told_by(self, **environment: str) -> Any:
        folder = self.enterContext(tempfile.TemporaryDirectory())
        with open(f"{folder}/here.py", "w") as settings:
            settings.write(HERE.format(static=f"{folder}/static"))
        begin(Path(folder, "site.sqlite3"))
        known = REQUIRED | {
            "DJANGO_SETTINGS_MODULE": "here",
            "PYTHONPATH": f"{folder}:{ROOT}",
            "OPERATOR_KRS": base.OPERATOR_KRS,
            "DATABASE_URL": f"sqlite:///{folder}/site.sqlite3",
            "SECURE_SSL_REDIRECT": "false",
        }
        done = run(FAIL, **known, **environment)
        assert done.returncode == 0, done.stderr
        return done

    def test_is_told_with_its_place_and_nothing_of_the_visitor(self) -> None:
        ingest = Ingest()
        self.addCleanup(ingest.stop)
        told = self.told_by(SENTRY_DSN=ingest.dsn).stdout.split()
        assert told[:2] == ["500", "True"], told
        sent = "\n".join(ingest.bodies)
        assert "kanarek" not in sent
        assert "203.0.113" not in sent
        assert "user" not in {name for event in ingest.events for name in event}
        of_pages = [event for event in ingest.events if "tags" in event]
        assert of_pages, ingest.events
        (value, *_causes) = of_pages[-1]["exception"]["values"][::-1]
        assert value["type"] == "OperationalError"
        places = [frame["module"] for frame in value["stacktrace"]["frames"]]
        assert "accounts.limits" in places
        assert of_pages[-1]["tags"]["request_id"] == told[2]
        lines = [event["logentry"]["message"] for event in ingest.events if "logentry" in event]
        assert lines == ["Mail %s was lost: %s"]

    def test_page_does_not_claim_that_we_know_where_nobody_is_told(self) -> None:
        told = self.told_by().stdout.split()
        assert told[:2] == ["500", "False"], told
