"""What each role reads of a customer, on every page, in every search, in history and audit."""

from django.test import Client, TestCase

from accounts.account import services as requests
from accounts.desk import case, standing
from accounts.desk.events import Desk
from accounts.desk.roles import Role
from accounts.models import DataRequest, Kind, OutboxMessage, StaffNote, User
from accounts.models.customer import Section
from tests.desk import LIST, MESSAGES, page_of, shown, sit_down
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
