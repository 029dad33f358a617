"""What is counted of visitors: the truth to the last one, and nothing by which one is known."""

import logging
import random
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from threading import Event
from unittest import mock

from django.db import OperationalError, connection
from django.test import TestCase, TransactionTestCase
from django.utils import timezone

from accounts.models import DailyCount, SupportCode
from accounts.registration import funnel
from accounts.statistics import counting
from accounts.statistics.counting import Name
from tests.clock import later
from tests.parallel import at_once
from tests.people import COMPANY, FIRMA, OSOBA, PERSON, Applicant
from tests.walk import Visitor

KINDS = {FIRMA.kind: "company", COMPANY.kind: "company"}
FIRST_NAMES = {
    FIRMA.kind: ("Reprezentant Firmy", "Imię reprezentanta"),
    OSOBA.kind: ("Dane osobowe", "Imię"),
    COMPANY.kind: ("Company representative", "Representative’s first name"),
    PERSON.kind: ("Personal details", "First name"),
}
# What is not typed here but chosen, or so short that it stands in other words.
SHORTEST_CANARY = 5


def counted(*names: Name) -> Counter[tuple[str, str, str, str]]:
    """Return what stands in the table, whatever the day."""
    counting.flush()
    rows = DailyCount.objects.filter(name__in=names) if names else DailyCount.objects.all()
    return Counter(
        {(row.name, row.key, row.kind, row.language): row.count for row in rows if row.count}
    )


class CountingTestCase(TestCase):
    """Nothing waits from another test, and nothing is left for the next one."""

    def setUp(self) -> None:
        counting.forget()
        self.addCleanup(counting.forget)


class Simulated:
    """One visit of random behaviour, which notes by itself what it has done."""

    def __init__(
        self, number: int, chance: random.Random, truth: Counter[tuple[str, str, str, str]]
    ) -> None:
        self.chance, self.truth = chance, truth
        applicant = chance.choice((FIRMA, OSOBA, COMPANY, PERSON))
        self.applicant: Applicant = applicant.addressed(f"gosc{number}@przyklad{number}.example")
        self.kind = KINDS.get(applicant.kind, "person")
        self.language = applicant.words.language
        self.visitor = Visitor()
        self.visitor.client.defaults["REMOTE_ADDR"] = f"10.0.{number // 250}.{number % 250 + 1}"
        self.step = ""

    def note(self, name: Name, *parts: str, kind: str | None = None, plain: bool = False) -> None:
        """Note once more of this."""
        kind = ("" if self.step == "start" else self.kind) if kind is None else kind
        language = "" if plain else self.language
        self.truth[name.value, ".".join(parts), "" if plain else kind, language] += 1

    def begin(self, step: str) -> None:
        if self.step:
            self.note(Name.FINISHED, self.step)
        self.step = step
        self.note(Name.BEGUN, step)

    def goes(self) -> bool:
        """Leave for good here, by Anuluj or by silence, or go on."""
        way = self.chance.random()
        if way < 0.08:
            words = self.applicant.words
            self.visitor.press(words.cancel).press(words.cancel_for_good)
            self.note(Name.LEFT, self.step, "cancel")
        return way < 0.16

    def wanders(self) -> None:
        """Go back and forth, as people do: no step is begun twice."""
        if self.chance.random() < 0.3:
            words = self.applicant.words
            self.visitor.press(words.back).press(words.next)

    def visit(self) -> None:
        """Go as far as chance lets one."""
        words, visitor = self.applicant.words, self.visitor
        visitor.open(f"{words.prefix}/rejestracja/")
        if self.chance.random() < 0.1:
            return  # a page that was looked at, as by a robot, is no visit
        if self.chance.random() < 0.2:
            visitor.press(words.next)
            self.begin("start")
            self.note(Name.MESSAGE, "start", "kind", "required", kind="")
            if self.goes():
                return
        else:
            self.begin("start")
        visitor.choose(self.applicant.kind).press(words.next)
        self.begin("details")
        for step in (self.details, self.review, self.password, self.consents):
            if self.goes():
                return
            step()

    def details(self) -> None:
        self.applicant.type_details(self.visitor)
        if self.chance.random() < 0.3:
            group, label = FIRST_NAMES[self.applicant.kind]
            self.visitor.fill({label: ""}, within=group).press(self.applicant.words.next)
            self.note(Name.MESSAGE, "details", "first_name", "required")
            self.applicant.type_details(self.visitor)
        self.visitor.press(self.applicant.words.next)
        self.begin("review")

    def review(self) -> None:
        self.visitor.press(self.applicant.words.next)
        self.begin("password")

    def password(self) -> None:
        words = self.applicant.words
        if self.chance.random() < 0.3:
            self.applicant.type_password(self.visitor)
            self.visitor.copy_captcha(words.captcha, wrongly=True).press(words.next)
            self.note(Name.CAPTCHA, "picture", "asked", plain=True)
            self.note(Name.CAPTCHA, "characters", "wrong", plain=True)
            self.note(Name.MESSAGE, "password", "captcha", "wrong")
            self.note(Name.MESSAGE, "password", "password1", "again")
        self.applicant.type_password(self.visitor).copy_captcha(words.captcha)
        self.visitor.press(words.next)
        self.note(Name.CAPTCHA, "picture", "asked", plain=True)
        self.note(Name.CAPTCHA, "characters", "right", plain=True)
        self.begin("consents")

    def consents(self) -> None:
        self.wanders()
        words = self.applicant.words
        if self.chance.random() < 0.2:
            self.visitor.press(words.register)
            last = "authority" if self.kind == "company" else "adult"
            for box in ("terms", "e_documents", "personal_data", last):
                self.note(Name.MESSAGE, "consents", box, "required")
        self.visitor.choose(*self.applicant.required_consents).press(words.register)
        assert self.visitor.heading == words.check_mailbox, self.visitor.errors
        self.note(Name.FINISHED, "consents")
        self.note(Name.REGISTERED)


