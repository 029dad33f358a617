"""The order of the countries in a list: by the alphabet of its language."""

import unicodedata

from django.test import SimpleTestCase

from accounts.values import country

POLISH = "aąbcćdeęfghijklłmnńoóprsśtuvwxyzźż"


def polish_key(name: str) -> list[int]:
    """Return the places of the letters in the Polish alphabet, a blank before them all."""
    plain = [
        letter if letter in POLISH else unicodedata.normalize("NFD", letter)[0]
        for letter in name.lower()
    ]
    return [POLISH.find(letter) for letter in plain]


class OrderTests(SimpleTestCase):
    """Every name, one after the other."""

    def test_is_polish_in_polish(self) -> None:
        _poland, *names = [name for _code, name in country.choices("pl")]
        words = [name for name in names if not set(name) & set("-',.()")]
        assert len(words) > 230
        assert words == sorted(words, key=polish_key)

    def test_puts_each_polish_letter_after_its_plain_one(self) -> None:
        for plain, marked in zip("acelnosz", "ąćęłńóśź", strict=True):
            words = [plain, f"{plain}z", f"{plain}ź", f"{plain}ż", marked, f"{marked}a"]
            assert sorted({*words}, key=lambda word: country._sort_key(word, "pl")) == words
        assert sorted("żźz", key=lambda word: country._sort_key(word, "pl")) == ["z", "ź", "ż"]

    def test_overlooks_marks_in_english(self) -> None:
        _poland, *names = [name for _code, name in country.choices("en")]
        plain = [unicodedata.normalize("NFD", name).encode("ascii", "ignore") for name in names]
        assert plain == sorted(plain, key=bytes.lower)
        assert names.index("Åland Islands") < names.index("Albania")
