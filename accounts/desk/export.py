"""Write customers to a file: which columns, masked or whole, as text or as a spreadsheet.

What is handed out is written down first (`StaffEvent`, action EXPORTED). Rows are read by key from
the newest account down, so a file holds every account that was there at its beginning, once, and
none that came meanwhile; neither its length nor how many there are costs memory.

A file of a task lies in EXPORT_DIR for a day (`accounts.services.export_files`), under a name that
cannot be guessed, and is handed to its author alone, as long as he has the right.
"""

import csv
import io
import logging
import os
import re
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_hex
from typing import IO, Any, Protocol

from django.conf import settings
from django.db import transaction
from django.db.models import Field, Model, QuerySet
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from accounts.desk import events, masks
from accounts.desk.decisions import Incomplete, Refused
from accounts.desk.events import Desk
from accounts.desk.overtaken import Overtaken
from accounts.desk.reasons import Export
from accounts.desk.roles import Right, may
from accounts.desk.standing import needs_second_person
from accounts.desk.states import state_by
from accounts.limits import Limit, UsedUpError
from accounts.models import Customer, ExportFile, Kind, ReviewState, StaffEvent, User
from accounts.retention import EXPORTS_LAST
from accounts.services import export_files
from accounts.values import phone

logger = logging.getLogger(__name__)

Action, State = StaffEvent.Action, ExportFile.State
Row = dict[str, Any]
Accounts = QuerySet[User]

EXPORTS = Limit("desk-exports", times=20, window=timedelta(hours=1))
BATCH = 2_000  # rows that are read, and held in memory, at once
# A sheet of the format has 2**20 rows, the first of ours are the headings.
MOST_ON_A_SHEET = 2**20 - 1
_COLUMN_WIDTH = 20  # characters

# A spreadsheet takes what begins so for a formula; the wide and the small twins too, and what
# stands behind a tab or a line break (OWASP, CSV Injection).
_SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b"
_BEGINNING = f"(?:[^\\S\t\r\n]|[\"'\ufeff\u200b])*[{_SIGNS}]"
# Where a cell begins: at its first character, and, for a spreadsheet of another language than the
# file's, behind each sign by which that one sets cells apart. Blanks and quotes may come before.
_FORMULA = re.compile(f"(\\A(?=[\t\r\n])|(?:\\A|[;,\t\r\n])(?={_BEGINNING}))")
_BEGINS_SO = re.compile(_BEGINNING)


def _label(model: type[Model], name: str) -> Promise | str:
    """Return what a column of a table is called on all pages of the desk."""
    column = model._meta.get_field(name)
    assert isinstance(column, Field)
    return column.verbose_name


_STORED = (
    *("company_name", "nip", "regon", "krs", "first_name", "last_name", "position"),
    *(
        f"{address}_{part}"
        for address in ("main", "corr")
        for part in ("street", "house_no", "flat_no", "postal_code", "city", "country")
    ),
)
_MOMENTS: dict[str, Promise | str] = {
    "created_at": _("registered at"),
    "activated_at": _("activated at"),
    "suspended_at": _("suspended at"),
    "closed_at": _label(User, "closed_at"),
    "waiting_since": _("waiting since"),
    "customer__reviewed_at": _("reviewed at"),
}
_HEADINGS: tuple[Promise | str, ...] = (
    _("number"),
    _("kind"),
    _("state"),
    _("review"),
    _("language"),
    _("e-mail address (login)"),
    _("phone: country code"),
    _("phone: number"),
    *(_label(Customer, name) for name in _STORED),
    _("source of knowledge"),
    *_MOMENTS.values(),
)
# All that is read: what is not named here (hashes, keys, notes, reasons) cannot get into a file.
_READ = (
    *("pk", "email", "language"),
    *("created_at", "activated_at", "suspended_at", "closed_at", "waiting_since"),
    *(f"customer__{name}" for name in ("kind", "review_state", "reviewed_at", "phone", *_STORED)),
    *("survey_answer__source__name_pl", "survey_answer__source__name_en"),
)


def headings() -> list[str]:
    """Return the titles of the columns in the language that is set."""
    return [str(heading) for heading in _HEADINGS]


def rows(accounts: Accounts) -> Iterator[list[Row]]:
    """Yield what is read of these accounts, BATCH at a time, the newest first.

    Each statement begins where an index finds the last number of the one before. What is
    registered meanwhile has a higher number than all that is still to be read.
    """
    asked = accounts.order_by("-pk").values(*_READ)
    last: int | None = None
    while True:
        batch = list((asked if last is None else asked.filter(pk__lt=last))[:BATCH])
        if batch:
            yield batch
        if len(batch) < BATCH:
            return
        last = batch[-1]["pk"]


