"""One judgement for both doors: the customers' and the staff's."""

from unittest import mock

from django.test import Client, TestCase

from accounts.limits import Limit
from accounts.models import User
from accounts.services import credentials
from accounts.services.credentials import FAILED_SIGN_INS, SignIn, sign_in
from tests.doors import try_in
from tests.factories import PASSWORD, activated, registered, staff, suspended

NETWORK = "192.0.2.1"
DESK = "/admin/login/"


class JudgementTests(TestCase):
    """`sign_in` by itself."""

    def judged(self, user: User, password: str = PASSWORD) -> tuple[SignIn, User | None]:
        return sign_in(user.email.upper(), password, NETWORK)

    def test_tells_whose_account_a_right_password_opens(self) -> None:
        user = activated()
        assert self.judged(user) == (SignIn.OPEN, user)

    def test_tells_a_pending_account_from_none(self) -> None:
        user = registered()
        assert self.judged(user) == (SignIn.PENDING, user)
        assert self.judged(user, "wrong") == (SignIn.REFUSED, None)

    def test_tells_nothing_of_a_closed_one(self) -> None:
        assert self.judged(suspended()) == (SignIn.REFUSED, None)

    def test_refuses_unseen_what_comes_too_often(self) -> None:
        user = activated()
        for _ in range(FAILED_SIGN_INS.times):
            self.judged(user, "wrong")
        with mock.patch.object(User, "check_password", side_effect=AssertionError):
            assert self.judged(user) == (SignIn.TOO_OFTEN, None)
        credentials.forget_tries(user.email, NETWORK)
        assert self.judged(user) == (SignIn.OPEN, user)

    def test_forgets_the_tries_when_an_account_is_opened_and_only_then(self) -> None:
        for user, is_forgotten in ((activated(), True), (registered(), False)):
            for _ in range(FAILED_SIGN_INS.times - 1):
                self.judged(user, "wrong")
            self.judged(user)
            assert (self.judged(user)[0] is not SignIn.TOO_OFTEN) is is_forgotten


class DoorTests(TestCase):
    """What is tried at one door is known at the other."""

    def at_the_desk(self, email: str, password: str) -> bool:
        """Try to sign in at the desk; tell whether it led in."""
        data = {"username": email, "password": password}
        return Client().post(DESK, data).status_code == 302

    def test_share_the_count_of_an_address(self) -> None:
        member = staff(password=PASSWORD)
        for number in range(FAILED_SIGN_INS.times):
            if number % 2:
                assert not self.at_the_desk(member.email, "wrong")
            else:
                try_in(member.email, "wrong")
        assert not self.at_the_desk(member.email, PASSWORD)
        assert try_in(member.email, PASSWORD).status_code == 429

    def test_share_the_count_of_a_network(self) -> None:
        few = Limit("test-network", times=1, window=FAILED_SIGN_INS.window)
        member = staff(password=PASSWORD)
        with mock.patch.object(credentials, "NETWORK_SIGN_INS", few):
            try_in("somebody@example.com", "wrong")
            assert not self.at_the_desk(member.email, PASSWORD)

    def test_of_the_desk_lets_no_pending_account_in(self) -> None:
        assert not self.at_the_desk(registered().email, PASSWORD)
        assert not self.at_the_desk(activated().email, PASSWORD)
        assert not self.at_the_desk("", PASSWORD)
