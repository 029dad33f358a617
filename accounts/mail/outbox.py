"""Write down the mails that are owed, and deliver each of them at least once.

A row is written in the transaction of what it announces and handed to the task queue after
commit. A delivery claims the row for a lease; a claim whose worker died lapses and the sweeper
(`manage.py deliver_mail`) takes the row over. Who still delivers after its claim has lapsed does
not decide any more what became of the row.
"""

import logging
import re
import smtplib
import traceback
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import django
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.mail import delivery, transport
from accounts.mail.transport import Line
from accounts.models import OutboxMessage, User

if TYPE_CHECKING or django.VERSION < (6, 0):
    from django_tasks import task
else:
    from django.tasks import task

logger = logging.getLogger(__name__)

# A claim holds at least this long, and longer than the slowest delivery: it waits for the server
# some sixteen times (two addresses, greeting, EHLO, STARTTLS, sign-in, the mail itself).
LEASE = timedelta(minutes=5)
WAITS_A_DELIVERY = 20
# Pauses after each failed attempt; two days in all, then the mail has failed for good.
PAUSES = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360, 720, 1440))
# What the recipient's server says about one mail; of all else the operator is to be told.
RECIPIENTS_REFUSALS = (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError)
ENHANCED_CODE = re.compile(rb"[245]\.\d{1,3}\.\d{1,3}(?=\s|$)")


def put(kind: OutboxMessage.Kind, user: User, *, link_serial: int = 0) -> None:
    """Owe this account a mail; call it in the transaction of what the mail announces."""
    _put(
        OutboxMessage(
            kind=kind,
            user=user,
            recipient=user.email,
            language=user.language,
            link_serial=link_serial,
        )
    )


def put_to_address(kind: OutboxMessage.Kind, recipient: str, language: str) -> OutboxMessage:
    """Owe an address a mail before anybody knows whether it has an account; return its row."""
    message = OutboxMessage(kind=kind, recipient=recipient, language=language)
    _put(message)
    return message


def _put(message: OutboxMessage) -> None:
    domain = settings.BASE_URL.partition("//")[2].partition(":")[0]
    message.message_id = f"<{uuid4().hex}@{domain}>"
    message.save(force_insert=True)
    # Robust: a queue that is down must not undo or fail what has just been committed; the
    # sweeper finds the row.
    transaction.on_commit(lambda: deliver_message.enqueue(message.pk), robust=True)


@task()
def deliver_message(pk: int) -> None:
    """Deliver one owed mail, unless somebody else has; runs on the queue of the settings."""
    deliver(pk)


def deliver(pk: int) -> bool:
    """Deliver one due mail; tell whether this call was the one to try it.

    Raises only when the database fails: whatever else goes wrong with one mail must not hold up
    the others. The row keeps the failure and the time of the next attempt.
    """
    message = _claim(pk=pk)
    if message is None:
        return False
    with Line() as line:
        _try(message, line)
    return True


def deliver_due(limit: int = 100, *, stop: Callable[[], bool] = lambda: False) -> int:
    """Deliver up to `limit` mails whose time has come over one connection; return how many.

    Any number of workers may do so at once. Before each mail `stop` is asked whether to end.
    Rows are claimed one by one: a worker that dies holds up one mail.
    """
    tried = 0
    with Line() as line:
        while tried < limit and not stop():
            message = _claim()
            if message is None:
                break
            _try(message, line)
            tried += 1
    return tried


def oldest_undelivered(*, held_up_by_us: bool = False) -> timedelta:
    """Return the age of the oldest mail that still waits; zero when none does.

    With `held_up_by_us`, pass over those that their own recipient's server asked to bring later:
    a full mailbox of one customer is no fault of the site.
    """
    waiting = OutboxMessage.objects.filter(state=OutboxMessage.State.WAITING)
    if held_up_by_us:
        for refusal in RECIPIENTS_REFUSALS:
            waiting = waiting.exclude(last_error__startswith=refusal.__name__)
    oldest = waiting.order_by("created_at").values_list("created_at", flat=True).first()
    return timezone.now() - oldest if oldest else timedelta(0)


