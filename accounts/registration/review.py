"""Show answers as people write them, grouped as the forms are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.forms.registration import MAIN_ADDRESS, OTHER_ADDRESS, DetailsForm, Group
from accounts.values import country, envelope, nip, phone

ADDRESSES = ("main", "corr")
# The most lines that an address has on an envelope.
LINES_OF_ADDRESS = 4
# What stands in the place of labels that are longer than their answers.
SHORT_LABELS: dict[str, Promise] = {
    "email": _("E-mail (login)"),
    "phone": _("Phone"),
    "position": _("Position"),
    "regon": _("REGON"),
    "krs": _("KRS number"),
}

# What the lines of an envelope are made of.
_PARTS = frozenset({*MAIN_ADDRESS, *OTHER_ADDRESS, "other_address"})


class Row(NamedTuple):
    """One answer, in one line or more; without a label the title of its group says it all."""

    name: str
    label: str
    lines: Sequence[str]


@dataclass(frozen=True)
class SummaryGroup:
    """One group of answers; `place` is the id of where the form asks for them."""

    slug: str
    title: Promise
    rows: list[Row]
    place: str


def texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Return canonical values as people write them, by the names of the fields.

    Of an address the lines of its envelope, by `address_line`. REGON and KRS have no habit of
    their own but the plain digits that the registers print, and a foreign tax number is kept as
    its country writes it.
    """
    shown = {name: _human(name, values) for name in values if name not in _PARTS}
    for address in ADDRESSES:
        written = _envelope(values, address)
        for number in range(LINES_OF_ADDRESS):
            shown[address_line(address, number)] = "".join(written[number : number + 1])
    return shown


def names(form_class: type[DetailsForm]) -> list[str]:
    """Return the names of the texts that the answers to this form give."""
    return [
        *(name for name in form_class.base_fields if name not in _PARTS),
        *(address_line(each, number) for each in ADDRESSES for number in range(LINES_OF_ADDRESS)),
    ]


def address_line(address: str, number: int) -> str:
    """Return the name of one line, from 0 on, of the address "main" or "corr"."""
    return f"{address}_line_{number}"


def summary(form: DetailsForm, values: Mapping[str, str]) -> list[SummaryGroup]:
    """Return the groups of the form with these texts, what was not given left out.

    The form's own definition decides what is shown, so no field can be missing. A correspondence
    address that does not differ is one row that says so.
    """
    return [_group(form, group, values) for group in form.groups_of_fields]


def _group(form: DetailsForm, group: Group, values: Mapping[str, str]) -> SummaryGroup:
    if group.names == OTHER_ADDRESS and not values[address_line("corr", 0)]:
        same = Row("corr_address", "", [gettext("same as above")])
        # The group itself is hidden until this box is ticked.
        return SummaryGroup(group.slug, group.title, [same], str(form["other_address"].auto_id))
    rows = [row for row in _rows(form, group, values) if any(row.lines)]
    return SummaryGroup(group.slug, group.title, rows, group.slug)


def _rows(form: DetailsForm, group: Group, values: Mapping[str, str]) -> list[Row]:
    rows = []
    for name in group.names:
        if name in ("main_street", "corr_street"):
            rows.append(_address(name.removesuffix("_street"), values))
        elif name == "first_name":
            rows.append(Row("name", gettext("First and last name"), [_full_name(values)]))
        elif name in values and name != "last_name":
            label = str(SHORT_LABELS.get(name) or form.fields[name].label)
            rows.append(Row(name, label, [values[name]]))
    return rows


def _address(address: str, values: Mapping[str, str]) -> Row:
    lines = [values[address_line(address, number)] for number in range(LINES_OF_ADDRESS)]
    return Row(f"{address}_address", "", [line for line in lines if line])


def _envelope(values: Mapping[str, Any], address: str) -> list[str]:
    prefix = f"{address}_"
    parts = {
        name.removeprefix(prefix): values[name]
        for name in (*MAIN_ADDRESS, *OTHER_ADDRESS)
        if name.startswith(prefix)
    }
    return envelope.lines(country_code=parts.pop("country"), **parts)


def _full_name(values: Mapping[str, str]) -> str:
    return f"{values['first_name']} {values['last_name']}"


def _human(name: str, values: Mapping[str, Any]) -> str:
    value: str = values[name]
    if not value:
        return ""
    if name == "phone":
        return phone.display(value)
    if name == "nip" and values["main_country"] == country.POLAND:
        return nip.display(value)
    return value
