"""Let officers keep the table of high-risk countries; who reads AML notes may look at it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.admin.by_role import ByRole
from accounts.admin.filters import OnlyFilters
from accounts.desk import risk
from accounts.desk.at_work import desk_of
from accounts.desk.roles import Right
from accounts.models import HighRiskCountry
from accounts.values import country


class CountryForm(forms.ModelForm[HighRiskCountry]):
    """Ask for a country."""

    code = forms.ChoiceField(label=_("Country"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = country.choices(get_language() or "pl")
        self.fields["code"] = forms.ChoiceField(
            label=self.fields["code"].label, choices=[("", "---------"), *names]
        )


@admin.register(HighRiskCountry)
class HighRiskCountryAdmin(ByRole, OnlyFilters, admin.ModelAdmin[HighRiskCountry]):
    """Show the table; a country is added and taken off it, never changed."""

    sees = Right.READ_AML
    adds = deletes = Right.OVERRULE
    form = CountryForm
    fields = ("code",)
    list_display = ("name", "added_by", "added_at")
    list_display_links = ("name",)
    list_select_related = ("added_by",)
    sortable_by = ()
    list_per_page = list_max_show_all = 300  # all there are
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ()

    @admin.display(description=_("country"))
    def name(self, row: HighRiskCountry) -> str:
        """Return what the country is called."""
        return country.name(row.code)

    def get_fields(self, request: HttpRequest, obj: HighRiskCountry | None = None) -> Any:
        """Ask for a country; of one that is there show who added it and when."""
        return ("code",) if obj is None else ("name", "added_by", "added_at")

    def get_readonly_fields(self, request: HttpRequest, obj: HighRiskCountry | None = None) -> Any:
        """Let nothing of a row be changed."""
        return () if obj is None else ("name", "added_by", "added_at")

    def save_model(
        self, request: HttpRequest, obj: HighRiskCountry, form: Any, change: bool
    ) -> None:
        """Add it by the service, which records it; Django holds both in one transaction."""
        risk.add(obj, desk=desk_of(request))

    def delete_model(self, request: HttpRequest, obj: HighRiskCountry) -> None:
        """Take it off by the service, which records it."""
        risk.remove(obj, desk=desk_of(request))

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Leave it to the audit."""

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[HighRiskCountry]) -> Any:
        """Leave it to the audit."""
