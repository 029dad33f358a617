"""The queue of the desk: whose case is next, and who has taken which."""

from datetime import timedelta

from django.test import TestCase, TransactionTestCase
from django.utils import timezone

from accounts.desk import queue
from accounts.desk.events import Desk
from accounts.models import StaffEvent, User
from tests.factories import activated, clerk, registered, suspended
from tests.parallel import at_once
from tests.test_desk_decisions import in_state


def aged(user: User, hours: float) -> User:
    User.objects.filter(pk=user.pk).update(waiting_since=timezone.now() - timedelta(hours=hours))
    return user


class NextTests(TestCase):
    """ "Weź następną"."""

    def test_gives_the_longest_waiting_case_and_never_one_twice(self) -> None:
        short, long = aged(activated(), 1), aged(activated(), 5)
        one, other = Desk(clerk()), Desk(clerk())
        assert queue.take_next(one) == long
        assert queue.take_next(other) == short
        assert queue.take_next(other) is None
        assert list(queue.mine(one.user)) == [long]
        assert [row.action for row in StaffEvent.objects.all()] == ["taken", "taken"]

    def test_passes_over_what_does_not_wait(self) -> None:
        for user in (registered(), suspended(), in_state("approved"), in_state("correction")):
            assert user.pk
        assert queue.take_next(Desk(clerk())) is None

    def test_a_lease_ends_after_half_an_hour_and_work_renews_it(self) -> None:
        user, one, other = activated(), Desk(clerk()), Desk(clerk())
        assert queue.take(user, one)
        assert not queue.take(user, other)
        assert queue.take(user, one)
        User.objects.filter(pk=user.pk).update(held_until=timezone.now() - timedelta(seconds=1))
        assert queue.take(User.objects.get(pk=user.pk), other)
        assert [row.action for row in StaffEvent.objects.all()] == ["taken", "taken"]

    def test_case_that_is_taken_again_when_its_time_was_over_is_written_down_again(self) -> None:
        user, desk = activated(), Desk(clerk())
        queue.take(user, desk)
        User.objects.filter(pk=user.pk).update(held_until=timezone.now() - timedelta(seconds=1))
        assert queue.take(User.objects.get(pk=user.pk), desk)
        assert [row.action for row in StaffEvent.objects.all()] == ["taken", "taken"]

    def test_released_case_is_free_and_only_its_holder_releases_it(self) -> None:
        user, one, other = activated(), Desk(clerk()), Desk(clerk())
        queue.take(user, one)
        assert not queue.release(user, other)
        assert queue.release(user, one)
        assert queue.take(user, other)

    def test_who_may_not_decide_takes_nothing(self) -> None:
        user = activated()
        for role in ("support", "auditor", "administrator"):
            desk = Desk(clerk(role))
            assert queue.take_next(desk) is None
            assert not queue.take(user, desk)

    def test_lateness_counts_from_the_activation(self) -> None:
        user = aged(activated(), 29)
        late = queue.overdue_by(User.objects.get(pk=user.pk))
        assert timedelta(hours=4, minutes=59) < late < timedelta(hours=5, minutes=1)


class AtOnceTests(TransactionTestCase):
    """Several people press at the same moment."""

    serialized_rollback = True

    def test_each_gets_another_case(self) -> None:
        users = [activated() for _ in range(4)]
        desks = [Desk(clerk()) for _ in range(4)]
        taken = at_once(*[lambda desk=desk: queue.take_next(desk) for desk in desks])
        got = [case.pk for case in taken if isinstance(case, User)]
        assert len(got) == len(set(got)), taken
        # Who found the row locked by another may have come away empty: he presses again.
        rest = [queue.take_next(desk) for desk, case in zip(desks, taken, strict=True) if not case]
        assert {*got, *(case.pk for case in rest if case)} == {user.pk for user in users}
