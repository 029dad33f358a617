"""Drive the site with a real browser, as a person does: by what is written on the page."""

import os
import re
from typing import Any, ClassVar, Self
from unittest import mock
from urllib.parse import urlsplit

from captcha.models import CaptchaStore
from django.conf import settings
from django.contrib.staticfiles.testing import StaticLiveServerTestCase
from django.core import mail
from django.db import connection, connections
from django.test import Client, override_settings, tag
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from playwright.sync_api import TimeoutError as NotInTime

from accounts.models import User
from accounts.registration import friction
from accounts.views import password_help, still_wrong
from kantor.serving.typography import untie
from tests import chromium
from tests.browsers import put_in
from tests.complaints import Complaints
from tests.desk import sit_down
from tests.doors import NUMBER
from tests.walk import Visitor

LOCAL_LIMITS = (
    *(friction.PICTURES, friction.SOUNDS),
    *(password_help.CALLS, password_help.NETWORK_CALLS, still_wrong.CALLS),
)
NARROW, PHONE, DESK = 320, 360, 1280
HEIGHTS = {NARROW: 568, PHONE: 740, DESK: 900}

# Milliseconds until a wait gives up: what it waits for comes as soon as the machine has the time.
PATIENCE = 60_000
expect.set_options(timeout=PATIENCE)


@tag("browser")
class BrowserTestCase(StaticLiveServerTestCase):
    """Find the process's one site and one Chromium; each test opens contexts of its own in it.

    Whatever the browser complains of fails the test at its end: errors and policy violations in
    the console, failed or foreign requests, dialogs. Without Chromium the class is skipped, but
    fails where CI is set.
    """

    # The flush after each test would take the rows that migrations made.
    serialized_rollback = True
    browser: ClassVar[Browser]

    @classmethod
    def setUpClass(cls) -> None:
        """Start the site and the browser for the first class of the process."""
        chromium.program()
        # Whatever ran in this process before counts on the same network: a meter that has gone
        # quiet because of others would be waited for in vain.
        for limit in LOCAL_LIMITS:
            limit._tries.clear()
        # Playwright's event loop runs in this thread: Django would refuse the ORM, and keeps other
        # connections than outside the loop, which know nothing of the serialized rows.
        cls.enterClassContext(mock.patch.dict(os.environ, {"DJANGO_ALLOW_ASYNC_UNSAFE": "true"}))
        super().setUpClass()
        cls.enterClassContext(override_settings(BASE_URL=cls.live_server_url))
        rows = connection._test_serialized_contents  # type: ignore[attr-defined]
        cls.browser = chromium.browser()
        cls.addClassCleanup(chromium.rest)
        connection._test_serialized_contents = rows  # type: ignore[attr-defined]
        cls.addClassCleanup(connections.close_all)

    @classmethod
    def _start_server_thread(cls) -> None:
        """Serve from the first class to the process's end: to stop takes up to half a second."""
        if not hasattr(BrowserTestCase, "server_thread"):
            super()._start_server_thread()  # type: ignore[misc]
            BrowserTestCase.server_thread = cls.server_thread

    @classmethod
    def _terminate_thread(cls) -> None:
        """Let the site serve the next class."""

    def visitor(
        self, language: str = "pl", width: int = DESK, *, scripts: bool = True
    ) -> "BrowserVisitor":
        """Return somebody with a browser of his own, without cookies yet."""
        context = self.browser.new_context(
            base_url=self.live_server_url,
            locale="pl-PL",
            timezone_id="Europe/Warsaw",
            viewport={"width": width, "height": HEIGHTS[width]},
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE)
        complaints = Complaints(context, self.live_server_url)
        self.addCleanup(self._finish, context, complaints)
        return BrowserVisitor(context.new_page(), complaints, language)

    def _finish(self, context: BrowserContext, complaints: Complaints) -> None:
        context.close()
        assert not complaints.heard, "\n".join(complaints.heard)

    def activation_link(self) -> str:
        """Return the path of the link in the newest activation mail."""
        links = [
            match[0]
            for message in mail.outbox
            if (match := re.search(rf"{self.live_server_url}\S*/aktywacja/\S+", str(message.body)))
        ]
        return links[-1].removeprefix(self.live_server_url)


