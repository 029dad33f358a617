"""Step 1a or 1b: the details of a company or of an individual person.

Two buttons beside the fields change what is typed and come back to the form; nothing is checked
for them. One asks a register for the company of the typed NIP, the other takes the e-mail address
that was probably meant.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.forms.registration import DetailsForm, details_form, typed_fields
from accounts.models import Kind
from accounts.registration import company_data
from accounts.registration.answers import Answers
from accounts.registration.order import Step
from accounts.registration.outcome import Lead, Outcome
from accounts.registration.refusal import Refusal, said_by
from accounts.registration.storage import own_answers
from accounts.values import country, email_typos
from kantor.serving.kept import Words

EMAIL = f"{Step.DETAILS}-email"


def asking(form: DetailsForm, *, is_lookup_offered: bool) -> DetailsForm:
    """Return the form with the NIP first where the register can fill in the rest by it."""
    if is_lookup_offered:
        form.asked_first = "nip"
        # What the field says by itself is said beside the button, which does not take two places.
        number = form.fields["nip"]
        number.help_text = ""
        number.widget.attrs["aria-describedby"] = "company-lookup-hint"
    return form


@dataclass(frozen=True)
class DetailsPage:
    """What the page of step 1a or 1b shows, but for what was typed.

    `chosen` are the fields that are chosen or ticked: a country's code, or whether there was any
    answer at all; no visitor may invent kept pages.
    """

    kind: str | None
    chosen: tuple[tuple[str, str | bool], ...]
    has_suggestion: bool
    is_lookup_offered: bool
    lookup_outcome: str | None

    @property
    def heading(self) -> Promise:
        if self.kind == Kind.COMPANY:
            return _("Step 1a – Your details – company")
        return _("Step 1b – Your details – individual")

    def form(self, words: Words) -> DetailsForm:
        """Return the form with the answers that are kept; Poland is proposed for both addresses."""
        initial = {"main_country": country.POLAND, "corr_country": country.POLAND}
        initial |= {name: words.text(name) for name in typed_fields(self.kind)}
        return asking(
            details_form(self.kind)(initial=initial | dict(self.chosen), prefix=Step.DETAILS),
            is_lookup_offered=self.is_lookup_offered,
        )

    def context(self, words: Words, form: forms.Form | None = None) -> dict[str, Any]:
        form = form or self.form(words)
        attempt = {"attempt": words.id("attempt")}
        lookup = {
            "company_lookup": company_data.context(
                self.lookup_outcome, main_country=form["main_country"].value()
            ),
            "company_lookup_url": reverse("accounts:company-data", kwargs=attempt),
        }
        return {
            "form": form,
            "kind": self.kind,
            "email_suggestion": words.text("email_suggestion") if self.has_suggestion else "",
            "email_hint_url": reverse("accounts:email-hint", kwargs=attempt),
            "check_url": reverse("accounts:details-check", kwargs=attempt),
            **(lookup if self.is_lookup_offered else {}),
        }


class DetailsStep:
    """What one attempt knows at step 1a or 1b."""

    label = _("Details")
    form_class = DetailsForm

    def __init__(self, answers: Answers, network: str) -> None:
        self.answers = answers
        self.storage = answers.storage
        self.network = network

    # -- showing it -------------------------------------------------------------------------

    def shown(self) -> tuple[DetailsPage, Words]:
        kind, answers = self.answers.kind, self.answers.typed(Step.DETAILS)
        texts = {name: answers.get(name, "") for name in typed_fields(kind)}
        suggestion = email_typos.suggestion(texts["email"])
        page = DetailsPage(
            kind,
            tuple(
                (name, answer if answer in country.CODES else bool(answer))
                for name, answer in answers.items()
                if name not in texts
            ),
            has_suggestion=bool(suggestion),
            is_lookup_offered=company_data.is_offered(kind),
            lookup_outcome=self.storage.fact(company_data.BUTTON),
        )
        return page, Words({**texts, "email_suggestion": suggestion})

    def form(self, data: Any = None) -> DetailsForm:
        if data is None:
            page, words = self.shown()
            return page.form(words)
        kind = self.answers.kind
        return asking(
            details_form(kind)(data, prefix=Step.DETAILS),
            is_lookup_offered=company_data.is_offered(kind),
        )

    def refused(self) -> forms.Form | None:
        return self.answers.refused(Step.DETAILS, self.form)

    # -- taking what was posted -------------------------------------------------------------

    def take(self, posted: QueryDict) -> Outcome:
        if company_data.is_asked(self.answers.kind, posted, prefix=f"{Step.DETAILS}-"):
            return self._look_up(self.form(posted))
        self._say(None)
        if "wizard_suggestion" in posted:
            return self._take_suggestion(self.form(posted))
        form = self.form(posted)
        if not self.answers.take(Step.DETAILS, form):
            return Outcome(Lead.HERE, said=said_by(form))
        return Outcome(Lead.ONWARDS)

    def keep(self, posted: QueryDict) -> None:
        """Keep what somebody has typed who leaves the page, right or wrong."""
        self._say(None)
        self.answers.keep(Step.DETAILS, own_answers(self.form(posted)))

    def _look_up(self, form: DetailsForm) -> Outcome:
        """Fill in what a register knows, keep it as a draft, and show the form again."""
        assert self.answers.attempt is not None, "the first page has no details"
        finding = company_data.look_up_aside(
            self.storage, form, attempt=self.answers.attempt.hex, network=self.network
        )
        if not self.storage.exists:
            return Outcome(Lead.GONE)
        if finding is not None:
            self.answers.keep(Step.DETAILS, own_answers(company_data.completed(form, finding)))
            self._say(finding.outcome)
        if finding is not None and finding.outcome is company_data.Outcome.INVALID:
            # Who asks for data has not finished typing: what is still empty is no mistake yet.
            self.answers.refuse(Step.DETAILS, Refusal(only=("nip",)))
            said = tuple(each for each in said_by(form) if each[0] == "nip")
            return Outcome(Lead.HERE, said=said)
        return Outcome(Lead.HERE, part="company")

    def _say(self, outcome: str | None) -> None:
        """Remember the register's answer for the next page; None forgets it."""
        if outcome != self.storage.fact(company_data.BUTTON):
            self.storage.set_fact(company_data.BUTTON, outcome)

    def _take_suggestion(self, form: DetailsForm) -> Outcome:
        """Put the address that was probably meant in the place of the typed one; stay here.

        The suggestion is made anew: what a page said or a visitor posts is not it.
        """
        was_refused = self.refused() is not None
        typed = own_answers(form)
        if meant := email_typos.suggestion("".join(typed.get(EMAIL, []))):
            typed[EMAIL] = [meant]
        self.answers.keep(Step.DETAILS, typed)
        if was_refused:
            self.answers.refuse(Step.DETAILS)
        return Outcome(Lead.HERE, part=f"id_{EMAIL}")

    # -- what was accepted ------------------------------------------------------------------

    def accepted(self) -> Mapping[str, Any] | None:
        """Return the canonical values of the details; nothing when they were not accepted."""
        return self.answers.details if self.answers.is_complete(Step.DETAILS) else None

    def hold_to_the_rules(self) -> None:
        """Validate accepted details again if other rules have come since; show what is wrong."""
        if self.answers.are_details_by_these_rules or not self.answers.is_complete(Step.DETAILS):
            return
        kept = self.storage.get_step_data(Step.DETAILS)
        self.answers.take(Step.DETAILS, self.form(kept))

    def accept_suggestion(self) -> None:
        """Take the address that was probably meant into accepted details, as the review offers."""
        details = self.answers.details
        if meant := email_typos.suggestion(details["email"]):
            typed = dict(self.storage.get_step_data(Step.DETAILS).lists())
            cleaned = {**details, "email": meant}
            self.answers.accept(Step.DETAILS, {**typed, EMAIL: [meant]}, cleaned)
