"""Turn a finished form into a pending account, once; put it right or forget it again."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts import consents
from accounts.limits import Limit, undone_on_failure
from accounts.mail import outbox
from accounts.models import ConsentRecord, Customer, OutboxMessage, User
from accounts.services import addressed_mail, allowance, ledger
from accounts.services.allowance import Purpose
from accounts.statistics import counting
from accounts.statistics.counting import Name
from accounts.values import email as email_address

PURGE_BATCH = 500  # accounts that one transaction deletes, each with half a dozen rows


def register(
    *,
    attempt: UUID,
    kind: str,
    answers: Mapping[str, str],
    password_hash: str,
    given: Mapping[str, bool],
    language: str,
    network: str,
    finishes: Limit | None = None,
    versions: Mapping[str, str] | None = None,
    at: datetime | None = None,
    seconds: int | None = None,
) -> User:
    """Make the pending account of this attempt, its customer, consents and activation mail.

    All or nothing, in one transaction. Idempotent: a second call for the same attempt, even at
    the same moment, returns the account of the first and sends nothing. Whether the address
    already has an account is not asked here, so the work is the same; the mail decides. An
    address that was written to too often gets no mail (`allowance`); a later link can be asked for.
    `answers` are canonical values by the names of the customer's fields, and `email`; `network` is
    where the form was finished, for counting; `at` is when, if not now. `seconds` is how long the
    form took, if that is known. `versions` are those of
    documents that were shown, by the keys of their declarations, if not those in force now.
    `finishes` says how many one network may finish; limits.UsedUpError is raised for one too many,
    and nothing is written. A second call for an attempt does not count.
    """
    now = at or timezone.now()
    data = dict(answers)
    user = User(attempt=attempt, email=data.pop("email"), password=password_hash, language=language)
    user.created_at = now
    put = [
        consents.of_version(each, (versions or {}).get(each.key) or each.version)
        for each in consents.asked_of(kind)
    ]
    try:
        with undone_on_failure(), transaction.atomic():
            # First: a second click waits here for the first one, and counts nothing after it.
            if not User.objects.insert_once(user):
                raise _RegisteredAlreadyError
            # What is refused leaves nothing written, and its count is undone with it.
            may_write = allowance.ask_first_link(
                email_address.normalise(user.email), network, finishes
            )
            Customer(user=user, kind=kind, filled_in_seconds=seconds, **data).insert()
            ledger.begin(
                ConsentRecord(
                    user=user,
                    key=consent.key,
                    version=consent.version,
                    text_hash=consents.text_hash(consent, language),
                    language=language,
                    given=given[consent.key],
                    channel=ConsentRecord.Channel.REGISTRATION,
                    recorded_at=now,
                )
                for consent in put
            )
            if may_write:
                outbox.put(OutboxMessage.Kind.REGISTRATION, user, link_serial=user.link_serial)
    except _RegisteredAlreadyError:
        existing = find_by_attempt(attempt)
        if existing is None:  # the purge, or "To nie ja", came in between
            raise
        return existing
    counting.add(Name.REGISTERED, kind=kind, language=language)
    return user


class _RegisteredAlreadyError(Exception):
    """The attempt has become an account; raised before anything is counted for this call."""


def find_by_attempt(attempt: UUID) -> User | None:
    """Return the account that this attempt became, if it did and still exists."""
    return User.objects.filter(attempt=attempt).first()


def resend_wait(user: User, asked: Purpose = Purpose.SEND_AGAIN) -> timedelta:
    """Return how long the owner of this address has to wait for another link; zero when none."""
    return allowance.wait(asked, user.email_key)


def resend_link(user: User, asked: Purpose | None = Purpose.SEND_AGAIN) -> bool:
    """Send a pending account a new link, which ends the older ones; tell whether it was allowed.

    Limited by mailbox, whichever account and whoever asks; `asked` tells an acquaintance, and None
    an officer who overrides the limits.
    """
    if not user.is_pending or (asked and allowance.ask(asked, user.email_key)):
        return False
    with transaction.atomic():
        changed = User.objects.filter(pk=user.pk, activated_at=None, suspended_at=None).update(
            link_serial=F("link_serial") + 1
        )
        if changed:
            user.refresh_from_db(fields=["link_serial"])
            outbox.put(OutboxMessage.Kind.REGISTRATION, user, link_serial=user.link_serial)
    return bool(changed)


def forgotten() -> QuerySet[User]:
    """Return the pending accounts whose last link ended PENDING_ACCOUNT_DAYS ago.

    A link sent again counts from its own mail.
    """
    lifetime = timedelta(hours=settings.ACTIVATION_LINK_HOURS, days=settings.PENDING_ACCOUNT_DAYS)
    since = timezone.now() - lifetime
    # The link's time runs from its delivery, which may be days after the mail was owed.
    reminded = OutboxMessage.objects.filter(
        Q(created_at__gte=since) | Q(finished_at__gte=since), user=OuterRef("pk")
    )
    return User.objects.filter(
        ~Exists(reminded), activated_at=None, is_staff=False, created_at__lt=since
    )


def purge() -> int:
    """Delete the forgotten accounts; return how many.

    Rows are locked before they are deleted, so an activation at that moment keeps its account;
    PURGE_BATCH of them in one transaction.
    """
    deleted = 0
    rest = forgotten().order_by("created_at", "pk")
    while True:
        with transaction.atomic():
            locked = list(rest.select_for_update().values_list("pk", "created_at")[:PURGE_BATCH])
            if not locked:
                return deleted
            keys = [pk for pk, _created_at in locked]
            addressed_mail.forget(User.objects.filter(pk__in=keys))
            deleted += User.objects.filter(pk__in=keys).delete()[1].get(User._meta.label, 0)
        # The older accounts are active ones: not to be looked at again by the next batch.
        rest = rest.filter(created_at__gte=locked[-1][1])
