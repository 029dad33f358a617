"""Passkeys as their owner meets them: adding, signing in, confirming, renaming and removing."""

import json
import re
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib.staticfiles import finders
from django.core.checks import run_checks
from django.test import Client, RequestFactory, SimpleTestCase, TestCase, override_settings
from django.utils import timezone

from accounts.models import AccountSession, Counter, Passkey, User
from accounts.passkeys import relying_party, services, views
from accounts.passkeys.services import Outcome
from accounts.services import credentials, review, sessions
from accounts.services.network_tries import NETWORK_SIGN_INS
from accounts.values.visit import NOBODY
from kantor.serving.models import Session
from tests import authenticator
from tests.authenticator import ELIGIBLE, PRESENT, VERIFIED, Authenticator, enrolled
from tests.browsers import put_in
from tests.clock import later
from tests.desk import sit_down
from tests.doors import try_in
from tests.factories import activated, registered, staff
from tests.letters import registering_browser
from tests.onlooker import observed
from tests.walk import URLENCODED, Visitor

SIGN_IN = "/logowanie/klucz/"
SECURITY = "/konto/bezpieczenstwo/"
LIST = "/konto/bezpieczenstwo/klucze/"
ADD = f"{LIST}nowy/"
CONFIRM = f"{LIST}potwierdz/"
REFUSED = "Ten klucz dostępu nie pozwala się zalogować. Użyj innego albo zaloguj się hasłem."


def answer(visitor: Visitor, device: Authenticator, **fields: str) -> Visitor:
    """Do what the script does on this page: ask for options, use the device, send the form."""
    form = visitor.element("form[data-passkey]")
    options = visitor.client.get(str(form["data-options"])).json()
    made = device.make(options) if form["data-passkey"] == "create" else device.prove(options)
    words = form.select("button")[0].get_text(strip=True)
    post = visitor.post_of(words)
    return visitor.send(post._replace(data={**post.data, "passkey": made, **fields}))


def signed_in(user: User) -> Visitor:
    visitor = Visitor()
    put_in(user, visitor.client)
    return visitor


def is_signed_in(visitor: Visitor) -> bool:
    return Client.get(visitor.client, "/konto/").status_code == 200


