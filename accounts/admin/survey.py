"""Let staff keep the answers that the survey offers."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from accounts.admin.by_role import ByRole
from accounts.admin.filters import OnlyFilters
from accounts.desk.roles import Right
from accounts.models import Source


class RowForm(forms.ModelForm[Source]):
    """Name each field of a row for who hears the table: Django leaves them to their columns."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = f"{field.label}: {self.instance}"


@admin.register(Source)
class SourceAdmin(ByRole, OnlyFilters, admin.ModelAdmin[Source]):
    """Keep the sources in both languages, in their order, in one table.

    One that customers have chosen cannot be deleted: stop offering it instead.
    """

    sees = changes = adds = deletes = Right.MANAGE_SOURCES
    actions = ("delete_selected",)
    list_display = ("id", "position", "name_pl", "name_en", "asks_details", "is_active")
    list_display_links = ("id",)
    list_editable = ("position", "name_pl", "name_en", "asks_details", "is_active")
    fields = ("name_pl", "name_en", "position", "asks_details", "is_active")

    def get_changelist_form(
        self, request: HttpRequest, **kwargs: Any
    ) -> type[forms.ModelForm[Source]]:
        """Return the form of one row, with names for its fields."""
        return super().get_changelist_form(request, form=RowForm, **kwargs)
