"""Take step 1a or 1b apart: what its page shows beside the answers, and what two buttons change.

One asks a register for the company of the typed NIP, the other takes the address that was
probably meant. Both come back to the form; nothing is checked for them.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.urls import reverse

from accounts.forms.registration import DetailsForm, details_form, typed_fields
from accounts.registration import company_lookup
from accounts.registration.company_lookup import Outcome
from accounts.registration.steps import Step
from accounts.registration.storage import AttemptStorage
from accounts.values import email_typos

EMAIL = f"{Step.DETAILS}-email"


class DetailsStep:
    """What one attempt knows at step 1a or 1b."""

    def __init__(self, storage: AttemptStorage, attempt: UUID, kind: str | None) -> None:
        self.storage = storage
        self.attempt = attempt
        self.kind = kind

    # -- showing it -------------------------------------------------------------------------

    def form(self, *, initial: Mapping[str, Any], **kwargs: Any) -> DetailsForm:
        """Return the form of this kind of customer; Poland is proposed for both addresses."""
        proposed = {"main_country": "PL", "corr_country": "PL"}
        return details_form(self.kind)(initial=proposed | dict(initial), **kwargs)

    def context(self, form: forms.Form, suggestion: str | None = None) -> dict[str, Any]:
        """Return what the template shows; `suggestion` stands for the address on a page to keep."""
        urls = {"attempt": self.attempt}
        return {
            "kind": self.kind,
            "email_suggestion": self._suggestion if suggestion is None else suggestion,
            "email_hint_url": reverse("accounts:email-hint", kwargs=urls),
            "company_lookup": company_lookup.context(
                self.kind, self.lookup_outcome, form["main_country"].value()
            ),
            "company_lookup_url": reverse("accounts:company-data", kwargs=urls),
        }

    def kept_page(self) -> tuple[tuple[object, ...], dict[str, str]]:
        """Return key and values of the kept page, beside the answers chosen."""
        values = {name: self.storage.answer(Step.DETAILS, name) for name in typed_fields(self.kind)}
        values["email_suggestion"] = suggestion = self._suggestion
        is_offered = company_lookup.is_offered(self.kind)
        return (bool(suggestion), is_offered, self.lookup_outcome), values

    @property
    def _suggestion(self) -> str:
        return email_typos.suggestion(self.storage.answer(Step.DETAILS, "email"))

    # -- the register -----------------------------------------------------------------------

    @property
    def lookup_outcome(self) -> str | None:
        """Return what the last answer of the register was, until something else is posted."""
        outcome: str | None = self.storage.fact(company_lookup.BUTTON)
        return outcome

    @property
    def is_number_refused(self) -> bool:
        """Tell whether data were asked for by a number that is no NIP."""
        return self.lookup_outcome == Outcome.INVALID

    def keep_lookup_outcome(self, outcome: Outcome | None) -> None:
        """Remember the register's answer for the next page; None forgets it."""
        if outcome != self.lookup_outcome:
            self.storage.set_fact(company_lookup.BUTTON, outcome)

    # -- the address that was probably meant --------------------------------------------------

    def with_suggestion(self, answers: Mapping[str, list[str]]) -> dict[str, list[str]]:
        """Return the answers with the address that was probably meant, if there is another.

        The suggestion is made anew: what a page said or a visitor posts is not it.
        """
        meant = email_typos.suggestion("".join(answers.get(EMAIL, [])))
        return {**answers, EMAIL: [meant]} if meant else dict(answers)
