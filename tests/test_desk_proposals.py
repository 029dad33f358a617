"""Opening an account again and erasing it: by two people, and behind a fresh factor."""

from typing import Any

from django.test import Client, TestCase, TransactionTestCase, override_settings

from accounts.closing import services as closing
from accounts.desk import standing
from accounts.desk.decisions import Decision, Incomplete, Refused
from accounts.desk.events import Desk
from accounts.desk.overtaken import Overtaken
from accounts.models import (
    AccountProposal,
    ConsentRecord,
    OutboxMessage,
    ReviewState,
    StaffEvent,
    StaffNote,
    User,
)
from accounts.values.visit import Visit
from tests.clock import later
from tests.desk import LIST, page_of, send, sit_down
from tests.factories import activated, clerk, customer_of, decide, registered, suspended
from tests.parallel import at_once
from tests.test_desk_decisions import decide as decide_at_desk
from tests.walk import Visitor

VISIT = Visit("firefox", "windows", "83.12.x.x")
FOUR_EYES = override_settings(REVIEW_FOUR_EYES="all")


def erase_page(user: User) -> str:
    return f"{LIST}{user.pk}/usuniecie/"


def proposal_page(user: User) -> str:
    return f"{LIST}{user.pk}/propozycja/"


def proposed(user: User, by: User, what: str = "restore") -> int:
    """Propose it and return the proposal's number."""
    if what == "restore":
        assert not standing.restore(user, "cleared", desk=Desk(by), note="Sprawdziłam.")
    else:
        assert not standing.erase(user, "request", desk=Desk(by))
    return AccountProposal.objects.get(user=user).pk


def actions() -> list[str]:
    return [row.action for row in StaffEvent.objects.order_by("pk")]


class ErasureTests(TestCase):
    """Erasing earlier than the law asks: only where no relationship existed."""

    def setUp(self) -> None:
        self.officer = clerk("officer")
        sit_down(self.client, self.officer)

    def test_goes_by_a_form_of_its_own_with_a_reason(self) -> None:
        user = activated()
        visitor = Visitor(self.client).open(page_of(user)).follow("Usuń konto")
        assert visitor.path == erase_page(user)
        visitor.press("Usuń konto")
        assert User.objects.filter(pk=user.pk).exists(), "Without a reason nothing happens."
        visitor.choose("na prośbę klienta").press("Usuń konto")
        assert visitor.shows("Konto jest usunięte.")
        assert not User.objects.filter(pk=user.pk).exists()
        assert not ConsentRecord.objects.filter(user_id=user.pk).exists()
        row = StaffEvent.objects.get(action="erased")
        assert (row.actor, row.customer, row.reason) == (self.officer.pk, user.pk, "request")

    def test_is_for_nobody_whom_we_ever_approved(self) -> None:
        reopened, rejected, approved = activated(), activated(), activated()
        decide(reopened, ReviewState.APPROVED)
        decide(reopened, ReviewState.NEW)
        decide(rejected, ReviewState.APPROVED)
        decide(rejected, ReviewState.REJECTED)
        decide(approved, ReviewState.APPROVED)
        with FOUR_EYES:
            second = activated()
            decide_at_desk(second, Decision.APPROVE, clerk())
            decide_at_desk(second, Decision.CONFIRM, clerk())
        decide(second, ReviewState.NEW)
        # From before the audit: the mail remembers it.
        old = activated()
        decide(old, ReviewState.APPROVED)
        decide(old, ReviewState.NEW)
        mails = OutboxMessage.objects.filter(user=old, kind=OutboxMessage.Kind.REVIEW_APPROVED)
        assert mails.exists()
        for user in (reopened, rejected, approved, second, old):
            assert "Usuń konto" not in self.client.get(page_of(user)).content.decode()
            assert self.client.get(erase_page(user)).status_code == 403
            assert self.client.post(erase_page(user), {"reason": "request"}).status_code == 403
            with self.assertRaises(Refused):
                standing.erase(user, "request", desk=Desk(self.officer))
            assert User.objects.filter(pk=user.pk).exists()

    def test_has_no_way_around(self) -> None:
        user = registered()
        for path, data in (
            (f"{LIST}{user.pk}/delete/", {"post": "yes"}),
            (LIST, {"action": "delete_selected", "_selected_action": user.pk, "post": "yes"}),
        ):
            self.client.post(path, data)
            assert User.objects.filter(pk=user.pk).exists(), path

    def test_needs_a_reason_of_the_list_and_a_customer(self) -> None:
        user, member = activated(), clerk()
        for reason in ("", "aml", "made-up", "\0"):
            assert self.client.post(erase_page(user), {"reason": reason}).status_code in (200, 400)
            with self.assertRaises(Incomplete):
                standing.erase(user, reason, desk=Desk(self.officer))
        assert self.client.post(erase_page(member), {"reason": "other"}).status_code == 404
        assert User.objects.filter(pk=user.pk).exists()
        assert User.objects.filter(pk=member.pk).exists()

    def test_needs_a_factor_of_the_last_five_minutes_also_when_it_is_sent(self) -> None:
        user = activated()
        assert self.client.get(erase_page(user)).status_code == 200
        with later(minutes=5, seconds=2):
            for answer in (
                self.client.get(erase_page(user)),
                self.client.post(erase_page(user), {"reason": "request"}),
                self.client.post(proposal_page(user), {"step": "confirm", "proposal": 1}),
            ):
                assert answer["Location"].startswith("/admin/confirm/?next="), answer
            page = self.client.get("/admin/confirm/").content.decode()
            assert "Nic się jeszcze nie stało." in page
        assert User.objects.filter(pk=user.pk).exists()


