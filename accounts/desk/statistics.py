"""Make the tables of the statistics from counts: what adds up, and what it is called.

Nothing here reads a customer but the queue, which is counted by its index and no further than
MOST_COUNTED.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.desk import queue
from accounts.desk.wording import field_label, kind_label, message_label, step_label
from accounts.models import Kind, OutboxMessage, ReviewState, Source
from accounts.registration.funnel import name_of
from accounts.registration.order import ORDER
from accounts.statistics import reading
from accounts.statistics.counting import HOURS, SECONDS, Name
from accounts.statistics.reading import At, Days

LONGEST = timedelta(days=366)
# Days beyond which registrations are shown by months.
MOST_DAYS = 92
MOST_MESSAGES = 50
MOST_COUNTED = 10_000
# Days after which who has neither finished nor cancelled will not come back: a day's session has
# ended by then.
SILENT_AFTER = timedelta(days=2)
KINDS = (Kind.COMPANY.value, Kind.PERSON.value)

# What the tables are called, in their order.
TITLES: dict[str, Promise] = {
    "registrations": _("Registrations"),
    "funnel": _("Way through the registration"),
    "messages": _("Commonest messages"),
    "captcha": _("Check that it is a person"),
    "sources": _("Sources"),
    "mails": _("Mails"),
    "queue": _("Queue now"),
    "decisions": _("Decisions"),
    "decision-time": _("Time to a decision"),
}

# A number that may be too small to be shown, or words.
Value = int | str


@dataclass
class Table:
    """One table: its columns, its rows with their names, and which numbers add up.

    `drawn` is the column that the picture beside it shows.
    """

    slug: str
    about: str
    columns: Sequence[str]
    names: list[str] = field(default_factory=list)
    values: list[list[Value]] = field(default_factory=list)
    lines: list[list[At]] = field(default_factory=list)
    drawn: int = 0
    is_timeline: bool = False
    # Rows at the end that are sums of the others, which a picture leaves out.
    sums: int = 0

    @property
    def title(self) -> str:
        return str(TITLES[self.slug])

    def add(self, name: str, *values: Value) -> int:
        """Add a row; return its number."""
        self.names.append(name)
        self.values.append(list(values))
        return len(self.names) - 1

    def rows(self) -> list[tuple[str, list[str]]]:
        """Return the rows as anybody may see them."""
        grid = [[v if isinstance(v, int) else 0 for v in row] for row in self.values]
        words = reading.shown(grid, self.lines, hidden=gettext("hidden"))
        return [
            (
                name,
                [
                    word if isinstance(value, int) else value
                    for word, value in zip(said, row, strict=True)
                ],
            )
            for name, said, row in zip(self.names, words, self.values, strict=True)
        ]


def registrations(days: Days) -> Table:
    """Return the registrations by day, kind and language; by month where there are many days."""
    table = Table(
        "registrations",
        gettext("Finished registrations, before their address is confirmed."),
        [
            gettext("company"),
            gettext("individual"),
            gettext("in Polish"),
            gettext("in English"),
            gettext("total"),
        ],
        drawn=4,
        is_timeline=True,
    )
    counted = reading.sums(Name.REGISTERED, days, "day", "kind", "language")
    by_month = days.number > MOST_DAYS
    places: dict[str, list[int]] = {}
    for day in days.each:
        places.setdefault(_period(day, by_month=by_month), [0] * 5)
    for (at, kind, language), times in counted.items():
        numbers = places[_period(date.fromisoformat(at), by_month=by_month)]
        numbers[0 if kind == Kind.COMPANY else 1] += times
        numbers[3 if language == "en" else 2] += times
        numbers[4] += times
    for name, numbers in places.items():
        row = table.add(name, *numbers)
        table.lines += [[(row, 0), (row, 1), (row, 4)], [(row, 2), (row, 3), (row, 4)]]
    if len(places) > 1:
        whole = [sum(column) for column in zip(*places.values(), strict=True)]
        last = table.add(gettext("total"), *whole)
        table.sums = 1
        table.lines += [[(last, 0), (last, 1), (last, 4)], [(last, 2), (last, 3), (last, 4)]]
        table.lines += [[(row, column) for row in range(last + 1)] for column in range(5)]
    return table


def _period(day: date, *, by_month: bool) -> str:
    return date_format(day, "YEAR_MONTH_FORMAT" if by_month else "SHORT_DATE_FORMAT")


def funnel(days: Days) -> Table:
    """Return how far visitors came, by step and kind, and how long they took."""
    table = Table(
        "funnel",
        gettext(
            "A step is counted on the day on which it was begun. It is given up if it "
            "was neither finished nor cancelled within two days. The first step "
            "counts from its first answer, because robots only look, so it has no "
            "time; and it has no kind, because that is what it asks. Half of those "
            "who finished a step needed no more than the usual time."
        ),
        [
            gettext("kind"),
            gettext("steps begun"),
            gettext("finished"),
            gettext("cancelled"),
            gettext("given up"),
            gettext("still open"),
            gettext("usual time (min:s)"),
        ],
        drawn=1,
    )
    closed = Days(days.first, min(days.last, timezone.localdate() - SILENT_AFTER))
    whole = {
        name: reading.sums(name, days, "key", "kind")
        for name in (Name.BEGUN, Name.FINISHED, Name.LEFT, Name.SECONDS)
    }
    over = {
        name: reading.sums(name, closed, "key", "kind")
        for name in (Name.BEGUN, Name.FINISHED, Name.LEFT)
    }
    finished_before: dict[str, int] = {}
    for step in map(name_of, ORDER):
        for kind in ("",) if step == name_of(ORDER[0]) else KINDS:
            begun, finished, left = _at(whole, step, kind)
            silent_of = _at(over, step, kind)
            # A process that was killed may have lost a beginning and not its end.
            silent = max(0, silent_of[0] - silent_of[1] - silent_of[2])
            still_open = max(0, begun - finished - left - silent)
            times = {
                key.partition(".")[2]: number
                for (key, of), number in whole[Name.SECONDS].items()
                if of == kind and key.startswith(f"{step}.")
            }
            row = table.add(
                step_label(step),
                kind_label(kind),
                begun,
                finished,
                left,
                silent,
                still_open,
                _seconds(times) if kind else "–",
            )
            table.lines.append([(row, column) for column in range(1, 6)])
            # Who has finished a step has begun the next one.
            if kind in finished_before:
                table.lines.append([(finished_before[kind], 2), (row, 1)])
            finished_before[kind] = row
    first = finished_before[""]
    second = [row for row in range(len(table.names)) if row in (first + 1, first + 2)]
    table.lines.append([(first, 2), *((row, 1) for row in second)])
    return table


def _at(
    counted: dict[Name, dict[tuple[str, ...], int]], step: str, kind: str
) -> tuple[int, int, int]:
    return (
        counted[Name.BEGUN].get((step, kind), 0),
        counted[Name.FINISHED].get((step, kind), 0),
        counted[Name.LEFT].get((f"{step}.cancel", kind), 0),
    )


def _seconds(times: dict[str, int]) -> str:
    found = reading.median(times, SECONDS)
    if found is None:
        return "–"
    lower, upper = found
    return f"> {_time(lower)}" if upper is None else f"{_time(lower)}–{_time(upper)}"


def _time(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02}"


def messages(days: Days) -> Table:
    """Return what was said most often, and at which field."""
    table = Table(
        "messages",
        gettext("What the registration asked to be put right, each time that it did."),
        [gettext("field"), gettext("what was said"), gettext("how often")],
        drawn=2,
    )
    counted = reading.sums(Name.MESSAGE, days, "key")
    often = sorted(counted.items(), key=lambda each: (-each[1], each[0]))
    for (key,), times in often[:MOST_MESSAGES]:
        step, name, code = (*key.split("."), "", "")[:3]
        table.add(step_label(step), field_label(name), message_label(code), times)
    return table


_WAYS: dict[str, Promise] = {
    "picture": _("picture"),
    "sound": _("sound"),
    "characters": _("characters from the picture or the sound"),
    "code": _("code by e-mail"),
}
_OUTCOMES: dict[str, Promise] = {
    "asked": _("shown, heard or sent"),
    "right": _("right"),
    "wrong": _("wrong"),
    "expired": _("too late, or tried too often"),
    "decoy": _("right, but the hidden field was filled in"),
    "hurried": _("right, but too fast for a person"),
}


def captcha(days: Days) -> Table:
    """Return by which way visitors showed that they are people, and what came of it."""
    table = Table(
        "captcha",
        gettext("An answer does not tell whether its characters were seen or heard."),
        [gettext("what came of it"), gettext("how often")],
        drawn=1,
    )
    counted = reading.sums(Name.CAPTCHA, days, "key")
    for way, called in _WAYS.items():
        for outcome, said in _OUTCOMES.items():
            if times := counted.get((f"{way}.{outcome}",), 0):
                table.add(str(called), str(said), times)
    return table


def sources(days: Days) -> Table:
    """Return how customers heard of the service."""
    table = Table(
        "sources",
        gettext("Answers to “How did you hear about kantor.pl?”."),
        [gettext("how often")],
    )
    counted = reading.sums(Name.SOURCE, days, "key")
    for source in Source.objects.all():
        if times := counted.get((str(source.pk),), 0):
            table.add(str(source), times)
    return table


def mails(days: Days) -> Table:
    """Return what became of mails, by kind."""
    table = Table(
        "mails",
        gettext("“Late” means sent more than 15 minutes after it was due."),
        [gettext("mails sent"), gettext("of these late"), gettext("failed"), gettext("not needed")],
    )
    counted = reading.sums(Name.MAIL, days, "key")
    for kind, called in OutboxMessage.Kind.choices:
        numbers = [
            counted.get((f"{kind}.{state}",), 0) for state in ("sent", "late", "failed", "dropped")
        ]
        if any(numbers):
            table.add(str(called), *numbers)
    return table


_AGES: tuple[tuple[int, int | None], ...] = ((0, 4), (4, 24), (24, 72), (72, 168), (168, None))


def waiting(_days: Days) -> Table:
    """Return how long the cases of the queue have been waiting, now."""
    table = Table(
        "queue",
        gettext("Cases that wait for a decision at this moment, whatever dates are chosen."),
        [gettext("cases")],
    )
    now = timezone.now()
    for least, most in _AGES:
        cases = queue.waiting().filter(waiting_since__lte=now - timedelta(hours=least))
        if most is not None:
            cases = cases.filter(waiting_since__gt=now - timedelta(hours=most))
        number = cases.order_by()[: MOST_COUNTED + 1].count()
        table.add(_hours(least, most), f"> {MOST_COUNTED}" if number > MOST_COUNTED else number)
    return table


def decisions(days: Days) -> Table:
    """Return the decisions of staff by what they led to, and by kind of customer."""
    table = Table(
        "decisions",
        gettext("Decisions that hold, without proposals to a second person."),
        [gettext("company"), gettext("individual"), gettext("total")],
        drawn=2,
    )
    counted = reading.sums(Name.DECIDED, days, "key", "kind")
    called = {
        ReviewState.APPROVED: gettext("approved"),
        ReviewState.CORRECTION: gettext("correction asked for"),
        ReviewState.REJECTED: gettext("rejected"),
        ReviewState.NEW: gettext("reopened or returned"),
    }
    for state, name in called.items():
        numbers = [counted.get((state.value, kind), 0) for kind in KINDS]
        row = table.add(name, *numbers, sum(numbers))
        table.lines.append([(row, column) for column in range(3)])
    return table


def decision_time(days: Days) -> Table:
    """Return how long cases had been waiting when they were decided."""
    table = Table(
        "decision-time",
        gettext("From the moment at which a case began to wait."),
        [gettext("decisions")],
    )
    counted = {key: n for (key,), n in reading.sums(Name.DECISION_TIME, days, "key").items()}
    lower = 0
    for bound in (*HOURS, None):
        if times := counted.get("more" if bound is None else str(bound), 0):
            table.add(_hours(lower, bound), times)
        lower = bound or 0
    return table


def _hours(least: int, most: int | None) -> str:
    """Return a span of time in words: hours up to three days, days beyond."""
    if most is None:
        days = least // 24
        return ngettext("over %(days)d day", "over %(days)d days", days) % {"days": days}
    if most > 72:
        return gettext("%(least)d–%(most)d days") % {"least": least // 24, "most": most // 24}
    return gettext("%(least)d–%(most)d h") % {"least": least, "most": most}


TABLES: dict[str, Callable[[Days], Table]] = {
    "registrations": registrations,
    "funnel": funnel,
    "messages": messages,
    "captcha": captcha,
    "sources": sources,
    "mails": mails,
    "queue": waiting,
    "decisions": decisions,
    "decision-time": decision_time,
}
