"""Hold the deletion of a customer's data by a form of its own, and release it there."""

from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.by_role import is_allowed
from accounts.admin.case import overtaken_page
from accounts.desk import holds
from accounts.desk.at_work import desk_of
from accounts.desk.decisions import Incomplete, Refused
from accounts.desk.overtaken import Overtaken
from accounts.desk.reasons import HoldRelease
from accounts.desk.roles import Right
from accounts.models import Hold, User

TEMPLATE = "admin/accounts/user/holds.html"


class HoldForm(forms.Form):
    """Ask why the data are kept, and until when."""

    reason = forms.ChoiceField(
        label=_("Why must the details stay?"),
        choices=Hold.Reason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a reason.")},
    )
    until = forms.DateField(
        label=_("Until which day?"),
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"required": _("Choose a day.")},
    )

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data, label_suffix="")
        self.latest = holds.latest_day(user)
        self.fields["until"].widget.attrs |= {
            "min": timezone.localdate().isoformat(),
            "max": self.latest.isoformat(),
        }
        self.fields["until"].help_text = gettext(
            "That day included; at the latest %(day)s."
        ) % {"day": date_format(self.latest, "SHORT_DATE_FORMAT")}  # fmt: skip

    def refuse_day(self) -> None:
        """Say that the day is past, or beyond what the law allows."""
        self.add_error(
            "until",
            gettext("Choose a day from today to %(day)s.")
            % {"day": date_format(self.latest, "SHORT_DATE_FORMAT")},
        )


class ReleaseForm(forms.Form):
    """Ask which hold ends, and why."""

    hold = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**63 - 1)
    why = forms.ChoiceField(
        label=_("Why does the hold end?"),
        choices=HoldRelease.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a reason.")},
    )

    def __init__(self, hold: Hold | None = None, data: Any = None) -> None:
        number = hold.pk if hold else None
        super().__init__(
            data, initial={"hold": number}, auto_id=f"release_{number}_%s", label_suffix=""
        )
        self.row = hold


def hold(request: HttpRequest, number: int) -> HttpResponse:
    """Show the holds of a customer; set one, or release one.

    400 for what no page sends, with the page and its messages where something is missing; 409 where
    somebody else has released it meanwhile.
    """
    if not is_allowed(request, Right.OVERRULE):
        raise PermissionDenied
    user = get_object_or_404(User.objects.select_related("customer"), pk=number, is_staff=False)
    if not holds.can_be_held(user):
        raise PermissionDenied
    if request.method != "POST":
        return _page(request, user, HoldForm(user))
    if request.POST.get("step") == "release":
        return _release(request, user)
    return _set(request, user)


def _set(request: HttpRequest, user: User) -> HttpResponse:
    form = HoldForm(user, request.POST)
    if form.is_valid():
        asked = form.cleaned_data
        try:
            holds.set_hold(user, asked["reason"], asked["until"], desk=desk_of(request))
        except Refused as refused:
            raise BadRequest("A hold that was not offered") from refused
        except Incomplete:
            form.refuse_day()
        else:
            messages.success(request, gettext("The deletion is on hold."))
            return redirect("admin:accounts_user_change", user.pk)
    return _page(request, user, form, HTTPStatus.BAD_REQUEST)


def _release(request: HttpRequest, user: User) -> HttpResponse:
    form = ReleaseForm(data=request.POST)
    if form.has_error("hold"):
        raise BadRequest("A hold that no page shows")
    if not form.is_valid():
        return _page(request, user, HoldForm(user), HTTPStatus.BAD_REQUEST, tried=request.POST)
    asked = form.cleaned_data
    try:
        holds.release(user, asked["hold"], asked["why"], desk=desk_of(request))
    except Refused as refused:
        raise BadRequest("A hold that was not offered") from refused
    except Overtaken as overtaken:
        return overtaken_page(request, user, overtaken, asked)
    messages.success(request, gettext("The hold is released."))
    return redirect("admin:accounts_user_change", user.pk)


def _page(
    request: HttpRequest,
    user: User,
    form: HoldForm,
    status: int = HTTPStatus.OK,
    *,
    tried: QueryDict | None = None,
) -> HttpResponse:
    """Return the page; `tried` is what was sent to release a hold, and is not right."""
    number = tried.get("hold") if tried is not None else None
    context = {
        **admin.site.each_context(request),
        "title": gettext("Hold the deletion"),
        "account": user,
        "back": reverse("admin:accounts_user_change", args=[user.pk]),
        "form": form,
        "releases": [
            ReleaseForm(each, tried if str(each.pk) == number else None)
            for each in holds.shown_to(user, desk_of(request).user)
        ],
    }
    return render(request, TEMPLATE, context, status=status)
