"""Show the pages of passkeys and take what browsers answer.

An answer comes as a field of a form, so every POST ends in a redirect; what became of it is told
on the page that follows.
"""

import json
from typing import Any, ClassVar

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe
from django.views.generic import View

from accounts.closing import door
from accounts.models import AccountEvent, AccountSession, Passkey, User
from accounts.passkeys import notices, relying_party, services
from accounts.passkeys.forms import NameForm, NewNameForm
from accounts.passkeys.services import Outcome, Result
from accounts.services import events, network_tries
from accounts.sessions import confirmation
from accounts.sessions.account import account_of
from accounts.sessions.returning import ReturnMixin
from accounts.sessions.visit import visit_of
from kantor.serving.lookahead import is_read
from kantor.serving.network import network_of, too_many

# The field of our forms in which the script sends what the browser answered.
ANSWER = "passkey"
REFUSED_NAME = "passkey_name"


def sign_in_context(request: HttpRequest) -> dict[str, Any]:
    """Return what `partials/passkey_sign_in.html` needs; its `next` is the page's own."""
    return {
        "passkeys_offered": relying_party.is_offered(),
        "passkey_notice": notices.take(request),
    }


def confirm_context(request: HttpRequest) -> dict[str, Any]:
    """Return what `partials/passkey_confirm.html` needs; its `next` is the page's own."""
    context = sign_in_context(request)
    context["passkeys_offered"] = (
        context["passkeys_offered"] and account_of(request).passkeys.exists()
    )
    return context


def list_context(request: HttpRequest) -> dict[str, Any]:
    """Return what `partials/passkeys.html` needs: the passkeys of who is signed in."""
    user = account_of(request)
    passkeys = list(user.passkeys.all())
    known = services.known_to_browsers(user, passkeys)
    return {
        "passkeys_offered": relying_party.is_offered(),
        "passkey_notice": notices.take(request),
        "passkeys": passkeys,
        "passkey_room": Passkey.MOST - len(passkeys),
        "passkeys_known": json.dumps(known) if known else "",
    }


@require_safe
@never_cache
def sign_in_options(request: HttpRequest) -> JsonResponse:
    """Answer the script with a new challenge; neither a session nor a statement is needed."""
    return JsonResponse(services.options_to_sign_in())


@require_safe
@never_cache
def add_options(request: HttpRequest) -> JsonResponse:
    """Answer the script with what makes a passkey for who is signed in."""
    return JsonResponse(services.options_to_add(account_of(request)))


