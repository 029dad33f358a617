"""Sit at the staff's desk: its addresses, what a list shows, what a browser would send."""

from typing import Any

from django.test import Client, TestCase
from django.utils import timezone

from accounts.admin.staff import standing
from accounts.models import User
from accounts.sessions import factor
from tests.elements import read
from tests.factories import PASSWORD, customer_of, staff
from tests.phone import stopped_clock, turned_on

LIST = "/admin/accounts/user/"
MESSAGES = "/admin/accounts/outboxmessage/"


def page_of(user: User) -> str:
    return f"{LIST}{user.pk}/change/"


def send(browser: Client, user: User, decision: str, **typed: Any) -> Any:
    """Send the form of a decision as a page would that has just been opened."""
    version = customer_of(user).review_version
    data = {"decision": decision, "version": str(version), **typed}
    return browser.post(f"{LIST}{user.pk}/decyzja/", data)


def member_form(member: User, role: str, *, works_here: bool = True) -> dict[str, str]:
    """Return what an administrator's browser sends from a member's page that was just opened."""
    seen = standing(User.objects.get(pk=member.pk))
    return {"role": role, "seen": seen} | ({"works_here": "on"} if works_here else {})


def shown(response: Any) -> set[str]:
    """Return the addresses in the list."""
    page = read(response.content)
    return {cell.get_text() for cell in page.select("#result_list .field-email")}


def posted_by(response: Any, **changes: str) -> dict[str, str]:
    """Return what a browser would send from the page of one account, with these changes."""
    form = read(response.content).select_one("form#user_form")
    assert form is not None
    data: dict[str, str] = {}
    for field in form.select("input[name], textarea[name], select[name]"):
        name = field["name"]
        if field.name == "select":
            chosen = field.select_one("option[selected]")
            data[name] = chosen["value"] if chosen else ""
        elif field.name == "textarea":
            data[name] = field.get_text()
        elif field.get("type") not in ("submit", "checkbox") or field.has_attr("checked"):
            data[name] = field.get("value") or ""
    return data | changes


def sit_down(client: Client, user: User) -> Client:
    """Sign a member of staff in as the doors do: with a factor, given just now."""
    client.force_login(user)
    session = client.session
    session[factor.SESSION_KEY] = int(timezone.now().timestamp())
    session.save()
    return client


def come_in(client: Client, member: User, wanted: str = "", **fields: str) -> Any:
    """Go through both pages of the staff's door, with a new app; return the last answer."""
    with stopped_clock():
        phone, _codes = turned_on(member)
        data = {"username": member.email, "password": PASSWORD, "next": wanted, **fields}
        first = client.post("/admin/login/", data)
        assert first.headers.get("Location") == "/admin/login/code/", first
        return client.post("/admin/login/code/", {"code": phone.code()})


class StaffTestCase(TestCase):
    """Signed in as an ordinary member of staff."""

    def setUp(self) -> None:
        self.staff = staff()
        sit_down(self.client, self.staff)

    def search(self, typed: str) -> set[str]:
        return shown(self.look_for(typed))

    def look_for(self, typed: str) -> Any:
        return self.client.post(f"{LIST}search/", {"words": typed}, follow=True)

    def act(self, action: str, *users: User, address: str = LIST) -> Any:
        data = {"action": action, "_selected_action": [str(user.pk) for user in users]}
        return self.client.post(address, data, follow=True)
