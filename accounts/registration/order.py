"""Name the steps of the registration, in their order."""

from enum import StrEnum


class Step(StrEnum):
    """The steps in their order; the values are the last part of their URLs."""

    START = "start"
    DETAILS = "dane"
    REVIEW = "weryfikacja"
    PASSWORD = "haslo"  # noqa: S105  the slug of a step
    CONSENTS = "zgody"


ORDER = tuple(Step)
