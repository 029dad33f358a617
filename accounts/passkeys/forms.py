"""Ask what a passkey is to be called."""

from typing import ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.forms.fields import ValueField
from accounts.models import Passkey
from accounts.values.text import clean, has_any


class NameField(ValueField):
    """Ask for a name by which its owner tells one passkey from another."""

    ordinary_label = _("Name of the passkey")
    ordinary_help = _("For example “phone” or “laptop at work”.")
    attributes: ClassVar = {"size": 32, "maxlength": 2 * Passkey.MAX_NAME}
    default_error_messages: ClassVar = {"required": _("Enter a name.")}

    @staticmethod
    def parse(text: str) -> str:
        """Return the name as typed, but for blanks. Raises as `text.clean` does, or `no_letter`."""
        name = clean(text, max_length=Passkey.MAX_NAME)
        if not has_any(name, "LN"):
            raise ValidationError(_("The name must contain letters or digits."), "no_letter")
        return name


class NewNameField(NameField):
    """Ask for the name of a new passkey; without one it gets a number."""

    is_optional = True


class NameForm(forms.Form):
    """Ask for another name of a passkey."""

    name = NameField()


class NewNameForm(forms.Form):
    """Ask for the name of a new passkey."""

    name = NewNameField()
