"""The way without a puzzle: a code by e-mail counts as the captcha."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from unittest import mock
from uuid import uuid4

from captcha.models import CaptchaStore
from django.core import mail
from django.core.mail import EmailMessage
from django.db import connection
from django.test import TestCase, TransactionTestCase
from django.utils import timezone

from accounts.captcha import code
from accounts.limits import Limit
from accounts.mail.compose import compose
from accounts.models import Counter, OutboxMessage, User
from accounts.services import allowance, one_time_code, registration
from accounts.services.one_time_code import SentCode, Verdict
from accounts.values import email as email_address
from tests import factories, letters
from tests.people import COMPANY, OSOBA, POLISH, Applicant
from tests.tries import travel
from tests.walk import Visitor

BUTTONS = {
    "pl": ("Wyślij kod e-mailem", "Wyślij kolejny kod", "Wróć do obrazka"),
    "en": ("Send a code by e-mail", "Send another code", "Back to the picture"),
}
CODE_FIELD = {"pl": "Kod z wiadomości e-mail", "en": "Code from the e-mail"}
CANNOT, AGAIN, BACK = BUTTONS["pl"]
FIELD = CODE_FIELD["pl"]
NETWORK = "192.0.2.1"


def code_in(message: EmailMessage) -> str:
    """Return the digits of the mail, as its reader sees them."""
    (found,) = re.findall(r"^\d{6}$", str(message.body), re.MULTILINE)
    return str(found)


def send(email: str = "ktos@example.com") -> SentCode:
    """Send a code by the service, which must allow it."""
    sent = one_time_code.send(email, "pl", uuid4(), NETWORK)
    assert isinstance(sent, SentCode)
    return sent


def right(sent: SentCode) -> str:
    """Return the digits that were sent."""
    return code.of(sent.reference, sent.recipient)


def wrong(sent: SentCode) -> str:
    """Return other digits."""
    return f"{(int(right(sent)) + 1) % 10**code.DIGITS:06}"


class Code(TestCase):
    def test_stands_in_one_mail_and_nowhere_in_the_database(self):
        sent = send()
        (message,) = letters.deliver()
        assert message.to == ["ktos@example.com"]
        digits = code_in(message)
        assert digits == right(sent)
        assert digits not in str(message.subject)
        (row,) = OutboxMessage.objects.values()
        assert not any(digits in str(value) for value in row.values())
        assert row["state"] == OutboxMessage.State.SENT

    def test_is_another_one_each_time_and_for_each_address_and_secret(self):
        first, second = send(), send("inny@example.com")
        assert right(first) != right(second)
        assert code.of(first.reference, "a@example.com") != right(first)
        here = right(first)
        with self.settings(SECRET_KEY="another"):
            assert right(first) != here

    def test_passes_once(self):
        sent = send()
        assert one_time_code.judge(right(sent), sent) is Verdict.RIGHT
        assert one_time_code.judge(right(sent), sent) is Verdict.EXPIRED

    def test_may_be_typed_in_groups(self):
        sent = send()
        digits = right(sent)
        assert one_time_code.judge(f" {digits[:3]}-{digits[3:]}\u00a0", sent) is Verdict.RIGHT

    def test_has_five_tries(self):
        sent = send()
        verdicts = [one_time_code.judge(wrong(sent), sent) for _ in range(6)]
        assert verdicts == [Verdict.WRONG] * 5 + [Verdict.EXPIRED]
        assert one_time_code.judge(right(sent), sent) is Verdict.EXPIRED

    def test_is_valid_for_a_quarter_of_an_hour(self):
        sent = send()
        for age, verdict in ((14, Verdict.RIGHT), (15, Verdict.EXPIRED)):
            aged = SentCode(sent.recipient, sent.reference, timezone.now() - timedelta(minutes=age))
            assert one_time_code.judge(right(sent), aged) is verdict
            Counter.objects.all().delete()

    def test_is_not_sent_when_it_no_longer_helps(self):
        send()
        OutboxMessage.objects.update(created_at=timezone.now() - timedelta(minutes=15))
        assert letters.deliver() == []
        assert OutboxMessage.objects.get().state == OutboxMessage.State.DROPPED

    def test_is_never_any_text(self):
        sent = send()
        for answer in ("", "x" * 100_000, "\x00", "żółć", "१२३४५६", right(sent) + "0"):
            Counter.objects.all().delete()
            assert one_time_code.judge(answer, sent) is Verdict.WRONG


class Limits(TestCase):
    def test_one_address_gets_one_in_three_minutes_however_it_is_spelled(self):
        send("ktos@example.com")
        wait = one_time_code.send("KTOS@example.com", "pl", uuid4(), "198.51.100.1")
        assert isinstance(wait, timedelta)
        assert timedelta(minutes=2) < wait <= timedelta(minutes=3)
        assert OutboxMessage.objects.count() == 1

    def test_one_address_gets_two_an_hour_and_three_a_day_and_still_its_activation_link(self):
        sent = 0
        for hour in range(1, 5):
            for _ in range(4):
                sent += isinstance(
                    one_time_code.send("ktos@example.com", "pl", uuid4(), NETWORK), SentCode
                )
                self._pause_is_over()
            assert sent == min(2 * hour, 3)
            travel(timedelta(hours=1))
        wait = one_time_code.send("ktos@example.com", "pl", uuid4(), NETWORK)
        assert isinstance(wait, timedelta)
        assert wait > timedelta(hours=19)
        user = factories.registered(email="ktos@example.com")
        assert OutboxMessage.objects.filter(user=user).exists()
        assert registration.resend_link(user)

    def test_one_address_gets_four_a_day_of_whatever_has_no_budget_to_itself(self):
        key = email_address.normalise("ktos@example.com")
        for _ in range(3):
            allowance.ASKED_A_DAY.hit(key)
        send()
        self._pause_is_over()
        wait = one_time_code.send("ktos@example.com", "pl", uuid4(), NETWORK)
        assert isinstance(wait, timedelta)
        assert wait > timedelta(hours=20)

    def test_one_attempt_gets_five(self):
        attempt = uuid4()
        sent = [
            one_time_code.send(f"k{number}@example.com", "pl", attempt, NETWORK)
            for number in range(6)
        ]
        assert [isinstance(each, SentCode) for each in sent] == [True] * 5 + [False]

    def test_one_network_gets_so_many_an_hour(self):
        few = Limit("few", times=2, window=timedelta(hours=1))
        with mock.patch.object(one_time_code, "NETWORK_CODES", few):
            send("a@example.com")
            send("b@example.com")
            assert isinstance(one_time_code.send("c@e.com", "pl", uuid4(), NETWORK), timedelta)
            assert isinstance(one_time_code.send("c@e.com", "pl", uuid4(), "::"), SentCode)

    def _pause_is_over(self) -> None:
        for limit in (one_time_code.PAUSE, allowance.LINK_PAUSE):
            limit.clear("ktos@example.com")


class Race(TransactionTestCase):
    serialized_rollback = True

    def test_of_many_right_answers_one_passes_and_of_many_wrong_ones_five_are_looked_at(self):
        for answer, expected in ((right, {Verdict.RIGHT: 1}), (wrong, {Verdict.WRONG: 5})):
            sent = send(f"{answer.__name__}@example.com")

            def judge(_: int, sent: SentCode = sent, digits: str = answer(sent)) -> Verdict:
                try:
                    return one_time_code.judge(digits, sent)
                finally:
                    connection.close()

            with ThreadPoolExecutor(8) as pool:
                verdicts = list(pool.map(judge, range(16)))
            for verdict, times in expected.items():
                assert verdicts.count(verdict) == times


class OnThePage(TestCase):
    def ask(self, person: Applicant = OSOBA) -> Visitor:
        """Reach step 2b and have a code sent."""
        visitor = person.reach_password(Visitor())
        with self.captureOnCommitCallbacks(execute=True):
            visitor.press(BUTTONS[person.words.language][0])
        return visitor

    def test_counts_as_the_captcha_in_both_languages(self):
        for person in (OSOBA, COMPANY):
            with self.subTest(person=person.email):
                mail.outbox.clear()
                visitor = self.ask(person)
                assert not visitor.errors
                assert visitor.shows(person.email)
                assert not visitor.select("#captcha img, #captcha audio")
                field = visitor.field(CODE_FIELD[person.words.language] + "…")
                assert field["autocomplete"] == "one-time-code"
                assert field["inputmode"] == "numeric"
                (message,) = mail.outbox
                assert message.to == [person.email]
                person.type_password(visitor)
                visitor.fill({CODE_FIELD[person.words.language]: code_in(message)})
                visitor.press(person.words.next)
                assert visitor.heading == person.words.consents
                assert not CaptchaStore.objects.exists()
                visitor.choose(*person.required_consents).press(person.words.register)
                assert visitor.heading == person.words.check_mailbox

    def test_that_is_right_is_not_asked_again_for_a_wrong_password(self):
        visitor = self.ask()
        visitor.fill({FIELD: code_in(mail.outbox[0])})
        OSOBA.type_password(visitor, "abc").press("Dalej")
        assert visitor.errors
        assert not visitor.select("#captcha")
        OSOBA.type_password(visitor).press("Dalej")
        assert visitor.heading == POLISH.consents

    def test_that_is_wrong_says_so_and_five_times_only(self):
        visitor = self.ask()
        for _ in range(5):
            OSOBA.type_password(visitor).fill({FIELD: "000 000"}).press("Dalej")
            assert "nie zgadza" in visitor.error_at(FIELD)
        OSOBA.type_password(visitor).fill({FIELD: code_in(mail.outbox[0])}).press("Dalej")
        assert "już nie działa" in visitor.error_at(FIELD)
        # The picture still lets this person in, and nothing typed earlier is gone.
        visitor.press(BACK)
        OSOBA.type_password(visitor).copy_captcha(POLISH.captcha).press("Dalej")
        assert visitor.heading == POLISH.consents

    def test_that_is_missing_uses_no_try_up(self):
        visitor = self.ask()
        for _ in range(7):
            OSOBA.type_password(visitor).press("Dalej")
            assert visitor.error_at(FIELD)
        OSOBA.type_password(visitor).fill({FIELD: code_in(mail.outbox[0])}).press("Dalej")
        assert visitor.heading == POLISH.consents

    def test_can_be_sent_again_after_a_pause_that_is_told(self):
        visitor = self.ask()
        assert AGAIN not in visitor.buttons()
        assert visitor.shows("za 3 minuty")
        self._let_minutes_pass(visitor, 4)
        visitor.reload()
        with self.captureOnCommitCallbacks(execute=True):
            visitor.press(AGAIN)
        first, second = mail.outbox
        assert code_in(first) != code_in(second)
        OSOBA.type_password(visitor).fill({FIELD: code_in(first)}).press("Dalej")
        assert visitor.error_at(FIELD)
        OSOBA.type_password(visitor).fill({FIELD: code_in(second)}).press("Dalej")
        assert visitor.heading == POLISH.consents

    def test_asked_for_too_soon_is_refused_in_words_and_loses_nothing(self):
        visitor = self.ask()
        visitor.press(BACK)
        visitor.press(CANNOT)
        assert visitor.status == 429
        assert visitor.response["Retry-After"]
        assert visitor.shows("za 3 minuty")
        visitor.follow("Wróć do rejestracji")
        assert visitor.heading == POLISH.setting_password
        OSOBA.type_password(visitor).copy_captcha(POLISH.captcha).press("Dalej")
        assert visitor.heading == POLISH.consents

    def test_asked_for_too_often_is_refused_with_the_hours(self):
        visitor = OSOBA.reach_password(Visitor())
        for _ in range(4):
            allowance.ASKED_A_DAY.hit(OSOBA.email)
        visitor.press(CANNOT)
        assert visitor.status == 429
        assert visitor.shows("za 24 godziny")

    def test_of_a_former_address_is_worth_nothing(self):
        visitor = self.ask()
        step = visitor.path
        visitor.open(step.replace("haslo", "dane"))
        visitor.fill({"Adres e-mail (login)": "inny@example.com"}).press("Dalej").press("Dalej")
        assert visitor.select("#captcha img")
        post = OSOBA.type_password(visitor).post_of("Dalej")
        post.data["haslo-code"] = code_in(mail.outbox[0])
        visitor.send(post)
        assert visitor.heading == POLISH.setting_password
        assert visitor.errors

    def test_of_one_attempt_does_not_pass_for_another(self):
        one, other = self.ask(), self.ask(COMPANY)
        COMPANY.type_password(other)
        other.fill({CODE_FIELD["en"]: code_in(mail.outbox[0])}).press("Next")
        assert other.error_at(CODE_FIELD["en"])
        OSOBA.type_password(one).fill({FIELD: code_in(mail.outbox[0])}).press("Dalej")
        assert one.heading == POLISH.consents

    def test_comes_to_known_unknown_and_suspended_addresses_alike(self):
        factories.activated(email="aktywne@example.com")
        factories.registered(email="czekaja@example.com")
        factories.suspended(email="zamknie@example.com")
        mail.outbox.clear()
        seen = []
        for email in ("nieznan", "aktywne", "czekaja", "zamknie"):
            address = f"{email}@example.com"
            letters.deliver()
            mail.outbox.clear()
            visitor = self.ask(OSOBA.addressed(address))
            (message,) = mail.outbox
            assert message.to == [address]
            text = str(message.body).replace(address, "ADDRESS").replace(code_in(message), "CODE")
            page = visitor.text.replace(address, "ADDRESS")
            seen.append((visitor.status, page, text, message.subject))
        assert len(set(seen)) == 1
        assert User.objects.count() == 3

    def test_cannot_be_asked_for_by_who_is_a_person_already(self):
        visitor = OSOBA.reach_consents(Visitor())
        visitor.press("Wstecz")
        post = visitor.post_of("Dalej")
        visitor.send(post._replace(data=post.data | {"send_code": "1"}))
        assert visitor.heading == POLISH.setting_password
        assert not OutboxMessage.objects.filter(kind=OutboxMessage.Kind.ONE_TIME_CODE).exists()

    def test_row_without_an_account_says_nothing_but_the_code(self):
        send()
        message = compose(OutboxMessage.objects.get())
        assert message is not None
        assert "http" not in str(message.body).replace("http://testserver", "")

    def _let_minutes_pass(self, visitor: Visitor, minutes: int) -> None:
        """Let the code of this visitor be so old, for the page and the limits alike."""
        session = visitor.client.session
        (entry,) = (each for name, each in session.items() if name.startswith("wizard_"))
        entry["facts"]["code"]["at"] -= minutes * 60
        session.save()
        one_time_code.PAUSE.clear(OSOBA.email)
