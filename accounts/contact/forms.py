"""Ask for a new e-mail address; for a new phone number `accounts.phone` asks."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.forms import fields
from accounts.values import email_typos
from accounts.values.email import normalise


class EmailForm(forms.Form):
    """Ask for another address than the present one, as the registration does."""

    email = fields.EmailField(
        label=_("New e-mail address (login)"),
        widget=forms.EmailInput({"aria-describedby": "email-hint"}),
    )
    # The address that the page asked about, because it looks mistyped: it asks once.
    asked = forms.CharField(required=False, max_length=320, widget=forms.HiddenInput)

    def __init__(self, *args: Any, present: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._present = present

    def clean_email(self) -> str:
        """Refuse the present address in any spelling. Raises ValidationError."""
        email: str = self.cleaned_data["email"]
        if normalise(email) == normalise(self._present):
            raise ValidationError(_("This is the address of your account already."), "same")
        return email

    @property
    def suggestion(self) -> str:
        """Return the address that was probably meant; empty where none is."""
        return email_typos.suggestion(str(self["email"].value() or ""))

    @property
    def is_to_be_asked(self) -> bool:
        """Tell whether the address looks mistyped and the page has not asked about it yet."""
        typed = str(self["email"].value() or "")
        return bool(self.suggestion) and self.data.get("asked") != typed
