"""Step from page to page of one attempt, and look at what is kept of it."""

import re
from datetime import timedelta

from captcha.models import CaptchaStore
from django.contrib.sessions.models import Session

from tests.walk import Visitor

ADDRESS = "Adres zamieszkania"
CONTACT = "Kontakt i login"


def step_url(visitor: Visitor, step: str) -> str:
    """Return the address of another step of the visitor's attempt."""
    return re.sub(r"(/rejestracja/[0-9a-f-]{36}/).*", rf"\g<1>{step}/", visitor.path)


def session_data() -> dict[str, object]:
    """Return what the one session row holds; nothing when there is none."""
    rows = list(Session.objects.all())
    assert len(rows) <= 1
    return dict(rows[0].get_decoded()) if rows else {}


def age(span: timedelta) -> None:
    """Let time pass for everything that a registration keeps."""
    for session in Session.objects.all():
        session.expire_date -= span
        session.save()
    for challenge in CaptchaStore.objects.all():
        CaptchaStore.objects.filter(pk=challenge.pk).update(expiration=challenge.expiration - span)
