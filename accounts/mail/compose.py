"""Choose, at the moment of delivery, what a recipient is to be told.

Only now is it asked whether the address has an account: the request that owed the mail did the
same work for every address. Tokens are made here and live nowhere else.
"""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMessage
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import override

from accounts import consents, disowning, phone_link, tokens
from accounts.captcha import code
from accounts.mail import messages
from accounts.models import AccountEvent, OutboxMessage, User
from accounts.values import email as email_address


def compose(message: OutboxMessage) -> EmailMessage | None:
    """Return the mail to send for this row, or nothing when it has become pointless."""
    if message.user_id is not None and message.kind != OutboxMessage.Kind.REGISTRATION:
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
            assert message.user is not None
            records = list(message.user.consents.all())
            return messages.welcome(
                recipient=message.recipient,
                language=message.language,
                message_id=message.message_id,
                first_name=message.user.customer.first_name,
                owner_name=message.user.customer.owner_name,
                terms=consents.accepted_terms(records),
                receipt=consents.receipt(records),
            )
        case OutboxMessage.Kind.PASSWORD_CHANGED:
            return messages.password_changed(
                recipient=message.recipient,
                language=message.language,
                message_id=message.message_id,
                first_name=_first_name(message.user),
                changed_at=message.created_at,
            )
        case OutboxMessage.Kind.ONE_TIME_CODE:
            return _one_time_code(message)
        case OutboxMessage.Kind.REQUEST_RECEIVED | OutboxMessage.Kind.REQUEST_DECIDED:
            return _data_request(message)
        case OutboxMessage.Kind.PANEL_OPEN:
            return _panel_open(message)
        case OutboxMessage.Kind.NEW_BROWSER:
            return _new_browser(message)
        case OutboxMessage.Kind.SUSPENDED:
            return _suspended(message, message.user)
        case OutboxMessage.Kind.PHONE_LINK:
            return _phone_link(message)
        case kind if kind in messages.EVENT_NOTICES:
            return _event_notice(message)
        case unknown:
            raise ValueError(f"Nobody knows how to write a {unknown!r} mail.")


def _registration(message: OutboxMessage) -> EmailMessage | None:
    if message.user_id is None:
        # Whoever asked for the link must not learn that the account is gone.
        return None
    key = email_address.normalise(message.recipient)
    owned = Q(email_key=key, activated_at__isnull=False)
    found = User.objects.select_related("customer").filter(Q(pk=message.user_id) | owned)
    accounts = {user.pk: user for user in found}
    user = accounts.pop(message.user_id, None)
    if user is None or not user.is_pending or message.link_serial != user.link_serial:
        return None
    if not accounts:
        return _activation(message, user, recipient=message.recipient)
    (owner,) = accounts.values()
    if owner.suspended_at is not None:
        return None
    # In the owner's language, not in that of whoever typed the address.
    return messages.already_registered(
        recipient=owner.email, language=owner.language, message_id=message.message_id
    )


def _password_reset(message: OutboxMessage) -> EmailMessage | None:
    key = email_address.normalise(message.recipient)
    accounts = User.objects.filter(email_key=key).select_related("customer")
    owner = accounts.filter(activated_at__isnull=False).first()
    if owner is not None and owner.suspended_at is not None:
        return _suspended(message, owner)
    if owner is None:
        pending = accounts.filter(suspended_at=None).order_by("-created_at").first()
        return _activation(message, pending, recipient=pending.email) if pending else None
    uid = urlsafe_base64_encode(force_bytes(owner.pk))
    return messages.password_reset(
        # To the stored spelling: the typed one may be a look-alike of it.
        recipient=owner.email,
        language=owner.language,
        message_id=message.message_id,
        first_name=_first_name(owner),
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
        recipient=message.recipient,
        language=message.language,
        message_id=message.message_id,
        code=code.of(message.message_id, message.recipient),
        expires_at=expires_at,
    )


