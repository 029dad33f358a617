"""No page of staff, Django's own among them, has a fault that axe-core can find.

Not in the report of the accessibility statement, which tells customers about their pages.
"""

from datetime import timedelta
from io import StringIO
from time import time

from django.conf import settings
from django.core.management import call_command
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from accounts import retention
from accounts.account import services
from accounts.desk import case, corrections, export, holds, invites, standing
from accounts.desk.corrections import Verdict
from accounts.desk.events import Desk
from accounts.desk.export import Order
from accounts.models import DailyCount, HighRiskCountry, Kind, OutboxMessage, Source, User
from accounts.models.customer import Section
from accounts.sessions import factor
from accounts.statistics import support_code
from accounts.statistics.support_code import Page
from tests.audit import COLOURS, LETTERS_PERCENT, LOOKS, RULES, RUN_AXE, SCHEMES, axe, bring_axe
from tests.browser import DESK, BrowserTestCase, BrowserVisitor, bring_session
from tests.clock import later
from tests.closings import approved, close
from tests.desk import LIST, MESSAGES, page_of, send, sit_down
from tests.factories import PASSWORD, activated, clerk, customer_of, suspended
from tests.phone import stopped_clock, turned_on
from tests.test_staff_invite import printed_for

COUNTRIES = "/admin/accounts/highriskcountry/"
MEMBERS = "/admin/accounts/staffmember/"
SOURCES = "/admin/accounts/source/"
REQUESTS = "/admin/accounts/datarequest/"


