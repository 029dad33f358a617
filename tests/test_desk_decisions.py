"""What staff decide about a review: which decision follows which, whose it is, what it owes."""

from itertools import product
from typing import Any

from django.test import TestCase, TransactionTestCase, override_settings
from django.utils.translation import override

from accounts.desk import decisions, standing
from accounts.desk.decisions import Decision, Grounds, Incomplete, Refused
from accounts.desk.events import Desk
from accounts.desk.overtaken import Overtaken
from accounts.desk.reasons import Reopening
from accounts.desk.roles import Role
from accounts.models import Customer, OutboxMessage, ReviewState, StaffEvent, StaffNote, User
from accounts.models.customer import Section
from accounts.reasons import Rejection, Restoration, Suspension
from accounts.services import review
from tests.factories import activated, clerk, customer_of, registered, suspended
from tests.parallel import at_once

ADDRESS = [Section.ADDRESS.value]
# What each decision needs.
WHOLE = Grounds(reason="", note="Sprawdzone", words="Kod nie pasuje do ulicy.", sections=ADDRESS)
REASONS = {Decision.REJECT: Rejection.UNCLEAR.value, Decision.REOPEN: Reopening.NEWS.value}
# From which state each decision leads where, and who may make it: the table of the issue.
TABLE = {
    Decision.APPROVE: ({"new"}, "approved", {"reviewer", "officer"}),
    Decision.CORRECT: ({"new"}, "correction", {"reviewer", "officer"}),
    Decision.REJECT: ({"new", "correction"}, "rejected", {"reviewer", "officer"}),
    Decision.REOPEN: ({"approved", "rejected"}, "new", {"officer"}),
}
MAILS = {
    "approved": OutboxMessage.Kind.REVIEW_APPROVED,
    "correction": OutboxMessage.Kind.REVIEW_CORRECTION,
    "rejected": OutboxMessage.Kind.REVIEW_REJECTED,
}


def grounds(decision: Decision, **changed: Any) -> Grounds:
    values: dict[str, Any] = {"reason": REASONS.get(decision, ""), "note": WHOLE.note}
    if decision is Decision.CORRECT:
        values |= {"words": WHOLE.words, "sections": ADDRESS}
    return Grounds(**{**values, **changed})


def decide(user: User, decision: Decision, by: User, **changed: Any) -> ReviewState:
    customer = customer_of(user)
    version = changed.pop("version", customer.review_version)
    return decisions.decide(
        customer, decision, grounds(decision, **changed), desk=Desk(by), version=version
    )


def in_state(state: str) -> User:
    """Return an open account whose review is in this state, as its decisions led there."""
    user, officer = activated(), clerk("officer")
    for decision in {
        "new": (),
        "correction": (Decision.CORRECT,),
        "approved": (Decision.APPROVE,),
        "rejected": (Decision.REJECT,),
    }[state]:
        decide(user, decision, officer)
    return user


