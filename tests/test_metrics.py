"""What `/metrics` tells: as much as was done, of nobody, and never more than 500 series."""

import json
import os
import re
import subprocess
import tempfile
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client, SimpleTestCase, TestCase
from django.urls import get_resolver

from accounts.mail import outbox
from accounts.models import AccountEvent, OutboxMessage
from accounts.passwords import hashing
from accounts.registration.order import Step
from accounts.registration.outcome import Lead
from accounts.services import credentials
from accounts.services.allowance import Purpose
from kantor.serving import numbers
from kantor.serving.security_log import Event
from tests import test_costs
from tests.database import begin
from tests.factories import activated
from tests.front import program
from tests.letters import deliver
from tests.numbers import Numbers, measured, of
from tests.people import FIRMA, POLISH
from tests.test_overload import every_turn_taken
from tests.test_production import REQUIRED, ROOT, run
from tests.test_request_log import QUEUE
from tests.walk import Visitor

MOST_SERIES = 550
LOOK = """
import sys
import kantor.wsgi
from django.test import Client
imported = {{"prometheus_client", "django_prometheus"}} & set(sys.modules)
print(Client(HTTP_HOST="kantor.example").get({path!r}).status_code, sorted(imported))
"""
# Counts a thousand times in each of three processes that live at once and three that follow, one of
# them killed; then adds up.
PROCESSES = """
import json, os, signal, sys
import django
django.setup()
from kantor.serving import numbers
def child(last_words):
    pid = os.fork()
    if pid == 0:
        for _ in range(1000):
            numbers.REFUSALS.add(limit="try")
        last_words()
        os._exit(0)
    return pid
gate, wait = os.pipe()
living = [child(lambda: (os.close(wait), os.read(gate, 1))) for _ in range(3)]
os.close(wait)
for pid in living:
    os.waitpid(pid, 0)
for last_words in (lambda: None, lambda: os.kill(os.getpid(), signal.SIGKILL), lambda: None):
    os.waitpid(child(last_words), 0)
numbers.REFUSALS.add(limit="try")
from django.test import Client
from tests.numbers import of, parsed
text = Client(HTTP_HOST="kantor.example").get("/metrics").content.decode()
files = [name for name in os.listdir(os.environ["PROMETHEUS_MULTIPROC_DIR"]) if "counter" in name]
print(json.dumps([of(parsed(text), "kantor_refusals_total")[("try",)], len(files)]))
"""

# Owes a mail whose task nobody does, and asks how long the queue has grown.
QUEUE_OF_ONE = """
import django
django.setup()
from unittest import mock
from django.core.management import call_command
from django.test import Client
from accounts.mail import delivery
from kantor.serving import tasks
from tests.numbers import parsed
def length():
    text = Client(HTTP_HOST="kantor.example").get("/metrics").content.decode()
    return parsed(text).get(("kantor_queue_length", ()))
call_command("migrate", verbosity=0)
before = length()
with mock.patch.object(tasks.helper, "order", return_value=True):
    delivery.deliver_message.enqueue(1)
print(None if before is None else length() - before)
"""


class OffTests(SimpleTestCase):
    """Without METRICS."""

    def test_there_is_no_such_page_and_nothing_is_imported(self) -> None:
        done = run(LOOK.format(path="/livez"), **REQUIRED)
        assert done.stdout == "200 []\n", done.stdout + done.stderr
        assert Client().get("/metrics").status_code == 404

    def test_numbers_are_not_even_made(self) -> None:
        total = numbers.Total("never", "never made")
        total.add()
        with numbers.Seconds("never_either", "never made").measured():
            pass
        assert total._made is None


