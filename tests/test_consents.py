"""The declarations of step 2c: who is asked, in which words, and that words cannot change."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.template.loader import get_template, render_to_string
from django.test import SimpleTestCase, TestCase
from django.urls import reverse
from django.utils import translation

from accounts import consents
from accounts.models import ConsentRecord, Kind
from kantor.serving.typography import untie
from tests.walk import Visitor

LANGUAGES = ("pl", "en")
BY_KEY = {each.key: consents.declaration(each.key) for each in consents.CONSENTS}

NEWEST, NOTICE = consents.in_force("terms"), consents.in_force("privacy")

# What people have agreed to. A failure here means that a published text was edited: put the old
# text back and publish a new version in front of it. Only a new version adds lines.
PUBLISHED = {
    ("terms", "2026-11-29", "pl"): (
        "e4b56fac57ba8132f8d8ef07efe414ed2de96b9c1b3eed2c186363dabcaead57"
    ),
    ("terms", "2026-11-29", "en"): (
        "a97a188135a2179d454307a3fce76b5402eb03bbeeae7cf35ba3f598375f5d78"
    ),
    ("personal_data", "2026-11-29", "pl"): (
        "115ecbcf620566953f954cf74109d8a5ee298fc147ce72a547a9b7ea55e7e8d6"
    ),
    ("personal_data", "2026-11-29", "en"): (
        "1168e84337f134726e2f8e12bd13291c74d8680b5cd681a72786337e254f7dbc"
    ),
    ("terms", "2026-11-23", "pl"): (
        "40fa691829cad34e41bf194311be0f26dc043fa534480a864e9620a07653aef2"
    ),
    ("terms", "2026-11-23", "en"): (
        "01f9d34c3cee48969ca0b45e88a2fda5c304d25e6a212b16eb9d4859a148c1db"
    ),
    ("e_documents", "2026-11-23", "pl"): (
        "2fe696a99a1ed7743412397c4b931a0afd2fb8cd1503047e6372776deb7a06d8"
    ),
    ("e_documents", "2026-11-23", "en"): (
        "592394735f343f449297f8463e4415a09fbc288b3c333807cc112f15283de159"
    ),
    ("personal_data", "2026-11-23", "pl"): (
        "298a33fd2faf5038c18445152865341ec4482e7325db6b4894faa0c30451a18c"
    ),
    ("personal_data", "2026-11-23", "en"): (
        "0adde75d4ae8d20a1a80128954166ae30024041391d2a9e6bb8f99ea0c2c213a"
    ),
    ("news_email", "2026-11-23", "pl"): (
        "fb15863b7d1edb8a455e6bc27a1a8fef7eb74e519c2beb6060cb1390ec1822c8"
    ),
    ("news_email", "2026-11-23", "en"): (
        "9680f40085f504f3cd11dab04cb9d2a155e5a3f9fcdc8a60a229efc6dfa772df"
    ),
    ("authority", "2026-11-23", "pl"): (
        "c5419f1f8ea49601c3771ea9c3d3c4397fca8f0728295a130362f26b2708b216"
    ),
    ("authority", "2026-11-23", "en"): (
        "f3ab7fb136c059b7eca91a4da80b7de57b4b1c42932e2484fa83f6e6f227a937"
    ),
    ("adult", "2026-11-23", "pl"): (
        "084dd080fbfbe0f06beda0e9667420a844f9ce264eb560a051c117beb31e5926"
    ),
    ("adult", "2026-11-23", "en"): (
        "761400b67747b23f6a92f95b8ce0202aca69b8c42e2c911d4a84e4e05d56be5f"
    ),
}


class Consents(SimpleTestCase):
    def test_are_shown_in_a_fixed_order(self) -> None:
        assert [consent.key for consent in consents.asked_of("company")] == [
            "terms",
            "e_documents",
            "personal_data",
            "news_email",
            "authority",
        ]
        assert [consent.key for consent in consents.asked_of(Kind.PERSON)] == [
            "terms",
            "e_documents",
            "personal_data",
            "news_email",
            "adult",
        ]

    def test_are_required_but_for_the_news(self) -> None:
        assert [c.key for c in consents.CONSENTS if not c.required] == ["news_email"]

    def test_fit_the_columns_that_record_them(self) -> None:
        for consent in BY_KEY.values():
            with self.subTest(key=consent.key):
                ConsentRecord(
                    key=consent.key,
                    version=consent.version,
                    text_hash=consents.text_hash(consent, "pl"),
                    language="pl",
                    given=True,
                    channel=ConsentRecord.Channel.REGISTRATION,
                ).clean_fields(exclude=["user"])

    def test_name_the_channel_of_the_news_and_the_way_out(self) -> None:
        text = consents.text(BY_KEY["news_email"], "pl")
        assert "e-mailem" in text
        assert "Zgodę można wycofać w każdej chwili." in text


class Label(SimpleTestCase):
    def test_links_to_the_document_in_a_new_tab_and_says_so(self) -> None:
        cases = {
            ("pl", "terms"): f"/regulamin/{NEWEST}/",
            ("en", "terms"): f"/en/regulamin/{NEWEST}/",
            ("pl", "personal_data"): f"/prywatnosc/{NOTICE}/",
            ("en", "personal_data"): f"/en/prywatnosc/{NOTICE}/",
        }
        hints = {"pl": "(otwiera się w nowej karcie)", "en": "(opens in a new tab)"}
        for (language, key), address in cases.items():
            with self.subTest(language=language, key=key), translation.override(language):
                label = consents.label_html(BY_KEY[key])
                assert f'<a href="{address}" target="_blank" rel="noopener">' in label
                assert f"> {hints[language]}</span></a>" in untie(label)
                assert ' <span class="visually-hidden">' not in untie(label)

    def test_is_plain_where_there_is_nothing_to_read(self) -> None:
        for key in ("e_documents", "news_email", "authority", "adult"):
            with self.subTest(key=key), translation.override("pl"):
                label = consents.label_html(BY_KEY[key])
                assert untie(label) == consents.text(BY_KEY[key], "pl")

    def test_shows_the_sentence_that_is_recorded(self) -> None:
        for consent in BY_KEY.values():
            for language in LANGUAGES:
                with self.subTest(key=consent.key, language=language):
                    with translation.override(language):
                        label = consents.label_html(consent)
                    words = re.sub(r"<span[^>]*> \([^()]+\)</span></a>|<[^>]+>", "", untie(label))
                    assert words == consents.text(consent, language)

    def test_gives_the_date_of_the_version_in_words(self) -> None:
        terms = replace(BY_KEY["terms"], version="2026-11-23")
        assert consents.text(terms, "pl").endswith("w wersji z dnia 23 listopada 2026 r.")
        assert consents.text(terms, "en").endswith("version of 23 November 2026.")

    def test_puts_no_version_of_a_day_to_come(self) -> None:
        # What is ticked holds on the day on which it is ticked.
        for document, versions in consents.VERSIONS.items():
            newest = date.fromisoformat(versions[0])
            assert consents.in_force(document, newest) == versions[0]
            assert consents.in_force(document, newest - timedelta(days=1)) == versions[:2][-1]
            assert date.fromisoformat(consents.in_force(document)) <= consents.today()
            assert consents.announced(document, newest) == ""
            assert consents.announced(document, newest - timedelta(days=1)) == versions[0]

    def test_is_unknown_by_another_key(self) -> None:
        with self.assertRaises(LookupError):
            consents.declaration("cookies")

    def test_differs_between_the_languages(self) -> None:
        for consent in BY_KEY.values():
            assert consents.text(consent, "pl") != consents.text(consent, "en")


class TextHash(SimpleTestCase):
    def test_is_pinned_for_everything_published(self) -> None:
        current = {
            (consent.key, version, language): consents.text_hash(
                replace(consent, version=version), language
            )
            for consent in consents.CONSENTS
            for version in consents.VERSIONS.get(consent.document, (consent.version,))
            for language in LANGUAGES
        }
        unpinned = {key: value for key, value in current.items() if key not in PUBLISHED}
        assert not unpinned, f"Add what is new: {unpinned}"
        assert current == PUBLISHED

    def test_does_not_depend_on_the_active_language(self) -> None:
        consents.text_hash.cache_clear()
        consents.text.cache_clear()
        with translation.override("en"):
            found = consents.text_hash(BY_KEY["terms"], "pl")
        assert found == PUBLISHED["terms", NEWEST, "pl"]


class Documents(SimpleTestCase):
    def test_exist_for_every_version_in_both_languages(self) -> None:
        for kind, versions in consents.VERSIONS.items():
            assert list(versions) == sorted(versions, reverse=True)
            for version in versions:
                date.fromisoformat(version)
                for language in dict(settings.LANGUAGES):
                    with self.subTest(kind=kind, version=version, language=language):
                        template = consents.document_template(kind, version, language)
                        assert render_to_string(template).startswith(("<h2>", "<p>"))

    def test_are_plain_text_with_headings_and_lists(self) -> None:
        # A tag or a variable in a document would let its meaning change under its hash.
        for kind, versions in consents.VERSIONS.items():
            for version in versions:
                for language in LANGUAGES:
                    with self.subTest(kind=kind, version=version, language=language):
                        name = consents.document_template(kind, version, language)
                        source = get_template(name).template.source  # type: ignore[attr-defined]
                        assert not re.search(r"\{[{%#]", source)
                        tags = set(re.findall(r"<(\w+)", source))
                        assert tags <= {"h2", "h3", "p", "ol", "li", "strong"}

    def test_have_the_same_points_in_both_languages(self) -> None:
        for kind, versions in consents.VERSIONS.items():
            for version in versions:
                polish, english = (
                    re.findall(
                        r"<(\w+)",
                        render_to_string(consents.document_template(kind, version, language)),
                    )
                    for language in LANGUAGES
                )
                assert polish == english

    def test_say_what_they_change_but_for_the_first(self) -> None:
        for kind, versions in consents.VERSIONS.items():
            for version in versions[:-1]:
                polish, english = (consents.changes(kind, version, each) for each in LANGUAGES)
                assert polish
                assert len(polish) == len(english)
            assert consents.changes(kind, versions[-1], "pl") == ()

    def test_that_never_were_are_refused(self) -> None:
        for kind, version, language in (
            ("terms", "2020-01-01", "pl"),
            ("terms", "../../base", "pl"),
            ("cookies", "2026-11-23", "pl"),
            ("terms", "2026-11-23", "de"),
        ):
            with self.subTest(kind=kind, version=version), self.assertRaises(LookupError):
                consents.document_template(kind, version, language)


class Standing(SimpleTestCase):
    def record(self, key: str, day: int, *, given: bool) -> ConsentRecord:
        """Return an unsaved record of a day of November 2026."""
        return ConsentRecord(
            key=key,
            version="2026-11-23",
            language="pl",
            given=given,
            recorded_at=datetime(2026, 11, day, tzinfo=UTC),
        )

    def test_follows_the_newest_record(self) -> None:
        given = self.record("news_email", 23, given=True)
        withdrawn = self.record("news_email", 24, given=False)
        again = self.record("news_email", 25, given=True)
        (standing,) = consents.standing([given, withdrawn])
        assert standing.given_at == given.recorded_at
        assert standing.withdrawn_at == withdrawn.recorded_at
        (standing,) = consents.standing([given, withdrawn, again])
        assert standing.given_at == again.recorded_at
        assert standing.withdrawn_at is None

    def test_leaves_out_what_was_never_given(self) -> None:
        assert consents.standing([self.record("news_email", 23, given=False)]) == []

    def test_keeps_the_order_of_the_form(self) -> None:
        records = [self.record(key, 23, given=True) for key in ("adult", "personal_data", "terms")]
        versions = [str(standing.label) for standing in consents.standing(records)]
        assert len(versions) == 3
        assert "regulamin" in versions[0]
        assert "prywatnosc" in versions[1]


class PrivacyNotice(TestCase):
    def test_tells_who_else_gets_a_number_and_what_the_cookie_holds(self) -> None:
        for language, recipient, cookie in (
            ("pl", "Ministerstwa Finansów", "Zawiera podany przy rejestracji adres e-mail"),
            ("en", "Polish Ministry of Finance", "It contains the e-mail address"),
        ):
            with self.subTest(language), translation.override(language):
                page = Visitor().open(reverse("privacy")).text
                assert recipient in page
                assert cookie in page
