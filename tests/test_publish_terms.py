"""A version of the terms: when it holds, who reads it, and how it is published and accepted."""

from datetime import datetime, timedelta
from io import StringIO
from typing import Any
from unittest import mock
from zoneinfo import ZoneInfo

from django.core.management import CommandError, call_command
from django.test import SimpleTestCase, TestCase, TransactionTestCase
from django.utils import timezone

from accounts import consents
from accounts.models import Kind, OutboxMessage
from accounts.services import agreements, ledger, new_terms, review
from kantor.serving.typography import untie
from tests.clock import later
from tests.factories import activated, registered, restore, staff, suspended
from tests.later_terms import CHANGES, SENTENCES, day_in, owed, published, rows
from tests.letters import deliver
from tests.parallel import at_once
from tests.walk import Visitor

PAGE = "/konto/regulamin/"
SEE = "Zobacz, co się zmienia"
BOX = "Akceptuję Regulamin…"
ACCEPT = "Akceptuję"
WARSAW = ZoneInfo("Europe/Warsaw")


class VersionTests(SimpleTestCase):
    """Which version holds on a day."""

    def setUp(self) -> None:
        versions = {"terms": ("2027-03-01", "2027-01-01", "2026-11-23"), "privacy": ("2027-01-01",)}
        self.enterContext(mock.patch.dict(consents.VERSIONS, versions))

    def test_holds_from_its_day_in_poland(self) -> None:
        for moment, version in (
            (datetime(2026, 12, 31, 23, 59, 59, tzinfo=WARSAW), "2026-11-23"),
            (datetime(2027, 1, 1, tzinfo=WARSAW), "2027-01-01"),
            (datetime(2027, 2, 28, 23, 59, 59, tzinfo=WARSAW), "2027-01-01"),
            (datetime(2030, 1, 1, tzinfo=WARSAW), "2027-03-01"),
            (datetime(2020, 1, 1, tzinfo=WARSAW), "2026-11-23"),
        ):
            with (
                self.subTest(moment),
                mock.patch("django.utils.timezone.now", lambda moment=moment: moment),
                timezone.override("America/New_York"),
            ):
                assert consents.in_force("terms") == version

    def test_is_announced_until_then_the_nearest_first(self) -> None:
        day = datetime(2026, 12, 31).date()
        assert consents.announced("terms", day) == "2027-01-01"
        assert consents.announced("terms", day + timedelta(days=1)) == "2027-03-01"
        assert consents.announced("terms", datetime(2027, 3, 1).date()) == ""

    def test_is_put_in_the_order_of_their_days(self) -> None:
        day = datetime(2027, 1, 2).date()
        assert consents.to_accept("", day) == "2027-01-01"
        assert consents.to_accept("2026-11-23", day) == "2027-01-01"
        assert consents.to_accept("2027-01-01", day) == "2027-03-01"
        assert consents.to_accept("2027-03-01", day) == ""

    def test_of_the_privacy_notice_is_news_for_two_weeks_after_its_day(self) -> None:
        for day, news in (
            (datetime(2026, 12, 31), "2027-01-01"),
            (datetime(2027, 1, 14), "2027-01-01"),
            (datetime(2027, 1, 15), ""),
        ):
            assert consents.news_of_privacy("2026-11-23", day.date()) == news
            assert consents.news_of_privacy("2027-01-01", day.date()) == ""


