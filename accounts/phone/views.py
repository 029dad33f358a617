"""Send the link to the phone number, ask its reader who he is, show the number and take a new one.

Nobody is signed in here. Every secret that is refused is answered by a redirect to the page that
says why.
"""

import math
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import get_language, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView, TemplateView, View

from accounts.models import User
from accounts.phone import proof, services
from accounts.phone.forms import AddressForm, NumberForm
from accounts.phone.proof import Step
from accounts.phone.services import Link, LinkState
from accounts.services import credentials, network_tries
from accounts.services.credentials import PASSWORD_CHANGES
from accounts.sessions import known_browser
from accounts.sessions.forms import ConfirmForm
from accounts.sessions.visit import visit_of
from accounts.sign_in import kept as keeping
from accounts.sign_in import tries
from accounts.totp import services as totp
from accounts.totp.forms import SecondStepForm
from accounts.totp.services import Outcome
from accounts.values import phone
from accounts.views.links import redirect_to_mended
from kantor.serving.network import held_up, network_of, too_many

# In the query of a page that says why the last answer was refused.
REFUSED = "odmowa"
REASONS = {"brak": "required", "zapis": "invalid", "niezgodny": "wrong"}

STATUSES = {LinkState.BROKEN: HTTPStatus.NOT_FOUND}


@method_decorator(never_cache, name="dispatch")
class ForgottenView(FormView):  # type: ignore[type-arg]  # generic in stubs only
    """Take an address and promise a link; the same page and work for every address."""

    form_class = AddressForm
    template_name = "accounts/phone/forgotten.html"

    def get_initial(self) -> dict[str, Any]:
        """Spare who comes from the sign-in to type the address again."""
        return {"email": keeping.address(self.request.session)}

    def form_valid(self, form: AddressForm) -> HttpResponse:
        """Owe the address a mail."""
        email = form.cleaned_data["email"]
        services.ask(
            email,
            get_language() or "pl",
            network_of(self.request),
            visit=visit_of(self.request),
            is_acquaintance=known_browser.knows_owner_of(self.request, email),
        )
        return redirect("accounts:phone-link-sent")


class SentView(TemplateView):
    """Say what happens next, to everybody alike."""

    template_name = "accounts/phone/sent.html"


class LinkView(View):
    """Look at the link first: whatever is wrong with it has a page with the way on.

    GET and HEAD change nothing, whoever opens the link, and however often: it is used up by the
    last proof of its reader. Who has just given that, in this session, is led on.
    """

    token: str
    link: Link
    user: User

    @method_decorator([never_cache, sensitive_post_parameters()])
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Serve a link that is good; explain any other."""
        self.token = kwargs["token"]
        self.link = services.examine(self.token)
        if self.link.state is LinkState.VALID and self.link.user is not None:
            self.user = self.link.user
            response = super().dispatch(request, *args, **kwargs)
        else:
            response = self.lead_on() or self.explain()
        response["Referrer-Policy"] = "strict-origin"  # why: accounts.views.activation.TokenView
        return response

    def lead_on(self) -> HttpResponse | None:
        """Lead to the number who has used this link, or to the address that was meant."""
        if self.link.state is LinkState.BROKEN:
            return redirect_to_mended(self.request)
        given = proof.who(self.request.session)
        is_same = given is not None and given.event == self.link.event
        return redirect("accounts:phone-number") if given and is_same else None

    def explain(self) -> HttpResponse:
        """Say why the link does not work, with the one right next action."""
        return render(
            self.request,
            "accounts/phone/over.html",
            {"state": self.link.state.value},
            status=STATUSES.get(self.link.state, HTTPStatus.GONE),
        )

    def let_on(self) -> HttpResponse:
        """Use the link up and lead to the number, which has an address without the token."""
        if not services.use(self.link):  # in another window, at this very moment
            return redirect(self.request.path)
        proof.remember(self.request.session, self.user, self.link.event, Step.NUMBER)
        return redirect("accounts:phone-number")


class PasswordView(LinkView):
    """Ask the reader of the link for the password."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Ask, with what was wrong with the last answer."""
        return self.ask(ConfirmForm.refused(_reason(request)))

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Judge the password, as wherever it is asked for again."""
        form = ConfirmForm(request.POST)
        if not form.is_valid():
            code = form.errors.as_data()["password"][0].code
            return _ask_again(request, "required" if code == "required" else "wrong")
        network = network_of(request)
        if wait := network_tries.count(network):
            return too_many(request, wait)
        password = form.cleaned_data["password"]
        proved = credentials.proves_owner(self.user, password, visit=visit_of(request))
        if proved:
            network_tries.forgive(network)
        match proved:
            case True if totp.is_on(self.user):
                proof.remember(request.session, self.user, self.link.event, Step.CODE)
                return redirect("accounts:phone-link-code", token=token)
            case True:
                return self.let_on()
            case False:
                return _ask_again(request, "wrong")
            case _:
                page = self.ask(ConfirmForm.refused("too_often"))
                return held_up(page, PASSWORD_CHANGES.window)

    def ask(self, form: ConfirmForm) -> HttpResponse:
        """Show the form, with the login for whoever's browser keeps the password."""
        context = {"form": form, "email": self.user.email}
        return render(self.request, "accounts/phone/password.html", context)


