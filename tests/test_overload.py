"""More than the site can do at this moment: it says when to come back, and nothing is lost."""

import errno
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any
from unittest import mock

from bs4 import BeautifulSoup
from django.contrib.auth import hashers
from django.db import (
    DataError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    connection,
)
from django.test import Client, SimpleTestCase, TestCase, override_settings

from accounts.passwords import HashingBusyError, hashing
from accounts.services import activation, credentials
from tests.doors import try_in
from tests.factories import PASSWORD, activated
from tests.parallel import at_once
from tests.people import OSOBA
from tests.walk import Visitor

OURS = "accounts.passwords.hashing.Argon2PasswordHasher"
HEADINGS = {"": "Teraz nie możemy tego zrobić", "/en": "We cannot do that at the moment"}


@contextmanager
def every_turn_taken() -> Iterator[None]:
    """Let other requests hash for as long as this lasts, and nobody wait for them."""
    taken = 0
    while hashing._turns.acquire(blocking=False):
        taken += 1
    try:
        with mock.patch.object(hashing, "WAIT_SECONDS", 0.01):
            yield
    finally:
        for _turn in range(taken):
            hashing._turns.release()


def sqlite_error(name: str) -> OperationalError:
    """Return the error of Django that wraps one of SQLite with this name."""
    cause, error = sqlite3.OperationalError(name), OperationalError(name)
    cause.sqlite_errorname = name
    error.__cause__ = cause
    return error


def patient() -> Client:
    """Return a browser that is shown a failure's page."""
    return Client(raise_request_exception=False)


class DatabaseTests(TestCase):
    """The database is away, locked or full."""

    def failing_with(self, error: Exception, path: str) -> Any:
        def fail(*args: Any) -> None:
            raise error

        client = patient()
        client.cookies["sessionid"] = "x" * 32
        with connection.execute_wrapper(fail):
            return client.get(path)

    def test_visitor_is_told_when_to_come_back_in_his_language(self) -> None:
        for error in (OperationalError("away"), InterfaceError("closed")):
            for prefix, heading in HEADINGS.items():
                answer = self.failing_with(error, f"{prefix}/konto/")
                assert answer.status_code == 503
                assert answer["Retry-After"] == "10"
                assert "no-store" in answer["Cache-Control"]
                page = BeautifulSoup(answer.content.decode(), "html.parser")
                assert page.h1 is not None
                assert page.h1.get_text(strip=True) == heading

    def test_page_for_reading_needs_no_database(self) -> None:
        with connection.execute_wrapper(mock.Mock(side_effect=OperationalError("away"))):
            assert Client().get("/").status_code == 200

    def test_full_disk_passes_by_itself_and_a_fault_of_ours_does_not(self) -> None:
        for error, status in (
            (OSError(errno.ENOSPC, "No space left on device"), 503),
            (OSError(errno.EACCES, "Permission denied"), 500),
            (ProgrammingError("no such column"), 500),
            (DataError("out of range"), 500),
            (sqlite_error("SQLITE_FULL"), 503),
            (sqlite_error("SQLITE_BUSY"), 503),
            (sqlite_error("SQLITE_ERROR"), 500),
            (sqlite_error("SQLITE_READONLY_DBMOVED"), 500),
        ):
            assert self.failing_with(error, "/konto/").status_code == status, error

    def test_answers_are_kept_while_the_database_is_away(self) -> None:
        visitor = OSOBA.reach_review(Visitor(patient()))
        shown = visitor.text

        def fail(*args: Any) -> None:
            raise OperationalError("away")

        with connection.execute_wrapper(fail):
            assert visitor.new_tab().open(visitor.path).status == 503
        assert visitor.reload().text == shown


class TurnTests(SimpleTestCase):
    """No more passwords are hashed at the same time than the settings say."""

    def test_hashes_wait_for_their_turn(self) -> None:
        working: list[int] = []
        most: list[int] = []

        def hashed(*args: Any) -> str:
            working.append(1)
            most.append(len(working))
            hasher_of_tests.encode("x", "saltsalt")
            working.pop()
            return "argon2$hash"

        hasher_of_tests = hashers.PBKDF2PasswordHasher()
        ours = hashing.Argon2PasswordHasher()
        with (
            mock.patch.object(hashing, "_turns", BoundedSemaphore(2)),
            # How long the others work is the machine's matter.
            mock.patch.object(hashing, "WAIT_SECONDS", 60),
            mock.patch.object(hashers.Argon2PasswordHasher, "encode", hashed),
        ):
            results = at_once(*[lambda: ours.encode("password", "saltsalt")] * 6)
        assert results == ["argon2$hash"] * 6
        assert max(most) <= 2

    def test_nobody_waits_for_ever(self) -> None:
        ours = hashing.Argon2PasswordHasher()
        sealed = ours.encode("password", "saltsalt")
        with every_turn_taken():
            for call in (
                lambda: ours.encode("password", "saltsalt"),
                lambda: ours.verify("password", sealed),
            ):
                (result,) = at_once(call)
                assert isinstance(result, HashingBusyError)
        assert ours.verify("password", sealed)

    def test_a_hash_that_fails_gives_its_turn_back(self) -> None:
        ours = hashing.Argon2PasswordHasher()
        for _try in range(20):
            (result,) = at_once(lambda: ours.verify("password", "argon2$nonsense"))
            assert isinstance(result, Exception)
            assert not isinstance(result, HashingBusyError)


@override_settings(PASSWORD_HASHERS=[OURS])
class BusyTests(TestCase):
    """What a visitor meets when all turns are taken."""

    def test_sign_in_says_the_same_of_every_address(self) -> None:
        activated(email="owner@example.com")
        answers = []
        for address in ("owner@example.com", "nobody@example.com"):
            client = patient()
            with every_turn_taken():
                answer = try_in(address, PASSWORD, client, prefix="")
            assert answer.status_code == 503
            assert answer["Retry-After"] == "10"
            answers.append(re.sub(rb"[0-9a-f]{32}", b"ID", answer.content))
        assert answers[0] == answers[1]

    def test_busy_site_uses_up_nobodys_tries(self) -> None:
        user = activated(email="owner@example.com")
        client = patient()
        with every_turn_taken():
            for _try in range(6):
                answer = try_in(user.email, PASSWORD, client, prefix="")
                assert answer.status_code == 503
                with self.assertRaises(HashingBusyError):
                    credentials.proves_owner(user, PASSWORD)
                with self.assertRaises(HashingBusyError):
                    activation.proves_registrant(user, PASSWORD, "192.0.2.1")
        assert try_in(user.email, PASSWORD, client, prefix="")["Location"] == "/konto/"
        assert credentials.proves_owner(user, PASSWORD)
        assert activation.proves_registrant(user, PASSWORD, "192.0.2.1")

    def test_solved_captcha_and_answers_are_kept(self) -> None:
        visitor = OSOBA.reach_password(Visitor(patient()))
        page = visitor.path
        OSOBA.type_password(visitor).copy_captcha(OSOBA.words.captcha)
        with every_turn_taken():
            assert visitor.press("Dalej").status == 503
        visitor.open(page)
        assert OSOBA.words.captcha not in visitor.text
        OSOBA.type_password(visitor).press("Dalej")
        assert visitor.heading == OSOBA.words.consents, visitor.errors
