"""Ask staff for their e-mail and password under the same limit as customers."""

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError

from accounts.forms.sign_in import TOO_OFTEN
from accounts.services import credentials
from accounts.services.credentials import SignIn
from kantor.serving.network import network_of

TRIED_TOO_OFTEN = "too_often"  # the code of the error that a form's page answers by 429


class StaffSignInForm(AdminAuthenticationForm):
    """Let a member of staff in.

    Judged as at the customers' door, on the same counters: otherwise this page would be a second
    door to every account, without a limit.
    """

    def clean(self) -> dict[str, Any]:
        """Check the credentials unless there were too many tries."""
        assert self.request is not None
        email, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if not (email and password):  # its field says so
            return self.cleaned_data
        verdict, user = credentials.sign_in(email, password, network_of(self.request))
        if verdict is SignIn.TOO_OFTEN:
            raise ValidationError(TOO_OFTEN, TRIED_TOO_OFTEN)
        if verdict is not SignIn.OPEN or user is None:
            raise self.get_invalid_login_error()
        self.confirm_login_allowed(user)
        self.user_cache = user
        return self.cleaned_data
