"""What each role reads of a customer, on every page, in every search, in history and audit."""

from bs4 import BeautifulSoup
from django.test import Client, TestCase, override_settings
from django.utils.translation import override

from accounts.account import services as requests
from accounts.desk import case, masks, standing
from accounts.desk.events import Desk
from accounts.desk.roles import Role
from accounts.models import DataRequest, Kind, OutboxMessage, StaffNote, User
from accounts.models.customer import Section
from tests.desk import LIST, MESSAGES, page_of, send, shown, sit_down
from tests.factories import COMPANY, activated, clerk, customer_of

AML_NOTE, ORDINARY_NOTE = "Zgłoszone do GIIF", "Dzwoniłam w sprawie adresu"
READ_AML = {"reviewer", "officer", "auditor"}
READ_NOTES = READ_AML | {"support"}
# As stored and as people write them.
MASKED = (
    "601234567",
    "601 234 567",
    "+48 601",
    COMPANY["nip"],
    "526-104-08-28",
    COMPANY["regon"],
    COMPANY["krs"],
    "Długa",
    "Rzeczna",
)


class ReadingTests(TestCase):
    """One company with everything that is masked, and notes of both kinds."""

    user: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.user = activated(Kind.COMPANY)
        officer = Desk(clerk("officer"))
        case.write_note(cls.user, AML_NOTE, StaffNote.Kind.AML, desk=officer)
        case.write_note(cls.user, ORDINARY_NOTE, StaffNote.Kind.ORDINARY, desk=officer)
        wanted = {"main_street": "Rzeczna", "main_house_no": "5"}
        requests.ask(cls.user, Section.ADDRESS, wanted, "Przeprowadzka")
        standing.suspend(cls.user, "aml", desk=officer)

    def pages(self) -> list[str]:
        pages = [
            "/admin/",
            LIST,
            page_of(self.user),
            f"{LIST}{self.user.pk}/history/",
            "/admin/accounts/datarequest/",
            MESSAGES,
            "/admin/accounts/staffevent/",
            f"/admin/accounts/staffevent/?q={self.user.pk}",
        ]
        mails = OutboxMessage.objects.filter(user=self.user)
        pages += [f"{MESSAGES}{mail.pk}/change/" for mail in mails]
        asked = DataRequest.objects.filter(user=self.user)
        return pages + [f"/admin/accounts/datarequest/{each.pk}/change/" for each in asked]

    def test_masked_values_stand_nowhere_before_a_reveal(self) -> None:
        for role in Role:
            browser = sit_down(Client(), clerk(role.value))
            for address in self.pages():
                page = browser.get(address).content.decode().replace("\N{NO-BREAK SPACE}", " ")
                for value in MASKED:
                    assert value not in page, (role, address, value)

    def test_a_reveal_is_for_one_field_one_person_and_one_session(self) -> None:
        reviewer = clerk()
        browser = sit_down(Client(), reviewer)
        browser.post(f"{LIST}{self.user.pk}/reveal/nip/", {"reason": "review"})
        page = browser.get(page_of(self.user)).content.decode()
        assert COMPANY["nip"] in page.replace("-", "")
        assert COMPANY["krs"] not in page
        for other in (sit_down(Client(), reviewer), sit_down(Client(), clerk("officer"))):
            page = other.get(page_of(self.user)).content.decode()
            assert COMPANY["nip"] not in page.replace("-", "")

    def test_notes_are_read_by_their_kind(self) -> None:
        for role in Role:
            browser = sit_down(Client(), clerk(role.value))
            pages = {each: browser.get(each).content.decode() for each in self.pages()}
            case_page = pages[page_of(self.user)]
            assert (AML_NOTE in case_page) is (role.value in READ_AML), role
            assert (ORDINARY_NOTE in case_page) is (role.value in READ_NOTES), role
            for address, page in pages.items():
                if address != page_of(self.user):
                    assert AML_NOTE not in page, (role, address)
                if role.value not in READ_AML:
                    assert "AML" not in page, (role, address)

    def test_notes_that_go_with_decisions_for_aml_are_no_ordinary_ones(self) -> None:
        reviewer, officer = (sit_down(Client(), clerk(each)) for each in ("reviewer", "officer"))
        rejected, closed, silent, plain, proposed = (activated() for _ in range(5))
        send(reviewer, rejected, "reject", reason="aml", note="Nota 1")
        send(officer, rejected, "reopen", reason="news", note="Nota 2")
        send(reviewer, closed, "suspend", reason="aml", note="Nota 3")
        send(officer, closed, "restore", reason="cleared", note="Nota 4")
        send(officer, silent, "suspend", reason="other", is_silent="on", note="Nota 5")
        send(reviewer, plain, "reject", reason="unclear", note="Nota 6")
        with override_settings(REVIEW_FOUR_EYES="all"):
            send(reviewer, proposed, "reject", reason="aml", note="Nota 7")
            send(officer, proposed, "return", note="Nota 8")
            send(officer, silent, "restore", reason="mistake", note="Nota 9")
        for role in ("support", "reviewer", "officer", "auditor"):
            browser = sit_down(Client(), clerk(role))
            accounts = (rejected, closed, silent, plain, proposed)
            pages = [browser.get(page_of(each)).content.decode() for each in accounts]
            read = {number for number in range(1, 10) if f"Nota {number}" in "".join(pages)}
            assert read == ({6, 9} if role == "support" else set(range(1, 10))), (role, read)

    def test_note_of_a_decision_that_came_too_late_is_offered_as_it_would_have_been(self) -> None:
        late, user = sit_down(Client(), clerk()), activated()
        send(sit_down(Client(), clerk()), user, "approve")
        page = send(late, user, "reject", reason="aml", note="Do GIIF", version="0")
        assert page.status_code == 409
        chosen = BeautifulSoup(page.content, "html.parser").select_one("option[selected]")
        assert chosen is not None
        assert chosen["value"] == "aml"

    def test_timeline_tells_support_of_no_note_and_no_reason_that_is_about_aml(self) -> None:
        user, reviewer = activated(), Desk(clerk())
        case.write_note(user, AML_NOTE, StaffNote.Kind.AML, desk=reviewer)
        masks.reveal(user.pk, "phone", "aml", desk=reviewer)

        def told(role: str) -> list[tuple[str, str]]:
            rows = case.timeline(user, clerk(role))
            return [(str(row.words), str(row.more)) for row in rows if "@kantor" in row.who]

        with override("en"):
            assert told("support") == [("field revealed", "")]
            assert told("auditor") == [("field revealed", "AML"), ("note written", "")]
            case.write_note(user, ORDINARY_NOTE, StaffNote.Kind.ORDINARY, desk=reviewer)
            assert ("note written", "") in told("support")

    def test_no_search_finds_by_notes_or_by_a_part_of_what_is_masked(self) -> None:
        for role in ("support", "auditor", "reviewer"):
            browser = sit_down(Client(), clerk(role))
            for words in ("GIIF", AML_NOTE, ORDINARY_NOTE, "Długa", "Rzeczna"):
                found = browser.post(f"{LIST}search/", {"words": words}, follow=True)
                assert self.user.email not in shown(found), (role, words)
            for words in ("5261", "+48601", "60123456", "0121001", "0000123"):
                found = browser.post(f"{LIST}search/", {"words": words}, follow=True)
                is_found = self.user.email in shown(found)
                assert not is_found or role == "reviewer", (role, words)

    def test_whoever_cannot_reveal_posts_in_vain(self) -> None:
        for role in ("support", "auditor", "administrator"):
            browser = sit_down(Client(), clerk(role))
            for field in ("phone", "street", "nip", "regon", "krs"):
                address = f"{LIST}{self.user.pk}/reveal/{field}/"
                assert browser.post(address, {"reason": "review"}).status_code == 403
        assert customer_of(self.user).nip == COMPANY["nip"]
