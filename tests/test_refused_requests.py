"""What a request leaves behind that is refused before a page sees it."""

import logging
from io import StringIO
from typing import Any

from django.test import Client, TestCase

from tests.walk import URLENCODED

# Without a boundary, with one that is none, with one that is too long.
BROKEN_FORMS = (
    ("multipart/form-data", b"--x"),
    ("multipart/form-data; boundary=", b"--x"),
    ("multipart/form-data; boundary=" + "x" * 300, b"--x"),
)


class BrokenFormTests(TestCase):
    """A form in parts that cannot be read."""

    def send(self, address: str, kind: str, body: bytes) -> tuple[Any, list[str]]:
        """Send it; return the answer and what the site's handler wrote."""
        client = Client(enforce_csrf_checks=True)
        # With the cookie alone: the token is looked for in the form.
        client.get("/logowanie/")
        handler = next(each for each in logging.root.handlers if each.name == "stderr")
        assert isinstance(handler, logging.StreamHandler)
        written = StringIO()
        stream, level = handler.setStream(written), handler.level
        handler.setLevel(logging.INFO)
        try:
            response = client.post(address, body, content_type=kind)
        finally:
            handler.setStream(stream)
            handler.setLevel(level)
        # Events of security have names, and lines of their own.
        lines = written.getvalue().splitlines()
        return response, [line for line in lines if " kantor.security " not in line]

    def test_is_answered_by_a_page_and_one_line_in_the_log(self) -> None:
        for address in ("/rejestracja/", "/logowanie/", "/admin/login/", "/en/haslo/"):
            for kind, body in BROKEN_FORMS:
                with self.subTest(address=address, kind=kind[:40]):
                    response, lines = self.send(address, kind, body)
                    assert response.status_code == 400
                    assert b"site-header" in response.content, "the site's own page"
                    (line,) = lines
                    assert "Bad request" in line
                    assert address in line

    def test_is_a_bad_request(self) -> None:
        response, _lines = self.send("/logowanie/", *BROKEN_FORMS[0])
        self.assertContains(response, "Nie udało się odczytać żądania", status_code=400)

    def test_leaves_a_line_for_each_other_refusal_too(self) -> None:
        for kind, body, status in (
            ("text/plain", b"x", 403),
            (URLENCODED, b"&a=" * 300, 400),
            (URLENCODED, b"a=" + b"x" * 200_000, 413),
        ):
            response, lines = self.send("/logowanie/", kind, body)
            assert response.status_code == status
            assert len(lines) == 1, lines

    def test_does_not_hide_the_places_of_a_fault(self) -> None:
        handler = next(each for each in logging.root.handlers if each.name == "stderr")
        try:
            raise RuntimeError
        except RuntimeError:
            fault = logging.LogRecord("a", logging.ERROR, "a", 1, "a", None, True)  # type: ignore[arg-type]
            fault.exc_info = (RuntimeError, RuntimeError(), None)
        fault.status_code = 500
        assert handler.filter(fault)
        assert fault.exc_info
        fault.status_code = 400
        assert handler.filter(fault)
        assert not fault.exc_info
