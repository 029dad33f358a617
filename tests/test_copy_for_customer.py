"""A copy of a customer's data, made by an officer because he has asked for it."""

import json
from typing import Any

from bs4 import BeautifulSoup
from django.core import mail
from django.test import TestCase, override_settings
from django.utils import timezone

from accounts.desk import case, copies, decisions, holds, standing
from accounts.desk.decisions import Decision, Grounds, Refused
from accounts.desk.events import Desk
from accounts.models import Customer, OutboxMessage, StaffEvent, User
from accounts.privacy.fields import PARTS
from accounts.reasons import Suspension
from accounts.sessions import factor
from kantor.serving.typography import untie
from tests.desk import LIST, page_of, sit_down
from tests.factories import clerk, customer_of, decide
from tests.test_my_data import download, full

AML, NOTE = "kanarek-prania-pieniedzy", "kanarek-zwyklej-notatki"


def copy_page(user: User) -> str:
    return f"{LIST}{user.pk}/kopia/"


class CopyTests(TestCase):
    """The file, and what leads to it."""

    def setUp(self) -> None:
        self.officer, self.user = clerk("officer"), full()
        desk = Desk(self.officer)
        case.write_note(self.user, AML, "aml", desk=desk)
        case.write_note(self.user, NOTE, "ordinary", desk=desk)
        holds.set_hold(self.user, "giif", timezone.localdate(), desk=desk)
        sit_down(self.client, self.officer)

    def take(self, format_: str = "json", reason: str = "letter") -> Any:
        return self.client.post(copy_page(self.user), {"format": format_, "reason": reason})

    def test_holds_what_the_customer_gets_himself(self) -> None:
        own = json.loads(download(self.user).content)
        made = json.loads(self.take().content)
        assert set(own) == set(made)
        for part in PARTS:
            # Taking his own left an event and a mail.
            if part.kept.kind in ("events", "messages", "sessions", "account"):
                continue
            assert made[part.kept.kind] == own[part.kept.kind], part.kept.kind

    def test_says_the_same_for_people_in_the_language_of_the_customer(self) -> None:
        User.objects.filter(pk=self.user.pk).update(language="en")
        page = BeautifulSoup(self.take("html").content, "html.parser")
        assert page.html is not None
        assert page.html["lang"] == "en"
        text = untie(page.get_text())
        assert "My personal data" in text
        assert customer_of(self.user).last_name in text
        assert json.loads(self.take().content)["account"]["title"] == "Account"
        # The officer's own pages stay in his language.
        self.assertContains(self.client.get(copy_page(self.user)), "Kopia danych")

    def test_has_nothing_of_aml(self) -> None:
        decide(self.user, "rejected", note=f"{AML} w decyzji")
        customer = customer_of(self.user)
        customer.review_reason = "aml"
        customer.save()
        standing.suspend(self.user, "aml", desk=Desk(self.officer), note=AML, is_silent=True)
        for format_ in ("json", "html"):
            found = self.take(format_).content.decode()
            assert customer.last_name in found
            for word in (AML, NOTE, '"aml"', "AML", "GIIF", "giif"):
                assert word not in found, (format_, word)
        rows = json.loads(self.take().content)
        told = rows["account"]["rows"][0]["why_suspended"]
        assert told == untie(str(Suspension.sentence("other")))
        assert rows["review"]["rows"][0]["why_refused"]

    def test_is_the_same_to_the_byte_whether_it_was_for_aml_or_another_reason(self) -> None:
        decide(self.user, "rejected")
        standing.suspend(self.user, "other", desk=Desk(self.officer))
        copies_made = []
        for reason in ("other", "aml"):
            User.objects.filter(pk=self.user.pk).update(suspension_reason=reason)
            Customer.objects.filter(pk=self.user.pk).update(review_reason=reason)
            OutboxMessage.objects.filter(user=self.user).exclude(reason="").update(reason=reason)
            case.write_note(self.user, AML, reason if reason == "aml" else "ordinary",
                            desk=Desk(self.officer))  # fmt: skip
            made = json.loads(self.take().content)
            copies_made.append({name: part for name, part in made.items() if name != "made_at"})
        assert copies_made[0] == copies_made[1]

    @override_settings(REVIEW_FOUR_EYES="all")
    def test_says_nothing_of_what_waits_for_a_second_person(self) -> None:
        decide(self.user, "new")
        before = json.loads(self.take().content)["review"]["rows"]
        decisions.decide(
            customer_of(self.user),
            Decision.REJECT,
            Grounds(reason="aml", note=AML),
            desk=Desk(self.officer),
            version=customer_of(self.user).review_version,
        )
        assert customer_of(self.user).review_state == "second"
        assert json.loads(self.take().content)["review"]["rows"] == before

    def test_shows_what_was_typed_and_runs_none_of_it(self) -> None:
        self.user.passkeys.update(name="<script>alert(1)</script>")
        page = self.take("html").content.decode()
        assert "<script" not in page
        assert "&lt;script&gt;" in page

    def test_is_a_row_of_the_audit_and_no_mail(self) -> None:
        mails, sent = OutboxMessage.objects.count(), len(mail.outbox)
        events = self.user.events.count()
        answer = self.take("html", "phone")
        assert answer["Content-Disposition"].startswith("attachment; ")
        assert "no-store" in answer["Cache-Control"]
        row = StaffEvent.objects.filter(action=StaffEvent.Action.COPIED).get()
        assert (row.actor, row.customer, row.reason) == (self.officer.pk, self.user.pk, "phone")
        assert (OutboxMessage.objects.count(), len(mail.outbox)) == (mails, sent)
        assert self.user.events.count() == events

    def test_needs_a_reason_a_format_and_a_fresh_factor(self) -> None:
        assert self.client.get(copy_page(self.user)).status_code == 200
        for format_, reason in (("json", ""), ("json", "x\0"), ("pdf", "letter"), ("", "letter")):
            assert self.take(format_, reason).status_code == 400, (format_, reason)
        assert not StaffEvent.objects.filter(action=StaffEvent.Action.COPIED).exists()
        session = self.client.session
        session[factor.SESSION_KEY] -= 301
        session.save()
        assert self.take()["Location"].startswith("/admin/confirm/")

    def test_is_offered_on_the_case_page_to_officers_alone(self) -> None:
        for role, is_offered in (("officer", True), ("reviewer", False), ("auditor", False)):
            sit_down(self.client, clerk(role))
            page = self.client.get(page_of(self.user)).content.decode()
            assert (copy_page(self.user) in page) is is_offered, role
        with self.assertRaises(Refused):
            copies.make(self.user, "letter", desk=Desk(clerk("reviewer")))

    def test_are_requests_and_no_export(self) -> None:
        for _number in range(copies.COPIES.times):
            assert self.take().status_code == 200
        answer = self.take()
        assert answer.status_code == 429
        rows = StaffEvent.objects.filter(action=StaffEvent.Action.COPIED)
        assert rows.count() == copies.COPIES.times
