"""The list of the accounts: filters, views of one's own, and a page at a time."""

from datetime import timedelta
from itertools import chain
from typing import Any
from urllib.parse import urlencode

from bs4 import BeautifulSoup
from django.utils import timezone

from accounts.desk import queue
from accounts.desk.events import Desk
from accounts.models import Customer, Kind, ReviewState, SavedView, Source, User
from accounts.services import survey
from tests.desk import LIST, StaffTestCase, shown, sit_down
from tests.factories import activated, clerk, registered, suspended
from tests.test_desk_queue import aged


class FilterTests(StaffTestCase):
    """What each filter leaves."""

    pending: User
    active: User
    closed: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.pending = registered(language="en")
        cls.active = activated(Kind.COMPANY)
        cls.closed = suspended()

    def filtered(self, **parameters: Any) -> set[str]:
        response = self.client.get(LIST, parameters)
        assert response.status_code == 200
        return shown(response)

    def test_of_kind_state_language_and_review(self) -> None:
        assert self.filtered(account="pending") == {self.pending.email}
        assert self.filtered(account="active") == {self.active.email}
        assert self.filtered(account="suspended") == {self.closed.email}
        assert self.filtered(account="closed") == set()
        assert self.filtered(kind="company") == {self.active.email}
        assert self.filtered(language="en") == {self.pending.email}
        Customer.objects.filter(pk=self.closed.pk).update(review_state=ReviewState.REJECTED)
        assert self.filtered(review="rejected") == {self.closed.email}

    def test_of_the_source(self) -> None:
        source = Source.objects.all()[2]
        survey.answer(self.active.pk, source)
        assert self.filtered(source=source.pk) == {self.active.email}

    def test_of_the_holder(self) -> None:
        queue.take(self.active, Desk(self.staff))
        assert self.filtered(holder="me") == {self.active.email}
        assert self.filtered(holder="others") == set()
        assert self.filtered(holder="nobody") == {self.pending.email, self.closed.email}
        sit_down(self.client, clerk())
        assert self.filtered(holder="others") == {self.active.email}

    def test_of_those_past_the_target(self) -> None:
        other = aged(activated(), 40)
        aged(self.active, 23)
        assert self.filtered(overdue="1") == {other.email}

    def test_of_the_day_of_the_registration(self) -> None:
        long_ago = timezone.now() - timedelta(days=400)
        User.objects.filter(pk=self.pending.pk).update(created_at=long_ago)
        day = timezone.localtime(long_ago).date()
        assert self.filtered(since=day, until=day) == {self.pending.email}
        assert self.filtered(until=day - timedelta(days=1)) == set()
        assert self.filtered(since=day + timedelta(days=1)) == {
            self.active.email,
            self.closed.email,
        }

    def test_together_and_with_a_search(self) -> None:
        assert self.filtered(kind="person", account="suspended") == {self.closed.email}
        response = self.client.post(f"{LIST}search/?kind=person", {"words": "example"}, follow=True)
        assert "kind=person" in response.redirect_chain[-1][0]

    def test_are_all_offered_by_a_form_that_needs_no_script(self) -> None:
        page = BeautifulSoup(self.client.get(LIST).content, "html.parser")
        offered = {str(field["name"]) for field in page.select(".desk-filters [method=get] [name]")}
        assert offered == {
            *("kind", "account", "review", "holder", "language", "source"),
            *("since", "until", "overdue"),
        }

    def test_answer_400_to_nonsense(self) -> None:
        worst = ("abc", "\x00", str(10**30), "0001-01-01", "9999-12-31", "-1", "'--")
        names = ("kind", "account", "review", "holder", "language", "source", "since", "until")
        for name in (*names, "overdue", "before", "after"):
            for value in worst:
                if value == "9999-12-31" and name not in ("since", "until"):
                    continue
                with self.subTest(name, value=value):
                    answer = self.client.get(LIST, {name: value})
                    is_place = name in ("before", "after") and value == "-1"
                    assert answer.status_code == 400 or is_place, answer.status_code
        for name in ("password__startswith", "q", "o", "p", "e", "customer__nip", "_popup"):
            assert self.client.get(LIST, {name: "1"}).status_code == 400
        assert self.client.get(f"{LIST}?since=2026-02-02&until=2026-02-01").status_code == 400
        assert self.client.get(LIST, {"s": "abc"}).status_code == 200


