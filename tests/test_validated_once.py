"""An answer is validated when it is posted; what was accepted is kept and not judged again."""

from collections import Counter
from typing import Any
from unittest import mock

from django import forms
from django.test import TestCase

from accounts.forms.registration import DetailsForm
from accounts.models import Customer, User
from accounts.registration import rules
from tests.people import FIRMA, OSOBA, PERSON, POLISH, Applicant
from tests.steps import step_url
from tests.walk import Visitor


def attempt_of(visitor: Visitor) -> Any:
    """Return what the session keeps of the visitor's one attempt."""
    session = visitor.client.session
    (name,) = (each for each in session.keys() if each.startswith("wizard_"))  # noqa: SIM118
    return session, session[name]


class OnceTests(TestCase):
    """A whole registration."""

    def test_validates_each_form_once(self) -> None:
        validated: Counter[str] = Counter()
        real = forms.Form.full_clean

        def full_clean(form: forms.Form) -> None:
            if form.is_bound:
                validated[type(form).__name__] += 1
            real(form)

        with mock.patch.object(forms.Form, "full_clean", full_clean):
            visitor = FIRMA.reach_end(Visitor())
            for step in ("start", "dane", "weryfikacja", "haslo", "zgody"):
                visitor.open(step_url(visitor, step))
            visitor.choose(*FIRMA.required_consents).press("Rejestruj")
        assert visitor.heading == POLISH.check_mailbox
        forms_of_steps = ("KindForm", "CompanyForm", "PasswordForm", "ConsentsForm")
        assert {name: validated[name] for name in forms_of_steps} == dict.fromkeys(
            forms_of_steps, 1
        )

    def test_keeps_the_spelling_beside_the_value(self) -> None:
        visitor = FIRMA.start(Visitor())
        FIRMA.type_details(visitor).fill({"NIP": " 526-104-08-28 "}).press("Dalej")
        _session, kept = attempt_of(visitor)
        assert kept["answers"]["dane"]["dane-nip"] == [" 526-104-08-28 "]
        assert kept["facts"]["accepted"]["dane"]["nip"] == "5261040828"
        assert visitor.open(step_url(visitor, "dane")).value("NIP") == " 526-104-08-28 "
        visitor.press("Dalej").press("Dalej")
        FIRMA.type_password(visitor).copy_captcha(POLISH.captcha).press("Dalej")
        visitor.choose(*FIRMA.required_consents).press("Rejestruj")
        assert Customer.objects.get().nip == "5261040828"

    def test_drops_a_second_address_that_does_not_count(self) -> None:
        visitor = OSOBA.start(Visitor())
        OSOBA.type_details(visitor).choose("chcę podać inny adres korespondencyjny")
        visitor.fill({"Miejscowość": "Zapomniane"}, "Adres korespondencyjny")
        visitor.untick("chcę podać inny adres korespondencyjny").press("Dalej").press("Dalej")
        OSOBA.type_password(visitor).copy_captcha(POLISH.captcha).press("Dalej")
        visitor.choose(*OSOBA.required_consents).press("Rejestruj")
        customer = Customer.objects.get()
        assert (customer.corr_city, customer.corr_country) == ("", "")


class NewReleaseTests(TestCase):
    """Other rules come while a registration is unfinished."""

    def release(self) -> None:
        """Deploy a release whose rules may be others."""
        self.enterContext(mock.patch.object(rules, "fingerprint", return_value="abc123"))

    def refuse(self, visitor: Visitor) -> None:
        """Make the kept phone number one that the new rules refuse."""
        session, kept = attempt_of(visitor)
        kept["answers"]["dane"]["dane-phone"] = ["123"]
        session.save()
        self.release()

    def assert_is_led_back(self, visitor: Visitor, applicant: Applicant = OSOBA) -> None:
        assert visitor.heading == applicant.details_heading
        assert len(visitor.errors) == 1
        visitor.fill({"Numer telefonu": "601 234 567"}).press("Dalej")
        assert visitor.heading == POLISH.review

    def test_leads_back_to_the_answer_that_no_longer_holds(self) -> None:
        visitor = OSOBA.reach_review(Visitor())
        self.refuse(visitor)
        self.assert_is_led_back(visitor.reload())

    def test_registers_nobody_with_an_answer_that_no_longer_holds(self) -> None:
        visitor = OSOBA.reach_end(Visitor())
        self.refuse(visitor)
        self.assert_is_led_back(visitor.press("Rejestruj"))
        assert not User.objects.exists()

    def test_asks_for_nothing_when_all_still_holds(self) -> None:
        visitor = PERSON.reach_end(Visitor())
        self.release()
        visitor.press("Register")
        assert visitor.heading == PERSON.words.check_mailbox

    def test_shows_the_review_again_when_a_value_is_written_otherwise(self) -> None:
        visitor = OSOBA.reach_end(Visitor())
        session, kept = attempt_of(visitor)
        kept["facts"]["accepted"]["dane"]["phone"] = "601234567"
        session.save()
        self.release()
        assert visitor.press("Rejestruj").heading == POLISH.review
        assert not User.objects.exists()

    def test_judges_once_by_the_new_rules(self) -> None:
        visitor = OSOBA.reach_review(Visitor())
        self.release()
        visitor.reload()
        with mock.patch.object(DetailsForm, "clean", side_effect=AssertionError):
            visitor.reload()
        assert visitor.heading == POLISH.review

    def test_judges_what_a_release_without_this_memory_has_kept(self) -> None:
        visitor = OSOBA.reach_review(Visitor())
        session, kept = attempt_of(visitor)
        for name in ("accepted", "rules"):
            del kept["facts"][name]
        kept["facts"] |= {"refused": ["zgody"], "password_errors": {"pl": {}, "en": {}}}
        session.save()
        assert visitor.reload().heading == POLISH.review
        assert visitor.press("Dalej").heading == POLISH.setting_password
        assert not visitor.errors


class RulesTests(TestCase):
    """What tells one release's rules from another's."""

    def test_are_others_with_another_version_of_a_library(self) -> None:
        now = rules.fingerprint()
        with mock.patch("importlib.metadata.version", return_value="0"):
            assert rules.fingerprint.__wrapped__() != now
        assert rules.fingerprint.__wrapped__() == now

    def test_are_others_when_a_line_of_theirs_is(self) -> None:
        with mock.patch("pathlib.Path.read_bytes", return_value=b"another line"):
            assert rules.fingerprint.__wrapped__() != rules.fingerprint()
