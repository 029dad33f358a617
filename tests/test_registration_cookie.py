"""The cookie that knows the browser that registered: its size, and whom it forgets."""

from uuid import uuid4

from django.conf import settings
from django.core import signing
from django.http import HttpResponse
from django.test import Client, RequestFactory, SimpleTestCase, TestCase, override_settings
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from accounts.registration import browser
from accounts.registration.browser import Remembered
from accounts.services import activation
from tests.doors import is_signed_in, try_in
from tests.factories import PASSWORD, activated, registered
from tests.letters import activation_path, registering_browser
from tests.links import is_active
from tests.people import OSOBA
from tests.walk import Visitor

NAME = settings.REGISTRATION_COOKIE_NAME
PAGE = "/en/rejestracja/wyslano/"
SMALLEST_LIMIT = 4096  # RFC 6265, 6.1: name, value and attributes together


def after(*emails: str) -> tuple[str, list[Remembered]]:
    """Register these addresses one after the other; return the last cookie and what it says."""
    request = RequestFactory().get("/")
    header = ""
    for email in emails:
        response = HttpResponse()
        browser.remember(request, response, uuid4(), email)
        header = response.cookies[NAME].OutputString()
        request.COOKIES[NAME] = response.cookies[NAME].value
    return header, browser.remembered(request)


def longest(letter: str) -> str:
    """Return an address of 254 characters in this script."""
    labels = ".".join([letter * 59] * 4)
    return f"{'x' * 64}@{labels}"[:251] + ".pl"


class SizeTests(SimpleTestCase):
    """A browser drops a cookie that is too long, and the registration with it."""

    @override_settings(SESSION_COOKIE_SECURE=True)
    def test_stays_below_the_limit_with_the_longest_addresses(self) -> None:
        for letter in "aż漢𐍈":
            emails = [longest(letter) for _ in range(7)]
            header, known = after(*emails)
            assert len(header.encode()) < SMALLEST_LIMIT, letter
            assert known[0].email == emails[-1]
            assert len(known) >= 3, letter

    def test_keeps_five_of_the_longest_of_our_own_country(self) -> None:
        for letter in "aż":
            assert len(after(*[longest(letter)] * 5)[1]) == 5

    def test_gives_an_address_back_as_it_was(self) -> None:
        for email in ("zażółć@gęślą-jaźń.pl", "Jan+x@Example.com", "a@straße.de", "a@漢字.jp"):
            assert after(email)[1][0].email == email

    @override_settings(SESSION_COOKIE_SECURE=True)
    @given(st.lists(st.text(max_size=254), min_size=1, max_size=6))
    def test_holds_for_any_text(self, emails: list[str]) -> None:
        printable = [email.encode("utf-8", "ignore").decode() for email in emails]
        header, known = after(*printable)
        assert len(header.encode()) < SMALLEST_LIMIT
        assert known[0].email == printable[-1]

    def test_is_read_as_it_was_written_before(self) -> None:
        attempt = uuid4()
        old = signing.dumps([[attempt.hex, "jan@żuraw.pl"]], salt=browser.SALT)
        request = RequestFactory().get("/")
        request.COOKIES[NAME] = old
        assert browser.remembered(request) == [Remembered(attempt, "jan@żuraw.pl")]


class LongAddressTests(TestCase):
    """Somebody with an address as long as they come."""

    def test_finishes_and_activates_in_one_browser(self) -> None:
        email = f"{'z' * 64}@{'.'.join(['żółw' * 6] * 4)}.pl"
        visitor = OSOBA.addressed(email).register(Visitor())
        assert visitor.shows(email)
        visitor.open(activation_path(User.objects.get()))
        assert visitor.heading == "Konto jest aktywne"


class SharedBrowserTests(TestCase):
    """A browser in which somebody else signs in."""

    def test_forgets_the_registration_of_another(self) -> None:
        stranger, customer = registered(language="en"), activated(language="en")
        path = activation_path(stranger)
        client = registering_browser(stranger)
        try_in(customer.email, PASSWORD, client)
        assert is_signed_in(client)
        assert client.cookies[NAME].value == ""
        assert stranger.email not in Visitor(client).open(PAGE).text
        client.get(path)
        assert not is_active(stranger)

    def test_keeps_ones_own(self) -> None:
        stranger, customer = registered(language="en"), registered(language="en")
        client = registering_browser(customer, stranger)
        activation.activate(customer)
        try_in(customer.email.upper(), PASSWORD, client)
        page = Visitor(client).open(PAGE)
        assert page.shows(customer.email)
        assert stranger.email not in page.text

    def test_forgets_a_registration_that_was_only_begun(self) -> None:
        visitor = OSOBA.start(Visitor(Client()))
        customer = activated()
        try_in(customer.email, PASSWORD, visitor.client)
        assert visitor.client.cookies[NAME].value == ""

    def test_is_told_nothing_when_there_is_nothing_to_forget(self) -> None:
        customer = registered()
        activation.activate(customer)
        for client in (Client(), registering_browser(customer)):
            response = try_in(customer.email, PASSWORD, client)
            assert NAME not in response.cookies

    def test_forgets_nothing_for_a_wrong_password(self) -> None:
        stranger, customer = registered(language="en"), activated(language="en")
        client = registering_browser(stranger)
        try_in(customer.email, "x", client)
        assert Visitor(client).open(PAGE).shows(stranger.email)
