"""One word for one thing: what the glossary says of the words of the pages, in both catalogues."""

import re
from collections.abc import Iterator

from django.conf import settings
from django.test import SimpleTestCase

from tests.catalogues import entries

# What no page and no mail says, and what it says instead (docs/glossary.md).
NOT_IN_POLISH = {
    r"Pomiń tę wiadomość": "zignoruj tę wiadomość",
    r"\b[Kk]likn|\b[Nn]aciśni": "wybierz",
    r"\bodstęp": "spacja",
    r"\bmejl|(?<!-)\bmail(?!to)": "wiadomość, e-mail",
    r"\bkont\w+ bankow": "rachunek bankowy",
    r"Wymyśl mi": "zaproponuj hasło",
    r"literówki\b": "sprawdź, czy wszystkie cyfry się zgadzają",
    r"Krok \w+ z 3": "the guide's own heading",
    r"\bmetod\w* logowania": "sposób logowania",
    r"\bzakryt": "ukryte",
    r"\b(?:Twoim|swoim) koncie kantor|\bw (?:Twoim|swoim) koncie": "na Twoim koncie w kantor.pl",
    r"\bprzy biurku": "nie masz roli",
    r"\bpaństw\w* wysokiego ryzyka": "kraje wysokiego ryzyka",
    r"z kodem kraju|(?<!numer )kierunkowy kraju": "numer kierunkowy kraju",
    r"stanem faktycznym": "prawdziwe dane",
    r"[Uu]dzielon[aoe] zgod|[Uu]dzielono zgody": "wyrażono zgodę",
    r"\bprzez własne rachunki": "korzystając z własnych rachunków",
}
NOT_IN_ENGLISH = {
    r"\b[Ii]ndividual persons?\b": "individual",
    r"(?<![Pp]ersonal )\b[Dd]ata\b": "details",
    r"\b[Pp]ress\b": "select",
    r"\b[Ll]ook into\b": "check",
    r"\bat hand\b": "to hand",
    r"[Ff]orget it\b": "remove it",
    r"[Tt]oo many tries": "too many attempts",
    r"Step \w+ of 3": "the guide's own heading",
    r"\b(?:he|him|his|himself)\b": "the customer, they",
    r"^Of an? |\bkeep of you\b|^By the ": "an English sentence begins otherwise",
    r"\bMark at\b": "select",
    r"^Needed\b": "required",
}
# Of the accounts of passwords: zxcvbn's sentences, and a warning about one's own data.
QUOTED = {"Avoid your own data, such as your name, company or e-mail address."}
EVERYWHERE = {
    r"\d:\d\d ?(?:-|&)": "9:00–16:30",
    r"&nbsp;|&#8288;": "an ordinary blank: it is tied when it is compiled",
    r"godz\. 0\d": "godz. 2:40",
    "[\N{NO-BREAK SPACE}\N{WORD JOINER}]": "an ordinary blank",
}
# The guide's own form, in the header alone.
HEADER = {"(9:00 - 16:30 Mon-Fri)", "(9:00 - 16:30 pon-pt)"}


def said(language: str) -> Iterator[str]:
    """Yield every text of a catalogue, as translators wrote it."""
    for entry in entries(settings.BASE_DIR / "locale" / language / "LC_MESSAGES" / "django.po"):
        if entry.msgid:
            yield from entry.translations


class WordsTests(SimpleTestCase):
    """Both catalogues keep to the glossary."""

    def assert_avoids(self, language: str, words: dict[str, str]) -> None:
        for text in said(language):
            if text in QUOTED | HEADER:
                continue
            for pattern, better in (words | EVERYWHERE).items():
                assert not re.search(pattern, text), f"{text!r}: better {better!r}"

    def test_polish_says_one_word_for_one_thing(self) -> None:
        self.assert_avoids("pl", NOT_IN_POLISH)

    def test_english_says_one_word_for_one_thing(self) -> None:
        self.assert_avoids("en", NOT_IN_ENGLISH)

    def test_the_header_alone_has_the_hours_as_the_guide_writes_them(self) -> None:
        found = [text for text in said("pl") if re.search(r"\d - \d", text)]
        assert found == ["(9:00 - 16:30 pon-pt)"]

    def test_hours_have_the_form_of_their_language(self) -> None:
        # With "H:i" of its own, a page would say 09:05 in Polish, where it is 9:05.
        for folder, pattern in (("templates", "*.html"), ("accounts", "*.py")):
            for file in (settings.BASE_DIR / folder).rglob(pattern):
                assert not re.search(r"[\"'][Hg]:i[\"']", file.read_text("utf-8")), file

    def test_nobody_is_spoken_to_as_a_man_or_a_woman(self) -> None:
        # A verb of the past in the second person has a gender: wpisałeś, wpisałaś.
        for text in said("pl"):
            assert not re.search(r"\w+ł[ae]ś\b", text), text
