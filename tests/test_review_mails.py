"""What staff decide about a customer reaches him by mail: once, in his words, and nothing more."""

from unittest import mock

from django.test import SimpleTestCase, TestCase, TransactionTestCase, override_settings

from accounts.models import Customer, OutboxMessage, ReviewState, User
from accounts.models.customer import Section
from accounts.models.outbox import OUTCOMES
from accounts.services import panel, review
from kantor.serving.typography import untie
from tests.desk import StaffTestCase, page_of, posted_by
from tests.factories import activated, customer_of, registered, staff, suspended
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
        self.member = staff()
        self.user = activated()
        deliver()

    def decide(self, state: str, user: User | None = None, **more: object) -> bool:
        customer = customer_of(user or self.user)
        return review.decide(customer, state, by=self.member, **more)  # type: ignore[arg-type]

    def test_each_outcome_is_told(self) -> None:
        for state, kind in OUTCOMES.items():
            user = activated()
            assert self.decide(state, user, sections=[Section.ADDRESS])
            assert owed(user) == [kind]

    def test_opening_a_review_again_is_told_by_what_comes_of_it(self) -> None:
        self.decide(APPROVED)
        self.decide(ReviewState.NEW)
        assert owed(self.user) == [Kind.REVIEW_APPROVED]

    def test_a_note_alone_is_no_decision(self) -> None:
        for state in (ReviewState.NEW, *OUTCOMES):
            self.decide(state)
            before, told = customer_of(self.user), owed(self.user)
            other = staff()
            assert not review.decide(customer_of(self.user), state, by=other, note=f"O {state}")
            after = customer_of(self.user)
            assert after.review_note == f"O {state}"
            assert (after.reviewed_at, after.reviewed_by) == (
                before.reviewed_at,
                before.reviewed_by,
            )
            assert owed(self.user) == told

    def test_the_same_decision_again_is_no_news(self) -> None:
        for state in OUTCOMES:
            assert self.decide(state, words="Popraw.", sections=["address", "name"])
            assert not self.decide(state, words="Popraw.", sections=["name", "address"])
        assert owed(self.user) == list(OUTCOMES.values())

    def test_a_correction_in_other_words_or_of_other_sections_is_news(self) -> None:
        self.decide(CORRECTION, words="Brak numeru.", sections=["address"])
        assert self.decide(CORRECTION, words="Zły numer.", sections=["address"])
        assert self.decide(CORRECTION, words="Zły numer.", sections=["address", "name"])
        assert owed(self.user) == [Kind.REVIEW_CORRECTION] * 3

    def test_what_counts_is_the_stored_state_whatever_the_object_says(self) -> None:
        customer = customer_of(self.user)
        customer.review_state = APPROVED
        assert review.decide(customer, APPROVED, by=self.member)
        stale = customer_of(self.user)
        review.decide(customer_of(self.user), REJECTED, by=self.member)
        assert stale.review_state == APPROVED
        assert review.decide(stale, APPROVED, by=self.member)
        assert owed(self.user)[-1] == Kind.REVIEW_APPROVED

    def test_the_note_is_kept_where_none_is_given(self) -> None:
        self.decide(CORRECTION, note="Telefon 3 maja", sections=["address"])
        self.decide(APPROVED)
        assert customer_of(self.user).review_note == "Telefon 3 maja"

    def test_nobody_is_told_of_an_account_that_is_not_open(self) -> None:
        for user in (registered(), suspended()):
            before = owed(user)
            for state in OUTCOMES:
                assert self.decide(state, user, sections=["address"])
            assert owed(user) == before

    def test_there_is_no_decision_without_its_mail(self) -> None:
        fault = mock.patch("accounts.mail.outbox.put", side_effect=RuntimeError)
        with fault, self.assertRaises(RuntimeError):
            self.decide(REJECTED)
        assert customer_of(self.user).review_state == ReviewState.NEW
        suspended_one = suspended()
        with fault, self.assertRaises(RuntimeError):
            review.unsuspend(suspended_one)
        suspended_one.refresh_from_db()
        assert not suspended_one.is_active

    def test_an_account_that_is_opened_again_is_told_so(self) -> None:
        review.suspend(self.user)
        assert review.unsuspend(self.user)
        assert not review.unsuspend(self.user)
        assert not review.unsuspend(User.objects.get(pk=self.user.pk))
        assert owed(self.user) == [Kind.SUSPENDED, Kind.UNSUSPENDED]
        pending = registered()
        review.suspend(pending)
        assert review.unsuspend(pending)
        assert owed(pending) == []


