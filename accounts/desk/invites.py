"""Invite members of staff: a link that works once, for a password and the first method.

The link is the only way to a first method: a password alone enrols nothing, nor does a mailbox.
It is handed over by whoever made it, never sent.
"""

import re
from datetime import timedelta

from django.contrib.auth.models import Group
from django.core import signing
from django.db import transaction
from django.db.models import F
from django.urls import reverse

from accounts import passwords
from accounts.desk import events, methods
from accounts.desk.roles import Role
from accounts.models import StaffEvent, User
from accounts.services import sessions
from accounts.values import email as email_address
from kantor.serving import desk

LIFE = timedelta(hours=24)
SALT = "accounts.desk.invitation"
# What a token looks like: account, link, time and signature, whose 43 characters say where it ends.
_SHAPE = re.compile(r"[0-9]{1,19}\.[0-9]{1,9}~[0-9A-Za-z]{1,9}~[0-9A-Za-z_-]{43}")


class RefusedError(Exception):
    """This address cannot be invited; the words say why."""


def invite(email: str, role: Role) -> str:
    """Make an account of staff in this role, or find it, and return a link to its first method.

    An account that is there gets the role; its password goes, its sessions and earlier links end.
    Raises `RefusedError` for a customer's address, for who works here no more, and for who has a
    method already.
    """
    with transaction.atomic():
        user = (
            User.objects.select_for_update()
            .filter(
                email_key=email_address.normalise(email),
                activated_at__isnull=False,
                closed_at=None,
            )
            .first()
        )
        if user is None:
            user = User.objects.create_user(email, is_staff=True)
        elif not user.is_staff:
            raise RefusedError("This is the address of a customer's account.")
        elif not user.is_active:
            raise RefusedError("This person works here no more; an administrator has to change it.")
        elif methods.has_any(user):
            raise RefusedError("This account has a passkey or an app already.")
        user.is_superuser = role is Role.ADMINISTRATOR
        user.set_unusable_password()
        user.save(update_fields=["is_superuser", "password"])
        groups = () if user.is_superuser else (Group.objects.get_or_create(name=role.value)[0],)
        user.groups.set(groups)
        events.record_unattended(
            StaffEvent.Action.STAFF_CHANGED, customer=user.pk, after={"role": role.value}
        )
        return renew(user)


def renew(user: User) -> str:
    """Return a new link for this account of staff; earlier ones, and its sessions, end."""
    with transaction.atomic():
        sessions.close_access(user)
        User.objects.filter(pk=user.pk).update(link_serial=F("link_serial") + 1)
        user.refresh_from_db(fields=["link_serial", "access_serial"])
    token = _signer().sign(f"{user.pk}.{user.link_serial}").replace(":", "~")
    return f"{desk.root()}{reverse('admin:invitation', args=[token])}"


def token_in(text: str) -> str:
    """Return what looks like the token of a link in this text; nothing where none is whole."""
    found = _SHAPE.search(text)
    return found.group() if found else ""


def examine(token: str, *, is_locked: bool = False) -> User | None:
    """Return whom a link invites as long as it is good; locked, inside the caller's transaction."""
    try:
        value = _signer().unsign(token.replace("~", ":"), max_age=LIFE)
        number, serial = map(int, value.split("."))
    except (signing.BadSignature, ValueError):
        return None
    users = User.objects.select_for_update(no_key=True) if is_locked else User.objects.all()
    user = users.filter(pk=number, link_serial=serial, is_staff=True, is_active=True).first()
    return None if user is None or methods.has_any(user) else user


def set_password(user: User, password: str) -> bool:
    """Set the password of who is invited; of two calls at once one does."""
    sealed = passwords.hash_password(password)
    present = User.objects.filter(pk=user.pk, password=user.password, is_active=True)
    return bool(present.update(password=sealed, password_barred_at=None))


def use_up(user: User) -> None:
    """End the link: the account has its first method. Call it in the transaction that adds it."""
    User.objects.filter(pk=user.pk).update(link_serial=F("link_serial") + 1)


def _signer() -> signing.TimestampSigner:
    return signing.TimestampSigner(salt=SALT)
