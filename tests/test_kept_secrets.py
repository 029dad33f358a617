"""Every kept page, in every state and language, for two visitors full of canaries."""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.test import TestCase, override_settings

from accounts.models import Source
from accounts.registration.frame import StepPage
from accounts.registration.order import Step
from accounts.views.waiting import CORRECTED, SentPage
from kantor.serving import kept
from kantor.serving.kept import KeptPage
from tests.letters import newest_path
from tests.people import FIRMA, PERSON, Applicant
from tests.steps import step_url
from tests.test_waiting_page import CORRECT, FIELD, SEND
from tests.tries import travel
from tests.walk import Visitor

WAITING = "/rejestracja/wyslano/"
FETCH = {"pl": "Pobierz dane", "en": "Fetch details"}
BACK_TO_PICTURE = {"pl": "Wróć do obrazka", "en": "Back to the picture"}
SHOW_CODE = {"pl": "Pokaż kod dla konsultanta", "en": "Show a code for the consultant"}
COUNTRIES = {
    "pl": ({"Kraj": "Polska"}, {"Kraj": "Niemcy"}),
    "en": ({"Country": "Poland"}, {"Country": "Germany"}),
}
UNKNOWN_NIP = "999-000-00-37"

# What each of the two types, by a part of the label, where only certain values are accepted.
NUMBERS = {
    "Kanarek": {
        "NIP": "526-104-08-28",
        "REGON": "012100784",
        "KRS": "0000028860",
        "hone": "+48 601 711 711",
        "elefon": "+48 601 711 711",
        "ostal": "31-147",
        "ocztowy": "31-147",
        "omu": "4711/4712",
        "uilding": "4711/4712",
        "okalu": "4713/4714",
        "lat n": "4713/4714",
    },
    "Papuga": {
        "NIP": "525-224-84-81",
        "REGON": "016385358",
        "KRS": "0000123456",
        "hone": "+48 602 822 822",
        "elefon": "+48 602 822 822",
        "ostal": "80-831",
        "ocztowy": "80-831",
        "omu": "5811/5812",
        "uilding": "5811/5812",
        "okalu": "5813/5814",
        "lat n": "5813/5814",
    },
}


def full_of(word: str, applicant: Applicant) -> Applicant:
    """Return the applicant with this word, or numbers that only he has, in every answer."""
    email = f"{word.lower()}.{applicant.kind.lower()[:4]}@gmial.com"
    kinds = NUMBERS[word] | {"mail": email}
    letters = iter("abcdefghijklmnopqrstuvwxyz")

    def changed(answers: Any) -> dict[str, str]:
        return {
            label: answer
            if label in ("Kraj", "Country")
            else next((kinds[part] for part in kinds if part in label), f"{word}{next(letters)} Ć")
            for label, answer in answers.items()
        }

    details = {group: changed(answers) for group, answers in applicant.details.items()}
    return replace(
        applicant,
        details=details,
        other_address=changed(details[address_of(applicant)]),
        email=email,
    )


def address_of(applicant: Applicant) -> str:
    """Return the legend of the first address."""
    return list(applicant.details)[1]


def canaries(word: str) -> set[str]:
    """Return what nobody else may read."""
    return {word, word.lower(), *NUMBERS[word].values()}


