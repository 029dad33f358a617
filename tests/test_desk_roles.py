"""Who of the staff may do what: the matrix, walked over every page and everything that is sent."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.test import Client, TestCase, override_settings
from django.utils import timezone

from accounts.account import services
from accounts.admin.by_role import ByRole
from accounts.desk import corrections, export, holds, standing
from accounts.desk.events import Desk
from accounts.desk.roles import Role, role_of
from accounts.models import (
    AccountProposal,
    DataRequest,
    ExportFile,
    HighRiskCountry,
    Hold,
    Kind,
    OutboxMessage,
    RegisterCheck,
    ReviewState,
    Source,
    StaffEvent,
    User,
)
from accounts.models.customer import Section
from tests.authenticator import enrolled
from tests.desk import LIST, MESSAGES, member_form, page_of, send, sit_down
from tests.factories import activated, clerk, customer_of, decide, registered, suspended

SOURCES = "/admin/accounts/source/"
MEMBERS = "/admin/accounts/staffmember/"
EVENTS = "/admin/accounts/staffevent/"
REQUESTS = "/admin/accounts/datarequest/"
STATISTICS = "/admin/accounts/dailycount/"
CODES = "/admin/accounts/supportcode/"
RISK = "/admin/accounts/highriskcountry/"

ALL = {role.value for role in Role}
DESK = {"support", "reviewer", "officer", "auditor"}
HELPERS = {"support", "reviewer", "officer"}
DECIDERS = {"reviewer", "officer"}
AML_READERS = {"reviewer", "officer", "auditor"}
OFFICERS = {"officer"}
ADMINISTRATORS = {"administrator"}


def marked(action: str, *things: Any) -> dict[str, Any]:
    return {"action": action, "_selected_action": [str(thing.pk) for thing in things]}


class PageTests(TestCase):
    """What each role can open."""

    user: User
    member: User
    country: HighRiskCountry

    @classmethod
    def setUpTestData(cls) -> None:
        cls.country = HighRiskCountry.objects.create(code="IR")
        cls.user, cls.member = activated(), clerk("support")
        services.ask(cls.user, Section.NAME, {"last_name": "Nowak"}, "Ślub")

    def pages(self) -> dict[str, set[str]]:
        mail = OutboxMessage.objects.order_by("pk")[0]
        asked, source = DataRequest.objects.get(), Source.objects.order_by("pk")[0]
        return {
            "/admin/": ALL,
            LIST: DESK,
            f"{LIST}?kind=person": DESK,
            page_of(self.user): DESK,
            f"{LIST}{self.user.pk}/history/": DESK,
            f"{LIST}{self.user.pk}/delete/": set(),
            f"{LIST}{self.user.pk}/usuniecie/": OFFICERS,
            f"{LIST}{self.user.pk}/wstrzymanie/": OFFICERS,
            f"{LIST}{self.user.pk}/kopia/": OFFICERS,
            "/admin/retention/": DESK,
            f"{LIST}{self.user.pk}/reveal/phone/": DECIDERS,
            f"{LIST}{self.user.pk}/correct/name/": DECIDERS,
            f"{LIST}{self.user.pk}/propose/phone/": DECIDERS,
            f"{LIST}{self.user.pk}/propose/email/": DECIDERS,
            f"{LIST}add/": set(),
            f"{LIST}export/": AML_READERS,
            f"{LIST}exports/": AML_READERS,
            MESSAGES: DESK,
            f"{MESSAGES}{mail.pk}/change/": DESK,
            f"{MESSAGES}add/": set(),
            REQUESTS: DESK,
            f"{REQUESTS}{asked.pk}/change/": DESK,
            f"{REQUESTS}add/": set(),
            SOURCES: ADMINISTRATORS,
            f"{SOURCES}add/": ADMINISTRATORS,
            f"{SOURCES}{source.pk}/change/": ADMINISTRATORS,
            MEMBERS: ADMINISTRATORS,
            f"{MEMBERS}{self.member.pk}/change/": ADMINISTRATORS,
            f"{MEMBERS}{self.member.pk}/delete/": set(),
            f"{MEMBERS}add/": set(),
            EVENTS: ALL,
            f"{EVENTS}add/": set(),
            STATISTICS: DESK,
            f"{STATISTICS}mails.csv": DESK,
            f"{STATISTICS}add/": set(),
            CODES: HELPERS,
            f"{CODES}add/": set(),
            RISK: AML_READERS,
            f"{RISK}add/": OFFICERS,
            f"{RISK}{self.country.pk}/change/": AML_READERS,
            f"{RISK}{self.country.pk}/delete/": OFFICERS,
            "/admin/auth/group/": set(),
        }

    def test_is_what_the_matrix_says(self) -> None:
        for role in Role:
            sit_down(self.client, clerk(role.value))
            for address, roles in self.pages().items():
                with self.subTest(role=role.value, address=address):
                    status = self.client.get(address).status_code
                    assert (status == 200) is (role.value in roles), status
                    assert status in (200, 403, 404)

    def test_is_nothing_for_who_has_no_role_and_for_customers(self) -> None:
        without = User.objects.create_user("bez.roli@kantor.example", is_staff=True)
        page = sit_down(Client(), without).get("/admin/retention/")
        self.assertContains(page, "Twoja rola jej nie obejmuje.", status_code=403)
        self.assertContains(page, 'href="/admin/"', status_code=403)
        self.assertContains(sit_down(Client(), without).get("/admin/"), "Nie masz przypisanej roli")
        for user, status in ((without, 403), (activated(), 302)):
            sit_down(self.client, user)
            for address in self.pages():
                if address != "/admin/":
                    assert self.client.get(address).status_code in (status, 404), address

    def test_dismissed_staff_open_nothing(self) -> None:
        member = clerk("officer")
        sit_down(self.client, member)
        User.objects.filter(pk=member.pk).update(is_active=False)
        assert self.client.get(LIST).status_code == 302

    def test_an_administrator_reads_nothing_of_a_customer(self) -> None:
        sit_down(self.client, clerk("administrator"))
        for address in self.pages():
            page = self.client.get(address).content.decode()
            assert self.user.email not in page, address
            assert "Żak" not in page, address

    def test_every_page_and_part_of_one_asks_for_the_role(self) -> None:
        for model, page in admin.site._registry.items():
            assert isinstance(page, ByRole), model
            assert all(issubclass(inline, ByRole) for inline in page.inlines), model


class SentTests(TestCase):
    """What each role can do: whatever is sent, it happens for whom it is and for nobody else."""

    def happens(self, role: str, act: Callable[[Client], bool]) -> bool:
        browser = Client()
        sit_down(browser, clerk(role))
        return act(browser)

    def walk(self, act: Callable[[Client], bool], roles: set[str]) -> None:
        for role in sorted(ALL):
            with self.subTest(act=act.__name__, role=role):
                assert self.happens(role, act) is (role in roles)

    def test_approving(self) -> None:
        def approve(browser: Client) -> bool:
            user = activated()
            send(browser, user, "approve")
            return customer_of(user).review_state == ReviewState.APPROVED

        self.walk(approve, DECIDERS)

    def test_deciding_about_several_at_once(self) -> None:
        def several(browser: Client) -> bool:
            user, closed = activated(), suspended()
            for action in ("approve", "suspend"):
                browser.post(LIST, marked(action, user))
            browser.post(LIST, marked("unsuspend", closed))
            is_as_before = customer_of(user).review_state == ReviewState.NEW
            return not is_as_before or User.objects.filter(pk=closed.pk, is_active=True).exists()

        self.walk(several, set())

    def test_taking(self) -> None:
        def take(browser: Client) -> bool:
            user = activated()
            browser.post(LIST, marked("take", user))
            return User.objects.get(pk=user.pk).held_by is not None

        self.walk(take, DECIDERS)

    def test_reopening(self) -> None:
        def reopen(browser: Client) -> bool:
            user = activated()
            decide(user, ReviewState.APPROVED)
            send(browser, user, "reopen", reason="news")
            return customer_of(user).review_state == ReviewState.NEW

        self.walk(reopen, OFFICERS)

    def test_exporting(self) -> None:
        def masked(browser: Client) -> bool:
            answer = browser.post(f"{LIST}export/", {"format": "csv"})
            return "attachment" in answer.get("Content-Disposition", "")

        def whole(browser: Client) -> bool:
            form = {"format": "csv", "values": "whole", "reason": "audit"}
            answer = browser.post(f"{LIST}export/", form)
            return "attachment" in answer.get("Content-Disposition", "")

        self.walk(masked, AML_READERS)
        self.walk(whole, OFFICERS)

    @override_settings(REVIEW_FOUR_EYES="all")
    def test_answering_a_proposed_export(self) -> None:
        for step in ("confirm", "refuse"):

            def answer(browser: Client, step: str = step) -> bool:
                desk = Desk(clerk("officer"))
                wanted = export.Order("csv", is_masked=False, reason="audit")
                file = export.order(wanted, User.objects.none(), desk=desk)
                assert isinstance(file, ExportFile)
                browser.post(f"{LIST}exports/{file.pk}/answer/", {"step": step})
                return not ExportFile.objects.filter(pk=file.pk, state="proposed").exists()

            self.walk(answer, OFFICERS)

    def test_writing_a_note(self) -> None:
        for kind, roles in (("ordinary", HELPERS), ("aml", DECIDERS)):

            def write(browser: Client, kind: str = kind) -> bool:
                user = activated()
                browser.post(f"{LIST}{user.pk}/notatka/", {"text": "x", "kind": kind})
                return user.notes.exists()

            self.walk(write, roles)

    def test_taking_a_case(self) -> None:
        def take(browser: Client) -> bool:
            user = activated()
            browser.post(f"{LIST}{user.pk}/przejecie/")
            return User.objects.get(pk=user.pk).held_by is not None

        self.walk(take, DECIDERS)

    def test_suspending(self) -> None:
        def suspend(browser: Client) -> bool:
            user = activated()
            send(browser, user, "suspend", reason="other")
            return not User.objects.get(pk=user.pk).is_active

        self.walk(suspend, DECIDERS)

    def test_restoring(self) -> None:
        def restore(browser: Client) -> bool:
            user = suspended()
            send(browser, user, "restore", reason="cleared")
            return User.objects.get(pk=user.pk).is_active

        self.walk(restore, OFFICERS)

    def test_sending_a_link_again(self) -> None:
        def send(browser: Client) -> bool:
            user = registered()
            browser.post(LIST, marked("send_link", user))
            return User.objects.get(pk=user.pk).link_serial == 2

        self.walk(send, HELPERS)

    def test_helping_one_customer(self) -> None:
        def link(browser: Client) -> bool:
            user = registered()
            browser.post(f"{LIST}{user.pk}/pomoc/", {"act": "link"})
            return User.objects.get(pk=user.pk).link_serial == 2

        def reset(browser: Client) -> bool:
            user = activated()
            browser.post(f"{LIST}{user.pk}/pomoc/", {"act": "reset"})
            return user.messages.filter(kind=OutboxMessage.Kind.PASSWORD_RESET).exists()

        def sessions(browser: Client) -> bool:
            user, customer = activated(), Client()
            customer.force_login(user)
            browser.post(f"{LIST}{user.pk}/pomoc/", {"act": "sessions"})
            return customer.get("/konto/").status_code == 302

        for act in (link, reset, sessions):
            self.walk(act, HELPERS)

    def test_looking_up_a_code_for_the_consultant(self) -> None:
        def look(browser: Client) -> bool:
            rows = StaffEvent.objects.filter(action=StaffEvent.Action.CODE_TYPED)
            before = rows.count()
            browser.post(CODES, {"code": "ACD-EFH"})
            return rows.count() > before

        self.walk(look, HELPERS)

    def test_sending_a_link_before_its_time(self) -> None:
        def override(browser: Client) -> bool:
            user = registered()
            for form in ({"act": "link"}, {"act": "override", "reason": "contact"}):
                browser.post(f"{LIST}{user.pk}/pomoc/", form)
            return User.objects.get(pk=user.pk).link_serial == 3

        self.walk(override, OFFICERS)

    @override_settings(COMPANY_LOOKUP="fixtures")
    def test_asking_the_register(self) -> None:
        def ask(browser: Client) -> bool:
            user = activated(Kind.COMPANY, nip="9990000014")
            browser.post(f"{LIST}{user.pk}/wykaz/")
            return RegisterCheck.objects.filter(user=user).exists()

        self.walk(ask, DECIDERS)

    def test_keeping_the_table_of_high_risk_countries(self) -> None:
        def add(browser: Client) -> bool:
            HighRiskCountry.objects.all().delete()
            browser.post(f"{RISK}add/", {"code": "IR"})
            return HighRiskCountry.objects.exists()

        def remove(browser: Client) -> bool:
            country = HighRiskCountry.objects.get_or_create(code="IR")[0]
            browser.post(f"{RISK}{country.pk}/delete/", {"post": "yes"})
            return not HighRiskCountry.objects.exists()

        for act in (add, remove):
            self.walk(act, OFFICERS)

    def test_trying_a_mail_again(self) -> None:
        def retry(browser: Client) -> bool:
            registered()
            mail = OutboxMessage.objects.order_by("-pk")[0]
            OutboxMessage.objects.filter(pk=mail.pk).update(state=OutboxMessage.State.FAILED)
            browser.post(MESSAGES, marked("retry", mail))
            mail.refresh_from_db()
            return mail.state == OutboxMessage.State.WAITING

        self.walk(retry, HELPERS)

    def test_deciding_about_a_request(self) -> None:
        def accept(browser: Client) -> bool:
            user = activated()
            services.ask(user, Section.NAME, {"last_name": "Nowak"}, "Ślub")
            asked = DataRequest.objects.get(user=user)
            browser.post(f"{REQUESTS}{asked.pk}/change/", {"decision": "accepted", "answer": ""})
            return customer_of(user).last_name == "Nowak"

        self.walk(accept, DECIDERS)

    def test_correcting(self) -> None:
        def correct(browser: Client) -> bool:
            user = activated()
            data = {"first_name": "Jan", "last_name": "Nowak", "reason": "slip"}
            address = f"{LIST}{user.pk}/correct/name/"
            browser.post(address, data | {"seen": "0", "unseen": ""})
            return customer_of(user).last_name == "Nowak"

        self.walk(correct, DECIDERS)

    def test_proposing_a_number_and_confirming_one(self) -> None:
        def propose(browser: Client) -> bool:
            user = activated()
            data = {"phone": "602 345 678", "reason": "slip"}
            browser.post(f"{LIST}{user.pk}/propose/phone/", data)
            return user.contact_proposals.exists()

        def confirm(browser: Client) -> bool:
            user, author = activated(), Desk(clerk("reviewer"))
            proposal = corrections.propose(user, "phone", "+48602345678", "slip", desk=author)
            data = {"proposal": str(proposal.pk), "verdict": "confirm"}
            browser.post(f"{LIST}{user.pk}/answer/", data)
            return customer_of(user).phone == "+48602345678"

        self.walk(propose, DECIDERS)
        self.walk(confirm, DECIDERS)

    def test_revealing(self) -> None:
        def reveal(browser: Client) -> bool:
            user = activated()
            browser.post(f"{LIST}{user.pk}/reveal/phone/", {"reason": "review"})
            rows = StaffEvent.objects.filter(action=StaffEvent.Action.REVEALED, customer=user.pk)
            return rows.exists()

        self.walk(reveal, DECIDERS)

    def test_deleting(self) -> None:
        def delete(browser: Client) -> bool:
            user = activated()
            browser.post(f"{LIST}{user.pk}/usuniecie/", {"reason": "request"})
            return not User.objects.filter(pk=user.pk).exists()

        self.walk(delete, OFFICERS)

    def test_holding_the_deletion_and_releasing_it(self) -> None:
        day = timezone.localdate()

        def hold(browser: Client) -> bool:
            user = activated()
            browser.post(f"{LIST}{user.pk}/wstrzymanie/", {"reason": "giif", "until": str(day)})
            return Hold.objects.filter(user=user).exists()

        def release(browser: Client) -> bool:
            user = activated()
            number = holds.set_hold(user, "court", day, desk=Desk(clerk("officer"))).pk
            data = {"step": "release", "hold": str(number), "why": "settled"}
            browser.post(f"{LIST}{user.pk}/wstrzymanie/", data)
            return not Hold.objects.in_force().filter(user=user).exists()

        for act in (hold, release):
            self.walk(act, OFFICERS)

    def test_making_a_copy_of_the_data(self) -> None:
        def make(browser: Client) -> bool:
            data = {"reason": "letter", "format": "json"}
            answer = browser.post(f"{LIST}{activated().pk}/kopia/", data)
            return b"last_name" in answer.content

        self.walk(make, OFFICERS)

    def test_keys_are_named_to_whom_they_lead_somewhere(self) -> None:
        for role in Role:
            browser = sit_down(Client(), clerk(role.value))
            for address in ("/admin/", "/admin/keys/"):
                page = browser.get(address).content.decode()
                assert ("<kbd>n</kbd>" in page) is (role.value in DECIDERS), (role, address)
                assert (" data-takes" in page) is (role.value in DECIDERS), role
                assert (" data-searches" in page) is (role is not Role.ADMINISTRATOR), role

    def test_deleting_a_mail_or_a_request(self) -> None:
        def delete(browser: Client) -> bool:
            user = activated()
            services.ask(user, Section.NAME, {"first_name": "Anna"}, "ślub")
            mail, asked = user.messages.earliest("pk"), user.data_requests.get()
            for page in (f"outboxmessage/{mail.pk}", f"datarequest/{asked.pk}"):
                browser.post(f"/admin/accounts/{page}/delete/", {"post": "yes"})
            is_left = user.messages.filter(pk=mail.pk).exists() and user.data_requests.exists()
            return not is_left

        self.walk(delete, set())

    def test_deleting_by_two_clicks(self) -> None:
        def delete(browser: Client) -> bool:
            user = activated()
            browser.post(f"{LIST}{user.pk}/delete/", {"post": "yes"})
            browser.post(LIST, marked("delete_selected", user) | {"post": "yes"})
            return not User.objects.filter(pk=user.pk).exists()

        self.walk(delete, set())

    @override_settings(REVIEW_FOUR_EYES="all")
    def test_answering_a_proposal_about_an_account(self) -> None:
        for step in ("confirm", "return"):

            def answer(browser: Client, step: str = step) -> bool:
                user = suspended()
                standing.restore(user, "cleared", desk=Desk(clerk("officer")))
                number = AccountProposal.objects.get(user=user).pk
                data = {"proposal": number, "step": step, "note": "x"}
                browser.post(f"{LIST}{user.pk}/propozycja/", data)
                return not AccountProposal.objects.filter(user=user).exists()

            self.walk(answer, OFFICERS)

    def test_resetting_methods(self) -> None:
        def reset(browser: Client) -> bool:
            member = clerk("support")
            enrolled(member)
            browser.post(f"/admin/staff/{member.pk}/methods/reset/", {"reason": "lost"})
            return not member.passkeys.exists()

        self.walk(reset, ADMINISTRATORS)

    def test_giving_roles(self) -> None:
        def give(browser: Client) -> bool:
            member = clerk("support")
            browser.post(f"{MEMBERS}{member.pk}/change/", member_form(member, "officer"))
            return role_of(User.objects.get(pk=member.pk)) == Role.OFFICER

        self.walk(give, ADMINISTRATORS)

    def test_adding_a_source(self) -> None:
        def add(browser: Client) -> bool:
            before = Source.objects.count()
            data = {"name_pl": "plakat", "name_en": "poster", "position": "900", "is_active": "on"}
            browser.post(f"{SOURCES}add/", data)
            return Source.objects.count() == before + 1

        self.walk(add, ADMINISTRATORS)