@FOUR_EYES
class SecondPersonTests(TestCase):
    """With REVIEW_FOUR_EYES at `all`."""

    def setUp(self) -> None:
        self.author, self.second = clerk("officer"), clerk("officer")
        self.mine = sit_down(Client(), self.author)
        self.theirs = sit_down(Client(), self.second)

    def test_restoring_waits_for_another_officer_who_confirms_it(self) -> None:
        user = suspended()
        send(self.mine, user, "restore", reason="mistake", note="Nasz błąd.")
        assert not User.objects.get(pk=user.pk).is_active
        assert StaffNote.objects.get(user=user).text == "Nasz błąd."
        shown = Visitor(self.mine).open(page_of(user)).follow("Odpowiedz na propozycję")
        assert "Potwierdź" not in shown.buttons()
        first = Visitor(self.theirs).open("/admin/")
        assert first.shows("Odblokuj konto:")
        visitor = first.open(page_of(user)).follow("Odpowiedz na propozycję").press("Potwierdź")
        assert visitor.path == page_of(user)
        assert User.objects.get(pk=user.pk).is_active
        assert not AccountProposal.objects.exists()
        assert actions() == ["proposed", "viewed", "viewed", "confirmed", "restored", "viewed"]
        owed = OutboxMessage.objects.get(user=user, kind=OutboxMessage.Kind.UNSUSPENDED)
        assert owed.reason == "mistake"

    def test_erasing_waits_too(self) -> None:
        user = activated()
        answer = self.mine.post(erase_page(user), {"reason": "stranger"})
        assert answer["Location"] == page_of(user)
        number = AccountProposal.objects.get(user=user).pk
        confirm = {"proposal": number, "step": "confirm"}
        assert self.mine.post(proposal_page(user), confirm).status_code == 400
        assert User.objects.filter(pk=user.pk).exists()
        assert self.theirs.post(proposal_page(user), confirm)["Location"] == LIST
        assert not User.objects.filter(pk=user.pk).exists()
        assert actions() == ["proposed", "confirmed", "erased"]

    def test_is_returned_with_a_note_and_withdrawn_by_its_author_alone(self) -> None:
        user = suspended()
        number = proposed(user, self.author)
        for data in ({"step": "return", "note": " "}, {"step": "return", "note": "a" * 2001}):
            page = self.theirs.post(proposal_page(user), {"proposal": number, **data})
            assert "Napisz notatkę" in page.content.decode()
        with self.assertRaises(Refused):
            standing.send_back(user, number, "x", desk=Desk(self.author))
        with self.assertRaises(Refused):
            standing.withdraw(user, number, desk=Desk(self.second))
        self.theirs.post(
            proposal_page(user), {"proposal": number, "step": "return", "note": "Zadzwoń."}
        )
        assert not AccountProposal.objects.exists()
        assert StaffNote.objects.filter(user=user, text="Zadzwoń.", author=self.second).exists()
        number = proposed(user, self.author)
        self.mine.post(proposal_page(user), {"proposal": number, "step": "withdraw"})
        assert not AccountProposal.objects.exists()
        assert not User.objects.get(pk=user.pk).is_active
        assert actions() == ["proposed", "returned", "proposed", "withdrawn"]

    def test_one_that_waits_no_more_is_overtaken_and_says_by_whom(self) -> None:
        user = suspended()
        number = proposed(user, self.author)
        self.mine.post(proposal_page(user), {"proposal": number, "step": "withdraw"})
        newer = proposed(user, self.author)
        late = self.theirs.post(proposal_page(user), {"proposal": number, "step": "confirm"})
        assert late.status_code == 409
        assert self.author.email in late.content.decode()
        assert AccountProposal.objects.get().pk == newer

    def test_erasing_is_overtaken_by_an_approval(self) -> None:
        user = activated()
        number = proposed(user, self.author, "erase")
        with override_settings(REVIEW_FOUR_EYES="off"):
            decide(user, ReviewState.APPROVED)
        with self.assertRaises(Overtaken):
            standing.confirm(user, number, desk=Desk(self.second))
        assert User.objects.filter(pk=user.pk).exists()
        standing.withdraw(user, number, desk=Desk(self.author))

    def test_a_second_proposal_is_refused(self) -> None:
        user = suspended()
        proposed(user, self.author)
        for by in (self.author, self.second):
            with self.assertRaises(Refused):
                standing.restore(user, "cleared", desk=Desk(by))
            with self.assertRaises(Refused):
                standing.erase(user, "request", desk=Desk(by))

    def test_an_answer_that_no_page_sends_is_refused(self) -> None:
        user = suspended()
        number = proposed(user, self.author)
        for data in (
            {},
            {"proposal": "x", "step": "confirm"},
            {"proposal": number, "step": "approve"},
            {"proposal": number},
            {"proposal": 10**30, "step": "confirm"},
        ):
            assert self.theirs.post(proposal_page(user), data).status_code in (400, 409), data
        assert AccountProposal.objects.filter(pk=number).exists()

    def test_a_review_that_is_proposed_is_overtaken_by_its_owners_closing(self) -> None:
        user, reviewer, other = activated(), clerk(), clerk()
        decide_at_desk(user, Decision.APPROVE, reviewer)
        version = customer_of(user).review_version
        User.objects.filter(pk=user.pk).update(is_active=False, closed_at="2026-01-01T10:00Z")
        browser = sit_down(Client(), other)
        late = send(browser, user, "confirm", version=str(version))
        assert late.status_code == 409
        assert customer_of(user).review_state == ReviewState.SECOND
        decide_at_desk(user, Decision.WITHDRAW, reviewer)
        assert customer_of(user).review_state == ReviewState.NEW


