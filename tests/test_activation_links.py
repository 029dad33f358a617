"""The link itself: its token, its pages, another one in its place, and "It was not me"."""

from datetime import timedelta
from urllib.parse import quote

from bs4 import BeautifulSoup
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core import mail, signing
from django.test import Client, TestCase, override_settings
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts import tokens
from accounts.models import (
    ConsentRecord,
    Counter,
    Customer,
    OutboxMessage,
    User,
)
from accounts.services import activation, registration, review
from accounts.services.activation import LinkState
from accounts.sign_in.views import PENDING_SALT
from kantor.serving.typography import untie
from tests.factories import PASSWORD, activated, registered, restore
from tests.letters import (
    activation_path,
    deliver,
    paths,
    registering_browser,
)
from tests.links import (
    LABEL,
    OTHER_PASSWORD,
    actions,
    facts,
    heading,
    is_active,
    link_of_age,
    welcomes,
)
from tests.tries import travel
from tests.walk import Visitor

Kind = OutboxMessage.Kind
ONE_HOUR = timedelta(hours=1)


class PageTests(TestCase):
    """A link that no longer activates."""

    def setUp(self) -> None:
        self.user = registered(language="en")
        self.path = activation_path(self.user)

    def assert_page(self, status: int, title: str, *ways_on: str, path: str | None = None) -> None:
        """The same page for everybody, with a way on; and nothing is changed by looking."""
        path = path or self.path
        before = facts()
        for client in (Client(), registering_browser(self.user)):
            for response in (client.get(path), client.post(path, {"password": PASSWORD})):
                assert response.status_code == status
                assert heading(response) == title
                assert actions(response) == list(ways_on)
                assert "no-store" in response["Cache-Control"]
            assert client.head(path).status_code == status
        assert facts() == before

    def test_leads_to_signing_in_when_it_was_used(self) -> None:
        registering_browser(self.user).get(self.path)
        self.assert_page(200, "The account is already active", "Sign in")

    def test_leads_to_a_new_link_when_it_expired(self) -> None:
        with override_settings(ACTIVATION_LINK_HOURS=0):
            self.assert_page(410, "The link has expired", "Send a new link")

    def test_lives_48_hours(self) -> None:
        old = link_of_age(self.user, timedelta(hours=48, seconds=2))
        self.assert_page(410, "The link has expired", "Send a new link", path=old)
        registering_browser(self.user).get(link_of_age(self.user, timedelta(hours=47, minutes=59)))
        assert is_active(self.user)

    def test_leads_to_the_newer_link_when_there_is_one(self) -> None:
        assert registration.resend_link(self.user)
        self.assert_page(410, "There is a newer link", "Send a new link")

    def test_is_superseded_even_after_it_expired(self) -> None:
        assert registration.resend_link(self.user)
        with override_settings(ACTIVATION_LINK_HOURS=0):
            self.assert_page(410, "There is a newer link", "Send a new link")

    def test_dies_with_the_password_it_was_made_for(self) -> None:
        self.user.set_password(OTHER_PASSWORD)
        self.user.save()
        self.assert_page(410, "There is a newer link", "Send a new link")

    def test_dies_with_the_address_it_was_sent_to(self) -> None:
        self.user.email = "poprawiony@example.com"
        self.user.save()
        self.assert_page(410, "This registration has another address", "Home page")

    def test_does_not_revive_what_staff_closed_after_the_activation(self) -> None:
        activation.activate(self.user)
        review.suspend(self.user)
        self.assert_page(410, "The account is blocked", "Call +48 22 859 0218")

    def test_does_not_open_what_staff_closed_before_the_activation(self) -> None:
        review.suspend(self.user)
        self.assert_page(410, "The account is blocked", "Call +48 22 859 0218")
        restore(self.user)
        registering_browser(self.user).get(self.path)
        assert is_active(self.user)

    def test_leads_to_a_new_registration_when_the_old_one_was_purged(self) -> None:
        long_ago = timezone.now() - timedelta(days=33)
        User.objects.update(created_at=long_ago)
        OutboxMessage.objects.update(created_at=long_ago, finished_at=long_ago)
        assert registration.purge() == 1
        self.assert_page(404, "The link does not work", "Ask for a new link", "Sign up")

    def test_leads_to_a_new_registration_when_the_owner_refused_it(self) -> None:
        assert activation.refuse(self.user)
        self.assert_page(404, "The link does not work", "Ask for a new link", "Sign up")

    def test_says_what_it_says_in_polish_too(self) -> None:
        activation.activate(self.user)
        response = self.client.get(self.path.removeprefix("/en"))
        assert BeautifulSoup(response.content, "html.parser").html["lang"] == "pl"  # type: ignore[index]

    def test_sends_no_second_mail_about_an_active_account(self) -> None:
        registering_browser(self.user).get(self.path)
        deliver()
        count = len(mail.outbox)
        for _ in range(3):
            registering_browser(self.user).get(self.path)
            self.client.post(self.path, {"password": PASSWORD})
            self.client.post(f"{self.path}ponownie/")
            self.client.post(f"{self.path}to-nie-ja/")
        deliver()
        assert len(mail.outbox) == count
        assert welcomes(self.user) == 1