class VisitTests(CountingTestCase):
    """Two hundred visits of people who go on, err, go back, cancel and fall silent."""

    COUNTED = (
        Name.BEGUN,
        Name.FINISHED,
        Name.LEFT,
        Name.MESSAGE,
        Name.CAPTCHA,
        Name.REGISTERED,
    )

    def test_are_counted_to_the_last_one_and_nothing_of_them_is_kept(self) -> None:
        chance, truth, visits = random.Random("lejek"), Counter[tuple[str, str, str, str]](), 200
        said: list[str] = []
        listener = logging.Handler(logging.DEBUG)
        listener.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
        logging.root.addHandler(listener)
        self.addCleanup(logging.root.removeHandler, listener)
        everybody = [Simulated(number, chance, truth) for number in range(visits)]
        for each in everybody:
            each.visit()
        assert counted(*self.COUNTED) == truth
        assert sum(n for key, n in truth.items() if key[0] == "begun" and key[1] == "start") > 150
        times = counted(Name.SECONDS)
        finished = counted(Name.FINISHED)
        assert times.total() == finished.total()
        kept = str(list(DailyCount.objects.values_list()))
        for each in everybody:
            typed = [
                answer for group in each.applicant.details.values() for answer in group.values()
            ]
            for canary in (*typed, each.applicant.email, each.applicant.password):
                if len(canary) >= SHORTEST_CANARY:
                    assert canary not in kept, canary
                    assert not any(canary in line for line in said), canary
        assert not SupportCode.objects.exists()


