"""Customers in a file: what stands in it, who gets it, and when it is gone."""

import csv
import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any
from unittest import mock

from bs4 import BeautifulSoup
from django.core.management import call_command
from django.test import Client, TestCase, TransactionTestCase, override_settings
from django.utils import timezone
from openpyxl import load_workbook

from accounts.admin.export import make_file
from accounts.desk import export, sheets, standing
from accounts.desk.decisions import Refused
from accounts.desk.events import Desk
from accounts.desk.export import Order
from accounts.desk.overtaken import Overtaken
from accounts.limits import UsedUpError
from accounts.models import Customer, ExportFile, Kind, StaffEvent, StaffNote, User
from accounts.sessions import factor
from kantor.serving.typography import untie
from tests.clock import later
from tests.desk import LIST, sit_down
from tests.factories import activated, clerk, registered, suspended
from tests.parallel import at_once

EXPORT = f"{LIST}export/"
EXPORTS = f"{LIST}exports/"
WHOLE = {"values": "whole", "reason": "audit"}
# What a spreadsheet would compute, or take for one that does.
FORMULAS = (
    "=1+1",
    "+48 12",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "＝1+1",  # noqa: RUF001  the wide ones are meant
    "＋1",  # noqa: RUF001
    "－1",  # noqa: RUF001
    "＠x",  # noqa: RUF001
    "\ufe661",
    " =1",
    "\u00a0+1",
    "\n@x",
    '"=1"',
    "'=1",
)
# What a spectator of another language's spreadsheet would find inside of a cell.
INNER = ("Alfa;=1+1;x", "Alfa,=1+1,x", 'Alfa; "=1+1', "Alfa\t@x", "Alfa,\uff1d1", "a\r\n-1")


def table(response: Any) -> list[list[str]]:
    """Return the rows of the file in an answer, read by a library that did not write it."""
    content = b"".join(response.streaming_content)
    return read(content)


def read(content: bytes) -> list[list[str]]:
    if content.startswith(b"PK"):
        sheets = load_workbook(io.BytesIO(content), read_only=True).worksheets
        rows = [row for sheet in sheets for row in sheet.iter_rows(values_only=True)]
        return [["" if cell is None else cell for cell in row] for row in rows]
    assert content.startswith(b"\xef\xbb\xbf")
    text = content.decode("utf-8-sig")
    delimiter = ";" if text.startswith('"numer"') else ","
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def by_heading(rows: list[list[str]]) -> list[dict[str, str]]:
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def exported() -> list[tuple[str, dict[str, Any]]]:
    rows = StaffEvent.objects.filter(action=StaffEvent.Action.EXPORTED).order_by("pk")
    return list(rows.values_list("reason", "after"))


class ExportTestCase(TestCase):
    """A member of staff with a folder for exports of this test alone."""

    role = "officer"

    def setUp(self) -> None:
        self.folder = Path(mkdtemp(prefix="exports-"))
        self.addCleanup(rmtree, self.folder)
        self.enterContext(override_settings(EXPORT_DIR=str(self.folder)))
        self.staff = clerk(self.role)
        sit_down(self.client, self.staff)

    def order(self, query: str = "", **form: str) -> Any:
        return self.order_by(self.client, query, **form)

    def order_by(self, browser: Client, query: str = "", **form: str) -> Any:
        return browser.post(f"{EXPORT}{query}", {"format": "csv"} | form)

    def made(self) -> ExportFile:
        return ExportFile.objects.latest("pk")

    def files(self) -> list[str]:
        return [path.name for path in self.folder.rglob("*") if path.is_file()]

    @contextmanager
    def by_task(self) -> Iterator[None]:
        """Have even two accounts be too many to be exported at once."""
        with override_settings(EXPORT_AT_ONCE=1):
            yield