class TokenTests(TestCase):
    """The token in the link."""

    def setUp(self) -> None:
        self.user = registered(language="en")
        self.token = tokens.make(self.user, 1)

    def assert_broken(self, token: str) -> None:
        assert activation.examine(token) == (LinkState.BROKEN, None), token

    def test_is_worth_nothing_after_any_change(self) -> None:
        assert activation.examine(self.token)[0] is LinkState.VALID
        for position, sign in enumerate(self.token):
            before, after = self.token[:position], self.token[position + 1 :]
            self.assert_broken(before + after)
            self.assert_broken(before + sign + sign + after)
            for other in "0aA_-.~":
                if other != sign:
                    self.assert_broken(before + other + after)
            if sign.swapcase() != sign:
                self.assert_broken(before + sign.swapcase() + after)
            self.assert_broken(before)

    def test_has_a_page_for_whatever_stands_in_its_place(self) -> None:
        client = registering_browser(self.user)
        for token in (
            self.token[:-1],
            self.token[:40],
            self.token.upper(),
            "x" + self.token[1:],
            "x",
            "~~~",
            ":::",
            "..",
            "1.2.3:4:5",
            "%",
            "\x00",
            "ą\u202e\ufffe",
            "<script>",
            "{{ 7 }}",
            "a" * 5000,
            "'; DROP TABLE accounts_user; --",
        ):
            response = client.get(f"/en/aktywacja/{quote(token, safe='')}/")
            assert response.status_code == 404, token
            assert not is_active(self.user)
        assert client.get("/en/aktywacja/%ff%fe/").status_code == 404

    def test_says_nothing_of_the_account(self) -> None:
        assert self.user.email not in self.token
        assert self.user.password not in self.token

    def test_is_signed_by_the_key_of_the_site(self) -> None:
        with override_settings(SECRET_KEY="another key"):
            foreign = tokens.make(self.user, 1)
            self.assert_broken(self.token)
        self.assert_broken(foreign)

    def test_survives_the_exchange_of_the_key(self) -> None:
        old = settings.SECRET_KEY
        with override_settings(SECRET_KEY="the new key", SECRET_KEY_FALLBACKS=[old]):
            # Another key makes another fingerprint: the way on is a new link, never an error.
            assert activation.examine(self.token)[0] in (LinkState.VALID, LinkState.SUPERSEDED)

    def test_is_not_one_of_another_purpose(self) -> None:
        user = activated(language="en")
        reset = default_token_generator.make_token(user)
        cookie = registering_browser(self.user).cookies[settings.REGISTRATION_COOKIE_NAME].value
        proof = signing.TimestampSigner(salt=PENDING_SALT).sign(str(self.user.pk))
        attempt = self.user.attempt
        assert attempt is not None
        for other in (
            reset,
            default_token_generator.make_token(self.user),
            cookie,
            proof,
            signing.TimestampSigner().sign(f"{attempt.hex}.1.x"),
            signing.TimestampSigner(salt=tokens.SALT).sign(attempt.hex),
            signing.TimestampSigner(salt=tokens.SALT).sign(f"{attempt.hex}.one.x"),
        ):
            self.assert_broken(other)
            self.assert_broken(other.replace(":", "~"))

    def test_opens_no_other_door(self) -> None:
        for user in (self.user, activated(language="en")):
            token = tokens.make(user, 1)
            uid = urlsafe_base64_encode(force_bytes(user.pk))
            visitor = Visitor().open(f"/en/haslo/{uid}/{token}/")
            assert visitor.heading == "The link does not work"
            visitor.client.post("/en/logowanie/link/", {"proof": token})
            visitor.client.post("/en/logowanie/link/", {"proof": token.replace("~", ":")})
            assert User.objects.get(pk=user.pk).link_serial == 1

    def test_belongs_to_one_registration(self) -> None:
        other = registered(language="en", email=self.user.email)
        registering_browser(self.user, other).get(f"/en/aktywacja/{self.token}/")
        assert is_active(self.user)
        assert not User.objects.filter(pk=other.pk).exists()


