"""The session row stays small whatever is typed or posted."""

import itertools
import random
import string
from dataclasses import replace

from django.test import TestCase, override_settings

from accounts.models import Customer
from kantor.serving.models import Session
from tests.people import FIRMA, OSOBA, POLISH, Applicant
from tests.steps import session_data, step_url
from tests.walk import Post, Visitor

# The Chinese letters of everyday use, of which a row holds fewest, and the letters of Europe.
HAN = (0x4E00, 0x9FFF)
LATIN = (0x100, 0x17F)


class RowSizeTests(TestCase):
    """Behaviour 4 again: the row stays small whatever is posted."""

    # What a row may hold with its key and its date: a page of SQLite, half of one of PostgreSQL.
    LIMIT = 4096

    def size(self) -> int:
        """Return the characters of the one session row."""
        session = Session.objects.get()
        return len(session.session_data) + len(session.session_key) + len(str(session.expire_date))

    def noise(self, length: int, *, seed: object, first: int = 0x20000, last: int = 0x2A6DF) -> str:
        """Return text that no compression makes much shorter: letters of a rare plane."""
        choice = random.Random(str(seed))
        return "".join(chr(choice.randint(first, last)) for _ in range(length))

    def noisy(self, post: Post, length: int) -> Post:
        """Return the post of the details with noise in every field, as long as a body may be."""
        letters = string.ascii_letters + string.digits + "._-*"
        data = dict(post.data)
        for name in data:
            if name.startswith("dane-"):
                choice = random.Random(name)
                data[name] = (
                    self.noise(length, seed=name)
                    if length <= 400
                    else "".join(choice.choices(letters, k=length))
                )
        return Post(post.address, data | {"dane-other_address": "on"})

    def test_of_an_ordinary_registration_is_a_quarter_of_it(self) -> None:
        for applicant in (FIRMA, OSOBA):
            Session.objects.all().delete()
            applicant.reach_consents(Visitor())
            assert self.size() < self.LIMIT / 4

    def test_of_four_ordinary_registrations_is_within_it(self) -> None:
        browser = Visitor()
        tabs = [FIRMA.reach_consents(browser.new_tab()) for _number in range(4)]
        assert self.size() < self.LIMIT
        assert {tab.reload().heading for tab in tabs} == {POLISH.consents}

    def test_is_within_it_with_5000_characters_in_every_field(self) -> None:
        for button in ("Wstecz", "Anuluj", "Dalej"):
            for length in (100, 255, 300, 400, 5000):
                Session.objects.all().delete()
                visitor = FIRMA.start(Visitor())
                visitor.send(self.noisy(visitor.post_of(button), length))
                assert visitor.status == 200
                assert self.size() < self.LIMIT, (button, length)

    def test_is_within_it_at_the_end_as_well(self) -> None:
        for length in (100, 300, 5000):
            visitor = FIRMA.reach_consents(Visitor())
            visitor.open(step_url(visitor, "dane"))
            visitor.send(self.noisy(visitor.post_of("Wstecz"), length))
            assert visitor.status == 200
            assert Session.objects.count() == 1
            assert self.size() < self.LIMIT
            Session.objects.all().delete()

    @override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.Argon2PasswordHasher"])
    def test_is_within_it_for_the_longest_answers_that_are_accepted(self) -> None:
        applicant = self.verbose(*HAN)
        visitor = applicant.reach_review(Visitor())
        assert self.size() < self.LIMIT
        visitor.press("Dalej")
        FIRMA.type_password(visitor, "Wiosenny-Deszcz-99-kropel").copy_captcha(POLISH.captcha)
        visitor.press("Dalej")
        assert self.size() < self.LIMIT
        visitor.choose(*FIRMA.required_consents).press("Rejestruj")
        assert visitor.heading == POLISH.check_mailbox, (visitor.heading, visitor.errors)
        assert Customer.objects.get().company_name == applicant.owner

    def test_is_within_it_for_longest_answers_in_letters_that_nobody_uses(self) -> None:
        visitor = self.verbose(0x20000, 0x2A6DF).type_details(FIRMA.start(Visitor()))
        visitor.press("Dalej")
        assert self.size() < self.LIMIT
        assert visitor.heading == FIRMA.details_heading
        assert visitor.errors, "An answer was dropped without a word"
        assert visitor.open(step_url(visitor, "weryfikacja")).heading == FIRMA.details_heading

    def test_is_within_it_with_four_of_the_longest_at_once(self) -> None:
        browser = Visitor()
        for _number in range(4):
            tab = self.verbose(*HAN).reach_review(browser.new_tab())
            assert self.size() < self.LIMIT
        assert tab.reload().heading == POLISH.review

    def test_is_within_it_with_blanks_that_do_not_count(self) -> None:
        blanks = [chr(code) for code in (0x20, 0xA0, *range(0x2000, 0x200B), 0x202F, 0x3000)]
        choice = random.Random(5)
        visitor = FIRMA.type_details(FIRMA.start(Visitor()))
        post = visitor.post_of("Dalej")
        for name, value in post.data.items():
            if name.startswith("dane-") and value and not name.endswith("country"):
                post.data[name] = "".join(choice.choices(blanks, k=500)) + value
        visitor.send(post)
        assert visitor.heading in (POLISH.review, FIRMA.details_heading)
        assert self.size() < self.LIMIT

    def test_does_not_grow_by_fields_that_nobody_asked_for(self) -> None:
        visitor = OSOBA.type_details(OSOBA.start(Visitor()))
        junk = self.noise(8_000, seed="junk")
        post = visitor.post_of("Dalej")
        for name in ("junk", "dane-junk", "dane-company_name", "start-kind", "zgody-terms"):
            Session.objects.all().delete()
            visitor = OSOBA.type_details(OSOBA.start(Visitor()))
            post = visitor.post_of("Dalej")
            visitor.send(Post(post.address, post.data | {name: junk}))
            assert visitor.heading == POLISH.review
            assert self.size() < self.LIMIT / 4
            assert junk[:50] not in str(session_data())

    def test_does_not_grow_by_repeated_fields(self) -> None:
        visitor = OSOBA.type_details(OSOBA.start(Visitor()))
        post = visitor.post_of("Dalej")
        many = [self.noise(60, seed=number) for number in range(100)] + ["Sopot"]
        visitor.send(Post(post.address, post.data | {"dane-main_city": many}))
        assert visitor.shows("Sopot")
        assert self.size() < self.LIMIT / 4

    def test_does_not_grow_by_a_body_of_two_megabytes(self) -> None:
        visitor = OSOBA.type_details(OSOBA.start(Visitor()))
        post = visitor.post_of("Dalej")
        before = session_data()
        for name in ("dane-first_name", "junk"):
            data = post.data | {name: "x" * 2_000_000}
            assert visitor.send(Post(post.address, data)).status in (400, 413)
            multipart = visitor.client.post(post.address, data)
            assert multipart.status_code in (400, 413)
        assert session_data() == before

    def test_does_not_grow_by_what_is_said_of_a_password(self) -> None:
        visitor = self.verbose(*LATIN).reach_password(Visitor())
        for password in ("", "a", "aaaaaaaa", "12345678", "ż" * 500, self.noise(200, seed=2)):
            OSOBA.type_password(visitor, password).fill({POLISH.password_again: "b"}).press("Dalej")
            assert visitor.heading == POLISH.setting_password
            assert visitor.errors
            assert self.size() < self.LIMIT

    @override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.Argon2PasswordHasher"])
    def test_of_the_longest_answers_has_room_for_a_code_for_the_consultant(self) -> None:
        for letters in (HAN, LATIN):
            Session.objects.all().delete()
            applicant = self.verbose(*letters)
            visitor = applicant.reach_review(Visitor()).press("Pokaż kod dla konsultanta")
            assert visitor.element("#support strong").get_text()
            visitor.press("Dalej")
            assert visitor.heading == POLISH.setting_password
            applicant.type_password(visitor).copy_captcha(POLISH.captcha).press("Dalej")
            visitor.choose(*applicant.required_consents).press("Rejestruj")
            assert visitor.heading == POLISH.check_mailbox
            Customer.objects.get(company_name=applicant.owner)

    def test_keeps_the_answer_whose_blanks_were_too_many(self) -> None:
        visitor = OSOBA.type_details(OSOBA.start(Visitor()))
        visitor.fill({"Imię": " " * 400 + "Grażyna" + " " * 400 + "Józefa"}).press("Dalej")
        assert visitor.heading == POLISH.review
        assert visitor.shows("Grażyna Józefa")

    def test_loses_no_step_that_was_never_shortened(self) -> None:
        visitor = FIRMA.start(Visitor())
        visitor.send(self.noisy(visitor.post_of("Dalej"), 300))
        assert visitor.heading == FIRMA.details_heading
        assert visitor.open(step_url(visitor, "weryfikacja")).heading == FIRMA.details_heading

    def verbose(self, first: int, last: int) -> Applicant:
        """Return the company with the longest answers that are accepted, in these letters."""

        seeds = itertools.count()

        def text(length: int) -> str:
            return self.noise(length, seed=next(seeds), first=first, last=last)

        def address() -> dict[str, str]:
            return {
                "Ulica": text(100),
                "Nr domu": text(20),
                "Nr lokalu": text(20),
                "Kod pocztowy": "AZ1234567X",
                "Miejscowość": text(100),
                "Kraj": "Azerbejdżan",
            }

        owner = text(255)
        email = f"{'q7w2e9r4t1y6' * 5}@{'.'.join(['zx3cv8bn' * 7] * 3)}.example.com"[:254]
        details = {
            "Dane firmy": {"Pełna nazwa firmy": owner, "NIP": "AZ12345678901"},
            "Adres siedziby": address(),
            "Reprezentant Firmy": {
                "Imię reprezentanta": text(60),
                "Nazwisko reprezentanta": text(100),
                "Stanowisko lub funkcja": text(100),
                "Służbowy adres e-mail (login)": email,
                "Służbowy numer telefonu": "+994 12 498 12 34",
            },
        }
        return replace(FIRMA, details=details, other_address=address(), email=email, owner=owner)
