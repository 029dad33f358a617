"""List the accounts, show one whole, and carry out what staff decide."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import BaseModelFormSet, ModelForm
from django.http import HttpRequest
from django.urls import path
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.admin import reveal, search
from accounts.admin.by_role import ByRole, is_allowed
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
from accounts.desk.masks import SEARCHES
from accounts.desk.roles import Right
from accounts.models import Customer, ReviewState, StaffEvent, User
from accounts.services import registration, review
from accounts.services.allowance import Purpose


@admin.register(User)
class AccountAdmin(ByRole, OnlyFilters, admin.ModelAdmin[User]):
    """Look after customers' accounts.

    Who sees and decides what, the roles say; accounts of staff have a page of their own. Nobody
    adds an account, changes its address or touches its password here. A list of a million accounts
    costs what a list of a thousand does: 25 rows, a capped count, indexed search, no dates' menu.
    """

    sees = Right.SEE_CUSTOMERS
    changes = Right.DECIDE
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
    actions = ("approve", "suspend", "unsuspend", "send_link")
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

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Tell whether whoever asks decides about customers; asked for actions, as the next two."""
        return is_allowed(request, Right.DECIDE)

    def has_overrule_permission(self, request: HttpRequest) -> bool:
        return is_allowed(request, Right.OVERRULE)

    def has_help_permission(self, request: HttpRequest) -> bool:
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
        """Add the page on which a masked field is asked for."""
        asked = self.admin_site.admin_view(reveal.reveal)
        page = path("<int:number>/reveal/<str:field>/", asked, name="accounts_user_reveal")
        return [page, *super().get_urls()]

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

    def save_model(
        self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool
    ) -> None:
        """Store only what was changed: the rest of the row may be newer than what was loaded."""
        obj.save(update_fields=[name for name in form.changed_data if name != "groups"])

    def save_formset(
        self,
        request: HttpRequest,
        form: ModelForm[User],
        formset: BaseModelFormSet[Any, Any],
        change: bool,
    ) -> None:
        """Record a decision, the only thing of the parts that can be changed."""
        for changed in formset.save(commit=False):
            assert isinstance(changed, Customer)
            review.decide(
                changed,
                changed.review_state,
                by=_staff(request),
                note=changed.review_note,
                words=changed.review_words,
                sections=changed.review_sections or (),
            )

    # -- actions ------------------------------------------------------------------------

    @admin.action(description=_("Approve the selected customers"), permissions=["decide"])
    def approve(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Approve the customers, their notes kept."""
        self._carry_out(
            request,
            queryset,
            partial(review.approve, by=_staff(request)),
            gettext("Approved."),
            ngettext_lazy("%(count)d customer approved.", "%(count)d customers approved.", "count"),
        )

    @admin.action(description=_("Suspend the selected accounts"), permissions=["decide"])
    def suspend(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Close the accounts and with them their sessions; never one's own."""
        self._carry_out(
            request,
            queryset,
            lambda user: user != request.user and review.suspend(user),
            gettext("Suspended."),
            ngettext_lazy("%(count)d account suspended.", "%(count)d accounts suspended.", "count"),
        )

    @admin.action(
        description=_("End the suspension of the selected accounts"), permissions=["overrule"]
    )
    def unsuspend(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Open suspended accounts again."""
        self._carry_out(
            request,
            queryset,
            review.unsuspend,
            gettext("Suspension ended."),
            ngettext_lazy("%(count)d suspension ended.", "%(count)d suspensions ended.", "count"),
        )

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
