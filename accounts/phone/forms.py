"""Ask for the address that gets the link, and for the new number."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.forms import fields
from accounts.models import Customer
from accounts.values import phone


class AddressForm(forms.Form):
    """Ask for the address of the account whose number is not known."""

    email = fields.EmailField()


class NumberForm(forms.Form):
    """Ask this customer for a new phone number, in any spelling that the registration takes."""

    phone = fields.PhoneField(label=_("New phone number"), help_text="")

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.customer = customer

    def clean_phone(self) -> str:
        """Refuse the present number, and one that two countries have. Raises ValidationError."""
        # As typed: the canonical number has a country code.
        number = phone.parse(self["phone"].value(), self.customer.main_country)
        if number == self.customer.phone:
            raise ValidationError(
                _("We have this number already. Enter another one or leave it as it is."),
                "same",
            )
        return number
