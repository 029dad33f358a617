"""The page of one case at the desk: what stands on it, its small forms, and what they answer."""

from datetime import timedelta
from typing import Any

from bs4 import BeautifulSoup, Tag
from django.test import Client, TestCase, override_settings
from django.utils import timezone
from django.utils.translation import override
from playwright.sync_api import expect

from accounts.account import services as requests
from accounts.admin.case import TITLES
from accounts.closing import services as closing
from accounts.desk import corrections, decisions, queue, standing
from accounts.desk.case import timeline, waiting_words
from accounts.desk.decisions import Decision, Grounds
from accounts.desk.events import Desk
from accounts.models import (
    AccountEvent,
    AccountProposal,
    Customer,
    Kind,
    OutboxMessage,
    ReviewState,
    StaffEvent,
    StaffNote,
    User,
)
from accounts.services import events
from accounts.values.visit import NOBODY
from kantor.serving.typography import untie
from tests.browser import BrowserTestCase, bring_session
from tests.desk import LIST, page_of, send, sit_down
from tests.factories import activated, clerk, customer_of, registered, suspended

NOTE = "Kanarek z Wysp"


class CaseTestCase(TestCase):
    """A reviewer before one open account."""

    role = "reviewer"

    def setUp(self) -> None:
        self.clerk = clerk(self.role)
        sit_down(self.client, self.clerk)
        self.user = activated()

    def page(self, user: User | None = None) -> BeautifulSoup:
        response = self.client.get(page_of(user or self.user))
        assert response.status_code == 200
        return BeautifulSoup(untie(response.content.decode()), "html.parser")

    def offered(self, user: User | None = None) -> list[str]:
        """Return the decisions that the page offers, by their values."""
        fields = self.page(user).select(".case-decisions input[name=decision]")
        return [str(field["value"]) for field in fields]

    def decide(self, decision: str, user: User | None = None, **typed: Any) -> Any:
        """Send the form of a decision as the page shows it now, with these changes."""
        return send(self.client, user or self.user, decision, **typed)


