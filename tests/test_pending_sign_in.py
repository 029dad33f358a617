"""An account that waits for its link, or is there twice, at the sign-in."""

from unittest import mock

from django.core import mail, signing
from django.test import Client, TestCase

from accounts import tokens
from accounts.models import User
from accounts.services import activation, registration, review
from accounts.sign_in.views import PENDING_SALT
from tests.doors import GENERIC, PATH, enters, is_signed_in, walk_in
from tests.factories import PASSWORD, activated, registered
from tests.letters import activation_path, deliver
from tests.links import OTHER_PASSWORD
from tests.walk import Visitor


class PendingTests(TestCase):
    """Signing in before the account is active."""

    def setUp(self) -> None:
        self.user = registered(language="en")
        self.first = activation_path(self.user)

    def visitor_with(self, password: str) -> Visitor:
        visitor = Visitor().open(PATH)
        walk_in(visitor, self.user.email, password)
        return visitor

    def test_offers_a_new_link_after_the_right_password(self) -> None:
        visitor = self.visitor_with(PASSWORD)
        assert visitor.status == 200
        assert visitor.heading == "The account is waiting for activation"
        assert not is_signed_in(visitor.client)
        visitor.press("Send a new link")
        assert visitor.heading == "A new link is on its way"
        path = activation_path(self.user)
        assert path != self.first
        Client().post(path, {"password": PASSWORD})
        assert enters(self.user.email, PASSWORD)

    def test_offers_nothing_after_a_wrong_one(self) -> None:
        visitor = self.visitor_with(OTHER_PASSWORD)
        assert visitor.heading == "Signing in"
        assert visitor.errors == [GENERIC]

    def test_sends_nothing_without_the_proof_of_the_password(self) -> None:
        signer = signing.TimestampSigner(salt=PENDING_SALT)
        genuine = signer.sign(str(self.user.pk))
        with mock.patch("django.core.signing.time.time", return_value=1_700_000_000):
            old = signer.sign(str(self.user.pk))
        for proof in (
            "",
            str(self.user.pk),
            genuine[:-1],
            old,
            signing.TimestampSigner().sign(str(self.user.pk)),
            signer.sign("x"),
            signer.sign("9" * 30),
            "\x00",
            tokens.make(self.user, 1).replace("~", ":"),
        ):
            response = self.client.post("/en/logowanie/link/", {"proof": proof})
            assert response.status_code == 302, proof
        for method, status in (("GET", 302), ("HEAD", 302), ("PUT", 405)):
            answer = self.client.generic(method, f"/en/logowanie/link/?proof={genuine}")
            assert answer.status_code == status
        assert User.objects.get(pk=self.user.pk).link_serial == 1

    def test_sends_one_link_in_three_minutes(self) -> None:
        visitor = self.visitor_with(PASSWORD)
        proof = visitor.element("input[name=proof]")["value"]
        for _ in range(5):
            self.client.post("/en/logowanie/link/", {"proof": proof})
        assert User.objects.get(pk=self.user.pk).link_serial == 2

    def test_sends_nothing_about_an_account_that_is_not_pending_any_more(self) -> None:
        proof = signing.TimestampSigner(salt=PENDING_SALT).sign(str(self.user.pk))
        activation.activate(self.user)
        for _ in range(2):
            response = self.client.post("/en/logowanie/link/", {"proof": proof})
            assert response["Location"] == "/en/rejestracja/wyslano/ponownie/"
            review.suspend(self.user)
        assert User.objects.get(pk=self.user.pk).link_serial == 1


class RegistrationAgainTests(TestCase):
    """Registering an address that has an account."""

    def test_tells_the_owner_and_changes_nothing(self) -> None:
        owner = activated(language="en")
        deliver()
        count = len(mail.outbox)
        stranger = registered(language="en", email=owner.email.upper(), password=OTHER_PASSWORD)
        deliver()
        (notice,) = mail.outbox[count:]
        assert notice.to == [owner.email]
        assert enters(owner.email, PASSWORD)
        assert not enters(owner.email, OTHER_PASSWORD)
        assert not registration.resend_link(activated(email="inny@example.com"))
        assert stranger.is_pending
