"""Ask for one value of a kind: the field knows its words and its keyboard, `values` the rules.

What was typed stays as typed in the bound data; only `cleaned_data` holds the canonical form.
"""

from collections.abc import Mapping
from copy import deepcopy
from functools import lru_cache
from typing import Any, ClassVar, Self

from django import forms
from django.conf import settings
from django.forms.renderers import BaseRenderer
from django.forms.utils import flatatt
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.values import (
    address,
    company_name,
    country,
    email,
    krs,
    names,
    phone,
    position,
    regon,
)
from accounts.values.text import clean


def wrong(words: Any) -> dict[str, Any]:
    """Return the messages of a field whose answer is compared with one that is known.

    `wrong` is for who compares; what is longer than any right answer is wrong without that.
    """
    return {"wrong": words, "max_length": words}


def _copied(thing: Any) -> Any:
    """Return another one with the same attributes, as `copy.copy` does after asking how."""
    made = object.__new__(type(thing))
    vars(made).update(vars(thing))
    return made


class ValueField(forms.CharField):
    """Check what is typed by `parse` and give its canonical form; blanks alone are no answer.

    `section` ("section-main") goes before the autocomplete token, so that browsers keep two
    addresses apart. `maxlength` leaves room for blanks, dashes and prefixes: a browser cuts what
    is pasted without a word, so too long a value is the server's to refuse.
    """

    ordinary_label: ClassVar[Promise]
    ordinary_help: ClassVar[Promise | str] = ""
    # Whether the label says that the answer may be left out; a form may need less than that.
    is_optional: bool = False
    autocomplete: ClassVar[str] = "off"
    attributes: ClassVar[Mapping[str, str | int]]

    def __init__(self, *, section: str = "", **kwargs: Any) -> None:
        self.section = section
        kwargs.setdefault("label", self.ordinary_label)
        kwargs.setdefault("help_text", self.ordinary_help)
        kwargs.setdefault("required", not self.is_optional)
        super().__init__(**kwargs)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return a copy as Django's fields make it, for each form; theirs costs three times this.

        The parts that a form may change are its own: the widget, the messages, the validators.
        """
        made: Self = _copied(self)
        memo[id(self)] = made
        # A widget that copies itself in its own way knows why.
        if type(self.widget).__deepcopy__ is forms.Widget.__deepcopy__:
            made.widget = _copied(self.widget)
            made.widget.attrs = dict(self.widget.attrs)
        else:
            made.widget = deepcopy(self.widget, memo)
        made.error_messages = dict(self.error_messages)
        made.validators = list(self.validators)
        return made

    @staticmethod
    def parse(text: str) -> str:
        """Return the canonical form; here the cleaned text. Raises ValidationError."""
        return clean(text)

    def to_python(self, value: Any) -> str:
        """Return the canonical form; raises ValidationError as `parse` does."""
        typed = "" if value is None else str(value)
        return self.parse(typed) if typed.strip() else ""

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Return the attributes of the input, but for those that the widget was given."""
        autocomplete = self.autocomplete
        if self.section and autocomplete != "off":
            autocomplete = f"{self.section} {autocomplete}"
        return {"autocomplete": autocomplete, **self.attributes, **widget.attrs}


# A password means what is typed: no device corrects it, capitalises it or sends it to a checker.
SECRET = {"spellcheck": "false", "autocapitalize": "none", "autocorrect": "off"}
_NUMBER = {"inputmode": "numeric", "spellcheck": "false", "autocapitalize": "off"}
_NAME = {"spellcheck": "false", "autocapitalize": "words"}


class TaxNumberField(ValueField):
    """Ask for the tax number of a company of any country.

    Only cleans: which rule holds (`nip` or `foreign_tax_id`) depends on the country, and the form
    knows that one.
    """

    ordinary_label = _("Tax number (NIP)")
    ordinary_help = _("A company outside Poland gives its own country’s tax number.")
    attributes: ClassVar = {**_NUMBER, "size": 14, "maxlength": 40}
    default_error_messages: ClassVar = {"required": _("Enter a NIP of 10 digits.")}


class RegonField(ValueField):
    parse = staticmethod(regon.parse)
    ordinary_label = _("Statistical number (REGON)")
    is_optional = True
    attributes: ClassVar = {**_NUMBER, "size": 14, "maxlength": 40}
    default_error_messages: ClassVar = {"required": _("Enter a REGON of 9 or 14 digits.")}


class KrsField(ValueField):
    parse = staticmethod(krs.parse)
    ordinary_label = _("Court register number (KRS)")
    is_optional = True
    attributes: ClassVar = {**_NUMBER, "size": 14, "maxlength": 40}
    default_error_messages: ClassVar = {
        "required": _("Enter a KRS number of 10 digits, for example 0000123456.")
    }


class CompanyNameField(ValueField):
    parse = staticmethod(company_name.parse)
    ordinary_label = _("Full company name")
    autocomplete = "organization"
    attributes: ClassVar = {**_NAME, "size": 50, "maxlength": 400}
    default_error_messages: ClassVar = {"required": _("Enter the full name of the company.")}


class FirstNameField(ValueField):
    """Ask for one or more given names."""

    @staticmethod
    def parse(text: str) -> str:
        """Return the names; at most 60 characters."""
        return names.parse(text, max_length=60)

    ordinary_label = _("First name")
    autocomplete = "given-name"
    attributes: ClassVar = {**_NAME, "size": 30, "maxlength": 120}
    default_error_messages: ClassVar = {"required": _("Enter the first name.")}


