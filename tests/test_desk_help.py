"""Staff help a customer who cannot get in: activation again, reset mail, sessions."""

import re
from datetime import timedelta
from typing import Any
from unittest import mock

from bs4 import BeautifulSoup
from django.core import mail
from django.db import DatabaseError
from django.test import TestCase
from django.utils import timezone
from django.utils.translation import override

from accounts.desk import helping
from accounts.desk.case import timeline
from accounts.desk.decisions import Refused
from accounts.desk.events import Desk
from accounts.models import AccountEvent, OutboxMessage, StaffEvent, User
from accounts.services import credentials
from kantor.serving.typography import untie
from tests.browser import BrowserTestCase
from tests.browsers import signed_in
from tests.clock import later
from tests.desk import LIST, page_of, sit_down
from tests.doors import is_signed_in
from tests.factories import PASSWORD, activated, clerk, registered, suspended
from tests.letters import deliver


class HelpTestCase(TestCase):
    """Support, before customers."""

    def setUp(self) -> None:
        self.clerk = clerk("support")
        sit_down(self.client, self.clerk)

    def help(self, user: User, act: str, **typed: str) -> Any:
        return self.client.post(f"{LIST}{user.pk}/pomoc/", {"act": act, **typed})

    def said(self, user: User, act: str, **typed: str) -> str:
        """Carry out an act and return the message that the page shows then."""
        response = self.client.get(self.help(user, act, **typed).headers["Location"])
        page = BeautifulSoup(untie(response.content.decode()), "html.parser")
        return " ".join(page.select(".messagelist")[0].get_text().split())

    def part(self, user: User) -> BeautifulSoup:
        """Return the part of the page with these forms; empty where there are none."""
        page = BeautifulSoup(untie(self.client.get(page_of(user)).content.decode()), "html.parser")
        return BeautifulSoup("".join(map(str, page.select(".case-help"))), "html.parser")

    def acts(self, user: User) -> list[str]:
        return [str(field["value"]) for field in self.part(user).select("[name=act]")]

    def rows(self, user: User) -> list[tuple[str, str]]:
        rows = StaffEvent.objects.filter(customer=user.pk).exclude(action="viewed").order_by("pk")
        return list(rows.values_list("action", "reason"))


