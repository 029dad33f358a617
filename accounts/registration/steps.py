"""Name the steps of the registration, with the numbers and words of the guide."""

from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Kind


class Step(StrEnum):
    """The steps in their order; the values are the last part of their URLs."""

    START = "start"
    DETAILS = "dane"
    REVIEW = "weryfikacja"
    PASSWORD = "haslo"  # noqa: S105  the slug of a step
    CONSENTS = "zgody"


ORDER = tuple(Step)


def heading(step: Step, kind: str | None) -> Promise:
    """Return the step's number, how many there are, and its title, as the guide has them."""
    match step, kind:
        case Step.START, _kind:
            return _("Step 1 of 3 – Identification of the User")
        case Step.DETAILS, Kind.COMPANY:
            return _("Step 1a of 3 – Your details – company")
        case Step.DETAILS, _kind:
            return _("Step 1b of 3 – Your details – individual person")
        case Step.REVIEW, _kind:
            return _("Step 2a of 3 – Checking the details")
        case Step.PASSWORD, _kind:
            return _("Step 2b of 3 – Setting the password")
        case _:
            return _("Step 2c of 3 – Accepting the Terms")


def label(step: Step) -> Promise:
    """Return the short name of the step for the step indicator."""
    return {
        Step.START: _("Account type"),
        Step.DETAILS: _("Details"),
        Step.REVIEW: _("Check"),
        Step.PASSWORD: _("Password"),
        Step.CONSENTS: _("Consents"),
    }[step]
