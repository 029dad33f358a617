"""What staff correct for a customer: sections at once, phone and e-mail with a second person."""

from typing import Any

from bs4 import BeautifulSoup
from django.core import mail
from django.test import Client, TestCase, TransactionTestCase

from accounts.account import services
from accounts.account.forms import names_in
from accounts.contact import services as contact
from accounts.desk import corrections, decisions, masks
from accounts.desk.corrections import Closed, Held, Impossible, Obstacle, Outdated, Verdict
from accounts.desk.decisions import Decision, Grounds, Refused
from accounts.desk.events import Desk
from accounts.desk.overtaken import Overtaken
from accounts.models import (
    ContactProposal,
    DataChange,
    DataRequest,
    EmailChange,
    Kind,
    OutboxMessage,
    ReviewState,
    StaffEvent,
    StaffNote,
    User,
)
from accounts.models.customer import Section
from accounts.values.visit import NOBODY
from kantor.serving.typography import untie
from tests.desk import LIST, page_of, sit_down
from tests.factories import activated, clerk, customer_of, decide, registered, suspended
from tests.letters import deliver as delivered
from tests.onlooker import CSRF
from tests.parallel import at_once

Action = StaffEvent.Action
OTHER_PHONE = "+48602345678"


def deliver() -> list[Any]:
    """Deliver what is due and return what went out now, no mail of an earlier time."""
    before = len(mail.outbox)
    return list(delivered()[before:])


def form_of(response: Any) -> dict[str, str]:
    """Return what a browser would send from the form of a correction."""
    page = BeautifulSoup(response.content, "html.parser")
    form = page.select_one("form.case-form")
    assert form is not None, page.get_text()
    data: dict[str, str] = {}
    for field in form.select("input[name], select[name]"):
        name = str(field["name"])
        if field.name == "select":
            chosen = field.select_one("option[selected]") or field.select_one("option")
            data[name] = str(chosen["value"]) if chosen else ""
        elif field.get("type") != "checkbox" or field.has_attr("checked"):
            is_ticked = field.get("type") == "checkbox"
            data[name] = str(field.get("value") or ("on" if is_ticked else ""))
    return data


def values_of(user: User, section: str, **changed: str) -> dict[str, str]:
    customer = customer_of(user)
    return {name: getattr(customer, name) for name in names_in(customer, section)} | changed


def put_right(user: User, by: User, section: str = "name", seen: int = 0, **changed: str) -> bool:
    values = values_of(user, section, **changed)
    return corrections.correct(user, section, values, "slip", desk=Desk(by), seen=seen)


