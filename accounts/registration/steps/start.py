"""Step 1: who registers, a company or an individual person."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.forms.registration import KindForm
from accounts.registration.answers import Answers
from accounts.registration.order import Step
from accounts.registration.outcome import Lead, Outcome
from accounts.registration.refusal import said_by
from accounts.registration.storage import newest_attempt, own_answers
from kantor.serving.kept import Words


@dataclass(frozen=True)
class StartPage:
    """What the page of step 1 shows: the chosen card, and whether to return to another attempt."""

    chosen: str | None
    has_unfinished: bool

    @property
    def heading(self) -> Promise:
        return _("Step 1 – Identification of the User")

    def form(self) -> KindForm:
        """Return the form with the chosen card."""
        return KindForm(initial={"kind": self.chosen}, prefix=Step.START)

    def context(self, words: Words, form: forms.Form | None = None) -> dict[str, Any]:
        return {
            "form": form or self.form(),
            "unfinished": words.id("unfinished") if self.has_unfinished else None,
        }


class StartStep:
    """What one attempt knows at step 1; on the very first page there is no attempt yet."""

    label = _("Account type")
    form_class = KindForm

    def __init__(self, answers: Answers, network: str) -> None:
        self.answers = answers

    def shown(self) -> tuple[StartPage, Words]:
        unfinished = None
        if self.answers.attempt is None:
            unfinished = newest_attempt(self.answers.storage.request)
        page = StartPage(self.answers.kind, has_unfinished=unfinished is not None)
        return page, Words(ids={"unfinished": unfinished} if unfinished else {})

    def form(self, data: Any = None) -> KindForm:
        return self.shown()[0].form() if data is None else KindForm(data, prefix=Step.START)

    def refused(self) -> forms.Form | None:
        return self.answers.refused(Step.START, self.form)

    def take(self, posted: QueryDict) -> Outcome:
        """Keep who registers, if that is one of the two."""
        form = self.form(posted)
        if not self.answers.take(Step.START, form):
            return Outcome(Lead.HERE, said=said_by(form))
        return Outcome(Lead.ONWARDS)

    def keep(self, posted: QueryDict) -> None:
        """Keep the choice of somebody who leaves the page."""
        self.answers.keep(Step.START, own_answers(self.form(posted)))

    def accepted(self) -> Mapping[str, Any] | None:
        """Return the kind of customer that was accepted; nothing when it does not hold."""
        return {"kind": self.answers.kind} if self.answers.kind else None
