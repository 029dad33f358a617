"""Write down the mails that are owed, in the transaction of what they announce.

The row is handed to the task queue after commit; `accounts.mail.delivery` takes it from there.
"""

from dataclasses import asdict
from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone
from django_guid import get_guid

from accounts.mail import delivery
from accounts.models import AccountEvent, DataChange, DataRequest, EmailChange, OutboxMessage, User
from accounts.values.visit import Visit
from kantor.serving import sql


def put(
    kind: OutboxMessage.Kind,
    user: User,
    *,
    link_serial: int = 0,
    about: AccountEvent | None = None,
    request: DataRequest | None = None,
    version: str = "",
    reason: str = "",
    change: EmailChange | None = None,
    correction: DataChange | None = None,
    recipient: str = "",
) -> None:
    """Owe this account a mail; call it in the transaction of what the mail announces.

    `about` is the event that it tells of: when that was, from which browser and where;
    `request` the one that was received or decided, `version` that of the terms, `reason` the code
    of one that is told, `change` the one of the e-mail address, whose mails go to a `recipient`
    who need not be the account's own address, `correction` the change of the details that staff
    made.
    """
    _put(
        OutboxMessage(
            kind=kind,
            user=user,
            recipient=recipient or user.email,
            language=user.language,
            link_serial=link_serial,
            about=about,
            request=request,
            terms_version=version,
            reason=reason,
            change=change,
            correction=correction,
        )
    )


def put_to_address(
    kind: OutboxMessage.Kind, recipient: str, language: str, *, visit: Visit | None = None
) -> OutboxMessage:
    """Owe an address a mail before anybody knows whether it has an account; return its row.

    `visit` is from where it was asked for, where the mail is to say so.
    """
    asked_from = None if visit is None else asdict(visit)
    message = OutboxMessage(
        kind=kind, recipient=recipient, language=language, asked_from=asked_from
    )
    _put(message)
    return message


def _put(message: OutboxMessage) -> None:
    domain = settings.BASE_URL.partition("//")[2].partition(":")[0]
    message.message_id = f"<{uuid4().hex}@{domain}>"
    message.asked_in = (get_guid() or "")[:36]
    sql.insert(message)
    # Robust: a queue that is down must not undo or fail what has just been committed; the
    # sweeper finds the row.
    transaction.on_commit(lambda: delivery.deliver_message.enqueue(message.pk), robust=True)


def drop(user: User) -> None:
    """Let go of the mails that wait for this account: they speak of what is over; one UPDATE.

    What goes to another mailbox, as the word to the one that was given up, is still owed. One that
    is being delivered at this moment may still go out.
    """
    waiting = OutboxMessage.objects.filter(user=user, state=OutboxMessage.State.WAITING)
    waiting.filter(recipient=user.email).update(
        state=OutboxMessage.State.DROPPED, finished_at=timezone.now()
    )


def oldest_undelivered(*, held_up_by_us: bool = False) -> timedelta:
    """Return the age of the oldest mail that still waits; zero when none does.

    With `held_up_by_us`, pass over those that their own recipient's server asked to bring later:
    a full mailbox of one customer is no fault of the site.
    """
    waiting = OutboxMessage.objects.filter(state=OutboxMessage.State.WAITING)
    if held_up_by_us:
        for refusal in delivery.RECIPIENTS_REFUSALS:
            waiting = waiting.exclude(last_error__startswith=refusal.__name__)
    oldest = waiting.order_by("created_at").values_list("created_at", flat=True).first()
    return timezone.now() - oldest if oldest else timedelta(0)


# How long mails may have waited, by name; what is older has the last one.
AGES = {
    "under_1_minute": timedelta(minutes=1),
    "under_10_minutes": timedelta(minutes=10),
    "under_30_minutes": timedelta(minutes=30),
    "older": timedelta.max,
}


def waiting() -> dict[tuple[str, str], int]:
    """Return how many mails wait, by whether they are due now or later, and by age; one SELECT.

    Later are those that somebody delivers at this moment, and those that rest after a failure.
    """
    now = timezone.now()
    counts = {}
    bounds = [now, *(now - age for age in list(AGES.values())[:-1])]
    for (name, newer), older in zip(
        zip(AGES, bounds, strict=True), [*bounds[1:], None], strict=True
    ):
        of_age = Q(created_at__lte=newer) if name != "under_1_minute" else Q()
        of_age &= Q() if older is None else Q(created_at__gt=older)
        counts[f"due__{name}"] = Count("pk", filter=of_age & Q(due_at__lte=now))
        counts[f"later__{name}"] = Count("pk", filter=of_age & Q(due_at__gt=now))
    found = OutboxMessage.objects.filter(state=OutboxMessage.State.WAITING).aggregate(**counts)
    return {(key.partition("__")[0], key.partition("__")[2]): n for key, n in found.items()}


def retry(message: OutboxMessage) -> bool:
    """Start over with a mail, as staff ask for it; tell whether there was anything to do.

    Failed ones, and waiting ones whose next attempt is farther away than a claim can hold: a
    mail that is being delivered at this moment is not sent twice.
    """
    now = timezone.now()
    far = Q(state=OutboxMessage.State.WAITING, due_at__gt=now + delivery.lease())
    return bool(
        OutboxMessage.objects.filter(
            far | Q(state=OutboxMessage.State.FAILED), pk=message.pk
        ).update(state=OutboxMessage.State.WAITING, due_at=now, attempts=0, finished_at=None)
    )