class SectionTests(TestCase):
    """A section, by the registration's own form."""

    def setUp(self) -> None:
        self.user, self.clerk = activated(Kind.COMPANY), clerk()
        sit_down(self.client, self.clerk)
        deliver()

    def page(self, section: str) -> str:
        return f"{LIST}{self.user.pk}/correct/{section}/"

    def send(self, section: str, **changed: str) -> Any:
        data = form_of(self.client.get(self.page(section)))
        return self.client.post(self.page(section), data | {"reason": "slip"} | changed)

    def filled_in(self) -> dict[str, str]:
        """Return what is sent from the page of the name, which was opened now."""
        asked = form_of(self.client.get(self.page("name")))
        return asked | {"reason": "slip", "last_name": "Nowak"}

    def test_a_correction_keeps_what_was_before_who_did_it_and_why(self) -> None:
        assert self.send("name", last_name="Nowak").status_code == 302
        change = DataChange.objects.get()
        assert (change.before["last_name"], change.after["last_name"]) == ("Żak", "Nowak")
        assert (change.changed_by, change.reason) == (self.clerk, "slip")
        assert customer_of(self.user).last_name == "Nowak"
        event = StaffEvent.objects.get(action=Action.CORRECTED)
        assert (event.actor, event.customer, event.reason) == (self.clerk.pk, self.user.pk, "slip")
        assert "Nowak" not in f"{event.before}{event.after}"
        page = untie(self.client.get(page_of(self.user)).content.decode())
        assert self.clerk.email in page
        assert "pomyłka w danych" in page

    def test_every_section_has_its_form_for_both_kinds(self) -> None:
        person = activated()
        for user, sections in ((self.user, Section.values), (person, ["address", "name"])):
            for section in sections:
                address = f"{LIST}{user.pk}/correct/{section}/"
                data = form_of(self.client.get(address)) | {"reason": "request"}
                assert self.client.post(address, data).status_code == 302, section
        assert not DataChange.objects.exists()
        assert self.client.get(f"{LIST}{person.pk}/correct/company/").status_code == 404

    def test_the_rules_of_the_registration_hold_and_what_was_typed_stays(self) -> None:
        refused = self.send("company", nip="5261040827", company_name="Inna Firma")
        assert refused.status_code == 200
        assert form_of(refused)["company_name"] == "Inna Firma"
        assert form_of(refused)["nip"] == "5261040827"
        assert self.send("name", reason="").status_code == 200
        assert self.send("name", reason="bo tak").status_code == 200
        assert not DataChange.objects.exists()

    def test_a_company_stays_in_its_country_and_nobody_is_told_to_call(self) -> None:
        refused = self.send("address", main_country="DE", main_postal_code="10115")
        self.assertContains(refused, "Numer podatkowy należy do kraju firmy")
        self.assertNotContains(refused, "22 859")

    def test_what_is_masked_stays_so_and_is_kept(self) -> None:
        for section, secrets in (
            ("company", ("5261040828", "526-104-08-28", "012100784", "0000123456")),
            ("address", ("Długa", "12A")),
        ):
            # A token is random, and now and then has a house number in it.
            page = CSRF.sub(b"", self.client.get(self.page(section)).content).decode()
            refused = CSRF.sub(b"", self.send(section, reason="").content).decode()
            for secret in secrets:
                assert secret not in page, secret
                assert secret not in refused, secret
        assert self.send("company", company_name="Nowa Nazwa").status_code == 302
        assert self.send("address", main_city="Łódź").status_code == 302
        stored = customer_of(self.user)
        assert (stored.nip, stored.regon, stored.krs) == ("5261040828", "012100784", "0000123456")
        assert (stored.main_street, stored.main_house_no) == ("Długa", "12A")
        assert (stored.company_name, stored.main_city) == ("Nowa Nazwa", "Łódź")

    def test_what_was_revealed_is_in_the_form_and_can_be_taken_away(self) -> None:
        reveal = f"{LIST}{self.user.pk}/reveal/krs/"
        self.client.post(reveal, {"reason": "review"})
        assert form_of(self.client.get(self.page("company")))["krs"] == "0000123456"
        assert self.send("company", krs="").status_code == 302
        stored = customer_of(self.user)
        assert (stored.krs, stored.regon) == ("", "012100784")

    def test_a_masked_value_can_be_replaced_without_being_seen(self) -> None:
        assert self.send("company", regon="").status_code == 302
        assert not DataChange.objects.exists()
        assert self.send("company", krs="0000123457").status_code == 302
        assert customer_of(self.user).krs == "0000123457"
        # What was before is masked on the page of the case.
        page = self.client.get(page_of(self.user)).content.decode()
        assert "0000123457" not in page
        assert "0000123456" not in page

    def test_a_form_that_no_page_shows_is_refused(self) -> None:
        data = self.filled_in()
        for changed in ({"seen": "abc"}, {"seen": "-1"}, {"seen": str(10**30)}, {"seen": ""}):
            assert self.client.post(self.page("name"), data | changed).status_code == 400
        del data["unseen"]
        assert self.client.post(self.page("name"), data).status_code == 400
        assert not DataChange.objects.exists()

    def test_whoever_is_overtaken_reads_what_changed_and_keeps_what_he_typed(self) -> None:
        data = self.filled_in()
        other = clerk()
        put_right(self.user, other, last_name="Kowal")
        late = self.client.post(self.page("name"), data)
        assert late.status_code == 409
        self.assertContains(late, other.email, status_code=409)
        self.assertContains(late, "Żak → Kowal", status_code=409)
        again = form_of(late)
        assert again["last_name"] == "Nowak"
        assert customer_of(self.user).last_name == "Kowal"
        assert self.client.post(self.page("name"), again).status_code == 302
        assert customer_of(self.user).last_name == "Nowak"

    def test_the_customer_overtakes_staff_as_well(self) -> None:
        data = form_of(self.client.get(self.page("address"))) | {"reason": "slip"}
        values = values_of(self.user, "address", main_city="Gdynia")
        assert services.change(self.user, "address", values)
        late = self.client.post(self.page("address"), data | {"main_city": "Sopot"})
        assert late.status_code == 409
        assert customer_of(self.user).main_city == "Gdynia"

    def test_a_case_that_somebody_else_has_taken_is_his(self) -> None:
        data = self.filled_in()
        User.objects.filter(pk=self.user.pk).update(held_by=clerk(), held_until="2090-01-01T00:00Z")
        late = self.client.post(self.page("name"), data)
        assert late.status_code == 409
        assert form_of(late)["last_name"] == "Nowak"
        assert not DataChange.objects.exists()
        with self.assertRaises(Held):
            put_right(self.user, self.clerk, last_name="Nowak")

    def test_the_customer_is_told_which_section_and_no_value(self) -> None:
        for language, said in (("pl", "imię i nazwisko"), ("en", "first and last name")):
            user = activated(language=language)
            deliver()
            put_right(user, self.clerk, last_name="Nowak")
            (told,) = (each for each in deliver() if each.to == [user.email])
            text = untie(" ".join(str(told.body).split()))
            assert said in text, text
            assert "Nowak" not in text
            assert "Żak" not in text

    def test_nobody_is_told_whose_account_is_not_open(self) -> None:
        for user in (registered(), suspended()):
            assert put_right(user, self.clerk, last_name="Nowak")
            assert not user.messages.filter(kind=OutboxMessage.Kind.DATA_CORRECTED).exists()

    def test_there_is_no_correction_without_its_row(self) -> None:
        with self.assertRaises(Refused):
            put_right(self.user, clerk("support"), last_name="Nowak")
        assert customer_of(self.user).last_name == "Żak"
        assert not put_right(self.user, self.clerk)
        assert not StaffEvent.objects.filter(action=Action.CORRECTED).exists()

    def test_an_open_request_about_the_section_is_withdrawn_another_stays(self) -> None:
        services.ask(self.user, "name", values_of(self.user, "name", last_name="Inny"), "Ślub")
        put_right(self.user, self.clerk, "address", main_city="Gdynia")
        assert DataRequest.objects.get().state == DataRequest.State.OPEN
        put_right(self.user, self.clerk, last_name="Nowak")
        assert DataRequest.objects.get().state == DataRequest.State.WITHDRAWN


