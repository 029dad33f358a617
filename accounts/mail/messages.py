"""Build every mail that customers get: one function a message, and the list is complete.

Those that only tell of an event of the account share one (`EVENT_NOTICES`).

A message is its three templates in `templates/accounts/email/<message>/` and the plain values
they need. Nothing here reads the database, makes a token or sends: the outbox does
(`accounts.mail.outbox`).
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial

from django.core.mail import EmailMultiAlternatives
from django.utils import timezone, translation

from accounts import consents
from accounts.mail.rendering import (
    Envelope,
    Word,
    end_of,
    hours_until,
    render,
    terms_copy,
    written,
)
from accounts.models.customer import Section
from accounts.reasons import Rejection, Restoration, Suspension
from accounts.values.visit import Visit

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


def activation(
    to: Envelope, *, link: str, refuse_link: str, expires_at: datetime
) -> EmailMultiAlternatives:
    """Build the mail with the activation link; a reminder or a fresh link is the same mail.

    `link` and `refuse_link` ("it was not me") are absolute; `expires_at` is an aware time at
    least an hour away.
    """
    return render(
        "activation",
        to,
        context={"hours": hours_until(expires_at)},
        words={
            "link": link,
            "refuse_link": refuse_link,
            **end_of(expires_at),
        },
        is_kept=True,
    )


def already_registered(to: Envelope, *, is_change: bool = False) -> EmailMultiAlternatives:
    """Build the mail that tells an owner that somebody tried to register his address.

    With `is_change` it was given as the new address of another account. It carries nothing of what
    was typed: that came from a stranger.
    """
    return render("already_registered", to, context={"is_change": is_change})


def welcome(
    to: Envelope,
    *,
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
    words: dict[str, Word] = {"owner_name": owner_name}
    if receipt:
        words["receipt_time"] = partial(written, receipt.recorded_at, "DATETIME_FORMAT")
        words["receipt_digest"] = receipt.digest
    message = render(
        "welcome",
        to,
        context={
            "terms_date": date.fromisoformat(terms[0]) if terms else None,
            "receipt_terms": receipt.terms if receipt else "",
            "receipt_privacy": receipt.privacy if receipt else "",
        },
        words=words,
        is_kept=True,
    )
    if terms:
        message.attachments.append(terms_copy(*terms))
    return message


def password_reset(to: Envelope, *, link: str, expires_at: datetime) -> EmailMultiAlternatives:
    """Build the mail with the link to a new password; `expires_at` is an aware time."""
    return render(
        "password_reset",
        to,
        context={"hours": hours_until(expires_at)},
        words={"link": link, **end_of(expires_at)},
        is_kept=True,
    )


def password_changed(to: Envelope, *, changed_at: datetime) -> EmailMultiAlternatives:
    """Build the notice that the password of the account is a new one since `changed_at`."""
    return render("password_changed", to, context={"changed_at": changed_at})


def one_time_code(to: Envelope, *, code: str, expires_at: datetime) -> EmailMultiAlternatives:
    """Build the mail with the digits that stand for the captcha; the same for every address.

    `code` is digits only. `expires_at` is an aware time, minutes away. The reader may have asked
    for nothing: whoever types an address into the registration can have this sent to it.
    """
    return render(
        "one_time_code",
        to,
        context={
            "code": code,
            "expires_at": expires_at,
            "minutes": max(1, round((expires_at - timezone.now()) / timedelta(minutes=1))),
        },
    )


def request_received(to: Envelope, *, section: str, link: str) -> EmailMultiAlternatives:
    """Build the receipt of a request for a change of a section's data; nothing of the data.

    `link` leads to the page where it can be withdrawn.
    """
    return render(
        "request_received",
        to,
        context={
            "section": Section(section),
            "link": link,
        },
    )


def request_decided(
    to: Envelope, *, section: str, link: str, is_accepted: bool, answer: str
) -> EmailMultiAlternatives:
    """Build the answer to a request for a change, with staff's words for the customer."""
    return render(
        "request_decided",
        to,
        context={
            "section": Section(section),
            "link": link,
            "is_accepted": is_accepted,
            "answer": answer,
        },
    )


def review_approved(to: Envelope) -> EmailMultiAlternatives:
    """Build the mail that says that the details are checked.

    With PANEL_URL it leads there; without, it promises word of the Panel, which whoever owes this
    mail has to remember (`accounts.services.panel`).
    """
    return render("review_approved", to)


def review_correction(
    to: Envelope, *, sections: Sequence[Section], words: str, link: str
) -> EmailMultiAlternatives:
    """Build the mail that asks for a correction: of what, in staff's words, and where.

    `words` are plain text for the customer and may be empty; `link` is absolute.
    """
    with translation.override(to.language):
        to_correct = ", ".join(str(section.label) for section in sections)
    return render(
        "review_correction",
        to,
        context={
            "sections": to_correct,
            "words": words,
            "link": link,
        },
    )


