"""The pages of an authenticator app: turn it on, make new recovery codes, turn it off."""

import re
from urllib.parse import quote

import segno
from django.test import Client, TestCase, override_settings

from accounts.models import AuthenticatorApp, RecoveryCode, User
from accounts.totp import codes, services
from tests.browsers import put_in
from tests.desk import sit_down
from tests.factories import activated, staff
from tests.phone import OTHER_KEYS, Phone, pass_time, stopped_clock, turned_on
from tests.places import PlacesTestCase, missing
from tests.walk import Visitor

OVERVIEW = "/konto/bezpieczenstwo/kody/"
ON, RENEW, OFF = f"{OVERVIEW}wlacz/", f"{OVERVIEW}zapasowe/", f"{OVERVIEW}wylacz/"
TURN_ON, DIGITS, CONFIRM = "Włącz aplikację z kodami", "6 cyfr z aplikacji", "Włącz"
MISMATCH = (
    "Te cyfry się nie zgadzają. Wpisz te, które aplikacja pokazuje teraz. Jeśli to nie pomoże,"
    " włącz w telefonie automatyczne ustawianie godziny."
)


def signed_in(user: User) -> Visitor:
    visitor = Visitor()
    put_in(user, visitor.client)
    return visitor


def key_on(visitor: Visitor) -> str:
    """Return the key as it is read from the page, blanks included."""
    return " ".join(visitor.element(".key").get_text().split())


def codes_on(visitor: Visitor) -> list[str]:
    """Return the recovery codes of the page."""
    return [each.get_text() for each in visitor.select(".recovery-codes li")]


class PagesTestCase(TestCase):
    """Somebody signed in, without an app, whose clock stands."""

    def setUp(self) -> None:
        self.enterContext(stopped_clock())
        self.user = activated(email="jan@example.com")
        self.visitor = signed_in(self.user)

    def facts(self) -> dict[str, str]:
        """Return what the overview says of the app."""
        rows = self.visitor.open(OVERVIEW).select(".facts > div")
        return {
            " ".join(row.select("dt")[0].get_text().split()): " ".join(
                row.select("dd")[0].get_text().split()
            )
            for row in rows
        }


