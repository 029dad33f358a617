"""Forget the mails that were asked for by address, with the account whose address it was."""

from collections.abc import Iterable

from django.db.models.functions import Lower

from accounts.models import EmailChange, OutboxMessage, User


def forget(users: Iterable[User]) -> int:
    """Delete what is left of mails to the addresses of these accounts; return how many rows.

    They have no account of their own, so they do not go with one. Whoever asked may have typed the
    address in capitals, and when it was still the account's. An address that another account has as
    well is left: its mails may be that owner's. Call it in the transaction that deletes the
    accounts, before they go. Five statements.
    """
    accounts = {user.pk: (user.email, user.email_key) for user in users}
    changed = EmailChange.objects.filter(user__in=accounts).exclude(confirmed_at=None)
    addresses = [
        *accounts.values(),
        *changed.values_list("old_email", "old_key"),
        *changed.values_list("new_email", "new_key"),
    ]
    keys = {key for _email, key in addresses if key}
    others = User.objects.filter(email_key__in=keys).exclude(pk__in=accounts)
    shared = set(others.values_list("email_key", flat=True))
    mine = {
        spelling
        for email, key in addresses
        if key and key not in shared
        for spelling in (email.lower(), key)
    }
    asked = OutboxMessage.objects.filter(user=None).annotate(spelled=Lower("recipient"))
    return asked.filter(spelled__in=mine).delete()[0]
