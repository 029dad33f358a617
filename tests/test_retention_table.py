"""How long what is kept: one table for the purge, the notice, customers' and staff's pages."""

import re
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from captcha.models import CaptchaStore
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.core.management import call_command
from django.db.models import Model
from django.test import Client, SimpleTestCase, TestCase
from django.utils import timezone, translation

from accounts import retention
from accounts.models import (
    AccountEvent,
    AccountSession,
    Counter,
    EmailChange,
    HighRiskCountry,
    OutboxMessage,
    Source,
    StaffEvent,
    SupportCode,
    User,
)
from accounts.models.event_guard import EVENTS
from accounts.retention import Kept
from kantor.serving.models import Session
from kantor.serving.typography import untie
from tests.clock import later
from tests.desk import LIST, page_of, sit_down
from tests.factories import activated, clerk, registered
from tests.test_production import REQUIRED, refusals

PAGE = "/admin/retention/"
NOTICES = Path(settings.BASE_DIR, "templates", "legal", "privacy")
# Django's own tables: none of them has a row about a customer.
DJANGOS = {"auth.Permission", "auth.Group", "contenttypes.ContentType", "admin.LogEntry"}


class TableTests(SimpleTestCase):
    """What is in the table."""

    def test_names_every_table_that_there_is(self) -> None:
        named = {label for kept in retention.EVERYTHING for label in kept.tables}
        optional = {"django_tasks_database.DBTaskResult"}
        known = named | set(retention.NAMES_NOBODY) | DJANGOS
        there = {
            model._meta.label
            for model in apps.get_models()
            if model._meta.managed and not model._meta.proxy
        }
        assert there <= known, there - known
        assert named - optional <= there, named - there

    def test_says_of_accounts_of_staff_and_of_counts_that_they_stay(self) -> None:
        told = {label for kept in retention.OF_THE_DESK for label in kept.tables}
        assert {"accounts.User", "accounts.DailyCount"} <= told
        for kept in (retention.STAFF, retention.COUNTS):
            assert kept in retention.OF_THE_DESK
            assert kept.lasts is None

    def test_has_each_kind_once_and_says_all_of_it(self) -> None:
        kinds = [kept.kind for kept in retention.EVERYTHING]
        assert len(kinds) == len(set(kinds))
        for language in ("pl", "en"):
            with translation.override(language):
                for kept in retention.EVERYTHING:
                    for sentence in (kept.title, kept.why, kept.until, kept.then):
                        assert str(sentence), (language, kept.kind)
                    assert re.search(r"art\.\s\d", str(kept.why)), (language, kept.kind)

    def test_the_database_and_the_table_keep_the_audit_for_the_same_time(self) -> None:
        assert settings.AUDIT_KEPT_YEARS == 6
        assert any("6 years" in statement for statement in EVENTS.statements["postgresql"])
        assert timedelta(days=6 * 365 + 2) == retention.AUDIT_LASTS
        assert timedelta(days=5 * 365 + 2) == retention.BLOCKED_LASTS


class NoticeTests(SimpleTestCase):
    """The published privacy notice promises what the table says."""

    def periods(self, language: str) -> list[str]:
        newest = max(path for path in NOTICES.iterdir() if path.is_dir())
        page = BeautifulSoup((newest / f"{language}.html").read_text(), "html.parser")
        heading = next(each for each in page.find_all("h2") if each.get_text().startswith("4."))
        listed = heading.find_next("ol")
        assert listed is not None
        return [" ".join(item.get_text().split()) for item in listed.find_all("li")]

    def test_in_both_languages(self) -> None:
        hours = settings.SESSION_COOKIE_AGE // 3600
        days, mails = retention.HISTORY_LASTS.days, retention.MESSAGES_LAST.days
        pending, years = settings.PENDING_ACCOUNT_DAYS, settings.CUSTOMERS_KEPT_YEARS
        reopening, logs = retention.REOPENING_LASTS.days, retention.LOGS_LAST.days
        promised = {
            "pl": (
                ("Nieukończona rejestracja", f"{hours} godziny"),
                ("Konto nieaktywowane", f"{pending} dni"),
                ("Konto aktywne", f"{years} lat"),
                ("Konto zamknięte", f"{reopening} dni"),
                ("Historia logowania", f"{days} dni"),
                ("Wysłane do Ciebie", f"{mails} dni"),
                ("Dzienniki bezpieczeństwa", f"{logs} dni"),
            ),
            "en": (
                ("Unfinished registration", f"{hours} hours"),
                ("Account not activated", f"{pending} days"),
                ("Active account", f"{years} years"),
                ("Account that you close", f"{reopening} days"),
                ("History of sign-ins", f"{days} days"),
                ("Messages that we sent", f"{mails} days"),
                ("Security logs", f"{logs} days"),
            ),
        }
        for language, expected in promised.items():
            items = self.periods(language)
            for beginning, period in expected:
                found = [item for item in items if item.startswith(beginning)]
                assert len(found) == 1, (language, beginning, items)
                assert period in found[0], (language, period, found)