class PublishedPagesTests(TestCase):
    """What everybody reads of an announced version."""

    def test_current_terms_stay_and_lead_to_the_new_ones(self) -> None:
        old = consents.in_force("terms")
        version = day_in(30)
        with published(version):
            page = Visitor().open("/regulamin/")
            assert not page.shows(SENTENCES["pl"])
            assert page.shows("Nowa wersja obowiązuje od")
            page.follow("Przeczytaj nową wersję")
            assert page.path == f"/regulamin/{version}/"
            assert page.shows("Ta wersja obowiązuje od")
            assert page.shows("Co się zmienia")
            assert page.shows(SENTENCES["pl"])
            answer = page.client.get(f"/regulamin/{version}/pdf/")
            assert answer["Content-Type"] == "application/pdf"
            assert f"<loc>http://testserver/regulamin/</loc><lastmod>{old}" in self.sitemap()
            with later(days=44):
                assert not Visitor().open("/regulamin/").shows("Co się zmienia")
            with later(days=30):
                page = Visitor().open("/en/regulamin/")
                assert page.shows(SENTENCES["en"])
                assert Visitor().open(f"/regulamin/{old}/").shows("To jest wcześniejsza wersja.")
                assert (
                    f"<loc>http://testserver/regulamin/</loc><lastmod>{version}" in self.sitemap()
                )

    def sitemap(self) -> str:
        return "".join(self.client.get("/sitemap.xml").content.decode().split())

    def test_privacy_notice_has_its_versions_too(self) -> None:
        version = day_in(30)
        with published(version, "privacy"):
            page = Visitor().open("/prywatnosc/")
            assert not page.shows(SENTENCES["pl"])
            page.follow("Przeczytaj nową wersję")
            assert page.path == f"/prywatnosc/{version}/"
            assert page.shows(SENTENCES["pl"])
        assert self.client.get(f"/prywatnosc/{version}/").status_code == 404

    def test_who_registers_is_asked_for_the_terms_in_force(self) -> None:
        with published(day_in(30)):
            user = registered()
        assert rows(user) == [(consents.in_force("terms"), "registration")]


class AtOnceTests(TransactionTestCase):
    """Several clicks at the same moment."""

    serialized_rollback = True

    def test_are_one_row_and_one_mail(self) -> None:
        user = activated()
        version = day_in(30)
        with published(version):

            def accept() -> bool:
                return agreements.accept_terms(user, version, language="pl")

            assert sorted(at_once(*[accept] * 6)) == [False] * 5 + [True]
        assert rows(user)[1:] == [(version, "account")]
        assert owed(user, OutboxMessage.Kind.TERMS_ACCEPTED) == 1
        assert ledger.verify().is_well

    def test_commands_owe_one_mail_each(self) -> None:
        user = activated()
        with published(day_in(30)) as folder:

            def tell() -> int:
                return new_terms.tell_everybody(folder.name)

            assert sum(at_once(*[tell] * 4)) == 1
        assert owed(user, OutboxMessage.Kind.TERMS_PUBLISHED) == 1


