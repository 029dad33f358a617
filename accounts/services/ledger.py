"""Add consents to the ledger of an account, each sealed with the one before; find a broken row."""

from collections.abc import Iterable
from dataclasses import dataclass

from accounts.models import ConsentRecord, NightlyFact
from accounts.models.consent_guard import CONSENTS
from kantor.serving import sql

CHUNK = 2000  # rows that the check holds at a time


@dataclass(frozen=True)
class Verdict:
    """What a check found: how many rows it read, and what was broken first, if anything."""

    rows: int
    is_guarded: bool
    broken: ConsentRecord | None

    @property
    def is_well(self) -> bool:
        return self.is_guarded and self.broken is None


def begin(records: Iterable[ConsentRecord]) -> None:
    """Add the first rows of an account that this transaction made; nothing came before them."""
    _add(records, after="")


def append(record: ConsentRecord) -> None:
    """Add one row to an account; the caller's transaction holds the lock on the account's row.

    Without that lock two rows could follow the same one.
    """
    rows = ConsentRecord.objects.filter(user=record.user_id)
    last = rows.order_by("-pk").values_list("digest", flat=True).first()
    _add([record], after=last or "")


def verify() -> Verdict:
    """Count all digests again up to the first that is wrong, and keep the result for `/healthz`.

    Accounts by number, rows in the order in which they were added. It finds a row that was
    changed, taken out before another, put in or moved. That an account's last rows are missing,
    or that all were counted anew, only the receipts tell that customers have by mail.
    """
    rows, broken = 0, None
    account, previous = None, ""
    # One statement, so one moment: rows that are added meanwhile are not half seen.
    for record in ConsentRecord.objects.order_by("user_id", "pk").iterator(chunk_size=CHUNK):
        if record.user_id != account:
            account, previous = record.user_id, ""
        rows += 1
        if record.digest != record.digest_after(previous):
            broken = record
            break
        previous = record.digest
    verdict = Verdict(rows, CONSENTS.is_up(), broken)
    NightlyFact.record(NightlyFact.Name.VERIFY_CONSENTS, is_well=verdict.is_well)
    return verdict


def _add(records: Iterable[ConsentRecord], *, after: str) -> None:
    sealed = []
    for record in records:
        record.digest = after = record.digest_after(after)
        sealed.append(record)
    sql.insert(*sealed)
