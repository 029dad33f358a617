"""Hand an officer the copy of a customer's data that the customer has asked for."""

from http import HTTPStatus

from django import forms
from django.contrib import admin
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from accounts.admin.by_role import is_allowed
from accounts.desk import copies
from accounts.desk.at_work import desk_of
from accounts.desk.decisions import Refused
from accounts.desk.reasons import CopyMade
from accounts.desk.roles import Right
from accounts.limits import UsedUpError
from accounts.models import User
from accounts.privacy import copy
from kantor.serving.network import too_many

FORMATS = ("html", "json")


class CopyForm(forms.Form):
    """Ask why."""

    reason = forms.ChoiceField(
        label=_("Why is a copy made?"),
        choices=CopyMade.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a reason.")},
    )


@never_cache
def make_copy(request: HttpRequest, number: int) -> HttpResponse:
    """Ask why, then hand out the copy as a file, in the language of the customer.

    Only POST counts and writes. Whoever has made twenty in an hour has to wait.
    """
    if not is_allowed(request, Right.OVERRULE):
        raise PermissionDenied
    accounts = User.objects.select_related("customer")
    user = get_object_or_404(accounts, pk=number, is_staff=False)
    if user.anonymised_at is not None:
        raise PermissionDenied
    back = reverse("admin:accounts_user_change", args=[number])
    form = CopyForm(request.POST if request.method == "POST" else None, label_suffix="")
    if form.is_valid():
        format_ = request.POST.get("format", "")
        if format_ not in FORMATS:
            raise BadRequest("A format that does not exist")
        try:
            return _file(request, user, form.cleaned_data["reason"], format_)
        except UsedUpError as error:
            return too_many(request, error.wait, back=back)
        except Refused as refused:
            raise BadRequest("A copy that was not offered") from refused
    context = {
        **admin.site.each_context(request),
        "title": gettext("Copy of details for the customer"),
        "account": user,
        "back": back,
        "form": form,
    }
    status = HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
    return render(request, "admin/accounts/user/copy.html", context, status=status)


def _file(request: HttpRequest, user: User, reason: str, format_: str) -> HttpResponse:
    sections = copies.make(user, reason, desk=desk_of(request))
    with translation.override(user.language):
        if format_ == "json":
            options = {"ensure_ascii": False, "indent": 2}
            response: HttpResponse = JsonResponse(copy.as_json(sections), json_dumps_params=options)
        else:
            context = {"sections": sections, "made_at": timezone.now()}
            response = render(request, "accounts/privacy/copy.html", context)
    name = f"kantor.pl-{user.pk}-{timezone.localdate().isoformat()}.{format_}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
