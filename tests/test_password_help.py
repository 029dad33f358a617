"""The meter and the proposal: who may ask, how often, and that nothing of it is kept."""

import random
import string
from datetime import timedelta
from typing import Any
from unittest import mock
from uuid import uuid4

from django.db import connection
from django.test import Client, RequestFactory, SimpleTestCase, TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from django.utils.http import urlsafe_base64_encode
from playwright.sync_api import expect

from accounts import passwords
from accounts.forms.registration import PasswordForm
from accounts.limits import LocalLimit
from accounts.models import Counter, User
from accounts.registration.answers import Answers
from accounts.registration.storage import newest_attempt, open_attempt
from accounts.views.password_help import CALLS, NETWORK_CALLS
from kantor.serving.typography import untie
from tests.browser import PHONE, BrowserTestCase
from tests.factories import PASSWORD, activated, registered
from tests.letters import deliver, newest_path
from tests.people import OSOBA, POLISH
from tests.thorough import fewer
from tests.walk import Visitor

JSON = {"Accept": "application/json"}
PROPOSE = POLISH.propose


def ask(visitor: Visitor, password: str, **headers: str) -> Any:
    """Ask for a verdict as the script on this page does."""
    url = str(visitor.element("[data-strength-url]")["data-strength-url"])
    token = visitor.element("form:has([data-strength-meter]) [name=csrfmiddlewaretoken]")
    headers = {"X-CSRFToken": str(token["value"]), **headers}
    return visitor.client.post(url, {"password": password}, headers=headers)


