# ruff: noqa: RUF001  look-alikes of ASCII characters are what is tested
"""What every kind of value has in common, whatever is typed; texts and countries."""

import re
import time
from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.test import SimpleTestCase
from django.utils import translation
from hypothesis import example, given, settings
from hypothesis import strategies as st

from accounts.values import (
    address,
    company_name,
    country,
    email,
    foreign_tax_id,
    krs,
    names,
    nip,
    phone,
    position,
    postal_code,
    regon,
    text,
)
from tests.spellings import SpellingTestCase
from tests.thorough import fewer


class Text(SpellingTestCase):
    def test_is_trimmed_and_its_blanks_are_single_spaces(self) -> None:
        self.assert_accepts(
            text.clean,
            [
                ("  a  b ", "a b"),
                ("\u00a0a\u00a0\u2009b\u3000", "a b"),
                ("a\tb\r\nc\n", "a b c"),
                ("a\u2028b", "a b"),
                ("Z\u0307o\u0301\u0142w", "Żółw"),
                ("", ""),
            ],
        )

    def test_with_unseen_characters_is_refused(self) -> None:
        unseen = [
            *("\x00", "\x0b", "\x1f", "\x7f", "\x85", "\u00ad", "\u061c", "\u200b", "\u200d"),
            *("\u200e", "\u202a", "\u202e", "\u2060", "\u2066", "\ufeff", "\ufff9", "\ud83d"),
            *("\ue000", "\uffff", "\U000e0041", "\U000f0000", "\u034f", "\u115f", "\u3164"),
            *("\ufe0f", "\U000e0100", "\u2800"),
        ]
        self.assert_refuses(text.clean, [(f"a{char}b", "unsupported") for char in unseen])

    def test_with_a_pile_of_marks_is_refused(self) -> None:
        self.assert_refuses(
            text.clean, [("Zalgo" + "\u0335" * 5, "unsupported"), ("a \u0301", "unsupported")]
        )

    def test_longer_than_its_limit_is_refused(self) -> None:
        assert text.clean(f" {'a' * 10} ", max_length=10) == "a" * 10
        for typed in ("a" * 11, "a" * 1_000_000):
            with self.assertRaises(ValidationError) as caught:
                text.clean(typed, max_length=10)
            assert caught.exception.code == "too_long"
            assert "10" in caught.exception.messages[0]

    def test_of_a_megabyte_costs_nothing(self) -> None:
        typed = "1 \u0301" * 350_000
        parsers: list[Callable[[str], str]] = [
            *(nip.parse, regon.parse, krs.parse, phone.parse, email.parse, names.parse),
            *(company_name.parse, address.parse_street, position.parse, foreign_tax_id.parse),
            *(country.parse, lambda typed: postal_code.parse(typed, "PL")),
        ]
        began = time.process_time()
        for parse in parsers:
            with self.assertRaises(ValidationError):
                parse(typed)
        assert email.normalise(typed) == ""
        # Milliseconds; hours where an expression begins anew at each character.
        assert time.process_time() - began < 60


class Country(SpellingTestCase):
    def test_is_known_by_its_code(self) -> None:
        self.assert_accepts(country.parse, [("PL", "PL"), (" de ", "DE"), ("xk", "XK")])
        self.assert_accepts(country.parse, [(code, code) for code in country.CODES], at_least=250)
        refused = [
            *("XX", "POL", "Polska", "", "P", "PL,DE", "\x00", "ＰＬ", "ﬆ", "0", "Poland", "616"),
            *("UK", "EU", "AN", "YU", "CS", "DD", "SU", "TP", "ZR", "BU", "EN", "AA", "ZZ", "QQ"),
            *("P L", "PL.", "+48", "48", "pl-PL", "pl_PL", "РL", "PŁ", "P\u200bL", "🇵🇱", "--", "?"),
            *("None", "null", "PL" * 100, "%50%4C"),
        ]
        table = [(typed, "invalid_choice") for typed in refused]
        self.assert_refuses(country.parse, table, at_least=40)
        self.assert_refuses_junk(country.parse)

    def test_list_has_poland_first_and_each_country_once(self) -> None:
        for language in ("pl", "en"):
            choices = country.choices(language)
            assert choices[0][0] == "PL"
            assert {code for code, _name in choices} == country.CODES
            assert len(choices) == len(country.CODES) == 250
            assert len({name for _code, name in choices}) == 250

    def test_list_follows_the_alphabet_of_its_language(self) -> None:
        polish = [code for code, _name in country.choices("pl")]
        # Litwa, Luksemburg, Łotwa, Madagaskar; Wenezuela, Węgry; Słowacja … Szwecja
        for codes in (["LT", "LU", "LV", "MG"], ["VE", "HU", "GB"], ["SK", "SI", "SE"]):
            assert sorted(codes, key=polish.index) == codes
        english = [code for code, _name in country.choices("en")]
        # Åland Islands, Albania; Cook Islands, Costa Rica, Côte d'Ivoire, Croatia
        for codes in (["AF", "AX", "AL"], ["CK", "CR", "CI", "HR"]):
            assert sorted(codes, key=english.index) == codes

    def test_has_todays_name_in_both_languages(self) -> None:
        table = {
            "PL": ("Polska", "Poland"),
            "DE": ("Niemcy", "Germany"),
            "CZ": ("Czechy", "Czechia"),
            "SZ": ("Eswatini", "Eswatini"),
            "MK": ("Macedonia Północna", "North Macedonia"),
            "CD": ("Demokratyczna Republika Konga", "Democratic Republic of the Congo"),
            "CG": ("Kongo", "Congo"),
            "TR": ("Turcja", "Türkiye"),
            "XK": ("Kosowo", "Kosovo"),
            "VA": ("Watykan", "Vatican City"),
            "BS": ("Bahamy", "Bahamas"),
        }
        for code, (polish, english) in table.items():
            with self.subTest(ascii(code)):
                assert country.name(code, "pl") == polish
                assert country.name(code, "en") == english

    def test_name_is_in_the_active_language(self) -> None:
        for language, expected in (("pl", "Niemcy"), ("en", "Germany")):
            with translation.override(language):
                assert country.name("DE") == expected
        assert country.name("??", "pl") == "??"