class ContentTests(ExportTestCase):
    """What stands in a file."""

    def test_formulas_are_words_in_both_formats_and_line_breaks_stay_in_their_cell(self) -> None:
        for formula in FORMULAS:
            user = activated(Kind.COMPANY)
            Customer.objects.filter(pk=user.pk).update(company_name=formula)
        several = 'Żuraw;\r\n1,\n"x"'
        Customer.objects.filter(pk=activated(Kind.COMPANY).pk).update(company_name=several)
        names = [*FORMULAS, several]
        text = by_heading(table(self.order("?kind=company")))
        found = [row["pełna nazwa firmy"] for row in text][::-1]
        assert found == [*(sheets.defused(formula) for formula in FORMULAS), several]
        assert all(cell.startswith("'") for cell in found[:-1])
        response = self.order("?kind=company", format="xlsx")
        book = load_workbook(io.BytesIO(b"".join(response.streaming_content)))
        (sheet,) = book.worksheets
        cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
        assert {cell.data_type for cell in cells} == {"s"}
        column = [cell.value for cell in sheet[1]].index("pełna nazwa firmy")
        stored = [row[column].value for row in sheet.iter_rows(min_row=2)][::-1]
        # As XML has it, a carriage return is a line feed.
        assert [name.replace("\r", "\n") for name in names] == [
            name.replace("_x000D_", "\n").replace("\r", "\n") for name in stored
        ]

    def test_a_row_has_what_the_case_shows_and_words_for_states(self) -> None:
        user = suspended(Kind.COMPANY)
        (row,) = by_heading(table(self.order(**WHOLE)))
        assert row["numer"] == str(user.pk)
        assert row["stan"] == "zablokowane"
        assert row["telefon: numer kierunkowy kraju"] == "48"
        assert row["telefon: numer"] == "601234567"
        assert row[next(title for title in row if "NIP" in title)] == "5261040828"
        # As a person, and a spreadsheet, reads it: by the clocks of Warsaw.
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", row["data rejestracji"])
        moment = timezone.make_aware(datetime.fromisoformat(row["data rejestracji"]))
        assert moment == user.created_at.replace(microsecond=0)

    def test_headings_and_words_are_in_the_language_of_the_reader(self) -> None:
        activated()
        self.staff.language = "en"
        self.staff.save()
        rows = table(self.order())
        assert rows[0][:3] == ["number", "kind", "state"]
        assert rows[1][2] == "active"

    def test_masked_is_what_everybody_gets_who_does_not_ask_for_whole_values(self) -> None:
        user = activated(Kind.COMPANY)
        secrets = ("601234567", "5261040828", "012100784", "0000123456", "Długa", "12A")
        for role in ("reviewer", "officer", "auditor"):
            browser = sit_down(Client(), clerk(role))
            for format_ in ("csv", "xlsx"):
                rows = table(self.order_by(browser, format=format_))
                told = "\n".join(cell for row in rows for cell in row)
                assert user.email in told
                for secret in secrets:
                    assert secret not in told, (role, secret)
                (row,) = by_heading(rows)
                assert row["telefon: numer"].endswith("67")

    def test_the_file_has_what_the_filters_and_the_search_leave(self) -> None:
        company, person = activated(Kind.COMPANY), activated(last_name="Wyjątkowy")
        suspended()
        assert [row[0] for row in table(self.order("?kind=company"))[1:]] == [str(company.pk)]
        found = self.client.post(f"{LIST}search/", {"words": "wyjątkowy"})
        query = found["Location"].removeprefix(LIST)
        assert [row[0] for row in table(self.order(query))[1:]] == [str(person.pk)]
        reason, after = exported()[-1]
        assert (reason, after["count"], after["searched"]) == ("", 1, True)
        assert "wyjątkowy" not in str(StaffEvent.objects.values_list("after", flat=True)).lower()

    def test_no_staff_and_no_secret_gets_into_a_file(self) -> None:
        user = activated(Kind.COMPANY)
        user.set_password("Kanarek-Hasło-1")
        user.suspension_reason = "aml"
        user.save()
        Customer.objects.filter(pk=user.pk).update(review_reason="aml", review_words="KANAREK-S")
        StaffNote.objects.create(user=user, text="KANAREK-NOTATKA", kind=StaffNote.Kind.AML)
        for form in ({}, WHOLE, WHOLE | {"format": "xlsx"}):
            rows = table(self.order(**form))
            told = "\n".join(cell for row in rows for cell in row)
            for canary in (user.password, "KANAREK", "aml", self.staff.email, str(user.attempt)):
                assert canary not in told, canary
        assert len(rows) == 2

    def test_a_million_rows_and_more_go_on_on_another_sheet(self) -> None:
        for _number in range(3):
            activated()
        with mock.patch.object(sheets, "MOST_ON_A_SHEET", 2):
            response = self.order(format="xlsx")
        book = load_workbook(io.BytesIO(b"".join(response.streaming_content)))
        assert [sheet.max_row for sheet in book.worksheets] == [3, 2]
        assert {sheet["A1"].value for sheet in book.worksheets} == {"numer"}
        assert book.sheetnames == ["Konta", "Konta 2"]
        assert {sheet.freeze_panes for sheet in book.worksheets} == {"A2"}
        assert all(sheet.column_dimensions["A"].width >= 20 for sheet in book.worksheets)


