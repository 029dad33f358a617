"""Ask staff for their e-mail and password under the same limit as customers."""

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect

from accounts.forms.fields import SECRET
from accounts.forms.sign_in import TOO_OFTEN
from accounts.models import AccountSession, User
from accounts.services import credentials
from accounts.services.credentials import SignIn
from accounts.sessions.opening import open_session
from kantor.serving.network import network_of

TRIED_TOO_OFTEN = "too_often"  # the code of the error that a form's page answers by 429


class StaffSignInForm(AdminAuthenticationForm):
    """Let a member of staff in.

    Judged as at the customers' door, on the same counters: otherwise this page would be a second
    door to every account, without a limit.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].widget.attrs.update(SECRET)

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


class StaffSignInView(LoginView):
    """Django's own, but that the session is opened as at every door."""

    authentication_form = StaffSignInForm
    template_name = "admin/login.html"

    def form_valid(self, form: Any) -> HttpResponse:
        """Open it and lead on."""
        user = form.get_user()
        assert isinstance(user, User)
        open_session(self.request, user, AccountSession.How.PASSWORD)
        return HttpResponseRedirect(self.get_success_url())
