"""Show, turn on and turn off the authenticator app of whoever is signed in; ask for its code.

Every refused answer is answered by a redirect to the page that says why: the codes themselves are
kept nowhere. Recovery codes are the one exception: the page that shows them is the answer to the
POST that made them, as with a proposed password.
"""

import math
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import View

from accounts.models import AccountEvent, User
from accounts.services import events, network_tries
from accounts.sessions.account import account_of
from accounts.sessions.visit import visit_of
from accounts.totp import codes, first_step, qr, services
from accounts.totp.forms import CodeForm, ConfirmForm, RecoveryForm, SecondStepForm
from accounts.totp.services import Outcome, Refusal
from kantor.serving.network import held_up, network_of, too_many

# The sealed seed that this session was shown: F5, and a phone that goes to the app and back, must
# find the QR code that was scanned.
PROPOSED = "totp_proposed"
# In the query of a page that says why the last answer was refused.
REFUSED = "odmowa"
REASONS = {"brak": "required", "zapis": "invalid", "niezgodny": "wrong", "stary": "stale"}
WITHOUT_APP = "zapasowy"


class Untold(SimpleNamespace):
    """Carry secrets to the page that shows them.

    Of a variable that a template does not find, Django logs the whole context, at DEBUG.
    """

    def __repr__(self) -> str:
        return "Untold()"


class AppPage(View):
    """What the pages that change an app share: whose it is, and where they stand.

    Those of staff (`accounts.staff.methods`) stand at another address, in another frame.
    """

    frame: ClassVar = "base.html"
    overview: ClassVar = "accounts:totp"

    def owner(self) -> User:
        """Return whose app it is."""
        return account_of(self.request)

    def back(self) -> str:
        """Return the address of the page that says how the app stands."""
        return reverse(self.overview)

    def show(self, template: str, **context: Any) -> HttpResponse:
        """Render a page that knows its way back."""
        common = {"frame": self.frame, "back": self.back(), "owner": self.owner()}
        return render(self.request, f"accounts/totp/{template}.html", common | context)

    def show_codes(self, made: list[str], *, is_new: bool) -> HttpResponse:
        """Show recovery codes for the only time."""
        shown = Untold(codes=[codes.grouped(code) for code in made])
        return self.show("recovery_codes", shown=shown, is_new=is_new)

    def tell(self, kind: AccountEvent.Kind) -> None:
        """Write down what was changed, and owe the owner a mail about it."""
        events.tell(self.owner(), kind, visit=visit_of(self.request), method="totp")


