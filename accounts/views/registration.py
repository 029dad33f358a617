"""Show what surrounds the wizard: the way out of it, and what comes after it."""

import math
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import TemplateView, View

from accounts import captcha
from accounts.models import User
from accounts.registration import browser
from accounts.registration.steps import Step
from accounts.registration.storage import open_attempt
from accounts.services import registration
from kantor.kept import mark, render_kept


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
            captcha.discard(storage.fact("captcha", ""))
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
