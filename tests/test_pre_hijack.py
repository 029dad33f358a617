"""Somebody who registers another person's address, in every order."""

from datetime import timedelta

from django.core import mail
from django.test import Client, TestCase
from django.urls import reverse

from accounts import tokens
from accounts.models import (
    OutboxMessage,
    User,
)
from tests.doors import try_in
from tests.factories import PASSWORD, registered
from tests.letters import (
    activation_path,
    deliver,
    newest_path,
    paths,
    registering_browser,
)
from tests.links import (
    OTHER_PASSWORD,
    heading,
    is_active,
)
from tests.walk import Visitor

Kind = OutboxMessage.Kind
ONE_HOUR = timedelta(hours=1)


class PreHijackTests(TestCase):
    """Somebody who registers another person's address with a password of his own."""

    EMAIL = "ofiara@example.com"

    def attack(self, email: str = EMAIL) -> User:
        return registered(
            language="en", email=email, password=OTHER_PASSWORD, first_name="Napastnik"
        )

    def defend(self) -> User:
        return registered(language="en", email=self.EMAIL, password=PASSWORD, first_name="Ofiara")

    def paths_of(self, victim: User, attacker: User) -> tuple[str, str]:
        """Return the paths of the two links; all mails go to the victim's mailbox."""
        deliver()
        assert all(message.to in ([victim.email], [attacker.email]) for message in mail.outbox)
        victims, attackers = (f"/en/aktywacja/{tokens.make(u, 1)}/" for u in (victim, attacker))
        return victims, attackers

    def assert_only_the_victim_lives(self, victim: User) -> None:
        account = User.objects.get(activated_at__isnull=False)
        assert account.pk == victim.pk
        assert account.customer.first_name == "Ofiara"
        for password, enters in ((OTHER_PASSWORD, False), (PASSWORD, True)):
            client = Client()
            try_in(self.EMAIL, password, client)
            assert ("_auth_user_id" in client.session) is enters

    def test_gains_nothing_by_coming_first(self) -> None:
        attacker, victim = self.attack(), self.defend()
        path, others = self.paths_of(victim, attacker)
        # Whatever the victim clicks, with his own password or in his own browser …
        assert heading(registering_browser(victim).get(others)) == "Activate your account"
        self.client.post(others, {"password": PASSWORD})
        assert not User.objects.filter(is_active=True).exists()
        self.client.post(path, {"password": PASSWORD})
        self.assert_only_the_victim_lives(victim)
        assert not User.objects.filter(pk=attacker.pk).exists()

    def test_gains_nothing_by_coming_second(self) -> None:
        victim, attacker = self.defend(), self.attack()
        path, others = self.paths_of(victim, attacker)
        self.client.post(path, {"password": OTHER_PASSWORD})
        assert not User.objects.filter(is_active=True).exists()
        assert heading(registering_browser(victim).get(others)) == "Activate your account"
        registering_browser(victim).get(path)
        self.assert_only_the_victim_lives(victim)
        assert not User.objects.filter(pk=attacker.pk).exists()

    def test_gains_nothing_by_coming_afterwards(self) -> None:
        victim = self.defend()
        registering_browser(victim).get(activation_path(victim))
        attacker = self.attack()
        deliver()
        about = mail.outbox[-1]
        assert about.to == [self.EMAIL]
        assert not any("/aktywacja/" in path for path in paths(about))
        # Not even with the link, should it ever get out.
        path = reverse("accounts:activation", args=[tokens.make(attacker, 1)])
        response = registering_browser(attacker).get(path)
        assert response.status_code < 500
        self.assert_only_the_victim_lives(victim)

    def test_gains_nothing_by_another_spelling(self) -> None:
        attacker = self.attack("OFIARA@Example.COM")
        victim = self.defend()
        path, _others = self.paths_of(victim, attacker)
        self.client.post(path, {"password": PASSWORD})
        self.assert_only_the_victim_lives(victim)
        assert not User.objects.filter(pk=attacker.pk).exists()

    def test_does_not_see_the_victims_registration_in_his_own_browser(self) -> None:
        attacker, victim = self.attack(), self.defend()
        path, _others = self.paths_of(victim, attacker)
        assert heading(registering_browser(attacker).get(path)) == "Activate your account"
        assert not User.objects.filter(is_active=True).exists()

    def test_gains_nothing_by_the_forgotten_password(self) -> None:
        attacker = self.attack()
        self.client.post("/en/haslo/", {"email": self.EMAIL})
        path = newest_path(self.EMAIL, "/aktywacja/")
        client = Client()
        client.post(path, {"password": PASSWORD})
        assert not is_active(attacker)

    def test_cannot_keep_the_victim_from_refusing(self) -> None:
        attacker = self.attack()
        path = activation_path(attacker)
        Visitor().open(path).follow("It was not me").press("It was not me, delete the details")
        assert not User.objects.filter(pk=attacker.pk).exists()

    def test_gains_nothing_by_correcting_his_own_address_to_the_victims(self) -> None:
        attacker = self.attack("napastnik@example.com")
        assert attacker.attempt is not None
        browser = registering_browser(attacker)
        path = f"/en/rejestracja/wyslano/adres/?proba={attacker.attempt.hex}"
        stolen = activation_path(attacker)
        assert browser.post(path, {"email": self.EMAIL}).status_code == 302
        # The link to his own mailbox is dead, the new one is in the victim's.
        assert heading(browser.get(stolen)) == "This registration has another address"
        path = newest_path(self.EMAIL, "/aktywacja/")
        assert heading(Client().post(path, {"password": PASSWORD})) == "Activate your account"
        victim = self.defend()
        registering_browser(victim).get(activation_path(victim))
        self.assert_only_the_victim_lives(victim)

    def test_gains_nothing_by_correcting_the_victims_address_to_his_own(self) -> None:
        attacker, victim = self.attack(), self.defend()
        assert attacker.attempt is not None
        browser = registering_browser(attacker)
        path = f"/en/rejestracja/wyslano/adres/?proba={attacker.attempt.hex}"
        browser.post(path, {"email": "napastnik@example.com"})
        browser.get(newest_path("napastnik@example.com", "/aktywacja/"))
        assert User.objects.get(is_active=True).email == "napastnik@example.com"
        registering_browser(victim).get(f"/en/aktywacja/{tokens.make(victim, 1)}/")
        account = User.objects.get(email_key=self.EMAIL)
        assert account.is_active
        assert account.customer.first_name == "Ofiara"
        assert not account.check_password(OTHER_PASSWORD)
