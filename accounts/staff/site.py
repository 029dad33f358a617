"""Serve the staff's pages: Django's own, with our words, our limits at its doors and our guard."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from accounts.desk import events
from accounts.desk.at_work import desk_of
from accounts.desk.roles import Right, may
from accounts.models import StaffEvent, User
from accounts.sessions import factor
from accounts.staff import home, kept, keys
from accounts.staff.guard import refuse_nonsense
from accounts.staff.password_change import StaffPasswordChangeView
from accounts.staff.sign_in import TRIED_TOO_OFTEN, StaffSignInView
from kantor.serving.network import held_up

# Words of Django's that our catalogues say otherwise.
_SAID_OTHERWISE = (
    gettext_noop(
        "Items must be selected in order to perform actions on them. No items have been changed."
    ),
    gettext_noop("%(app)s administration"),
    gettext_noop("%(name)s with ID “%(key)s” doesn’t exist. Perhaps it was deleted?"),
    gettext_noop("Delete selected %(verbose_name_plural)s"),
    # Of Django 6.1; in Polish it has none.
    gettext_noop("- Select an option -"),
)


class StaffSite(AdminSite):
    """The admin site of the project (`accounts.apps.StaffSiteConfig` names it)."""

    site_header = _("kantor.pl – customer service")
    site_title = _("kantor.pl – customer service")
    index_title = _("The desk")
    index_template = "admin/desk.html"
    empty_value_display = "–"
    # Four kinds of things need no second menu; the tables need its width.
    enable_nav_sidebar = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # One by one, with its page of consequences; a class that means it names the action itself.
        self.disable_action("delete_selected")

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Guard every page of signed-in staff."""
        return super().admin_view(refuse_nonsense(view), cacheable)

    def get_urls(self) -> list[Any]:
        """Put the doors, staff's methods and what is done to cases before Django's addresses."""
        # Here, not above: these pages ask for this site.
        from accounts.staff.urls import urls_of

        return [
            *urls_of(self),
            path("retention/", self.admin_view(kept.show), name="retention"),
            path("cases/next/", self.admin_view(home.take_next), name="take_next"),
            path("cases/<int:number>/take/", self.admin_view(home.take), name="take"),
            path("cases/<int:number>/release/", self.admin_view(home.release), name="release"),
            *super().get_urls(),
        ]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Tell every page whether this browser has the keys, too, and which lead somewhere."""
        member = request.user if isinstance(request.user, User) else None
        return {
            **super().each_context(request),
            "has_keys": keys.are_on(request),
            "sees_cases": member is not None and may(member, Right.SEE_CUSTOMERS),
            "takes_cases": member is not None and may(member, Right.DECIDE),
        }

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Show what waits for this member of staff, and the ways to everything else."""
        assert isinstance(request.user, User)
        shown = {**home.context(request.user), **(extra_context or {})}
        return super().index(request, shown)

    def has_permission(self, request: HttpRequest) -> bool:
        """Let in active staff whose session was opened with a passkey or a code."""
        return super().has_permission(request) and factor.has_one(request)

    @method_decorator(never_cache)
    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Sign out, and write down who left."""
        if request.method == "POST" and self.has_permission(request):
            events.record(desk_of(request), StaffEvent.Action.SIGNED_OUT)
        return super().logout(request, extra_context)

    @method_decorator(never_cache)
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Let staff in, by a view of our own; too many tries have their status."""
        index = reverse("admin:index", current_app=self.name)
        if request.method == "GET" and self.has_permission(request):
            return HttpResponseRedirect(index)
        context = {
            **self.each_context(request),
            "title": gettext("Log in"),
            "subtitle": None,
            "app_path": request.get_full_path(),
            "username": request.user.get_username(),
            REDIRECT_FIELD_NAME: index,
            **(extra_context or {}),
        }
        # What was asked for goes before the index: the view puts it into the page itself.
        if REDIRECT_FIELD_NAME in request.GET or REDIRECT_FIELD_NAME in request.POST:
            del context[REDIRECT_FIELD_NAME]
        request.current_app = self.name
        response: Any = StaffSignInView.as_view(extra_context=context)(request)
        form = (getattr(response, "context_data", None) or {}).get("form")
        if form is not None and form.has_error(NON_FIELD_ERRORS, TRIED_TOO_OFTEN):
            response = held_up(response, form.wait)
        signed_in_or_shown: HttpResponse = response
        return signed_in_or_shown

    @method_decorator(never_cache)
    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Let staff change their own password."""
        request.current_app = self.name
        return StaffPasswordChangeView.as_view(
            success_url=reverse("admin:password_change_done", current_app=self.name),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )(request)
