"""An administrator looks after those who work at the desk."""

from typing import Any

from bs4 import BeautifulSoup
from django.test import Client, TestCase, TransactionTestCase

from accounts.desk import staff as members
from accounts.desk.decisions import Refused
from accounts.desk.events import Desk
from accounts.desk.roles import Role, given_role, role_of
from accounts.models import (
    StaffEvent,
    User,
)
from tests.desk import LIST, member_form, sit_down
from tests.factories import activated, clerk
from tests.parallel import at_once

MEMBERS = "/admin/accounts/staffmember/"


class MemberTests(TestCase):
    """An administrator looks after the accounts of staff."""

    def setUp(self) -> None:
        self.boss, self.member = clerk("administrator"), clerk("support")
        sit_down(self.client, self.boss)

    def page(self, member: User) -> str:
        return f"{MEMBERS}{member.pk}/change/"

    def send(self, member: User, role: str, *, works_here: bool = True) -> Any:
        data = member_form(member, role, works_here=works_here)
        return self.client.post(self.page(member), data)

    def rows(self) -> list[tuple[Any, ...]]:
        rows = StaffEvent.objects.filter(action=StaffEvent.Action.STAFF_CHANGED).order_by("pk")
        return list(rows.values_list("actor", "role", "customer", "before", "after"))

    def test_a_role_takes_the_place_of_another_and_is_written_down(self) -> None:
        assert self.send(self.member, "auditor").status_code == 302
        assert role_of(User.objects.get(pk=self.member.pk)) == Role.AUDITOR
        self.send(self.member, "administrator")
        stored = User.objects.get(pk=self.member.pk)
        assert (stored.is_superuser, stored.groups.count()) == (True, 0)
        self.send(stored, "support")
        stored = User.objects.get(pk=self.member.pk)
        assert (stored.is_superuser, role_of(stored)) == (False, Role.SUPPORT)
        about = (self.boss.pk, "administrator", self.member.pk)
        assert self.rows() == [
            (*about, {"role": "support"}, {"role": "auditor"}),
            (*about, {"role": "auditor"}, {"role": "administrator"}),
            (*about, {"role": "administrator"}, {"role": "support"}),
        ]

    def test_what_is_sent_unchanged_is_no_change(self) -> None:
        self.send(self.member, "support")
        assert self.rows() == []

    def test_a_role_that_does_not_exist_is_refused(self) -> None:
        for role in ("", "boss", "\0"):
            assert self.send(self.member, role).status_code == 200
        assert role_of(User.objects.get(pk=self.member.pk)) == Role.SUPPORT

    def test_what_a_colleague_has_changed_meanwhile_is_overwritten_by_nobody_unseen(self) -> None:
        stale = member_form(self.member, "officer")
        sit_down(Client(), clerk("administrator")).post(
            self.page(self.member), member_form(self.member, "auditor", works_here=False)
        )
        page = self.client.post(self.page(self.member), stale)
        self.assertContains(page, "rola „audyt”")
        stored = User.objects.get(pk=self.member.pk)
        assert (given_role(stored), stored.is_active) == (Role.AUDITOR, False)
        # What was chosen is kept, and the second time it is meant.
        form = BeautifulSoup(page.content, "html.parser").select_one("#staffmember_form")
        assert form is not None
        fields = {"role": "input[name=role][checked]", "seen": "input[name=seen]"}
        again = {name: str(form.select(where)[0]["value"]) for name, where in fields.items()}
        assert again["role"] == "officer"
        again["works_here"] = "on"
        assert self.client.post(self.page(self.member), again).status_code == 302
        stored = User.objects.get(pk=self.member.pk)
        assert (given_role(stored), stored.is_active) == (Role.OFFICER, True)

    def test_whoever_is_dismissed_is_out_at_once_and_his_cases_are_free(self) -> None:
        browser, case = Client(), activated()
        sit_down(browser, self.member)
        User.objects.filter(pk=case.pk).update(held_by=self.member, held_until="2030-01-01T00:00Z")
        assert browser.get(LIST).status_code == 200
        self.send(self.member, "support", works_here=False)
        assert browser.get(LIST).status_code == 302
        stored = User.objects.get(pk=self.member.pk)
        assert not stored.is_active
        assert stored.suspended_at is not None
        assert User.objects.get(pk=case.pk).held_by is None
        assert self.rows()[0][3:] == ({"active": True}, {"active": False})
        # The page still tells the role, and lets him in again.
        self.assertContains(self.client.get(self.page(stored)), 'value="support"')
        self.send(stored, "support")
        assert User.objects.get(pk=self.member.pk).is_active
        assert len(self.rows()) == 2

    def test_nobody_changes_his_own_role_or_dismisses_himself(self) -> None:
        assert self.client.get(self.page(self.boss)).status_code == 200
        assert self.send(self.boss, "support", works_here=False).status_code == 403
        stored = User.objects.get(pk=self.boss.pk)
        assert stored.is_superuser
        assert stored.is_active
        with self.assertRaises(Refused):
            members.set_role(self.boss, Role.SUPPORT, desk=Desk(self.boss))

    def test_a_customer_is_made_staff_by_nobody(self) -> None:
        customer = activated()
        assert self.send(customer, "officer").status_code == 302
        with self.assertRaises(Refused):
            members.set_role(customer, Role.OFFICER, desk=Desk(self.boss))
        stored = User.objects.get(pk=customer.pk)
        assert not stored.is_staff
        assert not stored.groups.exists()


class AtOnceTests(TransactionTestCase):
    """Two administrators at the same moment."""

    serialized_rollback = True

    def test_of_two_who_dismiss_each_other_one_is_left(self) -> None:
        one, other = clerk("administrator"), clerk("administrator")
        said = at_once(
            lambda: members.set_role(other, Role.SUPPORT, desk=Desk(one)),
            lambda: members.set_role(one, Role.SUPPORT, desk=Desk(other)),
        )
        assert sorted(type(each).__name__ for each in said) == ["Refused", "bool"], said
        assert User.objects.filter(is_superuser=True).count() == 1