class CompletenessTests(ExportTestCase):
    """What is read while others register."""

    def test_holds_all_of_the_beginning_once_and_nobody_who_came_meanwhile(self) -> None:
        users = [registered() for _number in range(7)]
        seen: list[int] = []
        with mock.patch.object(sheets, "BATCH", 2):
            for batch in sheets.rows(User.objects.filter(is_staff=False)):
                assert len(batch) <= 2
                seen += [row["pk"] for row in batch]
                registered()
        assert seen == [user.pk for user in reversed(users)]

    def test_is_read_by_key(self) -> None:
        for _number in range(5):
            registered()
        with mock.patch.object(sheets, "BATCH", 2), self.assertNumQueries(3) as asked:
            list(sheets.rows(User.objects.filter(is_staff=False)))
        statements = [query["sql"] for query in asked.captured_queries]
        assert not any("OFFSET" in sql for sql in statements)
        assert all('"id" < ' in sql for sql in statements[1:])


class WholeTests(ExportTestCase):
    """Whole values are for officers, with a reason and a factor of now."""

    def test_a_reason_is_needed_and_written_down(self) -> None:
        activated()
        refused = self.order(values="whole")
        self.assertContains(refused, "Podaj, do czego potrzebne są pełne dane.")
        assert exported() == []
        self.assertContains(self.order(**WHOLE), "601234567")
        ((reason, after),) = exported()
        assert (reason, after["masked"], after["count"]) == ("audit", False, 1)
        # The audit says it in words.
        page = self.client.get("/admin/accounts/staffevent/?action__exact=exported")
        self.assertContains(page, "kontrola lub audyt")

    def test_others_are_refused(self) -> None:
        for role in ("reviewer", "auditor"):
            browser = sit_down(Client(), clerk(role))
            assert self.order_by(browser, **WHOLE).status_code == 403
        assert exported() == []

    def test_an_old_factor_leads_to_a_new_one_and_masked_values_need_none(self) -> None:
        activated()
        session = self.client.session
        session[factor.SESSION_KEY] -= 301
        session.save()
        response = self.order("?kind=person", **WHOLE)
        assert response.status_code == 302
        assert response["Location"].startswith("/admin/confirm/")
        assert exported() == []
        assert self.order().status_code == 200

    @override_settings(REVIEW_FOUR_EYES="all")
    def test_a_second_officer_confirms_and_the_author_alone_fetches(self) -> None:
        activated()
        assert self.order(**WHOLE).status_code == 302
        file = self.made()
        assert (file.state, self.files()) == ("proposed", [])
        # Not by himself.
        own = self.client.post(f"{EXPORTS}{file.pk}/answer/", {"step": "confirm"})
        assert own.status_code == 400
        other = sit_down(Client(), clerk("officer"))
        self.assertContains(other.get("/admin/"), EXPORTS)
        self.assertContains(other.get(EXPORTS), self.staff.email)
        other.post(f"{EXPORTS}{file.pk}/answer/", {"step": "confirm"})
        assert other.get(f"{EXPORTS}{file.pk}/file/").status_code == 404
        rows = table(self.client.get(f"{EXPORTS}{file.pk}/file/"))
        assert rows[1][7] == "601234567"
        # Whoever is late reads that it waits no more.
        late = other.post(f"{EXPORTS}{file.pk}/answer/", {"step": "refuse"}, follow=True)
        self.assertContains(late, "Ten eksport nie czeka już na odpowiedź.")
        actions = StaffEvent.objects.order_by("pk").values_list("action", flat=True)
        assert list(actions) == ["proposed", "confirmed", "exported", "exported"]
        # Masked values need nobody.
        assert self.order().status_code == 200

    @override_settings(REVIEW_FOUR_EYES="all")
    def test_a_refused_and_a_withdrawn_proposal_are_gone(self) -> None:
        other = sit_down(Client(), clerk("officer"))
        for browser, act, step in ((other, "answer", "refuse"), (self.client, "delete", "")):
            self.order(**WHOLE)
            browser.post(f"{EXPORTS}{self.made().pk}/{act}/", {"step": step})
            assert not ExportFile.objects.exists()
        actions = StaffEvent.objects.order_by("pk").values_list("action", flat=True)
        assert list(actions) == ["proposed", "returned", "proposed", "withdrawn"]