class Doors(TestCase):
    """An open registration, the link of a reset, the signed-in customer."""

    def setUp(self) -> None:
        NETWORK_CALLS.clear("127.0.0.1")

    def at_reset(self) -> Visitor:
        user = activated(email="jan.kowalski@example.com", last_name="Kowalski")
        Client().post("/haslo/", {"email": user.email})
        deliver()
        return Visitor().open(newest_path(user.email, "/haslo/"))

    def at_change(self) -> Visitor:
        visitor = Visitor()
        visitor.client.force_login(activated(last_name="Kowalski"))
        return visitor.open("/haslo/zmiana/")

    def at_registration(self) -> Visitor:
        return OSOBA.reach_password(Visitor())

    def test_all_have_the_meter_the_proposal_and_the_login(self) -> None:
        for visitor in (self.at_registration(), self.at_reset(), self.at_change()):
            with self.subTest(visitor.path):
                assert ask(visitor, "Xobrzutk7!a").json()["enough"] is True
                assert ask(visitor, "Kantor2026!").json()["enough"] is False
                login = visitor.element("input[autocomplete=username]")
                assert login.has_attr("readonly")
                assert "@" in str(login["value"])
                assert len(visitor.select("input[autocomplete=new-password]")) == 2
                assert PROPOSE in visitor.buttons()

    def test_know_the_words_of_their_customer(self) -> None:
        for visitor in (self.at_reset(), self.at_change()):
            assert ask(visitor, "Xq-kowalski-7").json()["score"] <= 1, visitor.path

    def test_are_closed_to_others(self) -> None:
        reset = self.at_reset()
        stranger, signed_in = Client(), Client()
        signed_in.force_login(activated())
        for path in (
            f"/rejestracja/{uuid4()}/haslo/sila/",
            f"/rejestracja/{uuid4()}/haslo/propozycja/",
            "/haslo/zmiana/sila/",
            "/haslo/zmiana/propozycja/",
            reset.path.replace("set-password", "sila"),
            reset.path.replace("set-password", "propozycja"),
            "/haslo/MQ/sila/",
            "/haslo/%C5%82/sila/",
            "/haslo/OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5/sila/",
        ):
            for client in (stranger, signed_in):
                if client is stranger or "/zmiana/" not in path:
                    assert client.post(path, {"password": "x"}).status_code == 404, path

    def test_close_when_the_link_was_used(self) -> None:
        visitor = self.at_reset()
        other = visitor.new_tab().open(visitor.path)
        new = {"Nowe hasło": PASSWORD + "x", "Potwierdzenie nowego hasła": PASSWORD + "x"}
        other.fill(new).press("Zapisz nowe hasło")
        assert other.heading == "Hasło zostało zmienione"
        assert ask(visitor, "x").status_code == 404

    def test_want_the_token_against_forgery(self) -> None:
        for visitor in (self.at_registration(), self.at_change()):
            assert ask(visitor, "x", **{"X-CSRFToken": ""}).status_code == 403

    def test_write_nothing(self) -> None:
        visitor = self.at_registration()
        counters = Counter.objects.count()
        propose = visitor.post_of(PROPOSE).address
        data = visitor.post_of(PROPOSE).data
        with CaptureQueriesContext(connection) as queries:
            assert ask(visitor, "Xobrzutk7!a").status_code == 200
            answer = visitor.client.post(propose, data, headers=JSON)
        assert answer.status_code == 200
        assert all(query["sql"].startswith("SELECT") for query in queries.captured_queries)
        assert len(queries.captured_queries) == 2, "The session, once for each"
        assert Counter.objects.count() == counters

    def test_answers_are_not_stored_anywhere(self) -> None:
        visitor = self.at_registration()
        for answer in (
            ask(visitor, "x"),
            visitor.client.post(visitor.post_of(PROPOSE).address, visitor.post_of(PROPOSE).data),
        ):
            assert "no-store" in answer["Cache-Control"]

    def test_a_reset_tells_nothing_of_another_account_or_once_it_is_used(self) -> None:
        visitor = self.at_reset()
        own = str(visitor.element("[data-strength-url]")["data-strength-url"])
        victim = activated(email="maria.wrona@example.com", last_name="Wrona")
        uid = urlsafe_base64_encode(str(victim.pk).encode())
        token = visitor.element("form:has([data-strength-meter]) [name=csrfmiddlewaretoken]")
        headers = {"X-CSRFToken": str(token["value"])}
        for url in (f"/haslo/{uid}/sila/", f"/haslo/{uid}/propozycja/"):
            answer = visitor.client.post(url, {"password": "Wrona-1987!"}, headers=headers)
            assert answer.status_code == 404
        user = User.objects.get(email="jan.kowalski@example.com")
        user.set_password("Kotlet#Brzoza8-1")
        user.save()
        assert visitor.client.post(own, {"password": "x"}, headers=headers).status_code == 404

    def test_go_quiet_when_they_are_asked_too_often(self) -> None:
        visitor = self.at_registration()
        for _ in range(CALLS.times):
            CALLS.hit(visitor.path.split("/")[2].replace("-", ""))
        assert ask(visitor, "x").status_code == 429
        assert ask(visitor, "x").json() == {}
        visitor.press(PROPOSE)
        assert visitor.status == 429
        assert 590 < int(visitor.response["Retry-After"]) <= 600
        assert visitor.shows("Za dużo prób.")
        # Nobody is kept from registering.
        visitor.follow("Wróć do hasła")
        OSOBA.type_password(visitor, PASSWORD).copy_captcha(POLISH.captcha).press("Dalej")
        assert visitor.heading == POLISH.consents

    def test_a_network_is_limited_over_all_attempts(self) -> None:
        visitor = self.at_registration()
        self.addCleanup(NETWORK_CALLS.clear, "127.0.0.1")
        for _ in range(NETWORK_CALLS.times):
            NETWORK_CALLS.hit("127.0.0.1")
        assert ask(visitor, "x").status_code == 429

    def test_no_device_corrects_or_checks_what_is_typed(self) -> None:
        pages = [self.at_registration(), self.at_reset(), self.at_change()]
        pages += [Visitor().open("/admin/login/")]
        visitor = Visitor().open("/logowanie/").fill({"Adres e-mail (login)": "nikt@example.com"})
        pages.append(visitor.press("Dalej"))
        pending = registered()
        deliver()
        pages.append(Visitor().open(newest_path(pending.email, "/aktywacja/")))
        for visitor in pages:
            fields = visitor.select("input[type=password]")
            assert fields, visitor.path
            for field in fields:
                with self.subTest(page=visitor.path, field=field["name"]):
                    assert field["spellcheck"] == "false"
                    assert field["autocapitalize"] == "none"
                    assert field["autocorrect"] == "off"

    def test_decoy_asks_password_managers_to_leave_it_alone(self) -> None:
        decoy = self.at_registration().element(".decoy input")
        assert decoy["autocomplete"] == "off"
        assert decoy.has_attr("data-1p-ignore")
        assert decoy["data-lpignore"] == "true"
        assert decoy.has_attr("data-bwignore")
        assert decoy["data-form-type"] == "other"

    def test_a_refused_password_gets_one_reason_and_one_tip(self) -> None:
        reason = (
            "Hasło jest za słabe: znane nazwy, powiedzenia, tytuły, modlitwy i cytaty łatwo "
            "odgadnąć."
        )
        change = self.at_change()
        weak = "Szladzieweczkadolaseczka1!"
        fields = ("Nowe hasło", "Potwierdzenie nowego hasła")
        change.fill({"Obecne hasło": PASSWORD, **dict.fromkeys(fields, weak)})
        change.press("Zapisz nowe hasło")
        registration = self.at_registration()
        OSOBA.type_password(registration, weak)
        registration.copy_captcha(POLISH.captcha).press("Dalej")
        for visitor in (change, registration):
            said = [line.text.strip() for line in visitor.select(".field-error p")]
            assert len(said) == 2, said
            assert untie(said[0]).endswith(reason)
            (error,) = visitor.errors
            assert untie(error).removeprefix(f"{POLISH.password}: ") == reason
        assert [untie(each) for each in ask(registration, weak).json()["advice"]] == [
            reason,
            untie(said[1]),
        ]

    def test_the_list_of_rules_says_all_that_is_asked(self) -> None:
        rules = self.at_registration().select("[data-rule]")
        assert [str(rule["data-rule"]) for rule in rules] == [
            *("length", "lower", "upper", "digit", "special", "strength")
        ]
        assert "siłę co najmniej umiarkowaną" in rules[-1].text