class Adding(TestCase):
    """The page for one more passkey."""

    def setUp(self) -> None:
        self.user = activated()
        self.visitor = signed_in(self.user)

    def add(self, **fields: str) -> Visitor:
        return answer(self.visitor.open(ADD), Authenticator(), **fields)

    def test_ends_at_the_list_with_its_name_and_day(self) -> None:
        self.visitor.open(LIST).follow("Dodaj klucz dostępu")
        self.add(name="  Telefon   Łucji ")
        assert self.visitor.path == LIST
        assert self.visitor.posts == [302]
        assert self.visitor.shows("Klucz dostępu został dodany.")
        assert self.visitor.shows("Telefon Łucji")
        today = timezone.localdate()
        assert self.visitor.shows(f"Dodano {today.day} ")
        assert self.visitor.shows("jeszcze nie użyto")
        assert not self.visitor.reload().shows("został dodany")

    def test_numbers_those_without_a_name(self) -> None:
        for fields in ({"name": "Klucz dostępu 2"}, {}, {"name": " "}, {}):
            self.add(**fields)
        names = self.user.passkeys.values_list("name", flat=True)
        assert list(names) == [f"Klucz dostępu {number}" for number in (2, 1, 3, 4)]

    def test_never_loses_a_passkey_to_a_name(self) -> None:
        for name in ("x" * 61, "\u202e", "---", "a\0b", "x" * 5000, "\ud800"):
            self.visitor.open(ADD)
            options = self.visitor.client.get(f"{ADD}opcje/").json()
            post = self.visitor.post_of("Dodaj klucz dostępu").data
            data = {**post, "passkey": Authenticator().make(options)}
            body = urlencode({**data, "name": name.encode("utf-8", "surrogatepass")})
            response = self.visitor.client.post(ADD, body, content_type=URLENCODED)
            assert response["Location"] == LIST, name
        assert self.user.passkeys.count() == 6

    def test_asks_for_one_that_signs_in_alone(self) -> None:
        options = services.options_to_add(self.user)
        assert options["rp"] == {"id": "testserver", "name": "kantor.pl"}
        assert options["authenticatorSelection"] == {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        }
        assert options["attestation"] == "none"
        assert [each["alg"] for each in options["pubKeyCredParams"]] == [-7, -8, -257]

    def test_names_the_account_by_a_random_handle_that_stays(self) -> None:
        handles = {services.options_to_add(user)["user"]["id"] for user in (self.user, activated())}
        assert len(handles) == 2
        device = enrolled(self.user)
        assert services.options_to_add(self.user)["user"]["id"] in handles
        assert device.handle is not None
        assert len(device.handle) == 64
        services.remove(self.user, Passkey.objects.get().pk)
        assert authenticator.text(device.handle) == services.options_to_add(self.user)["user"]["id"]

    def test_keeps_a_device_from_making_a_second_one(self) -> None:
        device = enrolled(self.user)
        (known,) = services.options_to_add(self.user)["excludeCredentials"]
        assert known["id"] == authenticator.text(device.credential_id)
        assert known["transports"] == ["hybrid", "internal"]

    def test_takes_each_kind_of_key_that_it_asks_for(self) -> None:
        for kind in ("ES256", "EdDSA", "RS256"):
            device = enrolled(self.user, kind=kind)
            result = services.sign_in(device.prove(services.options_to_sign_in()))
            assert result.outcome is Outcome.ACCEPTED, kind

    def test_stops_at_ten(self) -> None:
        for _ in range(Passkey.MOST - 1):
            enrolled(self.user)
        options = services.options_to_add(self.user)
        self.add()
        assert self.user.passkeys.count() == Passkey.MOST == 10
        result = services.add(self.user, Authenticator().make(options))
        assert result.outcome is Outcome.TOO_MANY
        assert self.visitor.open(ADD).shows("Konto może mieć 10 kluczy dostępu.")
        assert self.visitor.buttons() == []
        assert "Dodaj" not in self.visitor.open(LIST).text

    def test_says_that_there_are_ten_to_whoever_was_on_the_page_already(self) -> None:
        self.visitor.open(ADD)
        for _ in range(Passkey.MOST):
            enrolled(self.user)
        assert answer(self.visitor, Authenticator()).shows("Konto może mieć 10 kluczy dostępu.")

    def test_says_that_it_failed_and_can_be_tried_again(self) -> None:
        self.visitor.open(ADD)
        foreign = Authenticator(origin="https://evil.example")
        assert answer(self.visitor, foreign).shows("Nie udało się dodać klucza dostępu.")
        assert self.visitor.path == ADD
        assert answer(self.visitor, Authenticator()).path == LIST

    def test_is_refused_where_the_access_was_closed_meanwhile(self) -> None:
        made = Authenticator().make(services.options_to_add(self.user))
        before = User.objects.get(pk=self.user.pk)
        sessions.close_access(self.user)
        assert services.add(before, made).outcome is Outcome.REFUSED
        assert services.add(User.objects.get(pk=self.user.pk), made).outcome is Outcome.ACCEPTED
        made = Authenticator().make(services.options_to_add(self.user))
        before = User.objects.get(pk=self.user.pk)
        credentials.change_password(before, "Cztery-czerwone-sanki-9")
        assert services.add(before, made).outcome is Outcome.REFUSED
        review.suspend(self.user)
        assert services.add(User.objects.get(pk=self.user.pk), made).outcome is Outcome.REFUSED
        assert self.user.passkeys.count() == 1

    def test_is_refused_where_the_session_was_ended_elsewhere(self) -> None:
        self.visitor.open(ADD)
        made = Authenticator().make(services.options_to_add(self.user))
        post = self.visitor.post_of("Dodaj klucz dostępu")
        sessions.end_others(self.user, None, visit=NOBODY)
        self.visitor.send(post._replace(data={**post.data, "passkey": made}))
        assert self.visitor.path.startswith("/logowanie/")
        assert not self.user.passkeys.exists()

    def test_leads_back_where_there_is_no_script(self) -> None:
        self.visitor.open(ADD)
        absent = self.visitor.element("[data-passkey-absent]")
        assert "JavaScript" in absent.get_text()
        assert self.visitor.follow("Wróć na stronę „Logowanie i bezpieczeństwo”").path == SECURITY

    def test_begins_at_a_list_with_one_heading(self) -> None:
        self.visitor.open(LIST)
        headings = [each.get_text(strip=True) for each in self.visitor.select("main h1, main h2")]
        assert headings == ["Twoje klucze dostępu"]
        assert self.visitor.follow("Dodaj klucz dostępu").path == ADD

    def test_is_for_who_is_signed_in(self) -> None:
        for path in (LIST, ADD, f"{ADD}opcje/", CONFIRM, f"{CONFIRM}opcje/", f"{LIST}1/usun/"):
            assert Client().get(path)["Location"] == f"/logowanie/?next={path}"

    def test_is_for_staff_at_their_own_address(self) -> None:
        visitor = Visitor(sit_down(Client(), staff()))
        assert visitor.open(ADD).path == "/admin/methods/"
        visitor.open("/admin/methods/passkey/")
        assert answer(visitor, Authenticator()).path == "/admin/methods/"

    def test_takes_few_statements(self) -> None:
        enrolled(self.user)
        self.user.refresh_from_db()
        with self.assertNumQueries(1):
            options = services.options_to_add(self.user)
        made = Authenticator().make(options)
        # Of which two are the savepoint of the test; the lock, the challenge, the names, the row.
        with self.assertNumQueries(2 + 4):
            services.add(self.user, made)

    def test_is_kept_by_nobody(self) -> None:
        for path in (SIGN_IN, f"{SIGN_IN}opcje/", LIST, ADD, f"{ADD}opcje/", CONFIRM):
            visitor = Client() if path.startswith(SIGN_IN) else self.visitor.client
            assert "no-store" in visitor.get(path)["Cache-Control"], path


