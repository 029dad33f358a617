"""Recognise the browser that registered: a signed cookie names what it registered, nothing else."""

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

SALT = "accounts.registration-browser"
ATTEMPTS_KEPT = 5
# Hours beyond the life of a link: whoever is late still finds the page that sends another.
HOURS_AFTER_THE_LINK = 24


class Remembered(NamedTuple):
    """One attempt of this browser, and the address that it registered; empty before the end."""

    attempt: UUID
    email: str = ""


def remembered(request: HttpRequest) -> list[Remembered]:
    """Return what this browser began or registered, the newest first."""
    cookie = request.COOKIES.get(settings.REGISTRATION_COOKIE_NAME, "")
    try:
        # The browser is not the only one to end it: a copy must not outlive it either.
        rows = signing.loads(cookie, salt=SALT, max_age=_lifetime())
        return [Remembered(UUID(hex=attempt), email) for attempt, email in rows]
    except (signing.BadSignature, ValueError, TypeError):
        return []


def attempts(request: HttpRequest) -> list[UUID]:
    """Return the attempts that this browser began, the newest first."""
    return [each.attempt for each in remembered(request)]


def find(request: HttpRequest, attempt: UUID) -> Remembered | None:
    """Return what this browser knows of an attempt, if the attempt was its own."""
    return next((each for each in remembered(request) if each.attempt == attempt), None)


def remember(request: HttpRequest, response: HttpResponse, attempt: UUID, email: str = "") -> None:
    """Name this attempt, and its address once it has one, for as long as its link may be valid.

    The address is kept here because the page that shows it must not depend on what became of the
    account: somebody else's click may have deleted that (docs/decisions.md).
    """
    others = [each for each in remembered(request) if each.attempt != attempt]
    known = [Remembered(attempt, email), *others][:ATTEMPTS_KEPT]
    response.set_cookie(
        settings.REGISTRATION_COOKIE_NAME,
        signing.dumps([[each.attempt.hex, each.email] for each in known], salt=SALT),
        max_age=_lifetime(),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def forget(response: HttpResponse) -> None:
    """Drop the cookie, as when somebody signs out."""
    response.delete_cookie(settings.REGISTRATION_COOKIE_NAME, samesite="Lax")


def _lifetime() -> timedelta:
    return timedelta(hours=settings.ACTIVATION_LINK_HOURS + HOURS_AFTER_THE_LINK)
