"""The statistics at the desk: what they show, and whom they hide."""

import csv
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from django.conf import settings
from django.db import connection
from django.test import SimpleTestCase, TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import example, given
from hypothesis import strategies as st

from accounts.models import (
    DailyCount,
    OutboxMessage,
    ReviewState,
    Source,
    StaffEvent,
    User,
)
from accounts.services import survey
from accounts.statistics import counting, reading
from accounts.statistics.counting import Name
from kantor.serving.typography import untie
from tests.desk import StaffTestCase, sit_down
from tests.factories import activated, clerk, decide, registered

# Of "=", "+", "-" and "@" in full width.
TWINS = ("\uff1d1", "\uff0b1", "\uff0d1", "\uff20x")
PAGE = "/admin/accounts/dailycount/"


def count(
    name: Name, key: str, times: int, *, kind: str = "", language: str = "", ago: int = 0
) -> None:
    DailyCount.objects.create(
        day=timezone.localdate() - timedelta(days=ago),
        name=name,
        key=key,
        kind=kind,
        language=language,
        count=times,
    )


def table(page: Any, slug: str) -> dict[str, list[str]]:
    """Return the rows of a table by their names."""
    return {
        untie(" ".join(row.select("th")[0].get_text().split())): [
            untie(cell.get_text()) for cell in row.select("td")
        ]
        for row in BeautifulSoup(page.content, "html.parser").select(f"#{slug} tbody tr")
    }


def could_be(word: str, number: int) -> bool:
    """Tell whether a reader who knows the rules may think of this number."""
    if word == "<5":
        return 1 <= number <= 4
    return number >= 5 if word == "•" else word == str(number)


class SmallGroupTests(SimpleTestCase):
    """What would tell of so few that somebody knows them."""

    def test_are_shown_as_fewer_than_five(self) -> None:
        assert reading.shown([[0, 1, 4, 5]], [], hidden="•") == [["0", "<5", "<5", "5"]]

    def test_cannot_be_told_from_a_sum(self) -> None:
        line = [(0, 0), (0, 1), (0, 2)]
        assert reading.shown([[9, 3, 12]], [line], hidden="•") == [["•", "<5", "12"]]
        assert reading.shown([[9, 8, 17]], [line], hidden="•") == [["9", "8", "17"]]
        assert reading.shown([[3, 0, 3]], [line], hidden="•") == [["<5", "0", "<5"]]

    def test_cannot_be_told_from_sums_of_sums(self) -> None:
        grid = [[9, 3, 12], [20, 30, 50], [29, 33, 62]]
        lines = [[(row, column) for column in range(3)] for row in range(3)]
        lines += [[(row, column) for row in range(3)] for column in range(3)]
        words = reading.shown(grid, lines, hidden="•")
        for line in lines:
            assert sum(not words[row][column].isdigit() for row, column in line) != 1, words

    def test_cannot_be_told_from_a_sum_that_leaves_them_one_value(self) -> None:
        line = [(0, 0), (0, 1), (0, 2)]
        assert reading.shown([[4, 4, 8]], [line], hidden="•") == [["<5", "<5", "•"]]
        # What is hidden is 5 at least, or it would be "<5".
        assert reading.shown([[1, 5, 6]], [line], hidden="•") == [["<5", "•", "•"]]
        assert reading.shown([[3, 4, 7]], [line], hidden="•") == [["<5", "<5", "7"]]

    @given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 18))
    @example(4, 4, 4)
    @example(1, 5, 3)
    def test_of_a_day_could_be_more_than_one_number(self, one: int, two: int, third: int) -> None:
        whole = one + two
        third = min(third, whole)
        row = [one, two, third, whole - third, whole]
        lines = [[(0, 0), (0, 1), (0, 4)], [(0, 2), (0, 3), (0, 4)]]
        (said,) = reading.shown([row], lines, hidden="•")
        thinkable = (
            (first, total - first, second, total - second, total)
            for total in range(40)
            for first in range(total + 1)
            for second in range(total + 1)
        )
        fitting = [numbers for numbers in thinkable if all(map(could_be, said, numbers))]
        assert tuple(row) in fitting
        for column, word in enumerate(said):
            if word == "<5":
                assert len({numbers[column] for numbers in fitting}) > 1, (row, said)

    def test_have_no_median(self) -> None:
        assert reading.median({"5": 4}, (5, 10)) is None
        assert reading.median({"5": 2, "10": 3}, (5, 10)) == (5, 10)
        assert reading.median({"5": 1, "more": 9}, (5, 10)) == (10, None)