@require_safe
@never_cache
def confirm_options(request: HttpRequest) -> JsonResponse:
    """Answer the script with a challenge for the passkeys of who is signed in."""
    return JsonResponse(services.options_to_confirm(account_of(request)))


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class SignInView(ReturnMixin, View):
    """Sign in with a passkey alone.

    Tries are counted for the network only: a signature is not guessed, and nobody can use up
    another's tries.
    """

    next_page = "accounts:account"
    # The page with the button, which tells what became of a try.
    page = "accounts:passkey-sign-in"
    for_staff = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Lead on who is signed in already."""
        if self.is_in():
            return HttpResponseRedirect(self.get_success_url())
        return super().dispatch(request, *args, **kwargs)

    def is_in(self) -> bool:
        """Tell whether this door is open already."""
        return self.request.user.is_authenticated

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the button."""
        context = {REDIRECT_FIELD_NAME: self.get_redirect_url(), **sign_in_context(request)}
        return render(request, "accounts/passkeys/sign_in.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Open the session of whose passkey it is, or lead back to where that is told."""
        network = network_of(request)
        if wait := network_tries.count(network):
            return too_many(request, wait)
        result = services.sign_in(request.POST.get(ANSWER, ""), for_staff=self.for_staff)
        if result.outcome in (Outcome.ACCEPTED, Outcome.CLOSED, Outcome.SUSPENDED):
            network_tries.forgive(network)
        _tell_of_copy(request, result)
        if result.outcome in (Outcome.ACCEPTED, Outcome.CLOSED):
            assert result.passkey is not None
            account, how = result.passkey.user, AccountSession.How.PASSKEY
            return door.let_in(request, account, how, self.get_success_url())
        notices.leave(request, "sign-in", result.outcome)
        return _back_to(self.page, self.get_redirect_url())


@method_decorator(never_cache, name="dispatch")
class ConfirmView(ReturnMixin, View):
    """Let who is signed in prove with a passkey that it is him."""

    next_page = "accounts:security"
    # The page with the button.
    page = "accounts:confirm"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Lead to the page with the button, which asks for the password as well."""
        return _back_to(self.page, self.get_redirect_url())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Remember the proof and lead on, or lead back to the button."""
        network = network_of(request)
        if wait := network_tries.count(network):
            return too_many(request, wait)
        result = services.confirm(account_of(request), request.POST.get(ANSWER, ""))
        _tell_of_copy(request, result)
        if result.outcome is not Outcome.ACCEPTED:
            notices.leave(request, "confirm", result.outcome)
            return _back_to(self.page, self.get_redirect_url())
        network_tries.forgive(network)
        self.remember(request)
        return HttpResponseRedirect(self.get_success_url())

    def remember(self, request: HttpRequest) -> None:
        """Keep the proof in the session."""
        confirmation.remember(request)


@method_decorator(never_cache, name="dispatch")
class PasskeysView(View):
    """List the passkeys of who is signed in."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show each with its name and when it was added and used."""
        return render(request, "accounts/passkeys/list.html", list_context(request))


class PasskeyPage(View):
    """What the pages that add and remove a passkey share: whose it is, and where they stand.

    Those of staff (`accounts.staff.methods`) stand at another address, in another frame.
    """

    frame: ClassVar = "base.html"
    overview: ClassVar = "accounts:passkeys"
    security: ClassVar = "accounts:security"

    def owner(self) -> User:
        """Return whose passkey it is."""
        return account_of(self.request)

    def back(self) -> str:
        """Return the address of the page that lists the passkeys."""
        return reverse(self.overview)

    def show(self, template: str, **context: Any) -> HttpResponse:
        """Render a page that knows its way back."""
        common = {
            "frame": self.frame,
            "back": self.back(),
            "security": reverse(self.security),
        }
        return render(self.request, f"accounts/passkeys/{template}.html", common | context)

    def tell(self, kind: AccountEvent.Kind) -> None:
        """Write down what was changed, and owe the owner a mail about it."""
        events.tell(self.owner(), kind, visit=visit_of(self.request), method="passkey")


@method_decorator(never_cache, name="dispatch")
class AddView(PasskeyPage):
    """Add a passkey to the account of who is signed in."""

    def options_url(self) -> str:
        """Return the address at which the script asks for a challenge."""
        return reverse("accounts:passkey-add-options")

    def get(self, request: HttpRequest, **_route: Any) -> HttpResponse:
        """Ask for a name and show the button; say so where there is no room for one more."""
        context = {
            "form": NewNameForm(),
            "options": self.options_url(),
            "passkey_notice": notices.take(request),
            "passkey_room": Passkey.MOST - self.owner().passkeys.count(),
        }
        return self.show("add", **context)

    def post(self, request: HttpRequest, **_route: Any) -> HttpResponse:
        """Store what the browser made; a name that we do not take must not cost the passkey."""
        form = NewNameForm(request.POST)
        name = form.cleaned_data["name"] if form.is_valid() else ""
        with transaction.atomic():
            result = self.add(request.POST.get(ANSWER, ""), name)
            if result.outcome is Outcome.ACCEPTED:
                self.tell(AccountEvent.Kind.METHOD_ADDED)
        notices.leave(request, "add", result.outcome)
        if result.outcome in (Outcome.ACCEPTED, Outcome.TOO_MANY):
            return self.added(result)
        return HttpResponseRedirect(request.path)

    def add(self, answer: str, name: str) -> Result:
        """Add it; called in the transaction that owes the mail."""
        return services.add(self.owner(), answer, name)

    def added(self, result: Result) -> HttpResponse:
        """Lead to the list."""
        return HttpResponseRedirect(self.back())


@method_decorator(never_cache, name="dispatch")
class RenameView(View):
    """Give a passkey another name."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for the name; one that was refused is shown again with the reason."""
        passkey = get_object_or_404(account_of(request).passkeys, pk=pk)
        typed = request.session.get(REFUSED_NAME)
        if typed is not None and is_read(request):
            del request.session[REFUSED_NAME]
        form = NameForm(None if typed is None else {"name": typed}, initial={"name": passkey.name})
        context = {"form": form, "passkey": passkey}
        return render(request, "accounts/passkeys/rename.html", context)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Store the name, or lead back to the reason why not."""
        form = NameForm(request.POST)
        if not form.is_valid():
            request.session[REFUSED_NAME] = request.POST.get("name", "")[: 2 * Passkey.MAX_NAME]
            return redirect(request.path)
        if not services.rename(account_of(request), pk, form.cleaned_data["name"]):
            raise Http404("No such passkey.")
        notices.leave(request, "rename", "accepted")
        return redirect("accounts:passkeys")


@method_decorator(never_cache, name="dispatch")
class RemoveView(PasskeyPage):
    """Remove a passkey, after a question."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask."""
        passkey = get_object_or_404(self.owner().passkeys, pk=pk)
        return self.show("remove", passkey=passkey)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Remove it; one that is gone already is fine."""
        with transaction.atomic():
            if self.remove(pk) is not None:
                self.tell(AccountEvent.Kind.METHOD_REMOVED)
        notices.leave(request, "remove", "accepted")
        return HttpResponseRedirect(self.back())

    def remove(self, pk: int) -> Passkey | None:
        """Remove it; called in the transaction that owes the mail."""
        return services.remove(self.owner(), pk)


def _tell_of_copy(request: HttpRequest, result: Result) -> None:
    """Tell the owner that a passkey was refused whose count did not grow; nobody else hears it."""
    if result.outcome is Outcome.CLONED and result.passkey is not None:
        kind = AccountEvent.Kind.PASSKEY_REFUSED
        events.tell_daily(result.passkey.user, kind, visit=visit_of(request))


def _back_to(page: str, wanted: str) -> HttpResponse:
    """Lead back to a page with a button, which still knows where to go afterwards."""
    return redirect(reverse(page, query={REDIRECT_FIELD_NAME: wanted} if wanted else None))
