"""What staff decide about a customer reaches him by mail: once, in his words, and nothing more."""

from functools import partial
from unittest import mock

from django.test import SimpleTestCase, TestCase, TransactionTestCase, override_settings

from accounts.desk import standing
from accounts.desk.decisions import Refused
from accounts.desk.events import Desk
from accounts.models import Customer, OutboxMessage, ReviewState, StaffNote, User
from accounts.models.customer import Section
from accounts.models.outbox import OUTCOMES
from accounts.services import panel, review
from kantor.serving.typography import untie
from tests.desk import LIST, StaffTestCase, page_of
from tests.factories import activated, clerk, customer_of, decide, registered, restore, suspended
from tests.letters import deliver, paths
from tests.mails import LANGUAGES, PANEL, build
from tests.parallel import at_once
from tests.test_messages import Page, flat, html_of, text_of

Kind = OutboxMessage.Kind
APPROVED, CORRECTION, REJECTED = OUTCOMES


def owed(user: User) -> list[str]:
    """Return the kinds of mail that this account was owed by staff, oldest first."""
    kinds = (*OUTCOMES.values(), Kind.SUSPENDED, Kind.UNSUSPENDED)
    rows = OutboxMessage.objects.filter(user=user, kind__in=kinds).order_by("pk")
    return list(rows.values_list("kind", flat=True))


def delivered(user: User) -> list[str]:
    """Deliver what is due; return subject and text of each mail after the first steps."""
    mails = [each for each in deliver() if each.to == [user.email]]
    return [untie(flat(f"{each.subject} {each.body}")) for each in mails[1:]]


class OwedTests(TestCase):
    """One mail for each change that the customer is told of."""

    def setUp(self) -> None:
        self.user = activated()
        deliver()

    def test_each_outcome_is_told(self) -> None:
        for state, kind in OUTCOMES.items():
            user = activated()
            decide(user, state)
            assert owed(user) == [kind]

    def test_opening_a_review_again_is_told_by_what_comes_of_it(self) -> None:
        decide(self.user, APPROVED)
        decide(self.user, ReviewState.NEW)
        assert owed(self.user) == [Kind.REVIEW_APPROVED]

    def test_there_is_no_decision_without_its_mail(self) -> None:
        fault = mock.patch("accounts.mail.outbox.put", side_effect=RuntimeError)
        with fault, self.assertRaises(RuntimeError):
            decide(self.user, REJECTED)
        assert customer_of(self.user).review_state == ReviewState.NEW
        suspended_one = suspended()
        with fault, self.assertRaises(RuntimeError):
            restore(suspended_one)
        suspended_one.refresh_from_db()
        assert not suspended_one.is_active

    def test_an_account_that_is_opened_again_is_told_so(self) -> None:
        review.suspend(self.user)
        restore(self.user)
        with self.assertRaises(Refused):
            restore(self.user)
        assert owed(self.user) == [Kind.SUSPENDED, Kind.UNSUSPENDED]
        pending = registered()
        review.suspend(pending)
        restore(pending)
        assert owed(pending) == []


class DeskTests(StaffTestCase):
    """The same from the pages of staff."""

    def setUp(self) -> None:
        super().setUp()
        self.user = activated()
        deliver()

    def send(self, decision: str, user: User | None = None, **typed: str) -> int:
        """Send a decision as the page of the case was first shown; return the status."""
        data = {"decision": decision, "version": "0", "note": "Dzwoniłem.", **typed}
        return self.client.post(f"{LIST}{(user or self.user).pk}/decyzja/", data).status_code

    def test_a_decision_is_told_once_however_often_it_is_sent(self) -> None:
        statuses = [
            self.send("correct", sections="address", words="Brak numeru.") for _press in range(3)
        ]
        assert statuses == [302, 409, 409]
        assert owed(self.user) == [Kind.REVIEW_CORRECTION]

    def test_a_note_is_told_to_nobody(self) -> None:
        self.client.post(f"{LIST}{self.user.pk}/notatka/", {"text": "Tylko dla nas."})
        assert StaffNote.objects.get().text == "Tylko dla nas."
        assert owed(self.user) == []

    def test_the_list_decides_about_nobody(self) -> None:
        for action in ("approve", "suspend", "unsuspend"):
            self.act(action, self.user)
        assert customer_of(self.user).review_state == ReviewState.NEW
        assert owed(self.user) == []

    def test_nothing_is_decided_about_an_account_that_was_never_opened(self) -> None:
        pending = registered()
        assert self.send("approve", pending) == 400
        assert customer_of(pending).review_state == ReviewState.NEW

    def test_the_kinds_have_polish_names(self) -> None:
        self.send("reject", reason="unclear")
        page = self.client.get(page_of(self.user)).content.decode()
        assert "weryfikacja: konto odrzucone" in page