class ProposalPage(TestCase):
    """Without scripts the proposal is the answer to the POST itself."""

    def setUp(self) -> None:
        NETWORK_CALLS.clear("127.0.0.1")

    def test_shows_a_password_that_the_form_accepts(self) -> None:
        visitor = OSOBA.reach_password(Visitor()).press(PROPOSE)
        assert visitor.heading == "Propozycja hasła"
        assert visitor.status == 200
        proposal = visitor.element(".proposed strong").text
        assert passwords.assess(proposal).score == 4
        visitor.press("Zaproponuj inne")
        assert visitor.element(".proposed strong").text != proposal
        visitor.follow("Wróć do hasła")
        assert visitor.heading == POLISH.setting_password
        assert proposal not in visitor.response.content.decode()
        OSOBA.type_password(visitor, proposal).copy_captcha(POLISH.captcha).press("Dalej")
        assert visitor.heading == POLISH.consents

    def test_takes_nothing_along_that_was_typed(self) -> None:
        visitor = OSOBA.reach_password(Visitor())
        OSOBA.type_password(visitor, PASSWORD)
        assert set(visitor.post_of(PROPOSE).data) == {"csrfmiddlewaretoken"}

    def test_leads_back_when_it_is_opened_anew_or_in_another_language(self) -> None:
        visitor = OSOBA.reach_password(Visitor())
        step = visitor.path
        visitor.press(PROPOSE).reload()
        assert visitor.path == step
        visitor.press(PROPOSE).open(f"/en{visitor.path}")
        assert visitor.path == f"/en{step}"

    def test_enter_in_a_field_still_sends_the_form(self) -> None:
        visitor = OSOBA.reach_password(Visitor())
        first, *_ = visitor.select("form.wizard-form button:not([type=button])")
        assert not first.has_attr("form")


class Parity(TestCase):
    """The meter says what the form says, whatever is typed."""

    KINDS = (
        string.ascii_lowercase,
        string.ascii_uppercase,
        string.digits,
        "!@#$%^&*_- ",
        "ąćęłńóśźż",
    )
    PARTS = (
        "kantor",
        "Hasło",
        "Anna",
        "2024",
        "!",
        "1",
        "zima",
        "qwerty",
        "Kraków",
        "#",
        "żubr",
        " ",
    )

    def random_text(self, rng: random.Random) -> str:
        if rng.random() < 0.4:
            return "".join(rng.choice(self.PARTS) for _ in range(rng.randint(1, 7)))
        kinds = rng.sample(self.KINDS, rng.randint(1, len(self.KINDS)))
        return "".join(rng.choice(rng.choice(kinds)) for _ in range(rng.randint(1, 24)))

    def test_on_random_strings(self) -> None:
        self.addCleanup(NETWORK_CALLS.clear, "127.0.0.1")
        NETWORK_CALLS.clear("127.0.0.1")
        rng = random.Random("kantor")
        visitor = OSOBA.reach_password(Visitor())
        subject = visitor.path.split("/")[2].replace("-", "")
        context = self.context_of(visitor)
        assert OSOBA.email in context
        verdicts = set()
        for number in range(fewer(1000)):
            if number % CALLS.times == 0:
                CALLS.clear(subject)
            text = self.random_text(rng)
            verdict = ask(visitor, text).json()
            with translation.override("pl"):
                typed = {"password1": text, "password2": text}
                form = PasswordForm(typed, context=context, captcha_passed=True)
                accepted = form.is_valid()
                shown = [
                    str(error)
                    for each in form.errors.as_data().get("password1", ())
                    for error in (() if each.code == "required" else each.messages)
                ]
            assert verdict["enough"] == accepted, text
            if shown:
                assert verdict["advice"] == shown, text
            verdicts.add((verdict["score"], accepted))
        assert len(verdicts) >= 6, "The strings are too much alike"

    def context_of(self, visitor: Visitor) -> list[str]:
        """Return what the wizard of this visitor holds against a password."""
        request = RequestFactory().get("/")
        request.session = visitor.client.session
        attempt = newest_attempt(request)
        assert attempt is not None
        storage = open_attempt(request, attempt)
        assert storage is not None
        return Answers(storage).password_context()


