"""The whole way from the home page to the signed-in page, without scripts."""

import re
from dataclasses import replace

from django.core import mail
from django.test import TestCase

from accounts.models import ConsentRecord, Customer, SurveyAnswer, User
from kantor.serving.typography import untie
from tests.doors import walk_in
from tests.people import COMPANY, FIRMA, OSOBA, PERSON, Applicant
from tests.walk import Visitor

# An envelope names its country only abroad.
AT_HOME = ("Polska", "Poland")


class JourneyTestCase(TestCase):
    """Let the mails of a commit go out within a test, and look at what was stored."""

    def register(self, applicant: Applicant, visitor: Visitor | None = None) -> Visitor:
        """Register and have the mail delivered."""
        visitor = applicant.reach_end(visitor or Visitor())
        with self.captureOnCommitCallbacks(execute=True):
            visitor.press(applicant.words.register)
        assert visitor.heading == applicant.words.check_mailbox, visitor.errors
        return visitor

    def activation_link(self) -> str:
        """Return the link of the newest mail."""
        found = re.search(r"http://testserver(\S*/aktywacja/\S+)", str(mail.outbox[-1].body))
        assert found is not None, mail.outbox[-1].body
        return found[1]

    def stored(self, applicant: Applicant) -> Customer:
        """Return the one customer of this address."""
        return Customer.objects.select_related("user").get(user__email=applicant.email)


class JourneyTests(JourneyTestCase):
    """Both kinds of customers, in both languages."""

    def walk(self, applicant: Applicant) -> Customer:
        """Go the whole way and return what became of it."""
        words = applicant.words
        visitor = Visitor().open(f"{words.prefix}/").follow(words.sign_up)
        assert visitor.heading == words.start
        assert visitor.buttons() == [words.next, words.cancel]
        visitor.choose(applicant.kind).press(words.next)
        assert visitor.heading == applicant.details_heading
        assert visitor.buttons() == [words.next, words.back, words.cancel]
        applicant.type_details(visitor).press(words.next)
        assert visitor.heading == words.review
        assert visitor.buttons() == [words.next, words.cancel]
        assert visitor.element(".owner-name").get_text() == applicant.owner
        for group, answers in applicant.details.items():
            for answer in (group, *answers.values()):
                spellings = (answer, _as_displayed(answer))
                assert answer in AT_HOME or any(map(visitor.shows, spellings)), answer
        visitor.press(words.next)
        assert visitor.heading == words.setting_password
        ours = [words.propose, words.new_picture, words.cannot_copy]
        assert visitor.buttons() == [*ours, words.next, words.back, words.cancel]
        assert visitor.element("[autocomplete=username]")["value"] == applicant.email
        applicant.type_password(visitor).copy_captcha(words.captcha).press(words.next)
        assert visitor.heading == words.consents
        assert visitor.buttons() == [words.register, words.back, words.cancel]
        boxes = (*applicant.required_consents, applicant.news)
        assert not any(visitor.is_ticked(box) for box in boxes)
        visitor.choose(*applicant.required_consents)
        with self.captureOnCommitCallbacks(execute=True):
            visitor.press(words.register)
        assert visitor.heading == words.check_mailbox
        assert visitor.shows(applicant.email)
        (message,) = mail.outbox
        assert message.to == [applicant.email]
        customer = self.stored(applicant)
        assert not customer.user.is_active

        with self.captureOnCommitCallbacks(execute=True):
            visitor.open(self.activation_link())
        assert visitor.heading == words.active
        assert [each.to for each in mail.outbox] == [[applicant.email]] * 2
        option = untie(visitor.field(words.source).select("option")[2].get_text())
        visitor.fill({words.source: option}).press(words.send_answer)
        assert visitor.heading == words.active
        assert SurveyAnswer.objects.filter(user=customer.user).count() == 1

        visitor.follow(words.sign_in)
        number, login = customer.phone, applicant.email.upper()
        walk_in(visitor, login, applicant.password, number, words.language)
        assert visitor.heading == words.account
        assert visitor.shows(applicant.email)
        assert {status for _method, _address, status in visitor.history} == {200, 302}
        assert set(visitor.posts) == {302}
        prefixes = {address.startswith("/en/") for _method, address, _status in visitor.history}
        assert prefixes == {words.language == "en"}, "A link left the language"
        assert visitor.language == words.language
        customer = self.stored(applicant)
        assert customer.user.is_active
        assert customer.user.language == words.language
        assert User.objects.count() == 1
        return customer

    def test_leads_a_company_through_in_polish(self) -> None:
        customer = self.walk(FIRMA)
        assert customer.kind == "company"
        assert customer.company_name == FIRMA.owner
        assert (customer.nip, customer.regon, customer.krs) == (
            "5261040828",
            "012100784",
            "0000123456",
        )
        assert (customer.main_street, customer.main_house_no, customer.main_flat_no) == (
            "ul. Świętego Wawrzyńca",
            "12A",
            "3",
        )
        assert (customer.main_postal_code, customer.main_city, customer.main_country) == (
            "31-060",
            "Kraków",
            "PL",
        )
        assert (customer.first_name, customer.last_name, customer.position) == (
            "Żaneta",
            "Łękawska-Ćwik",
            "wspólniczka",
        )
        assert customer.phone == "+48123456789"
        assert customer.corr_city == customer.corr_country == ""

    def test_leads_a_person_through_in_polish(self) -> None:
        customer = self.walk(OSOBA)
        assert customer.kind == "person"
        assert (customer.first_name, customer.last_name) == ("Grażyna Józefa", "Śliwińska")
        assert customer.phone == "+48601234567"
        assert customer.company_name == customer.nip == customer.regon == customer.krs == ""
        assert customer.position == ""

    def test_leads_a_company_through_in_english(self) -> None:
        customer = self.walk(COMPANY)
        assert customer.kind == "company"
        assert customer.last_name == "O'Connor"
        assert customer.phone == "+442079460958"

    def test_leads_a_person_through_in_english(self) -> None:
        customer = self.walk(PERSON)
        assert customer.kind == "person"
        assert customer.main_postal_code == "90-926"

    def test_changes_the_language_on_the_way(self) -> None:
        visitor = OSOBA.reach_password(Visitor()).follow("EN English")
        assert visitor.heading == PERSON.words.setting_password
        PERSON.type_password(visitor).copy_captcha(PERSON.words.captcha).press("Next")
        visitor.choose(*PERSON.required_consents).press("Register")
        assert visitor.heading == PERSON.words.check_mailbox
        assert self.stored(OSOBA).user.language == "en"


