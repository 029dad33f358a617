"""Ask staff for their e-mail and password under the same limit as customers."""

import math
from datetime import timedelta
from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse

from accounts.desk import events
from accounts.desk.at_work import desk_of
from accounts.forms.fields import SECRET
from accounts.models import AccountSession, StaffEvent, User
from accounts.sessions import known_browser
from accounts.sessions.opening import open_session
from accounts.sessions.returning import ReturnMixin
from accounts.sessions.visit import visit_of
from accounts.sign_in import services
from accounts.sign_in.forms import ask_to_wait
from accounts.sign_in.services import Outcome, Try
from accounts.totp import first_step
from accounts.totp import services as totp
from kantor.serving.network import network_of

TRIED_TOO_OFTEN = "too_often"  # the code of the error that a form's page answers by 429


class StaffSignInForm(AdminAuthenticationForm):
    """Let a member of staff in.

    Judged as at the customers' door, on the same counters: otherwise this page would be a second
    door to every account, without a limit. A customer's account never opens here.
    """

    # How long whoever came too often has to wait.
    wait = timedelta(0)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].widget.attrs.update(SECRET)

    def clean(self) -> dict[str, Any]:
        """Check the credentials unless there were too many tries."""
        assert self.request is not None
        email, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if not (email and password):  # its field says so
            return self.cleaned_data
        verdict = services.attempt(
            Try(
                email=email,
                password=password,
                network=network_of(self.request),
                known_browser=known_browser.cookie_of(self.request),
                visit=visit_of(self.request),
                for_staff=True,
            )
        )
        if verdict.wait:
            self.wait = verdict.wait
            minutes = max(1, math.ceil(verdict.wait / timedelta(minutes=1)))
            raise ValidationError(ask_to_wait(minutes), TRIED_TOO_OFTEN)
        if verdict.outcome is not Outcome.OPEN or verdict.user is None:
            raise self.get_invalid_login_error()
        self.confirm_login_allowed(verdict.user)
        self.user_cache = verdict.user
        return self.cleaned_data


class StaffSignInView(ReturnMixin, LoginView):
    """Django's own, but that the session is opened as at every door."""

    authentication_form = StaffSignInForm
    template_name = "admin/login.html"

    def get_default_redirect_url(self) -> str:
        """Lead to the staff's pages, not to the customers'."""
        return reverse("admin:index")

    def form_valid(self, form: Any) -> HttpResponse:
        """Open it and lead on, or ask for the code of whoever has an authenticator app."""
        user = form.get_user()
        assert isinstance(user, User)
        if totp.is_on(user):
            first_step.remember(self.request.session, user, self.get_success_url())
            return redirect("accounts:second-step")
        open_session(self.request, user, AccountSession.How.PASSWORD)
        how = {"how": AccountSession.How.PASSWORD.value}
        events.record(desk_of(self.request), StaffEvent.Action.SIGNED_IN, after=how)
        return HttpResponseRedirect(self.get_success_url())

    def form_invalid(self, form: Any) -> HttpResponse:
        """Write a refusal down; not what was not judged, of which there is no end."""
        email = form.cleaned_data.get("username")
        if email and not form.has_error(NON_FIELD_ERRORS, TRIED_TOO_OFTEN):
            events.record_failed_sign_in(email, network=network_of(self.request))
        return super().form_invalid(form)
