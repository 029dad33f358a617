"""Build every mail that a customer gets: one function a message, and the list is complete.

Those that only tell of an event of the account share one (`EVENT_NOTICES`).

A message is its three templates in `templates/accounts/email/<message>/` and the plain values
they need. Nothing here reads the database, makes a token or sends: the outbox does
(`accounts.mail.outbox`). A body extends `base.html` or `base.txt` and fills the blocks
`preheader` (the line that a list of mails shows beside the subject; HTML only) and `content`.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
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
from accounts.models.customer import Section
from accounts.values.visit import Visit
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

# Each says what happened, when, in which browser and where, and what to do if it was not you.
EVENT_NOTICES = (
    "failed_sign_ins",
    "failed_codes",
    "failed_confirmations",
    "passkey_refused",
    "password_barred",
    "phone_changed",
    "method_added",
    "method_removed",
    "recovery_codes_made",
    "recovery_code_used",
    "data_downloaded",
    "reopened",
    "email_confirmed",
    "email_reverted",
)

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
        context={"hours": _hours_until(expires_at)},
        words={
            "first_name": _plain_name(first_name),
            "link": link,
            "refuse_link": refuse_link,
            **_end(expires_at),
        },
        is_kept=True,
    )


def already_registered(
    *, recipient: str, language: str, message_id: str, is_change: bool = False
) -> EmailMultiAlternatives:
    """Build the mail that tells an owner that somebody tried to register his address.

    With `is_change` it was given as the new address of another account. It carries nothing of what
    was typed: that came from a stranger.
    """
    return _build(
        "already_registered",
        recipient=recipient,
        language=language,
        message_id=message_id,
        context={"is_change": is_change},
    )


def welcome(
    *,
    recipient: str,
    language: str,
    message_id: str,
    first_name: str,
    owner_name: str,
    terms: tuple[str, str] | None = None,
    receipt: consents.Receipt | None = None,
) -> EmailMultiAlternatives:
    """Build the short help that follows the activation (step 4 of the guide).

    `owner_name` is the name that the owner of every bank account added later must carry: the
    company, or first and last name. `terms` are version and language of the accepted terms,
    which travel with the mail: the customer's copy on a durable medium. `receipt` is the seal of
    all that was accepted: with it, the customer can prove what the site must not change.
    """
    message = _build(
        "welcome",
        recipient=recipient,
        language=language,
        message_id=message_id,
        context={
            "terms_date": date.fromisoformat(terms[0]) if terms else None,
            "receipt_terms": receipt.terms if receipt else "",
            "receipt_privacy": receipt.privacy if receipt else "",
        },
        words={
            "first_name": _plain_name(first_name),
            "owner_name": owner_name,
            "receipt_time": partial(_written, receipt.recorded_at, "DATETIME_FORMAT"),
            "receipt_digest": receipt.digest,
        }
        if receipt
        else {"first_name": _plain_name(first_name), "owner_name": owner_name},
        is_kept=True,
    )
    if terms:
        message.attachments.append(_terms(*terms))
    return message


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
        context={"hours": _hours_until(expires_at)},
        words={"first_name": _plain_name(first_name), "link": link, **_end(expires_at)},
        is_kept=True,
    )


def password_changed(
    *, recipient: str, language: str, message_id: str, first_name: str, changed_at: datetime
) -> EmailMultiAlternatives:
    """Build the notice that the password of the account is a new one since `changed_at`."""
    return _build(
        "password_changed",
        recipient=recipient,
        language=language,
        message_id=message_id,
        context={"first_name": _plain_name(first_name), "changed_at": changed_at},
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


def request_received(
    *, recipient: str, language: str, message_id: str, first_name: str, section: str, link: str
) -> EmailMultiAlternatives:
    """Build the receipt of a request for a change of a section's data; nothing of the data.

    `link` leads to the page where it can be withdrawn.
    """
    return _build(
        "request_received",
        recipient=recipient,
        language=language,
        message_id=message_id,
        context={
            "first_name": _plain_name(first_name),
            "section": Section(section),
            "link": link,
        },
    )


def request_decided(
    *,
    recipient: str,
    language: str,
    message_id: str,
    first_name: str,
    section: str,
    link: str,
    is_accepted: bool,
    answer: str,
) -> EmailMultiAlternatives:
    """Build the answer to a request for a change, with staff's words for the customer."""
    return _build(
        "request_decided",
        recipient=recipient,
        language=language,
        message_id=message_id,
        context={
            "first_name": _plain_name(first_name),
            "section": Section(section),
            "link": link,
            "is_accepted": is_accepted,
            "answer": answer,
        },
    )