class ReviewTests(TestCase):
    """What a correction does to the review."""

    def setUp(self) -> None:
        self.user, self.clerk = activated(Kind.COMPANY), clerk()

    def test_an_identity_that_was_approved_is_reviewed_again(self) -> None:
        changes: tuple[tuple[str, dict[str, Any]], ...] = (
            ("name", {"first_name": "Jan"}),
            ("name", {"last_name": "Nowak"}),
            ("company", {"company_name": "Inna"}),
            ("company", {"nip": "1132191233"}),
            ("company", {"regon": ""}),
            ("company", {"krs": ""}),
        )
        for section, changed in changes:
            user = activated(Kind.COMPANY)
            decide(user, ReviewState.APPROVED)
            version = customer_of(user).review_version
            put_right(user, self.clerk, section, **changed)
            stored = customer_of(user)
            assert stored.review_state == ReviewState.NEW, changed
            assert stored.review_version > version
            assert User.objects.get(pk=user.pk).waiting_since is not None
            event = StaffEvent.objects.get(action=Action.CORRECTED, customer=user.pk)
            assert (event.before["review"], event.after["review"]) == ("approved", "new")

    def test_what_is_no_identity_leaves_it_approved(self) -> None:
        decide(self.user, ReviewState.APPROVED)
        put_right(self.user, self.clerk, "address", main_city="Gdynia")
        put_right(self.user, self.clerk, "name", position="dyrektor")
        assert customer_of(self.user).review_state == ReviewState.APPROVED
        assert User.objects.get(pk=self.user.pk).waiting_since is None

    def test_a_request_that_is_accepted_does_the_same_and_has_its_row(self) -> None:
        decide(self.user, ReviewState.APPROVED)
        services.ask(self.user, "name", values_of(self.user, "name", last_name="Nowak"), "Ślub")
        asked = DataRequest.objects.get()
        desk = Desk(self.clerk)
        assert corrections.answer_request(asked, accepts=True, answer="", desk=desk)
        assert not corrections.answer_request(asked, accepts=True, answer="", desk=desk)
        stored = customer_of(self.user)
        assert (stored.review_state, stored.last_name) == (ReviewState.NEW, "Nowak")
        assert User.objects.get(pk=self.user.pk).waiting_since is not None
        event = StaffEvent.objects.get(action=Action.REQUEST_DECIDED)
        assert event.before == {"review": "approved"}
        assert event.after == {"section": "name", "accepted": True, "review": "new"}

    def test_whoever_decides_about_older_data_is_overtaken(self) -> None:
        seen = customer_of(self.user)
        put_right(self.user, self.clerk, "address", main_city="Gdynia")
        with self.assertRaises(Overtaken):
            decisions.decide(
                seen, Decision.APPROVE, Grounds(), desk=Desk(clerk()), version=seen.review_version
            )

    def test_a_proposal_rests_on_the_identity_that_it_was_made_about(self) -> None:
        with self.settings(REVIEW_FOUR_EYES="all"):
            decide(self.user, ReviewState.APPROVED)
        assert customer_of(self.user).review_state == ReviewState.SECOND
        put_right(self.user, self.clerk, last_name="Nowak")
        stored = customer_of(self.user)
        assert (stored.review_state, stored.proposal) == (ReviewState.NEW, None)

    def test_what_was_awaited_of_the_customer_is_taken_off(self) -> None:
        decide(self.user, ReviewState.CORRECTION, sections=["address", "name"])
        put_right(self.user, self.clerk, "address", main_city="Gdynia")
        assert customer_of(self.user).review_sections == ["name"]
        put_right(self.user, self.clerk, last_name="Nowak")
        assert customer_of(self.user).review_state == ReviewState.NEW


