"""Seal the audit of staff row by row, find the first broken one, and let go what has outlasted it.

Sealing is for the night: writing an event stays one INSERT that waits for nobody. What a row says
is sealed with the digest of the row before it, and the last digest goes into the log, out of reach
of whoever could count all of them anew.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta
from itertools import takewhile

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from accounts import retention
from accounts.models import NightlyFact, StaffEvent
from accounts.models.event_guard import EVENTS

logger = logging.getLogger(__name__)

# Never sooner than the database lets go.
KEPT = retention.AUDIT_LASTS
# A row gets its number before its transaction ends. By now every one of a lower number has ended:
# a request that lasts so long does not exist.
SETTLED = timedelta(minutes=10)
CHUNK = 1000  # rows that are held, or sealed in one transaction, at a time


@dataclass(frozen=True)
class Verdict:
    """What a check found: how many rows are sealed and not yet, and which was broken first."""

    sealed: int
    open: int
    is_guarded: bool
    broken: StaffEvent | None
    # The digest that was asked for is one of the chain; so nothing up to there is missing.
    is_found: bool = True

    @property
    def is_well(self) -> bool:
        return self.is_guarded and self.is_found and self.broken is None


def seal() -> int:
    """Seal the rows that are settled, each with the one before it; return how many there were.

    Of two calls at the same moment both count the same digests, and each row takes one of them.
    The number and digest of the last sealed row are logged.
    """
    last = StaffEvent.objects.exclude(digest="").order_by("-pk").first()
    settled, sealed = timezone.now() - SETTLED, 0
    while True:
        following = StaffEvent.objects.filter(pk__gt=last.pk if last else 0).order_by("pk")
        rows = list(takewhile(lambda row: row.at <= settled, following[:CHUNK]))
        with transaction.atomic():
            for row in rows:
                row.digest = row.digest_after(last.digest if last else "")
                is_open = StaffEvent.objects.filter(pk=row.pk, digest="")
                sealed += is_open.update(digest=row.digest)
                last = row
        if len(rows) < CHUNK:
            break
    if last is not None:
        facts = {"row": last.pk, "digest": last.digest, "rows": sealed}
        logger.info("audit sealed", extra=facts)
    return sealed


def check(known: str = "") -> Verdict:
    """Count all digests again up to the first that is wrong, and keep the result for `/healthz`.

    It finds a row that was changed, taken out before another, put in or moved. That the last rows
    are missing, or that all were counted anew, only a digest tells that is `known` from the log:
    it has to be one of the chain. What is left of rows that outlasted their time begins with one
    that nothing comes before: it is believed, and what follows has to follow from it.
    """
    sealed, waiting, previous, is_found = 0, 0, "", not known
    broken, first_open = None, None
    outlasted = timezone.now() - KEPT
    # One statement, so one moment: rows that are added meanwhile are not half seen.
    for row in StaffEvent.objects.order_by("pk").iterator(chunk_size=CHUNK):
        if not row.digest:
            waiting += 1
            first_open = first_open or row
            continue
        is_remainder = not sealed and row.at <= outlasted
        # Nothing is sealed over an open row: one that was put in afterwards is open.
        if first_open is not None or (
            row.digest != row.digest_after(previous) and not is_remainder
        ):
            broken = first_open or row
            break
        sealed += 1
        previous = row.digest
        is_found = is_found or row.digest == known
    verdict = Verdict(sealed, waiting, EVENTS.is_up(), broken, is_found)
    NightlyFact.record(NightlyFact.Name.CHECK_AUDIT, is_well=verdict.is_well)
    return verdict


def outlasted() -> QuerySet[StaffEvent]:
    """Return the rows whose time is over, but the last of them, from which the chain goes on.

    Only from its beginning: between two rows that are left none is taken out.
    """
    young = StaffEvent.objects.filter(at__gt=timezone.now() - KEPT).order_by("pk").first()
    old = StaffEvent.objects.filter(pk__lt=young.pk) if young else StaffEvent.objects.all()
    last = old.exclude(digest="").aggregate(last=Max("pk"))["last"]
    return StaffEvent.objects.filter(pk__lt=last or 0)
