"""Every mail speaks its reader's language, whoever set it off and in whichever language."""

from django.core import mail
from django.core.mail import EmailMessage
from django.test import TestCase
from django.utils import translation

from accounts.services import credentials, registration
from tests.factories import activated, registered
from tests.letters import deliver


class Language(TestCase):
    def newest(self, *, wanted: str) -> EmailMessage:
        """Deliver and return the newest mail, which must be in the wanted language throughout."""
        message = deliver()[-1]
        assert message.extra_headers["Content-Language"] == wanted
        greeting = {"pl": "Dzień dobry!", "en": "Hello,"}[wanted]
        assert str(message.body).startswith(greeting)
        return message

    def test_of_the_first_link_is_that_of_the_registration(self) -> None:
        with translation.override("pl"):
            registered(language="en")
            message = self.newest(wanted="en")
        assert "/en/aktywacja/" in str(message.body)

    def test_of_a_link_that_staff_send_again_is_that_of_the_registration(self) -> None:
        user = registered(language="en")
        deliver()
        mail.outbox.clear()
        with translation.override("pl"):
            registration.resend_link(user)
            message = self.newest(wanted="en")
        assert message.subject == "Confirm your registration with kantor.pl"

    def test_of_a_warning_is_its_owners_and_not_that_of_the_stranger(self) -> None:
        owner = activated(language="pl")
        deliver()
        registered(email=owner.email, language="en")
        message = self.newest(wanted="pl")
        assert message.to == [owner.email]
        assert message.subject == "Ktoś próbował założyć konto"

    def test_of_a_new_password_is_its_owners(self) -> None:
        owner = activated(language="en")
        deliver()
        credentials.request_password_reset(owner.email, "pl", "127.0.0.1")
        message = self.newest(wanted="en")
        assert "/en/haslo/" in str(message.body)

    def test_of_the_welcome_is_that_of_the_registration(self) -> None:
        with translation.override("pl"):
            activated(language="en")
            message = self.newest(wanted="en")
        assert message.subject == "Your kantor.pl account is active – first steps"
