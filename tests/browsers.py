"""Be somebody with a browser of a kind, who signs in from somewhere."""

from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.sessions import confirmation
from tests.doors import is_signed_in, try_in
from tests.factories import PASSWORD

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:146.0) Gecko/20100101 Firefox/146.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/19.1 Mobile/15E148 Safari/604.1"
)
HERE, THERE = "83.12.44.55", "2a02:a31b:1234:5678::9"


def browser(agent: str = FIREFOX, address: str = HERE, **defaults: Any) -> Client:
    """Return a browser that has been nowhere yet."""
    return Client(REMOTE_ADDR=address, HTTP_USER_AGENT=agent, **defaults)


def put_in(user: User, client: Client) -> Client:
    """Put the session of who has signed in and just confirmed that it is him into this browser."""
    client.force_login(user)
    session = client.session
    session[confirmation.SESSION_KEY] = timezone.now().timestamp()
    session.save()
    return client


def signed_in(user: User, client: Client | None = None, **kind: Any) -> Client:
    """Return a browser in which this account was opened by its password just now."""
    client = client or browser(**kind)
    try_in(user.email, PASSWORD, client)
    assert is_signed_in(client)
    return client
