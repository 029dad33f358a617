"""Every state, decision and role, sent as forms: what the table allows happens, nothing else."""

from itertools import product
from typing import Any

from django.db import transaction
from django.test import Client, TestCase, override_settings

from accounts.desk.decisions import Decision
from accounts.desk.roles import Role
from accounts.models import OutboxMessage, StaffEvent, StaffNote, User
from tests.desk import LIST, send, sit_down
from tests.factories import activated, clerk, customer_of, registered, suspended
from tests.test_desk_decisions import TABLE, decide, in_state

STATES = ("new", "correction", "approved", "rejected", "second")
DECIDERS = {"reviewer", "officer"}
# What each form asks for, and more than some do.
WHOLE: dict[str, Any] = {
    "note": "Sprawdzone",
    "words": "Popraw dane.",
    "sections": "address",
}
REASONS = {"reject": "unclear", "reopen": "news", "suspend": "other", "restore": "cleared"}


def expected(state: str, decision: str, role: str, *, is_author: bool) -> str | None:
    """Return the state that the issue's table leads to; nothing where it is not allowed."""
    if decision in {each.value for each in TABLE}:
        follows, leads_to, roles = TABLE[Decision(decision)]
        return leads_to if state in follows and role in roles else None
    if state != "second" or role not in DECIDERS:
        return None
    return {
        "confirm": None if is_author else "approved",
        "return": None if is_author else "new",
        "withdraw": "new" if is_author else None,
    }[decision]


class TableTests(TestCase):
    """The whole product, at the address that the forms lead to."""

    def browser(self, role: str) -> tuple[User, Client]:
        member = clerk(role)
        return member, sit_down(Client(), member)

    def everything(self) -> tuple[int, int, int]:
        rows = StaffEvent.objects.exclude(action="viewed")
        return rows.count(), OutboxMessage.objects.count(), StaffNote.objects.count()

    def test_is_carried_out_or_refused_whole(self) -> None:
        author = clerk("officer")
        people = [(role.value, *self.browser(role.value)) for role in Role]
        people.append(("officer", author, sit_down(Client(), author)))
        users = {state: in_state(state) for state in STATES if state != "second"}
        with override_settings(REVIEW_FOUR_EYES="approve"):
            users["second"] = activated()
            decide(users["second"], Decision.APPROVE, author)
        cases = product(STATES, [each.value for each in Decision], people)
        for state, decision, (role, member, browser) in cases:
            wanted = expected(state, decision, role, is_author=member == author)
            with self.subTest(state=state, decision=decision, role=role), transaction.atomic():
                before = self.everything()
                answer = send(
                    browser, users[state], decision, reason=REASONS.get(decision, ""), **WHOLE
                )
                now = customer_of(users[state]).review_state
                if wanted:
                    assert (answer.status_code, now) == (302, wanted)
                    assert self.everything()[0] == before[0] + 1
                else:
                    assert answer.status_code in (400, 403), answer.status_code
                    assert (now, self.everything()) == (state, before)
                transaction.set_rollback(True)

    def test_nothing_is_decided_about_accounts_that_are_not_open(self) -> None:
        _member, browser = self.browser("officer")
        for user, decision in product((registered(), suspended()), Decision):
            before = self.everything()
            answer = send(
                browser, user, decision.value, reason=REASONS.get(decision.value, ""), **WHOLE
            )
            assert answer.status_code == 400, decision
            assert self.everything() == before

    def test_accounts_are_closed_and_opened_by_whom_it_is_and_only_then(self) -> None:
        people = [(role.value, *self.browser(role.value)) for role in Role]
        accounts = {"open": activated(), "pending": registered(), "closed": suspended()}
        allowed = {
            ("open", "suspend"): DECIDERS,
            ("pending", "suspend"): DECIDERS,
            ("closed", "restore"): {"officer"},
        }
        for state, decision, (role, _member, browser) in product(
            accounts, ("suspend", "restore"), people
        ):
            is_allowed = role in allowed.get((state, decision), set())
            with self.subTest(state=state, decision=decision, role=role), transaction.atomic():
                before = self.everything()
                answer = send(browser, accounts[state], decision, reason=REASONS[decision])
                if is_allowed:
                    assert answer.status_code == 302
                    assert self.everything()[0] == before[0] + 1
                else:
                    assert answer.status_code in (400, 403), answer.status_code
                    assert self.everything() == before
                transaction.set_rollback(True)

    def test_a_decision_version_or_account_that_no_page_shows_is_refused(self) -> None:
        _member, browser = self.browser("officer")
        user, colleague = activated(), clerk()
        before = self.everything()
        for decision in ("", "second", "new", "approved", "\0", "a" * 300):
            assert send(browser, user, decision).status_code == 400, decision
        for version in ("", "x", "-1", str(10**30)):
            assert send(browser, user, "approve", version=version).status_code in (400, 409)
        data = {"decision": "suspend", "version": "0", "reason": "other"}
        for number in (colleague.pk, 10**9):
            assert browser.post(f"{LIST}{number}/decyzja/", data).status_code == 404
        assert self.everything() == before
