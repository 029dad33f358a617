"""Deliver each mail that is owed (`accounts.mail.outbox`) at least once.

A delivery claims the row for a lease; a claim whose worker died lapses and the sweeper
(`manage.py deliver_mail`) takes the row over. Who still delivers after its claim has lapsed does
not decide any more what became of the row.
"""

import logging
import re
import smtplib
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import django
from django.db import connection
from django.utils import timezone
from django_guid.context import guid

from accounts.mail import transport
from accounts.mail.compose import compose
from accounts.mail.transport import Line
from accounts.models import OutboxMessage
from accounts.statistics import counting
from accounts.statistics.counting import Name
from kantor.serving import numbers
from kantor.serving.sql import columns, read, stored

if TYPE_CHECKING or django.VERSION < (6, 0):
    from django_tasks import task
else:
    from django.tasks import task

logger = logging.getLogger(__name__)

# A claim holds at least this long, and longer than the slowest delivery: it waits for the server
# some sixteen times (two addresses, greeting, EHLO, STARTTLS, sign-in, the mail itself).
LEASE = timedelta(minutes=5)
WAITS_A_DELIVERY = 20
# A mail that was sent later than this after it was owed is counted as late.
LATE = timedelta(minutes=15)
# Pauses after each failed attempt; two days in all, then the mail has failed for good.
PAUSES = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360, 720, 1440))
# What the recipient's server says about one mail; of all else the operator is to be told.
RECIPIENTS_REFUSALS = (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError)
ENHANCED_CODE = re.compile(rb"[245]\.\d{1,3}\.\d{1,3}(?=\s|$)")


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


def lease() -> timedelta:
    """Return how long a claim holds, with the mail server's timeout of the settings."""
    return max(LEASE, timedelta(seconds=WAITS_A_DELIVERY * transport.timeout()))


def _claim(pk: int | None = None) -> OutboxMessage | None:
    """Take a due mail for the length of a lease; nothing when there is none for us.

    One UPDATE. PostgreSQL locks the row and passes over those that others have locked; SQLite lets
    one writer in at a time. The moment at which the claim lapses is its mark: no other claim of
    this row has the same.
    """
    now = timezone.now()
    lock = "FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update else ""
    claimed = read(
        OutboxMessage,
        f"""
        UPDATE accounts_outboxmessage SET due_at = %s, attempts = attempts + 1 WHERE id = (
            SELECT id FROM accounts_outboxmessage
            WHERE state = %s AND due_at <= %s {"" if pk is None else "AND id = %s"}
            ORDER BY due_at LIMIT 1 {lock}
        ) RETURNING {columns(OutboxMessage, "accounts_outboxmessage")}
        """,  # noqa: S608  placeholders only
        [
            stored(now + lease()),
            OutboxMessage.State.WAITING.value,
            stored(now),
            *([] if pk is None else [pk]),
        ],
    )
    return claimed[0] if claimed else None


def _try(message: OutboxMessage, line: Line) -> None:
    """Write and send a claimed mail, and record what came of it.

    What is logged of it carries the id of the request that owed it.
    """
    with _following(message.asked_in):
        _send(message, line)


@contextmanager
def _following(request_id: str) -> Iterator[None]:
    before = guid.set(request_id or None)
    try:
        yield
    finally:
        guid.reset(before)


def _send(message: OutboxMessage, line: Line) -> None:
    try:
        mail = compose(message)
        if mail is not None:
            line.send(mail)
    except Exception as error:
        _record_failure(message, error)
    else:
        _finish(message, OutboxMessage.State.DROPPED if mail is None else OutboxMessage.State.SENT)
        logger.info("mail dropped" if mail is None else "mail sent", extra={"mail": message.pk})


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
    numbers.DELIVERIES.add(outcome="put_off")
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
    now = timezone.now()
    if _settle(message, state=state, finished_at=now, last_error=message.last_error):
        counting.add(Name.MAIL, message.kind, state.value)
        if state is OutboxMessage.State.SENT and now - message.created_at > LATE:
            counting.add(Name.MAIL, message.kind, "late")
    numbers.DELIVERIES.add(outcome=state.value)


def _settle(message: OutboxMessage, **facts: str | datetime) -> bool:
    """Record what came of an attempt, if the row still carries the mark of our claim; tell that.

    `facts` are columns and their values; one UPDATE.
    """
    values = [stored(each) if isinstance(each, datetime) else str(each) for each in facts.values()]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE accounts_outboxmessage SET {", ".join(f"{column} = %s" for column in facts)}
            WHERE id = %s AND state = %s AND due_at = %s
            """,  # noqa: S608  names of ours, and placeholders
            [*values, message.pk, OutboxMessage.State.WAITING.value, stored(message.due_at)],
        )
        is_held = bool(cursor.rowcount)
    if not is_held:
        logger.warning("Mail %s was taken over or deleted during its delivery.", message.pk)
    return is_held
