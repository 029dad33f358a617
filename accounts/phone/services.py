"""Ask for the link to the phone number, judge it, and give an account a new number."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from django.db import transaction

from accounts import phone_link, signed_number
from accounts.limits import Limit
from accounts.mail import outbox
from accounts.models import AccountEvent, Customer, OutboxMessage, User
from accounts.services import allowance, events, sessions
from accounts.services.allowance import Purpose
from accounts.values import email as email_address
from accounts.values.visit import NOBODY, Visit
from kantor.serving.sessions import end_sessions_of

NETWORK_LINKS = Limit("network-phone-link", times=60, window=timedelta(hours=1))
_OVERTAKING = (
    AccountEvent.Kind.PHONE_CHANGED,
    AccountEvent.Kind.EMAIL_CHANGED,
    AccountEvent.Kind.EMAIL_REVERTED,
)
# Longer than a mail can take to be delivered for the last time, and its link to expire.
USED = Limit("phone-link-used", times=1, window=timedelta(days=7), must_last=True)


class LinkState(Enum):
    """What such a link is good for now."""

    VALID = "valid"
    USED = "used"  # once, or the number was changed since it was asked for
    EXPIRED = "expired"  # late, or the account is not open
    BROKEN = "broken"


@dataclass(frozen=True)
class Link:
    """What a token turned out to be; with the account and the number of the event if genuine."""

    state: LinkState
    event: int = 0
    user: User | None = None


def ask(
    email: str, language: str, network: str, *, visit: Visit, is_acquaintance: bool = False
) -> None:
    """Owe this address a mail; which one, if any, is decided when it is delivered.

    The same statements run for every address. Limits are silent: more requests, same answer.
    `is_acquaintance` as in `credentials.request_password_reset`.
    """
    if not NETWORK_LINKS.hit(network):
        return
    purpose = Purpose.ACQUAINTANCE if is_acquaintance else Purpose.PHONE
    if not allowance.ask(purpose, email_address.normalise(email)):
        outbox.put_to_address(OutboxMessage.Kind.PHONE_LINK, email, language, visit=visit)


def examine(token: str) -> Link:
    """Tell what this link is good for and whose it is; changes nothing."""
    try:
        number = phone_link.read(token)
    except signed_number.InvalidTokenError:
        return Link(LinkState.BROKEN)
    except signed_number.ExpiredTokenError:
        return Link(LinkState.EXPIRED)
    user = account_of(number)
    if user is None:
        return Link(LinkState.EXPIRED)
    is_used = USED.is_used_up(str(number)) or is_overtaken(number, user)
    return Link(LinkState.USED if is_used else LinkState.VALID, number, user)


def account_of(event: int) -> User | None:
    """Return the open account, with its customer, that this request for a link was about."""
    return (
        User.objects.filter(
            events=event,
            events__kind=AccountEvent.Kind.PHONE_LINK_ASKED,
            is_active=True,
            customer__isnull=False,
        )
        .select_related("customer")
        .first()
    )


def is_overtaken(event: int, user: User) -> bool:
    """Tell whether the number, or the address the link went to, was changed after this request."""
    return user.events.filter(kind__in=_OVERTAKING, pk__gt=event).exists()


def use(link: Link) -> bool:
    """Use the link up; of any number of simultaneous calls one does it."""
    return USED.hit(str(link.event))


def change(
    user: User,
    number: str,
    *,
    visit: Visit = NOBODY,
    but: str | None = None,
    is_by_staff: bool = False,
) -> bool:
    """Give the account this number, in E.164, and tell its owner; tell whether it was changed.

    `user.customer.phone` is the number that the change began from: of two such changes one wins;
    the same number again and a closed account are no change, nor is one by who was let in before a
    new password or "It was not me" ended that: `user` is as this request found him. All sessions
    of the account end, but for the one of the key `but`. All or nothing. The mail and the history
    say when it was done by staff.
    """
    with transaction.atomic():
        # The account's row first, as everywhere: a suspension waits, or was faster.
        is_open = sessions.is_still_in(user)
        present = Customer.objects.filter(user=user, phone=user.customer.phone)
        if not is_open or not present.exclude(phone=number).update(phone=number):
            return False
        end_sessions_of(user.pk, but=but)
        old_digits = user.customer.phone[-2:]
        details = {"old_digits": old_digits} | ({"how": "staff"} if is_by_staff else {})
        events.tell(user, AccountEvent.Kind.PHONE_CHANGED, visit=visit, **details)
    user.customer.phone = number
    return True
