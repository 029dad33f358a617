"""Every mail that customers get, built with plausible values: for tests and for checkers."""

from datetime import datetime, timedelta
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.test import override_settings
from django.utils import timezone

from accounts import consents
from accounts.mail import messages
from accounts.mail.rendering import Envelope
from accounts.models.customer import Section
from accounts.values.visit import Visit

LANGUAGES = ("pl", "en")
SITE = "https://kantor.example"
SENDER = "kantor.pl <rejestracja@kantor.example>"
MESSAGE_ID = "<0123456789abcdef@kantor.example>"
TOKEN = "eyJwIjoxMjMsInMiOjF9:1tabcd:" + "A1-_" * 16
LINK = f"{SITE}/aktywacja/{TOKEN}/"
REFUSE_LINK = f"{SITE}/aktywacja/{TOKEN}/to-nie-ja/"
RESET_LINK = f"{SITE}/haslo/MTIz/abc-0123456789abcdef0123456789abcdef/"

DISOWN_LINK = f"{SITE}/konto/to-nie-ja/17~{'A1-_' * 10}abc/"
REOPEN_LINK = f"{SITE}/konto/przywroc/17.1795000000000000.0123456789ab~{'A1-_' * 10}abc/"
PHONE_LINK = f"{SITE}/logowanie/numer/17~1tabcd~{'A1-_' * 10}abc/"
CONFIRM_LINK = f"{SITE}/konto/nowy-adres/17~1tabcd~{'A1-_' * 10}abc/"
UNDO_LINK = f"{SITE}/konto/cofnij-adres/17~{'A1-_' * 10}abc/"
VISIT = Visit("firefox", "windows", "83.12.x.x")

PANEL = "https://panel.kantor.example/"
DATA_LINK = f"{SITE}/konto/dane/"
TERMS_LINK = f"{SITE}/konto/regulamin/"

CODE = "042917"
LIFETIMES = {
    "password_reset": timedelta(hours=2),
    "phone_link": timedelta(hours=2),
    "one_time_code": timedelta(minutes=15),
    "new_browser": timedelta(days=7),
    "closed": timedelta(days=14),
    "email_changed": timedelta(hours=72),
}

NAMES = (
    "activation",
    "already_registered",
    "welcome",
    "password_reset",
    "password_changed",
    "one_time_code",
    "new_browser",
    "panel_open",
    "terms_published",
    "terms_accepted",
    "request_received",
    "request_decided",
    "data_corrected",
    "review_approved",
    "review_correction",
    "review_rejected",
    "failed_sign_ins",
    "failed_codes",
    "failed_confirmations",
    "passkey_refused",
    "password_barred",
    "suspended",
    "unsuspended",
    "closed",
    "reopened",
    "phone_link",
    "phone_changed",
    "email_confirm",
    "email_asked",
    "email_changed",
    "email_confirmed",
    "email_reverted",
    "method_added",
    "method_removed",
    "recovery_codes_made",
    "recovery_code_used",
    "data_downloaded",
)


def build(
    name: str,
    language: str,
    *,
    first_name: str = "Anna",
    owner_name: str = "Śnieżka Sp. z o.o.",
    recipient: str = "anna@firma.example",
    expires_at: datetime | None = None,
    changed_at: datetime | None = None,
    method: str = "passkey",
    visit: Visit = VISIT,
) -> EmailMultiAlternatives:
    """Build one message by its name, with plausible values for all else."""
    to = Envelope(recipient, language, MESSAGE_ID, first_name)
    lifetime = LIFETIMES.get(name, timedelta(hours=48))
    expires_at = expires_at or timezone.now() + lifetime
    match name:
        case "activation":
            return messages.activation(
                to,
                link=LINK,
                refuse_link=REFUSE_LINK,
                expires_at=expires_at,
            )
        case "already_registered":
            return messages.already_registered(to)
        case "welcome":
            return messages.welcome(
                to,
                owner_name=owner_name,
                terms=(consents.in_force("terms"), language),
                receipt=receipt(),
            )
        case "password_reset":
            return messages.password_reset(to, link=RESET_LINK, expires_at=expires_at)
        case "password_changed":
            return messages.password_changed(to, changed_at=changed_at or timezone.now())
        case "one_time_code":
            return messages.one_time_code(to, code=CODE, expires_at=expires_at)
        case "new_browser":
            return messages.new_browser(
                to,
                signed_in_at=changed_at or timezone.now(),
                visit=visit,
                link=DISOWN_LINK,
                expires_at=expires_at,
            )
        case "panel_open":
            with override_settings(PANEL_URL=PANEL):
                return messages.panel_open(to)
        case "terms_published":
            return messages.terms_published(
                to,
                version=consents.in_force("terms"),
                link=TERMS_LINK,
            )
        case "terms_accepted":
            return messages.terms_accepted(
                to,
                terms=(consents.in_force("terms"), language),
                receipt=receipt(),
            )
        case "request_received":
            return messages.request_received(to, section="name", link=DATA_LINK)
        case "request_decided":
            return messages.request_decided(
                to,
                section="name",
                link=DATA_LINK,
                is_accepted=False,
                answer="1234 / 2026",
            )
        case "data_corrected":
            return messages.data_corrected(to, section="name", link=DATA_LINK)
        case "review_approved":
            return messages.review_approved(to)
        case "review_correction":
            return messages.review_correction(
                to,
                sections=(Section.ADDRESS, Section.NAME),
                words="31-147 / 12A",
                link=DATA_LINK,
            )
        case "review_rejected":
            return messages.review_rejected(to)
        case "unsuspended":
            return messages.unsuspended(to)
        case "suspended":
            return messages.suspended(to, suspended_at=changed_at or timezone.now())
        case "closed":
            return messages.closed(
                to,
                closed_at=changed_at or timezone.now(),
                visit=visit,
                is_approved=True,
                link=REOPEN_LINK,
                expires_at=expires_at,
            )
        case "phone_link":
            return messages.phone_link(
                to,
                link=PHONE_LINK,
                expires_at=expires_at,
                asked_at=changed_at or timezone.now(),
                visit=visit,
            )
        case "email_confirm":
            return messages.email_confirm(to, link=CONFIRM_LINK, expires_at=expires_at)
        case "email_asked" | "email_changed":
            told: Any = {
                "happened_at": changed_at or timezone.now(),
                "visit": visit,
                "address": "n•••@f•••.example",
                "link": UNDO_LINK,
            }
            if name == "email_asked":
                return messages.email_asked(to, **told)
            return messages.email_changed(to, **told, expires_at=expires_at)
        case notice if notice in messages.EVENT_NOTICES:
            return messages.event_notice(
                notice,
                to,
                happened_at=changed_at or timezone.now(),
                visit=visit,
                method=method if notice.startswith("method") else "",
                old_digits="67" if notice == "phone_changed" else "",
            )
    raise AssertionError(name)


def receipt() -> consents.Receipt:
    """Return a receipt with a number that nobody counted."""
    return consents.Receipt(
        recorded_at=timezone.now(),
        digest="0123456789abcdef" * 4,
        terms=consents.in_force("terms"),
        privacy=consents.in_force("privacy"),
    )