class LocalCounts(SimpleTestCase):
    """Tries counted in memory."""

    def test_end_with_their_window(self) -> None:
        limit = LocalLimit(times=2, window=timedelta(seconds=10))
        with mock.patch("accounts.limits.monotonic", return_value=100.0) as clock:
            assert [limit.hit("a"), limit.hit("a"), limit.hit("a")] == [True, True, False]
            assert limit.hit("b")
            clock.return_value = 110.0
            assert limit.hit("a")
            limit.clear("a")
            assert [limit.hit("a"), limit.hit("a"), limit.hit("a")] == [True, True, False]

    def test_are_kept_of_so_many_subjects_only(self) -> None:
        limit = LocalLimit(times=1, window=timedelta(hours=1), most=3)
        for subject in "abcd":
            assert limit.hit(subject)
        assert not limit.hit("d")
        assert limit.hit("a"), "The oldest is forgotten first"


class InTheBrowser(BrowserTestCase):
    """What the script adds."""

    def test_proposal_fills_both_fields_and_is_shown_until_they_change(self) -> None:
        visitor = self.visitor(width=PHONE).reach_password("Individual")
        page = visitor.page
        page.get_by_role("button", name=PROPOSE).click()
        shown = page.locator("[data-proposed]")
        shown.wait_for()
        proposal = shown.inner_text()
        first, second = page.locator("input[autocomplete=new-password]").all()
        assert first.input_value() == second.input_value() == proposal
        page.locator("[data-strength-meter][data-score='4']").wait_for()
        visitor.fits()
        assert page.locator("[data-rule][data-met='true']").count() == 6
        second.press("End")
        second.type("x")
        shown.wait_for(state="hidden")
        assert shown.text_content() == ""

    def test_proposal_is_copied_where_the_browser_can(self) -> None:
        visitor = self.visitor(width=PHONE).reach_password("Individual")
        page = visitor.page
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        copy = page.locator("[data-copy]")
        expect(copy).to_be_hidden()
        page.get_by_role("button", name=PROPOSE).click()
        expect(copy).to_be_visible()
        copy.click()
        said = page.locator("[data-copied]")
        expect(said).to_have_text("Skopiowano")
        assert said.get_attribute("role") == "status"
        proposal = page.locator("[data-proposed]").inner_text()
        assert page.evaluate("navigator.clipboard.readText()") == proposal
        visitor.fits()
        page.get_by_role("button", name=PROPOSE).click()
        expect(said).to_be_empty()

    def test_no_button_to_copy_where_the_browser_cannot(self) -> None:
        visitor = self.visitor()
        visitor.page.add_init_script(
            "Object.defineProperty(navigator, 'clipboard', { value: undefined })"
        )
        page = visitor.reach_password("Individual").page
        page.get_by_role("button", name=PROPOSE).click()
        page.locator("[data-proposed]").wait_for()
        expect(page.locator("[data-copy]")).to_be_hidden()

    def test_meter_is_spoken_once_when_the_typing_rests(self) -> None:
        visitor = self.visitor().reach_password("Individual")
        page = visitor.page
        page.evaluate(
            """() => {
              window.spoken = [];
              const said = document.querySelector("[data-strength-said]");
              new MutationObserver(() => said.textContent && spoken.push(said.textContent)).observe(
                said, { childList: true });
            }"""
        )
        visitor.field("Account password").press_sequentially("Xq7!mbTeAw", delay=60)
        expect(page.locator("[data-strength-said]")).not_to_be_empty()
        assert page.evaluate("spoken") == ["Siła hasła: silna (wystarczy)"]

    def test_meter_goes_quiet_when_the_limit_is_reached(self) -> None:
        visitor = self.visitor().reach_password("Individual")
        page = visitor.page
        visitor.fill({"Account password": "Kantor2026!"})
        meter = page.locator("[data-strength-meter]")
        meter.wait_for()
        page.route("**/sila/", lambda route: route.fulfill(status=204))
        visitor.fill({"Account password": "Kantor2026!x"})
        # The place of the meter is kept; it is empty.
        expect(meter).to_have_attribute("data-score", "")
        assert page.locator("[data-strength-text]").text_content() == ""

    def test_page_for_a_change_has_the_meter_and_three_labels_to_show_and_hide(self) -> None:
        user = activated()
        visitor = self.visitor(width=PHONE)
        visitor.open("/logowanie/")
        visitor.sign_in(user.email, PASSWORD)
        visitor.open("/haslo/zmiana/").fits()
        fields = visitor.page.locator("input[autocomplete=new-password]")
        fields.first.fill("Kantor2026!")
        visitor.page.locator("[data-strength-meter][data-score='1']").wait_for()
        buttons = visitor.page.locator("[data-toggle-password]")
        labels = [button.get_attribute("aria-label") for button in buttons.all()]
        assert len(set(labels)) == 3