class LinkTests(HelpTestCase):
    """The activation link again."""

    def test_goes_in_the_language_of_the_customer_and_is_written_down(self) -> None:
        user = registered(language="en")
        assert self.acts(user) == ["link"]
        with self.captureOnCommitCallbacks(execute=True):
            assert "Link aktywacyjny zostanie wysłany." in self.said(user, "link")
        (message,) = mail.outbox
        assert message.to == [user.email]
        assert "/en/" in str(message.body)
        assert User.objects.get(pk=user.pk).link_serial == 2
        assert self.rows(user) == [("link_sent", "")]
        with override("pl"):
            words = {str(moment.words): moment.who for moment in timeline(user, self.clerk)}
        assert words[str(StaffEvent.Action.LINK_SENT.label)] == self.clerk.email

    def test_says_from_when_the_next_one_can_go(self) -> None:
        user = registered()
        self.help(user, "link")
        part = self.part(user)
        assert not part.select("form")
        time = re.search(r"następny można wysłać od ([1-9]?[0-9]:[0-9]{2})\.", part.get_text())
        assert time is not None
        assert f"od {time[1]}" in self.said(user, "link")
        assert self.rows(user) == [("link_sent", "")]
        with later(minutes=4):
            assert "zostanie wysłany" in self.said(user, "link")

    def test_a_wait_until_another_day_names_the_day(self) -> None:
        moment = timezone.localtime(timezone.now() + timedelta(days=2))
        with override("pl"):
            assert str(moment.year) in helping._moment(timedelta(days=2))

    def test_strangers_who_asked_for_it_do_not_keep_staff_from_helping(self) -> None:
        user = registered()
        for _again in range(5):
            credentials.request_password_reset(user.email, "pl", "192.0.2.9")
        assert "zostanie wysłany" in self.said(user, "link")

    def test_officer_goes_beyond_the_limits_with_a_reason_once_a_minute(self) -> None:
        user, officer = registered(), clerk("officer")
        self.help(user, "link")
        sit_down(self.client, officer)
        assert self.acts(user) == ["override"]
        assert "Wybierz powód." in self.said(user, "override")
        assert User.objects.get(pk=user.pk).link_serial == 2
        assert "zostanie wysłany" in self.said(user, "override", reason="contact")
        assert User.objects.get(pk=user.pk).link_serial == 3
        assert self.rows(user)[1:] == [("link_sent", "contact")]
        with override("pl"):
            more = [untie(str(moment.more)) for moment in timeline(user, officer)]
        assert "rozmowa z klientem" in more
        assert "Nie zrobiono" in self.said(user, "override", reason="contact")
        assert User.objects.get(pk=user.pk).link_serial == 3

    def test_nobody_else_goes_beyond_them_and_no_reason_is_made_up(self) -> None:
        user = registered()
        self.help(user, "link")
        for role, reason in (("support", "contact"), ("reviewer", "lost"), ("officer", "x")):
            sit_down(self.client, clerk(role))
            assert self.help(user, "override", reason=reason).status_code == 400
        assert User.objects.get(pk=user.pk).link_serial == 2
        assert self.rows(user) == [("link_sent", "")]

    def test_accounts_that_are_open_closed_or_suspended_get_none(self) -> None:
        for user in (activated(), suspended()):
            assert "konto nie czeka na aktywację" in self.said(user, "link")
            assert self.rows(user) == []


class ResetTests(HelpTestCase):
    """The mail for a new password."""

    def closed(self) -> User:
        user = activated()
        User.objects.filter(pk=user.pk).update(is_active=False, closed_at=timezone.now())
        return user

    def test_is_the_sites_own_in_the_language_of_the_customer(self) -> None:
        user = activated(language="en")
        deliver()
        mail.outbox.clear()
        assert "reset" in self.acts(user)
        with self.captureOnCommitCallbacks(execute=True):
            assert "zostanie wysłana" in self.said(user, "reset")
        (message,) = mail.outbox
        assert message.to == [user.email]
        assert "/en/haslo/" in str(message.body)
        assert User.objects.get(pk=user.pk).check_password(PASSWORD)
        assert self.rows(user) == [("reset_sent", "")]
        assert user.messages.filter(kind=OutboxMessage.Kind.PASSWORD_RESET).exists()

    def test_waits_between_two(self) -> None:
        user = activated()
        self.help(user, "reset")
        assert "reset" not in self.acts(user)
        assert "następną można wysłać od" in self.said(user, "reset")
        assert self.rows(user) == [("reset_sent", "")]

    def test_is_refused_in_words_where_it_would_help_nobody(self) -> None:
        for user, words in (
            (registered(), "konto czeka na aktywację: wyślij link aktywacyjny."),
            (suspended(), "konto jest zablokowane: nowe hasło niczego nie otworzy."),
            (self.closed(), "konto zamknął jego właściciel."),
        ):
            assert "reset" not in self.acts(user)
            assert words in self.said(user, "reset")
            assert not user.messages.filter(kind=OutboxMessage.Kind.PASSWORD_RESET).exists()
            assert self.rows(user) == []

    def test_is_dropped_where_the_account_was_closed_before_it_went(self) -> None:
        user = activated()
        deliver()
        mail.outbox.clear()
        self.help(user, "reset")
        User.objects.filter(pk=user.pk).update(is_active=False, closed_at=timezone.now())
        assert deliver() == []


