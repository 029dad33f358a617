"""Moje dane: what is kept, why and until when, and a copy of all of it for nobody but its owner."""

import json
from datetime import date, timedelta
from io import StringIO
from typing import Any
from unittest import mock
from urllib.parse import quote

from bs4 import BeautifulSoup
from django.apps import apps
from django.core.management import call_command
from django.db.models import Model
from django.test import Client, SimpleTestCase, TestCase, TransactionTestCase
from django.utils import timezone

from accounts import retention
from accounts.mail import outbox
from accounts.models import (
    AccountEvent,
    AccountSession,
    AuthenticatorApp,
    ConsentRecord,
    Counter,
    Customer,
    DataChange,
    DataRequest,
    EmailChange,
    Kind,
    OutboxMessage,
    Passkey,
    RecoveryCode,
    RegisterCheck,
    Source,
    StaffMember,
    SurveyAnswer,
    User,
)
from accounts.privacy import services
from accounts.privacy.fields import LEFT_OUT, PARTS
from accounts.services import agreements, events, review
from accounts.values.visit import Visit
from kantor.serving.typography import untie
from tests.authenticator import enrolled
from tests.browsers import browser, put_in
from tests.clock import later
from tests.factories import PASSWORD, activated, decide, staff
from tests.letters import deliver
from tests.parallel import at_once
from tests.phone import stopped_clock, turned_on
from tests.walk import Visitor

PAGE = "/konto/moje-dane/"
READ, JSON, CONFIRM = "Pobierz stronę do czytania", "Pobierz JSON", "Potwierdź i pobierz"
NOTE = "kanarek notatki wewnętrznej"
HERE = Visit("firefox", "windows", "83.12.x.x")


def full(kind: str = Kind.COMPANY, **details: str) -> User:
    """Return a customer of whom there is a row of every kind."""
    user = activated(kind, news=True, **details)
    agreements.withdraw_news(user, channel=ConsentRecord.Channel.ACCOUNT)
    SurveyAnswer.objects.create(user=user, source=Source.objects.all()[0], details="od siostry")
    decide(user, "correction", note=NOTE, words="Brakuje numeru lokalu.")
    DataChange.objects.create(
        user=user, section="address", before={"main_city": "Kraków"}, after={"main_city": "Łódź"}
    )
    DataRequest.objects.create(
        user=user, section="name", wanted={"last_name": "Żak-Nowak"}, reason="Ślub"
    )
    RegisterCheck.objects.create(
        user=user,
        nip="5261040828",
        is_found=True,
        name="ŻURAW",
        vat_status="Czynny",
        day=date(2026, 11, 29),
        request_id="kantor-00001",
    )
    EmailChange.objects.create(
        user=user,
        old_email=user.email,
        old_key=user.email_key,
        new_email="nowy@example.com",
        new_key="nowy@example.com",
    )
    outbox.put_to_address(OutboxMessage.Kind.ONE_TIME_CODE, user.email, "pl", visit=HERE)
    with stopped_clock():
        turned_on(user)
    enrolled(user)
    events.record(user, AccountEvent.Kind.SIGNED_IN, visit=HERE, how="password")
    return User.objects.get(pk=user.pk)


def download(user: User, format_: str = "json", client: Client | None = None) -> Any:
    client = client or put_in(user, browser())
    return client.post(PAGE, {"format": format_})


def rows_of(user: User, model: type[Model]) -> list[Any]:
    """Return the rows of one table that are this customer's, as the test sees it."""
    if model is User:
        return [User.objects.get(pk=user.pk)]
    rows = list(model._default_manager.filter(user=user))
    if model is OutboxMessage:
        rows += OutboxMessage.objects.filter(user=None, recipient=user.email)
    return sorted(rows, key=lambda row: row.pk)


