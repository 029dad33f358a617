"""Whatever happens to one account at the same moment ends: nothing waits for each other."""

from collections.abc import Callable
from typing import Any

from django.test import TransactionTestCase

from accounts.account import services as data
from accounts.closing import services as closing
from accounts.contact import services as contact
from accounts.desk import decisions
from accounts.desk.decisions import Decision, Grounds, Refused
from accounts.desk.events import Desk
from accounts.desk.overtaken import Overtaken
from accounts.models import AccountEvent, Customer, ReviewState, User
from accounts.models.customer import Section
from accounts.phone import services as phone
from accounts.services import agreements, credentials, disowning, events
from accounts.values.visit import NOBODY
from tests.factories import activated, customer_of, decide, staff
from tests.parallel import at_once

ROUNDS = 5


def late(customer: Customer, by: User) -> str:
    """Reject the customer as he was read; the other one may have been faster."""
    grounds = Grounds(reason="unclear", note="Sprawdzone")
    version = customer.review_version
    try:
        decisions.decide(customer, Decision.REJECT, grounds, desk=Desk(by), version=version)
    except (Overtaken, Refused):
        return "late"
    return "in time"


class AccountAtOnceTests(TransactionTestCase):
    """Its owner, a thief, the reader of the old mailbox and two members of staff."""

    serialized_rollback = True

    def decisions(self, user: User, by: User) -> list[Callable[[], Any]]:
        """Return all that may be done about this account, each by rows read beforehand."""

        def own() -> User:
            return User.objects.select_related("customer").get(pk=user.pk)

        decide(user, ReviewState.CORRECTION, by=by, sections=[Section.NAME])
        data.ask(user, Section.NAME, {"last_name": "Żak"}, "Ślub")
        contact.ask(user, f"nowy.{user.pk}@example.com", visit=NOBODY)
        event = events.record(user, AccountEvent.Kind.SIGNED_IN)
        request, change = user.data_requests.get(), user.email_changes.get()
        one, other, third, customer = own(), own(), own(), customer_of(user)
        return [
            lambda: closing.close(one, visit=NOBODY),
            lambda: contact.confirm(change, visit=NOBODY),
            lambda: contact.undo(change, visit=NOBODY),
            lambda: disowning.disown(event, visit=NOBODY),
            lambda: agreements.agree_to_news(user, language="pl"),
            lambda: data.change(user, Section.NAME, {"last_name": "Żuk"}),
            lambda: data.accept(request, by=by),
            lambda: data.withdraw(user),
            lambda: late(customer, by),
            lambda: phone.change(other, "+48600700800"),
            lambda: credentials.change_password(third, "Zupa-Latarnia-Śnieg-Kolej-58"),
        ]

    def test_ends_and_leaves_nothing_open_behind_a_closing(self) -> None:
        member = staff()
        for _round in range(ROUNDS):
            user = activated(news=False)
            said = at_once(*self.decisions(user, member))
            assert not [each for each in said if isinstance(each, Exception)], said
            user.refresh_from_db()
            assert user.closed_at is not None
            assert not agreements.wants_news(user)
            assert not user.email_changes.open().exists()
            assert not user.data_requests.filter(state="open").exists()
