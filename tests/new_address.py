"""A customer who changes his e-mail address, and the links that both mailboxes get."""

from typing import Any

from django.test import TestCase

from accounts.contact import services
from accounts.models import OutboxMessage, User
from accounts.values.visit import NOBODY
from tests.browsers import signed_in
from tests.factories import activated
from tests.letters import deliver, newest_path, paths
from tests.walk import Visitor

DATA, EMAIL = "/konto/dane/", "/konto/dane/email/"
LABEL, SEND = "Nowy adres e-mail (login)", "Wyślij link"
CONFIRM, UNDO = "Potwierdzam adres", "Cofnij zmianę"
NEW, NEWER = "nowy@nowak.example", "jeszcze.nowszy@nowak.example"


def confirmation_of(email: str) -> str:
    return newest_path(email, "/konto/nowy-adres/")


def undoing_of(email: str, subject: str = "") -> str:
    """Return the link in the newest mail to this address that undoes a change."""
    return next(
        path
        for letter in reversed(deliver())
        if letter.to == [email] and subject in str(letter.subject)
        for path in paths(letter)
        if "/konto/cofnij-adres/" in path
    )


def address_of(user: User) -> str:
    return User.objects.get(pk=user.pk).email


def facts(user: User) -> list[Any]:
    """Return what a link could change."""
    user = User.objects.get(pk=user.pk)
    return [
        user.email,
        user.password_barred_at,
        user.access_serial,
        list(user.email_changes.values_list()),
        user.events.count(),
        OutboxMessage.objects.count(),
    ]


class EmailTestCase(TestCase):
    """Somebody with an account, signed in a moment ago."""

    def setUp(self) -> None:
        self.user = activated()
        self.old = self.user.email
        self.visitor = Visitor(signed_in(self.user))
        deliver()

    def asks(self, email: str = NEW) -> Visitor:
        return self.visitor.open(EMAIL).fill({LABEL: email}).press(SEND)

    def moves(self, email: str = NEW) -> None:
        """Ask for the address and confirm it, in another browser."""
        assert services.ask(User.objects.get(pk=self.user.pk), email, visit=NOBODY)
        Visitor().open(confirmation_of(email)).press(CONFIRM)
        assert address_of(self.user) == email