class TurningOn(PagesTestCase):
    """The page with the QR code."""

    def test_takes_the_key_and_a_code_and_gives_recovery_codes_once(self) -> None:
        self.visitor.open(OVERVIEW).follow(TURN_ON)
        assert self.visitor.heading == TURN_ON
        phone = Phone(key_on(self.visitor))
        self.visitor.fill({DIGITS: phone.code()}).press(CONFIRM)
        assert self.visitor.heading == "Kody zapasowe"
        assert self.visitor.shows("Aplikacja z kodami jest włączona.")
        assert self.visitor.shows("kantor.pl, konto jan@example.com, kody z dnia")
        shown = codes_on(self.visitor)
        assert len(set(shown)) == 8
        assert all(re.fullmatch("([0-9A-Z]{4}-){5}[0-9A-Z]{4}", code) for code in shown)
        self.visitor.follow("Kody są zapisane")
        assert self.visitor.path == OVERVIEW
        assert not codes_on(self.visitor)
        assert self.facts()["Pozostałe kody zapasowe"] == "8"
        assert self.facts()["Ostatnie użycie"] == "jeszcze nie użyto"
        assert services.verify(self.user, shown[0]) is services.Outcome.RECOVERY_CODE
        assert self.facts()["Pozostałe kody zapasowe"] == "7"

    def test_is_complete_in_english(self) -> None:
        self.visitor.open(f"/en{OVERVIEW}").follow("Turn on the authenticator app")
        phone = Phone(key_on(self.visitor))
        self.visitor.fill({"6 digits from the app": "000"}).press("Turn on")
        assert self.visitor.errors == ["Enter the 6 digits that the app shows now."]
        self.visitor.fill({"6 digits from the app": phone.code()}).press("Turn on")
        assert self.visitor.heading == "Recovery codes"
        assert len(codes_on(self.visitor)) == 8

    def test_shows_the_same_key_as_text_and_picture_and_link(self) -> None:
        self.visitor.open(ON)
        key = key_on(self.visitor)
        assert re.fullmatch("([A-Z2-7]{4} ){7}[A-Z2-7]{4}", key)
        uri = (
            f"otpauth://totp/kantor.pl%3A{quote('jan@example.com')}"
            f"?secret={key.replace(' ', '')}&algorithm=SHA1&digits=6&period=30&issuer=kantor.pl"
        )
        (link,) = self.visitor.select("a[href^=otpauth]")
        assert link["href"] == uri
        picture = self.visitor.element(".qr")
        assert picture["role"] == "img"
        assert "klucz jest niżej" in str(picture["aria-label"])
        expected = re.findall(
            ' d="([^"]+)"', segno.make_qr(uri, error="m").svg_inline(light="#fff")
        )
        assert [path["d"] for path in picture.select("path")] == expected

    def test_needs_nothing_that_the_policy_forbids(self) -> None:
        page = self.visitor.open(ON)
        assert not page.select("[style], style, img[src^='data:']")
        assert "default-src 'none'" in self.visitor.response["Content-Security-Policy"]
        assert all(script.get("src") for script in page.select("script"))

    def test_keeps_the_key_when_the_page_is_loaded_again_and_after_a_wrong_code(self) -> None:
        key = key_on(self.visitor.open(ON))
        assert key_on(self.visitor.reload()) == key
        assert key_on(self.visitor.open(f"/en{ON}")) == key
        phone = Phone(key_on(self.visitor.open(ON)))
        self.visitor.fill({DIGITS: phone.wrong_code()}).press(CONFIRM)
        assert self.visitor.posts == [302]
        assert self.visitor.errors == [MISMATCH]
        assert self.visitor.error_at(DIGITS).endswith(MISMATCH)
        assert self.visitor.value(DIGITS) == ""
        assert self.visitor.title.startswith("Błąd:")
        assert key_on(self.visitor) == key
        assert self.visitor.reload().errors == [MISMATCH]
        assert key_on(self.visitor.follow("Anuluj").follow(TURN_ON)) == key
        assert not self.visitor.errors

    def test_says_what_is_missing(self) -> None:
        for typed in ("", "   ", "12345", "abc"):
            self.visitor.open(ON).fill({DIGITS: typed}).press(CONFIRM)
            assert self.visitor.errors == ["Wpisz 6 cyfr, które aplikacja teraz pokazuje."], typed
        assert not services.is_on(self.user)

    def test_means_in_each_window_the_key_of_that_window(self) -> None:
        first, second = self.visitor, self.visitor.new_tab()
        phone = Phone(key_on(first.open(ON)))
        # Both windows were opened at the same moment: the session remembers the later key.
        session = first.client.session
        del session["totp_proposed"]
        session.save()
        other = Phone(key_on(second.open(ON)))
        assert phone.seed != other.seed
        first.fill({DIGITS: other.code()}).press(CONFIRM)
        assert first.errors == [MISMATCH]
        assert Phone(key_on(first)).seed == phone.seed
        first.fill({DIGITS: phone.code()}).press(CONFIRM)
        assert len(codes_on(first)) == 8
        second.fill({DIGITS: other.code()}).press(CONFIRM)
        assert second.path == OVERVIEW
        pass_time(1)
        assert services.verify(self.user, phone.code()).is_right

    def test_sent_twice_leads_to_the_overview(self) -> None:
        phone = Phone(key_on(self.visitor.open(ON)))
        post = self.visitor.fill({DIGITS: phone.code()}).post_of(CONFIRM)
        assert codes_on(self.visitor.send(post))
        assert self.visitor.send(post).path == OVERVIEW
        assert self.visitor.open(ON).path == OVERVIEW
        assert RecoveryCode.objects.count() == 8

    def test_begins_anew_when_the_key_is_not_readable_any_more(self) -> None:
        phone = Phone(key_on(self.visitor.open(ON)))
        self.visitor.fill({DIGITS: phone.code()})
        with override_settings(TOTP_KEYS=OTHER_KEYS):
            self.visitor.press(CONFIRM)
            assert self.visitor.errors == [
                "Tamten kod QR stracił ważność. Zeskanuj ten i wpisz cyfry z aplikacji."
            ]
            other = Phone(key_on(self.visitor))
            assert other.seed != phone.seed
            self.visitor.fill({DIGITS: other.code()}).press(CONFIRM)
            assert codes_on(self.visitor)

    def test_does_not_end_with_the_key_of_somebody_else(self) -> None:
        foreign = services.propose(activated())
        post = self.visitor.open(ON).fill({DIGITS: Phone(foreign.key).code()}).post_of(CONFIRM)
        self.visitor.send(post._replace(data=post.data | {"proposal": foreign.sealed}))
        assert self.visitor.errors
        assert not AuthenticatorApp.objects.exists()

    def test_is_for_staff_at_their_own_address(self) -> None:
        visitor = Visitor(sit_down(Client(), staff()))
        assert visitor.open(ON).path == "/admin/methods/"
        phone = Phone(key_on(visitor.open("/admin/methods/app/on/")))
        visitor.fill({DIGITS: phone.code()}).press(CONFIRM)
        assert len(codes_on(visitor)) == 8