class PageTests(CaseTestCase):
    """What stands on the page."""

    def test_its_heading_is_the_name_and_the_states_stand_below(self) -> None:
        page = self.page()
        heading = page.select_one("#content h1")
        assert heading is not None
        assert heading.get_text() == "Łukasz Żak"
        states = page.select_one(".case-states")
        assert states is not None
        for words in ("aktywne", "do sprawdzenia"):
            assert words in states.get_text()

    def test_every_form_is_complete_without_a_script(self) -> None:
        page = self.page()
        assert self.offered() == ["approve", "correct", "reject", "suspend"]
        for form in page.select(".case form"):
            assert form["method"] == "post"
            assert form.select_one("[name=csrfmiddlewaretoken]") is not None
            assert form.select_one("button[type=submit]") is not None
            for field in form.select("textarea, select, input:not([type=hidden])"):
                assert page.select_one(f"label[for='{field['id']}']") or field.find_parent("label")
        assert not page.select("[style]")
        numbers = [str(each["id"]) for each in page.select("[id]")]
        assert len(numbers) == len(set(numbers))

    def test_offers_to_each_role_what_is_its_own(self) -> None:
        rejected = activated()
        decisions.decide(
            customer_of(rejected),
            Decision.REJECT,
            Grounds(reason="unclear", note=NOTE),
            desk=Desk(clerk()),
            version=0,
        )
        closed = suspended()
        for role, of_new, of_rejected, of_closed in (
            ("support", [], [], []),
            ("auditor", [], [], []),
            ("reviewer", ["approve", "correct", "reject", "suspend"], ["suspend"], []),
            (
                "officer",
                ["approve", "correct", "reject", "suspend"],
                ["reopen", "suspend"],
                ["restore"],
            ),
        ):
            sit_down(self.client, clerk(role))
            with self.subTest(role):
                assert self.offered() == of_new
                assert self.offered(rejected) == of_rejected
                assert self.offered(closed) == of_closed

    def test_is_closed_to_who_does_not_see_customers(self) -> None:
        sit_down(self.client, clerk("administrator"))
        assert self.client.get(page_of(self.user)).status_code == 403
        assert self.decide("approve").status_code == 403

    def test_opening_it_is_written_down_and_renews_the_lease_of_its_holder(self) -> None:
        desk = Desk(self.clerk)
        queue.take(self.user, desk)
        soon = timezone.now() + timedelta(minutes=1)
        User.objects.filter(pk=self.user.pk).update(held_until=soon)
        self.page()
        row = StaffEvent.objects.filter(action=StaffEvent.Action.VIEWED).get()
        assert (row.actor, row.customer) == (self.clerk.pk, self.user.pk)
        self.user.refresh_from_db()
        assert self.user.held_until is not None
        assert self.user.held_until > soon
        sit_down(self.client, clerk())
        before = self.user.held_until
        self.page()
        self.user.refresh_from_db()
        assert (self.user.held_by, self.user.held_until) == (self.clerk, before)

    def test_case_of_somebody_else_says_whose_it_is_and_offers_no_decision(self) -> None:
        other = clerk()
        queue.take(self.user, Desk(other))
        page = self.page()
        assert other.email in page.select(".case-states")[0].get_text()
        assert self.offered() == ["suspend"]
        # His own time may have been over while he was writing.
        late = self.decide("reject", reason="unclear", note="Zdanie moje")
        assert late.status_code == 409
        assert other.email in late.content.decode()
        assert "Zdanie moje" in late.content.decode()
        assert customer_of(self.user).review_state == ReviewState.NEW

    def test_case_is_taken_and_released_on_its_page(self) -> None:
        hold = f"{LIST}{self.user.pk}/przejecie/"
        self.client.post(hold)
        assert User.objects.get(pk=self.user.pk).held_by == self.clerk
        self.client.post(hold, {"release": "1"})
        assert User.objects.get(pk=self.user.pk).held_by is None
        sit_down(self.client, clerk("support"))
        assert self.client.post(hold).status_code == 400

    def test_waiting_is_told_in_words(self) -> None:
        for hours, words in (
            (0.5, "zostały 23 godziny"),
            (2.5, "zostało 21 godzin"),
            (23.5, "zostało mniej niż godzinę"),
            (24.5, "po terminie od niecałej godziny"),
            (29.5, "po terminie od 5 h"),
            (24 + 24 + 5.5, "po terminie od 29 h"),
            (24 + 24 * 3 + 1, "po terminie od 3 dni"),
        ):
            self.user.waiting_since = timezone.now() - timedelta(hours=hours)
            self.user.save()
            with self.subTest(hours):
                states = self.page().select(".case-states")[0]
                assert words in " ".join(states.get_text().split())
        self.user.waiting_since = None
        assert waiting_words(self.user) == ""

    def test_shows_everything_without_an_english_word_or_none(self) -> None:
        events.record(self.user, AccountEvent.Kind.PASSWORD_CHANGED)
        text = self.page().get_text()
        for words in (
            "Logowania i sesje",
            "Notatki",
            "Oś czasu",
            str(AccountEvent.Kind.PASSWORD_CHANGED.label),
            "Wyrażono zgodę: Regulamin",
        ):
            assert words in text, words
        for wrong in ("None", "Note of", "Timeline", "Approve", "Waiting"):
            assert wrong not in text, wrong

    def test_timeline_holds_staff_owner_mails_and_consents_newest_first(self) -> None:
        events.record(self.user, AccountEvent.Kind.PASSWORD_CHANGED)
        self.decide("reject", reason="unclear", note=NOTE)
        with override("pl"):
            moments = timeline(User.objects.get(pk=self.user.pk), clerk())
            said = [(str(each.words), each.who) for each in moments]
            self.see(said)
        assert [each.at for each in moments] == sorted((m.at for m in moments), reverse=True)
        assert NOTE not in str(said)

    def see(self, said: list[tuple[str, str]]) -> None:
        assert (str(StaffEvent.Action.REJECTED.label), self.clerk.email) in said
        assert (str(AccountEvent.Kind.PASSWORD_CHANGED.label), "klient") in said
        assert any(words.startswith("E-mail: ") for words, _who in said)
        assert any(words.startswith("Wyrażono zgodę: ") for words, _who in said)


