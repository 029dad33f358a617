"""Show what surrounds the wizard: help for its fields, and the way out of it."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView, View

from accounts.captcha import challenge
from accounts.registration import consultant, funnel
from accounts.registration.company_data import Outcome, is_offered, look_up, typed_in
from accounts.registration.order import Step
from accounts.registration.storage import open_attempt
from accounts.values import email_typos
from kantor.serving.network import network_of


@never_cache
@require_POST
@sensitive_post_parameters()
def company_data(request: HttpRequest, attempt: UUID) -> JsonResponse:
    """Tell the script what a register knows of the company that is being typed; keep nothing.

    `values` belong into empty fields, `message` says what happened. An invalid NIP is `invalid`:
    then the button sends the form, and the page shows the error in its place. Only for an open
    attempt of this browser.
    """
    storage = open_attempt(request, attempt)
    if storage is None or not is_offered(storage.answer(Step.START, "kind")):
        raise Http404("This browser has no such registration of a company.")
    finding = look_up(typed_in(request.POST), attempt=attempt.hex, network=network_of(request))
    return JsonResponse(
        {
            "values": finding.values,
            "message": finding.message,
            "invalid": finding.outcome is Outcome.INVALID,
        }
    )


@never_cache
@require_POST
@sensitive_post_parameters("email")
def email_hint(request: HttpRequest, attempt: UUID) -> JsonResponse:
    """Tell which address was probably meant by a typed one, in words; keep nothing of it.

    Only for an open attempt of this browser. An address that looks right gets an empty answer.
    """
    if open_attempt(request, attempt) is None:
        raise Http404("This browser has no such registration.")
    return answer_with_hint(request.POST.get("email", ""))


def answer_with_hint(typed: str) -> JsonResponse:
    """Answer which address was probably meant, for `static/js/details.js`."""
    address = email_typos.suggestion(typed)
    if not address:
        return JsonResponse({})
    words = {"address": address}
    return JsonResponse(
        {
            "address": address,
            "question": gettext("Did you mean %(address)s?") % words,
            "action": gettext("Use %(address)s") % words,
        }
    )


@method_decorator(never_cache, name="dispatch")
class CancelView(View):
    """Ask once whether to give up, then forget everything that was typed."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Send away whoever is signed in: what was begun before waits until he has signed out."""
        if request.user.is_authenticated:
            return redirect("accounts:registration")
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, attempt: UUID | None = None) -> HttpResponse:
        """Ask; with nothing typed yet there is nothing to lose, but the question is the same.

        Who changes his mind returns to the step where he was (`?krok=`).
        """
        if attempt and open_attempt(request, attempt) is None:
            return render(request, "accounts/registration/unknown.html", status=404)
        asked = request.GET.get("krok", "")
        step = asked if asked in list(Step) else Step.CONSENTS
        context = {"attempt": attempt, "step": step}
        return render(request, "accounts/registration/cancel.html", context)

    def post(self, request: HttpRequest, attempt: UUID | None = None) -> HttpResponse:
        """Forget the attempt."""
        storage = open_attempt(request, attempt) if attempt else None
        if storage is not None:
            challenge.discard(storage.fact("captcha", ""))
            funnel.cancel(storage)
            consultant.cancel(storage)
            storage.reset()
        return redirect("accounts:registration-cancelled")


class CancelledView(TemplateView):
    """Confirm that nothing was kept."""

    template_name = "accounts/registration/cancelled.html"