class PagingTests(StaffTestCase):
    """A page at a time."""

    def walk(self, **parameters: Any) -> list[list[str]]:
        """Return the addresses of each page, walking on by its link, and back again the same."""
        address, pages, links = f"{LIST}?{urlencode(parameters)}", [], "next"
        while True:
            page = BeautifulSoup(self.client.get(address).content, "html.parser")
            pages.append([c.get_text() for c in page.select("#result_list .field-email")])
            link = page.select_one(f"a[rel={links}]")
            if link is None:
                break
            address = f"{LIST}{link['href']}"
        if len(pages) > 1:
            back = page.select_one("a[rel=prev]")
            assert back is not None
            page = BeautifulSoup(self.client.get(f"{LIST}{back['href']}").content, "html.parser")
            previous = [c.get_text() for c in page.select("#result_list .field-email")]
            assert previous == pages[-2]
        return pages

    def test_shows_every_account_once_in_each_order(self) -> None:
        users = [activated() for _ in range(60)]
        for nth, user in enumerate(users):
            # Several at the same moment.
            aged(user, 30 + nth // 7)
        newest = [user.email for user in reversed(users)]
        pages = self.walk()
        assert [len(page) for page in pages] == [25, 25, 10]
        assert [*chain(*pages)] == newest
        assert [*chain(*self.walk(kind="person"))] == newest
        day = timezone.localdate() - timedelta(days=1)
        assert [*chain(*self.walk(since=day))] == newest
        oldest = User.objects.filter(is_staff=False).order_by("waiting_since", "pk")
        assert [*chain(*self.walk(overdue=1))] == [user.email for user in oldest]

    def test_a_place_of_another_order_is_refused(self) -> None:
        assert self.client.get(LIST, {"after": "1_1"}).status_code == 400
        assert self.client.get(LIST, {"after": "1", "overdue": "1"}).status_code == 400
        assert self.client.get(LIST, {"after": "1", "before": "1"}).status_code == 400
        assert self.client.get(
            LIST, {"after": "99999999999999999_1", "overdue": "1"}
        ).status_code in (
            200,
            400,
        )

    def test_a_walk_keeps_filters_and_search(self) -> None:
        for _ in range(30):
            registered(Kind.COMPANY, company_name="Bałtyk")
        registered(last_name="Bałtyk")
        response = self.client.post(f"{LIST}search/?kind=company", {"words": "bałtyk"}, follow=True)
        page = BeautifulSoup(response.content, "html.parser")
        onward = page.select_one("a[rel=next]")
        assert onward is not None
        assert len(shown(self.client.get(f"{LIST}{onward['href']}"))) == 5


class SavedViewTests(StaffTestCase):
    """Views of one's own."""

    def save(self, name: str, query: str = "kind=company") -> Any:
        return self.client.post(f"{LIST}views/?{query}", {"name": name}, follow=True)

    def test_keep_filters_and_lead_back_to_them(self) -> None:
        company = activated(Kind.COMPANY)
        activated()
        self.save("Firmy")
        page = BeautifulSoup(self.client.get(LIST).content, "html.parser")
        link = page.find("a", string="Firmy")
        assert link is not None
        assert shown(self.client.get(str(link["href"]))) == {company.email}

    def test_keep_no_words_of_a_search(self) -> None:
        response = self.save("Szukanie", "kind=company&s=abc&after=5")
        assert response.status_code == 200
        assert SavedView.objects.get().filters == {"kind": "company"}

    def test_are_twenty_at_most_and_a_name_is_used_anew(self) -> None:
        for nth in range(21):
            self.save(f"Widok {nth}")
        assert SavedView.objects.count() == 20
        self.save("Widok 3", "kind=person")
        assert SavedView.objects.get(name="Widok 3").filters == {"kind": "person"}

    def test_are_ones_own(self) -> None:
        self.save("Moje")
        view = SavedView.objects.get()
        sit_down(self.client, clerk())
        self.assertNotContains(self.client.get(LIST), "Moje widoki")
        self.client.post(f"{LIST}views/{view.pk}/delete/")
        assert SavedView.objects.exists()
        sit_down(self.client, self.staff)
        self.client.post(f"{LIST}views/{view.pk}/delete/")
        assert not SavedView.objects.exists()

    def test_refuse_what_is_no_filter_and_no_name(self) -> None:
        assert self.save("Zły", "kind=abc").status_code == 400
        self.save("", "kind=company")
        self.save("Nic", "")
        assert not SavedView.objects.exists()

    def test_are_for_who_sees_customers(self) -> None:
        sit_down(self.client, clerk("administrator"))
        assert self.save("Firmy").status_code == 403