class StepTests(CountingTestCase):
    def test_belongs_to_the_kind_and_day_with_which_it_was_begun(self) -> None:
        visitor = FIRMA.start(Visitor())
        yesterday = int((timezone.now() - timedelta(days=1)).timestamp())
        self._change(visitor, at=yesterday)
        visitor.press("Wstecz").choose("Osoba fizyczna").press("Dalej")
        OSOBA.type_details(visitor).press("Dalej")
        counting.flush()
        row = DailyCount.objects.get(name=Name.FINISHED, key="details")
        assert (row.kind, row.day) == ("company", timezone.localdate() - timedelta(days=1))
        assert DailyCount.objects.get(name=Name.BEGUN, key="review").kind == "person"
        assert DailyCount.objects.get(name=Name.SECONDS, key__startswith="details.").key == (
            "details.more"
        )

    def test_is_no_other_one_in_another_language(self) -> None:
        visitor = OSOBA.start(Visitor())
        visitor.open(visitor.path.replace("/rejestracja/", "/en/rejestracja/"))
        PERSON.type_details(visitor).press("Next")
        rows = counted(Name.BEGUN, Name.FINISHED)
        assert rows["finished", "details", "person", "pl"] == 1
        assert rows["begun", "review", "person", "en"] == 1

    def test_of_a_registration_from_before_this_release_is_not_counted(self) -> None:
        visitor = OSOBA.start(Visitor())
        counting.forget()
        self._change(visitor, at=None)
        OSOBA.type_details(visitor).press("Dalej")
        visitor.press("Anuluj").press("Anuluj i usuń dane")
        assert not counted(Name.BEGUN, Name.FINISHED, Name.LEFT)

    def _change(self, visitor: Visitor, at: int | None) -> None:
        session = visitor.client.session
        (entry,) = (each for name, each in session.items() if name.startswith("wizard_"))
        if at is None:
            del entry["facts"][funnel.FACT]
        else:
            entry["facts"]["began"] = at
        session.save()


class ReturnTests(CountingTestCase):
    """People come back late, by a second tab, twice to the same question."""

    WAY = (Name.BEGUN, Name.FINISHED, Name.LEFT)

    def test_who_comes_back_after_a_day_begins_anew_and_the_first_visit_was_silent(self) -> None:
        visitor = OSOBA.start(Visitor())
        with later(hours=25):
            OSOBA.type_details(visitor).press("Dalej")
            assert visitor.status == 404
            OSOBA.start(visitor)
        way = counted(*self.WAY)
        assert way == {
            ("begun", "start", "", "pl"): 2,
            ("finished", "start", "", "pl"): 2,
            ("begun", "details", "person", "pl"): 2,
        }

    def test_two_tabs_of_one_registration_are_one_and_two_registrations_are_two(self) -> None:
        visitor = OSOBA.reach_review(Visitor())
        other = visitor.new_tab().open(visitor.path)
        visitor.press("Dalej")
        other.press("Dalej")
        one = counted(*self.WAY)
        assert one["begun", "password", "person", "pl"] == 1
        assert one["finished", "review", "person", "pl"] == 1
        OSOBA.start(visitor.new_tab())
        assert counted(*self.WAY)["begun", "details", "person", "pl"] == 2

    def test_what_is_cancelled_in_two_tabs_was_left_once(self) -> None:
        visitor = OSOBA.start(Visitor()).press("Anuluj")
        cancel = visitor.post_of("Anuluj i usuń dane")
        other = visitor.new_tab()
        visitor.send(cancel)
        other.send(cancel)
        assert counted(Name.LEFT) == {("left", "details.cancel", "person", "pl"): 1}

    def test_what_is_sent_twice_or_goes_back_and_forth_is_finished_once(self) -> None:
        visitor = OSOBA.reach_consents(Visitor())
        visitor.press("Wstecz").press("Dalej").press("Wstecz").press("Wstecz").press("Dalej")
        visitor.press("Dalej")
        visitor.choose(*OSOBA.required_consents)
        register = visitor.post_of("Rejestruj")
        visitor.send(register).send(register)
        way = counted(*self.WAY, Name.REGISTERED)
        assert set(way.values()) == {1}, way
        assert way["finished", "consents", "person", "pl"] == 1
        assert way["registered", "", "person", "pl"] == 1

    def test_another_kind_chosen_late_is_the_same_visit(self) -> None:
        visitor = OSOBA.reach_review(Visitor())
        visitor.follow("Identyfikacja").choose("Firma").press("Dalej")
        FIRMA.type_details(visitor).press("Dalej").press("Dalej")
        way = counted(*self.WAY)
        assert way["begun", "review", "person", "pl"] == way["finished", "review", "person", "pl"]
        assert way["begun", "password", "company", "pl"] == 1
        assert way["begun", "details", "company", "pl"] == 0


