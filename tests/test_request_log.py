"""One line a request, which can be followed from nginx to the mail and names nobody."""

import json
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from unittest import mock

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, OperationalError, connection, transaction
from django.test import Client, TestCase

from accounts.mail import delivery
from accounts.models import OutboxMessage
from kantor.logs import JsonFormatter, LineFormatter
from tests.doors import try_in
from tests.factories import PASSWORD, activated
from tests.people import FIRMA
from tests.test_mail_outage import NoQueue
from tests.walk import Visitor

ID = "0123456789abcdef0123456789abcdef"
QUEUE = {"default": {"BACKEND": f"{NoQueue.__module__}.{NoQueue.__qualname__}"}}


@contextmanager
def written() -> Iterator[StringIO]:
    """Hear everything that production would write, and more: as with LOG_LEVEL=DEBUG."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    loggers = [logging.root, logging.getLogger("kantor.requests")]
    levels = [logger.level for logger in loggers]
    logging.root.addHandler(handler)
    try:
        for logger in loggers:
            logger.setLevel(logging.INFO)
        yield stream
    finally:
        logging.root.removeHandler(handler)
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def lines(stream: StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


class LineTests(TestCase):
    """What stands in a line."""

    def line_of(self, path: str, client: Client | None = None) -> dict[str, object]:
        with written() as stream:
            (client or Client()).get(path, headers={"X-Request-ID": ID})
        (line,) = [each for each in lines(stream) if each["logger"] == "kantor.requests"]
        return line

    def test_names_the_page_by_its_route_and_the_time_in_utc(self) -> None:
        line = self.line_of("/en/pomoc/")
        assert list(line)[:5] == ["at", "level", "logger", "event", "request_id"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", str(line["at"]))
        assert line["event"] == "request"
        assert line["request_id"] == ID
        assert (line["method"], line["route"], line["status"]) == ("GET", "help", 200)
        assert isinstance(line["ms"], float)
        assert "account" not in line

    def test_holds_nothing_of_an_address(self) -> None:
        for path in ("/nie-ma/kanarek/", "/aktywacja/kanarek/", "/pomoc/?kanarek=1", "/%00kanarek"):
            assert "kanarek" not in json.dumps(self.line_of(path)), path

    def test_tells_whose_account_it_was(self) -> None:
        user, client = activated(email="kanarek@example.com"), Client()
        try_in(user.email, PASSWORD, client, prefix="")
        line = self.line_of("/konto/", client)
        assert line["account"] == user.pk
        assert "kanarek" not in json.dumps(line)

    def test_takes_no_id_that_is_none(self) -> None:
        for forged in ("x" * 32, '", "level": "x', "1" * 500):
            answer = Client().get("/pomoc/", headers={"X-Request-ID": forged})
            assert re.fullmatch(r"[0-9a-f]{32}", answer["X-Request-ID"]), forged
        assert Client().get("/pomoc/", headers={"X-Request-ID": ID})["X-Request-ID"] == ID

    def test_a_traceback_is_in_one_line_too(self) -> None:
        with written() as stream:
            try:
                raise ValueError("two\nlines")
            except ValueError:
                logging.getLogger("any").exception("it\nfailed")
        (line,) = lines(stream)
        assert line["event"] == "it\nfailed"
        assert "ValueError" in str(line["exc_info"])

    def test_words_of_an_exception_that_may_quote_a_value_are_left_out(self) -> None:
        said = []
        for formatter in (JsonFormatter(), LineFormatter()):
            with written() as stream:
                logging.root.handlers[-1].setFormatter(formatter)
                try:
                    with transaction.atomic(), connection.cursor() as cursor:
                        # Lines of code are quoted, and are no secret: the canary is in none.
                        cursor.execute("SELECT 1 FROM " + "_".join(["kana", "rek"]))  # noqa: S608
                except DatabaseError:
                    logging.getLogger("any").exception("it failed")
                try:
                    raise ImproperlyConfigured("a word for the operator")
                except ImproperlyConfigured:
                    logging.getLogger("any").exception("it failed")
            said.append(stream.getvalue())
        for log in said:
            assert "kana_rek" not in log
            assert "test_request_log.py" in log
            assert "Error" in log
            assert "a word for the operator" in log

    def test_words_that_another_handler_has_left_with_a_record_are_left_out(self) -> None:
        try:
            raise DatabaseError("_".join(["kana", "rek"]))
        except DatabaseError:
            record = logging.LogRecord("any", logging.ERROR, "", 1, "failed", (), sys.exc_info())
        assert "kana_rek" in logging.Formatter().format(record)
        for formatter in (JsonFormatter(), LineFormatter()):
            line = formatter.format(record)
            assert "kana_rek" not in line
            assert "DatabaseError" in line


class TrailTests(TestCase):
    """From the request to its mail."""

    def test_mail_carries_the_id_of_the_request_that_owed_it(self) -> None:
        with self.settings(TASKS=QUEUE):
            visitor = FIRMA.reach_end(Visitor())
            visitor.press("Rejestruj")
        message = OutboxMessage.objects.get()
        assert re.fullmatch(r"[0-9a-f]{32}", message.asked_in)
        with written() as stream:
            delivery.deliver_due()
        (line,) = [each for each in lines(stream) if each["event"] == "mail sent"]
        assert line["request_id"] == message.asked_in
        assert line["mail"] == message.pk

    def test_nothing_of_a_registration_stands_in_the_log(self) -> None:
        with written() as stream, self.captureOnCommitCallbacks(execute=True):
            FIRMA.register(Visitor())
        log = stream.getvalue()
        assert log.count('"event": "request"') > 8
        typed = [value for group in FIRMA.details.values() for value in group.values()]
        for canary in (*typed, FIRMA.password, FIRMA.email):
            if len(canary) > 4:
                assert canary not in log, canary

    def test_page_of_a_failure_shows_the_id(self) -> None:
        client = Client(raise_request_exception=False)
        client.cookies["sessionid"] = "x" * 32
        with connection.execute_wrapper(mock.Mock(side_effect=OperationalError("away"))):
            answer = client.get("/konto/", headers={"X-Request-ID": ID})
        assert answer.status_code == 503
        assert ID in answer.content.decode()