class PageTests(StaffTestCase):
    def test_shows_registrations_by_day_kind_and_language(self) -> None:
        count(Name.REGISTERED, "", 7, kind="company", language="pl", ago=1)
        count(Name.REGISTERED, "", 9, kind="person", language="en", ago=1)
        count(Name.REGISTERED, "", 12, kind="person", language="pl")
        rows = table(self.client.get(PAGE), "registrations")
        today = timezone.localdate()
        assert rows[f"{today:%d.%m.%Y}"] == ["0", "12", "12", "0", "12"]
        assert rows[f"{today - timedelta(days=1):%d.%m.%Y}"] == ["7", "9", "7", "9", "16"]
        assert rows["razem"] == ["7", "21", "19", "9", "28"]

    def test_shows_many_days_by_months(self) -> None:
        count(Name.REGISTERED, "", 7, kind="company", language="pl")
        today = timezone.localdate()
        page = self.client.get(f"{PAGE}?first={today - timedelta(days=200)}&last={today}")
        assert 7 <= len(table(page, "registrations")) <= 9

    def test_sets_the_digits_of_large_numbers_apart(self) -> None:
        count(Name.REGISTERED, "", 1_234_567, kind="person", language="pl")
        page = self.client.get(PAGE)
        assert table(page, "registrations")["razem"][-1] == "1 234 567"
        picture = BeautifulSoup(page.content, "html.parser").select_one("#registrations svg")
        assert picture is not None
        assert "1 234 567" in untie(picture.get_text())
        file = self.client.get(f"{PAGE}registrations.csv").content.decode()
        assert '"1234567"' in file

    def test_shows_how_far_visitors_came(self) -> None:
        for step, begun, finished, cancelled in (("start", 50, 40, 0), ("details", 40, 20, 8)):
            kind = "" if step == "start" else "person"
            count(Name.BEGUN, step, begun, kind=kind, language="pl", ago=5)
            count(Name.FINISHED, step, finished, kind=kind, language="pl", ago=5)
            if cancelled:
                count(Name.LEFT, f"{step}.cancel", cancelled, kind=kind, language="pl", ago=5)
        count(Name.SECONDS, "start.5", 40, language="pl", ago=5)
        count(Name.SECONDS, "details.45", 12, kind="person", language="pl", ago=5)
        count(Name.SECONDS, "details.60", 8, kind="person", language="pl", ago=5)
        count(Name.BEGUN, "details", 6, kind="company", language="pl")
        page = BeautifulSoup(self.client.get(PAGE).content, "html.parser")
        rows = [
            [untie(cell.get_text(strip=True)) for cell in row.find_all(["th", "td"])]
            for row in page.select("#funnel tbody tr")
        ]
        assert rows[0] == ["Identyfikacja", "–", "50", "40", "0", "10", "0", "–"]
        assert rows[1] == ["Dane", "Firma", "6", "0", "0", "0", "6", "–"]
        assert rows[2] == ["Dane", "Osoba fizyczna", "40", "20", "8", "12", "0", "0:30–0:45"]

    def test_hides_small_groups_in_every_table(self) -> None:
        count(Name.MESSAGE, "details.first_name.required", 3, kind="person", language="pl")
        count(Name.CAPTCHA, "sound.asked", 2)
        count(Name.SOURCE, str(Source.objects.all()[0].pk), 4)
        count(Name.MAIL, "welcome.sent", 1)
        count(Name.DECIDED, "approved", 3, kind="person")
        count(Name.DECISION_TIME, "4", 3, kind="person")
        count(Name.REGISTERED, "", 2, kind="person", language="pl")
        count(Name.BEGUN, "start", 3, language="pl")
        activated()
        page = self.client.get(PAGE)
        self.assertContains(page, "„&lt;5”")
        for slug in (
            "registrations", "funnel", "messages", "captcha", "sources", "mails", "queue",
            "decisions", "decision-time",
        ):  # fmt: skip
            values = [value for row in table(page, slug).values() for value in row]
            assert "<5" in values, slug
            assert not {"1", "2", "3", "4"} & set(values), slug

    def test_hides_what_would_tell_a_small_group_in_the_real_tables(self) -> None:
        count(Name.REGISTERED, "", 3, kind="company", language="pl", ago=1)
        count(Name.REGISTERED, "", 20, kind="person", language="pl", ago=1)
        count(Name.REGISTERED, "", 30, kind="company", language="pl", ago=2)
        count(Name.REGISTERED, "", 40, kind="person", language="pl", ago=2)
        count(Name.DECIDED, "approved", 2, kind="company")
        count(Name.DECIDED, "approved", 30, kind="person")
        for step, begun, finished, cancelled in (("start", 50, 40, 7), ("details", 40, 20, 18)):
            kind = "" if step == "start" else "person"
            count(Name.BEGUN, step, begun, kind=kind, language="pl", ago=5)
            count(Name.FINISHED, step, finished, kind=kind, language="pl", ago=5)
            count(Name.LEFT, f"{step}.cancel", cancelled, kind=kind, language="pl", ago=5)
        page = self.client.get(PAGE)
        day = timezone.localdate() - timedelta(days=1)
        rows = table(page, "registrations")
        assert rows[f"{day:%d.%m.%Y}"][:2] == ["<5", "ukryte"]
        hidden = {name for name, row in rows.items() if not row[0].isdigit()}
        # The column would tell it as well.
        assert len(hidden) > 1
        assert table(page, "decisions")["zatwierdzone"] == ["<5", "ukryte", "32"]
        lines = [
            [untie(cell.get_text(strip=True)) for cell in row.select("td")]
            for row in BeautifulSoup(page.content, "html.parser").select("#funnel tbody tr")
        ]
        for line in (row for row in lines if "<5" in row):
            assert "ukryte" in line, line  # fmt: skip

    def test_names_messages_by_field_and_words(self) -> None:
        count(Name.MESSAGE, "details.main_postal_code.invalid", 9, kind="person", language="pl")
        count(Name.MESSAGE, "password.captcha.wrong", 19, kind="person", language="pl")
        count(Name.MESSAGE, "details.__all__.other", 5, kind="person", language="pl")
        page = BeautifulSoup(self.client.get(PAGE).content, "html.parser")
        cells = [row.select("td") for row in page.select("#messages tbody tr")]
        rows = [[untie(cell.get_text()) for cell in row] for row in cells]
        assert rows[0] == ["Przepisz ciąg znaków z obrazka", "nie zgadza się", "19"]
        assert rows[1][0] == "Adres zamieszkania: Kod pocztowy"
        assert rows[2][:2] == ["cały formularz", "coś innego"]

    def test_has_a_picture_with_title_and_description_and_no_style(self) -> None:
        count(Name.REGISTERED, "", 7, kind="company", language="pl")
        count(Name.BEGUN, "details", 9, kind="company", language="pl")
        count(Name.DECIDED, "approved", 9, kind="person")
        page = BeautifulSoup(self.client.get(PAGE).content, "html.parser")
        pictures = page.select("svg.chart")
        assert len(pictures) >= 3
        for picture in pictures:
            (title,), (about,) = picture.select("title"), picture.select("desc")
            assert title.get_text(strip=True)
            assert about.get_text(strip=True)
            assert str(picture["aria-labelledby"]).split() == [title["id"], about["id"]]
            assert picture["role"] == "img"
            section = picture.find_parent("section")
            assert section is not None
            assert section.select("table")
            for part in picture.find_all(True):
                assert not part.has_attr("style")
                for length in ("x", "y", "width", "height"):
                    assert str(part.get(length, "0")).isdigit()
        assert "<style" not in str(page)

    def test_has_no_picture_of_nothing(self) -> None:
        page = self.client.get(f"{PAGE}?first=2024-06-01&last=2024-06-03")
        assert not BeautifulSoup(page.content, "html.parser").select("svg.chart")

    def test_has_no_picture_of_a_hidden_number(self) -> None:
        for times in (1, 4):
            DailyCount.objects.all().delete()
            count(Name.CAPTCHA, "sound.asked", times)
            count(Name.CAPTCHA, "picture.asked", 40)
            page = BeautifulSoup(self.client.get(PAGE).content, "html.parser")
            (stub,) = page.select("#captcha .chart-hidden")
            assert stub["width"] == "4"

    def test_can_be_printed(self) -> None:
        self.assertContains(self.client.get(PAGE), "css/statistics.css")
        style = Path(settings.BASE_DIR, "static/css/statistics.css").read_text()
        printed = style.partition("@media print")[2]
        assert ".statistics-dates" in printed
        assert "break-inside" in printed
        # Chosen by the button in the header, the dark scheme would be light letters on paper.
        assert "--body-fg: #000" in printed

    def test_leaves_a_row_in_the_audit(self) -> None:
        self.client.get(f"{PAGE}?first=2026-11-01&last=2026-11-05")
        self.client.get(f"{PAGE}mails.csv?first=2026-11-01&last=2026-11-05")
        rows = StaffEvent.objects.filter(action=StaffEvent.Action.STATISTICS_SEEN).order_by("pk")
        days = {"first": "2026-11-01", "last": "2026-11-05"}
        assert [row.after for row in rows] == [days, {**days, "table": "mails"}]
        sit_down(self.client, clerk("officer"))
        shown = self.client.get("/admin/accounts/staffevent/")
        self.assertContains(shown, "tabela: Wiadomości")

    def test_costs_the_same_however_much_was_counted(self) -> None:
        self.client.get(PAGE)  # what the site remembers for all pages
        costs = []
        for _round in range(2):
            with CaptureQueriesContext(connection) as queries:
                self.client.get(PAGE)
            costs.append(len(queries))
            DailyCount.objects.all().delete()
            for ago in range(30):
                count(Name.REGISTERED, "", 50, kind="person", language="pl", ago=ago)
                count(Name.MESSAGE, f"details.first_name.c{ago}", 9, kind="person")
        assert costs[0] == costs[1], costs


