"""Ask for a code; whether it is right is not for a form to say."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.forms.fields import ValueField
from accounts.totp import codes


class CodeField(ValueField):
    """Ask for the digits that an authenticator app shows; a recovery code is read as well."""

    ordinary_label = _("6 digits from the app")
    autocomplete = "one-time-code"
    attributes: ClassVar = {
        "inputmode": "numeric",
        "spellcheck": "false",
        "autocapitalize": "off",
        "size": 10,
        "maxlength": codes.MAX_ANSWER_LENGTH,
    }
    default_error_messages: ClassVar = {
        "required": _("Enter the 6 digits that the app shows now."),
        "invalid": _("Enter the 6 digits that the app shows now."),
    }

    def to_python(self, value: Any) -> str:
        """Return the code without what groups it. Raises ValidationError."""
        typed = "" if value is None else str(value)
        code = codes.read(typed)
        if typed.strip() and not code:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return code


class RecoveryCodeField(CodeField):
    """Ask for a recovery code: a keyboard with letters; the digits of the app are read as well."""

    ordinary_label = _("Recovery code")
    ordinary_help = _(
        "24 characters. Dashes, spaces and small or capital letters make no difference."
    )
    attributes: ClassVar = {
        **CodeField.attributes,
        "inputmode": "text",
        "autocapitalize": "characters",
        "size": 32,
    }
    default_error_messages: ClassVar = {
        "required": _("Enter one of your recovery codes."),
        "invalid": _("A recovery code has 24 characters. Check that none is missing."),
    }


class CodeForm(forms.Form):
    """Ask for a code.

    With a `refusal`, a key of the field's messages, the form is an empty one that says why the
    last answer was refused: a code is never shown again.
    """

    code = CodeField()

    def __init__(self, data: Any = None, *, refusal: str = "", **kwargs: Any) -> None:
        super().__init__({} if refusal else data, **kwargs)
        self.refusal = refusal

    def clean(self) -> dict[str, Any]:
        """Say why the last answer was refused, and nothing of the missing one."""
        if self.refusal:
            self.errors.clear()
            self.add_error("code", self.fields["code"].error_messages[self.refusal])
        return self.cleaned_data

    @property
    def fault(self) -> str:
        """Return the key of the message for what is wrong with this answer."""
        return str(self.errors.as_data()["code"][0].code)


class ConfirmForm(CodeForm):
    """Ask for the first digits of a new app."""

    code = CodeField(
        error_messages={
            "wrong": _(
                "These digits do not match. Enter the ones that the app shows now. If that does"
                " not help, have your phone set its clock automatically."
            ),
            "stale": _("That QR code is no longer valid. Scan this one and enter the digits."),
        }
    )


class SecondStepForm(CodeForm):
    """Ask who signs in for a code of the app, or for a recovery code."""

    code = CodeField(
        error_messages={
            "invalid": _("Enter the 6 digits that the app shows, or a recovery code."),
            "wrong": _("This code does not match or was used already. Wait for the next one."),
        }
    )


class RecoveryForm(CodeForm):
    """Ask who signs in without the app for a recovery code."""

    code = RecoveryCodeField(
        error_messages={
            "wrong": _("This code does not match or was used already. Enter another one."),
        }
    )