class CodeView(LinkView):
    """Ask who has just given the password for the code of the app."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Ask, with what was wrong with the last answer."""
        if not self.is_owed():
            return redirect("accounts:phone-link", token=token)
        reason = _reason(request)
        known = SecondStepForm.base_fields["code"].error_messages
        return self.ask(SecondStepForm(refusal=reason if reason in known else ""))

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Judge the code, or a recovery code."""
        if not self.is_owed():
            return redirect("accounts:phone-link", token=token)
        form = SecondStepForm(request.POST)
        if not form.is_valid():
            return _ask_again(request, form.fault)
        network, code = network_of(request), form.cleaned_data["code"]
        if wait := network_tries.count(network):
            return too_many(request, wait)
        outcome = totp.verify(self.user, code, visit=visit_of(request))
        if outcome.is_right:
            network_tries.forgive(network)
        match outcome:
            case Outcome.APP | Outcome.RECOVERY_CODE:
                return self.let_on()
            case Outcome.LIMITED:
                return self.ask_to_wait(totp.wait(self.user))
            case Outcome.UNREADABLE:
                return render(request, "accounts/totp/unreadable.html", status=503)
            case _:
                return _ask_again(request, "wrong")

    def is_owed(self) -> bool:
        """Tell whether the password of this account was given here, for this link."""
        given = proof.who(self.request.session)
        return given is not None and (given.event, given.step) == (self.link.event, Step.CODE)

    def ask(self, form: SecondStepForm) -> HttpResponse:
        """Show the form."""
        return render(self.request, "accounts/phone/code.html", {"form": form})

    def ask_to_wait(self, wait: timedelta) -> HttpResponse:
        """Say that no more codes are looked at for now, and how long that lasts."""
        minutes = max(1, math.ceil(wait / timedelta(minutes=1)))
        form = SecondStepForm({})
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


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class NumberView(View):
    """Show the number to who has proved that the account is his, and take a new one."""

    user: User

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Send whoever has proved nothing here, or too long ago, to a new link."""
        given = proof.who(request.session)
        if given is None or given.step is not Step.NUMBER:
            return redirect("accounts:phone-forgotten")
        self.user = given.user
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it."""
        return self.show(NumberForm(customer=self.user.customer))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Store the new one; sessions in other browsers end."""
        form = NumberForm(request.POST, customer=self.user.customer)
        if not form.is_valid():
            return self.show(form)
        here = request.session.session_key if request.user == self.user else None
        number, visit = form.cleaned_data["phone"], visit_of(request)
        if not services.change(self.user, number, visit=visit, but=here):
            # It was changed in another window meanwhile, or the account was closed.
            return redirect(request.path)
        tries.forgive_digits(self.user.email_key)
        proof.forget(request.session)
        return redirect("accounts:phone-changed")

    def show(self, form: NumberForm) -> HttpResponse:
        """Show the number as people write it, and the form for another one."""
        context = {"form": form, "number": phone.display(self.user.customer.phone)}
        return render(self.request, "accounts/phone/number.html", context)


class ChangedView(TemplateView):
    """Say that the new number is stored, with the way to the account or to sign in."""

    template_name = "accounts/phone/changed.html"


def _reason(request: HttpRequest) -> str:
    return REASONS.get(request.GET.get(REFUSED, ""), "")


def _ask_again(request: HttpRequest, code: str) -> HttpResponse:
    """Lead back to the page, which says what is wrong."""
    (word,) = (word for word, known in REASONS.items() if known == code)
    return HttpResponseRedirect(f"{request.path}?{REFUSED}={word}")