class TableTests(SimpleTestCase):
    """What is decided of each field."""

    def test_every_field_of_a_customer_is_in_the_copy_or_left_out_with_a_reason(self) -> None:
        exported: dict[type[Model], set[str]] = {}
        for part in PARTS:
            exported.setdefault(part.model, set()).update(part.fields)
        about_customers = {
            model
            for model in apps.get_app_config("accounts").get_models()
            if any(field.related_model is User for field in model._meta.concrete_fields)
            # The account again, for another page.
            and model is not StaffMember
        } | {User}
        known = set(exported) | set(LEFT_OUT)
        assert about_customers <= known
        for model in known:
            fields = {
                field.name for field in (*model._meta.concrete_fields, *model._meta.many_to_many)
            }
            kept, left_out = exported.get(model, set()), LEFT_OUT.get(model, {})
            assert not kept & set(left_out), model
            assert fields == kept | set(left_out), (model, fields ^ (kept | set(left_out)))
            assert all(left_out.values()), model

    def test_leaves_out_no_more_than_was_decided(self) -> None:
        # A field that is moved there with any reason would otherwise be missed by nobody.
        decided = {
            User: {
                "id",
                "password",
                "email_key",
                "mailbox_key",
                "is_active",
                "is_staff",
                "is_superuser",
                "groups",
                "user_permissions",
                "suspension_reason",
                "anonymised_at",
                "waiting_since",
                "held_by",
                "held_until",
                "access_serial",
                "link_serial",
                "attempt",
                "passkey_handle",
            },
            Customer: {
                "user",
                "name_key",
                "company_key",
                "review_note",
                "reviewed_by",
                "review_version",
                "review_reason",
                "first_approved_at",
                "proposal",
                "proposed_at",
                "proposed_by",
            },
            ConsentRecord: {"id", "user"},
            DataChange: {"id", "user", "changed_by", "reason"},
            DataRequest: {"id", "user", "decided_by"},
            RegisterCheck: {"id", "user", "asked_by"},
            AccountEvent: {"id", "user"},
            AccountSession: {"id", "user", "session_hash"},
        }
        assert {model: set(LEFT_OUT[model]) for model in decided} == decided

    def test_every_kind_that_is_kept_is_in_the_copy_or_named_as_not(self) -> None:
        parts = [part.kept for part in PARTS]
        assert set(retention.ALL) == set(parts) | set(retention.NOT_IN_COPY)
        assert len(parts) == len(set(parts))
        assert not set(parts) & set(retention.NOT_IN_COPY)


class PageTests(TestCase):
    """The page of the account."""

    def test_says_why_and_until_when_each_kind_is_kept(self) -> None:
        for language, words in (("", "90 dni od"), ("/en", "90 days after")):
            page = Visitor(put_in(activated(), browser())).open(f"{language}{PAGE}")
            sections = page.select("main li h3")
            assert len(sections) == len(retention.ALL)
            assert page.shows(words)
        page = Visitor(put_in(activated(), browser())).open(PAGE)
        assert page.shows("art. 49")
        assert page.shows("60 dni od")
        here = page.element('.account-nav [aria-current="page"]')
        assert untie(here.get_text(strip=True)) == "Moje dane"

    def test_is_kept_by_no_cache_and_never_counts_by_being_read(self) -> None:
        user = activated()
        client = put_in(user, browser())
        for answer in (client.get(PAGE), client.head(PAGE)):
            assert "no-store" in answer["Cache-Control"]
        client.get(f"{PAGE}?format=json")
        assert not Counter.objects.filter(key=services.DOWNLOADS.key(str(user.pk))).exists()
        assert not user.events.filter(kind="data_downloaded").exists()

    def test_has_the_periods_of_the_purge(self) -> None:
        user = activated()
        event = events.record(user, AccountEvent.Kind.SIGNED_IN)
        assert retention.EVENTS.lasts is not None
        for age, is_there in ((timedelta(minutes=-1), True), (timedelta(minutes=1), False)):
            at = timezone.now() - retention.EVENTS.lasts - age
            AccountEvent.objects.filter(pk=event.pk).update(at=at)
            call_command("purge_registrations", stdout=StringIO())
            assert AccountEvent.objects.filter(pk=event.pk).exists() is is_there