class LastNameField(ValueField):
    parse = staticmethod(names.parse)
    ordinary_label = _("Last name")
    autocomplete = "family-name"
    attributes: ClassVar = {**_NAME, "size": 30, "maxlength": 200}
    default_error_messages: ClassVar = {"required": _("Enter the last name.")}


class PositionField(ValueField):
    parse = staticmethod(position.parse)
    ordinary_label = _("Position or function")
    is_optional = True
    autocomplete = "organization-title"
    attributes: ClassVar = {"autocapitalize": "sentences", "size": 30, "maxlength": 200}
    default_error_messages: ClassVar = {"required": _("Enter the position or function.")}


class EmailField(ValueField):
    """Ask for an e-mail address; it is kept as typed, `values.email.normalise` compares."""

    parse = staticmethod(email.parse)
    widget = forms.EmailInput
    ordinary_label = _("E-mail address (login)")
    autocomplete = "email"
    attributes: ClassVar = {
        "inputmode": "email",
        "spellcheck": "false",
        "autocapitalize": "off",
        "size": 30,
        "maxlength": 320,
    }
    default_error_messages: ClassVar = {
        "required": _("Enter an e-mail address, for example jan@example.com.")
    }


class PhoneField(ValueField):
    """Ask for a phone number of any country."""

    parse = staticmethod(phone.parse)
    widget = forms.TelInput
    ordinary_label = _("Phone number")
    ordinary_help = _("We ask for some of its digits when you sign in.")
    autocomplete = "tel"
    attributes: ClassVar = {"inputmode": "tel", "size": 20, "maxlength": 60}
    default_error_messages: ClassVar = {
        "required": _(
            "Enter a phone number, for example 601 234 567, "
            "or one from abroad with the country code, for example +44 20 7946 0958."
        )
    }

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> forms.BoundField:
        """Return the field as a page shows it; what its digits are for only where they are."""
        bound = super().get_bound_field(form, field_name)
        if not settings.SIGN_IN_PHONE_DIGITS:
            bound.help_text = ""
        return bound


class StreetField(ValueField):
    """Ask for a street; villages have none."""

    parse = staticmethod(address.parse_street)
    ordinary_label = _("Street")
    ordinary_help = _("Leave empty if there are no street names.")
    is_optional = True
    autocomplete = "address-line1"
    attributes: ClassVar = {**_NAME, "size": 30, "maxlength": 200}
    default_error_messages: ClassVar = {"required": _("Enter the street name.")}


class HouseNumberField(ValueField):
    parse = staticmethod(address.parse_number)
    ordinary_label = _("Building number")
    attributes: ClassVar = {
        "spellcheck": "false",
        "autocapitalize": "characters",
        "size": 6,
        "maxlength": 40,
    }
    default_error_messages: ClassVar = {
        "required": _("Enter the building number, for example 12, 12A or 12/14.")
    }


class FlatNumberField(ValueField):
    parse = staticmethod(address.parse_number)
    ordinary_label = _("Flat number")
    is_optional = True
    autocomplete = "address-line2"
    attributes: ClassVar = HouseNumberField.attributes
    default_error_messages: ClassVar = {"required": _("Enter the flat number.")}


class PostalCodeField(ValueField):
    """Ask for a postal code.

    Only cleans: its form, and whether it may be left out, depend on the country, and the form
    asks `values.postal_code` with it.
    """

    ordinary_label = _("Postal code")
    autocomplete = "postal-code"
    attributes: ClassVar = {
        "inputmode": "numeric",
        "spellcheck": "false",
        "autocapitalize": "characters",
        "size": 10,
        "maxlength": 30,
    }
    default_error_messages: ClassVar = {"required": _("Enter the postal code.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)


class CityField(ValueField):
    parse = staticmethod(address.parse_city)
    ordinary_label = _("Town or city")
    autocomplete = "address-level2"
    attributes: ClassVar = {**_NAME, "size": 30, "maxlength": 200}
    default_error_messages: ClassVar = {"required": _("Enter the name of the town or city.")}


@lru_cache(maxsize=8)
def _country_options(language: str) -> SafeString:
    return format_html_join("", '<option value="{}">{}</option>', country.choices(language))


class CountryWidget(forms.Widget):
    """Show the countries as a <select>.

    Django's own widget renders a template for each of the 250 options, some 10 ms a page; here the
    options are made once for a language and the chosen one is marked by a replacement.
    """

    def use_required_attribute(self, initial: Any) -> bool:
        """Say no: a required <select> would need an empty first option (HTML standard)."""
        return False

    def render(
        self,
        name: str,
        value: Any,
        attrs: Mapping[str, Any] | None = None,
        renderer: BaseRenderer | None = None,
    ) -> SafeString:
        """Return the HTML with this country chosen; an unknown one leaves the first, Poland."""
        attributes = self.build_attrs({"name": name, **self.attrs}, dict(attrs or {}))
        options = _country_options(get_language() or settings.LANGUAGE_CODE)
        if value in country.CODES:
            option = f'<option value="{value}"'
            chosen = options.replace(option, f"{option} selected", 1)
            options = mark_safe(chosen)  # noqa: S308  what was put in is one of our own codes
        return format_html("<select{}>{}</select>", flatatt(attributes), options)


class CountryField(ValueField):
    """Ask for a country by its code; Poland is proposed."""

    parse = staticmethod(country.parse)
    widget = CountryWidget
    ordinary_label = _("Country")
    autocomplete = "country"
    attributes: ClassVar = {}
    default_error_messages: ClassVar = {"required": _("Choose a country from the list.")}

    def __init__(self, *, section: str = "", **kwargs: Any) -> None:
        kwargs.setdefault("initial", country.POLAND)
        super().__init__(section=section, **kwargs)
