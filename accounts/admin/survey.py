"""Let staff keep the answers that the survey offers."""

from django.contrib import admin

from accounts.admin.by_role import ByRole
from accounts.admin.filters import OnlyFilters
from accounts.desk.roles import Right
from accounts.models import Source


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