class NewLinkTests(TestCase):
    """Asking for another link."""

    def setUp(self) -> None:
        self.user = registered(language="en")
        self.path = activation_path(self.user)

    def test_replaces_an_expired_one(self) -> None:
        with override_settings(ACTIVATION_LINK_HOURS=0):
            visitor = Visitor().open(self.path).press("Send a new link")
        assert visitor.heading == "A new link is on its way"
        newer = activation_path(self.user)
        assert newer != self.path
        assert heading(self.client.get(self.path)) == "There is a newer link"
        Visitor().open(newer).fill({LABEL: PASSWORD}).press("Activate account")
        assert is_active(self.user)

    def test_replaces_a_superseded_one(self) -> None:
        registration.resend_link(self.user)
        Counter.objects.all().delete()
        Visitor().open(self.path).press("Send a new link")
        assert User.objects.get(pk=self.user.pk).link_serial == 3

    def test_is_sent_once_in_three_minutes(self) -> None:
        registration.resend_link(self.user)
        for _ in range(5):
            response = self.client.post(f"{self.path}ponownie/")
            assert response.status_code == 429
            assert 170 < int(response["Retry-After"]) <= 180
            words = "You can send the next message in 3 minutes."
            assert words in untie(response.content.decode())
        assert User.objects.get(pk=self.user.pk).link_serial == 2
        travel(timedelta(minutes=3))
        response = self.client.post(f"{self.path}ponownie/")
        assert response["Location"] == "/en/rejestracja/wyslano/ponownie/"
        assert User.objects.get(pk=self.user.pk).link_serial == 3

    def test_is_never_sent_for_looking(self) -> None:
        before = facts()
        for hours in (0, 48):
            with override_settings(ACTIVATION_LINK_HOURS=hours):
                for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS"):
                    response = self.client.generic(method, f"{self.path}ponownie/")
                    assert response.status_code in (405, 410), method
        assert facts() == before

    def test_is_not_sent_while_the_old_one_works(self) -> None:
        response = self.client.post(f"{self.path}ponownie/")
        assert response["Location"] == self.path
        assert User.objects.get(pk=self.user.pk).link_serial == 1

    def test_is_not_sent_to_whom_staff_suspended(self) -> None:
        review.suspend(self.user)
        assert self.client.post(f"{self.path}ponownie/").status_code == 410
        assert User.objects.get(pk=self.user.pk).link_serial == 1

    def test_comes_in_the_language_of_the_registration(self) -> None:
        with override_settings(ACTIVATION_LINK_HOURS=0):
            self.client.post(self.path.removeprefix("/en") + "ponownie/")
        deliver()
        assert mail.outbox[-1].extra_headers["Content-Language"] == "en"
        assert paths(mail.outbox[-1])[0].startswith("/en/")

    def test_makes_the_older_mail_pointless(self) -> None:
        user = registered(language="en")
        registration.resend_link(user)
        sent = [message for message in deliver() if message.to == [user.email]]
        assert len(sent) == 1


class RefusalTests(TestCase):
    """ "It was not me"."""

    def setUp(self) -> None:
        self.user = registered(language="en")
        self.path = activation_path(self.user)
        message = next(m for m in mail.outbox if m.to == [self.user.email])
        (self.refusal,) = {path for path in paths(message) if path.endswith("/to-nie-ja/")}

    def test_asks_once_and_changes_nothing_by_asking(self) -> None:
        before = facts()
        visitor = Visitor().open(self.refusal)
        assert visitor.heading == "Was it not you?"
        self.client.head(self.refusal)
        assert facts() == before

    def test_deletes_everything_with_one_click(self) -> None:
        registration.resend_link(self.user)
        newer = activation_path(self.user)
        visitor = Visitor().open(f"{newer}to-nie-ja/").press("It was not me, delete the details")
        assert visitor.heading == "The details have been deleted"
        for model in (User, Customer, ConsentRecord, OutboxMessage):
            assert not model._default_manager.exists(), model

    def test_works_from_an_older_mail_too(self) -> None:
        registration.resend_link(self.user)
        visitor = Visitor().open(self.refusal).press("It was not me, delete the details")
        assert visitor.heading == "The details have been deleted"
        assert not User.objects.exists()

    def test_stops_mails_that_were_not_sent_yet(self) -> None:
        registration.resend_link(self.user)
        self.user.refresh_from_db()
        count = len(mail.outbox)
        token = tokens.make(self.user, self.user.link_serial)
        self.client.post(f"/en/aktywacja/{token}/to-nie-ja/")
        deliver()
        assert len(mail.outbox) == count

    def test_leaves_other_registrations_of_the_address_alone(self) -> None:
        own = registered(language="en", email=self.user.email)
        self.client.post(self.refusal)
        assert not User.objects.filter(pk=self.user.pk).exists()
        assert User.objects.filter(pk=own.pk).exists()

    def test_is_possible_after_the_link_expired(self) -> None:
        with override_settings(ACTIVATION_LINK_HOURS=0):
            Visitor().open(self.refusal).press("It was not me, delete the details")
        assert not User.objects.filter(pk=self.user.pk).exists()

    def test_deletes_no_account_that_is_active_or_suspended(self) -> None:
        activation.activate(self.user)
        response = self.client.post(self.refusal)
        assert heading(response) == "The account is already active"
        review.suspend(self.user)
        response = self.client.post(self.refusal)
        assert heading(response) == "The account is blocked"
        assert User.objects.filter(pk=self.user.pk).exists()

    def test_comes_too_late_when_the_account_was_activated_meanwhile(self) -> None:
        stale = User.objects.get(pk=self.user.pk)
        activation.activate(self.user)
        assert not activation.refuse(stale)
        assert is_active(self.user)
