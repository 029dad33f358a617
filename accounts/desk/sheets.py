"""Know what stands in a file of customers: its columns, masked or whole, as text or a spreadsheet.

Rows are read by key from the newest account down, so a file holds every account that was there at
its beginning, once, and none that came meanwhile; neither its length nor how many there are costs
memory. Who may have one, and when, is the matter of `export`.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from typing import IO, Any, Protocol

from django.conf import settings
from django.db.models import Field, Model, QuerySet
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from accounts.desk import masks
from accounts.desk.states import state_by
from accounts.models import Customer, ExportFile, Kind, ReviewState, User
from accounts.services import export_files
from accounts.values import phone

Row = dict[str, Any]
Accounts = QuerySet[User]

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