class DeskTests(StaffTestCase):
    """The same from the pages of staff."""

    def setUp(self) -> None:
        super().setUp()
        self.user = activated()
        deliver()

    def save(self, **changes: str) -> str:
        return self.save_of(self.user, **changes)

    def save_of(self, user: User, /, **changes: str) -> str:
        address = page_of(user)
        fields = {f"customer-0-review_{name}": value for name, value in changes.items()}
        response = self.client.post(address, posted_by(self.client.get(address), **fields))
        return str(response.content.decode())

    def test_a_decision_is_told_once_however_often_it_is_saved(self) -> None:
        correction = {"state": "correction", "sections": "address", "words": "Brak numeru."}
        self.save(**correction, note="Dzwoniłem.")
        self.save(**correction, note="Dzwoniłem dwa razy.")
        assert owed(self.user) == [Kind.REVIEW_CORRECTION]
        self.save(**correction | {"words": "Brak numeru mieszkania."})
        assert owed(self.user) == [Kind.REVIEW_CORRECTION] * 2
        self.save(state="approved")
        assert owed(self.user)[2:] == [Kind.REVIEW_APPROVED]

    def test_a_note_is_told_to_nobody(self) -> None:
        self.save(note="Tylko dla nas.")
        assert customer_of(self.user).review_note == "Tylko dla nas."
        assert owed(self.user) == []

    def test_the_list_approves_once_and_only_who_opened_his_account(self) -> None:
        pending = registered()
        for _again in range(2):
            self.act("approve", self.user, pending)
        assert owed(self.user) == [Kind.REVIEW_APPROVED]
        assert customer_of(pending).review_state == ReviewState.NEW

    def test_nothing_is_decided_about_an_account_that_was_never_opened(self) -> None:
        pending = registered()
        assert "To konto nie zostało jeszcze aktywowane." in untie(
            self.save_of(pending, state="approved")
        )
        assert customer_of(pending).review_state == ReviewState.NEW
        self.save_of(pending, note="Czekamy.")
        assert customer_of(pending).review_note == "Czekamy."

    def test_the_kinds_have_polish_names(self) -> None:
        self.save(state="rejected")
        page = self.client.get(page_of(self.user)).content.decode()
        assert "weryfikacja: odmowa" in page


class AtOnceTests(TransactionTestCase):
    """Two members of staff press at the same moment: the customer is told once."""

    serialized_rollback = True

    def test_one_approval_is_news(self) -> None:
        user, one, other = activated(), staff(), staff()
        results = at_once(
            *(
                lambda by=by: review.approve(User.objects.get(pk=user.pk), by=by)
                for by in (one, other)
            )
        )
        assert sorted(results) == [False, True], results
        assert owed(user) == [Kind.REVIEW_APPROVED]

    def test_one_opens_the_account_again(self) -> None:
        user = suspended()
        results = at_once(
            *(lambda: review.unsuspend(User.objects.get(pk=user.pk)) for _member in range(2))
        )
        assert sorted(results) == [False, True], results
        assert owed(user) == [Kind.SUSPENDED, Kind.UNSUSPENDED]


class OvertakenTests(TestCase):
    """A mail tells what counts when it is delivered, or nothing."""

    def setUp(self) -> None:
        self.member = staff()
        self.user = activated()
        deliver()

    def decide(self, state: str, words: str = "") -> None:
        sections = ["address"] if state == CORRECTION else []
        customer = Customer.objects.get(user=self.user)
        review.decide(customer, state, by=self.member, words=words, sections=sections)

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
        review.unsuspend(self.user)
        review.suspend(self.user)
        assert all("odblokowane" not in said for said in delivered(self.user))
        review.unsuspend(self.user)
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
        review.approve(User.objects.get(pk=self.user.pk), by=staff())

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
        review.decide(customer_of(self.user), REJECTED, by=staff())
        with override_settings(PANEL_URL=PANEL):
            assert panel.announce() == 0
            self.approve()
            assert panel.announce() == 1
            review.decide(customer_of(self.user), REJECTED, by=staff())
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
            pl="Nie możemy prowadzić tego konta. Jeśli chcesz o tym porozmawiać, zadzwoń: +48 22",
            en="We cannot keep this account. If you would like to talk about it, call: +48 22",
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
        review.decide(
            customer_of(user),
            CORRECTION,
            by=staff(),
            note="Tajna notatka",
            words=words,
            sections=sections,
        )
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
            review.decide(
                customer_of(user), state, by=staff(), note="Tajna notatka", words="Tajne słowa"
            )
            raw = deliver()[-1].message().as_string()
            assert deliver()[-1].to == [user.email]
            assert "Tajn" not in raw
