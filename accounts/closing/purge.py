"""Do what is left of a closing once it is final, as the table of retention says it.

An account that cannot be reopened any more is deleted with everything about it. One whose customer
we had approved stays blocked, without what only served to open it, until the law lets it go. Staff
may have suspended it meanwhile: that stops its owner, not its time. An account of staff is never
taken.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from accounts import retention
from accounts.models import (
    AccountSession,
    AuthenticatorApp,
    Passkey,
    RecoveryCode,
    ReviewState,
    SurveyAnswer,
    User,
)

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
# No hash: nothing opens it, and comparing takes as long as with one.
NO_PASSWORD = "!"  # noqa: S105  the mark of Django's hashers

_APPROVED = Q(customer__review_state=ReviewState.APPROVED)


def not_approved() -> QuerySet[User]:
    """Return the accounts that are to be deleted as soon as they cannot be reopened."""
    return _closed_for(retention.REOPENING_LASTS).filter(~_APPROVED)


def to_block() -> QuerySet[User]:
    """Return the accounts that stay, but still have what nobody needs any more."""
    kept = _closed_for(retention.REOPENING_LASTS).filter(_APPROVED)
    return kept.exclude(password=NO_PASSWORD)


def outlasted() -> QuerySet[User]:
    """Return the accounts that were blocked as long as the law asks."""
    return _closed_for(retention.BLOCKED_LASTS).filter(_APPROVED)


def delete(accounts: Callable[[], QuerySet[User]]) -> int:
    """Delete these accounts whole, batch by batch; return how many.

    Their consents go with them, the one way that the database lets them go.
    """
    return _by_batches(accounts, lambda batch: batch.delete())


def block() -> int:
    """Forget of the accounts that stay what only served to open them; return how many."""
    return _by_batches(to_block, _forget)


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
            keys = list(locked.values_list("pk", flat=True)[:BATCH])
            if not keys:
                return done
            carry_out(User.objects.filter(pk__in=keys))
            done += len(keys)