def _data_request(message: OutboxMessage) -> EmailMessage | None:
    request, user = message.request, message.user
    if request is None or user is None or not user.is_active:
        return None
    received = {
        "recipient": message.recipient,
        "language": message.language,
        "message_id": message.message_id,
        "first_name": _first_name(user),
        "section": request.section,
        "link": _link(message.language, "accounts:data"),
    }
    if message.kind == OutboxMessage.Kind.REQUEST_RECEIVED:
        return messages.request_received(**received)
    is_accepted = request.state == request.State.ACCEPTED
    return messages.request_decided(**received, is_accepted=is_accepted, answer=request.answer)


def _panel_open(message: OutboxMessage) -> EmailMessage | None:
    user = message.user
    if user is None or not user.is_active or not settings.PANEL_URL:
        return None
    return messages.panel_open(
        recipient=user.email,
        language=user.language,
        message_id=message.message_id,
        first_name=_first_name(user),
    )


def _new_browser(message: OutboxMessage) -> EmailMessage | None:
    event, user = message.about, message.user
    if event is None or user is None or not user.is_active:
        return None
    return messages.new_browser(
        recipient=message.recipient,
        language=message.language,
        message_id=message.message_id,
        first_name=_first_name(user),
        signed_in_at=event.at,
        visit=event.visit,
        link=_link(message.language, "accounts:disown", disowning.make(event)),
        expires_at=event.at + disowning.LIFETIME,
    )


def _suspended(message: OutboxMessage, user: User | None) -> EmailMessage | None:
    """Say that staff closed the account; nothing where it is open again, or never was open."""
    if user is None or user.suspended_at is None or user.activated_at is None:
        return None
    return messages.suspended(
        recipient=user.email,
        language=user.language,
        message_id=message.message_id,
        first_name=_first_name(user),
        suspended_at=user.suspended_at,
    )


def _event_notice(message: OutboxMessage) -> EmailMessage | None:
    event, user = message.about, message.user
    if event is None or user is None or not user.is_active:
        return None
    if event.kind == AccountEvent.Kind.PASSWORD_BARRED and user.password_barred_at is None:
        return None
    return messages.event_notice(
        message.kind,
        recipient=message.recipient,
        language=message.language,
        message_id=message.message_id,
        first_name=_first_name(user),
        happened_at=event.at,
        visit=event.visit,
        method=event.details.get("method", ""),
    )


def _phone_link(message: OutboxMessage) -> EmailMessage | None:
    """Write whoever has an account; as for a password, a pending one needs its link first."""
    key = email_address.normalise(message.recipient)
    accounts = User.objects.filter(email_key=key).select_related("customer")
    owner = accounts.filter(activated_at__isnull=False).first()
    if owner is None:
        pending = accounts.filter(suspended_at=None).order_by("-created_at").first()
        return _activation(message, pending, recipient=pending.email) if pending else None
    if owner.suspended_at is not None:
        return _suspended(message, owner)
    if not hasattr(owner, "customer"):  # staff sign in without a number
        return None
    event = _asked_for_phone_link(message, owner)
    return messages.phone_link(
        recipient=owner.email,
        language=owner.language,
        message_id=message.message_id,
        first_name=_first_name(owner),
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


def _activation(message: OutboxMessage, user: User, *, recipient: str) -> EmailMessage:
    token = tokens.make(user, user.link_serial)
    return messages.activation(
        recipient=recipient,
        language=user.language,
        message_id=message.message_id,
        first_name=user.customer.first_name,
        link=_link(user.language, "accounts:activation", token),
        refuse_link=_link(user.language, "accounts:activation-refuse", token),
        expires_at=timezone.now() + timedelta(hours=settings.ACTIVATION_LINK_HOURS),
    )


def _first_name(user: User | None) -> str:
    customer = getattr(user, "customer", None)
    return customer.first_name if customer is not None else ""


def _link(language: str, name: str, *args: str) -> str:
    """Return an absolute link, from the settings and never from a request's Host header."""
    with override(language):
        return settings.BASE_URL + reverse(name, args=args)
