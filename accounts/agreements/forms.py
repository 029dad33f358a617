"""Ask a customer to accept terms."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import consents
from accounts.forms.consents import ConsentField


class TermsForm(forms.Form):
    """One unticked box, for one version of the terms."""

    def __init__(self, data: Any = None, *, version: str) -> None:
        super().__init__(data)
        box = ConsentField(
            consents.declaration("terms", version), missing=_("Tick this to accept the Terms.")
        )
        box.help_text = ""  # the page leads to the file itself
        self.fields["terms"] = box