class TableTests(TestCase):
    """The table of the decisions, walked whole."""

    def test_what_follows_happens_and_nothing_else_does(self) -> None:
        states = ("new", "correction", "approved", "rejected")
        clerks = {role.value: clerk(role.value) for role in Role}
        for (decision, rule), state, role in product(TABLE.items(), states, clerks):
            follows, leads_to, roles = rule
            with self.subTest(decision=decision, state=state, role=role):
                user = in_state(state)
                mails, rows = OutboxMessage.objects.count(), StaffEvent.objects.count()
                is_offered = state in follows and role in roles
                assert (
                    decision in decisions.offered(customer_of(user), clerks[role])
                ) is is_offered
                if is_offered:
                    assert decide(user, decision, clerks[role]) == leads_to
                    assert customer_of(user).review_state == leads_to
                    assert customer_of(user).reviewed_by == clerks[role]
                    row = StaffEvent.objects.first()
                    assert row is not None
                    assert (row.actor, row.role, row.customer) == (clerks[role].pk, role, user.pk)
                    assert row.before == {"review": state}
                    assert row.after["review"] == leads_to
                    owed = OutboxMessage.objects.filter(user=user).order_by("-pk")
                    if leads_to in MAILS:
                        assert owed[0].kind == MAILS[leads_to]
                        assert OutboxMessage.objects.count() == mails + 1
                    else:
                        assert OutboxMessage.objects.count() == mails
                else:
                    with self.assertRaises(Refused):
                        decide(user, decision, clerks[role])
                    assert customer_of(user).review_state == state
                    assert StaffEvent.objects.count() == rows
                    assert OutboxMessage.objects.count() == mails

    def test_only_open_accounts_are_reviewed(self) -> None:
        for user in (registered(), suspended()):
            for decision in (Decision.APPROVE, Decision.CORRECT, Decision.REJECT):
                with self.assertRaises(Refused):
                    decide(user, decision, clerk())

    def test_grounds_that_are_missing_are_named(self) -> None:
        reviewer = clerk()
        for decision, changed, names in (
            (Decision.REJECT, {"reason": ""}, ["reason"]),
            (Decision.REJECT, {"reason": "made-up"}, ["reason"]),
            (Decision.REJECT, {"note": "  "}, ["note"]),
            (Decision.CORRECT, {"sections": []}, ["sections"]),
            (Decision.CORRECT, {"sections": ["everything"]}, ["sections"]),
            (Decision.CORRECT, {"words": " "}, ["words"]),
            (Decision.CORRECT, {"words": "a" * 501}, ["words"]),
            (Decision.APPROVE, {"note": "a" * 2001}, ["note"]),
        ):
            user = activated()
            with self.assertRaises(Incomplete) as raised:
                decide(user, decision, reviewer, **changed)
            assert list(raised.exception.fields) == names, (decision, changed)
            assert customer_of(user).review_state == ReviewState.NEW

    def test_note_is_kept_and_never_sent(self) -> None:
        user, reviewer = activated(), clerk()
        decide(user, Decision.APPROVE, reviewer, note="Kanarek z Wysp")
        note = StaffNote.objects.get()
        assert (note.user, note.author, note.text) == (user, reviewer, "Kanarek z Wysp")

    def test_correction_that_is_recorded_leads_back_to_new(self) -> None:
        user = in_state("correction")
        assert User.objects.get(pk=user.pk).waiting_since is None
        customer = customer_of(user)
        version = customer.review_version
        review.correction_recorded(customer, Section.ADDRESS)
        assert customer_of(user).review_state == ReviewState.NEW
        assert User.objects.get(pk=user.pk).waiting_since is not None
        with self.assertRaises(Overtaken):
            decide(user, Decision.APPROVE, clerk(), version=version)


@override_settings(REVIEW_FOUR_EYES="all")
class SecondPersonTests(TestCase):
    """A decision that needs four eyes is a proposal first."""

    def setUp(self) -> None:
        self.author, self.second = clerk(), clerk()
        self.user = activated()

    def test_proposal_tells_nobody_and_its_author_cannot_confirm_it(self) -> None:
        mails = OutboxMessage.objects.count()
        assert decide(self.user, Decision.APPROVE, self.author) == ReviewState.SECOND
        assert OutboxMessage.objects.count() == mails
        with self.assertRaises(Refused):
            decide(self.user, Decision.CONFIRM, self.author)
        assert customer_of(self.user).review_state == ReviewState.SECOND

    def test_second_person_confirms_and_the_customer_is_told(self) -> None:
        for decision, outcome in (
            (Decision.APPROVE, "approved"),
            (Decision.REJECT, "rejected"),
        ):
            user = activated()
            decide(user, decision, self.author)
            assert decide(user, Decision.CONFIRM, self.second) == outcome
            customer = customer_of(user)
            assert customer.review_reason == ("unclear" if outcome == "rejected" else "")
            assert customer.proposal is None
            newest = OutboxMessage.objects.filter(user=user).order_by("-pk")[0]
            assert newest.kind == MAILS[outcome]

    def test_second_person_returns_it_with_a_note(self) -> None:
        decide(self.user, Decision.APPROVE, self.author)
        with self.assertRaises(Incomplete):
            decide(self.user, Decision.RETURN, self.second, note="")
        assert decide(self.user, Decision.RETURN, self.second) == ReviewState.NEW

    def test_author_withdraws_and_the_case_is_as_it_was(self) -> None:
        with override_settings(REVIEW_FOUR_EYES="off"):
            decide(self.user, Decision.CORRECT, self.author)
        decide(self.user, Decision.REJECT, self.author)
        with self.assertRaises(Refused):
            decide(self.user, Decision.WITHDRAW, self.second)
        assert decide(self.user, Decision.WITHDRAW, self.author) == ReviewState.CORRECTION
        customer = customer_of(self.user)
        assert (customer.review_sections, customer.review_words) == (ADDRESS, WHOLE.words)

    @override_settings(REVIEW_FOUR_EYES="approve")
    def test_rejecting_needs_no_second_person_where_only_approving_does(self) -> None:
        assert decide(self.user, Decision.REJECT, self.author) == ReviewState.REJECTED
        assert decide(activated(), Decision.APPROVE, self.author) == ReviewState.SECOND


