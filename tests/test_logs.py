"""What a log may say of a link, and an error report of a visitor."""

import logging
import sys
from collections.abc import Callable
from functools import partial
from io import StringIO

from bs4 import BeautifulSoup
from django.conf import settings
from django.test import Client, RequestFactory, TestCase
from django.urls import reverse
from django.views.debug import ExceptionReporter

from accounts.urls import urlpatterns as account_urls
from kantor.logs import MaskTokens
from tests.factories import activated, registered
from tests.letters import registering_browser
from tests.walk import Visitor

# A mail program sends the end of news from anywhere, without a form of ours.
UNREFUSED = ("news-withdrawal",)


class LogTests(TestCase):
    """The configured handler, writing into memory."""

    def logged(self, path: str) -> str:
        """Return what the site's handler writes while somebody opens this path."""
        return self.logged_while(partial(Visitor().open, path), logging.WARNING)

    def logged_while(self, act: Callable[[], object], least: int) -> str:
        """Return what the site's handler writes of that or more, with LOG_LEVEL to match."""
        name = "stderr"
        written = StringIO()
        handler = next(h for h in logging.root.handlers if h.name == name)
        assert isinstance(handler, logging.StreamHandler)
        stream, level = handler.setStream(written), handler.level
        handler.setLevel(least)
        self.addCleanup(logging.root.setLevel, logging.root.level)
        logging.root.setLevel(least)
        try:
            act()
        finally:
            handler.setStream(stream)
            handler.setLevel(level)
        return written.getvalue()

    def test_names_a_refused_path(self) -> None:
        assert "/nie-ma-takiej/" in self.logged("/nie-ma-takiej/")

    def test_holds_no_activation_token(self) -> None:
        token = "f32e31fb66c94ce2b8adb3aa64e47cd3.1.1405937cdb25b1b0ec04a39b~1xVd07~2KJx5ERrG128vA0"
        for path in (f"/aktywacja/{token}/", f"/en/aktywacja/{token}/to-nie-ja/"):
            line = self.logged(path)
            assert "/aktywacja/" in line
            assert token not in line

    def test_holds_no_token_of_a_sign_in_that_was_not_the_owners(self) -> None:
        token = "17~cZpc0NgAyJUUw9JsCHXHpFNhXcQyTv8yvGL_d8KbIqk"
        line = self.logged(f"/konto/to-nie-ja/{token}/nie-ma/")
        assert "/konto/to-nie-ja/…" in line
        assert token not in line

    def test_holds_no_token_of_the_end_of_news(self) -> None:
        token = "17~cZpc0NgAyJUUw9JsCHXHpFNhXcQyTv8yvGL_d8KbIqk"
        line = self.logged(f"/zgody/{token}/nie-ma/")
        assert "/zgody/…" in line
        assert token not in line

    def test_holds_no_token_of_the_phone_number(self) -> None:
        token = "17~1xVd07~cZpc0NgAyJUUw9JsCHXHpFNhXcQyTv8yvGL_d8KbIqk"
        line = self.logged(f"/logowanie/numer/{token}/nie-ma/")
        assert "/logowanie/numer/…" in line
        assert token not in line

    def test_holds_no_token_of_any_link_that_we_mail(self) -> None:
        token = "17~cZpc0NgAyJUUw9JsCHXHpFNhXcQyTv8yvGL_d8KbIqk"
        seen = 0
        for pattern in account_urls:
            if "token" not in pattern.pattern.converters:
                continue
            seen += 1
            parts = dict.fromkeys(pattern.pattern.converters, token)
            path = reverse(f"accounts:{pattern.name}", kwargs=parts)
            # Refused before it is looked at, so a link that works may stand there as well.
            line = self.logged_while(partial(self.forge, path), logging.WARNING)
            with self.subTest(path):
                assert "CSRF" in line or "Method Not Allowed" in line or pattern.name in UNREFUSED
                assert token not in line
        # Activation, the password, the number, "it was not me", closing, the address, news.
        assert seen >= 8

    def forge(self, path: str) -> None:
        """Send a form that stood on another site."""
        Client(enforce_csrf_checks=True).post(path)

    def test_holds_no_token_of_a_damaged_link(self) -> None:
        head, tail = (
            "f32e31fb66c94ce2b8adb3aa64e47cd3.1.140593",
            "db25b1b0ec04a39b~1xVd07~2KJx5ERrG1",
        )
        reset = "disha6-96bde69735be50a4bbf0bc8efb663c15"
        for path, parts in (
            (f"/aktywacja//{head}{tail}/", (head, tail)),
            (f"/aktywacja/{head}%20%20{tail}/", (head, tail)),
            (f"/aktywacja/{head}//{tail}/to-nie-ja/", (head, tail)),
            (f"/haslo//MQ//{reset[:-2]}//", (reset[:-2],)),
        ):
            line = self.logged(path)
            assert path[:6] in line
            assert not any(part in line for part in parts), line

    def test_holds_no_page_however_much_is_logged(self) -> None:
        client = Client()
        client.force_login(activated())
        answers = []

        def propose() -> None:
            answers.append(client.post("/haslo/zmiana/propozycja/"))

        logged = self.logged_while(propose, logging.DEBUG)
        (proposal,) = BeautifulSoup(answers[0].content, "html.parser").select(".proposed strong")
        assert len(proposal.get_text()) > 10
        assert proposal.get_text() not in logged

    def test_is_masked_by_every_handler(self) -> None:
        assert logging.root.handlers
        for handler in logging.root.handlers:
            if handler.name in settings.LOGGING["handlers"]:
                assert any(isinstance(each, MaskTokens) for each in handler.filters)


class ReportTests(TestCase):
    """The report of a fault."""

    def test_holds_no_cookie(self) -> None:
        client = registering_browser(registered(email="nie-do-raportu@example.com"))
        name = settings.REGISTRATION_COOKIE_NAME
        request = RequestFactory().get("/")
        request.COOKIES[name] = value = client.cookies[name].value
        try:
            raise RuntimeError
        except RuntimeError:
            report = ExceptionReporter(request, *sys.exc_info())
        text = report.get_traceback_text() + report.get_traceback_html()
        assert name in text
        assert value not in text
