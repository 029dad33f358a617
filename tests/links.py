"""Look at activation links and their pages as the tests of activation do."""

from datetime import timedelta
from typing import Any
from unittest import mock

from django.urls import reverse
from django.utils import timezone

from accounts import tokens
from accounts.models import OutboxMessage, SurveyAnswer, User
from kantor.serving.models import Session
from tests.elements import read

LABEL = "Password you chose when registering"
OTHER_PASSWORD = "Cztery-czerwone-sanki-9"


def facts() -> list[Any]:
    """Return everything that an activation, a sign-in or a mail would change."""
    return [
        sorted(User.objects.values_list("pk", "is_active", "activated_at", "link_serial")),
        sorted(OutboxMessage.objects.values_list("pk", "kind", "state")),
        SurveyAnswer.objects.count(),
        Session.objects.count(),
    ]


def is_active(user: User) -> bool:
    return User.objects.get(pk=user.pk).is_active


def address_of(user: User) -> str:
    return User.objects.get(pk=user.pk).email


def welcomes(user: User) -> int:
    return OutboxMessage.objects.filter(kind=OutboxMessage.Kind.WELCOME, user=user).count()


def link_of_age(user: User, age: timedelta) -> str:
    """Return the path of the newest link, signed so long ago."""
    moment = (timezone.now() - age).timestamp()
    with mock.patch("django.core.signing.time.time", return_value=moment):
        return reverse("accounts:activation", args=[tokens.make(user, user.link_serial)])


def heading(response: Any) -> str:
    found = read(response.content).select_one("h1")
    return " ".join(found.get_text().split()) if found else ""


def actions(response: Any) -> list[str]:
    """Return the words of what looks like a button in the main part."""
    main = read(response.content).select_one("main")
    return [" ".join(each.get_text().split()) for each in main.select(".button")] if main else []