def review_approved(
    *, recipient: str, language: str, message_id: str, first_name: str
) -> EmailMultiAlternatives:
    """Build the mail that says that the details are checked.

    With PANEL_URL it leads there; without, it promises word of the Panel, which whoever owes this
    mail has to remember (`accounts.services.panel`).
    """
    return _build(
        "review_approved",
        recipient=recipient,
        language=language,
        message_id=message_id,
        context={"first_name": _plain_name(first_name)},
    )


def review_correction(
    *,
    recipient: str,
    language: str,
    message_id: str,
    first_name: str,
    sections: Sequence[Section],
    words: str,
    link: str,
) -> EmailMultiAlternatives:
    """Build the mail that asks for a correction: of what, in staff's words, and where.

    `words` are plain text for the customer and may be empty; `link` is absolute.
    """
    with translation.override(language):
        to_correct = ", ".join(str(section.label) for section in sections)
    return _build(
        "review_correction",
        recipient=recipient,
        language=language,
        message_id=message_id,
        context={
            "first_name": _plain_name(first_name),
            "sections": to_correct,
            "words": words,
            "link": link,
        },
    )


def review_rejected(
    *, recipient: str, language: str, message_id: str, first_name: str
) -> EmailMultiAlternatives:
    """Build the mail that says that the account cannot be kept, and whom to call.

    It never says why: art. 54 of the AML act (1 March 2018) forbids to tell a customer of an
    analysis, and a reason that is given only where the act allows it would tell by its absence.
    """
    return _build(
        "review_rejected",
        recipient=recipient,
        language=language,
        message_id=message_id,
        context={"first_name": _plain_name(first_name)},
    )


def panel_open(
    *, recipient: str, language: str, message_id: str, first_name: str
) -> EmailMultiAlternatives:
    """Build the mail that was promised: the Transaction Panel is open, at PANEL_URL."""
    return _build(
        "panel_open",
        recipient=recipient,
        language=language,
        message_id=message_id,
        context={"first_name": _plain_name(first_name)},
    )


def terms_published(
    *, recipient: str, language: str, message_id: str, first_name: str, version: str, link: str
) -> EmailMultiAlternatives:
    """Build the mail that announces new terms, with what they change and the text itself.

    Law and terms ask for a durable medium, so the text travels along. `link` leads to the page
    where they are accepted.
    """
    message = _build(
        "terms_published",
        recipient=recipient,
        language=language,
        message_id=message_id,
        context={
            "first_name": _plain_name(first_name),
            "terms_date": date.fromisoformat(version),
            "changes": consents.changes("terms", version, language),
            "link": link,
        },
    )
    message.attachments.append(_terms(version, language))
    return message


def terms_accepted(
    *,
    recipient: str,
    language: str,
    message_id: str,
    first_name: str,
    terms: tuple[str, str],
    receipt: consents.Receipt,
) -> EmailMultiAlternatives:
    """Build the receipt of new terms: version and language that were accepted, attached."""
    message = _build(
        "terms_accepted",
        recipient=recipient,
        language=language,
        message_id=message_id,
        context={
            "first_name": _plain_name(first_name),
            "terms_date": date.fromisoformat(terms[0]),
            "receipt": receipt,
        },
    )
    message.attachments.append(_terms(*terms))
    return message