class BrowserVisitor:
    """One person in one tab, who finds everything by its label.

    The tests speak English; on Polish pages the visitor looks for the Polish words of `POLISH`,
    written by hand from the guide and not taken from the catalogue.
    """

    def __init__(self, page: Page, complaints: Complaints, language: str) -> None:
        self.page = page
        self.complaints = complaints
        self.language = language

    def say(self, words: str) -> str:
        """Return the words as the pages of this visitor's language have them."""
        return POLISH[words] if self.language == "pl" else words

    def new_tab(self) -> Self:
        """Return the same person in another tab."""
        return type(self)(self.page.context.new_page(), self.complaints, self.language)

    def show_tab(self) -> Self:
        """Bring this tab to the front; a browser draws the others once a second at most."""
        self.page.bring_to_front()
        return self

    def anew(self, width: int, language: str = "") -> Self:
        """Be somebody else, in a window of this width: the tab stays and its cookies go.

        A tab that has been somewhere costs a third of a new one; the pages keep nothing but
        cookies. For a test that walks one way at several widths. The last page is left first: its
        scripts would go on to ask, and be refused without a cookie.
        """
        self.page.goto("about:blank")
        self.page.context.clear_cookies()
        self.page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
        self.language = language or self.language
        return self

    def signed_in_as(self, user: User) -> Self:
        """Put the session of somebody who has signed in into this browser."""
        client = sit_down(Client(), user) if user.is_staff else put_in(user, Client())
        name = settings.SESSION_COOKIE_NAME
        value = client.cookies[name].value
        self.page.context.add_cookies([{"name": name, "value": value, "url": settings.BASE_URL}])
        return self

    def sign_in(self, email: str, password: str, digits: str = NUMBER) -> Self:
        """Go through both pages of the sign-in, from the first of them."""
        self.fill({"E-mail address (login)": email}).press("Next")
        self.page.locator("#id_digits").fill(digits)
        return self.fill({"Password": password}).press("Sign in")

    # -- going --------------------------------------------------------------------------

    def open(self, path: str, status: int = 200) -> Self:
        """Type an address: a path as it is in Polish, or a whole one with its language."""
        if status >= 400:
            self.complaints.expected.add(status)
        if self.language != "pl" and not path.startswith(f"/{self.language}/"):
            path = f"/{self.language}{path}"
        response = self.page.goto(path)
        assert response is not None
        assert response.status == status, f"{response.status} instead of {status}: {path}"
        return self

    def follow(self, words: str, within: str = "body") -> Self:
        """Click the first link with these words; it may say more to a screen reader."""
        link = self.page.locator(within).get_by_role("link", name=self.say(words))
        with self.page.expect_navigation():
            link.first.click()
        return self

    def press(self, words: str) -> Self:
        """Press the first button with these words and wait for the page that comes."""
        with self.page.expect_navigation():
            self.button(words).click()
        return self

    def reload(self) -> Self:
        """Press F5; it must not send a form again."""
        response = self.page.reload()
        assert response is not None
        assert response.request.method == "GET", f"F5 posts again: {self.page.url}"
        return self

    def back(self) -> Self:
        """Press the browser's Back; it must find a page without sending a form again."""
        response = self.page.go_back()
        if response is not None:
            assert response.request.method == "GET", f"Back posts again: {self.page.url}"
        assert self.page.locator("h1").count() == 1, f"Back shows no page: {self.page.content()}"
        return self

    def forward(self) -> Self:
        """Press the browser's Forward."""
        self.page.go_forward()
        return self

    # -- reading ------------------------------------------------------------------------

    @property
    def path(self) -> str:
        """Return the path of the address."""
        return urlsplit(self.page.url).path

    @property
    def heading(self) -> str:
        """Return the words of the page's one h1."""
        return untie(self.page.locator("h1").inner_text())

    def is_at(self, heading: str) -> Self:
        """Make sure that this is the page, and that nothing on it sticks out sideways."""
        assert self.heading == self.say(heading), f"{self.heading!r} on {self.path}"
        return self.fits()

    def fits(self) -> Self:
        """Make sure that the page needs no scrolling sideways."""
        too_wide = self.page.evaluate(OVERFLOWING)
        assert not too_wide, f"Wider than the window on {self.path}: {too_wide}"
        return self

    def fits_everywhere(self, width: int) -> Self:
        """Make sure of `fits` at both widths; the window is `width` wide again afterwards."""
        for each in (PHONE + DESK - width, width):
            self.page.set_viewport_size({"width": each, "height": HEIGHTS[each]})
            self.fits()
        return self

    def in_large_letters(self, percent: int) -> Self:
        """Make sure of `fits` with letters of this size; they are as usual afterwards."""
        settings = self.page.context.new_cdp_session(self.page)
        usual = {"standard": 16, "fixed": 13}
        large = {name: size * percent // 100 for name, size in usual.items()}
        settings.send("Page.setFontSizes", {"fontSizes": large})
        self.fits()
        settings.send("Page.setFontSizes", {"fontSizes": usual})
        settings.detach()
        return self

    @property
    def errors(self) -> list[str]:
        """Return the sentences of the error summary."""
        return [untie(each) for each in self.page.locator("#error-summary li").all_inner_texts()]

    def is_refused(self) -> Self:
        """Make sure that the error summary is there and has the focus."""
        assert self.errors, f"Nothing is refused on {self.path}"
        try:
            self.page.wait_for_function(SUMMARY_HAS_FOCUS, timeout=PATIENCE / 4)
        except NotInTime:
            # Chromium drops now and then what is to be focused (puppeteer, pull request 5116), and
            # without scripts nobody repairs it. A page that does not ask for it fails again.
            self.reload().page.wait_for_function(SUMMARY_HAS_FOCUS)
        return self.fits()

    def shows(self, words: str) -> bool:
        """Tell whether the main part has these words, as they are."""
        return words in untie(self.page.locator("main").inner_text())

    # -- filling in ---------------------------------------------------------------------

    def field(self, label: str, within: str | None = None) -> Locator:
        """Return the field of this label, in the named group when labels repeat."""
        words = r"\s".join(re.escape(word) for word in self.say(label).split())
        name = re.compile(rf"^{words}(\s+\((opcjonalnie|optional)\))?$")
        scope = self.page.locator("main")
        if within is not None:
            scope = scope.get_by_role("group", name=self.say(within), exact=True)
        return scope.get_by_label(name)

    def button(self, words: str) -> Locator:
        """Return the first button with these words."""
        return self.page.get_by_role("button", name=self.say(words), exact=True).first

    def fill(self, answers: dict[str, str], within: str | None = None) -> Self:
        """Type answers by labels."""
        for label, answer in answers.items():
            self.field(label, within).fill(answer)
        return self

    def choose(self, label: str) -> Self:
        """Tick a box or choose a radio button."""
        # Forced: the label of a card lies over its radio button and passes the click on.
        self.field(label).check(force=True)
        return self

    def tick_all(self) -> Self:
        """Tick every box of the page."""
        for box in self.page.get_by_role("checkbox").all():
            box.check()
        return self

    def copy_captcha(self) -> Self:
        """Copy the characters of the picture; the test reads them from their table."""
        picture = self.page.locator("img[src*='/captcha/']")
        key = str(picture.get_attribute("src")).partition("?")[0].rstrip("/").rpartition("/")[2]
        answer = CaptchaStore.objects.get(hashkey=key).response
        return self.fill({"Copy the characters from the picture": answer})

    # -- whole steps --------------------------------------------------------------------

    def reach_details(self, kind: str) -> Self:
        """Go from nothing to the form for the data."""
        self.open("/rejestracja/")
        return self.choose(kind).press("Next")

    def fill_details(self, kind: str, **others: str) -> Self:
        """Fill in the data; `others` may hold another email."""
        for group, answers in details(kind, **others):
            self.fill(answers, within=group)
        return self

    def reach_review(self, kind: str, **others: str) -> Self:
        """Go from nothing to the review."""
        return self.reach_details(kind).fill_details(kind, **others).press("Next")

    def reach_password(self, kind: str, **others: str) -> Self:
        """Come to the password with everything before it done, which the journeys do by hand."""
        before = Visitor()
        before.open("/rejestracja/" if self.language == "pl" else "/en/rejestracja/")
        before.choose(self.say(kind)).press(self.say("Next"))
        for group, answers in details(kind, **others):
            spoken = {self.say(label): answer for label, answer in answers.items()}
            before.fill(spoken, within=group and self.say(group))
        before.press(self.say("Next")).press(self.say("Next"))
        assert before.heading == self.say("Step 2b – Setting the password"), before.errors
        self.take_over(before.client)
        return self.open(before.path)

    def take_over(self, client: Client) -> Self:
        """Put the cookies of a client of Django's into this browser."""
        self.page.context.add_cookies(
            [
                {"name": name, "value": cookie.value, "url": self.complaints.site}
                for name, cookie in client.cookies.items()
            ]
        )
        return self

    def set_password(self) -> Self:
        """Choose a good password, copy the captcha and go on."""
        self.fill(dict.fromkeys(("Account password", "Confirm the account password"), PASSWORD))
        return self.copy_captcha().press("Next")

    def reach_consents(self, kind: str, **others: str) -> Self:
        """Go from nothing to the last step."""
        return self.reach_password(kind, **others).set_password()

    def register(self, kind: str, **others: str) -> Self:
        """Go from nothing to the page that says where the link was sent."""
        return self.reach_consents(kind, **others).tick_all().press("Register")


def sign_in(visitor: BrowserVisitor, user: User) -> None:
    """Give the browser the session of somebody who has signed in and confirmed who it is."""
    bring_session(visitor, put_in(user, Client()))


def bring_session(visitor: BrowserVisitor, client: Client) -> None:
    """Give the browser the session of a client of Django's."""
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    url = visitor.complaints.site
    visitor.page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": url, "httpOnly": True}]
    )


