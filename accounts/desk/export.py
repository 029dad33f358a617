"""Say who may have customers written to a file, have it written, and hand it out.

What is handed out is written down first (`StaffEvent`, action EXPORTED). What stands in the file
is the matter of `sheets`.

A file of a task lies in EXPORT_DIR for a day (`accounts.services.export_files`), under a name that
cannot be guessed, and is handed to its author alone, as long as he has the right.
"""

import logging
import os
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from secrets import token_hex
from typing import IO, Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import get_language

from accounts.desk import events
from accounts.desk.decisions import Incomplete, Refused
from accounts.desk.events import Desk
from accounts.desk.overtaken import Overtaken
from accounts.desk.reasons import Export
from accounts.desk.roles import Right, may
from accounts.desk.sheets import Accounts, write
from accounts.desk.standing import needs_second_person
from accounts.limits import Limit, UsedUpError
from accounts.models import ExportFile, StaffEvent, User
from accounts.retention import EXPORTS_LAST
from accounts.services import export_files

logger = logging.getLogger(__name__)

Action, State = StaffEvent.Action, ExportFile.State

EXPORTS = Limit("desk-exports", times=20, window=timedelta(hours=1))


@dataclass(frozen=True)
class Order:
    """What a member of staff wants written: how, and which filters and search found it."""

    format: str
    is_masked: bool = True
    reason: str = ""
    filters: dict[str, str] = field(default_factory=dict)
    found: list[int] | None = None


def right_to(*, is_masked: bool) -> Right:
    """Return the right that a masked, or a whole, export needs: to order it and to fetch it."""
    return Right.EXPORT_MASKED if is_masked else Right.EXPORT_UNMASKED


def order(order: Order, accounts: Accounts, *, desk: Desk) -> IO[bytes] | ExportFile:
    """Write these accounts at once and return the file; or return what a task is to write.

    At once go EXPORT_AT_ONCE accounts at most, and nothing that waits for a second person. The
    file has no name in any folder: it is gone when it is closed.

    Raises `Refused` for who may not, `Incomplete` when whole values lack a reason, `UsedUpError`
    after 20 in an hour, and OSError when EXPORT_DIR cannot be written.
    """
    if not may(desk.user, right_to(is_masked=order.is_masked)):
        raise Refused("not offered")
    if order.format not in ExportFile.Format.values:
        raise Refused("no such format")
    if not order.is_masked and order.reason not in Export.values:
        raise Incomplete("reason")
    # Counted for good, also when what follows fails.
    if not EXPORTS.hit(str(desk.user.pk)):
        raise UsedUpError(EXPORTS.wait(str(desk.user.pk)))
    if not order.is_masked and needs_second_person():
        with transaction.atomic():
            proposed = _ordered(order, desk, State.PROPOSED)
            _record(proposed, Action.PROPOSED, desk)
        return proposed
    if accounts.order_by()[: settings.EXPORT_AT_ONCE + 1].count() > settings.EXPORT_AT_ONCE:
        with transaction.atomic():
            ordered = _ordered(order, desk, State.WAITING)
            _record(ordered, Action.EXPORTED, desk, ordered=True)
        return ordered
    file = tempfile.TemporaryFile(dir=export_files.parts())  # noqa: SIM115  the answer closes it
    try:
        format_ = order.format
        count = write(accounts, file, format_=format_, is_masked=order.is_masked)
        after = {
            "kind": format_,
            "count": count,
            "masked": order.is_masked,
            "filters": order.filters,
            "searched": order.found is not None,
        }
        reason = "" if order.is_masked else order.reason
        events.record(desk, Action.EXPORTED, reason=reason, after=after)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def _ordered(order: Order, desk: Desk, state: str) -> ExportFile:
    return ExportFile.objects.create(
        author=desk.user,
        session=desk.session,
        network=desk.network,
        format=order.format,
        is_masked=order.is_masked,
        reason="" if order.is_masked else order.reason,
        language=get_language() or settings.LANGUAGE_CODE,
        filters=order.filters,
        found=order.found,
        state=state,
        ends_at=timezone.now() + EXPORTS_LAST,
    )


class _GoneError(Exception):
    """The file was deleted, or withdrawn, while it was written."""


def make(number: int, accounts_of: Callable[[ExportFile], Accounts]) -> None:
    """Write the file of this number, unless somebody else does or has; what fails is written down.

    `accounts_of` finds what was ordered. The row says every BATCH accounts how far it is.
    """
    now = timezone.now()
    waiting = ExportFile.objects.filter(pk=number, state=State.WAITING, ends_at__gt=now)
    if not waiting.update(state=State.RUNNING, heard_at=now):
        return
    file = ExportFile.objects.select_related("author").filter(pk=number).first()
    if file is None:
        return
    if not may(file.author, right_to(is_masked=file.is_masked)):
        file.delete()
        return
    name = f"export-{file.pk}-{token_hex(16)}.{file.format}"
    # Known before there is a file: whoever takes the row away takes the file along, also one that
    # a killed process has left half written.
    if not ExportFile.objects.filter(pk=number, state=State.RUNNING).update(name=name):
        return
    try:
        with translation.override(file.language):
            written = _write_file(file, accounts_of(file), name)
        _finish(file, written)
    except _GoneError:
        export_files.delete(name)
    except Exception as error:
        # The places alone: what is wrong with a value would quote the value.
        places = "".join(traceback.format_tb(error.__traceback__))
        logger.error("Export %s failed (%s):\n%s", file.pk, type(error).__name__, places)
        export_files.delete(name)
        ExportFile.objects.filter(pk=file.pk).update(state=State.FAILED, name="")