class CopyTests(TestCase):
    """What is in the file."""

    def setUp(self) -> None:
        self.user = full()

    def test_holds_the_tables_field_by_field(self) -> None:
        answer = download(self.user)
        assert answer.status_code == 200
        found = json.loads(answer.content)
        for part in PARTS:
            expected = rows_of(self.user, part.model)
            copied = found[part.kept.kind]["rows"]
            assert expected, part.kept.kind
            assert len(copied) == len(expected), part.kept.kind
            for row in expected:
                stored = self.as_copied(row, part.fields)
                same = [each for each in copied if stored.items() <= each.items()]
                assert len(same) == 1, (part.kept.kind, stored, copied)

    def as_copied(self, row: Any, fields: Any) -> dict[str, Any]:
        """Return these fields of a row as JSON holds them, by another way than the copy's."""
        values: dict[str, Any] = {}
        for name in fields:
            value = getattr(row, name)
            if isinstance(value, Source):
                value = {"pl": value.name_pl, "en": value.name_en}
            values[name] = value.isoformat() if isinstance(value, date) else value
        return values

    def test_says_the_same_on_the_page_to_read(self) -> None:
        client = put_in(self.user, browser())
        answer = download(self.user, "html", client)
        page = BeautifulSoup(answer.content, "html.parser")
        text = untie(page.get_text())
        assert page.html is not None
        assert page.html["lang"] == "pl"
        for part in PARTS:
            section = page.select_one(f"#{part.kept.kind}")
            assert section is not None, part.kept.kind
            assert section.select("dd"), part.kept.kind
        for words in (
            self.user.email,
            "Zakład Ślusarski Żuraw sp. z o.o.",
            "5261040828",
            "Polska",
            "Brakuje numeru lokalu.",
            "od siostry",
            "Wycofano zgodę",
            "kantor-00001",
            "29 listopada 2026",
            "Firefox",
            "Logowanie hasłem",
            "nazwisko: Żak-Nowak",
            "nowy@example.com",
            "Data obietnicy, że napiszemy, gdy ruszy Panel Transakcyjny",
        ):
            assert words in text, words
        assert not page.select("script, link, img, form, a")

    def test_holds_each_sentence_of_a_consent_in_the_words_that_were_shown(self) -> None:
        rows = json.loads(download(self.user).content)["consents"]["rows"]
        news = [row for row in rows if row["key"] == "news_email"]
        assert [row["given"] for row in news] == [True, False]
        assert news[0]["sentence"].startswith("Chcę otrzymywać")
        assert news[1]["answer"] == "Wycofano zgodę"
        assert all(row["sentence"] and row["version"] for row in rows)

    def test_tells_no_secret_and_nothing_of_staff(self) -> None:
        user = User.objects.get(pk=self.user.pk)
        client = put_in(user, browser())
        app = AuthenticatorApp.objects.get(user=user)
        passkey = Passkey.objects.get(user=user)
        AccountSession.objects.create(
            user=user, session_hash="ab" * 32, began_at=timezone.now(), seen_at=timezone.now()
        )
        secrets = [
            PASSWORD,
            user.password,
            str(user.attempt),
            app.key,
            bytes(passkey.credential_id).hex(),
            bytes(passkey.public_key).hex(),
            client.session.session_key or "",
            NOTE,
            *user.sessions.values_list("session_hash", flat=True),
            *user.messages.values_list("message_id", flat=True),
            *RecoveryCode.objects.filter(user=user).values_list("sealed", flat=True),
        ]
        reviewer = Customer.objects.get(user=user).reviewed_by
        assert reviewer is not None
        for format_ in ("json", "html"):
            text = download(user, format_, client).content.decode()
            for secret in (*secrets, reviewer.email):
                assert len(secret) > 3
                assert secret not in text, (format_, secret)

    def test_has_nothing_of_anybody_else(self) -> None:
        other = full(email="ktos-inny@example.com", first_name="Zenobiusz")
        for format_ in ("json", "html"):
            text = download(self.user, format_).content.decode()
            assert "Zenobiusz" not in text
            assert other.email not in text
        copied = json.loads(download(self.user).content)
        assert [row["email"] for row in copied["account"]["rows"]] == [self.user.email]
        assert {row["recipient"] for row in copied["messages"]["rows"]} == {self.user.email}

    def test_is_a_file_that_nobody_keeps(self) -> None:
        for format_, kind in (("json", "application/json"), ("html", "text/html")):
            answer = download(self.user, format_)
            assert answer["Content-Type"].startswith(kind)
            assert answer["Content-Disposition"].startswith('attachment; filename="kantor.pl-')
            assert answer["Content-Disposition"].endswith(f'.{format_}"')
            assert "no-store" in answer["Cache-Control"]

    def test_is_in_the_language_of_the_page(self) -> None:
        client = put_in(self.user, browser())
        answer = client.post(f"/en{PAGE}", {"format": "html"})
        page = BeautifulSoup(answer.content, "html.parser")
        assert page.html is not None
        assert page.html["lang"] == "en"
        assert "Passkeys" in page.get_text()

    def test_cannot_be_broken_by_what_a_customer_typed(self) -> None:
        Customer.objects.filter(user=self.user).update(company_name="<script>x</script>&\"'")
        page = BeautifulSoup(download(self.user, "html").content, "html.parser")
        assert not page.select("script")
        copied = json.loads(download(self.user).content)
        assert copied["details"]["rows"][0]["company_name"] == "<script>x</script>&\"'"

    def test_of_staff_who_are_no_customers_has_their_account_alone(self) -> None:
        found = json.loads(download(staff()).content)
        assert len(found["account"]["rows"]) == 1
        assert found["details"]["rows"] == found["review"]["rows"] == []