class SigningIn(TestCase):
    """One passkey is a whole sign-in."""

    def setUp(self) -> None:
        self.user = activated()
        self.device = enrolled(self.user)
        self.visitor = Visitor()

    def enter(self, address: str = SIGN_IN) -> Visitor:
        return answer(self.visitor.open(address), self.device)

    def test_opens_the_account(self) -> None:
        before = timezone.now()
        assert self.enter().path == "/konto/"
        assert self.visitor.posts == [302]
        passkey = Passkey.objects.get()
        assert passkey.last_used_at is not None
        assert passkey.last_used_at >= before
        assert signed_in(self.user).open(LIST).shows("ostatnio użyto")

    def test_gives_the_session_a_new_key_and_nothing_of_a_registration(self) -> None:
        self.visitor.open("/rejestracja/").choose("Osoba fizyczna").press("Dalej")
        before = self.visitor.client.session.session_key
        self.enter()
        session = Session.objects.get(account_id=self.user.pk)
        assert session.session_key != before
        assert not any(key.startswith("wizard_") for key in session.get_decoded())
        assert AccountSession.objects.get().how == AccountSession.How.PASSKEY

    def test_forgets_what_somebody_else_registered_in_this_browser(self) -> None:
        stranger = registered()
        self.visitor.client.cookies.update(registering_browser(stranger).cookies)
        assert self.visitor.open("/rejestracja/wyslano/").shows(stranger.email)
        self.enter()
        assert not self.visitor.open("/rejestracja/wyslano/").shows(stranger.email)

    def test_leads_to_a_page_of_ours_only(self) -> None:
        assert self.enter(f"{SIGN_IN}?next={LIST}").path == LIST
        for foreign in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
            self.visitor = Visitor()
            assert self.enter(f"{SIGN_IN}?next={foreign}").path == "/konto/"

    def test_leads_on_who_is_signed_in_already(self) -> None:
        visitor = signed_in(self.user)
        assert visitor.open(SIGN_IN).path == "/konto/"
        assert visitor.open(f"{SIGN_IN}?next={LIST}").path == LIST
        response = visitor.client.post(SIGN_IN, {"passkey": "x"})
        # Without the form's token: it was open before somebody signed in.
        assert (response.status_code, response["Location"]) == (302, "/logowanie/")

    def test_makes_no_session_and_no_statement_before_an_answer(self) -> None:
        for path in (SIGN_IN, f"{SIGN_IN}opcje/"):
            client = Client()
            with self.assertNumQueries(0):
                for _ in range(50):
                    assert client.get(path).status_code == 200
            assert "sessionid" not in client.cookies
        assert not Session.objects.exists()

    def test_offers_every_passkey_of_the_browser_and_a_new_challenge_each_time(self) -> None:
        options = [Client().get(f"{SIGN_IN}opcje/").json() for _ in range(2)]
        assert len({each["challenge"] for each in options}) == 2
        assert options[0]["rpId"] == "testserver"
        assert options[0]["userVerification"] == "required"
        assert options[0]["timeout"] == 300_000
        assert "allowCredentials" not in options[0]

    def test_says_once_that_it_did_not_work(self) -> None:
        self.device = Authenticator(handle=b"x")
        wanted = urlencode({"next": LIST})
        assert self.enter(f"{SIGN_IN}?{wanted}").path == f"{SIGN_IN}?{wanted}"
        assert self.visitor.shows(REFUSED)
        assert self.visitor.posts == [302]
        assert not self.visitor.reload().shows(REFUSED)
        assert not Session.objects.exists()

    def test_says_that_an_answer_came_late_or_twice(self) -> None:
        post = self.visitor.open(SIGN_IN).post_of("Zaloguj się kluczem dostępu")
        made = self.device.prove(services.options_to_sign_in())
        late = post._replace(data={**post.data, "passkey": made})
        with authenticator.later(timedelta(minutes=5, seconds=2)):
            assert self.visitor.send(late).shows("Trwało to zbyt długo")
        assert not is_signed_in(self.visitor)
        assert self.visitor.send(late).path == "/konto/"
        again = Visitor().open(SIGN_IN)
        token = again.post_of("Zaloguj się kluczem dostępu").data["csrfmiddlewaretoken"]
        twice = late._replace(data={**late.data, "csrfmiddlewaretoken": token})
        assert again.send(twice).shows("zostało wysłane dwa razy")
        assert not is_signed_in(again)

    def test_tells_the_owner_of_a_suspended_account_to_call(self) -> None:
        review.suspend(self.user)
        assert self.enter().shows("Konto jest zablokowane. Zadzwoń: +48 22 859 0218")
        assert not is_signed_in(self.visitor)
        self.device.key = authenticator.key_of("ES256")
        assert self.enter().shows(REFUSED), "told without a proof"

    def test_knows_no_pending_account(self) -> None:
        User.objects.update(activated_at=None, is_active=False)
        assert self.enter().shows(REFUSED)
        User.objects.update(suspended_at=timezone.now())
        assert self.enter().shows(REFUSED)
        assert not is_signed_in(self.visitor)

    def test_is_not_stopped_by_wrong_passwords(self) -> None:
        for _ in range(6):
            try_in(self.user.email, "x")
        assert self.enter().path == "/konto/"

    def test_lets_each_account_in_at_its_own_door(self) -> None:
        colleague = enrolled(staff())
        options = services.options_to_sign_in
        for device, for_staff, outcome in (
            (colleague, False, Outcome.REFUSED),
            (colleague, True, Outcome.ACCEPTED),
            (self.device, True, Outcome.REFUSED),
        ):
            assert services.sign_in(device.prove(options()), for_staff=for_staff).outcome is outcome
        self.device = colleague
        assert self.enter().shows(REFUSED)

    def test_counts_with_all_sign_ins_of_a_network(self) -> None:
        assert self.enter().path == "/konto/"
        for _ in range(NETWORK_SIGN_INS.times):
            NETWORK_SIGN_INS.hit("127.0.0.1")
        self.visitor = Visitor()
        assert self.enter().status == 429
        assert int(self.visitor.response["Retry-After"]) > 0

    def test_is_the_same_for_unknown_foreign_and_broken_ones(self) -> None:
        unknown = Authenticator(handle=self.device.handle)
        unsigned = Authenticator(handle=self.device.handle)
        unsigned.credential_id = self.device.credential_id
        seen = {}
        for name, device in (("unknown", unknown), ("unsigned", unsigned)):
            made = device.prove(services.options_to_sign_in())
            Counter.objects.all().delete()
            seen[name] = observed(partial(Client().post, SIGN_IN, {"passkey": made}), "")
        assert seen["unknown"] == seen["unsigned"]
        assert seen["unknown"][0] == 302

    def test_takes_few_statements(self) -> None:
        made = self.device.prove(services.options_to_sign_in())
        # The passkey with its account, the challenge, the use; two are the savepoint of the test.
        with self.assertNumQueries(3 + 2):
            services.sign_in(made)
        unknown = Authenticator(handle=b"x").prove(services.options_to_sign_in())
        with self.assertNumQueries(1):
            services.sign_in(unknown)
        with self.assertNumQueries(0):
            services.sign_in("{}")


