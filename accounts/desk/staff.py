"""Change what members of staff may do: their role, and whether they work here at all."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from accounts.desk import events
from accounts.desk.decisions import Refused
from accounts.desk.events import Desk
from accounts.desk.roles import Right, Role, given_role, may
from accounts.models import StaffEvent, User
from accounts.services import sessions


def set_role(member: User, role: Role, *, desk: Desk) -> bool:
    """Give a member of staff this role in place of any other; tell whether that is news.

    It counts from his next request on. An administrator is a superuser. Raises `Refused` for whom
    it is not, and for one's own role: so there is always an administrator left.
    """

    def change(stored: User) -> dict[str, Any]:
        before = given_role(stored)
        if before == role:
            return {}
        stored.groups.remove(*Group.objects.filter(name__in=Role.values))
        if role is not Role.ADMINISTRATOR:
            stored.groups.add(Group.objects.get(name=role.value))
        stored.is_superuser = role is Role.ADMINISTRATOR
        stored.save(update_fields=["is_superuser"])
        return {"role": before.value if before else ""}

    return _change(member, change, {"role": role.value}, desk)


def set_active(member: User, *, is_active: bool, desk: Desk) -> bool:
    """Let a member of staff work here, or no more; tell whether that is news.

    Whoever works here no more is out at once: his sessions end for good, his cases are free again.
    Raises `Refused` as `set_role`.
    """

    def change(stored: User) -> dict[str, Any]:
        if stored.is_active is is_active:
            return {}
        stored.is_active = is_active
        stored.suspended_at = None if is_active else timezone.now()
        stored.save(update_fields=["is_active", "suspended_at"])
        if not is_active:
            sessions.close_access(stored)
            User.objects.filter(held_by=stored).update(held_by=None, held_until=None)
        return {"active": not is_active}

    return _change(member, change, {"active": is_active}, desk)


def _change(
    member: User, change: Callable[[User], dict[str, Any]], after: dict[str, Any], desk: Desk
) -> bool:
    """Carry out a change and record what was before it, when it changed anything."""
    if member.pk == desk.user.pk:
        raise Refused("one's own")
    with transaction.atomic():
        # Both rows: of two administrators who dismiss each other at once, one is too late.
        both = User.objects.select_for_update().filter(pk__in=(member.pk, desk.user.pk))
        locked = {user.pk: user for user in both.order_by("pk")}
        by, stored = locked.get(desk.user.pk), locked.get(member.pk)
        if by is None or stored is None or not stored.is_staff or not may(by, Right.MANAGE_STAFF):
            raise Refused("not offered")
        before = change(stored)
        if before:
            events.record(
                desk,
                StaffEvent.Action.STAFF_CHANGED,
                customer=stored.pk,
                before=before,
                after=after,
            )
    return bool(before)
