"""A request for a change is answered by mail: received once, decided once, withdrawn never."""

from unittest import mock

from django.contrib.admin.models import LogEntry
from django.test import Client, TestCase, TransactionTestCase

from accounts.account import services
from accounts.admin.search import find
from accounts.models import DataChange, DataRequest, Kind, OutboxMessage, User
from accounts.models.customer import Section
from accounts.services import review
from kantor.serving.typography import untie
from tests.desk import StaffTestCase, sit_down
from tests.factories import activated, clerk, customer_of, staff
from tests.letters import deliver
from tests.parallel import at_once
from tests.test_messages import flat

RECEIVED, DECIDED = OutboxMessage.Kind.REQUEST_RECEIVED, OutboxMessage.Kind.REQUEST_DECIDED


def asks(user: User, last_name: str = "Nowak") -> DataRequest:
    """Ask for another name, and return the request."""
    assert services.ask(user, Section.NAME, {"last_name": last_name}, "Ślub")
    return user.data_requests.get(state="open")


def owed(user: User) -> list[str]:
    """Return the kinds of mail about requests that this account was owed, oldest first."""
    rows = OutboxMessage.objects.filter(user=user, kind__in=(RECEIVED, DECIDED)).order_by("pk")
    return list(rows.values_list("kind", flat=True))


def said(user: User) -> list[str]:
    """Deliver what is due; return the texts of the mails after the first steps."""
    mails = [each for each in deliver() if each.to == [user.email]]
    return [untie(flat(str(each.body))) for each in mails[1:]]


def page_of(request: DataRequest) -> str:
    """Return where staff decide about a request."""
    return f"/admin/accounts/datarequest/{request.pk}/change/"


class MailTests(TestCase):
    """What the customer reads of his request."""

    def setUp(self) -> None:
        self.user, self.member = activated(), staff()
        deliver()

    def test_is_received_and_then_decided(self) -> None:
        request = asks(self.user)
        (receipt,) = said(self.user)
        assert "Mamy Twój wniosek" in receipt
        services.refuse(request, by=self.member, answer="Wyślij odpis aktu.")
        assert "Wyślij odpis aktu." in said(self.user)[1]
        assert owed(self.user) == [RECEIVED, DECIDED]

    def test_accepting_says_the_words_of_staff_too(self) -> None:
        services.accept(asks(self.user), by=self.member, answer="Wszystkiego dobrego!")
        (answer,) = said(self.user)
        assert "Zmieniliśmy Twoje dane" in answer
        assert "Wszystkiego dobrego!" in answer

    def test_one_that_is_closed_is_not_confirmed_any_more(self) -> None:
        services.refuse(asks(self.user), by=self.member, answer="Nie teraz.")
        (answer,) = said(self.user)
        assert "Nie teraz." in answer

    def test_withdrawing_is_told_by_the_page_alone(self) -> None:
        asks(self.user)
        services.withdraw(self.user)
        assert said(self.user) == []
        assert owed(self.user) == [RECEIVED]

    def test_nothing_is_decided_without_its_mail(self) -> None:
        request = asks(self.user)
        fault = mock.patch("accounts.mail.outbox.put", side_effect=RuntimeError)
        with fault, self.assertRaises(RuntimeError):
            services.accept(request, by=self.member)
        request.refresh_from_db()
        assert (request.state, customer_of(self.user).last_name) == ("open", "Żak")

    def test_a_closed_account_gets_none_of_them(self) -> None:
        request = asks(self.user)
        review.suspend(self.user)
        services.accept(request, by=self.member)
        assert all("wnios" not in text for text in said(self.user))


class DeskTests(StaffTestCase):
    """Staff decide by the page of the request."""

    def setUp(self) -> None:
        super().setUp()
        self.user = activated(Kind.COMPANY)
        deliver()

    def found(self, typed: str) -> list[User]:
        return list(User.objects.filter(pk__in=find(typed, sees_numbers=True)))

    def test_accepting_changes_the_data_and_how_they_are_found(self) -> None:
        wanted = {"company_name": "Łącznik Węzeł sp. z o.o."}
        services.ask(self.user, Section.COMPANY, wanted, "Zmiana w KRS")
        request = DataRequest.objects.get()
        self.client.post(page_of(request), {"decision": "accepted", "answer": "Gotowe."})
        change = DataChange.objects.get()
        assert (change.before, change.after) == (
            {"company_name": change.before["company_name"]},
            wanted,
        )
        assert change.before["company_name"].startswith("Zakład Ślusarski")
        assert self.found("lacznik") == [self.user]
        assert self.found("zaklad") == []
        assert owed(self.user) == [RECEIVED, DECIDED]
        assert "Gotowe." in said(self.user)[0]

    def test_a_new_surname_is_found_too(self) -> None:
        request = asks(self.user, "Źdźbło")
        self.client.post(page_of(request), {"decision": "accepted", "answer": ""})
        assert self.found("zdzblo") == [self.user]

    def test_whoever_decides_too_late_is_told_so_and_nothing_else_happens(self) -> None:
        request = asks(self.user)
        services.refuse(request, by=staff(), answer="Brak dokumentu.")
        answer = self.client.post(
            page_of(request), {"decision": "accepted", "answer": "Dobrze."}, follow=True
        )
        page = untie(answer.content.decode())
        assert "Wniosek został już wcześniej zamknięty." in page
        assert "Brak dokumentu." in page
        request.refresh_from_db()
        assert (request.state, request.answer) == ("refused", "Brak dokumentu.")
        assert owed(self.user) == [RECEIVED, DECIDED]
        assert not LogEntry.objects.exists()

    def test_whoever_may_not_decide_is_refused(self) -> None:
        request = asks(self.user)
        sit_down(self.client, clerk("support"))
        for state in ("open", "refused"):
            DataRequest.objects.update(state=state)
            answer = self.client.post(page_of(request), {"decision": "accepted", "answer": ""})
            assert answer.status_code == 403


class AtOnceTests(TransactionTestCase):
    """Two at the same moment: one request, one answer."""

    serialized_rollback = True

    def test_one_request_is_received(self) -> None:
        user = activated()
        results = at_once(
            *(
                lambda name=name: services.ask(user, Section.NAME, {"last_name": name}, "Ślub")
                for name in ("Nowak", "Kowal")
            )
        )
        assert sorted(results) == [False, True], results
        assert owed(user) == [RECEIVED]

    def test_two_members_of_staff_send_one_answer(self) -> None:
        user = activated()
        request = asks(user)
        browsers = []
        for _member in range(2):
            browsers.append(Client())
            sit_down(browsers[-1], staff())
        answers = at_once(
            lambda: browsers[0].post(page_of(request), {"decision": "accepted", "answer": "Tak."}),
            lambda: browsers[1].post(page_of(request), {"decision": "refused", "answer": "Nie."}),
        )
        assert [each.status_code for each in answers] == [302, 302], answers
        request.refresh_from_db()
        accepted = request.state == "accepted"
        assert request.answer == ("Tak." if accepted else "Nie.")
        assert (customer_of(user).last_name == "Nowak") == accepted
        assert owed(user) == [RECEIVED, DECIDED]
        assert LogEntry.objects.count() == 1
