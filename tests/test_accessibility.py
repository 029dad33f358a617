"""No page in any of its states has a fault that axe-core can find (WCAG 2.2 AA, best practice)."""

import re
from datetime import timedelta
from unittest import mock

from django.conf.urls.i18n import i18n_patterns
from django.core import mail
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path
from django.utils import timezone
from playwright.sync_api import expect

from accounts import disowning, email_link, news_link, phone_link, reopening_link, tokens
from accounts.contact import services as contact
from accounts.limits import Limit
from accounts.models import AccountEvent, EmailChange, Kind, Passkey, RecoveryCode, User
from accounts.privacy import services as my_data
from accounts.registration import friction
from accounts.services import (
    activation,
    allowance,
    credentials,
    events,
    one_time_code,
    registration,
    review,
)
from accounts.services.activation import PASSWORD_TRIES
from accounts.sessions import confirmation
from accounts.sign_in import tries
from accounts.totp import first_step, services
from accounts.values.visit import NOBODY
from kantor import urls
from kantor.urls import handler400, handler403, handler404, handler500
from tests import browsers, closings, factories
from tests.audit import AuditTestCase
from tests.browser import EMAIL, PASSWORD, BrowserVisitor, bring_session, sign_in
from tests.clock import later
from tests.device import Device
from tests.later_terms import day_in, published
from tests.phone import OTHER_KEYS, Phone, stopped_clock, turned_on
from tests.test_second_step import after_first_step


def fail(request: HttpRequest, status: int) -> HttpResponse:
    """Go wrong in the way that ends in this status."""
    raise {400: SuspiciousOperation, 403: PermissionDenied, 500: RuntimeError}[status]


urlpatterns = [
    *urls.urlpatterns,
    *i18n_patterns(path("awaria/<int:status>/", fail), prefix_default_language=False),
]
__all__ = ["handler400", "handler403", "handler404", "handler500"]


