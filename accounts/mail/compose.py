"""Choose, at the moment of delivery, what a recipient is to be told.

Only now is it asked whether the address has an account: the request that owed the mail did the
same work for every address. Tokens are made here and live nowhere else.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import override

from accounts import consents, disowning, email_link, phone_link, reopening_link, retention, tokens
from accounts.captcha import code
from accounts.mail import messages
from accounts.mail.rendering import Envelope
from accounts.models import (
    AccountEvent,
    ConsentRecord,
    Customer,
    OutboxMessage,
    ReviewState,
    User,
)
from accounts.models.customer import Section
from accounts.models.email_change import CONFIRMED_WITHIN, UNDONE_WITHIN
from accounts.models.outbox import OUTCOMES
from accounts.values import email as email_address
from accounts.values import masked
from kantor.serving import sql

# What both mailboxes are told of a change of the address.
EMAIL_NOTICES = (
    OutboxMessage.Kind.EMAIL_ASKED,
    OutboxMessage.Kind.EMAIL_CHANGED,
    OutboxMessage.Kind.EMAIL_CONFIRMED,
    OutboxMessage.Kind.EMAIL_REVERTED,
)

# Their accounts are read by statements of their own: every registration sends these two.
READ_BY_THEMSELVES = (OutboxMessage.Kind.REGISTRATION, OutboxMessage.Kind.WELCOME)


def compose(message: OutboxMessage) -> EmailMessage | None:
    """Return the mail to send for this row, or nothing when it has become pointless."""
    if message.user_id is not None and message.kind not in READ_BY_THEMSELVES:
        # With the customer in one statement; nothing where the account has just been deleted.
        message.user = User.objects.select_related("customer").filter(pk=message.user_id).first()
        if message.user is None:
            return None
    match message.kind:
        case OutboxMessage.Kind.REGISTRATION:
            return _registration(message)
        case OutboxMessage.Kind.PASSWORD_RESET:
            return _password_reset(message)
        case OutboxMessage.Kind.WELCOME:
            return _welcome(message)
        case OutboxMessage.Kind.PASSWORD_CHANGED:
            return messages.password_changed(
                _to_mailbox(message, message.user),
                changed_at=message.created_at,
            )
        case OutboxMessage.Kind.ONE_TIME_CODE:
            return _one_time_code(message)
        case OutboxMessage.Kind.REQUEST_RECEIVED | OutboxMessage.Kind.REQUEST_DECIDED:
            return _data_request(message)
        case OutboxMessage.Kind.DATA_CORRECTED:
            return _data_corrected(message)
        case kind if kind in OUTCOMES.values():
            return _outcome(message)
        case OutboxMessage.Kind.PANEL_OPEN:
            return _panel_open(message)
        case OutboxMessage.Kind.TERMS_PUBLISHED:
            return _terms_published(message)
        case OutboxMessage.Kind.TERMS_ACCEPTED:
            return _terms_accepted(message)
        case OutboxMessage.Kind.NEW_BROWSER:
            return _new_browser(message)
        case OutboxMessage.Kind.SUSPENDED:
            return _suspended(message, message.user)
        case OutboxMessage.Kind.UNSUSPENDED:
            return _unsuspended(message)
        case OutboxMessage.Kind.CLOSED:
            return _closed(message, message.user)
        case OutboxMessage.Kind.PHONE_LINK:
            return _phone_link(message)
        case OutboxMessage.Kind.EMAIL_CONFIRM:
            return _email_confirm(message)
        case kind if kind in EMAIL_NOTICES:
            return _email_notice(message)
        case kind if kind in messages.EVENT_NOTICES:
            return _event_notice(message)
        case unknown:
            raise ValueError(f"Nobody knows how to write a {unknown!r} mail.")


def _registration(message: OutboxMessage) -> EmailMessage | None:
    if message.user_id is None:
        # Whoever asked for the link must not learn that the account is gone.
        return None
    key = email_address.normalise(message.recipient)
    found = sql.read(
        User,
        f"""
        SELECT {sql.columns(User, "account")}, customer.first_name AS customers_first_name
        FROM accounts_user AS account
        LEFT JOIN accounts_customer AS customer ON customer.user_id = account.id
        WHERE account.id = %s OR
            (account.email_key = %s AND account.activated_at IS NOT NULL
                AND account.closed_at IS NULL)
        """,  # noqa: S608  names of ours, and placeholders
        [message.user_id, key],
    )
    accounts = {user.pk: user for user in found}
    user = accounts.pop(message.user_id, None)
    if user is None or not user.is_pending or message.link_serial != user.link_serial:
        return None
    if not accounts:
        first_name = getattr(user, "customers_first_name", None) or ""
        return _activation(message, user, first_name, recipient=message.recipient)
    (owner,) = accounts.values()
    return None if owner.suspended_at is not None else _already_registered(message, owner)


def _welcome(message: OutboxMessage) -> EmailMessage | None:
    found = sql.read(
        Customer,
        """
        SELECT user_id, company_name, first_name, last_name
        FROM accounts_customer WHERE user_id = %s
        """,
        [message.user_id],
    )
    if not found:  # the account has just been deleted
        return None
    records = sql.read(
        ConsentRecord,
        f"SELECT {sql.columns(ConsentRecord, 'record')}"  # noqa: S608  names of ours
        " FROM accounts_consentrecord AS record WHERE user_id = %s",
        [message.user_id],
    )
    return messages.welcome(
        Envelope(message.recipient, message.language, message.message_id, found[0].first_name),
        owner_name=found[0].owner_name,
        terms=consents.accepted_terms(records),
        receipt=consents.receipt(records),
    )


def _owner_of(key: str) -> User | None:
    """Return the account that has this address; one statement."""
    return User.objects.having(key).only("email", "language", "suspended_at").first()


def _already_registered(
    message: OutboxMessage, owner: User, *, is_change: bool = False
) -> EmailMessage:
    """Tell the owner of an address that somebody gave it."""
    # In the owner's language, not in that of whoever typed the address.
    return messages.already_registered(
        Envelope(owner.email, owner.language, message.message_id),
        is_change=is_change,
    )


def _email_confirm(message: OutboxMessage) -> EmailMessage | None:
    """Write the new mailbox, whose reader may be a stranger: nothing of the account is told."""
    change, user = message.change, message.user
    if change is None or user is None or not user.is_active or not change.is_open:
        return None
    owner = _owner_of(change.new_key)
    if owner is not None and owner.suspended_at is not None:
        # A mail in any case: in his copy of his data, whoever asked reads what became of each.
        return _suspended(message, owner)
    if owner is not None:
        return _already_registered(message, owner, is_change=True)
    return messages.email_confirm(
        Envelope(change.new_email, user.language, message.message_id),
        link=_link(user.language, "accounts:email-confirm", email_link.make_confirmation(change)),
        expires_at=timezone.now() + CONFIRMED_WITHIN,
    )


def _email_notice(message: OutboxMessage) -> EmailMessage | None:
    """Tell a mailbox of a change that was asked for, took effect or was undone.

    Also when the account was closed meanwhile: the old mailbox may be the only one that is its
    owner's.
    """
    event, change, user = message.about, message.change, message.user
    if event is None or change is None or user is None:
        return None
    notice: dict[str, Any] = {
        "to": _to_mailbox(message, user),
        "happened_at": event.at,
        "visit": event.visit,
    }
    told: dict[str, Any] = {
        **notice,
        "address": masked.address(change.new_email),
        "link": _link(message.language, "accounts:email-undo", email_link.make_undoing(change)),
    }
    match message.kind:
        case OutboxMessage.Kind.EMAIL_ASKED:
            is_by_staff = event.details.get("how") == "staff"
            return messages.email_asked(**told, is_by_staff=is_by_staff) if change.is_open else None
        case OutboxMessage.Kind.EMAIL_CHANGED if change.confirmed_at and not change.reverted_at:
            return messages.email_changed(**told, expires_at=change.confirmed_at + UNDONE_WITHIN)
        case OutboxMessage.Kind.EMAIL_CONFIRMED if not change.reverted_at:
            return messages.event_notice(message.kind, **notice)
        case OutboxMessage.Kind.EMAIL_REVERTED:
            return messages.event_notice(message.kind, **notice)
        case _:  # undone before it was told
            return None


def _password_reset(message: OutboxMessage) -> EmailMessage | None:
    key = email_address.normalise(message.recipient)
    owner = User.objects.having(key).select_related("customer").first()
    if message.user is not None and message.user != owner:
        return None  # staff asked for it, and the account has been closed, or moved, since
    if owner is None:
        return _without_owner(message, key)
    if owner.suspended_at is not None:
        return _suspended(message, owner)
    uid = urlsafe_base64_encode(force_bytes(owner.pk))
    return messages.password_reset(
        # To the stored spelling: the typed one may be a look-alike of it.
        _to_owner(message, owner),
        link=_link(
            owner.language,
            "accounts:password-reset-confirm",
            uid,
            default_token_generator.make_token(owner),
        ),
        expires_at=timezone.now() + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT),
    )


def _one_time_code(message: OutboxMessage) -> EmailMessage | None:
    expires_at = message.created_at + code.LIFETIME
    if timezone.now() >= expires_at:
        return None
    return messages.one_time_code(
        _to_mailbox(message),
        code=code.of(message.message_id, message.recipient),
        expires_at=expires_at,
    )


def _data_request(message: OutboxMessage) -> EmailMessage | None:
    request, user = message.request, message.user
    if request is None or user is None or not user.is_active:
        return None
    received: dict[str, Any] = {
        "to": _to_mailbox(message, user),
        "section": request.section,
        "link": _link(message.language, "accounts:data"),
    }
    if message.kind == OutboxMessage.Kind.REQUEST_RECEIVED:
        # Of one that is closed meanwhile there is nothing to withdraw, and the answer is owed.
        is_open = request.state == request.State.OPEN
        return messages.request_received(**received) if is_open else None
    is_accepted = request.state == request.State.ACCEPTED
    return messages.request_decided(**received, is_accepted=is_accepted, answer=request.answer)


def _data_corrected(message: OutboxMessage) -> EmailMessage | None:
    correction, user = message.correction, message.user
    if correction is None or user is None or not user.is_active:
        return None
    to = _to_owner(message, user)
    return messages.data_corrected(
        to, section=correction.section, link=_link(to.language, "accounts:data")
    )


def _outcome(message: OutboxMessage) -> EmailMessage | None:
    """Tell what staff have decided, as it stands now; nothing of what a later decision overtook."""
    user = message.user
    customer = getattr(user, "customer", None)
    if user is None or customer is None or not user.is_active:
        return None
    if message.kind != OUTCOMES.get(customer.review_state):
        return None
    if _is_overtaken(message, OUTCOMES.values()):
        return None
    to = _to_owner(message, user)
    match message.kind:
        case OutboxMessage.Kind.REVIEW_APPROVED:
            return messages.review_approved(to)
        case OutboxMessage.Kind.REVIEW_REJECTED:
            return messages.review_rejected(to, reason=customer.review_reason)
    sections = [each for each in Section if each in (customer.review_sections or [])]
    link = (
        _link(to.language, "accounts:data-section", sections[0].value)
        if len(sections) == 1
        else _link(to.language, "accounts:data")
    )
    return messages.review_correction(to, sections=sections, words=customer.review_words, link=link)


def _is_overtaken(message: OutboxMessage, kinds: Collection[OutboxMessage.Kind]) -> bool:
    """Tell whether the account is owed a later mail of these kinds, which says what counts now."""
    later = OutboxMessage.objects.filter(user=message.user, kind__in=kinds, pk__gt=message.pk)
    return later.exists()


def _panel_open(message: OutboxMessage) -> EmailMessage | None:
    user = message.user
    if user is None or not user.is_active or not settings.PANEL_URL:
        return None
    # An account that cannot be kept places no orders; the mail about another decision leads there.
    customer = getattr(user, "customer", None)
    if customer is not None and customer.review_state == ReviewState.REJECTED:
        return None
    return messages.panel_open(
        _to_owner(message, user),
    )


def _terms_published(message: OutboxMessage) -> EmailMessage | None:
    """Tell of new terms; nothing where they have been accepted meanwhile, or hold no more."""
    user, version = message.user, message.terms_version
    if user is None or not user.is_active or version < consents.in_force("terms"):
        return None
    if user.consents.filter(key="terms", given=True, version__gte=version).exists():
        return None
    return messages.terms_published(
        _to_owner(message, user),
        version=version,
        link=_link(user.language, "accounts:terms"),
    )


def _terms_accepted(message: OutboxMessage) -> EmailMessage | None:
    """Confirm what was accepted, by the row itself: its language, and the receipt up to it."""
    user = message.user
    if user is None or not user.is_active:
        return None
    records = list(user.consents.order_by("pk"))
    rows = [
        number
        for number, record in enumerate(records)
        if record.key == "terms" and record.given and record.version == message.terms_version
    ]
    if not rows:
        return None
    receipt = consents.receipt(records[: rows[0] + 1])
    assert receipt is not None, "who accepts in his account has sealed rows"
    return messages.terms_accepted(
        _to_mailbox(message, user),
        terms=(message.terms_version, records[rows[0]].language),
        receipt=receipt,
    )


def _new_browser(message: OutboxMessage) -> EmailMessage | None:
    event, user = message.about, message.user
    if event is None or user is None or not user.is_active:
        return None
    return messages.new_browser(
        _to_mailbox(message, user),
        signed_in_at=event.at,
        visit=event.visit,
        link=_link(message.language, "accounts:disown", disowning.make(event)),
        expires_at=event.at + disowning.LIFETIME,
    )


def _suspended(message: OutboxMessage, user: User | None) -> EmailMessage | None:
    """Say that staff closed the account; nothing where it is open again, or never was open."""
    if user is None or user.suspended_at is None or user.activated_at is None:
        return None
    is_owed_by_it = message.kind == OutboxMessage.Kind.SUSPENDED
    if is_owed_by_it and message.created_at < user.suspended_at:
        # It was opened meanwhile and closed again, perhaps without a word.
        return None
    return messages.suspended(
        _to_owner(message, user),
        suspended_at=user.suspended_at,
        reason=user.suspension_reason,
    )


def _unsuspended(message: OutboxMessage) -> EmailMessage | None:
    user = message.user
    if user is None or not user.is_active or _is_overtaken(message, (message.Kind.UNSUSPENDED,)):
        return None
    return messages.unsuspended(_to_owner(message, user), reason=message.reason)


def _without_owner(message: OutboxMessage, key: str) -> EmailMessage | None:
    """Write to an address that no account has: what its newest registration waits for.

    Or else how to reopen the account that was closed last.
    """
    accounts = User.objects.filter(email_key=key).select_related("customer")
    pending = accounts.filter(activated_at=None, suspended_at=None).order_by("-created_at").first()
    if pending is not None:
        first_name = pending.customer.first_name
        return _activation(message, pending, first_name, recipient=pending.email)
    closed = accounts.filter(closed_at__isnull=False).order_by("-closed_at").first()
    if closed is not None and closed.suspended_at is not None:
        return _suspended(message, closed)
    return _closed(message, closed)


def _closed(message: OutboxMessage, user: User | None) -> EmailMessage | None:
    """Say how to reopen the account; nothing where it is open again, or nobody may any more."""
    if user is None or user.closed_at is None or user.suspended_at is not None:
        return None
    expires_at = user.closed_at + retention.REOPENING_LASTS
    if timezone.now() >= expires_at:
        return None
    customer = getattr(user, "customer", None)
    return messages.closed(
        _to_owner(message, user),
        closed_at=user.closed_at,
        visit=message.about.visit if message.about is not None else None,
        is_approved=customer is not None and customer.review_state == ReviewState.APPROVED,
        link=_link(user.language, "accounts:reopen-link", reopening_link.make(user)),
        expires_at=expires_at,
    )


def _event_notice(message: OutboxMessage) -> EmailMessage | None:
    event, user = message.about, message.user
    if event is None or user is None or not user.is_active:
        return None
    if event.kind == AccountEvent.Kind.PASSWORD_BARRED and user.password_barred_at is None:
        return None
    return messages.event_notice(
        message.kind,
        _to_mailbox(message, user),
        happened_at=event.at,
        visit=event.visit,
        method=event.details.get("method", ""),
        old_digits=event.details.get("old_digits", ""),
        is_by_staff=event.details.get("how") == "staff",
    )


def _phone_link(message: OutboxMessage) -> EmailMessage | None:
    """Write whoever has an account; as for a password, a pending one needs its link first."""
    key = email_address.normalise(message.recipient)
    owner = User.objects.having(key).select_related("customer").first()
    if owner is None:
        return _without_owner(message, key)
    if owner.suspended_at is not None:
        return _suspended(message, owner)
    if not hasattr(owner, "customer"):  # staff sign in without a number
        return None
    event = _asked_for_phone_link(message, owner)
    return messages.phone_link(
        _to_owner(message, owner),
        link=_link(owner.language, "accounts:phone-link", phone_link.make(event)),
        expires_at=timezone.now() + phone_link.LIFETIME,
        asked_at=event.at,
        visit=event.visit,
    )


def _asked_for_phone_link(message: OutboxMessage, owner: User) -> AccountEvent:
    """Return the event that this mail is about; it is written at the first try to deliver it.

    Before, nobody has asked whether the address has an account.
    """
    if message.about is None:
        message.about = AccountEvent.objects.create(
            user=owner,
            kind=AccountEvent.Kind.PHONE_LINK_ASKED,
            at=message.created_at,
            **(message.asked_from or {}),
        )
        message.save(update_fields=["about"])
    return message.about


def _activation(
    message: OutboxMessage, user: User, first_name: str, *, recipient: str
) -> EmailMessage:
    token = tokens.make(user, user.link_serial)
    return messages.activation(
        Envelope(recipient, user.language, message.message_id, first_name),
        link=_link(user.language, "accounts:activation", token),
        refuse_link=_link(user.language, "accounts:activation-refuse", token),
        expires_at=timezone.now() + timedelta(hours=settings.ACTIVATION_LINK_HOURS),
    )


def _to_owner(message: OutboxMessage, user: User) -> Envelope:
    """Address the account's owner where and as he is to be written to now."""
    return Envelope(user.email, user.language, message.message_id, _first_name(user))


def _to_mailbox(message: OutboxMessage, user: User | None = None) -> Envelope:
    """Address the mailbox that the mail was owed to, which need not be the account's any more."""
    return Envelope(message.recipient, message.language, message.message_id, _first_name(user))


def _first_name(user: User | None) -> str:
    customer = getattr(user, "customer", None)
    return customer.first_name if customer is not None else ""


def _link(language: str, name: str, *args: str) -> str:
    """Return an absolute link, from the settings and never from a request's Host header."""
    with override(language):
        return settings.BASE_URL + reverse(name, args=args)
