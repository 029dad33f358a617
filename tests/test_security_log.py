"""What is noted for the guard of the site: by name, one line each, nobody's data."""

import re
from collections.abc import Callable

from django.conf import settings
from django.test import Client, TestCase

from accounts.models import AccountEvent
from accounts.services import credentials, disowning, events
from accounts.totp import services as totp
from accounts.values.visit import NOBODY
from kantor.serving.security_log import Event
from tests.doors import try_in
from tests.factories import PASSWORD, activated
from tests.phone import stopped_clock, turned_on
from tests.test_production import ROOT
from tests.test_request_log import lines, written

DOCUMENT = ROOT / "docs" / "logs.md"
TOKEN = "17~cZpc0NgAyJUUw9JsCHXHpFNhXcQyTv8yvGL_d8KbIqk"


class NoteTests(TestCase):
    """One line an event."""

    def noted(self, act: Callable[[], object]) -> list[dict[str, object]]:
        with written() as stream, self.captureOnCommitCallbacks(execute=True):
            act()
        found = [each for each in lines(stream) if each["logger"] == "kantor.security"]
        assert "kanarek" not in stream.getvalue()
        assert TOKEN not in str(found)
        return found

    def events(self, act: Callable[[], object]) -> list[object]:
        return [each["event"] for each in self.noted(act)]

    def test_refused_sign_ins_are_alike_for_known_and_unknown_addresses(self) -> None:
        activated(email="kanarek@example.com")
        known = self.noted(lambda: try_in("kanarek@example.com", "wrong"))
        unknown = self.noted(lambda: try_in("nobody@example.com", "wrong"))
        facts = [{**each[-1], "at": "", "request_id": ""} for each in (known, unknown)]
        assert facts[0] == facts[1]
        assert facts[0]["event"] == "sign_in_refused"

    def test_open_account_is_noted_by_its_number(self) -> None:
        user = activated(email="kanarek@example.com")
        found = self.noted(lambda: try_in(user.email, PASSWORD, prefix=""))
        assert [(each["event"], each["account"]) for each in found] == [
            ("account_signed_in", user.pk)
        ]

    def test_tries_that_have_to_wait_name_their_limit(self) -> None:
        for _try in range(5):
            try_in("kanarek@example.com", "wrong")
        first, second = self.noted(lambda: try_in("kanarek@example.com", "wrong"))
        assert (first["event"], first["limit"]) == ("limit_reached", "sign-in")
        assert second["event"] == "sign_in_held_up"

    def test_forgeries_are_noted_once_a_request(self) -> None:
        client = Client(enforce_csrf_checks=True)
        client.cookies[settings.REGISTRATION_COOKIE_NAME] = "kanarek"
        found = self.noted(lambda: client.get("/rejestracja/wyslano/"))
        assert [(each["event"], each["level"]) for each in found] == [("cookie_forged", "WARNING")]
        assert self.events(lambda: client.post("/logowanie/", {})) == ["form_forged"]
        assert self.events(lambda: Client().get(f"/konto/to-nie-ja/{TOKEN}/")) == ["link_forged"]

    def test_wrong_passwords_and_codes_of_whoever_is_in_are_his_accounts(self) -> None:
        user = activated(email="kanarek@example.com")
        found = self.noted(lambda: credentials.proves_owner(user, "wrong"))
        assert [(each["event"], each["account"]) for each in found] == [
            ("confirmation_refused", user.pk)
        ]
        self.enterContext(stopped_clock())
        turned_on(user)
        found = self.noted(lambda: totp.verify(user, "000000"))
        assert [(each["event"], each["account"]) for each in found] == [("code_refused", user.pk)]

    def test_a_link_that_says_it_was_not_me_is_noted(self) -> None:
        user = activated()
        event = events.record(user, AccountEvent.Kind.SIGNED_IN)
        found = self.events(lambda: disowning.disown(event, visit=NOBODY))
        assert found[0] == "account_disowned"

    def test_line_carries_the_id_of_its_request(self) -> None:
        sent = "0123456789abcdef0123456789abcdef"
        client = Client(enforce_csrf_checks=True)
        (found,) = self.noted(lambda: client.post("/logowanie/", headers={"X-Request-ID": sent}))
        assert found["request_id"] == sent


class DocumentTests(TestCase):
    """docs/logs.md."""

    def test_names_every_event_and_no_other(self) -> None:
        # Those of accounts are the kinds that customers read about themselves.
        documented = set(re.findall(r"^\| `([a-z_]+)` \|", DOCUMENT.read_text(), re.M))
        known = {event.value for event in Event}
        assert documented == known, documented ^ known