class SettingsTests(SimpleTestCase):
    """Periods are settings, which production checks."""

    def test_takes_what_law_and_notice_allow_and_nothing_else(self) -> None:
        good = ({"MESSAGES_KEPT_DAYS": "40"}, {"HISTORY_KEPT_DAYS": "30", "HOLDS_KEPT_YEARS": "0"})
        assert refusals(*(REQUIRED | each for each in good)) == ["", ""]
        bad = (
            {"PENDING_ACCOUNT_DAYS": "31"},
            {"PENDING_ACCOUNT_DAYS": "0"},
            {"MESSAGES_KEPT_DAYS": "61"},
            {"MESSAGES_KEPT_DAYS": "32"},
            {"HISTORY_KEPT_DAYS": "91"},
            {"CUSTOMERS_KEPT_YEARS": "4"},
            {"HOLDS_KEPT_YEARS": "6"},
            {"AUDIT_KEPT_YEARS": "5"},
        )
        for refusal in refusals(*(REQUIRED | each for each in bad)):
            assert "AUDIT_KEPT_YEARS 6 to 10" in refusal


class ClockTests(TestCase):
    """Each kind that has a time of its own, a minute before and a minute after it is over."""

    def goes_after(self, kept: Kept, row: Model, *, since: datetime | None = None) -> None:
        assert kept.lasts is not None
        rows = type(row)._default_manager.filter(pk=row.pk)
        spent = timezone.now() - (since or timezone.now())
        for minutes, is_there in ((-1, True), (1, False)):
            with later(kept.lasts - spent + timedelta(minutes=minutes)):
                printed = StringIO()
                call_command("purge_registrations", "--dry-run", stdout=printed)
                number = f"{row._meta.label} #{row.pk}"
                if row._meta.pk.get_internal_type().endswith("AutoField"):
                    assert (number in printed.getvalue()) is not is_there, kept.kind
                call_command("purge_registrations", stdout=StringIO())
                assert rows.exists() is is_there, (kept.kind, minutes)

    def test_mails(self) -> None:
        mail = OutboxMessage.objects.create(
            kind="welcome", recipient="a@b.pl", language="pl", finished_at=timezone.now()
        )
        self.goes_after(retention.MESSAGES, mail)

    def test_activity_changes_of_the_address_and_sessions(self) -> None:
        user, now = activated(), timezone.now()
        self.goes_after(
            retention.EVENTS, AccountEvent.objects.create(user=user, kind="closed", at=now)
        )
        change = EmailChange.objects.create(user=user, old_email="a@b.pl", new_email="c@d.pl")
        self.goes_after(retention.EMAIL_CHANGES, change)
        session = AccountSession.objects.create(
            user=user, session_hash="a" * 64, began_at=now, seen_at=now
        )
        self.goes_after(retention.SESSIONS, session)

    def test_counters(self) -> None:
        counter = Counter.objects.create(key="k", count=1, ends_at=timezone.now())
        self.goes_after(retention.ATTEMPTS, counter)

    def test_unfinished_registrations_and_pictures(self) -> None:
        # These rows hold the end of their time themselves.
        for kept, make in (
            (retention.UNFINISHED, self.session_until),
            (retention.CAPTCHAS, self.captcha_until),
            (retention.SUPPORT_CODES, self.code_until),
        ):
            assert kept.lasts is not None
            self.goes_after(kept, make(timezone.now() + kept.lasts))

    def session_until(self, end: datetime) -> Model:
        return Session.objects.create(session_key="a" * 32, session_data="", expire_date=end)

    def captcha_until(self, end: datetime) -> Model:
        row: Model = CaptchaStore.objects.create(
            challenge="abcd", response="abcd", hashkey="h" * 40, expiration=end
        )
        return row

    def code_until(self, end: datetime) -> Model:
        return SupportCode.objects.create(
            digest="d" * 64, step="2a", kind="person", language="pl", expires_at=end
        )

    def test_accounts_never_activated(self) -> None:
        user = registered()
        OutboxMessage.objects.filter(user=user).update(finished_at=user.created_at)
        self.goes_after(retention.NEVER_ACTIVATED, user)

    def test_audit(self) -> None:
        first = StaffEvent.objects.create(action="searched")
        StaffEvent.objects.create(action="searched")
        # The database judges by its own clock: only whom the purge would take is asked.
        with later(minutes=11):
            call_command("seal_audit", stdout=StringIO())
        for days, is_over in ((-1, False), (1, True)):
            with later(retention.AUDIT_LASTS + timedelta(days=days)):
                printed = StringIO()
                call_command("purge_registrations", "--dry-run", stdout=printed)
            line = f"accounts.StaffEvent #{first.pk}: at {first.at:%Y-%m-%d %H:%M}, staff_events"
            assert (line in printed.getvalue()) is is_over

    def test_each_kind_with_a_time_is_asked_here_or_elsewhere(self) -> None:
        asked = {
            "messages",
            "events",
            "email_changes",
            "sessions",
            "attempts",
            "unfinished",
            "captchas",
            "support_codes",
            "never_activated",
            "audit",
        }
        # Elsewhere: what a session of its own holds is UNFINISHED's row; the queue's table is there
        # where TASKS=database (tests.test_background_tasks); exports come with their tests; logs
        # and backups are files of the server (tests.test_backup, docs/operations.md).
        elsewhere = {"open_sessions", "tasks", "exports", "logs", "backups"}
        timed = {kept.kind for kept in retention.EVERYTHING if kept.lasts is not None}
        assert timed == asked | elsewhere