class StaffAccessibilityTests(BrowserTestCase):
    """Walk through the pages of each role, in Polish narrow and light, in English wide and dark."""

    def setUp(self) -> None:
        super().setUp()
        self.found: list[str] = []
        self.company = activated(Kind.COMPANY, email="kx81@gmail.com")
        self.person = activated()
        activated(Kind.COMPANY)
        services.ask(self.person, Section.NAME, {"last_name": "Nowak"}, "Ślub")

    def tearDown(self) -> None:
        super().tearDown()
        assert not self.found, "\n".join(self.found)

    def each(self, role: str = "") -> list[BrowserVisitor]:
        """Return somebody of this role, or a stranger, for each language."""
        found = []
        for language, (scheme, width) in LOOKS.items():
            visitor = self.visitor(language, width)
            bring_axe(visitor)
            visitor.page.emulate_media(color_scheme=scheme)
            url = visitor.complaints.site
            visitor.page.context.add_cookies(
                [{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": url}]
            )
            if role:
                bring_session(visitor, sit_down(Client(), clerk(role)))
            found.append(visitor)
        return found

    def look(self, visitor: BrowserVisitor, path: str = "", status: int = 200) -> None:
        """Open an address, or stay, and look at the page in both schemes."""
        page = visitor.page
        if status != 200:
            visitor.complaints.expected.add(status)
        if path:
            response = page.goto(path)
            assert response is not None
            assert response.status == status, f"{response.status}: {path}"
        scheme, width = LOOKS[visitor.language]
        assert page.locator("html").get_attribute("lang") == visitor.language
        _, found = axe(page, RUN_AXE, RULES[visitor.language], f"{scheme}, {width} px")
        (other,) = (each for each in SCHEMES if each != scheme)
        page.emulate_media(color_scheme=other)
        found += axe(page, RUN_AXE, COLOURS, f"{other}, {width} px")[1]
        page.emulate_media(color_scheme=scheme)
        visitor.fits()
        if width == DESK:
            visitor.in_large_letters(LETTERS_PERCENT)
        self.found += [f"{visitor.path} ({visitor.language})", *found] if found else []

    def test_doors(self) -> None:
        for visitor in self.each():
            page = visitor.page
            self.look(visitor, "/admin/login/")
            page.locator("#id_username").fill("nikt@kantor.example")
            page.locator("#id_password").fill(PASSWORD)
            with page.expect_navigation():
                page.locator("[type=submit]").first.click()
            self.look(visitor)
            link = printed_for().split()[-1]
            self.look(visitor, link)
            with page.expect_navigation():
                page.locator(".actions .button").click()
            self.look(visitor)
            for name in ("new_password1", "new_password2"):
                page.locator(f"[name={name}]").fill(PASSWORD)
            with page.expect_navigation():
                page.locator(".actions .button").click()
            self.look(visitor)
            self.look(visitor, f"{link}app/")
            self.look(visitor, f"{link}passkey/")
            self.look(visitor, "/admin/invitation/1.2/", 410)
            User.objects.filter(email__startswith="nowa").delete()

    def test_statistics_and_the_code_for_a_consultant(self) -> None:
        for name, key, times in (
            (DailyCount.Name.REGISTERED, "", 40),
            (DailyCount.Name.REGISTERED, "", 3),
            (DailyCount.Name.BEGUN, "details", 60),
            (DailyCount.Name.MESSAGE, "details.main_postal_code.invalid", 12),
            (DailyCount.Name.MAIL, "registration.sent", 4),
        ):
            kind = "person" if times > 5 else "company"
            DailyCount.objects.create(
                day=timezone.localdate(), name=name, key=key, kind=kind, language="pl", count=times
            )
        page = Page("details", "company", "pl", [("nip", "checksum")])
        support_code.begin("ACDEFH", page, timezone.now() + support_code.LIFETIME)
        for visitor in self.each("support"):
            self.look(visitor, "/admin/accounts/dailycount/")
            self.look(visitor, "/admin/accounts/dailycount/?first=2026-11-05&last=2026-11-01")
            visitor.page.emulate_media(media="print")
            assert not visitor.page.locator(".statistics-dates").is_visible()
            assert visitor.page.locator("svg.chart").first.is_visible()
            visitor.page.emulate_media(media="screen")
            self.look(visitor, "/admin/accounts/supportcode/")
            for code in ("", "nie ma", "acd efh"):
                visitor.page.locator("[name=code]").fill(code)
                with visitor.page.expect_navigation():
                    visitor.page.locator("#content-main form [type=submit]").click()
                self.look(visitor)

    def test_second_step_and_ones_own_methods(self) -> None:
        for visitor in self.each():
            page, member = visitor.page, clerk(password=PASSWORD)
            with stopped_clock():
                turned_on(member)
                client = Client()
                client.post("/admin/login/", {"username": member.email, "password": PASSWORD})
            bring_session(visitor, client)
            self.look(visitor, "/admin/login/code/")
            bring_session(visitor, sit_down(Client(), member))
            for address in (
                "methods/",
                "methods/app/off/",
                "methods/codes/",
                "methods/passkey/",
                "confirm/",
                "keys/",
                "password_change/",
            ):
                self.look(visitor, f"/admin/{address}")
            page.evaluate("document.querySelector('#content form').noValidate = true")
            with page.expect_navigation():
                page.locator(".submit-row [type=submit]").click()
            self.look(visitor)
            self.look(visitor, "/admin/nie-ma/", 404)
            self.look(visitor, SOURCES, 403)
            page.goto("/admin/keys/")
            with page.expect_navigation():
                page.locator("#logout-form button").click()
            self.look(visitor)

    def test_corrections_and_proposals(self) -> None:
        corrections.propose(
            self.person, "phone", "+48602345678", "slip", desk=Desk(clerk("reviewer"))
        )
        case_of_company = f"{LIST}{self.company.pk}"
        for visitor in self.each("reviewer"):
            page = visitor.page
            self.look(visitor, page_of(self.person))
            for section in Section.values:
                self.look(visitor, f"{case_of_company}/correct/{section}/")
            with page.expect_navigation():
                page.locator(".case-form [type=submit]").click()
            self.look(visitor)
            for field in ("phone", "email"):
                self.look(visitor, f"{case_of_company}/propose/{field}/")

    @override_settings(REVIEW_FOUR_EYES="all", EXPORT_AT_ONCE=1)
    def test_exports_of_an_officer(self) -> None:
        for author in ("officer", "officer"):
            wanted = Order("csv", is_masked=False, reason="audit", filters={"kind": "company"})
            export.order(wanted, User.objects.none(), desk=Desk(clerk(author)))
        for visitor in self.each("officer"):
            page = visitor.page
            self.look(visitor, f"{LIST}exports/")
            page.goto(f"{LIST}?language=pl")
            page.locator("details:has(.desk-export) > summary").click()
            self.look(visitor)
            page.locator("#export-values").select_option("whole")
            with page.expect_navigation():
                page.locator(".desk-export [type=submit]").click()
            self.look(visitor)
            page.locator("#export-reason").select_option("audit")
            with page.expect_navigation():
                page.locator(".desk-export [type=submit]").click()
            self.look(visitor)

    def test_desk_and_lists_of_a_reviewer(self) -> None:
        for visitor in self.each("reviewer"):
            page = visitor.page
            self.look(visitor, "/admin/")
            page.keyboard.press("?")
            page.locator("#keys").wait_for()
            self.look(visitor)
            page.keyboard.press("Escape")
            with page.expect_navigation():
                page.locator("#take-next").click()
            self.look(visitor)
            page.goto("/admin/")
            page.locator("#desk-words").fill("żak")
            with page.expect_navigation():
                page.locator(".desk-search button").click()
            self.look(visitor)
            page.goto(f"{LIST}?kind=person")
            page.locator("#view-name").fill("Osoby")
            with page.expect_navigation():
                page.locator(".desk-save button").click()
            self.look(visitor)
            self.look(visitor, f"{LIST}?s=zapomniane")
            mail = OutboxMessage.objects.order_by("pk")[0]
            for address in (
                MESSAGES,
                f"{MESSAGES}?state__exact=waiting",
                f"{MESSAGES}{mail.pk}/change/",
                REQUESTS,
                f"{REQUESTS}{self.person.data_requests.get().pk}/change/",
                "/admin/accounts/staffevent/",
                "/admin/accounts/",
            ):
                self.look(visitor, address)

    def test_case_and_what_is_decided_there(self) -> None:
        member = clerk()
        case.write_note(self.company, "Oddzwonić", "aml", desk=Desk(member))
        version = customer_of(self.company).review_version
        for visitor in self.each("officer"):
            page = visitor.page
            address = page_of(self.company)
            page.goto(address)
            for summary in page.locator("summary").all():
                if summary.locator("xpath=..").get_attribute("open") is None:
                    summary.click()
            self.look(visitor)
            with page.expect_navigation():
                page.locator("form:has([value=reject]) > button").click()
            self.look(visitor)
            self.look(visitor, f"{LIST}{self.company.pk}/reveal/phone/")
            visitor.complaints.expected.add(400)
            with page.expect_navigation():
                page.locator(".submit-row [type=submit]").click()
            self.look(visitor)
            page.goto(address)
            page.evaluate(
                "v => document.querySelectorAll('[name=version]').forEach(f => f.value = v)",
                str(version + 999),
            )
            page.locator("details:has([value=approve]) summary").click()
            visitor.complaints.expected.add(409)
            with page.expect_navigation():
                page.locator("form:has([value=approve]) > button").click()
            # Nothing was typed, so there is nothing to keep as a note.
            assert page.locator("textarea").count() == 0
            self.look(visitor)
            page.goto(address)
            page.evaluate(
                "v => document.querySelectorAll('[name=version]').forEach(f => f.value = v)",
                str(version + 999),
            )
            page.locator("details:has([value=reject]) summary").click()
            reject = page.locator("form:has([value=reject])")
            reject.locator("[name=reason]").select_option(index=1)
            reject.locator("textarea").first.fill("Sprawdzone")
            with page.expect_navigation():
                reject.locator("button").click()
            assert page.locator("textarea").input_value() == "Sprawdzone"
            self.look(visitor)
            self.look(visitor, page_of(self.person))
            self.look(visitor, reverse("admin:accounts_user_erase", args=[self.person.pk]))
            self.look(visitor, f"{LIST}{self.person.pk}/history/")

    def test_countries_of_high_risk(self) -> None:
        for visitor in self.each("officer"):
            row = HighRiskCountry.objects.create(code="KP", added_by=clerk("officer"))
            for address in (
                COUNTRIES,
                f"{COUNTRIES}add/",
                f"{COUNTRIES}{row.pk}/change/",
                f"{COUNTRIES}{row.pk}/delete/",
            ):
                self.look(visitor, address)
            visitor.page.goto(f"{COUNTRIES}add/")
            visitor.page.evaluate("document.querySelector('#content form').noValidate = true")
            with visitor.page.expect_navigation():
                visitor.page.locator("[name=_save]").click()
            self.look(visitor)
            row.delete()

    def test_proposed_contacts(self) -> None:
        for field, value in (("phone", "+48602345678"), ("email", "nowy@example.com")):
            corrections.propose(self.person, field, value, "slip", desk=Desk(clerk("reviewer")))
        for visitor in self.each("reviewer"):
            self.look(visitor, "/admin/")
            self.look(visitor, page_of(self.person))
            # Answered meanwhile: the answer changes nothing.
            for proposal in corrections.proposals(self.person)[:1]:
                page = visitor.page
                officer = Desk(clerk("officer"))
                corrections.close(self.person, proposal.pk, Verdict.REFUSE, desk=officer)
                visitor.complaints.expected.add(409)
                with page.expect_navigation():
                    page.locator(f"form:has([value='{proposal.pk}']) button").last.click()
                self.look(visitor)

    def test_a_customer_who_is_anonymous_and_staff_without_a_role(self) -> None:
        gone = close(approved())
        with later(retention.BLOCKED_LASTS + timedelta(minutes=1)):
            call_command("purge_customers", stdout=StringIO())
        for visitor in self.each("officer"):
            self.look(visitor, page_of(gone))
        without = User.objects.create_user("bez.roli@kantor.example", is_staff=True)
        for visitor in self.each():
            bring_session(visitor, sit_down(Client(), without))
            self.look(visitor, "/admin/")
            self.look(visitor, "/admin/retention/", 403)

    def test_the_factor_that_erasing_asks_for_again(self) -> None:
        for visitor in self.each():
            client = sit_down(Client(), clerk("officer"))
            session = client.session
            session[factor.SESSION_KEY] = int(time()) - 600
            session.save()
            bring_session(visitor, client)
            self.look(visitor, f"{LIST}{self.person.pk}/usuniecie/")
            assert visitor.path.startswith("/admin/confirm/"), visitor.path

    def test_pages_of_support_and_auditors(self) -> None:
        for role in ("support", "auditor"):
            for visitor in self.each(role):
                for address in (
                    "/admin/",
                    LIST,
                    page_of(self.company),
                    page_of(self.person),
                    MESSAGES,
                    "/admin/accounts/staffevent/",
                ):
                    self.look(visitor, address)
                visitor.page.goto("/admin/")
                visitor.page.locator("#desk-words").fill("nikt taki")
                with visitor.page.expect_navigation():
                    visitor.page.locator(".desk-search button").click()
                self.look(visitor)

    def test_second_person(self) -> None:
        author = clerk()
        with self.settings(REVIEW_FOUR_EYES="approve"):
            send(sit_down(Client(), author), self.company, "approve")
            for visitor in self.each("reviewer"):
                self.look(visitor, "/admin/")
                self.look(visitor, page_of(self.company))

    def test_proposals_about_accounts_and_erasing(self) -> None:
        author, closed, proposed = clerk("officer"), suspended(), activated()
        with self.settings(REVIEW_FOUR_EYES="all"):
            standing.restore(closed, "cleared", desk=Desk(author))
            standing.erase(proposed, "request", desk=Desk(author))
        for visitor in self.each("officer"):
            page = visitor.page
            self.look(visitor, "/admin/")
            self.look(visitor, page_of(closed))
            self.look(visitor, f"{LIST}{closed.pk}/propozycja/")
            with page.expect_navigation():
                page.locator("[value=return]").click()
            self.look(visitor)
            self.look(visitor, f"{LIST}{proposed.pk}/propozycja/")
            self.look(visitor, f"{LIST}{self.person.pk}/usuniecie/")
            page.evaluate("document.querySelector('.case-form').noValidate = true")
            with page.expect_navigation():
                page.locator(".case-form button").click()
            self.look(visitor)

    def test_retention_holds_and_copies(self) -> None:
        desk = Desk(clerk("officer"))
        holds.set_hold(self.person, "giif", timezone.localdate(), desk=desk)
        for visitor in self.each("officer"):
            page = visitor.page
            visitor.complaints.expected.add(400)
            self.look(visitor, "/admin/retention/")
            self.look(visitor, page_of(self.person))
            for name in ("wstrzymanie", "kopia"):
                self.look(visitor, f"{LIST}{self.person.pk}/{name}/")
                for button in range(page.locator(".case-form").count()):
                    with page.expect_navigation():
                        page.locator(".case-form button").nth(button).click()
                    self.look(visitor)

    def test_link_to_a_first_method_for_who_has_a_password(self) -> None:
        link = invites.renew(clerk("support", password=PASSWORD))
        for visitor in self.each():
            self.look(visitor, link[link.index("/admin/") :])
            with visitor.page.expect_navigation():
                visitor.page.locator(".actions button").click()
            self.look(visitor)

    def test_pages_of_an_administrator(self) -> None:
        member, source = clerk("support"), Source.objects.order_by("pk")[0]
        for visitor in self.each("administrator"):
            for address in (
                "/admin/",
                MEMBERS,
                f"{MEMBERS}{member.pk}/change/",
                SOURCES,
                f"{SOURCES}add/",
                f"{SOURCES}{source.pk}/change/",
                f"{SOURCES}{source.pk}/delete/",
                f"{SOURCES}{source.pk}/history/",
                "/admin/accounts/staffevent/",
                f"/admin/staff/{member.pk}/methods/reset/",
            ):
                self.look(visitor, address)
            visitor.page.goto(f"{SOURCES}add/")
            with visitor.page.expect_navigation():
                visitor.page.locator("[name=_save]").click()
            self.look(visitor)
