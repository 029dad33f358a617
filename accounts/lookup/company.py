"""Say what a register tells of a company, and what a register is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol

from django.core.exceptions import ValidationError


@dataclass(frozen=True)
class CompanyData:
    """What a register knows of a company in Poland.

    Every value is the canonical form of its kind (`accounts.values`); what the register did not
    tell, or what was not understood, is empty.
    """

    name: str = ""
    regon: str = ""
    krs: str = ""
    street: str = ""
    house_no: str = ""
    flat_no: str = ""
    postal_code: str = ""
    city: str = ""


@dataclass(frozen=True)
class Entry:
    """What a register says of one NIP, and the proof that it was asked.

    `company` is None for a number that it does not know; `vat_status` is the register's own word,
    `request_id` its number of the question. Both are empty where it said nothing of use.
    """

    company: CompanyData | None
    vat_status: str = ""
    request_id: str = ""


def understood(parse: Callable[[str], str], told: str) -> str:
    """Return the canonical form of what a register told; nothing for what no person could type."""
    try:
        return parse(told) if told.strip() else ""
    except ValidationError:
        return ""


class LookupUnavailable(Exception):  # noqa: N818  the condition, not a fault of ours
    """The register gave no answer that can be used.

    The argument is a fixed word for the log, never a number or anything that the register wrote.
    """


class LookupExhausted(LookupUnavailable):
    """The register answers nothing more before midnight in Warsaw."""


class CompanyLookup(Protocol):
    """A register of companies."""

    # How many questions a day the register allows to our address; None where nobody counts.
    questions_a_day: ClassVar[int | None]

    def lookup(self, nip: str) -> Entry:
        """Return what the register says of this NIP (ten digits, valid) today.

        Takes 3 seconds at most. Raises LookupUnavailable, LookupExhausted.
        """
        ...