class AccessibilityTests(AuditTestCase):
    """Walk through all pages, in all their states, with axe-core looking at each."""

    def sign_in(self, visitor: BrowserVisitor, email: str, password: str = PASSWORD) -> None:
        """Fill in the form for signing in and send it."""
        visitor.open("/logowanie/")
        visitor.sign_in(email, password)

    def test_content_pages(self) -> None:
        for visitor in self.in_both():
            for address in (
                "/",
                "/o-nas/",
                "/jak-to-dziala/",
                "/korzysci/",
                "/pomoc/pierwsze-kroki/rejestracja/",
                "/regulamin/",
                "/regulamin/2026-11-23/",
                "/prywatnosc/",
                "/deklaracja-dostepnosci/",
                "/styl/",
                "/pomoc/",
            ):
                self.audit(visitor.open(address))
            for question in visitor.page.locator("summary").all():
                question.click()
            self.audit(visitor, "questions open")

    def test_too_many_registrations(self) -> None:
        none = Limit("none", times=0, window=timedelta(minutes=10))
        with mock.patch.object(friction, "ATTEMPTS", none):
            for visitor in self.in_both():
                visitor.complaints.expected.add(429)
                visitor.open("/rejestracja/").choose("Company").press("Next")
                self.audit(visitor, "too many")

    def test_registration_of_a_company(self) -> None:
        for visitor in self.in_both():
            self.audit(visitor.open("/rejestracja/"))
            self.audit(visitor.press("Next").is_refused(), "refused")
            self.audit(visitor.choose("Company").press("Next"))
            visitor.choose("I want to give a different correspondence address")
            self.audit(visitor.press("Next").is_refused(), "refused, two addresses")
            visitor.page.evaluate("addEventListener('submit', (event) => event.preventDefault())")
            visitor.button("Next").click()
            visitor.page.locator("form[aria-busy=true]").wait_for()
            self.audit(visitor, "busy")
            visitor.reload()
            self.audit(visitor.press("Cancel").is_at("Cancel the registration?"))
            visitor.follow("Return to the registration").fill_details("Company")
            visitor.field("I want to give a different correspondence address").uncheck()
            self.audit(visitor.press("Next").is_at("Step 2a – Checking the details"))
            self.audit(visitor.press("Next").is_at("Step 2b – Setting the password"))
            self.audit(visitor.press("Next").is_refused(), "refused")
            visitor.fill({"Account password": "Zima2026!"})
            visitor.page.locator("[data-strength-advice] li").first.wait_for()
            self.audit(visitor, "weak password")
            one_time_code.PAUSE.clear(EMAIL)
            visitor.button("Send a code by e-mail").click()
            visitor.field("Code from the e-mail").wait_for()
            self.audit(visitor, "a code sent")
            self.audit(visitor.press("Next").is_refused(), "the code refused")
            visitor.button("Back to the picture").click()
            # Where the script puts the focus is where typed characters would go.
            expect(visitor.field("Copy the characters from the picture")).to_be_focused()
            visitor.fill({"Account password": PASSWORD})
            visitor.page.locator("[data-strength-meter][data-score='4']").wait_for()
            self.audit(visitor, "strong password")
            self.audit(visitor.set_password().is_at("Step 2c – Accepting the Terms"))
            self.audit(visitor.press("Register").is_refused(), "refused")
            self.audit(visitor.press("Back").is_at("Step 2b – Setting the password"), "set")

    def test_a_mistyped_address_on_the_form_and_on_the_review(self) -> None:
        for visitor in self.in_both():
            visitor.reach_details("Individual")
            visitor.fill_details("Individual", email="jan@gmial.com")
            visitor.field("E-mail address (login)").blur()
            visitor.page.locator("[name='wizard_suggestion']:visible").wait_for()
            self.audit(visitor, "asked")
            visitor.fill({"Phone number": "1"}).press("Next").is_refused()
            self.audit(visitor, "asked and refused")
            visitor.fill({"Phone number": "601 234 567"}).press("Next")
            self.audit(visitor.is_at("Step 2a – Checking the details"), "asked")

    def test_registration_of_a_person_and_what_follows(self) -> None:
        for visitor in self.in_both():
            email = f"{visitor.language}@example.com"
            self.audit(visitor.reach_details("Individual"))
            self.audit(visitor.press("Next").is_refused(), "refused")
            self.audit(visitor.fill_details("Individual", email=email).press("Next"))
            self.audit(visitor.press("Next").set_password())
            last_step = visitor.path
            self.audit(visitor.tick_all().press("Register").is_at("Check your mailbox"))
            self.audit(visitor.open(last_step, status=410), "finished")
            visitor.complaints.expected.add(429)
            visitor.open("/rejestracja/wyslano/")
            # Held back here by the script; the server refuses who has none.
            visitor.button("Send the message again").evaluate("button => button.disabled = false")
            self.audit(visitor.press("Send the message again"), "has to wait")
            allowance.LINK_PAUSE.clear(email)
            visitor.open("/rejestracja/wyslano/").press("Send the message again")
            self.audit(visitor, "sent again")
            visitor.open("/rejestracja/wyslano/").follow("Correct the e-mail address")
            self.audit(visitor.press("Correct and send the link").is_refused(), "address refused")
            link = self.activation_link()
            self.audit(visitor.open(link).is_at("The account is active"))
            other = "inne (jakie?)" if visitor.language == "pl" else "other (what?)"
            visitor.field("How did you hear about kantor.pl?").select_option(label=other)
            visitor.fill({"Please say where": "\u202e"}).press("Send the answer")
            self.audit(visitor.is_refused(), "refused")
            visitor.open("/aktywacja/gotowe/")
            visitor.field("How did you hear about kantor.pl?").select_option(index=1)
            self.audit(visitor.press("Send the answer"), "answered")
            self.audit(visitor.open(link), "already active")
            self.audit(visitor.open("/rejestracja/wyslano/"), "active")
            visitor.open("/rejestracja/").press("Cancel")
            self.audit(visitor.press("Cancel and delete my details"))

    def test_activation_links(self) -> None:
        for visitor in self.in_both():
            user = factories.registered(Kind.COMPANY, language=visitor.language)
            address = f"/aktywacja/{tokens.make(user, user.link_serial)}/"
            self.audit(visitor.open(address))
            self.audit(visitor.press("Activate account").is_refused(), "refused")
            with override_settings(ACTIVATION_LINK_HOURS=-1):
                self.audit(visitor.open(address, status=410), "expired")
            self.audit(visitor.open(f"{address}to-nie-ja/"))
            for _ in range(PASSWORD_TRIES.times):
                PASSWORD_TRIES.hit(str(user.pk))
            visitor.complaints.expected.add(429)
            visitor.open(address).fill({"Password you chose when registering": "Zgaduje-7-razy"})
            self.audit(visitor.press("Activate account"), "too many tries")
            registration.resend_link(user)
            self.audit(visitor.open(address, status=410), "superseded")
            visitor.open(f"/aktywacja/{tokens.make(user, user.link_serial)}/to-nie-ja/")
            self.audit(visitor.press("It was not me, delete the details"), "refused")
            self.audit(visitor.open("/aktywacja/zepsuty/", status=404), "broken")
            closed = factories.suspended(language=visitor.language)
            token = tokens.make(closed, closed.link_serial)
            self.audit(visitor.open(f"/aktywacja/{token}/", status=410), "suspended")
            self.audit(visitor.open("/rejestracja/wyslano/"), "nothing to wait for")

    def test_sign_in_and_account(self) -> None:
        for visitor in self.in_both():
            self.audit(visitor.open("/logowanie/"))
            self.audit(visitor.press("Next").is_refused(), "nothing typed")
            visitor.fill({"E-mail address (login)": "nikt@example.com"})
            self.audit(visitor.press("Next"), "password")
            self.audit(visitor.press("Sign in").is_refused(), "refused")
            nobody = f"nikt-{visitor.language}@example.com"
            self.sign_in(visitor, nobody)
            self.audit(visitor.is_refused(), "no such account")
            for _ in range(tries.HERE.times):
                tries.HERE.hit(f"{nobody} 127.0.0.1")
            visitor.complaints.expected.add(429)
            self.sign_in(visitor, nobody)
            self.audit(visitor, "too many tries")
            pending = factories.registered(language=visitor.language)
            self.sign_in(visitor, pending.email, factories.PASSWORD)
            self.audit(visitor, "pending")
            user = factories.activated(Kind.COMPANY, language=visitor.language, news=True)
            self.sign_in(visitor, user.email, factories.PASSWORD)
            self.audit(visitor.is_at("Your account"))
            self.audit(visitor.open("/haslo/zmiana/"))
            visitor.button("Suggest a password").click()
            visitor.page.locator("[data-strength-meter][data-score='4']").wait_for()
            self.audit(visitor, "proposed")
            self.audit(visitor.press("Save the new password").is_refused(), "refused")
            self.audit(visitor.open("/rejestracja/"), "signed in")

    def test_account_and_details(self) -> None:
        for visitor in self.in_both():
            user = factories.activated(Kind.COMPANY, language=visitor.language)
            visitor.signed_in_as(user)
            for state in ("approved", "rejected", "correction"):
                factories.decide(user, state, words="Brakuje numeru.")
                self.audit(visitor.open("/konto/"), state)
            self.audit(visitor.open("/konto/dane/"), "correction")
            self.audit(visitor.open("/konto/dane/adres/"))
            visitor.open("/konto/dane/imie-i-nazwisko/")
            self.audit(visitor.press("Send the request").is_refused(), "refused")
            visitor.fill({"Why the details change": "x"}).press("Send the request")
            self.audit(visitor.is_at("Your details"), "asked")

    def test_phone_and_email(self) -> None:
        for visitor in self.in_both():
            user = factories.activated(language=visitor.language)
            new = f"nowy.{visitor.language}@nowak.example"
            visitor.signed_in_as(user)
            self.audit(visitor.open("/konto/dane/telefon/"))
            self.audit(visitor.press("Save the new number").is_refused(), "refused")
            self.audit(visitor.open("/konto/dane/email/"))
            self.audit(visitor.press("Send the link").is_refused(), "refused")
            contact.ask(user, new, visit=NOBODY)
            self.audit(visitor.open("/konto/dane/"), "waits for the new address")
            change = EmailChange.objects.get(new_email=new)
            confirm = f"/konto/nowy-adres/{email_link.make_confirmation(change)}/"
            undo = f"/konto/cofnij-adres/{email_link.make_undoing(change)}/"
            self.audit(visitor.open(confirm), "asks")
            self.audit(visitor.press("I confirm the address"), "confirmed")
            self.audit(visitor.open(undo), "asks")
            self.audit(visitor.press("Undo the change"), "undone")
            self.audit(visitor.open(confirm, status=410), "over")
            self.audit(visitor.open("/konto/cofnij-adres/zepsuty/", status=404), "broken")

    def test_sign_in_and_security(self) -> None:
        for visitor in self.in_both():
            user = factories.activated(language=visitor.language)
            self.sign_in(visitor, user.email, factories.PASSWORD)
            for agent in (browsers.FIREFOX, browsers.IPHONE):
                browsers.signed_in(user, agent=agent)
            for _ in range(9):
                events.record(user, AccountEvent.Kind.PASSWORD_CHANGED)
            self.audit(visitor.open("/konto/bezpieczenstwo/"))
            with visitor.page.expect_navigation():
                visitor.page.get_by_role("link", name=visitor.say("End")).nth(1).click()
            self.audit(visitor, "one")
            self.audit(visitor.press("End the session"), "ended")
            self.audit(visitor.open("/konto/bezpieczenstwo/sesje/zakoncz/"))
            self.audit(visitor.open("/konto/potwierdz/"))
            self.audit(visitor.press("Confirm").is_refused(), "refused")
            User.objects.filter(pk=user.pk).update(password_barred_at=timezone.now())
            self.audit(visitor.open("/konto/bezpieczenstwo/"), "barred")

    def test_consents(self) -> None:
        for visitor in self.in_both():
            user = factories.activated(language=visitor.language, news=True)
            link = f"/zgody/{news_link.make(user)}/"
            self.sign_in(visitor, user.email, factories.PASSWORD)
            self.audit(visitor.open("/konto/zgody/"))
            for summary in visitor.page.locator("main details > summary").all():
                summary.click()
            self.audit(visitor, "histories")
            self.audit(visitor.open(link), "asks")
            self.audit(visitor.press("Withdraw the consent"), "withdrawn")
            self.audit(visitor.open("/konto/zgody/"), "news withdrawn")
            self.audit(visitor.open("/zgody/zepsuty/", status=404), "broken")

    def test_new_terms(self) -> None:
        for visitor in self.in_both():
            user = factories.activated(language=visitor.language)
            visitor.signed_in_as(user)
            self.audit(visitor.open("/konto/regulamin/"), "nothing new")
            # A day that stays: the report names the addresses.
            with published("2099-01-01"):
                self.audit(visitor.open("/konto/moje-dane/"), "new terms announced")
                self.audit(visitor.open("/konto/regulamin/"), "announced")
                self.audit(visitor.open("/regulamin/"), "new version announced")
                self.audit(visitor.open("/regulamin/2099-01-01/"), "announced")
            with published(day_in(30)), later(days=30):
                visitor.signed_in_as(user)
                self.audit(visitor.open("/konto/zgody/"), "in force")
                self.audit(visitor.press("Accept").is_refused(), "refused")

    def test_my_data(self) -> None:
        for visitor in self.in_both():
            user = factories.activated(language=visitor.language)
            visitor.signed_in_as(user)
            self.audit(visitor.open("/konto/moje-dane/"))
            with mock.patch.object(confirmation, "VALID_FOR", timedelta(0)):
                self.audit(visitor.open("/konto/moje-dane/"), "to be confirmed")
            for _ in range(my_data.DOWNLOADS.times):
                my_data.DOWNLOADS.hit(str(user.pk))
            self.audit(visitor.open("/konto/moje-dane/"), "five times")

    def test_email_that_cannot_be_changed(self) -> None:
        for visitor in self.in_both():
            user = factories.activated(language=visitor.language)
            old, new = user.email, f"dalej.{visitor.language}@nowak.example"
            visitor.signed_in_as(user)
            for _ in range(contact.CHANGES.times):
                contact.CHANGES.hit(str(user.pk))
            visitor.complaints.expected.add(429)
            visitor.open("/konto/dane/email/").fill({"New e-mail address (login)": new})
            self.audit(visitor.press("Send the link"), "too often")
            contact.CHANGES.clear(str(user.pk))
            contact.ask(user, new, visit=NOBODY)
            change = EmailChange.objects.get(new_email=new)
            taken = factories.activated(email=new)
            link = f"/konto/nowy-adres/{email_link.make_confirmation(change)}/"
            self.audit(visitor.open(link, status=409), "taken")
            taken.delete()
            contact.confirm(change, visit=NOBODY)
            change.refresh_from_db()
            factories.activated(email=old)
            contact.undo(change, visit=NOBODY)
            link = f"/konto/cofnij-adres/{email_link.make_undoing(change)}/"
            self.audit(visitor.open(link, status=409), "blocked")

    def test_offer_to_reopen_at_the_door(self) -> None:
        for visitor in self.in_both():
            closed = closings.closed(language=visitor.language)
            visitor.open("/logowanie/").sign_in(closed.email, factories.PASSWORD)
            self.audit(visitor.is_at("Restore the account?"))

    def test_closing(self) -> None:
        for visitor in self.in_both():
            user = closings.approved(language=visitor.language)
            visitor.signed_in_as(user)
            self.audit(visitor.open("/konto/zamknij/"), "approved")
            other = factories.activated(language=visitor.language)
            visitor.signed_in_as(other)
            with mock.patch.object(confirmation, "VALID_FOR", timedelta(0)):
                self.audit(visitor.open("/konto/zamknij/"), "to be confirmed")
            self.audit(visitor.open("/konto/zamknij/"))
            visitor.press("Close the account")
            self.audit(visitor)
            closed = User.objects.get(pk=other.pk)
            link = f"/konto/przywroc/{reopening_link.make(closed)}/"
            self.audit(visitor.open(link), "asks")
            review.suspend(closed)
            self.audit(visitor.open(link), "blocked")
            factories.restore(closed)
            new = factories.registered(email=other.email)
            activation.activate(new)
            self.audit(visitor.open(link, status=409), "new account")
            new.delete()
            with later(days=15):
                self.audit(visitor.open(link, status=410), "late")
            self.audit(visitor.open(link).press("Restore the account"), "open")
            closings.close(closed)
            self.audit(visitor.open(link, status=410), "newer link")
            self.audit(visitor.open("/konto/przywroc/zepsuty/", status=404), "broken")

    def test_end_of_a_session(self) -> None:
        for visitor in self.in_both():
            user = factories.activated(language=visitor.language)
            visitor.page.clock.install()
            self.sign_in(visitor, user.email, factories.PASSWORD)
            with later(minutes=13):
                visitor.page.clock.fast_forward(13 * 60 * 1000)
                visitor.page.get_by_role("alertdialog").wait_for()
                self.audit(visitor, "two minutes left")
            with later(minutes=15):
                self.audit(visitor.open("/konto/"), "expired")

    def test_sign_in_that_was_not_the_owners(self) -> None:
        for visitor in self.in_both():
            user = factories.activated(language=visitor.language)
            event = events.record(user, AccountEvent.Kind.SIGNED_IN)
            link = f"/konto/to-nie-ja/{disowning.make(event)}/"
            self.audit(visitor.open(link), "asks")
            self.audit(visitor.press("It was not me, block the password"), "barred")
            credentials.change_password(user, f"{PASSWORD}!nowe", is_reset=True)
            self.audit(visitor.open(link, status=410), "over")
            self.audit(visitor.open("/konto/to-nie-ja/zepsuty/", status=404), "broken")
            late = events.record(user, AccountEvent.Kind.SIGNED_IN)
            with later(days=7):
                link = f"/konto/to-nie-ja/{disowning.make(late)}/"
                self.audit(visitor.open(link, status=410), "expired")

    def test_passkeys(self) -> None:
        passkeys = "/konto/bezpieczenstwo/klucze/"
        for visitor in self.in_both():
            visitor.signed_in_as(factories.activated(language=visitor.language))
            self.audit(visitor.open(passkeys).is_at("Your passkeys"), "none")
            self.audit(visitor.follow("Add a passkey").is_at("Add a passkey"))
            self.audit(visitor.open(f"{passkeys}potwierdz/"))
            # The audit takes a device away from its browser: each use has one of its own.
            Device(visitor.page)
            visitor.open(f"{passkeys}nowy/").press("Add a passkey")
            self.audit(visitor.is_at("Your passkeys"), "added")
            self.audit(visitor.follow("Change the name"))
            visitor.fill({"Name of the passkey": "-"}).press("Save the name")
            self.audit(visitor.is_refused(), "refused")
            self.audit(visitor.open(passkeys).follow("Remove"))
            Device(visitor.page)
            visitor.open(f"{passkeys}nowy/").press("Add a passkey")
            Passkey.objects.all().delete()
            visitor.page.context.clear_cookies()
            visitor.open("/logowanie/klucz/").press("Sign in with a passkey")
            self.audit(visitor, "refused")
            self.audit(visitor.open("/logowanie/klucz/"))
            Device(visitor.page)
            visitor.button("Sign in with a passkey").click()
            visitor.page.locator("[data-passkey] [role=status]:not(:empty)").wait_for()
            self.audit(visitor, "none found")

    def test_forgotten_password(self) -> None:
        for visitor in self.in_both():
            user = factories.activated(language=visitor.language)
            self.audit(visitor.open("/haslo/"))
            self.audit(visitor.press("Send the link").is_refused(), "refused")
            visitor.fill({"E-mail address (login)": user.email})
            self.audit(visitor.press("Send the link"))
            body = str(mail.outbox[-1].body)
            (link,) = re.findall(rf"{self.live_server_url}(\S*/haslo/\S+)", body)
            self.audit(visitor.open(link))
            visitor.fill({"New password": "a", "Confirm the new password": "b"})
            self.audit(visitor.press("Save the new password").is_refused(), "refused")
            new = dict.fromkeys(("New password", "Confirm the new password"), f"{PASSWORD}!nowe")
            self.audit(visitor.fill(new).press("Save the new password"))
            self.audit(visitor.open(link), "used")

    def test_phone_number_that_is_not_known(self) -> None:
        for visitor in self.in_both():
            with stopped_clock():
                user = factories.activated(language=visitor.language)
                phone, _ = turned_on(user)
                self.audit(visitor.open("/logowanie/numer/"))
                self.audit(visitor.press("Send the link").is_refused(), "refused")
                visitor.fill({"E-mail address (login)": user.email})
                self.audit(visitor.press("Send the link").is_at("Check your mailbox"))
                body = str(mail.outbox[-1].body)
                (link,) = re.findall(rf"{self.live_server_url}(\S*/numer/\S+)", body)
                self.audit(visitor.open(link).is_at("Confirm that it is you"))
                self.audit(visitor.press("Next").is_refused(), "refused")
                visitor.fill({"Password": factories.PASSWORD}).press("Next")
                self.audit(visitor.is_at("Enter the code from the app"))
                self.audit(visitor.press("Next").is_refused(), "refused")
                visitor.fill({"6 digits from the app": phone.code()}).press("Next")
                self.audit(visitor.is_at("Your phone number"))
                self.audit(visitor.press("Save the new number").is_refused(), "refused")
                visitor.fill({"New phone number": "512 345 678"}).press("Save the new number")
                self.audit(visitor.is_at("The phone number has been changed"))
                self.audit(visitor.open(link, status=410), "used")
                self.audit(visitor.open("/logowanie/numer/zepsuty/", status=404), "broken")
                with mock.patch.object(phone_link, "LIFETIME", timedelta(0)):
                    self.audit(visitor.open(link, status=410), "expired")

    def test_authenticator_app(self) -> None:
        for visitor in self.in_both():
            user = factories.activated(language=visitor.language)
            sign_in(visitor, user)
            self.audit(visitor.open("/konto/bezpieczenstwo/kody/"), "off")
            self.audit(visitor.follow("Turn on the authenticator app", within="main"))
            self.audit(visitor.press("Turn on").is_refused(), "refused")
            phone = Phone(visitor.page.locator(".key").inner_text())
            visitor.fill({"6 digits from the app": phone.code()})
            self.audit(visitor.press("Turn on").is_at("Recovery codes"), "codes")
            self.audit(visitor.follow("I have saved the codes").is_at("Authenticator app"), "on")
            self.audit(visitor.follow("New recovery codes"))
            self.audit(visitor.press("Make new codes").is_at("Recovery codes"), "codes")
            RecoveryCode.objects.filter(user=user).delete()
            self.audit(visitor.open("/konto/bezpieczenstwo/kody/"), "no recovery codes left")
            self.audit(visitor.follow("Turn off the authenticator app"))

    @override_settings(ROOT_URLCONF="tests.test_second_step")
    def test_second_step(self) -> None:
        for visitor in self.in_both():
            with stopped_clock():
                user = factories.activated(language=visitor.language)
                phone, _ = turned_on(user)
            bring_session(visitor, after_first_step(user).client)
            self.audit(visitor.open("/logowanie/kod/").is_at("Enter the code from the app"))
            visitor.fill({"6 digits from the app": phone.wrong_code()}).press("Sign in")
            self.audit(visitor.is_refused(), "refused")
            self.audit(visitor.follow("I don’t have my phone: use a recovery code"), "recovery")
            with override_settings(TOTP_KEYS=OTHER_KEYS), self.assertLogs("accounts", "ERROR"):
                visitor.complaints.expected.add(503)
                visitor.fill({"Recovery code": "Z" * 24}).press("Sign in")
                self.audit(visitor.is_at("We cannot check your code at the moment"), "unreadable")
            for _ in range(services.TRIES.times):
                services.TRIES.hit(str(user.pk))
            visitor.complaints.expected.add(429)
            visitor.open("/logowanie/kod/").fill({"6 digits from the app": "000000"})
            self.audit(visitor.press("Sign in").is_refused(), "too many tries")
            with mock.patch.object(first_step, "LIFETIME", timedelta(0)):
                self.audit(visitor.open("/logowanie/kod/").is_at("Sign in again"), "expired")

    @override_settings(ROOT_URLCONF="tests.test_accessibility")
    def test_error_pages(self) -> None:
        for visitor in self.in_both():
            with self.assertLogs("django", "WARNING"):
                for status in (400, 403, 500):
                    self.audit(visitor.open(f"/awaria/{status}/", status=status))
                self.audit(visitor.open("/nie-ma/", status=404))
                for closed in ("site", "registration"):
                    with override_settings(MAINTENANCE=closed):
                        self.audit(visitor.open("/rejestracja/", status=503), f"{closed} closed")
                attempt = "0b2d1f8e-4b50-4b7c-9d1c-0d0d0d0d0d0d"
                self.audit(visitor.open(f"/rejestracja/{attempt}/dane/", status=404))
                visitor.complaints.expected.add(403)
                visitor.open("/haslo/").page.context.clear_cookies()
                self.audit(visitor.press("Send the link"), "without its cookie")
