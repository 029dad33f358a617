"""Erase an account by a form of its own, and answer what another officer proposed about one."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.by_role import is_allowed
from accounts.admin.case import overtaken_page, said
from accounts.desk import standing
from accounts.desk.at_work import desk_of
from accounts.desk.decisions import Incomplete, Refused
from accounts.desk.overtaken import Overtaken
from accounts.desk.reasons import Erasure, label
from accounts.desk.roles import Right
from accounts.models import AccountProposal, User
from accounts.models.staff import NOTE_LENGTH

ERASE_TEMPLATE = "admin/accounts/user/erase.html"
PROPOSAL_TEMPLATE = "admin/accounts/user/proposal.html"


class ErasureForm(forms.Form):
    """Ask why."""

    reason = forms.ChoiceField(
        label=_("Why do you delete the account?"),
        choices=Erasure.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a reason.")},
    )


class AnswerForm(forms.Form):
    """Ask for the note that goes back with a proposal; which proposal it was, the page says."""

    proposal = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    note = forms.CharField(
        label=_("Note for staff"),
        help_text=_("Required. Never sent to the customer."),
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": NOTE_LENGTH}),
        required=False,
    )


def erase(request: HttpRequest, number: int) -> HttpResponse:
    """Ask why, then erase the account or propose it; 403 where a relationship existed."""
    user = _account(request, number)
    if not standing.is_erasable(user) or hasattr(user, "account_proposal"):
        raise PermissionDenied
    form = ErasureForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            is_done = standing.erase(user, form.cleaned_data["reason"], desk=desk_of(request))
        except Refused as refused:
            raise PermissionDenied from refused
        if not is_done:
            messages.success(request, gettext("The decision waits for a second person."))
            return redirect(_page(number))
        messages.success(request, gettext("The account is deleted."))
        return redirect("admin:accounts_user_changelist")
    shown = {"form": form, "needs_second": standing.needs_second_person()}
    return _render(request, ERASE_TEMPLATE, user, gettext("Delete the account"), shown)


def answer(request: HttpRequest, number: int) -> HttpResponse:
    """Show what was proposed; confirm it, return it with a note, or withdraw one's own."""
    user, desk = _account(request, number), desk_of(request)
    proposal: AccountProposal | None = getattr(user, "account_proposal", None)
    form = AnswerForm(
        request.POST if request.method == "POST" else None,
        initial={"proposal": proposal.pk if proposal else None},
        label_suffix="",
    )
    if request.method == "POST":
        if not form.is_valid():
            raise BadRequest("An answer that no page sends")
        asked, step = form.cleaned_data["proposal"], request.POST.get("step", "")
        try:
            if step == "confirm":
                standing.confirm(user, asked, desk=desk)
            elif step == "return":
                standing.send_back(user, asked, form.cleaned_data["note"], desk=desk)
            elif step == "withdraw":
                standing.withdraw(user, asked, desk=desk)
            else:
                raise BadRequest("A step that does not exist")
        except Refused as refused:
            raise BadRequest("An answer that was not offered") from refused
        except Overtaken as overtaken:
            return overtaken_page(request, user, overtaken, form.cleaned_data)
        except Incomplete:
            form.add_error("note", gettext("Write a note: at most 2,000 characters."))
        else:
            messages.success(request, said(is_done=True))
            is_gone = not User.objects.filter(pk=number).exists()
            return redirect("admin:accounts_user_changelist" if is_gone else _page(number))
    if proposal is None:
        return redirect(_page(number))
    shown = {
        "form": form,
        "proposal": proposal,
        "reason": label(proposal.reason, desk.user),
        "is_own": proposal.author_id == desk.user.pk,
    }
    return _render(request, PROPOSAL_TEMPLATE, user, gettext("Answer the proposal"), shown)


def _account(request: HttpRequest, number: int) -> User:
    if not is_allowed(request, Right.OVERRULE):
        raise PermissionDenied
    accounts = User.objects.select_related("customer", "account_proposal__author")
    return get_object_or_404(accounts, pk=number, is_staff=False)


def _render(
    request: HttpRequest, template: str, user: User, title: str, shown: dict[str, Any]
) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": title,
        "account": user,
        "back": _page(user.pk),
        **shown,
    }
    return render(request, template, context)


def _page(number: int) -> str:
    return reverse("admin:accounts_user_change", args=[number])
