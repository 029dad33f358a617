"""Render the three templates of a message into a mail with its headers.

A body extends `base.html` or `base.txt` and fills the blocks `preheader` (the line that a list of
mails shows beside the subject; HTML only) and `content`.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import MIMEPart
from functools import lru_cache, partial
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.text import wrap
from django.utils.translation import get_language, pgettext_lazy

from accounts import consents
from accounts.mail import mime
from accounts.mail.mime import SevenBitMessage
from kantor.serving.kept import fill_kept
from kantor.serving.typography import JOINER, untie

LINE_WIDTH = 76  # characters of a text line; RFC 5322 section 2.1.1 advises 78 at most
NAME_LENGTH = 40  # longest first name in a mail: enough for a greeting, too short for a letter

# Pages that messages link to. A template calls for the address of those that it shows.
PAGES = {
    "sign_in_url": "accounts:sign-in",
    "reset_url": "accounts:password-reset",
    "help_url": "help",
    "guide_url": "guide",
    "terms_url": "terms",
    "security_url": "accounts:security",
    "phone_url": "accounts:phone-forgotten",
}

# In the case that follows "until": Polish declines them.
WEEKDAYS = (
    pgettext_lazy("until", "Monday"),
    pgettext_lazy("until", "Tuesday"),
    pgettext_lazy("until", "Wednesday"),
    pgettext_lazy("until", "Thursday"),
    pgettext_lazy("until", "Friday"),
    pgettext_lazy("until", "Saturday"),
    pgettext_lazy("until", "Sunday"),
)

# A text, or what makes it in the language and time zone of the mail.
Word = str | Callable[[], str]


@dataclass(frozen=True)
class Envelope:
    """To whom a mail goes, and in which language.

    `message_id` comes with its angle brackets and stays the same on every try, so that a receiving
    system can drop a double. `first_name` is greeted by, without what could be read as a message
    (`plain_name`); empty where the reader may be a stranger.
    """

    recipient: str
    language: str
    message_id: str
    first_name: str = ""


def render(
    template: str,
    to: Envelope,
    *,
    context: Mapping[str, Any] = MappingProxyType({}),
    words: Mapping[str, Word] = MappingProxyType({}),
    is_kept: bool = False,
) -> EmailMultiAlternatives:
    """Render the three templates of a message in its reader's language and give it its headers.

    With `is_kept` the texts are kept (`kantor.serving.kept`): then `words`, beside what the
    envelope says, are all that is one customer's own, and what `context` holds has few values.
    """
    # Whoever reads a mail has no time zone of his own here: it tells the site's (TIME_ZONE).
    with translation.override(to.language), timezone.override(None):
        said = {name: word if isinstance(word, str) else word() for name, word in words.items()}
        said |= {"recipient": to.recipient, "first_name": plain_name(to.first_name)}
        if is_kept:
            key = (template, *context.items())
            texts = fill_kept(
                key,
                said,
                lambda words: _rendered(template, {**context, **words}),
                by_line={"body.txt": wrapped},
            )
        else:
            texts = _rendered(template, {**context, **said})
            texts["body.txt"] = "\n".join(map(wrapped, texts["body.txt"].split("\n")))
    subject, text, html = texts.values()
    message = SevenBitMessage(
        subject=untie(subject),
        body=f"{text}\n",
        from_email=mime.mailbox(settings.DEFAULT_FROM_EMAIL),
        to=[to.recipient],
        reply_to=[settings.REPLY_TO_EMAIL],
        headers={
            "Message-ID": to.message_id,
            "Auto-Submitted": "auto-generated",
            "Content-Language": to.language,
        },
    )
    # Outlook draws a box for it; the page's styles hold the hours together.
    message.attach_alternative(html.replace(JOINER, ""), "text/html")
    return message


def _rendered(template: str, context: Mapping[str, Any]) -> dict[str, str]:
    """Return subject, text and HTML of a message in the active language, by their files."""
    folder = f"accounts/email/{template}"
    context = {
        "language": get_language(),
        "site_url": settings.BASE_URL,
        "panel_url": settings.PANEL_URL,
        **{variable: partial(_absolute, page) for variable, page in PAGES.items()},
        **context,
    }
    heading = render_to_string(f"{folder}/subject.txt", context).strip()
    text = render_to_string(f"{folder}/body.txt", context).strip()
    # One empty line at most, whatever a template has left out.
    text = re.sub(r"\n{3,}", "\n\n", text)
    context |= {"subject": untie(heading), "heading": heading}
    html = render_to_string(f"{folder}/body.html", context)
    return {"subject.txt": heading, "body.txt": text, "body.html": html}


@lru_cache(maxsize=16)
def terms_copy(version: str, language: str) -> MIMEPart:
    """Return the terms as an attachment; encoded once a process and shared."""
    return mime.attachment(
        consents.terms_pdf(version, language).read_bytes(),
        "application/pdf",
        consents.terms_pdf_name(version, language),
        language,
    )


def _absolute(name: str) -> str:
    """Return the absolute address of a page in the active language."""
    return f"{settings.BASE_URL}{reverse(name)}"


def hours_until(expires_at: datetime) -> int:
    """Return the hours that a link has left, rounded, at least one."""
    return max(1, round((expires_at - timezone.now()) / timedelta(hours=1)))


def end_of(expires_at: datetime) -> dict[str, Word]:
    """Return the words for the end of a link; each is made in the language of its mail."""
    weekday = WEEKDAYS[expires_at.astimezone(timezone.get_default_timezone()).weekday()]
    return {
        "weekday": partial(str, weekday),
        "day": partial(written, expires_at, "DATE_FORMAT"),
        "time": partial(written, expires_at, "TIME_FORMAT"),
    }


def written(moment: datetime, form: str) -> str:
    """Return a moment as the active language writes it, in the current time zone."""
    return date_format(timezone.localtime(moment), form)


def plain_name(first_name: str) -> str:
    """Keep of a first name what cannot be read as a link, a number or markup; 40 characters.

    Whoever registers a stranger's address chooses this text: it must not carry a message.
    """
    kept = "".join(
        character
        for character in unicodedata.normalize("NFC", first_name)
        if character in " '\u2019-" or unicodedata.category(character)[0] in "LM"
    )
    return " ".join(kept.split())[:NAME_LENGTH].rstrip()


def wrapped(line: str) -> str:
    """Return a line of a text as lines of LINE_WIDTH characters; links stay whole."""
    # What is short and plain stays as it is: finding that out by wrapping takes longer.
    if len(line) <= LINE_WIDTH and line.isprintable() and not line.endswith(" "):
        return line
    return wrap(line.replace(JOINER, ""), LINE_WIDTH)
