"""Help those who forgot their password."""

from typing import Any, cast

from django.contrib import auth
from django.contrib.auth import views as auth_views
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.generic import FormView, TemplateView

from accounts.forms.password import PasswordResetForm, SetPasswordForm
from accounts.models import User
from accounts.services import credentials
from accounts.sessions import known_browser
from accounts.sessions.visit import visit_of
from accounts.sign_in import kept as keeping
from accounts.sign_in import tries
from accounts.views.links import redirect_to_mended
from kantor.serving.network import network_of


@method_decorator(never_cache, name="dispatch")
class PasswordResetView(FormView):  # type: ignore[type-arg]  # generic in stubs only
    """Take an address and promise help; the same page and work for every address."""

    form_class = PasswordResetForm
    template_name = "accounts/password_reset_form.html"

    def get_initial(self) -> dict[str, Any]:
        """Spare who comes from the sign-in to type the address again."""
        return {"email": keeping.address(self.request.session)}

    def form_valid(self, form: PasswordResetForm) -> HttpResponse:
        """Owe the address a mail."""
        email = form.cleaned_data["email"]
        credentials.request_password_reset(
            email,
            get_language() or "pl",
            network_of(self.request),
            is_acquaintance=known_browser.knows_owner_of(self.request, email),
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
        is_signed_in = self.request.user.pk == user.pk
        if not credentials.change_password(user, password, visit=visit, is_reset=True):
            # The link was used in another window meanwhile; its page says so.
            return redirect(self.request.path)
        if is_signed_in:
            # The change has deleted this session as well: there is no row to be written to.
            auth.logout(self.request)
        else:
            del self.request.session[auth_views.INTERNAL_RESET_SESSION_TOKEN]
        network = network_of(self.request)
        tries.forgive(user.email_key, network)
        response = redirect(self.get_success_url())
        known_browser.keep(self.request, response, user)
        return response


class PasswordResetDoneView(TemplateView):
    """Say that the new password is set, with the way to sign in."""

    template_name = "accounts/password_reset_done.html"
