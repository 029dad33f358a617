"""Ask for a new password, or for the address to which help is sent."""

from typing import Any

from django import forms
from django.contrib.auth.forms import SetPasswordForm as DjangoSetPasswordForm
from django.utils.translation import gettext_lazy as _

from accounts.forms import fields
from accounts.forms.fields import wrong
from accounts.models import User
from accounts.passwords import MAX_LENGTH, normalize


class PasswordResetForm(forms.Form):
    """Ask for the address of the account whose password is forgotten."""

    email = fields.EmailField()


class SetPasswordForm(DjangoSetPasswordForm):  # type: ignore[type-arg]  # generic in stubs only
    """Ask for the new password twice, with Django's own checks and our words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first, second = self.fields["new_password1"], self.fields["new_password2"]
        first.widget.attrs.update(fields.SECRET)
        second.widget.attrs.update(fields.SECRET)
        first.label = _("New password")
        first.help_text = ""
        first.widget.attrs["aria-describedby"] = "password-rules"
        first.error_messages["required"] = _("Enter a password.")
        second.label = _("Confirm the new password")
        second.help_text = ""
        second.error_messages["required"] = _("Enter the password again.")
        self.error_messages = {
            **self.error_messages,
            "password_mismatch": _("The passwords are not the same."),
        }

    def validate_password_for_user(
        self,
        user: User,
        password_field_name: str = "new_password1",  # noqa: S107  the name of a field
    ) -> None:
        """Say what the password lacks at the password; Django says it at the repetition."""
        super().validate_password_for_user(user, "new_password1")


class ChangePasswordForm(SetPasswordForm):
    """Ask who is signed in for the old password and, twice, for the new one.

    Whether the old one is right is checked by the view: each try is counted first.
    """

    old_password = forms.CharField(
        label=_("Current password"),
        strip=False,
        max_length=MAX_LENGTH,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", **fields.SECRET}),
        error_messages={
            "required": _("Enter your current password."),
            **wrong(_("This is not your current password.")),
        },
    )
    field_order = ("old_password", "new_password1", "new_password2")

    def clean(self) -> dict[str, Any] | None:
        """Refuse the old password in the place of the new one."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        old, new = cleaned.get("old_password"), cleaned.get("new_password1")
        if old and new and normalize(old) == normalize(new):
            self.add_error(
                "new_password1", _("Choose a password that differs from the current one.")
            )
        return cleaned
