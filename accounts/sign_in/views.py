"""Sign customers in, step by step, and out.

Every POST ends in a redirect. What was refused lies in the session and is said once on the page
that follows, with the digits, never with the password.
"""

from typing import Any

from django.contrib import auth, messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import View

from accounts.closing.door import let_in
from accounts.models import AccountSession, User
from accounts.passkeys import views as passkeys
from accounts.registration import browser
from accounts.services import network_tries, registration
from accounts.sessions import known_browser
from accounts.sessions.returning import ReturnMixin
from accounts.sessions.visit import visit_of
from accounts.sessions.watch import has_expired
from accounts.sign_in import kept as keeping
from accounts.sign_in import services
from accounts.sign_in.forms import AddressForm, SignInForm
from accounts.sign_in.kept import Kept
from accounts.sign_in.services import Outcome, Try, Verdict
from accounts.totp import first_step
from accounts.totp import services as totp
from accounts.totp.first_step import FirstStep
from accounts.values import email as email_address
from accounts.views.waiting import ask_to_wait
from kantor.serving.lookahead import is_read
from kantor.serving.network import held_up, network_of, too_many

PENDING_SALT = "accounts.pending-sign-in"
PENDING_MINUTES = 15
PENDING_KEY = "pending_sign_in"
# In the query of the first page, when nothing was typed.
REFUSED, MISSING = "odmowa", "brak"


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class DoorView(ReturnMixin, View):
    """What both pages share: whoever is signed in already is led on, and `next` is kept."""

    next_page = "accounts:account"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Lead who is signed in already to where he wanted, or to his page."""
        if request.user.is_authenticated:
            return HttpResponseRedirect(self.get_success_url())
        return super().dispatch(request, *args, **kwargs)

    def context(self) -> dict[str, Any]:
        """Return where to go afterwards, if that is a page of ours, and why the reader is here."""
        wanted = self.get_redirect_url()
        return {
            REDIRECT_FIELD_NAME: wanted,
            "session_expired": bool(wanted) and has_expired(self.request),
        }

    def lead_to(self, page: str, **query: str) -> HttpResponse:
        """Redirect to a page that still knows where to go afterwards."""
        if wanted := self.get_redirect_url():
            query[REDIRECT_FIELD_NAME] = wanted
        return HttpResponseRedirect(reverse(page, query=query or None))


class AddressView(DoorView):
    """Ask for the address, or for a passkey, which is a whole sign-in."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the field, with the address that this browser gave or registered last."""
        form = AddressForm(initial={"username": _known_address(request)})
        if request.GET.get(REFUSED) == MISSING:
            form = AddressForm({})
        context = {"form": form, **self.context(), **passkeys.sign_in_context(request)}
        return render(request, "accounts/sign_in/address.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep the address and lead on, whatever was typed."""
        if wait := network_tries.count_address(network_of(request)):
            return too_many(request, wait)
        email = request.POST.get("username", "")
        if not email.replace("\0", "").strip():
            return self.lead_to("accounts:sign-in", **{REFUSED: MISSING})
        keeping.keep(request.session, email)
        return self.lead_to("accounts:sign-in-password")


class PasswordView(DoorView):
    """Ask for the password and the digits, and judge them together."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the fields and, once, why the last try was refused."""
        kept = keeping.read(request.session)
        if kept is None:
            return self.lead_to("accounts:sign-in")
        form = SignInForm.shown(kept)
        context = {"form": form, "places": kept.places, **self.context()}
        response = render(request, "accounts/sign_in/password.html", context)
        if "wait" in kept.refused and kept.wait:
            response = held_up(response, kept.wait)
        if is_read(request):
            keeping.say_once(request.session, kept)
        return response

    def post(self, request: HttpRequest) -> HttpResponse:
        """Open the session, or lead to what is to be done instead."""
        kept = keeping.read(request.session)
        if kept is None:
            return self.lead_to("accounts:sign-in")
        form = SignInForm(request.POST, kept=kept)
        typed = request.POST.get("digits", "")
        posted = request.POST.get("username", kept.email)
        if email_address.normalise(posted) != email_address.normalise(kept.email):
            keeping.keep(request.session, posted)
            return self.ask_again(keeping.read(request.session) or kept, ["other-tab"], typed)
        if not form.is_valid():
            return self.ask_again(kept, form.codes, typed)
        verdict = services.attempt(
            Try(
                email=kept.email,
                password=form.cleaned_data["password"],
                network=network_of(request),
                answer=kept.answer(typed),
                known_browser=known_browser.cookie_of(request),
                visit=visit_of(request),
            )
        )
        return self.follow(verdict, kept, typed)

    def follow(self, verdict: Verdict, kept: Kept, typed: str) -> HttpResponse:
        """Do what this verdict asks for."""
        request, user = self.request, verdict.user
        match verdict.outcome:
            case Outcome.OPEN | Outcome.CLOSED if user is not None:
                keeping.forget(request.session)
                if totp.is_on(user):
                    first_step.remember(request.session, user, self.get_success_url())
                    return redirect("accounts:second-step")
                return let_in(request, user, AccountSession.How.PASSWORD, self.get_success_url())
            case Outcome.PENDING if user is not None:
                keeping.forget(request.session)
                request.session[PENDING_KEY] = _pending_signer().sign(str(user.pk))
                return redirect("accounts:pending-resend")
            case Outcome.SUSPENDED:
                return self.ask_again(kept, ["suspended"], typed)
            case Outcome.NETWORK_WAIT:
                # Without a row of the session: whoever comes so often gets as little as possible.
                return too_many(request, verdict.wait)
            case Outcome.WAIT:
                until = (timezone.now() + verdict.wait).timestamp()
                return self.ask_again(kept, ["wait"], typed, until)
            case _:
                return self.ask_again(kept, ["refused"], typed)

    def ask_again(self, kept: Kept, codes: list[str], typed: str, until: float = 0) -> HttpResponse:
        """Lead back to the form, which says once what was wrong."""
        keeping.refuse(self.request.session, kept, codes, typed, until)
        return self.lead_to("accounts:sign-in-password")


@method_decorator(never_cache, name="dispatch")
class PendingView(View):
    """Offer a new activation link to who has just proved to own a pending account."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the button to whoever has the proof in this session."""
        proof = request.session.get(PENDING_KEY, "")
        if _proved(proof) is None:
            return redirect("accounts:sign-in")
        return render(request, "accounts/sign_in/pending.html", {"proof": proof})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Send it, if the proof is fresh."""
        pk = _proved(request.POST.get("proof", ""))
        if pk is None:
            return redirect("accounts:sign-in")
        user = User.objects.filter(pk=pk).first()
        # Whoever is here knows the password, so the pause can be told; of an account that is not
        # waiting any more nothing is.
        if user is not None and user.is_pending and not registration.resend_link(user):
            return ask_to_wait(request, registration.resend_wait(user))
        return redirect("accounts:registration-resent")


@method_decorator(never_cache, name="dispatch")
class SignOutView(View):
    """End the session, by POST only."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Sign out and leave nothing of the session behind; the next page says so, once."""
        if request.user.is_authenticated:
            auth.logout(request)
            messages.success(request, _("You have been signed out."))
        response = redirect("home")
        browser.forget(response)
        return response


def enter(request: HttpRequest, passed: FirstStep, outcome: totp.Outcome) -> HttpResponse:
    """Open the session of who has also given a right code, and lead to where he wanted."""
    address = passed.then or reverse("accounts:account")
    return let_in(request, passed.user, AccountSession.How(outcome.value), address)


def _known_address(request: HttpRequest) -> str:
    """Return the address of the last quarter of an hour, or the one that was registered here."""
    kept = keeping.read(request.session)
    if kept is not None:
        return kept.email
    return next((each.email for each in browser.remembered(request) if each.email), "")


def _pending_signer() -> signing.TimestampSigner:
    return signing.TimestampSigner(salt=PENDING_SALT)


def _proved(proof: str) -> int | None:
    """Return which account a fresh proof names."""
    try:
        return int(_pending_signer().unsign(proof, max_age=PENDING_MINUTES * 60))
    except (signing.BadSignature, ValueError):
        return None