KINDS: dict[str, tuple[Callable[[str], str], str]] = {
    "nip": (nip.parse, r"[1-9][0-9]{9}"),
    "regon": (regon.parse, r"[0-9]{9}(?:[0-9]{5})?"),
    "krs": (krs.parse, r"[0-9]{10}"),
    "foreign_tax_id": (foreign_tax_id.parse, r"[-A-Z0-9/. ]{4,20}"),
    "postal_code": (lambda typed: postal_code.parse(typed, "PL"), r"[0-9]{2}-[0-9]{3}"),
    "british_code": (lambda typed: postal_code.parse(typed, "GB"), r"[A-Z0-9]{2,4} [0-9][A-Z]{2}"),
    "any_postal_code": (lambda typed: postal_code.parse(typed, "VN"), r"(?:[-A-Z0-9 ]{2,10})?"),
    "phone": (phone.parse, r"\+[1-9][0-9]{6,14}"),
    "email": (email.parse, r"[!-?A-~]{1,64}@[^@\s<>\"\[\]]{4,253}"),
    "name": (names.parse, r"[^0-9<>@\\{}\[\]|;:\"/\x00-\x1f]{1,100}"),
    "company_name": (company_name.parse, r"[^<>\x00-\x1f]{1,255}"),
    "street": (address.parse_street, r"[^<>@\x00-\x1f]{1,100}"),
    "number": (address.parse_number, r"[^<>@\x00-\x1f]{1,20}"),
    "city": (address.parse_city, r"[^<>@\x00-\x1f]{1,100}"),
    "position": (position.parse, r"[^<>\x00-\x1f]{1,100}"),
    "country": (country.parse, r"[A-Z]{2}"),
}

# Every code point that Python has, lone surrogates too.
anything = st.text(st.characters(exclude_categories=()), max_size=4096)
# Near the truth, where rules meet: digits, signs and letters that the kinds are made of.
plausible = st.text("0123456789+-–/(). @PLplKRSżłIX'aé\u0301\u00a0wn·", max_size=30)
digits = st.integers(0, 10**14).map(str)
addresses = st.builds(
    "{}@{}.{}".format,
    st.text("jJ.+_-'ąı", min_size=1, max_size=10),
    st.text("ab-łąßςаｇxn1", min_size=1, max_size=12),
    st.sampled_from(["pl", "com", "рф", "PL", "c", "例え"]),
)
honest = ["941-277-24-26", "750047430-00010", "KRS 123456", "00-950", "+48 601 234 567"]
honest += ["Jan.Kowalski@example.com", "jan@przykład.pl", "O'Brien", "Acme Sp. z o.o.", "12A"]
# One stray character in an honest value.
spoiled = st.builds(
    lambda value, place, character: f"{value[:place]}{character}{value[place:]}",
    st.sampled_from(honest),
    st.integers(0, 24),
    st.characters(exclude_categories=()),
)


class AnyText(SimpleTestCase):
    """What holds for every kind, whatever is typed."""

    def check(self, typed: str) -> None:
        for kind, (parse, pattern) in KINDS.items():
            refusal = None
            try:
                canonical = parse(typed)
            except ValidationError as error:
                refusal = error
            if refusal:
                assert refusal.code
                assert refusal.messages
            else:
                assert re.fullmatch(pattern, canonical), (kind, canonical)
                assert parse(canonical) == canonical, kind
        key = email.normalise(typed)
        assert email.normalise(key) == key
        assert len(key) <= email.MAX_LENGTH
        assert key.isprintable()

    @settings(max_examples=fewer(200), deadline=None, database=None)
    @given(anything)
    @example("jan@\u1e9e.de")
    @example("\u0130@\u0130.com")
    @example("a@\ufdfa.com")
    def test_from_all_of_unicode_is_parsed_or_refused(self, typed: str) -> None:
        self.check(typed)

    @settings(max_examples=fewer(800), deadline=None, database=None)
    @given(plausible | digits | addresses | spoiled)
    def test_close_to_the_truth_is_parsed_or_refused(self, typed: str) -> None:
        self.check(typed)

    @settings(max_examples=fewer(200), deadline=None, database=None)
    @given(addresses)
    def test_that_is_an_address_keeps_its_key_when_parsed(self, typed: str) -> None:
        try:
            parsed = email.parse(typed)
        except ValidationError:
            return
        assert email.normalise(parsed) == email.normalise(typed)