class TurnedOn(PagesTestCase):
    """What somebody with an app can do."""

    def setUp(self) -> None:
        super().setUp()
        self.phone, self.codes = turned_on(self.user)

    def test_sees_since_when_and_when_last(self) -> None:
        assert self.facts()["Kody z aplikacji"].startswith("włączone od ")
        assert services.verify(self.user, self.phone.code()).is_right
        assert re.search(r"\d{4} r?\.?.*\d{1,2}:\d{2}", self.facts()["Ostatnie użycie"])

    def test_is_told_when_few_recovery_codes_are_left(self) -> None:
        for left in (3, 2, 0):
            keep = RecoveryCode.objects.values_list("pk", flat=True)[:left]
            RecoveryCode.objects.exclude(pk__in=list(keep)).delete()
            self.visitor.open(OVERVIEW)
            assert self.visitor.shows("To Twoje ostatnie kody zapasowe.") == (left == 2)
            assert self.visitor.shows("Nie masz już kodów zapasowych.") == (left == 0)

    def test_gets_a_new_set_after_a_question(self) -> None:
        self.visitor.open(OVERVIEW).follow("Nowe kody zapasowe")
        assert self.visitor.shows("Zostało Ci 8 kodów zapasowych.")
        assert RecoveryCode.objects.count() == 8
        self.visitor.press("Utwórz nowe kody")
        assert self.visitor.heading == "Kody zapasowe"
        assert self.visitor.shows("Poprzednie kody już nie działają.")
        shown = codes_on(self.visitor)
        assert len(shown) == 8
        assert not {codes.grouped(each) for each in self.codes} & set(shown)
        assert not services.verify(self.user, self.codes[0]).is_right
        assert services.verify(self.user, shown[7]).is_right
        # An address typed again, or F5 without sending again, shows nothing.
        assert not codes_on(self.visitor.reload())

    def test_reads_of_any_number_of_codes_a_right_sentence(self) -> None:
        for left, words in (
            (5, "Zostało Ci 5 kodów zapasowych."),
            (2, "Zostały Ci 2 kody zapasowe."),
            (1, "Został Ci 1 kod zapasowy."),
            (0, "Nie masz już kodów zapasowych."),
        ):
            keep = RecoveryCode.objects.values_list("pk", flat=True)[:left]
            RecoveryCode.objects.exclude(pk__in=list(keep)).delete()
            assert self.visitor.open(RENEW).shows(words), left

    def test_turns_it_off_after_a_question(self) -> None:
        self.visitor.open(OVERVIEW).follow("Wyłącz aplikację z kodami")
        assert self.visitor.heading == "Wyłączyć aplikację z kodami?"
        assert self.visitor.follow("Nie wyłączaj").path == OVERVIEW
        assert services.is_on(self.user)
        self.visitor.open(OFF).press("Wyłącz")
        assert self.visitor.path == OVERVIEW
        assert self.visitor.shows(TURN_ON)
        assert not services.is_on(self.user)
        for path in (RENEW, OFF):
            assert self.visitor.open(path).path == OVERVIEW
        assert Phone(key_on(self.visitor.open(ON))).seed != self.phone.seed

    def test_still_sees_and_turns_it_off_with_a_wrong_key_in_the_environment(self) -> None:
        with override_settings(TOTP_KEYS=OTHER_KEYS):
            assert self.facts()["Pozostałe kody zapasowe"] == "8"
            assert self.visitor.open(RENEW).press("Utwórz nowe kody").status == 200
            assert self.visitor.open(OFF).press("Wyłącz").path == OVERVIEW
        assert not services.is_on(self.user)


