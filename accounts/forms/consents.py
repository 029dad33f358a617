"""Ask for a declaration by a box; where it is about a document, for the version that was shown."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import consents
from accounts.consents import Consent

CHANGED = _("This text has changed in the meantime. Read the new version and tick again.")


class Checkbox(forms.CheckboxInput):
    """A box that says what was sent for it, and not only whether anything was."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return the value that came, False for none and for "false"."""
        value = data.get(name)
        return value if value and value.lower() != "false" else False


class ConsentField(forms.BooleanField):
    """The box of one declaration, unticked unless it was ticked in this version.

    A form can be open while another version comes into force, at midnight. Its box carries the
    version that was shown, so nobody accepts what he has not seen.
    """

    widget = Checkbox

    def __init__(self, consent: Consent, *, missing: Promise) -> None:
        messages: dict[str, Any] = {"required": missing, "changed": CHANGED}
        super().__init__(
            label=consents.label_html(consent),
            help_text=consents.copy_html(consent),
            required=consent.required,
            error_messages=messages,
        )
        self.consent = consent
        if consent.document:
            self.widget.attrs["value"] = consent.version

    def clean(self, value: Any) -> bool:
        """Return whether it was ticked; refuse a tick at another version."""
        if value and not is_ticked(self.consent, value):
            raise ValidationError(self.error_messages["changed"], "changed")
        return bool(super().clean(bool(value)))

    def bound_data(self, data: Any, initial: Any) -> bool:
        """Return whether the page shows it ticked."""
        return is_ticked(self.consent, data)


def is_ticked(consent: Consent, value: Any) -> bool:
    """Tell whether what was sent for the box of a declaration ticks it in this version."""
    return bool(value) and (not consent.document or value == consent.version)
