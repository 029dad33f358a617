"""Forget the mails that were asked for by address, with the account whose address it was."""

from collections.abc import Iterable

from accounts.models import OutboxMessage, User


def forget(users: Iterable[User]) -> int:
    """Delete what is left of mails to the addresses of these accounts; return how many rows.

    They have no account of their own, so they do not go with one. An address that another account
    has as well is left: its mails may be that owner's. Call it in the transaction that deletes the
    accounts, before they go. Three statements.
    """
    addresses = {user.pk: (user.email, user.email_key) for user in users}
    keys = {key for _email, key in addresses.values()}
    others = User.objects.filter(email_key__in=keys).exclude(pk__in=addresses)
    shared = set(others.values_list("email_key", flat=True))
    mine = {
        spelling
        for email, key in addresses.values()
        if key and key not in shared
        for spelling in (email, email.lower(), key)
    }
    return OutboxMessage.objects.filter(user=None, recipient__in=mine).delete()[0]