class ContactTests(TestCase):
    """Phone and e-mail: one proposes, another confirms."""

    def setUp(self) -> None:
        self.user, self.author, self.second = activated(), clerk(), clerk()
        deliver()

    def propose(self, field: str = "phone", value: str = OTHER_PHONE) -> ContactProposal:
        return corrections.propose(self.user, field, value, "request", desk=Desk(self.author))

    def close(self, proposal: ContactProposal, verdict: Verdict, by: User) -> None:
        corrections.close(self.user, proposal.pk, verdict, desk=Desk(by))

    def rows(self) -> list[str]:
        rows = StaffEvent.objects.filter(action__startswith="contact_").order_by("pk")
        return list(rows.values_list("action", flat=True))

    def test_a_number_changes_when_a_second_person_confirms_it(self) -> None:
        browser = Client()
        browser.force_login(self.user)
        proposal = self.propose()
        assert customer_of(self.user).phone == "+48601234567"
        self.close(proposal, Verdict.CONFIRM, self.second)
        assert customer_of(self.user).phone == OTHER_PHONE
        assert browser.get("/konto/").status_code == 302
        (told,) = (each for each in deliver() if each.to == [self.user.email])
        text = untie(" ".join(str(told.body).split()))
        assert "Poprzedni numer kończył się na 67" in text, text
        assert "Nasi pracownicy zapisali nowy numer telefonu" in text, text
        assert "Przeglądarka" not in text
        assert self.rows() == ["contact_proposed", "contact_confirmed"]
        for event in StaffEvent.objects.all():
            assert "601234567" not in f"{event.before}{event.after}"
            assert OTHER_PHONE not in f"{event.before}{event.after}"

    def test_an_address_is_asked_for_and_both_mailboxes_are_written_to(self) -> None:
        old = self.user.email
        self.close(self.propose("email", "nowy@example.com"), Verdict.CONFIRM, self.second)
        self.user.refresh_from_db()
        assert self.user.email == old
        mails = {each.to[0]: untie(" ".join(str(each.body).split())) for each in deliver()}
        assert "/konto/cofnij-adres/" in mails[old]
        assert "Poproszono nas o zmianę adresu" in mails[old], mails[old]
        assert "/konto/nowy-adres/" in mails["nowy@example.com"]
        change = EmailChange.objects.get()
        assert contact.confirm(change, visit=NOBODY) is contact.LinkState.DONE
        self.user.refresh_from_db()
        assert self.user.email == "nowy@example.com"

    def test_its_author_withdraws_and_never_confirms(self) -> None:
        proposal = self.propose()
        for verdict in (Verdict.CONFIRM, Verdict.REFUSE):
            with self.assertRaises(Refused):
                self.close(proposal, verdict, self.author)
        with self.assertRaises(Refused):
            self.close(proposal, Verdict.WITHDRAW, self.second)
        self.close(proposal, Verdict.WITHDRAW, self.author)
        with self.assertRaises(Closed):
            self.close(proposal, Verdict.CONFIRM, self.second)
        assert customer_of(self.user).phone == "+48601234567"
        assert self.rows() == ["contact_proposed", "contact_withdrawn"]

    def test_whoever_refuses_leaves_everything_as_it_was(self) -> None:
        self.close(self.propose(), Verdict.REFUSE, self.second)
        assert customer_of(self.user).phone == "+48601234567"
        assert deliver() == []
        assert self.rows() == ["contact_proposed", "contact_refused"]

    def test_what_cannot_be_done_is_said_and_changes_nothing(self) -> None:
        other = activated()
        with self.assertRaises(Impossible) as taken:
            self.propose("email", other.email.upper())
        assert taken.exception.obstacle is Obstacle.TAKEN
        proposal = self.propose()
        with self.assertRaises(Impossible) as twice:
            self.propose()
        assert twice.exception.obstacle is Obstacle.PROPOSED
        customer = customer_of(self.user)
        customer.phone = "+48603456789"
        customer.save()
        with self.assertRaises(Impossible) as changed:
            self.close(proposal, Verdict.CONFIRM, self.second)
        assert changed.exception.obstacle is Obstacle.CHANGED
        self.close(proposal, Verdict.REFUSE, self.second)
        email = self.propose("email", "nowy@example.com")
        activated_by_other = activated()
        User.objects.filter(pk=activated_by_other.pk).update(
            email="nowy@example.com", email_key="nowy@example.com"
        )
        with self.assertRaises(Impossible):
            self.close(email, Verdict.CONFIRM, self.second)
        for user in (registered(), suspended()):
            with self.assertRaises(Impossible) as closed:
                corrections.propose(user, "phone", OTHER_PHONE, "slip", desk=Desk(self.author))
            assert closed.exception.obstacle is Obstacle.NOT_OPEN

    def test_it_is_a_journey_of_two_at_the_desk(self) -> None:
        one, two = Client(), Client()
        sit_down(one, self.author)
        sit_down(two, self.second)
        address = f"{LIST}{self.user.pk}/propose/phone/"
        assert one.get(address).status_code == 200
        bad = one.post(address, {"phone": "601 234 567", "reason": "request"})
        assert bad.status_code == 200
        assert one.post(address, {"phone": "602 345 678", "reason": ""}).status_code == 200
        sent = one.post(address, {"phone": "602 345 678", "reason": "request"})
        assert sent.status_code == 302
        proposal = ContactProposal.objects.get()
        assert proposal.value == OTHER_PHONE
        page = one.get(page_of(self.user))
        self.assertContains(page, "Wycofaj propozycję")
        self.assertNotContains(page, "602 345 678")
        answer = f"{LIST}{self.user.pk}/answer/"
        data = {"proposal": str(proposal.pk), "verdict": "confirm"}
        assert one.post(answer, data).status_code == 400
        self.assertContains(two.get("/admin/"), page_of(self.user))
        self.assertNotContains(one.get("/admin/"), page_of(self.user))
        self.assertContains(two.get(page_of(self.user)), 'value="confirm"')
        assert two.post(answer, data).status_code == 302
        assert customer_of(self.user).phone == OTHER_PHONE
        assert two.post(answer, data).status_code == 409

    def test_a_new_number_is_seen_by_who_reveals_it(self) -> None:
        self.propose()
        two = sit_down(Client(), self.second)
        two.post(f"{LIST}{self.user.pk}/reveal/phone/", {"reason": "review"})
        page = untie(two.get(page_of(self.user)).content.decode())
        assert "602 345 678" in page

    def test_a_taken_address_is_refused_plainly(self) -> None:
        one, other = sit_down(Client(), self.author), activated()
        address = f"{LIST}{self.user.pk}/propose/email/"
        said = one.post(address, {"email": self.user.email, "reason": "request"})
        self.assertContains(said, "Konto ma już ten adres.")
        said = one.post(address, {"email": other.email, "reason": "request"})
        self.assertContains(said, "Inne konto ma ten adres.")
        assert not ContactProposal.objects.exists()

    def test_nothing_of_it_is_in_what_the_customer_is_shown(self) -> None:
        proposal = self.propose()
        browser = Client()
        browser.force_login(self.user)
        for address in ("/konto/", "/konto/dane/", "/konto/bezpieczenstwo/"):
            assert "602" not in browser.get(address).content.decode(), address
        self.close(proposal, Verdict.REFUSE, self.second)
        assert not StaffNote.objects.exists()
        assert masks.masked("phone", OTHER_PHONE).endswith("78")


