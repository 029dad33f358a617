"""Ask staff for their e-mail and password under the same limit as customers."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.forms.sign_in import TOO_OFTEN
from accounts.models import AccountSession, User
from accounts.services import credentials
from accounts.services.credentials import SignIn
from accounts.sessions.opening import open_session
from kantor.serving.network import network_of


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
            raise ValidationError(TOO_OFTEN, "too_often")
        if verdict is not SignIn.OPEN or user is None:
            raise self.get_invalid_login_error()
        self.confirm_login_allowed(user)
        self.user_cache = user
        return self.cleaned_data


class StaffSignInView(LoginView):
    """Django's own page, but for how the session is opened."""

    authentication_form = StaffSignInForm
    template_name = "admin/login.html"

    def form_valid(self, form: Any) -> HttpResponse:
        """Open the session as every door does."""
        user = form.get_user()
        assert isinstance(user, User)
        open_session(self.request, user, AccountSession.How.PASSWORD)
        return HttpResponseRedirect(self.get_success_url())


@never_cache
def sign_in(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
    """Show the page to the staff's site; lead who is signed in there already to its index."""
    site, index = admin.site, reverse("admin:index")
    if request.method == "GET" and site.has_permission(request):
        return HttpResponseRedirect(index)
    context = {
        **site.each_context(request),
        "title": _("Log in"),
        "subtitle": None,
        "app_path": request.get_full_path(),
        "username": request.user.get_username(),
        **(extra_context or {}),
    }
    if REDIRECT_FIELD_NAME not in request.GET and REDIRECT_FIELD_NAME not in request.POST:
        context[REDIRECT_FIELD_NAME] = index
    return StaffSignInView.as_view(extra_context=context)(request)
