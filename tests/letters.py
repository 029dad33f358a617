"""Read the mails of a test as their recipients do, and carry cookies as browsers do."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.core import mail
from django.core.mail import EmailMessage
from django.http import HttpResponse
from django.test import Client, RequestFactory

from accounts.mail import delivery
from accounts.models import User
from accounts.registration import browser

LINK = re.compile(r"https?://\S+")


def deliver() -> list[EmailMessage]:
    """Deliver what is due, as the queue does after a commit, and return all mails so far."""
    while delivery.deliver_due():
        pass
    return list(mail.outbox)


def mails_to(email: str) -> int:
    """Deliver what is due and return how many mails this address has got so far."""
    return sum(message.to == [email] for message in deliver())


def paths(message: EmailMessage) -> list[str]:
    """Return the paths of the links in the text of a mail."""
    return [urlsplit(link).path for link in LINK.findall(str(message.body))]


def newest_path(email: str, containing: str, *, ending: str = "/") -> str:
    """Return the path of that kind in the newest mail to this address that has one."""
    for message in reversed(deliver()):
        if message.to == [email]:
            for path in paths(message):
                if containing in path and path.endswith(ending) and "to-nie-ja" not in path:
                    return path
    raise AssertionError(f"No link with {containing} was sent to {email}")


def activation_path(user: User) -> str:
    """Return the path of the newest activation link of this account's address."""
    return newest_path(user.email, "/aktywacja/")


def token_of(path: str) -> str:
    """Return the token in the path of an activation link."""
    return path.rstrip("/").rpartition("/")[2]


def registering_browser(*users: User, **defaults: Any) -> Client:
    """Return the browser in which these accounts were registered, one after the other."""
    client = Client(**defaults)
    for user in users:
        request = RequestFactory().get("/")
        request.COOKIES = {name: morsel.value for name, morsel in client.cookies.items()}
        response = HttpResponse()
        assert user.attempt is not None
        browser.remember(request, response, user.attempt, user.email)
        client.cookies.update(response.cookies)
    return client
