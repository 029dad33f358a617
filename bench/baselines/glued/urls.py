"""A registration of formtools, django-simple-captcha, zxcvbn and Django's own tokens.

The plain wizard with what a registration needs at least: unique names and addresses, a captcha, a
password that is judged, a mail of text and HTML with a link, and an account that the link opens.
"""

from collections.abc import Iterable
from typing import Any

from captcha.fields import CaptchaField
from django import forms
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMultiAlternatives
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import include, path, reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode
from django.views.generic import TemplateView

from bench.baselines.wizard import urls as plain

# Typed for kantor's own users alone.
tokens: Any = default_token_generator


class PersonForm(plain.PersonForm):
    """Step 1."""

    def clean_username(self) -> str:
        """Refuse a name that is taken."""
        username: str = self.cleaned_data["username"]
        if User.objects.filter(username=username).exists():
            raise forms.ValidationError("This name is taken.")
        return username


class ContactForm(plain.ContactForm):
    """Step 2."""

    def clean_email(self) -> str:
        """Refuse an address that is registered."""
        email: str = self.cleaned_data["email"]
        if User.objects.filter(email__iexact=email).exists():
            raise forms.ValidationError("This address is registered.")
        return email


class PasswordForm(plain.PasswordForm):
    """Step 4."""

    captcha = CaptchaField()

    def clean(self) -> dict[str, Any]:
        """Judge the password."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("password1") != data.get("password2"):
            raise forms.ValidationError("The two passwords differ.")
        validate_password(data.get("password1", ""))
        return data


class GluedWizard(plain.PlainWizard):
    """Ask five times, make a closed account, and send the link that opens it."""

    form_list = [
        PersonForm,
        ContactForm,
        plain.AddressForm,
        PasswordForm,
        plain.ConsentsForm,
    ]

    def get_form(self, step: str | None = None, data: Any = None, files: Any = None) -> forms.Form:
        """Ask for the captcha once: at the end the wizard checks every step again."""
        form: forms.Form = super().get_form(step, data, files)
        if isinstance(form, PasswordForm) and self.storage.extra_data.get("is_human"):
            del form.fields["captcha"]
        return form

    def process_step(self, form: forms.Form) -> Any:
        """Remember a solved captcha."""
        if isinstance(form, PasswordForm):
            self.storage.extra_data = {"is_human": True}
        return super().process_step(form)

    def done(self, form_list: Iterable[forms.Form], **kwargs: Any) -> HttpResponse:
        """Make the user of the answers, not active yet, and send the mail."""
        answers = {name: value for form in form_list for name, value in form.cleaned_data.items()}
        user = User.objects.create_user(
            answers["username"],
            answers["email"],
            answers["password1"],
            first_name=answers["first_name"],
            last_name=answers["last_name"],
            is_active=False,
        )
        uid = urlsafe_base64_encode(force_bytes(user.pk))
        token = tokens.make_token(user)
        link = self.request.build_absolute_uri(reverse("activate", args=[uid, token]))
        context = {"user": user, "link": link}
        mail = EmailMultiAlternatives(
            "Activate your account", render_to_string("mail.txt", context), to=[user.email]
        )
        mail.attach_alternative(render_to_string("mail.html", context), "text/html")
        mail.send()
        return redirect("done")


def activate(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Ask once, so that no mail scanner opens the account, then open it."""
    user = User.objects.filter(pk=int(urlsafe_base64_decode(uid))).first()
    if user is None or not tokens.check_token(user, token):
        raise Http404
    if request.method != "POST":
        return render(request, "activate.html")
    user.is_active = True
    user.save()
    return redirect("active")


urlpatterns = [
    path("register/", GluedWizard.as_view(), name="register"),
    path("done/", TemplateView.as_view(template_name="done.html"), name="done"),
    path("activate/<uid>/<token>/", activate, name="activate"),
    path("active/", TemplateView.as_view(template_name="active.html"), name="active"),
    path("captcha/", include("captcha.urls")),
]