def retry(message: OutboxMessage) -> bool:
    """Start over with a mail, as staff ask for it; tell whether there was anything to do.

    Failed ones, and waiting ones whose next attempt is farther away than a claim can hold: a
    mail that is being delivered at this moment is not sent twice.
    """
    now = timezone.now()
    far = Q(state=OutboxMessage.State.WAITING, due_at__gt=now + _lease())
    return bool(
        OutboxMessage.objects.filter(
            far | Q(state=OutboxMessage.State.FAILED), pk=message.pk
        ).update(state=OutboxMessage.State.WAITING, due_at=now, attempts=0, finished_at=None)
    )


def _lease() -> timedelta:
    return max(LEASE, timedelta(seconds=WAITS_A_DELIVERY * transport.timeout()))


def _claim(**which: int) -> OutboxMessage | None:
    """Take a due mail for the length of a lease; nothing when there is none for us.

    PostgreSQL locks the row and passes over those that others have locked; SQLite lets one
    writer in at a time. The moment at which the claim lapses is its mark: no other claim of this
    row has the same.
    """
    now = timezone.now()
    with transaction.atomic():
        message = (
            OutboxMessage.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("user__customer")
            .filter(state=OutboxMessage.State.WAITING, due_at__lte=now, **which)
            .order_by("due_at")
            .first()
        )
        if message is None:
            return None
        lapses_at = now + _lease()
        claimed = OutboxMessage.objects.filter(
            pk=message.pk, state=OutboxMessage.State.WAITING, due_at=message.due_at
        ).update(due_at=lapses_at, attempts=F("attempts") + 1)
    if not claimed:
        return None
    message.due_at = lapses_at
    message.attempts += 1
    return message


def _try(message: OutboxMessage, line: Line) -> None:
    """Write and send a claimed mail, and record what came of it."""
    try:
        mail = delivery.compose(message)
        if mail is not None:
            line.send(mail)
    except Exception as error:
        _record_failure(message, error)
    else:
        _finish(message, OutboxMessage.State.DROPPED if mail is None else OutboxMessage.State.SENT)


def _record_failure(message: OutboxMessage, error: Exception) -> None:
    code, words = getattr(error, "smtp_code", None), getattr(error, "smtp_error", b"")
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = max(error.recipients.values())
    message.last_error = _reason(error, code, words)
    # A refused sender, sign-in or greeting is for the operator to put right; the mail waits.
    is_permanent = isinstance(error, RECIPIENTS_REFUSALS) and code is not None and code >= 500
    logger.warning("Mail %s was not accepted: %s", message.pk, message.last_error)
    if not isinstance(error, OSError):
        # A fault of ours. The places alone: what is wrong with a value would quote the value.
        places = "".join(traceback.format_tb(error.__traceback__))
        logger.error("Mail %s could not be written:\n%s", message.pk, places)
    if is_permanent or message.attempts > len(PAUSES):
        _finish(message, OutboxMessage.State.FAILED)
        return
    due_at = timezone.now() + PAUSES[message.attempts - 1]
    _settle(message, due_at=due_at, last_error=message.last_error)


def _reason(error: Exception, code: int | None, words: bytes | str) -> str:
    """Return kind and codes of a failure; the server's own words may quote the recipient."""
    kind = type(error).__name__
    if code is None or code < 0:
        return kind
    said = words if isinstance(words, bytes) else words.encode("utf-8", "replace")
    enhanced = ENHANCED_CODE.match(said)
    return f"{kind} {code} {enhanced[0].decode()}" if enhanced else f"{kind} {code}"


def _finish(message: OutboxMessage, state: OutboxMessage.State) -> None:
    _settle(message, state=state, finished_at=timezone.now(), last_error=message.last_error)


def _settle(message: OutboxMessage, **facts: Any) -> None:
    """Record what came of an attempt, if the row still carries the mark of our claim."""
    held = OutboxMessage.objects.filter(
        pk=message.pk, state=OutboxMessage.State.WAITING, due_at=message.due_at
    )
    if not held.update(**facts):
        logger.warning("Mail %s was taken over or deleted during its delivery.", message.pk)
