"""How many statements a registration costs: exactly these, so that nobody adds one unnoticed.

Time is measured in bench/.
"""

import re
from typing import Any
from unittest import mock

from django.db import connection
from django.test import TransactionTestCase, override_settings
from django.test.utils import CaptureQueriesContext

from accounts.mail import delivery
from accounts.models import OutboxMessage, User
from kantor.serving import tasks
from tests.letters import activation_path
from tests.people import FIRMA, OSOBA
from tests.walk import Visitor

# Parts of addresses that name one captcha or one link.
WITH_ID = re.compile(r"[0-9a-f]{32}.*")
CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
# As it is shipped: a thread of the process delivers, beside the requests.
SHIPPED = {"default": {"BACKEND": "kantor.serving.tasks.BackgroundBackend"}}


class CountingVisitor(Visitor):
    """A visitor who notes the statements, and those of transactions, of each request."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: list[tuple[str, int, int]] = []
        plain = self.client.request

        def request(**environ: Any) -> Any:
            with CaptureQueriesContext(connection) as queries:
                response = plain(**environ)
            control = sum(each["sql"].startswith(CONTROL) for each in queries)
            step = environ["PATH_INFO"].split("/")[-2]
            label = f"{environ['REQUEST_METHOD']} {WITH_ID.sub('…', step)}"
            self.counts.append((label, len(queries) - control, control))
            return response

        self.client.request = request  # type: ignore[method-assign]


@override_settings(TASKS=SHIPPED)
class StatementTests(TransactionTestCase):
    """A whole registration, from the first page to the landing page."""

    serialized_rollback = True

    def test_take_exactly_these(self) -> None:
        for applicant in (OSOBA, FIRMA):
            visitor = CountingVisitor()
            with mock.patch.object(tasks.helper, "order", return_value=True) as ordered:
                applicant.register(visitor)
                visitor.open(activation_path(User.objects.get()))
            assert ordered.call_count == 2
            with self.subTest(kind=applicant.kind):
                assert visitor.counts == [
                    ("GET rejestracja", 0, 0),
                    ("POST rejestracja", 2, 0),
                    ("GET dane", 1, 0),
                    ("POST dane", 2, 0),
                    ("GET weryfikacja", 1, 0),
                    ("POST weryfikacja", 3, 0),
                    ("GET haslo", 1, 0),
                    ("GET …", 0, 0),  # the captcha's picture
                    ("POST haslo", 4, 0),
                    ("GET zgody", 1, 0),
                    ("POST zgody", 8, 2),
                    ("GET wyslano", 1, 0),
                    ("GET …", 3, 2),  # the link
                    ("GET gotowe", 1, 0),
                ], visitor.counts
            User.objects.all().delete()


class DeliveryTests(TransactionTestCase):
    """What the delivery of a mail costs beside it."""

    serialized_rollback = True

    @override_settings(TASKS=SHIPPED)
    def test_is_a_claim_the_account_and_the_result(self) -> None:
        with mock.patch.object(tasks.helper, "order", return_value=True):
            OSOBA.register(Visitor())
        pk = OutboxMessage.objects.get().pk
        with CaptureQueriesContext(connection) as queries:
            delivery.deliver(pk)
        verbs = [each["sql"].split()[0] for each in queries]
        assert verbs == ["UPDATE", "SELECT", "UPDATE"], verbs
        assert OutboxMessage.objects.get().state == OutboxMessage.State.SENT
