"""Tell the script which refused fields are still wrong, by the code that refused them.

A red message goes as soon as its value is right. The rules live here only: what is being typed is
sent as the form would send it, judged, and forgotten.
"""

from datetime import timedelta
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.forms.password import PasswordResetForm
from accounts.forms.registration import details_form
from accounts.limits import LocalLimit
from accounts.registration.order import Step
from accounts.registration.storage import open_attempt
from kantor.serving.network import held_up, network_of

# A call costs a millisecond of CPU; who corrects a form without a pause makes two a second.
CALLS = LocalLimit(times=1_500, window=timedelta(minutes=10), name="network-still-wrong")


@never_cache
@require_POST
@sensitive_post_parameters()
def details(request: HttpRequest, attempt: UUID) -> JsonResponse:
    """Judge the details of step 1a or 1b. Only for an open attempt of this browser."""
    storage = open_attempt(request, attempt)
    if storage is None:
        raise Http404("This browser has no such registration.")
    form = details_form(storage.answer(Step.START, "kind"))
    return _answer(request, form(request.POST, prefix=Step.DETAILS))


@never_cache
@require_POST
@sensitive_post_parameters()
def email(request: HttpRequest) -> JsonResponse:
    """Judge whether an e-mail address can be one; whose it is, nobody asks."""
    return _answer(request, PasswordResetForm(request.POST))


def _answer(request: HttpRequest, form: forms.Form) -> JsonResponse:
    """Answer with the names of the inputs that are wrong; beyond the limit with none."""
    network = network_of(request)
    if not CALLS.hit(network):
        return held_up(JsonResponse({}), CALLS.wait(network))
    return JsonResponse({"wrong": [form.add_prefix(name) for name in form.errors]})