class Cells:
    """Turn rows into what stands in the columns, in the language that was set when it was made."""

    def __init__(self, *, is_masked: bool) -> None:
        self.is_masked = is_masked
        language = get_language() or settings.LANGUAGE_CODE
        self.source = "survey_answer__source__name_" + ("en" if language == "en" else "pl")
        self.kinds = {value: str(label) for value, label in Kind.choices}
        self.reviews = {value: str(label) for value, label in ReviewState.choices}
        self.languages = {value: str(label) for value, label in settings.LANGUAGES}

    def of(self, row: Row) -> list[str]:
        """Return the cells of one account; moments as Warsaw's clocks have them."""
        state = state_by(row["activated_at"], row["suspended_at"], row["closed_at"])
        code, number = self._phone(row["customer__phone"] or "")
        return [
            str(row["pk"]),
            self.kinds.get(row["customer__kind"], ""),
            str(state.label),
            self.reviews.get(row["customer__review_state"], ""),
            self.languages.get(row["language"], ""),
            row["email"],
            code,
            number,
            *(self._shown(name, row[f"customer__{name}"] or "") for name in _STORED),
            row[self.source] or "",
            *(_moment(row[name]) for name in _MOMENTS),
        ]

    def _shown(self, name: str, value: str) -> str:
        return masks.masked(name, value) if self.is_masked else value

    def _phone(self, number: str) -> tuple[str, str]:
        code, national = phone.parts(number)
        if self.is_masked:
            national = masks.masked("phone", number).partition("\u00a0")[2]
        return code, national


def _moment(at: datetime | None) -> str:
    return "" if at is None else f"{localtime(at):%Y-%m-%d %H:%M:%S}"


class Sheet(Protocol):
    """A file that takes rows of cells, and is whole when it is closed."""

    def add(self, cells: Sequence[str]) -> None:
        """Write one row."""

    def close(self) -> None:
        """Write what is left; the file that was given stays open."""


class Text:
    """A file of values between quotes, in UTF-8 with the mark by which a spreadsheet knows it.

    They are set apart by what a spreadsheet of that language expects: a semicolon in Polish, whose
    comma belongs to numbers, otherwise a comma. What would be a formula begins with an apostrophe.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        delimiter = ";" if get_language() == "pl" else ","
        self.csv = csv.writer(self.text, delimiter=delimiter, quoting=csv.QUOTE_ALL)

    def add(self, cells: Sequence[str]) -> None:
        """Write one row, defused."""
        self.csv.writerow([defused(cell) for cell in cells])

    def close(self) -> None:
        """Write what is left and let go of the file."""
        self.text.detach()


class Spreadsheet:
    """A workbook of strings, each of which stays what it is; a row is written and forgotten.

    What comes after the last row of a sheet goes to another one.
    """

    def __init__(self, file: IO[bytes]) -> None:
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
            "use_zip64": True,
        }
        # Read when a sheet is written: no other process needs its 2 MiB.
        from xlsxwriter import Workbook

        # The library leaves its parts behind where it fails.
        self.parts = export_files.parts_of_one()
        self.book = Workbook(file, {**options, "tmpdir": self.parts.name})
        self.first: Sequence[str] | None = None
        self._begin()

    def add(self, cells: Sequence[str]) -> None:
        """Write one row; the first are the headings, which each sheet repeats."""
        if self.first is None:
            self.first = cells
        elif self.row > MOST_ON_A_SHEET:
            self._begin()
            self._write(self.first)
        self._write(cells)

    def close(self) -> None:
        """Put the parts together, and delete them whatever comes of it."""
        with self.parts:
            self.book.close()

    def _begin(self) -> None:
        name, number = gettext("Accounts"), len(self.book.worksheets()) + 1
        self.sheet = self.book.add_worksheet(name if number == 1 else f"{name} {number}")
        # The headings stay in sight, and words in their columns.
        self.sheet.freeze_panes(1, 0)
        self.sheet.set_column(0, len(_HEADINGS) - 1, _COLUMN_WIDTH)
        self.row = 0

    def _write(self, cells: Sequence[str]) -> None:
        for column, cell in enumerate(cells):
            if cell:
                self.sheet.write_string(self.row, column, cell)
        self.row += 1


_SHEETS: dict[str, Callable[[IO[bytes]], Sheet]] = {
    ExportFile.Format.CSV: Text,
    ExportFile.Format.XLSX: Spreadsheet,
}


def defused(cell: str) -> str:
    """Return a value that no spreadsheet takes for a formula, however the file is read.

    Also one that sets cells apart by another sign, and so finds cells inside of this one.
    """
    # Of a million rows hardly a cell is; what is asked first costs a tenth.
    is_suspect = _BEGINS_SO.match(cell) or ";" in cell or "," in cell or not cell.isprintable()
    return _FORMULA.sub(r"\1'", cell) if is_suspect else cell


def write(
    accounts: Accounts,
    file: IO[bytes],
    *,
    format_: str,
    is_masked: bool,
    tell: Callable[[int], None] = lambda written: None,
) -> int:
    """Write accounts to an open file, and return how many there were; `tell` hears how many so far.

    In the language that is set. One statement for BATCH accounts.
    """
    cells, written = Cells(is_masked=is_masked), 0
    with closing(_SHEETS[format_](file)) as sheet:
        sheet.add(headings())
        for batch in rows(accounts):
            for row in batch:
                sheet.add(cells.of(row))
            written += len(batch)
            tell(written)
    return written


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