class DecisionTests(CaseTestCase):
    """What the small forms do."""

    def test_each_decision_is_carried_out_and_leads_back(self) -> None:
        for decision, typed, outcome in (
            ("approve", {"note": NOTE}, "approved"),
            ("correct", {"sections": ["address"], "words": "Kod."}, "correction"),
            ("reject", {"reason": "unclear", "note": NOTE}, "rejected"),
        ):
            user = activated()
            response = self.decide(decision, user, **typed)
            self.assertRedirects(response, page_of(user))
            customer = customer_of(user)
            assert customer.review_state == outcome
            assert customer.reviewed_by == self.clerk
            row = StaffEvent.objects.filter(customer=user.pk).order_by("pk")[0]
            assert (row.actor, row.role) == (self.clerk.pk, "reviewer")
            assert len(row.session) == 16
            assert row.network

    def test_what_is_missing_is_said_at_its_field_and_nothing_typed_is_lost(self) -> None:
        for decision, typed, field, message in (
            ("reject", {"note": NOTE}, "reason", "Wybierz powód."),
            ("reject", {"reason": "made-up", "note": NOTE}, "reason", "Wybierz powód."),
            ("reject", {"reason": "unclear", "note": " "}, "note", "Napisz notatkę"),
            ("correct", {"words": "Kod.", "note": NOTE}, "sections", "Wybierz, co"),
            ("correct", {"sections": ["address"], "note": NOTE}, "words", "Napisz, co"),
            ("correct", {"sections": ["company"], "words": "Kod."}, "sections", ""),
            ("approve", {"note": "a" * 2001}, "note", "Napisz notatkę"),
            ("suspend", {"note": NOTE}, "reason", "Wybierz powód."),
        ):
            with self.subTest(decision=decision, field=field):
                response = self.decide(decision, **typed)
                assert response.status_code == 200
                page = BeautifulSoup(untie(response.content.decode()), "html.parser")
                (form,) = (
                    each.find_parent("form")
                    for each in page.select(f".case input[name=decision][value={decision}]")
                )
                assert isinstance(form, Tag)
                opened = form.find_parent("details")
                assert isinstance(opened, Tag)
                assert opened.has_attr("open")
                errors = form.select(".field-error")
                assert len(errors) == 1
                assert message in errors[0].get_text()
                note = form.select_one("textarea[name=note]")
                assert note is not None
                assert note.get_text().strip() == str(typed.get("note", "")).strip()
                assert customer_of(self.user).review_state == ReviewState.NEW

    def test_whoever_is_late_is_told_who_decided_and_keeps_the_note(self) -> None:
        other = clerk()
        version = customer_of(self.user).review_version
        decisions.decide(
            customer_of(self.user), Decision.APPROVE, Grounds(), desk=Desk(other), version=version
        )
        mails = OutboxMessage.objects.count()
        response = self.decide(
            "reject", version=str(version), reason="unclear", note="Zdanie <b>moje</b>"
        )
        assert response.status_code == 409
        page = BeautifulSoup(untie(response.content.decode()), "html.parser")
        assert other.email in page.get_text()
        assert "zatwierdzone" in page.get_text()
        kept = page.select_one("textarea[name=text]")
        assert kept is not None
        assert kept.get_text().strip() == "Zdanie <b>moje</b>"
        assert customer_of(self.user).review_state == ReviewState.APPROVED
        assert OutboxMessage.objects.count() == mails
        form = kept.find_parent("form")
        assert isinstance(form, Tag)
        self.client.post(str(form["action"]), {"text": kept.get_text()})
        assert StaffNote.objects.get().text == "Zdanie <b>moje</b>"

    def late(self) -> str:
        """Decide by a page of version 0; return what is said about it."""
        answer = self.decide("reject", version="0", reason="unclear", note="Zdanie moje")
        assert answer.status_code == 409
        page = untie(answer.content.decode())
        assert "Zdanie moje" in page
        states = BeautifulSoup(page, "html.parser").select_one(".case-states")
        assert states is not None
        return states.get_text(" ", strip=True)

    def test_whoever_is_late_is_told_what_it_was_that_came_first(self) -> None:
        earlier, colleague = clerk(), clerk("officer")
        customer = customer_of(self.user)
        Customer.objects.filter(pk=self.user.pk).update(
            reviewed_by=earlier, reviewed_at=timezone.now()
        )
        corrections.correct(
            self.user, "name", {"first_name": "Anna"}, "slip", desk=Desk(colleague), seen=0
        )
        said = self.late()
        assert "poprawienie danych" in said
        assert colleague.email in said
        assert earlier.email not in said, "He has decided before, and nothing now."
        assert requests.change(self.user, "address", {"main_city": "Gdynia"})
        said = self.late()
        assert "zmiana klienta: adres" in said
        assert colleague.email not in said
        assert customer.review_version == 0
        standing.suspend(self.user, "aml", desk=Desk(colleague))
        said = self.late()
        assert "zablokowanie konta" in said
        assert colleague.email in said
        assert "AML" not in said

    def test_whoever_decides_about_an_account_that_was_closed_meanwhile_is_told_so(self) -> None:
        closing.close(self.user, visit=NOBODY)
        assert "klient zamknął konto" in self.late()

    def test_whoever_suspends_or_restores_too_late_is_told_as_well(self) -> None:
        sit_down(self.client, clerk("officer"))
        other = clerk("officer")
        standing.suspend(self.user, "security", desk=Desk(other))
        late = self.decide("suspend", version="0", reason="other", note="Zdanie moje")
        assert late.status_code == 409
        assert other.email in late.content.decode()
        assert "Zdanie moje" in late.content.decode()
        seen = str(customer_of(self.user).review_version)
        with override_settings(REVIEW_FOUR_EYES="all"):
            standing.restore(self.user, "owner", desk=Desk(other))
            late = self.decide("restore", version=seen, reason="owner", note="Zdanie moje")
        assert late.status_code == 409
        assert "Zdanie moje" in late.content.decode()
        assert AccountProposal.objects.get().author == other

    def test_what_was_not_offered_is_refused(self) -> None:
        forged: tuple[tuple[str, dict[str, Any]], ...] = (
            ("reopen", {"reason": "news"}),
            ("restore", {"reason": "owner"}),
            ("confirm", {}),
            ("return", {"note": NOTE}),
            ("made-up", {}),
            ("", {}),
            ("approve", {"version": "abc"}),
            ("approve", {"version": ""}),
            ("approve", {"version": "-1"}),
        )
        for decision, typed in forged:
            with self.subTest(decision=decision, typed=typed):
                assert self.decide(decision, **typed).status_code == 400
        assert customer_of(self.user).review_state == ReviewState.NEW
        assert self.decide("approve", version="1" * 30).status_code == 409
        assert self.decide("approve", note="NUL\0").status_code == 200
        assert customer_of(self.user).review_state == ReviewState.NEW
        for number in ("0", "9" * 30):
            answer = self.client.post(f"{LIST}{number}/decyzja/", {"decision": "approve"})
            assert answer.status_code in (400, 404)

    def test_accounts_of_staff_are_no_cases(self) -> None:
        data = {"decision": "suspend", "version": "0", "reason": "other"}
        assert self.client.post(f"{LIST}{clerk().pk}/decyzja/", data).status_code == 404

    def test_a_look_does_not_decide(self) -> None:
        for address in ("decyzja", "notatka", "przejecie"):
            assert self.client.get(f"{LIST}{self.user.pk}/{address}/").status_code == 405

    def test_posts_to_the_page_itself_change_nothing(self) -> None:
        before = Customer.objects.values().get(pk=self.user.pk)
        data = {"customer-0-review_state": "approved", "is_staff": "on"}
        assert self.client.post(page_of(self.user), data).status_code == 403
        assert Customer.objects.values().get(pk=self.user.pk) == before

    def test_account_is_suspended_with_a_reason_and_its_owner_is_told(self) -> None:
        self.assertRedirects(self.decide("suspend", reason="security"), page_of(self.user))
        self.user.refresh_from_db()
        assert (self.user.is_active, self.user.suspension_reason) == (False, "security")
        assert self.user.messages.filter(kind=OutboxMessage.Kind.SUSPENDED).exists()

    def test_officer_alone_suspends_silently_and_restores(self) -> None:
        silent = activated()
        self.decide("suspend", silent, reason="aml", is_silent="on")
        # A reviewer is not asked, so his forged answer counts for nothing.
        assert silent.messages.filter(kind=OutboxMessage.Kind.SUSPENDED).exists()
        sit_down(self.client, clerk("officer"))
        self.decide("suspend", reason="aml", is_silent="on")
        assert not self.user.messages.filter(kind=OutboxMessage.Kind.SUSPENDED).exists()
        self.assertRedirects(self.decide("restore", reason="cleared"), page_of(self.user))
        self.user.refresh_from_db()
        assert self.user.is_active

    def test_account_that_its_owner_closed_stays_closed_when_it_is_restored(self) -> None:
        closed = suspended()
        User.objects.filter(pk=closed.pk).update(closed_at=timezone.now())
        mails = OutboxMessage.objects.count()
        standing.restore(closed, "mistake", desk=Desk(clerk("officer")))
        closed.refresh_from_db()
        assert not closed.is_active
        assert closed.suspended_at is None
        assert OutboxMessage.objects.count() == mails

    @override_settings(REVIEW_FOUR_EYES="approve")
    def test_second_person_reads_what_is_proposed_and_by_whom(self) -> None:
        author = clerk()
        decisions.decide(
            customer_of(self.user), Decision.APPROVE, Grounds(), desk=Desk(author), version=0
        )
        proposal = self.page().select_one(".case-proposal")
        assert proposal is not None
        assert author.email in proposal.get_text()
        assert self.offered() == ["confirm", "return", "suspend"]
        self.assertRedirects(self.decide("confirm"), page_of(self.user))
        assert customer_of(self.user).review_state == ReviewState.APPROVED

    def test_every_decision_has_its_title(self) -> None:
        assert {each.value for each in Decision} <= set(TITLES)


