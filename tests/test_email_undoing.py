"""The e-mail address: a change undone from the old mailbox ("Cofnij zmianę")."""

from django.test import Client

from accounts.closing import services as closing
from accounts.contact import services
from accounts.models import AccountEvent, EmailChange, User
from accounts.values.visit import NOBODY
from tests.authenticator import enrolled
from tests.browsers import IPHONE, signed_in
from tests.clock import later
from tests.doors import enters, is_signed_in
from tests.factories import PASSWORD, activated
from tests.letters import deliver, newest_path
from tests.new_address import (
    DATA,
    EMAIL,
    NEW,
    NEWER,
    UNDO,
    EmailTestCase,
    address_of,
    confirmation_of,
    facts,
    undoing_of,
)
from tests.walk import Visitor

Kind = AccountEvent.Kind
NEW_PASSWORD = "Cztery-czerwone-sanki-9"


class UndoingTests(EmailTestCase):
    """The link to the old mailbox: "Cofnij zmianę"."""

    def test_gives_the_address_back_and_closes_the_account_to_others(self) -> None:
        self.moves()
        thief = signed_in(User.objects.get(pk=self.user.pk), agent=IPHONE)
        enrolled(User.objects.get(pk=self.user.pk))
        page = Visitor().open(undoing_of(self.old, "został zmieniony"))
        assert page.heading == "Cofnąć zmianę adresu?"
        assert page.buttons() == [UNDO]
        page.press(UNDO)
        assert page.heading == "Konto jest już bezpieczne"
        user = User.objects.get(pk=self.user.pk)
        assert (user.email, user.email_key) == (self.old, self.old)
        assert user.password_barred_at is not None
        assert not is_signed_in(thief)
        assert not enters(self.old, PASSWORD)
        assert not user.passkeys.exists()
        assert user.events.filter(kind=Kind.EMAIL_REVERTED).count() == 1
        assert deliver()[-1].to == [NEW]
        assert deliver()[-1].subject == "Zmiana adresu e-mail została cofnięta"

    def test_leads_to_a_new_password_by_the_old_mailbox_alone(self) -> None:
        self.moves()
        Client().post("/haslo/", {"email": NEW})
        thiefs = newest_path(NEW, "/haslo/")
        Visitor().open(undoing_of(self.old)).press(UNDO)
        page = Visitor().open(thiefs)
        assert not any("Nowe hasło" in str(label) for label in page.select("label"))
        page.open("/haslo/").fill({"Adres e-mail (login)": self.old}).press("Wyślij link")
        page.open(newest_path(self.old, "/haslo/"))
        typed = {"Nowe hasło": NEW_PASSWORD, "Potwierdzenie nowego hasła": NEW_PASSWORD}
        page.fill(typed).press("Zapisz nowe hasło")
        assert enters(self.old, NEW_PASSWORD)
        over = Visitor().open(undoing_of(self.old))
        assert (over.status, over.heading) == (410, "To już załatwione"), over.text

    def test_works_however_often_the_address_was_changed_since(self) -> None:
        self.moves()
        self.moves(NEWER)
        services.ask(User.objects.get(pk=self.user.pk), "trzeci@nowak.example", visit=NOBODY)
        third = confirmation_of("trzeci@nowak.example")
        Visitor().open(undoing_of(self.old, "został zmieniony")).press(UNDO)
        assert address_of(self.user) == self.old
        assert Visitor().open(third).status == 410
        # The mailbox in between cannot take it back.
        between = Visitor().open(undoing_of(NEW, "został zmieniony"))
        assert between.buttons() == []
        Client().post(between.path)
        assert address_of(self.user) == self.old

    def test_works_after_the_mailbox_in_between_has_undone_its_own(self) -> None:
        self.moves()
        self.moves(NEWER)
        Visitor().open(undoing_of(NEW, "został zmieniony")).press(UNDO)
        assert address_of(self.user) == NEW
        Visitor().open(undoing_of(self.old, "został zmieniony")).press(UNDO)
        assert address_of(self.user) == self.old

    def test_works_for_72_hours_from_the_confirmation(self) -> None:
        self.moves()
        path = undoing_of(self.old, "został zmieniony")
        with later(hours=71, minutes=59):
            assert Visitor().open(path).buttons() == [UNDO]
        with later(hours=72):
            page = Visitor().open(path)
            assert (page.status, page.heading) == (410, "Ten link stracił ważność")
            page.client.post(path)
        assert address_of(self.user) == NEW

    def test_looking_changes_nothing(self) -> None:
        self.moves()
        path = undoing_of(self.old)
        before = facts(self.user)
        for method in (Client().get, Client().head):
            for headers in ({}, {"Sec-Purpose": "prefetch"}):
                assert method(path, headers=headers).status_code == 200
        assert facts(self.user) == before

    def test_twice_is_once(self) -> None:
        self.moves()
        page = Visitor().open(undoing_of(self.old))
        post = page.post_of(UNDO)
        page.send(post)
        before = facts(self.user)
        assert page.send(post).heading == "Konto jest już bezpieczne"
        assert facts(self.user) == before

    def test_before_the_confirmation_ends_the_change_and_bars_the_password(self) -> None:
        self.asks()
        path = undoing_of(self.old, "Ktoś poprosił")
        confirm = confirmation_of(NEW)
        page = Visitor().open(path).press(UNDO)
        assert page.heading == "Konto jest już bezpieczne"
        assert not is_signed_in(self.visitor.client)
        assert not enters(self.old, PASSWORD)
        assert Visitor().open(confirm).status == 410
        assert address_of(self.user) == self.old
        assert sum(letter.to == [NEW] for letter in deliver()) == 1

    def test_is_not_escaped_by_asking_anew(self) -> None:
        self.asks()
        path = undoing_of(self.old, "Ktoś poprosił")
        self.visitor.open(DATA).press("Zrezygnuj ze zmiany")
        over = Visitor().open(path)
        assert (over.status, over.heading) == (410, "To już załatwione")
        self.moves(NEWER)
        Visitor().open(path).press(UNDO)
        assert address_of(self.user) == self.old

    def test_suspends_an_account_whose_old_address_is_another_ones(self) -> None:
        self.moves()
        path = undoing_of(self.old)
        other = activated(email=self.old)
        page = Visitor().open(path).press(UNDO)
        assert (page.status, page.heading) == (409, "Konto jest zablokowane")
        assert page.shows("+48 22 859 0218")
        user = User.objects.get(pk=self.user.pk)
        assert (user.email, user.is_active) == (NEW, False)
        assert address_of(other) == self.old
        assert User.objects.get(pk=other.pk).is_active

    def test_works_for_an_account_that_was_closed_since(self) -> None:
        services.ask(self.user, NEW, visit=NOBODY)
        change = EmailChange.objects.get()
        services.confirm(change, visit=NOBODY)
        assert closing.close(User.objects.get(pk=self.user.pk), visit=NOBODY)
        # The closing drops mails that wait, but not this one.
        Visitor().open(undoing_of(self.old, "został zmieniony")).press(UNDO)
        user = User.objects.get(pk=self.user.pk)
        assert (user.email, user.is_active) == (self.old, False)
        assert closing.reopen(user, visit=NOBODY) is closing.State.REOPENED
        assert not enters(self.old, PASSWORD)

    def test_in_english(self) -> None:
        user = activated(language="en")
        visitor = Visitor(signed_in(user)).open(f"/en{EMAIL}")
        visitor.fill({"New e-mail address (login)": NEW}).press("Send the link")
        assert visitor.shows(f"To change your e-mail address to {NEW}")
        page = Visitor().open(newest_path(NEW, "/en/konto/nowy-adres/"))
        assert page.press("I confirm the address").heading == "The new address is confirmed"
        undo = Visitor().open(undoing_of(user.email)).press("Undo the change")
        assert undo.heading == "Your account is safe for now"