class OvertakenTests(TransactionTestCase):
    """Two people at the same moment."""

    serialized_rollback = True

    def test_one_decides_and_the_other_is_told_who_did(self) -> None:
        user, one, other = activated(), clerk(), clerk()
        seen = customer_of(user)

        def act(decision: Decision, by: User) -> Any:
            return lambda: decisions.decide(
                Customer.objects.select_related("user").get(pk=seen.pk),
                decision,
                grounds(decision),
                desk=Desk(User.objects.get(pk=by.pk)),
                version=seen.review_version,
            )

        results = at_once(act(Decision.APPROVE, one), act(Decision.REJECT, other))
        decided = [result for result in results if isinstance(result, ReviewState)]
        overtaken = [result for result in results if isinstance(result, Overtaken)]
        assert len(decided) == len(overtaken) == 1, results
        stored = customer_of(user)
        assert stored.review_state == decided[0]
        assert overtaken[0].by == stored.reviewed_by
        row = StaffEvent.objects.get()
        # The threads speak Polish; this one what the test before it has left.
        with override("pl"):
            assert (overtaken[0].at, overtaken[0].what) == (row.at, row.get_action_display())
        kinds = [MAILS[str(stored.review_state)]]
        owed = OutboxMessage.objects.filter(user=user, kind__in=MAILS.values())
        assert [mail.kind for mail in owed] == kinds
        assert StaffEvent.objects.count() == 1


class AccountTests(TestCase):
    """Closing an account and opening it again."""

    def test_reviewer_closes_and_an_officer_opens(self) -> None:
        user, reviewer, officer = activated(), clerk(), clerk("officer")
        standing.suspend(user, Suspension.SECURITY, desk=Desk(reviewer))
        assert not User.objects.get(pk=user.pk).is_active
        with self.assertRaises(Refused):
            standing.restore(user, Restoration.OWNER, desk=Desk(reviewer))
        standing.restore(user, Restoration.OWNER, desk=Desk(officer))
        assert User.objects.get(pk=user.pk).is_active
        assert [row.action for row in StaffEvent.objects.all()] == ["restored", "suspended"]
        kinds = set(OutboxMessage.objects.filter(user=user).values_list("kind", flat=True))
        assert {"suspended", "unsuspended"} <= kinds

    def test_a_reason_is_needed_and_twice_is_refused(self) -> None:
        user, officer = activated(), clerk("officer")
        with self.assertRaises(Incomplete):
            standing.suspend(user, "because", desk=Desk(officer))
        standing.suspend(user, Suspension.OTHER, desk=Desk(officer))
        with self.assertRaises(Refused):
            standing.suspend(user, Suspension.OTHER, desk=Desk(officer))
        with self.assertRaises(Incomplete):
            standing.restore(user, "", desk=Desk(officer))

    def test_only_an_officer_closes_without_a_word(self) -> None:
        user = activated()
        with self.assertRaises(Refused):
            standing.suspend(user, Suspension.AML, desk=Desk(clerk()), is_silent=True)
        standing.suspend(user, Suspension.AML, desk=Desk(clerk("officer")), is_silent=True)
        assert not OutboxMessage.objects.filter(user=user, kind="suspended").exists()

    def test_an_account_that_was_never_opened_is_pending_again(self) -> None:
        user, officer = registered(), clerk("officer")
        standing.suspend(user, Suspension.OTHER, desk=Desk(officer))
        standing.restore(user, Restoration.MISTAKE, desk=Desk(officer))
        stored = User.objects.get(pk=user.pk)
        assert stored.is_pending
        assert not stored.is_active

    def test_support_and_auditor_close_nothing(self) -> None:
        for role in ("support", "auditor", "administrator"):
            with self.assertRaises(Refused):
                standing.suspend(activated(), Suspension.OTHER, desk=Desk(clerk(role)))
