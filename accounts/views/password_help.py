"""Help whoever chooses a password: judge it while it is typed, propose one.

There are three doors, each for those who may set a password there: an open registration of this
browser, the link of a reset opened in it, the signed-in customer. Nothing that is asked or
answered is stored or logged; the only count is in this process's memory.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.tokens import default_token_generator
from django.contrib.auth.views import INTERNAL_RESET_SESSION_TOKEN
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlsafe_base64_decode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import View

from accounts import passwords
from accounts.limits import LocalLimit
from accounts.models import User
from accounts.registration.answers import Answers
from accounts.registration.order import Step
from accounts.registration.storage import open_attempt
from kantor.serving.network import held_up, network_of

# A call costs 3 ms of CPU, the worst one 16. Somebody who types without a pause makes two or three
# a second; a whole office shares a network.
CALLS = LocalLimit(times=300, window=timedelta(minutes=10), name="password-help")
NETWORK_CALLS = LocalLimit(times=1_500, window=timedelta(minutes=10), name="network-password-help")


@dataclass(frozen=True)
class Chooser:
    """Say who chooses a password: how he is counted, his words, and his page."""

    subject: str
    context: Sequence[str]
    page: str
    propose: str


def applicant(request: HttpRequest, attempt: UUID) -> Chooser | None:
    """Return who registers, if this browser has such an open attempt."""
    storage = open_attempt(request, attempt)
    if storage is None:
        return None
    return Chooser(
        subject=attempt.hex,
        context=Answers(storage).password_context(),
        page=reverse("accounts:registration-step", args=[attempt, Step.PASSWORD]),
        propose=reverse("accounts:password-proposal", args=[attempt]),
    )


def forgetful(request: HttpRequest, uidb64: str) -> Chooser | None:
    """Return who opened the link of a reset in this browser, while the link is good."""
    token = request.session.get(INTERNAL_RESET_SESSION_TOKEN)
    user = find_by_uid(uidb64) if token else None
    if user is None or not default_token_generator.check_token(user, token):
        return None
    return Chooser(
        subject=str(user.pk),
        context=user.password_context(),
        page=reverse("accounts:password-reset-confirm", args=[uidb64, "set-password"]),
        propose=reverse("accounts:password-reset-proposal", args=[uidb64]),
    )


def customer(request: HttpRequest) -> Chooser | None:
    if not isinstance(request.user, User):
        return None
    return Chooser(
        subject=str(request.user.pk),
        context=request.user.password_context(),
        page=reverse("accounts:password-change"),
        propose=reverse("accounts:password-change-proposal"),
    )


def find_by_uid(uidb64: str) -> User | None:
    """Return the open account that a reset's link names."""
    try:
        pk = int(urlsafe_base64_decode(uidb64).decode())
        return User.objects.select_related("customer").filter(pk=pk, is_active=True).first()
    except (ValueError, OverflowError):
        return None


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class HelpView(View):
    """Let in who may choose a password here, as often as a person types."""

    door: Callable[..., Chooser | None] = applicant
    chooser: Chooser

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer 404 to everybody else, whatever they ask for."""
        method = (request.method or "").lower()
        if method not in self.http_method_names or not hasattr(self, method):
            return self.http_method_not_allowed(request)
        chooser = self.door(request, **kwargs)
        if chooser is None:
            raise Http404("There is no password to be chosen here.")
        self.chooser = chooser
        return super().dispatch(request)

    def count(self) -> timedelta:
        """Count a call; return how long to wait for the next one if this one is not answered."""
        network = network_of(self.request)
        if NETWORK_CALLS.hit(network) and CALLS.hit(self.chooser.subject):
            return timedelta(0)
        return max(NETWORK_CALLS.wait(network), CALLS.wait(self.chooser.subject))


class StrengthView(HelpView):
    """Judge a password for the meter, by the same code as the form; keep nothing of it."""

    def post(self, request: HttpRequest) -> JsonResponse:
        """Answer with the verdict; beyond the limits with none, and the meter goes quiet."""
        if wait := self.count():
            return held_up(JsonResponse({}), wait)
        password = request.POST.get("password", "")
        return JsonResponse(passwords.assess(password, self.chooser.context).verdict())


class ProposalView(HelpView):
    """Propose a password: as JSON to the script, on a page of its own without it.

    The page is the answer to the POST itself. A redirect would have to keep the password somewhere
    in between, and it may exist in the memory of a request only.
    """

    def get(self, request: HttpRequest) -> HttpResponse:
        """Lead back whoever reloads the address or changes the language."""
        return redirect(self.chooser.page)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Answer with a new proposal each time."""
        wait = self.count()
        proposal = "" if wait else passwords.propose()
        response: HttpResponse
        if request.headers.get("Accept") == "application/json":
            response = JsonResponse({"password": proposal})
        else:
            context = {"proposal": proposal, "chooser": self.chooser}
            response = render(request, "accounts/password_proposal.html", context)
        return held_up(response, wait) if wait else response
