"""The owed mails as staff see them."""

import re
from datetime import timedelta

from bs4 import BeautifulSoup
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.mail import delivery
from accounts.models import OutboxMessage
from tests.desk import MESSAGES, StaffTestCase, page_of, sit_down
from tests.factories import clerk, registered


class MessageAdminTests(StaffTestCase):
    """The list of mails."""

    def setUp(self) -> None:
        super().setUp()
        self.user = registered()
        self.message = OutboxMessage.objects.get(user=self.user)

    def make_it_fail(self) -> None:
        OutboxMessage.objects.filter(pk=self.message.pk).update(
            state=OutboxMessage.State.FAILED,
            attempts=9,
            last_error="SMTPDataError 554",
            finished_at=timezone.now(),
        )

    def test_shows_state_and_failure_and_never_a_text(self) -> None:
        self.make_it_fail()
        for address in (MESSAGES, f"{MESSAGES}{self.message.pk}/change/"):
            response = self.client.get(address)
            self.assertContains(response, "SMTPDataError 554")
            self.assertContains(response, self.user.email)
            self.assertNotContains(response, "/aktywacja/")

    def test_says_how_long_the_oldest_has_been_waiting(self) -> None:
        written = timezone.now() - timedelta(hours=3, minutes=5)
        OutboxMessage.objects.filter(pk=self.message.pk).update(created_at=written)
        title = BeautifulSoup(self.client.get(MESSAGES).content, "html.parser").title
        assert title is not None
        assert re.search(r"3\sgodziny", title.get_text())

    def test_says_that_nothing_is_waiting(self) -> None:
        OutboxMessage.objects.update(state=OutboxMessage.State.SENT)
        assert self.client.get(MESSAGES).status_code == 200

    def test_narrows_to_a_state(self) -> None:
        self.assertContains(self.client.get(MESSAGES, {"state__exact": "waiting"}), self.user.email)
        self.assertNotContains(
            self.client.get(MESSAGES, {"state__exact": "failed"}), self.user.email
        )

    def test_are_searched_for_by_words_that_stand_in_no_address(self) -> None:
        self.make_it_fail()
        search = f"{MESSAGES}search/?state__exact=failed&password__startswith=a"
        response = self.client.post(search, {"words": self.user.email.upper()})
        address = response["Location"]
        assert "state__exact=failed" in address
        assert "password" not in address
        assert self.user.email.partition("@")[0] not in address.lower()
        page = self.client.get(address)
        self.assertContains(page, f">{self.user.email}<")
        self.assertContains(page, f'value="{self.user.email.upper()}"')
        self.assertContains(page, f'action="{MESSAGES}search/?state__exact=failed"')
        self.assertContains(page, f'href="{MESSAGES}?state__exact=failed"')
        elsewhere = self.client.post(f"{MESSAGES}search/", {"words": "nikt@nigdzie"}, follow=True)
        self.assertNotContains(elsewhere, self.user.email)
        assert self.client.post(f"{MESSAGES}search/", {"words": " "})["Location"] == MESSAGES

    def test_are_not_found_by_words_in_an_address_or_anothers_key(self) -> None:
        address = self.client.post(f"{MESSAGES}search/", {"words": self.user.email})["Location"]
        sit_down(self.client, clerk())
        for asked in (address, f"{MESSAGES}?q={self.user.email}"):
            page = self.client.get(asked)
            self.assertNotContains(page, f">{self.user.email}<")
            self.assertContains(page, "nie jest już pamiętane")
        assert self.client.get(f"{MESSAGES}search/").status_code == 405
        sit_down(self.client, clerk("administrator"))
        assert self.client.post(f"{MESSAGES}search/", {"words": "a"}).status_code == 403

    def test_lets_staff_try_a_failed_one_again(self) -> None:
        self.make_it_fail()
        data = {"action": "retry", "_selected_action": [str(self.message.pk)]}
        self.client.post(MESSAGES, data)
        self.message.refresh_from_db()
        assert self.message.state == OutboxMessage.State.WAITING
        assert delivery.deliver_due() == 1
        assert [m.to for m in mail.outbox] == [[self.user.email]]

    def test_offers_the_same_by_a_button_on_the_page_of_a_mail(self) -> None:
        self.make_it_fail()
        page = f"{MESSAGES}{self.message.pk}/change/"
        button = BeautifulSoup(self.client.get(page).content, "html.parser").find(
            "input", value="Wyślij ponownie teraz"
        )
        assert button is not None
        form = button.find_parent("form")
        assert form is not None
        data = {str(each["name"]): str(each["value"]) for each in form.select("[name]")}
        assert self.client.post(str(form["action"]), data).status_code == 302
        self.message.refresh_from_db()
        assert self.message.state == OutboxMessage.State.WAITING
        assert delivery.deliver_due() == 1
        self.assertNotContains(self.client.get(page), "Wyślij ponownie teraz")

    def test_announces_no_next_attempt_of_a_mail_that_was_sent(self) -> None:
        none = '<td data-label="Następna próba" class="field-next_attempt">–</td>'
        assert none not in self.client.get(MESSAGES).content.decode()
        assert delivery.deliver_due() == 1
        assert none in self.client.get(MESSAGES).content.decode()
        assert "None" not in self.client.get(page_of(self.user)).content.decode()

    def test_brings_forward_a_mail_that_waits_for_long(self) -> None:
        in_a_day = timezone.now() + timedelta(hours=23)
        OutboxMessage.objects.update(due_at=in_a_day, attempts=8, last_error="TimeoutError")
        assert delivery.deliver_due() == 0
        data = {"action": "retry", "_selected_action": [str(self.message.pk)]}
        self.client.post(MESSAGES, data)
        assert delivery.deliver_due() == 1

    def test_offers_the_button_to_nobody_who_may_only_look(self) -> None:
        self.make_it_fail()
        sit_down(self.client, clerk("auditor"))
        page = self.client.get(f"{MESSAGES}{self.message.pk}/change/")
        assert page.status_code == 200
        self.assertNotContains(page, "Wyślij ponownie teraz")

    def test_does_not_send_twice_what_was_sent(self) -> None:
        assert delivery.deliver_due() == 1
        data = {"action": "retry", "_selected_action": [str(self.message.pk)]}
        self.client.post(MESSAGES, data)
        assert delivery.deliver_due() == 0

    def test_lets_nobody_write_or_change_a_mail(self) -> None:
        before = OutboxMessage.objects.values().get()
        assert self.client.get(f"{MESSAGES}add/").status_code == 403
        data = {"recipient": "mallory@example.com", "state": "waiting"}
        page = f"{MESSAGES}{self.message.pk}/change/"
        assert self.client.post(page, data).status_code == 403
        assert OutboxMessage.objects.values().get() == before

    def test_asks_no_more_for_many_mails_than_for_one(self) -> None:
        self.client.get(MESSAGES)  # writes the row of the session
        with CaptureQueriesContext(connection) as few:
            self.client.get(MESSAGES)
        for _number in range(30):
            registered()
        with CaptureQueriesContext(connection) as many:
            self.client.get(MESSAGES)
        assert len(many) == len(few)
