"""Serve whoever waits for the activation link: send it again, put a mistyped address right.

The one who waits may be a stranger who registered somebody else's address. What became of his
registration – overtaken by the owner's own, refused with "It was not me", suspended – must not
show: for one that is gone the same statements run and the same answers are given, and the owed
mail is dropped at its delivery.
"""

import logging
from collections.abc import Collection
from datetime import timedelta
from enum import Enum
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from accounts.limits import Limit, Running
from accounts.mail import outbox
from accounts.models import OutboxMessage, User
from accounts.services import allowance
from accounts.services.allowance import Purpose
from accounts.values import email as email_address
from kantor.serving.sql import places, stored, stored_id

logger = logging.getLogger(__name__)

# Longer than a browser remembers its registration.
CORRECTIONS = Limit("address-corrections", times=5, window=timedelta(days=7))


class Correction(Enum):
    """What came of a correction; nothing of it tells whether the account is still there."""

    SENT = "sent"
    HELD = "held"  # corrected, but the new address has had too many mails for a link
    TOO_OFTEN = "too often"


class Account(NamedTuple):
    """What the page needs of an account."""

    email: str
    is_active: bool


def look_up(
    attempts: Collection[UUID], addresses: Collection[str] = ()
) -> tuple[dict[UUID, Account], Running]:
    """Return the accounts that these attempts became, as far as they exist; one statement.

    One that its owner closed since is none any more. The counters that say how long these
    `addresses` (normalised) wait for another link are read along, whether or not there are
    accounts: `allowance.wait_by` reads them. With addresses there are attempts.
    """
    now = timezone.now()
    ids = [stored_id(each) for each in attempts]
    keys = [key for each in addresses for key in allowance.wait_keys(Purpose.SEND_AGAIN, each)] or [
        ""
    ]
    if not ids:
        return {}, Running(now, {})
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT account.attempt, account.email, account.activated_at IS NOT NULL,
                counter.key, counter.count, counter.ends_at
            FROM (SELECT 1) AS here
            LEFT JOIN accounts_user AS account
                ON account.attempt IN ({places(ids)}) AND account.closed_at IS NULL
            LEFT JOIN accounts_counter AS counter
                ON counter.key IN ({places(keys)}) AND counter.ends_at > %s
            """,  # noqa: S608  placeholders only
            [*ids, *keys, stored(now)],
        )
        rows = cursor.fetchall()
    accounts = {UUID(str(row[0])): Account(row[1], bool(row[2])) for row in rows if row[0]}
    return accounts, Running(now, {row[3]: (row[4], row[5]) for row in rows if row[3]})


def send_again(attempt: UUID, email: str, language: str) -> bool:
    """Owe another link, which ends the older ones; tell whether the address may be written to.

    `email` is the address as the registering browser knows it; an account that has another one
    by now counts as gone.
    """
    key = email_address.normalise(email)
    if allowance.ask(Purpose.SEND_AGAIN, key):
        return False
    with transaction.atomic():
        User.objects.filter(
            attempt=attempt, email_key=key, activated_at=None, suspended_at=None
        ).update(link_serial=F("link_serial") + 1)
        _owe_link(attempt, email, language)
    return True


def correct_address(attempt: UUID, mistyped: str, corrected: str, language: str) -> Correction:
    """Give a pending account another address and owe it a link, unless that was done too often.

    Every older link dies, by its number and by the address in it, and mails that still wait for
    the old address are dropped. Nothing else changes: customer, consents, password. The password
    is not judged again with the new address in mind: only its hash exists. Whether the new
    address has an account is not asked; the mail decides, as at registration.
    """
    if not CORRECTIONS.hit(attempt.hex):
        return Correction.TOO_OFTEN
    key = email_address.normalise(corrected)
    may_write = not allowance.ask(Purpose.CORRECTION, key)
    with transaction.atomic():
        changed = User.objects.filter(
            attempt=attempt,
            email_key=email_address.normalise(mistyped),
            activated_at=None,
            suspended_at=None,
        ).update(
            email=corrected,
            email_key=key,
            mailbox_key=email_address.mailbox(key),
            link_serial=F("link_serial") + 1,
            email_corrected_at=timezone.now(),
        )
        if may_write:
            _owe_link(attempt, corrected, language)
    if changed:
        logger.info("Registration %s: the address was corrected before activation", attempt)
    return Correction.SENT if may_write else Correction.HELD


def _owe_link(attempt: UUID, email: str, language: str) -> None:
    user = User.objects.filter(
        attempt=attempt,
        email_key=email_address.normalise(email),
        activated_at=None,
        suspended_at=None,
    ).first()
    if user is None:
        outbox.put_to_address(OutboxMessage.Kind.REGISTRATION, email, language)
    else:
        outbox.put(OutboxMessage.Kind.REGISTRATION, user, link_serial=user.link_serial)