@override_settings(COMPANY_LOOKUP="fixtures")
class CanaryTests(TestCase):
    """Two visitors who go the same ways one after the other."""

    def setUp(self) -> None:
        cache.clear()
        kept.forget()
        self.addCleanup(kept.forget)
        self.pages: dict[str, list[str]] = {word: [] for word in NUMBERS}
        self.ids: dict[str, set[str]] = {word: set() for word in NUMBERS}
        self.seen: set[tuple[KeptPage, str | None]] = set()

    def test_read_nothing_of_each_other(self) -> None:
        for applicant in (FIRMA, PERSON):
            for self.word in NUMBERS:
                self.walk(Visitor(), full_of(self.word, applicant))
        for word, stranger in (tuple(NUMBERS), tuple(reversed(NUMBERS))):
            pages = "".join(self.pages[word])
            for canary in canaries(word):
                assert canary in pages, f"{canary} was shown nowhere: it proves nothing"
            for canary in canaries(stranger) | self.ids[stranger]:
                assert canary not in pages, f"{word} reads {canary}"
        self.assert_nothing_is_kept_of_them()
        self.assert_everything_was_seen()

    def assert_nothing_is_kept_of_them(self) -> None:
        assert self.seen
        told = repr(self.seen) + repr(kept._kept)
        for word in NUMBERS:
            assert len(self.ids[word]) > 5
            for canary in canaries(word) | self.ids[word]:
                assert canary not in told, canary

    def assert_everything_was_seen(self) -> None:
        """Make sure that no kind of page was left out, and no state that a key tells apart."""
        pages = {page for page, _language in self.seen}
        ours = {
            each for each in KeptPage.__subclasses__() if each.__module__.startswith("accounts")
        }
        assert {type(page) for page in pages} == ours
        steps = {page for page in pages if isinstance(page, StepPage)}
        assert {page.step for page in steps} == set(Step)
        rows = {row for page in pages if isinstance(page, SentPage) for row in page.rows}
        assert {row[:2] for row in rows} == {(False, True), (False, False), (True, False)}
        assert {row.has_webmail for row in rows} == {True, False}
        sent = {page.correction for page in pages if isinstance(page, SentPage)}
        assert sent == {None, *CORRECTED.values()}
        states: dict[tuple[str, str], set[Any]] = {}
        for key in (*pages, *(page.content for page in steps)):
            for field in fields(key):  # type: ignore[arg-type]  # a protocol of dataclasses
                value = getattr(key, field.name)
                if isinstance(value, bool):
                    states.setdefault((type(key).__name__, field.name), set()).add(value)
        assert len(states) > 8
        for name, values in states.items():
            assert values == {True, False}, name
        kinds = {(type(page), getattr(page, "step", None), each) for page, each in self.seen}
        assert len(kinds) == 2 * len({kind[:2] for kind in kinds}), "A language was left out"

    # -- the walk ---------------------------------------------------------------------------

    def look(self, visitor: Visitor, *addresses: str) -> None:
        """Look at the page shown, or at these pages, in both languages, and return."""
        here = visitor.path
        for address in addresses or (here,):
            for prefix in ("", "/en"):
                visitor.open(prefix + address.removeprefix("/en"))
                assert visitor.status == 200, address
                self.pages[self.word].append(visitor.response.content.decode())
                self.seen |= set(kept._kept)
        self.ids[self.word] |= set(self.ids_of(visitor))
        visitor.open(here)

    def ids_of(self, visitor: Visitor) -> Iterator[str]:
        for name, entry in visitor.client.session.items():
            if name.startswith("wizard_registration_"):
                attempt = UUID(hex=name.rpartition("_")[2])
                yield from (attempt.hex, str(attempt))
                if "captcha" in entry["facts"]:
                    yield entry["facts"]["captcha"]

    def walk(self, visitor: Visitor, applicant: Applicant) -> None:
        self.see_the_details(visitor, applicant)
        self.see_the_review(visitor, applicant)
        self.see_the_password(visitor, applicant)
        self.see_the_consents(visitor, applicant)
        self.see_what_follows(visitor, applicant)

    def see_the_details(self, visitor: Visitor, applicant: Applicant) -> None:
        words = applicant.words
        self.look(visitor, "/rejestracja/")
        applicant.start(visitor)
        self.look(visitor)
        self.look(visitor, "/rejestracja/", step_url(visitor, "start"))
        if "NIP" in str(applicant.details):
            visitor.fill({"NIP": UNKNOWN_NIP}).press(FETCH[words.language])
            self.look(visitor)
        applicant.type_details(visitor).press(words.back)
        visitor.open(step_url(visitor, "dane"))
        self.look(visitor)
        visitor.fill(COUNTRIES[words.language][1], address_of(applicant)).press(words.back)
        visitor.open(step_url(visitor, "dane"))
        self.look(visitor)

    def see_the_review(self, visitor: Visitor, applicant: Applicant) -> None:
        words, address = applicant.words, address_of(applicant)
        code = "Kod pocztowy" if words.language == "pl" else "Postal code"
        visitor.fill({code: "80831"}, address).press(words.next)
        assert visitor.heading == words.review, visitor.errors
        self.look(visitor)
        visitor.open(step_url(visitor, "dane"))
        visitor.fill(COUNTRIES[words.language][0], address).press(words.back)
        visitor.open(step_url(visitor, "dane"))
        applicant.type_details(visitor).press(words.next)
        assert visitor.heading == words.review, visitor.errors
        self.look(visitor, step_url(visitor, "dane"), step_url(visitor, "weryfikacja"))

    def see_the_password(self, visitor: Visitor, applicant: Applicant) -> None:
        words = applicant.words
        visitor.press(words.next)
        self.look(visitor)
        visitor.press(words.cannot_copy)
        self.look(visitor)
        session = visitor.client.session
        for name, entry in session.items():
            if name.startswith("wizard_"):
                entry["facts"]["code"]["at"] -= 200
        session.save()
        self.look(visitor)
        visitor.press(BACK_TO_PICTURE[words.language])
        self.look(visitor)
        applicant.type_password(visitor, "kantor2026").copy_captcha(words.captcha)
        visitor.press(words.next)
        assert visitor.errors
        self.look(visitor)
        visitor.press(words.back).press(words.next)
        self.look(visitor)
        applicant.type_password(visitor).press(words.next)

    def see_the_consents(self, visitor: Visitor, applicant: Applicant) -> None:
        words = applicant.words
        assert visitor.heading == words.consents, visitor.errors
        self.look(visitor)
        visitor.choose(applicant.news).press(words.back)
        self.look(visitor, *(step_url(visitor, step) for step in Step))
        visitor.press(SHOW_CODE[words.language])
        self.ids[self.word].add(visitor.element("#support strong").get_text())
        self.look(visitor, *(step_url(visitor, step) for step in Step))

    def see_what_follows(self, visitor: Visitor, applicant: Applicant) -> None:
        words = applicant.words
        visitor.open(step_url(visitor, "zgody")).choose(*applicant.required_consents)
        visitor.press(words.register)
        assert visitor.heading == words.check_mailbox
        self.look(visitor, WAITING, f"{WAITING}?sprawdzono")
        travel(timedelta(minutes=3))
        self.look(visitor, WAITING)
        # To an address whose mail is read on the web, by a site that the page names.
        email = applicant.email.replace("gmial", "gmail")
        visitor.open(WAITING if words.language == "pl" else f"/en{WAITING}")
        visitor.follow(CORRECT[words.language]).fill({FIELD[words.language]: email})
        visitor.press(SEND[words.language])
        self.look(visitor, *(f"{WAITING}?poprawiono={word}" for word in CORRECTED), WAITING)
        travel(timedelta(minutes=3))
        self.look(visitor, WAITING)
        visitor.open(newest_path(email, "/aktywacja/"))
        assert visitor.heading == words.active
        self.look(visitor)
        self.look(visitor, WAITING)
        source = Source.objects.all()[0]
        name = source.name_pl if words.language == "pl" else source.name_en
        visitor.fill({words.source: name}).press(words.send_answer)
        self.look(visitor)
