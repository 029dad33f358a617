"""Two members of staff press at the same moment, each in a browser of his own."""

from typing import Any

from django.test import Client, TransactionTestCase

from accounts.desk.masks import REVEALS
from accounts.models import OutboxMessage, StaffEvent, User
from tests.desk import LIST, send, sit_down
from tests.factories import activated, clerk, customer_of
from tests.parallel import at_once


class AtOnceTests(TransactionTestCase):
    """Through the pages, as they would."""

    serialized_rollback = True

    def setUp(self) -> None:
        self.people = [clerk(), clerk()]
        self.browsers = [sit_down(Client(), person) for person in self.people]

    def both(self, *calls: Any) -> list[Any]:
        said = at_once(*calls)
        assert not any(isinstance(each, Exception) for each in said), said
        return said

    def test_of_two_decisions_one_counts_and_the_other_reads_whose(self) -> None:
        user = activated()
        said = self.both(
            lambda: send(self.browsers[0], user, "approve", version="0"),
            lambda: send(
                self.browsers[1], user, "reject", version="0", reason="unclear", note="Moja myśl"
            ),
        )
        assert sorted(answer.status_code for answer in said) == [302, 409]
        late = next(answer for answer in said if answer.status_code == 409)
        first = self.people[[answer.status_code for answer in said].index(302)]
        assert first.email in late.content.decode()
        if late is said[1]:
            assert "Moja myśl" in late.content.decode(), "What was typed is kept."
        customer = customer_of(user)
        assert customer.reviewed_by == first
        assert customer.review_state == ("approved" if late is said[1] else "rejected")
        kinds = ("review_approved", "review_rejected")
        assert OutboxMessage.objects.filter(user=user, kind__in=kinds).count() == 1
        assert StaffEvent.objects.filter(action__in=("approved", "rejected")).count() == 1

    def test_of_two_who_suspend_one_does_and_the_other_reads_whose(self) -> None:
        user = activated()
        said = self.both(
            *(
                lambda each=each: send(
                    each, user, "suspend", version="0", reason="other", note="Moja myśl"
                )
                for each in self.browsers
            )
        )
        assert sorted(answer.status_code for answer in said) == [302, 409]
        first = self.people[[answer.status_code for answer in said].index(302)]
        late = next(answer for answer in said if answer.status_code == 409).content.decode()
        assert first.email in late
        assert "Moja myśl" in late
        assert StaffEvent.objects.filter(action="suspended").count() == 1

    def test_two_who_take_the_next_never_get_one_case(self) -> None:
        cases = {activated().pk for _ in range(4)}
        for _turn in range(2):
            said = self.both(
                *(
                    lambda each=each: each.post("/admin/cases/next/")["Location"]
                    for each in self.browsers
                )
            )
            got = [each for each in said if each != "/admin/"]
            assert len(got) == len(set(got)), said
        held = User.objects.filter(pk__in=cases, held_by__isnull=False)
        taken = StaffEvent.objects.filter(action="taken")
        assert taken.count() == held.count() == len({row.customer for row in taken})

    def test_two_clicks_of_one_person_get_two_cases(self) -> None:
        for _ in range(2):
            activated()
        member = self.people[0]
        twice = [self.browsers[0], sit_down(Client(), member)]
        said = self.both(
            *(lambda each=each: each.post("/admin/cases/next/")["Location"] for each in twice)
        )
        got = [each for each in said if each != "/admin/"]
        assert len(got) == len(set(got)), said

    def test_of_two_reveals_at_the_limit_one_is_shown(self) -> None:
        user, member = activated(), self.people[0]
        windows = [sit_down(Client(), member) for _ in range(2)]
        for _ in range(REVEALS.times - 1):
            REVEALS.hit(str(member.pk))
        said = self.both(
            *(
                lambda each=each: (
                    each.post(f"{LIST}{user.pk}/reveal/phone/", {"reason": "review"}).status_code
                )
                for each in windows
            )
        )
        assert sorted(said) == [302, 429], said
        assert StaffEvent.objects.filter(action="revealed").count() == 1
