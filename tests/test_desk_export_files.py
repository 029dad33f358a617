"""Files of exports where something goes wrong: a crash, an erasure, a full disk, a dismissal."""

import csv
import errno
import io
import os
from pathlib import Path
from typing import Any
from unittest import mock

from django.core.management import call_command
from django.test import Client, SimpleTestCase
from hypothesis import example, given
from hypothesis import strategies as st

from accounts.admin.export import make_file
from accounts.desk import export, sheets, standing
from accounts.desk.decisions import Refused
from accounts.desk.events import Desk
from accounts.desk.export import Order
from accounts.models import ExportFile, Kind, User
from accounts.models.export import SILENCE
from accounts.sessions import factor
from tests.clock import later
from tests.desk import LIST, sit_down
from tests.factories import activated, clerk
from tests.test_desk_export import EXPORTS, WHOLE, ExportTestCase, exported, table

SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b"


class CellTests(SimpleTestCase):
    """What a spreadsheet finds that sets cells apart by another sign than the file."""

    def pieces(self, line: str) -> list[str]:
        """Return all that any reader might take for a cell."""
        found = []
        for delimiter in ";,\t":
            found += line.split(delimiter)
            found += [cell for row in csv.reader(line.splitlines(), delimiter=delimiter)
                      for cell in row]  # fmt: skip
        return found

    @given(st.lists(st.text(f";,\"' a1{SIGNS}\t\r\n\ufeff", max_size=12), min_size=1, max_size=3))
    @example(["Alfa;=1+1;x"])
    @example(["Alfa,=1+1,x"])
    @example(['Alfa"; "=1+1'])
    @example(["\u00a0=1"])
    @example(["a\r\n-1"])
    def test_is_no_formula_either(self, cells: list[str]) -> None:
        file = io.BytesIO()
        text = sheets.Text(file)
        text.add(cells)
        text.close()
        line = file.getvalue().decode("utf-8-sig")
        for piece in self.pieces(line):
            assert not piece.strip(' "\r\n\u00a0\ufeff').startswith(tuple(SIGNS)), (piece, line)

    def test_is_left_as_it_is_where_there_is_none(self) -> None:
        for cell in ("", "Kowalska-Nowak", "ul. Długa 5, m. 3", "a=b", "2026-11-29T10:00:00+01:00"):
            assert sheets.defused(cell) == cell


class HalfWrittenTests(ExportTestCase):
    """A process that was killed leaves a row that is running, and half a file."""

    def setUp(self) -> None:
        super().setUp()
        for _number in range(3):
            activated()

    def killed(self, format_: str = "csv") -> ExportFile:
        with self.by_task():
            file = export.order(Order(format_), User.objects.all(), desk=Desk(self.staff))
        assert isinstance(file, ExportFile)
        with (
            mock.patch.object(sheets.Cells, "of", side_effect=KeyboardInterrupt),
            self.assertRaises(KeyboardInterrupt),
        ):
            make_file.call(file.pk)
        file.refresh_from_db()
        assert file.state == "running"
        assert self.files() == [file.name]
        return file

    def test_goes_with_its_row(self) -> None:
        for format_ in ("csv", "xlsx"):
            file = self.killed(format_)
            assert self.client.get(f"{EXPORTS}{file.pk}/file/").status_code == 403
            self.client.post(f"{EXPORTS}{file.pk}/delete/")
            assert self.files() == []

    def test_goes_with_whoever_is_erased(self) -> None:
        self.killed()
        with self.captureOnCommitCallbacks(execute=True):
            standing.erase(activated(), "request", desk=Desk(self.staff))
        assert self.files() == []

    def test_goes_when_its_time_is_over(self) -> None:
        self.killed()
        with later(hours=24, minutes=1):
            call_command("purge_registrations", stdout=io.StringIO())
        assert self.files() == []


class PartsTests(ExportTestCase):
    """A spreadsheet is put together of parts, which are as secret as the whole."""

    def test_are_gone_when_the_disk_is_full(self) -> None:
        activated()
        full = OSError(errno.ENOSPC, "No space left on device")
        for at in ("xlsxwriter.Workbook.close", "accounts.desk.sheets.Cells.of"):
            with mock.patch(at, side_effect=full):
                answer = self.client.post(f"{LIST}export/", {"format": "xlsx"}, follow=True)
            self.assertContains(answer, "Nie udało się zapisać pliku.")
            assert self.files() == []
        assert exported() == []

    def test_of_a_killed_process_go_with_whoever_is_erased_once_they_are_silent(self) -> None:
        for name in ("old", "new"):
            folder = self.folder / "parts" / f"book-{name}"
            folder.mkdir(parents=True)
            (folder / "tmp").write_text("x")
        silence = SILENCE.total_seconds() + 1
        silent_since = (self.folder / "parts" / "book-old").stat().st_mtime - silence
        os.utime(self.folder / "parts" / "book-old", (silent_since, silent_since))
        with self.captureOnCommitCallbacks(execute=True):
            standing.erase(activated(), "request", desk=Desk(self.staff))
        assert [path.parent.name for path in self.parts()] == ["book-new"]
        day_ago = silent_since - 86_400
        os.utime(self.folder / "parts" / "book-new", (day_ago, day_ago))
        call_command("purge_registrations", stdout=io.StringIO())
        assert self.parts() == []

    def parts(self) -> list[Path]:
        return [path for path in (self.folder / "parts").rglob("*") if path.is_file()]