class FileTests(ExportTestCase):
    """A file that a task has written."""

    def setUp(self) -> None:
        super().setUp()
        self.users = [activated(), activated(Kind.COMPANY), activated()]

    def by_a_task(self, **form: str) -> ExportFile:
        with self.by_task():
            response = self.order(**form)
        assert response["Location"] == EXPORTS
        return self.made()

    def test_more_than_the_limit_go_by_a_task_and_the_page_says_how_far_it_is(self) -> None:
        for format_ in ("csv", "xlsx"):
            file = self.by_a_task(format=format_)
            assert (file.state, file.written, file.percent) == ("ready", 3, 99)
            page = self.client.get(EXPORTS)
            self.assertContains(page, f"{EXPORTS}{file.pk}/file/")
            rows = table(self.client.get(f"{EXPORTS}{file.pk}/file/"))
            assert [row[0] for row in rows[1:]] == [str(u.pk) for u in reversed(self.users)]
        # Ordered, made and fetched, twice.
        assert [after.get("count") for _reason, after in exported()] == [None, 3, 3] * 2

    def test_is_readable_by_the_sites_user_alone_and_has_a_name_to_guess_in_vain(self) -> None:
        file = self.by_a_task()
        path = self.folder / file.name
        assert path.stat().st_mode & 0o777 == 0o600
        assert len(file.name) > 40
        assert file.name not in self.client.get(EXPORTS).content.decode()

    def test_nobody_but_its_author_gets_it(self) -> None:
        file = self.by_a_task()
        for role in ("officer", "reviewer", "support", "administrator"):
            other = sit_down(Client(), clerk(role))
            assert other.get(f"{EXPORTS}{file.pk}/file/").status_code in (403, 404)
            other.post(f"{EXPORTS}{file.pk}/delete/")
            with self.assertRaises(Refused):
                export.hand_out(file, desk=Desk(clerk(role)))
        assert Client().get(f"{EXPORTS}{file.pk}/file/").status_code == 302
        assert self.files() == [file.name]
        assert len(exported()) == 2

    def test_is_gone_after_a_day(self) -> None:
        file = self.by_a_task()
        with later(hours=23, minutes=59):
            call_command("purge_registrations", stdout=io.StringIO())
            assert self.files() == [file.name]
        with later(hours=24):
            sit_down(self.client, self.staff)
            assert self.client.get(f"{EXPORTS}{file.pk}/file/").status_code == 404
            self.assertNotContains(self.client.get(EXPORTS), f"{EXPORTS}{file.pk}")
            with self.assertRaises(Refused):
                export.hand_out(file, desk=Desk(self.staff))
            told = io.StringIO()
            call_command("purge_registrations", dry_run=True, stdout=told)
            assert "Would delete 1: exports of staff" in told.getvalue()
            call_command("purge_registrations", stdout=io.StringIO())
        assert self.files() == []
        assert not ExportFile.objects.exists()

    def test_what_a_killed_process_left_goes_too_and_nothing_else_of_the_folder(self) -> None:
        self.by_a_task()
        (self.folder / "parts").mkdir()
        stray = self.folder / f"export-9-{'0' * 32}.csv"
        for path in (stray, self.folder / "parts" / "tmpx", self.folder / "erased.list"):
            path.write_text("x")
            two_days_ago = path.stat().st_mtime - 2 * 86_400
            os.utime(path, (two_days_ago, two_days_ago))
        call_command("purge_registrations", stdout=io.StringIO())
        assert sorted(self.files()) == sorted(["erased.list", self.made().name])

    def test_is_not_served_to_who_has_lost_the_role(self) -> None:
        masked, whole = self.by_a_task(), self.by_a_task(**WHOLE)
        for role, statuses in (("reviewer", (200, 403)), ("support", (403, 403))):
            User.objects.get(pk=self.staff.pk).groups.set(clerk(role).groups.all())
            asked = [self.client.get(f"{EXPORTS}{file.pk}/file/") for file in (masked, whole)]
            assert tuple(answer.status_code for answer in asked) == statuses, role
            for answer in asked:
                # Read to its end, the file is closed.
                answer.getvalue()

    def test_who_lost_the_role_before_its_turn_gets_none(self) -> None:
        file = export.order(Order("csv"), User.objects.all(), desk=Desk(self.staff))
        with self.by_task():
            file = export.order(Order("csv"), User.objects.all(), desk=Desk(self.staff))
        assert isinstance(file, ExportFile)
        self.staff.groups.clear()
        make_file.call(file.pk)
        assert self.files() == []
        assert not ExportFile.objects.exists()

    def test_with_whole_values_is_fetched_with_a_factor_of_now_alone(self) -> None:
        masked, whole = self.by_a_task(), self.by_a_task(**WHOLE)
        session = self.client.session
        session[factor.SESSION_KEY] -= 301
        session.save()
        asked = self.client.get(f"{EXPORTS}{whole.pk}/file/")
        assert asked["Location"].startswith("/admin/confirm/")
        assert len(table(self.client.get(f"{EXPORTS}{masked.pk}/file/"))) == 4
        # Ordered and made, twice, and one of them fetched.
        assert len(exported()) == 5

    def test_is_deleted_by_its_author(self) -> None:
        file = self.by_a_task()
        self.client.post(f"{EXPORTS}{file.pk}/delete/")
        assert self.files() == []
        # One that is still written is given up.
        with self.by_task():
            running = export.order(Order("csv"), User.objects.all(), desk=Desk(self.staff))
        assert isinstance(running, ExportFile)

        def drop_it(file: ExportFile) -> Any:
            export.drop(file.pk, desk=Desk(self.staff))
            return User.objects.all()

        export.make(running.pk, drop_it)
        assert self.files() == []
        # One was made; both were ordered, and deleted.
        facts = [after for _reason, after in exported()]
        assert [after.get("ordered", False) for after in facts] == [True, False, False, True, False]
        assert [after.get("deleted", False) for after in facts] == [False, False, True, False, True]

    def test_whoever_is_erased_is_in_no_file_any_more(self) -> None:
        file, erased = self.by_a_task(), self.users[0]
        with self.by_task():
            running = export.order(Order("csv"), User.objects.all(), desk=Desk(self.staff))
        assert isinstance(running, ExportFile)
        email = erased.email

        def erase_it(file: ExportFile) -> Any:
            with self.captureOnCommitCallbacks(execute=True):
                standing.erase(erased, "request", desk=Desk(self.staff))
            return User.objects.all()

        export.make(running.pk, erase_it)
        assert self.files() == []
        assert set(ExportFile.objects.values_list("state", flat=True)) == {"failed"}
        assert self.client.get(f"{EXPORTS}{file.pk}/file/").status_code == 403
        assert email not in str(table(self.order()))

    def test_a_failure_is_said_and_leaves_no_file_and_no_values_in_the_log(self) -> None:
        fault = mock.patch.object(sheets.Cells, "of", side_effect=ValueError("KANAREK"))
        with fault, self.assertLogs("accounts.desk.export", "ERROR") as logs:
            file = self.by_a_task()
        assert "KANAREK" not in "".join(logs.output)
        assert (file.state, self.files()) == ("failed", [])
        page = self.client.get(EXPORTS)
        self.assertContains(page, "nie udał się, wyeksportuj dane jeszcze raz")
        # There is no file that could be kept until then.
        self.assertNotContains(page, "Dostępny do")

    def test_a_silent_one_is_called_interrupted(self) -> None:
        file = self.by_a_task()
        ExportFile.objects.update(state="running", written=1)
        self.assertContains(self.client.get(EXPORTS), "(33%)")
        file.refresh_from_db()
        ExportFile.objects.update(heard_at=file.heard_at - timedelta(minutes=11))
        self.assertContains(self.client.get(EXPORTS), "przerwany")
        # Also one whose order was lost before it was begun.
        ExportFile.objects.update(state="waiting")
        self.assertContains(self.client.get(EXPORTS), "przerwany")

    def test_a_file_on_another_machine_is_a_sentence(self) -> None:
        file = self.by_a_task()
        (self.folder / file.name).unlink()
        answer = self.client.get(f"{EXPORTS}{file.pk}/file/", follow=True)
        self.assertContains(answer, "Tego pliku już nie ma. Wyeksportuj dane jeszcze raz.")


