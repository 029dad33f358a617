"""Ask whoever opens an activation link for the password, and how he heard of the service."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.forms import fields
from accounts.forms.fields import wrong
from accounts.models import Source
from accounts.passwords import MAX_LENGTH
from accounts.values.email import normalise
from kantor.serving.typography import tie

# Key, name in Polish, name in English, whether it asks for details.
OfferedSource = tuple[int, str, str, bool]


class RegistrantForm(forms.Form):
    """Ask for the password chosen at registration: it proves that this is the same person."""

    password = forms.CharField(
        label=_("Password you chose when registering"),
        strip=False,
        max_length=MAX_LENGTH,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", **fields.SECRET}),
        error_messages={
            "required": _("Enter the password you chose when registering."),
            **wrong(_("This is not the password you chose when registering.")),
        },
    )


class AddressForm(forms.Form):
    """Ask for the right address in place of a mistyped one."""

    email = fields.EmailField(label=_("Correct e-mail address (login)"))

    def __init__(self, *args: Any, present: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._present = present

    def clean_email(self) -> str:
        """Refuse the address that the link was sent to already."""
        email: str = self.cleaned_data["email"]
        if normalise(email) == normalise(self._present):
            raise ValidationError(
                _(
                    "We have already written to this address. Enter another one, or leave it as "
                    "it is."
                ),
                "same",
            )
        return email


class SourceSelect(forms.Select):
    """Show the sources as a <select>; Django's own renders a template for each option.

    The stylesheet shows the question for details only beside those of `asking`.
    """

    asking: frozenset[int] = frozenset()

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Return the HTML with the chosen source marked."""
        options = format_html_join(
            "",
            '<option value="{}"{}{}>{}</option>',
            (
                (
                    key,
                    mark_safe(" data-asks") if key in self.asking else "",
                    mark_safe(" selected") if str(key) == str(value) else "",
                    label,
                )
                for key, label in self.choices
            ),
        )
        attributes = flatatt(self.build_attrs({"name": name, **self.attrs}, attrs or {}))
        return format_html("<select{}>{}</select>", attributes, options)


class SurveyForm(forms.Form):
    """Ask how the customer knows the service; nothing here is required."""

    source = forms.ModelChoiceField(
        label=_("How did you hear about kantor.pl?"),
        widget=SourceSelect,
        queryset=Source.objects.filter(is_active=True),
        required=False,
        empty_label=_("Choose from the list"),
        error_messages={"invalid_choice": _("Choose an answer from the list.")},
    )
    details = forms.CharField(
        label=_("Please say where"),
        # Seen only where the stylesheet cannot tell which answer is chosen.
        help_text=_("Only if you heard of us elsewhere."),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"size": "40"}),
        error_messages={"max_length": _("Shorten the answer to 200 characters.")},
    )

    def offer(self, sources: Iterable[OfferedSource]) -> None:
        """Show these sources without asking the database for them."""
        field = self.fields["source"]
        assert isinstance(field, forms.ModelChoiceField)
        sources = list(sources)
        field.widget.asking = frozenset(key for key, *_names, asks in sources if asks)
        is_english = get_language() == "en"
        field.choices = [
            ("", field.empty_label),
            *(
                (key, tie(english, "en") if is_english else tie(polish, "pl"))
                for key, polish, english, _asks in sources
            ),
        ]

    def clean_details(self) -> str:
        """Refuse characters that nobody types."""
        details: str = self.cleaned_data["details"]
        if not details.isprintable():
            raise ValidationError(_("Use only letters, digits and common signs."), "invalid")
        return details
