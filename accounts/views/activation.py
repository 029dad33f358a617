"""Open an activation link: at once in the browser that registered, with the password elsewhere."""

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.forms.activation import OfferedSource, RegistrantForm, SurveyForm
from accounts.models import Kind, User
from accounts.registration import browser
from accounts.services import activation, registration, survey
from accounts.services.activation import LinkState
from accounts.services.allowance import Purpose
from accounts.values import masked
from accounts.views.links import redirect_to_mended
from accounts.views.waiting import ask_to_wait
from kantor.serving.kept import KeptPage, Words, render_kept
from kantor.serving.lookahead import is_read
from kantor.serving.network import held_up, network_of
from kantor.serving.uncached import UncachedView

# Links that another one can take the place of.
RENEWABLE = (LinkState.EXPIRED, LinkState.SUPERSEDED)


class TokenView(UncachedView):
    """Look at the link first: whatever is wrong with it has a page with the way on.

    The token never leaves this address: nothing is cached, and a referrer names the site alone.
    `no-referrer` would hide that too, but with it browsers post forms with `Origin: null`, which
    the CSRF check refuses (Fetch standard, "append a request Origin header").
    """

    served = frozenset({LinkState.VALID})
    token: str
    user: User

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Serve a link that is good; explain any other."""
        self.token = kwargs["token"]
        state, user = activation.examine(self.token)
        if state in self.served and user is not None:
            self.user = user
            response = super().dispatch(request, *args, **kwargs)
        elif state is LinkState.BROKEN and (meant := redirect_to_mended(request)):
            response = meant
        else:
            response = self.explain(state)
        response["Referrer-Policy"] = "strict-origin"
        return response

    def explain(self, state: LinkState) -> HttpResponse:
        """Show why the link does not work, with the one right next action."""
        # 200 for an account that is active: the reader has reached what the link promised.
        status = {LinkState.ACTIVE: 200, LinkState.BROKEN: 404}.get(state, 410)
        page = "new_link" if state in RENEWABLE else state.value
        return render(
            self.request,
            f"accounts/activation/{page}.html",
            {"token": self.token, "state": state.value},
            status=status,
        )

    def is_registering_browser(self) -> bool:
        """Tell whether the registration was made in this very browser."""
        return self.user.attempt in browser.attempts(self.request)

    def finish(self) -> HttpResponse:
        """Activate and lead to the page without a token in its address."""
        state = activation.activate(self.user)
        if self.user.is_active and self.user.attempt is not None:
            response = redirect("accounts:activation-done")
            browser.remember(self.request, response, self.user.attempt, self.user.email)
            return response
        return self.explain(state)


class ActivationView(TokenView):
    """Activate an account (step 4).

    A GET activates only for the signed cookie of the browser that registered, and never for a
    prefetch; HEAD never does. Everywhere else the chosen password has to be posted: a mail
    scanner does not know it, nor does the owner of an address that a stranger registered.
    """

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Activate at once, or ask for the password."""
        if is_read(request) and self.is_registering_browser():
            return self.finish()
        return self.ask(RegistrantForm())

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Activate for whoever knows the password."""
        form = RegistrantForm(request.POST)
        if not form.is_valid():
            return self.ask(form)
        network = network_of(request)
        match activation.proves_registrant(self.user, form.cleaned_data["password"], network):
            case True:
                return self.finish()
            case False:
                form.add_error("password", form.fields["password"].error_messages["wrong"])
                return self.ask(form)
            case _:
                return self.ask_to_wait(activation.wait_for_try(self.user, network))

    def ask_to_wait(self, wait: timedelta) -> HttpResponse:
        """Say that no more passwords are taken for now, and how long that lasts."""
        minutes = max(1, math.ceil(wait / timedelta(minutes=1)))
        context = {"minutes": minutes, "token": self.token}
        page = render(self.request, "accounts/activation/too_many_tries.html", context)
        return held_up(page, wait)

    def ask(self, form: RegistrantForm) -> HttpResponse:
        """Show who registers what, masked, and the field for the password."""
        customer = self.user.customer
        context = {
            "form": form,
            "kind": customer.kind,
            "masked_email": masked.address(self.user.email),
            "masked_name": (
                masked.company(customer.company_name)
                if customer.kind == Kind.COMPANY
                else masked.person(customer.owner_name)
            ),
            "token": self.token,
        }
        return render(self.request, "accounts/activation/confirm.html", context)


class RefuseView(TokenView):
    """Let the owner of the address say that it was not he who registered, however late."""

    served = frozenset({LinkState.VALID, *RENEWABLE})

    def explain(self, state: LinkState) -> HttpResponse:
        """Lead whoever finds the account active already to the people who can block it."""
        if state is LinkState.ACTIVE:
            return render(self.request, "accounts/activation/active.html", {"is_refused": True})
        return super().explain(state)

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Ask once."""
        return render(request, "accounts/activation/refuse.html", {"token": token})

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Delete the pending data and stop further mails about it."""
        if not activation.refuse(self.user):
            return self.explain(activation.examine(self.token)[0])
        return render(request, "accounts/activation/refused.html")


class ResendFromLinkView(TokenView):
    """Send a fresh link in place of one that expired or was superseded."""

    http_method_names = ["post"]

    def explain(self, state: LinkState) -> HttpResponse:
        """Send the link where that is what the state asks for, by POST only."""
        _, user = activation.examine(self.token)
        if self.request.method == "POST" and state in RENEWABLE and user is not None:
            # Who holds a link of ours reads the mailbox: he is no stranger to it.
            if registration.resend_link(user, Purpose.ACQUAINTANCE):
                return redirect("accounts:registration-resent")
            wait = registration.resend_wait(user, Purpose.ACQUAINTANCE)
            return ask_to_wait(self.request, wait)
        return super().explain(state)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Lead a link that still works to its own page."""
        return redirect("accounts:activation", token=token)


@dataclass(frozen=True)
class DonePage(KeptPage):
    """The landing page: thanks for an answer, or the question with the sources as they are now."""

    template_name: ClassVar[str] = "accounts/activation/done.html"

    answered: bool
    sources: tuple[OfferedSource, ...]

    def context(self, words: Words) -> dict[str, Any]:
        form = SurveyForm()
        form.offer(self.sources)
        return {
            "form": form,
            "answered": self.answered,
            "phone_ending": words.text("phone_ending"),
        }


class DoneView(UncachedView):
    """Say that the account is active and ask how the customer heard of the service."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the page for the account that this browser activated."""
        found = survey.landing(browser.attempts(request))
        if found is None:
            return redirect("accounts:sign-in")
        page = DonePage(found.is_answered, found.sources)
        return render_kept(request, page, Words({"phone_ending": _ending(found.phone)}))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Record the answer; no answer is an answer too."""
        form = SurveyForm(request.POST)
        found = survey.landing(browser.attempts(request))
        if found is None:
            return redirect("accounts:sign-in")
        if not form.is_valid():
            form.offer(found.sources)
            context = {
                "form": form,
                "answered": found.is_answered,
                "phone_ending": _ending(found.phone),
            }
            return render(request, "accounts/activation/done.html", context)
        if form.cleaned_data["source"] is not None:
            survey.answer(found.account, form.cleaned_data["source"], form.cleaned_data["details"])
        return redirect("accounts:activation-done")


def _ending(phone: str) -> str:
    """Return the last three digits: enough to notice a slip, and too few to call anybody."""
    return phone[-3:]
