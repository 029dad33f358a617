"""The phone number, changed by who is signed in and has just confirmed that it is him."""

from django.test import Client, TestCase, override_settings

from accounts.models import AccountEvent, OutboxMessage
from accounts.services import review
from accounts.sessions import confirmation
from tests.browsers import signed_in
from tests.doors import is_signed_in, try_in
from tests.factories import PASSWORD, activated, customer_of, staff
from tests.letters import deliver
from tests.walk import Visitor

DATA, PHONE = "/konto/dane/", "/konto/dane/telefon/"
OLD, NEW = "+48601234567", "+48512345678"
LABEL, SAVE = "Nowy numer telefonu", "Zapisz nowy numer"


class PhoneTestCase(TestCase):
    """Somebody with an account, signed in a moment ago."""

    def setUp(self) -> None:
        self.user = activated(phone=OLD)
        self.visitor = Visitor(signed_in(self.user))
        deliver()

    def changes(self, typed: str = "512 345 678") -> Visitor:
        return self.visitor.open(PHONE).fill({LABEL: typed}).press(SAVE)


class ChangeTests(PhoneTestCase):
    """A new number counts at once."""

    def test_is_saved_and_said_with_what_the_sign_in_asks_now(self) -> None:
        page = self.visitor.open(DATA)
        assert page.shows("+48 601 234 567")
        page.follow("Zmień numer telefonu").fill({LABEL: "512 345 678"}).press(SAVE)
        assert page.posts == [302]
        assert page.path == DATA
        assert page.shows("Od teraz przy logowaniu pytamy o jego cyfry.")
        assert customer_of(self.user).phone == NEW

    def test_opens_the_account_by_its_digits_and_not_by_the_old_ones(self) -> None:
        self.changes()
        for number, opens in (("601 234 567", False), ("512 345 678", True)):
            client = Client()
            try_in(self.user.email, PASSWORD, client, number)
            assert is_signed_in(client) is opens

    def test_says_nothing_of_digits_where_none_are_asked_for(self) -> None:
        with override_settings(SIGN_IN_PHONE_DIGITS=False):
            page = self.changes()
        assert page.shows("Nowy numer telefonu został zapisany.")
        assert not page.shows("cyfry")

    def test_is_told_by_a_mail_that_names_the_end_of_the_old_number_alone(self) -> None:
        self.changes()
        (told,) = [each for each in deliver() if "Zmieniono numer telefonu" in each.subject]
        text = " ".join(str(told.body).split())
        assert told.to == [self.user.email]
        assert "Poprzedni numer kończył się na 67." in text
        assert "512" not in text
        assert "601" not in text

    def test_is_told_in_english_to_who_chose_it(self) -> None:
        user = activated(phone=OLD, language="en")
        visitor = Visitor(signed_in(user)).open(f"/en{PHONE}")
        visitor.fill({"New phone number": "512 345 678"}).press("Save the new number")
        assert visitor.shows("From now on the sign-in asks for its digits.")
        assert "The former number ended in 67." in " ".join(str(deliver()[-1].body).split())

    def test_ends_the_sessions_elsewhere_and_goes_on_here(self) -> None:
        elsewhere = signed_in(self.user)
        self.changes()
        assert not is_signed_in(elsewhere)
        assert is_signed_in(self.visitor.client)

    def test_twice_is_one_change(self) -> None:
        post = self.visitor.open(PHONE).fill({LABEL: "512 345 678"}).post_of(SAVE)
        for _again in range(2):
            self.visitor.send(post)
        assert self.visitor.shows("Ten numer już mamy. Nic się nie zmieniło.")
        assert self.user.events.filter(kind=AccountEvent.Kind.PHONE_CHANGED).count() == 1
        assert OutboxMessage.objects.filter(kind=OutboxMessage.Kind.PHONE_CHANGED).count() == 1


class RefusalTests(PhoneTestCase):
    """What is no new number changes nothing."""

    def test_the_same_number_is_fine_and_nothing_happens(self) -> None:
        page = self.changes("601-234-567")
        assert page.path == DATA
        assert page.shows("Ten numer już mamy. Nic się nie zmieniło.")
        assert not OutboxMessage.objects.filter(kind=OutboxMessage.Kind.PHONE_CHANGED).exists()

    def test_nonsense_is_shown_again_after_a_redirect_with_why(self) -> None:
        for typed in ("12", "", "601 234 567 890 1", "☎", "a\0b", "0" * 3_000):
            page = self.changes(typed)
            assert page.posts[-1] == 302
            assert page.path == PHONE
            assert page.errors, typed[:20]
        assert self.changes("12").value(LABEL) == "12"
        assert page.reload().value(LABEL) == "12"
        assert customer_of(self.user).phone == OLD

    def test_what_was_refused_is_forgotten_by_who_goes_back(self) -> None:
        self.changes("12").follow("Anuluj")
        page = self.visitor.open(PHONE)
        assert page.value(LABEL) == ""
        assert not page.errors

    def test_needs_the_country_code_of_who_lives_abroad(self) -> None:
        customer = customer_of(self.user)
        customer.main_country = "DE"
        customer.save()
        page = self.changes("512 345 678")
        assert page.errors == [
            "Podaj numer razem z numerem kierunkowym kraju, np. +48 601 234 567."
        ]


class DoorTests(PhoneTestCase):
    """Nobody else gets here, and who is signed in confirms that it is him."""

    def test_asks_for_the_password_after_five_minutes_and_leads_back(self) -> None:
        session = self.visitor.client.session
        session[confirmation.SESSION_KEY] -= 301
        session.save()
        page = self.visitor.open(DATA).follow("Zmień numer telefonu")
        assert page.heading == "Potwierdź, że to Ty"
        page.fill({"Hasło": PASSWORD}).press("Potwierdź")
        assert page.path == PHONE

    def test_nothing_without_signing_in_or_by_looking(self) -> None:
        for response in (Client().get(PHONE), Client().post(PHONE, {"phone": NEW})):
            assert response["Location"].startswith("/logowanie/")
        client = self.visitor.client
        for method in (client.get, client.head):
            response = method(PHONE, {"phone": NEW}, headers={"Sec-Purpose": "prefetch"})
            assert "no-store" in response["Cache-Control"]
        assert customer_of(self.user).phone == OLD

    def test_changes_only_its_own_account(self) -> None:
        stranger = signed_in(activated(last_name="Obcy"))
        stranger.post(PHONE, {"phone": NEW, "user": self.user.pk, "customer": self.user.pk})
        assert customer_of(self.user).phone == OLD

    def test_nothing_for_a_suspended_one_or_staff(self) -> None:
        member = Client()
        member.force_login(staff())
        assert member.get(PHONE).status_code == 302
        review.suspend(self.user)
        self.visitor.client.post(PHONE, {"phone": NEW})
        assert customer_of(self.user).phone == OLD