class LimitTests(ExportTestCase):
    """How often, and how much, one person exports."""

    def test_twenty_in_an_hour(self) -> None:
        for _number in range(20):
            export.order(Order("csv"), User.objects.none(), desk=Desk(self.staff))
        with self.assertRaises(UsedUpError):
            export.order(Order("csv"), User.objects.none(), desk=Desk(self.staff))
        page = self.client.post(EXPORT, {"format": "csv"}, follow=True)
        assert "Eksportowano już 20 razy" in untie(page.content.decode())
        with later(hours=1, seconds=1):
            export.order(Order("csv"), User.objects.none(), desk=Desk(self.staff))

    def test_a_search_that_found_too_many_is_not_exported_in_part(self) -> None:
        for _number in range(3):
            activated(last_name="Częsty")
        found = self.client.post(f"{LIST}search/", {"words": "częsty"})
        with mock.patch("accounts.admin.export.MOST_COUNTED", 3):
            answer = self.order(found["Location"].removeprefix(LIST), format="csv")
        assert answer.status_code == 302
        assert exported() == []

    def test_a_folder_that_cannot_be_written_is_a_sentence(self) -> None:
        (self.folder / "file").write_text("")
        with override_settings(EXPORT_DIR=str(self.folder / "file")):
            answer = self.client.post(EXPORT, {"format": "csv"}, follow=True)
        self.assertContains(answer, "Nie udało się zapisać pliku.")
        assert exported() == []


