"""Show the statistics, and give each of their tables as a file."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin import charts
from accounts.admin.by_role import ByRole
from accounts.admin.charts import Chart
from accounts.desk import events
from accounts.desk.at_work import desk_of
from accounts.desk.roles import Right
from accounts.desk.sheets import Text
from accounts.desk.statistics import LONGEST, TABLES, Table
from accounts.models import DailyCount, StaffEvent
from accounts.statistics.reading import Days

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", re.ASCII)
ORDINARY = timedelta(days=29)


def _picker() -> forms.DateInput:
    """Return a field of the browser's own calendar, which takes ISO 8601 in every language."""
    return forms.DateInput({"type": "date"}, format="%Y-%m-%d")


class DatesForm(forms.Form):
    """Ask which days the tables are about."""

    first = forms.DateField(label=_("from"), widget=_picker())
    last = forms.DateField(label=_("to"), widget=_picker())


@dataclass(frozen=True)
class Shown:
    """A table with its rows and its picture, of which there is none where all numbers are 0."""

    table: Table
    rows: list[tuple[str, list[str]]]
    chart: Chart | None
    address: str


@admin.register(DailyCount)
class StatisticsAdmin(ByRole, admin.ModelAdmin[DailyCount]):
    """Show what was counted; there is no page of one count, and nothing to be changed."""

    sees = Right.SEE_STATISTICS

    def get_urls(self) -> list[URLPattern]:
        """Have two addresses: all tables, and a file of one."""
        guarded = self.admin_site.admin_view
        return [
            path("", guarded(self.changelist_view), name="accounts_dailycount_changelist"),
            path("<slug:slug>.csv", guarded(self.file), name="accounts_dailycount_file"),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show every table of the chosen days. Dates that are none are answered by 400."""
        self._require(request)
        days = _asked(request)
        problem = _problem(days)
        if problem:
            days = _ordinary()
        query = f"?first={days.first}&last={days.last}"
        shown = [
            _shown(make(days), f"{reverse('admin:accounts_dailycount_file', args=[slug])}{query}")
            for slug, make in TABLES.items()
        ]
        _record(request, days)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Statistics"),
            "form": DatesForm(initial={"first": days.first, "last": days.last}, label_suffix=""),
            "problem": problem,
            "days": days,
            "tables": shown,
        }
        return TemplateResponse(request, "admin/accounts/dailycount/statistics.html", context)

    def file(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Give one table as CSV, as lists of customers are written."""
        self._require(request)
        if slug not in TABLES:
            raise Http404
        days = _asked(request)
        if _problem(days):
            raise BadRequest("Days that no page asks about")
        table = TABLES[slug](days)
        _record(request, days, slug)
        content = BytesIO()
        text = Text(content)
        text.add(["", *table.columns])
        for row, values in table.rows():
            text.add([row, *values])
        text.close()
        name = f"{slug}-{days.first}-{days.last}.csv"
        return HttpResponse(
            content.getvalue(),
            content_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="{name}"',
                "Cache-Control": "no-store",
            },
        )

    def _require(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method not in ("GET", "HEAD"):
            raise BadRequest("Statistics are only read.")


def _shown(table: Table, address: str) -> Shown:
    rows = table.rows()
    drawn = rows[: len(rows) - table.sums]
    pairs = [(_named(table, name, values), values[table.drawn]) for name, values in drawn]
    chart = None
    if any(value != "0" for _name, value in pairs):
        chart = charts.columns(pairs) if table.is_timeline else charts.lines(pairs)
    return Shown(table, rows, chart, address)


def _named(table: Table, name: str, values: list[str]) -> str:
    """Return the name of a row with the words that stand before the drawn number."""
    if table.is_timeline:
        return name
    words = [each for each in values[: table.drawn] if each != "–" and not each.isdigit()]
    words = [each for each in words if each not in ("<5", gettext("hidden"))]
    return " – ".join([name, *words])


def _asked(request: HttpRequest) -> Days:
    """Return the days of the address; the ordinary ones where it names none.

    A last day alone asks for as many days before it. Raises BadRequest for what is no day.
    """
    today = timezone.localdate()
    last = _day(request.GET.get("last"), today)
    first = _day(request.GET.get("first"), max(last, date.min + ORDINARY) - ORDINARY)
    return Days(first, last if request.GET.get("last") else max(first, today))


def _day(typed: str | None, ordinary: date) -> date:
    if not typed:
        return ordinary
    if not _DAY.match(typed):
        raise BadRequest("A day that is none")
    try:
        return date.fromisoformat(typed)
    except ValueError as error:
        raise BadRequest("A day that is none") from error


def _ordinary() -> Days:
    today = timezone.localdate()
    return Days(today - ORDINARY, today)


def _problem(days: Days) -> str:
    if days.last < days.first:
        return gettext("The last day comes before the first. You see the last 30 days.")
    if days.last - days.first > LONGEST:
        return gettext("Choose a year at most. You see the last 30 days.")
    return ""


def _record(request: HttpRequest, days: Days, table: str = "") -> None:
    facts = {"first": str(days.first), "last": str(days.last)} | ({"table": table} if table else {})
    events.record(desk_of(request), StaffEvent.Action.STATISTICS_SEEN, after=facts)
