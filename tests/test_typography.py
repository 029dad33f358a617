"""No line ends where it should not: texts, dates, mails and printed terms hold together."""

import hashlib
import re
from datetime import datetime

from bs4 import BeautifulSoup
from django.conf import settings
from django.template import Context, Template
from django.test import SimpleTestCase, TestCase
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from accounts import consents
from accounts.models import Source
from accounts.values import country, phone
from kantor.serving.templatetags.site import breakable
from kantor.serving.typography import JOINER, tie, untie
from tests import mails
from tests.lines import loose_in, loose_lines

LANGUAGES = ("pl", "en")
# What a customer typed and a mail shows.
TYPED = ("Śnieżka Sp. z o.o.",)


def seen(text: str) -> str:
    """Show the signs that one cannot see."""
    return text.replace("\N{NO-BREAK SPACE}", "_").replace(JOINER, "^")


class TyingTests(SimpleTestCase):
    """What is held together, by language."""

    def test_holds_what_belongs_together(self) -> None:
        for language, text, tied in (
            ("pl", "Kod z obrazka i login", "Kod z_obrazka i_login"),
            ("pl", "O nas i o Tobie, a w tym", "O_nas i_o_Tobie, a_w_tym"),
            ("pl", "(w <strong>%(name)s</strong>)", "(w_<strong>%(name)s</strong>)"),
            ("pl", "23 listopada 2026 r.", "23_listopada_2026_r."),
            ("pl", "do %(date)s o godz. %(time)s", "do %(date)s o_godz._%(time)s"),
            ("pl", "godz. 2:40, nr 5, w kroku 2a", "godz._2:40, nr_5, w_kroku_2a"),
            ("pl", "art. 6 ust. 1 lit. b RODO", "art._6 ust._1 lit._b RODO"),
            ("pl", "za %(minutes)d minut, 8 znaków", "za %(minutes)d_minut, 8_znaków"),
            ("pl", "najwyżej 3 wiadomości", "najwyżej 3_wiadomości"),
            ("pl", "5 razy, 24 godziny, 1 dzień", "5_razy, 24_godziny, 1_dzień"),
            ("pl", "%(count)d kont i %(count)d kontaktów", "%(count)d_kont i_%(count)d kontaktów"),
            ("pl", "od %(hours)d h, %(left)s kody", "od %(hours)d_h, %(left)s_kody"),
            ("en", "at most 3 messages, 5 times", "at most 3_messages, 5_times"),
            ("pl", "9:00–16:30, pon.–pt.", "9:00–^16:30, pon.–^pt."),
            ("pl", "+48 22 859 0218", "+48_22_859_0218"),
            ("pl", "Krok 2b – Hasło", "Krok_2b_– Hasło"),
            ("pl", "Przykład sp. z o.o., ul. Długa 1", "Przykład sp._z_o.o., ul._Długa 1"),
            ("en", "a phone or a company I know", "a phone or a company I know"),
            ("en", "26 April 2024, %(hours)s hours", "26_April_2024, %(hours)s_hours"),
            ("en", "step 2a – at least 8 characters", "step_2a_– at least 8_characters"),
        ):
            with self.subTest(text):
                assert seen(tie(text, language)) == tied

    def test_leaves_the_rest_alone(self) -> None:
        for text in (
            '<a href="/">Pomoc</a>',
            "e-mail i-",
            "wersja 1a gotowa",
            "",
            "Ministerstwo Finansów",
            "https://kantor.example/a b",
        ):
            with self.subTest(text):
                assert tie(text, "pl") == text.replace("/a b", "/a\N{NO-BREAK SPACE}b")

    @given(st.text(alphabet="aiowz AZ09–:r.%(s)d{}<>\n", max_size=60), st.sampled_from(LANGUAGES))
    def test_changes_no_word_and_nothing_the_second_time(self, text: str, language: str) -> None:
        tied = tie(text, language)
        assert untie(tied) == untie(text)
        assert tie(tied, language) == tied


