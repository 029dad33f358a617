"""Let the signed-in customer change the password."""

from typing import Any

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView, TemplateView

from accounts.forms.sign_in import ChangePasswordForm
from accounts.models import User
from accounts.services import credentials
from accounts.services.credentials import PASSWORD_CHANGES
from kantor.serving.network import held_up


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class ChangeView(LoginRequiredMixin, FormView):  # type: ignore[type-arg]  # generic in stubs only
    """Set a new password in the place of the current one, which has to be entered.

    Sessions elsewhere end, since Django ties each to the password; this one goes on under a new
    key. The owner is told by mail.
    """

    form_class = ChangePasswordForm
    template_name = "accounts/password_change.html"

    @property
    def user(self) -> User:
        assert isinstance(self.request.user, User)
        return self.request.user

    def get_form_kwargs(self) -> dict[str, Any]:
        """Judge the new password with the customer's own words in mind."""
        return {**super().get_form_kwargs(), "user": self.user}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add where the meter and the proposal ask."""
        return super().get_context_data(
            **kwargs,
            email=self.user.email,
            strength_url=reverse("accounts:password-change-strength"),
            proposal_url=reverse("accounts:password-change-proposal"),
        )

    def form_valid(self, form: ChangePasswordForm) -> HttpResponse:
        """Check the current password, count the try before, and change it."""
        if not PASSWORD_CHANGES.hit(str(self.user.pk)):
            form.add_error(None, _("Too many attempts. Wait a quarter of an hour and try again."))
            return held_up(self.form_invalid(form), PASSWORD_CHANGES.window)
        if not self.user.check_password(form.cleaned_data["old_password"]):
            form.add_error("old_password", form.fields["old_password"].error_messages["wrong"])
            return self.form_invalid(form)
        if not credentials.change_password(self.user, form.cleaned_data["new_password1"]):
            # It was changed in another window meanwhile, which ended this session.
            return redirect(self.request.path)
        self.user.refresh_from_db()
        update_session_auth_hash(self.request, self.user)
        PASSWORD_CHANGES.clear(str(self.user.pk))
        return redirect("accounts:password-changed")


@method_decorator(never_cache, name="dispatch")
class ChangedView(LoginRequiredMixin, TemplateView):
    """Say that the new password is set."""

    template_name = "accounts/password_changed.html"