def new_browser(
    *,
    recipient: str,
    language: str,
    message_id: str,
    first_name: str,
    signed_in_at: datetime,
    visit: Visit,
    link: str,
    expires_at: datetime,
) -> EmailMultiAlternatives:
    """Build the notice that the account was opened in a browser that it was never opened in.

    `link` ("it wasn't me") is absolute and works until `expires_at`. Of the browser it says what
    `visit` does: its name, its system and half of its address.
    """
    return _build(
        "new_browser",
        recipient=recipient,
        language=language,
        message_id=message_id,
        context={
            "first_name": _plain_name(first_name),
            "happened_at": signed_in_at,
            "visit": visit,
            "link": link,
            "expires_at": expires_at,
        },
    )


def event_notice(
    name: str,
    *,
    recipient: str,
    language: str,
    message_id: str,
    first_name: str,
    happened_at: datetime,
    visit: Visit,
    method: str = "",
    old_digits: str = "",
) -> EmailMultiAlternatives:
    """Build one of `EVENT_NOTICES` about what happened then, from there.

    `method` is the one that was added or removed: `passkey` or `totp`; `old_digits` are the last
    ones of a phone number that was given up.
    """
    assert name in EVENT_NOTICES, name
    return _build(
        name,
        recipient=recipient,
        language=language,
        message_id=message_id,
        context={
            "first_name": _plain_name(first_name),
            "happened_at": happened_at,
            "visit": visit,
            "method": method,
            "old_digits": old_digits,
        },
    )


def email_confirm(
    *, recipient: str, language: str, message_id: str, link: str, expires_at: datetime
) -> EmailMultiAlternatives:
    """Build the mail with the link that confirms a new address of an account.

    Its reader may be a stranger, whose address was mistyped: it tells nothing of the account.
    """
    return _build(
        "email_confirm",
        recipient=recipient,
        language=language,
        message_id=message_id,
        context={"link": link, "hours": _hours_until(expires_at)},
        words=_end(expires_at),
    )


def email_asked(
    *,
    recipient: str,
    language: str,
    message_id: str,
    first_name: str,
    happened_at: datetime,
    visit: Visit,
    address: str,
    link: str,
) -> EmailMultiAlternatives:
    """Build the notice to the present address that another one was asked for.

    `address` is the other one, masked; `link` ("it wasn't me") ends the change and works as long
    as it waits.
    """
    return _build(
        "email_asked",
        recipient=recipient,
        language=language,
        message_id=message_id,
        context={
            "first_name": _plain_name(first_name),
            "happened_at": happened_at,
            "visit": visit,
            "address": address,
            "link": link,
        },
    )


def email_changed(
    *,
    recipient: str,
    language: str,
    message_id: str,
    first_name: str,
    happened_at: datetime,
    visit: Visit,
    address: str,
    link: str,
    expires_at: datetime,
) -> EmailMultiAlternatives:
    """Build the notice to the former address that the account has another one, masked.

    `link` undoes that until `expires_at`.
    """
    return _build(
        "email_changed",
        recipient=recipient,
        language=language,
        message_id=message_id,
        context={
            "first_name": _plain_name(first_name),
            "happened_at": happened_at,
            "visit": visit,
            "address": address,
            "link": link,
            "expires_at": expires_at,
        },
    )


def suspended(
    *, recipient: str, language: str, message_id: str, first_name: str, suspended_at: datetime
) -> EmailMultiAlternatives:
    """Build the mail that says that staff closed the account at this aware time, and whom to call.

    Its reader did nothing, or asked for a new password, which would open nothing. It says no
    reason and promises none: see `review_rejected`.
    """
    return _build(
        "suspended",
        recipient=recipient,
        language=language,
        message_id=message_id,
        context={"first_name": _plain_name(first_name), "suspended_at": suspended_at},
    )


def unsuspended(
    *, recipient: str, language: str, message_id: str, first_name: str
) -> EmailMultiAlternatives:
    """Build the mail that says that an account that staff closed is open again."""
    return _build(
        "unsuspended",
        recipient=recipient,
        language=language,
        message_id=message_id,
        context={"first_name": _plain_name(first_name)},
    )