class Confirming(TestCase):
    """Whether it is still the same person at the keyboard."""

    def setUp(self) -> None:
        self.user = activated()
        self.device = enrolled(self.user)
        self.visitor = signed_in(self.user)

    def test_leads_on_and_is_remembered(self) -> None:
        answer(self.visitor.open(f"{CONFIRM}?next={ADD}"), self.device)
        assert self.visitor.path == ADD
        with later(minutes=6):
            answer(self.visitor.open(ADD), self.device)
            assert self.visitor.path == ADD
            assert self.visitor.heading == "Dodaj klucz dostępu"

    def test_asks_for_passkeys_of_this_account_only(self) -> None:
        enrolled(activated())
        (known,) = self.visitor.client.get(f"{CONFIRM}opcje/").json()["allowCredentials"]
        assert known["id"] == authenticator.text(self.device.credential_id)

    def test_takes_a_device_that_does_not_say_whose_it_is(self) -> None:
        self.device.handle = None
        options = services.options_to_confirm(self.user)
        assert services.confirm(self.user, self.device.prove(options)).outcome is Outcome.ACCEPTED

    def test_refuses_the_passkey_of_somebody_else(self) -> None:
        wanted = urlencode({"next": ADD})
        answer(self.visitor.open(f"{CONFIRM}?{wanted}"), enrolled(activated()))
        assert self.visitor.path == f"/konto/potwierdz/?{wanted}"
        assert self.visitor.shows("Tym kluczem dostępu nie można potwierdzić, że to Ty.")
        with later(minutes=5):
            assert self.visitor.open(ADD).heading == "Potwierdź, że to Ty"


