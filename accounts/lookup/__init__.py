"""Ask a public register what it knows of a company; no request, no form, no cache here."""

from django.conf import settings

from .company import CompanyData, CompanyLookup, Entry, LookupExhausted, LookupUnavailable
from .fixtures import FixturesLookup
from .vat_register import VatRegisterLookup

__all__ = [
    "CompanyData",
    "CompanyLookup",
    "Entry",
    "LookupExhausted",
    "LookupUnavailable",
    "backend",
    "is_enabled",
]


def is_enabled() -> bool:
    """Tell whether this site looks companies up at all."""
    return bool(settings.COMPANY_LOOKUP != "disabled")


def backend() -> CompanyLookup:
    """Return the register that COMPANY_LOOKUP names. Raises LookupUnavailable for `disabled`."""
    match settings.COMPANY_LOOKUP:
        case "fixtures":
            return FixturesLookup()
        case "mf":
            return VatRegisterLookup(settings.COMPANY_LOOKUP_URL)
        case _:
            raise LookupUnavailable("disabled")
