"""The first page of the desk, taking and releasing from it, and what is done with several."""

from datetime import timedelta
from typing import Any

from bs4 import BeautifulSoup
from django.core import mail
from django.test import TestCase, override_settings
from django.utils import timezone

from accounts.desk import queue
from accounts.desk.decisions import Decision, Grounds, decide
from accounts.desk.events import Desk
from accounts.models import OutboxMessage, StaffEvent, User
from tests.desk import LIST, StaffTestCase, page_of, sit_down
from tests.factories import activated, clerk, customer_of, registered, suspended
from tests.test_desk_queue import aged

HOME = "/admin/"


def words_on(response: Any) -> str:
    page = BeautifulSoup(response.content, "html.parser")
    return " ".join(page.get_text(" ").split())


class HomeTests(TestCase):
    """What waits for whom."""

    def setUp(self) -> None:
        self.clerk = clerk()
        sit_down(self.client, self.clerk)

    def words(self) -> str:
        return words_on(self.client.get(HOME))

    def test_says_how_many_wait_and_how_late_the_oldest_is(self) -> None:
        assert "Żadna sprawa nie czeka." in self.words()
        aged(activated(), 29.5)
        assert "po terminie od 5 h" in self.words()
        aged(activated(), 24 * 5)
        assert "po terminie od 4 dni" in self.words()

    def test_says_how_long_one_has_been_waiting_before_its_target(self) -> None:
        user = aged(activated(), 3.5)
        assert "czeka od 3 h" in self.words()
        aged(user, 0.5)
        assert "czeka od 30 min" in self.words()

    def test_next_is_taken_by_a_button_and_opened(self) -> None:
        late, user = activated(), aged(activated(), 9)
        response = self.client.post("/admin/cases/next/")
        self.assertRedirects(response, page_of(user))
        assert list(queue.mine(self.clerk)) == [user]
        assert self.client.get("/admin/cases/next/").status_code == 405
        self.client.post("/admin/cases/next/")
        assert set(queue.mine(self.clerk)) == {user, late}
        response = self.client.post("/admin/cases/next/", follow=True)
        assert "Nie ma teraz żadnej wolnej sprawy" in words_on(response)

    def test_my_cases_are_listed_and_released(self) -> None:
        user = activated(first_name="Łukasz", last_name="Żak")
        self.client.post(f"/admin/cases/{user.pk}/take/")
        assert f"#{user.pk} Łukasz Żak" in self.words()
        self.client.post(f"/admin/cases/{user.pk}/release/")
        assert "Łukasz Żak" not in self.words()
        actions = [row.action for row in StaffEvent.objects.filter(customer=user.pk)]
        assert sorted(actions) == ["released", "taken"]

    def test_cases_of_others_are_shown_with_their_holder_and_stay_theirs(self) -> None:
        user, other = activated(), clerk()
        queue.take(user, Desk(other))
        assert other.email in self.words()
        response = self.client.post(f"/admin/cases/{user.pk}/take/", follow=True)
        assert "Tę sprawę prowadzi już ktoś inny." in words_on(response)
        self.client.post(f"/admin/cases/{user.pk}/release/")
        assert list(queue.mine(other)) == [user]
        assert other.email in words_on(self.client.get(LIST))

    @override_settings(REVIEW_FOUR_EYES="approve")
    def test_a_proposal_waits_for_a_second_person_and_not_for_its_author(self) -> None:
        user, other = activated(last_name="Druga"), clerk()
        decide(customer_of(user), Decision.APPROVE, Grounds(), desk=Desk(other), version=0)
        assert "Druga" in self.words()
        assert other.email in self.words()
        sit_down(self.client, other)
        assert "Druga" not in self.words()

    def test_late_and_failed_mails_are_counted(self) -> None:
        registered()
        assert "Spóźnione: 0" in self.words()
        OutboxMessage.objects.update(
            state=OutboxMessage.State.WAITING, created_at=timezone.now() - timedelta(hours=1)
        )
        assert "Spóźnione: 1" in self.words()
        OutboxMessage.objects.update(state=OutboxMessage.State.FAILED)
        words = self.words()
        assert "Spóźnione: 0" in words
        assert "Niedostarczone: 1" in words

    def test_each_role_sees_what_is_its_own(self) -> None:
        activated()
        for role, sees, takes in (
            ("support", True, False),
            ("auditor", True, False),
            ("officer", True, True),
            ("administrator", False, False),
        ):
            with self.subTest(role):
                sit_down(self.client, clerk(role))
                page = self.client.get("/admin/")
                assert ("Kolejka" in words_on(page)) is sees
                assert ('action="/admin/cases/next/"' in page.content.decode()) is takes

    def test_who_may_not_decide_takes_nothing_by_a_forged_address(self) -> None:
        user = activated()
        for role in ("support", "auditor", "administrator"):
            sit_down(self.client, clerk(role))
            for address in ("next", f"{user.pk}/take", f"{user.pk}/release"):
                assert self.client.post(f"/admin/cases/{address}/").status_code == 403
        assert not StaffEvent.objects.filter(action="taken").exists()

    def test_an_unknown_case_is_not_found_and_staff_are_no_case(self) -> None:
        for number in (0, self.clerk.pk, 10**12):
            assert self.client.post(f"/admin/cases/{number}/take/").status_code == 404


