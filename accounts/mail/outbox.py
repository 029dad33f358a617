"""Write down the mails that are owed, and deliver each of them at least once.

A row is written in the transaction of what it announces and handed to the task queue after
commit. A delivery claims the row for `LEASE` by one conditional UPDATE; a claim whose worker
died lapses and the sweeper (`manage.py deliver_mail`) takes the row over.
"""

import logging
import smtplib
from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django_tasks import task

from accounts.mail import delivery
from accounts.models import OutboxMessage, User

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
# Pauses after each failed attempt; two days in all, then the mail has failed for good.
PAUSES = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360, 720, 1440))


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
    now = timezone.now()
    claimed = OutboxMessage.objects.filter(
        pk=pk, state=OutboxMessage.State.WAITING, due_at__lte=now
    ).update(due_at=now + LEASE, attempts=F("attempts") + 1)
    if not claimed:
        return False
    message = OutboxMessage.objects.select_related("user__customer").filter(pk=pk).first()
    if message is None:
        return False
    try:
        mail = delivery.compose(message)
        if mail is not None:
            mail.send()
    except Exception as error:
        _record_failure(message, error)
    else:
        _finish(message, OutboxMessage.State.DROPPED if mail is None else OutboxMessage.State.SENT)
    return True


def deliver_due(limit: int = 100) -> int:
    """Deliver up to `limit` mails whose time has come; return how many were tried."""
    due = OutboxMessage.objects.filter(
        state=OutboxMessage.State.WAITING, due_at__lte=timezone.now()
    ).order_by("due_at")
    return sum(deliver(pk) for pk in list(due.values_list("pk", flat=True)[:limit]))


def oldest_undelivered() -> timedelta:
    """Return the age of the oldest mail that still waits; zero when none does."""
    oldest = (
        OutboxMessage.objects.filter(state=OutboxMessage.State.WAITING)
        .order_by("created_at")
        .values_list("created_at", flat=True)
        .first()
    )
    return timezone.now() - oldest if oldest else timedelta(0)


def retry(message: OutboxMessage) -> None:
    """Start over with a mail that failed, as staff ask for it."""
    OutboxMessage.objects.filter(pk=message.pk).exclude(state=OutboxMessage.State.SENT).update(
        state=OutboxMessage.State.WAITING, due_at=timezone.now(), attempts=0, finished_at=None
    )


def _record_failure(message: OutboxMessage, error: Exception) -> None:
    # The server's own words may quote the recipient: keep the kind of failure and its code.
    code = getattr(error, "smtp_code", None)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = max(code for code, _ in error.recipients.values())
    message.last_error = type(error).__name__ if code is None else f"{type(error).__name__} {code}"
    # A refused sender, sign-in or greeting is for the operator to put right; the mail waits.
    is_about_the_mail = isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError)
    is_permanent = is_about_the_mail and code is not None and code >= 500
    logger.warning("Mail %s was not accepted: %s", message.pk, message.last_error)
    if is_permanent or message.attempts > len(PAUSES):
        _finish(message, OutboxMessage.State.FAILED)
        return
    OutboxMessage.objects.filter(pk=message.pk).update(
        last_error=message.last_error, due_at=timezone.now() + PAUSES[message.attempts - 1]
    )


def _finish(message: OutboxMessage, state: OutboxMessage.State) -> None:
    OutboxMessage.objects.filter(pk=message.pk).update(
        state=state, finished_at=timezone.now(), last_error=message.last_error
    )