def details(kind: str, email: str = "") -> list[tuple[str | None, dict[str, str]]]:
    """Return what is typed about a customer, by label, and the group where labels repeat."""
    email = email or EMAIL
    if kind == "Company":
        return [
            (None, {"Full company name": "Meble Żuraw sp. z o.o.", "Tax number (NIP)": NIP}),
            ("Registered office address", ADDRESS),
            (
                None,
                {
                    "Representative’s first name": "Łucja",
                    "Representative’s last name": "Żak-Nowak",
                    "Work e-mail address (login)": email,
                    "Work phone number": "601 234 567",
                },
            ),
        ]
    return [
        ("Address of residence", ADDRESS),
        (
            None,
            {
                "First name": "Łucja",
                "Last name": "Żak-Nowak",
                "E-mail address (login)": email,
                "Phone number": "601 234 567",
            },
        ),
    ]


EMAIL = "lucja@example.com"
PASSWORD = "Rower-Sowa-Brzoza-Mgła-74"
NIP = "526-104-08-28"
ADDRESS: dict[str, Any] = {
    "Street": "Długa",
    "Building number": "12A",
    "Postal code": "31147",
    "Town or city": "Kraków",
}

SUMMARY_HAS_FOCUS = "document.activeElement.id === 'error-summary'"

