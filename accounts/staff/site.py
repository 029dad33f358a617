"""Serve the staff's pages: Django's own, with our words, our limits at its doors and our guard."""

from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.services.credentials import FAILED_SIGN_INS
from accounts.staff.guard import refuse_nonsense
from accounts.staff.password_change import StaffPasswordChangeView
from accounts.staff.sign_in import TRIED_TOO_OFTEN, StaffSignInForm
from kantor.serving.network import held_up


class StaffSite(AdminSite):
    """The admin site of the project (`accounts.apps.StaffSiteConfig` names it)."""

    site_header = _("kantor.pl – customer service")
    site_title = _("kantor.pl – customer service")
    index_title = _("What would you like to look after?")
    login_form = StaffSignInForm
    # Four kinds of things need no second menu; the tables need its width.
    enable_nav_sidebar = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # One by one, with its page of consequences; a class that means it names the action itself.
        self.disable_action("delete_selected")

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Guard every page of signed-in staff."""
        return super().admin_view(refuse_nonsense(view), cacheable)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Let staff in; too many tries have their status."""
        response: HttpResponse = super().login(request, extra_context)
        form = (getattr(response, "context_data", None) or {}).get("form")
        if form is not None and form.has_error(NON_FIELD_ERRORS, TRIED_TOO_OFTEN):
            return held_up(response, FAILED_SIGN_INS.window)
        return response

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Let staff change their own password."""
        request.current_app = self.name
        return StaffPasswordChangeView.as_view(
            success_url=reverse("admin:password_change_done", current_app=self.name),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )(request)
