"""Build every mail that a customer gets: one function a message, and the list is complete.

A message is its three templates in `templates/accounts/email/<message>/` and the plain values
they need. Nothing here reads the database, makes a token or sends: the outbox does
(`accounts.mail.outbox`).
"""

import re
import unicodedata
from datetime import datetime, timedelta
from email.charset import QP, Charset
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.text import wrap

WARSAW = ZoneInfo("Europe/Warsaw")
LINE_WIDTH = 76  # characters of a text line; RFC 5322 section 2.1.1 advises 78 at most
NAME_LENGTH = 40  # longest first name in a mail: enough for a greeting, too short for a letter

# Pages that messages link to. A template calls for the address of those that it shows.
PAGES = {
    "sign_in_url": "accounts:sign-in",
    "reset_url": "accounts:password-reset",
    "help_url": "help",
    "guide_url": "guide",
    "terms_url": "terms",
}

# 8-bit lines with a link in them pass the advised 78 bytes; quoted-printable folds them.
UTF8_QUOTED_PRINTABLE = Charset("utf-8")
UTF8_QUOTED_PRINTABLE.body_encoding = QP


def activation(
    *,
    recipient: str,
    language: str,
    message_id: str,
    first_name: str,
    link: str,
    refuse_link: str,
    expires_at: datetime,
) -> EmailMultiAlternatives:
    """Build the mail with the activation link; a reminder or a fresh link is the same mail.

    `link` and `refuse_link` ("it was not me") are absolute; `expires_at` is an aware time at
    least an hour away.
    """
    return _build(
        "activation",
        recipient=recipient,
        language=language,
        message_id=message_id,
        context={
            "first_name": _plain_name(first_name),
            "link": link,
            "refuse_link": refuse_link,
            **_validity(expires_at),
        },
    )


def already_registered(*, recipient: str, language: str, message_id: str) -> EmailMultiAlternatives:
    """Build the mail that tells an owner that somebody tried to register his address.

    It carries nothing of what was typed: that came from a stranger.
    """
    return _build(
        "already_registered",
        recipient=recipient,
        language=language,
        message_id=message_id,
        context={},
    )


def welcome(
    *, recipient: str, language: str, message_id: str, first_name: str, owner_name: str
) -> EmailMultiAlternatives:
    """Build the short help that follows the activation (step 4 of the guide).

    `owner_name` is the name that the owner of every bank account added later must carry: the
    company, or first and last name.
    """
    return _build(
        "welcome",
        recipient=recipient,
        language=language,
        message_id=message_id,
        context={"first_name": _plain_name(first_name), "owner_name": owner_name},
    )


def password_reset(
    *,
    recipient: str,
    language: str,
    message_id: str,
    first_name: str,
    link: str,
    expires_at: datetime,
) -> EmailMultiAlternatives:
    """Build the mail with the link to a new password; `expires_at` is an aware time."""
    return _build(
        "password_reset",
        recipient=recipient,
        language=language,
        message_id=message_id,
        context={
            "first_name": _plain_name(first_name),
            "link": link,
            **_validity(expires_at),
        },
    )


def password_changed(
    *, recipient: str, language: str, message_id: str, first_name: str
) -> EmailMultiAlternatives:
    """Build the notice that the password of the account is a new one."""
    return _build(
        "password_changed",
        recipient=recipient,
        language=language,
        message_id=message_id,
        context={"first_name": _plain_name(first_name)},
    )


def one_time_code(
    *, recipient: str, language: str, message_id: str, code: str, expires_at: datetime
) -> EmailMultiAlternatives:
    """Build the mail with the digits that stand for the captcha; the same for every address.

    `code` is digits only. `expires_at` is an aware time, minutes away. The reader may have asked
    for nothing: whoever types an address into the registration can have this sent to it.
    """
    return _build(
        "one_time_code",
        recipient=recipient,
        language=language,
        message_id=message_id,
        context={
            "code": code,
            "expires_at": expires_at,
            "minutes": max(1, round((expires_at - timezone.now()) / timedelta(minutes=1))),
        },
    )


def _build(
    template: str, *, recipient: str, language: str, message_id: str, context: dict[str, Any]
) -> EmailMultiAlternatives:
    """Render the three templates of a message in `language` and give it its headers.

    `message_id` comes with its angle brackets and stays the same on every try, so that a
    receiving system can drop a double.
    """
    folder = f"accounts/email/{template}"
    with translation.override(language), timezone.override(WARSAW):
        context = {
            "language": language,
            "recipient": recipient,
            "site_url": settings.BASE_URL,
            **{variable: partial(_absolute, page) for variable, page in PAGES.items()},
            **context,
        }
        subject = " ".join(render_to_string(f"{folder}/subject.txt", context).split())
        text = render_to_string(f"{folder}/body.txt", context)
        html = render_to_string(f"{folder}/body.html", {**context, "subject": subject})
    message = EmailMultiAlternatives(
        subject=subject,
        body=_tidy(text),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[recipient],
        reply_to=[settings.REPLY_TO_EMAIL],
        headers={
            "Message-ID": message_id,
            "Auto-Submitted": "auto-generated",
            "Content-Language": language,
        },
    )
    message.attach_alternative(html, "text/html")
    message.encoding = UTF8_QUOTED_PRINTABLE
    return message


def _absolute(name: str) -> str:
    """Return the absolute address of a page in the active language."""
    return f"{settings.BASE_URL}{reverse(name)}"


def _validity(expires_at: datetime) -> dict[str, Any]:
    """Return the end of a link and the hours left until then, rounded, at least one."""
    left = expires_at - timezone.now()
    return {"expires_at": expires_at, "hours": max(1, round(left / timedelta(hours=1)))}


def _plain_name(first_name: str) -> str:
    """Keep of a first name what cannot be read as a link, a number or markup; 40 characters.

    Whoever registers a stranger's address chooses this text: it must not carry a message.
    """
    kept = "".join(
        character
        for character in unicodedata.normalize("NFC", first_name)
        if character in " '\u2019-" or unicodedata.category(character)[0] in "LM"
    )
    return " ".join(kept.split())[:NAME_LENGTH].rstrip()


def _tidy(text: str) -> str:
    """Wrap the lines of a text part and leave one empty line at most; links stay whole."""
    return wrap(re.sub(r"\n{3,}", "\n\n", text.strip()), LINE_WIDTH) + "\n"
