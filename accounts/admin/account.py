"""List the accounts, show one whole, and carry out what staff decide."""

from collections.abc import Callable
from copy import copy
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.admin import case, reveal, search
from accounts.admin.by_role import ByRole, is_allowed
from accounts.admin.case import CasePages
from accounts.admin.filters import OnlyFilters, StateFilter, state_of
from accounts.admin.inlines import (
    ConsentInline,
    CustomerInline,
    DataChangeInline,
    EmailChangeInline,
    MessageInline,
    SurveyInline,
)
from accounts.admin.pagination import CappedPaginator
from accounts.desk import events
from accounts.desk.at_work import desk_of
from accounts.desk.case import opened
from accounts.desk.masks import SEARCHES
from accounts.desk.roles import Right
from accounts.models import Customer, ReviewState, StaffEvent, User
from accounts.services import registration
from accounts.services.allowance import Purpose


@admin.register(User)
class AccountAdmin(CasePages, ByRole, OnlyFilters, admin.ModelAdmin[User]):
    """Look after customers' accounts.

    Who sees and decides what, the roles say; accounts of staff have a page of their own. Nobody
    adds an account, changes its address or touches its password here. A list of a million accounts
    costs what a list of a thousand does: 25 rows, a capped count, indexed search, no dates' menu.
    """

    sees = Right.SEE_CUSTOMERS
    deletes = Right.OVERRULE
    list_display = (
        "number",
        "email",
        "owner",
        "kind",
        "state",
        "review",
        "registered",
    )
    list_display_links = ("number", "email")
    # What an index orders.
    sortable_by = ("number", "registered")
    list_filter = (
        StateFilter,
        ("customer__kind", admin.ChoicesFieldListFilter),
        ("customer__review_state", admin.ChoicesFieldListFilter),
        ("survey_answer__source", admin.RelatedFieldListFilter),
        ("created_at", admin.DateFieldListFilter),
    )
    filter_lookups = frozenset(
        {
            "state",
            "customer__kind__exact",
            "customer__review_state__exact",
            "survey_answer__source__id__exact",
            "created_at__gte",
            "created_at__lt",
        }
    )
    list_select_related = ("customer",)
    list_per_page = 25
    list_max_show_all = 25
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    ordering = ("-created_at",)
    # Shows the box; what is typed is understood by `accounts.admin.search`.
    search_fields = ("email_key",)
    search_help_text = _(
        "The beginning of a surname, a company, a NIP or a phone number (at least 3 characters), "
        "of an e-mail address with its @, or #number. At most 1,001 matches are counted."
    )
    actions = ("send_link",)
    inlines = (
        CustomerInline,
        ConsentInline,
        DataChangeInline,
        EmailChangeInline,
        SurveyInline,
        MessageInline,
    )
    readonly_fields = (
        "number",
        "email",
        "state",
        "language",
        "created_at",
        "email_corrected_at",
        "activated_at",
        "suspended_at",
        "closed_at",
        "last_login",
    )
    fieldsets = ((None, {"fields": readonly_fields}),)

    # -- who may do what ----------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Return the accounts of customers."""
        return super().get_queryset(request).filter(is_staff=False)

    def has_help_permission(self, request: HttpRequest) -> bool:
        """Tell whether whoever asks helps customers; asked for actions."""
        return is_allowed(request, Right.HELP)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Keep whom we have approved: for five years after the end (AML act, art. 49)."""
        customer = _customer(obj) if obj is not None else None
        is_kept = customer is not None and customer.review_state == ReviewState.APPROVED
        return not is_kept and super().has_delete_permission(request, obj)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        """Delete it, and keep in the audit that it was; Django holds both in one transaction."""
        customer = _customer(obj)
        events.record(
            desk_of(request),
            StaffEvent.Action.ERASED,
            customer=obj.pk,
            before={"review": customer.review_state} if customer else {},
        )
        super().delete_model(request, obj)

    def get_urls(self) -> list[Any]:
        """Add the page on which a masked field is asked for, and where the page's forms lead."""
        asked = self.admin_site.admin_view(reveal.reveal)
        page = path("<int:number>/reveal/<str:field>/", asked, name="accounts_user_reveal")
        return [
            page,
            *(
                path(
                    f"<int:number>/{address}/",
                    self.admin_site.admin_view(require_POST(view)),
                    name=f"accounts_user_{name}",
                )
                for address, view, name in (
                    ("decyzja", self.decide, "decide"),
                    ("notatka", self.write_note, "note"),
                    ("przejecie", self.hold, "hold"),
                )
            ),
            *super().get_urls(),
        ]

    # -- the list -----------------------------------------------------------------------

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        """Search by what the words look like; never a row twice."""
        if not search_term:
            return queryset, False
        by = _staff(request)
        found = search.find(queryset, search_term, by=by)
        if not is_allowed(request, Right.REVEAL) and SEARCHES.is_used_up(str(by.pk)):
            words = gettext("Too many searches by whole numbers: they find nothing for a while.")
            self.message_user(request, words, messages.WARNING)
        return found, False

    @admin.display(description=_("number"), ordering="pk")
    def number(self, user: User) -> str:
        """Return what the customer is called in logs and in the history."""
        return str(user)

    @admin.display(description=_("name or company"))
    def owner(self, user: User) -> str | None:
        """Return the name of the company or of the person; nothing for staff."""
        customer = _customer(user)
        return customer.owner_name if customer else None

    @admin.display(description=_("kind"))
    def kind(self, user: User) -> str | None:
        """Return company or person, in words."""
        customer = _customer(user)
        return customer.get_kind_display() if customer else None

    @admin.display(description=_("state"))
    def state(self, user: User) -> str:
        """Return how the account stands, in words."""
        return str(state_of(user).label)

    @admin.display(description=_("review"))
    def review(self, user: User) -> str | None:
        """Return where the review is, in words."""
        customer = _customer(user)
        return customer.get_review_state_display() if customer else None

    @admin.display(description=_("registered at"), ordering="created_at")
    def registered(self, user: User) -> str:
        """Return the time of the registration, short enough for a column."""
        return date_format(localtime(user.created_at), "SHORT_DATETIME_FORMAT")

    # -- one account --------------------------------------------------------------------

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one customer whole; that the case was opened is written down.

        Nothing is changed here: what the page's small forms send has addresses of its own.
        """
        if request.method != "GET" or not self.has_view_permission(request):
            raise PermissionDenied
        user = self.get_object(request, unquote(object_id))
        if user is None:
            return super().change_view(request, object_id, form_url, extra_context)
        user = case.account_of(request, user.pk)
        opened(user, desk_of(request))
        return self.case_page(request, user, case.context(request, user))

    def case_page(
        self, request: HttpRequest, user: User, extra_context: dict[str, Any]
    ) -> HttpResponse:
        """Return the page of this customer, whatever the method of the request."""
        asked = copy(request)
        asked.method = "GET"
        return super().change_view(asked, str(user.pk), extra_context=extra_context)

    # -- actions ------------------------------------------------------------------------

    @admin.action(description=_("Send the activation link again"), permissions=["help"])
    def send_link(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Send pending accounts a new link, in the customer's language.

        Within limits of their own: what strangers asked for must not keep staff from helping.
        """
        self._carry_out(
            request,
            queryset,
            partial(registration.resend_link, asked=Purpose.ACQUAINTANCE),
            gettext("Activation link sent again."),
            ngettext_lazy("%(count)d link will be sent.", "%(count)d links will be sent.", "count"),
        )

    def _carry_out(
        self,
        request: HttpRequest,
        queryset: QuerySet[User],
        action: Callable[[User], bool],
        record: str,
        done_words: Any,
    ) -> None:
        """Apply the action to each account, put it into the history, and say how many it changed.

        What it did not apply to is told as well. `done_words` are a lazy plural by `count`.
        """
        done = passed_over = 0
        for user in queryset.select_related("customer"):
            if action(user):
                self.log_change(request, user, record)
                done += 1
            else:
                passed_over += 1
        if passed_over:
            passed_over_words = ngettext(
                "%(count)d account was skipped: this does not apply to it now.",
                "%(count)d accounts were skipped: this does not apply to them now.",
                passed_over,
            )
            words = passed_over_words % {"count": passed_over}
            self.message_user(request, words, messages.WARNING)
        if done:
            self.message_user(request, done_words % {"count": done}, messages.SUCCESS)


def _customer(user: User) -> Customer | None:
    return getattr(user, "customer", None)


def _staff(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