class RenamingAndRemoving(TestCase):
    """What the owner changes in the list."""

    def setUp(self) -> None:
        self.user = activated()
        self.device = enrolled(self.user, "Stary telefon")
        self.visitor = signed_in(self.user).open(LIST)

    def test_gives_another_name(self) -> None:
        self.visitor.follow("Zmień nazwę : Stary telefon")
        assert self.visitor.value("Nazwa klucza dostępu") == "Stary telefon"
        self.visitor.fill({"Nazwa klucza dostępu": "Laptop „biurowy” <b>"}).press("Zapisz nazwę")
        assert self.visitor.path == LIST
        assert self.visitor.shows("Nazwa została zmieniona.")
        assert self.visitor.shows("Laptop „biurowy” <b>")

    def test_says_what_is_wrong_with_a_name(self) -> None:
        self.visitor.follow("Zmień nazwę : Stary telefon")
        for name in ("", "x" * 61, "-", "a\u200bb"):
            self.visitor.fill({"Nazwa klucza dostępu": name}).press("Zapisz nazwę")
            assert self.visitor.error_at("Nazwa klucza dostępu"), name
            assert self.visitor.value("Nazwa klucza dostępu") == name
        assert set(self.visitor.posts) == {302}
        assert not self.visitor.reload().errors
        assert Passkey.objects.get().name == "Stary telefon"

    def test_asks_before_it_removes(self) -> None:
        self.visitor.follow("Usuń : Stary telefon")
        assert self.visitor.shows("Stary telefon")
        assert Passkey.objects.exists()
        assert self.visitor.press("Usuń klucz dostępu").path == LIST
        assert self.visitor.shows("Klucz dostępu został usunięty.")
        assert self.visitor.shows("Nie masz jeszcze klucza dostępu.")
        made = self.device.prove(services.options_to_sign_in())
        assert services.sign_in(made).outcome is Outcome.REFUSED

    def test_tells_browsers_which_are_left(self) -> None:
        kept = enrolled(self.user)
        self.visitor.open(LIST).follow("Usuń : Stary telefon").press("Usuń klucz dostępu")
        known = json.loads(
            str(self.visitor.element("[data-passkeys-known]")["data-passkeys-known"])
        )
        assert kept.handle is not None
        assert known == {
            "rpId": "testserver",
            "userId": authenticator.text(kept.handle),
            "allAcceptedCredentialIds": [authenticator.text(kept.credential_id)],
        }

    def test_touches_nobody_elses(self) -> None:
        stranger = signed_in(activated())
        pk = Passkey.objects.get().pk
        for number in (pk, 0, 10**30):
            for action, data in (("nazwa", {"name": "x1"}), ("usun", {})):
                path = f"{LIST}{number}/{action}/"
                assert stranger.open(path).status == 404
                token = stranger.open(ADD).post_of("Dodaj klucz dostępu").data
                stranger.client.post(path, {**token, **data})
        assert Passkey.objects.get().name == "Stary telefon"

    def test_says_who_has_removed_what(self) -> None:
        pk = Passkey.objects.get().pk
        removed = services.remove(self.user, pk)
        assert removed is not None
        assert removed.name == "Stary telefon"
        assert services.remove(self.user, pk) is None
        assert not services.rename(self.user, pk, "x")