class AnswersTests(JourneyTestCase):
    """What may differ between two registrations."""

    def test_keep_a_second_address(self) -> None:
        other = {
            "Ulica": "Skrytka pocztowa",
            "Nr domu": "17",
            "Kod pocztowy": "00-950",
            "Miejscowość": "Warszawa 1",
        }
        visitor = FIRMA.reach_review(Visitor())
        assert visitor.shows("taki sam jak powyżej")
        applicant = replace(FIRMA, other_address=other)
        visitor = Visitor()
        self.register(applicant, visitor)
        customer = self.stored(applicant)
        assert customer.corr_street == "Skrytka pocztowa"
        assert (customer.corr_postal_code, customer.corr_city) == ("00-950", "Warszawa 1")
        assert customer.corr_country == "PL"
        assert customer.main_city == "Kraków"

    def test_show_the_second_address_on_the_review(self) -> None:
        other = {"Nr domu": "17", "Kod pocztowy": "00-950", "Miejscowość": "Warszawa 1"}
        visitor = replace(OSOBA, other_address=other).reach_review(Visitor())
        assert not visitor.shows("taki sam jak powyżej")
        assert visitor.shows("Warszawa 1")

    def test_need_every_part_of_a_second_address_that_was_asked_for(self) -> None:
        visitor = OSOBA.type_details(OSOBA.start(Visitor()))
        visitor.choose(OSOBA.words.other_address).press("Dalej")
        assert visitor.heading == OSOBA.details_heading
        assert len(visitor.errors) == 3
        for label in ("Nr domu", "Kod pocztowy", "Miejscowość"):
            assert visitor.error_at(label, within=OSOBA.words.correspondence)
            assert not visitor.error_at(label, within="Adres zamieszkania")

    def test_forget_a_second_address_that_is_not_wanted_after_all(self) -> None:
        other = {"Nr domu": "17", "Kod pocztowy": "00-950", "Miejscowość": "Warszawa 1"}
        visitor = replace(OSOBA, other_address=other).reach_review(Visitor())
        visitor.follow("Popraw : Adres zamieszkania").untick(OSOBA.words.other_address)
        visitor.press("Dalej")
        assert visitor.heading == OSOBA.words.review
        assert not visitor.shows("Warszawa 1")
        visitor.press("Dalej")
        OSOBA.type_password(visitor).copy_captcha(OSOBA.words.captcha).press("Dalej")
        visitor.choose(*OSOBA.required_consents).press("Rejestruj")
        customer = self.stored(OSOBA)
        assert customer.corr_city == customer.corr_house_no == customer.corr_country == ""

    def test_may_come_from_a_foreign_company(self) -> None:
        applicant = COMPANY.differing(
            "Company details",
            **{
                "Tax number (NIP)": "DE 811 569 869",
                "Statistical number (REGON)": "",
                "Court register number (KRS)": "",
            },
        ).differing(
            "Registered office address",
            **{
                "Street": "Unter den Linden",
                "Building number": "77",
                "Flat number": "",
                "Postal code": "10117",
                "Town or city": "Berlin",
                "Country": "Germany",
            },
        )
        self.register(applicant)
        customer = self.stored(applicant)
        assert customer.main_country == "DE"
        assert customer.main_postal_code == "10117"
        assert customer.nip.replace(" ", "").endswith("811569869")
        assert customer.regon == customer.krs == ""

    def test_may_leave_out_what_is_optional(self) -> None:
        applicant = FIRMA.differing("Dane firmy", REGON="", **{"Numer KRS": ""})
        applicant = applicant.differing("Adres siedziby", Ulica="", **{"Nr lokalu": ""})
        applicant = applicant.differing("Reprezentant Firmy", **{"Stanowisko lub funkcja": ""})
        visitor = applicant.reach_review(Visitor())
        labels = {label.get_text() for label in visitor.select("dl dt")}
        assert {"NIP", "Adres siedziby"} <= labels
        assert not labels & {"REGON", "Numer KRS", "Stanowisko", "Stanowisko lub funkcja"}
        assert not visitor.shows("Nie podano")
        self.register(applicant)
        customer = self.stored(applicant)
        assert customer.regon == customer.krs == customer.main_street == ""
        assert customer.main_flat_no == customer.position == ""

    def test_record_each_consent_that_was_asked_for(self) -> None:
        for applicant, declaration in ((FIRMA, "authority"), (PERSON, "adult")):
            self.register(applicant)
            records = ConsentRecord.objects.filter(user__email=applicant.email)
            assert {record.key: record.given for record in records} == {
                "terms": True,
                "e_documents": True,
                "personal_data": True,
                "news_email": False,
                declaration: True,
            }
            assert {record.language for record in records} == {applicant.words.language}

    def test_take_the_news_only_from_who_wants_them(self) -> None:
        visitor = OSOBA.reach_end(Visitor()).choose(OSOBA.news).press("Rejestruj")
        assert visitor.heading == OSOBA.words.check_mailbox
        assert ConsentRecord.objects.get(key="news_email").given

    def test_need_each_required_consent(self) -> None:
        for missing in OSOBA.required_consents:
            visitor = OSOBA.reach_end(Visitor()).untick(missing).press("Rejestruj")
            assert visitor.heading == OSOBA.words.consents
            assert len(visitor.errors) == 1
            assert visitor.error_at(missing)
            others = [each for each in OSOBA.required_consents if each != missing]
            assert all(visitor.is_ticked(each) for each in others)
        assert not User.objects.exists()

    def test_make_an_account_for_each_registration_of_one_address(self) -> None:
        for applicant in (OSOBA, PERSON.addressed(OSOBA.email)):
            self.register(applicant)
        assert User.objects.filter(email=OSOBA.email, activated_at=None).count() == 2
        assert [each.to for each in mail.outbox] == [[OSOBA.email]] * 2


def _as_displayed(answer: str) -> str:
    """Return a phone number as the review shows it: with the prefix of its country."""
    return f"+48 {answer}"