class GuardTests(TestCase):
    """Who gets it, how often, and who is told."""

    def test_needs_a_proof_of_the_last_minutes(self) -> None:
        user = activated()
        client = browser()
        client.force_login(user)
        page = Visitor(client).open(PAGE)
        assert not [words for words in page.buttons() if words in (READ, JSON)]
        answer = download(user, client=client)
        assert answer.status_code == 302
        assert answer["Location"].endswith(f"?next={quote(PAGE, safe='')}")
        assert not user.events.filter(kind="data_downloaded").exists()
        page.follow(CONFIRM).fill({"Hasło": PASSWORD}).press("Potwierdź")
        assert page.heading == "Moje dane"
        assert {READ, JSON} <= set(page.buttons())
        assert download(user, client=client).status_code == 200

    def test_is_for_who_is_signed_in(self) -> None:
        for answer in (Client().get(PAGE), Client().post(PAGE, {"format": "json"})):
            assert answer.status_code == 302
            assert answer["Location"].startswith("/logowanie/")
        user = activated()
        closed = put_in(user, browser())
        review.suspend(user)
        assert closed.post(PAGE, {"format": "json"})["Location"].startswith("/logowanie/")

    def test_takes_nothing_for_a_format_that_no_button_has(self) -> None:
        user = activated()
        client = put_in(user, browser())
        for data in ({}, {"format": ""}, {"format": "xml\0"}):
            assert client.post(PAGE, data)["Location"] == PAGE
        assert not user.events.filter(kind="data_downloaded").exists()

    def test_is_told_to_its_owner_and_not_handed_out_without_the_mail(self) -> None:
        user = activated()
        client = put_in(user, browser())
        fault = mock.patch("accounts.mail.outbox.put", side_effect=RuntimeError)
        with fault, self.assertRaises(RuntimeError):
            download(user, client=client)
        assert not user.events.filter(kind="data_downloaded").exists()
        assert download(user, client=client).status_code == 200
        event = user.events.get(kind="data_downloaded")
        assert event.visit.browser == "firefox"
        message = OutboxMessage.objects.get(user=user, kind="data_downloaded")
        assert message.about == event
        (said,) = [m for m in deliver() if "Pobrano kopię" in untie(str(m.subject))]
        assert said.to == [user.email]
        assert "Firefox, Windows" in untie(str(said.body))

    def test_is_there_five_times_a_day(self) -> None:
        user, other = activated(), activated()
        client = put_in(user, browser())
        for format_ in ("json", "html") * 2 + ("json",):
            assert download(user, format_, client).status_code == 200
        for _again in range(2):
            answer = download(user, client=client)
            assert answer.status_code == 429
            assert 0 < int(answer["Retry-After"]) <= 24 * 3600
            assert "no-store" in answer["Cache-Control"]
            assert "Content-Disposition" not in answer
            assert "5 razy" in untie(answer.content.decode())
        page = Visitor(client).open(PAGE)
        assert page.status == 200
        assert not [words for words in page.buttons() if words in (READ, JSON)]
        assert user.events.filter(kind="data_downloaded").count() == 5
        assert download(other).status_code == 200
        with later(hours=25):
            assert services.take(user, visit=HERE) is not None


class AtOnceTests(TransactionTestCase):
    """Many requests at the same moment."""

    serialized_rollback = True

    def test_take_five_copies(self) -> None:
        user = activated()
        taken = at_once(*[lambda: services.take(user, visit=HERE) is not None] * 8)
        assert sorted(taken) == [False] * 3 + [True] * 5
        assert user.events.filter(kind="data_downloaded").count() == 5
        assert user.messages.filter(kind="data_downloaded").count() == 5
