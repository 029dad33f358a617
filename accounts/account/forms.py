"""Ask for one section of the data, by the registration's own fields and rules."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.forms.registration import (
    MAIN_ADDRESS,
    OTHER_ADDRESS,
    BoundGroup,
    CompanyForm,
    DetailsForm,
    PersonForm,
)
from accounts.models import Customer, Kind
from accounts.models.customer import WORDS_LENGTH, Section
from accounts.values import country

# The fields of the customer that belong to each section.
FIELDS: dict[str, tuple[str, ...]] = {
    Section.COMPANY: ("company_name", "nip", "regon", "krs"),
    Section.ADDRESS: (*MAIN_ADDRESS, *OTHER_ADDRESS),
    Section.NAME: ("first_name", "last_name", "position"),
}


def sections_of(customer: Customer) -> tuple[Section, ...]:
    """Return the sections that a customer of this kind has."""
    everybody = (Section.ADDRESS, Section.NAME)
    return (Section.COMPANY, *everybody) if customer.kind == Kind.COMPANY else everybody


def names_in(customer: Customer, section: str) -> tuple[str, ...]:
    """Return the fields of the customer in this section."""
    is_company = customer.kind == Kind.COMPANY
    return tuple(name for name in FIELDS[section] if is_company or name != "position")


class OneSection(DetailsForm):
    """Ask for one section alone, what is known of it filled in.

    The country stays beside a tax number, unasked: the number is judged by its rules. With
    `asks_why` the form is a request, and asks for its reason.
    """

    country_words: ClassVar[Promise] = _(
        "With another country the tax number changes too: call us, +48 22 859 0218."
    )

    def __init__(
        self, *args: Any, customer: Customer, section: str, asks_why: bool, **kwargs: Any
    ) -> None:
        self.customer, self.names = customer, names_in(customer, section)
        known = {name: getattr(customer, name, "") for name in self.base_fields}
        known["other_address"] = bool(customer.corr_country)
        known["corr_country"] = customer.corr_country or country.POLAND
        super().__init__(*args, initial=known, **kwargs)
        self.is_address = section == Section.ADDRESS
        kept = {*self.names, "main_country", *(("other_address",) if self.is_address else ())}
        for name in self.fields.keys() - kept:
            del self.fields[name]
        self.fields["main_country"].disabled = not self.is_address
        if asks_why:
            self.fields["reason"] = forms.CharField(
                label=_("Why the details change"),
                max_length=WORDS_LENGTH,
                widget=forms.Textarea(attrs={"rows": 4}),
                error_messages={"required": _("Tell us in a few words why the details change.")},
            )

    @property
    def groups(self) -> Iterator[BoundGroup]:
        """Yield the fields in the groups of the registration, and the reason after them."""
        asked = [name for name in self.fields if not self.fields[name].disabled]
        for group in self.groups_of_fields:
            if names := [name for name in group.names if name in asked]:
                yield BoundGroup(group.slug, group.title, "", [self[name] for name in names])
        if "reason" in self.fields:
            yield BoundGroup("reason", _("Reason"), "", [self["reason"]])

    def clean(self) -> dict[str, Any]:
        """Keep a company in its country: its tax number is judged by the rules there."""
        cleaned = super().clean()
        moved = cleaned.get("main_country", self.customer.main_country)
        if self.customer.nip and self.is_address and moved != self.customer.main_country:
            self.add_error("main_country", str(self.country_words))
        return cleaned

    @property
    def values(self) -> dict[str, str]:
        """Return the canonical values of a valid form by the names of the customer's fields."""
        return {name: self.cleaned_data[name] for name in self.names}


class CompanySection(OneSection, CompanyForm):
    """Ask a company for one section."""


class PersonSection(OneSection, PersonForm):
    """Ask a person for one section."""


def section_form(customer: Customer) -> type[OneSection]:
    """Return the form for a section of this customer."""
    return CompanySection if customer.kind == Kind.COMPANY else PersonSection


class LanguageForm(forms.Form):
    """Ask in which language to write."""

    language = forms.ChoiceField(
        label=_("Language of our messages"), choices=settings.LANGUAGES, widget=forms.RadioSelect
    )
