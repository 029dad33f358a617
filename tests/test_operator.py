"""Somebody runs the site: pages, mails and legal texts say who, and all say the same."""

import re
from html import unescape

from django.conf import settings
from django.core.checks import Error, run_checks
from django.test import SimpleTestCase, TestCase, override_settings

from accounts import consents
from accounts.checks import check_operator
from kantor.serving.operator import operator
from kantor.serving.typography import untie
from tests import mails
from tests.test_production import REQUIRED, refusals, run
from tests.walk import Visitor

LANGUAGES = ("pl", "en")
IN_REGISTER = override_settings(OPERATOR_KRS="0000999999")


def words_of(html: str) -> str:
    """Return what a text in HTML says, on one line."""
    return " ".join(untie(unescape(re.sub(r"<[^>]+>", " ", html))).split())


class NamedTests(TestCase):
    """Where people read who it is."""

    def assert_named(self, text: str) -> None:
        known = operator()
        for said in (known.name, known.address, f"NIP {known.nip}", known.email):
            assert said in text, f"{said!r} is missing"

    def test_at_the_foot_of_every_page(self) -> None:
        for path in ("/", "/en/", "/rejestracja/", "/logowanie/", "/nie-ma/", "/en/regulamin/"):
            with self.subTest(path):
                footer = Visitor().open(path).element("footer")
                self.assert_named(words_of(str(footer)))
                assert footer.select_one(f"a[href='mailto:{settings.OPERATOR_EMAIL}']")

    def test_at_the_foot_of_a_page_after_a_setting_was_another(self) -> None:
        with override_settings(OPERATOR_EMAIL="inny@kantor.example"):
            assert "inny@kantor.example" in Visitor().open("/").element("footer").get_text()
        assert settings.OPERATOR_EMAIL in Visitor().open("/").element("footer").get_text()

    def test_on_the_page_about_us(self) -> None:
        for path, heading in (
            ("/o-nas/", "Kto prowadzi serwis"),
            ("/en/o-nas/", "Who runs kantor.pl"),
        ):
            with self.subTest(path):
                text = Visitor().open(path).text
                assert heading in text
                self.assert_named(text)

    def test_in_both_parts_of_every_mail(self) -> None:
        for name in mails.NAMES:
            for language in LANGUAGES:
                with self.subTest(name=name, language=language):
                    message = mails.build(name, language)
                    self.assert_named(words_of(str(message.alternatives[0][0])))
                    self.assert_named(words_of(str(message.body)))

    def test_in_the_terms_and_in_the_privacy_notice(self) -> None:
        for path in ("/regulamin/", "/prywatnosc/", "/en/regulamin/", "/en/prywatnosc/"):
            with self.subTest(path):
                self.assert_named(Visitor().open(path).text)

    @IN_REGISTER
    def test_with_the_number_of_the_court_register_where_there_is_one(self) -> None:
        assert f"NIP {settings.OPERATOR_NIP}, KRS 0000999999" in Visitor().open("/o-nas/").text
        message = mails.build("activation", "pl")
        for part in (str(message.body), str(message.alternatives[0][0])):
            assert "KRS 0000999999" in words_of(part)

    @override_settings(OPERATOR_KRS="")
    def test_without_that_number_where_there_is_none(self) -> None:
        assert "KRS" not in Visitor().open("/o-nas/").text


class PublishedTextsTests(SimpleTestCase):
    """A published text is never edited, so it is the settings that have to agree."""

    def test_say_in_their_own_words_whom_the_file_beside_them_names(self) -> None:
        for kind, versions in consents.VERSIONS.items():
            named = consents.named_operator(kind, versions[0])
            for language in LANGUAGES:
                with self.subTest(kind=kind, language=language):
                    text = words_of(consents.document(kind, versions[0], language))
                    for said in (named.name, named.address, f"NIP {named.nip}", named.email):
                        assert said in text
                    assert not named.krs or f"KRS {named.krs}" in text

    def test_agree_with_the_settings_of_this_repository(self) -> None:
        assert check_operator(None) == []

    def test_of_before_there_was_an_operator_name_nobody(self) -> None:
        with self.assertRaises(LookupError):
            consents.named_operator("terms", "2026-11-23")

    def test_stop_every_command_when_they_name_another_operator(self) -> None:
        for name, value in (
            ("OPERATOR_NAME", "Inny Kantor sp. z o.o."),
            ("OPERATOR_ADDRESS", "ul. Inna 2, 00-999 Zmyślin"),
            ("OPERATOR_NIP", "9990000132"),
            ("OPERATOR_KRS", "0000999999"),
            ("OPERATOR_EMAIL", "inny@kantor.example"),
        ):
            with self.subTest(name), override_settings(**{name: value}):
                found = run_checks(tags=["operator"])
                assert [each.id for each in found] == ["accounts.E001"] * 2
                assert all(isinstance(each, Error) and name in str(each.hint) for each in found)


class ProductionTests(SimpleTestCase):
    """Production says who runs it; nobody starts with what is made up or missing."""

    def test_refuses_numbers_that_cannot_be(self) -> None:
        nips = ("9990001227", "999-000-12-26", "99900012", "PL9990001226", "dziesięć")
        numbers = [REQUIRED | {"OPERATOR_NIP": nip} for nip in nips]
        numbers += [REQUIRED | {"OPERATOR_KRS": krs} for krs in ("123", "00001234567", "KRS 1")]
        for refusal in refusals(*numbers):
            assert refusal.startswith(("OPERATOR_NIP", "OPERATOR_KRS"))
        assert refusals(REQUIRED | {"OPERATOR_KRS": "0000999999"}) == [""]

    def test_refuses_an_address_that_nobody_reads(self) -> None:
        unread = (
            "no-reply@kantor.example",
            "noreply@kantor.example",
            "No_Reply@kantor.example",
            "do-not-reply@kantor.example",
            "donotreply+kantor@kantor.example",
            "nie-odpowiadaj@kantor.example",
            "nieodpowiadac@kantor.example",
        )
        for name in ("OPERATOR_EMAIL", "REPLY_TO_EMAIL"):
            for refusal in refusals(*(REQUIRED | {name: address} for address in unread)):
                assert name in refusal
        for typed in ("kantor.example", "Kantor <kontakt@kantor.example>"):
            (refusal,) = refusals(REQUIRED | {"OPERATOR_EMAIL": typed})
            assert "OPERATOR_EMAIL" in refusal
        sender = {"DEFAULT_FROM_EMAIL": "kantor.pl <no-reply@kantor.example>"}
        assert refusals(REQUIRED | sender) == [""], "Who writes need not read."

    def test_does_not_serve_with_the_terms_of_another_operator(self) -> None:
        result = run("import kantor.wsgi", **REQUIRED | {"OPERATOR_NAME": "Inny Kantor"})
        assert result.returncode != 0
        assert "accounts.E001" in result.stderr
        assert "OPERATOR_NAME" in result.stderr
        assert "contributing.md" in result.stderr
