"""Lead who was invited to a password and the first method, and let him in with both."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import View

from accounts.desk import invites
from accounts.forms.password import SetPasswordForm
from accounts.models import AccountSession, User
from accounts.passkeys import relying_party
from accounts.passkeys import services as passkeys
from accounts.passkeys import views as passkey_views
from accounts.passkeys.services import Outcome, Result
from accounts.services import credentials, network_tries
from accounts.sessions import factor
from accounts.sessions.forms import ConfirmForm
from accounts.sessions.visit import visit_of
from accounts.staff.door import FRAME, open_desk
from accounts.totp import services as totp
from accounts.totp import views as totp_views
from accounts.totp.services import Refusal
from accounts.views.links import without_foreign_signs
from kantor.serving.network import network_of

KNOWN_PASSWORD = "invited_with_password"  # noqa: S105  a key of the session


@never_cache
def astray(request: HttpRequest, token: str = "") -> HttpResponse:
    """Lead to the link that is meant by what mail programs made of it, or say that it is over.

    It is handed over by hand, and so by mail as well. Whether it is worth anything says its page.
    """
    meant = invites.token_in(without_foreign_signs(request.path))
    if meant and meant != token and request.method in ("GET", "HEAD"):
        response: HttpResponse = HttpResponseRedirect(reverse("admin:invitation", args=[meant]))
    else:
        context = {"frame": FRAME}
        page = "admin/doors/invitation_over.html"
        response = render(request, page, context, status=HTTPStatus.GONE)
    response["Referrer-Policy"] = "strict-origin"
    return response


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class InvitedPage(View):
    """What the pages of an invitation share: the link is looked at each time.

    The referrer names the site alone (why not `no-referrer`: `accounts.views.activation`).
    """

    invited: User
    needs_password = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Say that a link is used or too old; ask for the password before the method."""
        user = invites.examine(kwargs["token"])
        if user is None:
            return astray(request, kwargs["token"])
        if self.needs_password and not _knows_password(request, user):
            response: HttpResponseBase = HttpResponseRedirect(
                reverse("admin:invitation", args=[kwargs["token"]])
            )
        else:
            self.invited = user
            response = super().dispatch(request, *args, **kwargs)
        response["Referrer-Policy"] = "strict-origin"
        return response

    def owner(self) -> User:
        """Return who is invited."""
        return self.invited

    def back(self) -> str:
        """Return the page of the invitation; once it is used, the staff's pages."""
        if factor.has_one(self.request):
            return reverse("admin:index")
        return reverse("admin:invitation", args=[self.kwargs["token"]])


class InvitationView(InvitedPage):
    """Ask for a password, then which method is to be the first.

    Who has a password already is asked for it: the link was made by an administrator, who must not
    get into a colleague's account with it.
    """

    needs_password = False

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show the one or the other."""
        if not self.invited.has_usable_password():
            return self.show(form=SetPasswordForm(self.invited))
        if not _knows_password(request, self.invited):
            return self.show(ask=ConfirmForm())
        return self.show()

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Set the password, once; or prove that it is known."""
        if self.invited.has_usable_password():
            if refusal := self.refusal(request.POST.get("password", "")):
                return self.show(ask=ConfirmForm.refused(refusal))
        else:
            form = SetPasswordForm(self.invited, request.POST)
            if not form.is_valid():
                return self.show(form=form)
            if not invites.set_password(self.invited, form.cleaned_data["new_password1"]):
                return HttpResponseRedirect(request.path)
        request.session[KNOWN_PASSWORD] = _named(self.invited)
        return HttpResponseRedirect(request.path)

    def refusal(self, password: str) -> str:
        """Judge the password under the limits of every page that asks for it; empty when right."""
        network = network_of(self.request)
        if not password:
            return "required"
        if network_tries.count(network):
            return "too_often"
        match credentials.proves_owner(self.invited, password, visit=visit_of(self.request)):
            case True:
                network_tries.forgive(network)
                return ""
            case False:
                return "wrong"
            case _:
                return "too_often"

    def show(self, **context: Any) -> HttpResponse:
        """Render the page."""
        common = {
            "frame": FRAME,
            "email": self.invited.email,
            "token": self.kwargs["token"],
            "passkeys_offered": relying_party.is_offered_at_desk(),
        }
        return render(self.request, "admin/doors/invitation.html", common | context)


def _knows_password(request: HttpRequest, user: User) -> bool:
    """Tell whether the password was set, or given, in this browser by this link."""
    return request.session.get(KNOWN_PASSWORD) == _named(user)


def _named(user: User) -> str:
    return f"{user.pk}.{user.link_serial}"


class FirstAppView(InvitedPage, totp_views.TurnOnView):
    """Turn on the app as the first method."""

    frame = FRAME

    def turn_on(self, sealed: str, code: str) -> list[str] | Refusal:
        """Turn it on and use the invitation up; of two at once one does."""
        user = invites.examine(self.kwargs["token"], is_locked=True)
        if user is None:
            return Refusal.ENDED
        made = totp.turn_on(user, sealed, code)
        if not isinstance(made, Refusal):
            invites.use_up(user)
        return made

    def show_codes(self, made: list[str], *, is_new: bool) -> HttpResponse:
        """Let in, and show the codes before anything else."""
        open_desk(self.request, self.invited, AccountSession.How.TOTP)
        return super().show_codes(made, is_new=is_new)


class FirstPasskeyView(InvitedPage, passkey_views.AddView):
    """Add a passkey as the first method."""

    frame = FRAME
    security = "admin:index"

    def options_url(self) -> str:
        """Return the address at which the script asks for a challenge."""
        return reverse("admin:invitation-passkey-options", args=[self.kwargs["token"]])

    def add(self, answer: str, name: str) -> Result:
        """Add it and use the invitation up; of two at once one does."""
        user = invites.examine(self.kwargs["token"], is_locked=True)
        if user is None:
            return Result(Outcome.REFUSED)
        result = passkeys.add(user, answer, name)
        if result.outcome is Outcome.ACCEPTED:
            invites.use_up(user)
        return result

    def added(self, result: Result) -> HttpResponse:
        """Let in."""
        open_desk(self.request, self.invited, AccountSession.How.PASSKEY)
        return HttpResponseRedirect(self.back())


class FirstPasskeyOptionsView(InvitedPage):
    """Answer the script with what makes the first passkey."""

    def get(self, request: HttpRequest, token: str) -> JsonResponse:
        """Return the options of `navigator.credentials.create`."""
        return JsonResponse(passkeys.options_to_add(self.invited))
