"""What a customer is told of each decision, and what nobody may tell him."""

import json
import re
from email.message import Message
from typing import Any

from django.test import Client, TestCase

from accounts.desk import decisions, standing
from accounts.desk.decisions import Decision, Grounds
from accounts.desk.events import Desk
from accounts.desk.reasons import Reveal
from accounts.mail import delivery
from accounts.models import Customer, OutboxMessage, StaffEvent, User
from accounts.privacy import copy
from accounts.reasons import Rejection, Restoration, Suspension
from kantor.serving.typography import untie
from tests.desk import page_of, sit_down
from tests.factories import activated, clerk, customer_of
from tests.letters import deliver
from tests.mail_server import MailServerTestCase
from tests.test_messages import flat

Kind = OutboxMessage.Kind
SECRET = "Notatka, której nikt nie wysyła"
# One sentence for each code, as it reaches the customer.
TOLD: dict[str, dict[str, tuple[str, str]]] = {
    "rejected": {
        "identity": (
            "Nie udało nam się potwierdzić, że podane dane należą do Ciebie.",
            "We could not confirm that the details are yours.",
        ),
        "unclear": (
            "Nie udało nam się potwierdzić danych z konta.",
            "We could not confirm the details in the account.",
        ),
        "duplicate": ("Masz już u nas konto.", "You already have an account with us."),
        "terms": (
            "Konto nie spełnia warunków regulaminu.",
            "The account does not meet our Terms of Service.",
        ),
        "aml": (
            "To nasza decyzja po sprawdzeniu konta.",
            "This is our decision after checking the account.",
        ),
        "other": (
            "To nasza decyzja po sprawdzeniu konta.",
            "This is our decision after checking the account.",
        ),
    },
    "suspended": {
        "security": (
            "Zrobiliśmy to, żeby chronić Twoje konto.",
            "We did it to protect your account.",
        ),
        "request": ("Zrobiliśmy to na Twoją prośbę.", "We did it because you asked us to."),
        "terms": (
            "Korzystanie z konta jest niezgodne z naszym regulaminem.",
            "The account is used against our Terms of Service.",
        ),
        "aml": (
            "To decyzja naszej obsługi klienta.",
            "This is a decision of our customer service.",
        ),
        "other": (
            "To decyzja naszej obsługi klienta.",
            "This is a decision of our customer service.",
        ),
    },
    "restored": {
        "owner": (
            "Upewniliśmy się, że to Twoje konto.",
            "We have made sure that the account is yours.",
        ),
        "cleared": ("Sprawa jest wyjaśniona.", "The matter is settled."),
        "mistake": (
            "Zablokowaliśmy konto przez pomyłkę. Przepraszamy.",
            "We blocked the account by mistake. We are sorry.",
        ),
    },
}


def act(user: User, what: str, reason: str = "") -> None:
    """Decide as an officer would, with a note."""
    desk = Desk(clerk("officer"))
    match what:
        case "suspended":
            standing.suspend(user, reason, desk=desk, note=SECRET)
        case "restored":
            standing.suspend(user, Suspension.OTHER, desk=desk)
            standing.restore(user, reason, desk=desk, note=SECRET)
        case _:
            decision = {
                "approved": Decision.APPROVE,
                "correction": Decision.CORRECT,
                "rejected": Decision.REJECT,
            }[what]
            is_correction = decision is Decision.CORRECT
            grounds = Grounds(
                reason=reason,
                note=SECRET,
                words="Numer <b>12</b> & dom" if is_correction else "",
                sections=["address", "name"] if is_correction else (),
            )
            customer = customer_of(user)
            decisions.decide(
                customer, decision, grounds, desk=desk, version=customer.review_version
            )


def text_of(message: Message) -> str:
    """Return subject and both parts of a mail as its reader sees them."""
    parts = [str(message["Subject"])]
    for part in message.walk():
        if part.get_content_maintype() == "text":
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            parts.append(payload.decode())
    return untie(flat(" ".join(parts)))


class DeliveredTests(MailServerTestCase):
    """Each decision's mail, taken by a real mail server."""

    def told(self, what: str, reason: str, language: str) -> str:
        """Return the newest mail to a new customer of this language after this decision."""
        user = activated(language=language)
        act(user, what, reason)
        delivery.deliver_due()
        mail = self.postbox.mails[-1]
        assert self.postbox.arrived[-1][0] == user.email
        assert SECRET not in mail.as_string()
        said = text_of(mail)
        assert SECRET not in said
        return said

    def test_each_reason_is_told_by_its_sentence_in_both_languages(self) -> None:
        for what, sentences in TOLD.items():
            for reason, words in sentences.items():
                for language, sentence in zip(("pl", "en"), words, strict=True):
                    said = self.told(what, reason, language)
                    # In the text and in the page alike.
                    assert said.count(sentence) == 2, (what, reason, said)

    def test_approved_and_correction(self) -> None:
        for language, words in (
            ("pl", ("Wszystko się zgadza.", "Popraw: adres, imię i nazwisko.")),
            ("en", ("Everything is in order.", "Correct: address, first and last name.")),
        ):
            assert self.told("approved", "", language).count(words[0]) >= 2
            said = self.told("correction", "", language)
            assert said.count(words[1]) >= 2
            # Plain text: what staff type is no markup.
            assert "Numer &lt;b&gt;12&lt;/b&gt; &amp; dom" in said
            assert "Numer <b>12</b> & dom" in said