@method_decorator(never_cache, name="dispatch")
class OverviewView(View):
    """Say whether there is an app, and lead to what can be done about it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it."""
        return render(
            request, "accounts/totp/overview.html", {"app": services.state(account_of(request))}
        )


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class TurnOnView(AppPage):
    """Show a seed as a QR code and as text, and turn the app on after a right code.

    The form carries the sealed seed that its page showed, so each of two windows means its own.
    """

    def get(self, request: HttpRequest, **_route: Any) -> HttpResponse:
        """Show the seed, the same one until the app is on or the session ends."""
        user = self.owner()
        if services.is_on(user):
            return HttpResponseRedirect(self.back())
        proposal = services.propose(user, request.session.get(PROPOSED, ""))
        if request.session.get(PROPOSED) != proposal.sealed:
            request.session[PROPOSED] = proposal.sealed
        app = Untold(
            sealed=proposal.sealed,
            uri=proposal.uri,
            key=codes.grouped(proposal.key, " "),
            qr=qr.svg(proposal.uri),
        )
        form = ConfirmForm(refusal=_refusal(request, ConfirmForm))
        return self.show("turn_on", form=form, app=app)

    def post(self, request: HttpRequest, **_route: Any) -> HttpResponse:
        """Turn it on and show the recovery codes, or lead back to the same QR code."""
        sealed = request.POST.get("proposal", "")
        form = ConfirmForm(request.POST)
        if not form.is_valid():
            return self.ask_again(sealed, form.fault)
        with transaction.atomic():
            turned_on = self.turn_on(sealed, form.cleaned_data["code"])
            if not isinstance(turned_on, Refusal):
                self.tell(AccountEvent.Kind.METHOD_ADDED)
        match turned_on:
            case Refusal.ALREADY_ON | Refusal.ENDED:
                return HttpResponseRedirect(self.back())
            case Refusal() as refusal:
                return self.ask_again(sealed, refusal.value)
            case made:
                request.session.pop(PROPOSED, None)
                return self.show_codes(made, is_new=True)

    def turn_on(self, sealed: str, code: str) -> list[str] | Refusal:
        """Turn it on with this seed and code; called in the transaction that owes the mail."""
        return services.turn_on(self.owner(), sealed, code)

    def ask_again(self, sealed: str, reason: str) -> HttpResponse:
        """Lead back to the QR code that this window showed, if it is still good."""
        self.request.session[PROPOSED] = services.propose(self.owner(), sealed).sealed
        return _lead_back(self.request, reason)


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class RecoveryCodesView(AppPage):
    """Make a new set of recovery codes, after asking."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Say how many are left and what a new set does to them."""
        app = services.state(self.owner())
        return HttpResponseRedirect(self.back()) if app is None else self.show("renew", app=app)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Replace them and show the new ones."""
        with transaction.atomic():
            made = services.renew_recovery_codes(self.owner())
            if made is not None:
                self.tell(AccountEvent.Kind.RECOVERY_CODES_MADE)
        if made is None:
            return HttpResponseRedirect(self.back())
        return self.show_codes(made, is_new=False)


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class TurnOffView(AppPage):
    """Turn the app off, after asking."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Say what that means."""
        if not services.is_on(self.owner()):
            return HttpResponseRedirect(self.back())
        return self.show("turn_off")

    def post(self, request: HttpRequest) -> HttpResponse:
        """Turn it off."""
        with transaction.atomic():
            if self.turn_off():
                self.tell(AccountEvent.Kind.METHOD_REMOVED)
        return HttpResponseRedirect(self.back())

    def turn_off(self) -> bool:
        """Turn it off and tell whether it was on."""
        return services.turn_off(self.owner())


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class SecondStepView(View):
    """Ask for a code whoever has passed the first step of signing in.

    `enter` opens the session after a right code: it gets the request, what was remembered of the
    first step and the method, and answers. Nobody else is let in here.
    """

    enter: Callable[[HttpRequest, first_step.FirstStep, Outcome], HttpResponseBase] | None = None
    # Where the first step is asked for, in which frame, and whose door it is.
    first_page = "accounts:sign-in"
    frame = "base.html"
    for_staff = False
    passed: first_step.FirstStep

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Send back to the beginning whoever has not passed it, or too long ago."""
        try:
            passed = first_step.who(request.session)
        except first_step.ExpiredError:
            return self.show("expired")
        # Whoever passed it at the other door goes on there.
        is_here = passed is not None and passed.user.is_staff == self.for_staff
        # An app that was turned off elsewhere in these minutes asks for nothing any more.
        if passed is None or not is_here or not services.is_on(passed.user):
            return redirect(self.first_page)
        self.passed = passed
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        """Ask."""
        form_class = self.form_class
        return self.ask(form_class(refusal=_refusal(request, form_class)))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Let in, or say why not."""
        form = self.form_class(request.POST)
        if not form.is_valid():
            return _lead_back(request, form.fault)
        network, code = network_of(request), form.cleaned_data["code"]
        if wait := network_tries.count(network):
            return too_many(request, wait)
        outcome = self.judge(code)
        if outcome.is_right:
            network_tries.forgive(network)
        match outcome:
            case Outcome.APP | Outcome.RECOVERY_CODE:
                first_step.forget(request.session)
                assert self.enter is not None, "as_view(enter=…)"
                return self.enter(request, self.passed, outcome)
            case Outcome.LIMITED:
                return self.ask_to_wait()
            case Outcome.UNREADABLE:
                return self.show("unreadable", status=HTTPStatus.SERVICE_UNAVAILABLE)
            case _:
                return _lead_back(request, outcome.value)

    def judge(self, code: str) -> Outcome:
        """Count and judge a code."""
        return services.verify(self.passed.user, code, visit=visit_of(self.request))

    @property
    def form_class(self) -> type[CodeForm]:
        """Return the form for the app, or the one for who is without it."""
        return RecoveryForm if WITHOUT_APP in self.request.GET else SecondStepForm

    def ask(self, form: CodeForm) -> HttpResponse:
        """Show the form."""
        return self.show("second_step", form=form, is_without_app=WITHOUT_APP in self.request.GET)

    def show(self, template: str, status: int = HTTPStatus.OK, **context: Any) -> HttpResponse:
        """Render a page that knows where signing in begins."""
        common = {"frame": self.frame, "first_page": reverse(self.first_page)}
        path = f"accounts/totp/{template}.html"
        return render(self.request, path, common | context, status=status)

    def ask_to_wait(self) -> HttpResponse:
        """Say that no more codes are looked at for now, and how long that lasts."""
        wait = services.wait(self.passed.user)
        # A counter may have ended between the refusal and its answer.
        minutes = max(1, math.ceil(wait / timedelta(minutes=1)))
        form = self.form_class({})
        form.errors.clear()
        form.add_error(
            None,
            ngettext(
                "Too many attempts. Try again in {minutes} minute.",
                "Too many attempts. Try again in {minutes} minutes.",
                minutes,
            ).format(minutes=minutes),
        )
        return held_up(self.ask(form), wait)


def _lead_back(request: HttpRequest, reason: str) -> HttpResponse:
    """Lead to the page that asks again and says why."""
    words = {key: word for word, key in REASONS.items()}
    known = {WITHOUT_APP, REDIRECT_FIELD_NAME} & request.GET.keys()
    kept = {key: request.GET[key] for key in sorted(known)}
    query = kept | {REFUSED: words[reason]}
    return HttpResponseRedirect(f"{request.path}?{urlencode(query)}")


def _refusal(request: HttpRequest, form_class: type[CodeForm]) -> str:
    """Return the key of the message that the address asks for, if the form has it."""
    reason = REASONS.get(request.GET.get(REFUSED, ""), "")
    return reason if reason in form_class.base_fields["code"].error_messages else ""
