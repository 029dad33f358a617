"""Ask who is signed in for the password again."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.fields import SECRET, wrong
from accounts.passwords import MAX_LENGTH


class ConfirmForm(forms.Form):
    """Ask for the password of the account; whether it is right is not for a form to say.

    What is wrong with it is told on the next page: a refused answer is named by its code.
    """

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=MAX_LENGTH,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", **SECRET}),
        error_messages={
            "required": _("Enter your password."),
            **wrong(_("This is not the password of your account.")),
            "too_often": _("Too many attempts. Wait a quarter of an hour and try again."),
        },
    )

    @classmethod
    def refused(cls, code: str) -> "ConfirmForm":
        """Return the empty form with this error; without one where there is no such code."""
        words = cls.base_fields["password"].error_messages.get(code)
        if words is None:
            return cls()
        form = cls({})
        form.errors.clear()
        form.add_error("password", str(words))
        return form