class BulkTests(StaffTestCase):
    """The actions of the list."""

    def test_are_these_four_and_no_decision(self) -> None:
        activated()
        page = BeautifulSoup(self.client.get(LIST).content, "html.parser")
        offered = {str(option["value"]) for option in page.select("select[name=action] option")}
        assert offered - {""} == {"take", "release", "send_link", "end_sessions"}

    def test_those_who_only_help_are_offered_only_help(self) -> None:
        user = activated()
        sit_down(self.client, clerk("support"))
        page = BeautifulSoup(self.client.get(LIST).content, "html.parser")
        offered = {str(option["value"]) for option in page.select("select[name=action] option")}
        assert offered - {""} == {"send_link", "end_sessions"}
        self.act("take", user)
        user.refresh_from_db()
        assert user.held_by is None

    def test_take_and_release_say_of_each_why_not(self) -> None:
        free, held, pending = activated(), activated(), registered()
        other = clerk()
        queue.take(held, Desk(other))
        words = words_on(self.act("take", free, held, pending))
        assert "Wzięto 1 sprawę." in words
        assert f"#{held.pk}: prowadzi ją {other.email}" in words
        assert f"#{pending.pk}: nic w niej nie czeka na obsługę." in words
        assert list(queue.mine(self.staff)) == [free]
        words = words_on(self.act("release", free, held))
        assert f"#{held.pk}: to nie jest Twoja sprawa." in words
        assert not queue.mine(self.staff).exists()

    def test_activation_again_goes_to_whom_it_may_and_says_when_it_may_again(self) -> None:
        pending, active = registered(), activated()
        with self.captureOnCommitCallbacks(execute=True):
            words = words_on(self.act("send_link", pending, active))
        assert [message.to[0] for message in mail.outbox] == [pending.email]
        assert f"#{active.pk}: konto nie czeka na aktywację." in words
        words = words_on(self.act("send_link", pending))
        assert f"#{pending.pk}: link wysłano niedawno" in words
        assert StaffEvent.objects.filter(action="link_sent", customer=pending.pk).count() == 1

    def test_sessions_are_ended_and_that_is_written_down(self) -> None:
        user, nobody = activated(), suspended()
        browser = self.client_class()
        browser.force_login(user)
        assert browser.get("/konto/").status_code == 200
        words = words_on(self.act("end_sessions", user, nobody))
        assert browser.get("/konto/").status_code == 302
        assert f"#{nobody.pk}: na tym koncie nikt nie jest zalogowany." in words
        row = StaffEvent.objects.get(action="sessions_ended")
        assert (row.customer, row.after) == (user.pk, {"count": 1})

    def test_more_than_a_page_are_refused_whole(self) -> None:
        users = [activated() for _ in range(26)]
        words = words_on(self.act("take", *users))
        assert "najwyżej 25" in words
        assert not User.objects.exclude(held_by=None).exists()
        self.act("take", *users[:25])
        assert User.objects.exclude(held_by=None).count() == 25