def closed(
    *,
    recipient: str,
    language: str,
    message_id: str,
    first_name: str,
    closed_at: datetime,
    visit: Visit | None,
    is_approved: bool,
    link: str,
    expires_at: datetime,
) -> EmailMultiAlternatives:
    """Build the mail that says that the account was closed by its owner, and how to reopen it.

    `visit` says from where it was closed; nothing for who asks for a new password afterwards.
    `is_approved` decides what stays of the account once `link` works no more, at `expires_at`.
    """
    return _build(
        "closed",
        recipient=recipient,
        language=language,
        message_id=message_id,
        context={
            "first_name": _plain_name(first_name),
            "happened_at": closed_at,
            "visit": visit,
            "is_approved": is_approved,
            "link": link,
            "expires_at": expires_at,
        },
    )


def phone_link(
    *,
    recipient: str,
    language: str,
    message_id: str,
    first_name: str,
    link: str,
    expires_at: datetime,
    asked_at: datetime,
    visit: Visit,
) -> EmailMultiAlternatives:
    """Build the mail with the link to the page that shows the phone number and takes a new one.

    Anybody can have it sent; `asked_at` and `visit` say who did. The number is not in it.
    """
    return _build(
        "phone_link",
        recipient=recipient,
        language=language,
        message_id=message_id,
        context={
            "first_name": _plain_name(first_name),
            "link": link,
            "happened_at": asked_at,
            "visit": visit,
            "hours": _hours_until(expires_at),
        },
        words=_end(expires_at),
    )


# A text, or what makes it in the language and time zone of the mail.
Word = str | Callable[[], str]


def _build(
    template: str,
    *,
    recipient: str,
    language: str,
    message_id: str,
    context: dict[str, Any],
    words: Mapping[str, Word] = MappingProxyType({}),
    is_kept: bool = False,
) -> EmailMultiAlternatives:
    """Render the three templates of a message in `language` and give it its headers.

    `message_id` comes with its angle brackets and stays the same on every try, so that a
    receiving system can drop a double. With `is_kept` the texts are kept (`kantor.serving.kept`):
    then `words` are all that is one customer's own, and what `context` holds has few values.
    """
    # Whoever reads a mail has no time zone of his own here: it tells the site's (TIME_ZONE).
    with translation.override(language), timezone.override(None):
        said = {name: word if isinstance(word, str) else word() for name, word in words.items()}
        said["recipient"] = recipient
        if is_kept:
            key = (template, *context.items())
            texts = fill_kept(key, said, lambda words: _rendered(template, {**context, **words}))
        else:
            texts = _rendered(template, {**context, **said})
    subject, text, html = texts.values()
    message = SevenBitMessage(
        subject=untie(subject),
        body=_tidy(text),
        from_email=mime.mailbox(settings.DEFAULT_FROM_EMAIL),
        to=[recipient],
        reply_to=[settings.REPLY_TO_EMAIL],
        headers={
            "Message-ID": message_id,
            "Auto-Submitted": "auto-generated",
            "Content-Language": language,
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
    text = render_to_string(f"{folder}/body.txt", context)
    context |= {"subject": untie(heading), "heading": heading}
    html = render_to_string(f"{folder}/body.html", context)
    return {"subject.txt": heading, "body.txt": text, "body.html": html}


@lru_cache(maxsize=16)
def _terms(version: str, language: str) -> MIMEPart:
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


def _hours_until(expires_at: datetime) -> int:
    """Return the hours that a link has left, rounded, at least one."""
    return max(1, round((expires_at - timezone.now()) / timedelta(hours=1)))


def _end(expires_at: datetime) -> dict[str, Word]:
    """Return the words for the end of a link; each is made in the language of its mail."""
    weekday = WEEKDAYS[expires_at.astimezone(timezone.get_default_timezone()).weekday()]
    return {
        "weekday": partial(str, weekday),
        "day": partial(_written, expires_at, "DATE_FORMAT"),
        "time": partial(_written, expires_at, "TIME_FORMAT"),
    }


def _written(moment: datetime, form: str) -> str:
    """Return a moment as the active language writes it, in the current time zone."""
    return date_format(timezone.localtime(moment), form)


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
    lines = re.sub(r"\n{3,}", "\n\n", text.strip().replace(JOINER, ""))
    return wrap(lines, LINE_WIDTH) + "\n"