class AtOnceTests(TransactionTestCase):
    """Two members of staff press at the same moment: the customer is told once."""

    serialized_rollback = True

    def test_one_opens_the_account_again(self) -> None:
        user = suspended()
        officers = [Desk(clerk("officer")) for _ in range(2)]

        def open_again(desk: Desk) -> bool:
            try:
                return standing.restore(user, "cleared", desk=desk)
            except Refused:
                return False

        results = at_once(*(partial(open_again, desk) for desk in officers))
        assert sorted(results) == [False, True], results
        assert owed(user) == [Kind.SUSPENDED, Kind.UNSUSPENDED]


class OvertakenTests(TestCase):
    """A mail tells what counts when it is delivered, or nothing."""

    def setUp(self) -> None:
        self.user = activated()
        deliver()

    def decide(self, state: str, words: str = "Popraw dane.") -> None:
        decide(self.user, state, words=words)

    def states(self) -> list[str]:
        rows = OutboxMessage.objects.filter(user=self.user, kind__in=OUTCOMES.values())
        return list(rows.order_by("pk").values_list("state", flat=True))

    def test_the_last_decision_alone_is_told(self) -> None:
        for state in (APPROVED, CORRECTION, REJECTED):
            self.decide(state)
        (said,) = delivered(self.user)
        assert "Nie możemy prowadzić tego konta." in said
        assert self.states() == ["dropped", "dropped", "sent"]

    def test_the_last_words_alone_are_told(self) -> None:
        self.decide(CORRECTION, "Brak numeru domu.")
        self.decide(CORRECTION, "Brak numeru lokalu.")
        (said,) = delivered(self.user)
        assert "Brak numeru lokalu." in said

    def test_a_decision_taken_back_and_made_again_is_told_once(self) -> None:
        for state in (APPROVED, ReviewState.NEW, APPROVED):
            self.decide(state)
        assert len(delivered(self.user)) == 1
        self.decide(ReviewState.NEW)
        self.decide(REJECTED)
        self.decide(ReviewState.NEW)
        assert len(delivered(self.user)) == 1

    def test_a_correction_that_was_made_is_asked_for_no_more(self) -> None:
        self.decide(CORRECTION)
        customer = customer_of(self.user)
        review.correction_recorded(customer, Section.ADDRESS)
        assert delivered(self.user) == []

    def test_a_closed_account_is_told_that_it_is_closed(self) -> None:
        self.decide(APPROVED)
        review.suspend(self.user)
        (said,) = delivered(self.user)
        assert said.startswith("Konto w kantor.pl jest zablokowane")

    def test_an_account_that_is_closed_again_is_not_told_that_it_is_open(self) -> None:
        review.suspend(self.user)
        restore(self.user)
        review.suspend(self.user)
        assert all("odblokowane" not in said for said in delivered(self.user))
        restore(self.user)
        (said,) = [each for each in delivered(self.user) if "odblokowane" in each]
        assert "Możesz się znowu zalogować" in said


class PromiseTests(TestCase):
    """What the mail about an approval says of the Panel is true, and kept."""

    def setUp(self) -> None:
        self.user = activated()
        deliver()
        # As one that was opened before promises were remembered.
        User.objects.update(panel_promised_at=None)

    def approve(self) -> None:
        decide(self.user, APPROVED)

    def test_the_promise_is_remembered_and_kept_once(self) -> None:
        self.approve()
        assert "powiadomimy Cię e-mailem, gdy panel ruszy" in delivered(self.user)[-1]
        with override_settings(PANEL_URL=PANEL):
            assert [panel.announce(), panel.announce()] == [1, 0]

    @override_settings(PANEL_URL=PANEL)
    def test_nothing_is_promised_where_the_panel_is_open(self) -> None:
        self.approve()
        (said,) = delivered(self.user)
        assert PANEL in said
        assert "gdy panel ruszy" not in said
        assert panel.announce() == 0

    def test_nobody_who_was_refused_hears_that_he_may_place_orders(self) -> None:
        self.approve()
        decide(self.user, REJECTED)
        with override_settings(PANEL_URL=PANEL):
            assert panel.announce() == 0
            self.approve()
            assert panel.announce() == 1
            decide(self.user, REJECTED)
            assert not any("ruszył" in said or PANEL in said for said in delivered(self.user))