class WindowTests(BrowserTestCase):
    """The page in a window of 1280 × 900 pixels, without scripts."""

    def test_name_states_hints_and_decisions_stand_without_scrolling(self) -> None:
        member, user = clerk("officer"), activated(Kind.COMPANY, email="kx81@gmail.com")
        for _number in range(3):
            registered(Kind.COMPANY)
        visitor = self.visitor(scripts=False)
        bring_session(visitor, sit_down(Client(), member))
        page = visitor.page
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(page_of(user))
        for part in ("#content h1", ".case-states", ".case-hints li:last-child", "text=Odrzuć"):
            box = page.locator(part).first.bounding_box()
            assert box is not None, part
            assert box["y"] + box["height"] <= 900, (part, box)
        for part in ("#sessions", "#notes", "#timeline"):
            box = page.locator(part).bounding_box()
            assert box is not None, part
            assert box["width"] > 1000, (part, box)
        page.locator("summary", has_text="Odrzuć").click()
        page.get_by_role("button", name="Odrzuć").click()
        expect(page.locator("#reject_reason_error")).to_contain_text("Wybierz powód")


class NoteTests(CaseTestCase):
    """What staff write down."""

    def write(self, text: str, **typed: str) -> Any:
        return self.client.post(f"{LIST}{self.user.pk}/notatka/", {"text": text, **typed})

    def test_note_is_kept_and_read_by_its_kind(self) -> None:
        self.assertRedirects(self.write(NOTE), page_of(self.user))
        self.assertRedirects(self.write("Zgłoszenie", kind="aml"), page_of(self.user))
        for role, reads_aml in (("support", False), ("auditor", True), ("officer", True)):
            sit_down(self.client, clerk(role))
            text = self.page().get_text()
            assert NOTE in text
            assert ("Zgłoszenie" in text) is reads_aml, role
        assert NOTE not in str(list(StaffEvent.objects.values()))

    def test_notes_are_refused_to_who_may_not_write_them(self) -> None:
        assert self.write(" ").status_code == 200
        assert self.write("a" * 2001).status_code == 200
        assert self.write(NOTE, kind="secret").status_code == 400
        sit_down(self.client, clerk("support"))
        assert self.write(NOTE, kind="aml").status_code == 400
        sit_down(self.client, clerk("auditor"))
        assert self.write(NOTE).status_code == 400
        assert not StaffNote.objects.exists()