class CountTests(CountingTestCase):
    def test_takes_no_word_that_is_not_ours(self) -> None:
        counting.add(Name.MESSAGE, "details", "Żaneta Łękawska", "x" * 41, kind="z@x", language="z")
        assert list(counted()) == [("message", "details.other.other", "", "")]

    def test_is_of_the_day_in_warsaw(self) -> None:
        moment = timezone.now().replace(hour=23, minute=30)
        with mock.patch("django.utils.timezone.now", return_value=moment):
            counting.add(Name.REGISTERED)
        counting.flush()
        assert DailyCount.objects.get().day == moment.date() + timedelta(days=1)

    def test_adds_to_the_row_of_the_day(self) -> None:
        for _time in range(3):
            counting.add(Name.REGISTERED, kind="person", language="pl")
            counting.flush()
        assert DailyCount.objects.get().count == 3
        with later(days=1):
            counting.add(Name.REGISTERED, kind="person", language="pl")
        counting.flush()
        assert DailyCount.objects.count() == 2

    def test_waits_for_a_database_that_is_away(self) -> None:
        counting.add(Name.REGISTERED)
        with (
            mock.patch.object(counting, "_write", side_effect=OperationalError),
            self.assertRaises(OperationalError),
        ):
            counting.flush()
        counting.add(Name.REGISTERED)
        assert counted().total() == 2

    def test_fills_no_memory_while_the_database_is_away(self) -> None:
        with mock.patch.object(counting, "MOST_WAITING", 2):
            for number in range(5):
                counting.add(Name.SOURCE, str(number))
                counting.add(Name.SOURCE, "0")
        assert counted() == {
            ("source", "0", "", ""): 6,
            ("source", "1", "", ""): 1,
        }

    def test_costs_no_statement(self) -> None:
        with self.assertNumQueries(0):
            counting.add(Name.REGISTERED)
        with self.assertNumQueries(1):
            counting.flush()
        with self.assertNumQueries(0):
            counting.flush()


class SeveralProcessesTests(TransactionTestCase):
    serialized_rollback = True

    def test_add_to_the_same_rows_at_once(self) -> None:
        places = [
            (counting.Place("source", "2026-11-29", "", "", str(number)), 1) for number in range(40)
        ]

        def write() -> None:
            try:
                counting._write(places)
            finally:
                connection.close()

        at_once(*[write] * 6)
        assert {row.count for row in DailyCount.objects.filter(name="source")} == {6}

    def test_the_end_of_a_process_waits_for_what_is_being_written(self) -> None:
        counting.forget()
        self.addCleanup(counting.forget)
        is_writing, write = Event(), counting._write

        def slowly(counts: Sequence[tuple[counting.Place, int]]) -> None:
            is_writing.set()
            counting._enough.wait(60)
            write(counts)

        with (
            self.settings(COUNTS_FLUSHED_AFTER=0.01),
            mock.patch.object(counting, "_write", slowly),
        ):
            counting.add(Name.REGISTERED)
            assert is_writing.wait(60)
            try:
                counting._end()
            finally:
                counting._enough.clear()
        assert DailyCount.objects.get().count == 1

    def test_a_thread_of_the_process_adds_them_beside_requests(self) -> None:
        counting.forget()
        self.addCleanup(counting.forget)
        with self.settings(COUNTS_FLUSHED_AFTER=0.01):
            counting.add(Name.REGISTERED)
            give_up = timezone.now() + timedelta(seconds=60)
            while not DailyCount.objects.exists():
                assert timezone.now() < give_up
            counting._enough.set()
            thread = counting._thread
            assert thread is not None
            thread.join(60)
            counting._enough.clear()
        assert DailyCount.objects.get().count == 1