class DatesTests(StaffTestCase):
    def test_choose_what_is_counted(self) -> None:
        count(Name.REGISTERED, "", 7, kind="company", language="pl", ago=40)
        day = timezone.localdate() - timedelta(days=40)
        page = self.client.get(f"{PAGE}?first={day}&last={day}")
        self.assertContains(page, f'value="{day}"', count=2)
        rows = table(page, "registrations")
        assert rows == {f"{day:%d.%m.%Y}": ["7", "0", "7", "0", "7"]}
        assert "7" not in str(table(self.client.get(PAGE), "mails"))

    def test_that_are_only_a_last_one_are_as_many_before_it(self) -> None:
        page = self.client.get(f"{PAGE}?first=&last=2026-03-31")
        self.assertContains(page, 'value="2026-03-02"')
        self.assertContains(page, 'value="2026-03-31"')
        self.assertNotContains(page, "Ostatni dzień jest przed pierwszym")

    def test_that_are_none_are_refused(self) -> None:
        for typed in (
            "x", "2026-13-01", "2026-02-30", "0000-01-01", "9999-99-99", "2026-1-1", "%00",
            "\u0661\u0662\u0663\u0664-01-01", "2026-11-29T10:00", "-1", "9" * 40,
        ):  # fmt: skip
            for name in ("first", "last"):
                assert self.client.get(f"{PAGE}?{name}={typed}").status_code == 400, typed
                address = f"{PAGE}mails.csv?{name}={typed}"
                assert self.client.get(address).status_code == 400, typed

    def test_at_the_edges_of_the_calendar_are_no_fault(self) -> None:
        for query in ("first=0001-01-01", "last=9999-12-31", "first=9999-12-31", "last=0001-01-01"):
            assert self.client.get(f"{PAGE}?{query}").status_code in (200, 400), query
        query = "first=9999-12-31&last=9999-12-31"
        assert self.client.get(f"{PAGE}?{query}").status_code == 200

    def test_that_make_no_sense_are_explained(self) -> None:
        page = self.client.get(f"{PAGE}?first=2026-11-05&last=2026-11-01")
        self.assertContains(page, "Ostatni dzień jest przed pierwszym")
        page = self.client.get(f"{PAGE}?first=2020-01-01&last=2026-11-01")
        self.assertContains(page, "najwyżej rok")
        for query in ("first=2026-11-05&last=2026-11-01", "first=2020-01-01&last=2026-11-01"):
            assert self.client.get(f"{PAGE}mails.csv?{query}").status_code == 400

    def test_are_only_read(self) -> None:
        assert self.client.post(PAGE).status_code == 400
        assert self.client.get(f"{PAGE}none.csv").status_code == 404
        assert self.client.get(f"{PAGE}1/change/").status_code == 404


