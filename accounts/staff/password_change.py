"""Let staff change their password under the limits, and with the notice, of customers."""

from typing import Any

from django.contrib.admin.forms import AdminPasswordChangeForm
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from accounts.forms.fields import SECRET
from accounts.models import User
from accounts.services import credentials, network_tries
from accounts.services.credentials import PASSWORD_CHANGES
from accounts.sessions import known_browser
from accounts.sessions.visit import visit_of
from accounts.staff.sign_in import TRIED_TOO_OFTEN
from accounts.values.visit import Visit
from kantor.serving.network import held_up, network_of


class StaffPasswordChangeForm(AdminPasswordChangeForm):
    """Ask for the current password and twice for the new one."""

    def __init__(self, user: User, *args: Any, network: str, visit: Visit, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.network, self.visit = network, visit
        for field in self.fields.values():
            field.widget.attrs.update(SECRET)

    def clean_old_password(self) -> str:
        """Check the current password as at every page that asks for it again."""
        old: str = self.cleaned_data["old_password"]
        is_allowed = not network_tries.count(self.network)
        match credentials.proves_owner(self.user, old, visit=self.visit) if is_allowed else None:
            case True:
                network_tries.forgive(self.network)
                return old
            case False:
                # Also where the password is barred: who knows it may not be its owner.
                raise ValidationError(
                    self.error_messages["password_incorrect"], "password_incorrect"
                )
            case _:
                raise ValidationError(
                    _("Too many attempts. Wait a quarter of an hour and try again."),
                    TRIED_TOO_OFTEN,
                )


class StaffPasswordChangeView(PasswordChangeView):
    """Set the new password; sessions elsewhere end, and the owner is told by mail."""

    form_class = StaffPasswordChangeForm

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add where the request comes from."""
        return {
            **super().get_form_kwargs(),
            "network": network_of(self.request),
            "visit": visit_of(self.request),
        }

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show what is wrong; too many tries with their status."""
        response = super().form_invalid(form)
        if form.has_error("old_password", TRIED_TOO_OFTEN):
            return held_up(response, PASSWORD_CHANGES.window)
        return response

    def form_valid(self, form: Any) -> HttpResponse:
        """Change it and go on under a new key."""
        user, visit = form.user, visit_of(self.request)
        if not credentials.change_password(user, form.cleaned_data["new_password1"], visit=visit):
            # It was changed in another window meanwhile, which ended this session.
            return redirect(self.request.path)
        response = HttpResponseRedirect(self.get_success_url())
        known_browser.keep(self.request, response, user)
        user.refresh_from_db()
        update_session_auth_hash(self.request, user)
        return response
