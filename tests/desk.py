"""Sit at the staff's desk: its addresses, what a list shows, what a browser would send."""

from typing import Any

from bs4 import BeautifulSoup
from django.test import Client, TestCase

from accounts.models import User
from tests.factories import customer_of, staff

LIST = "/admin/accounts/user/"
MESSAGES = "/admin/accounts/outboxmessage/"


def page_of(user: User) -> str:
    return f"{LIST}{user.pk}/change/"


def send(browser: Client, user: User, decision: str, **typed: Any) -> Any:
    """Send the form of a decision as a page would that has just been opened."""
    version = customer_of(user).review_version
    data = {"decision": decision, "version": str(version), **typed}
    return browser.post(f"{LIST}{user.pk}/decyzja/", data)


def shown(response: Any) -> set[str]:
    """Return the addresses in the list."""
    page = BeautifulSoup(response.content, "html.parser")
    return {cell.get_text() for cell in page.select("#result_list .field-email")}


def posted_by(response: Any, **changes: str) -> dict[str, str]:
    """Return what a browser would send from the page of one account, with these changes."""
    page = BeautifulSoup(response.content, "html.parser")
    form = page.find("form", id="user_form")
    assert form is not None
    data: dict[str, str] = {}
    for field in form.select("input[name], textarea[name], select[name]"):
        name = str(field["name"])
        if field.name == "select":
            chosen = field.select_one("option[selected]")
            data[name] = str(chosen["value"]) if chosen else ""
        elif field.name == "textarea":
            data[name] = field.get_text().removeprefix("\n").removeprefix("\r\n")
        elif field.get("type") not in ("submit", "checkbox") or field.has_attr("checked"):
            data[name] = str(field.get("value", ""))
    return data | changes


class StaffTestCase(TestCase):
    """Signed in as an ordinary member of staff."""

    def setUp(self) -> None:
        self.staff = staff()
        self.client.force_login(self.staff)

    def search(self, typed: str) -> set[str]:
        return shown(self.look_for(typed))

    def look_for(self, typed: str) -> Any:
        return self.client.post(f"{LIST}search/", {"words": typed}, follow=True)

    def act(self, action: str, *users: User, address: str = LIST) -> Any:
        data = {"action": action, "_selected_action": [str(user.pk) for user in users]}
        return self.client.post(address, data, follow=True)
