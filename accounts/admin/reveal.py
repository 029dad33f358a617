"""Ask why a masked field is to be seen, and show it for five minutes."""

from http import HTTPStatus

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.by_role import is_allowed
from accounts.desk import masks
from accounts.desk.at_work import desk_of
from accounts.desk.masks import Field
from accounts.desk.reasons import Reveal
from accounts.desk.roles import Right
from accounts.limits import UsedUpError
from accounts.models import Customer
from kantor.serving.network import too_many


class ReasonForm(forms.Form):
    """Ask why."""

    reason = forms.ChoiceField(
        label=_("Why do you want to see it?"),
        choices=Reveal.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a reason.")},
    )


def reveal(request: HttpRequest, number: int, field: str) -> HttpResponse:
    """Show one field of a customer on his page for five minutes, once there is a reason.

    A GET asks for the reason, a POST reveals and leads back; whoever has revealed 60 fields in an
    hour has to wait.
    """
    if not is_allowed(request, Right.REVEAL):
        raise PermissionDenied
    if field not in Field.values:
        raise BadRequest("A field that is not masked")
    if not Customer.objects.filter(pk=number, user__is_staff=False).exists():
        raise Http404
    back = reverse("admin:accounts_user_change", args=[number])
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            masks.reveal(number, field, form.cleaned_data["reason"], desk=desk_of(request))
        except UsedUpError as error:
            return too_many(request, error.wait, back=back)
        messages.info(request, gettext("Shown for five minutes: %(field)s.") % {
            "field": Field(field).label
        })  # fmt: skip
        return redirect(back)
    context = {
        **admin.site.each_context(request),
        "title": gettext("Show a masked field: %(field)s") % {"field": Field(field).label},
        "form": form,
        "back": back,
        "number": number,
    }
    status = HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
    return render(request, "admin/accounts/user/reveal.html", context, status=status)
