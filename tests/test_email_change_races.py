"""One address, several accounts, one moment: exactly one gets it, and nobody meets a fault."""

from functools import partial
from typing import Any
from unittest import mock

from django.test import Client, TransactionTestCase

from accounts import email_link
from accounts.contact import services
from accounts.contact.services import LinkState
from accounts.models import AccountEvent, EmailChange, OutboxMessage, User
from accounts.services import activation, credentials
from accounts.values.visit import NOBODY
from tests.factories import activated, registered
from tests.parallel import at_once

NEW = "nowy@nowak.example"
Kind = AccountEvent.Kind


def asked(user: User, email: str = NEW) -> EmailChange:
    """Return the change of this account that waits for this address."""
    assert services.ask(User.objects.get(pk=user.pk), email, visit=NOBODY)
    return EmailChange.objects.open().get(user=user)


def moved(user: User, email: str) -> EmailChange:
    """Return a change of this account that took effect."""
    change = asked(user, email)
    assert services.confirm(change, visit=NOBODY) is LinkState.DONE
    return change


def owners_of(email: str) -> int:
    return User.objects.filter(email_key=email, activated_at__isnull=False).count()


def confirming(change: EmailChange) -> Any:
    return partial(services.confirm, change, visit=NOBODY)


def undoing(change: EmailChange) -> Any:
    return partial(services.undo, change, visit=NOBODY)


class RaceTests(TransactionTestCase):
    """Every pair of what may happen to one address at the same moment."""

    serialized_rollback = True

    def test_two_accounts_confirm_one_address(self) -> None:
        users = [activated() for _each in range(4)]
        results = at_once(*(confirming(asked(user)) for user in users))
        assert results.count(LinkState.DONE) == 1, results
        assert results.count(LinkState.TAKEN) == 3, results
        assert owners_of(NEW) == 1
        assert AccountEvent.objects.filter(kind=Kind.EMAIL_CHANGED).count() == 1

    def test_two_accounts_exchange_their_addresses(self) -> None:
        first, second = activated(), activated()
        changes = asked(first, second.email), asked(second, first.email)
        assert at_once(*map(confirming, changes)) == [LinkState.TAKEN] * 2
        assert (owners_of(first.email), owners_of(second.email)) == (1, 1)

    def test_one_link_is_opened_by_several(self) -> None:
        change = asked(activated())
        path = f"/konto/nowy-adres/{email_link.make_confirmation(change)}/"
        answers = at_once(*(partial(Client().post, path) for _each in range(4)))
        assert [answer.status_code for answer in answers] == [302] * 4
        assert owners_of(NEW) == 1
        assert AccountEvent.objects.filter(kind=Kind.EMAIL_CHANGED).count() == 1
        told = OutboxMessage.objects.filter(kind=OutboxMessage.Kind.EMAIL_CHANGED)
        assert told.count() == 1

    def test_a_registration_is_activated_while_the_address_is_confirmed(self) -> None:
        for attempt in range(4):
            email = f"{attempt}{NEW}"
            change, waiting = asked(activated(), email), registered(email=email)
            confirmed, _activated = at_once(
                confirming(change), partial(activation.activate, waiting)
            )
            waiting.refresh_from_db()
            assert confirmed in (LinkState.DONE, LinkState.TAKEN), confirmed
            assert (confirmed is LinkState.TAKEN) is waiting.is_active
            assert owners_of(email) == 1

    def test_the_address_is_taken_over_again_while_it_is_taken_back(self) -> None:
        for attempt in range(4):
            user = activated()
            old = user.email
            first = moved(user, f"{attempt}a{NEW}")
            second = asked(user, f"{attempt}b{NEW}")
            confirmed, undone = at_once(confirming(second), undoing(first))
            # In whichever order: the owner has his address, and nothing waits.
            assert undone is LinkState.DONE, undone
            assert confirmed in (LinkState.DONE, LinkState.OVER), confirmed
            user.refresh_from_db()
            assert user.email == old
            assert user.password_barred_at is not None
            assert not user.email_changes.open().exists()

    def test_a_change_is_given_up_from_the_old_mailbox_while_it_is_confirmed(self) -> None:
        for _attempt in range(4):
            user = activated()
            old, change = user.email, asked(user)
            confirmed, undone = at_once(confirming(change), undoing(change))
            assert undone is LinkState.DONE, undone
            assert confirmed in (LinkState.DONE, LinkState.OVER), confirmed
            user.refresh_from_db()
            assert user.email == old

    def test_a_change_is_given_up_in_the_account_just_before_it_is_confirmed(self) -> None:
        user = activated()
        change = asked(user)

        def looked_and_given_up(*args: Any) -> LinkState:
            assert looked(*args) is LinkState.VALID
            assert services.cancel(user)
            return LinkState.VALID

        looked = services._confirmation_state
        with mock.patch.object(services, "_confirmation_state", looked_and_given_up):
            assert services.confirm(change, visit=NOBODY) is LinkState.OVER
        assert User.objects.get(pk=user.pk).email == user.email
        assert not OutboxMessage.objects.filter(kind=OutboxMessage.Kind.EMAIL_CHANGED).exists()

    def test_it_is_taken_back_by_several_at_once(self) -> None:
        change = moved(activated(), NEW)
        assert at_once(*[undoing(change)] * 4) == [LinkState.DONE] * 4
        assert AccountEvent.objects.filter(kind=Kind.EMAIL_REVERTED).count() == 1

    def test_it_is_taken_back_while_another_account_confirms_the_old_address(self) -> None:
        for attempt in range(4):
            user, other = activated(), activated()
            old = user.email
            change = moved(user, f"{attempt}{NEW}")
            theirs = asked(other, old)
            undone, confirmed = at_once(undoing(change), confirming(theirs))
            user.refresh_from_db()
            assert owners_of(old) == 1
            if undone is LinkState.DONE:
                assert (user.email, user.is_active, confirmed) == (old, True, LinkState.TAKEN)
            else:
                assert (undone, confirmed) == (LinkState.TAKEN, LinkState.DONE)
                assert not user.is_active

    def test_several_changes_are_asked_for_at_once(self) -> None:
        user = activated()
        calls = [
            partial(services.ask, User.objects.get(pk=user.pk), f"{number}{NEW}", visit=NOBODY)
            for number in range(4)
        ]
        assert at_once(*calls) == [True] * 4
        assert user.email_changes.open().count() == 1

    def test_a_new_password_is_set_while_the_address_is_confirmed(self) -> None:
        user = activated()
        change = asked(user)
        setting = partial(
            credentials.change_password, User.objects.get(pk=user.pk), "Nowe-Hasło-Sowa-Mgła-11"
        )
        confirmed, was_set = at_once(confirming(change), setting)
        # Whichever is first: a confirmation ends the sessions, and with them what they ask for.
        assert confirmed in (LinkState.DONE, LinkState.OVER), confirmed
        assert was_set is (confirmed is LinkState.OVER), (was_set, confirmed)
        assert not user.email_changes.open().exists()