class Address(SimpleTestCase):
    """What passkeys are bound to: BASE_URL, and nothing that a request says."""

    def origin(self, address: str) -> tuple[str, str]:
        return relying_party._read(address)

    def test_is_written_as_browsers_write_it(self) -> None:
        for address, origin, name in (
            ("https://kantor.example", "https://kantor.example", "kantor.example"),
            ("https://Kantor.Example:443", "https://kantor.example", "kantor.example"),
            ("https://kantor.example:8443", "https://kantor.example:8443", "kantor.example"),
            ("http://localhost:8000", "http://localhost:8000", "localhost"),
            ("https://żółw.example", "https://xn--w-uga1v8h.example", "xn--w-uga1v8h.example"),
            ("http://[::1]:8000", "http://[::1]:8000", "::1"),
        ):
            assert self.origin(address) == (origin, name)

    def test_has_to_be_a_name(self) -> None:
        for address, is_name in (
            ("https://kantor.example", True),
            ("http://localhost:8000", True),
            ("http://127.0.0.1:8000", False),
            ("http://127.1", False),
            ("http://[::1]:8000", False),
        ):
            with override_settings(BASE_URL=address):
                assert relying_party.is_offered() is is_name, address
                found = [each.id for each in run_checks(include_deployment_checks=True)]
                assert ("accounts.W001" in found) is not is_name, address

    def test_that_is_a_number_offers_nothing(self) -> None:
        with override_settings(BASE_URL="http://127.0.0.1:8000"):
            for path in (SIGN_IN, f"{SIGN_IN}opcje/", LIST, ADD):
                assert Client().get(path).status_code == 404
            request = RequestFactory().get("/")
            request.session = {}  # type: ignore[assignment]
            assert not views.sign_in_context(request)["passkeys_offered"]

    def test_of_the_request_is_not_asked(self) -> None:
        options = Client(headers={"host": "localhost"}).get(f"{SIGN_IN}opcje/").json()
        assert options["rpId"] == "testserver"


class Script(SimpleTestCase):
    """What a browser loads for it."""

    def test_is_under_three_kilobytes_and_hides_nothing_inline(self) -> None:
        path = finders.find("js/passkeys.js")
        assert isinstance(path, str)
        with open(path, "rb") as file:
            assert len(file.read()) < 3000

    def test_is_what_reveals_the_button(self) -> None:
        page: Any = Visitor().open(SIGN_IN)
        form = page.element("form[data-passkey]")
        assert form.has_attr("hidden")
        assert "JavaScript" in page.element("[data-passkey-absent]").get_text()
        assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|style=", str(page.root))


class Synchronised(TestCase):
    """A passkey that its owner's other devices have too."""

    def test_is_known_as_one(self) -> None:
        user = activated()
        device = enrolled(user, flags=PRESENT | VERIFIED | ELIGIBLE)
        passkey = Passkey.objects.get()
        assert passkey.is_backup_eligible
        assert not passkey.is_backed_up
        device.flags |= authenticator.BACKED_UP
        services.sign_in(device.prove(services.options_to_sign_in()))
        passkey.refresh_from_db()
        assert passkey.is_backed_up
