"""Show the mails of this machine, readable and clickable."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.html import urlize
from django.utils.http import content_disposition_header
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin

NAME = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9]{6}-[0-9a-f]{8}\.eml\Z")
SHOWN = 100


@never_cache
def inbox(request: HttpRequest) -> HttpResponse:
    """List the newest mails."""
    directory = Path(settings.MAILBOX_DIR)
    files = sorted(directory.glob("*.eml"), reverse=True)[:SHOWN]
    return render(request, "mailbox/inbox.html", {"mails": [_summary(file) for file in files]})


@never_cache
def mail(request: HttpRequest, name: str) -> HttpResponse:
    """Show one mail: headers, the text with its links alive, and the HTML in a frame."""
    message = _read(_file(name))
    body = message.get_body(("plain",))
    text = body.get_content() if body else ""
    context = _summary(_file(name)) | {
        "attachments": [part.get_filename() for part in message.iter_attachments()],
        "sender": message["From"],
        "text": mark_safe(urlize(text, nofollow=False, autoescape=True)),  # noqa: S308  escaped
    }
    response = render(request, "mailbox/mail.html", context)
    response["Content-Security-Policy"] = f"{_policy()}; frame-src 'self'"
    return response


@never_cache
@xframe_options_sameorigin
def html(request: HttpRequest, name: str) -> HttpResponse:
    """Return the HTML part as it is, with only its own inline styles allowed.

    Its links open in the window: no page of ours lets itself be shown in the frame.
    """
    body = _read(_file(name)).get_body(("html",))
    if body is None:
        raise Http404("This mail has no HTML part.")
    content = body.get_content().replace("<head>", '<head><base target="_top">', 1)
    response = HttpResponse(content)
    response["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
    )
    return response


@never_cache
def attachment(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Hand out what is attached to a mail; `number` counts from 1."""
    parts = list(_read(_file(name)).iter_attachments())
    if not 1 <= number <= len(parts):
        raise Http404("There is no such attachment.")
    part = parts[number - 1]
    return HttpResponse(
        part.get_payload(decode=True),
        content_type=part.get_content_type(),
        headers={
            "Content-Disposition": content_disposition_header(True, part.get_filename() or "file")
        },
    )


def _policy() -> str:
    return settings.SECURITY_HEADERS["Content-Security-Policy"]


def _file(name: str) -> Path:
    file = Path(settings.MAILBOX_DIR) / name
    if not NAME.match(name) or not file.is_file():
        raise Http404("There is no such mail.")
    return file


def _read(file: Path) -> EmailMessage:
    return message_from_bytes(file.read_bytes(), policy=policy.default)


def _summary(file: Path) -> dict[str, Any]:
    message = _read(file)
    return {
        "name": file.name,
        "subject": message["Subject"],
        "recipient": message["To"],
        "date": _moment(message),
    }


def _moment(message: EmailMessage) -> datetime | None:
    """Return when the mail was written, in the site's time zone.

    Django writes UTC as "-0000", which the standard library reads as a time without a zone.
    """
    if message["Date"] is None:
        return None
    written: datetime = message["Date"].datetime
    return timezone.localtime(written if written.tzinfo else written.replace(tzinfo=UTC))