class FileTests(StaffTestCase):
    def read(self, slug: str) -> list[list[str]]:
        response = self.client.get(f"{PAGE}{slug}.csv")
        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert "attachment" in response["Content-Disposition"]
        text = response.content.decode("utf-8")
        assert text.startswith("\ufeff")
        return list(csv.reader(StringIO(text[1:]), delimiter=";"))

    def test_has_the_rows_of_the_page(self) -> None:
        count(Name.MAIL, "welcome.sent", 40)
        count(Name.MAIL, "welcome.late", 3)
        assert self.read("mails")[1][1:] == ["40", "<5", "0", "0"]
        for slug in ("registrations", "funnel", "messages", "queue", "decisions"):
            assert len(self.read(slug)) >= 1

    def test_is_set_apart_as_the_readers_language_expects(self) -> None:
        count(Name.MAIL, "welcome.sent", 40)
        User.objects.filter(pk=self.staff.pk).update(language="en")
        text = self.client.get(f"{PAGE}mails.csv").content.decode("utf-8-sig")
        assert next(csv.reader(StringIO(text)))[2:] == ["of these late", "failed", "not needed"]

    def test_holds_no_formula(self) -> None:
        for name in ("=1+1", "+1", "-1", "@x", "\tx", *TWINS):
            source = Source.objects.create(name_pl=name, name_en=name)
            count(Name.SOURCE, str(source.pk), 9)
            rows = [row[0] for row in self.read("sources")[1:]]
            assert rows[-1].startswith("'"), name
            DailyCount.objects.all().delete()


