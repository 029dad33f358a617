"""Show answers as people write them, grouped as the forms are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext

from accounts.forms.registration import OTHER_ADDRESS, DetailsForm, Group
from accounts.values import country, nip, phone


class Row(NamedTuple):
    """One answer; the value is empty where nothing was given."""

    name: str
    label: str
    value: str


@dataclass(frozen=True)
class SummaryGroup:
    """One group of answers; `place` is the id of where the form asks for them."""

    slug: str
    title: Promise
    rows: list[Row]
    place: str


def texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Return canonical values as people write them, by the names of the fields.

    REGON and KRS have no habit of their own but the plain digits that the registers print, and a
    foreign tax number is kept as its country writes it.
    """
    return {name: _human(name, values) for name in values}


def summary(form: DetailsForm, values: Mapping[str, str]) -> list[SummaryGroup]:
    """Return the groups of the form with these texts.

    The form's own definition decides what is shown, so no field can be missing. A correspondence
    address that does not differ is one row that says so.
    """
    return [_group(form, group, values) for group in form.groups_of_fields]


def _group(form: DetailsForm, group: Group, values: Mapping[str, str]) -> SummaryGroup:
    if group.names == OTHER_ADDRESS and not values.get("corr_country"):
        same = Row("", gettext("Address"), gettext("same as above"))
        # The group itself is hidden until this box is ticked.
        return SummaryGroup(group.slug, group.title, [same], str(form["other_address"].auto_id))
    return SummaryGroup(group.slug, group.title, _rows(form, group, values), group.slug)


def _rows(form: DetailsForm, group: Group, values: Mapping[str, str]) -> list[Row]:
    return [
        Row(name, str(form.fields[name].label), values[name])
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
    if name == "nip" and values["main_country"] == country.POLAND:
        return nip.display(value)
    return value
