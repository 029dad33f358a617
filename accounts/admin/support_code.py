"""Ask a member of staff for the code of a visitor on the phone, and show where he is."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.by_role import ByRole
from accounts.desk import support, wording
from accounts.desk.at_work import desk_of
from accounts.desk.roles import Right
from accounts.limits import UsedUpError
from accounts.models import SupportCode
from accounts.statistics.support_code import Page
from kantor.serving.network import held_up


class CodeForm(forms.Form):
    """Ask for a code."""

    code = forms.CharField(
        label=_("Code for the consultant"),
        help_text=_("6 letters and digits that the visitor reads to you."),
        widget=forms.TextInput(
            {
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "size": "10",
            }
        ),
        error_messages={"required": _("Enter the code.")},
    )


@admin.register(SupportCode)
class SupportCodeAdmin(ByRole, admin.ModelAdmin[SupportCode]):
    """Find a page by its code; there is no list of codes, and nothing to be changed."""

    sees = Right.HELP

    def get_urls(self) -> list[URLPattern]:
        """Have one address."""
        view = self.admin_site.admin_view(self.changelist_view)
        return [path("", view, name="accounts_supportcode_changelist")]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask for a code, and answer one that is sent on the same page: it is in no address."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form, context = CodeForm(label_suffix=""), {"is_answered": False}
        wait = None
        if request.method == "POST":
            if "code" not in request.POST:
                raise BadRequest("A question that no page sends")
            form = CodeForm(request.POST, label_suffix="")
            if form.is_valid():
                try:
                    answer = support.look_up(form.cleaned_data["code"], desk_of(request))
                except UsedUpError as error:
                    wait = error.wait
                else:
                    context = {"is_answered": True, **_in_words(answer.page)}
        response: HttpResponse = TemplateResponse(
            request,
            "admin/accounts/supportcode/look.html",
            {
                **self.admin_site.each_context(request),
                "title": gettext("Code for the consultant"),
                "form": form,
                "wait_minutes": None if wait is None else -(-int(wait.total_seconds()) // 60),
                **context,
            },
        )
        return response if wait is None else held_up(response, wait)


def _in_words(page: Page | None) -> dict[str, Any]:
    if page is None:
        return {"page": None}
    return {
        "page": page,
        "step": wording.step_label(page.step),
        "kind": wording.kind_label(page.kind),
        "language": wording.language_label(page.language),
        "messages_shown": [
            (wording.field_label(name, page.kind), wording.message_label(code))
            for name, code in wording.in_order_of_page(page.messages, page.kind)
        ],
    }