@FOUR_EYES
class AtOnceTests(TransactionTestCase):
    """Two officers at the same moment, each in a browser of his own."""

    serialized_rollback = True

    def setUp(self) -> None:
        self.author = clerk("officer")
        self.browsers = [sit_down(Client(), clerk("officer")) for _ in range(2)]

    def answer(self, browser: Client, user: User, number: int, step: str) -> Any:
        data = {"proposal": number, "step": step, "note": "x"}
        return lambda: browser.post(proposal_page(user), data).status_code

    def test_of_two_who_confirm_one_does(self) -> None:
        for what in ("restore", "erase"):
            user = suspended() if what == "restore" else activated()
            number = proposed(user, self.author, what)
            said = at_once(*(self.answer(each, user, number, "confirm") for each in self.browsers))
            # Of an erased account the other finds nothing, or is told who was faster.
            assert sorted(said) in ([302, 409], [302, 404]), (what, said)
            assert StaffEvent.objects.filter(customer=user.pk, action="confirmed").count() == 1
            mails = OutboxMessage.objects.filter(user=user.pk, kind="unsuspended")
            assert mails.count() == (what == "restore")

    def test_of_confirming_and_withdrawing_one_happens(self) -> None:
        user = suspended()
        number = proposed(user, self.author)
        mine = sit_down(Client(), self.author)
        said = at_once(
            self.answer(self.browsers[0], user, number, "confirm"),
            self.answer(mine, user, number, "withdraw"),
        )
        assert sorted(said) == [302, 409], said
        ended = StaffEvent.objects.filter(action__in=("confirmed", "withdrawn"))
        assert ended.count() == 1
        is_confirmed = ended.get().action == "confirmed"
        assert User.objects.get(pk=user.pk).is_active is is_confirmed

    def test_of_two_who_propose_one_does(self) -> None:
        user = suspended()
        said = at_once(
            *(
                lambda each=each: send(each, user, "restore", reason="cleared").status_code
                for each in self.browsers
            )
        )
        assert sorted(said) == [302, 409], said
        assert AccountProposal.objects.count() == 1

    def test_a_review_is_confirmed_or_its_account_closed_first(self) -> None:
        user, reviewer = activated(), clerk()
        decide_at_desk(user, Decision.APPROVE, reviewer)
        version = customer_of(user).review_version
        said = at_once(
            lambda: send(self.browsers[0], user, "confirm", version=str(version)).status_code,
            lambda: closing.close(User.objects.get(pk=user.pk), visit=VISIT),
        )
        state = customer_of(user).review_state
        assert said[0] in (302, 409), said
        assert state == (ReviewState.APPROVED if said[0] == 302 else ReviewState.SECOND)
        assert User.objects.get(pk=user.pk).closed_at is not None
