"""Recognise the browser that registered: a signed cookie names what it registered, nothing else."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from accounts.models import User
from accounts.values import email as email_address
from kantor.serving import security_log
from kantor.serving.security_log import Event

SALT = "accounts.registration-browser"
ATTEMPTS_REMEMBERED = 5
# Browsers drop a cookie of more than 4,096 bytes in all (RFC 6265, 6.1); its name and attributes
# take some 120 of them. Five addresses fit, unless they are of the longest in other scripts.
LONGEST_VALUE = 3_900
# Hours beyond the life of a link: whoever is late still finds the page that sends another.
HOURS_AFTER_THE_LINK = 24


class Remembered(NamedTuple):
    """One attempt of this browser, and the address that it registered; empty before the end."""

    attempt: UUID
    email: str = ""


class Json:
    """Write JSON with letters as they are: an escaped one takes three times its bytes."""

    def dumps(self, obj: Any) -> bytes:
        """Return the bytes to sign."""
        return json.dumps(obj, separators=(",", ":"), ensure_ascii=False).encode()

    def loads(self, data: bytes) -> Any:
        """Return what was signed."""
        return json.loads(data.decode())


def remembered(request: HttpRequest) -> list[Remembered]:
    """Return what this browser began or registered, the newest first."""
    cookie = request.COOKIES.get(settings.REGISTRATION_COOKIE_NAME, "")
    try:
        # The browser is not the only one to end it: a copy must not outlive it either.
        rows = signing.loads(cookie, salt=SALT, serializer=Json, max_age=_lifetime())
        return [Remembered(UUID(hex=attempt), email) for attempt, email in rows]
    except signing.SignatureExpired:
        return []
    except (signing.BadSignature, ValueError, TypeError):
        if cookie:
            security_log.note(Event.COOKIE_FORGED, cookie="registration")
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
    _keep(response, [Remembered(attempt, email), *others][:ATTEMPTS_REMEMBERED])


def forget(response: HttpResponseBase) -> None:
    """Drop the cookie, as when somebody signs out."""
    response.delete_cookie(settings.REGISTRATION_COOKIE_NAME, samesite="Lax")


def forget_others(request: HttpRequest, response: HttpResponseBase, user: User) -> None:
    """Keep of this browser's registrations only those of this account's address, as at signing in.

    Whoever registered here before has gone; his address is nothing for the next one to read.
    """
    known = remembered(request)
    own = [
        each
        for each in known
        if each.attempt == user.attempt or email_address.normalise(each.email) == user.email_key
    ]
    if own == known:
        return
    if own:
        _keep(response, own)
    else:
        forget(response)


def _keep(response: HttpResponseBase, known: Sequence[Remembered]) -> None:
    """Set the cookie to these, without the oldest where they would be too long for a browser."""
    rows = [[each.attempt.hex, each.email] for each in known]
    while len(value := signing.dumps(rows, salt=SALT, serializer=Json)) > LONGEST_VALUE:
        rows.pop()
    response.set_cookie(
        settings.REGISTRATION_COOKIE_NAME,
        value,
        max_age=_lifetime(),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _lifetime() -> timedelta:
    return timedelta(hours=settings.ACTIVATION_LINK_HOURS + HOURS_AFTER_THE_LINK)