# The parts of a page that stick out of the window, if it can be scrolled sideways at all.
OVERFLOWING = """() => {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  return [root.scrollWidth + " > " + root.clientWidth,
    ...[...document.querySelectorAll("body *")]
      .filter((element) => element.getBoundingClientRect().right > root.clientWidth + 0.5)
      .map((element) => element.outerHTML.slice(0, 120))].slice(0, 6);
}"""

POLISH = {
    "Close the account": "Zamknij konto",
    "Restore the account": "Przywróć konto",
    "Restore the account?": "Przywrócić konto?",
    "New e-mail address (login)": "Nowy adres e-mail (login)",
    "Send the request": "Wyślij wniosek",
    "I confirm the address": "Potwierdzam adres",
    "Undo the change": "Cofnij zmianę",
    "Why the details change": "Dlaczego dane się zmieniają",
    "Your details": "Twoje dane",
    "6 digits from the app": "6 cyfr z aplikacji",
    "Account password": "Hasło do konta",
    "Activate account": "Aktywuj konto",
    "Activate your account": "Aktywuj swoje konto",
    "Add a passkey": "Dodaj klucz dostępu",
    "Address of residence": "Adres zamieszkania",
    "Authenticator app": "Aplikacja z kodami",
    "Back": "Wstecz",
    "Back to the picture": "Wróć do obrazka",
    "Building number": "Nr domu",
    "Cancel": "Anuluj",
    "Cancel and delete my details": "Anuluj i usuń dane",
    "Cancel the registration?": "Anulować rejestrację?",
    "Change the name": "Zmień nazwę",
    "Change the name of the passkey": "Zmień nazwę klucza dostępu",
    "Check your mailbox": "Sprawdź skrzynkę",
    "Code from the e-mail": "Kod z wiadomości e-mail",
    "Company": "Firma",
    "Confirm": "Potwierdź",
    "Confirm that it is you": "Potwierdź, że to Ty",
    "Confirm the account password": "Potwierdzenie hasła do konta",
    "Confirm the new password": "Potwierdzenie nowego hasła",
    "Confirm with a passkey": "Potwierdź kluczem dostępu",
    "Copy": "Kopiuj",
    "Copy the characters from the picture": "Przepisz ciąg znaków z obrazka",
    "Correct": "Popraw",
    "Correct and send the link": "Popraw i wyślij link",
    "Correct the e-mail address": "Popraw adres e-mail",
    "Correspondence address": "Adres korespondencyjny",
    "Download as a file": "Pobierz jako plik",
    "E-mail address (login)": "Adres e-mail (login)",
    "End": "Zakończ",
    "End all other sessions?": "Zakończyć wszystkie inne sesje?",
    "End all others": "Zakończ wszystkie inne",
    "End the session": "Zakończ sesję",
    "Enter the code from the app": "Wpisz kod z aplikacji",
    "First name": "Imię",
    "Full company name": "Pełna nazwa firmy",
    "Hide password": "Ukryj hasło",
    "How did you hear about kantor.pl?": "Skąd wiesz o kantor.pl?",
    "I don’t have my phone: use a recovery code": "Nie mam telefonu: użyję kodu zapasowego",
    "I have saved the codes": "Kody są zapisane",
    "I want to give a different correspondence address": "chcę podać inny adres korespondencyjny",
    "Individual": "Osoba fizyczna",
    "Accept": "Akceptuję",
    "Withdraw the consent": "Wycofaj zgodę",
    "It was not me, block the password": "To nie ja, zablokuj hasło",
    "It was not me, delete the details": "To nie ja, usuń dane",
    "Please say where": "Jakie?",
    "Stay signed in": "Zostań",
    "Last name": "Nazwisko",
    "Make new codes": "Utwórz nowe kody",
    "Name of the passkey": "Nazwa klucza dostępu",
    "New password": "Nowe hasło",
    "New phone number": "Nowy numer telefonu",
    "New picture": "Nowy obrazek",
    "New recovery codes": "Nowe kody zapasowe",
    "Next": "Dalej",
    "Password": "Hasło",
    "Password you chose when registering": "Hasło ustanowione podczas rejestracji",
    "Phone number": "Numer telefonu",
    "Postal code": "Kod pocztowy",
    "Recovery code": "Kod zapasowy",
    "Recovery codes": "Kody zapasowe",
    "Register": "Rejestruj",
    "Registered office address": "Adres siedziby",
    "Remove": "Usuń",
    "Remove the passkey": "Usuń klucz dostępu",
    "Remove the passkey?": "Usunąć klucz dostępu?",
    "Representative’s first name": "Imię reprezentanta",
    "Representative’s last name": "Nazwisko reprezentanta",
    "Return to the registration": "Wróć do rejestracji",
    "Save the name": "Zapisz nazwę",
    "Save the new number": "Zapisz nowy numer",
    "Save the new password": "Zapisz nowe hasło",
    "Send a code by e-mail": "Wyślij kod e-mailem",
    "Send the answer": "Wyślij odpowiedź",
    "Send the link": "Wyślij link",
    "Send the message again": "Wyślij wiadomość ponownie",
    "Show password": "Pokaż hasło",
    "Show repeated password": "Pokaż powtórzone hasło",
    "Sign in": "Zaloguj się",
    "Sign in again": "Zaloguj się jeszcze raz",
    "Sign in with a passkey": "Zaloguj się kluczem dostępu",
    "Sign out": "Wyloguj się",
    "Sign up": "Zarejestruj się",
    "Sign-in and security": "Logowanie i bezpieczeństwo",
    "Signing in": "Logowanie",
    "Signing in with a passkey": "Logowanie kluczem dostępu",
    "Step 1 – Identification of the User": "Krok 1 – Identyfikacja Użytkownika",
    "Step 1a – Your details – company": "Krok 1a – Wypełnienie danych – firma",
    "Step 1b – Your details – individual": ("Krok 1b – Wypełnienie danych – osoba fizyczna"),
    "Step 2a – Checking the details": "Krok 2a – Weryfikacja wprowadzonych danych",
    "Step 2b – Setting the password": "Krok 2b – Ustanowienie hasła",
    "Step 2c – Accepting the Terms": "Krok 2c – Akceptacja Regulaminu",
    "Street": "Ulica",
    "Tax number (NIP)": "NIP",
    "Thank you for your answer.": "Dziękujemy za odpowiedź.",
    "The account is active": "Konto jest aktywne",
    "The phone number has been changed": "Numer telefonu został zmieniony",
    "The registration was cancelled": "Rejestracja została anulowana",
    "Suggest a password": "Zaproponuj hasło",
    "This registration is already complete": "Ta rejestracja jest już zakończona",
    "Town or city": "Miejscowość",
    "Turn off the authenticator app": "Wyłącz aplikację z kodami",
    "Turn on": "Włącz",
    "Turn on the authenticator app": "Włącz aplikację z kodami",
    "We cannot check your code at the moment": "Nie możemy teraz sprawdzić kodu",
    "Work e-mail address (login)": "Służbowy adres e-mail (login)",
    "Work phone number": "Służbowy numer telefonu",
    "Your account": "Twoje konto",
    "Your passkeys": "Twoje klucze dostępu",
    "Your phone number": "Twój numer telefonu",
}