class EverywhereTests(TestCase):
    """Texts that no catalogue holds; the pages themselves are walked by tests.test_language."""

    def test_catalogues_are_tied(self) -> None:
        with translation.override("pl"):
            assert seen(gettext("Contact and login")) == "Kontakt i_login"

    def test_dates_and_hours(self) -> None:
        moment = "2026-11-03 02:40"
        template = Template("{{ day|date:'DATE_FORMAT' }}, {{ day|date:'TIME_FORMAT' }}")
        context = Context({"day": datetime.fromisoformat(moment)})
        for language, written in (
            ("pl", "3_listopada_2026_r., 2:40"),
            ("en", "3_November_2026, 02:40"),
        ):
            with translation.override(language):
                assert seen(template.render(context)) == written

    def test_days_without_a_year(self) -> None:
        day = datetime.fromisoformat("2026-11-03")
        for language, written in (("pl", "3_listopada"), ("en", "3_November")):
            with translation.override(language):
                assert seen(date_format(day, "MONTH_DAY_FORMAT")) == written

    def test_names_of_countries_and_of_sources(self) -> None:
        assert seen(country.name("BA", "pl")) == "Bośnia i_Hercegowina"
        assert ("BA", country.name("BA", "pl")) in country.choices("pl")
        with translation.override("pl"):
            assert seen(str(Source(name_pl="reklama w sieci"))) == "reklama w_sieci"

    def test_numbers_of_customers(self) -> None:
        assert seen(phone.display("+48601234567")) == "+48_601_234_567"

    def test_legal_texts_of_every_version(self) -> None:
        for kind, versions in consents.VERSIONS.items():
            for version in versions:
                for language in LANGUAGES:
                    with self.subTest(kind=kind, version=version, language=language):
                        text = consents.document(kind, version, language)
                        assert not loose_lines(BeautifulSoup(text, "html.parser"), language)

    def test_mails_in_both_parts(self) -> None:
        for name in mails.NAMES:
            for language in LANGUAGES:
                with self.subTest(name=name, language=language):
                    message = mails.build(name, language)
                    html = str(message.alternatives[0][0])
                    assert JOINER not in html + str(message.body)
                    assert "\N{NO-BREAK SPACE}" not in str(message.subject)
                    page = BeautifulSoup(html, "html.parser")
                    loose = loose_lines(page, language, TYPED) + loose_in(
                        str(message.body), language, TYPED
                    )
                    # In a mail the hours are held by the style beside them.
                    assert [each for each in loose if "9:00–16:30" not in each] == []

    def test_no_line_of_the_newest_printed_terms_ends_in_a_word_of_one_letter(self) -> None:
        reader = PdfReader(consents.terms_pdf(consents.in_force("terms"), "pl"))
        lines = [line for page in reader.pages for line in page.extract_text().splitlines()]
        assert len(lines) > 50
        assert not [line for line in lines if re.search(r"(?:^|\s)[aiouwzAIOUWZ]\s*$", line)]


class HashTests(SimpleTestCase):
    """What a customer accepted is words: where its lines may break proves nothing."""

    def test_is_of_the_words_as_they_are_written(self) -> None:
        for consent in map(consents.declaration, (each.key for each in consents.CONSENTS)):
            with self.subTest(consent.key), translation.override("pl"):
                words = untie(consents.text(consent, "pl"))
                if consent.document:
                    name = consents.document_template(consent.document, consent.version, "pl")
                    written = (settings.BASE_DIR / "templates" / name).read_text("utf-8")
                    words += f"\n{written}"
                expected = hashlib.sha256(words.encode()).hexdigest()
                assert consents.text_hash(consent, "pl") == expected

    def test_is_of_what_is_shown(self) -> None:
        for kind in consents.VERSIONS:
            shown = consents.document(kind, consents.VERSIONS[kind][0], "pl")
            name = consents.document_template(kind, consents.VERSIONS[kind][0], "pl")
            written = (settings.BASE_DIR / "templates" / name).read_text("utf-8")
            assert untie(shown) == written
            assert shown != written, "The text is shown tied."


class EmailTests(SimpleTestCase):
    """An e-mail address may be broken behind its @, and is shown as text."""

    def test_breaks_behind_the_sign(self) -> None:
        shown = breakable("kantor.pl <rejestracja@kantor.example>")
        soup = BeautifulSoup(shown, "html.parser")
        assert soup.get_text() == "kantor.pl <rejestracja@kantor.example>"
        assert [tag.name for tag in soup.find_all(True)] == ["span", "wbr"]
        assert "rejestracja@<wbr>kantor" in shown

    @given(st.text())
    def test_shows_any_text_as_it_is(self, text: str) -> None:
        text = "".join(sign for sign in text if sign.isprintable())
        soup = BeautifulSoup(breakable(text), "html.parser")
        assert soup.get_text() == text
        assert {tag.name for tag in soup.find_all(True)} <= {"span", "wbr"}
