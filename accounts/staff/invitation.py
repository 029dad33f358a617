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
from accounts.sessions import factor
from accounts.staff.door import FRAME, open_desk
from accounts.totp import services as totp
from accounts.totp import views as totp_views
from accounts.totp.services import Refusal


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
            response: HttpResponseBase = render(
                request,
                "admin/doors/invitation_over.html",
                {"frame": FRAME},
                status=HTTPStatus.GONE,
            )
        elif self.needs_password and not user.has_usable_password():
            response = HttpResponseRedirect(reverse("admin:invitation", args=[kwargs["token"]]))
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
    """Ask for a password, then which method is to be the first."""

    needs_password = False

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show the one or the other."""
        if self.invited.has_usable_password():
            return self.show()
        return self.show(form=SetPasswordForm(self.invited))

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Set the password, once."""
        if not self.invited.has_usable_password():
            form = SetPasswordForm(self.invited, request.POST)
            if not form.is_valid():
                return self.show(form=form)
            invites.set_password(self.invited, form.cleaned_data["new_password1"])
        return HttpResponseRedirect(request.path)

    def show(self, **context: Any) -> HttpResponse:
        """Render the page."""
        common = {
            "frame": FRAME,
            "email": self.invited.email,
            "token": self.kwargs["token"],
            "passkeys_offered": relying_party.is_offered_at_desk(),
        }
        return render(self.request, "admin/doors/invitation.html", common | context)


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
