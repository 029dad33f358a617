"""Let the signed-in customer change the password."""

from typing import Any

from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView, TemplateView

from accounts.forms.password import ChangePasswordForm
from accounts.models import User
from accounts.services import credentials, network_tries
from accounts.services.credentials import PASSWORD_CHANGES
from accounts.sessions import confirmation, known_browser
from accounts.sessions.returning import signed_in
from accounts.sessions.visit import visit_of
from kantor.serving.network import held_up, network_of, too_many


@method_decorator([never_cache, sensitive_post_parameters(), signed_in], name="dispatch")
class ChangeView(FormView):  # type: ignore[type-arg]  # generic in stubs only
    """Set a new password in the place of the current one, which has to be entered.

    Sessions elsewhere end; this one goes on under a new key. The owner is told by mail. A barred
    password proves nothing: its owner is led to a new one by e-mail.
    """

    form_class = ChangePasswordForm
    template_name = "accounts/password_change.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Ask for both passwords; lead on where the current one is barred."""
        if self.user.password_barred_at is not None:
            return redirect("accounts:security")
        return super().get(request, *args, **kwargs)

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
        old, visit = form.cleaned_data["old_password"], visit_of(self.request)
        network = network_of(self.request)
        if wait := network_tries.count(network):
            return too_many(self.request, wait)
        match credentials.proves_owner(self.user, old, visit=visit):
            case None:
                form.add_error(
                    None, _("Too many attempts. Wait a quarter of an hour and try again.")
                )
                return held_up(self.form_invalid(form), PASSWORD_CHANGES.window)
            case False:
                form.add_error("old_password", form.fields["old_password"].error_messages["wrong"])
                return self.form_invalid(form)
        network_tries.forgive(network)
        password = form.cleaned_data["new_password1"]
        if not credentials.change_password(self.user, password, visit=visit):
            # It was changed in another window meanwhile, which ended this session.
            return redirect(self.request.path)
        response = redirect("accounts:password-changed")
        known_browser.keep(self.request, response, self.user)
        self.user.refresh_from_db()
        update_session_auth_hash(self.request, self.user)
        confirmation.remember(self.request)
        return response


@method_decorator([never_cache, signed_in], name="dispatch")
class ChangedView(TemplateView):
    """Say that the new password is set."""

    template_name = "accounts/password_changed.html"
