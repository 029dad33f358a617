"""The plain wizard as formtools' manual shows it: forms of three fields, a view, a last page."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.views.generic import TemplateView
from formtools.wizard.views import SessionWizardView


class PersonForm(forms.Form):
    """Step 1."""

    username = forms.CharField(max_length=150)
    first_name = forms.CharField(max_length=150)
    last_name = forms.CharField(max_length=150)


class ContactForm(forms.Form):
    """Step 2."""

    email = forms.EmailField()
    phone = forms.CharField(max_length=30)
    language = forms.CharField(max_length=10)


class AddressForm(forms.Form):
    """Step 3."""

    street = forms.CharField(max_length=150)
    postal_code = forms.CharField(max_length=20)
    city = forms.CharField(max_length=150)


class PasswordForm(forms.Form):
    """Step 4."""

    password1 = forms.CharField(widget=forms.PasswordInput)
    password2 = forms.CharField(widget=forms.PasswordInput)
    hint = forms.CharField(max_length=150)


class ConsentsForm(forms.Form):
    """Step 5."""

    terms = forms.BooleanField()
    personal_data = forms.BooleanField()
    news = forms.BooleanField(required=False)


class PlainWizard(SessionWizardView):
    """Ask five times, then make the user."""

    form_list: ClassVar[list[type[forms.Form]]] = [
        PersonForm,
        ContactForm,
        AddressForm,
        PasswordForm,
        ConsentsForm,
    ]
    template_name = "wizard.html"

    def done(self, form_list: Iterable[forms.Form], **kwargs: Any) -> HttpResponse:
        """Make the user of the answers."""
        answers = {name: value for form in form_list for name, value in form.cleaned_data.items()}
        User.objects.create_user(
            answers["username"],
            answers["email"],
            answers["password1"],
            first_name=answers["first_name"],
            last_name=answers["last_name"],
        )
        return redirect("done")


urlpatterns = [
    path("register/", PlainWizard.as_view(), name="register"),
    path("done/", TemplateView.as_view(template_name="done.html"), name="done"),
]
