"""Help one customer on his page, by small forms: activation again, reset mail, end sessions."""

import re

from django import forms
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.case import account_of
from accounts.desk import helping, register
from accounts.desk.at_work import desk_of
from accounts.desk.decisions import Incomplete, Refused
from accounts.desk.reasons import Override
from accounts.models import RegisterCheck, User

_NUMBER = re.compile(r"[0-9]{1,18}\Z", re.ASCII)
DONE: dict[str, Promise] = {
    "link": _("The activation link will be sent."),
    "override": _("The activation link will be sent."),
    "reset": _("The e-mail for a new password will be sent."),
    "session": _("The session is ended."),
    "sessions": _("All sessions are ended."),
}


class OverrideForm(forms.Form):
    """Ask an officer why a link is to go before its time."""

    reason = forms.ChoiceField(label=_("Reason"), choices=[("", "---------"), *Override.choices])

    def __init__(self) -> None:
        super().__init__(auto_id="override_%s", label_suffix="")


def context(request: HttpRequest, user: User) -> dict[str, object]:
    """Return what the page of this customer offers beside decisions."""
    by = desk_of(request).user
    offered = helping.offer(user, by)
    return {
        "help": offered,
        "override_form": OverrideForm() if offered is not None and offered.overrides else None,
        "asks_register": register.is_offered(user, by),
        "register_checks": register.shown(user),
    }


class HelpPages:
    """Answer what these forms send; mixed into the admin's class of accounts."""

    def help_customer(self, request: HttpRequest, number: int) -> HttpResponse:
        """Carry out one act, say what came of it, and lead back to the page.

        400 for what no page sends.
        """
        user, desk = account_of(request, number), desk_of(request)
        act, reason = request.POST.get("act", ""), request.POST.get("reason", "")
        try:
            match act:
                case "link":
                    refusal = helping.send_link(user, desk)
                case "override":
                    refusal = helping.override_link(user, desk, reason)
                case "reset":
                    refusal = helping.send_reset(user, desk)
                case "session":
                    refusal = helping.end_session(user, _session(request), desk)
                case "sessions":
                    refusal = helping.end_sessions(user, desk)
                case _:
                    raise BadRequest("A help that does not exist")
        except Refused as refused:
            raise BadRequest("A help that was not offered") from refused
        except Incomplete:
            messages.warning(request, gettext("Choose a reason."))
        else:
            if refusal is None:
                messages.success(request, str(DONE[act]))
            else:
                messages.warning(request, gettext("Not done: %(reason)s") % {"reason": refusal})
        return redirect(_page(number))

    def ask_register(self, request: HttpRequest, number: int) -> HttpResponse:
        """Ask the register of VAT payers about this company, and lead back to its answer."""
        user = account_of(request, number)
        try:
            answer = register.ask(user, desk_of(request))
        except Refused as refused:
            raise BadRequest("A question that was not offered") from refused
        if isinstance(answer, RegisterCheck):
            messages.success(request, gettext("The register has answered."))
        else:
            messages.warning(request, answer)
        return redirect(f"{_page(number)}#register")


def _session(request: HttpRequest) -> int:
    number = request.POST.get("session", "")
    if not _NUMBER.match(number):
        raise BadRequest("A session that no page names")
    return int(number)


def _page(number: int) -> str:
    return reverse("admin:accounts_user_change", args=[number])
