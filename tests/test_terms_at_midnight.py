"""A registration that is open while other terms come into force."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any
from unittest import mock

from django.http import QueryDict
from django.test import TestCase
from django.utils import timezone

from accounts import consents
from accounts.models import User
from accounts.registration.outcome import Outcome
from accounts.registration.steps.consents import ConsentsStep
from accounts.services import registration
from tests.later_terms import day_in, published
from tests.people import COMPANY, OSOBA, Applicant
from tests.walk import Visitor


def tomorrow() -> date:
    return timezone.localdate() + timedelta(days=1)


class RegistrationTests(TestCase):
    """A registration that is open across the midnight of the change."""

    def test_nobody_accepts_what_he_has_not_seen(self) -> None:
        for applicant, said in (
            (OSOBA, "Ten tekst zmienił się w międzyczasie."),
            (COMPANY, "This text has changed in the meantime."),
        ):
            with self.subTest(applicant.kind):
                old = consents.in_force("terms")
                visitor = applicant.reach_end(Visitor())
                with self.past_midnight(old) as version:
                    visitor.press(applicant.words.register)
                    box, others = applicant.required_consents[0], applicant.required_consents[1:]
                    assert said in visitor.error_at(box)
                    assert not visitor.is_ticked(box)
                    assert all(visitor.is_ticked(each) for each in others)
                    assert not User.objects.filter(email=applicant.email).exists()
                    visitor.choose(box).press(applicant.words.register)
                    assert self.accepted(applicant) == version

    def test_a_tick_that_was_kept_is_none_for_other_words(self) -> None:
        visitor = OSOBA.reach_end(Visitor())
        path = visitor.path
        visitor.press(OSOBA.words.back).open(path)
        assert visitor.is_ticked(OSOBA.required_consents[0])
        with self.past_midnight(consents.in_force("terms")):
            visitor.open(path)
            assert not visitor.is_ticked(OSOBA.required_consents[0])
            assert visitor.is_ticked(OSOBA.required_consents[1])

    def test_the_page_that_is_kept_for_everybody_changes_at_midnight(self) -> None:
        version = day_in(1)
        with published(version):
            visitor = OSOBA.reach_consents(Visitor())
            old = f"/regulamin/{consents.in_force('terms')}/"
            assert visitor.select(f"main a[href='{old}']")
            with mock.patch.object(consents, "today", tomorrow):
                visitor.reload()
            assert not visitor.select(f"main a[href='{old}']")
            assert visitor.select(f"main a[href='/regulamin/{version}/']")

    def test_what_was_accepted_at_the_last_moment_is_stored_as_it_was_shown(self) -> None:
        visitor = OSOBA.reach_end(Visitor())
        old = consents.in_force("terms")
        real = registration.register

        def after_midnight(**told: Any) -> User:
            with self.past_midnight(old):
                return real(**told)

        with mock.patch("accounts.services.registration.register", after_midnight):
            visitor.press(OSOBA.words.register)
        assert self.accepted(OSOBA) == old

    def test_what_is_put_again_after_midnight_is_not_registered(self) -> None:
        visitor = OSOBA.reach_end(Visitor())
        old = consents.in_force("terms")
        real = ConsentsStep.take

        def past_midnight(step: ConsentsStep, posted: QueryDict) -> Outcome:
            outcome = real(step, posted)
            self.enterContext(self.past_midnight(old))
            return outcome

        with mock.patch.object(ConsentsStep, "take", past_midnight):
            visitor.press(OSOBA.words.register)
        assert visitor.heading == OSOBA.words.consents
        assert not visitor.is_ticked(OSOBA.required_consents[0])
        assert not User.objects.filter(email=OSOBA.email).exists()

    def accepted(self, applicant: Applicant) -> str:
        """Return the version that was stored, with the hash of its text."""
        user = User.objects.get(email=applicant.email)
        record = user.consents.get(key="terms")
        consent = consents.declaration("terms", record.version)
        assert record.text_hash == consents.text_hash(consent, record.language)
        return record.version

    @contextmanager
    def past_midnight(self, old: str) -> Iterator[str]:
        """Be past the midnight at which a version after `old` has come into force."""
        version = day_in(1)
        with published(version), mock.patch.object(consents, "today", tomorrow):
            assert consents.in_force("terms") == version != old
            yield version