class TruthTests(TestCase):
    """What is counted where it happens."""

    def setUp(self) -> None:
        counting.forget()
        self.addCleanup(counting.forget)

    def counts(self, name: Name) -> dict[str, int]:
        counting.flush()
        return {row.key: row.count for row in DailyCount.objects.filter(name=name)}

    def test_a_registration_and_the_answer_to_the_survey_count_once(self) -> None:
        user = registered()
        first, second = Source.objects.all()[:2]
        survey.answer(user.pk, first)
        survey.answer(user.pk, second)
        assert self.counts(Name.REGISTERED) == {"": 1}
        assert self.counts(Name.SOURCE) == {str(first.pk): 1}

    def test_a_decision_counts_with_the_time_that_its_case_had_waited(self) -> None:
        user = activated()
        user.waiting_since = timezone.now() - timedelta(hours=30)
        user.save(update_fields=["waiting_since"])
        with self.captureOnCommitCallbacks(execute=True):
            decide(user, ReviewState.APPROVED)
        assert self.counts(Name.DECIDED) == {"approved": 1}
        assert self.counts(Name.DECISION_TIME) == {"48": 1}

    def test_a_mail_counts_when_it_is_sent_and_as_late_when_it_was(self) -> None:
        from accounts.mail import delivery

        for minutes in (0, 16):
            registered()
            mail = OutboxMessage.objects.order_by("-pk")[0]
            mail.state = OutboxMessage.State.WAITING
            mail.created_at = timezone.now() - timedelta(minutes=minutes)
            mail.due_at = timezone.now()
            mail.save()
            delivery.deliver(mail.pk)
        found = self.counts(Name.MAIL)
        assert found["registration.sent"] >= 2
        assert found["registration.late"] == 1

    def test_days_are_as_many_as_they_are(self) -> None:
        days = reading.Days(date(2026, 2, 27), date(2026, 3, 1))
        assert days.number == 3
        assert days.each[-1] == date(2026, 3, 1)
