"""What an onlooker learns about an address: nothing, at every door."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any
from unittest import mock
from urllib.parse import urlencode

from bs4 import BeautifulSoup
from django.core import mail
from django.test import Client, TestCase
from django.utils import timezone

from accounts.models import Counter, OutboxMessage, User
from accounts.services import activation, review
from accounts.sign_in import digits, tries
from tests.closings import close
from tests.doors import GENERIC, try_in
from tests.factories import PASSWORD, activated, registered, staff, suspended
from tests.letters import deliver, registering_browser
from tests.links import OTHER_PASSWORD
from tests.onlooker import COUNTED, CountingHasher, observed
from tests.people import OSOBA
from tests.thorough import THOROUGH
from tests.tries import travel
from tests.walk import URLENCODED, Visitor

PAGE = "/rejestracja/wyslano/"


def bar(email: str) -> None:
    User.objects.filter(email=email).update(password_barred_at=timezone.now())


@COUNTED
class SecrecyTests(TestCase):
    """What an onlooker learns by signing in."""

    def setUp(self) -> None:
        # Which digits are asked for is the one thing that an address changes.
        self.enterContext(mock.patch.object(digits, "CHOICES", ((2, 5, 9),)))

    def states(self, password: str = PASSWORD) -> dict[str, str]:
        """Return an address of the same length in each state."""
        makers = {
            "active": activated,
            "barred": activated,
            "pending": registered,
            "suspended": suspended,
        }
        for name, make in makers.items():
            make(email=f"{name:->9}@example.com", password=password)
        close(activated(email="closed---@example.com", password=password))
        review.suspend(registered(email="refused--@example.com", password=password))
        return {
            **{name: f"{name:->9}@example.com" for name in makers},
            "closed": "closed---@example.com",
            "refused": "refused--@example.com",
            "unknown": "unknown--@example.com",
        }

    def test_is_nothing_with_a_wrong_password(self) -> None:
        seen = {
            state: observed(partial(try_in, email, OTHER_PASSWORD), email)
            for state, email in self.states().items()
        }
        status, content, _headers, _cookies, hashes, _statements = seen["unknown"]
        assert status == 200
        assert GENERIC in content.decode()
        assert hashes == 2
        for state, facts in seen.items():
            assert facts == seen["unknown"], state

    def test_is_nothing_with_the_right_password_and_wrong_digits(self) -> None:
        emails = self.states()
        bar(emails["barred"])
        unknown = observed(
            partial(try_in, emails["unknown"], PASSWORD, digits="123"), emails["unknown"]
        )
        for state, email in emails.items():
            facts = observed(partial(try_in, email, PASSWORD, digits="123"), email)
            assert facts == unknown, state

    def test_is_nothing_of_a_barred_account_even_when_all_is_right(self) -> None:
        emails = self.states()
        bar(emails["barred"])
        unknown = observed(partial(try_in, emails["unknown"], PASSWORD), emails["unknown"])
        assert observed(partial(try_in, emails["barred"], PASSWORD), emails["barred"]) == unknown

    def test_is_nothing_in_any_of_a_hundred_tries(self) -> None:
        # The third, the twentieth and the hundredth have consequences for whoever has an account.
        numbers = range(100) if THOROUGH else (*range(5), *range(17, 23), *range(96, 100))
        counts: dict[str, list[int]] = {}
        for state, email in self.states().items():
            for number in numbers:
                travel(timedelta(hours=2))
                # As if they came from everywhere, within an hour.
                Counter.objects.filter(key=tries.EVERYWHERE.key(email)).update(
                    count=number % 20, ends_at=timezone.now() + timedelta(hours=1)
                )
                in_a_row = [limit.key(email) for limit in (tries.IN_A_ROW, tries.OTHERWISE)]
                Counter.objects.filter(key__in=in_a_row).update(count=number)
                Counter.objects.filter(key=tries.HERE.key(f"{email} 127.0.0.1")).delete()
                statements = observed(partial(try_in, email, OTHER_PASSWORD), email)[-1]
                counts.setdefault(state, []).append(len(statements))
            bar(email)
        for state, each in counts.items():
            assert each == counts["unknown"], state
        assert len(set(counts["unknown"])) > 1

    def test_is_nothing_once_the_tries_are_used_up_and_no_hash_is_computed(self) -> None:
        seen = {}
        for state, email in self.states().items():
            for _ in range(5):
                try_in(email, "x")
            seen[state] = observed(partial(try_in, email, PASSWORD), email)
        assert seen["unknown"][0] == 429
        assert seen["unknown"][4] == 0
        for state, facts in seen.items():
            assert facts == seen["unknown"], state

    def test_costs_two_hashes_whenever_somebody_is_refused(self) -> None:
        emails = self.states() | {"nobody": "x", "empty key": "a" * 321 + "@example.com"}
        staff_user = staff()
        emails["without a password"] = staff_user.email
        for state, email in emails.items():
            for password in (PASSWORD, OTHER_PASSWORD):
                CountingHasher.count = 0
                try_in(email, password)
                is_let_in = state in ("active", "barred") and password == PASSWORD
                expected = 1 if is_let_in else 2
                assert CountingHasher.count == expected, (state, password)

    def test_is_the_same_for_the_stranger_who_registered_the_address_of_a_customer(self) -> None:
        activated(email="owned@example.com")
        seen = {}
        for email in ("owned@example.com", "vacant@example.com"):
            registered(email=email, password=OTHER_PASSWORD)
            response = try_in(email, OTHER_PASSWORD)
            seen[email] = (response.status_code, response.templates[0].name)
        assert len(set(seen.values())) == 1
        assert seen["owned@example.com"][1] == "accounts/sign_in/pending.html"

    def test_does_not_buy_a_stranger_more_guesses_by_a_pending_account_of_his_own(self) -> None:
        activated(email="owned@example.com")
        registered(email="owned@example.com", password=OTHER_PASSWORD)
        for _ in range(2):
            try_in("owned@example.com", "x")
            try_in("owned@example.com", OTHER_PASSWORD)
        try_in("owned@example.com", "x")
        assert try_in("owned@example.com", "x").status_code == 429

    def test_does_not_buy_guesses_at_the_door_of_the_staff(self) -> None:
        activated(email="owned@example.com")
        for _ in range(5):
            try_in("owned@example.com", "x")
        Client().post("/admin/login/", {"username": "owned@example.com", "password": ""})
        assert try_in("owned@example.com", PASSWORD).status_code == 429

    def test_is_the_same_when_that_stranger_asks_for_another_link(self) -> None:
        activated(email="owned-@example.com")
        travel(timedelta(days=1))
        seen = {}
        for email in ("owned-@example.com", "vacant@example.com"):
            registered(email=email, password=OTHER_PASSWORD)
            page = BeautifulSoup(try_in(email, OTHER_PASSWORD).content, "html.parser")
            proof = str(page.select("input[name=proof]")[0]["value"])
            ask = partial(Client().post, "/logowanie/link/", {"proof": proof})
            seen[email] = [observed(ask, email), observed(ask, email)]
        assert seen["owned-@example.com"] == seen["vacant@example.com"]
        assert [each[0] for each in seen["vacant@example.com"]] == [302, 429]

    def test_is_the_same_for_whoever_registered_it_twice_with_two_passwords(self) -> None:
        activated(email="owned@example.com")
        for email in ("owned@example.com", "vacant@example.com"):
            for password in (OTHER_PASSWORD, OTHER_PASSWORD + "!"):
                registered(email=email, password=password)
        for password, template in (
            (OTHER_PASSWORD, "accounts/sign_in/password.html"),
            (OTHER_PASSWORD + "!", "accounts/sign_in/pending.html"),
        ):
            for email in ("owned@example.com", "vacant@example.com"):
                assert try_in(email, password).templates[0].name == template, (email, password)


def owners() -> Iterator[tuple[str, Callable[[str], object]]]:
    """Yield each kind of address before a stranger registers it, and how to make it so."""
    yield "unknown", lambda email: None
    yield "active", lambda email: activated(email=email)
    yield "pending", lambda email: registered(email=email)
    yield "suspended", lambda email: suspended(email=email)


@COUNTED
class LastStepTests(TestCase):
    """Finishing a registration."""

    def test_is_the_same_for_every_address(self) -> None:
        seen = {}
        for kind, make in owners():
            email = f"{kind:->9}@example.com"
            make(email)
            visitor = OSOBA.addressed(email).reach_end(Visitor())
            post = visitor.post_of("Rejestruj")
            send = partial(
                visitor.client.post, post.address, urlencode(post.data), content_type=URLENCODED
            )
            seen[kind] = [
                observed(send, email),
                observed(partial(visitor.client.get, PAGE), email),
                observed(partial(visitor.client.get, post.address), email),
            ]
        for kind, facts in seen.items():
            assert facts == seen["unknown"], kind
        assert seen["unknown"][0][0] == 302

    def test_does_the_same_work_when_the_mail_is_owed_to_nobody(self) -> None:
        owed = []
        for kind, make in owners():
            email = f"{kind:->9}@example.com"
            make(email)
            before = set(OutboxMessage.objects.values_list("pk", flat=True))
            registered(email=email)
            rows = OutboxMessage.objects.exclude(pk__in=before)
            owed.append(list(rows.values_list("kind", "state", "link_serial", "attempts")))
        assert owed == [owed[0]] * 4


@COUNTED
class WaitingPageTests(TestCase):
    """The pages of a stranger who registered somebody's address, whatever its owner does."""

    FATES = (
        "waits",
        "is a customer",
        "was a customer",
        "is pending",
        "became a customer",
        "said it was not he",
        "was closed by staff",
    )

    def meet(self, fate: str, email: str) -> Client:
        """Let a stranger register the address and its owner do something; return his browser."""
        if fate == "is a customer":
            activated(email=email)
        if fate == "was a customer":
            suspended(email=email)
        if fate == "is pending":
            registered(email=email)
        stranger = registered(email=email, password=OTHER_PASSWORD)
        if fate == "became a customer":
            activation.activate(registered(email=email))
            assert not User.objects.filter(pk=stranger.pk).exists()
        if fate == "said it was not he":
            activation.refuse(stranger)
        if fate == "was closed by staff":
            review.suspend(stranger)
        self.attempt = stranger.attempt.hex if stranger.attempt else ""
        # The mails that the owner's own doings cost are counted for the address as well.
        Counter.objects.all().delete()
        return registering_browser(stranger)

    def compare(self, *requests: Callable[[Client], Any]) -> list[Any]:
        """Return what is seen of the requests, after making sure that it never differs."""
        seen = {}
        for number, fate in enumerate(self.FATES):
            email = f"adres-{number}@example.com"
            client = self.meet(fate, email)
            seen[fate] = [observed(partial(ask, client), email) for ask in requests]
        for fate, facts in seen.items():
            for number, each in enumerate(facts):
                assert each == seen["waits"][number], (fate, number)
        return seen["waits"]

    def again(self, client: Client) -> Any:
        return client.post(PAGE, {"attempt": self.attempt})

    def correct(self, email: str, client: Client) -> Any:
        return client.post(f"{PAGE}adres/?proba={self.attempt}", {"email": email})

    def test_look_the_same(self) -> None:
        page, state, form, resent = self.compare(
            lambda client: client.get(PAGE),
            lambda client: client.get(f"{PAGE}stan/"),
            lambda client: client.get(f"{PAGE}adres/?proba={self.attempt}"),
            lambda client: client.get(f"{PAGE}ponownie/"),
        )
        assert [each[0] for each in (page, state, form, resent)] == [200] * 4
        assert b"ADDRESS" in page[1]

    def test_send_again_alike(self) -> None:
        first, second, page = self.compare(self.again, self.again, lambda client: client.get(PAGE))
        assert (first[0], second[0], page[0]) == (302, 429, 200)

    def test_correct_alike(self) -> None:
        wrong, right, page, again = self.compare(
            partial(self.correct, "x"),
            partial(self.correct, "nowy-adres@example.com"),
            lambda client: client.get(PAGE),
            self.again,
        )
        assert (wrong[0], right[0], page[0], again[0]) == (200, 302, 200, 429)

    def test_correct_alike_towards_every_kind_of_address(self) -> None:
        seen = {}
        for number, (kind, make) in enumerate(owners()):
            email = f"{kind:->9}@example.com"
            make(email)
            travel(timedelta(days=1))
            client = self.meet("waits", f"adres-{number}@example.com")
            ask = partial(self.correct, email, client)
            seen[kind] = [observed(ask, email), observed(partial(client.get, PAGE), email)]
        for kind, facts in seen.items():
            assert facts == seen["unknown"], kind

    def test_end_in_a_wizard_that_says_the_same(self) -> None:
        for number, fate in enumerate(self.FATES):
            client = self.meet(fate, f"adres-{number}@example.com")
            path = f"/rejestracja/{self.attempt[:8]}-{self.attempt[8:12]}-{self.attempt[12:16]}-"
            path += f"{self.attempt[16:20]}-{self.attempt[20:]}/zgody/"
            assert client.get(path).status_code == 410, fate
            assert client.post(path).status_code == 302, fate

    def test_send_nothing_about_a_registration_that_is_gone(self) -> None:
        for fate in ("became a customer", "said it was not he", "was closed by staff"):
            client = self.meet(fate, "adres@example.com")
            deliver()
            mail.outbox.clear()
            self.again(client)
            self.correct("nowy-adres@example.com", client)
            assert not deliver(), fate
            User.objects.all().delete()
