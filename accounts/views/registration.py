"""Show what surrounds the wizard: its meter, the way out of it, and what comes after it."""

import math
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView, View

from accounts import passwords
from accounts.captcha import challenge
from accounts.models import User
from accounts.registration import browser, company_lookup
from accounts.registration.password_step import password_context
from accounts.registration.steps import Step
from accounts.registration.storage import open_attempt
from accounts.services import registration
from accounts.values import email_typos
from accounts.views.network import network_of
from kantor.kept import mark, render_kept


@never_cache
@require_POST
@sensitive_post_parameters("password")
def password_strength(request: HttpRequest, attempt: UUID) -> JsonResponse:
    """Judge a password for the meter, by the same code as the form; keep nothing of it.

    Only for an open attempt of this browser.
    """
    storage = open_attempt(request, attempt)
    if storage is None:
        raise Http404("This browser has no such registration.")
    assessment = passwords.assess(request.POST.get("password", ""), password_context(storage))
    return JsonResponse(assessment.verdict())


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
    if storage is None or not company_lookup.is_offered(storage.answer(Step.START, "kind")):
        raise Http404("This browser has no such registration of a company.")
    finding = company_lookup.look_up(
        company_lookup.typed_in(request.POST), attempt=attempt.hex, network=network_of(request)
    )
    return JsonResponse(
        {
            "values": finding.values,
            "message": finding.message,
            "invalid": finding.outcome is company_lookup.Outcome.INVALID,
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
    address = email_typos.suggestion(request.POST.get("email", ""))
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
            storage.reset()
        return redirect("accounts:registration-cancelled")


class CancelledView(TemplateView):
    """Confirm that nothing was kept."""

    template_name = "accounts/registration/cancelled.html"


def registered_here(request: HttpRequest) -> list[User]:
    """Return the accounts that this browser registered, the newest first."""
    attempts = browser.attempts(request)
    if not attempts:
        return []
    users = User.objects.filter(attempt__in=attempts).order_by("-created_at")
    return list(
        users.only(
            "email",
            "email_key",
            "language",
            "attempt",
            "link_serial",
            "is_active",
            "activated_at",
            "suspended_at",
        )
    )


@method_decorator(never_cache, name="dispatch")
class SentView(View):
    """Tell where the activation link went and what to do if it does not arrive (step 3).

    Bookmarkable: what it shows comes from the browser's cookie and the database.
    """

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the registrations of this browser."""
        users = registered_here(request)

        def context() -> dict[str, Any]:
            return {
                "registrations": [
                    {
                        "email": mark(f"email{number}"),
                        "attempt": mark(f"attempt{number}"),
                        "is_active": user.is_active,
                    }
                    for number, user in enumerate(users)
                ],
                "is_waiting": not all(user.is_active for user in users),
                "expires_hours": settings.ACTIVATION_LINK_HOURS,
                "sender": settings.DEFAULT_FROM_EMAIL,
            }

        values = {f"email{number}": user.email for number, user in enumerate(users)}
        for number, user in enumerate(users):
            values[f"attempt{number}"] = user.attempt.hex if user.attempt else ""
        return render_kept(
            request,
            "accounts/registration/sent.html",
            context,
            key=tuple(user.is_active for user in users),
            values=values,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """Send another link for one of the registrations of this browser."""
        for user in registered_here(request):
            if user.attempt is not None and user.attempt.hex == request.POST.get("attempt"):
                if registration.resend_link(user):
                    return redirect("accounts:registration-resent")
                return self._wait(request, user)
        return redirect("accounts:registration-sent")

    def _wait(self, request: HttpRequest, user: User) -> HttpResponse:
        minutes = math.ceil(registration.resend_wait(user).total_seconds() / 60)
        return render(
            request, "accounts/registration/resend_wait.html", {"minutes": minutes}, status=429
        )


class ResentView(TemplateView):
    """Confirm that another link is on its way."""

    template_name = "accounts/registration/resent.html"
