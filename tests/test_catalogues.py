"""Every word of the site is there in both languages, and compiled."""

import re

from bs4 import BeautifulSoup
from django import forms
from django.template.loader import render_to_string
from django.test import SimpleTestCase
from django.utils.translation import ngettext, override

from kantor.serving.typography import tie, untie
from tests.catalogues import CATALOGUES, compiled, entries


class CatalogueTests(SimpleTestCase):
    """Every word of the site is there in both languages, compiled."""

    def test_nothing_is_untranslated_or_doubtful(self) -> None:
        for po in CATALOGUES:
            for entry in entries(po):
                assert not entry.is_fuzzy, f"{po}: {entry.msgid}"
                assert all(entry.translations), f"{po}: {entry.msgid}"

    def test_both_have_the_same_messages(self) -> None:
        polish, english = ({entry.key for entry in entries(po)} for po in CATALOGUES)
        assert polish == english

    def test_compiled_catalogues_are_fresh(self) -> None:
        for po in CATALOGUES:
            language = po.parents[1].name
            written = {
                entry.key: "\0".join(
                    tie(each, language) if entry.msgid else each for each in entry.translations
                )
                for entry in entries(po)
            }
            assert compiled(po.with_suffix(".mo")) == written, f"{po}: make messages"

    def test_placeholders_survive_the_translation(self) -> None:
        pattern = re.compile(r"%\(\w+\)[sd]|\{\w+\}|<[^>]+>")
        for po in CATALOGUES:
            for entry in entries(po):
                expected = sorted(pattern.findall(entry.plural or entry.msgid))
                for each in entry.translations[-1:] if entry.msgid else ():
                    assert sorted(pattern.findall(each)) == expected, f"{po}: {entry.msgid}"

    def test_polish_has_its_plural_forms(self) -> None:
        numbers = {0: "pól", 1: "pole", 2: "pola", 5: "pól", 12: "pól", 22: "pola", 25: "pól"}
        with override("pl"):
            for number, noun in numbers.items():
                template = ngettext("Correct %(count)s field", "Correct %(count)s fields", number)
                assert untie(template % {"count": number}) == f"Popraw {number} {noun}"

    def test_error_summary_counts_the_fields(self) -> None:
        expected = {
            "pl": {1: "Popraw 1 pole", 2: "Popraw 2 pola", 5: "Popraw 5 pól", 22: "Popraw 22 pola"},
            "en": {1: "Correct 1 field", 2: "Correct 2 fields", 22: "Correct 22 fields"},
        }
        for language, headings in expected.items():
            for number, heading in headings.items():
                with override(language):
                    html = self.summary_of(number)
                title = BeautifulSoup(html, "html.parser").find("h2")
                assert title is not None
                assert " ".join(title.get_text().split()) == heading

    def test_no_error_makes_no_summary(self) -> None:
        assert not self.summary_of(0).strip()

    def summary_of(self, number: int) -> str:
        """Return the error summary of a form with so many empty fields."""
        form = forms.Form({})
        for each in range(number):
            form.fields[f"field{each}"] = forms.CharField()
        return render_to_string("partials/error_summary.html", {"form": form})
