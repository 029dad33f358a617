"""Make a restored database fit to be served: what it remembers is older than what happened."""

from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from accounts.mail import holding
from accounts.models import User
from accounts.services import addressed_mail
from kantor.serving import erased
from kantor.serving.sessions import end_all_sessions

BATCH = 500  # accounts that one transaction erases


@dataclass(frozen=True)
class Outcome:
    """What was done, in numbers, and of which accounts an operator has to judge himself."""

    held: int
    ended: int
    erased: int
    doubtful: list[int]


def make_fit(erased_list: Path | None) -> Outcome:
    """Hold the mails, end all sessions and erase again whoever was erased since the backup.

    Run it before the site is started; running it again does no harm. The mails come first, so that
    nothing is sent by a process that was started too early. Raises OSError when the list cannot be
    read.
    """
    held = holding.hold_all()
    ended = end_all_sessions()
    if erased_list is None:
        return Outcome(held, ended, 0, [])
    again = sum(_erase(batch) for batch in _batches(erased_list))
    living = User.objects.filter(pk__in=erased.doubtful(erased_list))
    return Outcome(held, ended, again, sorted(living.values_list("pk", flat=True)))


def _batches(erased_list: Path) -> list[list[int]]:
    """Return the accounts that are to go.

    A number is given anew after a restore: an account made after the line is somebody else's.
    """
    at = erased.certain(erased_list)
    numbers = sorted(at)
    found: list[int] = []
    for start in range(0, len(numbers), BATCH):
        rows = User.objects.filter(pk__in=numbers[start : start + BATCH])
        found += [pk for pk, made in rows.values_list("pk", "created_at") if made < at[pk]]
    return [found[start : start + BATCH] for start in range(0, len(found), BATCH)]


def _erase(numbers: list[int]) -> int:
    with transaction.atomic():
        accounts = User.objects.filter(pk__in=numbers)
        addressed_mail.forget(accounts)
        return accounts.delete()[1].get(User._meta.label, 0)
