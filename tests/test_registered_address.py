"""An address that has an account already: the wizard does not tell."""

import re

from django.core import mail
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.people import OSOBA
from tests.walk import Visitor


class RegisteredAddressTests(TestCase):
    """Behaviour 10: whether an address has an account is never revealed."""

    def last_post(self, email: str) -> tuple[object, ...]:
        """Register this address and return what can be seen of it, the address blanked."""
        applicant = OSOBA.addressed(email)
        visitor = applicant.reach_end(Visitor())
        post = visitor.post_of("Rejestruj")
        mail.outbox.clear()
        with (
            CaptureQueriesContext(connection) as statements,
            self.captureOnCommitCallbacks(execute=True),
        ):
            answer = visitor.client.post(post.address, post.data)
        # At once: the next request empties the list.
        verbs = [each["sql"].split()[0] for each in statements]
        # The counters of network and mail at once; account, customer, words, consents, mail.
        assert verbs.count("INSERT") == 6, verbs
        seen = [answer.status_code, _headers(answer), answer.content]
        for path in (answer["Location"], visitor.path):
            page = visitor.client.get(path)
            seen += [page.status_code, _headers(page), _blanked(page.content.decode(), email)]
        return verbs, [message.to for message in mail.outbox], *seen

    def test_looks_like_any_other(self) -> None:
        active = factories.activated(email="aktywne@example.com").email
        pending = factories.registered(email="czekaja@example.com").email
        self.last_post("rozgrze@example.com")
        unknown = self.last_post("nieznan@example.com")
        for email in (pending, active):
            known = self.last_post(email)
            assert known[0] == unknown[0]
            assert known[1] == [[email]]
            assert known[2:] == unknown[2:]

    def test_looks_like_any_other_when_its_account_is_suspended(self) -> None:
        suspended = factories.suspended(email="zamknie@example.com").email
        visible = []
        for email in ("nieznan@example.com", suspended):
            visitor = OSOBA.addressed(email).register(Visitor())
            visible.append(_blanked(visitor.response.content.decode(), email))
        assert visible[0] == visible[1]

    def test_is_not_told_on_any_step(self) -> None:
        factories.activated(email="aktywne@example.com")
        seen = []
        for email in ("nieznan@example.com", "aktywne@example.com"):
            applicant = OSOBA.addressed(email)
            visitor = applicant.reach_review(Visitor())
            pages = [_blanked(visitor.response.content.decode(), email)]
            visitor.press("Dalej")
            pages.append(_blanked(visitor.response.content.decode(), email))
            seen.append(pages)
        self.assertEqual(*seen)

    def test_owner_learns_it_by_mail_and_the_account_stays_as_it_was(self) -> None:
        owner = factories.activated(email="aktywne@example.com")
        applicant = OSOBA.addressed("Aktywne@Example.com")
        with self.captureOnCommitCallbacks(execute=True):
            applicant.register(Visitor())
        (message,) = mail.outbox
        assert message.to == ["aktywne@example.com"]
        assert "/aktywacja/" not in str(message.body)
        assert OSOBA.owner not in str(message.body)
        owner.refresh_from_db()
        assert owner.check_password(factories.PASSWORD)
        assert factories.customer_of(owner).last_name == "Żak"


def _blanked(page: str, email: str) -> str:
    """Return the page without what differs between any two visitors."""
    page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)
    # An address may be broken behind its @.
    page = page.replace("@<wbr>", "@").replace(email, "EMAIL")
    page = re.sub(r"/captcha/(image|sound/\w+)/\w+/(\?proof=\w+)?", "PICTURE", page)
    return re.sub(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", "ID", page)


def _headers(response: object) -> dict[str, str]:
    """Return the headers without those that differ between any two answers."""
    headers = getattr(response, "headers", {})
    own = ("Expires", "X-Request-ID")
    return {name: value for name, value in headers.items() if name not in own}
