"""Let administrators look after the accounts of staff; never after their own."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.by_role import ByRole
from accounts.admin.filters import OnlyFilters
from accounts.admin.pagination import CappedPaginator
from accounts.desk import staff
from accounts.desk.at_work import desk_of
from accounts.desk.roles import Right, Role, given_role
from accounts.models import StaffMember, User
from accounts.sessions.confirmation import factor_now


class MemberForm(forms.ModelForm[StaffMember]):
    """Ask for the role, and whether this person works here.

    It says along with the answers what the page showed: of two administrators at once the later
    one is told what the earlier did, and nothing is overwritten unseen.
    """

    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, widget=forms.RadioSelect)
    works_here = forms.BooleanField(
        label=_("Works here"),
        required=False,
        help_text=_("Without this the person is signed out at once and cannot sign in."),
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            known = given_role(self.instance)
            self.initial["role"] = known.value if known else ""
            self.initial["works_here"] = self.instance.is_active
            self.initial["seen"] = standing(self.instance)

    def clean(self) -> dict[str, Any]:
        """Refuse to change what was not seen; the row is locked until the change is stored."""
        cleaned = super().clean() or self.cleaned_data
        stored = StaffMember.objects.select_for_update().get(pk=self.instance.pk)
        if cleaned.get("seen") == standing(stored):
            return cleaned
        self.data = {**self.data, "seen": standing(stored)}
        known = given_role(stored)
        said = gettext(
            "This account has been changed since you opened the page. Now: role “%(role)s”, works"
            " here: %(works)s. Check what you have chosen and save again."
        )
        role = known.label if known else gettext("none")
        works = gettext("yes") if stored.is_active else gettext("no")
        raise forms.ValidationError(said % {"role": role, "works": works}, "overtaken")


def standing(member: User) -> str:
    """Return what an administrator can change of a member, to be compared later."""
    known = given_role(member)
    return f"{known.value if known else ''}.{int(member.is_active)}"


@admin.register(StaffMember)
class StaffMemberAdmin(ByRole, OnlyFilters, admin.ModelAdmin[StaffMember]):
    """Show who works here and in which role; nobody is added or deleted by a click."""

    sees = Right.MANAGE_STAFF
    changes = Right.MANAGE_STAFF
    form = MemberForm
    list_display = ("number", "email", "role_shown", "works", "last_login")
    list_display_links = ("number", "email")
    sortable_by = ()
    ordering = ("email_key",)
    list_per_page = 25
    list_max_show_all = 25
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ()
    readonly_fields = ("number", "email", "role_shown", "works", "last_login", "activated_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[StaffMember]:
        """Return the accounts of staff."""
        return super().get_queryset(request).filter(is_staff=True).prefetch_related("groups")

    @method_decorator(factor_now)
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show and change one, with a method that was given in the last five minutes."""
        response: HttpResponse = super().change_view(request, object_id, form_url, extra_context)
        return response

    def has_change_permission(self, request: HttpRequest, obj: StaffMember | None = None) -> bool:
        """Let nobody change his own account."""
        is_own = obj is not None and obj.pk == request.user.pk
        return not is_own and super().has_change_permission(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: StaffMember | None = None) -> Any:
        """Ask about others; of one's own account only show how it is."""
        shown = ("number", "email", "last_login", "activated_at")
        can_change = self.has_change_permission(request, obj)
        asked = ("role", "works_here", "seen") if can_change else ("role_shown", "works")
        return [(None, {"fields": (*shown, *asked)})]

    def get_form(
        self,
        request: HttpRequest,
        obj: StaffMember | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> type[forms.ModelForm[StaffMember]]:
        """Leave the questions out where nothing is to be changed."""
        if not self.has_change_permission(request, obj):
            kwargs["form"] = forms.ModelForm
        return super().get_form(request, obj, change, **kwargs)

    def save_model(self, request: HttpRequest, obj: StaffMember, form: Any, change: bool) -> None:
        """Change it by the service, which records it; Django holds both in one transaction."""
        desk = desk_of(request)
        staff.set_role(obj, Role(form.cleaned_data["role"]), desk=desk)
        staff.set_active(obj, is_active=form.cleaned_data["works_here"], desk=desk)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Leave it to the audit, which says what was before."""

    @admin.display(description=_("number"))
    def number(self, member: StaffMember) -> str:
        """Return what the account is called in the audit."""
        return str(member)

    @admin.display(description=_("role"))
    def role_shown(self, member: StaffMember) -> str:
        """Return the role, in words; without one nothing is to be seen."""
        known = given_role(member)
        return str(known.label if known else _("none"))

    @admin.display(description=_("works here"))
    def works(self, member: StaffMember) -> str:
        """Tell in words whether this person may sign in: Django's picture is called "True"."""
        return gettext("yes") if member.is_active else gettext("no")
