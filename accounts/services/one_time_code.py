"""Send somebody who cannot copy a picture a code by e-mail, and judge what comes back.

The same mail goes to every address, whether it has an account or not. Six digits are guessed in
five tries by one in 200,000.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.captcha import code
from accounts.limits import Limit, note_refusal
from accounts.mail import outbox
from accounts.models import OutboxMessage
from accounts.services import allowance
from accounts.services.allowance import Purpose
from accounts.values import email as email_address

# What one mailbox gets is counted with all other mails that strangers ask for (`allowance`).
PAUSE = allowance.CODE_PAUSE
CODES_AN_ATTEMPT = Limit("code-attempt", times=5, window=timedelta(days=1))
NETWORK_CODES = Limit("network-code", times=60, window=timedelta(hours=1))

TRIES = Limit("code-tries", times=5, window=code.LIFETIME, must_last=True)
USES = Limit("code-use", times=1, window=code.LIFETIME, must_last=True)


@dataclass(frozen=True)
class SentCode:
    """What is to be kept of a code that was sent; not the code."""

    recipient: str
    reference: str
    sent_at: datetime


class Verdict(Enum):
    """What an answer was worth."""

    RIGHT = "right"
    WRONG = "wrong"
    EXPIRED = "expired"  # or used, or tried too often: only another one helps


def send(email: str, language: str, attempt: UUID, network: str) -> SentCode | timedelta:
    """Owe this address a code; return what to keep of it, or how long to wait when it is limited.

    `email` is canonical. Nothing is asked about accounts, so nothing is told about them.
    """
    limits = ((NETWORK_CODES, network), (CODES_AN_ATTEMPT, attempt.hex))
    # Looked at first: a refused try must not use up what the others allow.
    for limit, subject in limits:
        if refused := limit.wait(subject):
            note_refusal(limit.name)
            return refused
    if refused := allowance.ask(Purpose.CODE, email_address.normalise(email)):
        return refused
    for limit, subject in limits:
        if not limit.hit(subject):
            return limit.wait(subject)
    with transaction.atomic():
        message = outbox.put_to_address(OutboxMessage.Kind.ONE_TIME_CODE, email, language)
    return SentCode(email, message.message_id, message.created_at)


def judge(answer: str, sent: SentCode) -> Verdict:
    """Judge the digits for a code that was sent; a right answer counts once.

    Of any number of simultaneous tries five are looked at, and of right ones one passes.
    """
    if timezone.now() >= sent.sent_at + code.LIFETIME or not TRIES.hit(sent.reference):
        return Verdict.EXPIRED
    if not code.is_right(answer, sent.reference, sent.recipient):
        return Verdict.WRONG
    return Verdict.RIGHT if USES.hit(sent.reference) else Verdict.EXPIRED
