"""Show staff how they sign in, ask for a method again, and let an administrator reset them.

One implementation with the customers' (`accounts.totp`, `accounts.passkeys`): only the frame, the
addresses and the question differ. Customers confirm with the password, staff with a method.
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.generic import View

from accounts.desk import invites, methods
from accounts.desk.at_work import desk_of
from accounts.desk.methods import LastMethod
from accounts.desk.reasons import FactorReset
from accounts.desk.roles import Right, may
from accounts.models import AccountSession, Passkey, User
from accounts.passkeys import relying_party
from accounts.passkeys import views as passkeys
from accounts.sessions import factor
from accounts.sessions.lifetime import STAFF
from accounts.sessions.returning import ReturnMixin
from accounts.staff.door import FRAME
from accounts.totp import services as totp
from accounts.totp import views as totp_views
from accounts.totp.first_step import FirstStep
from accounts.totp.forms import CodeForm


class MethodsView(View):
    """Show who is signed in his passkeys and his app."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them."""
        user = _user(request)
        context = {
            **passkeys.list_context(request),
            "passkeys_offered": relying_party.is_offered_at_desk(),
            "app": totp.state(user),
            "frame": FRAME,
        }
        return render(request, "admin/doors/methods.html", context)


class ConfirmView(ReturnMixin, totp_views.SecondStepView):
    """Ask who is signed in for a passkey or a code again, never for the password."""

    next_page = "admin:methods"
    frame = FRAME
    for_staff = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Ask who is signed in, whatever was the first step."""
        self.passed = FirstStep(_user(request), self.get_success_url())
        return View.dispatch(self, request, *args, **kwargs)

    def ask(self, form: CodeForm) -> HttpResponse:
        """Show what this account has: the button, the field, or both."""
        context = passkeys.confirm_context(self.request) | {
            "form": form,
            "frame": FRAME,
            REDIRECT_FIELD_NAME: self.get_redirect_url(),
            "has_app": totp.is_on(self.passed.user),
        }
        context["passkeys_offered"] &= relying_party.is_offered_at_desk()
        return render(self.request, "admin/doors/confirm.html", context)


def confirm_by_code(request: HttpRequest, passed: FirstStep, outcome: totp.Outcome) -> HttpResponse:
    """Remember the proof and lead on."""
    factor.remember(request, AccountSession.How(outcome.value))
    return HttpResponseRedirect(passed.then)


class ConfirmByPasskeyView(passkeys.ConfirmView):
    """Let who is signed in prove with a passkey that it is him."""

    next_page = "admin:methods"
    page = "admin:confirm"

    def remember(self, request: HttpRequest) -> None:
        """Keep the proof in the session."""
        factor.remember(request, AccountSession.How.PASSKEY)


class TurnOnView(totp_views.TurnOnView):
    """Turn on the app, at the staff's address."""

    frame = FRAME
    overview = "admin:methods"


class RecoveryCodesView(totp_views.RecoveryCodesView):
    """Make new recovery codes, at the staff's address."""

    frame = FRAME
    overview = "admin:methods"


class TurnOffView(totp_views.TurnOffView):
    """Turn off the app, unless it is the only method."""

    frame = FRAME
    overview = "admin:methods"

    def turn_off(self) -> bool:
        """Turn it off, or say why not."""
        try:
            return methods.turn_off_app(self.owner())
        except LastMethod:
            _say_that_it_is_the_last(self.request)
            return False


class AddPasskeyView(passkeys.AddView):
    """Add a passkey, at the staff's address."""

    frame = FRAME
    overview = "admin:methods"
    security = "admin:methods"

    def options_url(self) -> str:
        """Return the address at which the script asks for a challenge."""
        return reverse("admin:passkey-add-options")


class RemovePasskeyView(passkeys.RemoveView):
    """Remove a passkey, unless it is the only method."""

    frame = FRAME
    overview = "admin:methods"
    security = "admin:methods"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Remove it, or say why not."""
        try:
            return super().post(request, pk)
        except LastMethod:
            _say_that_it_is_the_last(request)
            return HttpResponseRedirect(self.back())

    def remove(self, pk: int) -> Passkey | None:
        """Remove it. Raises `LastMethod`."""
        return methods.remove_passkey(self.owner(), pk)


class ResetForm(forms.Form):
    """Ask an administrator why."""

    reason = forms.ChoiceField(
        label=gettext_lazy("Why do you reset them?"),
        choices=FactorReset.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose a reason.")},
    )


@method_decorator([never_cache], name="dispatch")
class ResetView(View):
    """Take every method from another member of staff who has lost his; administrators only.

    The answer to the POST shows the new invitation, the only time.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Refuse whoever is no administrator, and his own account to an administrator."""
        if not may(_user(request), Right.MANAGE_STAFF) or kwargs["pk"] == request.user.pk:
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask why."""
        context = {"member": _member(pk), "form": ResetForm(), "frame": FRAME}
        return render(request, "admin/doors/reset.html", context)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Reset them, tell the owner by mail, and show the link to hand over."""
        member, form = _member(pk), ResetForm(request.POST)
        if not form.is_valid():
            context = {"member": member, "form": form, "frame": FRAME}
            return render(request, "admin/doors/reset.html", context)
        methods.reset(member, desk_of(request), reason=form.cleaned_data["reason"])
        link = totp_views.Untold(address=invites.renew(member))
        context = {"member": member, "link": link, "frame": FRAME}
        return render(request, "admin/doors/reset.html", context)


def add_options(request: HttpRequest) -> HttpResponse:
    """Answer the script of a page that was confirmed, as long as it may be sent."""
    if not factor.fresh_factor(request, factor.FRESH_FOR + STAFF.idle):
        return redirect("admin:confirm")
    return passkeys.add_options(request)


def _say_that_it_is_the_last(request: HttpRequest) -> None:
    messages.error(request, _("This is your only method of signing in. Add another one first."))


def _member(pk: int) -> User:
    member = User.objects.filter(pk=pk, is_staff=True, is_active=True).first()
    if member is None:
        raise Http404("No such member of staff.")
    return member


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