class PublishCommandTests(TestCase):
    """`manage.py publish_terms`: the check, and the mail to every customer."""

    def run_it(self, version: str, **options: Any) -> str:
        output = StringIO()
        call_command("publish_terms", version, stdout=output, **options)
        return output.getvalue()

    def test_owes_every_customer_one_mail_in_his_language(self) -> None:
        polish, english = activated(), activated(Kind.COMPANY, language="en")
        closed, pending, desk = suspended(), registered(), staff()
        earlier = len(deliver())
        with published(day_in(30)) as folder:
            assert "Owed 2 mails" in self.run_it(folder.name)
            assert "Owed 0 mails" in self.run_it(folder.name)
            mails = {mail.to[0]: mail for mail in deliver()[earlier:]}
            assert set(mails) == {polish.email, english.email}
            for user, language in ((polish, "pl"), (english, "en")):
                mail = mails[user.email]
                body = untie(" ".join(str(mail.body).split()))
                for sentence in CHANGES[language].splitlines():
                    assert sentence in body
                prefix = "" if language == "pl" else "/en"
                assert f"http://testserver{prefix}{PAGE}" in str(mail.body)
                (file,) = [part for part in mail.message().walk() if part.get_filename()]
                assert file.get_filename() == consents.terms_pdf_name(folder.name, language)
                assert file.get_payload(decode=True) == (folder / f"{language}.pdf").read_bytes()
            for nobody in (closed, pending, desk):
                assert not owed(nobody, OutboxMessage.Kind.TERMS_PUBLISHED)
            restore(closed)
            assert "Owed 1 mails" in self.run_it(folder.name)

    def test_goes_through_all_of_them_in_batches(self) -> None:
        for _ in range(5):
            activated()
        with published(day_in(30)) as folder, mock.patch.object(new_terms, "BATCH", 2):
            assert "Owed 5 mails" in self.run_it(folder.name)

    def test_tells_nobody_who_has_accepted_them(self) -> None:
        early, late = activated(), activated()
        earlier = len(deliver())
        with published(day_in(30)) as folder:
            agreements.accept_terms(early, folder.name, language="pl")
            assert "Owed 1 mails" in self.run_it(folder.name)
            agreements.accept_terms(late, folder.name, language="pl")
            mails = [mail for mail in deliver()[earlier:] if mail.to == [late.email]]
        assert [mail.subject for mail in mails] == ["Zaakceptowano nowy regulamin kantor.pl"]

    def test_only_checks_when_told_so(self) -> None:
        activated()
        with published(day_in(30)) as folder:
            output = self.run_it(folder.name, dry_run=True)
            assert "1 mails would be owed" in output
            consent = consents.declaration("terms", folder.name)
            for language in ("pl", "en"):
                assert consents.text_hash(consent, language) in output
        assert not OutboxMessage.objects.filter(kind="terms_published").exists()

    def test_refuses_what_is_not_whole(self) -> None:
        user = activated()
        for name, said in (
            ("en.html", "legal/terms"),
            ("changes-en.txt", "say there what changes"),
            ("pl.pdf", "make terms-pdf"),
            ("operator.json", "names no operator"),
        ):
            with self.subTest(name), published(day_in(30)) as folder:
                (folder / name).unlink()
                with self.assertRaisesMessage(CommandError, said):
                    self.run_it(folder.name)
        for change, said in (
            (("en.html", "<p>One more</p>"), "the same points"),
            (("en.html", "{{ name }}"), "a tag or a variable"),
            (("changes-pl.txt", "Jeszcze jedno.\n"), "as many sentences"),
        ):
            with self.subTest(said), published(day_in(30)) as folder:
                with (folder / change[0]).open("a") as file:
                    file.write(change[1])
                with self.assertRaisesMessage(CommandError, said):
                    self.run_it(folder.name)
        with published(day_in(30)) as folder:
            told = (folder / "operator.json").read_text("utf-8")
            (folder / "operator.json").write_text(told.replace("999", "998"), "utf-8")
            with self.assertRaisesMessage(CommandError, "OPERATOR_NIP"):
                self.run_it(folder.name)
        assert not owed(user, OutboxMessage.Kind.TERMS_PUBLISHED)

    def test_refuses_a_version_that_never_was_or_holds_no_more_or_comes_too_soon(self) -> None:
        for version in ("2020-01-01", "../../base", "", consents.VERSIONS["terms"][-1]):
            with self.subTest(version), self.assertRaises(CommandError):
                self.run_it(version)
        too_soon = self.assertRaisesMessage(CommandError, "too soon")
        with published(day_in(13)) as folder, too_soon:
            self.run_it(folder.name)
        activated()
        with published(day_in(14)) as folder:
            assert "Owed 1 mails" in self.run_it(folder.name)
            newcomer = activated()
            with later(days=5):
                assert "Owed 1 mails" in self.run_it(folder.name)
        assert owed(newcomer, OutboxMessage.Kind.TERMS_PUBLISHED) == 1


class AcceptanceMailTests(TestCase):
    """The receipt."""

    def test_carries_version_time_number_and_the_text_as_accepted(self) -> None:
        user = activated()
        with published(day_in(30)) as folder:
            agreements.accept_terms(user, folder.name, language="en")
            agreements.agree_to_news(user, language="pl")
            mail = deliver()[-1]
            row = user.consents.get(version=folder.name)
            body = "".join(str(mail.body).split())
            assert row.digest in body
            assert str(mail.subject) == "Zaakceptowano nowy regulamin kantor.pl"
            (file,) = [part for part in mail.message().walk() if part.get_filename()]
            assert file.get_filename() == consents.terms_pdf_name(folder.name, "en")

    def test_is_not_written_to_who_was_closed_since(self) -> None:
        user = activated()
        earlier = len(deliver())
        with published(day_in(30)) as folder:
            agreements.accept_terms(user, folder.name, language="pl")
            review.suspend(user)
            assert "regulamin" not in " ".join(str(each.subject) for each in deliver()[earlier:])
