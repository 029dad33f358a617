"""List the accounts, show one whole, and carry out what staff decide."""

from copy import copy
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.admin import (
    account_list,
    bulk,
    case,
    copying,
    corrections,
    erasure,
    export,
    helping,
    holding,
    listed,
    reveal,
)
from accounts.admin.account_list import AccountList
from accounts.admin.bulk import BulkActions
from accounts.admin.by_role import ByRole, is_allowed
from accounts.admin.case import CasePages
from accounts.admin.helping import HelpPages
from accounts.admin.inlines import (
    ConsentInline,
    CustomerInline,
    DataChangeInline,
    EmailChangeInline,
    MessageInline,
    SurveyInline,
)
from accounts.desk import queue
from accounts.desk.at_work import desk_of
from accounts.desk.case import opened
from accounts.desk.roles import Right
from accounts.desk.states import state_of
from accounts.models import Customer, User
from accounts.sessions.confirmation import factor_now


@admin.register(User)
class AccountAdmin(CasePages, HelpPages, ByRole, BulkActions, admin.ModelAdmin[User]):
    """Look after customers' accounts.

    Who sees and decides what, the roles say; accounts of staff have a page of their own. Nobody
    adds an account, changes its address or touches its password here. A list of a million accounts
    costs what a list of a thousand does: 25 rows, a capped count, indexed search, no dates' menu.
    """

    # Deleted by its own page alone (`accounts.admin.erasure`), never by Django's.
    sees = Right.SEE_CUSTOMERS
    list_display = (
        "number",
        "email",
        "owner",
        "kind",
        "state",
        "review",
        "waiting",
        "holder",
        "registered",
    )
    list_display_links = ("number", "email")
    # In the order in which an index answers.
    sortable_by = ()
    list_per_page = list_max_show_all = bulk.MOST
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
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
    fieldsets = ((_("Account"), {"fields": readonly_fields}),)

    # -- who may do what ----------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Return the accounts of customers."""
        return super().get_queryset(request).filter(is_staff=False)

    def get_urls(self) -> list[Any]:
        """Add the search, the saved views, the reveal, and where the forms of a case lead."""
        guarded = self.admin_site.admin_view
        return [
            path(
                "<int:number>/reveal/<str:field>/",
                guarded(reveal.reveal),
                name="accounts_user_reveal",
            ),
            path(
                "<int:number>/correct/<str:section>/",
                guarded(corrections.correct),
                name="accounts_user_correct",
            ),
            path(
                "<int:number>/propose/<str:field>/",
                guarded(corrections.propose),
                name="accounts_user_propose",
            ),
            *(
                path(
                    f"<int:number>/{address}/",
                    guarded(require_POST(view)),
                    name=f"accounts_user_{name}",
                )
                for address, view, name in (
                    ("decyzja", self.decide, "decide"),
                    ("notatka", self.write_note, "note"),
                    ("przejecie", self.hold, "hold"),
                    ("answer", corrections.answer, "answer"),
                    ("pomoc", self.help_customer, "help"),
                    ("wykaz", self.ask_register, "register"),
                )
            ),
            path(
                "<int:number>/usuniecie/",
                guarded(factor_now(erasure.erase)),
                name="accounts_user_erase",
            ),
            path(
                "<int:number>/wstrzymanie/",
                guarded(factor_now(holding.hold)),
                name="accounts_user_holds",
            ),
            path(
                "<int:number>/kopia/",
                guarded(factor_now(copying.make_copy)),
                name="accounts_user_copy",
            ),
            path(
                "<int:number>/propozycja/",
                guarded(factor_now(erasure.answer)),
                name="accounts_user_proposal",
            ),
            path("search/", guarded(account_list.search_accounts), name="accounts_user_search"),
            path("views/", guarded(account_list.save_view), name="accounts_user_save_view"),
            path(
                "views/<int:number>/delete/",
                guarded(account_list.delete_view),
                name="accounts_user_delete_view",
            ),
            path("export/", guarded(export.order), name="accounts_user_export"),
            path("exports/", guarded(export.exports), name="accounts_user_exports"),
            *(
                path(f"exports/<int:number>/{act}/", guarded(view), name=f"accounts_user_{name}")
                for act, view, name in (
                    ("file", export.fetch, "export_file"),
                    ("delete", export.drop, "export_delete"),
                    ("answer", export.answer, "export_answer"),
                )
            ),
            *super().get_urls(),
        ]

    # -- the list -----------------------------------------------------------------------

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[AccountList]:
        """Return the list that knows our filters."""
        return AccountList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show beside the list the views that this person saved."""
        views = account_list.views_of(_staff(request))
        shown = {
            "title": gettext("Accounts"),
            "saved_views": views,
            "sees_numbers": is_allowed(request, Right.REVEAL),
            "export_form": export.form_for(request),
            **(extra_context or {}),
        }
        response: HttpResponse = super().changelist_view(request, shown)
        listed.note(request, response, "accounts")
        return response

    @admin.display(description=_("number"))
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

    @admin.display(description=_("time"))
    def waiting(self, user: User) -> str:
        """Return how long the case has been waiting for staff, in words."""
        return queue.wait_in_words(user) if user.waiting_since and user.is_active else "–"

    @admin.display(description=_("held by"))
    def holder(self, user: User) -> str:
        """Return who has taken the case and until when."""
        return bulk.held_in_words(user) if queue.is_held(user) else "–"

    @admin.display(description=_("registered at"))
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
        shown = {
            **helping.context(request, user),
            **corrections.context(request, user),
            **extra_context,
        }
        return super().change_view(asked, str(user.pk), extra_context=shown)


def _customer(user: User) -> Customer | None:
    return getattr(user, "customer", None)


def _staff(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