class OnTests(SimpleTestCase):
    """With METRICS, in production."""

    def test_page_is_there_without_a_database(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            on = REQUIRED | {"METRICS": "true", "METRICS_FOLDER": folder}
            done = run(LOOK.format(path="/metrics"), **on)
        assert done.stdout.startswith("200 ['django_prometheus', 'prometheus_client']"), done.stderr

    def test_processes_add_up_and_leave_no_more_files_than_run_at_once(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            on = REQUIRED | {
                "METRICS": "true",
                "METRICS_FOLDER": folder,
                "DJANGO_SETTINGS_MODULE": "kantor.settings.prod",
            }
            total, files = json.loads(run(PROCESSES, **on).stdout)
        assert total == 6001
        assert files <= 4

    def test_tasks_that_wait_are_counted_in_whichever_queue(self) -> None:
        redis = os.environ.get("TEST_REDIS_URL", "")
        assert redis or "CI" not in os.environ, "CI has a Redis"
        for tasks in ("immediate", "database", *(["redis"] if redis else [])):
            folder = self.enterContext(tempfile.TemporaryDirectory())
            begin(Path(folder, "site.sqlite3"))
            on = REQUIRED | {
                "METRICS": "true",
                "METRICS_FOLDER": folder,
                "DATABASE_URL": f"sqlite:///{folder}/site.sqlite3",
                "DJANGO_SETTINGS_MODULE": "kantor.settings.prod",
                "TASKS": tasks,
                "REDIS_URL": redis,
            }
            done = run(QUEUE_OF_ONE, **on)
            assert done.stdout.split() == ["None" if tasks == "immediate" else "1.0"], done.stderr


@measured
class JourneyTests(TestCase):
    """The numbers agree with what was driven."""

    def test_a_registration_is_counted_step_by_step(self) -> None:
        visitor = Visitor()
        with self.settings(TASKS=QUEUE):
            FIRMA.reach_password(visitor)
            # Before the first measurement: what the numbers are to agree with begins here.
            seen, before = len(visitor.history), Numbers()
            FIRMA.type_password(visitor).copy_captcha(POLISH.captcha, wrongly=True).press("Dalej")
            FIRMA.type_password(visitor).copy_captcha(POLISH.captcha).press("Dalej")
            visitor.choose(*FIRMA.required_consents).press("Rejestruj")
        assert visitor.heading == POLISH.check_mailbox, visitor.errors
        grown = before.grown()
        assert of(grown, "kantor_registration_steps_total") == {
            ("company", "here", "password"): 1,
            ("company", "onwards", "password"): 1,
            ("company", "end", "consents"): 1,
        }
        captcha = of(grown, "kantor_captcha_total")
        assert captcha[("right", "characters")] == captcha[("wrong", "characters")] == 1
        assert captcha[("asked", "picture")] == 2
        assert of(grown, "kantor_hash_seconds_count") == {(): 1}
        assert of(grown, "kantor_hash_wait_seconds_count") == {(): 1}
        assert of(grown, "kantor_security_events_total") == {("captcha_refused",): 1}
        driven = Counter(str(status) for _method, _path, status in visitor.history[seen:])
        # The pictures, and the second look at the numbers, which is not in itself yet.
        driven["200"] += 2 + 1
        statuses = {key[0]: n for key, n in
                    of(grown, "django_http_responses_total_by_status_total").items()}  # fmt: skip
        assert statuses == driven
        due = of(grown, "kantor_outbox_waiting")
        assert due == {("under_1_minute", "due"): 1}

    def test_mails_and_refusals_and_the_purge_are_counted(self) -> None:
        with self.settings(TASKS=QUEUE):
            user = activated()
            deliver()
            outbox.put(OutboxMessage.Kind.PASSWORD_CHANGED, user)
        before = Numbers()
        deliver()
        call_command("purge_registrations", stdout=StringIO())
        grown = before.grown()
        assert of(grown, "kantor_deliveries_total") == {("sent",): 1}
        assert of(grown, "kantor_outbox_waiting") == {("under_1_minute", "due"): -1}
        assert of(grown, "kantor_purge_timestamp_seconds")[()] > 0

    def test_a_limit_is_named_and_its_subject_is_not(self) -> None:
        before = Numbers()
        for number in range(credentials.NETWORK_RESETS.times + 2):
            credentials.request_password_reset(f"kanarek{number}@example.com", "pl", "192.0.2.77")
        grown = before.grown()
        assert of(grown, "kantor_refusals_total") == {("network-reset",): 2}
        text = Client().get("/metrics").content.decode()
        assert "kanarek" not in text
        assert "192.0.2.77" not in text

    def test_what_alerts_ask_about_is_there_before_it_happens(self) -> None:
        known = Numbers.read()
        for status in ("500", "503"):
            name = "django_http_responses_total_by_status_total"
            assert (name, (("status", status),)) in known
        assert ("kantor_security_events_total", (("event", "passkey_copied"),)) in known
        assert ("kantor_hash_given_up_total", ()) in known

    def test_whoever_gets_no_turn_to_hash_is_counted(self) -> None:
        before = Numbers()
        with every_turn_taken(), self.assertRaises(hashing.HashingBusyError), hashing.turn():
            pass
        assert of(before.grown(), "kantor_hash_given_up_total") == {(): 1}

    def test_without_a_database_the_rest_is_told(self) -> None:
        def fail(*args: Any) -> None:
            raise OperationalError("away")

        with connection.execute_wrapper(fail):
            told = Numbers.read()
        assert told[("kantor_database_answers", ())] == 0
        assert any(name.startswith("django_http") for name, _labels in told)
        assert not any(name == "kantor_outbox_waiting" for name, _labels in told)
        assert Numbers.read()[("kantor_database_answers", ())] == 1


@measured
class LabelTests(TestCase):
    """No visitor makes a series."""

    def test_hostile_requests_make_none(self) -> None:
        client = Client(raise_request_exception=False)
        Numbers.read()
        for number in range(3):
            canary = f"kanarek{number}"
            client.generic(canary.upper(), "/")
            client.get(f"/{canary}/", headers={"Host": f"{canary}.example"})
            client.get(f"/?{canary}=1", headers={"X-Request-ID": canary})
            client.get(f"/aktywacja/{canary}/")
            client.get(f"/{canary}/", headers={"X-Forwarded-Proto": canary})
            client.post(f"/rejestracja/{canary}/", {canary: canary})
            client.generic("POST", "/logowanie/", b"x", content_type=f"text/{canary}")
            client.get("/", headers={"X-Requested-With": canary, "Accept": canary})
            client.generic("POST", "/", b"x", CONTENT_LENGTH=canary)
            client.generic("POST", "/", b"x", CONTENT_LENGTH="-1")
            client.get("/pomoc/", headers={"Cookie": f"registration={canary}; browser={canary}"})
        text = client.get("/metrics").content.decode()
        assert "kanarek" not in text.lower()
        assert "<invalid method>" in text

    def test_a_label_of_ours_that_could_be_anything_is_one(self) -> None:
        before = Numbers()
        for number in range(5):
            numbers.REFUSALS.add(limit=f"Someone's {number}")
        assert of(before.grown(), "kantor_refusals_total") == {("other",): 5}

    def test_all_series_that_can_ever_be_are_few(self) -> None:
        for pattern in route_names():
            numbers.start()
            self.observe_view(pattern)
        for step in Step:
            for lead in Lead:
                for kind in ("company", "person", "none"):
                    numbers.STEPS.add(step=step.name.lower(), kind=kind, outcome=lead.name.lower())
        for event in Event:
            numbers.SECURITY_EVENTS.add(event=event.value)
        for kind in AccountEvent.Kind:
            numbers.SECURITY_EVENTS.add(event=f"account_{kind.value}")
        for limit in names_of_limits():
            numbers.REFUSALS.add(limit=limit)
        for status in (200, 204, 206, 301, 302, 304, 308, 400, 403, 404, 405, 410, 413, 416, 429,
                       500, 503):  # fmt: skip
            self.responses.labels(status=str(status)).inc()
        assert len(Numbers.read()) < MOST_SERIES

    def observe_view(self, name: str) -> None:
        self.after.label_metric(
            self.after.metrics.requests_by_view_transport_method,
            None,
            view=name,
            transport="https",
            method="GET",
        ).inc()

    @property
    def after(self) -> Any:
        from kantor.serving.request_numbers import AfterMiddleware

        return AfterMiddleware(lambda request: HttpResponse())

    @property
    def responses(self) -> Any:
        return self.after.metrics.responses_by_status


def route_names() -> set[str]:
    """Return the name of every route."""

    def walk(patterns: Any, names: tuple[str, ...]) -> Any:
        for each in patterns:
            if hasattr(each, "url_patterns"):
                inner = (*names, each.namespace) if each.namespace else names
                yield from walk(each.url_patterns, inner)
            else:
                yield ":".join((*names, each.name or ""))

    found = set(walk(get_resolver().url_patterns, ()))
    assert len(found) > 100
    return found


def names_of_limits() -> set[str]:
    """Return the names that stand in the code, and those of the mails' budgets."""
    found = {f"mail-{purpose.name.lower()}" for purpose in Purpose} | {"mail-first_link"}
    for file in (ROOT / "accounts").rglob("*.py"):
        text = file.read_text()
        found |= set(re.findall(r"Limit\(\s*\"([a-z-]+)\"", text))
        found |= set(re.findall(r"Ladder\(\s*\"([a-z-]+)\"", text))
        found |= set(re.findall(r"(?:Limit|Ladder)\([^()]*\bname=\"([a-z-]+)\"", text))
    assert len(found) > 40
    return found


@measured
class CostTests(test_costs.StatementTests):
    """No visitor's request takes a statement more than without."""


@measured
class AlertTests(SimpleTestCase):
    """`deploy/alerts.yml`."""

    file = ROOT / "deploy" / "alerts.yml"

    def test_is_accepted_by_promtool(self) -> None:
        command = [program("promtool"), "check", "rules", str(self.file)]
        told = subprocess.run(command, capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stdout + told.stderr

    def test_fires_when_it_should_and_not_before(self) -> None:
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        # promtool compares annotations word by word, which are for people.
        rules = re.sub(r"\n        annotations:\n(?: {10}.*\n?)+", "\n", self.file.read_text())
        (folder / "alerts.yml").write_text(rules)
        cases = Path(__file__).parent / "alerts_fire.yml"
        (folder / cases.name).write_text(cases.read_text())
        command = [program("promtool"), "test", "rules", str(folder / cases.name)]
        told = subprocess.run(command, capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stdout + told.stderr

    def test_every_alert_says_what_to_do(self) -> None:
        text = self.file.read_text()
        alerts = text.split("- alert: ")[1:]
        assert len(alerts) >= 12
        for alert in alerts:
            assert "summary: " in alert, alert
            assert "what_to_do: >-\n" in alert, alert

    def test_asks_for_numbers_that_are_there(self) -> None:
        text = self.file.read_text()
        asked = set(re.findall(r"\b(?:kantor|django)_[a-z_]+", text))
        known = {each.name for each in vars(numbers).values() if isinstance(each, numbers._Number)}
        known |= {"kantor_outbox_oldest_seconds", "kantor_database_answers", "kantor_queue_length"}
        # Imported where METRICS is on.
        from kantor.serving import request_numbers

        known |= set(request_numbers.KEPT)
        for name in asked:
            stem = name.removesuffix("_bucket").removesuffix("_total")
            assert {name, stem, name.removesuffix("_bucket")} & known, name