class WordsTests(SimpleTestCase):
    """What the mails say, in both parts and both languages."""

    def parts(self, name: str, language: str) -> list[str]:
        message = build(name, language)
        return [untie(flat(text_of(message))), untie(Page(html_of(message)).text)]

    def assert_says(self, name: str, **words: str) -> None:
        for language in LANGUAGES:
            for part in self.parts(name, language):
                assert words[language] in part, (name, words[language], part)

    def test_approved(self) -> None:
        self.assert_says(
            "review_approved",
            pl="Dane Twojego konta w kantor.pl są sprawdzone. Wszystko się zgadza.",
            en="We have checked the details of your kantor.pl account. Everything is in order.",
        )
        with override_settings(PANEL_URL=PANEL):
            self.assert_says("review_approved", pl="złożyć pierwsze zlecenie", en="first order")
            assert PANEL in Page(html_of(build("review_approved", "pl"))).links

    def test_correction_names_the_sections_in_words(self) -> None:
        self.assert_says(
            "review_correction",
            pl="Popraw: adres, imię i nazwisko.",
            en="Correct: address, first and last name.",
        )

    def test_rejected_says_whom_to_call_and_no_reason(self) -> None:
        self.assert_says(
            "review_rejected",
            pl="To nasza decyzja po sprawdzeniu konta. Jeśli chcesz o tym porozmawiać, zadzwoń: "
            "+48 22",
            en="This is our decision after checking the account. If you would like to talk about "
            "it, call: +48 22",
        )
        for name in ("review_rejected", "suspended"):
            for language in LANGUAGES:
                for part in self.parts(name, language):
                    for reason in ("dlaczego", "powod", "ponieważ", "why", "because", "reason"):
                        assert reason not in part.lower(), (name, reason)

    def test_open_again(self) -> None:
        self.assert_says(
            "unsuspended",
            pl="Twoje konto w kantor.pl nie jest już zablokowane.",
            en="Your kantor.pl account is no longer blocked.",
        )


class CorrectionTests(TestCase):
    """The words of staff arrive as they were typed, and the note never."""

    TYPED = "Numer <b>12</b> & „A”:\r\n{{ x }}"

    def asked(self, *sections: str, language: str = "pl", words: str = TYPED) -> list[str]:
        """Return both parts of the mail, and then the paths that it links to."""
        user = activated(language=language)
        decide(user, CORRECTION, note="Tajna notatka", words=words or "x", sections=sections)
        # Staff could leave them out once.
        Customer.objects.filter(user=user).update(review_words=words)
        message = deliver()[-1]
        assert "Tajna notatka" not in message.message().as_string()
        html = str(message.alternatives[0].content)  # type: ignore[attr-defined]
        return [str(message.body), html, *paths(message)]

    def test_words_are_plain_text(self) -> None:
        text, html, *_paths = self.asked(Section.ADDRESS)
        assert "Numer <b>12</b> & „A”:\n{{ x }}" in text.replace("\r\n", "\n")
        assert "Numer &lt;b&gt;12&lt;/b&gt; &amp; „A”:<br>{{ x }}" in html

    def test_nothing_stands_in_the_place_of_no_words(self) -> None:
        text, html, *_paths = self.asked(Section.ADDRESS, words="")
        assert "Wiadomość od nas" not in text + html

    def test_the_link_leads_to_what_is_to_be_corrected(self) -> None:
        assert "/konto/dane/adres/" in self.asked(Section.ADDRESS)
        assert "/en/konto/dane/imie-i-nazwisko/" in self.asked(Section.NAME, language="en")
        assert "/konto/dane/" in self.asked(Section.NAME, Section.ADDRESS)

    def test_every_other_decision_keeps_the_note_and_the_words_with_staff(self) -> None:
        user = activated()
        for state in (APPROVED, REJECTED):
            decide(user, state, note="Tajna notatka", words="Tajne słowa")
            raw = deliver()[-1].message().as_string()
            assert deliver()[-1].to == [user.email]
            assert "Tajn" not in raw
