"""Show answers as people write them, grouped as the forms are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext

from accounts.forms.registration import OTHER_ADDRESS, DetailsForm, Group
from accounts.values import country, nip, phone


@dataclass(frozen=True)
class SummaryGroup:
    """One group of answers: rows of label and value, empty where nothing was given."""

    slug: str
    title: Promise
    rows: list[tuple[str, str]]


def texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Return canonical values as people write them, by the names of the fields."""
    return {name: _human(name, values) for name in values}


def summary(form: DetailsForm, values: Mapping[str, str]) -> list[SummaryGroup]:
    """Return the groups of the form with these texts.

    The form's own definition decides what is shown, so no field can be missing. A correspondence
    address that does not differ is one row that says so.
    """
    return [
        SummaryGroup(group.slug, group.title, _rows(form, group, values))
        for group in form.groups_of_fields
    ]


def _rows(form: DetailsForm, group: Group, values: Mapping[str, str]) -> list[tuple[str, str]]:
    if group.names == OTHER_ADDRESS and not values.get("corr_country"):
        return [(gettext("Address"), gettext("the same as the address above"))]
    return [
        (str(form.fields[name].label), values[name])
        for name in group.names
        if name != "other_address"
    ]


def _human(name: str, values: Mapping[str, Any]) -> str:
    value: str = values[name]
    if not value:
        return ""
    if name.endswith("_country"):
        return country.name(value)
    if name == "phone":
        return phone.display(value)
    if name == "nip" and values["main_country"] == "PL":
        return nip.display(value)
    return value
