"""The terms as a file to keep: true to the accepted text, on the site and in the mail."""

import hashlib
import re
from datetime import date
from html import unescape
from typing import Any

from django.template.loader import render_to_string
from django.test import SimpleTestCase, TestCase
from django.utils import translation
from django.utils.formats import date_format
from pypdf import PdfReader

from accounts import consents
from accounts.models import ConsentRecord
from kantor.serving.typography import untie
from tests import factories, letters

LANGUAGES = ("pl", "en")
EVERY = [(version, language) for version in consents.VERSIONS["terms"] for language in LANGUAGES]

# What customers were handed. A failure here means that a published file was printed again: put
# the old one back. Only a new version adds lines.
PUBLISHED = {
    ("2026-11-29", "pl"): "0e529d2781a27ecd54b633c47eda2f46b42ccfef12490630bc80948df2e4a814",
    ("2026-11-29", "en"): "cb0383e6429ad372deda3843e504ac9c1573c14b16a8a7949d6be2e4bcfbf16f",
    ("2026-11-23", "pl"): "ab41c4add90eff85aec6c801c13646d268a1fc2fb47e7fd1c47250266c9eab42",
    ("2026-11-23", "en"): "22118df46be9947cdb3caa6195afd5b95bfb0cc09fa1256306b6ce30957e4bc2",
}
NEWEST = consents.in_force("terms")
TITLES = {"pl": "Regulamin serwisu kantor.pl", "en": "kantor.pl Terms of Service"}


def head_of(version: str, language: str) -> str:
    """Return what stands above the text: the site, the title and the date of the version."""
    with translation.override(language):
        day = date_format(date.fromisoformat(version), "DATE_FORMAT")
    words = {"pl": "Wersja z dnia", "en": "Version of"}[language]
    return f"kantor.pl {TITLES[language]} {words} {untie(day)}"


def words_of_file(reader: PdfReader) -> str:
    """Return the text of a PDF on one line, without the foot of each page."""
    pages = (re.sub(r"^\d+ / \d+kantor\.pl\n", "", page.extract_text()) for page in reader.pages)
    return " ".join(untie(" ".join(pages)).split())


def words_of_text(version: str, language: str) -> str:
    """Return the accepted text on one line, its points numbered as a browser does it."""
    source = render_to_string(consents.document_template("terms", version, language))
    numbered = []
    for part in re.split(r"(<ol>.*?</ol>)", source, flags=re.DOTALL):
        points = iter(range(1, 1000))
        numbered.append(re.sub("<li>", lambda _match, points=points: f" {next(points)}. ", part))
    return " ".join(unescape(re.sub("<[^>]+>", " ", "".join(numbered))).split())


class PrintedTerms(SimpleTestCase):
    def test_exist_for_every_version_and_never_change(self) -> None:
        found = {
            key: hashlib.sha256(consents.terms_pdf(*key).read_bytes()).hexdigest() for key in EVERY
        }
        unpinned = {key: value for key, value in found.items() if key not in PUBLISHED}
        assert not unpinned, f"Add what is new: {unpinned}"
        assert found == PUBLISHED

    def test_say_exactly_what_was_accepted(self) -> None:
        for version, language in EVERY:
            with self.subTest(version=version, language=language):
                found = words_of_file(PdfReader(consents.terms_pdf(version, language)))
                # Where a tag stands between a word and its comma, the two differ in a space.
                wanted = f"{head_of(version, language)} {words_of_text(version, language)}"
                assert found.replace(" ", "") == wanted.replace(" ", "")

    def test_can_be_read_aloud_and_walked_through(self) -> None:
        for version, language in EVERY:
            with self.subTest(version=version, language=language):
                reader = PdfReader(consents.terms_pdf(version, language))
                root: Any = reader.trailer["/Root"]
                assert root["/Lang"] == language
                assert root["/MarkInfo"]["/Marked"]
                assert root["/StructTreeRoot"]
                assert root["/ViewerPreferences"]["/DisplayDocTitle"]
                assert reader.metadata is not None
                assert reader.metadata.title == TITLES[language]
                assert len(reader.outline[1]) == 13  # a bookmark for each paragraph sign

    def test_are_small(self) -> None:
        for version, language in EVERY:
            assert consents.terms_pdf(version, language).stat().st_size < 100_000

    def test_of_a_version_that_never_was_are_refused(self) -> None:
        for version in ("2020-01-01", "../../base", ""):
            with self.subTest(version=version), self.assertRaises(LookupError):
                consents.terms_pdf(version, "pl")


class TermsOnTheSite(TestCase):
    def test_are_downloaded_in_the_language_of_the_page(self) -> None:
        for language, prefix in (("pl", ""), ("en", "/en")):
            with self.subTest(language=language):
                response = self.client.get(f"{prefix}/regulamin/{NEWEST}/pdf/")
                published = consents.terms_pdf(NEWEST, language).read_bytes()
                assert response.getvalue() == published
                assert response["Content-Type"] == "application/pdf"
                name = consents.terms_pdf_name(NEWEST, language)
                assert response["Content-Disposition"] == f'attachment; filename="{name}"'
                assert not response.cookies

    def test_of_a_version_that_never_was_are_not_found(self) -> None:
        for version in ("2020-01-01", "..", "%2e%2e", "x" * 500):
            assert self.client.get(f"/regulamin/{version}/pdf/").status_code == 404

    def test_are_only_read(self) -> None:
        assert self.client.post(f"/regulamin/{NEWEST}/pdf/").status_code == 405

    def test_are_offered_where_they_are_read(self) -> None:
        for page, version in (
            ("/regulamin/", NEWEST),
            *((f"/regulamin/{version}/", version) for version in consents.VERSIONS["terms"]),
        ):
            link = f'<a href="/regulamin/{version}/pdf/">Pobierz regulamin (PDF)</a>'
            assert link in self.client.get(page).content.decode()


class TermsInTheMail(TestCase):
    def test_are_those_that_were_accepted(self) -> None:
        for language in LANGUAGES:
            with self.subTest(language=language):
                user = factories.activated(language=language)
                record = user.consents.get(key="terms")
                terms = consents.declaration("terms")
                assert record.text_hash == consents.text_hash(terms, language)
                welcome = letters.deliver()[-1]
                (attachment,) = [part for part in welcome.message().walk() if part.get_filename()]
                assert attachment.get_filename() == consents.terms_pdf_name(
                    record.version, record.language
                )
                published = consents.terms_pdf(record.version, record.language).read_bytes()
                assert attachment.get_payload(decode=True) == published

    def test_are_in_the_language_of_acceptance_whatever_the_mail_is_in(self) -> None:
        user = factories.registered(language="en")
        user.language = "pl"
        user.save()
        assert consents.accepted_terms(user.consents.all()) == (NEWEST, "en")

    def test_are_those_accepted_last(self) -> None:
        user = factories.registered()
        ConsentRecord.objects.create(
            user=user,
            key="terms",
            version="2027-01-01",
            text_hash="0" * 64,
            language="pl",
            given=True,
            channel=ConsentRecord.Channel.ACCOUNT,
        )
        assert consents.accepted_terms(user.consents.all()) == ("2027-01-01", "pl")

    def test_are_none_for_an_account_that_accepted_none(self) -> None:
        assert consents.accepted_terms(factories.staff().consents.all()) is None
