"""Know the states of an account in words, and narrow the list by them."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet, TextChoices
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User


class OnlyFilters:
    """Let the address of a list ask for what its filters ask for, and for nothing else: 400.

    Django would let any column of the table be asked for, and `?password__startswith=` would read
    a hash one character at a time.
    """

    filter_lookups: ClassVar[frozenset[str]] = frozenset()

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Tell whether a filter of the list asks so."""
        return lookup in self.filter_lookups


class State(TextChoices):
    """How an account stands, for staff."""

    PENDING = "pending", pgettext_lazy("account", "waiting for activation")
    ACTIVE = "active", pgettext_lazy("account", "active")
    SUSPENDED = "suspended", pgettext_lazy("account", "suspended")
    CLOSED = "closed", pgettext_lazy("account", "closed")


CONDITIONS = {
    State.PENDING: Q(activated_at=None, suspended_at=None),
    State.ACTIVE: Q(is_active=True),
    State.SUSPENDED: Q(suspended_at__isnull=False),
    State.CLOSED: Q(closed_at__isnull=False, suspended_at=None),
}


def state_of(user: User) -> State:
    """Return how this account stands."""
    if user.suspended_at is not None:
        return State.SUSPENDED
    if user.closed_at is not None:
        return State.CLOSED
    return State.PENDING if user.activated_at is None else State.ACTIVE


class StateFilter(admin.SimpleListFilter):
    """Narrow the list to one state."""

    title = _("state")
    parameter_name = "state"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        """Offer every state."""
        return list(State.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        """Return the accounts in the chosen state; an unknown one is in none."""
        chosen = self.value()
        if chosen is None:
            return queryset
        if chosen not in State.values:
            return queryset.none()
        return queryset.filter(CONDITIONS[State(chosen)])