class SessionTests(HelpTestCase):
    """Sessions of the customer."""

    def test_one_is_ended_and_the_other_goes_on(self) -> None:
        user = activated()
        one, other = signed_in(user), signed_in(user)
        forms = self.part(user).select("form:has([name=session])")
        assert len(forms) == 2
        assert all(form.select_one("button[aria-label]") for form in forms)
        newest = str(forms[0].select("[name=session]")[0]["value"])
        assert "Zakończono sesję." in self.said(user, "session", session=newest)
        assert [is_signed_in(one), is_signed_in(other)] == [True, False]
        row = StaffEvent.objects.get(action="sessions_ended")
        assert (row.customer, row.after) == (user.pk, {"count": 1})
        assert user.events.filter(kind=AccountEvent.Kind.SESSION_ENDED).exists()
        assert "ta sesja już się skończyła" in self.said(user, "session", session=newest)

    def test_all_are_ended(self) -> None:
        user = activated()
        browsers = [signed_in(user), signed_in(user)]
        assert "Zakończono wszystkie sesje." in self.said(user, "sessions")
        assert not any(is_signed_in(browser) for browser in browsers)
        assert "na tym koncie nikt nie jest zalogowany" in self.said(user, "sessions")
        assert StaffEvent.objects.filter(action="sessions_ended").get().after == {"count": 2}

    def test_those_of_another_account_are_not_reached(self) -> None:
        user, stranger = activated(), activated()
        browser = signed_in(stranger)
        number = str(stranger.sessions.get().pk)
        assert "ta sesja już się skończyła" in self.said(user, "session", session=number)
        assert is_signed_in(browser)


class RefusalTests(HelpTestCase):
    """What is not offered."""

    def test_auditors_look_and_administrators_do_not(self) -> None:
        user = activated()
        sit_down(self.client, clerk("auditor"))
        assert self.acts(user) == []
        for act in ("link", "reset", "sessions"):
            assert self.help(user, act).status_code == 400
        sit_down(self.client, clerk("administrator"))
        assert self.help(user, "reset").status_code == 403
        assert self.rows(user) == []
        with self.assertRaises(Refused):
            helping.send_reset(user, Desk(clerk("auditor")))

    def test_nonsense_is_400_and_a_look_does_nothing(self) -> None:
        user = activated()
        for act in ("", "x", "approve", "\0"):
            assert self.help(user, act).status_code == 400
        for session in ("", "abc", "-1", "1" * 30, "\0", "\u0661"):
            assert self.help(user, "session", session=session).status_code == 400
        assert self.client.get(f"{LIST}{user.pk}/pomoc/").status_code == 405
        assert self.client.post(f"{LIST}{clerk().pk}/pomoc/", {"act": "reset"}).status_code == 404

    def test_what_cannot_be_written_down_does_not_happen(self) -> None:
        pending, user = registered(), activated()
        browser = signed_in(user)
        with mock.patch.object(StaffEvent.objects, "create", side_effect=DatabaseError):
            for about, act in ((pending, "link"), (user, "reset"), (user, "sessions")):
                with self.assertRaises(DatabaseError):
                    self.help(about, act)
        assert User.objects.get(pk=pending.pk).link_serial == 1
        assert not user.messages.filter(kind=OutboxMessage.Kind.PASSWORD_RESET).exists()
        assert is_signed_in(browser)
        # Nor is it counted.
        assert "zostanie wysłany" in self.said(pending, "link")


class PhoneTests(BrowserTestCase):
    """The page on a phone."""

    def test_forms_fit_a_narrow_window_and_work_without_scripts(self) -> None:
        user = activated()
        signed_in(user)
        visitor = self.visitor(scripts=False)
        visitor.signed_in_as(clerk("officer"))
        page = visitor.page
        page.set_viewport_size({"width": 360, "height": 740})
        page.goto(page_of(user))
        for summary in page.locator(".case-help summary").all():
            summary.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.get_by_role("button", name="Zakończ wszystkie sesje").click()
        page.get_by_text("Zakończono wszystkie sesje.").wait_for()