class ForbiddenTests(TestCase):
    """Art. 54 of the AML act: nothing tells a customer of an analysis."""

    def test_the_mail_is_the_same_to_the_byte(self) -> None:
        for what in ("rejected", "suspended"):
            for language in ("pl", "en"):
                aml, other = (self.stable(what, each, language) for each in ("aml", "other"))
                assert aml == other, what

    def stable(self, what: str, reason: str, language: str) -> Any:
        """Return subject and parts of the mail of a decision, without what differs by chance."""
        user = activated(language=language)
        act(user, what, reason)
        suspended_at = User.objects.filter(pk=user.pk, suspended_at__isnull=False)
        # The minute may change between the two.
        suspended_at.update(suspended_at="2026-01-05T10:00:00Z")
        letter = deliver()[-1]
        assert letter.to == [user.email]
        html = str(letter.alternatives[0].content)  # type: ignore[attr-defined]
        parts = (letter.subject, str(letter.body), html)
        headers = sorted(letter.message().keys())
        return [part.replace(user.email, "-") for part in parts], headers

    def account_page(self, user: User) -> str:
        client = Client()
        client.force_login(user)
        return client.get("/konto/").content.decode()

    def test_the_account_page_is_the_same(self) -> None:
        pages = {}
        for reason in ("aml", "other", "unclear"):
            user = activated()
            act(user, "rejected", reason)
            page = untie(self.account_page(user))
            start = page.index('id="stan"')
            pages[reason] = page[start : page.index("</section>", start)]
        assert pages["aml"] == pages["other"]
        assert TOLD["rejected"]["other"][0] in pages["other"]
        assert TOLD["rejected"]["unclear"][0] in pages["unclear"]

    def test_the_copy_of_the_data_holds_neither_reasons_nor_notes(self) -> None:
        copies = {}
        for reason in ("aml", "other"):
            user = activated()
            act(user, "rejected", reason)
            said = json.dumps(copy.as_json(copy.read(user)), default=str, ensure_ascii=False)
            assert SECRET not in said
            assert "aml" not in said.lower()
            copies[reason] = re.sub(r"[\d:.T+-]{6,}|klient\d+|[0-9a-f]{32,}", "", said)
        assert copies["aml"] == copies["other"]

    def test_an_officer_closes_without_a_word_and_nothing_older_is_told_instead(self) -> None:
        user, desk = activated(), Desk(clerk("officer"))
        deliver()
        standing.suspend(user, Suspension.SECURITY, desk=desk)
        standing.restore(user, Restoration.OWNER, desk=desk)
        standing.suspend(user, Suspension.AML, desk=desk, is_silent=True)
        before = len(deliver())
        kinds = (Kind.SUSPENDED, Kind.UNSUSPENDED)
        rows = OutboxMessage.objects.filter(user=user, kind__in=kinds)
        assert {row.state for row in rows} == {OutboxMessage.State.DROPPED}
        assert len(deliver()) == before

    def test_support_reads_another_reason_in_its_place(self) -> None:
        user = activated()
        act(user, "rejected", "aml")
        act_on = activated()
        act(act_on, "suspended", "aml")
        StaffEvent.objects.create(
            action=StaffEvent.Action.REVEALED, customer=user.pk, reason=Reveal.AML
        )
        for role, reads in (("support", False), ("reviewer", True), ("auditor", True)):
            browser = sit_down(Client(), clerk(role))
            for each in (user, act_on):
                page = browser.get(page_of(each)).content.decode()
                assert ("AML" in page.partition("<details")[0]) is reads, (role, each)
                if not reads:
                    assert "AML" not in page


class OvertakenTests(TestCase):
    """A mail tells what counts when it is delivered."""

    def test_of_closing_and_opening_again_the_last_alone_is_told(self) -> None:
        user, desk = activated(), Desk(clerk("officer"))
        deliver()
        for _turn in range(2):
            standing.suspend(user, Suspension.TERMS, desk=desk)
            standing.restore(user, Restoration.CLEARED, desk=desk)
        deliver()
        kinds = (Kind.SUSPENDED, Kind.UNSUSPENDED)
        rows = OutboxMessage.objects.filter(user=user, kind__in=kinds).order_by("pk")
        assert [row.state for row in rows] == ["dropped", "dropped", "dropped", "sent"]
        standing.suspend(user, Suspension.TERMS, desk=desk)
        standing.restore(user, Restoration.CLEARED, desk=desk)
        standing.suspend(user, Suspension.REQUEST, desk=desk)
        said = untie(flat(str(deliver()[-1].body)))
        assert TOLD["suspended"]["request"][0] in said
        assert [row.state for row in rows.all()][4:] == ["dropped", "dropped", "sent"]

    def test_a_proposal_to_reject_holds_the_word_of_an_older_rejection(self) -> None:
        user = activated()
        deliver()
        act(user, "rejected", "terms")
        Customer.objects.filter(pk=user.pk).update(review_state="second")
        deliver()
        row = OutboxMessage.objects.get(user=user, kind=Kind.REVIEW_REJECTED)
        assert row.state == OutboxMessage.State.DROPPED


class SentenceTests(TestCase):
    """The tables of sentences."""

    def test_every_code_has_one_and_that_of_aml_is_that_of_another_reason(self) -> None:
        for choices in (Rejection, Suspension, Restoration):
            for code in choices.values:
                assert str(choices.sentence(code)), code
        for told in (Rejection, Suspension):
            assert told.sentence("aml") is told.sentence("other")
            assert told.sentence("made up") is told.sentence("other")