class QueueTests(ExportTestCase):
    """A queue that is down."""

    def test_is_a_sentence_and_the_export_failed(self) -> None:
        activated(), activated()
        away = mock.patch.object(type(make_file), "enqueue", side_effect=ConnectionError("KANAREK"))
        with away, self.by_task(), self.assertLogs("accounts.admin.export", "ERROR") as logs:
            answer = self.client.post(f"{LIST}export/", {"format": "csv"}, follow=True)
        self.assertContains(answer, "Nie udało się zapisać pliku.")
        self.assertContains(answer, "nie udał się")
        assert "KANAREK" not in str(logs.output)
        with self.settings(REVIEW_FOUR_EYES="all"):
            self.order(**WHOLE)
            second = sit_down(Client(), clerk("officer"))
            with away, self.assertLogs("accounts.admin.export", "ERROR"):
                address = f"{EXPORTS}{self.made().pk}/answer/"
                answer = second.post(address, {"step": "confirm"}, follow=True)
        self.assertContains(answer, "Nie udało się zapisać pliku.")
        assert self.made().state == "failed"


class ErasureTests(ExportTestCase):
    """Whoever is erased is in no file, whenever that was begun."""

    def test_takes_along_what_was_read_before_it_was_committed(self) -> None:
        user, _one, _two = activated(), activated(), activated()
        with self.captureOnCommitCallbacks() as at_commit:
            standing.erase(user, "request", desk=Desk(self.staff))
            # Another process does not see it yet.
            with self.by_task():
                self.order()
            written = self.files()
        assert len(written) == 1
        for told in at_commit:
            told()
        assert self.files() == []

    def test_that_does_not_come_about_takes_nothing(self) -> None:
        activated()
        with self.by_task():
            activated()
            self.order()
        with self.captureOnCommitCallbacks():
            standing.erase(activated(), "request", desk=Desk(self.staff))
        assert self.files() == [self.made().name]


class DismissedTests(ExportTestCase):
    """Who does not work here any more gets nothing, and neither does his order."""

    def test_gets_no_file_and_none_is_written(self) -> None:
        activated(), activated(Kind.COMPANY)
        with self.by_task():
            self.order(**WHOLE)
            ready = self.made()
            waiting = export.order(Order("csv"), User.objects.all(), desk=Desk(self.staff))
        assert isinstance(waiting, ExportFile)
        User.objects.filter(pk=self.staff.pk).update(is_active=False)
        answer = self.client.get(f"{EXPORTS}{ready.pk}/file/")
        assert answer.status_code in (302, 403)
        make_file.call(waiting.pk)
        assert self.files() == [ready.name]
        assert not ExportFile.objects.filter(pk=waiting.pk).exists()

    def test_a_proposal_of_his_is_confirmed_in_vain(self) -> None:
        activated()
        with self.settings(REVIEW_FOUR_EYES="all"):
            self.order(**WHOLE)
            User.objects.filter(pk=self.staff.pk).update(is_active=False)
            second = sit_down(Client(), clerk("officer"))
            second.post(f"{EXPORTS}{self.made().pk}/answer/", {"step": "confirm"})
        assert self.files() == []


class GuardTests(ExportTestCase):
    """What stands behind the pages."""

    def test_the_service_refuses_whoever_has_no_right(self) -> None:
        for role, is_masked in (("support", True), ("reviewer", False), ("administrator", True)):
            wanted = Order("csv", is_masked=is_masked, reason="audit")
            with self.assertRaises(Refused):
                export.order(wanted, User.objects.all(), desk=Desk(clerk(role)))

    def test_whoever_confirms_gives_a_factor_of_now(self) -> None:
        with self.settings(REVIEW_FOUR_EYES="all"):
            self.order(**WHOLE)
            second = sit_down(Client(), clerk("officer"))
            session = second.session
            session[factor.SESSION_KEY] -= 301
            session.save()
            answer = second.post(f"{EXPORTS}{self.made().pk}/answer/", {"step": "confirm"})
        assert answer["Location"].startswith("/admin/confirm/")
        assert self.made().state == "proposed"

    def test_the_folders_are_for_the_sites_user_alone(self) -> None:
        with self.settings(EXPORT_DIR=str(self.folder / "new")):
            activated()
            table(self.order(format="xlsx"))
            for folder in (self.folder / "new", self.folder / "new" / "parts"):
                assert folder.stat().st_mode & 0o777 == 0o700, folder


class AnswerTests(ExportTestCase):
    """What the browser is told about a file."""

    def test_is_stored_by_nobody_and_sniffed_by_nobody(self) -> None:
        activated(), activated()
        with self.by_task():
            self.order()
        fetched = self.client.get(f"{EXPORTS}{self.made().pk}/file/")
        for answer in (self.order(), fetched):
            assert "no-store" in answer["Cache-Control"]
            assert answer["X-Content-Type-Options"] == "nosniff"
            assert answer["Content-Disposition"].startswith('attachment; filename="kantor-20')
            table(answer)

    def test_of_a_name_that_leads_elsewhere_is_none(self) -> None:
        for name in ("..%2F..%2Fetc%2Fpasswd", "1%00", "-1", "1/../2", "%2e%2e"):
            answer: Any = self.client.get(f"{EXPORTS}{name}/file/")
            assert answer.status_code in (302, 404), name
            assert "Content-Disposition" not in answer, name
