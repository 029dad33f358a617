"""A registration that was begun waits while somebody is signed in, and is his who began it."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.test import Client, TestCase
from django.utils import timezone

from kantor.serving.models import Session
from tests.browsers import signed_in
from tests.clock import later
from tests.doors import walk_in
from tests.factories import PASSWORD, activated, registered
from tests.letters import registering_browser
from tests.people import OSOBA, POLISH
from tests.steps import step_url
from tests.walk import Visitor

HAVE_ONE = "Masz już konto"


class WaitingTests(TestCase):
    """One browser with a registration in one tab and a sign-in in another."""

    def setUp(self) -> None:
        self.user = activated()
        self.tab = Visitor()
        OSOBA.reach_review(self.tab)
        self.review = self.tab.path
        self.post = self.tab.post_of("Dalej")
        self.cookie = self.tab.client.cookies[settings.SESSION_COOKIE_NAME].value
        self.other = self.tab.new_tab().open("/logowanie/")
        walk_in(self.other, self.user.email, PASSWORD, language="pl")
        assert self.other.heading == "Twoje konto"

    def sign_out(self) -> None:
        self.other.open("/konto/").press("Wyloguj się")

    def test_a_form_that_was_open_is_answered_by_the_page_that_says_so(self) -> None:
        self.tab.send(self.post)
        assert self.tab.posts[-1] == 302
        assert (self.tab.status, self.tab.heading) == (200, HAVE_ONE)
        assert self.tab.shows("Rejestracja rozpoczęta w tej przeglądarce poczeka do wylogowania.")

    def test_so_is_every_form_of_the_registration(self) -> None:
        token = {"csrfmiddlewaretoken": self.post.data["csrfmiddlewaretoken"]}
        for address in (
            "/rejestracja/",
            "/en/rejestracja/",
            self.review,
            step_url(self.tab, "anuluj"),
            step_url(self.tab, "haslo/propozycja"),
            "/rejestracja/anuluj/",
        ):
            self.tab.send(self.post._replace(address=address, data=token))
            assert self.tab.posts[-1] == 302, address
            assert self.tab.heading in (HAVE_ONE, "You already have an account"), address
        self.tab.send(self.post._replace(address="/rejestracja/wyslano/", data=token))
        assert (self.tab.status, self.tab.path) == (200, "/rejestracja/wyslano/")
        assert 403 not in self.tab.posts

    def test_so_is_a_form_that_is_opened_only_now(self) -> None:
        assert self.tab.open(self.review).heading == HAVE_ONE
        assert self.tab.open(step_url(self.tab, "anuluj")).heading == HAVE_ONE

    def test_a_foreign_form_is_still_refused_elsewhere(self) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.cookies.update(self.tab.client.cookies)
        assert strict.post("/konto/potwierdz/").status_code == 403
        assert Client(enforce_csrf_checks=True).post("/rejestracja/").status_code == 403
        assert Client(enforce_csrf_checks=True).post("/logowanie/").status_code == 403

    def test_never_gets_into_the_session_of_the_account(self) -> None:
        own = Session.objects.get(account_id=self.user.pk)
        assert not any(key.startswith("wizard_") for key in own.get_decoded())
        waiting = Session.objects.get(account_id=None)
        assert SESSION_KEY not in waiting.get_decoded()
        assert waiting.session_key != self.cookie

    def test_is_given_back_at_the_sign_out(self) -> None:
        self.sign_out()
        assert self.tab.open(self.review).heading == POLISH.review
        assert self.tab.press("Dalej").heading == POLISH.setting_password

    def test_goes_on_even_in_the_form_that_was_open_all_the_time(self) -> None:
        self.sign_out()
        assert self.tab.send(self.post).heading == POLISH.setting_password

    def test_is_given_back_when_the_session_has_expired(self) -> None:
        with later(minutes=15):
            assert self.tab.open(self.review).heading == POLISH.review
            assert not Session.objects.filter(account_id=self.user.pk).exists()

    def test_is_given_back_with_a_form_that_can_be_sent(self) -> None:
        # By a page that asks only for the form's sake who is signed in.
        self.tab.client.cookies.update(registering_browser(registered()).cookies)
        with later(minutes=15):
            self.tab.open("/rejestracja/wyslano/").press("Usuń z tej przeglądarki")
            assert self.tab.posts[-1] == 302

    def test_is_given_back_when_the_session_was_ended_by_a_new_password(self) -> None:
        self.user.set_password("Cztery-czerwone-sanki-9")
        self.user.save()
        assert self.tab.open(self.review).heading == POLISH.review

    def test_lives_no_longer_than_its_day(self) -> None:
        ends = Session.objects.get(account_id=None).expire_date
        assert ends <= timezone.now() + timedelta(hours=24)
        with later(hours=23, minutes=59):
            assert self.tab.open(self.review).heading == POLISH.review
        assert Session.objects.get(account_id=None).expire_date == ends
        with later(hours=25):
            assert self.tab.open(self.review).status == 404

    def test_waits_again_at_the_next_sign_in(self) -> None:
        self.sign_out()
        signed_in(self.user, self.fresh())
        assert self.tab.open(self.review).heading == HAVE_ONE
        self.sign_out()
        assert self.tab.open(self.review).heading == POLISH.review

    def fresh(self) -> Client:
        """Return the same browser without the check of tokens: it signs in without a page."""
        self.tab.client.handler.enforce_csrf_checks = False
        return self.tab.client

    def test_is_not_there_for_another_browser_of_the_account(self) -> None:
        elsewhere = Visitor(signed_in(self.user))
        elsewhere.client.handler.enforce_csrf_checks = False
        elsewhere.open("/konto/").press("Wyloguj się")
        assert elsewhere.open(self.review).status == 404

    def test_cannot_be_looked_at_by_the_key_of_before(self) -> None:
        thief = Client()
        thief.cookies[settings.SESSION_COOKIE_NAME] = self.cookie
        assert thief.get(self.review).status_code == 404
        self.sign_out()
        assert thief.get(self.review).status_code == 404


class OtherThingsTests(TestCase):
    """What else an anonymous session may hold."""

    def test_goes_with_the_sign_in(self) -> None:
        visitor = OSOBA.start(Visitor().open("/rejestracja/")).press("Dalej")
        client = visitor.client
        session = client.session
        session["typed_address"] = "ktos@example.com"
        session.save()
        client.handler.enforce_csrf_checks = False
        signed_in(activated(), client)
        kept = [each.get_decoded() for each in Session.objects.all()]
        assert not any("typed_address" in each for each in kept)
        assert any(key.startswith("wizard_") for each in kept for key in each)

    def test_leaves_no_row_behind_when_nothing_waits(self) -> None:
        client = Client()
        session = client.session
        session["typed_address"] = "ktos@example.com"
        session.save()
        client.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
        signed_in(activated(), client)
        assert Session.objects.count() == 1


class SignedOutTests(TestCase):
    """ "Wylogowano": said once, and to who signed out."""

    def setUp(self) -> None:
        self.visitor = Visitor(signed_in(activated(language="en")))
        self.visitor.client.handler.enforce_csrf_checks = False

    SAID = "You have been signed out."

    def test_is_said_once_and_not_again_after_f5(self) -> None:
        self.visitor.open("/en/konto/").press("Sign out")
        assert self.visitor.path == "/en/"
        assert self.visitor.shows(self.SAID)
        assert not self.visitor.reload().shows(self.SAID)
        assert not self.visitor.open("/en/").shows(self.SAID)

    def test_is_said_in_the_language_of_the_page(self) -> None:
        assert self.visitor.open("/konto/").press("Wyloguj się").shows("Wylogowano Cię z konta.")

    def test_makes_no_session(self) -> None:
        self.visitor.open("/en/konto/").press("Sign out")
        assert not Session.objects.exists()
        assert settings.SESSION_COOKIE_NAME not in [
            name for name, morsel in self.visitor.client.cookies.items() if morsel.value
        ]

    def test_is_not_said_to_a_passer_by_whatever_he_sends(self) -> None:
        stranger = Visitor(Client())
        stranger.client.post("/en/wyloguj/")
        assert not stranger.open("/en/?wylogowano").shows(self.SAID)
        for forged in ("x", "", "\x00", '[["__json_message",0,25,"<b>Hacked</b>",""]]'):
            stranger.client.cookies[settings.MESSAGES_COOKIE_NAME] = forged
            assert stranger.open("/en/").status == 200
            assert not stranger.shows("Hacked")

    def test_is_said_on_whichever_page_comes_next(self) -> None:
        self.visitor.client.post("/en/wyloguj/")
        assert self.visitor.open("/en/pomoc/").shows(self.SAID)
        assert not self.visitor.open("/en/").shows(self.SAID)
