"""The accessibility statement says what was tested, and no more."""

from django.test import SimpleTestCase, TestCase, override_settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import ngettext, override

from kantor.content.accessibility import report
from kantor.serving.typography import untie
from tests import test_accessibility as audited
from tests.walk import Visitor


class StatementTests(TestCase):
    """The page, in both languages."""

    def test_tells_what_the_report_has(self) -> None:
        known = report()
        for language, path in (
            ("pl", "/deklaracja-dostepnosci/"),
            ("en", "/en/deklaracja-dostepnosci/"),
        ):
            with self.subTest(language=language), override(language):
                main = Visitor().open(path).page.select_one("main")
                assert main is not None
                text = " ".join(untie(main.get_text(" ")).split())
                for part in (
                    untie(date_format(known.day, "DATE_FORMAT")),
                    f" {known.states_count} ",
                    f"axe-core {known.axe}",
                    f"Chromium {known.chromium}",
                    "320",
                    "1280",
                    "200%",
                    "WCAG",
                    "+48 22 859 0218",
                    "PFRON",
                ):
                    assert part in text, part

    def test_gives_the_address_of_the_operator(self) -> None:
        with override_settings(OPERATOR_EMAIL="pomoc@operator.example"):
            page = Visitor().open("/deklaracja-dostepnosci/").page
        link = page.select_one("main a[href^=mailto]")
        assert link is not None
        assert link["href"] == "mailto:pomoc@operator.example"
        assert link.get_text() == "pomoc@operator.example"

    def test_is_linked_from_every_footer(self) -> None:
        for path, href in (
            ("/", "/deklaracja-dostepnosci/"),
            ("/rejestracja/", "/deklaracja-dostepnosci/"),
            ("/nie-ma/", "/deklaracja-dostepnosci/"),
            ("/en/logowanie/", "/en/deklaracja-dostepnosci/"),
        ):
            assert Visitor().open(path).page.select_one(f"footer a[href='{href}']"), path

    def test_counts_in_good_polish(self) -> None:
        one = (
            "On %(date)s an automatic test looked at %(count)s state of the pages, in Polish and in"
            " English, with axe-core %(axe)s in the Chromium %(chromium)s browser. It found no"
            " fault."
        )
        many = (
            "On %(date)s an automatic test looked at %(count)s states of the pages, each in Polish"
            " and in English, with axe-core %(axe)s in the Chromium %(chromium)s browser. It found"
            " no fault."
        )
        with override("pl"):
            for count, words in (
                (1, "1 stanie,"),
                (2, "2 stanach,"),
                (12, "12 stanach,"),
                (77, "77 stanach,"),
            ):
                values = {"date": "", "count": count, "axe": "", "chromium": ""}
                assert f" w {words}" in untie(ngettext(one, many, count) % values)


class ReportTests(SimpleTestCase):
    """The report, without a browser; with one, each accessibility test compares its states."""

    def test_has_every_accessibility_test(self) -> None:
        tests = {name for name in vars(audited.AccessibilityTests) if name.startswith("test_")}
        assert set(report().states) == tests, "run make accessibility-report"

    def test_is_not_from_tomorrow(self) -> None:
        assert report().day <= timezone.localdate()
