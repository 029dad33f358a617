"""Do what is left of a closing once it is final, as the table of retention says it.

An account that cannot be reopened any more is deleted with everything about it. One whose customer
we have ever approved stays blocked, without what only served to open it, until the law lets it go,
and is then anonymised. One on hold loses nothing but what served to open it. Staff may have
suspended it meanwhile: that stops its owner, not its time. An account of staff is never taken.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from accounts import retention
from accounts.closing import anonymise
from accounts.closing.anonymise import NO_PASSWORD
from accounts.models import (
    AccountSession,
    AuthenticatorApp,
    Passkey,
    RecoveryCode,
    SurveyAnswer,
    User,
)
from accounts.services import addressed_mail, relationship

BATCH = 500  # accounts of one transaction, each with half a dozen rows

# What is forgotten by the table of retention; the password goes as well. The app first, as
# everywhere: two calls must not wait for each other.
FORGOTTEN: Sequence[type[Model]] = (
    AuthenticatorApp,
    RecoveryCode,
    Passkey,
    AccountSession,
    SurveyAnswer,
)


def not_approved() -> QuerySet[User]:
    """Return the accounts that are to be deleted as soon as they cannot be reopened."""
    return (
        _closed_for(retention.REOPENING_LASTS)
        .exclude(relationship.existed())
        .exclude(relationship.held())
    )


def to_block() -> QuerySet[User]:
    """Return the accounts that stay, but still have what nobody needs any more."""
    kept = _closed_for(retention.REOPENING_LASTS)
    return kept.filter(relationship.existed() | relationship.held()).exclude(password=NO_PASSWORD)


def outlasted() -> QuerySet[User]:
    """Return the accounts that were blocked as long as the law asks, and are not yet anonymous."""
    return (
        _closed_for(retention.BLOCKED_LASTS)
        .filter(relationship.existed(), anonymised_at=None)
        .exclude(relationship.held())
    )


def delete(accounts: Callable[[], QuerySet[User]]) -> int:
    """Delete these accounts whole, batch by batch; return how many.

    Their consents go with them, the one way that the database lets them go.
    """
    return _by_batches(accounts, _delete)


def block() -> int:
    """Forget of the accounts that stay what only served to open them; return how many."""
    return _by_batches(to_block, _forget)


def anonymise_outlasted(told: Callable[[int], object]) -> int:
    """Anonymise the accounts whose time is over, batch by batch; return how many.

    `told` is called with the number of each, in the transaction that does it.
    """

    def carry_out(batch: QuerySet[User]) -> None:
        anonymise.carry_out(batch)
        for number in batch.order_by("pk").values_list("pk", flat=True):
            told(number)

    return _by_batches(outlasted, carry_out)


def _delete(batch: QuerySet[User]) -> None:
    addressed_mail.forget(batch)
    batch.delete()


def _forget(batch: QuerySet[User]) -> None:
    for model in FORGOTTEN:
        model._default_manager.filter(user__in=batch).delete()
    batch.update(password=NO_PASSWORD, passkey_handle=None)


def _closed_for(time: timedelta) -> QuerySet[User]:
    return User.objects.filter(closed_at__lte=timezone.now() - time, is_staff=False)


def _by_batches(
    accounts: Callable[[], QuerySet[User]], carry_out: Callable[[QuerySet[User]], object]
) -> int:
    """Lock and judge once more before anything is done: two runs at once do it once."""
    done = 0
    while True:
        with transaction.atomic():
            locked = accounts().select_for_update(of=("self",)).order_by("closed_at", "pk")
            seen = list(locked.values_list("pk", flat=True)[:BATCH])
            if not seen:
                return done
            # Whoever has waited for a lock reads other tables as they were before it: a hold that
            # was set meanwhile is seen by a statement of its own.
            keys = list(accounts().filter(pk__in=seen).values_list("pk", flat=True))
            carry_out(User.objects.filter(pk__in=keys))
            done += len(keys)
