"""Sign customers in and out and help those who forgot their password."""

from typing import Any, cast

from django.contrib import auth, messages
from django.contrib.auth import views as auth_views
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView, TemplateView, View

from accounts.forms.sign_in import TOO_OFTEN, PasswordResetForm, SetPasswordForm, SignInForm
from accounts.models import AccountSession, User
from accounts.registration import browser
from accounts.services import credentials, registration
from accounts.services.credentials import FAILED_SIGN_INS, SignIn
from accounts.sessions.opening import open_session
from accounts.sessions.visit import visit_of
from accounts.sessions.watch import has_expired
from accounts.views.links import redirect_to_mended
from accounts.views.waiting import ask_to_wait
from kantor.serving.network import held_up, network_of

PENDING_SALT = "accounts.pending-sign-in"
PENDING_MINUTES = 15


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class SignInView(auth_views.RedirectURLMixin, FormView):  # type: ignore[type-arg]
    """Sign in by e-mail and password.

    A pending account with the right password is offered a new link; every other failure has one
    answer.
    """

    form_class = SignInForm
    template_name = "accounts/sign_in.html"
    next_page = "accounts:account"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Lead who is signed in already to where he wanted, or to his page."""
        if request.user.is_authenticated:
            return HttpResponseRedirect(self.get_success_url())
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: SignInForm) -> HttpResponse:
        """Open the session, or say why not."""
        email, password = form.cleaned_data["username"], form.cleaned_data["password"]
        match credentials.sign_in(email, password, network_of(self.request)):
            case SignIn.OPEN, User() as user:
                open_session(self.request, user, AccountSession.How.PASSWORD)
                # Not redirect(): it takes an address without a slash for the name of a view.
                return HttpResponseRedirect(self.get_success_url())
            case SignIn.PENDING, User() as user:
                proof = signing.TimestampSigner(salt=PENDING_SALT).sign(str(user.pk))
                return render(self.request, "accounts/pending.html", {"proof": proof})
            case SignIn.TOO_OFTEN, _nobody:
                form.add_error(None, TOO_OFTEN)
                # The whole window: what is left of it would tell when the first try was.
                return held_up(self.form_invalid(form), FAILED_SIGN_INS.window)
            case _:
                form.add_error(
                    None, _("Wrong e-mail address or password. Check them and try again.")
                )
                return self.form_invalid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add where to go afterwards, if that is a page of ours, and why the reader is here."""
        wanted = self.get_redirect_url()
        return super().get_context_data(
            **kwargs,
            **{self.redirect_field_name: wanted},
            session_expired=bool(wanted) and has_expired(self.request),
        )


@method_decorator(never_cache, name="dispatch")
class PendingResendView(View):
    """Send a new activation link to who has just shown the right password of a pending account."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Send it, if the proof is fresh."""
        signer = signing.TimestampSigner(salt=PENDING_SALT)
        try:
            pk = int(signer.unsign(request.POST.get("proof", ""), max_age=PENDING_MINUTES * 60))
        except (signing.BadSignature, ValueError):
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


@method_decorator(never_cache, name="dispatch")
class PasswordResetView(FormView):  # type: ignore[type-arg]  # generic in stubs only
    """Take an address and promise help; the same page and work for every address."""

    form_class = PasswordResetForm
    template_name = "accounts/password_reset_form.html"

    def form_valid(self, form: PasswordResetForm) -> HttpResponse:
        """Owe the address a mail."""
        credentials.request_password_reset(
            form.cleaned_data["email"], get_language() or "pl", network_of(self.request)
        )
        return redirect("accounts:password-reset-sent")


class PasswordResetSentView(TemplateView):
    """Say what happens next, to everybody alike."""

    template_name = "accounts/password_reset_sent.html"


class PasswordResetConfirmView(auth_views.PasswordResetConfirmView):
    """Set a new password by the link of the mail; nobody is signed in by it."""

    form_class = SetPasswordForm
    template_name = "accounts/password_reset_confirm.html"
    success_url = reverse_lazy("accounts:password-reset-done")
    post_reset_login = False

    @method_decorator(never_cache)
    def dispatch(self, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Keep the token out of the Referer header as well (why not no-referrer: TokenView)."""
        response = redirect_to_mended(self.request) or super().dispatch(*args, **kwargs)
        response["Referrer-Policy"] = "strict-origin"
        return response

    def get_user(self, uidb64: str) -> User | None:
        """Return the user of the link if the account is open."""
        user = super().get_user(uidb64)
        return user if user is not None and user.is_active else None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add whose password it is, and where the meter and the proposal ask."""
        context = super().get_context_data(**kwargs)
        if context["validlink"]:
            uid = self.kwargs["uidb64"]
            context |= {
                "email": cast(User, self.user).email,
                "strength_url": reverse("accounts:password-reset-strength", args=[uid]),
                "proposal_url": reverse("accounts:password-reset-proposal", args=[uid]),
            }
        return context

    def form_valid(self, form: Any) -> HttpResponse:
        """Set the password, tell the owner and let him try it at once."""
        user = cast(User, self.user)
        password = form.cleaned_data["new_password1"]
        visit = visit_of(self.request)
        if not credentials.change_password(user, password, visit=visit, is_reset=True):
            # The link was used in another window meanwhile; its page says so.
            return redirect(self.request.path)
        del self.request.session[auth_views.INTERNAL_RESET_SESSION_TOKEN]
        network = network_of(self.request)
        credentials.forget_tries(user.email, network)
        return redirect(self.get_success_url())


class PasswordResetDoneView(TemplateView):
    """Say that the new password is set, with the way to sign in."""

    template_name = "accounts/password_reset_done.html"
