"""Show what staff did: to each what is his own, or all of it, or what is about staff."""

import re
from typing import Any

from django.contrib import admin
from django.db.models import Choices, OuterRef, Q, QuerySet, Subquery, TextChoices
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.admin.by_role import ByRole, is_allowed
from accounts.admin.filters import OnlyFilters, in_words
from accounts.admin.pagination import MOST_COUNTED, CappedPaginator
from accounts.desk import register
from accounts.desk.masks import Field
from accounts.desk.reasons import label
from accounts.desk.roles import Right, Role
from accounts.desk.statistics import TITLES
from accounts.desk.wording import step_label
from accounts.models import (
    AccountProposal,
    AccountSession,
    ContactProposal,
    Hold,
    ReviewState,
    StaffEvent,
    StaffNote,
    User,
)
from accounts.models.customer import Section
from accounts.models.staff import ABOUT_STAFF
from accounts.values import country


class Lists(TextChoices):
    """Which list of what belongs to customers was opened."""

    ACCOUNTS = "accounts", _("Accounts")
    MESSAGES = "messages", _("Messages")


_NUMBER = re.compile(r"#?\s*([0-9]{1,19})\Z", re.ASCII)
_BIGGEST_NUMBER = 2**63 - 1
# What the facts before and after are called, and the words of their codes.
_FACTS: dict[str, tuple[Promise, type[Choices] | None]] = {
    "review": (_("review"), ReviewState),
    "sections": (_("to be corrected"), Section),
    "section": (_("section"), Section),
    "accepted": (_("accepted"), None),
    "contact": (_("field"), ContactProposal.Field),
    "value": (_("wanted"), None),
    "field": (_("field"), Field),
    "role": (_("role"), Role),
    "active": (_("works here"), None),
    "how": (_("opened with"), AccountSession.How),
    "kind": (_("kind"), None),
    "note": (_("note"), StaffNote.Kind),
    "count": (_("how many"), None),
    "list": (_("list"), Lists),
    "answer": (_("answer"), register.Answer),
    "country": (_("country"), None),
    "first": (_("from"), None),
    "last": (_("to"), None),
    "table": (_("table"), None),
    "found": (_("found"), None),
    "step": (_("step"), None),
    "proposal": (_("proposal"), AccountProposal.What),
    "masked": (_("masked values"), None),
    "hold": (_("hold"), Hold.Reason),
    "until": (_("kept until"), None),
    "filters": (_("filters"), None),
    "searched": (_("narrowed by a search"), None),
    "export": (_("export"), None),
    "ordered": (_("file ordered"), None),
    "downloaded": (_("file downloaded"), None),
    "deleted": (_("file deleted"), None),
    "totp": (_("authenticator apps"), None),
    "passkeys": (_("passkeys"), None),
}


class RoleFilter(admin.SimpleListFilter):
    """Narrow the list to what was done in one role."""

    title = _("role")
    parameter_name = "role"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        """Offer every role."""
        return list(Role.choices)

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[StaffEvent]
    ) -> QuerySet[StaffEvent]:
        """Return what was done in the chosen role; in an unknown one nothing was."""
        chosen = self.value()
        return queryset if chosen is None else queryset.filter(role=chosen)


