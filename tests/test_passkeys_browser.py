"""Passkeys in a real browser, with Chromium's virtual authenticator in the place of a device."""

from playwright.sync_api import Route

from accounts.models import Passkey
from tests.browser import NARROW, BrowserTestCase, BrowserVisitor
from tests.device import Device
from tests.factories import activated

SIGN_IN = "/logowanie/klucz/"
LIST = "/konto/bezpieczenstwo/klucze/"
ADD = f"{LIST}nowy/"
CONFIRM = f"{LIST}potwierdz/"


class PasskeyTests(BrowserTestCase):
    """Add, sign in, confirm, remove, and what goes wrong."""

    def leave(self, visitor: BrowserVisitor) -> BrowserVisitor:
        """End the session in this browser."""
        visitor.page.context.clear_cookies()
        return visitor

    def says(self, visitor: BrowserVisitor, words: str) -> None:
        """Wait for what the script says below the button."""
        visitor.page.locator("[data-passkey] [role=status]", has_text=words).wait_for()

    def test_way_of_a_passkey(self) -> None:
        for language, width in (("pl", 1280), ("en", NARROW)):
            visitor = self.visitor(language, width)
            visitor.signed_in_as(activated(language=language))
            device = Device(visitor.page)
            visitor.open(LIST).is_at("Your passkeys").follow("Add a passkey")
            visitor.is_at("Add a passkey").fill({"Name of the passkey": "Laptop"})
            visitor.press("Add a passkey").is_at("Your passkeys")
            assert visitor.shows("Laptop")
            (held,) = device.passkeys
            assert held["isResidentCredential"]
            assert held["rpId"] == "localhost"

            self.leave(visitor).open(SIGN_IN).is_at("Signing in with a passkey")
            visitor.press("Sign in with a passkey").is_at("Your account")
            passkey = Passkey.objects.get(name="Laptop")
            assert passkey.last_used_at is not None
            assert passkey.sign_count == device.passkeys[0]["signCount"] > 0

            visitor.open(CONFIRM).is_at("Confirm that it is you")
            visitor.press("Confirm with a passkey").is_at("Sign-in and security").open(LIST)

            visitor.follow("Change the name").is_at("Change the name of the passkey")
            visitor.fill({"Name of the passkey": "W" * 60}).press("Save the name")
            assert visitor.is_at("Your passkeys").shows("W" * 60)
            visitor.follow("Remove").is_at("Remove the passkey?")
            visitor.press("Remove the passkey").is_at("Your passkeys")
            assert not Passkey.objects.filter(pk=passkey.pk).exists()
            device.wait_until_empty()

    def test_second_device_and_a_second_person(self) -> None:
        user = activated()
        laptop, phone = self.visitor(), self.visitor(width=NARROW)
        for visitor, transport in ((laptop, "internal"), (phone, "usb")):
            Device(visitor.page, transport)
            visitor.signed_in_as(user).open(ADD).fill({"Name of the passkey": transport})
            visitor.field("Name of the passkey").press("Enter")
            visitor.page.wait_for_url(f"**{LIST}")
        assert laptop.open(LIST).page.locator("li", has_text="usb").count() == 1
        for visitor in (laptop, phone):
            self.leave(visitor).open(SIGN_IN).press("Sign in with a passkey")
            visitor.is_at("Your account")
        assert not Passkey.objects.filter(last_used_at=None).exists()

        other = self.visitor().signed_in_as(activated())
        Device(other.page)
        other.open(ADD).press("Add a passkey").is_at("Your passkeys")
        assert Passkey.objects.exclude(user=user).get().name == "Klucz dostępu 1"

    def test_device_that_has_one_makes_no_second(self) -> None:
        visitor = self.visitor().signed_in_as(activated())
        Device(visitor.page)
        visitor.open(ADD).press("Add a passkey").open(ADD)
        visitor.button("Add a passkey").click()
        self.says(visitor, "To urządzenie ma już klucz dostępu do Twojego konta.")
        assert visitor.path == ADD
        assert Passkey.objects.count() == 1

    def test_stranger_at_the_device_can_try_again(self) -> None:
        visitor = self.visitor().signed_in_as(activated())
        device = Device(visitor.page)
        visitor.open(ADD).press("Add a passkey")
        device.recognise(False)
        self.leave(visitor).open(SIGN_IN).button("Sign in with a passkey").click()
        self.says(visitor, "Nie użyto klucza dostępu: anulowano albo minął czas.")
        assert visitor.path == SIGN_IN
        visitor.fits()
        device.recognise(True)
        visitor.press("Sign in with a passkey").is_at("Your account")

    def test_browser_without_a_passkey_of_ours(self) -> None:
        visitor = self.visitor()
        Device(visitor.page)
        visitor.open(SIGN_IN).button("Sign in with a passkey").click()
        self.says(visitor, "Nie użyto klucza dostępu")

    def test_passkey_that_was_removed_here_but_not_there(self) -> None:
        visitor = self.visitor().signed_in_as(activated())
        Device(visitor.page)
        visitor.open(ADD).press("Add a passkey")
        Passkey.objects.all().delete()
        self.leave(visitor).open(SIGN_IN).press("Sign in with a passkey")
        assert visitor.path == SIGN_IN
        alert = visitor.page.get_by_role("alert")
        assert "Ten klucz dostępu nie pozwala się zalogować." in alert.inner_text()
        visitor.page.locator("[role=alert]:focus").wait_for()
        assert visitor.reload().page.get_by_role("alert").count() == 0

    def test_page_that_stood_open_for_long_has_a_new_challenge(self) -> None:
        visitor = self.visitor().signed_in_as(activated())
        Device(visitor.page)
        visitor.open(ADD).press("Add a passkey")
        self.leave(visitor).page.clock.install()
        visitor.open(SIGN_IN).page.clock.fast_forward("45:00")
        visitor.press("Sign in with a passkey").is_at("Your account")

    def test_session_that_ended_meanwhile(self) -> None:
        visitor = self.visitor().signed_in_as(activated())
        Device(visitor.page)
        self.leave(visitor.open(ADD)).button("Add a passkey").click()
        self.says(visitor, "Odśwież stronę i spróbuj ponownie.")

    def test_passkey_among_the_logins(self) -> None:
        visitor = self.visitor().signed_in_as(activated())
        Device(visitor.page)
        visitor.open(ADD).press("Add a passkey")

        def with_login(route: Route) -> None:
            if route.request.method == "POST":
                return route.fallback()
            page = route.fetch()
            field = '<label>E <input autocomplete="username webauthn"></label></main>'
            return route.fulfill(response=page, body=page.text().replace("</main>", field))

        self.leave(visitor).page.route(f"**{SIGN_IN}", with_login)
        visitor.page.goto(SIGN_IN)
        visitor.page.wait_for_url("**/konto/")

    def test_browser_that_cannot_is_told_so(self) -> None:
        self.assert_not_offered(self.visitor(scripts=False).open(SIGN_IN))
        visitor = self.visitor()
        visitor.page.add_init_script("delete window.PublicKeyCredential")
        self.assert_not_offered(visitor.open(SIGN_IN))
        self.assert_not_offered(visitor.signed_in_as(activated()).open(ADD))

    def assert_not_offered(self, visitor: BrowserVisitor) -> None:
        """Make sure that nothing is there to press, and why."""
        assert visitor.page.locator("form[data-passkey]").is_hidden()
        assert visitor.shows("Klucze dostępu działają w przeglądarce, która je obsługuje")
        visitor.fits()