def _write_file(file: ExportFile, accounts: Accounts, name: str) -> int:
    row = ExportFile.objects.filter(pk=file.pk, state=State.RUNNING)
    row.update(total=accounts.order_by().count())

    def tell(written: int) -> None:
        if not row.update(written=written, heard_at=timezone.now()):
            raise _GoneError

    # Neither readable by others nor there already.
    with open(export_files.folder() / name, "xb", opener=_private) as opened:
        return write(accounts, opened, format_=file.format, is_masked=file.is_masked, tell=tell)


def _finish(file: ExportFile, written: int) -> None:
    desk = Desk(file.author, session=file.session, network=file.network)
    with transaction.atomic():
        ready = ExportFile.objects.filter(pk=file.pk, state=State.RUNNING).update(
            state=State.READY,
            written=written,
            ends_at=timezone.now() + EXPORTS_LAST,
        )
        if not ready:
            raise _GoneError
        _record(file, Action.EXPORTED, desk, count=written)


def mine(by: User) -> QuerySet[ExportFile]:
    """Return the exports of this person that are not over."""
    return ExportFile.objects.filter(author=by, ends_at__gt=timezone.now())


def for_second(by: User) -> QuerySet[ExportFile]:
    """Return the proposed exports of others, which this person may answer."""
    if not may(by, Right.EXPORT_UNMASKED):
        return ExportFile.objects.none()
    waiting = ExportFile.objects.filter(state=State.PROPOSED, ends_at__gt=timezone.now())
    return waiting.exclude(author=by).select_related("author").order_by("pk")


def hand_out(file: ExportFile, *, desk: Desk) -> IO[bytes]:
    """Open a ready file for its author; one row of the audit.

    Raises `Refused` for anybody else, for who has lost the right and after its time, and
    FileNotFoundError when it is not on this machine.
    """
    is_allowed = may(desk.user, right_to(is_masked=file.is_masked))
    is_over = file.state != State.READY or file.ends_at <= timezone.now()
    if file.author_id != desk.user.pk or not is_allowed or is_over:
        raise Refused("not offered")
    opened = open(export_files.folder() / file.name, "rb")  # noqa: SIM115  the answer closes it
    _record(file, Action.EXPORTED, desk, count=file.written, downloaded=True)
    return opened


def confirm(number: int, *, desk: Desk) -> ExportFile:
    """Let the task write what another officer proposed, and return it.

    Raises `Refused` for who may not, and for one's own; `Overtaken` when it waits no more.
    """
    with transaction.atomic():
        file = _proposed(number, desk)
        if file.author_id == desk.user.pk:
            raise Refused("one's own")
        file.state, file.confirmed_by = State.WAITING, desk.user
        file.heard_at = timezone.now()
        file.ends_at = file.heard_at + EXPORTS_LAST
        file.save(update_fields=["state", "confirmed_by", "heard_at", "ends_at"])
        _record(file, Action.CONFIRMED, desk)
    return file


def send_back(number: int, *, desk: Desk) -> None:
    """Refuse what another officer proposed. Raises as `confirm`."""
    with transaction.atomic():
        file = _proposed(number, desk)
        if file.author_id == desk.user.pk:
            raise Refused("one's own")
        _record(file, Action.RETURNED, desk)
        file.delete()


def drop(number: int, *, desk: Desk) -> None:
    """Delete an export of one's own, its file too; one that is gone already is no fault.

    One that a task writes is given up; the row of the audit says what was deleted, and how far.
    """
    with transaction.atomic():
        own = ExportFile.objects.select_for_update().filter(author=desk.user, pk=number).first()
        if own is None:
            return
        if own.state == State.PROPOSED:
            _record(own, Action.WITHDRAWN, desk)
        else:
            _record(own, Action.EXPORTED, desk, count=own.written, deleted=True)
        export_files.delete(own.name)
        own.delete()


def _proposed(number: int, desk: Desk) -> ExportFile:
    if not may(desk.user, Right.EXPORT_UNMASKED):
        raise Refused("not offered")
    waiting = ExportFile.objects.select_for_update().filter(
        pk=number, state=State.PROPOSED, ends_at__gt=timezone.now()
    )
    file = waiting.first()
    if file is None:
        raise Overtaken
    return file


def _record(file: ExportFile, action: StaffEvent.Action, desk: Desk, **facts: Any) -> None:
    after = {
        "export": file.pk,
        "kind": file.format,
        "masked": file.is_masked,
        "filters": file.filters,
        "searched": file.found is not None,
        **facts,
    }
    events.record(desk, action, reason=file.reason, after=after)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)