@admin.register(StaffEvent)
class StaffEventAdmin(ByRole, OnlyFilters, admin.ModelAdmin[StaffEvent]):
    """Show rows that nobody adds, changes or deletes; how many are shown depends on the role."""

    list_display = (
        "at",
        "who",
        "role_shown",
        "action",
        "account",
        "reason_shown",
        "difference",
        "network",
        "session",
    )
    list_display_links = None
    sortable_by = ()
    ordering = ("-pk",)
    list_filter = (
        "action",
        RoleFilter,
        ("at", admin.DateFieldListFilter),
    )
    filter_lookups = frozenset({"action__exact", "role", "at__gte", "at__lt"})
    search_fields = ("actor",)
    search_help_text = _("The number of an account, of a customer or of staff, e.g. #30.")
    list_per_page = 25
    list_max_show_all = 25
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ()
    fields = list_display
    readonly_fields = list_display

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show it to who may read any of it."""
        return _readable(request) is not None

    def has_view_permission(self, request: HttpRequest, obj: StaffEvent | None = None) -> bool:
        """Let be read what this role may read; a single row only with its list's rights."""
        return _readable(request) is not None

    def get_queryset(self, request: HttpRequest) -> QuerySet[StaffEvent]:
        """Return the rows that this person may read, each with the address of who did it."""
        readable = _readable(request)
        rows = super().get_queryset(request)
        if readable is None:
            return rows.none()
        address = User.objects.filter(pk=OuterRef("actor"), is_staff=True).values("email")[:1]
        return rows.filter(readable).annotate(address=Subquery(address))

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Return the order in which an index answers: that of the days where days are asked for."""
        return ("-at", "-pk") if {"at__gte", "at__lt"} & set(request.GET) else ("-pk",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[StaffEvent], search_term: str
    ) -> tuple[QuerySet[StaffEvent], bool]:
        """Find what was done by or about an account of this number; other words find nothing."""
        if not search_term.strip():
            return queryset, False
        asked = _NUMBER.match(search_term.strip())
        if not asked:
            return queryset.none(), False
        number = min(int(asked[1]), _BIGGEST_NUMBER)
        # Two indices in the order of the list: of either no more than can be paged through.
        newest = queryset.order_by("-pk").values_list("pk", flat=True)
        about, by = (
            newest.filter(**{column: number})[:MOST_COUNTED] for column in ("customer", "actor")
        )
        return queryset.filter(pk__in={*about, *by}), False

    @admin.display(description=_("who"))
    def who(self, event: StaffEvent) -> str:
        """Return the address of who did it; the number of somebody who is gone, or nobody."""
        if event.actor is None:
            return "–"
        return getattr(event, "address", None) or f"#{event.actor}"

    @admin.display(description=_("role"))
    def role_shown(self, event: StaffEvent) -> str:
        """Return the role in which it was done, in words."""
        return _word(Role, event.role) or "–"

    @admin.display(description=_("account"))
    def account(self, event: StaffEvent) -> str:
        """Return the way to the account that it is about."""
        if event.customer is None:
            return "–"
        page = "staffmember" if event.action in ABOUT_STAFF else "user"
        address = reverse(f"admin:accounts_{page}_change", args=[event.customer])
        return format_html('<a href="{}">#{}</a>', address, event.customer)

    @admin.display(description=_("reason"))
    def reason_shown(self, event: StaffEvent) -> str:
        """Return the reason, in words."""
        return str(label(event.reason)) or "–"

    @admin.display(description=_("before and after"))
    def difference(self, event: StaffEvent) -> str:
        """Return what was before and what after, line by line."""
        lines = []
        for name in sorted({*event.before, *event.after}):
            title = str(_FACTS[name][0]) if name in _FACTS else name
            after = _value(name, event.after.get(name))
            if name in event.before:
                lines.append((title, f"{_value(name, event.before[name])} → {after}"))
            elif after != "–":
                lines.append((title, after))
        return format_html_join(SafeString("<br>"), "{}: {}", lines) or "–"


def _readable(request: HttpRequest) -> Q | None:
    """Return which rows whoever asks may read; None for none at all."""
    if is_allowed(request, Right.READ_EVENTS):
        return Q()
    readable = []
    if is_allowed(request, Right.READ_STAFF_EVENTS):
        readable.append(Q(action__in=ABOUT_STAFF))
    if is_allowed(request, Right.READ_OWN_EVENTS):
        readable.append(Q(actor=request.user.pk))
    return readable[0] if readable else None


def _value(name: str, value: Any) -> str:
    """Return a fact in words."""
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, dict):
        return in_words(value) or "–"
    if isinstance(value, list):
        return ", ".join(_value(name, each) for each in value) or "–"
    if value is None or value == "":
        return "–"
    if name == "step":
        return step_label(str(value))
    if name == "table":
        return str(TITLES.get(value, value))
    if name == "country":
        return country.name(str(value))
    codes = _FACTS[name][1] if name in _FACTS else None
    return (_word(codes, str(value)) if codes else "") or str(value)


def _word(codes: Any, code: str) -> str:
    """Return what a code is called; an unknown one as it is."""
    return str(dict(codes.choices).get(code, code))
