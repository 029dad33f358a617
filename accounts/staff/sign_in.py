"""Let staff in: with a passkey, or with password and code, under the same limits as customers."""

import math
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.forms.fields import SECRET
from accounts.models import AccountSession, User
from accounts.passkeys import notices, relying_party
from accounts.passkeys import views as passkeys
from accounts.sessions import factor, known_browser
from accounts.sessions.returning import ReturnMixin
from accounts.sessions.visit import visit_of
from accounts.sign_in import services
from accounts.sign_in.forms import ask_to_wait
from accounts.sign_in.services import Outcome, Try
from accounts.staff.door import FRAME, let_in_by_passkey, note_failure
from accounts.totp import first_step
from accounts.totp import services as totp
from accounts.totp.views import SecondStepView
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
            note_failure(self.request, AccountSession.How.PASSWORD, email=email)
            raise self.get_invalid_login_error()
        self.confirm_login_allowed(verdict.user)
        if not totp.is_on(verdict.user):
            # The password alone neither opens nor enrols anything, whoever knows it.
            note_failure(self.request, AccountSession.How.PASSWORD, account=verdict.user.pk)
            raise ValidationError(
                _(
                    "The password alone does not let anybody in. Sign in with your passkey; if you "
                    "have none, ask an administrator for an invitation."
                ),
                "no_method",
            )
        self.user_cache = verdict.user
        return self.cleaned_data


class StaffSignInView(ReturnMixin, LoginView):
    """Django's own, but that a right password leads to the question for a code."""

    authentication_form = StaffSignInForm
    template_name = "admin/doors/sign_in.html"

    def get_default_redirect_url(self) -> str:
        """Lead to the staff's pages, not to the customers'."""
        return reverse("admin:index")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what the button of passkeys needs."""
        return {
            **super().get_context_data(**kwargs),
            "passkeys_offered": relying_party.is_offered_at_desk(),
            "passkey_notice": notices.take(self.request),
        }

    def form_valid(self, form: Any) -> HttpResponse:
        """Ask for the code."""
        user = form.get_user()
        assert isinstance(user, User)
        first_step.remember(self.request.session, user, self.get_success_url())
        return redirect("admin:second-step")


class StaffCodeView(SecondStepView):
    """Ask for the code, in the staff's frame, and write down a wrong one."""

    first_page = "admin:login"
    frame = FRAME
    for_staff = True

    def judge(self, code: str) -> totp.Outcome:
        """Judge it as at the customers' door."""
        outcome = super().judge(code)
        if not outcome.is_right:
            note_failure(self.request, AccountSession.How.TOTP, account=self.passed.user.pk)
        return outcome


class StaffPasskeyView(passkeys.SignInView):
    """Sign in with a passkey alone, at the staff's door."""

    next_page = "admin:index"
    page = "admin:login"
    for_staff = True
    let_in = staticmethod(let_in_by_passkey)

    def is_in(self) -> bool:
        """Tell whether staff are signed in; a customer in this browser is no matter."""
        return admin.site.has_permission(self.request)

    def get(self, request: HttpRequest) -> HttpResponse:
        """Lead to the page with the button."""
        return redirect(self.page)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Open the session, or write down that nothing was proved."""
        response = super().post(request)
        if response.status_code == HTTPStatus.FOUND and not factor.has_one(request):
            note_failure(request, AccountSession.How.PASSKEY)
        return response