class PageTests(TestCase):
    """What staff and customers read."""

    def test_staff_read_every_row_in_their_language(self) -> None:
        member = clerk("support")
        for language, title in (
            ("pl", "Jak długo przechowujemy dane"),
            ("en", "How long records are kept"),
        ):
            User.objects.filter(pk=member.pk).update(language=language)
            browser = sit_down(Client(), member)
            browser.post("/admin/language/", {"language": language, "next": "/admin/"})
            page = BeautifulSoup(browser.get(PAGE).content, "html.parser")
            heading = page.find("h1")
            assert heading is not None
            assert untie(heading.get_text()) == title
            rows = page.select(".case-table tbody tr")
            assert len(rows) == len(retention.EVERYTHING)
            with translation.override(language):
                for row, kept in zip(rows, retention.EVERYTHING, strict=True):
                    cells = [untie(cell.get_text(strip=True)) for cell in row.select("th, td")]
                    said = (kept.title, kept.why, kept.until, kept.then)
                    assert cells == [untie(str(each)) for each in said]
                    # Below each other on a phone, each beside the heading of its column.
                    assert len(row.select("td[data-label]")) == 3

    def test_is_linked_for_who_sees_customers_and_only_read(self) -> None:
        for role, is_linked in (("support", True), ("auditor", True), ("administrator", False)):
            browser = sit_down(Client(), clerk(role))
            assert (PAGE in browser.get("/admin/").content.decode()) is is_linked, role
        assert sit_down(Client(), clerk("officer")).post(PAGE).status_code == 405


class NoButtonTests(TestCase):
    """Nobody deletes by a button what the table keeps."""

    def test_no_page_of_staff_deletes_but_the_list_of_countries(self) -> None:
        registered_pages: dict[type[Model], Any] = dict(admin.site._registry)
        deleting = {model for model, page in registered_pages.items() if page.deletes is not None}
        # Tables of words, which are about no customer.
        assert deleting == {HighRiskCountry, Source}

    def test_no_address_of_djangos_own_deletes_a_customers_rows(self) -> None:
        user = activated()
        browser = sit_down(Client(), clerk("officer"))
        mail = OutboxMessage.objects.filter(user=user)[0]
        address = f"/admin/accounts/outboxmessage/{mail.pk}/delete/"
        assert browser.post(address, {"post": "yes"}).status_code == 403
        assert OutboxMessage.objects.filter(pk=mail.pk).exists()

    def test_no_page_shows_one(self) -> None:
        user = activated()
        for role in ("support", "reviewer", "officer", "auditor"):
            browser = sit_down(Client(), clerk(role))
            for address in (LIST, page_of(user), "/admin/accounts/outboxmessage/"):
                page = browser.get(address).content.decode()
                assert "deletelink" not in page
                assert "delete_selected" not in page
                assert "/delete/" not in page