class AllPages(PagesTestCase):
    """What holds for each."""

    def test_are_for_who_is_signed_in_and_for_no_cache(self) -> None:
        for path in (OVERVIEW, ON, RENEW, OFF):
            for ask in (Client().get, Client().post):
                response = ask(path)
                assert response["Location"] == f"/logowanie/?next={path}"
                assert "no-store" in response["Cache-Control"]
        answers = [self.visitor.open(OVERVIEW).response, self.visitor.open(ON).response]
        phone = Phone(key_on(self.visitor))
        answers.append(self.visitor.fill({DIGITS: phone.code()}).press(CONFIRM).response)
        answers += [self.visitor.open(path).response for path in (OVERVIEW, RENEW, OFF)]
        answers.append(self.visitor.open(RENEW).press("Utwórz nowe kody").response)
        for response in answers:
            assert response.status_code == 200
            assert "no-store" in response["Cache-Control"]

    def test_survive_whatever_is_sent(self) -> None:
        for _ in range(2):
            for path in (OVERVIEW, ON, RENEW, OFF):
                for text in ("", "\x00", "x" * 5_000, "ł\u0301" * 200, "000000", "' OR 1=1"):
                    query = {"odmowa": text, "zapasowy": text}
                    for method in ("get", "head"):
                        answer = getattr(self.visitor.client, method)(path, query)
                        assert answer.status_code in (200, 302), (path, text)
                    if path != OFF:
                        data = {"code": text, "proposal": text, "csrfmiddlewaretoken": text}
                        client = Client()
                        client.force_login(self.user)
                        assert client.post(path, data).status_code in (200, 302, 405), (path, text)
            if not services.is_on(self.user):
                turned_on(self.user)

    def test_refuse_a_form_that_came_from_elsewhere(self) -> None:
        turned_on(self.user)
        for path in (ON, RENEW, OFF):
            assert self.visitor.client.post(path, {"code": "000000"}).status_code == 403
        assert services.is_on(self.user)

    def test_cost_few_statements(self) -> None:
        self.visitor.open(OVERVIEW)  # writes the row of the session
        # The session, the account, the app; the first time the key goes into the session.
        for path, statements in ((OVERVIEW, 3), (ON, 4), (ON, 3)):
            with self.assertNumQueries(statements):
                self.visitor.open(path)
        turned_on(self.user)
        for path in (OVERVIEW, RENEW, OFF):
            with self.assertNumQueries(3):
                self.visitor.open(path)

    def test_leave_django_otps_own_page_to_nobody(self) -> None:
        turned_on(self.user)
        admin = Visitor(sit_down(Client(), staff(superuser=True)))
        for path in ("/admin/otp_totp/", "/admin/otp_totp/totpdevice/"):
            assert admin.open(path).status == 404
        assert "otp_totp" not in admin.open("/admin/").response.content.decode()


class Secrets(PlacesTestCase):
    """The seed and the codes are nowhere but in the pages that show them."""

    def setUp(self) -> None:
        super().setUp()
        self.enterContext(stopped_clock())
        self.user = activated()
        self.visitor = signed_in(self.user)

    def assert_nowhere(self, phone: Phone, key: str, shown: list[str]) -> None:
        spellings = {key, key.replace(" ", ""), phone.seed.hex(), phone.seed.hex().upper()}
        spellings |= {str(phone.seed)[2:-1], str(memoryview(phone.seed).tolist())[1:-1]}
        spellings |= {*shown, *(code.replace("-", "") for code in shown)}
        places = self.places()
        assert "DEBUG django.db.backends" in places["log"], "The log is not heard"
        for place, content in places.items():
            for spelling in spellings:
                assert spelling not in content, place
        for steps in range(-4, 5):
            assert not re.search(rf"\b{phone.code(steps)}\b", places["log"] + places["sessions"])

    def test_from_the_first_page_to_the_last_code(self) -> None:
        phone = Phone(key := key_on(self.visitor.open(ON)))
        self.assert_nowhere(phone, key, [])
        self.visitor.fill({DIGITS: phone.wrong_code()}).press(CONFIRM)
        self.assert_nowhere(phone, key, [])
        self.visitor.fill({DIGITS: phone.code()}).press(CONFIRM)
        shown = codes_on(self.visitor)
        assert len(shown) == 8
        self.assert_nowhere(phone, key, shown)
        pass_time(1)
        assert services.verify(self.user, phone.code()).is_right
        assert services.verify(self.user, shown[0]).is_right
        self.assert_nowhere(phone, key, shown)
        shown += codes_on(self.visitor.open(RENEW).press("Utwórz nowe kody"))
        self.assert_nowhere(phone, key, shown)
        assert key.replace(" ", "") not in self.visitor.open(OVERVIEW).response.content.decode()

    def test_when_the_table_fails_in_the_middle(self) -> None:
        phone = Phone(key := key_on(self.visitor.open(ON)))
        self.visitor.client.raise_request_exception = False
        post = self.visitor.fill({DIGITS: phone.code()}).post_of(CONFIRM)
        with missing(RecoveryCode):
            self.visitor.send(post)
        assert self.visitor.status == 500
        assert not services.is_on(self.user), "Half of it was left"
        assert any(place.startswith("mail") for place in self.places()), "Nobody was told"
        self.assert_nowhere(phone, key, [])
        shown = codes_on(self.visitor.send(post))
        assert len(shown) == 8
        self.assert_nowhere(phone, key, shown)

    def test_the_search_finds_what_is_there(self) -> None:
        phone = Phone(key_on(self.visitor.open(ON)))
        for leak in (phone.seed.hex(), key_on(self.visitor).replace(" ", "")):
            AuthenticatorApp.objects.all().delete()
            AuthenticatorApp.objects.create(user=self.user, key=leak)
            with self.assertRaises(AssertionError):
                self.assert_nowhere(phone, key_on(self.visitor), [])
