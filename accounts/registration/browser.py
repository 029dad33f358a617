"""Recognise the browser that registered: a signed cookie names its attempts, nothing else."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

SALT = "accounts.registration-browser"
ATTEMPTS_KEPT = 5


def attempts(request: HttpRequest) -> list[UUID]:
    """Return the attempts that this browser began, the newest first."""
    cookie = request.COOKIES.get(settings.REGISTRATION_COOKIE_NAME, "")
    try:
        named = signing.Signer(salt=SALT).unsign(cookie)
        return [UUID(hex=attempt) for attempt in named.split(".")]
    except (signing.BadSignature, ValueError):
        return []


def remember(request: HttpRequest, response: HttpResponse, attempt: UUID) -> None:
    """Name this attempt in the browser's cookie for as long as its link may be valid."""
    known = [attempt, *(other for other in attempts(request) if other != attempt)]
    response.set_cookie(
        settings.REGISTRATION_COOKIE_NAME,
        signing.Signer(salt=SALT).sign(".".join(each.hex for each in known[:ATTEMPTS_KEPT])),
        max_age=timedelta(hours=settings.ACTIVATION_LINK_HOURS + 24),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def forget(response: HttpResponse) -> None:
    """Drop the cookie, as when somebody signs out."""
    response.delete_cookie(settings.REGISTRATION_COOKIE_NAME, samesite="Lax")