class AtOnceTests(TransactionTestCase):
    """Two at the same moment."""

    serialized_rollback = True

    def test_of_two_corrections_one_is_told(self) -> None:
        user, one, other = activated(), clerk(), clerk()
        said = at_once(
            lambda: put_right(user, one, last_name="Nowak"),
            lambda: put_right(user, other, last_name="Kowal"),
        )
        assert sorted(type(each).__name__ for each in said) == ["Outdated", "bool"], said
        assert DataChange.objects.count() == 1
        assert StaffEvent.objects.filter(action=Action.CORRECTED).count() == 1

    def test_staff_and_customer_do_not_overwrite_each_other(self) -> None:
        user, one = activated(), clerk()
        theirs = values_of(user, "address", main_city="Gdynia")
        said = at_once(
            lambda: put_right(user, one, "address", main_city="Sopot"),
            lambda: services.change(user, "address", theirs),
        )
        assert said[1] is True, said
        assert said[0] is True or isinstance(said[0], Outdated), said
        # The customer came second, or staff were told.
        assert customer_of(user).main_city == "Gdynia"

    def test_of_two_who_confirm_one_does_it(self) -> None:
        user, author, one, other = activated(), clerk(), clerk(), clerk()
        proposal = corrections.propose(user, "phone", OTHER_PHONE, "slip", desk=Desk(author))
        said = at_once(
            *(
                lambda by=by: corrections.close(user, proposal.pk, Verdict.CONFIRM, desk=Desk(by))
                for by in (one, other)
            )
        )
        assert sorted(type(each).__name__ for each in said) == ["Closed", "NoneType"], said
        assert StaffEvent.objects.filter(action=Action.CONTACT_CONFIRMED).count() == 1
        told = OutboxMessage.objects.filter(kind=OutboxMessage.Kind.PHONE_CHANGED)
        assert told.count() == 1

    def test_of_confirming_and_withdrawing_one_happens(self) -> None:
        user, author, one = activated(), clerk(), clerk()
        proposal = corrections.propose(user, "phone", OTHER_PHONE, "slip", desk=Desk(author))

        def close(verdict: Verdict, by: User) -> None:
            corrections.close(user, proposal.pk, verdict, desk=Desk(by))

        said = at_once(lambda: close(Verdict.CONFIRM, one), lambda: close(Verdict.WITHDRAW, author))
        assert sorted(type(each).__name__ for each in said) == ["Closed", "NoneType"], said
        proposal.refresh_from_db()
        is_changed = customer_of(user).phone == OTHER_PHONE
        assert is_changed is (proposal.state == ContactProposal.State.CONFIRMED)

    def test_of_two_proposals_one_stands(self) -> None:
        user, one, other = activated(), clerk(), clerk()
        said = at_once(
            *(
                lambda by=by: corrections.propose(user, "phone", OTHER_PHONE, "slip", desk=Desk(by))
                for by in (one, other)
            )
        )
        assert sorted(type(each).__name__ for each in said) == ["ContactProposal", "Impossible"]
        assert ContactProposal.objects.count() == 1
