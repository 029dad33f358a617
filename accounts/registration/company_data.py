"""Fill in a company's details from the register, and say what happened."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import lookup
from accounts.forms.registration import typed_fields
from accounts.lookup import CompanyData, LookupExhausted, LookupUnavailable
from accounts.models import Kind
from accounts.registration.storage import AttemptStorage
from accounts.services import company_register
from accounts.values import country, nip

# The name of the button; the fact that keeps the outcome has the same.
BUTTON = "company_lookup"
# The name of the unseen first button, which Enter presses.
ENTER = "wizard_enter"

NUMBERS = {"regon": "regon", "krs": "krs"}
ADDRESS = {
    "main_street": "street",
    "main_house_no": "house_no",
    "main_flat_no": "flat_no",
    "main_postal_code": "postal_code",
    "main_city": "city",
}
# The fields of the form that a register may fill, with what they are called in CompanyData.
FILLED = {"company_name": "name", **NUMBERS, **ADDRESS}
# All that has to be known of what was typed.
ASKED_WITH = ("nip", "main_country", *FILLED)


class Outcome(StrEnum):
    """What became of one try."""

    NAME = "name"
    ADDRESS = "address"
    NUMBERS = "numbers"
    NAME_ADDRESS = "name address"
    NAME_NUMBERS = "name numbers"
    ADDRESS_NUMBERS = "address numbers"
    ALL = "name address numbers"
    NOTHING = "nothing"
    UNKNOWN = "unknown"
    UNAVAILABLE = "unavailable"
    EXHAUSTED = "exhausted"
    TOO_MANY = "too many"
    FOREIGN = "foreign"
    INVALID = "invalid"


MESSAGES: dict[str | None, Promise] = {
    Outcome.NAME: _("We have filled in the name from the register of VAT payers. Check it."),
    Outcome.ADDRESS: _("We have filled in the address from the register of VAT payers. Check it."),
    Outcome.NUMBERS: _(
        "We have filled in the registration numbers from the register of VAT payers. Check them."
    ),
    Outcome.NAME_ADDRESS: _(
        "We have filled in the name and the address from the register of VAT payers. Check them."
    ),
    Outcome.NAME_NUMBERS: _(
        "We have filled in the name and the registration numbers from the register of VAT "
        "payers. Check them."
    ),
    Outcome.ADDRESS_NUMBERS: _(
        "We have filled in the address and the registration numbers from the register of VAT "
        "payers. Check them."
    ),
    Outcome.ALL: _(
        "We have filled in the name, the address and the registration numbers from the register "
        "of VAT payers. Check them."
    ),
    Outcome.NOTHING: _("We have filled in nothing. What you typed stays as it is."),
    Outcome.UNKNOWN: _(
        "This company is not in the register of VAT payers; not every company is. Fill in the "
        "details yourself."
    ),
    Outcome.UNAVAILABLE: _(
        "We cannot fetch the details at the moment. Fill them in yourself or try again later."
    ),
    Outcome.EXHAUSTED: _("We cannot fetch any more details today. Fill them in yourself."),
    Outcome.TOO_MANY: _(
        "You have fetched details too many times. Fill them in yourself or try again later."
    ),
    Outcome.FOREIGN: _("We can fetch details of Polish companies only. Fill them in yourself."),
}


@dataclass(frozen=True)
class Finding:
    """What to put into which empty fields, and the outcome to tell."""

    outcome: Outcome
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """Return the outcome as a sentence; for an invalid NIP that of its own error."""
        return str(MESSAGES.get(self.outcome, ""))


def is_offered(kind: str | None) -> bool:
    """Tell whether this kind of customer may fetch data on this site."""
    return kind == Kind.COMPANY and lookup.is_enabled()


def is_asked(kind: str | None, posted: Mapping[str, str], prefix: str) -> bool:
    """Tell whether this POST asks for the company's data, by the button or by Enter.

    Enter presses the first button of a form, in whichever field it is typed, and only a script
    knows the field. Who has typed nothing yet below the company and its address is still there,
    where Enter asks for the data; eight empty fields are no mistake then.
    """
    if not is_offered(kind):
        return False
    others = typed_fields(kind) - set(ASKED_WITH)
    is_begun_only = not any(posted.get(f"{prefix}{name}", "").strip() for name in others)
    is_polish = posted.get(f"{prefix}main_country", "") in ("", country.POLAND)
    return BUTTON in posted or (ENTER in posted and is_begun_only and is_polish)


def typed_in(posted: Mapping[str, str], prefix: str = "") -> dict[str, str]:
    """Return what was posted of the fields that matter here."""
    return {name: posted.get(f"{prefix}{name}", "") for name in ASKED_WITH}


def look_up(typed: Mapping[str, str], *, attempt: str, network: str) -> Finding:
    """Ask the register for the typed NIP and return what belongs into the empty fields.

    `typed` has every name of ASKED_WITH. Raises nothing; waits 3 seconds at most.
    """
    if typed["main_country"] not in ("", country.POLAND):
        return Finding(Outcome.FOREIGN)
    try:
        number = nip.parse(typed["nip"])
    except ValidationError:
        return Finding(Outcome.INVALID)
    try:
        company = company_register.find(number, attempt=attempt, network=network)
    except company_register.TooManyLookups:
        return Finding(Outcome.TOO_MANY)
    except LookupExhausted:
        return Finding(Outcome.EXHAUSTED)
    except LookupUnavailable:
        return Finding(Outcome.UNAVAILABLE)
    return Finding(Outcome.UNKNOWN) if company is None else _fill(company, typed)


def look_up_aside(
    storage: AttemptStorage, form: forms.Form, *, attempt: str, network: str
) -> Finding | None:
    """Do as `look_up` for a posted form, and read the session again afterwards.

    The register may take seconds. What another request has kept of the attempt meanwhile (Dalej,
    a second press) is newer and stays: then None. The attempt itself may be gone.
    """
    before = copy.deepcopy(storage.data)
    typed = typed_in(form.data, f"{form.prefix}-")
    finding = look_up(typed, attempt=attempt, network=network)
    storage.request.session.refresh()
    return finding if storage.exists and storage.data == before else None


def completed(form: forms.Form, finding: Finding) -> forms.Form:
    """Return the posted form with what was found in it."""
    data = QueryDict(mutable=True)
    for name in form.data:
        data[name] = form.data[name]
    for name, value in finding.values.items():
        data[form.add_prefix(name)] = value
    return type(form)(data, prefix=form.prefix)


def context(outcome: str | None, *, main_country: Any) -> dict[str, Any]:
    """Return what the page shows of this where it is offered."""
    return {
        "name": BUTTON,
        "enter": ENTER,
        "is_polish": main_country in (None, "", country.POLAND),
        "message": MESSAGES.get(outcome, ""),
    }


def _fill(company: CompanyData, typed: Mapping[str, str]) -> Finding:
    """Choose what is empty; an address that differs from the typed one is left alone as a whole.

    Half of one address and half of another would be the address of nobody.
    """
    names = ["company_name", *NUMBERS]
    if not _is_contradicted(company, typed):
        names += ADDRESS
    values = {
        name: value
        for name in names
        if (value := getattr(company, FILLED[name])) and not typed[name].strip()
    }
    parts = [
        part
        for part, fields in (
            ("name", {"company_name"}),
            ("address", ADDRESS.keys()),
            ("numbers", NUMBERS.keys()),
        )
        if values.keys() & fields
    ]
    return Finding(Outcome(" ".join(parts)) if parts else Outcome.NOTHING, values)


def _is_contradicted(company: CompanyData, typed: Mapping[str, str]) -> bool:
    for name, part in ADDRESS.items():
        told, given = _bare(getattr(company, part)), _bare(typed[name])
        if given and told != given and (told or name == "main_street"):
            return True
    return False


def _bare(text: str) -> str:
    """Return what of a line of an address tells two of them apart."""
    return "".join(text.casefold().split()).removeprefix("ul.").replace("-", "")