def review_rejected(to: Envelope, *, reason: str = "") -> EmailMultiAlternatives:
    """Build the mail that says that the account cannot be kept, and whom to call.

    For each reason code it has a neutral sentence; that of an analysis, which art. 54 of the AML
    act (1 March 2018) forbids to tell of, is that of "another reason" (`accounts.reasons`).
    """
    return render("review_rejected", to, context={"sentence": Rejection.sentence(reason)})


def panel_open(to: Envelope) -> EmailMultiAlternatives:
    """Build the mail that was promised: the Transaction Panel is open, at PANEL_URL."""
    return render("panel_open", to)


def terms_published(to: Envelope, *, version: str, link: str) -> EmailMultiAlternatives:
    """Build the mail that announces new terms, with what they change and the text itself.

    Law and terms ask for a durable medium, so the text travels along. `link` leads to the page
    where they are accepted.
    """
    message = render(
        "terms_published",
        to,
        context={
            "terms_date": date.fromisoformat(version),
            "changes": consents.changes("terms", version, to.language),
            "link": link,
        },
    )
    message.attachments.append(terms_copy(version, to.language))
    return message


def terms_accepted(
    to: Envelope, *, terms: tuple[str, str], receipt: consents.Receipt
) -> EmailMultiAlternatives:
    """Build the receipt of new terms: version and language that were accepted, attached."""
    message = render(
        "terms_accepted",
        to,
        context={
            "terms_date": date.fromisoformat(terms[0]),
            "receipt": receipt,
        },
    )
    message.attachments.append(terms_copy(*terms))
    return message


def new_browser(
    to: Envelope, *, signed_in_at: datetime, visit: Visit, link: str, expires_at: datetime
) -> EmailMultiAlternatives:
    """Build the notice that the account was opened in a browser that it was never opened in.

    `link` ("it wasn't me") is absolute and works until `expires_at`. Of the browser it says what
    `visit` does: its name, its system and half of its address.
    """
    return render(
        "new_browser",
        to,
        context={
            "happened_at": signed_in_at,
            "visit": visit,
            "link": link,
            "expires_at": expires_at,
        },
    )


def event_notice(
    name: str,
    to: Envelope,
    *,
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
    return render(
        name,
        to,
        context={
            "happened_at": happened_at,
            "visit": visit,
            "method": method,
            "old_digits": old_digits,
        },
    )


def email_confirm(to: Envelope, *, link: str, expires_at: datetime) -> EmailMultiAlternatives:
    """Build the mail with the link that confirms a new address of an account.

    Its reader may be a stranger, whose address was mistyped: it tells nothing of the account.
    """
    return render(
        "email_confirm",
        to,
        context={"link": link, "hours": hours_until(expires_at)},
        words=end_of(expires_at),
    )


def email_asked(
    to: Envelope, *, happened_at: datetime, visit: Visit, address: str, link: str
) -> EmailMultiAlternatives:
    """Build the notice to the present address that another one was asked for.

    `address` is the other one, masked; `link` ("it wasn't me") ends the change and works as long
    as it waits.
    """
    return render(
        "email_asked",
        to,
        context={
            "happened_at": happened_at,
            "visit": visit,
            "address": address,
            "link": link,
        },
    )


def email_changed(
    to: Envelope,
    *,
    happened_at: datetime,
    visit: Visit,
    address: str,
    link: str,
    expires_at: datetime,
) -> EmailMultiAlternatives:
    """Build the notice to the former address that the account has another one, masked.

    `link` undoes that until `expires_at`.
    """
    return render(
        "email_changed",
        to,
        context={
            "happened_at": happened_at,
            "visit": visit,
            "address": address,
            "link": link,
            "expires_at": expires_at,
        },
    )


def suspended(to: Envelope, *, suspended_at: datetime, reason: str = "") -> EmailMultiAlternatives:
    """Build the mail that says that staff closed the account at this aware time, and whom to call.

    Its reader did nothing, or asked for a new password, which would open nothing. Of the
    reason it says what `review_rejected` does.
    """
    return render(
        "suspended",
        to,
        context={"suspended_at": suspended_at, "sentence": Suspension.sentence(reason)},
    )


def unsuspended(to: Envelope, *, reason: str = "") -> EmailMultiAlternatives:
    """Build the mail that says that an account that staff closed is open again, and why."""
    return render("unsuspended", to, context={"sentence": Restoration.sentence(reason)})


def closed(
    to: Envelope,
    *,
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
    return render(
        "closed",
        to,
        context={
            "happened_at": closed_at,
            "visit": visit,
            "is_approved": is_approved,
            "link": link,
            "expires_at": expires_at,
        },
    )


def phone_link(
    to: Envelope, *, link: str, expires_at: datetime, asked_at: datetime, visit: Visit
) -> EmailMultiAlternatives:
    """Build the mail with the link to the page that shows the phone number and takes a new one.

    Anybody can have it sent; `asked_at` and `visit` say who did. The number is not in it.
    """
    return render(
        "phone_link",
        to,
        context={
            "link": link,
            "happened_at": asked_at,
            "visit": visit,
            "hours": hours_until(expires_at),
        },
        words=end_of(expires_at),
    )