class FormTests(ExportTestCase):
    """What the list offers."""

    def fields(self, role: str) -> set[str]:
        page = sit_down(Client(), clerk(role)).get(f"{LIST}?kind=company")
        form = BeautifulSoup(page.content, "html.parser").select_one("form.desk-export")
        if form is None:
            return set()
        assert form["action"] == f"{EXPORT}?kind=company"
        return {str(field["name"]) for field in form.select("select[name]")}

    def test_asks_each_role_for_what_it_may_choose(self) -> None:
        assert self.fields("support") == set()
        for role in ("reviewer", "auditor"):
            assert self.fields(role) == {"format"}
        assert self.fields("officer") == {"format", "values", "reason"}

    def test_the_page_of_the_form_says_what_is_exported(self) -> None:
        page = self.client.get(f"{EXPORT}?kind=company&review=new")
        self.assertContains(page, "rodzaj: Firma; weryfikacja: do sprawdzenia")


class AtOnceTests(TransactionTestCase):
    """Two at the same moment."""

    serialized_rollback = True

    def setUp(self) -> None:
        self.folder = Path(mkdtemp(prefix="exports-"))
        self.addCleanup(rmtree, self.folder)
        self.enterContext(override_settings(EXPORT_DIR=str(self.folder), EXPORT_AT_ONCE=1))

    def test_two_exports_are_two_files_and_one_task_that_is_run_twice_is_one(self) -> None:
        users = [activated() for _number in range(5)]
        staff, accounts = [clerk("reviewer"), clerk("officer")], User.objects.filter(is_staff=False)
        made = [export.order(Order("csv"), accounts, desk=Desk(member)) for member in staff]
        numbers = [file.pk for file in made if isinstance(file, ExportFile)]

        def make(number: int) -> None:
            export.make(number, lambda file: accounts)

        with mock.patch.object(sheets, "BATCH", 2):
            said = at_once(*(lambda n=n: make(n) for n in (*numbers, *numbers)))
        assert said == [None] * 4
        wanted = [str(user.pk) for user in reversed(users)]
        for number in numbers:
            file = ExportFile.objects.get(pk=number)
            rows = read((self.folder / file.name).read_bytes())
            assert [row[0] for row in rows[1:]] == wanted
        assert len(exported()) == 4
        assert len([path for path in self.folder.iterdir() if path.is_file()]) == 2

    @override_settings(REVIEW_FOUR_EYES="all")
    def test_of_two_who_confirm_one_is_first(self) -> None:
        wanted = Order("csv", is_masked=False, reason="audit")
        file = export.order(wanted, User.objects.none(), desk=Desk(clerk("officer")))
        assert isinstance(file, ExportFile)
        officers = [Desk(clerk("officer")) for _number in range(2)]
        said = at_once(*(lambda d=d: export.confirm(file.pk, desk=d) for d in officers))
        assert sorted(type(each).__name__ for each in said) == ["ExportFile", Overtaken.__name__]
