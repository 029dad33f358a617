"""Let staff answer what customers ask to be changed."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.by_role import ByRole
from accounts.admin.corrections import TAKEN_BY_OTHER
from accounts.admin.filters import OnlyFilters
from accounts.admin.pagination import CappedPaginator
from accounts.desk import corrections, masks
from accounts.desk.at_work import desk_of
from accounts.desk.case import opened
from accounts.desk.decisions import is_held_by_other
from accounts.desk.roles import Right
from accounts.models import Customer, DataRequest


class DecisionForm(forms.ModelForm[DataRequest]):
    """Ask for the decision and the words for the customer, who reads them in a mail."""

    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=(
            (DataRequest.State.ACCEPTED.value, _("accept: the details change at once")),
            (DataRequest.State.REFUSED.value, _("refuse")),
        ),
        widget=forms.RadioSelect,
    )

    def clean(self) -> dict[str, Any]:
        """Refuse without words only what needs none: whoever is refused is told why."""
        cleaned = super().clean() or self.cleaned_data
        is_refusal = cleaned.get("decision") == DataRequest.State.REFUSED
        if is_refusal and not cleaned.get("answer"):
            self.add_error("answer", _("Tell the customer why."))
        return cleaned


@admin.register(DataRequest)
class DataRequestAdmin(ByRole, OnlyFilters, admin.ModelAdmin[DataRequest]):
    """Show requests, the open ones to be decided; nobody adds or deletes one here."""

    sees = Right.SEE_CUSTOMERS
    changes = Right.DECIDE
    form = DecisionForm
    list_display = ("id", "section", "state", "created_at", "closed_at")
    list_filter = ("state",)
    filter_lookups = frozenset({"state__exact"})
    list_per_page = 25
    list_max_show_all = 25
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ()
    readonly_fields = ("account", "section", "difference", "reason", "state", "created_at")

    def get_fieldsets(self, request: HttpRequest, obj: DataRequest | None = None) -> Any:
        """Ask about an open one; of a closed one show the words that were sent."""
        asks = ("decision",) if self.has_change_permission(request, obj) else ()
        return [(None, {"fields": (*self.readonly_fields, "answer", *asks)})]

    def has_change_permission(self, request: HttpRequest, obj: DataRequest | None = None) -> bool:
        """Let an open request be decided, unless somebody else has taken the customer's case."""
        if not super().has_change_permission(request, obj):
            return False
        is_open = obj is None or obj.state == DataRequest.State.OPEN
        return is_open and not (obj is not None and _is_held(request, obj))

    def get_form(
        self,
        request: HttpRequest,
        obj: DataRequest | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> type[forms.ModelForm[DataRequest]]:
        """Leave the question out where there is nothing to decide."""
        if not self.has_change_permission(request, obj):
            kwargs["form"] = forms.ModelForm
        return super().get_form(request, obj, change, **kwargs)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> DataRequest | None:
        """Return the request; lock it for a decision, so that whoever comes second sees the first.

        Django calls this in the transaction in which it saves.
        """
        asked = super().get_object(request, object_id, from_field)
        if asked is not None and request.method == "POST":
            asked = self.get_queryset(request).select_for_update(of=("self",)).get(pk=asked.pk)
        if asked is not None:
            # Revealed on the page of the account, it is seen here as well.
            asked.sight = masks.sight(asked.user_id, desk_of(request))  # type: ignore[attr-defined]
        return asked

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one, which is written down; tell whoever decides too late why it was not done."""
        asked = super().get_object(request, object_id or "")
        if request.method != "POST" and asked is not None and self.has_view_permission(request):
            # The customer's data stand here, too.
            opened(asked.user, desk_of(request))
            if asked.state == DataRequest.State.OPEN and _is_held(request, asked):
                self.message_user(request, str(TAKEN_BY_OTHER), messages.WARNING)
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except PermissionDenied:
            asked = super().get_object(request, object_id or "")
            is_late = asked is not None and asked.state != DataRequest.State.OPEN
            is_held = asked is not None and _is_held(request, asked)
            if not (is_late or is_held) or not super().has_change_permission(request):
                raise
        if is_late:
            self.message_user(request, gettext("It was closed already."), messages.WARNING)
        return redirect(request.path)

    def save_model(self, request: HttpRequest, obj: DataRequest, form: Any, change: bool) -> None:
        """Decide by the service, which stores what is decided and owes the mail."""
        accepts = form.cleaned_data["decision"] == DataRequest.State.ACCEPTED
        answer = form.cleaned_data["answer"]
        corrections.answer_request(obj, accepts=accepts, answer=answer, desk=desk_of(request))

    @admin.display(description=_("account"))
    def account(self, asked: DataRequest) -> str:
        """Return the number of the account."""
        return str(asked.user)

    @admin.display(description=_("now, and wanted"))
    def difference(self, asked: DataRequest) -> str:
        """Return what would change, line by line; what is masked on the account's page is here."""
        customer = Customer.objects.get(user=asked.user_id)
        fields = {field.name: field for field in Customer._meta.fields}
        lines = (
            (
                fields[name].verbose_name,
                asked.sight.show(name, getattr(customer, name)),  # type: ignore[attr-defined]
                asked.sight.show(name, wanted),  # type: ignore[attr-defined]
            )
            for name, wanted in asked.wanted.items()
            if getattr(customer, name) != wanted
        )
        return format_html_join(SafeString("<br>"), "{}: {} → {}", lines)


def _is_held(request: HttpRequest, asked: DataRequest) -> bool:
    """Tell whether somebody else has taken the case of who asks."""
    return is_held_by_other(asked.user, desk_of(request).user)
