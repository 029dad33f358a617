"""Show what surrounds the wizard: its meter and the way out of it."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView, View

from accounts import captcha, passwords
from accounts.registration.steps import Step
from accounts.registration.storage import open_attempt
from accounts.registration.wizard import password_context


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
